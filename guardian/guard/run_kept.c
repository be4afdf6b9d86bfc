/*
 * Run, what its backups hold. There may be several, each taken before the first loss of what it
 * holds: of a table the rows in the oldest one that has it are those of before.
 *
 * Invariant  A backup that counts is never taken back: rows that went are in no later one.
 */
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/guard/run_own.h"

/* ---- which one holds a table ---- */

static const struct gd_relation *relation_of(const struct gd_survey *survey, const char *qualified)
{
    for (size_t i = 0; survey != NULL && i < survey->relation_count; i++)
        if (strcmp(survey->relations[i].qualified, qualified) == 0)
            return &survey->relations[i];
    return NULL;
}

static bool has_oid(const struct gd_manifest *manifest, uint32_t oid)
{
    for (size_t i = 0; i < manifest->table_count; i++)
        if (manifest->tables[i].oid == oid)
            return true;
    return false;
}

static bool was_wanted(const struct gd_manifest *manifest, const char *table)
{
    for (size_t i = 0; i < manifest->wanted_count; i++)
        if (strcmp(manifest->wanted[i], table) == 0)
            return true;
    return false;
}

/* All that is there is in a point in time; but only those tables count of which it is known that
 * they were meant when nobody wrote. Of others it is cheaper to make another one than to count. */
static bool point_has_table(const struct gd_run *run, const struct gd_protection *point,
                            const char *table, const struct gd_relation *relation)
{
    if (point->holds.tables.count == 0)
        return true;
    if (!gd_texts_has(&point->holds.tables, table))
        return false;
    if (relation == NULL || relation->kind != 'r' ||
        gd_map_get(&run->old, relation->oid) == GD_MAP_NONE)
        return true;
    for (size_t i = 0; i < point->oid_count; i++)
        if (point->oids[i] == relation->oid)
            return true;
    return false;
}

/* By its name, and by its oid where it has rows and was there before: the run may have given the
 * name of what was backed up to something else. */
static bool has_table(const struct gd_run *run, const struct gd_protection *protection,
                      const char *table, const struct gd_survey *survey)
{
    const struct gd_relation *relation = relation_of(survey, table);
    const struct gd_manifest *manifest = protection->manifest;
    if (protection->cover != NULL)
        return point_has_table(run, protection, table, relation);
    if (manifest->scope == GD_SNAPSHOT_SCHEMA ||
        (manifest->scope == GD_SNAPSHOT_TABLES && !was_wanted(manifest, table)))
        return false;
    return relation == NULL || relation->kind != 'r' ||
           gd_map_get(&run->old, relation->oid) == GD_MAP_NONE || has_oid(manifest, relation->oid);
}

static struct gd_protection *holder_of(const struct gd_run *run, const char *table,
                                       const struct gd_survey *survey)
{
    for (size_t i = 0; i < run->kept_count; i++)
        if (has_table(run, run->kept[i], table, survey))
            return run->kept[i];
    return NULL;
}

static bool is_schema(const struct gd_protection *protection)
{
    return protection->cover == NULL && protection->manifest->scope == GD_SNAPSHOT_SCHEMA;
}

static bool is_database(const struct gd_protection *protection)
{
    return protection->cover == NULL ? protection->manifest->scope == GD_SNAPSHOT_DATABASE
                                     : protection->holds.tables.count == 0;
}

static struct gd_protection *whole(const struct gd_run *run)
{
    for (size_t i = 0; i < run->kept_count; i++)
        if (is_database(run->kept[i]))
            return run->kept[i];
    return NULL;
}

/* Points in time stand for what they were made for, table by table. */
static bool by_points(const struct gd_run *run)
{
    for (size_t i = 0; i < run->kept_count; i++)
        if (run->kept[i]->cover != NULL)
            return true;
    return false;
}

/* ---- what is missing ---- */

static bool names_tables(const struct gd_run *run, const struct gd_backup *backup)
{
    bool by_name = backup->scope == GD_SCOPE_TABLES ||
                   (backup->scope == GD_SCOPE_DATABASE && whole(run) == NULL && by_points(run));
    return by_name && backup->tables.count > 0;
}

bool gd_run_missing(const struct gd_run *run, const struct gd_backup *backup,
                    const struct gd_survey *survey, struct gd_arena *arena,
                    struct gd_backup *out_missing)
{
    *out_missing = *backup;
    if (backup->scope == GD_SCOPE_NONE)
        return false;
    if (backup->scope == GD_SCOPE_SCHEMA)
        return run->kept_count == 0;
    if (!names_tables(run, backup))
        return whole(run) == NULL;
    out_missing->tables = (struct gd_texts){0};
    for (size_t i = 0; i < backup->tables.count; i++)
        if (holder_of(run, backup->tables.items[i], survey) == NULL)
            gd_texts_add(&out_missing->tables, backup->tables.items[i], arena);
    return out_missing->tables.count > 0;
}

/* ---- is it proven as the policy wants it now? ---- */

GD_MUST static struct gd_status prove_again(struct gd_run *run, const struct gd_decision *decision,
                                            struct gd_protection *protection, struct gd_error *err)
{
    struct gd_protect_options options = gd_run_protect_options(run, decision);
    if (protection == NULL || gd_proof_kind(protection->proof) >= decision->backup.proof)
        return GD_DONE;
    double before = protection->proof_seconds;
    GD_TRY(gd_protect_prove(&options, run->arena, protection, err));
    run->story->proof_seconds += protection->proof_seconds;
    protection->proof_seconds += before;
    return gd_run_tell_kept(run, err);
}

struct gd_status gd_run_strengthen(struct gd_run *run, const struct gd_decision *decision,
                                   const struct gd_survey *survey, struct gd_error *err)
{
    const struct gd_backup *backup = &decision->backup;
    if (backup->scope == GD_SCOPE_NONE)
        return GD_DONE;
    if (backup->scope == GD_SCOPE_SCHEMA)
        return prove_again(run, decision, run->kept[0], err);
    if (!names_tables(run, backup))
        return prove_again(run, decision, whole(run), err);
    for (size_t i = 0; i < backup->tables.count; i++)
        GD_TRY(prove_again(run, decision, holder_of(run, backup->tables.items[i], survey), err));
    return GD_DONE;
}

struct gd_status gd_run_permit(struct gd_run *run, const struct gd_decision *decision,
                               const struct gd_permit **out_permit, struct gd_error *err)
{
    struct gd_permit_ground *grounds =
        gd_arena_zalloc(run->arena, run->kept_count + 1, sizeof *grounds);
    for (size_t i = 0; i < run->kept_count; i++)
        grounds[i] = (struct gd_permit_ground){.manifest = run->kept[i]->manifest,
                                               .change = run->change_id,
                                               .proof = run->kept[i]->proof};
    return gd_permit_proven_by(decision, grounds, run->kept_count, run->arena, out_permit, err);
}

/* ---- one more ---- */

/* Is anything in that a rollback would ask for? A tool's lock is nothing of that kind. */
static bool some_is_in(const struct gd_run *run)
{
    const struct gd_story *story = run->story;
    for (size_t i = 0; i < story->step_count; i++)
        if (story->steps[i].state != GD_STEP_NOT_IN &&
            gd_map_get(&run->locks, story->steps[i].number) == GD_MAP_NONE)
            return true;
    return false;
}

/* All that the earlier ones hold is in the new one, too. */
static bool replaces(const struct gd_run *run, const struct gd_protection *newest)
{
    for (size_t i = 0; i < run->kept_count; i++)
        if (!is_schema(run->kept[i]) && !is_database(newest))
            return false;
    return true;
}

/* Nothing of the run was in when the new one was made: then it is as good as the first. */
void gd_run_keep(struct gd_run *run, struct gd_protection *protection)
{
    if (!some_is_in(run) && replaces(run, protection))
        run->kept_count = 0;
    struct gd_protection **kept = gd_arena_zalloc(run->arena, run->kept_count + 1, sizeof *kept);
    if (run->kept_count > 0)
        memcpy(kept, run->kept, run->kept_count * sizeof *kept);
    kept[run->kept_count++] = protection;
    run->kept = kept;
    run->story->backup_seconds += protection->take_seconds;
    run->story->proof_seconds += protection->proof_seconds;
}

/* Made ahead, while others wrote: before anything of the run is in, one that nobody writes behind
 * is as quickly made, and leaves nothing to be counted. */
void gd_run_let_go_of_loose(struct gd_run *run)
{
    size_t count = 0;
    if (some_is_in(run))
        return;
    for (size_t i = 0; i < run->kept_count; i++)
        if (run->kept[i]->cover == NULL || run->kept[i]->sealed)
            run->kept[count++] = run->kept[i];
    run->kept_count = count;
}

/* The weakest of them is what the run can rely on. */
static void tell_strength(struct gd_run *run)
{
    struct gd_story *story = run->story;
    story->sealed = run->kept[run->kept_count - 1]->sealed;
    story->proof = GD_PROOF_DRILL;
    for (size_t i = 0; i < run->kept_count; i++) {
        const struct gd_protection *one = run->kept[i];
        enum gd_proof_kind kind = gd_proof_kind(one->proof);
        story->proof = kind < story->proof ? kind : story->proof;
        if (!is_schema(one))
            story->sealed &= one->sealed;
    }
}

static void tell_ids(struct gd_run *run)
{
    struct gd_story *story = run->story;
    struct gd_texts ids = {0};
    story->points = gd_arena_zalloc(run->arena, run->kept_count, sizeof *story->points);
    story->point_count = 0;
    for (size_t i = 0; i < run->kept_count; i++) {
        if (run->kept[i]->cover == NULL) {
            gd_texts_add(&ids, run->kept[i]->manifest->id, run->arena);
            continue;
        }
        struct gd_story_point *point = &story->points[story->point_count++];
        *point = gd_protect_told(run->kept[i], run->arena);
        point->behind = (uint32_t)ids.count;
    }
    story->snapshot = ids.count == 0 ? "" : ids.items[ids.count - 1];
    story->schema_snapshot = ids.count > 1 ? ids.items[0] : "";
    story->snapshots = ids.count > 1 ? ids : (struct gd_texts){0};
}

struct gd_status gd_run_tell_kept(struct gd_run *run, struct gd_error *err)
{
    struct gd_story *story = run->story;
    tell_ids(run);
    tell_strength(run);
    run->outcome->seconds[GD_PHASE_BACKUP] = story->backup_seconds;
    run->outcome->seconds[GD_PHASE_PROOF] = story->proof_seconds;
    GD_TRY(gd_run_record(run, GD_RECORD_PROTECTED, err));
    GD_TRY(gd_fault("run: another backup is on record, and not its proof", err));
    return gd_run_record(run, GD_RECORD_PROVEN, err);
}

/* ---- what others wrote since ---- */

/* Of the run's own tables nobody can tell what others wrote there. */
static bool counts(const struct gd_run *run, const struct gd_protection *protection,
                   const char *table, const struct gd_survey *survey)
{
    return !gd_texts_has(&run->written, table) && holder_of(run, table, survey) == protection;
}

void gd_run_to_count(const struct gd_run *run, const struct gd_run_look *look,
                     const struct gd_protection *protection, struct gd_backup *out_backup)
{
    const struct gd_report *report = look->change.report;
    *out_backup = look->decision->backup;
    out_backup->tables = (struct gd_texts){0};
    for (size_t f = 0; f < report->file_count; f++)
        for (size_t t = 0; t < report->files[f]->tables.count; t++)
            if (counts(run, protection, report->files[f]->tables.items[t], look->change.survey))
                gd_texts_add(&out_backup->tables, report->files[f]->tables.items[t], look->arena);
}
