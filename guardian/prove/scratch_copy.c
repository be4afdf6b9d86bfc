#include "guardian/prove/scratch_copy.h"

#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/io/json.h"
#include "guardian/pg/copy.h"
#include "guardian/prove/drill_own.h"
#include "guardian/snapshot/take.h"
#include "guardian/store/memory.h"

/* Of one object: definitions, and records of migration tools. */
enum { OBJECT_BYTES_MAX = 256 << 20 };

/* How far it is with a copy of a few definitions is nobody's concern. */
static void tell_notes(void *context, const struct gd_event *event)
{
    if (event->kind == GD_EVENT_NOTE || event->kind == GD_EVENT_WARNING)
        gd_tell(context, event);
}

/* --- the definitions --------------------------------------------------------------------------
 */

GD_MUST static struct gd_status take(const struct gd_scratch_copy_options *options,
                                     struct gd_drill *drill, struct gd_error *err)
{
    struct gd_manifest *manifest;
    bool rows = options->tables->count > 0;
    struct gd_take_options taking = {
        .pg = options->pg,
        .store = drill->place.store,
        .scope = rows ? GD_SNAPSHOT_TABLES : GD_SNAPSHOT_SCHEMA,
        .tables = options->tables->items,
        .table_count = options->tables->count,
        .rowless_too = true,
        .workers = 1,
        .pg_dump = options->pg_dump,
        .reason = "rehearsal",
        .lock_ms = options->pg->lock_ms,
    };
    GD_TRY(gd_snapshot_take(&taking, drill->arena, &manifest, err));
    drill->manifest = *manifest;
    drill->place.cluster = drill->manifest.cluster;
    drill->place.id = drill->manifest.id;
    return GD_DONE;
}

/* --- which server -----------------------------------------------------------------------------
 */

/* May whoever is connected make a database there? */
GD_MUST static struct gd_status may_make(const struct gd_pg_options *options, bool *out_may,
                                         struct gd_error *err)
{
    gd_auto_pg pg = NULL;
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {
        .what = "ask whether a scratch database may be made",
        .sql = "SELECT (r.rolcreatedb OR r.rolsuper) AND NOT pg_catalog.pg_is_in_recovery() FROM "
               "pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) current_user"};
    GD_TRY(gd_pg_connect(options, &pg, err));
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    *out_may = !gd_pg_pooled(pg) && gd_pg_rows_count(rows) == 1 && gd_pg_bool(rows, 0, 0);
    return GD_DONE;
}

/* A server that was named may be the live one, too. */
GD_MUST static struct gd_status is_live(const struct gd_drill *drill, bool *out_live,
                                        struct gd_error *err)
{
    gd_auto_pg pg = NULL;
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {.what = "read which server this is",
                              .sql =
                                  "SELECT system_identifier FROM pg_catalog.pg_control_system()"};
    GD_TRY(gd_pg_connect(&drill->looking, &pg, err));
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    *out_live = strcmp(gd_pg_cell(rows, 0, 0), drill->manifest.system_identifier) == 0;
    return GD_DONE;
}

/* @param out_own  the scratch option of a drill, when it is a database beside the live one */
GD_MUST static struct gd_status choose(const struct gd_scratch_copy_options *options,
                                       struct gd_prove_options *proving, struct gd_error *err)
{
    bool may = false;
    proving->scratch = options->scratch;
    if (options->scratch != NULL)
        return GD_DONE;
    GD_TRY(may_make(options->pg, &may, err));
    if (may)
        proving->scratch = options->pg;
    return GD_DONE;
}

/* --- as whom ----------------------------------------------------------------------------------
 */

struct attributes {
    bool superuser, createdb, createrole;
};

/* Who works on the live database, and what he may do there. */
GD_MUST static struct gd_status ask_user(const struct gd_scratch_copy_options *options,
                                         struct gd_arena *arena, const char **out_user,
                                         struct attributes *out_may, struct gd_texts *out_settings,
                                         struct gd_error *err)
{
    gd_auto_pg pg = NULL;
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {
        .what = "ask who works on the database",
        .sql = "SELECT r.rolname, r.rolsuper, r.rolcreatedb, r.rolcreaterole, o.option_name, "
               "o.option_value FROM pg_catalog.pg_roles r LEFT JOIN LATERAL "
               "pg_catalog.pg_options_to_table(r.rolconfig) o ON true "
               "WHERE r.rolname OPERATOR(pg_catalog.=) session_user"};
    GD_TRY(gd_pg_connect(options->pg, &pg, err));
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    *out_user = gd_arena_strdup(arena, gd_pg_cell(rows, 0, 0));
    *out_may =
        (struct attributes){gd_pg_bool(rows, 0, 1), gd_pg_bool(rows, 0, 2), gd_pg_bool(rows, 0, 3)};
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++) {
        const char *name = gd_pg_cell(rows, i, 4), *value = gd_pg_cell(rows, i, 5);
        if (name == NULL || value == NULL || *name == '\0')
            continue;
        (void)gd_texts_add(out_settings, gd_arena_printf(arena, "%s=%s", name, value), arena);
    }
    return GD_DONE;
}

static const char *literal(const char *text, struct gd_arena *arena)
{
    char *out = gd_arena_alloc(arena, 2 * strlen(text) + 3), *at = out;
    *at++ = '\'';
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            *at++ = '\'';
        *at++ = *text;
    }
    *at++ = '\'';
    *at = '\0';
    return out;
}

/* As a value of a connection string. */
static const char *escaped(const char *text, struct gd_arena *arena)
{
    char *out = gd_arena_alloc(arena, 2 * strlen(text) + 1), *at = out;
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\')
            *at++ = '\\';
        *at++ = *text;
    }
    *at = '\0';
    return out;
}

/* What an extension of the live server sets may not be known here. */
static void set_for(struct gd_drill *drill, struct gd_pg *pg, const char *role,
                    const struct gd_texts *settings)
{
    struct gd_arena *arena = drill->arena;
    for (size_t i = 0; i < settings->count; i++) {
        const char *value = strchr(settings->items[i], '=') + 1;
        const char *name =
            gd_arena_strndup(arena, settings->items[i], (size_t)(value - settings->items[i]) - 1);
        struct gd_error why = {0};
        const char *set = gd_arena_printf(arena, "SELECT pg_catalog.set_config(%s, %s, false)",
                                          literal(name, arena), literal(value, arena));
        const char *keep = gd_arena_printf(arena, "ALTER ROLE %s SET %s FROM CURRENT", role, name);
        struct gd_pg_call call = {.what = "make a setting of the role", .sql = set};
        if (gd_pg_run(pg, &call, NULL, &why).code != GD_OK ||
            gd_pg_command(pg, "keep a setting of the role", keep, &why).code != GD_OK)
            gd_drill_leave_out(drill,
                               gd_arena_printf(arena, "the role's setting %s: %s", name, why.text));
    }
}

static bool is_recorded(const struct gd_drill *drill, const char *name)
{
    struct gd_json *root = NULL;
    struct gd_error ignored = {0};
    const char *text = drill->manifest.globals_json;
    bool found = false;
    if (*text == '\0' || gd_json_parse(text, strlen(text), &root, &ignored).code != GD_OK)
        return false;
    const struct gd_json *roles = gd_json_get(root, "roles");
    for (size_t i = 0; i < gd_json_count(roles) && !found; i++) {
        const char *role = gd_json_text(gd_json_get(gd_json_at(roles, i), "name"));
        found = role != NULL && strcmp(role, name) == 0;
    }
    gd_json_free(root);
    return found;
}

/* The same name with the same rights, so that names in texts mean the same; a superuser only where
 * the kernel holds the server. */
GD_MUST static struct gd_status make_user(const struct gd_scratch_copy_options *options,
                                          struct gd_drill *drill, struct gd_pg_options *out_pg,
                                          struct gd_error *err)
{
    struct gd_arena *arena = drill->arena;
    struct attributes may;
    struct gd_texts settings = {0};
    const char *user;
    gd_auto_pg pg = NULL;
    struct gd_pg_options inside = drill->looking;
    GD_TRY(ask_user(options, arena, &user, &may, &settings, err));
    inside.database = drill->database;
    GD_TRY(gd_pg_connect(&inside, &pg, err));
    const char *role = gd_drill_quoted(user, arena);
    bool super = may.superuser && gd_cluster_confined(drill->cluster);
    if (may.superuser && !super)
        gd_drill_leave_out(drill, "the role is no superuser, because this machine cannot confine "
                                  "the throwaway server");
    const char *sql = gd_arena_printf(
        arena, "%s ROLE %s LOGIN %s %s %s PASSWORD '%s'",
        is_recorded(drill, user) ? "ALTER" : "CREATE", role, super ? "SUPERUSER" : "NOSUPERUSER",
        may.createdb || may.superuser ? "CREATEDB" : "NOCREATEDB",
        may.createrole || may.superuser ? "CREATEROLE" : "NOCREATEROLE",
        gd_cluster_password(drill->cluster));
    GD_TRY(gd_pg_command(pg, "make the role of the rehearsal", sql, err));
    set_for(drill, pg, role, &settings);
    *out_pg = (struct gd_pg_options){
        .target = gd_cluster_target(drill->cluster, escaped(user, arena), arena)};
    return GD_DONE;
}

/* --- the copy ---------------------------------------------------------------------------------
 */

/* What belongs to roles of which ours is no member belongs to ours in the copy. */
GD_MUST static struct gd_status restore(struct gd_drill *drill, struct gd_error *err)
{
    struct gd_error denied = {0};
    struct gd_status status = gd_drill_restore(drill, &denied);
    if (status.code == GD_OK)
        return status;
    *err = denied;
    if (drill->cluster != NULL || !gd_drill_was_denied(&denied))
        return status;
    struct gd_restore_options options = gd_drill_restore_options(drill);
    options.no_owner = options.no_acl = true;
    *err = (struct gd_error){0};
    gd_drill_leave_out(drill, "owners and grants are not those of the live database");
    return gd_drill_restore_as(drill, &options, err);
}

GD_MUST static struct gd_status make(const struct gd_scratch_copy_options *options,
                                     struct gd_drill *drill, struct gd_scratch_copy *copy,
                                     struct gd_error *err)
{
    GD_TRY(take(options, drill, err));
    GD_TRY(gd_drill_open(drill, err));
    GD_TRY(restore(drill, err));
    copy->pg = *options->pg;
    if (drill->cluster != NULL)
        GD_TRY(make_user(options, drill, &copy->pg, err));
    else
        copy->pg = drill->looking;
    copy->pg.lock_ms = options->pg->lock_ms;
    copy->pg.database = copy->database = drill->database;
    copy->live = drill->manifest.database;
    copy->left_out = drill->left_out;
    if (drill->cluster == NULL)
        GD_TRY(is_live(drill, &copy->beside_live, err));
    copy->where = copy->beside_live ? "a database beside the live one" : drill->where;
    return GD_DONE;
}

struct gd_status gd_scratch_copy_make(const struct gd_scratch_copy_options *options,
                                      struct gd_arena *arena, struct gd_scratch_copy *out_copy,
                                      struct gd_error *err)
{
    int64_t began = gd_clock_monotonic_us();
    struct gd_prove_options *proving = gd_arena_zalloc(arena, 1, sizeof *proving);
    struct gd_drill *drill = gd_arena_zalloc(arena, 1, sizeof *drill);
    struct gd_scratch_copy copy = {.drill = drill};
    struct gd_events *events = gd_arena_zalloc(arena, 1, sizeof *events);
    *events = (struct gd_events){tell_notes, (void *)(uintptr_t)options->events};
    *proving = (struct gd_prove_options){.workers = 1, .events = events, .pg_bin = options->pg_bin};
    *drill = (struct gd_drill){.options = proving, .arena = arena};
    GD_TRY(choose(options, proving, err));
    drill->place.store = gd_memory_store_new(OBJECT_BYTES_MAX);
    struct gd_status status = make(options, drill, &copy, err);
    gd_store_close(drill->place.store);
    if (status.code != GD_OK) {
        gd_drill_drop(drill);
        return gd_wrap(err, status, "could not make a scratch copy to rehearse on: ");
    }
    copy.seconds = (double)(gd_clock_monotonic_us() - began) / 1e6;
    *out_copy = copy;
    return GD_DONE;
}

void gd_scratch_copy_drop(struct gd_scratch_copy *copy, const struct gd_texts *databases)
{
    struct gd_drill *drill = copy->drill;
    for (size_t i = 0; drill->cluster == NULL && i < databases->count; i++) {
        struct gd_error err = {0};
        if (gd_restore_drop(&drill->looking, databases->items[i], &err).code != GD_OK)
            gd_tell_warning(drill->options->events, "Drop it by hand.",
                            "database \"%s\", which the rehearsal has made, is still there: %s",
                            databases->items[i], err.text);
    }
    gd_drill_drop(drill);
}
