/*
 * Recover: the table of what each last record means, and closing what could be settled.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/guard/recover_own.h"
#include "guardian/journal/fold.h"
#include "guardian/pg/copy.h"

enum { GONE_MS = 10000, PAUSE_MS = 50, PAUSE_MAX_MS = 500, FOLD_LEAST = 100 };
enum { TURN_S = 72000 }; /* less than the age at which changes are summed up */

struct recovery {
    struct gd_pg *pg;
    struct gd_store *store;
    const char *text_sha256;
    const struct gd_ledger *ledger;
    const struct gd_events *events;
    struct gd_arena *arena;
};

typedef struct gd_status settle_fn(const struct recovery *recovery, struct gd_recovered *found,
                                   struct gd_texts *notes, struct gd_error *err);

/* --- what each last record means -------------------------------------------------------------- */

static struct gd_status untouched(const struct recovery *recovery, struct gd_recovered *found,
                                  struct gd_texts *notes, struct gd_error *err)
{
    (void)recovery;
    (void)notes;
    (void)err;
    for (size_t i = 0; i < found->story->step_count; i++)
        found->story->steps[i].state = GD_STEP_NOT_IN;
    found->what = GD_RECOVERY_UNTOUCHED;
    return GD_DONE;
}

static void weigh_steps(struct gd_recovered *found)
{
    size_t writes = 0, in = 0, unknown = 0;
    for (size_t i = 0; i < found->story->step_count; i++) {
        const struct gd_story_step *step = &found->story->steps[i];
        writes += gd_recover_writes(step);
        in += gd_recover_writes(step) && step->state == GD_STEP_IN;
        unknown += step->state == GD_STEP_UNKNOWN;
    }
    if (unknown > 0 || found->story->step_count == 0)
        found->what = GD_RECOVERY_UNKNOWN;
    else if (in == 0)
        found->what = GD_RECOVERY_UNTOUCHED;
    else
        found->what = in == writes ? GD_RECOVERY_IN : GD_RECOVERY_PART;
}

/* The command behind a run looks for itself at what is there when it is run again; so a doubt is
 * told, and nobody has to settle it first. Cut off, it was never all of it. */
static void weigh_run(struct gd_recovered *found)
{
    if (found->story->kind == GD_STORY_RUN && found->what != GD_RECOVERY_UNTOUCHED)
        found->what = GD_RECOVERY_PART;
}

static struct gd_status ask(const struct recovery *recovery, struct gd_recovered *found,
                            struct gd_texts *notes, struct gd_error *err)
{
    GD_TRY(gd_recover_steps(recovery->pg, recovery->ledger, found->story, notes, recovery->arena,
                            err));
    weigh_steps(found);
    weigh_run(found);
    return GD_DONE;
}

static struct gd_status is_in(const struct recovery *recovery, struct gd_recovered *found,
                              struct gd_texts *notes, struct gd_error *err)
{
    if (found->story->unsettled || found->story->error[0] != '\0') /* not all went well */
        return ask(recovery, found, notes, err);
    if (!found->story->changed && !gd_story_stays(found->story, NULL)) /* taken back by itself */
        return untouched(recovery, found, notes, err);
    found->what = GD_RECOVERY_IN;
    return GD_DONE;
}

static const struct {
    enum gd_record_kind last;
    settle_fn *settle;
} meanings[] = {
    {GD_RECORD_RECEIVED, untouched},   {GD_RECORD_DECIDED, untouched},
    {GD_RECORD_PROTECTING, untouched}, {GD_RECORD_PROTECTED, untouched},
    {GD_RECORD_PROVEN, untouched},     {GD_RECORD_APPLYING, ask},
    {GD_RECORD_APPLIED, is_in},        {GD_RECORD_CHECKED, is_in},
};

static settle_fn *meaning_of(enum gd_record_kind last)
{
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (meanings[i].last == last)
            return meanings[i].settle;
    return ask;
}

/* --- words ------------------------------------------------------------------------------------ */

static const char *numbers(const struct gd_story *story, enum gd_step_state state,
                           struct gd_arena *arena)
{
    const char *text = "";
    for (size_t i = 0; i < story->step_count; i++)
        if (story->steps[i].state == state && gd_recover_writes(&story->steps[i]))
            text = gd_arena_printf(arena, "%s%s%u", text, text[0] == '\0' ? "" : ", ",
                                   story->steps[i].number);
    return text[0] == '\0' ? "none" : text;
}

static const char *ending(const struct gd_recovered *found, struct gd_arena *arena)
{
    const struct gd_story *story = found->story;
    switch (found->what) {
    case GD_RECOVERY_UNTOUCHED:
        return "Nothing of it is in the database.";
    case GD_RECOVERY_IN:
        return story->last == GD_RECORD_CHECKED ? "All of it is in the database."
                                                : "All of it is in the database; it was not "
                                                  "checked.";
    case GD_RECOVERY_PART:
        return gd_arena_printf(arena, "Steps that are in: %s. Steps that are not: %s.",
                               numbers(story, GD_STEP_IN, arena),
                               numbers(story, GD_STEP_NOT_IN, arena));
    case GD_RECOVERY_UNKNOWN:
        break;
    }
    if (story->step_count == 0)
        return "What of it is in the database cannot be told.";
    return gd_arena_printf(arena,
                           "Steps that are in: %s. Steps of which nobody can tell: %s. Steps that "
                           "are not: %s.",
                           numbers(story, GD_STEP_IN, arena),
                           numbers(story, GD_STEP_UNKNOWN, arena),
                           numbers(story, GD_STEP_NOT_IN, arena));
}

static const char *tell(const struct gd_recovered *found, const struct gd_texts *notes,
                        struct gd_arena *arena)
{
    char began[GD_TIME_SIZE];
    const struct gd_story *story = found->story;
    gd_clock_text(story->began_us, began);
    const char *text = gd_arena_printf(
        arena, "Change %s of %.10s %.8s UTC was cut off (last record: %s). %s", story->change,
        began, began + 11, gd_record_name(story->last), ending(found, arena));
    for (size_t i = 0; i < notes->count; i++)
        text = gd_arena_printf(arena, "%s %s.", text, notes->items[i]);
    return text;
}

/* --- closing ---------------------------------------------------------------------------------- */

static struct gd_status close_story(struct gd_store *store, struct gd_story *story,
                                    struct gd_error *err)
{
    struct gd_journal *journal = NULL;
    GD_TRY(gd_fault("recover: before a change is closed", err));
    GD_TRY(gd_journal_resume(store, story->cluster, story->change, &journal, err));
    struct gd_status status = GD_DONE;
    if (!gd_journal_closed(journal)) {
        story->ended_us = gd_clock_now_us();
        status = gd_journal_write(journal, GD_RECORD_CLOSED, gd_story_body(story, GD_RECORD_CLOSED),
                                  err);
    }
    gd_journal_free(journal);
    GD_TRY(status);
    story->closed = true;
    return gd_fault("recover: after a change is closed", err);
}

/* All of it is in: its files are done. Those that cannot run twice must not. */
GD_MUST static struct gd_status tell_whole(const struct recovery *recovery,
                                           const struct gd_story *story, struct gd_error *err)
{
    const struct gd_ledger *ledger = recovery->ledger;
    for (size_t i = 0; i < story->file_count && story->kind == GD_STORY_APPLY; i++)
        if (gd_story_stays(story, &story->files[i]))
            GD_TRY(gd_pg_command(recovery->pg, "note a file that was applied",
                                 gd_ledger_file_sql(ledger, story->change, &story->files[i],
                                                    story->place, recovery->arena),
                                 err));
    GD_TRY(gd_pg_command(recovery->pg, "note how a change ended",
                         gd_ledger_change_sql(ledger, story, recovery->arena), err));
    if (story->kind != GD_STORY_ROLLBACK || story->of[0] == '\0')
        return GD_DONE;
    return gd_pg_command(
        recovery->pg, "note that a change was rolled back",
        gd_ledger_rolled_back_sql(ledger, story->of, story->change, recovery->arena), err);
}

/* Before the journal is closed: what it says then, a run that finds it closed does not look at. */
static struct gd_status note_in_ledger(const struct recovery *recovery,
                                       const struct gd_story *story, struct gd_error *err)
{
    const struct gd_ledger *ledger = recovery->ledger;
    if (!ledger->there)
        return GD_DONE;
    switch (story->outcome) {
    case GD_OUTCOME_APPLIED:
        return tell_whole(recovery, story, err);
    case GD_OUTCOME_PARTIAL:
        return gd_ledger_tell_part(recovery->pg, ledger, story, 0, recovery->arena, err);
    default:
        return gd_pg_command(recovery->pg, "note that steps are not in",
                             gd_ledger_not_in_sql(ledger, story->change, recovery->arena), err);
    }
}

static struct gd_status close_as(const struct recovery *recovery, struct gd_recovered *found,
                                 enum gd_outcome_kind outcome, struct gd_error *err)
{
    struct gd_story *story = found->story;
    story->outcome = outcome;
    story->changed = outcome != GD_OUTCOME_FAILED;
    story->unsettled = false;
    if (story->error[0] == '\0' && outcome != GD_OUTCOME_APPLIED)
        story->error = gd_arena_printf(recovery->arena,
                                       "guardian was cut off; the last record was "
                                       "\"%s\"",
                                       gd_record_name(story->last));
    if (story->kind == GD_STORY_ROLLBACK && outcome == GD_OUTCOME_APPLIED && story->of[0] != '\0')
        GD_TRY(
            gd_journal_rolled_back(recovery->store, story->cluster, story->of, story->change, err));
    story->ended_us = gd_clock_now_us();
    GD_TRY(note_in_ledger(recovery, story, err));
    return close_story(recovery->store, story, err);
}

static struct gd_status close_or_leave(const struct recovery *recovery, struct gd_recovered *found,
                                       struct gd_error *err)
{
    switch (found->what) {
    case GD_RECOVERY_UNTOUCHED:
        return close_as(recovery, found, GD_OUTCOME_FAILED, err);
    case GD_RECOVERY_IN:
        return close_as(recovery, found, GD_OUTCOME_APPLIED, err);
    case GD_RECOVERY_PART:
        found->still_open = recovery->text_sha256 != NULL && found->story->kind == GD_STORY_APPLY &&
                            strcmp(recovery->text_sha256, found->story->text_sha256) == 0;
        if (!found->still_open)
            return close_as(recovery, found, GD_OUTCOME_PARTIAL, err);
        break;
    case GD_RECOVERY_UNKNOWN:
        found->still_open = true;
        break;
    }
    found->story->changed = true;
    found->story->unsettled = found->what == GD_RECOVERY_UNKNOWN;
    return GD_DONE;
}

/* --- the dead process's session --------------------------------------------------------------- */

static struct gd_status session_of(const struct recovery *recovery, const struct gd_story *story,
                                   struct gd_arena *arena, const char **out_pid,
                                   struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    const char *name = gd_arena_printf(arena, "guardian %s", story->change);
    const char *pid = story->kind == GD_STORY_RUN ? story->backend_pid : "";
    const char *values[] = {name, pid[0] == '\0' ? "0" : pid};
    struct gd_pg_call call = {
        .what = "look for sessions of a change that was cut off",
        .sql =
            "SELECT a.pid FROM pg_catalog.pg_stat_activity a WHERE a.application_name "
            "OPERATOR(pg_catalog.=) $1 AND a.pid OPERATOR(pg_catalog.<>) "
            "pg_catalog.pg_backend_pid() OR a.pid OPERATOR(pg_catalog.=) $2::int AND "
            "a.datname OPERATOR(pg_catalog.=) pg_catalog.current_database() AND a.backend_xid IS "
            "NOT NULL LIMIT 1",
        .values = values,
        .value_count = 2,
    };
    GD_TRY(gd_pg_run(recovery->pg, &call, &rows, err));
    *out_pid = gd_pg_rows_count(rows) == 0 ? NULL : gd_arena_strdup(arena, gd_pg_cell(rows, 0, 0));
    return GD_DONE;
}

static struct gd_status wait_until_gone(const struct recovery *recovery,
                                        const struct gd_story *story, struct gd_error *err)
{
    int64_t until_us = gd_clock_monotonic_us() + (int64_t)GONE_MS * 1000;
    uint32_t pause_ms = PAUSE_MS;
    for (;;) {
        gd_auto_arena scratch = gd_arena_new();
        const char *pid = NULL;
        GD_TRY(session_of(recovery, story, scratch, &pid, err));
        if (pid == NULL)
            return GD_DONE;
        if (pause_ms == PAUSE_MS)
            gd_tell_note(recovery->events,
                         "waiting for the session that change %s left behind (process %s)",
                         story->change, pid);
        if (gd_clock_monotonic_us() > until_us)
            return gd_hint(err,
                           gd_fail(err, GD_BUSY,
                                   "change %s was cut off, and process %s of the server still runs "
                                   "for it",
                                   story->change, pid),
                           "Wait for it, or end it: SELECT pg_terminate_backend(%s).", pid);
        gd_sleep_ms(pause_ms);
        GD_TRY(gd_interrupt_check(err));
        pause_ms = 2 * pause_ms < PAUSE_MAX_MS ? 2 * pause_ms : PAUSE_MAX_MS;
    }
}

/* --- one change ------------------------------------------------------------------------------- */

static struct gd_status recover_one(const struct recovery *recovery, struct gd_recovered *found,
                                    struct gd_error *err)
{
    struct gd_texts notes = {0};
    GD_TRY(wait_until_gone(recovery, found->story, err));
    settle_fn *settle = meaning_of(found->story->last);
    if (settle == untouched && gd_story_touched(found->story))
        settle = ask;
    GD_TRY(settle(recovery, found, &notes, err));
    found->text = tell(found, &notes, recovery->arena);
    return close_or_leave(recovery, found, err);
}

/* A journal that cannot be read is a change of which nothing is known. */
static void unreadable(const struct recovery *recovery, const struct gd_change_entry *entry,
                       const struct gd_error *why, struct gd_recovered *found)
{
    struct gd_story *story = gd_story_new(recovery->arena);
    story->change = entry->change;
    story->cluster = entry->cluster;
    story->began_us = entry->time_us;
    story->last = GD_RECORD_APPLYING;
    story->changed = story->unsettled = true;
    *found = (struct gd_recovered){.story = story,
                                   .what = GD_RECOVERY_UNKNOWN,
                                   .text = gd_arena_strdup(recovery->arena, why->text),
                                   .still_open = true};
}

/* @param out_open  false: it was closed, and only the mark of it was missing */
static struct gd_status look_at(const struct recovery *recovery,
                                const struct gd_change_entry *entry, struct gd_recovered *found,
                                bool *out_open, struct gd_error *err)
{
    struct gd_journal *journal = NULL;
    struct gd_error why = {0};
    *found = (struct gd_recovered){.text = ""};
    *out_open = true;
    struct gd_status status =
        gd_journal_resume(recovery->store, entry->cluster, entry->change, &journal, &why);
    if (status.code == GD_CORRUPT) {
        unreadable(recovery, entry, &why, found);
        return GD_DONE;
    }
    if (status.code != GD_OK) {
        *err = why;
        return status;
    }
    *out_open = !gd_journal_closed(journal);
    gd_journal_free(journal);
    if (!*out_open)
        return GD_DONE;
    GD_TRY(gd_story_read(recovery->store, entry->cluster, entry->change, recovery->arena,
                         &found->story, err));
    return recover_one(recovery, found, err);
}

/* What is summed up is not looked at again, so nothing may begin before it. */
static struct gd_status check_turn(const char *change, const struct gd_folded *folded,
                                   struct gd_error *err)
{
    if (change == NULL)
        return GD_DONE;
    if (gd_clock_now_us() - gd_journal_time_of(change) > (int64_t)TURN_S * 1000000)
        return gd_hint(err, gd_fail(err, GD_BUSY, "change %s waited too long for its turn", change),
                       "Run it again.");
    if (strcmp(change, folded->upto) > 0)
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_BUSY,
                           "change %s was begun before change %s, which is over and summed up",
                           change, folded->upto),
                   "Run it again. When it says so again, the clock of this machine is wrong.");
}

/* A cache that could not be written is none the worse for anybody. */
static void sum_up(const struct recovery *recovery, const char *cluster,
                   const struct gd_folded *folded, const struct gd_change_entry *entries,
                   size_t count)
{
    struct gd_error why = {0};
    size_t folded_now = 0;
    if (folded->problem != NULL)
        gd_tell_warning(recovery->events, "It is only a cache: remove it, and nothing is lost.",
                        "%s", folded->problem);
    if (gd_journal_fold(recovery->store, cluster, folded, entries, count, FOLD_LEAST, &folded_now,
                        &why)
            .code != GD_OK)
        gd_tell_note(recovery->events, "old changes could not be summed up: %s", why.text);
}

struct gd_status gd_recover(struct gd_pg *pg, struct gd_store *store, const char *cluster,
                            const char *change, const char *text_sha256,
                            const struct gd_ledger *ledger, const struct gd_events *events,
                            struct gd_arena *arena, struct gd_recovered **out_recovered,
                            size_t *out_count, struct gd_error *err)
{
    struct recovery recovery = {.pg = pg,
                                .store = store,
                                .text_sha256 = text_sha256,
                                .ledger = ledger,
                                .events = events,
                                .arena = arena};
    struct gd_change_entry *entries = NULL;
    struct gd_folded folded;
    size_t count = 0, open = 0;
    GD_TRY(gd_journal_list_recent(store, cluster, arena, &folded, &entries, &count, err));
    GD_TRY(check_turn(change, &folded, err));
    struct gd_recovered *recovered = gd_arena_zalloc(arena, count + 1, sizeof *recovered);
    for (size_t i = 0; i < count; i++) {
        bool is_open = false;
        if (entries[i].closed)
            continue;
        GD_TRY(look_at(&recovery, &entries[i], &recovered[open], &is_open, err));
        open += is_open;
    }
    sum_up(&recovery, cluster, &folded, entries, count);
    *out_recovered = recovered;
    *out_count = open;
    return GD_DONE;
}

/* --- as a person says ------------------------------------------------------------------------- */

struct gd_status gd_recover_close(struct gd_store *store, const char *cluster, const char *change,
                                  enum gd_outcome_kind outcome, const char *who, const char *reason,
                                  struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_story *story = NULL;
    GD_TRY(gd_story_read(store, cluster, change, arena, &story, err));
    if (story->closed)
        return gd_fail(err, GD_USAGE, "change %s is closed already: %s", change,
                       gd_outcome_name(story->outcome));
    story->outcome = outcome;
    story->changed = outcome != GD_OUTCOME_FAILED;
    story->unsettled = false;
    story->error = gd_arena_printf(arena, "guardian was cut off; %s closed it as %s%s%s", who,
                                   gd_outcome_name(outcome), reason[0] == '\0' ? "" : ": ", reason);
    return close_story(store, story, err);
}
