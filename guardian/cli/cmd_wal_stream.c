/*
 * guardian wal stream: receive WAL from a server into the store until told to stop.
 *
 * SIGTERM and SIGINT: what came gets into the store, for at most --drain-timeout; a second one ends
 * it at once. SIGHUP: the server is connected to anew. All that it says goes to stderr, line by
 * line, as for guardian proxy.
 */
#include <signal.h>
#include <string.h>
#include <time.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/guarding.h"
#include "guardian/cli/keys.h"
#include "guardian/cli/log.h"
#include "guardian/cli/wal.h"
#include "guardian/io/http_server.h"
#include "guardian/io/notify.h"
#include "guardian/version.h"
#include "guardian/wal/streamer.h"

enum { LOOK_NS = 200000000, GIVE_UP_MS = 5000 };

struct stream {
    const struct gd_config *config;
    const struct gd_events *events;
    struct gd_arena *arena;
    struct gd_streamer *streamer;
    unsigned asked;    /* to stop */
    int64_t cut_at_us; /* 0: it was not asked to */
};

/* ---- pages ---- */

static struct gd_http_page page_of(unsigned status, char *take_text)
{
    return (struct gd_http_page){status, "text/plain; charset=utf-8", take_text};
}

static struct gd_http_page page(void *context, const char *path)
{
    struct stream *stream = context;
    if (strcmp(path, "/metrics") == 0)
        return (struct gd_http_page){200, "text/plain; version=0.0.4; charset=utf-8",
                                     gd_streamer_metrics(stream->streamer)};
    if (strcmp(path, "/healthz") == 0)
        return page_of(200, gd_memory_strdup("it runs\n"));
    if (strcmp(path, "/readyz") == 0) {
        char *why;
        bool ready = gd_streamer_ready(stream->streamer, &why);
        return page_of(ready ? 200 : 503, why);
    }
    return page_of(404, gd_memory_strdup("/metrics, /healthz, /readyz\n"));
}

GD_MUST static struct gd_status start_pages(struct stream *stream,
                                            struct gd_http_server **out_pages, struct gd_error *err)
{
    const char *listen = stream->config->metrics_listen;
    if (*listen == '\0')
        return GD_DONE;
    GD_TRY(gd_http_server_new(listen, page, stream, out_pages, err));
    gd_tell_note(stream->events, "numbers are told on %s, port %u", listen,
                 gd_http_server_port(*out_pages));
    return GD_DONE;
}

/* ---- signals ---- */

static sigset_t watched(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    return set;
}

static void hear(struct stream *stream, int number)
{
    if (number == SIGHUP) {
        gd_tell_note(stream->events, "SIGHUP: the server is connected to anew");
        gd_streamer_reconnect(stream->streamer);
        return;
    }
    if (stream->asked++ > 0) {
        gd_tell_warning(stream->events, "",
                        "asked to stop again: what is not in the store stays "
                        "with the server");
        gd_streamer_cut(stream->streamer);
        stream->cut_at_us = gd_clock_monotonic_us();
        return;
    }
    gd_notify("STOPPING=1");
    gd_tell_note(stream->events, "SIG%s: what came gets into the store", sigabbrev_np(number));
    gd_streamer_stop(stream->streamer);
    stream->cut_at_us = gd_clock_monotonic_us() + (int64_t)stream->config->drain_timeout_ms * 1000;
}

static void wait_for_end(struct stream *stream)
{
    const sigset_t set = watched();
    const struct timespec look = {.tv_nsec = LOOK_NS};
    while (!gd_streamer_over(stream->streamer)) {
        int number = sigtimedwait(&set, NULL, &look);
        if (number > 0)
            hear(stream, number);
        /* A store that hangs is not waited for any more: what runs is interrupted. */
        if (stream->cut_at_us != 0 &&
            gd_clock_monotonic_us() > stream->cut_at_us + (int64_t)GIVE_UP_MS * 1000)
            gd_interrupt_set(SIGTERM);
    }
}

/* ---- running ---- */

GD_MUST static struct gd_status serve(struct stream *stream, const struct gd_pg_options *pg,
                                      struct gd_store *store, const struct gd_key *key,
                                      struct gd_error *err)
{
    const struct gd_config *config = stream->config;
    const struct gd_streamer_options options = {
        .receive = {.pg = pg,
                    .place = {.store = store, .key = key, .level = (int)config->level},
                    .slot = *config->slot == '\0' ? NULL : config->slot,
                    .partial_ms = (uint32_t)config->partial_ms,
                    .drain_ms = (uint32_t)config->drain_timeout_ms,
                    .events = stream->events},
        .slot_bytes_max = (uint64_t)config->slot_size_max,
        .slot_drop = config->slot_drop,
        .rpo_ms = (uint32_t)config->rpo_ms,
        .sure_ms = (uint32_t)config->sure_ms,
    };
    struct gd_http_server *pages = NULL;
    struct gd_error page_error = {0};
    GD_TRY(gd_streamer_new(&options, &stream->streamer, err));
    struct gd_status paged = start_pages(stream, &pages, &page_error);
    if (paged.code != GD_OK) {
        gd_streamer_cut(stream->streamer);
    } else {
        gd_notify("READY=1");
    }
    wait_for_end(stream);
    gd_http_server_free(pages);
    struct gd_status status = gd_streamer_free(stream->streamer, err);
    if (paged.code == GD_OK)
        return status;
    *err = page_error;
    return paged;
}

GD_MUST static struct gd_status run(struct stream *stream, struct gd_error *err)
{
    const struct gd_config *config = stream->config;
    struct gd_pg_options pg = {.application = "guardian wal stream"};
    gd_auto_store store = NULL;
    gd_auto_key key = NULL;
    GD_TRY(gd_cli_need_database(config, &pg.target, err));
    pg.target = gd_text_or_null(pg.target);
    GD_TRY(gd_cli_key(config, stream->arena, stream->events, &key, err));
    GD_TRY(gd_cli_store(config, stream->arena, stream->events, &store, err));
    gd_tell_note(stream->events, "guardian %s streams WAL into %s", gd_version(),
                 gd_store_url(store));
    return serve(stream, &pg, store, key, err);
}

int gd_cli_wal_stream(const struct gd_config *config, int argc, char **argv)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    const sigset_t set = watched();
    (void)argc;
    (void)argv;
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    struct gd_log *log = gd_log_new(config);
    struct stream stream = {.config = config, .events = gd_log_events(log), .arena = arena};
    struct gd_status status = run(&stream, &err);
    gd_log_free(log);
    return status.code == GD_OK ? gd_cli_end(0) : gd_cli_fail_with(&err, "");
}
