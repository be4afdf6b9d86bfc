/* Rollback, rows: see rollback_rows.h. */
#include "guardian/guard/rollback_rows.h"

#include <inttypes.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/pg/copy.h"

enum { LIMIT_MS = 24 * 3600 * 1000 };

struct gd_status gd_back_number(struct gd_pg *pg, const char *what, const char *sql,
                                int64_t *out_number, struct gd_error *err)
{
    struct gd_pg_call call = {.what = what, .sql = sql, .limit_ms = LIMIT_MS};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    *out_number = gd_pg_rows_count(rows) == 0 ? 0 : gd_pg_int(rows, 0, 0);
    return GD_DONE;
}

struct gd_status gd_back_change(struct gd_back_rows *rows, const struct gd_back_task *task,
                                const char *sql, int64_t *out_count, struct gd_error *err)
{
    return gd_back_number(
        rows->pg, gd_arena_printf(rows->arena, "bring back rows of table %s", task->plain),
        gd_arena_printf(rows->arena,
                        "WITH touched AS (%s RETURNING 1) SELECT count(*) FROM touched", sql),
        out_count, err);
}

/* --- who wrote a row --------------------------------------------------------------------------*/

/* xmin has 32 bits: of the ids with these bits it is the newest that is not in the future. */
static const char *full_id(const struct gd_back_writers *writers, const char *alias,
                           struct gd_arena *arena)
{
    int64_t low = writers->now & 0xffffffff, high = writers->now - low;
    return gd_arena_printf(arena,
                           "(greatest(%s.xmin::text::bigint + CASE WHEN %s.xmin::text::bigint > "
                           "%" PRId64 " THEN %" PRId64 " ELSE %" PRId64 " END, 3))",
                           alias, alias, low, high - INT64_C(0x100000000), high);
}

static const char *own_ids(const struct gd_back_writers *writers, struct gd_arena *arena)
{
    const char *list = "0";
    for (size_t i = 0; i < writers->xid_count; i++)
        list = gd_arena_printf(arena, "%s, %s", list, writers->xids[i]);
    return list;
}

static const char *nested_ids(const struct gd_back_writers *writers, const char *alias,
                              const char *id, struct gd_arena *arena)
{
    const char *text = "false";
    for (size_t i = 0; i < writers->nested_count; i++) {
        const struct gd_back_nested *one = &writers->nested[i];
        text = gd_arena_printf(arena,
                               "%s OR (%s > %" PRId64 " AND %s < %" PRId64
                               " AND %s.xmin::text::bigint NOT IN (0%s%s))",
                               text, id, one->after, id, one->before, alias,
                               *one->others == '\0' ? "" : ", ", one->others);
    }
    return text;
}

static const char *in_ranges(const struct gd_back_range *ranges, size_t count, const char *id,
                             struct gd_arena *arena)
{
    const char *text = "false";
    for (size_t i = 0; i < count; i++)
        text = gd_arena_printf(arena, "%s OR %s BETWEEN %" PRId64 " AND %" PRId64, text, id,
                               ranges[i].low, ranges[i].high);
    return text;
}

const char *gd_back_is_unsure(const struct gd_back_writers *writers, const char *alias,
                              struct gd_arena *arena)
{
    return in_ranges(writers->unsure, writers->unsure_count, full_id(writers, alias, arena), arena);
}

const char *gd_back_who(const struct gd_back_writers *writers, const char *alias,
                        struct gd_arena *arena)
{
    const char *id = full_id(writers, alias, arena);
    return gd_arena_printf(
        arena,
        "CASE WHEN %s.xmin::text::bigint IN (%s) OR %s OR %s THEN 'c' WHEN "
        "pg_catalog.pg_visible_in_snapshot(%s::text::xid8, '%s') THEN 'b' ELSE 'o' END",
        alias, own_ids(writers, arena), nested_ids(writers, alias, id, arena),
        in_ranges(writers->own, writers->own_count, id, arena), id, writers->backup);
}

const char *gd_back_who_wrote(const struct gd_back_rows *rows, const struct gd_back_task *task,
                              const char *alias)
{
    struct gd_back_writers writers = rows->writers;
    if (task->backup != NULL)
        writers.backup = task->backup;
    return gd_back_who(&writers, alias, rows->arena);
}

struct gd_status gd_back_count(struct gd_back_rows *rows, const char *table, const char *condition,
                               int64_t *out_count, struct gd_error *err)
{
    return gd_back_number(
        rows->pg, gd_arena_printf(rows->arena, "count what was written to %s", table),
        gd_arena_printf(rows->arena, "SELECT count(*) FROM %s l WHERE %s = 'o' AND (%s)", table,
                        gd_back_who(&rows->writers, "l", rows->arena), condition),
        out_count, err);
}

/* --- pieces of SQL ----------------------------------------------------------------------------*/

const char *gd_back_side(const struct gd_back_task *task, struct gd_arena *arena)
{
    return gd_arena_printf(arena, "pg_temp.guardian_was_%u", task->number);
}

const char *gd_back_noted(const struct gd_back_task *task, struct gd_arena *arena)
{
    return gd_arena_printf(arena, "pg_temp.guardian_wrote_%u", task->number);
}

static const char *type_of(const struct gd_back_task *task, const char *column)
{
    const struct gd_back_column *found = gd_back_column(task->columns, column);
    return found == NULL ? "text" : found->type;
}

/* s."column"::type */
const char *gd_back_was(const struct gd_back_task *task, const char *column, struct gd_arena *arena)
{
    return gd_arena_printf(arena, "s.%s::%s", gd_quoted(column, arena), type_of(task, column));
}

const char *gd_back_same_key_as(const struct gd_back_task *task, const char *left,
                                struct gd_arena *arena)
{
    const char *text = "";
    for (size_t i = 0; i < task->key_count; i++)
        text = gd_arena_printf(arena, "%s%s%s.%s = %s", text, i == 0 ? "" : " AND ", left,
                               gd_quoted(task->keys[i], arena),
                               gd_back_was(task, task->keys[i], arena));
    return text;
}

const char *gd_back_same_key(const struct gd_back_task *task, struct gd_arena *arena)
{
    return gd_back_same_key_as(task, "l", arena);
}

const char *gd_back_same_noted_key(const struct gd_back_task *task, struct gd_arena *arena)
{
    const char *text = "";
    for (size_t i = 0; i < task->key_count; i++)
        text = gd_arena_printf(arena, "%s%sl.%s = w.%s", text, i == 0 ? "" : " AND ",
                               gd_quoted(task->keys[i], arena), gd_quoted(task->keys[i], arena));
    return text;
}

/* The snapshot's value as the server would show it. A type of the application may be another one by
 * now, or gone; its values show as they were copied. */
static const char *was_text(const struct gd_back_task *task, const char *column,
                            struct gd_arena *arena)
{
    if (strchr(type_of(task, column), '.') != NULL)
        return gd_arena_printf(arena, "s.%s", gd_quoted(column, arena));
    return gd_arena_printf(arena, "(%s)::text", gd_back_was(task, column, arena));
}

static bool is_key(const struct gd_back_task *task, const char *column)
{
    for (size_t i = 0; i < task->key_count; i++)
        if (strcmp(task->keys[i], column) == 0)
            return true;
    return false;
}

/* Compared by what they look like: not every type has an equal sign. */
static const char *differs(const struct gd_back_task *task, const char *column,
                           struct gd_arena *arena)
{
    return gd_arena_printf(arena, "l.%s::text IS DISTINCT FROM (%s)::text",
                           gd_quoted(column, arena), gd_back_was(task, column, arena));
}

/* --- loading ----------------------------------------------------------------------------------*/

static const char *text_columns(const struct gd_back_task *task, struct gd_arena *arena)
{
    const char *text = "";
    for (size_t i = 0; i < task->copied->column_count; i++)
        text = gd_arena_printf(arena, "%s%s%s text", text, i == 0 ? "" : ", ",
                               gd_quoted(task->copied->columns[i], arena));
    for (size_t i = 0; i < task->count; i++)
        text = gd_arena_printf(arena, "%s, \"guardian take %zu\" boolean DEFAULT true", text, i);
    return gd_arena_printf(arena, "%s, \"guardian gone\" boolean", text);
}

GD_MUST static struct gd_status copy_parts(struct gd_back_rows *rows,
                                           const struct gd_back_task *task, const char *target,
                                           struct gd_error *err)
{
    struct gd_arena *arena = rows->arena;
    struct gd_pg_copy copy = {
        .what = gd_arena_printf(arena, "load rows of table %s", task->plain),
        .sql = gd_arena_printf(
            arena, "COPY %s (%s) FROM STDIN", target,
            gd_quoted_list(task->copied->columns, task->copied->column_count, arena))};
    for (size_t i = 0; i < task->stored->part_count; i++) {
        const struct gd_part *part = &task->stored->parts[i];
        gd_auto_source source = NULL;
        uint64_t taken = 0;
        GD_TRY(gd_object_source_new(task->place, &part->stored, &source, err));
        GD_TRY(gd_pg_copy_in(rows->pg, &copy, source, &taken, err));
        if (taken != part->digest.rows)
            return gd_fail(err, GD_CORRUPT,
                           "could not %s: the server took %" PRIu64 " rows of \"%s\", and the "
                           "manifest says %" PRIu64,
                           copy.what, taken, part->stored.name, part->digest.rows);
    }
    return GD_DONE;
}

GD_MUST static struct gd_status load_beside(struct gd_back_rows *rows, struct gd_back_task *task,
                                            struct gd_error *err)
{
    struct gd_arena *arena = rows->arena;
    const char *name = gd_back_side(task, arena);
    GD_TRY(gd_pg_command(rows->pg, "make a temporary table",
                         gd_arena_printf(arena, "CREATE TEMPORARY TABLE guardian_was_%u (%s)",
                                         task->number, text_columns(task, arena)),
                         err));
    GD_TRY(copy_parts(rows, task, name, err));
    task->loaded = true;
    return gd_pg_command(rows->pg, "look at a temporary table",
                         gd_arena_printf(arena, "ANALYZE %s", name), err);
}

struct gd_status gd_back_load(struct gd_back_rows *rows, struct gd_back_task *task,
                              struct gd_error *err)
{
    if (task->whole || task->own_only || task->stored == NULL || task->stored->column_count == 0)
        return GD_DONE;
    gd_tell_stage(rows->events, "loading rows of the snapshot", 0);
    GD_TRY(gd_fault("rollback: before rows are loaded", err));
    return load_beside(rows, task, err);
}

/* --- weighing ---------------------------------------------------------------------------------*/

static const char *key_columns(const struct gd_back_task *task, const char *alias,
                               struct gd_arena *arena)
{
    const char *text = "";
    for (size_t i = 0; i < task->key_count; i++)
        text = gd_arena_printf(arena, "%s%s.%s, ", text, alias, gd_quoted(task->keys[i], arena));
    return text;
}

GD_MUST static struct gd_status note_writers(struct gd_back_rows *rows,
                                             const struct gd_back_task *task, struct gd_error *err)
{
    struct gd_arena *arena = rows->arena;
    const char *who = gd_back_who_wrote(rows, task, "l");
    const char *sql = gd_arena_printf(arena,
                                      "CREATE TEMPORARY TABLE guardian_wrote_%u AS SELECT * FROM "
                                      "(SELECT %s%s AS \"guardian who\" "
                                      "FROM %s l) w WHERE \"guardian who\" <> 'b'",
                                      task->number, key_columns(task, "l", arena), who, task->only);
    GD_TRY(gd_pg_command(rows->pg, "note who wrote which row", sql, err));
    return gd_pg_command(rows->pg, "look at a temporary table",
                         gd_arena_printf(arena, "ANALYZE %s", gd_back_noted(task, arena)), err);
}

GD_MUST static struct gd_status count_since(struct gd_back_rows *rows, struct gd_back_task *task,
                                            struct gd_error *err)
{
    struct gd_arena *arena = rows->arena;
    const char *s = gd_back_side(task, arena), *w = gd_back_noted(task, arena);
    const char *key = gd_back_same_key(task, arena), *what = "count what was written since";
    const char *others = gd_arena_printf(
        arena,
        "SELECT count(*) FROM %s l WHERE l.\"guardian who\" = 'o' AND %sEXISTS (SELECT FROM "
        "%s s WHERE %s)",
        w, "%s", s, key);
    const char *hole = strstr(others, "%s");
    const char *known = gd_arena_printf(arena, "%.*s%s", (int)(hole - others), others, hole + 2);
    const char *added =
        gd_arena_printf(arena, "%.*sNOT %s", (int)(hole - others), others, hole + 2);
    GD_TRY(gd_back_number(rows->pg, what, known, &task->since_changed, err));
    GD_TRY(gd_back_number(rows->pg, what, added, &task->since_new, err));
    return gd_back_number(
        rows->pg, what,
        gd_arena_printf(arena,
                        "SELECT count(*) FROM %s s WHERE NOT EXISTS (SELECT FROM %s l WHERE %s)", s,
                        task->only, key),
        &task->since_gone, err);
}

/* NULL and texts in one that can be compared by =, so that the server may hash it. */
static const char *marked(const char *text, struct gd_arena *arena)
{
    return gd_arena_printf(arena, "coalesce('=' || %s, '')", text);
}

/* The snapshot's row under the names and types that the change saw. */
const char *gd_back_typed_rows(const struct gd_back_task *task, struct gd_arena *arena)
{
    const char *text = "";
    for (size_t i = 0; i < task->stored->column_count; i++)
        text = gd_arena_printf(arena, "%s%s%s AS %s", text, i == 0 ? "" : ", ",
                               gd_back_was(task, task->stored->columns[i], arena),
                               gd_quoted(task->stored->columns[i], arena));
    return gd_arena_printf(arena, "SELECT %s, s.ctid AS \"guardian place\" FROM %s s", text,
                           gd_back_side(task, arena));
}

/* What the change made of each value: by the cast, or by the expression of its text. One that
 * cannot be computed tells nothing. */
GD_MUST static struct gd_status add_effects(struct gd_back_rows *rows,
                                            const struct gd_back_task *task, size_t at,
                                            const char *made, struct gd_error *err)
{
    struct gd_arena *arena = rows->arena;
    const struct gd_back_column_task *item = &task->items[at];
    const char *column = gd_quoted(item->name, arena);
    const char *effect = item->effect;
    struct gd_error refused = {0};
    if (effect == NULL && (item->touched || item->fate != GD_BACK_RETYPED))
        return GD_DONE;
    const char *alias = gd_quoted(effect == NULL ? task->table : item->effect_alias, arena);
    if (effect == NULL)
        effect = gd_arena_printf(arena, "%s.%s", alias, column);
    GD_TRY(gd_pg_command(rows->pg, "compute values", "SAVEPOINT guardian_effect", err));
    struct gd_status status = gd_pg_command(
        rows->pg, "compute values",
        gd_arena_printf(
            arena, "INSERT INTO %s SELECT DISTINCT %s, %s FROM (%s) %s", made,
            marked(gd_arena_printf(arena, "%s.%s::text", alias, column), arena),
            marked(gd_arena_printf(arena, "((%s)::%s)::text", effect, item->type_now), arena),
            gd_back_typed_rows(task, arena), alias),
        &refused);
    if (gd_pg_broken(rows->pg)) {
        *err = refused;
        return status;
    }
    return gd_pg_command(
        rows->pg, "compute values",
        status.code == GD_OK ? "RELEASE guardian_effect" : "ROLLBACK TO guardian_effect", err);
}

/* A value that somebody else's row has is the change's own when the change made the same of the
 * same elsewhere, or made the same of everything. */
GD_MUST static struct gd_status note_effects(struct gd_back_rows *rows,
                                             const struct gd_back_task *task, size_t at,
                                             const char *made, struct gd_error *err)
{
    struct gd_arena *arena = rows->arena;
    const char *name = task->items[at].name;
    const char *became = gd_arena_printf(arena, "l.%s::text", gd_quoted(name, arena));
    GD_TRY(gd_pg_command(
        rows->pg, "note what the change made of values",
        gd_arena_printf(arena,
                        "CREATE TEMPORARY TABLE guardian_made_%u_%zu AS SELECT DISTINCT %s AS was, "
                        "%s AS became FROM %s l JOIN %s s ON %s JOIN %s w ON %s AND w.\"guardian "
                        "who\" = 'c'",
                        task->number, at, marked(was_text(task, name, arena), arena),
                        marked(became, arena), task->only, gd_back_side(task, arena),
                        gd_back_same_key(task, arena), gd_back_noted(task, arena),
                        gd_back_same_noted_key(task, arena)),
        err));
    return add_effects(rows, task, at, made, err);
}

GD_MUST static struct gd_status decide_column(struct gd_back_rows *rows, struct gd_back_task *task,
                                              size_t at, struct gd_error *err)
{
    struct gd_arena *arena = rows->arena;
    const struct gd_back_column_task *item = &task->items[at];
    const char *column = gd_quoted(item->name, arena);
    const char *made = gd_arena_printf(arena, "pg_temp.guardian_made_%u_%zu", task->number, at);
    const char *before = marked(was_text(task, item->name, arena), arena);
    const char *is = marked(gd_arena_printf(arena, "l.%s::text", column), arena);
    int64_t kept = 0;
    if (item->fate == GD_BACK_RETURNS && !item->touched)
        return GD_DONE;
    GD_TRY(note_effects(rows, task, at, made, err));
    const char *not_strange =
        *item->strange == '\0' ? "true"
                               : gd_arena_printf(arena, "(l.%s IS NULL OR l.%s::text NOT IN (%s))",
                                                 column, column, item->strange);
    const char *of_change = gd_arena_printf(
        arena,
        "EXISTS (SELECT FROM %s m WHERE m.was = %s AND m.became = %s) OR %s = (SELECT min(became) "
        "FROM %s HAVING count(*) > 1 AND min(became) = max(became))",
        made, before, is, is, made);
    GD_TRY(gd_back_change(
        rows, task,
        gd_arena_printf(arena,
                        "UPDATE %s s SET \"guardian take %zu\" = false FROM %s l "
                        "JOIN %s w ON %s WHERE %s AND w.\"guardian who\" = 'o' AND "
                        "%s <> %s AND %s AND (%s) IS NOT TRUE",
                        gd_back_side(task, arena), at, task->only, gd_back_noted(task, arena),
                        gd_back_same_noted_key(task, arena), gd_back_same_key(task, arena), is,
                        before, not_strange, of_change),
        &kept, err));
    task->kept += kept;
    return GD_DONE;
}

struct gd_status gd_back_weigh(struct gd_back_rows *rows, struct gd_back_task *task,
                               struct gd_error *err)
{
    const char *why = "";
    if (task->own_only)
        return gd_back_find_left(rows, task, err);
    if (task->whole || !task->loaded)
        return GD_DONE;
    if (task->key_count == 0)
        return gd_back_weigh_keyless(rows, task, &why, err);
    GD_TRY(note_writers(rows, task, err));
    GD_TRY(count_since(rows, task, err));
    GD_TRY(gd_back_find_gone(rows, task, err));
    for (size_t i = 0; i < task->count; i++)
        GD_TRY(decide_column(rows, task, i, err));
    return GD_DONE;
}

/* --- merging ----------------------------------------------------------------------------------*/

/* SET of the columns that the schema or the change took, in rows of which the snapshot has one. */
GD_MUST static struct gd_status update_columns(struct gd_back_rows *rows, struct gd_back_task *task,
                                               struct gd_error *err)
{
    struct gd_arena *arena = rows->arena;
    const char *set = "", *any = "";
    for (size_t i = 0; i < task->count; i++) {
        const char *column = gd_quoted(task->items[i].name, arena);
        const char *value = gd_back_was(task, task->items[i].name, arena);
        set = gd_arena_printf(arena,
                              "%s%s%s = CASE WHEN s.\"guardian take %zu\" THEN %s ELSE l.%s END",
                              set, i == 0 ? "" : ", ", column, i, value, column);
        any = gd_arena_printf(arena, "%s%s(s.\"guardian take %zu\" AND %s)", any,
                              i == 0 ? "" : " OR ", i, differs(task, task->items[i].name, arena));
    }
    if (task->count == 0)
        return GD_DONE;
    int64_t count = 0;
    GD_TRY(gd_back_change(rows, task,
                          gd_arena_printf(arena,
                                          "UPDATE %s l SET %s FROM %s s WHERE %s AND s.\"guardian "
                                          "gone\" IS NOT TRUE AND (%s)",
                                          task->only, set, gd_back_side(task, arena),
                                          gd_back_same_key(task, arena), any),
                          &count, err));
    task->back += count;
    return GD_DONE;
}

/* Living rows that the change wrote last. */
static const char *own_rows(const struct gd_back_task *task, struct gd_arena *arena)
{
    return gd_arena_printf(arena, "EXISTS (SELECT FROM %s w WHERE %s AND w.\"guardian who\" = 'c')",
                           gd_back_noted(task, arena), gd_back_same_noted_key(task, arena));
}

struct gd_status gd_back_merge_away(struct gd_back_rows *rows, struct gd_back_task *task,
                                    struct gd_error *err)
{
    struct gd_arena *arena = rows->arena;
    int64_t count = 0;
    if (task->whole || task->own_only || !task->rows || task->key_count == 0)
        return GD_DONE;
    return gd_back_change(
        rows, task,
        gd_arena_printf(arena,
                        "DELETE FROM %s l WHERE %s AND NOT EXISTS (SELECT FROM %s s "
                        "WHERE %s)",
                        task->only, own_rows(task, arena), gd_back_side(task, arena),
                        gd_back_same_key(task, arena)),
        &count, err);
}

/* The others that the change wrote become what they were. */
GD_MUST static struct gd_status undo_own_rows(struct gd_back_rows *rows, struct gd_back_task *task,
                                              struct gd_error *err)
{
    struct gd_arena *arena = rows->arena;
    const char *set = "", *any = "";
    int64_t count = 0;
    for (size_t i = 0; i < task->stored->column_count; i++) {
        const char *column = task->stored->columns[i];
        if (is_key(task, column) || gd_back_column(task->columns, column) == NULL)
            continue;
        set = gd_arena_printf(arena, "%s%s%s = %s", set, *set == '\0' ? "" : ", ",
                              gd_quoted(column, arena), gd_back_was(task, column, arena));
        any = gd_arena_printf(arena, "%s%s%s", any, *any == '\0' ? "" : " OR ",
                              differs(task, column, arena));
    }
    if (*set == '\0')
        return GD_DONE;
    GD_TRY(
        gd_back_change(rows, task,
                       gd_arena_printf(arena,
                                       "UPDATE %s l SET %s FROM %s s WHERE %s AND %s AND "
                                       "(%s)",
                                       task->only, set, gd_back_side(task, arena),
                                       gd_back_same_key(task, arena), own_rows(task, arena), any),
                       &count, err));
    task->back += count;
    return GD_DONE;
}

/* SELECT list of a row of the snapshot. */
const char *gd_back_row_was(const struct gd_back_task *task, struct gd_arena *arena)
{
    const char *text = "";
    for (size_t i = 0; i < task->stored->column_count; i++)
        text = gd_arena_printf(arena, "%s%s%s", text, i == 0 ? "" : ", ",
                               gd_back_was(task, task->stored->columns[i], arena));
    return text;
}

static const char parents[] =
    "SELECT pg_catalog.string_agg(pg_catalog.format('(%s OR EXISTS (SELECT FROM %s p WHERE %s))', "
    "k.nulls, k.parent, k.same), ' AND ') FROM (SELECT c.confrelid::regclass::text AS parent, "
    "(SELECT "
    "pg_catalog.string_agg(pg_catalog.format('s.%I IS NULL', a.attname), ' OR ') FROM "
    "pg_catalog.pg_attribute a WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)) AS "
    "nulls, "
    "(SELECT pg_catalog.string_agg(pg_catalog.format('p.%I = s.%I::%s', b.attname, a.attname, "
    "pg_catalog.format_type(a.atttypid, a.atttypmod)), ' AND ') FROM "
    "pg_catalog.generate_subscripts(c.conkey, 1) i JOIN pg_catalog.pg_attribute a ON a.attrelid = "
    "c.conrelid AND a.attnum = c.conkey[i] JOIN pg_catalog.pg_attribute b ON b.attrelid = "
    "c.confrelid "
    "AND b.attnum = c.confkey[i]) AS same FROM pg_catalog.pg_constraint c WHERE c.contype = 'f' "
    "AND "
    "c.conrelid = $1::regclass AND c.confrelid <> c.conrelid) k";

/* Only rows whose parents are there, for foreign keys that stand. */
GD_MUST static struct gd_status parents_of(struct gd_back_rows *rows,
                                           const struct gd_back_task *task, const char **out_there,
                                           struct gd_error *err)
{
    struct gd_pg_call call = {
        .what = "look at foreign keys", .sql = parents, .values = &task->name, .value_count = 1};
    gd_auto_pg_rows found = NULL;
    GD_TRY(gd_pg_run(rows->pg, &call, &found, err));
    const char *text = gd_pg_cell(found, 0, 0);
    *out_there = text == NULL ? "true" : gd_arena_strdup(rows->arena, text);
    return GD_DONE;
}

GD_MUST static struct gd_status insert_missing(struct gd_back_rows *rows, struct gd_back_task *task,
                                               struct gd_error *err)
{
    struct gd_arena *arena = rows->arena;
    const char *missing = gd_arena_printf(
        arena, "s.\"guardian gone\" IS NOT FALSE AND NOT EXISTS (SELECT FROM %s l WHERE %s)",
        task->only, gd_back_same_key(task, arena));
    const char *from =
        gd_arena_printf(arena, "FROM %s s WHERE %s", gd_back_side(task, arena), missing);
    const char *there;
    int64_t wanted = 0, count = 0;
    GD_TRY(parents_of(rows, task, &there, err));
    GD_TRY(gd_back_number(rows->pg, "count rows to bring back",
                          gd_arena_printf(arena, "SELECT count(*) %s", from), &wanted, err));
    GD_TRY(gd_back_change(
        rows, task,
        gd_arena_printf(
            arena,
            "INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s %s AND %s ON CONFLICT DO "
            "NOTHING",
            task->name, gd_quoted_list(task->stored->columns, task->stored->column_count, arena),
            gd_back_row_was(task, arena), from, there),
        &count, err));
    task->back += count;
    task->collided += wanted - count;
    return GD_DONE;
}

struct gd_status gd_back_delete_own(struct gd_back_rows *rows, struct gd_back_task *task,
                                    struct gd_error *err)
{
    int64_t count = 0;
    return gd_back_change(rows, task,
                          gd_arena_printf(rows->arena, "DELETE FROM %s l WHERE %s = 'c'",
                                          task->only, gd_back_who_wrote(rows, task, "l")),
                          &count, err);
}

/* Weighed once more under the lock: what was planned must still be exact. */
struct gd_status gd_back_empty(struct gd_back_rows *rows, struct gd_back_task *task,
                               struct gd_error *err)
{
    const char *why = "";
    GD_TRY(gd_back_weigh_keyless(rows, task, &why, err));
    if (*why != '\0')
        return gd_hint(
            err,
            gd_fail(err, GD_FAILED, "could not bring back rows of table %s: %s", task->plain, why),
            "Nothing was changed. --way database restores everything, and loses what was written "
            "since.");
    if (task->side_by_side)
        return gd_back_delete_own(rows, task, err);
    return gd_pg_command(rows->pg, "empty a table",
                         gd_arena_printf(rows->arena, "DELETE FROM %s", task->only), err);
}

/* All of a table. Columns that the change had added when it was backed up are passed over. */
GD_MUST static struct gd_status fill(struct gd_back_rows *rows, struct gd_back_task *task,
                                     struct gd_error *err)
{
    struct gd_arena *arena = rows->arena;
    task->back = (int64_t)task->stored->digest.rows;
    if (task->copied->column_count == task->stored->column_count)
        return copy_parts(rows, task, task->name, err);
    GD_TRY(load_beside(rows, task, err));
    return gd_back_change(
        rows, task,
        gd_arena_printf(arena, "INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s s",
                        task->name,
                        gd_quoted_list(task->stored->columns, task->stored->column_count, arena),
                        gd_back_row_was(task, arena), gd_back_side(task, arena)),
        &task->back, err);
}

struct gd_status gd_back_merge(struct gd_back_rows *rows, struct gd_back_task *task,
                               bool drop_unfit, struct gd_error *err)
{
    GD_TRY(gd_fault("rollback: before rows are merged", err));
    if (task->own_only || task->stored == NULL || task->stored->column_count == 0)
        return GD_DONE;
    if (task->whole)
        return fill(rows, task, err);
    if (task->key_count == 0)
        return gd_back_insert_difference(rows, task, err);
    if (task->rows)
        GD_TRY(undo_own_rows(rows, task, err));
    GD_TRY(update_columns(rows, task, err));
    if (task->rows_went)
        GD_TRY(insert_missing(rows, task, err));
    GD_TRY(gd_back_require_again(rows, task, err));
    return gd_back_drop_unfit(rows, task, drop_unfit, err);
}
