/*
 * Drives proxy/ready.h and proxy/skip.h, for tests/system/test_boot.py.
 *
 *   drive_skip wait TARGET MS                     waits; notes on stderr
 *   drive_skip key TARGET INPUT… -- WORD…         the key
 *   drive_skip look TARGET KEY                    "unchanged CHANGE" or why not
 *   drive_skip record TARGET KEY CHANGE
 *   drive_skip all TARGET INPUT… -- WORD…         key and look at once, as a boot does it
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/proxy/ready.h"
#include "guardian/proxy/skip.h"

struct job {
    struct gd_pg_options pg;
    char **words;
    int count;
    struct gd_arena *arena;
};

static void tell(void *context, const struct gd_event *event)
{
    (void)context;
    fprintf(stderr, "%s\n", event->text);
}

static struct gd_status wait_for_it(const struct job *job, struct gd_error *err)
{
    struct gd_events events = {tell, NULL};
    struct gd_ready_options options = {&job->pg, (uint32_t)strtoul(job->words[0], NULL, 10),
                                       &events};
    gd_auto_pg pg = NULL;
    GD_TRY(gd_ready_wait(&options, &pg, err));
    printf("ready\n");
    return GD_DONE;
}

static struct gd_status make_key(const struct job *job, const char **out_key, struct gd_error *err)
{
    size_t inputs = 0;
    while (strcmp(job->words[inputs], "--") != 0)
        inputs++;
    struct gd_skip_options options = {.argv = (const char *const *)job->words + inputs + 1,
                                      .inputs = (const char *const *)job->words,
                                      .input_count = inputs,
                                      .target = job->pg.target};
    return gd_skip_key(&options, job->arena, out_key, err);
}

static struct gd_status look(const struct job *job, const char *key, struct gd_error *err)
{
    struct gd_skip_answer answer;
    gd_auto_pg pg = NULL;
    GD_TRY(gd_pg_connect(&job->pg, &pg, err));
    GD_TRY(gd_skip_look(pg, key, job->arena, &answer, err));
    printf("%s%s\n", answer.unchanged ? "unchanged " : answer.why,
           answer.unchanged ? answer.change : "");
    return GD_DONE;
}

static struct gd_status work(const struct job *job, const char *what, struct gd_error *err)
{
    const char *key = NULL;
    if (strcmp(what, "wait") == 0)
        return wait_for_it(job, err);
    if (strcmp(what, "look") == 0)
        return look(job, job->words[0], err);
    if (strcmp(what, "record") == 0) {
        gd_auto_pg pg = NULL;
        GD_TRY(gd_pg_connect(&job->pg, &pg, err));
        return gd_skip_record(pg, job->words[0], job->words[1], err);
    }
    GD_TRY(make_key(job, &key, err));
    if (strcmp(what, "all") == 0)
        return look(job, key, err);
    printf("%s\n", key);
    return GD_DONE;
}

int main(int argc, char **argv)
{
    struct gd_error err = {0};
    if (argc < 4)
        return 64;
    struct job job = {{.target = argv[2]}, argv + 3, argc - 3, gd_arena_new()};
    struct gd_status status = work(&job, argv[1], &err);
    if (status.code != GD_OK)
        fprintf(stderr, "%s\n%s\n", err.text, err.hint);
    gd_arena_free(job.arena);
    return gd_exit_status(status.code);
}
