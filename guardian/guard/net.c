/*
 * Net: install and uninstall. The key goes into the store last: until it is there, only who may
 * read it in the database can announce anything, and a second install puts it there.
 */
#include "guardian/guard/net.h"

#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/guard/ledger.h"
#include "guardian/journal/net_key.h"
#include "guardian/pg/copy.h"

/* clang-format off */
static const char uninstall_sql[] =
#include "guardian/guard/sql/net_uninstall.sql.inc"
    ;
/* clang-format on */

/* ---- install ---- */

/* What Guardian notes for itself lives in the same schema; whose it is, is looked at there. */
GD_MUST static struct gd_status open_schema(struct gd_pg *pg, struct gd_arena *arena,
                                            struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_ledger ledger;
    struct gd_pg_call call = {
        .what = "look at schema \"guardian\"",
        .sql = "SELECT n.oid IS NOT NULL AND coalesce(pg_catalog.obj_description(n.oid, "
               "'pg_namespace'), '') !~ '[(]layout [0-9]+[)]' AND EXISTS (SELECT FROM "
               "pg_catalog.pg_class c WHERE c.relnamespace = n.oid AND c.relname <> 'net_key') "
               "FROM (SELECT 1) AS one LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = "
               "'guardian'"};
    GD_TRY(gd_ledger_open(pg, true, arena, &ledger, err));
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    if (!gd_pg_bool(rows, 0, 0))
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_USAGE, "%s has a schema \"guardian\" that is not Guardian's",
                           gd_pg_where(pg)),
                   "Give that schema another name: ALTER SCHEMA guardian RENAME TO ….");
}

/* Most servers let superusers alone make event triggers, some managed ones their own admin, too: so
 * it is tried, and what the server says is passed on. */
GD_MUST static struct gd_status run_all(struct gd_pg *pg, const char *what, const char *sql,
                                        struct gd_error *err)
{
    struct gd_pg_call call = {.what = what, .sql = sql, .limit_ms = 60000};
    struct gd_status status = gd_pg_run(pg, &call, NULL, err);
    if (status.code == GD_OK ||
        (strcmp(call.sqlstate, "42501") != 0 && strcmp(call.sqlstate, "25006") != 0))
        return status;
    err->code = GD_REFUSED;
    return gd_hint(err, (struct gd_status){GD_REFUSED},
                   "Nothing was changed. Event triggers belong to a superuser, on some managed "
                   "servers to the role that the provider gives: name that one with --db.");
}

struct gd_status gd_net_install(struct gd_pg *pg, const struct gd_net_options *options,
                                struct gd_arena *arena, struct gd_net *out_before,
                                struct gd_net *out_now, struct gd_error *err)
{
    const char *why;
    GD_TRY(gd_net_look(pg, arena, out_before, err));
    if (gd_net_health(out_before, arena, &why) == GD_NET_NEWER)
        return gd_hint(err,
                       gd_fail(err, GD_USAGE, "the second net of %s cannot be replaced: %s",
                               gd_pg_where(pg), why),
                       "A newer guardian has put it there: use that one.");
    GD_TRY(open_schema(pg, arena, err));
    GD_TRY(run_all(pg, "install the second net", gd_net_install_sql(options->all, arena), err));
    GD_TRY(gd_fault("net: installed, the key is not in the store", err));
    GD_TRY(gd_net_look(pg, arena, out_now, err));
    if (!out_now->keyed)
        return gd_fail(err, GD_SYSTEM, "the key of the second net cannot be read by its owner");
    return gd_net_key_put(options->store, options->key, out_now, err);
}

struct gd_status gd_net_uninstall(struct gd_pg *pg, struct gd_arena *arena,
                                  struct gd_net *out_before, struct gd_error *err)
{
    GD_TRY(gd_net_look(pg, arena, out_before, err));
    return run_all(pg, "remove the second net", uninstall_sql, err);
}
