/*
 * guardian plan: everything up to the first deed: read, look, judge, decide, lay out the steps.
 *
 * The exit status is that with which the change would be turned away: 3 when the policy refuses it
 * or wants it approved first.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/texts.h"
#include "guardian/cli/cmd.h"
#include "guardian/cli/cmd_rollback.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/guarding.h"
#include "guardian/cli/input.h"
#include "guardian/cli/previewing.h"
#include "guardian/cli/progress.h"
#include "guardian/cli/rehearsing.h"
#include "guardian/cli/report.h"
#include "guardian/cli/stores.h"
#include "guardian/config/config.h"

static struct gd_change_options options_of(const struct gd_config *config)
{
    return (struct gd_change_options){
        .database = NULL,
        .statement_bytes_max = (size_t)config->statement_size_max,
        .lock_ms = (uint32_t)config->lock_timeout_ms,
        .check_ms = (uint32_t)config->check_timeout_ms,
        .samples = (uint32_t)config->samples,
    };
}

static struct gd_status decide(const struct gd_config *config, const struct gd_change *change,
                               struct gd_arena *arena, const struct gd_decision **out_decision,
                               struct gd_error *err)
{
    struct gd_decide_input input = {.report = change->report,
                                    .survey = change->survey,
                                    .environment = config->environment,
                                    .approvals = config->approve.items,
                                    .approval_count = config->approve.count};
    GD_TRY(gd_policy_load(config->policy, arena, &input.policy, err));
    if (config->waivers == GD_WAIVERS_OFF)
        gd_change_forget_waivers(change->report);
    return gd_decide(&input, arena, out_decision, err);
}

/* With a database: the very stages of apply, up to the decision. */
GD_MUST static struct gd_status plan_live(const struct gd_config *config, const char *uri, int argc,
                                          char **argv, const struct gd_input *inputs,
                                          struct gd_arena *arena, const struct gd_plan **out_plan,
                                          struct gd_error *err)
{
    struct gd_pg_options pg = {.target = gd_text_or_null(uri),
                               .lock_ms = (uint32_t)config->lock_timeout_ms};
    gd_auto_store store = NULL;
    struct gd_guard_options options;
    GD_TRY(gd_cli_guard_options(config, &pg, argc, argv, arena, &options, err));
    if (config->store[0] != '\0')
        GD_TRY(gd_cli_store(config, arena, NULL, &store, err));
    options.store = store;
    if (inputs != NULL) {
        options.inputs = inputs;
        options.input_count = 1;
        options.again = true; /* the command has looked for itself at what is there */
    }
    return gd_guard_plan(&options, arena, out_plan, err);
}

GD_MUST static struct gd_status plan_by_text(const struct gd_config *config, int argc, char **argv,
                                             struct gd_input *inputs, struct gd_arena *arena,
                                             const struct gd_plan **out_plan, struct gd_error *err)
{
    size_t count = 1;
    struct gd_change *change = gd_arena_zalloc(arena, 1, sizeof *change);
    const struct gd_decision *decision;
    struct gd_change_options options = options_of(config);
    if (inputs == NULL)
        GD_TRY(gd_inputs_of(argc, argv, arena, &inputs, &count, err));
    GD_TRY(gd_change_read(inputs, count, &options, arena, change, err));
    GD_TRY(decide(config, change, arena, &decision, err));
    struct gd_plan_options planning = {.single_transaction = config->single_transaction ||
                                                             decision->single_transaction ||
                                                             decision->backup.sealed};
    *out_plan = gd_plan_make(change, decision, &planning, arena);
    return GD_DONE;
}

/* What the command sends to a scratch copy. */
GD_MUST static struct gd_status rehearse(const struct gd_config *config, const char *uri, int argc,
                                         char **argv, struct gd_arena *arena,
                                         struct gd_input **out_inputs, struct gd_error *err)
{
    struct gd_pg_options pg = {.lock_ms = (uint32_t)config->lock_timeout_ms};
    struct gd_pg_options scratch = {.target = config->scratch};
    struct gd_guard_options guard;
    struct gd_rehearsal *rehearsal;
    const char *const *words = gd_cli_words(argc, argv, arena);
    struct gd_rehearsing rehearsing = {config, words, &guard};
    gd_auto_progress progress = gd_progress_new(config);
    if (argc == 0 || config->from[0] != '\0')
        return gd_hint(err,
                       gd_fail(err, GD_USAGE, "--rehearse wants one command, behind two dashes"),
                       "For example: guardian plan --rehearse -- npx prisma db push");
    GD_TRY(gd_cli_need_database(config, &uri, err));
    pg.target = gd_text_or_null(uri);
    GD_TRY(gd_cli_guard_options(config, &pg, 0, NULL, arena, &guard, err));
    guard.scratch = *config->scratch == '\0' ? NULL : &scratch;
    guard.events = gd_progress_events(progress);
    struct gd_status status = gd_cli_rehearse(&rehearsing, arena, &rehearsal, err);
    gd_progress_end(progress, status);
    GD_TRY(status);
    const char *failed = gd_rehearsal_failed(rehearsal, arena);
    if (failed != NULL)
        return gd_hint(err, gd_fail(err, GD_FAILED, "%s", failed), "%s",
                       rehearsal->refusal_hint != NULL ? rehearsal->refusal_hint
                                                       : "What it said stands above.");
    *out_inputs = gd_arena_zalloc(arena, 1, sizeof **out_inputs);
    **out_inputs = gd_rehearsal_script(rehearsal, gd_cli_argv_in_words(words, arena));
    return GD_DONE;
}

/* @param out_inputs  what a command prints or does; NULL: the operands are files */
GD_MUST static struct gd_status ask_command(const struct gd_config *config, const char *uri,
                                            int argc, char **argv, struct gd_arena *arena,
                                            struct gd_input **out_inputs, struct gd_error *err)
{
    *out_inputs = NULL;
    if (config->rehearse)
        return rehearse(config, uri, argc, argv, arena, out_inputs, err);
    if (config->from[0] == '\0')
        return GD_DONE;
    if (argc > 0)
        return gd_hint(err,
                       gd_fail(err, GD_USAGE, "both files and a command that prints SQL are named"),
                       "Plan one after the other; the words of a command go into one: --from "
                       "\"npx prisma migrate diff …\".");
    *out_inputs = gd_arena_zalloc(arena, 1, sizeof **out_inputs);
    return gd_cli_preview(config, uri, arena, *out_inputs, err);
}

static struct gd_status plan(const struct gd_config *config, int argc, char **argv,
                             struct gd_arena *arena, enum gd_action *out_action,
                             struct gd_error *err)
{
    const struct gd_plan *made = NULL;
    struct gd_database_choice database = gd_config_database(config, true);
    struct gd_input *inputs;
    GD_TRY(ask_command(config, database.uri, argc, argv, arena, &inputs, err));
    GD_TRY(database.uri == NULL
               ? plan_by_text(config, argc, argv, inputs, arena, &made, err)
               : plan_live(config, database.uri, argc, argv, inputs, arena, &made, err));
    *out_action = made->decision->action;
    struct gd_screen screen =
        gd_screen_of(stdout, gd_config_use_color(config, STDOUT_FILENO), config->verbose);
    enum gd_format format = config->json ? GD_FORMAT_JSON : (enum gd_format)config->format;
    return gd_report_plan_write(made, format, &screen, err);
}

int gd_cmd_plan(const struct gd_config *config, int argc, char **argv)
{
    if (config->rollback[0] != '\0')
        return gd_cli_rollback(config, config->rollback, true);
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    enum gd_action action = GD_ACTION_GO;
    if (plan(config, argc, argv, arena, &action, &err).code != GD_OK)
        return gd_cli_fail(&err);
    return gd_cli_end(action >= GD_ACTION_APPROVE ? gd_exit_status(GD_REFUSED) : 0);
}
