/* Against a server of a few lines in a thread: what a real one does only on a bad day. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/io/http.h"

/* --- the server --------------------------------------------------------------------------------
 */

struct exchange {
    const char *answer;   /* sent once the request's head and body are here; NULL: close at once */
    size_t filler;        /* then so many bytes "x" */
    bool reset, hang;     /* then: end with RST; or stay open without a word */
    char request[4096];   /* what came */
    bool same_connection; /* as the one before */
};

struct server {
    int listener;
    uint16_t port;
    struct exchange *exchanges;
    size_t count;
    pthread_t thread;
};

static size_t body_length(const char *head)
{
    const char *found = strcasestr(head, "content-length:");
    return found == NULL ? 0 : strtoul(found + 15, NULL, 10);
}

/* @return false: the client is gone */
static bool take_request(int peer, struct exchange *exchange)
{
    size_t filled = 0;
    for (;;) {
        char *end = strstr(exchange->request, "\r\n\r\n");
        if (end != NULL &&
            filled >= (size_t)(end + 4 - exchange->request) + body_length(exchange->request))
            return true;
        ssize_t got =
            recv(peer, exchange->request + filled, sizeof exchange->request - 1 - filled, 0);
        if (got <= 0)
            return false;
        filled += (size_t)got;
    }
}

static void give_answer(int peer, const struct exchange *exchange)
{
    static const char filler[16384] = {0};
    if (exchange->answer != NULL)
        (void)!send(peer, exchange->answer, strlen(exchange->answer), MSG_NOSIGNAL);
    for (size_t left = exchange->filler; left > 0;) {
        ssize_t sent =
            send(peer, filler, left < sizeof filler ? left : sizeof filler, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        left -= (size_t)sent;
    }
}

static void end_connection(int peer, const struct exchange *exchange)
{
    struct linger at_once = {.l_onoff = 1};
    if (exchange->reset)
        setsockopt(peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    char byte;
    if (exchange->hang)
        (void)!recv(peer, &byte, 1, 0); /* until the client gives up */
    close(peer);
}

static void *serve(void *context)
{
    struct server *server = context;
    int peer = -1;
    for (size_t i = 0; i < server->count; i++) {
        struct exchange *exchange = &server->exchanges[i];
        exchange->same_connection = peer >= 0 && take_request(peer, exchange);
        if (!exchange->same_connection) {
            if (peer >= 0)
                close(peer);
            peer = accept(server->listener, NULL, NULL);
            if (peer < 0 || !take_request(peer, exchange))
                return NULL;
        }
        give_answer(peer, exchange);
        if (exchange->answer == NULL || exchange->reset || exchange->hang) {
            end_connection(peer, exchange);
            peer = -1;
        }
    }
    if (peer >= 0)
        close(peer);
    return NULL;
}

static void server_start(struct server *server, struct exchange *exchanges, size_t count)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    *server = (struct server){.exchanges = exchanges, .count = count};
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(server->listener >= 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(server->listener, 4), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &length), 0);
    server->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void server_end(struct server *server)
{
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listener);
}

/* --- one request -------------------------------------------------------------------------------
 */

struct asked {
    struct gd_arena *arena;
    struct gd_http *http;
    struct gd_error err;
    enum gd_http_trouble trouble;
    struct gd_http_answer answer;
    char url[64];
};

static void asked_begin(struct asked *asked, uint16_t port, const struct gd_http_options *options)
{
    *asked = (struct asked){.arena = gd_arena_new()};
    static const struct gd_http_options usual = {.stall_ms = 5000, .no_proxy = true};
    snprintf(asked->url, sizeof asked->url, "http://127.0.0.1:%u/secret?token=hidden", port);
    assert_int_equal(
        gd_http_new(options == NULL ? &usual : options, &asked->http, &asked->err).code, GD_OK);
}

static void asked_end(struct asked *asked)
{
    gd_http_free(asked->http);
    gd_arena_free(asked->arena);
    assert_null(strstr(asked->err.text, "hidden"));
    assert_null(strstr(asked->err.text, "secret"));
}

static struct gd_status run(struct asked *asked, struct gd_http_request request)
{
    if (request.url == NULL)
        request.url = asked->url;
    return gd_http_run(asked->http, &request, asked->arena, &asked->answer, &asked->trouble,
                       &asked->err);
}

/* --- tests -------------------------------------------------------------------------------------
 */

static void an_answer_has_status_headers_and_body(void **state)
{
    (void)state;
    struct exchange exchanges[] = {
        {.answer = "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n"
                   "HTTP/1.1 404 Not Found\r\nX-Amz-Request-Id:  abc\r\nContent-Length: 4\r\n\r\n"
                   "gone"}};
    struct server server;
    server_start(&server, exchanges, 1);
    struct asked asked;
    asked_begin(&asked, server.port, NULL);
    const char *headers[] = {"x-a: 1", NULL};
    struct gd_http_request request = {
        .method = "PUT", .headers = headers, .body = "body", .body_size = 4};
    assert_int_equal(run(&asked, request).code, GD_OK);
    assert_int_equal(asked.answer.status, 404);
    assert_string_equal(asked.answer.body, "gone");
    assert_string_equal(gd_http_header(&asked.answer, "x-amz-request-id"), "abc");
    assert_null(gd_http_header(&asked.answer, "x-early"));
    server_end(&server);
    assert_ptr_equal(strstr(exchanges[0].request, "PUT /secret?token=hidden HTTP/1.1\r\n"),
                     exchanges[0].request);
    assert_non_null(strstr(exchanges[0].request, "x-a: 1\r\n"));
    assert_non_null(strstr(exchanges[0].request, "Content-Length: 4\r\n"));
    assert_non_null(strstr(exchanges[0].request, "\r\n\r\nbody"));
    assert_null(strcasestr(exchanges[0].request, "expect"));
    asked_end(&asked);
}

#define EMPTY_200 "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

static void a_connection_is_kept_unless_an_upload_failed(void **state)
{
    (void)state;
    struct exchange exchanges[] = {{.answer = EMPTY_200},
                                   {.answer = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"},
                                   {.answer = EMPTY_200},
                                   {.answer = EMPTY_200}};
    struct server server;
    server_start(&server, exchanges, 4);
    struct asked asked;
    asked_begin(&asked, server.port, NULL);
    struct gd_http_request put = {.method = "PUT", .body = "x", .body_size = 1};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(run(&asked, put).code, GD_OK);
    server_end(&server);
    assert_true(exchanges[1].same_connection);
    assert_false(exchanges[2].same_connection);
    assert_true(exchanges[3].same_connection);
    asked_end(&asked);
}

static void an_empty_post_says_that_it_is_empty(void **state)
{
    (void)state;
    struct exchange exchanges[] = {{.answer = EMPTY_200}};
    struct server server;
    server_start(&server, exchanges, 1);
    struct asked asked;
    asked_begin(&asked, server.port, NULL);
    assert_int_equal(run(&asked, (struct gd_http_request){.method = "POST"}).code, GD_OK);
    server_end(&server);
    assert_non_null(strstr(exchanges[0].request, "POST /"));
    assert_non_null(strstr(exchanges[0].request, "Content-Length: 0\r\n"));
    asked_end(&asked);
}

static void a_redirect_is_an_answer_and_is_not_followed(void **state)
{
    (void)state;
    struct exchange exchanges[] = {{.answer =
                                        "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\n"
                                        "Content-Length: 0\r\n\r\n"}};
    struct server server;
    server_start(&server, exchanges, 1);
    struct asked asked;
    asked_begin(&asked, server.port, NULL);
    assert_int_equal(run(&asked, (struct gd_http_request){.method = "GET"}).code, GD_OK);
    assert_int_equal(asked.answer.status, 301);
    server_end(&server);
    asked_end(&asked);
}

/* clang-format off */
static const struct {
    const char *name;
    struct exchange exchange;
    enum gd_http_trouble trouble;
} troubles[] = {
    {"closed without a word", {.answer = NULL}, GD_HTTP_LOST},
    {"reset in the head", {.answer = "HTTP/1.1 200 O", .reset = true}, GD_HTTP_LOST},
    {"cut short", {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfour", .reset = true}, GD_HTTP_LOST},
    {"silent", {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfour", .hang = true}, GD_HTTP_LOST},
    {"too long", {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", .filler = 5000}, GD_HTTP_OTHER},
};
/* clang-format on */

static void each_trouble_has_its_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof troubles / sizeof troubles[0]; i++) {
        struct exchange exchange = troubles[i].exchange;
        struct server server;
        server_start(&server, &exchange, 1);
        struct asked asked;
        static const struct gd_http_options quick = {.stall_ms = 300, .no_proxy = true};
        asked_begin(&asked, server.port, &quick);
        struct gd_http_request request = {.method = "GET", .answer_max = 4096};
        struct gd_status status = run(&asked, request);
        if (status.code != GD_SYSTEM || asked.trouble != troubles[i].trouble)
            fail_msg("%s: code %d, trouble %d: %s", troubles[i].name, status.code, asked.trouble,
                     asked.err.text);
        asked_end(&asked);
        server_end(&server);
    }
}

static void where_nobody_listens_there_is_no_connection(void **state)
{
    (void)state;
    struct server server;
    server_start(&server, NULL, 0);
    server_end(&server);
    struct asked asked;
    asked_begin(&asked, server.port, NULL);
    assert_int_equal(run(&asked, (struct gd_http_request){.method = "GET"}).code, GD_SYSTEM);
    assert_int_equal(asked.trouble, GD_HTTP_NO_CONNECTION);
    asked_end(&asked);
}

static void *stop_soon(void *context)
{
    gd_sleep_ms(50);
    atomic_store((atomic_bool *)context, true);
    return NULL;
}

static void another_thread_can_stop_a_transfer(void **state)
{
    (void)state;
    struct exchange exchange = {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
                                .hang = true};
    struct server server;
    server_start(&server, &exchange, 1);
    struct asked asked;
    asked_begin(&asked, server.port, NULL);
    atomic_bool stop = false;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, &stop), 0);
    int64_t begun = gd_clock_monotonic_us();
    struct gd_status status = run(&asked, (struct gd_http_request){.method = "GET", .stop = &stop});
    assert_int_equal(status.code, GD_SYSTEM);
    assert_int_equal(asked.trouble, GD_HTTP_STOPPED);
    assert_true(gd_clock_monotonic_us() - begun < 2000000);
    pthread_join(thread, NULL);
    asked_end(&asked);
    server_end(&server);
}

enum { BIG = 3 * 1000 * 1000 };
static const char big_head[] = "HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n";

static struct gd_source *opened(struct asked *asked)
{
    struct gd_http_request request = {.method = "GET", .url = asked->url};
    struct gd_source *source = NULL;
    assert_int_equal(gd_http_open(asked->http, &request, asked->arena, &asked->answer, &source,
                                  &asked->trouble, &asked->err)
                         .code,
                     GD_OK);
    return source;
}

/* Reads of odd sizes, with pauses, so that the transfer is held back and goes on. */
static void a_body_is_read_as_it_comes(void **state)
{
    (void)state;
    struct exchange exchange = {.answer = big_head, .filler = BIG};
    struct server server;
    server_start(&server, &exchange, 1);
    struct asked asked;
    asked_begin(&asked, server.port, NULL);
    gd_auto_source source = opened(&asked);
    assert_int_equal(asked.answer.status, 200);
    size_t total = 0, size = 1, step = 1;
    static char buffer[300000];
    while (size > 0) {
        assert_int_equal(gd_source_read(source, buffer, step, &size, &asked.err).code, GD_OK);
        total += size;
        step = step * 7 % sizeof buffer + 1;
        if (total % 5 == 0)
            gd_sleep_ms(1);
    }
    assert_int_equal(total, BIG);
    gd_source_free(GD_MOVE(source));
    asked_end(&asked);
    server_end(&server);
}

static void a_body_that_is_cut_is_no_end(void **state)
{
    (void)state;
    struct exchange exchange = {.answer = big_head, .filler = BIG - 1};
    struct server server;
    server_start(&server, &exchange, 1);
    struct asked asked;
    asked_begin(&asked, server.port, NULL);
    gd_auto_source source = opened(&asked);
    static char buffer[65536];
    size_t size = 1, total = 0;
    struct gd_status status = GD_DONE;
    while (status.code == GD_OK && size > 0) {
        status = gd_source_read(source, buffer, sizeof buffer, &size, &asked.err);
        total += status.code == GD_OK ? size : 0;
    }
    assert_int_equal(status.code, GD_SYSTEM);
    assert_true(total < BIG);
    gd_source_free(GD_MOVE(source));
    asked_end(&asked);
    server_end(&server);
}

static void a_body_that_nobody_wants_is_left(void **state)
{
    (void)state;
    struct exchange exchanges[] = {{.answer = big_head, .filler = BIG}, {.answer = EMPTY_200}};
    struct server server;
    server_start(&server, exchanges, 2);
    struct asked asked;
    asked_begin(&asked, server.port, NULL);
    gd_source_free(opened(&asked));
    assert_int_equal(run(&asked, (struct gd_http_request){.method = "GET"}).code, GD_OK);
    asked_end(&asked);
    server_end(&server);
    assert_false(exchanges[1].same_connection);
}

static void a_refusal_has_its_body_and_no_source(void **state)
{
    (void)state;
    struct exchange exchange = {.answer = "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"};
    struct server server;
    server_start(&server, &exchange, 1);
    struct asked asked;
    asked_begin(&asked, server.port, NULL);
    assert_null(opened(&asked));
    assert_int_equal(asked.answer.status, 403);
    assert_string_equal(asked.answer.body, "no");
    asked_end(&asked);
    server_end(&server);
}

static void http_dates_are_read(void **state)
{
    (void)state;
    int64_t time_us = 0;
    assert_true(gd_http_date("Fri, 24 May 2013 00:00:00 GMT", &time_us));
    assert_int_equal(time_us, INT64_C(1369353600000000));
    assert_false(gd_http_date("yesterday", &time_us));
    assert_false(gd_http_date(NULL, &time_us));
}

int main(void)
{
    signal(SIGPIPE, SIG_DFL); /* a SIGPIPE that gets through ends the test */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_has_status_headers_and_body),
        cmocka_unit_test(a_connection_is_kept_unless_an_upload_failed),
        cmocka_unit_test(an_empty_post_says_that_it_is_empty),
        cmocka_unit_test(a_redirect_is_an_answer_and_is_not_followed),
        cmocka_unit_test(each_trouble_has_its_kind),
        cmocka_unit_test(where_nobody_listens_there_is_no_connection),
        cmocka_unit_test(another_thread_can_stop_a_transfer),
        cmocka_unit_test(a_body_is_read_as_it_comes),
        cmocka_unit_test(a_body_that_is_cut_is_no_end),
        cmocka_unit_test(a_body_that_nobody_wants_is_left),
        cmocka_unit_test(a_refusal_has_its_body_and_no_source),
        cmocka_unit_test(http_dates_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
