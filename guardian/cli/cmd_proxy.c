/*
 * guardian proxy: the door of guardian run, for many clients, until it is told to stop.
 *
 * All that it says goes to stderr, line by line; stdout is the audit log's, where that is asked
 * for.
 */
#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "guardian/base/memory.h"
#include "guardian/cli/cmd.h"
#include "guardian/cli/door_user.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/guarding.h"
#include "guardian/cli/keys.h"
#include "guardian/cli/log.h"
#include "guardian/cli/report_outcome.h"
#include "guardian/cli/stores.h"
#include "guardian/guard/visit.h"
#include "guardian/io/http_server.h"
#include "guardian/pg/ping.h"
#include "guardian/proxy/serve.h"
#include "guardian/proxy/tally.h"
#include "guardian/version.h"

struct proxy {
    const struct gd_config *config;
    struct gd_log *log;
    const struct gd_events *events;
    struct gd_arena *arena;
    struct gd_pg_options pg;
    struct gd_audit *audit; /* NULL: none */
    struct gd_tally *tally;
    _Atomic bool open;
};

/* ---- what is told of a change ---- */

static const char *sentence(const struct gd_visit_end *end, struct gd_arena *arena)
{
    const struct gd_story *story = end->outcome->story;
    const char *backup =
        *story->snapshot != '\0' ? gd_arena_printf(arena, ", backup %s", story->snapshot)
        : story->point_count > 0 ? gd_arena_printf(arena, ", point in time %s",
                                                   story->points[story->point_count - 1].name)
                                 : "";
    const char *back = end->outcome->way_back.count == 0 ? "" : ", way back: ";
    return gd_arena_printf(
        arena, "change %s of \"%s\" from %s in \"%s\": %s, %zu statement%s%s%s%s", story->change,
        end->client->user, end->client->address, end->client->database,
        gd_outcome_name(story->outcome), story->step_count, story->step_count == 1 ? "" : "s",
        backup, back, *back == '\0' ? "" : end->outcome->way_back.items[0]);
}

static void tell_end(void *context, const struct gd_visit_end *end)
{
    struct proxy *proxy = context;
    gd_auto_arena arena = gd_arena_new();
    const struct gd_story *story = end->outcome->story;
    size_t backups = story->snapshots.count;
    if (backups == 0 && *story->snapshot != '\0')
        backups = 1;
    backups += story->point_count;
    gd_tally_count_change(proxy->tally, gd_outcome_name(story->outcome), backups);
    bool bad = end->status.code != GD_OK && end->status.code != GD_REFUSED;
    const char *text = sentence(end, arena);
    if (bad)
        text = gd_arena_printf(arena, "%s: %s", text, end->err->text);
    gd_log_put(proxy->log, bad, text, bad ? end->err->hint : "",
               proxy->config->json ? gd_report_outcome_json(end->outcome, gd_json_list()) : NULL);
}

/* ---- pages ---- */

static struct gd_http_page page_of(unsigned status, const char *text)
{
    return (struct gd_http_page){status, "text/plain; charset=utf-8", gd_memory_strdup(text)};
}

/* Ready: who comes now is let in, and finds a server. */
static struct gd_http_page readiness(struct proxy *proxy)
{
    if (!atomic_load(&proxy->open))
        return page_of(503, "not open\n");
    if (gd_pg_ping(&proxy->pg, 2000) != GD_PG_ANSWERS)
        return page_of(503, "the server does not answer\n");
    return page_of(200, "ready\n");
}

static struct gd_http_page page(void *context, const char *path)
{
    struct proxy *proxy = context;
    if (strcmp(path, "/metrics") == 0)
        return (struct gd_http_page){200, "text/plain; version=0.0.4; charset=utf-8",
                                     gd_tally_metrics(proxy->tally)};
    if (strcmp(path, "/healthz") == 0)
        return page_of(200, "it runs\n");
    if (strcmp(path, "/readyz") == 0)
        return readiness(proxy);
    return page_of(404, "/metrics, /healthz, /readyz\n");
}

GD_MUST static struct gd_status start_pages(struct proxy *proxy, struct gd_http_server **out_pages,
                                            struct gd_error *err)
{
    const char *listen = proxy->config->metrics_listen;
    if (*listen == '\0')
        return GD_DONE;
    GD_TRY(gd_http_server_new(listen, page, proxy, out_pages, err));
    gd_tell_note(proxy->events, "numbers are told on %s, port %u", listen,
                 gd_http_server_port(*out_pages));
    return GD_DONE;
}

/* ---- running ---- */

static void opened(void *context, const struct gd_relay *relay)
{
    struct proxy *proxy = context;
    gd_tally_relay(proxy->tally, relay);
    atomic_store(&proxy->open, true);
}

static void closing(void *context)
{
    struct proxy *proxy = context;
    atomic_store(&proxy->open, false);
}

static void closed(void *context)
{
    struct proxy *proxy = context;
    atomic_store(&proxy->open, false);
    gd_tally_relay(proxy->tally, NULL);
}

static struct gd_status reload(void *context, struct gd_error *err)
{
    struct proxy *proxy = context;
    return proxy->audit == NULL ? GD_DONE : gd_audit_reopen(proxy->audit, err);
}

GD_MUST static struct gd_status serve(struct proxy *proxy, const struct gd_guard_options *guard,
                                      struct gd_error *err)
{
    const struct gd_config *config = proxy->config;
    struct gd_visits *visits = NULL;
    const struct gd_visits_options visiting = {
        .guard = guard,
        .yes = config->yes,
        .idle_ms = (uint32_t)config->change_idle_ms,
        .ended = tell_end,
        .context = proxy,
    };
    const struct gd_door_options door = {
        .listen = *config->listen == '\0' ? "127.0.0.1:6432" : config->listen,
        .certificate = gd_text_or_null(config->tls_cert),
        .key = gd_text_or_null(config->tls_key),
        .authorities = gd_text_or_null(config->tls_client_ca),
        .users = config->users,
        .client_max = (uint32_t)config->client_max,
    };
    GD_TRY(gd_visits_new(&visiting, &visits, err));
    const struct gd_tally_options watching = {
        .gate = gd_visits_gate(visits),
        .audit = proxy->audit,
        .all = config->audit_all,
        .events = proxy->events,
    };
    proxy->tally = gd_tally_new(&watching);
    const struct gd_serve_options options = {
        .door = &door,
        .relay = {.pg = &proxy->pg,
                  .gate = gd_tally_gate(proxy->tally),
                  .statement_bytes_max = (size_t)config->statement_size_max,
                  .entrance_ms = (uint32_t)config->login_timeout_ms,
                  .idle_ms = (uint32_t)config->idle_timeout_ms,
                  .drain_ms = (uint32_t)config->drain_timeout_ms,
                  .application = "guardian proxy: ",
                  .events = proxy->events},
        .reload = reload,
        .opened = opened,
        .closing = closing,
        .closed = closed,
        .context = proxy,
        .events = proxy->events,
    };
    struct gd_http_server *pages = NULL;
    struct gd_status status = start_pages(proxy, &pages, err);
    if (status.code == GD_OK)
        status = gd_serve(&options, err);
    gd_visits_free(visits);
    gd_http_server_free(pages);
    gd_tally_free(proxy->tally);
    return status;
}

/* A wrong password or a missing database is said at once, not to the first client. */
GD_MUST static struct gd_status look(struct proxy *proxy, struct gd_error *err)
{
    gd_auto_pg pg = NULL;
    GD_TRY(gd_cli_await_database(proxy->config, &proxy->pg, proxy->events, err));
    GD_TRY(gd_pg_connect(&proxy->pg, &pg, err));
    if (gd_pg_pooled(pg))
        return gd_hint(err,
                       gd_fail(err, GD_UNPROTECTED,
                               "could not guard %s: a pooler stands between, and a lock taken "
                               "through it is nobody's",
                               gd_pg_where(pg)),
                       "Name the server itself, without the pooler, with --db.");
    gd_tell_note(proxy->events, "guardian %s guards %s", gd_version(), gd_pg_where(pg));
    return GD_DONE;
}

GD_MUST static struct gd_status run(struct proxy *proxy, struct gd_error *err)
{
    const struct gd_config *config = proxy->config;
    struct gd_pg_options scratch = {.target = config->scratch};
    struct gd_guard_options guard;
    gd_auto_store store = NULL;
    gd_auto_key key = NULL;
    if (*config->users == '\0')
        return gd_hint(err, gd_fail(err, GD_USAGE, "nobody could come in: there is no --users"),
                       "Make a file of users with: guardian proxy --users FILE --add-user NAME");
    GD_TRY(gd_cli_need_database(config, &proxy->pg.target, err));
    proxy->pg.target = gd_text_or_null(proxy->pg.target);
    GD_TRY(look(proxy, err));
    GD_TRY(gd_cli_guard_options(config, &proxy->pg, 0, NULL, proxy->arena, &guard, err));
    GD_TRY(gd_cli_key(config, proxy->arena, proxy->events, &key, err));
    GD_TRY(gd_cli_store(config, proxy->arena, proxy->events, &store, err));
    if (*config->audit != '\0')
        GD_TRY(gd_audit_open(config->audit, &proxy->audit, err));
    guard.store = store;
    guard.key = key;
    guard.scratch = *config->scratch == '\0' ? NULL : &scratch;
    guard.events = proxy->events;
    return serve(proxy, &guard, err);
}

int gd_cmd_proxy(const struct gd_config *config, int argc, char **argv)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_status status;
    if (argc > 0) {
        status =
            gd_hint(&err, gd_fail(&err, GD_USAGE, "proxy takes no operand, as \"%s\"", argv[0]),
                    "A command behind the door is what guardian run is for.");
        assert(status.code != GD_OK);
        return gd_cli_fail(&err);
    }
    if (*config->add_user != '\0') {
        status = gd_cli_add_user(config, &err);
        return status.code == GD_OK ? gd_cli_end(0) : gd_cli_fail(&err);
    }
    gd_serve_hush();
    struct gd_log *log = gd_log_new(config);
    struct proxy proxy = {
        .config = config,
        .log = log,
        .events = gd_log_events(log),
        .arena = arena,
        .pg = {.lock_ms = (uint32_t)config->lock_timeout_ms},
    };
    status = run(&proxy, &err);
    gd_audit_close(proxy.audit);
    gd_log_free(log);
    return status.code == GD_OK ? gd_cli_end(0) : gd_cli_fail_with(&err, "");
}
