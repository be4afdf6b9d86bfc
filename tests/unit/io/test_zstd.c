#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/io/process.h"
#include "guardian/io/zstd.h"

enum { PLAIN_SIZE = 300000 };

/* Text that compresses, but not to nothing. */
static const char *plain_text(void)
{
    static char text[PLAIN_SIZE];
    uint32_t number = 1;
    for (size_t i = 0; i < sizeof text; i++) {
        number = number * 1664525 + 1013904223;
        text[i] = (char)('a' + (number >> 24) % 16);
    }
    return text;
}

static char *compress(const char *plain, size_t size, size_t piece, int level, size_t *out_size)
{
    struct gd_error err = {0};
    struct gd_sink *sink = NULL;
    struct gd_sink *mem = gd_mem_sink_new(1 << 20);
    assert_int_equal(gd_zstd_sink_new(mem, level, &sink, &err).code, GD_OK);
    for (size_t at = 0; at < size; at += piece)
        assert_int_equal(
            gd_sink_write(sink, plain + at, at + piece > size ? size - at : piece, &err).code,
            GD_OK);
    assert_int_equal(gd_sink_finish(sink, &err).code, GD_OK);
    const void *data = gd_mem_sink_data(mem, out_size);
    char *copy = malloc(*out_size + 1);
    memcpy(copy, data, *out_size);
    gd_sink_free(sink);
    return copy;
}

static struct gd_status decompress(const char *stored, size_t size, char **out_plain,
                                   size_t *out_size, struct gd_error *err)
{
    gd_auto_source source = NULL;
    GD_TRY(gd_zstd_source_new(gd_mem_source_new(stored, size), &source, err));
    return gd_source_all(source, 2 * PLAIN_SIZE, out_plain, out_size, err);
}

static void what_was_compressed_comes_back(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 4, 131072, 131073, PLAIN_SIZE};
    static const size_t pieces[] = {1, 7, 100000, PLAIN_SIZE};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t j = sizes[i] > 200000 ? 1 : 0; j < sizeof pieces / sizeof pieces[0]; j++) {
            size_t stored_size = 0, size = 77;
            char *stored = compress(plain_text(), sizes[i], pieces[j], 3, &stored_size),
                 *plain = NULL;
            struct gd_error err = {0};
            assert_int_equal(decompress(stored, stored_size, &plain, &size, &err).code, GD_OK);
            assert_int_equal(size, sizes[i]);
            assert_memory_equal(plain, plain_text(), size);
            free(plain);
            free(stored);
        }
    }
}

static void every_level_works(void **state)
{
    (void)state;
    for (int level = 1; level <= 19; level += 6) {
        size_t stored_size = 0, size = 0;
        char *stored = compress(plain_text(), PLAIN_SIZE, PLAIN_SIZE, level, &stored_size);
        char *plain = NULL;
        struct gd_error err = {0};
        assert_int_equal(decompress(stored, stored_size, &plain, &size, &err).code, GD_OK);
        assert_true(size == PLAIN_SIZE && stored_size < PLAIN_SIZE * 6 / 10);
        free(plain);
        free(stored);
    }
}

static void frames_may_follow_each_other(void **state)
{
    (void)state;
    size_t one_size = 0, size = 0;
    char *one = compress("one.", 4, 4, 3, &one_size), *plain = NULL;
    char *two = malloc(2 * one_size);
    memcpy(two, one, one_size);
    memcpy(two + one_size, one, one_size);
    struct gd_error err = {0};
    assert_int_equal(decompress(two, 2 * one_size, &plain, &size, &err).code, GD_OK);
    assert_string_equal(plain, "one.one.");
    free(plain);
    free(two);
    free(one);
}

static void a_stream_that_is_cut_anywhere_is_corrupt(void **state)
{
    (void)state;
    size_t stored_size = 0;
    char *stored = compress(plain_text(), 1000, 1000, 3, &stored_size);
    for (size_t cut = 0; cut < stored_size; cut++) {
        char *plain = NULL;
        size_t size = 0;
        struct gd_error err = {0};
        assert_int_equal(decompress(stored, cut, &plain, &size, &err).code, GD_CORRUPT);
        assert_null(plain);
    }
    free(stored);
}

static void every_flipped_bit_is_found(void **state)
{
    (void)state;
    size_t stored_size = 0;
    char *stored = compress(plain_text(), 600, 600, 3, &stored_size);
    for (size_t bit = 0; bit < 8 * stored_size; bit++) {
        char *plain = NULL;
        size_t size = 0;
        struct gd_error err = {0};
        stored[bit / 8] = (char)(stored[bit / 8] ^ (1 << bit % 8));
        struct gd_status status = decompress(stored, stored_size, &plain, &size, &err);
        /* The frame's head has bits without a meaning: then the content is what it was. */
        if (status.code == GD_OK) {
            assert_int_equal(size, 600);
            assert_memory_equal(plain, plain_text(), size);
        } else {
            assert_int_equal(status.code, GD_CORRUPT);
        }
        free(plain);
        stored[bit / 8] = (char)(stored[bit / 8] ^ (1 << bit % 8));
    }
    free(stored);
}

static void what_stands_behind_the_last_frame_is_corrupt(void **state)
{
    (void)state;
    static const char skippable[] = "\x50\x2A\x4D\x18\x00\x00\x00\x00";
    static const struct {
        const char *data;
        size_t size;
    } rests[] = {{"x", 1}, {"\0\0\0\0\0\0", 6}, {"\x28\xB5\x2F\xFD", 4}, {skippable, 8}};
    size_t stored_size = 0;
    char *stored = compress("one", 3, 3, 3, &stored_size);
    for (size_t i = 0; i < sizeof rests / sizeof rests[0]; i++) {
        char *both = malloc(stored_size + rests[i].size), *plain = NULL;
        size_t size = 0;
        memcpy(both, stored, stored_size);
        memcpy(both + stored_size, rests[i].data, rests[i].size);
        struct gd_error err = {0};
        assert_int_equal(decompress(both, stored_size + rests[i].size, &plain, &size, &err).code,
                         GD_CORRUPT);
        assert_non_null(strstr(err.text, "behind the last frame"));
        free(both);
    }
    free(stored);
}

/* Made by the zstd program where it is there; the bytes are what it gives for these options. */
static void frames_that_cannot_be_trusted_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
        const char *bytes;
    } cases[] = {
        {"no zstd frame with a checksum", 12, "\x28\xb5\x2f\xfd\x20\x03\x19\x00\x00\x6f\x6e\x65"},
        {"no zstd frame with a checksum", 12, "\x27\xb5\x2f\xfd\x24\x03\x19\x00\x00\x6f\x6e\x65"},
        {"too much memory", 14, /* a window of 256 MiB */
         "\x28\xb5\x2f\xfd\x04\x90\x19\x00\x00\x6f\x6e\x65\x00\x00"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *plain = NULL;
        size_t size = 0;
        struct gd_error err = {0};
        assert_int_equal(decompress(cases[i].bytes, cases[i].size, &plain, &size, &err).code,
                         GD_CORRUPT);
        assert_non_null(strstr(err.text, cases[i].text));
    }
}

static void the_zstd_program_reads_it(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    if (gd_process_find("zstd", arena) == NULL) {
        assert_null(getenv("GD_REQUIRE_TOOLS"));
        skip();
    }
    struct gd_error err = {0};
    struct gd_process_options options = {.argv = (const char *const[]){"zstd", "-dc", NULL},
                                         .write_input = true,
                                         .read_output = true};
    gd_auto_process process = NULL;
    assert_int_equal(gd_process_start(&options, &process, &err).code, GD_OK);
    size_t stored_size = 0, size = 0;
    char *stored = compress(plain_text(), 60000, 1000, 3, &stored_size), *plain = NULL;
    assert_int_equal(gd_sink_write(gd_process_input(process), stored, stored_size, &err).code,
                     GD_OK);
    assert_int_equal(gd_sink_finish(gd_process_input(process), &err).code, GD_OK);
    assert_int_equal(gd_source_all(gd_process_output(process), 100000, &plain, &size, &err).code,
                     GD_OK);
    assert_int_equal(gd_process_finish(process, NULL, &err).code, GD_OK);
    assert_int_equal(size, 60000);
    assert_memory_equal(plain, plain_text(), size);
    free(plain);
    free(stored);
}

static void what_the_next_sink_refuses_is_told(void **state)
{
    (void)state;
    struct gd_error err = {0};
    gd_auto_sink sink = NULL;
    assert_int_equal(gd_zstd_sink_new(gd_mem_sink_new(1000), 3, &sink, &err).code, GD_OK);
    struct gd_status status = gd_sink_write(sink, plain_text(), PLAIN_SIZE, &err);
    if (status.code == GD_OK)
        status = gd_sink_finish(sink, &err);
    assert_int_equal(status.code, GD_SYSTEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_compressed_comes_back),
        cmocka_unit_test(every_level_works),
        cmocka_unit_test(frames_may_follow_each_other),
        cmocka_unit_test(a_stream_that_is_cut_anywhere_is_corrupt),
        cmocka_unit_test(every_flipped_bit_is_found),
        cmocka_unit_test(what_stands_behind_the_last_frame_is_corrupt),
        cmocka_unit_test(frames_that_cannot_be_trusted_are_refused),
        cmocka_unit_test(the_zstd_program_reads_it),
        cmocka_unit_test(what_the_next_sink_refuses_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
