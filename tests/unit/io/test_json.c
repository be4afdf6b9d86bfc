#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/io/json.h"

static struct gd_json *parsed(const char *text)
{
    struct gd_error err = {0};
    struct gd_json *root = NULL;
    if (gd_json_parse(text, strlen(text), &root, &err).code != GD_OK)
        fail_msg("%s: %s", text, err.text);
    return root;
}

/* What gd_json_write() makes of a text, without the line feed; the caller frees it. */
static char *written(const char *text)
{
    struct gd_error err = {0};
    char *bytes = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&bytes, &size);
    struct gd_json *value = gd_json_new_text(text);
    assert_int_equal(gd_json_write(value, stream, 0, &err).code, GD_OK);
    gd_json_free(value);
    fclose(stream);
    bytes[strcspn(bytes, "\n")] = '\0';
    return bytes;
}

/* clang-format off */
static const struct { const char *text, *json; } texts[] = {
    {"plain",                   "\"plain\""},
    {"a\"b\\c\n\x1b[2J",        "\"a\\\"b\\\\c\\n\\u001B[2J\""},
    {"\xc3\xa9\xf0\x9f\x90\x98", "\"\xc3\xa9\xf0\x9f\x90\x98\""},
    {"\x7f",                    "\"\\u007f\""},
    {"\xc2\x9b" "2J",           "\"\\u009b2J\""},        /* CSI in one character */
    {"x\xe2\x80\xae" "y",       "\"x\\u202ey\""},        /* right-to-left override */
    {"\xf3\xa0\x81\x81",        "\"\\udb40\\udc41\""},   /* a tag, as a surrogate pair */
    {"a\xff\xc3\xa9",           "\"a\xef\xbf\xbd\xc3\xa9\""},
    {NULL,                      "null"},
};
/* clang-format on */

static void text_is_written_so_that_it_cannot_drive_a_terminal(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char *json = written(texts[i].text);
        if (strcasecmp(json, texts[i].json) != 0)
            fail_msg("case %zu became %s", i, json);
        free(json);
    }
}

static void what_was_escaped_reads_back_the_same(void **state)
{
    (void)state;
    static const char tag[] = "x\xe2\x80\xae\xf3\xa0\x81\x81\xc2\x9b";
    char *json = written(tag);
    struct gd_json *root = parsed(json);
    assert_string_equal(gd_json_text(root), tag);
    gd_json_free(root);
    free(json);
}

static void readers_take_what_is_not_there_or_of_another_type(void **state)
{
    (void)state;
    struct gd_json *root = parsed("{\"list\":[1,true,\"x\"],\"n\":null}");
    const struct gd_json *list = gd_json_get(root, "list");
    assert_int_equal(gd_json_count(list), 3);
    assert_int_equal(gd_json_int(gd_json_at(list, 0)), 1);
    assert_int_equal(gd_json_int(gd_json_at(list, 1)), 1);
    assert_string_equal(gd_json_text(gd_json_at(list, 2)), "x");
    assert_string_equal(gd_json_text(gd_json_at(list, 0)), "");
    assert_null(gd_json_get(root, "missing"));
    assert_null(gd_json_get(NULL, "missing"));
    assert_int_equal(gd_json_count(NULL), 0);
    assert_null(gd_json_at(list, 3));
    assert_false(gd_json_is_object(gd_json_get(root, "n")));
    assert_true(gd_json_is_list(list));
    gd_json_free(root);
}

static void broken_json_is_refused_with_its_place(void **state)
{
    (void)state;
    struct gd_error err = {0};
    struct gd_json *root = NULL;
    assert_int_equal(gd_json_parse("{\n \"a\": }", 9, &root, &err).code, GD_CORRUPT);
    assert_non_null(strstr(err.text, "line 2"));
}

static void write_document(FILE *stream, struct gd_status *status, struct gd_error *err)
{
    gd_auto_json_writer writer = gd_json_writer_new(stream);
    gd_json_begin_object(writer, NULL);
    gd_json_add(writer, "a\"b", gd_json_new_int(1));
    gd_json_begin_list(writer, "list");
    gd_json_add(writer, NULL, gd_json_new_text("one"));
    gd_json_begin_object(writer, NULL);
    gd_json_end(writer);
    gd_json_end(writer);
    gd_json_begin_list(writer, "empty");
    gd_json_end(writer);
    gd_json_end(writer);
    *status = gd_json_writer_finish(writer, err);
}

static void a_document_written_in_pieces_is_one_document(void **state)
{
    (void)state;
    struct gd_error err = {0};
    struct gd_status status;
    char *bytes = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&bytes, &size);
    write_document(stream, &status, &err);
    fclose(stream);
    assert_int_equal(status.code, GD_OK);
    assert_string_equal(
        bytes, "{\n \"a\\\"b\":1,\n \"list\":[\n  \"one\",\n  {}\n ],\n \"empty\":[]\n}\n");
    gd_json_free(parsed(bytes));
    free(bytes);
}

static void a_full_disk_is_reported_once_at_the_end(void **state)
{
    (void)state;
    struct gd_error err = {0};
    struct gd_status status;
    FILE *stream = fopen("/dev/full", "w");
    assert_non_null(stream);
    write_document(stream, &status, &err);
    fclose(stream);
    assert_int_equal(status.code, GD_SYSTEM);
    assert_non_null(strstr(err.text, "No space left"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_written_so_that_it_cannot_drive_a_terminal),
        cmocka_unit_test(what_was_escaped_reads_back_the_same),
        cmocka_unit_test(readers_take_what_is_not_there_or_of_another_type),
        cmocka_unit_test(broken_json_is_refused_with_its_place),
        cmocka_unit_test(a_document_written_in_pieces_is_one_document),
        cmocka_unit_test(a_full_disk_is_reported_once_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
