/* A script is cut where the server would cut it, and what cannot be cut is an error with a line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guardian/sql/parse.h"
#include "guardian/sql/script.h"

enum { STATEMENTS_MAX = 8 };

/* Gives a text in small or large reads. */
struct drip {
    const char *text;
    size_t size, at_once;
};

static struct gd_status read_drip(void *context, char *buffer, size_t size, size_t *out_got,
                                  struct gd_error *err)
{
    (void)err;
    struct drip *drip = context;
    size_t got = drip->size < drip->at_once ? drip->size : drip->at_once;
    got = got < size ? got : size;
    memcpy(buffer, drip->text, got);
    drip->text += got;
    drip->size -= got;
    *out_got = got;
    return GD_DONE;
}

struct reading {
    struct drip drip;
    size_t count, unread;
    uint32_t lines[STATEMENTS_MAX];
    char texts[STATEMENTS_MAX][128];
    char comments[STATEMENTS_MAX][128];
    uint64_t data_lines, data_bytes;
    size_t statement_max;
    char hash[65];
};

static struct gd_status read_all(void *context, struct gd_error *err)
{
    struct reading *reading = context;
    struct gd_script_options options = {.statement_bytes_max = reading->statement_max};
    struct gd_script *script = gd_script_new("t.sql", read_drip, &reading->drip, &options);
    struct gd_status status;
    gd_auto_arena arena = gd_arena_new();
    for (;;) {
        const struct gd_stmt *stmt = NULL;
        gd_arena_reset(arena);
        status = gd_script_next(script, arena, &stmt, err);
        if (status.code != GD_OK || stmt == NULL)
            break;
        if (reading->count < STATEMENTS_MAX) {
            size_t i = reading->count;
            reading->lines[i] = stmt->line;
            snprintf(reading->texts[i], sizeof reading->texts[i], "%s", stmt->text);
            snprintf(reading->comments[i], sizeof reading->comments[i], "%s",
                     stmt->comment == NULL ? "" : stmt->comment);
        }
        reading->data_lines += stmt->data_lines;
        reading->data_bytes += stmt->data_bytes;
        reading->unread += stmt->tree == NULL;
        reading->count++;
    }
    gd_script_hash(script, reading->hash);
    gd_script_free(script);
    return status;
}

static struct gd_status read_sized(const char *text, size_t size, size_t at_once,
                                   struct reading *reading, struct gd_error *err)
{
    memset(reading, 0, sizeof *reading);
    reading->drip = (struct drip){text, size, at_once};
    return gd_deep_call(read_all, reading, err);
}

/* clang-format off */
static const struct {
    const char *name, *text;
    const char *statements[STATEMENTS_MAX];
} splits[] = {
    {"nothing at all", "", {NULL}},
    {"only comments", "-- a\n/* b; /* c; */ d; */\n;;;\n", {NULL}},
    {"semicolons in quotes", "SELECT 'a;b'; SELECT \"c;d\" FROM t;", {"SELECT 'a;b'", "SELECT \"c;d\" FROM t"}},
    {"semicolons in dollar quotes", "DO $x$ BEGIN NULL; END; $x$; SELECT $$;$$", {"DO $x$ BEGIN NULL; END; $x$", "SELECT $$;$$"}},
    {"semicolons in comments", "SELECT 1 -- a;\n, 2; /* ; */ SELECT 3", {"SELECT 1 -- a;\n, 2", "SELECT 3"}},
    {"nested comments", "/* a /* b */ ; */ DROP TABLE x;", {"DROP TABLE x"}},
    {"escapes in E strings", "SELECT E'a\\'; DROP TABLE x; --'; SELECT 2", {"SELECT E'a\\'; DROP TABLE x; --'", "SELECT 2"}},
    {"a backslash in a plain string", "SELECT 'a\\'; DROP TABLE x;", {"SELECT 'a\\'", "DROP TABLE x"}},
    {"rules with several actions", "CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM a; DELETE FROM b); SELECT 1", {"CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM a; DELETE FROM b)", "SELECT 1"}},
    {"SQL bodies", "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END; SELECT 3", {"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END", "SELECT 3"}},
    {"the word atomic elsewhere", "CREATE TABLE atomic (a int); SELECT 'atomic'; DROP TABLE atomic", {"CREATE TABLE atomic (a int)", "SELECT 'atomic'", "DROP TABLE atomic"}},
    {"carriage returns", "SELECT 1;\r\nSELECT 2;\r\n", {"SELECT 1", "SELECT 2"}},
    {"a byte order mark", "\xEF\xBB\xBFSELECT 1", {"SELECT 1"}},
    {"data of COPY", "COPY t FROM stdin;\n1\tit's; \"\n/* $$\n\\.\nSELECT 1;", {"COPY t FROM stdin", "SELECT 1"}},
    {"two COPYs", "COPY a FROM stdin;\n1\n\\.\n\nCOPY b (x, y) FROM STDIN WITH (FORMAT csv);\n'\n\\.\n", {"COPY a FROM stdin", "COPY b (x, y) FROM STDIN WITH (FORMAT csv)"}},
    {"stdin in a comment", "-- reads from stdin; not\nSELECT 1; -- stdin;\nSELECT 'stdin;\n'; SELECT 2;", {"SELECT 1", "SELECT 'stdin;\n'", "SELECT 2"}},
    {"brackets of pg_dump", "\\restrict abc\nSELECT 1;\n\\unrestrict abc\n", {"SELECT 1"}},
    {"unicode", "SELECT 'é'; SELECT U&\"\\0061cct\" FROM \"ü\";", {"SELECT 'é'", "SELECT U&\"\\0061cct\" FROM \"ü\""}},
    {"a statement that is not closed", "SELECT 1;\nSELECT 2 -- end", {"SELECT 1", "SELECT 2 -- end"}},
};

static const struct {
    const char *name, *text, *error;
} errors[] = {
    {"an open quote", "SELECT 1;\n\nSELECT 'abc;\nDROP TABLE x;", "t.sql:3: unterminated quoted string"},
    {"an open dollar quote", "DO $x$ BEGIN NULL; END", "t.sql:1: unterminated dollar-quoted string"},
    {"an open comment", "SELECT 1; /* never closed", "t.sql:1: unterminated /* comment"},
    {"an open identifier", "SELECT \"abc", "t.sql:1: unterminated quoted identifier"},
    {"a meta-command", "SELECT 1;\n\\d users\n", "t.sql:2: \"\\d\" is a command of psql"},
    {"a meta-command behind a query", "SELECT 'DROP TABLE x'\n\\gexec\n", "t.sql:2: \"\\gexec\" is a command of psql"},
    {"a meta-command on the same line", "SELECT 1 \\g out\n", "t.sql:1: \"\\g\" is a command of psql"},
    {"a meta-command with a quote", "SELECT 1;\n\\echo it's\nSELECT 2;\n", "t.sql:2: \"\\echo\" is a command of psql"},
    {"a shell escape", "\\! rm -rf x\n", "t.sql:1: \"\\!\" is a command of psql"},
    {"bad UTF-8", "SELECT 1;\nSELECT '\xC3('", "t.sql:2: byte 0xC3 is not valid UTF-8"},
    {"an overlong character", "SELECT '\xC0\xAF'", "t.sql:1: byte 0xC0 is not valid UTF-8"},
    {"a surrogate", "SELECT '\xED\xA0\x80'", "t.sql:1: byte 0xED is not valid UTF-8"},
    {"a character that is cut off", "SELECT 1; -- \xE2\x82", "t.sql:1: byte 0xE2 is not valid UTF-8"},
    {"words that are no SQL", "SELECT 1;\nhello world;\nSELECT 2;", "t.sql:2:"},
    {"only words that are no SQL", "hello world", "t.sql:1: syntax error at or near \"hello\""},
    {"a misspelt verb", "\nDORP TABLE x;", "t.sql:2: syntax error at or near \"DORP\""},
    {"data of COPY that is cut off", "COPY t FROM stdin;\n1\n2\n", "t.sql:1: the data of COPY is not closed"},
    {"text behind COPY", "COPY t FROM stdin; SELECT 1;\n\\.\n", "t.sql:1: text after COPY"},
};
/* clang-format on */

static void expect_split(size_t row, size_t at_once)
{
    struct reading reading;
    struct gd_error err = {0};
    struct gd_status status =
        read_sized(splits[row].text, strlen(splits[row].text), at_once, &reading, &err);
    if (status.code != GD_OK)
        fail_msg("%s: %s", splits[row].name, err.text);
    size_t count = 0;
    while (splits[row].statements[count] != NULL)
        count++;
    if (reading.count != count)
        fail_msg("%s: %zu statements, not %zu", splits[row].name, reading.count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(reading.texts[i], splits[row].statements[i]);
}

static void a_script_is_cut_where_the_server_cuts_it(void **state)
{
    (void)state;
    for (size_t row = 0; row < sizeof splits / sizeof splits[0]; row++)
        for (size_t at_once = 1; at_once < 100000; at_once *= 7)
            expect_split(row, at_once);
}

static void what_cannot_be_cut_is_an_error_with_a_line(void **state)
{
    (void)state;
    for (size_t row = 0; row < sizeof errors / sizeof errors[0]; row++) {
        struct reading reading;
        struct gd_error err = {0};
        struct gd_status status =
            read_sized(errors[row].text, strlen(errors[row].text), 4096, &reading, &err);
        if (status.code != GD_USAGE ||
            strncmp(err.text, errors[row].error, strlen(errors[row].error)) != 0)
            fail_msg("%s: %s \"%s\", not \"%s\"", errors[row].name, gd_code_name(status.code),
                     err.text, errors[row].error);
    }
}

static void a_nul_byte_is_refused(void **state)
{
    (void)state;
    struct reading reading;
    struct gd_error err = {0};
    static const char text[] = "SELECT 1;\nSELECT 2\0; DROP TABLE x;";
    assert_int_equal(read_sized(text, sizeof text - 1, 4096, &reading, &err).code, GD_USAGE);
    assert_non_null(strstr(err.text, "t.sql:2: a NUL byte"));
}

static void comments_belong_to_the_statement_below_them(void **state)
{
    (void)state;
    struct reading reading;
    struct gd_error err = {0};
    static const char text[] = "SELECT 1; -- of the first\n-- of the second\n/* too */ SELECT 2;\n"
                               "SELECT 3; -- of the third, says nothing of the fourth\nSELECT 4;";
    assert_int_equal(read_sized(text, sizeof text - 1, 4096, &reading, &err).code, GD_OK);
    assert_string_equal(reading.comments[0], "");
    assert_string_equal(reading.comments[1], "-- of the second\n/* too */");
    assert_string_equal(reading.comments[2], "");
    assert_string_equal(reading.comments[3], "");
    assert_int_equal(reading.lines[1], 3);
    assert_int_equal(reading.lines[3], 5);
}

static void data_of_copy_is_counted(void **state)
{
    (void)state;
    struct reading reading;
    struct gd_error err = {0};
    static const char text[] = "COPY t FROM stdin;\n1\ta\n2\tb\n\\.\nSELECT 1;";
    assert_int_equal(read_sized(text, sizeof text - 1, 3, &reading, &err).code, GD_OK);
    assert_int_equal(reading.data_lines, 2);
    assert_int_equal(reading.data_bytes, 8);
    assert_int_equal(reading.lines[1], 5);
}

/* Repeat a piece until there are at least `size` bytes. */
static char *repeated(const char *before, const char *piece, const char *after, size_t times,
                      size_t *out_size)
{
    size_t unit = strlen(piece), head = strlen(before), tail = strlen(after);
    char *text = malloc(head + unit * times + tail + 1);
    assert_non_null(text);
    memcpy(text, before, head);
    for (size_t i = 0; i < times; i++)
        memcpy(text + head + i * unit, piece, unit);
    memcpy(text + head + unit * times, after, tail + 1);
    *out_size = head + unit * times + tail;
    return text;
}

static void a_long_script_is_read_through_its_window(void **state)
{
    (void)state;
    struct reading reading;
    struct gd_error err = {0};
    size_t size;
    char *text = repeated("", "INSERT INTO t VALUES (1, 'x; y'); -- ;\n/* ; */\n", "SELECT 1;",
                          40000, &size);
    assert_int_equal(read_sized(text, size, 65536, &reading, &err).code, GD_OK);
    assert_int_equal(reading.count, 40001);
    free(text);
}

static void a_long_body_spans_windows(void **state)
{
    (void)state;
    struct reading reading;
    struct gd_error err = {0};
    size_t size;
    char *text =
        repeated("DO $$ BEGIN\n", "  PERFORM 'a;';\n", "END $$;\nSELECT 1;\n", 60000, &size);
    assert_int_equal(read_sized(text, size, 65536, &reading, &err).code, GD_OK);
    assert_int_equal(reading.count, 2);
    assert_int_equal(reading.lines[1], 60003);
    free(text);
}

static void a_statement_over_the_limit_is_refused(void **state)
{
    (void)state;
    struct reading reading;
    struct gd_error err = {0};
    size_t size;
    char *text = repeated("SELECT 1;\nSELECT '", "aaaaaaaaaaaaaaaa\n", "';", 200000, &size);
    memset(&reading, 0, sizeof reading);
    reading.statement_max = 1 << 20;
    reading.drip = (struct drip){text, size, 65536};
    assert_int_equal(gd_deep_call(read_all, &reading, &err).code, GD_USAGE);
    assert_non_null(strstr(err.text, "t.sql:2: the statement that begins here is longer"));
    free(text);
}

/* libpg_query packs a chain in time that grows with its square, byte by byte under ASan. */
#ifdef GD_SANITIZED
enum { CHAIN_LENGTH = 10000 };
#else
enum { CHAIN_LENGTH = 20000 };
#endif

static void depth_and_length_get_an_answer(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct { const char *before, *piece, *after; size_t times; } shapes[] = {
        {"SELECT ", "(", ";", 10000},
        {"SELECT 1", "+1", ";", CHAIN_LENGTH},
        {"SELECT 1", " UNION SELECT 1", ";", CHAIN_LENGTH / 5},
        {"SELECT ", "NOT ", "true;", 10000},
        {"SELECT ", "CASE WHEN true THEN ", "1;", 10000},
        {"SELECT 1 WHERE true", " AND true", ";", CHAIN_LENGTH},
        {"SELECT 1", "+1", ";", 400000}, /* too long a chain: not read, and said at once */
        {"SELECT '", "a", "';", 1000000},
        {"INSERT INTO t VALUES (1, 1)", ",(-1, '1'::int)", ";", 100000},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        struct reading reading;
        struct gd_error err = {0};
        size_t size;
        char *text =
            repeated(shapes[i].before, shapes[i].piece, shapes[i].after, shapes[i].times, &size);
        struct gd_status status = read_sized(text, size, 65536, &reading, &err);
        if (status.code != GD_OK || reading.count != 1)
            fail_msg("%s…: %s, %zu statements", shapes[i].piece, err.text, reading.count);
        free(text);
    }
}

static void the_hash_is_of_all_bytes(void **state)
{
    (void)state;
    struct reading reading;
    struct gd_error err = {0};
    assert_int_equal(read_sized("abc", 0, 1, &reading, &err).code, GD_OK);
    assert_string_equal(reading.hash,
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_int_equal(read_sized("-- x\n", 5, 2, &reading, &err).code, GD_OK);
    assert_string_equal(reading.hash,
                        "53d1868a1047fcd279cfd9b2bfb10c58047917905356470152d4ef118bc9719e");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_script_is_cut_where_the_server_cuts_it),
        cmocka_unit_test(what_cannot_be_cut_is_an_error_with_a_line),
        cmocka_unit_test(a_nul_byte_is_refused),
        cmocka_unit_test(comments_belong_to_the_statement_below_them),
        cmocka_unit_test(data_of_copy_is_counted),
        cmocka_unit_test(a_long_script_is_read_through_its_window),
        cmocka_unit_test(a_long_body_spans_windows),
        cmocka_unit_test(a_statement_over_the_limit_is_refused),
        cmocka_unit_test(depth_and_length_get_an_answer),
        cmocka_unit_test(the_hash_is_of_all_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
