/*
 * guardian apply: one guarded change.
 *
 * The answer is the outcome, on stdout, whatever it is; what went wrong is said on stderr, and the
 * exit status says whether the database was changed.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/texts.h"
#include "guardian/cli/ask.h"
#include "guardian/cli/cmd.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/guarding.h"
#include "guardian/cli/keys.h"
#include "guardian/cli/progress.h"
#include "guardian/cli/report.h"
#include "guardian/cli/report_outcome.h"
#include "guardian/cli/stores.h"
#include "guardian/config/config.h"

static struct gd_status ask(void *context, const struct gd_plan *plan, struct gd_error *err)
{
    return gd_cli_ask_plan(context, plan, err);
}

GD_MUST static struct gd_status apply(const struct gd_config *config, int argc, char **argv,
                                      struct gd_progress *progress, struct gd_arena *arena,
                                      struct gd_outcome **out_outcome, struct gd_error *err)
{
    const struct gd_events *events = gd_progress_events(progress);
    struct gd_pg_options pg = {.lock_ms = (uint32_t)config->lock_timeout_ms};
    struct gd_pg_options scratch = {.target = config->scratch};
    struct gd_guard_options options;
    gd_auto_store store = NULL;
    gd_auto_key key = NULL;
    GD_TRY(gd_cli_need_database(config, &pg.target, err));
    pg.target = gd_text_or_null(pg.target);
    GD_TRY(gd_cli_guard_options(config, &pg, argc, argv, arena, &options, err));
    GD_TRY(gd_cli_key(config, arena, events, &key, err));
    GD_TRY(gd_cli_await_database(config, &pg, events, err));
    GD_TRY(gd_cli_store(config, arena, events, &store, err));
    options.store = store;
    options.key = key;
    options.scratch = *config->scratch == '\0' ? NULL : &scratch;
    options.ask = ask;
    options.ask_context = (void *)(uintptr_t)config;
    options.events = events;
    return gd_guard_apply(&options, arena, out_outcome, err);
}

GD_MUST static struct gd_status print(const struct gd_config *config,
                                      const struct gd_outcome *outcome,
                                      struct gd_progress *progress, struct gd_arena *arena,
                                      struct gd_error *err)
{
    if (config->json) {
        struct gd_json *document = gd_report_outcome_json(outcome, gd_progress_warnings(progress));
        struct gd_status status = gd_json_write(document, stdout, 2, err);
        gd_json_free(document);
        return status;
    }
    struct gd_screen screen =
        gd_screen_of(stdout, gd_config_use_color(config, STDOUT_FILENO), config->verbose);
    gd_report_outcome_text(outcome, &screen, arena);
    return GD_DONE;
}

/* What is on stdout may be in a file by now, and the program that reads it asleep. */
static const char *ending_of(const struct gd_outcome *outcome, const struct gd_error *err,
                             struct gd_arena *arena)
{
    if (err->code != GD_PARTIAL || outcome == NULL || !outcome->journaled)
        return NULL;
    return gd_arena_printf(arena,
                           outcome->story->unsettled
                               ? "Nobody can tell what of it is in: see guardian show %s"
                               : "A part of it is in, and guardian rollback %s takes it back.",
                           outcome->story->change);
}

int gd_cmd_apply(const struct gd_config *config, int argc, char **argv)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0}, unwritten = {0};
    struct gd_outcome *outcome = NULL;
    gd_auto_progress progress = gd_progress_new(config);
    struct gd_status status = apply(config, argc, argv, progress, arena, &outcome, &err);
    gd_progress_end(progress, status);
    if (outcome != NULL && print(config, outcome, progress, arena, &unwritten).code != GD_OK &&
        status.code == GD_OK)
        return gd_cli_fail(&unwritten);
    return status.code == GD_OK ? gd_cli_end(0)
                                : gd_cli_fail_with(&err, ending_of(outcome, &err, arena));
}
