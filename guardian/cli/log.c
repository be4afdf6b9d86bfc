#include "guardian/cli/log.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"
#include "guardian/config/config.h"

struct gd_log {
    pthread_mutex_t lock;
    struct gd_events events;
    bool json, quiet, verbose, dated;
};

static void put_plain(FILE *stream, const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        putc_unlocked((unsigned char)*at < ' ' || *at == 0x7F ? ' ' : *at, stream);
}

static void write_text(const struct gd_log *log, const char *now, bool warning, const char *text,
                       const char *hint)
{
    if (log->dated)
        fprintf(stderr, "%s  ", now);
    fputs(warning ? "warning: " : "", stderr);
    put_plain(stderr, text);
    if (*hint != '\0') {
        fputs(" (", stderr);
        put_plain(stderr, hint);
        putc(')', stderr);
    }
    putc('\n', stderr);
}

static void write_json(const char *now, bool warning, const char *text, const char *hint,
                       struct gd_json *take_more)
{
    struct gd_error ignored = {0};
    struct gd_json *line = gd_json_object();
    gd_json_put(line, "time", gd_json_new_text(now));
    gd_json_put(line, "level", gd_json_new_text(warning ? "warning" : "note"));
    gd_json_put(line, "text", gd_json_new_text(text));
    if (*hint != '\0')
        gd_json_put(line, "hint", gd_json_new_text(hint));
    if (take_more != NULL)
        gd_json_put(line, "detail", take_more);
    (void)gd_json_write(line, stderr, 0, &ignored).code;
    gd_json_free(line);
}

/* What cannot be written is lost: the program goes on. */
void gd_log_put(struct gd_log *log, bool warning, const char *text, const char *hint,
                struct gd_json *take_more)
{
    char now[GD_TIME_SIZE];
    if (log->quiet && !warning) {
        gd_json_free(take_more);
        return;
    }
    gd_clock_text(gd_clock_now_us(), now);
    pthread_mutex_lock(&log->lock);
    if (log->json) {
        write_json(now, warning, text, hint, take_more);
    } else {
        gd_json_free(take_more);
        write_text(log, now, warning, text, hint);
    }
    (void)fflush(stderr);
    pthread_mutex_unlock(&log->lock);
}

static void tell(void *context, const struct gd_event *event)
{
    struct gd_log *log = context;
    bool stage = event->kind == GD_EVENT_STAGE && log->verbose;
    if (event->kind == GD_EVENT_NOTE || event->kind == GD_EVENT_WARNING || stage)
        gd_log_put(log, event->kind == GD_EVENT_WARNING, event->text,
                   event->hint == NULL ? "" : event->hint, NULL);
}

struct gd_log *gd_log_new(const struct gd_config *config)
{
    struct gd_log *log = gd_memory_new(sizeof *log);
    const char *journal = getenv("JOURNAL_STREAM");
    *log = (struct gd_log){
        .events = {.tell = tell, .context = log},
        .json = config->json,
        .quiet = config->quiet,
        .verbose = config->verbose,
        .dated = journal == NULL || *journal == '\0', /* the journal has the time itself */
    };
    pthread_mutex_init(&log->lock, NULL);
    return log;
}

const struct gd_events *gd_log_events(struct gd_log *log)
{
    return &log->events;
}

void gd_log_free(struct gd_log *log)
{
    if (log == NULL)
        return;
    pthread_mutex_destroy(&log->lock);
    free(log);
}
