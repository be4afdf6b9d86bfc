/*
 * Rollback, places: rows of the snapshot that would come back, and cannot, because a row of others
 * has their value under a unique index, or because what they refer to is gone. Counted before
 * anything is done; under the lock the server has the last word, and what it leaves out is told.
 */
#include <string.h>

#include "guardian/guard/rollback_own.h"
#include "guardian/pg/copy.h"

/* Of the columns of each unique index but the key's own: "l.a = s.a::text AND …". */
static const char indexes_sql[] =
    "SELECT pg_catalog.string_agg(pg_catalog.format('l.%I = s.%I::%s', a.attname, a.attname, "
    "pg_catalog.format_type(a.atttypid, a.atttypmod)), ' AND '), pg_catalog.string_agg(a.attname, "
    "',' ORDER BY k.at), c.relname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid "
    "= i.indexrelid CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY k (num, "
    "at) JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num WHERE "
    "i.indrelid = $1::regclass AND i.indisunique AND i.indisvalid AND i.indexprs IS NULL AND "
    "i.indpred IS NULL AND k.at <= i.indnkeyatts GROUP BY i.indexrelid, c.relname";

/* It stands in the schema before, too, and the snapshot has its columns. */
static bool held_before(const struct gd_back *back, const struct gd_back_task *task,
                        const char *columns, const char *name)
{
    bool there = false;
    for (size_t i = 0; i < back->before.count && !there; i++)
        there = strcmp(back->before.items[i].name, name) == 0 &&
                strcmp(back->before.items[i].schema, task->schema) == 0;
    for (const char *at = columns; there && *at != '\0';) {
        size_t size = strcspn(at, ",");
        const char *one = gd_arena_strndup(back->arena, at, size);
        bool stored = false;
        for (size_t c = 0; c < task->stored->column_count; c++)
            stored |= strcmp(task->stored->columns[c], one) == 0;
        there = stored;
        at += size + (at[size] == ',');
    }
    return there;
}

GD_MUST static struct gd_status taken_places(struct gd_back *back, const struct gd_back_task *task,
                                             const char **out_taken, struct gd_error *err)
{
    struct gd_arena *arena = back->arena;
    struct gd_pg_call call = {.what = "look at unique indexes",
                              .sql = indexes_sql,
                              .values = &task->name,
                              .value_count = 1};
    gd_auto_pg_rows rows = NULL;
    *out_taken = "false";
    GD_TRY(gd_pg_run(back->pg, &call, &rows, err));
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++)
        if (held_before(back, task, gd_pg_cell(rows, i, 1), gd_pg_cell(rows, i, 2)))
            *out_taken = gd_arena_printf(
                arena, "%s OR EXISTS (SELECT FROM %s l WHERE %s AND %s <> 'c')", *out_taken,
                task->only, gd_pg_cell(rows, i, 0), gd_back_who_wrote(&back->rows, task, "l"));
    return GD_DONE;
}

/* Parents that come back themselves are there by then. */
static const char *parents_that_come(const struct gd_back *back)
{
    const char *list = "0";
    for (size_t i = 0; i < back->task_count; i++)
        if (back->tasks[i].whole || back->tasks[i].rows_went)
            list = gd_arena_printf(back->arena, "%s, pg_catalog.to_regclass(%s)", list,
                                   gd_literal(back->tasks[i].name, back->arena));
    return list;
}

GD_MUST static struct gd_status lacking_parents(struct gd_back *back,
                                                const struct gd_back_task *task,
                                                const char **out_lacking, struct gd_error *err)
{
    struct gd_pg_call call = {
        .what = "look at foreign keys",
        .sql = gd_arena_printf(
            back->arena,
            "SELECT k.confrelid::regclass::text, pg_catalog.string_agg(pg_catalog.format('s.%%I IS "
            "NOT NULL', a.attname), ' AND '), pg_catalog.string_agg(pg_catalog.format('p.%%I = "
            "s.%%I::%%s', b.attname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)), "
            "' AND ') FROM pg_catalog.pg_constraint k CROSS JOIN LATERAL "
            "pg_catalog.generate_subscripts(k.conkey, 1) i JOIN pg_catalog.pg_attribute a ON "
            "a.attrelid = k.conrelid AND a.attnum = k.conkey[i] JOIN pg_catalog.pg_attribute b ON "
            "b.attrelid = k.confrelid AND b.attnum = k.confkey[i] WHERE k.contype = 'f' AND "
            "k.conrelid = $1::regclass AND k.confrelid <> k.conrelid AND k.confrelid NOT IN (%s) "
            "GROUP BY k.oid, k.confrelid",
            parents_that_come(back)),
        .values = &task->name,
        .value_count = 1};
    gd_auto_pg_rows rows = NULL;
    *out_lacking = "false";
    GD_TRY(gd_pg_run(back->pg, &call, &rows, err));
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++)
        *out_lacking = gd_arena_printf(
            back->arena, "%s OR (%s AND NOT EXISTS (SELECT FROM %s p WHERE %s))", *out_lacking,
            gd_pg_cell(rows, i, 1), gd_pg_cell(rows, i, 0), gd_pg_cell(rows, i, 2));
    return GD_DONE;
}

/* Columns that are not there as they were make it impossible to ask: then it is told afterwards. */
struct gd_status gd_back_find_places(struct gd_back *back, const struct gd_back_task *task,
                                     int64_t *out_count, struct gd_error *err)
{
    struct gd_arena *arena = back->arena;
    const char *taken, *lacking;
    struct gd_error refused = {0};
    *out_count = 0;
    if (!task->rows_went || task->key_count == 0)
        return GD_DONE;
    GD_TRY(taken_places(back, task, &taken, err));
    GD_TRY(lacking_parents(back, task, &lacking, err));
    const char *sql = gd_arena_printf(
        arena,
        "SELECT count(*) FROM %s s WHERE s.\"guardian gone\" IS NOT FALSE AND NOT EXISTS (SELECT "
        "FROM %s l WHERE %s) AND (%s OR %s)",
        gd_back_side(task, arena), task->only, gd_back_same_key(task, arena), taken, lacking);
    GD_TRY(gd_pg_command(back->pg, "look for places", "SAVEPOINT guardian_places", err));
    struct gd_status status =
        gd_back_number(back->pg, "count rows whose place is taken", sql, out_count, &refused);
    if (gd_pg_broken(back->pg)) {
        *err = refused;
        return status;
    }
    return gd_pg_command(
        back->pg, "look for places",
        status.code == GD_OK ? "RELEASE guardian_places" : "ROLLBACK TO guardian_places", err);
}
