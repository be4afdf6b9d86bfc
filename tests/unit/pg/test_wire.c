/* The messages of the protocol: found, read and made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guardian/pg/pipe.h"

static void every_type_is_found_under_its_own_letter(void **state)
{
    (void)state;
    size_t client = 0, server = 0;
    for (int type = -128; type < 128; type++) {
        const struct gd_wire_kind *of_client = gd_wire_kind(GD_WIRE_CLIENT, (char)type);
        const struct gd_wire_kind *of_server = gd_wire_kind(GD_WIRE_SERVER, (char)type);
        assert_true(of_client == NULL || of_client->type == (char)type);
        assert_true(of_server == NULL || of_server->type == (char)type);
        client += of_client != NULL;
        server += of_server != NULL;
    }
    assert_int_equal(client, 13);
    assert_int_equal(server, 24);
}

static void an_error_reads_back_as_it_was_made(void **state)
{
    (void)state;
    gd_auto_wire_out out = {0};
    gd_wire_error(
        &out, &(struct gd_wire_words){
                  .severity = "ERROR", .sqlstate = "42501", .message = "refused", .hint = "Ask."});
    struct gd_wire_message message;
    assert_int_equal(gd_wire_look(GD_WIRE_SERVER, out.bytes, out.size, &message), GD_WIRE_MESSAGE);
    assert_int_equal(message.size, out.size);
    assert_string_equal(gd_wire_field(&message, 'S'), "ERROR");
    assert_string_equal(gd_wire_field(&message, 'V'), "ERROR");
    assert_string_equal(gd_wire_field(&message, 'C'), "42501");
    assert_string_equal(gd_wire_field(&message, 'M'), "refused");
    assert_string_equal(gd_wire_field(&message, 'D'), "");
    assert_string_equal(gd_wire_field(&message, 'H'), "Ask.");
}

static void a_text_without_its_end_is_none(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {'C', 0, 0, 0, 7, 'S', 'a', 'b'};
    struct gd_wire_message message;
    assert_int_equal(gd_wire_look(GD_WIRE_CLIENT, bytes, sizeof bytes, &message), GD_WIRE_MESSAGE);
    struct gd_wire_cursor cursor = gd_wire_body(&message);
    assert_int_equal(gd_wire_read_byte(&cursor), 'S');
    assert_string_equal(gd_wire_read_text(&cursor), "");
    assert_true(cursor.short_of);
    assert_int_equal(gd_wire_read_u32(&cursor), 0);
}

static const struct {
    const char *name;
    enum gd_wire_side side;
    uint8_t bytes[5];
    enum gd_wire_found found;
} strange[] = {
    {"a type that clients do not send", GD_WIRE_CLIENT, {'Z', 0, 0, 0, 5}, GD_WIRE_UNKNOWN},
    {"a password after the start", GD_WIRE_CLIENT, {'p', 0, 0, 0, 5}, GD_WIRE_UNKNOWN},
    {"a byte above 127", GD_WIRE_SERVER, {0xff, 0, 0, 0, 5}, GD_WIRE_UNKNOWN},
    {"a length below itself", GD_WIRE_CLIENT, {'Q', 0, 0, 0, 3}, GD_WIRE_BAD_LENGTH},
    {"a length of a gigabyte", GD_WIRE_CLIENT, {'Q', 0x40, 0, 0, 0}, GD_WIRE_BAD_LENGTH},
    {"a negative length", GD_WIRE_SERVER, {'D', 0xff, 0xff, 0xff, 0xff}, GD_WIRE_BAD_LENGTH},
    {"a large Sync", GD_WIRE_CLIENT, {'S', 0, 0, 0x40, 0}, GD_WIRE_BAD_LENGTH},
    {"a large Query is waited for", GD_WIRE_CLIENT, {'Q', 0x3f, 0, 0, 0}, GD_WIRE_MORE},
    {"a large CopyData goes by", GD_WIRE_CLIENT, {'d', 0x3f, 0, 0, 0}, GD_WIRE_MESSAGE},
};

static void what_is_strange_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
        struct gd_wire_message message;
        enum gd_wire_found found =
            gd_wire_look(strange[i].side, strange[i].bytes, sizeof strange[i].bytes, &message);
        if (found != strange[i].found)
            fail_msg("%s: %d", strange[i].name, (int)found);
    }
}

/* Some messages of a client, with a CopyData that is larger than the buffer. */
static void say(struct gd_wire_out *out)
{
    static const uint8_t many[3 * GD_PIPE_BASE];
    gd_wire_query(out, "SELECT 1");
    gd_wire_parse(out, "p", "SELECT $1", "\0\0\0\x17", 4);
    gd_wire_bare(out, 'H');
    gd_wire_begin(out, 'd');
    gd_wire_put(out, many, sizeof many);
    gd_wire_end(out);
    gd_wire_begin(out, 'Q');
    gd_wire_put(out, many, sizeof many);
    gd_wire_end(out);
    gd_wire_bare(out, 'S');
}

static void take(struct gd_pipe *pipe, struct gd_wire_out *out)
{
    size_t size = 0;
    const uint8_t *run = gd_pipe_run(pipe, &size);
    gd_wire_put(out, run, size);
    gd_pipe_sent(pipe, size);
}

static void give(struct gd_pipe *pipe, const uint8_t *bytes, size_t size, struct gd_wire_out *out)
{
    struct gd_wire_message message;
    size_t room = 0;
    while (size > 0) {
        uint8_t *to = gd_pipe_room(pipe, &room);
        if (room == 0)
            take(pipe, out);
        room = room < size ? room : size;
        memcpy(to, bytes, room);
        gd_pipe_filled(pipe, room);
        bytes += room;
        size -= room;
        while (gd_pipe_next(pipe, &message) == GD_PIPE_MESSAGE) {
            assert_true(message.kind->need != GD_WIRE_WHOLE || message.have == message.size);
            gd_pipe_pass(pipe, &message);
        }
    }
}

static void split_at_any_byte_the_same_goes_out(void **state)
{
    (void)state;
    gd_auto_wire_out said = {0};
    say(&said);
    for (size_t split = 0; split < said.size; split += split < 200 ? 1 : 997) {
        struct gd_pipe pipe;
        gd_auto_wire_out got = {0};
        gd_pipe_init(&pipe, GD_WIRE_CLIENT, 1 << 20);
        size_t at = 0;
        while (at < said.size) {
            size_t end = at < split ? split : said.size;
            end = end - at > 5000 ? at + 5000 : end;
            give(&pipe, said.bytes + at, end - at, &got);
            at = end;
            take(&pipe, &got);
        }
        assert_int_equal(got.size, said.size);
        assert_memory_equal(got.bytes, said.bytes, said.size);
        assert_int_equal(pipe.capacity, GD_PIPE_BASE);
        gd_pipe_done(&pipe);
    }
}

static void what_is_beyond_the_limit_is_not_kept(void **state)
{
    (void)state;
    static const uint8_t head[] = {'Q', 0, 0x10, 0, 0}, sync[] = {'S', 0, 0, 0, 4};
    static uint8_t text[0x100000 - 4];
    struct gd_pipe pipe;
    struct gd_wire_message message;
    size_t room = 0;
    gd_pipe_init(&pipe, GD_WIRE_CLIENT, 65536);
    memcpy(gd_pipe_room(&pipe, &room), head, sizeof head);
    gd_pipe_filled(&pipe, sizeof head);
    assert_int_equal(gd_pipe_next(&pipe, &message), GD_PIPE_TOO_LARGE);
    gd_pipe_drop(&pipe, &message);
    for (size_t at = 0; at < sizeof text;) {
        uint8_t *to = gd_pipe_room(&pipe, &room);
        room = room < sizeof text - at ? room : sizeof text - at;
        memcpy(to, text + at, room);
        gd_pipe_filled(&pipe, room);
        at += room;
        assert_int_equal(gd_pipe_next(&pipe, &message), GD_PIPE_MORE);
    }
    assert_int_equal(pipe.capacity, GD_PIPE_BASE);
    gd_pipe_insert(&pipe, sync, sizeof sync);
    (void)gd_pipe_run(&pipe, &room);
    assert_int_equal(room, sizeof sync);
    gd_pipe_done(&pipe);
}

static void inserted_and_dropped_leave_the_rest_as_it_is(void **state)
{
    (void)state;
    gd_auto_wire_out said = {0}, wanted = {0}, got = {0};
    struct gd_pipe pipe;
    struct gd_wire_message message;
    size_t room = 0;
    gd_wire_query(&said, "one");
    gd_wire_query(&said, "two");
    gd_wire_query(&said, "three");
    gd_pipe_init(&pipe, GD_WIRE_CLIENT, 65536);
    memcpy(gd_pipe_room(&pipe, &room), said.bytes, said.size);
    gd_pipe_filled(&pipe, said.size);
    assert_int_equal(gd_pipe_next(&pipe, &message), GD_PIPE_MESSAGE);
    gd_pipe_pass(&pipe, &message);
    assert_int_equal(gd_pipe_next(&pipe, &message), GD_PIPE_MESSAGE);
    gd_pipe_drop(&pipe, &message);
    gd_wire_query(&wanted, "one");
    gd_wire_bare(&wanted, 'S');
    gd_pipe_insert(&pipe, wanted.bytes + wanted.size - 5, 5);
    gd_wire_query(&wanted, "three");
    assert_int_equal(gd_pipe_next(&pipe, &message), GD_PIPE_MESSAGE);
    gd_pipe_pass(&pipe, &message);
    take(&pipe, &got);
    assert_int_equal(got.size, wanted.size);
    assert_memory_equal(got.bytes, wanted.bytes, wanted.size);
    gd_pipe_done(&pipe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_found_under_its_own_letter),
        cmocka_unit_test(an_error_reads_back_as_it_was_made),
        cmocka_unit_test(a_text_without_its_end_is_none),
        cmocka_unit_test(what_is_strange_is_told),
        cmocka_unit_test(split_at_any_byte_the_same_goes_out),
        cmocka_unit_test(what_is_beyond_the_limit_is_not_kept),
        cmocka_unit_test(inserted_and_dropped_leave_the_rest_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
