/* The entrance, message by message: a client's half of SCRAM stands in tests/system. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guardian/proxy/door_own.h"
#include "guardian/proxy/entrance.h"

#define BYTES(text) text, sizeof text - 1

struct packet {
    unsigned char bytes[12000];
    size_t size;
};

static void add(struct packet *packet, const void *bytes, size_t size)
{
    memcpy(packet->bytes + packet->size, bytes, size);
    packet->size += size;
}

static void add_u32(struct packet *packet, uint32_t number)
{
    const unsigned char bytes[] = {(unsigned char)(number >> 24), (unsigned char)(number >> 16),
                                   (unsigned char)(number >> 8), (unsigned char)number};
    add(packet, bytes, 4);
}

static void add_request(struct packet *packet, uint32_t code)
{
    add_u32(packet, 8);
    add_u32(packet, code);
}

/* Pairs end with NULL. */
static void add_startup(struct packet *packet, uint32_t protocol, const char *const *texts)
{
    struct packet body = {0};
    add_u32(&body, protocol);
    for (; *texts != NULL; texts++)
        add(&body, *texts, strlen(*texts) + 1);
    add(&body, "", 1);
    add_u32(packet, (uint32_t)body.size + 4);
    add(packet, body.bytes, body.size);
}

enum { V3 = 3 << 16, TLS = 80877103, GSS = 80877104, CANCEL = 80877102 };

struct fixture {
    struct gd_door *door;
    struct gd_arena *arena;
    struct gd_entrance *entrance;
    struct gd_entrance_reply reply;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct gd_door_options options = {.user = "me", .client_max = 2};
    struct gd_error err = {0};
    fixture->arena = gd_arena_new();
    assert_int_equal(gd_door_open(&options, &fixture->door, &err).code, GD_OK);
    assert_int_equal(
        gd_entrance_new(fixture->door, NULL, fixture->arena, &fixture->entrance, &err).code, GD_OK);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    gd_entrance_done(fixture->entrance);
    gd_arena_free(fixture->arena);
    gd_door_close(fixture->door);
    free(fixture);
    return 0;
}

static enum gd_entrance_state feed(struct fixture *fixture, const struct packet *packet)
{
    return gd_entrance_feed(fixture->entrance, packet->bytes, packet->size, &fixture->reply);
}

static void assert_reply(const struct fixture *fixture, const char *text, size_t size)
{
    assert_int_equal(fixture->reply.size, size);
    assert_memory_equal(fixture->reply.bytes, text, size);
}

/* An ErrorResponse with this state, and these words somewhere in it. */
static void assert_refused(const struct fixture *fixture, const char *sqlstate, const char *words)
{
    const char *bytes = fixture->reply.bytes;
    size_t size = fixture->reply.size;
    assert_true(size > 10);
    assert_int_equal(bytes[0], 'E');
    char field[8];
    snprintf(field, sizeof field, "C%s", sqlstate);
    assert_non_null(memmem(bytes, size, field, 7));
    assert_non_null(memmem(bytes, size, words, strlen(words)));
}

static void requests_for_encryption_are_answered_and_the_password_is_asked_for(void **state)
{
    struct fixture *fixture = *state;
    struct packet packet = {0};
    static const char *const pairs[] = {"user", "me", "application_name", "x", NULL};
    add_request(&packet, GSS);
    assert_int_equal(feed(fixture, &packet), GD_ENTRANCE_WAITS);
    assert_reply(fixture, "N", 1);
    packet.size = 0;
    add_request(&packet, TLS);
    assert_int_equal(feed(fixture, &packet), GD_ENTRANCE_WAITS);
    assert_reply(fixture, "N", 1);
    packet.size = 0;
    add_startup(&packet, V3, pairs);
    assert_int_equal(feed(fixture, &packet), GD_ENTRANCE_WAITS);
    static const char asked[] = "R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0";
    assert_reply(fixture, asked, sizeof asked);
    assert_int_equal(fixture->reply.used, packet.size);
}

static void bytes_may_come_one_by_one(void **state)
{
    struct fixture *fixture = *state;
    struct packet packet = {0};
    static const char *const pairs[] = {"user",    "me",     "database", "shop",
                                        "options", "-c a=b", NULL};
    size_t said = 0, count = 0;
    add_request(&packet, TLS);
    add_startup(&packet, V3, pairs);
    for (size_t i = 0; i < packet.size; i++) {
        assert_int_equal(gd_entrance_feed(fixture->entrance, packet.bytes + i, 1, &fixture->reply),
                         GD_ENTRANCE_WAITS);
        assert_int_equal(fixture->reply.used, 1);
        said += fixture->reply.size;
    }
    assert_int_equal(said, 1 + 24);
    assert_string_equal(gd_entrance_database(fixture->entrance), "shop");
    const struct gd_pg_parameter *parameters = gd_entrance_parameters(fixture->entrance, &count);
    assert_int_equal(count, 1);
    assert_string_equal(parameters[0].name, "options");
    assert_string_equal(parameters[0].value, "-c a=b");
}

static void a_cancel_request_hands_out_its_key(void **state)
{
    struct fixture *fixture = *state;
    struct packet packet = {0};
    add_u32(&packet, 16);
    add_u32(&packet, CANCEL);
    add_u32(&packet, 4711);
    add_u32(&packet, 0xDEADBEEF);
    assert_int_equal(feed(fixture, &packet), GD_ENTRANCE_CANCELS);
    struct gd_cancel_key key = gd_entrance_cancel_key(fixture->entrance);
    assert_int_equal(key.process, 4711);
    assert_int_equal(key.secret, 0xDEADBEEF);
    assert_int_equal(fixture->reply.size, 0);
}

static void newer_protocols_are_told_what_is_spoken_here(void **state)
{
    struct fixture *fixture = *state;
    struct packet packet = {0};
    size_t count = 0;
    static const char *const pairs[] = {
        "user", "me", "_pq_.column_encryption", "1", "_pq_.x", "", "client_encoding", "UTF8", NULL};
    add_startup(&packet, V3 | 2, pairs);
    assert_int_equal(feed(fixture, &packet), GD_ENTRANCE_WAITS);
    static const char told[] = "v\0\0\0\x2a\0\x03\0\0\0\0\0\x02_pq_.column_encryption\0_pq_.x";
    assert_true(fixture->reply.size > sizeof told);
    assert_memory_equal(fixture->reply.bytes, told, sizeof told);
    assert_int_equal(((const char *)fixture->reply.bytes)[sizeof told], 'R');
    (void)gd_entrance_parameters(fixture->entrance, &count);
    assert_int_equal(count, 1);
}

static void too_many_are_told_so_and_cancel_still_works(void **state)
{
    struct fixture *fixture = *state;
    struct packet packet = {0};
    static const char *const pairs[] = {"user", "me", NULL};
    atomic_store(&fixture->door->clients, 3);
    add_startup(&packet, V3, pairs);
    assert_int_equal(feed(fixture, &packet), GD_ENTRANCE_OUT);
    assert_refused(fixture, "53300", "too many clients");
    assert_int_equal(gd_door_turned_away(fixture->door), 1);

    struct gd_error err = {0};
    assert_int_equal(
        gd_entrance_new(fixture->door, NULL, fixture->arena, &fixture->entrance, &err).code, GD_OK);
    packet.size = 0;
    add_u32(&packet, 16);
    add_u32(&packet, CANCEL);
    add_u32(&packet, 1);
    add_u32(&packet, 2);
    assert_int_equal(feed(fixture, &packet), GD_ENTRANCE_CANCELS);
}

/* Each is sent alone to a fresh entrance. */
static void what_is_not_the_protocol_is_refused_in_words(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *sqlstate, *words;
    } cases[] = {
        {BYTES("GET / HTTP/1.1\r\n"), "08P01", "length of startup packet"},
        {BYTES("\x16\x03\x01\x02\x00\x01"), "08P01", "length of startup packet"}, /* TLS at once */
        {BYTES("\0\0\0\x07"), "08P01", "length of startup packet"},
        {BYTES("\0\0\x27\x11"), "08P01", "length of startup packet"}, /* 10,001 */
        {BYTES("\0\0\0\x08\0\x03\0\0"), "08P01", "terminator"},
        {BYTES("\0\0\0\x09\0\x03\0\0\0"), "28000", "no PostgreSQL user name"},
        {BYTES("\0\0\0\x10\0\x03\0\0user\0me\0"), "08P01", "terminator"},
        {BYTES("\0\0\0\x0f\0\x03\0\0user\0\0\0"), "28000", "no PostgreSQL user name"},
        {BYTES("\0\0\0\x12\0\x03\0\0user\0me\0\0x"), "08P01", "terminator"},
        {BYTES("\0\0\0\x08\0\x04\0\0"), "0A000", "unsupported frontend protocol 4.0"},
        {BYTES("\0\0\0\x08\x04\xd2\x16\x2e"), "08P01", "cancel request"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct packet packet = {0};
        struct gd_error err = {0};
        assert_int_equal(
            gd_entrance_new(fixture->door, NULL, fixture->arena, &fixture->entrance, &err).code,
            GD_OK);
        add(&packet, cases[i].bytes, cases[i].size);
        assert_int_equal(feed(fixture, &packet), GD_ENTRANCE_OUT);
        assert_refused(fixture, cases[i].sqlstate, cases[i].words);
        assert_int_equal(feed(fixture, &packet), GD_ENTRANCE_OUT); /* and that was all */
        assert_int_equal(fixture->reply.size, 0);
    }
}

static void protocol_two_is_refused_in_its_own_way(void **state)
{
    struct fixture *fixture = *state;
    struct packet packet = {0};
    add_u32(&packet, 296);
    add_u32(&packet, 2 << 16);
    packet.size = 296;
    assert_int_equal(feed(fixture, &packet), GD_ENTRANCE_OUT);
    static const char words[] = "EFATAL:  unsupported frontend protocol 2.0";
    assert_memory_equal(fixture->reply.bytes, words, sizeof words - 1);
}

static void encryption_is_asked_for_once(void **state)
{
    struct fixture *fixture = *state;
    struct packet packet = {0};
    add_request(&packet, TLS);
    add_request(&packet, TLS);
    assert_int_equal(feed(fixture, &packet), GD_ENTRANCE_OUT);
    assert_int_equal(*(const char *)fixture->reply.bytes, 'N');
}

static void only_an_answer_to_our_question_is_heard(void **state)
{
    struct fixture *fixture = *state;
    static const char *const pairs[] = {"user", "me", NULL};
    static const struct {
        const char *bytes;
        size_t size;
        const char *words;
    } cases[] = {
        {BYTES("Q\0\0\0\x0dSELECT 1\0"), "expected SASL response, got message type 81"},
        {BYTES("X\0\0\0\x04"), "got message type 88"},
        {BYTES("p\0\0\0\x03"), "length of SASL response"},
        {BYTES("p\0\0\x10\0"), "length of SASL response"},
        {BYTES("p\0\0\0\x04"), "first message is missing"},
        {BYTES("p\0\0\0\x0aPLAIN\0"), "first message is missing"},
        {BYTES("p\0\0\0\x11SCRAM-SHA-256"), "first message is missing"}, /* no zero behind it */
        {BYTES("p\0\0\0\x12SCRAM-SHA-256\0"), "first message is missing"},
        {BYTES("p\0\0\0\x1aSCRAM-SHA-256\0\0\0\0\x05n,,n="), "first message is missing"},
        {BYTES("p\0\0\0\x1bSCRAM-SHA-1\0\0\0\0\x07n,,n=,r"), "was not offered"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct packet packet = {0};
        struct gd_error err = {0};
        assert_int_equal(
            gd_entrance_new(fixture->door, NULL, fixture->arena, &fixture->entrance, &err).code,
            GD_OK);
        add_startup(&packet, V3, pairs);
        assert_int_equal(feed(fixture, &packet), GD_ENTRANCE_WAITS);
        packet.size = 0;
        add(&packet, cases[i].bytes, cases[i].size);
        assert_int_equal(feed(fixture, &packet), GD_ENTRANCE_OUT);
        assert_refused(fixture, "08P01", cases[i].words);
    }
}

#define both(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        both(requests_for_encryption_are_answered_and_the_password_is_asked_for),
        both(bytes_may_come_one_by_one),
        both(a_cancel_request_hands_out_its_key),
        both(newer_protocols_are_told_what_is_spoken_here),
        both(too_many_are_told_so_and_cancel_still_works),
        both(what_is_not_the_protocol_is_refused_in_words),
        both(protocol_two_is_refused_in_its_own_way),
        both(encryption_is_asked_for_once),
        both(only_an_answer_to_our_question_is_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
