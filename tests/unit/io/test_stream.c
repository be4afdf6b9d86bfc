/* Streams over sockets that do not wait, plain and through TLS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/ssl.h>

#include "guardian/io/stream.h"

static char folder[] = "/tmp/gd-stream.XXXXXX";
static char certificate[64], key[64];

static int make_certificate(void **state)
{
    (void)state;
    char command[512];
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(certificate, sizeof certificate, "%s/cert.pem", folder);
    snprintf(key, sizeof key, "%s/key.pem", folder);
    snprintf(command, sizeof command,
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
             "-subj /CN=localhost -keyout %s -out %s >/dev/null 2>&1",
             key, certificate);
    return system(command); /* NOLINT(cert-env33-c): a test's own tool */
}

static int remove_certificate(void **state)
{
    (void)state;
    return unlink(certificate) | unlink(key) | rmdir(folder);
}

static struct gd_stream *pair(int *out_other)
{
    int ends[2];
    struct gd_stream *stream = NULL;
    struct gd_error err = {0};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(gd_stream_plain(ends[0], &stream, &err).code, GD_OK);
    *out_other = ends[1];
    return stream;
}

static void a_plain_stream_says_for_what_to_wait(void **state)
{
    (void)state;
    int other = -1;
    char bytes[65536] = "";
    size_t size = 1;
    struct gd_stream *stream = pair(&other);
    assert_int_equal(gd_stream_read(stream, bytes, 8, &size), GD_STREAM_WANT_READ);
    assert_int_equal(size, 0);
    enum gd_stream_end end = GD_STREAM_DONE;
    while (end == GD_STREAM_DONE)
        end = gd_stream_write(stream, bytes, sizeof bytes, &size);
    assert_int_equal(end, GD_STREAM_WANT_WRITE);
    assert_int_equal(write(other, "hello", 5), 5);
    assert_int_equal(gd_stream_read(stream, bytes, sizeof bytes, &size), GD_STREAM_DONE);
    assert_int_equal(size, 5);
    close(other);
    assert_int_equal(gd_stream_write(stream, bytes, 1, &size), GD_STREAM_CLOSED);
    /* What we had sent was not read: the other side has reset it. */
    assert_true(gd_stream_read(stream, bytes, 1, &size) >= GD_STREAM_CLOSED);
    assert_string_not_equal(gd_stream_trouble(stream), "");
    gd_stream_free(stream);
}

static SSL *client_of(int descriptor, SSL_CTX **out_context)
{
    *out_context = SSL_CTX_new(TLS_client_method());
    SSL *client = SSL_new(*out_context);
    assert_non_null(client);
    SSL_set_fd(client, descriptor);
    SSL_set_connect_state(client);
    return client;
}

/* Both ends in turns, on one thread. */
static void shake_hands(struct gd_stream *server, SSL *client)
{
    char none[8];
    size_t size = 0;
    for (int turn = 0; turn < 20; turn++) {
        int result = SSL_do_handshake(client);
        assert_int_equal(gd_stream_read(server, none, sizeof none, &size), GD_STREAM_WANT_READ);
        if (result == 1)
            return;
    }
    fail_msg("no handshake");
}

static void bytes_go_through_tls_in_pieces(void **state)
{
    (void)state;
    int other = -1;
    struct gd_error err = {0};
    struct gd_stream_tls *tls = NULL;
    struct gd_stream *stream = pair(&other), *ends = NULL;
    assert_int_equal(gd_stream_tls_new(certificate, key, &tls, &err).code, GD_OK);
    assert_int_equal(gd_stream_plain(other, &ends, &err).code, GD_OK); /* does not wait, either */
    assert_int_equal(gd_stream_accept_tls(stream, tls, &err).code, GD_OK);
    assert_true(gd_stream_is_tls(stream));
    SSL_CTX *context = NULL;
    SSL *client = client_of(other, &context);
    shake_hands(stream, client);

    enum { TOTAL = 3000000 };
    char *sent = malloc(TOTAL), *got = malloc(TOTAL);
    for (size_t i = 0; i < TOTAL; i++)
        sent[i] = (char)(i * 2654435761U >> 13);
    size_t put = 0, taken = 0, size = 0;
    bool waited = false;
    while (taken < TOTAL) {
        enum gd_stream_end end = GD_STREAM_DONE;
        while (put < TOTAL && end == GD_STREAM_DONE) {
            end = gd_stream_write(stream, sent + put, TOTAL - put, &size);
            put += size;
        }
        waited = waited || end == GD_STREAM_WANT_WRITE;
        while (SSL_read_ex(client, got + taken, TOTAL - taken, &size) == 1)
            taken += size;
    }
    assert_true(waited);
    assert_memory_equal(sent, got, TOTAL);

    assert_int_equal(SSL_write_ex(client, sent, 5000, &size), 1);
    assert_int_equal(gd_stream_read(stream, got, 10, &size), GD_STREAM_DONE);
    assert_int_equal(size, 10);
    assert_true(gd_stream_pending(stream));
    assert_int_equal(gd_stream_read(stream, got, 5000, &size), GD_STREAM_DONE);
    assert_int_equal(size, 4990);
    assert_false(gd_stream_pending(stream));
    gd_stream_finish(stream);
    assert_int_equal(gd_stream_write(stream, got, 10, &size), GD_STREAM_CLOSED);
    int result = SSL_read(client, got, 10);
    assert_int_equal(SSL_get_error(client, result), SSL_ERROR_ZERO_RETURN);
    assert_int_equal(gd_stream_read(stream, got, 10, &size), GD_STREAM_WANT_READ);
    (void)SSL_shutdown(client);
    assert_int_equal(gd_stream_read(stream, got, 10, &size), GD_STREAM_CLOSED);
    free(sent);
    free(got);
    SSL_free(client);
    SSL_CTX_free(context);
    gd_stream_free(stream);
    gd_stream_free(ends);
    gd_stream_tls_free(tls);
}

static void what_is_no_tls_fails_in_words(void **state)
{
    (void)state;
    int other = -1;
    char bytes[8];
    size_t size = 0;
    struct gd_error err = {0};
    struct gd_stream_tls *tls = NULL;
    struct gd_stream *stream = pair(&other);
    assert_int_equal(gd_stream_tls_new(certificate, certificate, &tls, &err).code, GD_USAGE);
    assert_non_null(strstr(err.text, "could not use key"));
    assert_int_equal(gd_stream_tls_new("/nowhere", key, &tls, &err).code, GD_USAGE);
    assert_int_equal(gd_stream_tls_new(certificate, key, &tls, &err).code, GD_OK);
    assert_int_equal(gd_stream_accept_tls(stream, tls, &err).code, GD_OK);
    assert_int_equal(write(other, "SELECT 1, 2, 3;", 15), 15);
    assert_int_equal(gd_stream_read(stream, bytes, sizeof bytes, &size), GD_STREAM_FAILED);
    assert_string_not_equal(gd_stream_trouble(stream), "");
    close(other);
    gd_stream_free(stream);
    gd_stream_tls_free(tls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_stream_says_for_what_to_wait),
        cmocka_unit_test(bytes_go_through_tls_in_pieces),
        cmocka_unit_test(what_is_no_tls_fails_in_words),
    };
    return cmocka_run_group_tests(tests, make_certificate, remove_certificate);
}
