/* Rollback, looking: the story, the snapshot, the database as it is. See rollback_own.h. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/guard/rollback_own.h"
#include "guardian/pg/copy.h"
#include "guardian/restore/team.h"

enum { LINES_BYTES_MAX = 256 << 20 };

void gd_back_reason(struct gd_back *back, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    gd_texts_add(&back->reasons, gd_arena_vprintf(back->arena, format, arguments), back->arena);
    va_end(arguments);
}

/* --- the story --------------------------------------------------------------------------------*/

bool gd_back_is_nothing(const struct gd_story *story)
{
    if (story->changed || story->unsettled)
        return false;
    if (story->outcome == GD_OUTCOME_FAILED || story->outcome == GD_OUTCOME_REFUSED ||
        story->outcome == GD_OUTCOME_NOTHING)
        return true;
    if (story->outcome != GD_OUTCOME_OPEN)
        return false;
    return !gd_story_touched(story);
}

/* What a step that is not in would have lost is there. */
static void forget_losses(struct gd_story *story)
{
    size_t count = 0;
    for (size_t i = 0; i < story->loss_count; i++) {
        bool is_in = true;
        for (size_t s = 0; s < story->step_count; s++)
            is_in &= story->steps[s].number != story->losses[i].step ||
                     story->steps[s].state != GD_STEP_NOT_IN;
        if (is_in)
            story->losses[count++] = story->losses[i];
    }
    story->loss_count = count;
}

GD_MUST static struct gd_status check_story(const struct gd_story *story, struct gd_error *err)
{
    if (story->kind == GD_STORY_ROLLBACK)
        return gd_hint(err,
                       gd_fail(err, GD_USAGE, "change %s is itself a rollback, of change %s",
                               story->change, story->of),
                       "Run the change again to have it back; the state before the rollback is in "
                       "snapshot %s.",
                       *story->snapshot == '\0' ? "(none)" : story->snapshot);
    if (story->outcome == GD_OUTCOME_ROLLED_BACK || *story->rolled_back_by != '\0')
        return gd_fail(err, GD_USAGE, "change %s was rolled back already, by %s", story->change,
                       *story->rolled_back_by == '\0' ? "an earlier rollback"
                                                      : story->rolled_back_by);
    return GD_DONE;
}

/* --- sessions ---------------------------------------------------------------------------------*/

/* The archive was written for this very database: what it says of roles and languages stands as it
 * is. */
static void set_restore(struct gd_back *back)
{
    back->home = (struct gd_place){.store = back->options->store, .key = back->options->key};
    back->restore = (struct gd_restore_options){.pg = back->options->pg,
                                                .place = &back->home,
                                                .workers = back->options->workers,
                                                .pg_restore = back->options->pg_restore,
                                                .analyze = true,
                                                .trust = true,
                                                .wait_ms = back->options->wait_ms,
                                                .events = back->options->events};
    if (back->source_count > 0)
        gd_back_use_source(back, &back->sources[0]);
}

GD_MUST static struct gd_status open_sessions(struct gd_back *back, struct gd_error *err)
{
    GD_TRY(gd_pg_connect(back->options->pg, &back->plain, err));
    if (gd_pg_pooled(back->plain))
        return gd_hint(err,
                       gd_fail(err, GD_REFUSED,
                               "could not roll back: a pooler stands before the server, and would "
                               "mix up the sessions"),
                       "Use the address of the server itself.");
    GD_TRY(gd_restore_session(&back->restore, back->plain, NULL, &back->pg, err));
    GD_TRY(gd_pg_command(
        back->pg, "set the longest wait for a lock",
        gd_arena_printf(back->arena, "SET lock_timeout = %" PRIu32, back->options->lock_ms), err));
    return gd_back_hush(back, err);
}

struct gd_status gd_back_open(const struct gd_rollback_options *options, struct gd_arena *arena,
                              struct gd_back *back, struct gd_error *err)
{
    *back = (struct gd_back){.options = options, .arena = arena, .names = {.arena = arena}};
    GD_TRY(
        gd_story_read(options->store, options->cluster, options->change, arena, &back->story, err));
    GD_TRY(check_story(back->story, err));
    forget_losses(back->story);
    if (gd_back_is_nothing(back->story))
        return GD_DONE;
    GD_TRY(gd_back_recover_points(options, back->story, arena, err));
    GD_TRY(gd_back_read_sources(back, err));
    set_restore(back);
    return open_sessions(back, err);
}

void gd_back_close(struct gd_back *back)
{
    gd_pg_close(back->pg);
    gd_pg_close(back->plain);
    back->pg = back->plain = NULL;
}

/* --- the schema -------------------------------------------------------------------------------*/

struct gd_status gd_back_read_lines(struct gd_back *back, const char *key,
                                    struct gd_fingerprint *out_lines, bool *out_found,
                                    struct gd_error *err)
{
    char *text = NULL;
    size_t size = 0;
    struct gd_error missing = {0};
    *out_found = false;
    if (*key == '\0')
        return GD_DONE;
    if (gd_journal_attachment(back->options->store, key, back->options->key, LINES_BYTES_MAX, &text,
                              &size, &missing)
            .code != GD_OK)
        return GD_DONE;
    struct gd_status status = gd_fingerprint_parse(text, size, back->arena, out_lines, err);
    free(text);
    *out_found = status.code == GD_OK;
    return status;
}

/* The order of columns does not count: the names of such a line, sorted. */
static const char *in_any_order(const char *line, struct gd_arena *arena)
{
    const char *tab = strchr(line, '\t');
    struct gd_texts names = {0};
    if (tab == NULL || strncmp(line, "columns of ", 11) != 0)
        return line;
    for (const char *at = tab + 1; *at != '\0';) {
        const char *end = strstr(at, ", ");
        size_t size = end == NULL ? strlen(at) : (size_t)(end - at);
        gd_texts_add(&names, gd_arena_strndup(arena, at, size), arena);
        at += size + (end == NULL ? 0 : 2);
    }
    for (size_t i = 1; i < names.count; i++)
        for (size_t k = i; k > 0 && strcmp(names.items[k - 1], names.items[k]) > 0; k--) {
            const char *swap = names.items[k];
            names.items[k] = names.items[k - 1];
            names.items[k - 1] = swap;
        }
    const char *text = gd_arena_strndup(arena, line, (size_t)(tab - line) + 1);
    for (size_t i = 0; i < names.count; i++)
        text = gd_arena_printf(arena, "%s%s%s", text, i == 0 ? "" : ", ", names.items[i]);
    return text;
}

static struct gd_fingerprint without_order(const struct gd_fingerprint *from,
                                           struct gd_arena *arena)
{
    struct gd_fingerprint to = *from;
    to.lines = (struct gd_texts){0};
    for (size_t i = 0; i < from->lines.count; i++)
        gd_texts_add(&to.lines, in_any_order(from->lines.items[i], arena), arena);
    return to;
}

void gd_back_differences(const struct gd_fingerprint *was, const struct gd_fingerprint *is,
                         struct gd_arena *arena, struct gd_texts *out_differences,
                         struct gd_texts *out_notes)
{
    struct gd_fingerprint left = without_order(was, arena), right = without_order(is, arena);
    struct gd_texts all = {0};
    gd_fingerprint_compare(&left, &right, arena, out_differences);
    gd_fingerprint_compare(was, is, arena, &all);
    if (all.count > out_differences->count)
        gd_texts_add(out_notes,
                     "Columns stand in another order than before: one that comes back stands last.",
                     arena);
}

/* --- who wrote rows ---------------------------------------------------------------------------*/

/* An id of 64 bits, as the 32 that rows have. */
static void add_id(struct gd_texts *ids, const char *text, struct gd_arena *arena)
{
    if (text != NULL && *text != '\0')
        gd_texts_add(ids, gd_arena_printf(arena, "%" PRIu32, (uint32_t)strtoull(text, NULL, 10)),
                     arena);
}

/* By commas: each of them. What else may stand there is no id. */
static void add_ids(struct gd_texts *ids, const char *text, struct gd_arena *arena)
{
    const char *at = text == NULL ? "" : text;
    while (*at != '\0') {
        size_t size = strcspn(at, ",");
        if (strspn(at, "0123456789") == size)
            add_id(ids, gd_arena_strndup(arena, at, size), arena);
        at += size + (at[size] == ',');
    }
}

static const char steps_of[] =
    "SELECT s.xid, s.xmin::text::bigint, pg_catalog.to_jsonb(s) ->> 'others', "
    "pg_catalog.to_jsonb(s) ->> 'wrote' FROM guardian.steps s WHERE change = $1 AND s.xid IS NOT "
    "NULL";

/* The row of a step was written behind all of its savepoints. */
static struct gd_back_nested nested_of(const struct gd_pg_rows *rows, size_t row,
                                       struct gd_arena *arena)
{
    int64_t own = gd_pg_int(rows, row, 0), last = gd_pg_int(rows, row, 1);
    const char *others = gd_pg_cell(rows, row, 2);
    struct gd_back_nested nested = {.after = own, .before = (own & ~INT64_C(0xffffffff)) + last};
    if (nested.before < own)
        nested.before += INT64_C(0x100000000);
    nested.others = others == NULL || others[strspn(others, "0123456789,")] != '\0'
                        ? ""
                        : gd_arena_strdup(arena, others);
    return nested;
}

GD_MUST static struct gd_status collect_ids(struct gd_back *back, struct gd_error *err)
{
    struct gd_texts *ids = gd_arena_zalloc(back->arena, 1, sizeof *ids);
    struct gd_back_writers *writers = &back->rows.writers;
    for (size_t i = 0; i < back->story->step_count; i++) {
        add_id(ids, back->story->steps[i].xid, back->arena);
        add_ids(ids, back->story->steps[i].nested, back->arena);
    }
    if (back->ledger.there) {
        struct gd_pg_call call = {.what = "read the ledger",
                                  .sql = steps_of,
                                  .values = &back->options->change,
                                  .value_count = 1};
        gd_auto_pg_rows rows = NULL;
        GD_TRY(gd_pg_run(back->pg, &call, &rows, err));
        struct gd_back_nested *nested =
            gd_arena_zalloc(back->arena, gd_pg_rows_count(rows) + 1, sizeof *nested);
        for (size_t i = 0; i < gd_pg_rows_count(rows); i++) {
            add_id(ids, gd_pg_cell(rows, i, 0), back->arena);
            if (gd_pg_cell(rows, i, 3) == NULL) /* otherwise it knew them itself */
                nested[writers->nested_count++] = nested_of(rows, i, back->arena);
        }
        writers->nested = nested;
    }
    writers->xids = ids->items;
    writers->xid_count = ids->count;
    return GD_DONE;
}

/* Without a backup, what was there is told by the change's own first transaction. */
static void begin_as_backup(struct gd_back *back)
{
    unsigned long long first = 0;
    for (size_t i = 0; i < back->story->step_count; i++) {
        unsigned long long id = strtoull(back->story->steps[i].xid, NULL, 10);
        first = id > 0 && (first == 0 || id < first) ? id : first;
    }
    for (size_t i = 0; i < back->rows.writers.nested_count; i++) {
        unsigned long long id = (unsigned long long)back->rows.writers.nested[i].after;
        first = id > 0 && (first == 0 || id < first) ? id : first;
    }
    if (first == 0)
        gd_back_reason(back, "no backup was made for the change, and its transaction is not known");
    else
        back->rows.writers.backup = gd_arena_printf(back->arena, "%llu:%llu:", first, first);
}

GD_MUST static struct gd_status prepare_rows(struct gd_back *back, struct gd_error *err)
{
    struct gd_back_writers *writers = &back->rows.writers;
    back->rows.pg = back->pg;
    back->rows.arena = back->arena;
    back->rows.events = back->options->events;
    writers->backup = back->manifest == NULL ? "" : back->manifest->pg_snapshot;
    GD_TRY(collect_ids(back, err));
    if (back->manifest == NULL)
        begin_as_backup(back);
    GD_TRY(gd_back_read_wrote(back, err));
    return gd_back_number(back->pg, "ask for the newest transaction",
                          "SELECT pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())"
                          "::text::bigint",
                          &writers->now, err);
}

GD_MUST static struct gd_status read_both(struct gd_back *back, struct gd_error *err)
{
    static const struct gd_manifest none = {.pg_dump_text = ""};
    struct gd_restore_options options = back->restore;
    if (back->manifest == NULL)
        options.manifest = &none;
    else
        GD_TRY(gd_back_read_snapshot(&back->restore, back->arena, &back->before, err));
    GD_TRY(gd_back_read_now(&options, back->plain, back->options->pg_dump, back->options->lock_ms,
                            back->arena, &back->now, err));
    return back->manifest == NULL ? gd_back_without(back, err) : GD_DONE;
}

struct gd_status gd_back_look(struct gd_back *back, struct gd_error *err)
{
    GD_TRY(gd_ledger_open(back->pg, false, back->arena, &back->ledger, err));
    GD_TRY(gd_back_read_lines(back, back->story->schema_key, &back->was, &back->was_known, err));
    GD_TRY(gd_pg_fingerprint(back->pg, back->arena, &back->is, err));
    GD_TRY(prepare_rows(back, err));
    if (back->manifest == NULL && !back->was_known) {
        gd_back_reason(back, "no backup was made for the change");
        return GD_DONE;
    }
    gd_tell_stage(back->options->events, "comparing the schema with the one before", 0);
    GD_TRY(read_both(back, err));
    GD_TRY(gd_back_read_texts(back, err));
    GD_TRY(gd_back_rename_now(back, err));
    gd_back_name_sources(back);
    gd_back_rename_losses(back);
    GD_TRY(gd_back_add_public(back, err));
    GD_TRY(gd_back_script(&back->before, &back->now, back->pg, back->arena, &back->script, err));
    gd_back_rename_back(back);
    gd_back_add_losses(back);
    GD_TRY(gd_back_add_wrote(back, err));
    for (size_t i = 0; i < back->script->unknown.count; i++)
        gd_back_reason(back, "%s", back->script->unknown.items[i]);
    return gd_back_plan_tasks(back, err);
}
