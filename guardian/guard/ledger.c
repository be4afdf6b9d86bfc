#include "guardian/guard/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/pg/copy.h"

enum { LAYOUT = 1, TABLES = 3 };

static const char make_sql[] =
#include "guardian/guard/sql/ledger.sql.inc"
    ;
static const char look_sql[] =
#include "guardian/guard/sql/ledger_look.sql.inc"
    ;
static const char wrote_sql[] =
#include "guardian/guard/sql/ledger_wrote.sql.inc"
    ;

const char gd_ledger_counts_sql[] =
#include "guardian/guard/sql/ledger_counts.sql.inc"
    ;

/* --- is it there? ----------------------------------------------------------------------------- */

static struct gd_status newer(const struct gd_pg *pg, int64_t layout, struct gd_error *err)
{
    return gd_hint(err,
                   gd_fail(err, GD_USAGE, "schema \"guardian\" of %s has layout %lld",
                           gd_pg_where(pg), (long long)layout),
                   "A newer guardian has been at work there: use that one.");
}

/* Why there are no rows, or NULL: nothing is in the way of making them. */
static const char *obstacle(const struct gd_pg_rows *rows, struct gd_arena *arena)
{
    const char *all = gd_pg_cell(rows, 0, 5);
    if (gd_pg_cell(rows, 0, 0) != NULL && gd_pg_cell(rows, 0, 1) == NULL)
        return "a schema \"guardian\" is there that is not Guardian's";
    if (gd_pg_cell(rows, 0, 0) != NULL && gd_pg_int(rows, 0, 2) < TABLES)
        return "tables of schema \"guardian\" are missing";
    if (gd_pg_cell(rows, 0, 0) != NULL && gd_pg_int(rows, 0, 3) < TABLES)
        return gd_arena_printf(arena,
                               "role \"%s\" may not write to the tables of schema "
                               "\"guardian\"",
                               gd_pg_cell(rows, 0, 8));
    if (gd_pg_bool(rows, 0, 6))
        return "the server takes no writes";
    if (gd_pg_cell(rows, 0, 0) != NULL)
        return NULL;
    if (!gd_pg_bool(rows, 0, 4))
        return gd_arena_printf(arena, "role \"%s\" may not create a schema in this database",
                               gd_pg_cell(rows, 0, 8));
    if (all != NULL)
        return gd_arena_printf(arena,
                               "publication \"%s\" would send its rows to subscribers that "
                               "have no such tables",
                               all);
    return NULL;
}

static struct gd_status look(struct gd_pg *pg, struct gd_arena *arena, struct gd_ledger *ledger,
                             struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {.what = "look for Guardian's record", .sql = look_sql};
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    bool schema = gd_pg_cell(rows, 0, 0) != NULL;
    if (schema && gd_pg_int(rows, 0, 1) > LAYOUT)
        return newer(pg, gd_pg_int(rows, 0, 1), err);
    const char *why = obstacle(rows, arena);
    ledger->there = schema && why == NULL;
    ledger->may_make = !schema && why == NULL;
    ledger->any_text = gd_pg_bool(rows, 0, 7);
    ledger->older = ledger->there && gd_pg_bool(rows, 0, 9);
    ledger->why = why != NULL ? why : schema ? "" : "it was not made yet";
    return GD_DONE;
}

/* Without it less is known of what steps wrote; that it cannot be added is no obstacle. */
GD_MUST static struct gd_status add_column(struct gd_pg *pg, struct gd_error *err)
{
    struct gd_error refused = {0};
    struct gd_status status = gd_pg_command(
        pg, "add a column to Guardian's record",
        "ALTER TABLE guardian.steps ADD COLUMN IF NOT EXISTS wrote pg_catalog.jsonb", &refused);
    if (!gd_pg_broken(pg))
        return GD_DONE;
    *err = refused;
    return status;
}

struct gd_status gd_ledger_open(struct gd_pg *pg, bool make, struct gd_arena *arena,
                                struct gd_ledger *out_ledger, struct gd_error *err)
{
    struct gd_ledger ledger = {0};
    GD_TRY(look(pg, arena, &ledger, err));
    if (make && ledger.may_make) {
        struct gd_error refused = {0};
        struct gd_status made = gd_pg_command(pg, "make Guardian's record", make_sql, &refused);
        if (gd_pg_broken(pg)) {
            *err = refused;
            return made;
        }
        GD_TRY(look(pg, arena, &ledger, err)); /* or somebody else made it meanwhile */
        if (!ledger.there && made.code != GD_OK) {
            ledger.may_make = false;
            ledger.why = gd_arena_strdup(arena, refused.text);
        }
    }
    if (make && ledger.older)
        GD_TRY(add_column(pg, err));
    *out_ledger = ledger;
    return GD_DONE;
}

/* --- literals --------------------------------------------------------------------------------- */

/* E'…' means the same whatever standard_conforming_strings says. */
static const char *literal(const struct gd_ledger *ledger, const char *text, struct gd_arena *arena)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t length = text == NULL ? 0 : strlen(text);
    char *out = gd_arena_alloc(arena, 3 * length + 4), *at = out;
    *at++ = 'E';
    *at++ = '\'';
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte >= 0x80 && !ledger->any_text) {
            *at++ = '%';
            *at++ = hex[byte >> 4];
            *at++ = hex[byte & 15];
            continue;
        }
        if (byte == '\'' || byte == '\\')
            *at++ = (char)byte;
        *at++ = (char)byte;
    }
    *at++ = '\'';
    *at = '\0';
    return out;
}

static const char *time_literal(int64_t time_us, struct gd_arena *arena)
{
    char text[GD_TIME_SIZE];
    if (time_us == 0)
        return "NULL";
    gd_clock_text(time_us, text);
    return gd_arena_printf(arena, "'%s'::pg_catalog.timestamptz", text);
}

#define Q(text) literal(ledger, (text), arena)

/* --- rows, written ---------------------------------------------------------------------------- */

/* The handler of an exception makes the row one of a savepoint: its xmin is behind those of all
 * savepoints of the step, and before those of whoever comes later. */
const char *gd_ledger_step_sql(const struct gd_ledger *ledger, const char *change, uint32_t step,
                               const char *hash, const char *state, struct gd_arena *arena)
{
    if (!ledger->there)
        return NULL;
    return gd_arena_printf(
        arena,
        "DO $guardian$ BEGIN INSERT INTO guardian.steps (change, step, hash, state, xid, at, "
        "others) "
        "VALUES (%s, %u, %s, %s, pg_catalog.pg_current_xact_id(), pg_catalog.clock_timestamp(), "
        "(SELECT pg_catalog.string_agg(transactionid::text, ',') FROM pg_catalog.pg_locks WHERE "
        "pid "
        "OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid() AND granted AND mode "
        "OPERATOR(pg_catalog.=) 'ExclusiveLock' AND locktype OPERATOR(pg_catalog.=) "
        "'transactionid')) ON CONFLICT (change, step) DO UPDATE SET hash = EXCLUDED.hash, state = "
        "EXCLUDED.state, xid = EXCLUDED.xid, at = EXCLUDED.at, others = EXCLUDED.others; EXCEPTION "
        "WHEN sqlstate 'GUARD' THEN NULL; END $guardian$",
        Q(change), step, Q(hash), Q(state));
}

const char *gd_ledger_wrote_sql(const struct gd_ledger *ledger, const char *change, uint32_t step,
                                const char *hash, const char *counts, struct gd_arena *arena)
{
    if (!ledger->there)
        return NULL;
    return gd_arena_printf(arena, wrote_sql, Q(change), step, Q(hash),
                           Q(*counts == '\0' ? "{}" : counts));
}

const char *gd_ledger_change_sql(const struct gd_ledger *ledger, const struct gd_story *story,
                                 struct gd_arena *arena)
{
    if (!ledger->there)
        return NULL;
    return gd_arena_printf(
        arena,
        "INSERT INTO guardian.changes (change, kind, began, ended, who, host, version, class, "
        "outcome, snapshot, text_sha256) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
        "ON CONFLICT (change) DO UPDATE SET ended = EXCLUDED.ended, class = EXCLUDED.class, "
        "outcome = EXCLUDED.outcome, snapshot = EXCLUDED.snapshot",
        Q(story->change), Q(gd_story_kind_name(story->kind)), time_literal(story->began_us, arena),
        time_literal(story->ended_us, arena), Q(story->who), Q(story->host), Q(story->version),
        Q(gd_class_name(story->class)), Q(gd_outcome_name(story->outcome)), Q(story->snapshot),
        Q(story->text_sha256));
}

/* Layout 1 has no column for the place: it stands behind the folder. */
static const char at_place[] = "?search_path=";

static const char *folder_of(const struct gd_story_file *file, const char *place,
                             struct gd_arena *arena)
{
    const char *path = file->origin != NULL && file->origin[0] != '\0' ? file->origin : file->path;
    const char *slash = strrchr(path, '/');
    const char *folder = slash == NULL ? "" : gd_arena_strndup(arena, path, (size_t)(slash - path));
    return *place == '\0' ? folder : gd_arena_printf(arena, "%s%s%s", folder, at_place, place);
}

static const char *name_of(const struct gd_story_file *file)
{
    return file->known_as == NULL || *file->known_as == '\0' ? file->sha256 : file->known_as;
}

const char *gd_ledger_file_sql(const struct gd_ledger *ledger, const char *change,
                               const struct gd_story_file *file, const char *place,
                               struct gd_arena *arena)
{
    if (!ledger->there)
        return NULL;
    return gd_arena_printf(
        arena,
        "INSERT INTO guardian.files (sha256, path, folder, change, at, rerun_safe) VALUES (%s, %s, "
        "%s, %s, pg_catalog.clock_timestamp(), %s) ON CONFLICT (change, sha256, path) DO UPDATE "
        "SET at = EXCLUDED.at, rerun_safe = EXCLUDED.rerun_safe, rolled_back_by = NULL",
        Q(name_of(file)), Q(file->path), Q(folder_of(file, place, arena)), Q(change),
        file->rerun_safe ? "true" : "false");
}

const char *gd_ledger_stamp_sql(const struct gd_ledger *ledger, const char *change,
                                const char *stamp, struct gd_arena *arena)
{
    if (!ledger->there)
        return NULL;
    return gd_arena_printf(arena,
                           "UPDATE guardian.files SET stamp = %s WHERE change "
                           "OPERATOR(pg_catalog.=) %s",
                           Q(stamp), Q(change));
}

const char *gd_ledger_file_stamp_sql(const struct gd_ledger *ledger, const char *known_as,
                                     const char *stamp, struct gd_arena *arena)
{
    if (!ledger->there)
        return NULL;
    return gd_arena_printf(arena,
                           "UPDATE guardian.files SET stamp = %s WHERE sha256 "
                           "OPERATOR(pg_catalog.=) %s AND rolled_back_by IS NULL",
                           Q(stamp), Q(known_as));
}

const char *gd_ledger_stamp_again_sql(const struct gd_ledger *ledger, const char *from,
                                      const char *to, struct gd_arena *arena)
{
    if (!ledger->there || *from == '\0')
        return NULL;
    return gd_arena_printf(arena,
                           "UPDATE guardian.files SET stamp = %s WHERE stamp "
                           "OPERATOR(pg_catalog.=) %s AND rolled_back_by IS NULL",
                           Q(to), Q(from));
}

/* The state of steps behind which a change went on; by nobody: what was missing was found. */
static const char *continued(const char *by, struct gd_arena *arena)
{
    return *by == '\0' ? "continued" : gd_arena_printf(arena, "continued by %s", by);
}

const char *gd_ledger_rolled_back_sql(const struct gd_ledger *ledger, const char *change,
                                      const char *by, struct gd_arena *arena)
{
    if (!ledger->there)
        return NULL;
    return gd_arena_printf(
        arena,
        "WITH files AS (UPDATE guardian.files SET rolled_back_by = %s WHERE "
        "change OPERATOR(pg_catalog.=) %s), steps AS (UPDATE guardian.steps SET "
        "state = 'rolled back' WHERE change OPERATOR(pg_catalog.=) %s), again AS (UPDATE "
        "guardian.steps SET state = 'in' WHERE state OPERATOR(pg_catalog.=) %s AND change "
        "OPERATOR(pg_catalog.<>) %s) UPDATE "
        "guardian.changes SET rolled_back_by = %s, outcome = 'rolled_back' WHERE "
        "change OPERATOR(pg_catalog.=) %s",
        Q(by), Q(change), Q(change), Q(continued(change, arena)), Q(change), Q(by), Q(change));
}

const char *gd_ledger_continued_sql(const struct gd_ledger *ledger, const char *change,
                                    const char *by, struct gd_arena *arena)
{
    if (!ledger->there)
        return NULL;
    return gd_arena_printf(arena,
                           "UPDATE guardian.steps SET state = %s WHERE change "
                           "OPERATOR(pg_catalog.=) %s AND state OPERATOR(pg_catalog.=) 'in'",
                           Q(continued(by, arena)), Q(change));
}

const char *gd_ledger_not_in_sql(const struct gd_ledger *ledger, const char *change,
                                 struct gd_arena *arena)
{
    if (!ledger->there)
        return NULL;
    return gd_arena_printf(arena,
                           "UPDATE guardian.steps SET state = 'not in' WHERE change "
                           "OPERATOR(pg_catalog.=) %s AND state OPERATOR(pg_catalog.=) 'begun'",
                           Q(change));
}

/* --- rows, read ------------------------------------------------------------------------------- */

/* Digests only: what else is in the list finds nothing. */
static const char *array_of(const char *const *hashes, size_t count, struct gd_arena *arena)
{
    static const char digits[] = "0123456789abcdef";
    char *out = gd_arena_alloc(arena, count * 65 + 3), *at = out;
    *at++ = '{';
    for (size_t i = 0; i < count; i++) {
        if (strspn(hashes[i], digits) != 64 || hashes[i][64] != '\0')
            continue;
        if (at > out + 1)
            *at++ = ',';
        memcpy(at, hashes[i], 64);
        at += 64;
    }
    *at++ = '}';
    *at = '\0';
    return out;
}

static const char *copy(const struct gd_pg_rows *rows, size_t row, size_t column,
                        struct gd_arena *arena)
{
    const char *cell = gd_pg_cell(rows, row, column);
    return cell == NULL ? "" : gd_arena_strdup(arena, cell);
}

static void split_folder(const char *folder, struct gd_ledger_file *file, struct gd_arena *arena)
{
    const char *place = strstr(folder, at_place);
    file->folder =
        place == NULL ? folder : gd_arena_strndup(arena, folder, (size_t)(place - folder));
    file->place = place == NULL ? "" : place + sizeof at_place - 1;
}

struct gd_status gd_ledger_files(struct gd_pg *pg, const struct gd_ledger *ledger,
                                 const char *const *hashes, size_t hash_count,
                                 struct gd_arena *arena, struct gd_ledger_file **out_files,
                                 size_t *out_count, struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    *out_files = NULL;
    *out_count = 0;
    if (!ledger->there)
        return GD_DONE;
    const char *values[] = {hashes == NULL ? NULL : array_of(hashes, hash_count, arena)};
    struct gd_pg_call call = {
        .what = "read which files were applied",
        .sql = "SELECT sha256, path, folder, change, stamp, "
               "(EXTRACT(epoch FROM at) OPERATOR(pg_catalog.*) 1000000)::pg_catalog.int8, "
               "rerun_safe FROM guardian.files WHERE rolled_back_by IS NULL AND "
               "($1::pg_catalog.text[] IS NULL OR sha256 OPERATOR(pg_catalog.=) ANY ($1)) ORDER BY "
               "at, change, "
               "path",
        .values = values,
        .value_count = 1,
    };
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    size_t count = gd_pg_rows_count(rows);
    struct gd_ledger_file *files = gd_arena_zalloc(arena, count, sizeof *files);
    for (size_t i = 0; i < count; i++) {
        files[i] = (struct gd_ledger_file){.sha256 = copy(rows, i, 0, arena),
                                           .path = copy(rows, i, 1, arena),
                                           .change = copy(rows, i, 3, arena),
                                           .stamp = copy(rows, i, 4, arena),
                                           .at_us = gd_pg_int(rows, i, 5),
                                           .rerun_safe = gd_pg_bool(rows, i, 6)};
        split_folder(copy(rows, i, 2, arena), &files[i], arena);
    }
    *out_files = files;
    *out_count = count;
    return GD_DONE;
}

size_t gd_ledger_files_at(struct gd_ledger_file *files, size_t count, const char *place)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (strcmp(files[i].place, place) == 0)
            files[kept++] = files[i];
    return kept;
}

struct gd_status gd_ledger_steps(struct gd_pg *pg, const struct gd_ledger *ledger,
                                 const char *change, struct gd_arena *arena,
                                 struct gd_ledger_step **out_steps, size_t *out_count,
                                 struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    *out_steps = NULL;
    *out_count = 0;
    if (!ledger->there)
        return GD_DONE;
    struct gd_pg_call call = {
        .what = "read which steps are in",
        .sql = "SELECT step, hash, state, xid FROM guardian.steps WHERE change "
               "OPERATOR(pg_catalog.=) $1 ORDER BY step",
        .values = &change,
        .value_count = 1,
    };
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    size_t count = gd_pg_rows_count(rows);
    struct gd_ledger_step *steps = gd_arena_zalloc(arena, count, sizeof *steps);
    for (size_t i = 0; i < count; i++)
        steps[i] = (struct gd_ledger_step){.step = (uint32_t)gd_pg_int(rows, i, 0),
                                           .hash = copy(rows, i, 1, arena),
                                           .state = copy(rows, i, 2, arena),
                                           .xid = copy(rows, i, 3, arena)};
    *out_steps = steps;
    *out_count = count;
    return GD_DONE;
}

struct gd_status gd_ledger_unended(struct gd_pg *pg, const struct gd_ledger *ledger,
                                   bool *out_unended, struct gd_error *err)
{
    struct gd_pg_call call = {
        .what = "look for changes that did not end",
        .sql = "SELECT EXISTS (SELECT FROM guardian.changes WHERE ended IS NULL) OR EXISTS (SELECT "
               "FROM guardian.steps s WHERE s.state OPERATOR(pg_catalog.=) ANY "
               "(ARRAY['in', 'begun']) AND NOT EXISTS (SELECT FROM guardian.changes c WHERE "
               "c.change OPERATOR(pg_catalog.=) s.change))"};
    gd_auto_pg_rows rows = NULL;
    *out_unended = false;
    if (!ledger->there)
        return GD_DONE;
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    *out_unended = gd_pg_bool(rows, 0, 0);
    return GD_DONE;
}

struct gd_status gd_ledger_steps_left(struct gd_pg *pg, const struct gd_ledger *ledger,
                                      const char *const *hashes, size_t hash_count,
                                      struct gd_arena *arena, struct gd_ledger_step **out_steps,
                                      size_t *out_count, struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    *out_steps = NULL;
    *out_count = 0;
    if (!ledger->there || hash_count == 0)
        return GD_DONE;
    const char *values[] = {array_of(hashes, hash_count, arena)};
    struct gd_pg_call call = {
        .what = "read which steps are in",
        .sql = "SELECT s.hash, s.change FROM guardian.steps s WHERE "
               "s.state OPERATOR(pg_catalog.=) 'in' AND s.hash OPERATOR(pg_catalog.=) ANY "
               "($1::pg_catalog.text[]) AND NOT EXISTS (SELECT FROM guardian.changes c WHERE "
               "c.change OPERATOR(pg_catalog.=) s.change AND c.outcome OPERATOR(pg_catalog.<>) "
               "'partial') ORDER BY s.at",
        .values = values,
        .value_count = 1,
    };
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    size_t count = gd_pg_rows_count(rows);
    struct gd_ledger_step *steps = gd_arena_zalloc(arena, count + 1, sizeof *steps);
    for (size_t i = 0; i < count; i++)
        steps[i] = (struct gd_ledger_step){
            .hash = copy(rows, i, 0, arena), .state = copy(rows, i, 1, arena), .xid = ""};
    *out_steps = steps;
    *out_count = count;
    return GD_DONE;
}

/* A row that the step wrote itself stays as it is: whose it is can be read from it. */
static const char *step_in_sql(const struct gd_ledger *ledger, const char *change,
                               const struct gd_story_step *step, struct gd_arena *arena)
{
    const char *xid = step->xid == NULL || *step->xid == '\0'
                          ? "NULL"
                          : gd_arena_printf(arena, "%s::pg_catalog.xid8", Q(step->xid));
    return gd_arena_printf(
        arena,
        "INSERT INTO guardian.steps AS s (change, step, hash, state, xid, at) VALUES (%s, %u, %s, "
        "'in', %s, pg_catalog.clock_timestamp()) ON CONFLICT (change, step) DO UPDATE SET hash = "
        "EXCLUDED.hash, state = 'in', xid = EXCLUDED.xid, at = EXCLUDED.at WHERE s.state "
        "OPERATOR(pg_catalog.<>) 'in' OR s.hash OPERATOR(pg_catalog.<>) EXCLUDED.hash",
        Q(change), step->number, Q(step->hash), xid);
}

struct gd_status gd_ledger_tell_part(struct gd_pg *pg, const struct gd_ledger *ledger,
                                     const struct gd_story *story, size_t skip,
                                     struct gd_arena *arena, struct gd_error *err)
{
    for (size_t i = skip; i < story->step_count; i++) {
        const struct gd_story_step *step = &story->steps[i];
        if (step->state == GD_STEP_IN)
            GD_TRY(gd_pg_command(pg, "note a step that is in",
                                 step_in_sql(ledger, story->change, step, arena), err));
    }
    GD_TRY(gd_pg_command(pg, "note that steps are not in",
                         gd_ledger_not_in_sql(ledger, story->change, arena), err));
    return gd_pg_command(pg, "note how a change ended", gd_ledger_change_sql(ledger, story, arena),
                         err);
}
