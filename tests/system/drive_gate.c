/*
 * The gate of guardian run without the wire, for tests/system/test_run_gate.py: a session of our
 * own stands for the client's, and its statements are read from standard input.
 *
 *   drive_gate TARGET STORE POLICY EXIT_STATUS
 *
 * A line is one message (Query). "@again" asks whether the command should be run again, and makes
 * the backup that was missing; "@new" begins another session; "@parse " in front of a text judges
 * it as one that is prepared. What becomes of each is printed in a line; at the end the outcome.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/guard/run.h"

struct drive {
    struct gd_pg_options options;
    struct gd_run *run;
    const struct gd_gate *gate;
    struct gd_pg *pg;
    struct gd_gate_session *session;
    const char *database;
};

static void must(struct gd_status status, const struct gd_error *err)
{
    if (status.code == GD_OK)
        return;
    printf("failed %d: %s | %s\n", (int)status.code, err->text, err->hint);
    exit(gd_exit_status(status.code));
}

static void enter(struct drive *drive)
{
    struct gd_error err = {0};
    must(gd_pg_connect(&drive->options, &drive->pg, &err), &err);
    const struct gd_gate_client client = {
        .database = drive->database, .user = "me", .address = "here", .application = ""};
    must(drive->gate->enter(drive->gate->context, &client, drive->pg, &drive->session, &err), &err);
}

static void leave(struct drive *drive)
{
    drive->gate->leave(drive->gate->context, drive->session);
    gd_pg_close(drive->pg);
}

static void report(struct drive *drive, const char *name)
{
    drive->gate->reported(drive->gate->context, drive->session, name,
                          gd_pg_reported(drive->pg, name));
}

static void pass(struct drive *drive, const char *text, const struct gd_gate_answer *answer)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_pg_statement statement = {.what = "run it", .sql = text, .rows = true};
    struct gd_status status = gd_pg_execute(drive->pg, &statement, arena, &err);
    if (answer->wrap) {
        struct gd_pg_statement end = {.what = "end it",
                                      .sql = status.code == GD_OK ? "COMMIT" : "ROLLBACK"};
        struct gd_error late = {0};
        if (gd_pg_execute(drive->pg, &end, arena, status.code == GD_OK ? &err : &late).code !=
            GD_OK)
            status.code = GD_SYSTEM;
    }
    struct gd_gate_result result = {
        .failed = status.code != GD_OK,
        .completed = status.code == GD_OK ? SIZE_MAX : 0,
        .tag = statement.tag,
        .state = gd_pg_state(drive->pg),
        .lost = gd_pg_broken(drive->pg),
    };
    memcpy(result.sqlstate, statement.words.sqlstate, sizeof result.sqlstate);
    report(drive, "standard_conforming_strings");
    report(drive, "client_encoding");
    printf("%s %s\n", result.failed ? "ERROR" : "ran", result.failed ? err.text : statement.tag);
    if (answer->ticket != 0)
        drive->gate->passed(drive->gate->context, drive->session, answer->ticket, &result);
}

static void ask(struct drive *drive, const char *text, bool parse)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_gate_answer answer = {0};
    struct gd_gate_request request = {
        .session = drive->session,
        .text = text,
        .size = strlen(text),
        .parse = parse,
        .name = parse ? "" : NULL,
        .earlier = "",
        .state = gd_pg_state(drive->pg),
        .pg = drive->pg,
        .backend = gd_pg_backend(drive->pg),
        .arena = arena,
    };
    bool quick =
        drive->gate->glance(drive->gate->context, drive->session, text, request.size, parse);
    if (!quick)
        drive->gate->judge(drive->gate->context, &request, &answer);
    printf("%-40.40s | %s | ", text, quick ? "at once" : answer.ticket != 0 ? "told" : "judged");
    if (answer.verdict != GD_GATE_PASS)
        printf("refused %s: %s | %s | %s\n", answer.sqlstate, answer.message, answer.detail,
               answer.hint);
    else if (parse)
        printf("may be prepared\n");
    else
        pass(drive, answer.text == NULL ? text : answer.text, &answer);
}

static void again(struct drive *drive)
{
    struct gd_error err = {0};
    const char *why = gd_run_again(drive->run);
    printf("again: %s\n", why == NULL ? "no" : why);
    if (why == NULL)
        return;
    leave(drive);
    must(gd_run_prepare_again(drive->run, &err), &err);
    enter(drive);
}

static void say_end(const struct gd_outcome *outcome)
{
    const struct gd_story *story = outcome->story;
    printf("outcome: %s\nchange: %s\nsnapshot: %s\nsealed: %d\nclass: %s\n",
           gd_outcome_name(story->outcome), outcome->journaled ? story->change : "none",
           story->snapshot, story->sealed, gd_class_name(story->class));
    for (size_t i = 0; i < story->step_count; i++)
        printf("step %u %s %s: %s\n", story->steps[i].number, story->steps[i].kind,
               gd_step_state_name(story->steps[i].state), story->steps[i].text);
    for (size_t i = 0; i < outcome->notes.count; i++)
        printf("note: %s\n", outcome->notes.items[i]);
    for (size_t i = 0; i < outcome->way_back.count; i++)
        printf("back: %s\n", outcome->way_back.items[i]);
}

int main(int argc, char **argv)
{
    static char line[1 << 20];
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_store_options store_options = {.url = argc > 4 ? argv[2] : ""};
    struct drive drive = {.options = {.target = argv[1]}, .database = getenv("DRIVE_DATABASE")};
    struct gd_guard_options guard = {.pg = &drive.options, .check_ms = 2000, .busy_ms = 5000};
    struct gd_run_options options = {.guard = &guard, .command = "drive"};
    struct gd_outcome *outcome;
    gd_auto_store store = NULL;
    if (argc < 5)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    must(gd_store_open(&store_options, &store, &err), &err);
    guard.store = store;
    must(gd_policy_load(argv[3], arena, &guard.policy, &err), &err);
    must(gd_run_begin(&options, arena, &drive.run, &err), &err);
    drive.gate = gd_run_gate(drive.run);
    enter(&drive);
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, "@again") == 0)
            again(&drive);
        else if (strcmp(line, "@new") == 0) {
            leave(&drive);
            enter(&drive);
        } else if (strncmp(line, "@parse ", 7) == 0)
            ask(&drive, line + 7, true);
        else
            ask(&drive, line, false);
    }
    leave(&drive);
    struct gd_status status = gd_run_end(drive.run, (int)strtol(argv[4], NULL, 10), &outcome, &err);
    say_end(outcome);
    if (status.code != GD_OK)
        printf("error: %s | %s\n", err.text, err.hint);
    gd_run_free(drive.run);
    return gd_exit_status(status.code);
}
