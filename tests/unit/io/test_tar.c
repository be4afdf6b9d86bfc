#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/io/process.h"
#include "guardian/io/tar.h"

enum { BLOCK = 512, END = 1024, MANY = 300000 };

static const char *bytes(void)
{
    static char text[MANY];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i % 26);
    return text;
}

static struct {
    const char *name;
    uint64_t size;
} files[] = {
    {"20261122T214807Z-3f9c01d2aa/manifest.json", 0},
    {"20261122T214807Z-3f9c01d2aa/schema.dump", 1},
    {"20261122T214807Z-3f9c01d2aa/data/000001.copy.zst", 512},
    {"20261122T214807Z-3f9c01d2aa/data/000002.copy.zst", MANY},
    {"long/"
     "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
     "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890",
     513},
};
enum { FILES = sizeof files / sizeof files[0] };

static char *make(size_t count, size_t *out_size)
{
    struct gd_error err = {0};
    struct gd_sink *mem = gd_mem_sink_new(1 << 20);
    struct gd_tar_writer *writer = NULL;
    assert_int_equal(gd_tar_writer_new(mem, 1000000, &writer, &err).code, GD_OK);
    for (size_t i = 0; i < count; i++) {
        gd_auto_source source = gd_mem_source_new(bytes(), files[i].size);
        assert_int_equal(gd_tar_writer_add(writer, files[i].name, files[i].size, source, &err).code,
                         GD_OK);
    }
    assert_int_equal(gd_tar_writer_finish(writer, &err).code, GD_OK);
    const void *data = gd_mem_sink_data(mem, out_size);
    char *copy = malloc(*out_size + 65536);
    memcpy(copy, data, *out_size);
    gd_tar_writer_free(writer);
    return copy;
}

/* Reads all of an archive. `out_count` files were whole. */
static struct gd_status read_all(const void *tar, size_t size, bool contents, size_t *out_count,
                                 struct gd_error *err)
{
    gd_auto_tar_reader reader = NULL;
    GD_TRY(gd_tar_reader_new(gd_mem_source_new(tar, size), &reader, err));
    for (*out_count = 0;; (*out_count)++) {
        const char *name = NULL;
        struct gd_source *source = NULL;
        uint64_t file_size = 0;
        GD_TRY(gd_tar_reader_next(reader, &name, &file_size, &source, err));
        if (name == NULL)
            return GD_DONE;
        assert_string_equal(name, files[*out_count].name);
        assert_int_equal(file_size, files[*out_count].size);
        if (!contents)
            continue;
        gd_auto_sink sink = gd_mem_sink_new(MANY);
        GD_TRY(gd_pump(source, sink, NULL, err));
        size_t got = 0;
        const void *data = gd_mem_sink_data(sink, &got);
        assert_int_equal(got, file_size);
        assert_memory_equal(data, bytes(), got);
    }
}

static void what_was_written_is_read(void **state)
{
    (void)state;
    for (size_t count = 0; count <= FILES; count++) {
        for (int contents = 0; contents < 2; contents++) {
            size_t size = 0, seen = 0;
            struct gd_error err = {0};
            char *tar = make(count, &size);
            struct gd_status status = read_all(tar, size, contents == 1, &seen, &err);
            if (status.code != GD_OK)
                fail_msg("%s", err.text);
            assert_int_equal(seen, count);
            free(tar);
        }
    }
}

static void the_same_files_give_the_same_archive(void **state)
{
    (void)state;
    size_t size = 0, other_size = 0;
    char *one = make(FILES, &size), *other = make(FILES, &other_size);
    assert_int_equal(size, other_size);
    assert_memory_equal(one, other, size);
    free(one);
    free(other);
}

static void an_archive_that_is_cut_anywhere_is_corrupt(void **state)
{
    (void)state;
    size_t size = 0, seen = 0;
    char *tar = make(3, &size);
    for (size_t cut = 0; cut < size; cut += 128) {
        struct gd_error err = {0};
        assert_int_equal(read_all(tar, cut, true, &seen, &err).code, GD_CORRUPT);
    }
    struct gd_error err = {0};
    assert_int_equal(read_all(tar, size - 1, true, &seen, &err).code, GD_CORRUPT);
    free(tar);
}

static void behind_the_end_there_are_only_zeros(void **state)
{
    (void)state;
    size_t size = 0, seen = 0;
    char *tar = make(3, &size);
    struct gd_error err = {0};
    memset(tar + size, 0, 65536);
    assert_int_equal(read_all(tar, size + 10240, true, &seen, &err).code, GD_OK); /* as tar pads */
    static const size_t garbage_at[] = {0, 511, 512, 5000};
    for (size_t i = 0; i < sizeof garbage_at / sizeof garbage_at[0]; i++) {
        tar[size + garbage_at[i]] = 'x';
        assert_int_equal(read_all(tar, size + 10240, true, &seen, &err).code, GD_CORRUPT);
        assert_non_null(strstr(err.text, "behind the end"));
        tar[size + garbage_at[i]] = '\0';
    }
    free(tar);
}

/* A head of the old format, made by hand. */
static size_t put_head(char *at, const char *name, char type, const char *link, unsigned size)
{
    unsigned sum = 0;
    memset(at, 0, BLOCK);
    memcpy(at, name, strlen(name));
    memcpy(at + 100,
           "0000600\0"
           "0000000\0"
           "0000000\0",
           24);
    snprintf(at + 124, 12, "%011o", size);
    memcpy(at + 136, "00000000000", 11);
    memset(at + 148, ' ', 8);
    at[156] = type;
    memcpy(at + 157, link, strlen(link));
    memcpy(at + 257,
           "ustar\0"
           "00",
           8);
    for (size_t i = 0; i < BLOCK; i++)
        sum += (unsigned char)at[i];
    snprintf(at + 148, 8, "%06o", sum);
    return BLOCK;
}

static const struct {
    const char *name;
    char type;
    const char *link, *text;
} hostile[] = {
    {"/etc/passwd", '0', "", "name cannot be used"},
    {"../up", '0', "", "name cannot be used"},
    {"a/../b", '0', "", "name cannot be used"},
    {"a/..", '0', "", "name cannot be used"},
    {"a//b", '0', "", "name cannot be used"},
    {"a/./b", '0', "", "name cannot be used"},
    {".", '0', "", "name cannot be used"},
    {"././a", '0', "", "name cannot be used"},
    {"a\nb", '0', "", "name cannot be used"},
    {"a\033[1m", '0', "", "name cannot be used"},
    {"a b", '0', "", "name cannot be used"},
    {"a\\b", '0', "", "name cannot be used"},
    {"\303\244", '0', "", "name cannot be used"},
    {"link", '2', "/etc/passwd", "not a plain file"},
    {"link", '1', "manifest.json", "not a plain file"},
    {"device", '3', "", "not a plain file"},
    {"block", '4', "", "not a plain file"},
    {"pipe", '6', "", "not a plain file"},
};

static void what_is_hostile_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        char tar[BLOCK + END] = "";
        struct gd_error err = {0};
        const char *name = NULL;
        uint64_t size = 0;
        struct gd_source *source = NULL;
        gd_auto_tar_reader reader = NULL;
        put_head(tar, hostile[i].name, hostile[i].type, hostile[i].link, 0);
        assert_int_equal(gd_tar_reader_new(gd_mem_source_new(tar, sizeof tar), &reader, &err).code,
                         GD_OK);
        assert_int_equal(gd_tar_reader_next(reader, &name, &size, &source, &err).code, GD_CORRUPT);
        if (strstr(err.text, hostile[i].text) == NULL)
            fail_msg("%s: %s", hostile[i].name, err.text);
    }
}

static void folders_are_passed_over_and_a_leading_dot_is_dropped(void **state)
{
    (void)state;
    char tar[4 * BLOCK + END] = "";
    struct gd_error err = {0};
    const char *name = NULL;
    uint64_t size = 0;
    struct gd_source *source = NULL;
    gd_auto_tar_reader reader = NULL;
    put_head(tar, "./", '5', "", 0);
    put_head(tar + BLOCK, "./a/", '5', "", 0);
    put_head(tar + 2 * BLOCK, "./a/b", '0', "", 3);
    memcpy(tar + 3 * BLOCK, "abc", 3);
    assert_int_equal(gd_tar_reader_new(gd_mem_source_new(tar, sizeof tar), &reader, &err).code,
                     GD_OK);
    assert_int_equal(gd_tar_reader_next(reader, &name, &size, &source, &err).code, GD_OK);
    assert_string_equal(name, "a/b");
    assert_int_equal(size, 3);
    assert_int_equal(gd_tar_reader_next(reader, &name, &size, &source, &err).code, GD_OK);
    assert_null(name);
}

/* As a server sends a base backup. */
static void entries_of_any_kind_are_read(void **state)
{
    (void)state;
    char tar[5 * BLOCK + END] = "";
    struct gd_error err = {0};
    struct gd_tar_entry entry;
    gd_auto_tar_reader reader = NULL;
    char text[8];
    size_t got = 0;
    put_head(tar, "./", '5', "", 0);
    put_head(tar + BLOCK, "pg_wal/", '5', "", 0);
    put_head(tar + 2 * BLOCK, "pg_tblspc/16385", '2', "/mnt/x", 0);
    put_head(tar + 3 * BLOCK, "old pg_hba (1)", '0', "", 3);
    memcpy(tar + 4 * BLOCK, "abc", 3);
    assert_int_equal(gd_tar_reader_new(gd_mem_source_new(tar, sizeof tar), &reader, &err).code,
                     GD_OK);
    assert_int_equal(gd_tar_reader_entry(reader, &entry, &err).code, GD_OK);
    assert_true(entry.kind == GD_TAR_FOLDER && strcmp(entry.name, "pg_wal") == 0);
    assert_int_equal(gd_tar_reader_entry(reader, &entry, &err).code, GD_OK);
    assert_true(entry.kind == GD_TAR_LINK && strcmp(entry.name, "pg_tblspc/16385") == 0);
    assert_string_equal(entry.target, "/mnt/x");
    assert_int_equal(gd_tar_reader_entry(reader, &entry, &err).code, GD_OK);
    assert_true(entry.kind == GD_TAR_FILE && strcmp(entry.name, "old pg_hba (1)") == 0);
    assert_true(entry.size == 3 && entry.mode == 0600);
    assert_int_equal(gd_source_read(entry.source, text, sizeof text, &got, &err).code, GD_OK);
    assert_int_equal(got, 3);
    assert_int_equal(gd_tar_reader_entry(reader, &entry, &err).code, GD_OK);
    assert_null(entry.name);
}

static void hostile_entries_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        char type;
    } cases[] = {{"/etc/passwd", '0'}, {"../up", '0'},  {"a/../b", '5'}, {"..", '5'},
                 {"a//b", '0'},        {"a/./b", '0'},  {"a\nb", '0'},   {"a\033[1m", '0'},
                 {"hard", '1'},        {"device", '3'}, {"block", '4'},  {"pipe", '6'}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char tar[BLOCK + END] = "";
        struct gd_error err = {0};
        struct gd_tar_entry entry;
        gd_auto_tar_reader reader = NULL;
        put_head(tar, cases[i].name, cases[i].type, "x", 0);
        assert_int_equal(gd_tar_reader_new(gd_mem_source_new(tar, sizeof tar), &reader, &err).code,
                         GD_OK);
        if (gd_tar_reader_entry(reader, &entry, &err).code != GD_CORRUPT)
            fail_msg("%s", cases[i].name);
    }
}

static void a_source_of_another_size_is_found(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {0, 9, 11, 200000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct gd_error err = {0};
        gd_auto_tar_writer writer = NULL;
        gd_auto_source source = gd_mem_source_new(bytes(), sizes[i]);
        assert_int_equal(gd_tar_writer_new(gd_mem_sink_new(1 << 20), 0, &writer, &err).code, GD_OK);
        assert_int_equal(gd_tar_writer_add(writer, "a", 10, source, &err).code, GD_CORRUPT);
        assert_non_null(strstr(err.text, sizes[i] < 10 ? "has less than" : "has more than"));
    }
}

static void what_the_sink_refuses_is_told_in_its_words(void **state)
{
    (void)state;
    struct gd_error err = {0};
    gd_auto_tar_writer writer = NULL;
    gd_auto_source source = gd_mem_source_new(bytes(), MANY);
    assert_int_equal(gd_tar_writer_new(gd_mem_sink_new(1000), 0, &writer, &err).code, GD_OK);
    struct gd_status status = gd_tar_writer_add(writer, "a", MANY, source, &err);
    if (status.code == GD_OK)
        status = gd_tar_writer_finish(writer, &err);
    assert_int_equal(status.code, GD_SYSTEM);
    assert_non_null(strstr(err.text, "more than 1000 bytes"));
}

static void the_tar_program_reads_it(void **state)
{
    (void)state;
    struct gd_error err = {0};
    size_t size = 0;
    char *tar = make(FILES, &size), expected[2048] = "";
    struct gd_process_options options = {.argv = (const char *const[]){"tar", "-tf", "-", NULL},
                                         .write_input = true};
    gd_auto_process process = NULL;
    for (size_t i = 0, used = 0; i < FILES; i++)
        used += (size_t)snprintf(expected + used, sizeof expected - used, "%s\n", files[i].name);
    assert_int_equal(gd_process_start(&options, &process, &err).code, GD_OK);
    assert_int_equal(gd_sink_write(gd_process_input(process), tar, size, &err).code, GD_OK);
    assert_int_equal(gd_sink_finish(gd_process_input(process), &err).code, GD_OK);
    assert_int_equal(gd_process_finish(process, NULL, &err).code, GD_OK);
    assert_string_equal(gd_process_said(process), expected);
    free(tar);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(the_same_files_give_the_same_archive),
        cmocka_unit_test(an_archive_that_is_cut_anywhere_is_corrupt),
        cmocka_unit_test(behind_the_end_there_are_only_zeros),
        cmocka_unit_test(what_is_hostile_is_refused),
        cmocka_unit_test(folders_are_passed_over_and_a_leading_dot_is_dropped),
        cmocka_unit_test(entries_of_any_kind_are_read),
        cmocka_unit_test(hostile_entries_are_refused),
        cmocka_unit_test(a_source_of_another_size_is_found),
        cmocka_unit_test(what_the_sink_refuses_is_told_in_its_words),
        cmocka_unit_test(the_tar_program_reads_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
