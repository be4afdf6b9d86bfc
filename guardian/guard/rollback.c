/*
 * Rollback: the plan, and the order in which it is carried out. See rollback.h.
 *
 * | last record of the rollback  | what is certain                      | a second run            |
 * | ---------------------------- | ------------------------------------ | ----------------------- |
 * | received, decided            | nothing was touched                  | begins anew             |
 * | protecting, protected,       | nothing was touched, the backup of   | begins anew, with       |
 * | proven                       | the bad state may be there           | another backup          |
 * | applying + transaction id    | ask the server: in, or not           | is told by recovery     |
 * | applying, way "database"     | the name holds another database than | is told by recovery     |
 * |                              | the recorded one, or it does not     |                         |
 * | applied, checked             | the state before is back             | finds it rolled back    |
 */
#include "guardian/guard/rollback.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/guard/rollback_own.h"
#include "guardian/pg/copy.h"

enum { ID_SECOND_US = 1000000 }; /* an id tells no more */
enum { REASONS_MOST = 5 };

const char *gd_way_name(enum gd_way way)
{
    static const char *const names[] = {
#define X(name, text) text,
        GD_WAYS(X)
#undef X
    };
    return names[way];
}

/* --- words ------------------------------------------------------------------------------------*/

static void step(struct gd_rollback_plan *plan, struct gd_arena *arena, const char *text)
{
    gd_texts_add(&plan->steps, text, arena);
}

static bool is_class(const struct gd_back_item *item, const char *class)
{
    return strcmp(item->class, class) == 0;
}

/* What is worth a word: comments, owners and grants follow their objects. */
static bool is_spoken_of(const struct gd_back_item *item)
{
    return item->alone && !is_class(item, "comment") && !is_class(item, "owner") &&
           !is_class(item, "grant") && !is_class(item, "setting") &&
           !is_class(item, "owner of sequence") && !is_class(item, "part of an index");
}

static const char *list_items(const struct gd_back_dump *dump, bool with_other,
                              struct gd_arena *arena)
{
    const char *text = "";
    size_t count = 0;
    for (size_t i = 0; i < dump->count; i++) {
        const struct gd_back_item *item = &dump->items[i];
        if (!is_spoken_of(item) || (item->other != NULL) != with_other)
            continue;
        if (count++ < 12)
            text = gd_arena_printf(arena, "%s%s%s", text, count == 1 ? "" : ", ", item->what);
    }
    return count > 12 ? gd_arena_printf(arena, "%s, and %zu more", text, count - 12) : text;
}

static void tell_schema(const struct gd_back *back, struct gd_rollback_plan *plan)
{
    struct gd_arena *arena = back->arena;
    const char *gone = list_items(&back->now, false, arena);
    const char *changed = list_items(&back->before, true, arena);
    const char *back_again = list_items(&back->before, false, arena);
    if (*gone != '\0')
        step(plan, arena, gd_arena_printf(arena, "Take away what the change made: %s.", gone));
    if (*changed != '\0')
        step(plan, arena, gd_arena_printf(arena, "Make as they were: %s.", changed));
    if (*back_again != '\0')
        step(plan, arena, gd_arena_printf(arena, "Make again what it took away: %s.", back_again));
}

static const char *column_names(const struct gd_back_task *task, struct gd_arena *arena)
{
    const char *text = "";
    for (size_t i = 0; i < task->count; i++)
        text = gd_arena_printf(arena, "%s%s%s", text, i == 0 ? "" : ", ", task->items[i].name);
    return text;
}

static const char *key_names(const struct gd_back_task *task, struct gd_arena *arena)
{
    const char *text = "";
    for (size_t i = 0; i < task->key_count; i++)
        text = gd_arena_printf(arena, "%s%s%s", text, i == 0 ? "" : ", ", task->keys[i]);
    return text;
}

static void tell_task(const struct gd_back_task *task, struct gd_rollback_plan *plan,
                      struct gd_arena *arena)
{
    uint64_t count = task->stored == NULL ? 0 : task->stored->digest.rows;
    if (task->whole)
        step(plan, arena,
             gd_arena_printf(arena, "Load table %s from the snapshot: %" PRIu64 " rows.",
                             task->plain, count));
    else if (task->key_count == 0)
        step(
            plan, arena,
            gd_arena_printf(arena,
                            "Empty table %s, which nobody wrote to since and which has no key, and "
                            "load it from the snapshot: %" PRIu64 " rows.",
                            task->plain, count));
    else if (task->rows)
        step(plan, arena,
             gd_arena_printf(arena,
                             "Bring back the rows of %s that the change wrote or deleted, from the "
                             "snapshot's %" PRIu64 " rows, by key (%s).",
                             task->plain, count, key_names(task, arena)));
    else
        step(plan, arena,
             gd_arena_printf(arena,
                             "Bring back the values of %s (%s) from the snapshot's %" PRIu64
                             " rows, by key (%s).",
                             task->plain, column_names(task, arena), count,
                             key_names(task, arena)));
}

static void tell_transaction(const struct gd_back *back, struct gd_rollback_plan *plan)
{
    struct gd_arena *arena = back->arena;
    step(plan, arena, "Back up the tables concerned as they are now, and prove that backup.");
    tell_schema(back, plan);
    for (size_t i = 0; i < back->task_count; i++)
        tell_task(&back->tasks[i], plan, arena);
    step(plan, arena,
         "Compare the schema with the one before the change, and commit all of this at "
         "once only when it is the same.");
    for (enum gd_back_phase phase = 0; phase < GD_BACK_PHASES; phase++)
        for (size_t i = 0; i < back->script->count; i++)
            if (back->script->statements[i].phase == phase)
                gd_texts_add(&plan->sql, back->script->statements[i].sql, arena);
}

static void tell_database(const struct gd_back *back, struct gd_rollback_plan *plan)
{
    struct gd_arena *arena = back->arena;
    step(plan, arena,
         gd_arena_printf(arena, "Restore snapshot %s into a new database beside, and compare it.",
                         back->whole->manifest->id));
    step(plan, arena,
         gd_arena_printf(arena,
                         "End the sessions of database \"%s\", and swap both by renaming: the "
                         "database as it is now is kept as \"%s_before_…\".",
                         back->story->database, back->story->database));
}

/* Why each cheaper way is not taken. */
static void rule_out(const struct gd_back *back, struct gd_rollback_plan *plan, bool asked)
{
    struct gd_arena *arena = back->arena;
    const char *first = NULL;
    for (size_t i = 0; i < back->task_count && first == NULL; i++)
        if (!back->tasks[i].own_only)
            first = gd_arena_printf(
                arena, "%s of table %s must come from the snapshot",
                back->tasks[i].count > 0 && !back->tasks[i].rows
                    ? gd_arena_printf(arena, "values (%s)", column_names(&back->tasks[i], arena))
                    : "rows",
                back->tasks[i].plain);
    for (enum gd_way way = GD_WAY_INVERSE; way < plan->way; way++) {
        const char *why = back->reasons.count > 0 ? back->reasons.items[0]
                          : first != NULL         ? first
                          : asked                 ? "another way was asked for"
                                                  : "it would not be exact";
        if (way == GD_WAY_COLUMNS && back->reasons.count == 0 && first != NULL)
            why = "whole rows are to be brought back, or cannot be kept";
        gd_texts_add(&plan->ruled_out, gd_arena_printf(arena, "%s: %s", gd_way_name(way), why),
                     arena);
    }
    for (size_t i = 1; i < back->reasons.count; i++)
        gd_texts_add(&plan->ruled_out,
                     gd_arena_printf(arena, "all below database: %s", back->reasons.items[i]),
                     arena);
}

/* "x.up.sql" → "x.down.sql", "up.sql" and "migration.sql" → "down.sql" beside it; when it is there.
 */
static const char *down_of(const struct gd_story *story, struct gd_arena *arena)
{
    for (size_t i = 0; i < story->file_count; i++) {
        const char *path = story->files[i].origin;
        size_t size = strlen(path);
        const char *slash = strrchr(path, '/');
        const char *name = slash == NULL ? path : slash + 1, *down = NULL;
        if (size > 7 && strcmp(path + size - 7, ".up.sql") == 0)
            down = gd_arena_printf(arena, "%.*s.down.sql", (int)(size - 7), path);
        else if (strcmp(name, "up.sql") == 0 || strcmp(name, "migration.sql") == 0)
            down = gd_arena_printf(arena, "%.*sdown.sql", (int)(name - path), path);
        if (down != NULL && access(down, R_OK) == 0)
            return down;
    }
    return NULL;
}

/* --- what happened since ----------------------------------------------------------------------*/

/* Changes that went in later and are still in. */
GD_MUST static struct gd_status later_changes(struct gd_back *back, struct gd_texts *out_changes,
                                              struct gd_error *err)
{
    struct gd_change_entry *entries;
    char before[GD_ID_SIZE];
    size_t count = 0;
    gd_journal_id_before(back->story->began_us - ID_SECOND_US, before);
    GD_TRY(gd_journal_list_after(back->options->store, back->options->cluster, before, back->arena,
                                 &entries, &count, err));
    for (size_t i = count; i-- > 0;) {
        struct gd_story *story = NULL;
        struct gd_error ignored = {0};
        if (strcmp(entries[i].change, back->options->change) == 0 ||
            *entries[i].rolled_back_by != '\0' || !entries[i].closed ||
            entries[i].time_us + ID_SECOND_US < back->story->began_us ||
            gd_story_brief(back->options->store, &entries[i], back->arena, &story, &ignored).code !=
                GD_OK)
            continue;
        if (story->kind != GD_STORY_ROLLBACK && story->changed &&
            story->began_us > back->story->began_us)
            gd_texts_add(out_changes, story->change, back->arena);
    }
    return GD_DONE;
}

/* Column by column the same, wherever they stand. */
static bool is_same_schema(const struct gd_back *back, const struct gd_fingerprint *was)
{
    struct gd_texts differences = {0}, notes = {0};
    gd_back_differences(was, &back->is, back->arena, &differences, &notes);
    return differences.count == 0;
}

/* The schema that the change left has its lines with the change that found it. */
GD_MUST static struct gd_status find_lines_after(struct gd_back *back,
                                                 struct gd_fingerprint *out_lines, bool *out_found,
                                                 struct gd_error *err)
{
    struct gd_change_entry *entries;
    size_t count = 0;
    *out_found = false;
    GD_TRY(gd_journal_list(back->options->store, back->options->cluster, back->arena, &entries,
                           &count, err));
    for (size_t i = 0; i < count && !*out_found; i++) {
        struct gd_story *story = NULL;
        struct gd_error ignored = {0};
        if (entries[i].time_us + ID_SECOND_US < back->story->began_us ||
            gd_story_brief(back->options->store, &entries[i], back->arena, &story, &ignored).code !=
                GD_OK ||
            strcmp(story->fingerprint_before, back->story->fingerprint_after) != 0)
            continue;
        GD_TRY(gd_back_read_lines(back, story->schema_key, out_lines, out_found, err));
    }
    return GD_DONE;
}

/* One that is as it was before was brought back by somebody; one that is as the change left it,
 * but for the order of columns, had later changes, and those were rolled back. */
GD_MUST static struct gd_status was_changed_since(struct gd_back *back, bool *out_changed,
                                                  struct gd_error *err)
{
    struct gd_fingerprint after = {.sha256 = ""};
    bool found = false;
    *out_changed = false;
    if (*back->story->fingerprint_after == '\0' ||
        strcmp(back->story->fingerprint_after, back->is.sha256) == 0 ||
        strcmp(back->story->fingerprint_before, back->is.sha256) == 0 ||
        (back->was_known && is_same_schema(back, &back->was)))
        return GD_DONE;
    GD_TRY(find_lines_after(back, &after, &found, err));
    *out_changed = !found || !is_same_schema(back, &after);
    return GD_DONE;
}

/* What came later would be undone with it: only when somebody says so. */
GD_MUST static struct gd_status check_since(struct gd_back *back, struct gd_rollback_plan *plan,
                                            struct gd_error *err)
{
    struct gd_texts later = {0};
    bool changed = false;
    GD_TRY(was_changed_since(back, &changed, err));
    if (!changed)
        return GD_DONE;
    GD_TRY(later_changes(back, &later, err));
    if (back->options->way >= 0) {
        gd_texts_add(&plan->notes,
                     later.count > 0
                         ? gd_arena_printf(back->arena,
                                           "The schema was changed since, by change %s: that is "
                                           "undone, too.",
                                           later.items[0])
                         : "The schema was changed since, not by Guardian: that is undone, too.",
                     back->arena);
        return GD_DONE;
    }
    struct gd_status status = gd_fail(
        err, GD_REFUSED,
        "could not roll back change %s: the schema is not the one that it left, because %s%s "
        "changed it since",
        back->story->change, later.count > 0 ? "change " : "somebody",
        later.count > 0 ? later.items[0] : "");
    if (later.count > 0)
        return gd_hint(err, status, "Roll back what came later first: guardian rollback %s",
                       later.items[0]);
    return gd_hint(err, status,
                   "Undo that first, or say --way tables or --way database: it is then undone, "
                   "too.");
}

/* --- choosing ---------------------------------------------------------------------------------*/

/* What cannot come back, one after the other. */
static const char *reasons_of(const struct gd_back *back)
{
    const char *text = "";
    size_t most = back->reasons.count > REASONS_MOST ? REASONS_MOST : back->reasons.count;
    for (size_t i = 0; i < most; i++)
        text = gd_arena_printf(back->arena, "%s%s%s", text, i == 0 ? "" : "; ",
                               back->reasons.items[i]);
    return most == back->reasons.count
               ? text
               : gd_arena_printf(back->arena, "%s; and %zu more", text, back->reasons.count - most);
}

/* The whole database was backed up when something of the change was in already: that would stay,
 * and somebody must want it. */
GD_MUST static struct gd_status take_later(struct gd_back *back, struct gd_rollback_plan *plan,
                                           const char *reason, struct gd_error *err)
{
    const char *id = back->whole->manifest->id;
    if (back->options->way != GD_WAY_DATABASE)
        return gd_hint(err,
                       gd_fail(err, GD_UNPROTECTED,
                               "there is no exact way back from change %s: %s; and its backup of "
                               "the whole database was made when a part of it was in",
                               back->story->change, reason),
                       "--way database brings back that backup, snapshot %s, and with it the part "
                       "that was in.",
                       id);
    gd_texts_add(&plan->notes,
                 gd_arena_printf(back->arena,
                                 "Snapshot %s was made when a part of the change was in: that part "
                                 "stays.",
                                 id),
                 back->arena);
    return GD_DONE;
}

GD_MUST static struct gd_status choose_database(struct gd_back *back, struct gd_rollback_plan *plan,
                                                struct gd_error *err)
{
    const char *reason = reasons_of(back);
    if (back->whole == NULL)
        return gd_hint(
            err,
            gd_fail(err, GD_UNPROTECTED, "there is no exact way back from change %s: %s%s",
                    back->story->change,
                    back->manifest == NULL ? "" : "its backup does not hold the whole database",
                    *reason == '\0'          ? ""
                    : back->manifest == NULL ? reason
                                             : gd_arena_printf(back->arena, ", and %s", reason)),
            "%s",
            back->story->point_count > 0
                ? "Its backup is a point in time, of which the tables at stake were taken: --way "
                  "database takes all of it."
                : "guardian list shows older backups; guardian restore --table brings single "
                  "tables back beside the living ones.");
    if (back->whole != &back->sources[0])
        GD_TRY(take_later(back, plan, reason, err));
    plan->way = GD_WAY_DATABASE;
    back->rows.writers.backup = back->whole->manifest->pg_snapshot;
    if (back->damage != NULL)
        return gd_fail(err, GD_CORRUPT, "%s", back->damage);
    GD_TRY(gd_back_measure_database(back, err));
    tell_database(back, plan);
    return GD_DONE;
}

GD_MUST static struct gd_status choose(struct gd_back *back, struct gd_rollback_plan *plan,
                                       struct gd_error *err)
{
    int asked = back->options->way;
    if (back->reasons.count == 0 && asked != GD_WAY_DATABASE)
        GD_TRY(gd_back_measure(back, err));
    plan->way = gd_back_cheapest(back);
    if (asked >= 0 && asked < (int)plan->way)
        return gd_hint(err,
                       gd_fail(err, GD_REFUSED, "way \"%s\" is not exact here: %s",
                               gd_way_name((enum gd_way)asked),
                               back->reasons.count > 0 ? back->reasons.items[0]
                                                       : "rows must come from the snapshot"),
                       "The cheapest exact way is --way %s.", gd_way_name(plan->way));
    if (plan->way == GD_WAY_DATABASE || asked == GD_WAY_DATABASE) {
        GD_TRY(choose_database(back, plan, err));
    } else {
        if (asked > (int)plan->way)
            gd_texts_add(&plan->notes,
                         gd_arena_printf(back->arena, "Way \"%s\" is enough, and is taken.",
                                         gd_way_name(plan->way)),
                         back->arena);
        tell_transaction(back, plan);
    }
    rule_out(back, plan, asked >= 0);
    return GD_DONE;
}

static void tell_notes(struct gd_back *back, struct gd_rollback_plan *plan)
{
    struct gd_arena *arena = back->arena;
    bool order = false;
    if (back->damage != NULL)
        gd_texts_add(&plan->notes,
                     gd_arena_printf(arena,
                                     "Snapshot %s is damaged, in what this way does not need: %s.",
                                     back->damaged, back->damage),
                     arena);
    if (!back->text_known && back->manifest != NULL)
        gd_texts_add(
            &plan->notes,
            "The text of the change is not kept: rows that it inserted stay, unless a loss "
            "was recorded for their table.",
            arena);
    for (size_t i = 0; i < back->script->value_count; i++)
        order |= back->script->values[i].fate == GD_BACK_RETURNS;
    if (plan->way == GD_WAY_DATABASE)
        gd_texts_add(&plan->notes,
                     "Rows that others changed or deleted since are again as the backup has them.",
                     arena);
    if (order && plan->way != GD_WAY_DATABASE)
        gd_texts_add(&plan->notes, "A column that comes back stands last in its table.", arena);
    if (back->loud.count > 0 && plan->way != GD_WAY_DATABASE)
        gd_texts_add(&plan->notes, gd_back_loud_note(back), arena);
    for (size_t i = 0; i < back->story->drift_count; i++)
        if (back->story->drifts[i].rows_new > 0)
            gd_texts_add(
                &plan->notes,
                gd_arena_printf(arena,
                                "%" PRId64 " rows of %s were written between the backup and "
                                "the change: the snapshot has them as they were before.",
                                back->story->drifts[i].rows_new, back->story->drifts[i].table),
                arena);
}

GD_MUST static struct gd_status plan_with(struct gd_back *back, struct gd_rollback_plan *plan,
                                          struct gd_error *err)
{
    plan->story = back->story;
    plan->down = down_of(back->story, back->arena);
    if (gd_back_is_nothing(back->story)) {
        plan->way = GD_WAY_NOTHING;
        step(plan, back->arena, "There is nothing to undo: nothing of the change is in.");
        return GD_DONE;
    }
    GD_TRY(gd_back_look(back, err));
    GD_TRY(check_since(back, plan, err));
    GD_TRY(choose(back, plan, err));
    if (back->script != NULL)
        tell_notes(back, plan);
    if (back->script != NULL && plan->way != GD_WAY_DATABASE)
        GD_TRY(gd_back_tell_rest(back, &plan->notes, err));
    GD_TRY(gd_back_tell_outside(back, &plan->notes, err));
    plan->since = back->since;
    plan->since_count = back->since_count;
    plan->rows_lost = back->rows_lost;
    return GD_DONE;
}

struct gd_status gd_rollback_plan(const struct gd_rollback_options *options, struct gd_arena *arena,
                                  struct gd_rollback_plan **out_plan, struct gd_error *err)
{
    struct gd_back *back = gd_arena_zalloc(arena, 1, sizeof *back);
    struct gd_rollback_plan *plan = gd_arena_zalloc(arena, 1, sizeof *plan);
    struct gd_status status = gd_back_open(options, arena, back, err);
    if (status.code == GD_OK)
        status = gd_back_damaged(options, back->story, plan_with(back, plan, err), err);
    gd_back_close(back);
    if (status.code == GD_OK)
        *out_plan = plan;
    return status;
}
