/*
 * Drives guard/recover.h for tests/system/test_recover.py.
 *
 *   drive_recover TARGET STORE write CHANGE RECORD…   a journal by hand; one JSON body of a story a
 *                                                     line on stdin for each record
 *   drive_recover TARGET STORE recover [TEXT_SHA256]  settles; one JSON document
 *   drive_recover TARGET STORE close CHANGE NUMBER    closes one with that outcome
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/guard/recover.h"
#include "guardian/snapshot/cluster.h"

struct job {
    struct gd_pg *pg;
    struct gd_store *store;
    const char *cluster;
    struct gd_arena *arena;
    int count;
    char **words;
};

static enum gd_record_kind kind_of(const char *name)
{
    for (unsigned i = GD_RECORD_RECEIVED; i < GD_RECORD_CLOSED; i++)
        if (strcmp(gd_record_name((enum gd_record_kind)i), name) == 0)
            return (enum gd_record_kind)i;
    return GD_RECORD_CLOSED;
}

static struct gd_status write_journal(const struct job *job, struct gd_error *err)
{
    struct gd_story *story = gd_story_new(job->arena);
    struct gd_journal *journal = NULL;
    struct gd_status status = GD_DONE;
    char line[65536];
    GD_TRY(gd_journal_new(job->store, job->cluster, job->words[0], &journal, err));
    for (int i = 1; i < job->count && status.code == GD_OK; i++) {
        struct gd_json *body = NULL;
        if (fgets(line, sizeof line, stdin) == NULL)
            break;
        status = gd_json_parse(line, strlen(line), &body, err);
        if (status.code != GD_OK)
            break;
        gd_story_learn(story, body, job->arena);
        gd_json_free(body);
        enum gd_record_kind kind = kind_of(job->words[i]);
        status = gd_journal_write(journal, kind, gd_story_body(story, kind), err);
    }
    gd_journal_free(journal);
    return status;
}

static struct gd_json *recovered_json(const struct gd_recovered *found)
{
    static const char *const what[] = {"untouched", "in", "part", "unknown"};
    struct gd_json *one = gd_json_object(), *steps = gd_json_list();
    gd_json_put(one, "change", gd_json_new_text(found->story->change));
    gd_json_put(one, "what", gd_json_new_text(what[found->what]));
    gd_json_put(one, "text", gd_json_new_text(found->text));
    gd_json_put(one, "still_open", gd_json_new_bool(found->still_open));
    gd_json_put(one, "outcome", gd_json_new_text(gd_outcome_name(found->story->outcome)));
    gd_json_put(one, "changed", gd_json_new_bool(found->story->changed));
    for (size_t i = 0; i < found->story->step_count; i++)
        gd_json_push(steps, gd_json_new_text(gd_step_state_name(found->story->steps[i].state)));
    gd_json_put(one, "steps", steps);
    return one;
}

static struct gd_status recover(const struct job *job, struct gd_error *err)
{
    struct gd_ledger ledger;
    struct gd_recovered *found = NULL;
    size_t count = 0;
    GD_TRY(gd_ledger_open(job->pg, false, job->arena, &ledger, err));
    GD_TRY(gd_recover(job->pg, job->store, job->cluster, NULL,
                      job->count > 0 ? job->words[0] : NULL, &ledger, NULL, job->arena, &found,
                      &count, err));
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < count; i++)
        gd_json_push(list, recovered_json(&found[i]));
    struct gd_status status = gd_json_write(list, stdout, 0, err);
    gd_json_free(list);
    return status;
}

static struct gd_status run(struct job *job, const char *task, struct gd_error *err)
{
    GD_TRY(gd_cluster_of(job->pg, job->arena, &job->cluster, err));
    if (strcmp(task, "write") == 0)
        return write_journal(job, err);
    if (strcmp(task, "recover") == 0)
        return recover(job, err);
    return gd_recover_close(job->store, job->cluster, job->words[0],
                            (enum gd_outcome_kind)strtoul(job->words[1], NULL, 10), "ada", "looked",
                            err);
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    gd_auto_pg pg = NULL;
    gd_auto_store store = NULL;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_pg_options target = {.target = argv[1]};
    struct gd_store_options place = {.url = argv[2]};
    struct gd_status status = gd_store_open(&place, &store, &err);
    if (status.code == GD_OK)
        status = gd_pg_connect(&target, &pg, &err);
    struct job job = {
        .pg = pg, .store = store, .arena = arena, .count = argc - 4, .words = argv + 4};
    if (status.code == GD_OK)
        status = run(&job, argv[3], &err);
    if (status.code != GD_OK)
        fprintf(stderr, "%s\n%s\n", err.text, err.hint);
    return gd_exit_status(status.code);
}
