/*
 * Dump, roles: who is named, and who shall be there instead.
 *
 * The tree knows where each name of a role stands in the text; the text is copied with the other
 * name in that place, quoted.
 */
#include <stdlib.h>
#include <string.h>

#include "guardian/restore/dump.h"

enum { ROLES_MAX = 64 }; /* in one statement: pg_dump names a handful */

struct named_role {
    size_t offset;
    const char *name;
};

struct finding_roles {
    struct named_role found[ROLES_MAX];
    size_t count;
    bool too_many;
};

static enum gd_walk find_role(const struct gd_node *node, const struct gd_node *parent,
                              void *context)
{
    (void)parent;
    struct finding_roles *finding = context;
    if (gd_node_kind(node) != GD_KIND_RoleSpec)
        return GD_WALK_INTO;
    if (!gd_node_enum_is(node, GD_F_roletype, "ROLESPEC_CSTRING"))
        return GD_WALK_PAST; /* PUBLIC, CURRENT_USER */
    if (finding->count == ROLES_MAX) {
        finding->too_many = true;
        return GD_WALK_STOP;
    }
    finding->found[finding->count++] = (struct named_role){(size_t)gd_node_int(node, GD_F_location),
                                                           gd_node_text(node, GD_F_rolename)};
    return GD_WALK_PAST;
}

static int by_offset(const void *left, const void *right)
{
    const struct named_role *a = left, *b = right;
    return a->offset < b->offset ? -1 : a->offset > b->offset;
}

const char *gd_mapped_role(const struct gd_restore_options *options, const char *role,
                           struct gd_arena *arena)
{
    size_t size = strlen(role);
    for (const char *const *map = options->map_roles; map != NULL && *map != NULL; map++)
        if (strncmp(*map, role, size) == 0 && (*map)[size] == '=')
            return gd_arena_strdup(arena, *map + size + 1);
    return role;
}

/* How many bytes the name takes in the text: a word, or what is between double quotes. */
static size_t size_at(const char *at)
{
    if (*at != '"')
        return strcspn(at, " \t\r\n,;()");
    size_t size = 1;
    while (at[size] != '\0' && (at[size] != '"' || at[size + 1] == '"'))
        size += at[size] == '"' ? 2 : 1;
    return at[size] == '\0' ? size : size + 1;
}

static const char *new_name(const struct gd_restore_options *options,
                            const struct gd_dump_item *item, const char *old,
                            struct gd_arena *arena)
{
    if (item->owner != NULL && options->owner != NULL)
        return options->owner;
    return gd_mapped_role(options, old, arena);
}

static void note_roles(struct gd_dump *dump, struct gd_dump_item *item)
{
    for (size_t i = 0; item->roles[i] != NULL; i++)
        if (!gd_texts_has(&dump->roles, item->roles[i]))
            gd_texts_add(&dump->roles, gd_arena_strdup(dump->arena, item->roles[i]), dump->arena);
    if (item->owner != NULL && !gd_texts_has(&dump->owners, item->owner))
        gd_texts_add(&dump->owners, gd_arena_strdup(dump->arena, item->owner), dump->arena);
}

struct gd_status gd_dump_roles(const struct gd_restore_options *options, const struct gd_stmt *stmt,
                               struct gd_arena *arena, struct gd_dump *dump,
                               struct gd_dump_item *item, struct gd_error *err)
{
    static const char *const none[] = {NULL};
    struct finding_roles finding = {.count = 0};
    item->roles = none;
    item->sql = gd_arena_strndup(arena, stmt->text, stmt->size);
    gd_node_walk(stmt->tree, find_role, &finding);
    if (finding.too_many)
        return gd_fail(err, GD_CORRUPT, "could not %s: it names more than %d roles", item->what,
                       ROLES_MAX);
    if (finding.count == 0)
        return GD_DONE;
    qsort(finding.found, finding.count, sizeof finding.found[0], by_offset);
    const char **roles = gd_arena_zalloc(arena, finding.count + 1, sizeof *roles);
    const char *sql = "";
    size_t from = 0;
    for (size_t i = 0; i < finding.count; i++) {
        struct named_role *one = &finding.found[i];
        if (one->offset < from || one->offset >= stmt->size)
            return gd_fail(err, GD_CORRUPT, "could not %s: a role stands where none can",
                           item->what);
        roles[i] = new_name(options, item, gd_arena_strdup(arena, one->name), arena);
        sql = gd_arena_printf(arena, "%s%.*s%s", sql, (int)(one->offset - from), stmt->text + from,
                              gd_quoted(roles[i], arena));
        from = one->offset + size_at(stmt->text + one->offset);
    }
    item->sql = gd_arena_printf(arena, "%s%s", sql, stmt->text + from);
    item->roles = roles;
    if (item->owner != NULL)
        item->owner = roles[finding.count - 1];
    note_roles(dump, item);
    return GD_DONE;
}
