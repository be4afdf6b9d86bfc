/*
 * Drives guard/ledger.h for tests/system/test_ledger.py.
 *
 *   drive_ledger TARGET open [make]      "there|not there|may make: why"
 *   drive_ledger TARGET steps CHANGE     rows as "step hash state xid"
 *   drive_ledger TARGET files [SHA256…]  rows as "sha256 path folder change stamp rerun_safe"
 *   drive_ledger TARGET sql WHAT WORDS…  SQL that is made: step CHANGE NUMBER HASH STATE, change ID
 *                                        WHO, file CHANGE PATH ORIGIN SHA256, stamp CHANGE STAMP,
 *                                        text SHA256 STAMP, back CHANGE BY
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/guard/ledger.h"

struct job {
    struct gd_pg *pg;
    struct gd_arena *arena;
    struct gd_ledger ledger;
    char **words; /* NULL behind the last one */
    int count;
};

static struct gd_status tell_steps(const struct job *job, struct gd_error *err)
{
    struct gd_ledger_step *steps = NULL;
    size_t count = 0;
    GD_TRY(gd_ledger_steps(job->pg, &job->ledger, job->words[0], job->arena, &steps, &count, err));
    for (size_t i = 0; i < count; i++)
        printf("%u %s %s %s\n", steps[i].step, steps[i].hash, steps[i].state, steps[i].xid);
    return GD_DONE;
}

static struct gd_status tell_files(const struct job *job, struct gd_error *err)
{
    struct gd_ledger_file *files = NULL;
    size_t count = 0;
    GD_TRY(gd_ledger_files(job->pg, &job->ledger,
                           job->count == 0 ? NULL : (const char *const *)job->words,
                           (size_t)job->count, job->arena, &files, &count, err));
    for (size_t i = 0; i < count; i++)
        printf("%s|%s|%s|%s|%s|%d\n", files[i].sha256, files[i].path, files[i].folder,
               files[i].change, files[i].stamp, files[i].rerun_safe);
    return GD_DONE;
}

static const char *change_sql(const struct job *job)
{
    struct gd_story *story = gd_story_new(job->arena);
    story->change = job->words[1];
    story->who = job->words[2];
    story->began_us = INT64_C(1795486500123456);
    story->class = GD_CLASS_DESTRUCTIVE;
    return gd_ledger_change_sql(&job->ledger, story, job->arena);
}

static const char *made_sql(const struct job *job)
{
    char *const *words = job->words;
    const char *what = words[0];
    if (strcmp(what, "step") == 0)
        return gd_ledger_step_sql(&job->ledger, words[1], (uint32_t)strtoul(words[2], NULL, 10),
                                  words[3], words[4], job->arena);
    if (strcmp(what, "change") == 0)
        return change_sql(job);
    if (strcmp(what, "stamp") == 0)
        return gd_ledger_stamp_sql(&job->ledger, words[1], words[2], job->arena);
    if (strcmp(what, "text") == 0)
        return gd_ledger_file_stamp_sql(&job->ledger, words[1], words[2], job->arena);
    if (strcmp(what, "back") == 0)
        return gd_ledger_rolled_back_sql(&job->ledger, words[1], words[2], job->arena);
    struct gd_story_file file = {
        .path = words[2], .origin = words[3], .sha256 = words[4], .rerun_safe = true};
    return gd_ledger_file_sql(&job->ledger, words[1], &file, "", job->arena);
}

static struct gd_status run(struct job *job, const char *task, struct gd_error *err)
{
    bool make = strcmp(task, "open") == 0 && job->count > 0;
    GD_TRY(gd_ledger_open(job->pg, make, job->arena, &job->ledger, err));
    if (strcmp(task, "steps") == 0)
        return tell_steps(job, err);
    if (strcmp(task, "files") == 0)
        return tell_files(job, err);
    if (strcmp(task, "sql") == 0) {
        const char *sql = made_sql(job);
        printf("%s\n", sql == NULL ? "(none)" : sql);
        return GD_DONE;
    }
    printf("%s: %s\n",
           job->ledger.there      ? "there"
           : job->ledger.may_make ? "may make"
                                  : "not there",
           job->ledger.why);
    return GD_DONE;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    gd_auto_pg pg = NULL;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_pg_options options = {.target = argv[1]};
    struct gd_status status = gd_pg_connect(&options, &pg, &err);
    struct job job = {.pg = pg, .arena = arena, .words = argv + 3, .count = argc - 3};
    if (status.code == GD_OK)
        status = run(&job, argv[2], &err);
    if (status.code != GD_OK)
        fprintf(stderr, "%s\n%s\n", err.text, err.hint);
    return gd_exit_status(status.code);
}
