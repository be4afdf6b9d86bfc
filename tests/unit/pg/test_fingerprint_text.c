/*
 * A fingerprint's text: one form for what a restore writes in another, lines that come back as they
 * were, and differences in words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants those four first */
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "guardian/pg/fingerprint_text.h"

static void casts_of_arrays_become_casts_of_their_elements(void **state)
{
    (void)state;
    static const struct {
        const char *text, *settled;
    } cases[] = {
        {"CHECK (((a)::text = ANY ((ARRAY['x'::character varying, 'y'::character "
         "varying])::text[])))",
         "CHECK (((a)::text = ANY (ARRAY[('x'::character varying)::text, ('y'::character "
         "varying)::text])))"},
        {"(ARRAY['a, ]'::varchar, f('b', '''')])::text[] x (ARRAY[1])::bigint[]",
         "ARRAY[('a, ]'::varchar)::text, (f('b', ''''))::text] x ARRAY[(1)::bigint]"},
        {"'(ARRAY[1])::text[]'", "'(ARRAY[1])::text[]'"},
        {"(ARRAY[1])::\"odd [] type\"[]", "ARRAY[(1)::\"odd [] type\"]"},
        {"(ARRAY[1, 2]) = x", "(ARRAY[1, 2]) = x"},
        {"(ARRAY[1)", "(ARRAY[1)"},
        {"(ARRAY[1])::int", "(ARRAY[1])::int"},
        {"(ARRAY['open", "(ARRAY['open"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        assert_string_equal(gd_fingerprint_settled(cases[i].text, arena), cases[i].settled);
    }
}

static void names_and_definitions_stay_on_their_line(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    assert_string_equal(gd_fingerprint_line("table a\tb", "x\n\\y\r", arena),
                        "table a\\tb\tx\\n\\\\y\\r");
}

static struct gd_fingerprint of(const char *text, struct gd_arena *arena)
{
    struct gd_fingerprint print;
    struct gd_error err = {0};
    assert_int_equal(gd_fingerprint_parse(text, strlen(text), arena, &print, &err).code, GD_OK);
    return print;
}

static void what_was_written_is_read_again(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_fingerprint one = of("b\t1\na\t2\n", arena), other = of("a\t2\nb\t1\n", arena);
    assert_string_equal(one.sha256, other.sha256);
    assert_string_equal(gd_fingerprint_text(&one, arena), "a\t2\nb\t1\n");
    assert_int_equal(of("", arena).lines.count, 0);
}

/* docs/formats/fingerprint.md: what was stored once is read for ever, and hashed as it lies there.
 */
static void lines_of_the_first_format_are_read(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    char *text = gd_arena_alloc(arena, 1 << 20);
    FILE *file = fopen(GD_SOURCE_DIR "/tests/golden/fingerprint-1.txt", "rb");
    assert_non_null(file);
    size_t size = fread(text, 1, (1 << 20) - 1, file);
    (void)fclose(file);
    text[size] = '\0';
    struct gd_fingerprint print = of(text, arena);
    assert_string_equal(gd_fingerprint_text(&print, arena), text);
    assert_string_equal(print.sha256,
                        "cfecc8d0d4ca5a67dda8a6280f4384bdd557186629123d1047facf39b8843672");
}

static void what_is_no_list_of_lines_is_corrupt(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
    } cases[] = {{"a\t1", 3}, {"a\n", 2}, {"\n", 1}, {"a\t\0\n", 4}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_fingerprint print;
        struct gd_error err = {0};
        assert_int_equal(
            gd_fingerprint_parse(cases[i].text, cases[i].size, arena, &print, &err).code,
            GD_CORRUPT);
    }
}

static void differences_are_words(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after, *said;
    } cases[] = {
        {"a\t1\n", "a\t1\n", ""},
        {"column s.t.a\tint\n", "column s.t.a\ttext\n", "column s.t.a is now text; it was int|"},
        {"column s.t.a\tint\n", "", "column s.t.a is missing|"},
        {"", "column s.t.a\tint\n", "column s.t.a is new: int|"},
        {"", "index s.i on s.t\tCREATE INDEX\n", "index s.i on s.t is new|"},
        {"table s.t\t\ncolumn s.t.\"a.b\"\tint\nowner of table s.t\tme\nindex s.i on s.t\tx\n"
         "comment on column s.t.a\thi\nprivileges on table s.t\tx\ncolumns of table s.t\ta\n"
         "comment on table constraint c on s.t\thi\n",
         "", "table s.t is missing|"},
        {"column s.t.a\tint\n", "table s.t2\t\ncolumn s.t.a\ttext\n",
         "column s.t.a is now text; it was int|table s.t2 is new|"},
        {"columns of table s.t\ta, \"b, c\", d\n", "columns of table s.t\tx, a, d\n", ""},
        {"columns of table s.t\ta, b\n", "columns of table s.t\tb, c, a\n",
         "the order of the columns of table s.t is now b, c, a; it was a, b|"},
        {"table s.t\t\n", "table s.t\tunlogged\n", "table s.t is now unlogged|"},
        {"table s.t\tunlogged\n", "table s.t\t\n", "table s.t is not any more unlogged|"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_fingerprint before = of(cases[i].before, arena),
                              after = of(cases[i].after, arena);
        struct gd_texts said = {0};
        gd_fingerprint_compare(&before, &after, arena, &said);
        const char *all = "";
        for (size_t j = 0; j < said.count; j++)
            all = gd_arena_printf(arena, "%s%s|", all, said.items[j]);
        assert_string_equal(all, cases[i].said);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(casts_of_arrays_become_casts_of_their_elements),
        cmocka_unit_test(names_and_definitions_stay_on_their_line),
        cmocka_unit_test(what_was_written_is_read_again),
        cmocka_unit_test(lines_of_the_first_format_are_read),
        cmocka_unit_test(what_is_no_list_of_lines_is_corrupt),
        cmocka_unit_test(differences_are_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
