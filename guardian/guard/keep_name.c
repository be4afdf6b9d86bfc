/*
 * Keep, by name: patterns, as policies write them, in place of a file.
 */
#include <string.h>

#include "guardian/guard/keep_own.h"
#include "guardian/policy/pattern.h"

struct gd_keep_name {
    struct gd_pattern pattern;
    const char *owner;
    struct gd_keep_name *next;
};

const char *gd_keep_name_add(struct gd_keeping *keep, const char *pattern, const char *owner)
{
    struct gd_keep_name *name = gd_arena_zalloc(keep->arena, 1, sizeof *name);
    const char *wrong = gd_pattern_parse(pattern, keep->arena, &name->pattern);
    if (wrong != NULL)
        return wrong;
    name->owner = owner;
    name->next = keep->names;
    keep->names = name;
    return NULL;
}

/* An index is found by its own name, and as a part of its table. */
static bool matches(const struct gd_pattern *pattern, const struct gd_keep_live *live)
{
    bool global = live->kind == GD_KEPT_EXTENSION || live->kind == GD_KEPT_SCHEMA;
    struct gd_name name = {.kind = global ? gd_keep_kind_name(live->kind) : "",
                           .parts = {live->schema, live->table, live->name},
                           .count = 3};
    if (global) {
        name.parts[0] = live->name;
        name.count = 1;
    } else if (live->table[0] == '\0') {
        name.parts[1] = live->name;
        name.count = 2;
    }
    if (gd_pattern_match(pattern, &name) == GD_MATCH_WITHIN)
        return true;
    struct gd_name index = {.kind = "", .parts = {live->schema, live->name}, .count = 2};
    return live->kind == GD_KEPT_INDEX && gd_pattern_match(pattern, &index) == GD_MATCH_WITHIN;
}

const char *gd_keep_name_owner(const struct gd_keeping *keep, const struct gd_keep_live *live)
{
    for (const struct gd_keep_name *name = keep->names; name != NULL; name = name->next)
        if (matches(&name->pattern, live))
            return name->owner;
    return NULL;
}

bool gd_keep_parse(const char *text, struct gd_arena *arena, const char *out_parts[3],
                   size_t *out_count)
{
    struct gd_name name = gd_name_parse(text, arena);
    for (size_t i = 0; i < name.count; i++)
        out_parts[i] = name.parts[i] == NULL ? "" : name.parts[i];
    *out_count = name.count;
    return name.count > 0;
}
