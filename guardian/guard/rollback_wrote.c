/*
 * Rollback, what the change wrote: as its own transactions counted it at their end, and what its
 * texts say of tables that have others below them.
 *
 * The counts see what no text tells: triggers, functions, dynamic SQL, cascades. TRUNCATE is not
 * among them, nor what deferred triggers did at COMMIT.
 *
 * Invariant  A table of which the backup holds no rows gets no task that would need them; what was
 *            updated or deleted there stays, is told, and counts as lost.
 */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "guardian/guard/rollback_own.h"
#include "guardian/pg/copy.h"

/* --- reading ----------------------------------------------------------------------------------*/

static const char ranges_sql[] =
    "SELECT k.kind, (r ->> 0)::bigint, (r ->> 1)::bigint FROM guardian.steps s, (VALUES ('own'), "
    "('unsure')) k (kind), pg_catalog.jsonb_array_elements(pg_catalog.to_jsonb(s) -> 'wrote' -> "
    "k.kind) r WHERE s.change = $1 ORDER BY 2";

GD_MUST static struct gd_status read_ranges(struct gd_back *back, struct gd_error *err)
{
    struct gd_back_writers *writers = &back->rows.writers;
    struct gd_pg_call call = {.what = "read what steps wrote",
                              .sql = ranges_sql,
                              .values = &back->options->change,
                              .value_count = 1};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(back->pg, &call, &rows, err));
    size_t count = gd_pg_rows_count(rows);
    struct gd_back_range *own = gd_arena_zalloc(back->arena, count + 1, sizeof *own);
    struct gd_back_range *unsure = gd_arena_zalloc(back->arena, count + 1, sizeof *unsure);
    for (size_t i = 0; i < count; i++) {
        struct gd_back_range range = {gd_pg_int(rows, i, 1), gd_pg_int(rows, i, 2)};
        if (strcmp(gd_pg_cell(rows, i, 0), "own") == 0)
            own[writers->own_count++] = range;
        else
            unsure[writers->unsure_count++] = range;
    }
    writers->own = own;
    writers->unsure = unsure;
    return GD_DONE;
}

static const char tables_sql[] =
    "SELECT n.nspname, c.relname, pg_catalog.sum((t ->> 'inserted')::bigint)::bigint, "
    "pg_catalog.sum((t ->> 'updated')::bigint)::bigint, pg_catalog.sum((t ->> "
    "'deleted')::bigint)::bigint FROM guardian.steps s, "
    "pg_catalog.jsonb_array_elements(pg_catalog.to_jsonb(s) -> 'wrote' -> 'tables') t JOIN "
    "pg_catalog.pg_class c ON c.oid = (t ->> 'oid')::bigint::oid JOIN pg_catalog.pg_namespace n ON "
    "n.oid = c.relnamespace WHERE s.change = $1 GROUP BY 1, 2 ORDER BY 1, 2";

GD_MUST static struct gd_status read_tables(struct gd_back *back, struct gd_error *err)
{
    struct gd_arena *arena = back->arena;
    struct gd_pg_call call = {.what = "read what steps wrote",
                              .sql = tables_sql,
                              .values = &back->options->change,
                              .value_count = 1};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(back->pg, &call, &rows, err));
    back->wrote_count = gd_pg_rows_count(rows);
    back->wrote = gd_arena_zalloc(arena, back->wrote_count + 1, sizeof *back->wrote);
    for (size_t i = 0; i < back->wrote_count; i++)
        back->wrote[i] =
            (struct gd_back_wrote){.schema = gd_arena_strdup(arena, gd_pg_cell(rows, i, 0)),
                                   .table = gd_arena_strdup(arena, gd_pg_cell(rows, i, 1)),
                                   .inserted = gd_pg_int(rows, i, 2),
                                   .updated = gd_pg_int(rows, i, 3),
                                   .deleted = gd_pg_int(rows, i, 4)};
    return GD_DONE;
}

static bool begins_with_one(const char *text, const char *const *words)
{
    for (; *words != NULL; words++)
        if (strncasecmp(text, *words, strlen(*words)) == 0)
            return true;
    return false;
}

/* Of a run these are definitions outside of a transaction, and the ends of what was put off, which
 * has counted; anything else may be a text that ends its transaction itself. */
static const char *const defines[] = {
    "CREATE", "DROP", "ALTER", "REINDEX", "VACUUM", "CLUSTER", "COMMIT PREPARED", "ROLLBACK", NULL,
};
static const char *const runs_code[] = {"CALL", "DO", NULL};

/* Steps outside of a transaction have no count, and write no rows, unless they run code. */
static bool writes_rows(const struct gd_story *story, const struct gd_story_step *step)
{
    if (step->state != GD_STEP_IN && step->state != GD_STEP_UNKNOWN)
        return false;
    if (strcmp(step->kind, "transaction") == 0 || begins_with_one(step->text, runs_code))
        return true;
    return story->kind == GD_STORY_RUN && strcmp(step->kind, "alone") == 0 &&
           (step->statements != 1 || !begins_with_one(step->text, defines));
}

/* A run counts once for each transaction. */
static bool is_counted_by(const struct gd_story *story, const struct gd_story_step *step,
                          int64_t number)
{
    if (number == step->number)
        return true;
    return story->kind == GD_STORY_RUN && *step->xid != '\0' && number > 0 &&
           (size_t)number <= story->step_count &&
           strcmp(story->steps[number - 1].xid, step->xid) == 0;
}

static bool wrote_anything(const struct gd_story *story)
{
    for (size_t i = 0; i < story->step_count; i++)
        if (writes_rows(story, &story->steps[i]))
            return true;
    return false;
}

/* Of which steps is there a record, and is it exact? */
GD_MUST static struct gd_status look_how_well(struct gd_back *back, struct gd_error *err)
{
    struct gd_pg_call call = {.what = "read what steps wrote",
                              .sql = "SELECT s.step, (pg_catalog.to_jsonb(s) -> 'wrote' ->> "
                                     "'exact')::bool FROM guardian.steps s WHERE s.change = $1",
                              .values = &back->options->change,
                              .value_count = 1};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(back->pg, &call, &rows, err));
    back->wrote_known = back->wrote_exact = true;
    for (size_t i = 0; i < back->story->step_count; i++) {
        const struct gd_story_step *step = &back->story->steps[i];
        bool known = !writes_rows(back->story, step),
             ran = !back->story->rows_kept || *step->xid != '\0';
        for (size_t r = 0; r < gd_pg_rows_count(rows); r++) {
            ran |= gd_pg_int(rows, r, 0) == step->number;
            if (!is_counted_by(back->story, step, gd_pg_int(rows, r, 0)) ||
                gd_pg_cell(rows, r, 1) == NULL)
                continue;
            known = true;
            back->wrote_exact &= gd_pg_bool(rows, r, 1);
        }
        back->wrote_known &= known || !ran; /* an earlier change brought it in */
    }
    back->wrote_exact &= back->wrote_known;
    return GD_DONE;
}

struct gd_status gd_back_read_wrote(struct gd_back *back, struct gd_error *err)
{
    if (!back->ledger.there)
        return GD_DONE;
    GD_TRY(read_ranges(back, err));
    GD_TRY(read_tables(back, err));
    return look_how_well(back, err);
}

static const struct gd_back_wrote *wrote_of(const struct gd_back *back, const char *schema,
                                            const char *table)
{
    for (size_t i = 0; i < back->wrote_count; i++)
        if (strcmp(back->wrote[i].schema, schema) == 0 && strcmp(back->wrote[i].table, table) == 0)
            return &back->wrote[i];
    return NULL;
}

/* --- tables below others ----------------------------------------------------------------------*/

static const char below_sql[] =
    "WITH RECURSIVE below (oid) AS (SELECT inhrelid FROM pg_catalog.pg_inherits WHERE inhparent = "
    "$1::regclass UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN below b ON "
    "i.inhparent = b.oid) SELECT n.nspname, c.relname FROM below b JOIN pg_catalog.pg_class c ON "
    "c.oid = b.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' "
    "ORDER BY 1, 2";

static void add_to_child(struct gd_back *back, size_t parent, const char *schema, const char *table)
{
    struct gd_back_written *child = gd_back_written(back, schema, table);
    const struct gd_back_written *from = &back->written[parent]; /* the list may have moved */
    const struct gd_back_item *item = gd_back_find(&back->before, "table", schema, table, NULL);
    bool parted = from->parted;
    child->inserts |= parted && from->inserts;
    child->deletes |= from->deletes || (parted && from->columns.count > 0);
    child->inserts |= parted && from->columns.count > 0; /* an update may move a row */
    child->updates |= from->updates;
    child->emptied |= from->emptied;
    child->blurred |= from->blurred || from->condition_count > 0;
    for (size_t i = 0; item != NULL && i < from->columns.count; i++)
        gd_texts_add(&child->columns, from->columns.items[i], back->arena);
}

/* Where the change counted, only what it counted was written; TRUNCATE is not counted. */
static bool may_be_written(const struct gd_back *back, const struct gd_back_written *parent,
                           const char *schema, const char *table)
{
    return !back->wrote_known || parent->emptied || wrote_of(back, schema, table) != NULL;
}

GD_MUST static struct gd_status spread(struct gd_back *back, size_t at, struct gd_error *err)
{
    const char *schema = back->written[at].schema, *table = back->written[at].table;
    const char *name = gd_back_now_name(&back->names, schema, table);
    const struct gd_back_item *item = gd_back_find(&back->now, "table", schema, table, NULL);
    struct gd_pg_call call = {.what = "look for tables below another",
                              .sql = below_sql,
                              .values = &name,
                              .value_count = 1};
    gd_auto_pg_rows rows = NULL;
    if (!back->written[at].inherits || item == NULL)
        return GD_DONE;
    GD_TRY(gd_pg_run(back->pg, &call, &rows, err));
    back->written[at].parted = strstr(item->columns->tail, "PARTITION BY") != NULL;
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++) {
        const char *below, *child;
        gd_back_name_before(&back->names, gd_arena_strdup(back->arena, gd_pg_cell(rows, i, 0)),
                            gd_arena_strdup(back->arena, gd_pg_cell(rows, i, 1)), &below, &child);
        if (may_be_written(back, &back->written[at], below, child))
            add_to_child(back, at, below, child);
    }
    return GD_DONE;
}

/* --- counts -----------------------------------------------------------------------------------*/

static bool holds_rows(const struct gd_back *back, const char *schema, const char *table)
{
    const struct gd_manifest *manifest = back->manifest;
    for (size_t i = 0; manifest != NULL && i < manifest->table_count; i++)
        if (strcmp(manifest->tables[i].schema, schema) == 0 &&
            strcmp(manifest->tables[i].name, table) == 0)
            return !manifest->tables[i].left_out && manifest->scope != GD_SNAPSHOT_SCHEMA;
    return false;
}

/* Rows that nothing brings back: they stay as the change left them. */
static void leave(struct gd_back *back, const struct gd_back_wrote *wrote)
{
    struct gd_arena *arena = back->arena;
    gd_texts_add(&back->left,
                 gd_arena_printf(arena,
                                 "The change updated %" PRId64 " and deleted %" PRId64
                                 " rows of table %s, of which its backup holds none: they stay as "
                                 "they are.",
                                 wrote->updated, wrote->deleted,
                                 gd_back_plain(wrote->schema, wrote->table, arena)),
                 arena);
}

static bool says_so(const struct gd_back_written *written, const struct gd_back_wrote *wrote)
{
    return (wrote->deleted == 0 || written->deletes) &&
           (wrote->updated == 0 || written->columns.count > 0);
}

static void add_counted(struct gd_back *back, const struct gd_back_wrote *wrote)
{
    struct gd_back_item *was =
        gd_back_find(&back->before, "table", wrote->schema, wrote->table, NULL);
    if (was == NULL || gd_back_find(&back->now, "table", wrote->schema, wrote->table, NULL) == NULL)
        return; /* the change made it, or gave it its name */
    bool takes = wrote->updated + wrote->deleted > 0;
    bool holds = holds_rows(back, wrote->schema, wrote->table);
    struct gd_back_written *one = gd_back_written(back, wrote->schema, wrote->table);
    bool said = says_so(one, wrote);
    if (takes && !holds && !said) {
        leave(back, wrote);
        one->keeps = true;
        return;
    }
    one->inserts |= wrote->inserted > 0;
    one->blurred |= wrote->deleted > 0 && !one->deletes;
    one->deletes |= wrote->deleted > 0;
    one->updates |= wrote->updated > 0 && one->columns.count == 0;
}

struct gd_status gd_back_add_wrote(struct gd_back *back, struct gd_error *err)
{
    size_t count = back->written_count;
    for (size_t i = 0; i < back->wrote_count; i++)
        gd_back_name_before(&back->names, back->wrote[i].schema, back->wrote[i].table,
                            &back->wrote[i].schema, &back->wrote[i].table);
    for (size_t i = 0; i < count; i++)
        back->written[i].blurred |= gd_back_has_moved_columns(&back->names, back->written[i].schema,
                                                              back->written[i].table);
    for (size_t i = 0; i < count; i++)
        GD_TRY(spread(back, i, err));
    for (size_t i = 0; i < back->wrote_count; i++)
        add_counted(back, &back->wrote[i]);
    return GD_DONE;
}

void gd_back_count_task(const struct gd_back *back, struct gd_back_task *task)
{
    const struct gd_back_wrote *wrote = wrote_of(back, task->schema, task->table);
    task->inserted = task->updated = task->deleted = -1;
    if (!back->wrote_exact)
        return;
    task->inserted = wrote == NULL ? 0 : wrote->inserted;
    task->updated = wrote == NULL ? 0 : wrote->updated;
    task->deleted = wrote == NULL ? 0 : wrote->deleted;
}

bool gd_back_keeps(const struct gd_back *back, const struct gd_back_wrote *wrote)
{
    for (size_t i = 0; i < back->written_count; i++)
        if (strcmp(back->written[i].schema, wrote->schema) == 0 &&
            strcmp(back->written[i].table, wrote->table) == 0)
            return back->written[i].keeps;
    return false;
}

/* It is brought back; or it went with the change that made it, or is told to stay. */
static bool has_task(const struct gd_back *back, const struct gd_back_wrote *wrote)
{
    if (gd_back_find(&back->before, "table", wrote->schema, wrote->table, NULL) == NULL ||
        gd_back_keeps(back, wrote))
        return true;
    for (size_t i = 0; i < back->task_count; i++)
        if (strcmp(back->tasks[i].schema, wrote->schema) == 0 &&
            strcmp(back->tasks[i].table, wrote->table) == 0)
            return back->tasks[i].rows || back->tasks[i].whole;
    return false;
}

/* What statements that write rows took away is in the counts; nothing else may hide behind their
 * rule. */
static bool by_rows(const struct gd_story_loss *loss)
{
    static const char *const rules[] = {"I003", "I010", "I011", "I013"};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (strcmp(loss->rule, rules[i]) == 0)
            return true;
    return false;
}

bool gd_back_accounts_for(const struct gd_back *back, const struct gd_story_loss *loss,
                          const char *plain)
{
    for (size_t i = 0; i < back->written_count; i++) {
        const struct gd_back_written *one = &back->written[i];
        if (one->parted && one->emptied &&
            gd_back_is_named(gd_back_plain(one->schema, one->table, back->arena), plain))
            return true; /* each of those below has a task */
    }
    bool all = back->wrote_exact && by_rows(loss);
    for (size_t i = 0; i < back->wrote_count && all; i++)
        all =
            back->wrote[i].updated + back->wrote[i].deleted == 0 || has_task(back, &back->wrote[i]);
    return all;
}

/* --- words ------------------------------------------------------------------------------------*/

struct gd_status gd_back_tell_rest(struct gd_back *back, struct gd_texts *out_notes,
                                   struct gd_error *err)
{
    struct gd_arena *arena = back->arena;
    for (size_t i = 0; i < back->left.count; i++)
        gd_texts_add(out_notes, back->left.items[i], arena);
    if (!back->wrote_known && wrote_anything(back->story))
        gd_texts_add(out_notes,
                     "The change did not count what it wrote: rows that triggers, functions and "
                     "savepoints of it wrote to other tables stay.",
                     arena);
    for (size_t i = 0; i < back->since_count; i++)
        if (back->since[i].not_back > 0 && back->manifest != NULL)
            gd_texts_add(out_notes,
                         gd_arena_printf(arena,
                                         "What does not come back is in the backup: guardian "
                                         "restore %s --table %s lays it beside.",
                                         gd_back_snapshot_of(back, back->since[i].table),
                                         back->since[i].table),
                         arena);
    return gd_back_tell_sequences(back, out_notes, err);
}
