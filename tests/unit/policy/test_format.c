/* docs/formats/policy.md explains every key and every word that a policy file can have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "guardian/policy/schema.h"

static char page[64 * 1024];

static int read_page(void **state)
{
    (void)state;
    FILE *stream = fopen(GD_SOURCE_DIR "/docs/formats/policy.md", "re");
    if (stream == NULL)
        return -1;
    page[fread(page, 1, sizeof page - 1, stream)] = '\0';
    return fclose(stream);
}

/* `word` in backquotes between `from` and `to`. */
static bool explains(const char *from, const char *to, const char *word)
{
    char quoted[80];
    int length = snprintf(quoted, sizeof quoted, "`%s`", word);
    assert_true(length > 0 && length < (int)sizeof quoted);
    const char *found = strstr(from, quoted);
    return found != NULL && found < to;
}

static size_t missing_in(const char *section, const struct cyaml_schema_value *schema);

static size_t missing_words(const char *from, const char *to, const struct cyaml_schema_field *key)
{
    size_t missing = 0;
    for (uint32_t i = 0; i < key->value.enumeration.count; i++) {
        const char *word = key->value.enumeration.strings[i].str;
        if (explains(from, to, word))
            continue;
        print_message("\"%s: %s\" is not explained\n", key->key, word);
        missing++;
    }
    return missing;
}

static size_t missing_of(const char *from, const char *to, const struct cyaml_schema_field *key)
{
    size_t missing = 0;
    if (!explains(from, to, key->key)) {
        print_message("key \"%s\" is not explained\n", key->key);
        missing++;
    }
    if (key->value.type == CYAML_ENUM || key->value.type == CYAML_FLAGS)
        missing += missing_words(page, page + strlen(page), key);
    if (key->value.type == CYAML_MAPPING)
        missing += missing_in(key->key, &key->value);
    if (key->value.type == CYAML_SEQUENCE && key->value.sequence.entry->type == CYAML_MAPPING)
        missing += missing_in(key->key, key->value.sequence.entry);
    return missing;
}

/* Each list and mapping has a section of its own. */
static size_t missing_in(const char *section, const struct cyaml_schema_value *schema)
{
    char title[80];
    int length = snprintf(title, sizeof title, "\n## %s\n", section);
    assert_true(length > 0 && length < (int)sizeof title);
    const char *from = strstr(page, title);
    if (from == NULL)
        fail_msg("there is no section \"%s\"", section);
    const char *to = strstr(from + length, "\n## ");
    size_t missing = 0;
    for (const struct cyaml_schema_field *key = schema->mapping.fields; key->key != NULL; key++)
        missing += missing_of(from, to == NULL ? page + strlen(page) : to, key);
    return missing;
}

static void every_key_and_word_is_explained(void **state)
{
    (void)state;
    assert_int_equal(missing_in("Top", &gd_policy_schema), 0);
}

static void the_built_in_limits_are_the_ones_in_the_table(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    static const char text[] = "policy: p\nrules:\n  - {action: go, because: x}\n";
    const struct gd_policy *policy = NULL;
    struct gd_error err = {0};
    assert_int_equal(gd_policy_load_text("p.yaml", text, strlen(text), arena, &policy, &err).code,
                     GD_OK);
    const struct gd_limits *limits = gd_policy_limits(policy);
#define X(field, kind, value, meaning)                                                             \
    {                                                                                              \
        const char *row = gd_arena_printf(arena, "| %s | %s |\n", limits->field.text, meaning);    \
        if (strstr(page, row) == NULL)                                                             \
            fail_msg("no row says: %s", row);                                                      \
    }
    GD_LIMITS(X)
#undef X
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_and_word_is_explained),
        cmocka_unit_test(the_built_in_limits_are_the_ones_in_the_table),
    };
    return cmocka_run_group_tests(tests, read_page, NULL);
}
