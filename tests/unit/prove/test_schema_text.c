/* Two dumps define the same, or the first difference is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "guardian/prove/schema_text.h"

#define HEAD "--\n-- PostgreSQL database dump\n--\n\\restrict abc\n\nSET lock_timeout = 0;\n\n"
#define NAME(text) "--\n-- Name: " text "; Schema: public; Owner: o\n--\n\n"
#define TABLE_A NAME("a; Type: TABLE") "CREATE TABLE public.a (\n    x integer\n);\n\n\n"
#define TABLE_B NAME("b; Type: TABLE") "CREATE TABLE public.b (\n    y text\n);\n\n\n"
#define CHECK(text)                                                                                \
    NAME("a c; Type: CHECK CONSTRAINT") "ALTER TABLE a ADD CONSTRAINT c CHECK " text ";\n\n"

static struct gd_schema_text *read_text(const char *dump, struct gd_arena *arena)
{
    struct gd_schema_text *text = gd_schema_text_new(arena);
    while (*dump != '\0') {
        size_t size = strcspn(dump, "\n");
        gd_schema_text_line(text, dump, size);
        dump += size + (dump[size] == '\n');
    }
    return text;
}

/* clang-format off */
static const struct { const char *name, *recorded, *restored; size_t reworded; const char *wrong; } cases[] = {
    {"the same", HEAD TABLE_A TABLE_B, HEAD TABLE_A TABLE_B, 0, NULL},
    {"nothing at all", "", "", 0, NULL},
    {"another order", HEAD TABLE_B TABLE_A, TABLE_A TABLE_B, 0, NULL},
    {"another dump says other things of itself", HEAD TABLE_A, "-- x\nSET a = b;\n" TABLE_A "\\unrestrict abc\n", 0, NULL},
    {"the tablespace is set elsewhere", "SET default_tablespace = '';\n" TABLE_A, TABLE_A "SET default_tablespace = '';\n", 0, NULL},
    {"two alike, twice", TABLE_A TABLE_A, TABLE_A TABLE_A, 0, NULL},
    {"casts of a list that was read again",
     CHECK("(((x)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])))"),
     CHECK("(((x)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text])))"), 1, NULL},
    {"casts with two words and a length", CHECK("(t > '1'::timestamp with time zone)"), CHECK("(t > ('1'::timestamptz(3)))"), 1, NULL},
    {"a table is missing", TABLE_A TABLE_B, TABLE_A, 0, "the restored schema lacks \"Name: b; Type: TABLE"},
    {"a table is missing, the first one", TABLE_A TABLE_B, TABLE_B, 0, "the restored schema lacks \"Name: a; Type: TABLE"},
    {"a table too many", TABLE_B, TABLE_A TABLE_B, 0, "the restored schema has, beyond what was recorded, \"Name: a;"},
    {"one of two alike is missing", TABLE_A TABLE_A TABLE_B, TABLE_A TABLE_B, 0, "the restored schema lacks \"Name: a;"},
    {"another type", TABLE_A, NAME("a; Type: TABLE") "CREATE TABLE public.a (\n    x bigint\n);\n", 0,
     "the restored schema differs in \"Name: a; Type: TABLE; Schema: public; Owner: o\": it has \"    x bigint\" where \"    x integer\""},
    {"a line less", TABLE_A, NAME("a; Type: TABLE") "CREATE TABLE public.a (\n", 0,
     "the restored schema differs in \"Name: a; Type: TABLE; Schema: public; Owner: o\": it has \"(nothing)\" where"},
    {"another owner", TABLE_A, "-- Name: a; Type: TABLE; Schema: public; Owner: p\nCREATE TABLE public.a (\n    x integer\n);\n", 0, "the restored schema"},
    {"brackets in a text count", CHECK("x = 'a(b)'"), CHECK("x = 'ab'"), 0, "the restored schema differs in"},
    {"blanks in a text count", CHECK("x = 'a b'"), CHECK("x = 'ab'"), 0, "the restored schema differs in"},
    {"a cast in a text counts", CHECK("x = 'a::text'"), CHECK("x = 'a'"), 0, "the restored schema differs in"},
    {"another operator", CHECK("(x > 1)"), CHECK("(x < 1)"), 0, "the restored schema differs in"},
};
/* clang-format on */

static void every_case_comes_out_as_it_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_error err = {0};
        size_t reworded = 0;
        struct gd_status status =
            gd_schema_text_compare(read_text(cases[i].recorded, arena),
                                   read_text(cases[i].restored, arena), &reworded, &err);
        if (cases[i].wrong == NULL && (status.code != GD_OK || reworded != cases[i].reworded))
            fail_msg("%s: %zu, %s", cases[i].name, reworded, err.text);
        if (cases[i].wrong != NULL &&
            (status.code != GD_CORRUPT ||
             strncmp(err.text, cases[i].wrong, strlen(cases[i].wrong)) != 0))
            fail_msg("%s: \"%s\"", cases[i].name, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_case_comes_out_as_it_should)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
