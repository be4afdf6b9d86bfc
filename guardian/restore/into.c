/*
 * Into: a snapshot into a database that this run creates.
 *
 * Order        read and judge the schema, look at the server; then create, fill, finish. Nothing is
 * touched before the second half, and what the second half made is dropped when it fails.
 */
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/pg/copy.h"
#include "guardian/restore/steps.h"

struct gd_status gd_restore_prepare(struct gd_restoring *restoring, struct gd_error *err)
{
    const struct gd_restore_options *options = restoring->options;
    const struct gd_stored *stored = &options->manifest->schema_dump;
    gd_tell_stage(options->events, "looking at the snapshot", 0);
    if (stored->name == NULL)
        return gd_fail(err, GD_CORRUPT, "snapshot \"%s\" has no schema.dump",
                       options->manifest->id);
    GD_TRY(
        gd_dump_read(options, stored, GD_DUMP_PRE_DATA, restoring->arena, &restoring->before, err));
    GD_TRY(
        gd_dump_read(options, stored, GD_DUMP_POST_DATA, restoring->arena, &restoring->after, err));
    GD_TRY(gd_restore_outside(restoring, err));
    return gd_restore_look(restoring, err);
}

static bool is_grant(const struct gd_dump_item *item)
{
    return item->kind == GD_DUMP_GRANT;
}

static bool is_late(const struct gd_dump_item *item)
{
    return item->kind == GD_DUMP_LATE;
}

/* Of both sections, in their order. */
GD_MUST static struct gd_status run_both(struct gd_restoring *restoring, struct gd_pg *pg,
                                         gd_dump_filter_fn *which, struct gd_error *err)
{
    GD_TRY(gd_restore_items(restoring, pg, restoring->before.items, restoring->before.count, which,
                            err));
    return gd_restore_items(restoring, pg, restoring->after.items, restoring->after.count, which,
                            err);
}

/* Grants after the data, because they may take the owner's own right to write; materialized views
 * after the grants, because they are filled with their owners' rights, and after the statistics of
 * what they read; event triggers last, because they would run at everything before. */
GD_MUST static struct gd_status fill(struct gd_restoring *restoring, struct gd_team *team,
                                     struct gd_error *err)
{
    struct gd_pg *first = gd_team_first(team);
    GD_TRY(gd_restore_schema(restoring, first, err));
    GD_TRY(gd_restore_large_objects(restoring, team, err));
    GD_TRY(gd_restore_contents(restoring, team, err));
    GD_TRY(gd_restore_sequences(restoring, first, err));
    GD_TRY(run_both(restoring, first, is_grant, err));
    GD_TRY(gd_restore_analyze(restoring, team, err));
    GD_TRY(gd_restore_matviews(restoring, team, err));
    GD_TRY(gd_restore_analyze(restoring, team, err));
    return run_both(restoring, first, is_late, err);
}

struct gd_status gd_restore_fill(struct gd_restoring *restoring, struct gd_error *err)
{
    gd_auto_team team = NULL;
    GD_TRY(gd_database_create(restoring, err));
    GD_TRY(gd_team_open(restoring->options, restoring->home, restoring->database, &team, err));
    GD_TRY(fill(restoring, team, err));
    gd_team_close(GD_MOVE(team));
    return gd_database_finish(restoring, err);
}

void gd_restoring_report(const struct gd_restoring *restoring, struct gd_arena *arena,
                         struct gd_restored *out_restored)
{
    const char **warnings = gd_arena_zalloc(arena, restoring->warnings.count + 1, sizeof(char *));
    for (size_t i = 0; i < restoring->warnings.count; i++)
        warnings[i] = gd_arena_strdup(arena, restoring->warnings.items[i]);
    *out_restored = (struct gd_restored){
        .database = gd_arena_strdup(arena, restoring->database),
        .rows = restoring->rows,
        .bytes = restoring->bytes,
        .tables = restoring->tables,
        .indexes = restoring->indexes,
        .warnings = warnings,
        .warning_count = restoring->warnings.count,
    };
}

/* The failure is what is returned; that its remains could not be removed is said besides. */
static void clean_up(struct gd_restoring *restoring)
{
    struct gd_error err = {0};
    if (!restoring->made)
        return;
    if (restoring->options->keep_on_failure) {
        gd_restoring_warn(restoring, "Drop it when you have seen enough.",
                          "database \"%s\" is kept half restored", restoring->database);
        return;
    }
    if (gd_database_drop(restoring->home, restoring->database, &err).code != GD_OK)
        gd_restoring_warn(restoring, "It is not complete: drop it.",
                          "database \"%s\" could not be removed: %s", restoring->database,
                          err.text);
}

struct gd_status gd_restore_into(const struct gd_restore_options *options, const char *database,
                                 struct gd_arena *arena, struct gd_restored *out_restored,
                                 struct gd_error *err)
{
    gd_auto_pg home = NULL;
    gd_auto_arena scratch = gd_arena_new();
    bool there = false;
    GD_TRY(gd_restore_home(options, database, &home, err));
    GD_TRY(gd_database_exists(home, database, &there, err));
    if (there)
        return gd_hint(err,
                       gd_fail(err, GD_USAGE,
                               "could not restore into \"%s\": the database is there "
                               "already",
                               database),
                       "Name one that is not there, or use --replace.");
    struct gd_restoring restoring = {
        .options = options, .arena = scratch, .home = home, .database = database, .creates = true};
    GD_TRY(gd_restore_prepare(&restoring, err));
    struct gd_status status = gd_restore_fill(&restoring, err);
    if (status.code != GD_OK) {
        clean_up(&restoring);
        return status;
    }
    gd_restoring_report(&restoring, arena, out_restored);
    return GD_DONE;
}
