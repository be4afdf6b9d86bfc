#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "guardian/guard/secret_text.h"

/* The text, and what stands before the secret; NULL: there is none. */
static const struct {
    const char *text, *before;
} cases[] = {
    {"CREATE ROLE a PASSWORD 'x'", "CREATE ROLE a PASSWORD "},
    {"alter user a with encrypted password E'x'", "alter user a with encrypted password "},
    {"CREATE USER MAPPING FOR a SERVER s OPTIONS (user 'u', password 'x')",
     "CREATE USER MAPPING FOR a SERVER s OPTIONS (user 'u', password "},
    {"CREATE SUBSCRIPTION s CONNECTION 'host=h password=x'",
     "CREATE SUBSCRIPTION s CONNECTION 'host=h password="},
    {"SELECT f(secret => 'x')", "SELECT f(secret => "},
    {"ALTER ROLE a PASSWORD $$x$$", "ALTER ROLE a PASSWORD "},
    {"ALTER ROLE a PASSWORD NULL", NULL},
    {"ALTER TABLE users ADD COLUMN password text", NULL},
    {"ALTER TABLE users ADD COLUMN password_hash text DEFAULT 'x'", NULL},
    {"SELECT 1", NULL},
};

static void a_password_is_seen_where_it_begins(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *secret = gd_secret_in_text(cases[i].text);
        if (cases[i].before == NULL)
            assert_null(secret);
        else
            assert_ptr_equal(secret, cases[i].text + strlen(cases[i].before));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_password_is_seen_where_it_begins)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
