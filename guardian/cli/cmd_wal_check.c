/*
 * guardian wal check: which window of time can be recovered, and what is in the way.
 *
 * Reads back what was not read before. Status 8: something is missing or damaged inside of what is
 * promised; 4: there is nothing from which anything could be recovered.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/cli/clusters.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/keys.h"
#include "guardian/cli/progress.h"
#include "guardian/cli/report_coverage.h"
#include "guardian/cli/wal.h"
#include "guardian/pg/connect.h"
#include "guardian/wal/gap.h"
#include "guardian/wal/page.h"

enum { AGAIN_DAYS = 30 };

struct check {
    const struct gd_config *config;
    const struct gd_events *events;
    struct gd_arena *arena;
    struct gd_wal_place place;
    struct gd_server_place server;
    struct gd_coverage_view *views;
    size_t count;
};

/* ---- the server ---- */

/* What was inserted counts, and not what was written: a commit need not wait for that
 * (synchronous_commit). */
static const char where_sql[] =
    "SELECT (SELECT system_identifier FROM pg_catalog.pg_control_system()),"
    " (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000000)::bigint,"
    " CASE WHEN pg_catalog.pg_is_in_recovery()"
    " THEN (SELECT timeline_id FROM pg_catalog.pg_control_checkpoint())"
    " ELSE ('x' || pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()),"
    " 8))::bit(32)::bigint END,"
    " CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()"
    " ELSE pg_catalog.pg_current_wal_insert_lsn() END,"
    " pg_catalog.pg_size_bytes(pg_catalog.current_setting('wal_segment_size'))";

GD_MUST static struct gd_status ask(struct check *check, const char *uri, struct gd_error *err)
{
    gd_auto_pg pg = NULL;
    struct gd_pg_options options = {.target = uri[0] == '\0' ? NULL : uri};
    struct gd_pg_call call = {.what = "ask where the server's WAL ends", .sql = where_sql};
    struct gd_pg_rows *rows = NULL;
    GD_TRY(gd_pg_connect(&options, &pg, err));
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    check->place.system_identifier = strtoull(gd_pg_cell(rows, 0, 0), NULL, 10);
    check->server.asked = gd_lsn_read(gd_pg_cell(rows, 0, 3), &check->server.lsn);
    check->server.lsn = gd_wal_page_end(check->server.lsn, (uint64_t)gd_pg_int(rows, 0, 4));
    check->server.time_us = gd_pg_int(rows, 0, 1);
    check->server.timeline = (uint32_t)gd_pg_int(rows, 0, 2);
    gd_pg_rows_free(rows);
    return GD_DONE;
}

/* ---- the store ---- */

/* What the receiver has seen of a hole. */
GD_MUST static struct gd_status add_gaps(const struct gd_wal_place *place,
                                         struct gd_coverage *coverage, struct gd_arena *arena,
                                         struct gd_error *err)
{
    struct gd_wal_gap *gaps = NULL;
    size_t count = 0;
    if (coverage->hole_count > 0)
        GD_TRY(gd_wal_gaps(place, arena, &gaps, &count, err));
    for (size_t i = 0; i < coverage->hole_count; i++)
        for (size_t k = 0; k < count; k++) {
            struct gd_hole *hole = &coverage->holes[i];
            if (gaps[k].timeline == hole->timeline && gaps[k].from_lsn < hole->to_lsn &&
                hole->from_lsn < gaps[k].to_lsn)
                hole->why =
                    gd_arena_printf(arena, "%s; guardian wal stream noticed at %s: %s", hole->why,
                                    gd_coverage_time(gaps[k].noticed_us, arena), gaps[k].reason);
        }
    return GD_DONE;
}

/* What was read back before is not opened again: whoever looks without the key has to be told. */
static void warn_of_keys(const struct check *check, const struct gd_coverage *coverage)
{
    const struct gd_base_listed *first = NULL, *locked = NULL;
    for (size_t i = coverage->base_count; i-- > 0 && locked == NULL;)
        if (gd_coverage_usable(coverage, &coverage->bases[i])) {
            first = &coverage->bases[i];
            locked = gd_coverage_locked(coverage, first, check->place.key);
        }
    if (locked == NULL)
        return;
    gd_tell_warning(check->events, "Give that key, too: --key-file, the older ones behind the new.",
                    "base backup %s %s encrypted with key %s, which is not given: nothing can be "
                    "recovered from it without that",
                    first->id, first == locked ? "is" : "goes on from one that is",
                    locked->base->key_id);
}

GD_MUST static struct gd_status look(struct check *check, uint64_t system_identifier,
                                     struct gd_coverage_view *out_view, struct gd_error *err)
{
    struct gd_wal_place place = check->place;
    struct gd_coverage *coverage;
    struct gd_wal_checked *checked = gd_arena_zalloc(check->arena, 1, sizeof *checked);
    struct gd_wal_check_options options = {.events = check->events,
                                           .again = check->config->read_all,
                                           .age_us = (int64_t)AGAIN_DAYS * 86400 * 1000000};
    place.system_identifier = system_identifier;
    GD_TRY(gd_coverage_read(&place, check->arena, &coverage, err));
    GD_TRY(gd_wal_chain_check(&place, coverage->chain, &options, checked, err));
    gd_coverage_build(coverage, check->arena);
    GD_TRY(add_gaps(&place, coverage, check->arena, err));
    warn_of_keys(check, coverage);
    *out_view = (struct gd_coverage_view){
        .store = gd_store_url(place.store),
        .coverage = coverage,
        .server = check->server,
        .checked = checked,
        .now_us = gd_clock_now_us(),
    };
    return GD_DONE;
}

GD_MUST static struct gd_status look_at_all(struct check *check, struct gd_error *err)
{
    uint64_t *identifiers = &check->place.system_identifier;
    size_t count = 1;
    if (check->place.system_identifier == 0)
        GD_TRY(gd_base_systems(check->place.store, check->arena, &identifiers, &count, err));
    if (count == 0)
        return gd_hint(err,
                       gd_fail(err, GD_UNPROTECTED, "there is neither WAL nor a base backup in %s",
                               gd_store_url(check->place.store)),
                       "\"guardian wal stream\" or \"guardian wal push\" as archive_command bring "
                       "WAL there, \"guardian base\" makes a base backup.");
    check->views = gd_arena_zalloc(check->arena, count, sizeof *check->views);
    for (size_t i = 0; i < count; i++)
        GD_TRY(look(check, identifiers[i], &check->views[i], err));
    check->count = count;
    return GD_DONE;
}

/* Of several clusters the one whose database is set, if it answers. */
GD_MUST static struct gd_status choose_one(struct check *check, struct gd_error *err)
{
    struct gd_database_choice choice = gd_config_database(check->config, true);
    struct gd_error why = {0};
    uint64_t *systems = NULL, system = 0;
    size_t count = 0;
    GD_TRY(gd_base_systems(check->place.store, check->arena, &systems, &count, err));
    if (count < 2 || check->config->all)
        return GD_DONE;
    if (gd_cli_system(check->config, check->place.store, "--all looks at them, too", check->arena,
                      check->events, &system, &why)
            .code != GD_OK)
        gd_tell_note(check->events, "all clusters are looked at: %s", why.text);
    return system == 0 ? GD_DONE : ask(check, choice.uri, err);
}

GD_MUST static struct gd_status run(struct check *check, struct gd_store **out_store,
                                    struct gd_key **out_key, struct gd_error *err)
{
    const struct gd_config *config = check->config;
    struct gd_database_choice choice = gd_config_database(config, false);
    GD_TRY(gd_cli_store_to_read(config, check->arena, check->events, out_store, err));
    GD_TRY(gd_cli_key(config, check->arena, check->events, out_key, err));
    check->place.store = *out_store;
    check->place.key = *out_key;
    if (choice.uri != NULL)
        GD_TRY(ask(check, choice.uri, err));
    else
        GD_TRY(choose_one(check, err));
    return look_at_all(check, err);
}

/* ---- the answer ---- */

GD_MUST static struct gd_status print(const struct check *check, struct gd_progress *progress,
                                      struct gd_error *err)
{
    const struct gd_config *config = check->config;
    if (!config->json) {
        struct gd_screen screen =
            gd_screen_of(stdout, gd_config_use_color(config, STDOUT_FILENO), config->verbose);
        for (size_t i = 0; i < check->count; i++) {
            if (i > 0)
                gd_screen_end_line(&screen);
            gd_report_coverage(&check->views[i], &screen, check->arena);
        }
        return GD_DONE;
    }
    struct gd_json *document = gd_json_object(), *list = gd_json_list();
    gd_json_put(document, "store", gd_json_new_text(gd_store_url(check->place.store)));
    for (size_t i = 0; i < check->count; i++)
        gd_json_push(list, gd_report_coverage_json(&check->views[i]));
    gd_json_put(document, "clusters", list);
    gd_json_put(document, "warnings", gd_progress_warnings(progress));
    struct gd_status status = gd_json_write(document, stdout, 1, err);
    gd_json_free(document);
    return status;
}

/* One cluster that has no window does not make the others worse: of old ones WAL may be left. */
static int verdict(const struct check *check)
{
    size_t faults = 0, windows = 0;
    for (size_t i = 0; i < check->count; i++) {
        faults += gd_coverage_faults(check->views[i].coverage);
        windows += check->views[i].coverage->window_count;
    }
    return gd_exit_status(faults > 0 ? GD_CORRUPT : windows == 0 ? GD_UNPROTECTED : GD_OK);
}

int gd_cli_wal_check(const struct gd_config *config, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    gd_auto_arena arena = gd_arena_new();
    gd_auto_progress progress = gd_progress_new(config);
    gd_auto_store store = NULL;
    struct gd_key *key = NULL;
    struct gd_error err = {0};
    struct check check = {.config = config, .events = gd_progress_events(progress), .arena = arena};
    struct gd_status status = run(&check, &store, &key, &err);
    gd_progress_end(progress, status);
    if (status.code == GD_OK)
        status = print(&check, progress, &err);
    gd_key_free(key);
    return status.code == GD_OK ? gd_cli_end(verdict(&check)) : gd_cli_fail(&err);
}
