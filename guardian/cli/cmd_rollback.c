/*
 * guardian rollback: the state before a change, and what to revert.
 *
 * The plan is shown before anything is done. On a terminal it is asked for; without one it is done
 * when nothing that was written since is lost, or with --yes.
 */
#include "guardian/cli/cmd_rollback.h"
#include "guardian/base/texts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/whoami.h"
#include "guardian/cli/ask.h"
#include "guardian/cli/cmd.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/guarding.h"
#include "guardian/cli/keys.h"
#include "guardian/cli/progress.h"
#include "guardian/cli/report_rollback.h"
#include "guardian/cli/shelves.h"
#include "guardian/cli/stores.h"
#include "guardian/guard/recover.h"
#include "guardian/journal/lease.h"
#include "guardian/version.h"

enum { LOCK_RETRIES = 10, LEASE_MS = 60000, GIT_MS = 10000 };

struct rolling {
    const struct gd_config *config;
    const struct gd_events *events;
    struct gd_progress *progress;
    struct gd_arena *arena;
    struct gd_store *store;
    struct gd_key *key;
    struct gd_pg_options pg_options;
    struct gd_pg *pg; /* holds the lock; looks at what was left open */
    struct gd_lease *lease;
    struct gd_rollback_options options;
    struct gd_rollback_plan *plan;
    struct gd_story *story;
    struct gd_rolled_back done;
    bool is_done;
    char id[GD_ID_SIZE];
    struct gd_git_guidance *git;
    const char *revert, *branch;
};

/* --- getting ready ----------------------------------------------------------------------------*/

GD_MUST static struct gd_status check_request(const struct gd_config *config, int argc,
                                              struct gd_error *err)
{
    if ((argc == 1) != config->last && argc <= 1)
        return GD_DONE;
    return gd_hint(err, gd_fail(err, GD_USAGE, "rollback takes one change, or --last"),
                   "guardian list shows the changes that there are.");
}

GD_MUST static struct gd_status open_all(struct rolling *of, struct gd_error *err)
{
    const struct gd_config *config = of->config;
    const char *uri;
    GD_TRY(gd_cli_need_database(config, &uri, err));
    of->pg_options =
        (struct gd_pg_options){.target = gd_text_or_null(uri),
                               .application = gd_arena_printf(of->arena, "guardian %s", of->id),
                               .lock_ms = (uint32_t)config->lock_timeout_ms,
                               .reopen = true};
    GD_TRY(gd_cli_key(config, of->arena, of->events, &of->key, err));
    GD_TRY(gd_cli_store(config, of->arena, of->events, &of->store, err));
    GD_TRY(gd_cli_cluster(config, true, of->arena, of->events, &of->options.cluster, err));
    return gd_pg_connect(&of->pg_options, &of->pg, err);
}

/* `session` false: the database itself is swapped, and every session with it. */
GD_MUST static struct gd_status hold(struct rolling *of, bool session, struct gd_error *err)
{
    struct gd_lease_options options = {
        .pg = session ? of->pg : NULL,
        .store = of->store,
        .cluster = of->options.cluster,
        .change = of->id,
        .who = gd_arena_printf(of->arena, "%s@%s pid %ld", gd_whoami(of->arena),
                               gd_hostname(of->arena), (long)getpid()),
        .wait_ms = (uint32_t)of->config->busy_timeout_ms,
        .lease_ms = LEASE_MS,
        .elsewhere = true,
        .events = of->events};
    return gd_lease_take(&options, &of->lease, err);
}

static struct gd_status still_ours(void *context, struct gd_error *err)
{
    struct rolling *of = context;
    return gd_lease_check(of->lease, err);
}

GD_MUST static struct gd_status let_go(struct rolling *of, struct gd_error *err)
{
    if (of->lease == NULL)
        return GD_DONE;
    struct gd_status status = gd_lease_release(of->lease, err);
    gd_lease_free(GD_MOVE(of->lease));
    return status;
}

/* What an earlier run left open is settled first: a rollback that was cut off among it. */
GD_MUST static struct gd_status recover(struct rolling *of, struct gd_error *err)
{
    struct gd_ledger ledger;
    struct gd_recovered *recovered;
    size_t count = 0;
    GD_TRY(gd_ledger_open(of->pg, false, of->arena, &ledger, err));
    GD_TRY(gd_recover(of->pg, of->store, of->options.cluster, of->id, "", &ledger, of->events,
                      of->arena, &recovered, &count, err));
    for (size_t i = 0; i < count; i++)
        gd_tell_note(of->events, "%s", recovered[i].text);
    return GD_DONE;
}

/* The newest that is in, or may be: one that was rolled back, and a rollback itself, do not count.
 */
GD_MUST static struct gd_status choose_last(struct rolling *of, struct gd_error *err)
{
    struct gd_told_list list = {0};
    GD_TRY(gd_story_list(of->store, of->options.cluster, 0, of->arena, &list, err));
    for (size_t i = list.count; i-- > 0;) {
        const struct gd_story *story = list.items[i].story;
        if (story == NULL)
            return gd_hint(err,
                           gd_fail(err, GD_CORRUPT, "could not read change %s: %s",
                                   list.items[i].change, list.items[i].problem),
                           "Name the change that is meant.");
        bool in = story->changed || story->unsettled ||
                  (!story->closed && story->last >= GD_RECORD_APPLYING);
        if (story->kind == GD_STORY_ROLLBACK || *story->rolled_back_by != '\0' || !in)
            continue;
        of->options.change = story->change;
        return GD_DONE;
    }
    return gd_fail(err, GD_USAGE, "there is no change that could be rolled back");
}

GD_MUST static struct gd_status choose_change(struct rolling *of, const char *text,
                                              struct gd_error *err)
{
    const char *cluster = NULL;
    if (strcmp(text, "last") == 0)
        return choose_last(of, err);
    return gd_journal_resolve(of->store, of->options.cluster, text, of->arena, &cluster,
                              &of->options.change, err);
}

static void fill_options(struct rolling *of)
{
    const struct gd_config *config = of->config;
    struct gd_rollback_options *options = &of->options;
    options->pg = &of->pg_options;
    options->store = of->store;
    options->key = of->key;
    options->way = config->way == GD_ROLL_CHEAPEST ? -1 : config->way - GD_ROLL_CHEAPEST - 1;
    options->workers = (unsigned)config->workers;
    options->pg_dump = gd_text_or_null(config->pg_dump);
    options->pg_restore = gd_text_or_null(config->pg_restore);
    options->lock_ms = (uint32_t)config->lock_timeout_ms;
    options->lock_retries = LOCK_RETRIES;
    options->wait_ms = (uint32_t)config->wait_ms;
    options->still_ours = still_ours;
    options->still_ours_context = of;
    options->events = of->events;
}

/* --- git --------------------------------------------------------------------------------------*/

GD_MUST static struct gd_status guide(struct rolling *of, struct gd_error *err)
{
    const struct gd_story *story = of->plan->story;
    const char **paths = gd_arena_zalloc(of->arena, story->file_count + 1, sizeof *paths);
    const char **hashes = gd_arena_zalloc(of->arena, story->file_count + 1, sizeof *hashes);
    struct gd_git_options options = {.paths = paths,
                                     .sha256 = hashes,
                                     .repository = gd_text_or_null(story->repository),
                                     .limit_ms = GIT_MS,
                                     .events = of->events};
    for (size_t i = 0; i < story->file_count; i++) {
        if (*story->files[i].origin == '\0')
            continue;
        paths[options.count] = story->files[i].origin;
        hashes[options.count++] = story->files[i].sha256;
    }
    return options.count == 0 ? GD_DONE : gd_git_guide(&options, of->arena, &of->git, err);
}

GD_MUST static struct gd_status revert(struct rolling *of, struct gd_error *err)
{
    if (of->git == NULL || of->git->commit_count == 0)
        return gd_fail(err, GD_REFUSED, "there is no commit to revert: %s",
                       of->git == NULL || of->git->why_not == NULL ? "git knows none"
                                                                   : of->git->why_not);
    of->branch = gd_arena_printf(of->arena, "guardian/revert-%s", of->git->commits[0].short_hash);
    return gd_git_revert(of->git, of->branch, of->arena, &of->revert, err);
}

/* The database is as asked by now: that a commit could not be made does not change that. */
static void try_revert(struct rolling *of)
{
    if (!of->config->git_revert)
        return;
    struct gd_error why = {0};
    if (revert(of, &why).code != GD_OK)
        gd_tell_warning(of->events, why.hint,
                        "the database was rolled back, but no revert was committed: %s", why.text);
}

/* --- asking and doing -------------------------------------------------------------------------*/

static void show_plan(struct rolling *of, FILE *stream)
{
    struct gd_screen screen =
        gd_screen_of(stream, gd_config_use_color(of->config, fileno(stream)), of->config->verbose);
    gd_report_rollback_plan(of->plan, of->git, &screen, of->arena);
}

/* "2 rows or values that were written since would be lost" */
static const char *lost_words(struct rolling *of)
{
    const struct gd_rollback_plan *plan = of->plan;
    bool all_back = true;
    for (size_t i = 0; i < plan->since_count; i++)
        all_back &= plan->since[i].not_back == 0;
    return gd_arena_printf(of->arena, "%" PRId64 " %s%s would be lost", plan->rows_lost,
                           plan->rows_lost == 1 ? "row or value" : "rows or values",
                           !all_back              ? ""
                           : plan->rows_lost == 1 ? " that was written since"
                                                  : " that were written since");
}

GD_MUST static struct gd_status ask(struct rolling *of, struct gd_error *err)
{
    bool terminal = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
    if (of->config->yes || of->plan->way == GD_WAY_NOTHING)
        return GD_DONE;
    if (terminal) {
        show_plan(of, stderr);
        return gd_cli_ask(of->config, "This is what would be done.", err);
    }
    if (of->plan->rows_lost == 0)
        return GD_DONE;
    struct gd_status status =
        of->plan->rows_lost < 0
            ? gd_fail(err, GD_REFUSED,
                      "it is not known how many rows would be lost, and there is "
                      "nobody to ask")
            : gd_fail(err, GD_REFUSED, "%s, and there is nobody to ask", lost_words(of));
    return gd_hint(err, status,
                   "guardian plan --rollback %s shows which; --yes goes on. Nothing was changed.",
                   of->options.change);
}

static void begin_story(struct rolling *of)
{
    of->story = gd_story_new(of->arena);
    of->story->change = of->id;
    of->story->cluster = of->options.cluster;
    of->story->database = of->plan->story->database;
    of->story->began_us = gd_clock_now_us();
    of->story->who = gd_whoami(of->arena);
    of->story->host = gd_hostname(of->arena);
    of->story->version = gd_version();
    of->story->where = of->plan->story->where;
    of->story->server_version = of->plan->story->server_version;
}

GD_MUST static struct gd_status carry_out(struct rolling *of, struct gd_error *err)
{
    struct gd_journal *journal = NULL;
    if (of->plan->way == GD_WAY_DATABASE) {
        GD_TRY(let_go(of, err));
        gd_pg_close(GD_MOVE(of->pg));
        GD_TRY(hold(of, false, err));
    }
    begin_story(of);
    GD_TRY(gd_journal_new(of->store, of->options.cluster, of->id, &journal, err));
    struct gd_status status =
        gd_rollback_run(&of->options, of->plan, journal, of->story, of->arena, &of->done, err);
    of->is_done = status.code == GD_OK;
    gd_journal_free(journal);
    return status;
}

GD_MUST static struct gd_status roll(struct rolling *of, const char *text, bool dry,
                                     struct gd_error *err)
{
    struct gd_error ignored = {0};
    gd_id_new(of->id);
    GD_TRY(open_all(of, err));
    fill_options(of);
    GD_TRY(gd_cli_rollback_recover(of->config, of->store, of->key, of->arena, of->events,
                                   &of->options.recover, err));
    if (!dry) {
        GD_TRY(hold(of, true, err));
        GD_TRY(recover(of, err));
    }
    GD_TRY(choose_change(of, text, err));
    GD_TRY(gd_rollback_plan(&of->options, of->arena, &of->plan, err));
    if (guide(of, &ignored).code != GD_OK && !gd_interrupted())
        gd_tell_warning(of->events, "", "git could not be asked: %s", ignored.text);
    GD_TRY(gd_interrupt_check(err));
    if (dry)
        return GD_DONE;
    gd_progress_end(of->progress, GD_DONE);
    GD_TRY(ask(of, err));
    GD_TRY(carry_out(of, err));
    try_revert(of);
    return GD_DONE;
}

/* --- the answer -------------------------------------------------------------------------------*/

GD_MUST static struct gd_status print(struct rolling *of, bool dry, const struct gd_error *failure,
                                      struct gd_error *err)
{
    struct gd_rollback_told told = {.plan = of->plan,
                                    .done = of->is_done ? &of->done : NULL,
                                    .story = of->story,
                                    .git = of->git,
                                    .revert = of->revert,
                                    .branch = of->branch,
                                    .error = failure};
    if (of->config->json) {
        struct gd_json *json = gd_report_rollback_json(&told, gd_progress_warnings(of->progress));
        struct gd_status status = gd_json_write(json, stdout, 2, err);
        gd_json_free(json);
        return status;
    }
    struct gd_screen screen =
        gd_screen_of(stdout, gd_config_use_color(of->config, STDOUT_FILENO), of->config->verbose);
    if (of->is_done)
        gd_report_rollback_done(&told, &screen, of->arena);
    else if ((dry && failure->code == GD_OK) || failure->code == GD_REFUSED)
        gd_report_rollback_plan(of->plan, of->git, &screen, of->arena);
    return GD_DONE;
}

int gd_cli_rollback(const struct gd_config *config, const char *text, bool dry)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0}, second = {0};
    gd_interrupt_watch();
    gd_auto_progress progress = gd_progress_new(config);
    struct rolling of = {.config = config,
                         .events = gd_progress_events(progress),
                         .progress = progress,
                         .arena = arena};
    struct gd_status status = roll(&of, text, dry, &err);
    gd_progress_end(progress, status);
    if (let_go(&of, &second).code != GD_OK && status.code == GD_OK)
        gd_tell_warning(of.events, "It runs out within a minute.",
                        "the lease on the database could not be given back: %s", second.text);
    gd_pg_close(of.pg);
    second = (struct gd_error){0};
    if (of.plan != NULL && print(&of, dry, &err, &second).code != GD_OK && status.code == GD_OK) {
        status = (struct gd_status){second.code};
        err = second;
    }
    gd_store_close(of.store);
    gd_key_free(of.key);
    return status.code == GD_OK ? gd_cli_end(0) : gd_cli_fail(&err);
}

int gd_cmd_rollback(const struct gd_config *config, int argc, char **argv)
{
    struct gd_error err = {0};
    if (check_request(config, argc, &err).code != GD_OK)
        return gd_cli_fail(&err);
    return gd_cli_rollback(config, config->last ? "last" : argv[0], false);
}
