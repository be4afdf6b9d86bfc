/*
 * A guarded change and its rollback without the parts that judge and ask, for
 * tests/system/test_rollback_ways.py.
 *
 *   drive_change TARGET STORE apply SCOPE CHANGE.sql [LOSS…]
 *       backs up (schema, database, or tables: "public.a,public.b"), runs the file in one
 *       transaction, and writes the journal and the ledger; prints the change's id. LOSS is a table
 *       or a column whose data is lost: "public.users", "public.users.age".
 *   drive_change TARGET STORE plan CHANGE [WAY]
 *   drive_change TARGET STORE rollback CHANGE [WAY]
 *       prints what is planned, and what came of it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/guard/rollback.h"
#include "guardian/pg/copy.h"
#include "guardian/pg/fingerprint.h"

struct drive {
    struct gd_pg_options pg_options;
    struct gd_store *store;
    struct gd_arena *arena;
    struct gd_pg *pg;
    const char *cluster, *database;
};

static char *read_file(const char *path, struct gd_arena *arena)
{
    FILE *file = fopen(path, "rb");
    size_t capacity = 1 << 22;
    char *text = gd_arena_alloc(arena, capacity);
    if (file == NULL)
        exit(2);
    text[fread(text, 1, capacity - 1, file)] = '\0';
    fclose(file);
    return text;
}

GD_MUST static struct gd_status ask(struct drive *drive, const char *sql, const char **out_text,
                                    struct gd_error *err)
{
    struct gd_pg_call call = {.what = "ask", .sql = sql};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(drive->pg, &call, &rows, err));
    *out_text = gd_arena_strdup(drive->arena, gd_pg_cell(rows, 0, 0));
    return GD_DONE;
}

GD_MUST static struct gd_status open_all(struct drive *drive, const char *store,
                                         struct gd_error *err)
{
    const char *identifier;
    struct gd_store_options store_options = {.url = store};
    GD_TRY(gd_store_open(&store_options, &drive->store, err));
    GD_TRY(gd_pg_connect(&drive->pg_options, &drive->pg, err));
    GD_TRY(ask(drive, "SELECT system_identifier FROM pg_control_system()", &identifier, err));
    GD_TRY(ask(drive, "SELECT current_database()", &drive->database, err));
    drive->cluster = gd_cluster_name(identifier, drive->database, drive->arena);
    return GD_DONE;
}

static const char **split(const char *text, size_t *out_count, struct gd_arena *arena)
{
    const char **list = gd_arena_zalloc(arena, strlen(text) + 1, sizeof *list);
    *out_count = 0;
    for (const char *at = text; *at != '\0';) {
        size_t size = strcspn(at, ",");
        list[(*out_count)++] = gd_arena_strndup(arena, at, size);
        at += size + (at[size] == ',');
    }
    return list;
}

GD_MUST static struct gd_status back_up(struct drive *drive, const char *scope,
                                        struct gd_story *story, struct gd_error *err)
{
    bool schema = strcmp(scope, "schema") == 0, all = strcmp(scope, "database") == 0;
    size_t count = 0;
    const char **tables = split(scope, &count, drive->arena);
    struct gd_take_options options = {.pg = &drive->pg_options,
                                      .store = drive->store,
                                      .scope = schema ? GD_SNAPSHOT_SCHEMA
                                               : all  ? GD_SNAPSHOT_DATABASE
                                                      : GD_SNAPSHOT_TABLES,
                                      .tables = schema || all ? NULL : tables,
                                      .table_count = schema || all ? 0 : count,
                                      .change = story->change,
                                      .lock_ms = 2000};
    struct gd_manifest *manifest;
    GD_TRY(gd_snapshot_take(&options, drive->arena, &manifest, err));
    story->snapshot = manifest->id;
    return GD_DONE;
}

static void add_losses(struct gd_story *story, char **words, int count, struct gd_arena *arena)
{
    story->losses = gd_arena_zalloc(arena, (size_t)count + 1, sizeof *story->losses);
    for (int i = 0; i < count; i++) {
        struct gd_story_loss *loss = &story->losses[story->loss_count++];
        const char *first = strchr(words[i], '.');
        const char *second = first == NULL ? NULL : strchr(first + 1, '.');
        const char *table = second == NULL
                                ? words[i]
                                : gd_arena_strndup(arena, words[i], (size_t)(second - words[i]));
        *loss = (struct gd_story_loss){.rule = "A001", .object = words[i], .loses = GD_LOSES_DATA};
        gd_texts_add(&loss->tables, table, arena);
        if (second != NULL)
            gd_texts_add(&loss->columns, words[i], arena);
    }
}

GD_MUST static struct gd_status run_text(struct drive *drive, struct gd_journal *journal,
                                         struct gd_story *story, const char *text,
                                         struct gd_error *err)
{
    struct gd_ledger ledger;
    struct gd_story_step *step = &story->steps[0];
    GD_TRY(gd_ledger_open(drive->pg, true, drive->arena, &ledger, err));
    GD_TRY(gd_pg_command(drive->pg, "begin", "BEGIN", err));
    GD_TRY(gd_pg_command(drive->pg, "run the change", text, err));
    GD_TRY(ask(drive, "SELECT pg_current_xact_id()::text", &step->xid, err));
    GD_TRY(gd_pg_command(drive->pg, "write the ledger",
                         gd_ledger_step_sql(&ledger, story->change, 1, "h", "in", drive->arena),
                         err));
    GD_TRY(gd_journal_write(journal, GD_RECORD_APPLYING, gd_story_body(story, GD_RECORD_APPLYING),
                            err));
    GD_TRY(gd_pg_command(drive->pg, "commit", "COMMIT", err));
    step->state = GD_STEP_IN;
    return gd_pg_command(drive->pg, "write the ledger",
                         gd_ledger_change_sql(&ledger, story, drive->arena), err);
}

GD_MUST static struct gd_status apply(struct drive *drive, char **words, int count,
                                      struct gd_error *err)
{
    char id[GD_ID_SIZE];
    struct gd_story *story = gd_story_new(drive->arena);
    struct gd_journal *journal = NULL;
    struct gd_fingerprint before, after;
    const char *text = read_file(words[1], drive->arena);
    struct gd_story_file file = {
        .path = words[1], .origin = words[1], .sha256 = "", .text_key = ""};
    struct gd_story_step step = {
        .number = 1, .kind = "transaction", .file = words[1], .text = "", .hash = "h", .xid = ""};
    gd_id_new(id);
    story->change = id;
    story->began_us = gd_clock_now_us();
    story->cluster = drive->cluster;
    story->database = drive->database;
    story->files = &file;
    story->file_count = story->step_count = 1;
    story->steps = &step;
    add_losses(story, words + 2, count - 2, drive->arena);
    GD_TRY(gd_journal_new(drive->store, drive->cluster, id, &journal, err));
    GD_TRY(gd_journal_attach(journal, "text-1", text, strlen(text), NULL, drive->arena,
                             &file.text_key, err));
    GD_TRY(gd_pg_fingerprint(drive->pg, drive->arena, &before, err));
    story->fingerprint_before = before.sha256;
    const char *lines = gd_fingerprint_text(&before, drive->arena);
    GD_TRY(gd_journal_attach(journal, "schema-before", lines, strlen(lines), NULL, drive->arena,
                             &story->schema_key, err));
    GD_TRY(
        gd_journal_write(journal, GD_RECORD_DECIDED, gd_story_body(story, GD_RECORD_DECIDED), err));
    GD_TRY(back_up(drive, words[0], story, err));
    GD_TRY(run_text(drive, journal, story, text, err));
    story->outcome = GD_OUTCOME_APPLIED;
    story->changed = true;
    GD_TRY(gd_pg_fingerprint(drive->pg, drive->arena, &after, err));
    story->fingerprint_after = after.sha256;
    GD_TRY(
        gd_journal_write(journal, GD_RECORD_CLOSED, gd_story_body(story, GD_RECORD_CLOSED), err));
    gd_journal_free(journal);
    printf("%s\n", id);
    return GD_DONE;
}

static void print_plan(const struct gd_rollback_plan *plan)
{
    printf("way: %s\n", gd_way_name(plan->way));
    for (size_t i = 0; i < plan->steps.count; i++)
        printf("step: %s\n", plan->steps.items[i]);
    for (size_t i = 0; i < plan->ruled_out.count; i++)
        printf("not: %s\n", plan->ruled_out.items[i]);
    for (size_t i = 0; i < plan->since_count; i++)
        printf("since: %s new %" PRId64 " changed %" PRId64 " gone %" PRId64 " kept %" PRId64
               " lost %" PRId64 " %s\n",
               plan->since[i].table, plan->since[i].rows_new, plan->since[i].rows_changed,
               plan->since[i].rows_gone, plan->since[i].kept, plan->since[i].lost,
               plan->since[i].conflict == NULL ? "" : plan->since[i].conflict);
    for (size_t i = 0; i < plan->notes.count; i++)
        printf("note: %s\n", plan->notes.items[i]);
    printf("lost: %" PRId64 "\n", plan->rows_lost);
}

GD_MUST static struct gd_status go_back(struct drive *drive, char **words, int count, bool really,
                                        struct gd_error *err)
{
    struct gd_rollback_options options = {.pg = &drive->pg_options,
                                          .store = drive->store,
                                          .cluster = drive->cluster,
                                          .change = words[0],
                                          .way = -1,
                                          .lock_ms = 1000,
                                          .lock_retries = 3,
                                          .wait_ms = 5000};
    struct gd_rollback_plan *plan;
    struct gd_rolled_back done;
    struct gd_journal *journal = NULL;
    char id[GD_ID_SIZE];
    for (int way = GD_WAY_NOTHING; count > 1 && way <= GD_WAY_DATABASE; way++)
        if (strcmp(gd_way_name((enum gd_way)way), words[1]) == 0)
            options.way = way;
    GD_TRY(gd_rollback_plan(&options, drive->arena, &plan, err));
    print_plan(plan);
    if (!really)
        return GD_DONE;
    gd_pg_close(GD_MOVE(drive->pg));
    struct gd_story *story = gd_story_new(drive->arena);
    gd_id_new(id);
    story->change = id;
    story->began_us = gd_clock_now_us();
    story->cluster = drive->cluster;
    story->database = drive->database;
    GD_TRY(gd_journal_new(drive->store, drive->cluster, id, &journal, err));
    struct gd_status status =
        gd_rollback_run(&options, plan, journal, story, drive->arena, &done, err);
    gd_journal_free(journal);
    GD_TRY(status);
    for (size_t i = 0; i < done.conflicts.count; i++)
        printf("conflict: %s\n", done.conflicts.items[i]);
    for (size_t i = 0; i < done.differences.count; i++)
        printf("differs: %s\n", done.differences.items[i]);
    printf("done: bad state %s, old database %s\n", done.bad_state,
           done.old_database == NULL ? "none" : done.old_database);
    return GD_DONE;
}

int main(int argc, char **argv)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct drive drive = {.arena = arena};
    if (argc < 5)
        return 2;
    drive.pg_options.target = argv[1];
    struct gd_status status = open_all(&drive, argv[2], &err);
    if (status.code == GD_OK)
        status = strcmp(argv[3], "apply") == 0
                     ? apply(&drive, argv + 4, argc - 4, &err)
                     : go_back(&drive, argv + 4, argc - 4, strcmp(argv[3], "rollback") == 0, &err);
    gd_pg_close(drive.pg);
    gd_store_close(drive.store);
    if (status.code != GD_OK)
        fprintf(stderr, "guardian: %s\n%s\n", err.text, err.hint);
    return gd_exit_status(status.code);
}
