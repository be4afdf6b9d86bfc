/*
 * The advisory lock. The session may be inside the user's transaction, under the user's settings:
 * every name and operator is spelled out.
 */
#include <string.h>

#include "guardian/journal/lease_own.h"

/* 0x67756172, 1 */
#define KEY "1735745906, 1"
#define OURS                                                                                       \
    "l.locktype OPERATOR(pg_catalog.=) 'advisory' AND l.classid OPERATOR(pg_catalog.=) "           \
    "1735745906::pg_catalog.oid AND l.objid OPERATOR(pg_catalog.=) 1::pg_catalog.oid AND "         \
    "l.objsubid OPERATOR(pg_catalog.=) 2::pg_catalog.int2 AND l.granted AND l.database "           \
    "OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname "          \
    "OPERATOR(pg_catalog.=) pg_catalog.current_database())"

struct gd_status gd_lock_try(struct gd_pg *pg, struct gd_arena *arena, bool *out_taken,
                             const char **out_pid, struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {
        .what = "lock the database against other guardians",
        .sql = "SELECT pg_catalog.pg_try_advisory_lock(" KEY "), pg_catalog.pg_backend_pid()",
    };
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    *out_taken = gd_pg_bool(rows, 0, 0);
    *out_pid = gd_arena_strdup(arena, gd_pg_cell(rows, 0, 1));
    return GD_DONE;
}

struct gd_status gd_lock_held(struct gd_pg *pg, bool *out_held, struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {
        .what = "ask for the lock against other guardians",
        .sql = "SELECT EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE " OURS
               " AND l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid())",
    };
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    *out_held = gd_pg_bool(rows, 0, 0);
    return GD_DONE;
}

struct gd_status gd_lock_holder(struct gd_pg *pg, struct gd_arena *arena, const char **out_words,
                                struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {
        .what = "ask who locks the database",
        .sql = "SELECT l.pid, a.application_name, pg_catalog.to_char(a.backend_start AT TIME ZONE "
               "'UTC', 'YYYY-MM-DD HH24:MI:SS') FROM pg_catalog.pg_locks l LEFT JOIN "
               "pg_catalog.pg_stat_activity a ON a.pid OPERATOR(pg_catalog.=) l.pid WHERE " OURS,
    };
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    *out_words = "";
    if (gd_pg_rows_count(rows) == 0)
        return GD_DONE;
    const char *name = gd_pg_cell(rows, 0, 1), *since = gd_pg_cell(rows, 0, 2);
    *out_words =
        gd_arena_printf(arena, "\"%s\", process %s of the server%s%s%s", name == NULL ? "?" : name,
                        gd_pg_cell(rows, 0, 0), since == NULL ? "" : ", since ",
                        since == NULL ? "" : since, since == NULL ? "" : " UTC");
    return GD_DONE;
}

struct gd_status gd_lock_release(struct gd_pg *pg, struct gd_error *err)
{
    struct gd_pg_call call = {
        .what = "unlock the database",
        .sql = "SELECT pg_catalog.pg_advisory_unlock(" KEY ")",
    };
    return gd_pg_run(pg, &call, NULL, err);
}

struct gd_status gd_lock_session_there(struct gd_pg *pg, const char *pid, const char *change,
                                       bool *out_there, struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    const char *values[] = {pid, change};
    struct gd_pg_call call = {
        .what = "ask for another guardian's session",
        .sql = "SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE "
               "a.pid::pg_catalog.text OPERATOR(pg_catalog.=) $1 OR a.application_name "
               "OPERATOR(pg_catalog.=) ('guardian ' OPERATOR(pg_catalog.||) $2))",
        .values = values,
        .value_count = 2,
    };
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    *out_there = gd_pg_bool(rows, 0, 0);
    return GD_DONE;
}
