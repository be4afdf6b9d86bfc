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
#include <stdio.h>
#include <string.h>

#include "guardian/io/process.h"
#include "guardian/prove/archive.h"
#include "guardian/prove/digest.h"
#include "guardian/prove/drill_own.h"
#include "guardian/prove/schema_text.h"
#include "guardian/snapshot/programs.h"

/* --- comparing --- */

static struct gd_status take_line(void *context, const char *line, size_t size,
                                  struct gd_error *err)
{
    (void)err;
    gd_schema_text_line(context, line, size);
    return GD_DONE;
}

static struct gd_status recorded_schema(struct gd_drill *drill, const char *pg_restore, bool bare,
                                        struct gd_schema_text *text, struct gd_error *err)
{
    const char *arguments[] = {"--file=-", bare ? "--no-owner" : NULL, "--no-privileges", NULL};
    struct gd_archive archive = {&drill->place, &drill->manifest.schema_dump, pg_restore,
                                 arguments};
    return gd_archive_read(&archive, take_line, text, err);
}

static struct gd_status restored_schema(struct gd_drill *drill, const char *pg_dump, bool bare,
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

static struct gd_status compare_schema(struct gd_drill *drill, const char *pg_restore,
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
static bool find_programs(struct gd_drill *drill, struct gd_program *out_restore,
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
    gd_drill_leave_out(
        drill,
        gd_arena_printf(drill->arena,
                        "definitions were not compared: pg_dump %d, which wrote them, is not "
                        "here",
                        wanted / 10000));
    return false;
}

static struct gd_status compare_definitions(struct gd_drill *drill, struct gd_error *err)
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
    gd_drill_leave_out(
        drill,
        gd_arena_printf(drill->arena, "owners and grants are not as recorded: %s", difference));
    return GD_DONE;
}

static struct gd_status run(struct gd_drill *drill, struct gd_error *err)
{
    GD_TRY(gd_drill_open(drill, err));
    GD_TRY(gd_drill_restore(drill, err));
    struct gd_restore_options options = gd_drill_restore_options(drill);
    options.pg = &drill->looking;
    GD_TRY(gd_restore_compare(&options, drill->database, drill->arena, err));
    return compare_definitions(drill, err);
}

/* What was left out by the reading stands before what was left out by the drill. */
static void add_to_proof(struct gd_drill *drill, struct gd_proof *proof,
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
    struct gd_drill drill = {.options = options, .arena = arena, .manifest = *manifest};
    drill.place = (struct gd_place){.store = options->store,
                                    .key = *manifest->key_id == '\0' ? NULL : options->key,
                                    .cluster = manifest->cluster,
                                    .id = manifest->id};
    struct gd_status status = run(&drill, err);
    gd_drill_drop(&drill);
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
