/*
 * Touches: the names that a finding is about, each of which is decided on its own.
 *
 * Invariant  Nothing that the finding names is left out, but a table whose column is named instead.
 */
#include <string.h>

#include "guardian/policy/draft.h"

enum { TOUCHES_FIRST = 8 };

/* ---- what a finding touches ---- */

static void add_touch(struct gd_touches *touches, const char *text, bool lock_only,
                      struct gd_arena *arena)
{
    struct gd_name name = gd_name_parse(text, arena);
    for (size_t i = 0; i < touches->count; i++) {
        const struct gd_name *other = &touches->items[i].name;
        if (name.count > 0 && gd_name_within(&name, other) && gd_name_within(other, &name))
            return;
    }
    if (touches->count == touches->capacity) {
        touches->capacity = touches->capacity == 0 ? TOUCHES_FIRST : touches->capacity * 2;
        struct gd_touch *grown = gd_arena_zalloc(arena, touches->capacity, sizeof *grown);
        for (size_t i = 0; i < touches->count; i++)
            grown[i] = touches->items[i];
        touches->items = grown;
    }
    touches->items[touches->count++] = (struct gd_touch){text, name, lock_only};
}

/* Is this a table of which a column is among the touches? Then the column is what is touched. */
static bool has_part(const struct gd_touches *touches, const char *table, struct gd_arena *arena)
{
    struct gd_name name = gd_name_parse(table, arena);
    for (size_t i = 0; name.count == 2 && i < touches->count; i++)
        if (touches->items[i].name.count > name.count &&
            gd_name_within(&touches->items[i].name, &name))
            return true;
    return false;
}

/* What stands between two names of a list at `at`: ", " or " and "; 0 when nothing does. */
static size_t separator(const char *at)
{
    return strncmp(at, ", ", 2) == 0 ? 2 : strncmp(at, " and ", 5) == 0 ? 5 : 0;
}

/* The length of the first name of a list, arguments in parentheses included. */
static size_t first_of_list(const char *list)
{
    bool quoted = false;
    int depth = 0;
    const char *at = list;
    for (; *at != '\0' && (quoted || depth > 0 || separator(at) == 0); at++) {
        if (*at == '"')
            quoted = !quoted;
        else if (!quoted)
            depth += (*at == '(') - (*at == ')' && depth > 0);
    }
    return (size_t)(at - list);
}

/* "views a.v, b.w", "function f(integer, text), function g()", "role a and b": each on its own, a
 * kind that is said once for all. */
static void add_objects(struct gd_touches *touches, const char *list, struct gd_arena *arena)
{
    const char *kind = "";
    for (const char *at = list; *at != '\0';) {
        size_t length = first_of_list(at);
        const char *object = gd_arena_strndup(arena, at, length);
        struct gd_name name = gd_name_parse(object, arena);
        if (name.kind[0] != '\0')
            kind = name.kind;
        else if (kind[0] != '\0')
            object = gd_arena_printf(arena, "%s %s", kind, object);
        if (!has_part(touches, object, arena))
            add_touch(touches, object, false, arena);
        at += length;
        at += separator(at);
    }
}

struct gd_touches gd_touches_of(const struct gd_finding *finding, struct gd_arena *arena)
{
    struct gd_touches touches = {0};
    for (size_t i = 0; i < finding->columns.count; i++)
        add_touch(&touches, finding->columns.items[i], false, arena);
    for (size_t i = 0; i < finding->tables.count; i++)
        if (!has_part(&touches, finding->tables.items[i], arena))
            add_touch(&touches, finding->tables.items[i], false, arena);
    if (finding->object != NULL)
        add_objects(&touches, finding->object, arena);
    for (size_t i = 0; i < finding->takes.count; i++)
        add_touch(&touches, finding->takes.items[i], false, arena);
    if (touches.count == 0)
        add_touch(&touches, "", false, arena);
    if (finding->lock_on != NULL && finding->lock_on[0] != '\0' &&
        !has_part(&touches, finding->lock_on, arena))
        add_touch(&touches, finding->lock_on, true, arena);
    return touches;
}

/* ---- was it seen that there is nothing to lose? ---- */

static bool counts_losses(const struct gd_check *check)
{
    return !check->fails && check->done && check->count == 0;
}

static bool seen_empty(const struct gd_verdict *verdict, const char *object)
{
    for (size_t i = 0; i < verdict->check_count; i++)
        if (counts_losses(verdict->checks[i]) && strcmp(verdict->checks[i]->object, object) == 0)
            return true;
    return false;
}

/* Every listed column of the table was seen empty, and there is one. */
static bool columns_seen_empty(const struct gd_verdict *verdict, const struct gd_finding *finding,
                               const char *table, struct gd_arena *arena)
{
    struct gd_name outer = gd_name_parse(table, arena);
    bool found = false;
    for (size_t i = 0; i < finding->columns.count; i++) {
        struct gd_name column = gd_name_parse(finding->columns.items[i], arena);
        if (!gd_name_within(&column, &outer))
            continue;
        if (!seen_empty(verdict, finding->columns.items[i]))
            return false;
        found = true;
    }
    return found;
}

bool gd_nothing_to_lose(const struct gd_verdict *verdict, const struct gd_finding *finding,
                        struct gd_arena *arena)
{
    if (finding->empty)
        return true;
    for (size_t i = 0; i < finding->tables.count; i++)
        if (!seen_empty(verdict, finding->tables.items[i]) &&
            !columns_seen_empty(verdict, finding, finding->tables.items[i], arena))
            return false;
    return finding->tables.count > 0;
}
