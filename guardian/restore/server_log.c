/*
 * Server, the log: what recovery did, in the server's own words (lc_messages is C, no prefix, times
 * in UTC).
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/io/fd.h"
#include "guardian/restore/server.h"
#include "guardian/wal/name.h"

enum { CHUNK = 16384, LINE_BYTES = 600 };

/* "2026-11-23 13:00:00.123456+00"; 0: cannot be read */
static int64_t time_in(const char *text)
{
    char copy[40];
    int64_t time_us = 0;
    size_t length = strcspn(text, "+");
    if (length < 19 || length > 26)
        return 0;
    (void)snprintf(copy, sizeof copy, "%.*sZ", (int)length, text);
    copy[10] = 'T';
    return gd_clock_parse(copy, &time_us) ? time_us : 0;
}

static void keep_tail(struct gd_server *server, const char *line)
{
    enum { TAIL = sizeof server->log.tail / sizeof server->log.tail[0] };
    struct gd_server_log *log = &server->log;
    if (log->tail_count == TAIL)
        memmove(log->tail, log->tail + 1, (TAIL - 1) * sizeof log->tail[0]);
    else
        log->tail_count++;
    log->tail[log->tail_count - 1] = gd_arena_strdup(server->arena, line);
}

static void note_fatal(struct gd_server *server, const char *line)
{
    struct gd_server_log *log = &server->log;
    bool begins = strncmp(line, "FATAL:", 6) == 0 || strncmp(line, "PANIC:", 6) == 0;
    bool more = strncmp(line, "DETAIL:", 7) == 0 || strncmp(line, "HINT:", 5) == 0;
    const char *text = line + strcspn(line, " ");
    text += strspn(text, " ");
    if (begins && strstr(line, "the database system is ") == NULL)
        log->fatal = gd_arena_strdup(server->arena, text);
    else if (more && log->fatal != NULL && strlen(log->fatal) < LINE_BYTES)
        log->fatal = gd_arena_printf(server->arena, "%s; %s", log->fatal, text);
}

static bool is_noise(const char *line)
{
    static const char *const texts[] = {"the database system is ", "terminating any other active",
                                        "shutting down due to startup process failure"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strstr(line, texts[i]) != NULL)
            return true;
    return false;
}

static void note_recovery(struct gd_server *server, const char *line)
{
    static const char stopping[] = "recovery stopping ", redo[] = "redo done at ",
                      completed[] = "last completed transaction was at log time ",
                      restored[] = "restored log file \"";
    struct gd_server_log *log = &server->log;
    const char *at;
    if ((at = strstr(line, stopping)) != NULL)
        log->stopping = gd_arena_strdup(server->arena, at);
    if (strstr(line, "pausing at the end of recovery") != NULL ||
        (log->stopping != NULL && strstr(line, "recovery has paused") != NULL))
        log->pausing = true;
    if (strstr(line, "recovery ended before configured recovery target was reached") != NULL)
        log->ended_before = true;
    if (strstr(line, "ready to accept ") != NULL)
        log->ready = true;
    if (strstr(line, "insufficient parameter settings") != NULL ||
        strstr(line, " is a lower setting than on the ") != NULL) /* 13 says nothing else */
        log->insufficient = true;
    if (strncmp(line, "guardian: ", 10) == 0)
        log->fetching = gd_arena_strdup(server->arena, line + 10);
    if ((at = strstr(line, completed)) != NULL)
        log->last_commit_us = time_in(at + sizeof completed - 1);
    if ((at = strstr(line, redo)) != NULL) {
        char lsn[GD_LSN_SIZE];
        (void)snprintf(lsn, sizeof lsn, "%.*s", (int)strcspn(at + sizeof redo - 1, " \n"),
                       at + sizeof redo - 1);
        (void)gd_lsn_read(lsn, &log->redo_done_lsn);
    }
    if ((at = strstr(line, restored)) != NULL)
        log->last_restored = gd_arena_strndup(server->arena, at + sizeof restored - 1,
                                              strcspn(at + sizeof restored - 1, "\""));
    else if (!is_noise(line))
        keep_tail(server, line);
}

static void take_line(struct gd_server *server, const char *text, size_t length)
{
    char line[LINE_BYTES];
    if (length >= sizeof line)
        length = sizeof line - 1;
    memcpy(line, text, length);
    line[length] = '\0';
    for (char *at = line; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 127)
            *at = '?';
    note_fatal(server, line);
    note_recovery(server, line);
}

/* Whole lines only; one that is longer than the buffer is taken in pieces. */
void gd_server_read_log(struct gd_server *server)
{
    char chunk[CHUNK];
    gd_auto_fd fd =
        open(gd_arena_printf(server->arena, "%s/log", server->home), O_RDONLY | O_CLOEXEC);
    while (fd >= 0) {
        ssize_t got = pread(fd, chunk, sizeof chunk, (off_t)server->log.offset);
        size_t done = 0, size = got < 0 ? 0 : (size_t)got;
        for (;;) {
            const char *end = memchr(chunk + done, '\n', size - done);
            if (end == NULL)
                break;
            take_line(server, chunk + done, (size_t)(end - chunk) - done);
            done = (size_t)(end - chunk) + 1;
        }
        if (done == 0 && size == sizeof chunk)
            done = size;
        if (done == 0)
            return;
        server->log.offset += done;
    }
}

const char *gd_server_said(struct gd_server *server)
{
    const char *text = "";
    gd_server_read_log(server);
    for (size_t i = 0; i < server->log.tail_count; i++)
        text =
            gd_arena_printf(server->arena, "%s%s%s", text, i == 0 ? "" : "; ", server->log.tail[i]);
    return *text == '\0' ? "nothing" : text;
}
