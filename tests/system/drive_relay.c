/*
 * Drives proxy/relay.h for tests/system/test_relay*.py: a door, a relay and a gate, until SIGTERM.
 *
 *   drive_relay GATE [NAME=VALUE]…     GATE: open, or test
 *     listen= certificate= key= statement= entrance= idle= drain= notice= workers= clients=
 *
 * The target is that of the environment. Prints the lines of gd_door_environment(), then "ready";
 * at the end what gd_relay_counts() says. The test gate does what a comment in the text says:
 *   gate:refuse  gate:answer TAG;  gate:return  gate:hold MS;  gate:run SQL;  gate:wrap  gate:tell
 *   gate:settle  comes to a rest before it, and says how: 1 by a Sync, 2 by a block
 *   gate:stale   passes at its Parse, and does not hold when it is executed: what else the comment
 *                says is done then
 * and prints what it is told of results.
 */
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"
#include "guardian/proxy/relay.h"

struct gd_gate_session {
    uint64_t settings;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t tickets;

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    pthread_mutex_lock(&lock);
    vprintf(format, arguments);
    fflush(stdout);
    pthread_mutex_unlock(&lock);
    va_end(arguments);
}

static struct gd_status enter(void *context, const struct gd_gate_client *client, struct gd_pg *pg,
                              struct gd_gate_session **out_session, struct gd_error *err)
{
    (void)context;
    if (strcmp(client->database, "forbidden") == 0)
        return gd_hint(err,
                       gd_fail(err, GD_REFUSED, "database \"%s\" is not let in", client->database),
                       "Take another.");
    struct gd_pg_call call = {.what = "look", .sql = "SELECT 1"};
    GD_TRY(gd_pg_run(pg, &call, NULL, err));
    *out_session = gd_memory_new(sizeof **out_session);
    say("enter %s %s\n", client->database, client->user);
    return GD_DONE;
}

static void leave(void *context, struct gd_gate_session *session)
{
    (void)context;
    say("leave %d\n", session->settings > 0);
    free(session);
}

static const char *after(const char *text, const char *word)
{
    const char *found = strstr(text, word);
    return found == NULL ? NULL : found + strlen(word);
}

static bool glance(void *context, struct gd_gate_session *session, const char *text, size_t size,
                   bool parse)
{
    (void)context;
    (void)session;
    (void)parse;
    if (strlen(text) != size)
        abort();
    return strstr(text, "gate:") == NULL;
}

static void run(const struct gd_gate_request *request, const char *sql)
{
    struct gd_error err = {0};
    char text[512];
    if (request->pg == NULL)
        return;
    snprintf(text, sizeof text, "%.*s", (int)strcspn(sql, ";*"), sql);
    struct gd_pg_call call = {.what = "run", .sql = text};
    struct gd_status status = gd_pg_run(request->pg, &call, NULL, &err);
    say("ran %s: %s\n", text, status.code == GD_OK ? "done" : err.text);
}

static void hold(const struct gd_gate_request *request, const char *text)
{
    long left = strtol(text, NULL, 10);
    say("held\n");
    while (left > 0 && !request->gone(request->gone_context)) {
        gd_sleep_ms(10);
        left -= 10;
    }
    say("%s\n", left > 0 ? "let go" : "held long enough");
}

static void tell(const struct gd_gate_request *request, struct gd_gate_answer *answer)
{
    answer->verdict = GD_GATE_REFUSE;
    answer->message = gd_arena_printf(request->arena, "state %d, %s, name %s, %s, earlier: %s",
                                      (int)request->state, request->pg == NULL ? "busy" : "rest",
                                      request->name == NULL ? "none" : request->name,
                                      request->parse ? "parse" : "run", request->earlier);
}

static void obey(const struct gd_gate_request *request, struct gd_gate_answer *answer)
{
    const char *text = request->text, *word;
    if (strstr(text, "gate:settle") != NULL && request->settle != GD_SETTLE_NO) {
        say("settle %d\n", (int)request->settle);
        answer->verdict = GD_GATE_SETTLE;
        return;
    }
    if ((word = after(text, "gate:hold ")) != NULL)
        hold(request, word);
    if ((word = after(text, "gate:run ")) != NULL)
        run(request, word);
    if (strstr(text, "gate:refuse") != NULL) {
        answer->verdict = GD_GATE_REFUSE;
        answer->message = "the gate says no";
        answer->detail = "in detail";
        answer->hint = "Ask for something else.";
        snprintf(answer->sqlstate, sizeof answer->sqlstate, "GD001");
    }
    if ((word = after(text, "gate:answer ")) != NULL) {
        answer->verdict = GD_GATE_ANSWER;
        answer->notice = "not run";
        answer->tag = gd_arena_printf(request->arena, "%.*s", (int)strcspn(word, ";*"), word);
    }
    if (strstr(text, "gate:return") != NULL) {
        answer->verdict = GD_GATE_RETURN;
        answer->message = "go home";
    }
    if (strstr(text, "gate:wrap") != NULL && request->pg != NULL && !request->parse) {
        run(request, "BEGIN");
        answer->wrap = true;
    }
    if (strstr(text, "gate:tell") != NULL)
        tell(request, answer);
}

static void judge(void *context, const struct gd_gate_request *request,
                  struct gd_gate_answer *answer)
{
    (void)context;
    *answer = (struct gd_gate_answer){.verdict = GD_GATE_PASS};
    pthread_mutex_lock(&lock);
    answer->ticket = ++tickets;
    pthread_mutex_unlock(&lock);
    if (request->parse && strstr(request->text, "gate:stale") != NULL)
        return;
    obey(request, answer);
}

static bool still(void *context, struct gd_gate_session *session, const char *text, size_t size)
{
    (void)context;
    (void)session;
    if (strlen(text) != size)
        abort();
    return strstr(text, "gate:stale") == NULL;
}

static void reported(void *context, struct gd_gate_session *session, const char *name,
                     const char *value)
{
    (void)context;
    (void)name;
    (void)value;
    session->settings++;
}

static void passed(void *context, struct gd_gate_session *session, uint64_t ticket,
                   const struct gd_gate_result *result)
{
    (void)context;
    (void)session;
    (void)ticket;
    say("passed %s %s %s state %d%s\n", result->failed ? "failed" : "done",
        *result->sqlstate == '\0' ? "-" : result->sqlstate,
        *result->tag == '\0' ? "-" : result->tag, (int)result->state, result->lost ? " lost" : "");
}

static void waits_for(void *context, struct gd_gate_session *session, char *out_text, size_t size)
{
    (void)context;
    (void)session;
    snprintf(out_text, size, "testing");
}

static const struct gd_gate test_gate = {.enter = enter,
                                         .leave = leave,
                                         .glance = glance,
                                         .judge = judge,
                                         .still = still,
                                         .reported = reported,
                                         .passed = passed,
                                         .waits_for = waits_for};

/* --- set up --------------------------------------------------------------------------------------
 */

static struct gd_relay *relay;

static void stop(int number)
{
    (void)number;
    gd_relay_stop(relay);
}

static const char *option(int argc, char **argv, const char *name)
{
    for (int i = 2; i < argc; i++) {
        size_t length = strlen(name);
        if (strncmp(argv[i], name, length) == 0 && argv[i][length] == '=')
            return argv[i] + length + 1;
    }
    return NULL;
}

static uint32_t number(int argc, char **argv, const char *name)
{
    const char *text = option(argc, argv, name);
    return text == NULL ? 0 : (uint32_t)strtoul(text, NULL, 10);
}

static struct gd_status greet(const struct gd_door *door, const char *target, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_texts lines = {0};
    struct gd_door_visitor visitor = {
        .user = getenv("PGUSER"), .database = getenv("PGDATABASE"), .target = target};
    GD_TRY(gd_door_environment(door, &visitor, arena, &lines, err));
    for (size_t i = 0; i < lines.count; i++)
        printf("%s\n", lines.items[i]);
    printf("ready\n");
    fflush(stdout);
    return GD_DONE;
}

static void print_counts(void)
{
    struct gd_relay_counts counts;
    gd_relay_counts(relay, &counts);
    say("counts sessions=%" PRIu64 " entered=%" PRIu64 " refused_entry=%" PRIu64
        " statements=%" PRIu64 " held=%" PRIu64 " refused=%" PRIu64 " answered=%" PRIu64
        " cancels=%" PRIu64 "\n",
        counts.sessions, counts.entered, counts.refused_entry, counts.statements, counts.held,
        counts.refused, counts.answered, counts.cancels);
}

static struct gd_status serve(int argc, char **argv, struct gd_error *err)
{
    gd_auto_door door = NULL;
    struct gd_pg_options pg = {.application = ""};
    struct gd_door_options door_options = {.listen = option(argc, argv, "listen"),
                                           .certificate = option(argc, argv, "certificate"),
                                           .key = option(argc, argv, "key"),
                                           .user = getenv("PGUSER"),
                                           .client_max = number(argc, argv, "clients")};
    GD_TRY(gd_door_open(&door_options, &door, err));
    struct gd_relay_options options = {.door = door,
                                       .pg = &pg,
                                       .gate = strcmp(argv[1], "open") == 0 ? &gd_gate_open
                                                                            : &test_gate,
                                       .statement_bytes_max = number(argc, argv, "statement"),
                                       .entrance_ms = number(argc, argv, "entrance"),
                                       .idle_ms = number(argc, argv, "idle"),
                                       .drain_ms = number(argc, argv, "drain"),
                                       .notice_ms = number(argc, argv, "notice"),
                                       .workers = number(argc, argv, "workers")};
    GD_TRY(gd_relay_new(&options, &relay, err));
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    struct gd_status status = greet(door, getenv("DATABASE_URL"), err);
    if (status.code == GD_OK)
        status = gd_relay_run(relay, err);
    print_counts();
    gd_relay_free(relay);
    return status;
}

int main(int argc, char **argv)
{
    struct gd_error err = {0};
    if (argc < 2)
        return 2;
    struct gd_status status = serve(argc, argv, &err);
    if (status.code != GD_OK)
        fprintf(stderr, "%s\n%s\n", err.text, err.hint);
    return gd_exit_status(status.code);
}
