/* Large objects in pg_restore's script are counted and hashed; what is cut is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "guardian/prove/large_objects.h"

#define OPEN(oid) "SELECT pg_catalog.lo_open('" oid "', 131072);\n"
#define WRITE(hex) "SELECT pg_catalog.lowrite(0, '\\x" hex "');\n"
#define CLOSE "SELECT pg_catalog.lo_close(0);\n"
#define TWO OPEN("7") WRITE("6162") WRITE("63") CLOSE "\n" OPEN("9") CLOSE

static struct gd_large_objects recorded_two(void)
{
    struct gd_large_objects recorded = {.count = 2, .bytes = 3};
    struct gd_rows_digest digest = {0};
    char hex[GD_DIGEST_HEX_SIZE], line[80];
    gd_digest_of("abc", 3, hex);
    gd_rows_digest_line(&digest, line, (size_t)snprintf(line, sizeof line, "7\t%s", hex));
    gd_digest_of("", 0, hex);
    gd_rows_digest_line(&digest, line, (size_t)snprintf(line, sizeof line, "9\t%s", hex));
    gd_rows_digest_hex(&digest, recorded.digest);
    return recorded;
}

/* clang-format off */
static const struct { const char *name, *script, *wrong; } cases[] = {
    {"two objects",              "BEGIN;\n" TWO "COMMIT;\n", NULL},
    {"one is missing",           OPEN("7") WRITE("616263") CLOSE, "it holds 1 large objects"},
    {"other bytes",              OPEN("7") WRITE("6162") WRITE("64") CLOSE OPEN("9") CLOSE, "its large objects are not those"},
    {"another number",           OPEN("8") WRITE("6162") WRITE("63") CLOSE OPEN("9") CLOSE, "its large objects are not those"},
    {"a byte less",              OPEN("7") WRITE("6162") CLOSE OPEN("9") CLOSE, "it holds 2 large objects with 2 bytes"},
    {"the script ends too soon", OPEN("7") WRITE("616263") CLOSE OPEN("9"), "large object 9 is cut short"},
    {"half a byte",              OPEN("7") WRITE("61626") CLOSE OPEN("9") CLOSE, "large object 7 is cut short"},
    {"a line that is cut",       OPEN("7") "SELECT pg_catalog.lowrite(0, '\\x6162\n" CLOSE, "large object 7 is cut short"},
    {"no digits",                OPEN("7") WRITE("zz") CLOSE, "large object 7 holds bytes that cannot be read"},
};
/* clang-format on */

static struct gd_status read_script(struct gd_large_objects_reader *reader, const char *script,
                                    struct gd_error *err)
{
    while (*script != '\0') {
        size_t size = strcspn(script, "\n");
        GD_TRY(gd_large_objects_line(reader, script, size, err));
        script += size + 1;
    }
    struct gd_large_objects recorded = recorded_two();
    return gd_large_objects_compare(reader, &recorded, err);
}

static void every_case_comes_out_as_it_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gd_error err = {0};
        struct gd_large_objects_reader *reader = gd_large_objects_reader_new();
        struct gd_status status = read_script(reader, cases[i].script, &err);
        gd_large_objects_reader_free(reader);
        if ((status.code == GD_OK) != (cases[i].wrong == NULL) ||
            (cases[i].wrong != NULL &&
             strncmp(err.text, cases[i].wrong, strlen(cases[i].wrong)) != 0))
            fail_msg("%s: \"%s\"", cases[i].name, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_case_comes_out_as_it_should)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
