/*
 * guardian run: a command behind the door, guarded as one change.
 *
 * The command's output is its own; what Guardian has to say goes to stderr, but for the document of
 * --json, which comes last on stdout, where the command's own output is moved to stderr then. The
 * exit status is the command's, unless Guardian itself failed before it began or after it ended.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guardian/cli/ask.h"
#include "guardian/cli/ask_held.h"
#include "guardian/cli/cmd.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/guarding.h"
#include "guardian/cli/keys.h"
#include "guardian/cli/previewing.h"
#include "guardian/cli/progress.h"
#include "guardian/cli/rehearsing.h"
#include "guardian/cli/report.h"
#include "guardian/cli/report_outcome.h"
#include "guardian/cli/stores.h"
#include "guardian/guard/keep.h"
#include "guardian/guard/run.h"
#include "guardian/proxy/behind_door.h"
#include "guardian/proxy/child.h"
#include "guardian/proxy/ready.h"
#include "guardian/proxy/skip.h"

struct running {
    const struct gd_config *config;
    const char *const *argv; /* of the command; ends with NULL */
    struct gd_progress *progress;
    const struct gd_events *events;
    struct gd_arena *arena;
    struct gd_pg_options pg;
    const struct gd_keeping *keep; /* NULL: nothing is declared */
    const char *skip_key;          /* NULL: nothing is skipped */
    struct gd_run *run;
    struct gd_outcome *outcome;           /* NULL: there was none to tell of */
    const struct gd_rehearsal *rehearsal; /* NULL: there was none */
    int exit_status;                      /* of the command */
    bool ran;
};

/* ---- the command ---- */

GD_MUST static struct gd_status try_once(struct running *running, struct gd_error *err)
{
    const struct gd_config *config = running->config;
    struct gd_behind_door_options options = {
        .argv = running->argv,
        .pg = &running->pg,
        .user = gd_run_user(running->run),
        .database = gd_run_database(running->run),
        .variables = config->variables.items,
        .variable_count = config->variables.count,
        .listen = gd_text_or_null(config->listen),
        .gate = gd_run_gate(running->run),
        .statement_bytes_max = (size_t)config->statement_size_max,
        .events = running->events,
    };
    running->ran = true;
    return gd_run_behind_door(&options, running->arena, &running->exit_status, err);
}

/* Somebody else may have done it all while we stood in line. */
static bool is_done_by_now(const struct running *running)
{
    struct gd_skip_answer answer = {0};
    struct gd_error ignored = {0};
    gd_auto_pg pg = NULL;
    return running->skip_key != NULL && gd_pg_connect(&running->pg, &pg, &ignored).code == GD_OK &&
           gd_skip_look(pg, running->skip_key, running->arena, &answer, &ignored).code == GD_OK &&
           answer.unchanged;
}

/* Again, as long as only the moment was wrong. A command that was ended is not asked to go on. */
GD_MUST static struct gd_status try_until(struct running *running, struct gd_error *err)
{
    int left = (int)running->config->retry;
    GD_TRY(try_once(running, err));
    while (left > 0 && running->exit_status < 128 && gd_run_again(running->run) != NULL) {
        const char *why = gd_run_again(running->run), *bar = gd_run_bar(running->run);
        if (bar != NULL) {
            gd_tell_note(running->events, "not run again: %s", bar);
            return GD_DONE;
        }
        GD_TRY(gd_run_prepare_again(running->run, err));
        left -= !gd_run_got_further(running->run); /* it ends: a table is backed up only once */
        if (is_done_by_now(running)) {
            gd_tell_note(running->events, "not run again: another one has done it meanwhile");
            running->exit_status = 0;
            return GD_DONE;
        }
        gd_tell_note(running->events, "running it again: %s", why);
        GD_TRY(try_once(running, err));
    }
    return GD_DONE;
}

/* ---- skipping ---- */

/* What is kept decides what the command does, as its own files do. */
static void add_inputs(const struct running *running, const struct gd_texts *files,
                       struct gd_skip_options *options)
{
    const char **all =
        gd_arena_zalloc(running->arena, options->input_count + files->count + 1, sizeof *all);
    for (size_t i = 0; i < options->input_count; i++)
        all[i] = options->inputs[i];
    for (size_t i = 0; i < files->count; i++)
        all[options->input_count + i] = files->items[i];
    options->inputs = all;
    options->input_count += files->count;
}

GD_MUST static struct gd_status look_for_skip(struct running *running, bool *out_skip,
                                              struct gd_error *err)
{
    const struct gd_config *config = running->config;
    struct gd_skip_options options = {
        .argv = running->argv,
        .inputs = config->inputs.items,
        .input_count = config->inputs.count,
        .target = running->pg.target,
    };
    struct gd_skip_answer answer = {0};
    gd_auto_pg pg = NULL;
    *out_skip = false;
    if (!config->skip_unchanged)
        return GD_DONE;
    if (running->keep != NULL && options.input_count > 0)
        add_inputs(running, gd_keep_files(running->keep), &options);
    GD_TRY(gd_skip_key(&options, running->arena, &running->skip_key, err));
    GD_TRY(gd_pg_connect(&running->pg, &pg, err));
    GD_TRY(gd_skip_look(pg, running->skip_key, running->arena, &answer, err));
    *out_skip = answer.unchanged;
    gd_tell_note(running->events,
                 answer.unchanged ? "nothing is started: files and schema are those of the last "
                                    "success, %s"
                                  : "not skipped: %s",
                 answer.unchanged ? answer.at : answer.why);
    return GD_DONE;
}

static void record_success(struct running *running)
{
    struct gd_error why = {0};
    gd_auto_pg pg = NULL;
    const struct gd_story *story = running->outcome->story;
    if (running->skip_key == NULL || running->exit_status != 0 ||
        (story->outcome != GD_OUTCOME_APPLIED && story->outcome != GD_OUTCOME_NOTHING))
        return;
    if (running->outcome->failed > 0) {
        gd_tell_note(running->events, "the next run will not be skipped: statements of this one "
                                      "failed in the database");
        return;
    }
    struct gd_status status = gd_pg_connect(&running->pg, &pg, &why);
    if (status.code == GD_OK)
        status = gd_skip_record(pg, running->skip_key,
                                running->outcome->journaled ? story->change : "", &why);
    if (status.code != GD_OK)
        gd_tell_warning(running->events, why.hint,
                        "the next run will not be skipped, for this one could not be noted: %s",
                        why.text);
}

/* ---- the rehearsal ---- */

/* It went wrong there already: the status is the command's, and nothing real has run. */
static void call_off(struct running *running, const char *why)
{
    const struct gd_rehearsal *rehearsal = running->rehearsal;
    bool refused = rehearsal->refusal != NULL;
    gd_tell_warning(running->events, "", "%s: it is not run for real, and nothing was changed",
                    why);
    gd_run_call_off(running->run, why,
                    refused ? rehearsal->refusal_hint : "What it said stands above.", refused);
    running->exit_status = rehearsal->exit_status;
    running->ran = rehearsal->exit_status != 0;
}

/* What to do about it, where the command is no file. */
static const char *hint_of(const struct gd_plan *plan, const struct gd_run_options *options,
                           const struct gd_error *why, struct gd_arena *arena)
{
    const struct gd_ruling *lead = plan->decision->lead;
    if (plan->decision->action == GD_ACTION_APPROVE && lead != NULL)
        return gd_arena_printf(arena,
                               "Whoever has read it approves exactly this text with: guardian "
                               "approve sha256:%s",
                               lead->judged->hash);
    if (plan->decision->action < GD_ACTION_APPROVE)
        return why->hint;
    return gd_arena_printf(
        arena,
        "guardian plan --rehearse -- %s shows what it would lose, and what to do "
        "instead.",
        options->command);
}

/* One decision about all that was seen, one question, one backup. */
GD_MUST static struct gd_status decide_ahead(struct running *running,
                                             struct gd_run_options *options, bool *out_go,
                                             struct gd_error *err)
{
    struct gd_input script = gd_rehearsal_script(running->rehearsal, options->command);
    struct gd_guard_options guard = *options->guard;
    const struct gd_plan *plan;
    struct gd_error why = {0};
    guard.inputs = &script;
    guard.input_count = 1;
    guard.again = true;
    GD_TRY(gd_guard_plan(&guard, running->arena, &plan, err));
    struct gd_status status = gd_plan_check(plan, running->arena, &why);
    if (status.code == GD_OK && plan->decision->ask != GD_ASK_NEVER)
        status = gd_cli_ask_plan(running->config, plan, &why);
    *out_go = status.code == GD_OK;
    if (!*out_go) {
        gd_run_call_off(running->run, why.text, hint_of(plan, options, &why, running->arena), true);
        return GD_DONE;
    }
    gd_run_rehearsed(running->run, options->rehearsal, true); /* asked, or there is nobody to ask */
    return gd_run_protect_ahead(running->run, plan->decision, err);
}

GD_MUST static struct gd_status rehearse(struct running *running, struct gd_run_options *options,
                                         bool *out_go, struct gd_error *err)
{
    struct gd_rehearsing rehearsing = {running->config, running->argv, options->guard};
    struct gd_rehearsal *rehearsal;
    GD_TRY(gd_cli_rehearse(&rehearsing, running->arena, &rehearsal, err));
    running->rehearsal = options->rehearsal = rehearsal;
    gd_run_rehearsed(running->run, rehearsal, false);
    const char *failed = gd_rehearsal_failed(rehearsal, running->arena);
    *out_go = failed == NULL;
    if (failed != NULL)
        call_off(running, failed);
    if (failed != NULL || rehearsal->changes == 0)
        return GD_DONE;
    return decide_ahead(running, options, out_go, err);
}

/* Once more, when somebody else changed the schema under its eyes. */
GD_MUST static struct gd_status rehearse_until(struct running *running,
                                               struct gd_run_options *options, bool *out_go,
                                               struct gd_error *err)
{
    int left = (int)running->config->retry;
    for (;;) {
        struct gd_error moved = {0};
        struct gd_status status = rehearse(running, options, out_go, &moved);
        if (status.code != GD_BUSY || gd_run_again(running->run) == NULL || left-- == 0) {
            *err = moved;
            return status;
        }
        gd_tell_note(running->events, "rehearsing again: %s", gd_run_again(running->run));
        GD_TRY(gd_run_prepare_again(running->run, err));
        if (!is_done_by_now(running))
            continue;
        gd_tell_note(running->events, "not run: another one has done it meanwhile");
        *out_go = false;
        return GD_DONE;
    }
}

/* ---- one run ---- */

/* The command's own prompts are as they were: it waits for its answer meanwhile. */
static enum gd_run_answer ask(void *context, const struct gd_run_question *question)
{
    const struct running *running = context;
    return gd_cli_ask_held(running->config, running->progress, question);
}

GD_MUST static struct gd_status guarded(struct running *running,
                                        const struct gd_guard_options *guard, struct gd_error *err)
{
    struct gd_error failed = {0};
    struct gd_run_options options = {
        .guard = guard,
        .command = gd_cli_argv_in_words(running->argv, running->arena),
        .retries = running->config->retry > 0,
        .yes = running->config->yes,
        .ask = ask,
        .ask_context = running,
    };
    bool go = true;
    GD_TRY(gd_run_begin(&options, running->arena, &running->run, err));
    struct gd_status status =
        running->config->rehearse ? rehearse_until(running, &options, &go, &failed) : GD_DONE;
    if (status.code == GD_OK && go)
        status = try_until(running, &failed);
    struct gd_status ended = gd_run_end(
        running->run, status.code == GD_OK ? running->exit_status : 1, &running->outcome, err);
    running->outcome->rehearsal = running->rehearsal;
    if (status.code == GD_OK)
        record_success(running); /* before others have their turn */
    gd_run_free(running->run);
    if (status.code != GD_OK)
        *err = failed;
    return status.code == GD_OK ? ended : status;
}

/* What they make is not all that there is to keep. */
static void tell_notes(struct running *running, const struct gd_keeping *keep)
{
    const struct gd_texts *notes = keep == NULL ? NULL : gd_keep_notes(keep);
    for (size_t i = 0; notes != NULL && i < notes->count; i++)
        gd_tell_warning(running->events, "", "%s", notes->items[i]);
    running->keep = keep;
}

GD_MUST static struct gd_status run(struct running *running, struct gd_error *err)
{
    const struct gd_config *config = running->config;
    struct gd_pg_options scratch = {.target = config->scratch};
    struct gd_guard_options guard;
    gd_auto_store store = NULL;
    gd_auto_key key = NULL;
    bool skip;
    if (running->argv[0] == NULL)
        return gd_hint(err, gd_fail(err, GD_USAGE, "no command is named"),
                       "It stands behind two dashes: guardian run -- npx prisma db push");
    GD_TRY(gd_cli_need_database(config, &running->pg.target, err));
    running->pg.target = gd_text_or_null(running->pg.target);
    struct gd_ready_options ready = {
        .pg = &running->pg, .limit_ms = (uint32_t)config->start_wait_ms, .events = running->events};
    if (ready.limit_ms > 0)
        GD_TRY(gd_ready_wait(&ready, NULL, err));
    GD_TRY(gd_cli_guard_options(config, &running->pg, 0, NULL, running->arena, &guard, err));
    tell_notes(running, guard.keep);
    GD_TRY(look_for_skip(running, &skip, err));
    if (skip)
        return GD_DONE;
    GD_TRY(gd_cli_key(config, running->arena, running->events, &key, err));
    GD_TRY(gd_cli_store(config, running->arena, running->events, &store, err));
    guard.store = store;
    guard.key = key;
    guard.scratch = *config->scratch == '\0' ? NULL : &scratch;
    guard.events = running->events;
    return guarded(running, &guard, err);
}

/* ---- what is told ---- */

/* A command that changed nothing and was refused nothing is not worth a word. */
static bool is_worth_telling(const struct running *running)
{
    const struct gd_story *story = running->outcome->story;
    return running->outcome->journaled || story->kept_count > 0 || running->outcome->failed > 0 ||
           story->outcome == GD_OUTCOME_REFUSED || running->config->verbose;
}

GD_MUST static struct gd_status print(const struct running *running, struct gd_progress *progress,
                                      struct gd_error *err)
{
    const struct gd_config *config = running->config;
    if (running->outcome == NULL)
        return GD_DONE;
    if (config->json) {
        struct gd_json *document =
            gd_report_outcome_json(running->outcome, gd_progress_warnings(progress));
        struct gd_status status = gd_json_write(document, stdout, 2, err);
        gd_json_free(document);
        return status;
    }
    struct gd_screen screen =
        gd_screen_of(stderr, gd_config_use_color(config, STDERR_FILENO), config->verbose);
    if (is_worth_telling(running) && !config->quiet)
        gd_report_outcome_text(running->outcome, &screen, running->arena);
    return GD_DONE;
}

/* With --json stdout is for the document alone. */
static int move_output(bool json)
{
    int kept = json ? dup(STDOUT_FILENO) : -1;
    if (kept >= 0)
        (void)dup2(STDERR_FILENO, STDOUT_FILENO);
    return kept;
}

static void move_back(int kept)
{
    if (kept < 0)
        return;
    (void)dup2(kept, STDOUT_FILENO);
    close(kept);
}

/* The command's own status stands, but where it says that all went well and Guardian knows better.
 */
static int end(const struct running *running, struct gd_status status, const struct gd_error *err)
{
    if (!running->ran || (status.code != GD_OK && running->outcome == NULL) ||
        (status.code != GD_OK && running->exit_status == 0))
        return status.code == GD_OK ? gd_cli_end(0) : gd_cli_fail_with(err, "");
    gd_child_follow(running->exit_status);
    return gd_cli_end(running->exit_status);
}

int gd_cmd_run(const struct gd_config *config, int argc, char **argv)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0}, unwritten = {0};
    gd_auto_progress progress = gd_progress_new(config);
    struct running running = {
        .config = config,
        .argv = gd_cli_words(argc, argv, arena),
        .events = gd_progress_events(progress),
        .progress = progress,
        .arena = arena,
        .pg = {.lock_ms = (uint32_t)config->lock_timeout_ms},
    };
    int kept = move_output(config->json);
    struct gd_status status = run(&running, &err);
    move_back(kept);
    gd_progress_end(progress, status);
    if (print(&running, progress, &unwritten).code != GD_OK)
        return gd_cli_fail(&unwritten);
    return end(&running, status, &err);
}
