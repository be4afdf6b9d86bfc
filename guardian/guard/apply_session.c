/*
 * The session in which a change runs: pinned before, looked at after what could have changed it.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "guardian/guard/apply_own.h"

enum { CONCURRENT_LOCK_MS = 600000 };

GD_MUST static struct gd_status same_path(struct gd_applier *applier, struct gd_error *err)
{
    const struct gd_survey *survey = applier->options.plan->change->survey;
    if (survey == NULL || survey->search_path_setting == NULL)
        return GD_DONE;
    struct gd_pg_call call = {.what = "look at the search path",
                              .sql = "SELECT pg_catalog.current_setting('search_path')"};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(applier->pg, &call, &rows, err));
    const char *path = gd_pg_cell(rows, 0, 0);
    if (path == NULL || strcmp(path, survey->search_path_setting) == 0)
        return GD_DONE;
    return gd_fail(err, GD_SYSTEM,
                   "could not begin in %s: search_path is \"%s\", and the change was judged with "
                   "\"%s\"",
                   gd_pg_where(applier->pg), path, survey->search_path_setting);
}

GD_MUST static struct gd_status pin(struct gd_applier *applier, struct gd_error *err)
{
    const struct gd_apply_options *options = &applier->options;
    struct gd_pg_pin wanted = {
        .application = gd_arena_printf(applier->scratch, "guardian %s", options->story->change),
        .statement_ms = options->statement_ms,
        .lock_ms = options->lock_ms,
        .idle_ms = options->total_ms, /* a sealed change idles while its backup is made */
    };
    return gd_pg_pin(applier->pg, &wanted, err);
}

struct gd_status gd_apply_pin(struct gd_applier *applier, struct gd_error *err)
{
    GD_TRY(pin(applier, err));
    /* Where the server's system can tell that a client is gone, locks are given back at once. */
    struct gd_error ignored = {0};
    struct gd_pg_call call = {.what = "set up the session",
                              .sql = "SET client_connection_check_interval = '5s'"};
    struct gd_status status = gd_pg_version(applier->pg) < 140000
                                  ? GD_DONE
                                  : gd_pg_run(applier->pg, &call, NULL, &ignored);
    (void)status.code;
    return same_path(applier, err);
}

struct gd_status gd_apply_reset(struct gd_applier *applier, struct gd_error *err)
{
    if (!applier->touched || gd_pg_state(applier->pg) != GD_PG_OUTSIDE)
        return GD_DONE;
    GD_TRY(gd_apply_send_own(applier, "set the session back",
                             "RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL", NULL, err));
    applier->touched = false;
    return pin(applier, err);
}

/* ---- after a statement ---- */

GD_MUST static struct gd_status check_reading(const struct gd_applier *applier,
                                              struct gd_error *err)
{
    const char *encoding = gd_pg_reported(applier->pg, "client_encoding");
    const char *quoting = gd_pg_reported(applier->pg, "standard_conforming_strings");
    if (*encoding != '\0' && strcasecmp(encoding, "UTF8") != 0)
        return gd_hint(err,
                       gd_fail(err, GD_FAILED,
                               "%s: it sets client_encoding to \"%s\": what follows would not be "
                               "the text that was judged",
                               gd_apply_place(applier), encoding),
                       "Write the file as UTF-8 and leave client_encoding alone.");
    if (strcasecmp(quoting, "off") == 0)
        return gd_hint(err,
                       gd_fail(err, GD_FAILED,
                               "%s: it turns standard_conforming_strings off: what follows would "
                               "not be the text that was judged",
                               gd_apply_place(applier)),
                       "Write backslashes in E'…' strings and leave the setting alone.");
    return GD_DONE;
}

/* A file may wait for a shorter time than it is allowed to, not for longer. */
GD_MUST static struct gd_status keep_limit(struct gd_applier *applier, const char *setting,
                                           int64_t now, uint32_t limit, struct gd_error *err)
{
    if (limit == 0 || (now > 0 && now <= limit))
        return GD_DONE;
    struct gd_pg_call call = {
        .what = "keep a limit",
        .sql = gd_arena_printf(applier->scratch, "SET %s = %u", setting, limit),
    };
    gd_texts_add(&applier->notices,
                 gd_arena_printf(applier->arena, "%s: %s stays at %u ms", gd_apply_place(applier),
                                 setting, limit),
                 applier->arena);
    return gd_pg_run(applier->pg, &call, NULL, err);
}

GD_MUST static struct gd_status check_limits(struct gd_applier *applier, struct gd_error *err)
{
    struct gd_pg_call call = {
        .what = "look at the session",
        .sql = "SELECT (extract(epoch FROM pg_catalog.current_setting("
               "'lock_timeout')::pg_catalog.interval) * 1000)::pg_catalog.int8,"
               " (extract(epoch FROM pg_catalog.current_setting("
               "'statement_timeout')::pg_catalog.interval) * 1000)::pg_catalog.int8",
    };
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(applier->pg, &call, &rows, err));
    int64_t lock = gd_pg_int(rows, 0, 0), statement = gd_pg_int(rows, 0, 1);
    GD_TRY(keep_limit(applier, "lock_timeout", lock, applier->options.lock_ms, err));
    return keep_limit(applier, "statement_timeout", statement, applier->options.statement_ms, err);
}

struct gd_status gd_apply_look(struct gd_applier *applier, struct gd_error *err)
{
    uint32_t flags = applier->at->flags;
    GD_TRY(check_reading(applier, err));
    applier->touched =
        applier->touched || (flags & (GD_APPLY_SETS | GD_APPLY_MAY_SET | GD_APPLY_RESETS)) != 0;
    if ((flags & (GD_APPLY_SETS | GD_APPLY_MAY_SET | GD_APPLY_RESETS)) == 0 ||
        gd_pg_state(applier->pg) == GD_PG_ABORTED)
        return GD_DONE;
    if ((flags & GD_APPLY_RESETS) != 0)
        GD_TRY(pin(applier, err));
    return check_limits(applier, err);
}
