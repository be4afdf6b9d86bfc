#include "guardian/cli/forgetting.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/cli/report_coverage.h"
#include "guardian/cli/report_words.h"
#include "guardian/prove/base_digest.h"
#include "guardian/snapshot/forget.h"
#include "guardian/snapshot/list.h"
#include "guardian/wal/mark.h"

enum { QUIET_DAYS = 30 };

struct forgetting {
    const struct gd_config *config;
    struct gd_store *store;
    struct gd_arena *arena;
    struct gd_forgotten forgotten;
    int64_t now_us, quiet_us; /* so long nothing must have been stored */
    bool apply;
};

GD_MUST static struct gd_status read_identifier(const char *text, uint64_t *out_identifier,
                                                struct gd_error *err)
{
    char *end;
    *out_identifier = strtoull(text, &end, 10);
    if (*out_identifier != 0 && *end == '\0' && strspn(text, "0123456789") == strlen(text))
        return GD_DONE;
    return gd_hint(err, gd_fail(err, GD_USAGE, "--forget \"%s\" is no system identifier", text),
                   "guardian list and guardian wal check name those that the store holds.");
}

/* ---- what speaks against it ---- */

GD_MUST static struct gd_status look_for_open(struct forgetting *forgetting, struct gd_error *err)
{
    uint64_t system = forgetting->forgotten.system_identifier;
    const char *name = gd_base_cluster(system, forgetting->arena);
    struct gd_mark *marks = NULL;
    size_t count = 0;
    GD_TRY(gd_wal_marks(forgetting->store, system, forgetting->arena, &marks, &count, err));
    for (size_t i = 0; i < count; i++) {
        bool open = false;
        const char *cluster = gd_cluster_name(name, marks[i].database, forgetting->arena);
        if (marks[i].change[0] == '\0')
            continue;
        GD_TRY(gd_snapshot_change_open(forgetting->store, cluster, marks[i].change, &open, err));
        if (open)
            return gd_hint(
                err,
                gd_fail(err, GD_REFUSED, "change %s of that server is not closed", marks[i].change),
                "guardian show %s says what it is waiting for.", marks[i].change);
    }
    return GD_DONE;
}

GD_MUST static struct gd_status look_at_life(const struct forgetting *forgetting,
                                             const char *living, struct gd_error *err)
{
    const struct gd_forgotten *forgotten = &forgetting->forgotten;
    int64_t since_us = forgetting->now_us - forgotten->newest_us;
    if (living != NULL && strtoull(living, NULL, 10) == forgotten->system_identifier)
        return gd_hint(err,
                       gd_fail(err, GD_REFUSED, "the database that is set is one of that server"),
                       "Only a server that is no more is forgotten; --keep 14d prunes one that "
                       "lives.");
    if (forgotten->held != NULL)
        return gd_hint(err,
                       gd_fail(err, GD_REFUSED, "base backup %s of it is held", forgotten->held),
                       "prune --release %s releases it.", forgotten->held);
    if (since_us >= forgetting->quiet_us)
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_REFUSED, "something of that server was stored %s ago",
                           gd_coverage_span(since_us, forgetting->arena)),
                   "A server is forgotten when nothing of it came for %s (--keep says another "
                   "time).",
                   gd_coverage_span(forgetting->quiet_us, forgetting->arena));
}

GD_MUST static struct gd_status look(struct forgetting *forgetting, const char *living,
                                     struct gd_error *err)
{
    uint64_t identifier;
    GD_TRY(read_identifier(forgetting->config->forget, &identifier, err));
    GD_TRY(gd_forget_look(forgetting->store, identifier, forgetting->arena, &forgetting->forgotten,
                          err));
    if (forgetting->forgotten.count == 0)
        return gd_hint(err,
                       gd_fail(err, GD_USAGE, "\"%s\" holds nothing of server %" PRIu64,
                               gd_store_url(forgetting->store), identifier),
                       "guardian list and guardian wal check name those that it holds.");
    GD_TRY(look_at_life(forgetting, living, err));
    return look_for_open(forgetting, err);
}

/* ---- the answer ---- */

static void print_text(const struct forgetting *forgetting)
{
    const struct gd_forgotten *forgotten = &forgetting->forgotten;
    struct gd_arena *arena = forgetting->arena;
    struct gd_screen screen =
        gd_screen_of(stdout, gd_config_use_color(forgetting->config, STDOUT_FILENO),
                     forgetting->config->verbose);
    gd_screen_put(&screen, GD_INK_BOLD,
                  gd_arena_printf(arena, "Cluster %" PRIu64, forgotten->system_identifier));
    gd_screen_end_line(&screen);
    gd_screen_row(
        &screen, forgotten->removed == forgotten->count ? "removed" : "goes", GD_INK_YELLOW,
        gd_arena_printf(arena, "%s and all WAL: %s, %s",
                        gd_words_many(arena, forgotten->manifests, "base backup", "base backups"),
                        gd_words_many(arena, forgotten->count, "object", "objects"),
                        gd_size_text(forgotten->bytes, arena)));
    gd_screen_row(
        &screen, "last", GD_INK_PLAIN,
        gd_arena_printf(arena, "%s UTC, %s ago: nothing was stored since",
                        gd_coverage_time(forgotten->newest_us, arena),
                        gd_coverage_span(forgetting->now_us - forgotten->newest_us, arena)));
    gd_screen_row(&screen, "", GD_INK_PLAIN,
                  "No moment of this server can be recovered afterwards. Its snapshots and changes "
                  "stay; prune's other rules are about them.");
    if (!forgetting->apply)
        gd_screen_paragraph(&screen, GD_INK_PLAIN, 0, 0, "Nothing was removed: --apply does it.");
}

GD_MUST static struct gd_status print(const struct forgetting *forgetting,
                                      struct gd_progress *progress, struct gd_error *err)
{
    const struct gd_forgotten *forgotten = &forgetting->forgotten;
    if (!forgetting->config->json) {
        print_text(forgetting);
        return GD_DONE;
    }
    struct gd_json *document = gd_json_object(), *one = gd_json_object();
    char identifier[24];
    (void)snprintf(identifier, sizeof identifier, "%" PRIu64, forgotten->system_identifier);
    gd_json_put(one, "system_identifier", gd_json_new_text(identifier));
    gd_json_put(one, "bases", gd_json_new_int((int64_t)forgotten->manifests));
    gd_json_put(one, "objects", gd_json_new_int((int64_t)forgotten->count));
    gd_json_put(one, "bytes", gd_json_new_int((int64_t)forgotten->bytes));
    gd_json_put(one, "stored", gd_json_new_time(forgotten->newest_us));
    gd_json_put(one, "removed", gd_json_new_int((int64_t)forgotten->removed));
    gd_json_put(document, "store", gd_json_new_text(gd_store_url(forgetting->store)));
    gd_json_put(document, "forgotten", one);
    gd_json_put(document, "warnings", gd_progress_warnings(progress));
    struct gd_status status = gd_json_write(document, stdout, 1, err);
    gd_json_free(document);
    return status;
}

GD_MUST static struct gd_status give_up(const struct gd_forgotten *forgotten,
                                        struct gd_status status, struct gd_error *err)
{
    if (forgotten->removed == 0)
        return status;
    err->code = GD_PARTIAL;
    return gd_wrap(err, (struct gd_status){GD_PARTIAL},
                   "%" PRIu64 " of %zu objects were removed; run again, it goes on: ",
                   forgotten->removed, forgotten->count);
}

struct gd_status gd_forgetting(const struct gd_config *config, struct gd_store *store,
                               const char *living, int64_t keep_us, bool apply,
                               struct gd_progress *progress, struct gd_arena *arena,
                               struct gd_error *err)
{
    struct forgetting forgetting = {
        .config = config,
        .store = store,
        .arena = arena,
        .now_us = gd_clock_now_us(),
        .quiet_us = keep_us > 0 ? keep_us : (int64_t)QUIET_DAYS * 86400 * 1000000,
        .apply = apply,
    };
    GD_TRY(look(&forgetting, living, err));
    if (apply) {
        gd_tell_stage(gd_progress_events(progress), "removing base backups and WAL", 0);
        struct gd_status status = gd_forget(store, &forgetting.forgotten, err);
        if (status.code != GD_OK)
            return give_up(&forgetting.forgotten, status, err);
    }
    gd_progress_end(progress, GD_DONE);
    return print(&forgetting, progress, err);
}
