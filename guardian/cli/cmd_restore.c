/*
 * guardian restore: a snapshot into a new database, in the place of one, or some tables of it.
 */
#include <stdio.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/texts.h"
#include "guardian/cli/ask.h"
#include "guardian/cli/cmd.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/keys.h"
#include "guardian/cli/progress.h"
#include "guardian/cli/recovering.h"
#include "guardian/cli/report_screen.h"
#include "guardian/cli/shelves.h"
#include "guardian/cli/stores.h"
#include "guardian/io/json.h"
#include "guardian/restore/restore.h"

struct answer {
    const struct gd_manifest *manifest;
    struct gd_restored restored;
    const char *schema;
    bool compared;
    double seconds;
};

/* Exactly one way back. */
GD_MUST static struct gd_status check_request(const struct gd_config *config, int argc,
                                              struct gd_error *err)
{
    int ways = (config->into[0] != '\0') + config->replace + (config->tables.count > 0);
    bool point = gd_cli_target_count(config) > 0;
    if (argc != (point ? 0 : 1))
        return gd_hint(err,
                       gd_fail(err, GD_USAGE, "restore takes one snapshot%s",
                               point ? " or one point in time" : ""),
                       "guardian list shows what there is.");
    if (point && config->tables.count == 0)
        return gd_hint(err, gd_fail(err, GD_USAGE, "a point in time goes with --table"),
                       "A whole server is brought back by guardian recover.");
    if (ways != 1)
        return gd_hint(err,
                       gd_fail(err, GD_USAGE, "restore takes one of --into, --replace, --table"),
                       "--into NAME makes a new database and touches nothing else.");
    if ((config->in_place || config->side_schema[0] != '\0') && config->tables.count == 0)
        return gd_fail(err, GD_USAGE, "--in-place and --side-schema go with --table");
    if (config->in_place && config->side_schema[0] != '\0')
        return gd_fail(err, GD_USAGE, "--in-place and --side-schema exclude each other");
    for (size_t i = 0; i < config->map_role.count; i++)
        if (strchr(config->map_role.items[i], '=') == NULL)
            return gd_fail(err, GD_USAGE, "could not read --map-role \"%s\": it is OLD=NEW",
                           config->map_role.items[i]);
    return GD_DONE;
}

static const char *const *terminated(const char *const *items, size_t count, struct gd_arena *arena)
{
    const char **list = gd_arena_zalloc(arena, count + 1, sizeof *list);
    for (size_t i = 0; i < count; i++)
        list[i] = items[i];
    return list;
}

static struct gd_restore_options options_of(const struct gd_config *config, struct gd_arena *arena)
{
    return (struct gd_restore_options){
        .workers = (unsigned)config->workers,
        .pg_restore = gd_text_or_null(config->pg_restore),
        .no_owner = config->no_owner,
        .no_acl = config->no_acl,
        .owner = gd_text_or_null(config->owner),
        .map_roles =
            terminated((const char *const *)config->map_role.items, config->map_role.count, arena),
        .skip_missing_roles = config->skip_missing_roles,
        .skip_unprivileged = config->skip_unprivileged,
        .tablespace = gd_text_or_null(config->tablespace),
        .analyze = !config->no_analyze,
        .trust = config->trust,
        .wait_ms = (uint32_t)config->wait_ms,
        .keep_on_failure = config->keep_on_failure,
    };
}

/* "restored_20261122_214807": a name that needs no quotes. */
static const char *side_schema(const struct gd_config *config, const struct gd_manifest *manifest,
                               struct gd_arena *arena)
{
    if (config->in_place)
        return NULL;
    if (config->side_schema[0] != '\0')
        return config->side_schema;
    return gd_arena_printf(arena, "restored_%.8s_%.6s", manifest->id, manifest->id + 9);
}

GD_MUST static struct gd_status restore_tables(const struct gd_config *config,
                                               const struct gd_restore_options *options,
                                               struct gd_arena *arena, struct answer *answer,
                                               struct gd_error *err)
{
    answer->schema = side_schema(config, options->manifest, arena);
    return gd_restore_tables(options, (const char *const *)config->tables.items,
                             config->tables.count, answer->schema, arena, &answer->restored, err);
}

GD_MUST static struct gd_status restore_as_asked(const struct gd_config *config,
                                                 const struct gd_restore_options *options,
                                                 struct gd_arena *arena, struct answer *answer,
                                                 struct gd_error *err)
{
    if (config->tables.count > 0)
        return restore_tables(config, options, arena, answer, err);
    if (config->replace) {
        const char *database;
        GD_TRY(gd_restore_database_of(options, arena, &database, err));
        GD_TRY(gd_cli_ask(
            config,
            gd_arena_printf(arena,
                            "Snapshot %s will take the place of database \"%s\". Its sessions are "
                            "ended for the swap; the database as it is now is kept under another "
                            "name.",
                            options->manifest->id, database),
            err));
        answer->compared = true;
        return gd_restore_replace(options, database, arena, &answer->restored, err);
    }
    GD_TRY(gd_restore_into(options, config->into, arena, &answer->restored, err));
    answer->compared = config->compare;
    return config->compare ? gd_restore_compare(options, config->into, arena, err) : GD_DONE;
}

/* --- the answer -------------------------------------------------------------------------------*/

static void put_optional(struct gd_json *object, const char *key, const char *text)
{
    if (text != NULL)
        gd_json_put(object, key, gd_json_new_text(text));
}

GD_MUST static struct gd_status print_json(const struct answer *answer,
                                           struct gd_progress *progress, struct gd_error *err)
{
    struct gd_json *json = gd_json_object();
    const struct gd_restored *restored = &answer->restored;
    gd_json_put(json, "snapshot", gd_json_new_text(answer->manifest->id));
    gd_json_put(json, "database", gd_json_new_text(restored->database));
    put_optional(json, "old", restored->old);
    put_optional(json, "schema", answer->schema);
    gd_json_put(json, "tables", gd_json_new_int((int64_t)restored->tables));
    gd_json_put(json, "rows", gd_json_new_int((int64_t)restored->rows));
    gd_json_put(json, "bytes", gd_json_new_int((int64_t)restored->bytes));
    gd_json_put(json, "indexes", gd_json_new_int((int64_t)restored->indexes));
    gd_json_put(json, "compared", gd_json_new_bool(answer->compared));
    gd_json_put(json, "seconds", gd_json_new_real(answer->seconds));
    gd_json_put(json, "warnings", gd_progress_warnings(progress));
    struct gd_status status = gd_json_write(json, stdout, 2, err);
    gd_json_free(json);
    return status;
}

static void put_line(struct gd_screen *screen, const char *text)
{
    gd_screen_put(screen, GD_INK_PLAIN, text);
    gd_screen_end_line(screen);
}

static const char *tables_text(const struct gd_restored *restored, struct gd_arena *arena)
{
    return gd_arena_printf(arena, "%zu table%s, %llu row%s, %zu index%s", restored->tables,
                           restored->tables == 1 ? "" : "s", (unsigned long long)restored->rows,
                           restored->rows == 1 ? "" : "s", restored->indexes,
                           restored->indexes == 1 ? "" : "es");
}

static void print_text(const struct gd_config *config, const struct answer *answer,
                       struct gd_arena *arena)
{
    const struct gd_restored *restored = &answer->restored;
    struct gd_screen screen = gd_screen_of(stdout, false, config->verbose);
    put_line(&screen, gd_arena_printf(arena, "Restored snapshot %s into database \"%s\"%s%s%s.",
                                      answer->manifest->id, restored->database,
                                      answer->schema == NULL ? "" : ", schema \"",
                                      answer->schema == NULL ? "" : answer->schema,
                                      answer->schema == NULL ? "" : "\""));
    put_line(&screen,
             gd_arena_printf(arena, "  %s in %s%s", tables_text(restored, arena),
                             gd_text_seconds(arena, answer->seconds),
                             answer->compared ? "; compared with the snapshot: equal" : ""));
    if (restored->old != NULL)
        put_line(&screen,
                 gd_arena_printf(arena,
                                 "  The old database is kept as \"%s\"; drop it when it is no "
                                 "longer needed.",
                                 restored->old));
}

static struct gd_status restore(const struct gd_config *config, const char *id,
                                struct gd_progress *progress, struct gd_arena *arena,
                                struct gd_error *err)
{
    const struct gd_events *events = gd_progress_events(progress);
    struct gd_restore_options options = options_of(config, arena);
    struct gd_pg_options pg = {.target =
                                   gd_text_or_null(gd_config_database(config, true).uri == NULL
                                                       ? ""
                                                       : gd_config_database(config, true).uri)};
    gd_auto_store store = NULL;
    gd_auto_key key = NULL;
    struct gd_cli_point point = {.store = NULL};
    struct gd_manifest *manifest;
    char sha256[GD_DIGEST_HEX_SIZE];
    struct answer answer = {.compared = false};
    int64_t started = gd_clock_monotonic_us();
    GD_TRY(gd_cli_store_to_read(config, arena, events, &store, err));
    GD_TRY(gd_cli_key(config, arena, events, &key, err));
    const char *cluster = NULL;
    if (id == NULL) {
        GD_TRY(gd_cli_point_take(config, &pg, store, key, arena, events, &point, err));
        id = point.id;
    }
    enum gd_snapshot_scope least =
        config->tables.count > 0 ? GD_SNAPSHOT_TABLES : GD_SNAPSHOT_DATABASE;
    GD_TRY(gd_cli_snapshot(config, store, id, least, arena, events, &cluster, &id, err));
    GD_TRY(gd_manifest_load(store, cluster, id, arena, &manifest, sha256, err));
    struct gd_place place = {
        .store = store, .key = key, .cluster = manifest->cluster, .id = manifest->id};
    GD_TRY(gd_place_fits(&place, manifest, err));
    options.pg = &pg;
    options.place = &place;
    options.manifest = answer.manifest = manifest;
    options.events = events;
    struct gd_status done = restore_as_asked(config, &options, arena, &answer, err);
    gd_cli_point_remove(&point, events);
    GD_TRY(done);
    answer.seconds = (double)(gd_clock_monotonic_us() - started) / 1e6;
    gd_progress_end(progress, GD_DONE);
    if (config->json)
        return print_json(&answer, progress, err);
    print_text(config, &answer, arena);
    return GD_DONE;
}

int gd_cmd_restore(const struct gd_config *config, int argc, char **argv)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_status status = check_request(config, argc, &err);
    gd_interrupt_watch();
    if (status.code == GD_OK) {
        gd_auto_progress progress = gd_progress_new(config);
        status = restore(config, argc == 0 ? NULL : argv[0], progress, arena, &err);
        gd_progress_end(progress, status);
    }
    if (status.code == GD_OK)
        return gd_cli_end(0);
    /* With an option, or when it cannot be dropped, the new database stays: a warning said so. */
    bool early = status.code == GD_USAGE || status.code == GD_REFUSED;
    return gd_cli_fail_with(&err, early ? NULL : "Nothing that was there before was changed.");
}
