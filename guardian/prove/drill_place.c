/*
 * Drill, the place: where something is restored to be looked at, as whom, and how it goes away.
 */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "guardian/io/json.h"
#include "guardian/pg/copy.h"
#include "guardian/prove/drill_own.h"
#include "guardian/prove/scratch.h"

void gd_drill_leave_out(struct gd_drill *drill, const char *text)
{
    if (gd_texts_add(&drill->left_out, text, drill->arena))
        gd_tell_warning(drill->options->events, "", "%s", text);
}

/* --- the place --- */

const char *gd_drill_quoted(const char *name, struct gd_arena *arena)
{
    char *out = gd_arena_alloc(arena, 2 * strlen(name) + 3), *at = out;
    *at++ = '"';
    for (; *name != '\0'; name++) {
        if (*name == '"')
            *at++ = '"';
        *at++ = *name;
    }
    *at++ = '"';
    *at = '\0';
    return out;
}

/* Run a statement for each role of the snapshot. */
typedef const char *role_sql_fn(const struct gd_drill *drill, const char *role,
                                const struct gd_json *about);

static struct gd_status for_roles(const struct gd_drill *drill, role_sql_fn *sql_of,
                                  const char *what, struct gd_pg *pg, struct gd_error *err)
{
    struct gd_json *root = NULL;
    const char *text = drill->manifest.globals_json;
    if (*text == '\0')
        return GD_DONE;
    GD_TRY(gd_json_parse(text, strlen(text), &root, err));
    const struct gd_json *roles = gd_json_get(root, "roles");
    struct gd_status status = GD_DONE;
    for (size_t i = 0; i < gd_json_count(roles) && status.code == GD_OK; i++) {
        const struct gd_json *about = gd_json_at(roles, i);
        const char *name = gd_json_text(gd_json_get(about, "name"));
        if (name == NULL || *name == '\0' || strncmp(name, "pg_", 3) == 0)
            continue;
        const char *sql = sql_of(drill, gd_drill_quoted(name, drill->arena), about);
        if (sql != NULL)
            status = gd_pg_command(pg, what, sql, err);
    }
    gd_json_free(root);
    return status;
}

/* What owners and grants need, without any right of its own; the drill's role is a member, so that
   it can give things to it. */
static const char *create_sql(const struct gd_drill *drill, const char *role,
                              const struct gd_json *about)
{
    (void)about;
    return gd_arena_printf(drill->arena, "CREATE ROLE %s; GRANT %s TO %s WITH ADMIN OPTION", role,
                           role, drill->role);
}

/* Some things must belong to a superuser. */
static const char *raise_sql(const struct gd_drill *drill, const char *role,
                             const struct gd_json *about)
{
    if (gd_json_int(gd_json_get(about, "superuser")) == 0)
        return NULL;
    return gd_arena_printf(drill->arena, "ALTER ROLE %s SUPERUSER", role);
}

static struct gd_status prepare_cluster(struct gd_drill *drill, struct gd_error *err)
{
    drill->looking =
        (struct gd_pg_options){.target = gd_cluster_target(drill->cluster, NULL, drill->arena)};
    drill->role = gd_arena_printf(drill->arena, "%s_drill", gd_cluster_superuser(drill->cluster));
    drill->pg = (struct gd_pg_options){
        .target = gd_cluster_target(drill->cluster, drill->role, drill->arena)};
    gd_auto_pg pg = NULL;
    GD_TRY(gd_pg_connect(&drill->looking, &pg, err));
    GD_TRY(
        gd_pg_command(pg, "make the role of the drill",
                      gd_arena_printf(drill->arena, "CREATE ROLE %s LOGIN CREATEDB PASSWORD '%s'",
                                      drill->role, gd_cluster_password(drill->cluster)),
                      err));
    return for_roles(drill, create_sql, "make a role of the snapshot", pg, err);
}

static bool locale_is_here(const char *name)
{
    locale_t locale = newlocale(LC_COLLATE_MASK | LC_CTYPE_MASK, name, (locale_t)0);
    if (locale == (locale_t)0)
        return false;
    freelocale(locale);
    return true;
}

/* A locale that this machine does not have: C takes its place, and that is said. */
static void settle_locale(struct gd_drill *drill)
{
    const char **names[] = {&drill->manifest.collate, &drill->manifest.ctype};
    for (size_t i = 0; i < 2; i++) {
        if (**names[i] == '\0' || locale_is_here(*names[i]))
            continue;
        gd_drill_leave_out(
            drill, gd_arena_printf(drill->arena,
                                   "the locale \"%s\" is not on this machine: C was used, so "
                                   "the order of text was not tried",
                                   *names[i]));
        drill->manifest.collate = drill->manifest.ctype = "C";
        drill->plain_locale = true;
        return;
    }
}

struct gd_status gd_drill_open(struct gd_drill *drill, struct gd_error *err)
{
    (void)snprintf(drill->database, sizeof drill->database, "guardian_drill_%.10s",
                   drill->manifest.id + strlen(drill->manifest.id) - 10);
    if (drill->options->scratch != NULL) {
        drill->pg = drill->looking = *drill->options->scratch;
        drill->where = "the server that was named";
        return gd_scratch_keep(drill->options->scratch, drill->database, drill->options->events,
                               drill->arena, &drill->keeper, err);
    }
    struct gd_cluster_options options = {.server_version = drill->manifest.server_version,
                                         .pg_bin = drill->options->pg_bin,
                                         .work_folder = drill->options->work_folder,
                                         .room_bytes = 2 * drill->manifest.bytes + (256 << 20)};
    gd_tell_stage(drill->options->events, "starting a throwaway server", 0);
    GD_TRY(gd_cluster_start(&options, &drill->cluster, err));
    drill->where =
        gd_arena_printf(drill->arena, "a throwaway server, %s", gd_cluster_text(drill->cluster));
    settle_locale(drill);
    return prepare_cluster(drill, err);
}

void gd_drill_drop(struct gd_drill *drill)
{
    struct gd_error err = {0};
    if (drill->cluster != NULL) {
        gd_cluster_free(GD_MOVE(drill->cluster));
        return;
    }
    if (drill->made && gd_restore_drop(&drill->looking, drill->database, &err).code != GD_OK)
        gd_tell_warning(drill->options->events, "Drop it by hand.",
                        "the scratch database \"%s\" is still there: %s", drill->database,
                        err.text);
    gd_pg_close(GD_MOVE(drill->keeper));
}

/* --- restoring --- */

struct gd_restore_options gd_drill_restore_options(const struct gd_drill *drill)
{
    return (struct gd_restore_options){.pg = &drill->pg,
                                       .place = &drill->place,
                                       .manifest = &drill->manifest,
                                       .workers = drill->options->workers,
                                       .pg_restore = drill->options->pg_bin,
                                       .skip_missing_roles = drill->cluster == NULL,
                                       .skip_unprivileged = drill->cluster == NULL,
                                       .plain_locale = drill->plain_locale,
                                       .events = drill->options->events};
}

struct gd_status gd_drill_restore_as(struct gd_drill *drill,
                                     const struct gd_restore_options *options, struct gd_error *err)
{
    struct gd_restored restored = {0};
    GD_TRY(gd_restore_into(options, drill->database, drill->arena, &restored, err));
    drill->made = true;
    for (size_t i = 0; i < restored.warning_count; i++)
        gd_texts_add(&drill->left_out, restored.warnings[i], drill->arena);
    return GD_DONE;
}

static struct gd_status raise_roles(struct gd_drill *drill, struct gd_error *err)
{
    gd_auto_pg pg = NULL;
    const char *sql = gd_arena_printf(drill->arena, "ALTER ROLE %s SUPERUSER", drill->role);
    GD_TRY(gd_pg_connect(&drill->looking, &pg, err));
    GD_TRY(gd_pg_command(pg, "raise the role of the drill", sql, err));
    return for_roles(drill, raise_sql, "raise a role of the snapshot", pg, err);
}

/* What a plain role may not make: as a superuser where that one cannot get out, or not at all. */
static struct gd_status restore_with_more(struct gd_drill *drill,
                                          struct gd_restore_options *options, struct gd_error *err)
{
    char reason[256];
    (void)snprintf(reason, sizeof reason, "%.*s", (int)sizeof reason - 1, err->text);
    if (!gd_cluster_confined(drill->cluster)) {
        options->skip_unprivileged = true;
        gd_drill_leave_out(drill,
                           gd_arena_printf(drill->arena,
                                           "what only a superuser may make was left out, because "
                                           "this machine cannot confine the throwaway server: %s",
                                           reason));
        return gd_drill_restore_as(drill, options, err);
    }
    gd_tell_note(drill->options->events,
                 "restored as a superuser of the confined server, because %s", reason);
    options->trust = true;
    GD_TRY(raise_roles(drill, err));
    return gd_drill_restore_as(drill, options, err);
}

/* A right that nobody can tell beforehand: 42501 is PostgreSQL's for all of them. */
bool gd_drill_was_denied(const struct gd_error *err)
{
    return err->code == GD_SYSTEM && strstr(err->text, "(42501)") != NULL;
}

struct gd_status gd_drill_restore(struct gd_drill *drill, struct gd_error *err)
{
    struct gd_restore_options options = gd_drill_restore_options(drill);
    struct gd_status status = gd_drill_restore_as(drill, &options, err);
    if (drill->cluster != NULL && (status.code == GD_REFUSED || gd_drill_was_denied(err)))
        status = restore_with_more(drill, &options, err);
    return status;
}
