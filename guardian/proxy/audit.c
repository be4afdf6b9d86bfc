#include "guardian/proxy/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"
#include "guardian/io/fd.h"
#include "guardian/io/hmac.h"
#include "guardian/io/json.h"
#include "guardian/io/scram.h"
#include "guardian/sql/bare.h"

enum {
    TEXT_MAX = 16384, /* of a statement; the rest is not written */
    KEY_SIZE = GD_HMAC_BYTES,
};

struct gd_audit {
    pthread_mutex_t lock;
    struct gd_arena *arena;
    const char *path;
    bool is_stdout;
    int descriptor;
    unsigned char key[KEY_SIZE]; /* of the hashes: made here, and never written */
};

/* ---- the file ---- */

GD_MUST static struct gd_status open_file(const struct gd_audit *audit, int *out_descriptor,
                                          struct gd_error *err)
{
    *out_descriptor = audit->is_stdout
                          ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                          : open(audit->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (*out_descriptor >= 0)
        return GD_DONE;
    return gd_fail(err, GD_USAGE, "could not open the audit log \"%s\": %s", audit->path,
                   strerror(errno));
}

struct gd_status gd_audit_open(const char *path, struct gd_audit **out_audit, struct gd_error *err)
{
    struct gd_audit *audit = gd_memory_new(sizeof *audit);
    *audit = (struct gd_audit){.arena = gd_arena_new(), .descriptor = -1};
    pthread_mutex_init(&audit->lock, NULL);
    audit->path = gd_arena_strdup(audit->arena, path);
    gd_random(audit->key, sizeof audit->key);
    audit->is_stdout = strcmp(path, "-") == 0;
    struct gd_status status = open_file(audit, &audit->descriptor, err);
    if (status.code == GD_OK)
        *out_audit = audit;
    else
        gd_audit_close(audit);
    return status;
}

struct gd_status gd_audit_reopen(struct gd_audit *audit, struct gd_error *err)
{
    int fresh;
    GD_TRY(open_file(audit, &fresh, err));
    pthread_mutex_lock(&audit->lock);
    gd_fd_drop(&audit->descriptor);
    audit->descriptor = fresh;
    pthread_mutex_unlock(&audit->lock);
    return GD_DONE;
}

void gd_audit_close(struct gd_audit *audit)
{
    if (audit == NULL)
        return;
    gd_fd_drop(&audit->descriptor);
    gd_wipe(audit->key, sizeof audit->key);
    pthread_mutex_destroy(&audit->lock);
    gd_arena_free(audit->arena);
    free(audit);
}

/* One write; what a full disk takes only in part is ended with the next line, so that none is glued
 * to it. */
GD_MUST static struct gd_status write_line(struct gd_audit *audit, struct gd_json *take_line,
                                           struct gd_error *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL)
        abort();
    struct gd_status status = gd_json_write(take_line, stream, 0, err);
    (void)fclose(stream);
    gd_json_free(take_line);
    pthread_mutex_lock(&audit->lock);
    ssize_t written = status.code == GD_OK ? write(audit->descriptor, text, size) : 0;
    int why = written < 0 ? errno : ENOSPC;
    if (written > 0 && (size_t)written < size)
        (void)!write(audit->descriptor, "\n", 1);
    pthread_mutex_unlock(&audit->lock);
    free(text);
    GD_TRY(status);
    if (written >= 0 && (size_t)written == size)
        return GD_DONE;
    return gd_fail(err, GD_SYSTEM, "could not write to the audit log \"%s\": %s", audit->path,
                   strerror(why));
}

/* ---- lines ---- */

static struct gd_json *line_new(const char *event, uint64_t session, uint64_t number)
{
    char now[GD_TIME_SIZE];
    struct gd_json *line = gd_json_object();
    gd_clock_text(gd_clock_now_us(), now);
    gd_json_put(line, "time", gd_json_new_text(now));
    gd_json_put(line, "event", gd_json_new_text(event));
    gd_json_put(line, "session", gd_json_new_int((int64_t)session));
    gd_json_put(line, "statement", gd_json_new_int((int64_t)number));
    return line;
}

static struct gd_json *list_of_words(const char *words, struct gd_arena *arena)
{
    struct gd_json *list = gd_json_list();
    for (const char *at = words; at != NULL && *at != '\0';) {
        size_t size = strcspn(at, " ");
        gd_json_push(list, gd_json_new_text(gd_arena_strndup(arena, at, size)));
        at += size + (at[size] == ' ' ? 1 : 0);
    }
    return list;
}

static const char *verdict_name(enum gd_gate_verdict verdict)
{
    static const char *const names[] = {[GD_GATE_PASS] = "pass",
                                        [GD_GATE_REFUSE] = "refuse",
                                        [GD_GATE_ANSWER] = "answer",
                                        [GD_GATE_RETURN] = "end",
                                        [GD_GATE_SETTLE] = "settle"};
    return names[verdict];
}

/* A plain hash would let whoever has the log try passwords until one fits. */
static const char *hash_of(const struct gd_audit *audit, const struct gd_audit_statement *statement,
                           struct gd_arena *arena)
{
    unsigned char hash[GD_HMAC_BYTES];
    char *hex = gd_arena_alloc(arena, 2 * sizeof hash + 1);
    gd_hmac_sha256(audit->key, sizeof audit->key, statement->text, statement->size, hash);
    for (size_t i = 0; i < sizeof hash; i++)
        snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    return hex;
}

/* A text that cannot be scanned is known by its hash alone. */
static void put_text(const struct gd_audit *audit, struct gd_json *line,
                     const struct gd_audit_statement *statement, struct gd_arena *arena)
{
    const char *bare = gd_sql_bare(statement->text, statement->size, arena);
    size_t size = bare == NULL ? 0 : strlen(bare);
    while (size > TEXT_MAX && (bare[TEXT_MAX - 1] & 0xC0) == 0x80)
        size = TEXT_MAX - 1;
    gd_json_put(line, "text",
                bare == NULL ? gd_json_new_null()
                             : gd_json_new_text(gd_arena_strndup(
                                   arena, bare, size > TEXT_MAX ? TEXT_MAX : size)));
    if (size > TEXT_MAX)
        gd_json_put(line, "cut", gd_json_new_bool(true));
    gd_json_put(line, "hash", gd_json_new_text(hash_of(audit, statement, arena)));
}

static void put_client(struct gd_json *line, const struct gd_gate_client *client)
{
    gd_json_put(line, "user", gd_json_new_text(client->user));
    gd_json_put(line, "address", gd_json_new_text(client->address));
    gd_json_put(line, "database", gd_json_new_text(client->database));
    gd_json_put(line, "application", gd_json_new_text(client->application));
}

struct gd_status gd_audit_statement(struct gd_audit *audit,
                                    const struct gd_audit_statement *statement,
                                    struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    const struct gd_gate_answer *answer = statement->answer;
    struct gd_json *line = line_new("statement", statement->session, statement->number);
    put_client(line, statement->client);
    gd_json_put(line, "class",
                answer->class == NULL ? gd_json_new_null() : gd_json_new_text(answer->class));
    gd_json_put(line, "verdict", gd_json_new_text(verdict_name(answer->verdict)));
    gd_json_put(line, "rules", list_of_words(answer->rules, arena));
    gd_json_put(line, "change",
                answer->change == NULL ? gd_json_new_null() : gd_json_new_text(answer->change));
    if (answer->verdict == GD_GATE_REFUSE || answer->verdict == GD_GATE_RETURN)
        gd_json_put(line, "sqlstate", gd_json_new_text(answer->sqlstate));
    if (statement->prepared)
        gd_json_put(line, "prepared", gd_json_new_bool(true));
    if (statement->glanced)
        gd_json_put(line, "glanced", gd_json_new_bool(true));
    gd_json_put(line, "held_seconds", gd_json_new_real(statement->held_seconds));
    put_text(audit, line, statement, arena);
    return write_line(audit, line, err);
}

struct gd_status gd_audit_end(struct gd_audit *audit, uint64_t session, uint64_t number,
                              const struct gd_gate_result *result, double seconds,
                              struct gd_error *err)
{
    struct gd_json *line = line_new("end", session, number);
    gd_json_put(line, "tag", gd_json_new_text(result->tag == NULL ? "" : result->tag));
    gd_json_put(line, "sqlstate",
                gd_json_new_text(result->lost     ? "08006"
                                 : result->failed ? result->sqlstate
                                                  : "00000"));
    gd_json_put(line, "seconds", seconds < 0 ? gd_json_new_null() : gd_json_new_real(seconds));
    return write_line(audit, line, err);
}
