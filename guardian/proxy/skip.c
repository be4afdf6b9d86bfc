#include "guardian/proxy/skip.h"

#include <string.h>

#include "guardian/guard/ledger.h"
#include "guardian/pg/copy.h"
#include "guardian/pg/fingerprint.h"
#include "guardian/version.h"

static const char look_sql[] =
    "SELECT stamp, pg_catalog.to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), "
    "change FROM guardian.runs WHERE key OPERATOR(pg_catalog.=) $1";

/* Whoever owns the database may go on with it, as with the tables of the ledger. */
static const char make_sql[] =
#include "guardian/proxy/sql/runs.sql.inc"
    ;

static const char record_sql[] =
    "INSERT INTO guardian.runs (key, stamp, change, version, at) "
    "VALUES ($1, $2, $3, $4, pg_catalog.clock_timestamp()) "
    "ON CONFLICT (key) DO UPDATE SET stamp = excluded.stamp, change = excluded.change, "
    "version = excluded.version, at = excluded.at";

/* Keys of files that have changed since: one a release, and nobody asks for it any more. */
static const char forget_sql[] = "DELETE FROM guardian.runs WHERE at OPERATOR(pg_catalog.<) "
                                 "(pg_catalog.now() OPERATOR(pg_catalog.-) interval '180 days')";

/* --- look --------------------------------------------------------------------------------------
 */

/* No table, no schema, no right to it: all the same to who asks. */
static bool is_absent(const char *sqlstate)
{
    return strcmp(sqlstate, "42P01") == 0 || strcmp(sqlstate, "3F000") == 0 ||
           strcmp(sqlstate, "42501") == 0 || strcmp(sqlstate, "42703") == 0;
}

static struct gd_status find_run(struct gd_pg *pg, const char *key, struct gd_arena *arena,
                                 const char **out_stamp, struct gd_skip_answer *answer,
                                 struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_error reason = {0};
    struct gd_pg_call call = {
        .what = "look for an earlier run", .sql = look_sql, .values = &key, .value_count = 1};
    struct gd_status status = gd_pg_run(pg, &call, &rows, &reason);
    if (status.code != GD_OK && !is_absent(call.sqlstate)) {
        *err = reason;
        return status;
    }
    if (status.code != GD_OK || gd_pg_rows_count(rows) == 0)
        return GD_DONE;
    *out_stamp = gd_arena_strdup(arena, gd_pg_cell(rows, 0, 0));
    answer->at = gd_arena_strdup(arena, gd_pg_cell(rows, 0, 1));
    answer->change = gd_arena_strdup(arena, gd_pg_cell(rows, 0, 2));
    return GD_DONE;
}

struct gd_status gd_skip_look(struct gd_pg *pg, const char *key, struct gd_arena *arena,
                              struct gd_skip_answer *out_answer, struct gd_error *err)
{
    struct gd_skip_answer answer = {.why = "", .at = "", .change = ""};
    const char *then = NULL, *now = NULL;
    GD_TRY(find_run(pg, key, arena, &then, &answer, err));
    if (then == NULL) {
        answer.why = "this command was not run here before with these files";
    } else {
        GD_TRY(gd_pg_stamp(pg, arena, &now, err));
        answer.unchanged = strcmp(then, now) == 0;
        if (!answer.unchanged)
            answer.why = gd_arena_printf(arena, "the schema has changed since %s", answer.at);
    }
    *out_answer = answer;
    return GD_DONE;
}

/* --- record ------------------------------------------------------------------------------------
 */

GD_MUST static struct gd_status write_run(struct gd_pg *pg, const char *key, const char *stamp,
                                          const char *change, struct gd_error *err)
{
    const char *const values[] = {key, stamp, change, gd_version()};
    struct gd_pg_call calls[] = {
        {.what = "remember this run", .sql = record_sql, .values = values, .value_count = 4},
        {.what = "forget old runs", .sql = forget_sql}};
    return gd_pg_batch(pg, calls, 2, NULL, NULL, err);
}

struct gd_status gd_skip_record(struct gd_pg *pg, const char *key, const char *change,
                                struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    const char *stamp = NULL;
    struct gd_ledger ledger = {0};
    GD_TRY(gd_pg_stamp(pg, arena, &stamp, err));
    GD_TRY(gd_ledger_open(pg, true, arena, &ledger, err));
    if (!ledger.there)
        return gd_fail(err, GD_REFUSED, "could not remember this run in %s: %s", gd_pg_where(pg),
                       ledger.why);
    GD_TRY(gd_pg_command(pg, "make the table of runs", make_sql, err));
    return write_run(pg, key, stamp, change, err);
}
