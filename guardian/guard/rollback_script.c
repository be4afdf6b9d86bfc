/* Rollback, the script: see rollback_script.h. */
#include "guardian/guard/rollback_script.h"

#include <string.h>

/* --- lists ------------------------------------------------------------------------------------*/

static void *grow(void *items, size_t count, size_t *capacity, size_t size, struct gd_arena *arena)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity == 0 ? 16 : 2 * *capacity;
    void *larger = gd_arena_zalloc(arena, *capacity, size);
    if (count > 0)
        memcpy(larger, items, count * size);
    return larger;
}

void gd_back_say(struct gd_back_script *script, enum gd_back_phase phase, const char *what,
                 const char *sql, const char *tablespace)
{
    script->statements = grow(script->statements, script->count, &script->capacity,
                              sizeof *script->statements, script->arena);
    script->statements[script->count++] =
        (struct gd_back_statement){phase, what, sql, tablespace == NULL ? "" : tablespace};
}

void gd_back_name(struct gd_back_script *script, struct gd_back_named **items, size_t *count,
                  size_t *capacity, const char *schema, const char *name)
{
    *items = grow(*items, *count, capacity, sizeof **items, script->arena);
    (*items)[(*count)++] = (struct gd_back_named){schema, name};
}

struct gd_back_value *gd_back_value(struct gd_back_script *script)
{
    script->values = grow(script->values, script->value_count, &script->value_capacity,
                          sizeof *script->values, script->arena);
    return &script->values[script->value_count++];
}

static void unknown(struct gd_back_script *script, const char *what)
{
    gd_texts_add(&script->unknown,
                 gd_arena_printf(script->arena, "it is not known how to undo %s", what),
                 script->arena);
}

static bool is_class(const struct gd_back_item *item, const char *class)
{
    return strcmp(item->class, class) == 0;
}

/* --- taking away ------------------------------------------------------------------------------*/

/* The text before LANGUAGE: name, arguments, result. */
bool gd_back_is_same_head(const struct gd_back_item *before, const struct gd_back_item *now)
{
    const char *end = strstr(before->sql, "\n    LANGUAGE ");
    const char *now_end = strstr(now->sql, "\n    LANGUAGE ");
    if (end == NULL || now_end == NULL || end - before->sql != now_end - now->sql)
        return false;
    return strncmp(before->sql, now->sql, (size_t)(end - before->sql)) == 0;
}

/* What is said anew needs not be taken back first. */
static bool is_overwritten(const struct gd_back_item *item)
{
    if (item->other == NULL || item->touched)
        return false;
    if (is_class(item, "function"))
        return gd_back_is_same_head(item->other, item);
    return is_class(item, "comment") || is_class(item, "owner") || is_class(item, "sequence") ||
           is_class(item, "type") || is_class(item, "table");
}

static bool goes_whole(const struct gd_back_item *table)
{
    return table != NULL && table->alone && table->other == NULL;
}

/* A foreign key between two tables that go: whichever is dropped first would be held by it. */
static bool joins_two(const struct gd_back_dump *now, const struct gd_back_item *item)
{
    return item->refers != NULL &&
           goes_whole(gd_back_find(now, "table", item->refers_schema, item->refers, NULL)) &&
           (strcmp(item->refers, item->about) != 0 ||
            strcmp(item->refers_schema, item->about_schema) != 0);
}

/* Goes with a table that goes whole. */
static bool goes_along(const struct gd_back_dump *now, const struct gd_back_item *item)
{
    const struct gd_back_item *table =
        *item->about == '\0' ? NULL
                             : gd_back_find(now, "table", item->about_schema, item->about, NULL);
    return goes_whole(table) && table != item && !joins_two(now, item) &&
           !is_class(item, "partition") && !is_class(item, "function") && !is_class(item, "view") &&
           !is_class(item, "materialized view") && !is_class(item, "sequence") &&
           !is_class(item, "owner of sequence");
}

static void take_away(struct gd_back_script *script, const struct gd_back_dump *now,
                      const struct gd_back_item *item)
{
    if (is_class(item, "table") && item->other != NULL) {
        gd_back_alter_undo(script, item->other, item);
        return;
    }
    if (is_overwritten(item) || item->attached || goes_along(now, item))
        return;
    if (is_class(item, "table"))
        gd_back_name(script, &script->leaves, &script->leave_count, &script->leave_capacity,
                     item->schema, item->name);
    if (item->undo == NULL)
        unknown(script, item->what);
    else if (*item->undo != '\0')
        gd_back_say(script, GD_BACK_UNDO, item->what, item->undo, "");
}

/* Sequences last: what uses them is gone then, and those that a table owned with it. */
static void take_all_away(struct gd_back_script *script, const struct gd_back_dump *now)
{
    for (int sequences = 0; sequences < 2; sequences++)
        for (size_t i = now->count; i-- > 0;)
            if ((now->items[i].alone || now->items[i].touched) &&
                is_class(&now->items[i], "sequence") == (sequences == 1))
                take_away(script, now, &now->items[i]);
}

/* --- making -----------------------------------------------------------------------------------*/

static bool is_altered(const struct gd_back_dump *before, const char *schema, const char *name)
{
    const struct gd_back_item *table = gd_back_find(before, "table", schema, name, NULL);
    return table != NULL && (!table->alone || table->other != NULL);
}

/* What belongs to a table that is there, and needs the rows of its new column or partition. */
static enum gd_back_phase phase_before_indexes(const struct gd_back_dump *before,
                                               const struct gd_back_item *item)
{
    if (is_class(item, "partition") && is_altered(before, item->about_schema, item->about))
        return GD_BACK_JOIN;
    if (is_class(item, "setting") && strstr(item->sql, " ADD GENERATED ") != NULL &&
        is_altered(before, item->about_schema, item->about))
        return GD_BACK_FIRM;
    return GD_BACK_MAKE;
}

static enum gd_back_phase phase_of(const struct gd_back_dump *before,
                                   const struct gd_back_item *item)
{
    if (item->kind == GD_DUMP_GRANT)
        return GD_BACK_GRANT;
    if (item->kind == GD_DUMP_LATE)
        return GD_BACK_LAST;
    if (!item->post)
        return phase_before_indexes(before, item);
    return is_class(item, "index") || item->keys != NULL ? GD_BACK_INDEX : GD_BACK_POST;
}

static const char *replacing(const struct gd_back_script *script, const struct gd_back_item *item)
{
    const char *rest = strchr(item->sql, ' ');
    if (is_class(item, "sequence"))
        return gd_arena_printf(script->arena, "ALTER%s", rest);
    return gd_arena_printf(script->arena, "CREATE OR REPLACE%s", rest);
}

static void make_plain(struct gd_back_script *script, const struct gd_back_dump *before,
                       const struct gd_back_item *item)
{
    bool replaced = item->other != NULL && !item->touched &&
                    (is_class(item, "sequence") ||
                     (is_class(item, "function") && gd_back_is_same_head(item, item->other)));
    if (is_class(item, "table"))
        gd_back_name(script, &script->returns, &script->return_count, &script->return_capacity,
                     item->schema, item->name);
    if (is_class(item, "sequence") && !replaced)
        gd_back_name(script, &script->sequences, &script->sequence_count,
                     &script->sequence_capacity, item->schema, item->name);
    if (is_class(item, "materialized view"))
        gd_back_name(script, &script->matviews, &script->matview_count, &script->matview_capacity,
                     item->schema, item->name);
    gd_back_say(script, phase_of(before, item), item->what,
                replaced ? replacing(script, item) : item->sql, item->tablespace);
}

GD_MUST static struct gd_status make_type(struct gd_back_script *script,
                                          const struct gd_back_dump *before, struct gd_pg *pg,
                                          const struct gd_back_item *item, struct gd_error *err)
{
    if (item->labels != NULL && item->other->labels != NULL)
        return gd_back_swap(script, before, pg, item, item->other, err);
    unknown(script, gd_arena_printf(script->arena, "the change of %s", item->what));
    return GD_DONE;
}

GD_MUST static struct gd_status make(struct gd_back_script *script,
                                     const struct gd_back_dump *before, struct gd_pg *pg,
                                     const struct gd_back_item *item, struct gd_error *err)
{
    if (is_class(item, "table") && item->other != NULL) {
        gd_back_alter(script, item, item->other);
        return GD_DONE;
    }
    if (is_class(item, "type") && item->other != NULL)
        return make_type(script, before, pg, item, err);
    make_plain(script, before, item);
    return GD_DONE;
}

GD_MUST static struct gd_status make_all(struct gd_back_script *script,
                                         const struct gd_back_dump *before, struct gd_pg *pg,
                                         struct gd_error *err)
{
    for (size_t i = 0; i < before->count; i++)
        if (before->items[i].alone || before->items[i].touched)
            GD_TRY(make(script, before, pg, &before->items[i], err));
    return GD_DONE;
}

/* A table or a sequence that is there in both is altered; anything else is made anew. */
static bool is_made(const struct gd_back_item *item)
{
    bool altered = item->other != NULL && (is_class(item, "table") || is_class(item, "sequence"));
    return item->touched || (item->alone && !altered);
}

static bool makes_owned(const struct gd_back_dump *before)
{
    static const char *const classes[] = {
        "table", "view", "materialized view", "sequence", "function", "type", "schema"};
    for (size_t i = 0; i < before->count; i++)
        for (size_t c = 0; c < sizeof classes / sizeof classes[0]; c++)
            if (is_made(&before->items[i]) && is_class(&before->items[i], classes[c]))
                return true;
    return false;
}

/* What is made again must not be given default privileges: its grants are said one by one. */
static void touch_default_privileges(struct gd_back_dump *dump)
{
    for (size_t i = 0; i < dump->count; i++)
        if (dump->items[i].node == GD_KIND_AlterDefaultPrivilegesStmt && !dump->items[i].alone)
            dump->items[i].touched = true;
}

/* A REVOKE on a table takes what was granted on its columns, too: that is said again. */
static void touch_grants(struct gd_back_dump *before, const struct gd_back_dump *now)
{
    for (size_t i = 0; i < now->count; i++) {
        const struct gd_back_item *item = &now->items[i];
        if (!item->alone || item->node != GD_KIND_GrantStmt || *item->about == '\0')
            continue;
        for (size_t k = 0; k < before->count; k++)
            if (before->items[k].node == GD_KIND_GrantStmt && !before->items[k].alone &&
                strcmp(before->items[k].about, item->about) == 0 &&
                strcmp(before->items[k].about_schema, item->about_schema) == 0)
                before->items[k].touched = true;
    }
}

struct gd_status gd_back_script(struct gd_back_dump *before, struct gd_back_dump *now,
                                struct gd_pg *pg, struct gd_arena *arena,
                                struct gd_back_script **out_script, struct gd_error *err)
{
    struct gd_back_script *script = gd_arena_zalloc(arena, 1, sizeof *script);
    script->arena = arena;
    script->names = now->names;
    gd_back_pair(before, now, arena);
    GD_TRY(gd_back_touch(script, before, now, pg, err));
    if (makes_owned(before)) {
        touch_default_privileges(before);
        touch_default_privileges(now);
    }
    touch_grants(before, now);
    take_all_away(script, now);
    GD_TRY(make_all(script, before, pg, err));
    *out_script = script;
    return GD_DONE;
}
