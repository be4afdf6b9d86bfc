/*
 * Drives guard/apply.c and guard/check.c for tests/system/test_apply_steps.py: judges files against
 * a database, plans them, runs the plan, and prints one JSON document.
 *
 *   drive_apply TARGET [OPTION…] FILE…
 *     --change ID   --store DIR (a journal is kept)   --ledger   --skip N   --single   --seal
 *     --before SQL  --after SQL  (around every file)  --stop-file PATH (still ours? while it is
 *     there)  --lock-ms N  --retries N  --statement-ms N  --total-ms N   --check
 *     --pause-sealed SECONDS   --altered (the text in memory is not the one that was judged)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/guard/apply.h"
#include "guardian/guard/check.h"
#include "guardian/io/digest.h"
#include "guardian/io/json.h"
#include "guardian/store/store.h"

static const char go_policy[] = "policy: go\nabout: for a test\n"
                                "rules:\n"
                                "  - {class: [none, additive, enum, destructive, unknown], action: "
                                "go, because: a test}\n";

struct drive {
    const char *target, *change, *store, *before, *after, *stop_file;
    bool ledger, single, seal, check, altered;
    uint32_t skip, lock_ms, retries, statement_ms, total_ms, pause;
    const char *paths[16];
    size_t path_count;
    struct gd_arena *arena;
    struct gd_json *events;
};

/* ---- words ---- */

static bool flag(struct drive *drive, const char *word)
{
    bool *const flags[] = {&drive->ledger, &drive->single, &drive->seal, &drive->check,
                           &drive->altered};
    static const char *const names[] = {"--ledger", "--single", "--seal", "--check", "--altered"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(word, names[i]) == 0)
            return *flags[i] = true;
    return false;
}

static bool text(struct drive *drive, const char *word, const char *value)
{
    const char **const texts[] = {&drive->change, &drive->store, &drive->before, &drive->after,
                                  &drive->stop_file};
    static const char *const names[] = {"--change", "--store", "--before", "--after",
                                        "--stop-file"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(word, names[i]) == 0)
            return (*texts[i] = value) != NULL;
    return false;
}

static bool number(struct drive *drive, const char *word, const char *value)
{
    uint32_t *const numbers[] = {&drive->skip,         &drive->lock_ms,  &drive->retries,
                                 &drive->statement_ms, &drive->total_ms, &drive->pause};
    static const char *const names[] = {"--skip",         "--lock-ms",  "--retries",
                                        "--statement-ms", "--total-ms", "--pause-sealed"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(word, names[i]) == 0) {
            *numbers[i] = (uint32_t)strtoul(value, NULL, 10);
            return true;
        }
    return false;
}

static void read_words(struct drive *drive, int argc, char **argv)
{
    drive->target = argv[1];
    for (int i = 2; i < argc; i++) {
        if (flag(drive, argv[i]))
            continue;
        if (argv[i][0] == '-' && argv[i][1] == '-' && i + 1 < argc &&
            (text(drive, argv[i], argv[i + 1]) || number(drive, argv[i], argv[i + 1])))
            i++;
        else if (drive->path_count < 16)
            drive->paths[drive->path_count++] = argv[i];
    }
}

/* ---- before it runs ---- */

static void read_file(struct drive *drive, const char *path, struct gd_input *input)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        exit(2);
    char *bytes = gd_arena_alloc(drive->arena, 64u << 20);
    *input =
        (struct gd_input){.path = path, .text = bytes, .size = fread(bytes, 1, 64u << 20, file)};
    fclose(file);
}

static struct gd_story *story_of(const struct drive *drive, const struct gd_plan *plan)
{
    struct gd_story *story = gd_story_new(drive->arena);
    story->change = drive->change;
    story->steps = gd_arena_zalloc(drive->arena, plan->step_count + 1, sizeof *story->steps);
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct gd_step *step = plan->steps[i];
        char hash[65];
        gd_digest_of(step->number > 0 ? &step->number : NULL, sizeof step->number, hash);
        story->steps[story->step_count++] = (struct gd_story_step){
            .number = step->number,
            .kind = gd_step_kind_name(step->kind),
            .file = step->file->path,
            .line = step->statement_count > 0 ? step->statements[0]->line : 0,
            .text = "",
            .hash = gd_arena_strdup(drive->arena, hash),
            .xid = "",
        };
    }
    return story;
}

static void on_event(void *context, const struct gd_event *event)
{
    struct drive *drive = context;
    char line[1024];
    snprintf(line, sizeof line, "%s%s%s", event->text == NULL ? "" : event->text,
             event->object == NULL ? "" : "progress: ", event->object == NULL ? "" : event->object);
    gd_json_push(drive->events, gd_json_new_text(line));
}

static struct gd_status still_ours(void *context, struct gd_error *err)
{
    const struct drive *drive = context;
    if (drive->stop_file == NULL || access(drive->stop_file, F_OK) == 0)
        return GD_DONE;
    return gd_fail(err, GD_BUSY, "the lease is another's");
}

/* ---- what came of it ---- */

static struct gd_json *texts_json(const struct gd_texts *texts)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < texts->count; i++)
        gd_json_push(list, gd_json_new_text(texts->items[i]));
    return list;
}

static struct gd_json *steps_json(const struct gd_story *story)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < story->step_count; i++) {
        const struct gd_story_step *step = &story->steps[i];
        struct gd_json *one = gd_json_object();
        gd_json_put(one, "number", gd_json_new_int(step->number));
        gd_json_put(one, "kind", gd_json_new_text(step->kind));
        gd_json_put(one, "line", gd_json_new_int(step->line));
        gd_json_put(one, "state", gd_json_new_text(gd_step_state_name(step->state)));
        gd_json_put(one, "xid", gd_json_new_text(step->xid));
        gd_json_push(list, one);
    }
    return list;
}

static void print(const struct drive *drive, const struct gd_story *story,
                  const struct gd_texts *notices, const struct gd_checked *checked, bool open,
                  struct gd_status status, const struct gd_error *err)
{
    struct gd_json *out = gd_json_object();
    static const struct gd_texts none = {0};
    gd_json_put(out, "code", gd_json_new_text(gd_code_name(status.code)));
    gd_json_put(out, "text", gd_json_new_text(err->text));
    gd_json_put(out, "hint", gd_json_new_text(err->hint));
    gd_json_put(out, "open", gd_json_new_bool(open));
    gd_json_put(out, "unsettled", gd_json_new_bool(story != NULL && story->unsettled));
    gd_json_put(out, "steps", story == NULL ? gd_json_list() : steps_json(story));
    gd_json_put(out, "notices", texts_json(notices == NULL ? &none : notices));
    gd_json_put(out, "problems", texts_json(checked == NULL ? &none : &checked->problems));
    gd_json_put(out, "events", drive->events);
    struct gd_error ignored = {0};
    if (gd_json_write(out, stdout, 0, &ignored).code != GD_OK)
        exit(3);
    gd_json_free(out);
}

/* ---- running ---- */

struct open {
    struct gd_pg *pg;
    struct gd_store *store;
    struct gd_journal *journal;
    struct gd_ledger ledger;
    struct gd_story *story;
    struct gd_applier *applier;
    struct gd_checked checked;
    const struct gd_plan *plan;
    bool sealed;
};

static GD_MUST struct gd_status decide(struct drive *drive, struct open *open,
                                       struct gd_apply_file *files, struct gd_error *err)
{
    struct gd_input inputs[16];
    struct gd_change *change = gd_arena_zalloc(drive->arena, 1, sizeof *change);
    const struct gd_policy *policy;
    const struct gd_decision *decision;
    for (size_t i = 0; i < drive->path_count; i++)
        read_file(drive, drive->paths[i], &inputs[i]);
    struct gd_change_options reading = {.database = drive->target, .pg = open->pg, .lock_ms = 2000};
    GD_TRY(gd_change_read(inputs, drive->path_count, &reading, drive->arena, change, err));
    GD_TRY(
        gd_policy_load_text("go.yaml", go_policy, strlen(go_policy), drive->arena, &policy, err));
    struct gd_decide_input input = {
        .policy = policy, .report = change->report, .survey = change->survey};
    GD_TRY(gd_decide(&input, drive->arena, &decision, err));
    struct gd_plan_options planning = {.single_transaction = drive->single};
    open->plan = gd_plan_make(change, decision, &planning, drive->arena);
    for (size_t i = 0; i < drive->path_count; i++) {
        files[i] = (struct gd_apply_file){.file = change->report->files[i],
                                          .text = inputs[i].text,
                                          .size = inputs[i].size,
                                          .before = drive->before,
                                          .after = drive->after};
        if (drive->altered)
            memcpy((char *)(uintptr_t)inputs[i].text, "--", 2);
    }
    return GD_DONE;
}

static GD_MUST struct gd_status prepare(struct drive *drive, struct open *open,
                                        struct gd_error *err)
{
    struct gd_pg_options target = {.target = drive->target};
    GD_TRY(gd_pg_connect(&target, &open->pg, err));
    if (drive->store != NULL) {
        struct gd_store_options store = {.url = drive->store};
        GD_TRY(gd_store_open(&store, &open->store, err));
        GD_TRY(gd_journal_new(open->store, "test", drive->change, &open->journal, err));
    }
    if (drive->ledger)
        GD_TRY(gd_ledger_open(open->pg, true, drive->arena, &open->ledger, err));
    return GD_DONE;
}

static GD_MUST struct gd_status run(struct drive *drive, struct open *open, struct gd_error *err)
{
    struct gd_apply_file files[16];
    struct gd_events events = {on_event, drive};
    const struct gd_permit *permit;
    GD_TRY(prepare(drive, open, err));
    GD_TRY(decide(drive, open, files, err));
    open->story = story_of(drive, open->plan);
    struct gd_apply_options options = {
        .plan = open->plan,
        .files = files,
        .file_count = drive->path_count,
        .ledger = &open->ledger,
        .journal = open->journal,
        .story = open->story,
        .skip_steps = drive->skip,
        .statement_ms = drive->statement_ms,
        .lock_ms = drive->lock_ms,
        .lock_retries = drive->retries,
        .total_ms = drive->total_ms,
        .still_ours = still_ours,
        .still_ours_context = drive,
        .events = &events,
    };
    GD_TRY(gd_permit_without(open->plan->decision, drive->arena, &permit, err));
    GD_TRY(gd_apply_new(&options, open->pg, drive->arena, &open->applier, err));
    if (drive->seal) {
        GD_TRY(gd_apply_to_seal(open->applier, NULL, &open->sealed, err));
        if (drive->pause > 0)
            gd_sleep_ms(drive->pause * 1000);
    }
    struct gd_fingerprint before;
    GD_TRY(gd_pg_fingerprint(open->pg, drive->arena, &before, err));
    GD_TRY(gd_apply_run(open->applier, permit, err));
    return drive->check
               ? gd_check_after(open->pg, open->plan, &before, drive->arena, &open->checked, err)
               : GD_DONE;
}

int main(int argc, char **argv)
{
    gd_auto_arena arena = gd_arena_new();
    char id[GD_ID_SIZE];
    struct gd_error err = {0};
    struct open open = {0};
    gd_id_new(id);
    struct drive drive = {
        .change = id, .arena = arena, .events = gd_json_list(), .lock_ms = 500, .retries = 2};
    if (argc < 3)
        return 2;
    gd_interrupt_watch();
    read_words(&drive, argc, argv);
    struct gd_status status = run(&drive, &open, &err);
    print(&drive, open.story, open.applier == NULL ? NULL : gd_apply_notices(open.applier),
          &open.checked, open.sealed, status, &err);
    gd_apply_free(open.applier);
    gd_journal_free(open.journal);
    gd_store_close(open.store);
    gd_pg_close(open.pg);
    return gd_exit_status(status.code);
}
