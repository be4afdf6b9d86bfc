/*
 * Drill: a snapshot restored into a scratch place, compared, and the place thrown away.
 *
 * Where        a database of the server that was named (options->scratch), or a throwaway server of
 * the snapshot's own major version (cluster.h).
 * With which rights  in the throwaway server as a role that owns nothing but the scratch database;
 * only what that role may not do is done again as a superuser, and only where the kernel confines
 * the server. docs/decisions/drill.md.
 * Compared     rows, content, sequences, large objects, indexes, constraints (restore/), and every
 * definition, by the same pg_dump. What could not be done here is said, and stands in the record.
 */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "guardian/base/texts.h"
#include "guardian/io/json.h"
#include "guardian/io/process.h"
#include "guardian/pg/copy.h"
#include "guardian/prove/archive.h"
#include "guardian/prove/cluster.h"
#include "guardian/prove/digest.h"
#include "guardian/prove/schema_text.h"
#include "guardian/prove/scratch.h"
#include "guardian/snapshot/programs.h"

struct drill {
    const struct gd_prove_options *options;
    struct gd_arena *arena;
    struct gd_manifest manifest; /* as it can be restored here */
    struct gd_place place;
    struct gd_cluster *cluster;   /* NULL: a server that was named */
    struct gd_pg *keeper;         /* there: says that the scratch database is ours */
    const char *role;             /* of the throwaway server */
    struct gd_pg_options pg;      /* as whom it is restored */
    struct gd_pg_options looking; /* as whom it is compared */
    char database[64];
    bool made, plain_locale;
    const char *where;
    struct gd_texts left_out;
};

static void leave_out(struct drill *drill, const char *text)
{
    if (gd_texts_add(&drill->left_out, text, drill->arena))
        gd_tell_warning(drill->options->events, "", "%s", text);
}

/* --- the place --- */

static const char *quoted(const char *name, struct gd_arena *arena)
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
typedef const char *role_sql_fn(const struct drill *drill, const char *role,
                                const struct gd_json *about);

static struct gd_status for_roles(const struct drill *drill, role_sql_fn *sql_of, const char *what,
                                  struct gd_pg *pg, struct gd_error *err)
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
        const char *sql = sql_of(drill, quoted(name, drill->arena), about);
        if (sql != NULL)
            status = gd_pg_command(pg, what, sql, err);
    }
    gd_json_free(root);
    return status;
}

/* What owners and grants need, without any right of its own; the drill's role is a member, so that
   it can give things to it. */
static const char *create_sql(const struct drill *drill, const char *role,
                              const struct gd_json *about)
{
    (void)about;
    return gd_arena_printf(drill->arena, "CREATE ROLE %s; GRANT %s TO %s WITH ADMIN OPTION", role,
                           role, drill->role);
}

/* Some things must belong to a superuser. */
static const char *raise_sql(const struct drill *drill, const char *role,
                             const struct gd_json *about)
{
    if (gd_json_int(gd_json_get(about, "superuser")) == 0)
        return NULL;
    return gd_arena_printf(drill->arena, "ALTER ROLE %s SUPERUSER", role);
}

static struct gd_status prepare_cluster(struct drill *drill, struct gd_error *err)
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
static void settle_locale(struct drill *drill)
{
    const char **names[] = {&drill->manifest.collate, &drill->manifest.ctype};
    for (size_t i = 0; i < 2; i++) {
        if (**names[i] == '\0' || locale_is_here(*names[i]))
            continue;
        leave_out(drill, gd_arena_printf(drill->arena,
                                         "the locale \"%s\" is not on this machine: C was used, so "
                                         "the order of text was not tried",
                                         *names[i]));
        drill->manifest.collate = drill->manifest.ctype = "C";
        drill->plain_locale = true;
        return;
    }
}

static struct gd_status choose_place(struct drill *drill, struct gd_error *err)
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

static void drop_place(struct drill *drill)
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

static struct gd_restore_options restore_options(const struct drill *drill)
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

static struct gd_status restore_as(struct drill *drill, const struct gd_restore_options *options,
                                   struct gd_error *err)
{
    struct gd_restored restored = {0};
    GD_TRY(gd_restore_into(options, drill->database, drill->arena, &restored, err));
    drill->made = true;
    for (size_t i = 0; i < restored.warning_count; i++)
        gd_texts_add(&drill->left_out, restored.warnings[i], drill->arena);
    return GD_DONE;
}

static struct gd_status raise_roles(struct drill *drill, struct gd_error *err)
{
    gd_auto_pg pg = NULL;
    const char *sql = gd_arena_printf(drill->arena, "ALTER ROLE %s SUPERUSER", drill->role);
    GD_TRY(gd_pg_connect(&drill->looking, &pg, err));
    GD_TRY(gd_pg_command(pg, "raise the role of the drill", sql, err));
    return for_roles(drill, raise_sql, "raise a role of the snapshot", pg, err);
}

/* What a plain role may not make: as a superuser where that one cannot get out, or not at all. */
static struct gd_status restore_with_more(struct drill *drill, struct gd_restore_options *options,
                                          struct gd_error *err)
{
    char reason[256];
    (void)snprintf(reason, sizeof reason, "%.*s", (int)sizeof reason - 1, err->text);
    if (!gd_cluster_confined(drill->cluster)) {
        options->skip_unprivileged = true;
        leave_out(drill, gd_arena_printf(drill->arena,
                                         "what only a superuser may make was left out, because "
                                         "this machine cannot confine the throwaway server: %s",
                                         reason));
        return restore_as(drill, options, err);
    }
    gd_tell_note(drill->options->events,
                 "restored as a superuser of the confined server, because %s", reason);
    options->trust = true;
    GD_TRY(raise_roles(drill, err));
    return restore_as(drill, options, err);
}

/* A right that nobody can tell beforehand: 42501 is PostgreSQL's for all of them. */
static bool was_denied(const struct gd_error *err)
{
    return err->code == GD_SYSTEM && strstr(err->text, "(42501)") != NULL;
}

static struct gd_status restore(struct drill *drill, struct gd_error *err)
{
    struct gd_restore_options options = restore_options(drill);
    struct gd_status status = restore_as(drill, &options, err);
    if (drill->cluster != NULL && (status.code == GD_REFUSED || was_denied(err)))
        status = restore_with_more(drill, &options, err);
    return status;
}

/* --- comparing --- */

static struct gd_status take_line(void *context, const char *line, size_t size,
                                  struct gd_error *err)
{
    (void)err;
    gd_schema_text_line(context, line, size);
    return GD_DONE;
}

static struct gd_status recorded_schema(struct drill *drill, const char *pg_restore, bool bare,
                                        struct gd_schema_text *text, struct gd_error *err)
{
    const char *arguments[] = {"--file=-", bare ? "--no-owner" : NULL, "--no-privileges", NULL};
    struct gd_archive archive = {&drill->place, &drill->manifest.schema_dump, pg_restore,
                                 arguments};
    return gd_archive_read(&archive, take_line, text, err);
}

static struct gd_status restored_schema(struct drill *drill, const char *pg_dump, bool bare,
                                        struct gd_schema_text *text, struct gd_error *err)
{
    const char *argv[] = {pg_dump,           "--schema-only",
                          "--no-password",   bare ? "--no-owner" : NULL,
                          "--no-privileges", NULL};
    gd_auto_pg pg = NULL;
    GD_TRY(gd_pg_connect(&drill->looking, &pg, err));
    struct gd_process_options options = {.argv = argv,
                                         .environment =
                                             gd_pg_environment(pg, drill->database, drill->arena),
                                         .read_output = true};
    gd_auto_process process = NULL;
    GD_TRY(gd_process_start(&options, &process, err));
    GD_TRY(gd_lines_read(gd_process_output(process), take_line, text, err));
    return gd_process_finish(process, NULL, err);
}

static struct gd_status compare_schema(struct drill *drill, const char *pg_restore,
                                       const char *pg_dump, bool bare, struct gd_error *err)
{
    struct gd_schema_text *recorded = gd_schema_text_new(drill->arena);
    struct gd_schema_text *restored = gd_schema_text_new(drill->arena);
    size_t reworded = 0;
    GD_TRY(recorded_schema(drill, pg_restore, bare, recorded, err));
    GD_TRY(restored_schema(drill, pg_dump, bare, restored, err));
    GD_TRY(gd_schema_text_compare(recorded, restored, &reworded, err));
    if (reworded > 0)
        gd_tell_note(drill->options->events,
                     "%zu definition%s came back with other brackets and casts, as the server "
                     "writes them",
                     reworded, reworded == 1 ? "" : "s");
    return GD_DONE;
}

/* Texts of two majors differ for reasons of their own: only the program that made the archive will
   do. */
static bool find_programs(struct drill *drill, struct gd_program *out_restore,
                          struct gd_program *out_dump)
{
    struct gd_error err = {0};
    int wanted = gd_archive_version(&drill->manifest);
    if (gd_program_find("pg_restore", drill->options->pg_bin, wanted, drill->arena, out_restore,
                        &err)
                .code == GD_OK &&
        gd_program_find("pg_dump", drill->options->pg_bin, wanted, drill->arena, out_dump, &err)
                .code == GD_OK &&
        out_dump->version / 10000 == wanted / 10000)
        return true;
    leave_out(drill,
              gd_arena_printf(drill->arena,
                              "definitions were not compared: pg_dump %d, which wrote them, is not "
                              "here",
                              wanted / 10000));
    return false;
}

static struct gd_status compare_definitions(struct drill *drill, struct gd_error *err)
{
    struct gd_program pg_restore, pg_dump;
    if (!find_programs(drill, &pg_restore, &pg_dump))
        return GD_DONE;
    gd_tell_stage(drill->options->events, "comparing definitions", 0);
    bool had_to_leave_out = drill->left_out.count > 0;
    struct gd_status status = compare_schema(drill, pg_restore.path, pg_dump.path, false, err);
    if (status.code != GD_CORRUPT || !had_to_leave_out)
        return status;
    char difference[400];
    (void)snprintf(difference, sizeof difference, "%.*s", (int)sizeof difference - 1, err->text);
    GD_TRY(compare_schema(drill, pg_restore.path, pg_dump.path, true, err));
    leave_out(drill, gd_arena_printf(drill->arena, "owners and grants are not as recorded: %s",
                                     difference));
    return GD_DONE;
}

static struct gd_status run(struct drill *drill, struct gd_error *err)
{
    GD_TRY(choose_place(drill, err));
    GD_TRY(restore(drill, err));
    struct gd_restore_options options = restore_options(drill);
    options.pg = &drill->looking;
    GD_TRY(gd_restore_compare(&options, drill->database, drill->arena, err));
    return compare_definitions(drill, err);
}

/* What was left out by the reading stands before what was left out by the drill. */
static void add_to_proof(struct drill *drill, struct gd_proof *proof,
                         struct gd_prove_outcome *outcome, double seconds)
{
    struct gd_texts all = {0};
    for (size_t i = 0; i < outcome->left_out_count; i++)
        gd_texts_add(&all, outcome->left_out[i], drill->arena);
    for (size_t i = 0; i < drill->left_out.count; i++)
        gd_texts_add(&all, drill->left_out.items[i], drill->arena);
    outcome->left_out = all.items;
    outcome->left_out_count = all.count;
    outcome->seconds += seconds;
    outcome->place = drill->where;
    proof->kind = GD_PROOF_DRILL;
    proof->place = drill->where;
    proof->left_out = all.items;
    proof->left_out_count = all.count;
    proof->seconds = outcome->seconds;
    proof->time_us = gd_clock_now_us();
}

struct gd_status gd_prove_drill(const struct gd_prove_options *options, const char *cluster,
                                const char *id, struct gd_arena *arena,
                                const struct gd_proof **out_proof,
                                struct gd_prove_outcome *out_outcome, struct gd_error *err)
{
    struct gd_manifest *manifest;
    struct gd_proof *proof;
    GD_TRY(gd_digest_read(options, cluster, id, arena, &manifest, &proof, out_outcome, err));
    int64_t start_us = gd_clock_monotonic_us();
    struct drill drill = {.options = options, .arena = arena, .manifest = *manifest};
    drill.place = (struct gd_place){.store = options->store,
                                    .key = *manifest->key_id == '\0' ? NULL : options->key,
                                    .cluster = manifest->cluster,
                                    .id = manifest->id};
    struct gd_status status = run(&drill, err);
    drop_place(&drill);
    if (status.code != GD_OK)
        return gd_wrap(
            err, status,
            "every byte of snapshot \"%s\" is as recorded, but the drill failed: ", manifest->id);
    double seconds = (double)(gd_clock_monotonic_us() - start_us) / 1e6;
    add_to_proof(&drill, proof, out_outcome, seconds);
    GD_TRY(gd_digest_record(options, proof, err));
    *out_proof = proof;
    return GD_DONE;
}
