/*
 * Statements that cannot run inside a transaction block: they commit by themselves, some of them
 * more than once on their way, and what fails half way is not rolled back.
 *
 * A concurrent index build that fails leaves an index that is invalid: it is found and dropped, or
 * named. One from an earlier try would make IF NOT EXISTS skip the build without a word: it is
 * dropped first, unless somebody is building it right now.
 */
#include <stdio.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/guard/apply_own.h"
#include "guardian/guard/recover_catalogue.h"
#include "guardian/pg/copy.h"
#include "guardian/sql/parse.h"

enum { PATIENT_LOCK_MS = 1800000, CLEAN_UP_LOCK_MS = 30000 };

/* What a statement says of the index that it makes. */
struct build {
    struct gd_arena *arena;
    const char *sql;
    size_t size;
    bool creates, reindexes, detaches;
    const char *index; /* "" when the server names it */
    const char *table; /* as regclass reads it; "" for REINDEX */
    const char *part;  /* of DETACH PARTITION, as regclass reads it */
    bool if_not_exists;
};

/* An index that is there and cannot be used. */
struct invalid {
    const char *oid, *name; /* qualified, quoted */
    const char *bare;       /* its name alone */
    bool on_table;          /* of the build */
    bool being_built;       /* by another session */
};

struct invalids {
    struct invalid *items;
    size_t count;
};

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

static const char *of_relation(const struct gd_node *relation, struct gd_arena *arena)
{
    const char *schema = gd_node_text(relation, GD_F_schemaname);
    return gd_arena_printf(arena, "%s%s%s", *schema == '\0' ? "" : quoted(schema, arena),
                           *schema == '\0' ? "" : ".",
                           quoted(gd_node_text(relation, GD_F_relname), arena));
}

static void read_index(struct build *build, const struct gd_node *tree)
{
    build->creates = gd_node_flag(tree, GD_F_concurrent);
    build->index = gd_arena_strdup(build->arena, gd_node_text(tree, GD_F_idxname));
    build->if_not_exists = gd_node_flag(tree, GD_F_if_not_exists);
    build->table = of_relation(gd_node_child(tree, GD_F_relation), build->arena);
}

static void read_detach(struct build *build, const struct gd_node *tree)
{
    const struct gd_node *cmd = gd_node_at(tree, GD_F_cmds, 0);
    if (!gd_node_enum_is(cmd, GD_F_subtype, "AT_DetachPartition"))
        return;
    build->detaches = true;
    build->table = of_relation(gd_node_child(tree, GD_F_relation), build->arena);
    build->part = of_relation(gd_node_child(gd_node_child(cmd, GD_F_def), GD_F_name), build->arena);
}

static struct gd_status read_build(void *context, struct gd_error *err)
{
    (void)err;
    struct build *build = context;
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    build->index = build->table = "";
    if (!gd_parse(build->sql, build->size, build->arena, &parsed, &refusal) || parsed.count != 1)
        return GD_DONE;
    switch (gd_node_kind(parsed.statements[0])) {
    case GD_KIND_IndexStmt:
        read_index(build, parsed.statements[0]);
        break;
    case GD_KIND_ReindexStmt:
        build->reindexes = true;
        break;
    case GD_KIND_AlterTableStmt:
        read_detach(build, parsed.statements[0]);
        break;
    default:
        break;
    }
    return GD_DONE;
}

/* ---- invalid indexes ---- */

static const char invalid_sql[] =
    "SELECT i.indexrelid::text, pg_catalog.format('%I.%I', n.nspname, c.relname), c.relname,"
    " i.indrelid = pg_catalog.to_regclass($1), EXISTS (SELECT 1 FROM"
    " pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid"
    " AND p.pid <> pg_catalog.pg_backend_pid())"
    " FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE NOT i.indisvalid AND c.relkind = 'i' ORDER BY i.indexrelid LIMIT 1000";

GD_MUST static struct gd_status look_for_invalid(struct gd_applier *applier,
                                                 const struct build *build,
                                                 struct invalids *out_found, struct gd_error *err)
{
    const char *const values[] = {*build->table == '\0' ? NULL : build->table};
    struct gd_pg_call call = {
        .what = "look for invalid indexes", .sql = invalid_sql, .values = values, .value_count = 1};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(applier->pg, &call, &rows, err));
    out_found->count = gd_pg_rows_count(rows);
    out_found->items =
        gd_arena_zalloc(applier->arena, out_found->count + 1, sizeof *out_found->items);
    for (size_t i = 0; i < out_found->count; i++)
        out_found->items[i] = (struct invalid){
            .oid = gd_arena_strdup(applier->arena, gd_pg_cell(rows, i, 0)),
            .name = gd_arena_strdup(applier->arena, gd_pg_cell(rows, i, 1)),
            .bare = gd_arena_strdup(applier->arena, gd_pg_cell(rows, i, 2)),
            .on_table = gd_pg_bool(rows, i, 3),
            .being_built = gd_pg_bool(rows, i, 4),
        };
    return GD_DONE;
}

static bool was_there(const struct invalids *before, const struct invalid *index)
{
    for (size_t i = 0; i < before->count; i++)
        if (strcmp(before->items[i].oid, index->oid) == 0)
            return true;
    return false;
}

GD_MUST static struct gd_status set_lock_limit(struct gd_applier *applier, uint32_t lock_ms,
                                               struct gd_error *err)
{
    struct gd_pg_call call = {
        .what = "set a limit",
        .sql = gd_arena_printf(applier->arena, "SET lock_timeout = %u", lock_ms)};
    return gd_pg_run(applier->pg, &call, NULL, err);
}

/* A concurrent build waits for the transactions of others without standing in their way. */
static uint32_t patience(const struct gd_applier *applier)
{
    uint32_t total_ms = applier->options.total_ms;
    return total_ms != 0 ? total_ms : PATIENT_LOCK_MS;
}

GD_MUST static struct gd_status drop(struct gd_applier *applier, const struct invalid *index,
                                     struct gd_error *err)
{
    const char *sql =
        gd_arena_printf(applier->arena, "DROP INDEX CONCURRENTLY IF EXISTS %s", index->name);
    return gd_apply_send_own_ddl(applier, "drop an invalid index", sql, err);
}

/* The same name on the same table, and it cannot be used: an earlier try. */
GD_MUST static struct gd_status drop_earlier(struct gd_applier *applier, const struct build *build,
                                             const struct invalids *before, struct gd_error *err)
{
    for (size_t i = 0; build->creates && i < before->count; i++) {
        const struct invalid *index = &before->items[i];
        if (!index->on_table || strcmp(index->bare, build->index) != 0)
            continue;
        if (index->being_built)
            return gd_fail(err, GD_BUSY, "index %s is being built by another session", index->name);
        gd_tell_note(applier->options.events,
                     "index %s is invalid, left by an earlier try: it is dropped and built again",
                     index->name);
        GD_TRY(drop(applier, index, err));
    }
    return GD_DONE;
}

static bool is_ours(const struct build *build, const struct invalids *before,
                    const struct invalid *index)
{
    if (was_there(before, index) || index->being_built)
        return false;
    if (build->reindexes)
        return strstr(index->bare, "_ccnew") != NULL || strstr(index->bare, "_ccold") != NULL;
    if (!build->creates || !index->on_table)
        return false;
    return *build->index == '\0' || strcmp(index->bare, build->index) == 0;
}

/* @return false when something of it stays behind */
static bool clean_up(struct gd_applier *applier, const struct build *build,
                     const struct invalids *before)
{
    struct gd_error why = {0};
    struct invalids after = {0};
    bool clean = look_for_invalid(applier, build, &after, &why).code == GD_OK &&
                 set_lock_limit(applier, CLEAN_UP_LOCK_MS, &why).code == GD_OK;
    for (size_t i = 0; i < after.count; i++) {
        const struct invalid *index = &after.items[i];
        if (!is_ours(build, before, index))
            continue;
        why = (struct gd_error){0};
        if (drop(applier, index, &why).code == GD_OK) {
            gd_tell_note(applier->options.events,
                         "index %s was left invalid by the failure: it is dropped", index->name);
            continue;
        }
        clean = false;
        gd_tell_warning(applier->options.events,
                        "Drop it with DROP INDEX CONCURRENTLY before the next try.",
                        "index %s is invalid and could not be dropped: %s", index->name, why.text);
    }
    return clean;
}

/* ---- rows of its own ---- */

GD_MUST static struct gd_status note_state(struct gd_applier *applier,
                                           const struct gd_apply_step *step, const char *state,
                                           struct gd_error *err)
{
    for (;;) {
        struct gd_pg_call calls[8] = {{.what = "begin", .sql = "BEGIN"}};
        size_t count = 1 + gd_apply_row_calls(applier, step, state, calls + 1);
        if (count == 1)
            return GD_DONE;
        calls[count++] = (struct gd_pg_call){.what = "commit", .sql = "COMMIT"};
        struct gd_error failure = {0}, ignored = {0};
        struct gd_status status = gd_pg_batch(applier->pg, calls, count, NULL, NULL, &failure);
        if (status.code == GD_OK)
            return status;
        bool again = gd_apply_row_fallback(applier, step, calls, count);
        struct gd_status undone =
            gd_apply_send_own(applier, "roll back", "ROLLBACK", NULL, &ignored);
        if (!again || undone.code != GD_OK) {
            *err = failure;
            return status;
        }
    }
}

/* ---- the try ---- */

static bool is_patient(const struct gd_apply_step *step)
{
    size_t first, end;
    gd_apply_range(step->text, step->step->statements[0], &first, &end);
    return (step->text->stmts[first].flags & GD_APPLY_CONCURRENT) != 0;
}

static struct build build_of(const struct gd_applier *applier, const struct gd_apply_step *step)
{
    size_t first, end;
    gd_apply_range(step->text, step->step->statements[0], &first, &end);
    const struct gd_apply_stmt *stmt = &step->text->stmts[first];
    return (struct build){
        .arena = applier->arena,
        .sql = gd_arena_strndup(applier->arena, step->text->file->text + stmt->offset, stmt->size),
        .size = stmt->size,
    };
}

static enum gd_step_state look_it_up(struct gd_applier *applier, const struct gd_apply_step *step,
                                     const struct build *build)
{
    struct gd_story_step whole = *step->story;
    whole.sql = build->sql; /* what is told of it may be cut, or left out */
    struct gd_error ignored = {0};
    enum gd_step_state state = GD_STEP_UNKNOWN;
    const char *note = "";
    struct gd_status status =
        gd_recover_ask_catalogue(applier->pg, &whole, applier->arena, &state, &note, &ignored);
    if (status.code == GD_OK && *note != '\0')
        gd_tell_note(applier->options.events, "%s", note);
    return status.code == GD_OK ? state : GD_STEP_UNKNOWN;
}

/* The connection went away in the middle: what is there now? */
GD_MUST static struct gd_status after_loss(struct gd_applier *applier,
                                           const struct gd_apply_step *step,
                                           const struct build *build, const struct invalids *before,
                                           struct gd_error *err)
{
    struct gd_error lost = *err;
    const char *why = "what it does cannot be looked up";
    const char *path = step->text->file->file->path;
    enum gd_step_state state = step->class == GD_CLASS_NONE ? GD_STEP_NOT_IN : GD_STEP_UNKNOWN;
    if (state == GD_STEP_UNKNOWN && gd_apply_come_back(applier, &why)) {
        if (build->creates && !clean_up(applier, build, before))
            applier->something_in = true;
        else
            state = look_it_up(applier, step, build);
    }
    if (state == GD_STEP_IN) {
        *err = (struct gd_error){0};
        return GD_DONE;
    }
    if (state == GD_STEP_NOT_IN)
        return gd_fail(err, GD_FAILED, "%s:%u: %s", path, step->story->line, lost.text);
    step->story->state = GD_STEP_UNKNOWN;
    applier->options.story->unsettled = true;
    return gd_hint(err,
                   gd_fail(err, GD_PARTIAL,
                           "nobody can tell whether step %u (%s:%u) is in: the connection was lost "
                           "while it ran, and %s",
                           step->step->number, path, step->story->line, why),
                   "Look at what it changes, and run the rest when that is right.");
}

/* An earlier try was cut off between the two transactions of DETACH … CONCURRENTLY: the server
 * takes no second one, and wants the rest of the first. */
GD_MUST static struct gd_status finish_earlier(struct gd_applier *applier,
                                               const struct build *build, bool *out_finished,
                                               struct gd_error *err)
{
    const char *const values[] = {build->table, build->part};
    struct gd_pg_call call = {
        .what = "look for a partition that is half detached",
        .sql = "SELECT pg_catalog.format('ALTER TABLE %s DETACH PARTITION %s FINALIZE', "
               "inhparent::pg_catalog.regclass, inhrelid::pg_catalog.regclass) FROM "
               "pg_catalog.pg_inherits WHERE inhparent = pg_catalog.to_regclass($1) AND inhrelid = "
               "pg_catalog.to_regclass($2) AND inhdetachpending",
        .values = values,
        .value_count = 2,
    };
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(applier->pg, &call, &rows, err));
    *out_finished = gd_pg_rows_count(rows) > 0;
    if (!*out_finished)
        return GD_DONE;
    gd_tell_note(applier->options.events,
                 "partition %s was half detached by an earlier try: it is finished", build->part);
    return gd_apply_send_own_ddl(applier, "finish detaching a partition", gd_pg_cell(rows, 0, 0),
                                 err);
}

GD_MUST static struct gd_status try_once(struct gd_applier *applier,
                                         const struct gd_apply_step *step,
                                         const struct build *build, struct gd_error *err)
{
    bool indexes = build->creates || build->reindexes;
    struct invalids before = {0};
    if (indexes)
        GD_TRY(look_for_invalid(applier, build, &before, err));
    GD_TRY(drop_earlier(applier, build, &before, err));
    GD_TRY(gd_apply_still_ours(applier, err));
    bool finished = false;
    if (build->detaches)
        GD_TRY(finish_earlier(applier, build, &finished, err));
    if (finished)
        return GD_DONE;
    struct gd_status status =
        gd_apply_send_some(applier, step, 0, step->step->statement_count, err);
    if (status.code == GD_OK)
        return status;
    if (gd_pg_broken(applier->pg))
        return after_loss(applier, step, build, &before, err);
    if (gd_pg_state(applier->pg) != GD_PG_OUTSIDE) {
        struct gd_error ignored = {0};
        struct gd_status undone =
            gd_apply_send_own(applier, "roll back", "ROLLBACK", NULL, &ignored);
        (void)undone.code;
    }
    if (indexes && !clean_up(applier, build, &before))
        applier->something_in = true;
    return status;
}

GD_MUST static struct gd_status try_all(struct gd_applier *applier,
                                        const struct gd_apply_step *step, const struct build *build,
                                        struct gd_error *err)
{
    for (uint32_t tries = 1;; tries++) {
        struct gd_error failure = {0};
        applier->not_repeatable = false;
        struct gd_status status = try_once(applier, step, build, &failure);
        if (status.code == GD_OK)
            return status;
        bool again = status.code == GD_BUSY && !applier->not_repeatable &&
                     !gd_pg_broken(applier->pg) && tries <= applier->options.lock_retries;
        if (!again) {
            *err = failure;
            return status;
        }
        gd_tell_note(applier->options.events, "trying again (%u of %u): %s", tries,
                     applier->options.lock_retries, failure.text);
        gd_apply_back_off(applier, tries);
        GD_TRY(gd_interrupt_check(err));
    }
}

/* The statement ran: what is written now is for the next guardian that looks. */
GD_MUST static struct gd_status finish(struct gd_applier *applier, const struct gd_apply_step *step,
                                       struct gd_error *err)
{
    struct gd_error ignored = {0};
    applier->something_in = applier->something_in || step->class != GD_CLASS_NONE;
    step->story->state = GD_STEP_IN;
    GD_TRY(gd_fault("apply: after a statement that runs alone", err));
    struct gd_status noted = note_state(applier, step, "in", &ignored);
    if (noted.code != GD_OK)
        gd_tell_warning(applier->options.events, NULL, "step %u is in, but %s", step->step->number,
                        ignored.text);
    return GD_DONE;
}

/* Whoever looks the statement up after a crash reads its names as this session does. */
GD_MUST static struct gd_status note_search_path(struct gd_applier *applier,
                                                 const struct gd_apply_step *step,
                                                 struct gd_error *err)
{
    struct gd_pg_call call = {.what = "read the search path",
                              .sql = "SELECT COALESCE(NULLIF(pg_catalog.current_setting("
                                     "'search_path'), ''), '\"\"')"};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(applier->pg, &call, &rows, err));
    step->story->search_path = gd_arena_strdup(applier->arena, gd_pg_cell(rows, 0, 0));
    return GD_DONE;
}

struct gd_status gd_apply_alone(struct gd_applier *applier, const struct gd_apply_step *step,
                                struct gd_error *err)
{
    struct build build = build_of(applier, step);
    GD_TRY(gd_deep_call(read_build, &build, err));
    GD_TRY(note_state(applier, step, "begun", err));
    if (step->class != GD_CLASS_NONE) {
        GD_TRY(note_search_path(applier, step, err));
        GD_TRY(gd_apply_record(applier, err));
    }
    bool patient = is_patient(step);
    if (patient)
        GD_TRY(set_lock_limit(applier, patience(applier), err));
    struct gd_status status = try_all(applier, step, &build, err);
    if (patient && !gd_pg_broken(applier->pg)) {
        struct gd_error ignored = {0};
        if (set_lock_limit(applier, applier->options.lock_ms, &ignored).code != GD_OK &&
            status.code == GD_OK)
            gd_tell_warning(applier->options.events, NULL, "%s", ignored.text);
    }
    return status.code == GD_OK ? finish(applier, step, err) : status;
}
