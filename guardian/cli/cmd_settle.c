/*
 * guardian settle: a person has looked at a change of which nobody could tell what is in, and says
 * so.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/whoami.h"
#include "guardian/cli/cmd.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/progress.h"
#include "guardian/cli/report_outcome.h"
#include "guardian/cli/shelves.h"
#include "guardian/cli/stores.h"
#include "guardian/guard/recover.h"
#include "guardian/journal/lease.h"
#include "guardian/snapshot/cluster.h"

struct settling {
    const struct gd_config *config;
    const struct gd_events *events;
    struct gd_arena *arena;
    struct gd_store *store;
    struct gd_pg *pg; /* holds the lock; NULL: no database is set, or it is gone */
    const char *cluster, *change;
};

GD_MUST static struct gd_status check_request(const struct gd_config *config, int argc,
                                              struct gd_error *err)
{
    if (argc != 1)
        return gd_hint(err, gd_fail(err, GD_USAGE, "settle takes one change"),
                       "guardian list shows which are open.");
    if (config->as == GD_AS_UNSET)
        return gd_hint(
            err, gd_fail(err, GD_USAGE, "settle needs --as"),
            "Look at the database first, and at guardian show; then say applied (all of it "
            "is in), partial (a part), or failed (nothing).");
    return GD_DONE;
}

static enum gd_outcome_kind outcome_of(const struct gd_config *config)
{
    switch ((enum gd_as)config->as) {
    case GD_AS_APPLIED:
        return GD_OUTCOME_APPLIED;
    case GD_AS_PARTIAL:
        return GD_OUTCOME_PARTIAL;
    case GD_AS_FAILED:
    case GD_AS_UNSET:
        break;
    }
    return GD_OUTCOME_FAILED;
}

/* A database that is gone cannot be locked, and its changes must be settled all the same. */
GD_MUST static struct gd_status reach(struct settling *settling, struct gd_error *err)
{
    struct gd_database_choice choice = gd_config_database(settling->config, true);
    struct gd_pg_options options = {.target = NULL};
    struct gd_error why = {0};
    if (choice.uri == NULL)
        return GD_DONE;
    options.target = choice.uri[0] == '\0' ? NULL : choice.uri;
    struct gd_status status = gd_pg_connect(&options, &settling->pg, &why);
    if (status.code == GD_USAGE) {
        *err = why;
        return status;
    }
    if (status.code != GD_OK)
        gd_tell_warning(settling->events, why.hint,
                        "the database could not be reached, so nothing but the lease in the store "
                        "keeps others off: %s",
                        why.text);
    return GD_DONE;
}

/* The ledger must say the same, or the same files would be run again. */
GD_MUST static struct gd_status tell_ledger(struct settling *settling, struct gd_error *err)
{
    struct gd_story *story = NULL;
    struct gd_ledger ledger = {0};
    struct gd_arena *arena = settling->arena;
    enum gd_outcome_kind outcome = outcome_of(settling->config);
    if (settling->pg == NULL)
        return GD_DONE;
    GD_TRY(gd_story_read(settling->store, settling->cluster, settling->change, arena, &story, err));
    GD_TRY(gd_ledger_open(settling->pg, true, arena, &ledger, err));
    if (!ledger.there)
        return GD_DONE;
    for (size_t i = 0; i < story->file_count && outcome == GD_OUTCOME_APPLIED; i++)
        GD_TRY(gd_pg_command(
            settling->pg, "note a file that was applied",
            gd_ledger_file_sql(&ledger, story->change, &story->files[i], story->place, arena),
            err));
    return gd_pg_command(settling->pg, "note how a change ended",
                         gd_ledger_change_sql(&ledger, story, arena), err);
}

GD_MUST static struct gd_status check_database(const struct settling *settling,
                                               struct gd_error *err)
{
    const char *cluster;
    if (settling->pg == NULL)
        return GD_DONE;
    GD_TRY(gd_cluster_of(settling->pg, settling->arena, &cluster, err));
    if (strcmp(cluster, settling->cluster) == 0)
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_USAGE, "change %s is of another database (%s)", settling->change,
                           settling->cluster),
                   "Name that database with --db.");
}

GD_MUST static struct gd_status close_it(struct settling *settling, struct gd_error *err)
{
    const struct gd_config *config = settling->config;
    struct gd_arena *arena = settling->arena;
    const char *who = gd_arena_printf(arena, "%s@%s", gd_whoami(arena), gd_hostname(arena));
    char *id = gd_arena_alloc(arena, GD_ID_SIZE);
    struct gd_lease *lease = NULL;
    gd_id_new(id);
    struct gd_lease_options options = {.pg = settling->pg,
                                       .store = settling->store,
                                       .cluster = settling->cluster,
                                       .change = id,
                                       .who = who,
                                       .wait_ms = (uint32_t)config->busy_timeout_ms,
                                       .events = settling->events};
    GD_TRY(gd_lease_take(&options, &lease, err));
    struct gd_status status = gd_recover_close(settling->store, settling->cluster, settling->change,
                                               outcome_of(config), who, config->reason, err);
    if (status.code == GD_OK)
        status = tell_ledger(settling, err);
    struct gd_error ignored = {0};
    if (gd_lease_release(lease, &ignored).code != GD_OK)
        gd_tell_warning(settling->events, NULL, "the lease could not be given back: %s",
                        ignored.text);
    gd_lease_free(lease);
    return status;
}

GD_MUST static struct gd_status print(const struct settling *settling, struct gd_progress *progress,
                                      struct gd_error *err)
{
    struct gd_story *story = NULL;
    GD_TRY(gd_story_read(settling->store, settling->cluster, settling->change, settling->arena,
                         &story, err));
    const struct gd_outcome *outcome = gd_outcome_of_story(story, settling->arena);
    if (settling->config->json) {
        struct gd_json *document = gd_report_outcome_json(outcome, gd_progress_warnings(progress));
        struct gd_status status = gd_json_write(document, stdout, 2, err);
        gd_json_free(document);
        return status;
    }
    struct gd_screen screen = gd_screen_of(
        stdout, gd_config_use_color(settling->config, STDOUT_FILENO), settling->config->verbose);
    gd_report_outcome_text(outcome, &screen, settling->arena);
    return GD_DONE;
}

GD_MUST static struct gd_status settle(struct settling *settling, const char *text,
                                       struct gd_progress *progress, struct gd_error *err)
{
    GD_TRY(
        gd_cli_store(settling->config, settling->arena, settling->events, &settling->store, err));
    GD_TRY(gd_journal_resolve(settling->store, NULL, text, settling->arena, &settling->cluster,
                              &settling->change, err));
    GD_TRY(reach(settling, err));
    GD_TRY(check_database(settling, err));
    GD_TRY(close_it(settling, err));
    gd_progress_end(progress, GD_DONE);
    return print(settling, progress, err);
}

int gd_cmd_settle(const struct gd_config *config, int argc, char **argv)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    if (check_request(config, argc, &err).code != GD_OK)
        return gd_cli_fail(&err);
    gd_auto_progress progress = gd_progress_new(config);
    struct settling settling = {
        .config = config, .events = gd_progress_events(progress), .arena = arena};
    struct gd_status status = settle(&settling, argv[0], progress, &err);
    gd_progress_end(progress, status);
    gd_pg_close(settling.pg);
    gd_store_close(settling.store);
    return status.code == GD_OK ? gd_cli_end(0) : gd_cli_fail(&err);
}
