/*
 * Drives the journal for the system tests of many changes: makes them, and says how long it takes
 * to look at them.
 *
 *   drive_journal URL CLUSTER STEP…
 *
 *   make COUNT FROM TO   changes that are over, spread evenly from so many days ago to so many
 *   open DAYS            one that is not, begun then
 *   list · recent · stories MOST · last · fold LEAST · fold-all      one JSON document each
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/crew.h"
#include "guardian/journal/fold.h"
#include "guardian/journal/story.h"

struct job {
    struct gd_store *store;
    const char *cluster;
    char **words;
    int count;
    int64_t first_us, step_us;
    unsigned serial;
    struct gd_arena *arena;
};

static long number(struct job *job)
{
    if (job->count == 0)
        return 0;
    job->count--;
    return strtol(*job->words++, NULL, 10);
}

static void say(const char *step, int64_t began_us, size_t count, const char *more)
{
    printf("{\"step\":\"%s\",\"seconds\":%.4f,\"count\":%zu%s}\n", step,
           (double)(gd_clock_monotonic_us() - began_us) / 1e6, count, more);
    fflush(stdout);
}

/* --- making ------------------------------------------------------------------------------------
 */

static void id_at(int64_t time_us, unsigned serial, char out_id[GD_ID_SIZE])
{
    char text[GD_TIME_SIZE];
    gd_clock_text(time_us, text);
    snprintf(out_id, GD_ID_SIZE, "%.4s%.2s%.2sT%.2s%.2s%.2sZ-%010x", text, text + 5, text + 8,
             text + 11, text + 14, text + 17, serial & 0xffffff);
}

static struct gd_story *story_at(const struct job *job, int64_t time_us, struct gd_arena *arena)
{
    struct gd_story *story = gd_story_new(arena);
    story->cluster = job->cluster;
    story->database = "many";
    story->began_us = time_us;
    story->ended_us = time_us + 1000000;
    story->who = "root";
    story->host = "db1";
    story->class = GD_CLASS_ADDITIVE;
    story->outcome = GD_OUTCOME_APPLIED;
    story->changed = true;
    story->file_count = 1;
    story->files = gd_arena_zalloc(arena, 1, sizeof *story->files);
    story->files[0] = (struct gd_story_file){.path = "db/init.sql",
                                             .origin = "/srv/app/db/init.sql",
                                             .sha256 = "00",
                                             .class = GD_CLASS_ADDITIVE,
                                             .text_key = ""};
    story->step_count = 3;
    story->steps = gd_arena_zalloc(arena, story->step_count, sizeof *story->steps);
    for (uint32_t i = 0; i < story->step_count; i++)
        story->steps[i] = (struct gd_story_step){.number = i + 1,
                                                 .kind = "transaction",
                                                 .file = "db/init.sql",
                                                 .text = "ALTER TABLE users ADD COLUMN note text",
                                                 .hash = "00",
                                                 .xid = "4711",
                                                 .state = GD_STEP_IN};
    return story;
}

static struct gd_status make_one(void *context, size_t index, struct gd_arena *scratch,
                                 struct gd_error *err)
{
    const struct job *job = context;
    static const enum gd_record_kind kinds[] = {GD_RECORD_PROTECTING, GD_RECORD_PROVEN,
                                                GD_RECORD_APPLYING, GD_RECORD_CLOSED};
    int64_t time_us = job->first_us + (int64_t)index * job->step_us;
    char id[GD_ID_SIZE];
    struct gd_journal *journal = NULL;
    struct gd_story *story = story_at(job, time_us, scratch);
    id_at(time_us, job->serial + (unsigned)index, id);
    GD_TRY(gd_journal_new(job->store, job->cluster, id, &journal, err));
    struct gd_status status = GD_DONE;
    size_t count = job->step_us == 0 ? 2 : sizeof kinds / sizeof kinds[0];
    for (size_t i = 0; i < count && status.code == GD_OK; i++)
        status = gd_journal_write(journal, kinds[i], gd_story_body(story, kinds[i]), err);
    gd_journal_free(journal);
    return status;
}

static struct gd_status make(struct job *job, bool open, struct gd_error *err)
{
    size_t count = open ? 1 : (size_t)number(job);
    int64_t began_us = gd_clock_monotonic_us(), day_us = INT64_C(86400000000);
    int64_t from_us = day_us * number(job), to_us = open ? 0 : day_us * number(job);
    job->first_us = gd_clock_now_us() - from_us;
    job->step_us = open || count == 0 ? 0 : (from_us - to_us) / (int64_t)count + 1;
    GD_TRY(gd_crew_run(count, 8, make_one, job, err));
    job->serial += (unsigned)count;
    say(open ? "open" : "make", began_us, count, "");
    return GD_DONE;
}

/* --- looking -----------------------------------------------------------------------------------
 */

static struct gd_status list(struct job *job, struct gd_error *err)
{
    struct gd_change_entry *entries = NULL;
    size_t count = 0;
    int64_t began_us = gd_clock_monotonic_us();
    GD_TRY(gd_journal_list(job->store, job->cluster, job->arena, &entries, &count, err));
    say("list", began_us, count, "");
    return GD_DONE;
}

static struct gd_status recent(struct job *job, struct gd_error *err)
{
    struct gd_change_entry *entries = NULL;
    struct gd_folded folded;
    size_t count = 0, open = 0;
    int64_t began_us = gd_clock_monotonic_us();
    GD_TRY(gd_journal_list_recent(job->store, job->cluster, job->arena, &folded, &entries, &count,
                                  err));
    for (size_t i = 0; i < count; i++)
        open += !entries[i].closed;
    say("recent", began_us, count,
        gd_arena_printf(job->arena, ",\"open\":%zu,\"folded\":%llu,\"upto\":\"%s\",\"problem\":%s",
                        open, (unsigned long long)folded.count, folded.upto,
                        folded.problem == NULL ? "false" : "true"));
    return GD_DONE;
}

static struct gd_status stories(struct job *job, struct gd_error *err)
{
    struct gd_told_list told = {0};
    int64_t began_us = gd_clock_monotonic_us();
    GD_TRY(gd_story_list(job->store, job->cluster, (size_t)number(job), job->arena, &told, err));
    size_t good = 0, open = 0;
    for (size_t i = 0; i < told.count; i++) {
        good += told.items[i].story != NULL;
        open += told.items[i].open;
    }
    say("stories", began_us, told.count,
        gd_arena_printf(job->arena, ",\"good\":%zu,\"open\":%zu,\"left\":%zu,\"problem\":%s", good,
                        open, told.left, told.problem == NULL ? "false" : "true"));
    return GD_DONE;
}

static struct gd_status last(struct job *job, struct gd_error *err)
{
    const char *cluster = NULL, *change = NULL;
    int64_t began_us = gd_clock_monotonic_us();
    GD_TRY(
        gd_journal_resolve(job->store, job->cluster, "last", job->arena, &cluster, &change, err));
    say("last", began_us, 1, gd_arena_printf(job->arena, ",\"change\":\"%s\"", change));
    return GD_DONE;
}

static struct gd_status fold(struct job *job, bool all, struct gd_error *err)
{
    struct gd_change_entry *entries = NULL;
    struct gd_folded folded;
    size_t count = 0, done = 0;
    int64_t began_us = gd_clock_monotonic_us();
    if (all) {
        GD_TRY(gd_journal_fold_all(job->store, job->cluster, &done, err));
    } else {
        GD_TRY(gd_journal_list_recent(job->store, job->cluster, job->arena, &folded, &entries,
                                      &count, err));
        GD_TRY(gd_journal_fold(job->store, job->cluster, &folded, entries, count,
                               (size_t)number(job), &done, err));
    }
    say(all ? "fold-all" : "fold", began_us, done, "");
    return GD_DONE;
}

static struct gd_status run_step(struct job *job, struct gd_error *err)
{
    const char *step = *job->words++;
    job->count--;
    if (strcmp(step, "make") == 0 || strcmp(step, "open") == 0)
        return make(job, step[0] == 'o', err);
    if (strcmp(step, "list") == 0)
        return list(job, err);
    if (strcmp(step, "recent") == 0)
        return recent(job, err);
    if (strcmp(step, "stories") == 0)
        return stories(job, err);
    if (strcmp(step, "last") == 0)
        return last(job, err);
    if (strcmp(step, "fold") == 0 || strcmp(step, "fold-all") == 0)
        return fold(job, strcmp(step, "fold-all") == 0, err);
    return gd_fail(err, GD_USAGE, "there is no step \"%s\"", step);
}

int main(int argc, char **argv)
{
    struct gd_error err = {0};
    gd_auto_arena arena = gd_arena_new();
    gd_auto_store store = NULL;
    if (argc < 4)
        return 2;
    struct gd_store_options options = {.url = argv[1]};
    struct gd_status status = gd_store_open(&options, &store, &err);
    struct job job = {
        .store = store, .cluster = argv[2], .words = argv + 3, .count = argc - 3, .arena = arena};
    while (status.code == GD_OK && job.count > 0)
        status = run_step(&job, &err);
    if (status.code != GD_OK)
        fprintf(stderr, "%s\n", err.text);
    return (int)status.code;
}
