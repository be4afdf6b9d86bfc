#include "guardian/policy/yaml.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { WORDS_MAX = 64 };

/* ---- tree against schema ---- */

static struct gd_status check(const char *file, const struct gd_yaml *value, const char *name,
                              const struct cyaml_schema_value *schema, struct gd_error *err);

static const char *kind_words(const struct gd_yaml *value)
{
    static const char *const words[] = {"a single value", "a list", "a mapping"};
    return words[value->kind];
}

static struct gd_status check_kind(const char *file, const struct gd_yaml *value, const char *name,
                                   enum gd_yaml_kind wanted, const char *wanted_words,
                                   struct gd_error *err)
{
    if (value->kind == wanted)
        return GD_DONE;
    struct gd_status status = gd_yaml_fail(file, value, err, "\"%s\" takes %s, and this is %s",
                                           name, wanted_words, kind_words(value));
    if (wanted == GD_YAML_LIST && value->kind == GD_YAML_SCALAR && value->text[0] != '\0')
        return gd_hint(err, status, "Write: %s: [%.100s]", name, value->text);
    return status;
}

static struct gd_status check_word(const char *file, const struct gd_yaml *value, const char *name,
                                   const struct cyaml_schema_value *schema, struct gd_error *err)
{
    GD_TRY(check_kind(file, value, name, GD_YAML_SCALAR, "one word", err));
    const char *words[WORDS_MAX];
    size_t count = schema->enumeration.count;
    assert(count <= WORDS_MAX);
    for (size_t i = 0; i < count; i++) {
        words[i] = schema->enumeration.strings[i].str;
        if (strcmp(words[i], value->text) == 0)
            return GD_DONE;
    }
    struct gd_status status =
        value->text[0] == '\0'
            ? gd_yaml_fail(file, value, err, "\"%s\" has no value", name)
            : gd_yaml_fail(file, value, err, "\"%s\" cannot be \"%.60s\"", name, value->text);
    return gd_yaml_hint_words(status, value->text, words, count, err);
}

static struct gd_status check_text(const char *file, const struct gd_yaml *value, const char *name,
                                   struct gd_error *err)
{
    GD_TRY(check_kind(file, value, name, GD_YAML_SCALAR, "a text", err));
    bool nothing =
        value->plain && (strcmp(value->text, "~") == 0 || strcasecmp(value->text, "null") == 0);
    if (nothing || value->text[strspn(value->text, " \t\n")] == '\0')
        return gd_yaml_fail(file, value, err, "\"%s\" has no value", name);
    return GD_DONE;
}

static struct gd_status check_list(const char *file, const struct gd_yaml *value, const char *name,
                                   const struct cyaml_schema_value *schema, struct gd_error *err)
{
    GD_TRY(check_kind(file, value, name, GD_YAML_LIST, "a list", err));
    if (value->first == NULL)
        return gd_hint(err, gd_yaml_fail(file, value, err, "the list of \"%s\" is empty", name),
                       "Leave the key out when nothing is to be said.");
    size_t count = 0;
    for (const struct gd_yaml *entry = value->first; entry != NULL; entry = entry->next) {
        if (schema->type == CYAML_SEQUENCE && ++count > schema->sequence.max)
            return gd_yaml_fail(file, entry, err, "\"%s\" has more than %u entries", name,
                                schema->sequence.max);
        if (schema->type == CYAML_FLAGS)
            GD_TRY(check_word(file, entry, name, schema, err));
        else
            GD_TRY(check(file, entry, name, schema->sequence.entry, err));
    }
    return GD_DONE;
}

static const struct cyaml_schema_field *field_of(const struct cyaml_schema_value *schema,
                                                 const char *key)
{
    const struct cyaml_schema_field *field = schema->mapping.fields;
    while (field->key != NULL && strcmp(field->key, key) != 0)
        field++;
    return field->key == NULL ? NULL : field;
}

static struct gd_status fail_unknown_key(const char *file, const struct gd_yaml *member,
                                         const struct cyaml_schema_value *schema,
                                         struct gd_error *err)
{
    const char *words[WORDS_MAX];
    size_t count = 0;
    for (const struct cyaml_schema_field *field = schema->mapping.fields; field->key; field++) {
        assert(count < WORDS_MAX);
        words[count++] = field->key;
    }
    return gd_yaml_hint_words(
        gd_yaml_fail_key(file, member, err, "there is no key \"%.60s\" here", member->key),
        member->key, words, count, err);
}

static struct gd_status fail_missing(const char *file, const struct gd_yaml *value,
                                     const char *name, const char *key, struct gd_error *err)
{
    if (value->key != NULL)
        return gd_yaml_fail(file, value, err, "\"%s\" lacks the key \"%s\"", name, key);
    if (name == NULL)
        return gd_yaml_fail(file, value, err, "the file lacks the key \"%s\"", key);
    return gd_yaml_fail(file, value, err, "this entry of \"%s\" lacks the key \"%s\"", name, key);
}

static struct gd_status check_map(const char *file, const struct gd_yaml *value, const char *name,
                                  const struct cyaml_schema_value *schema, struct gd_error *err)
{
    GD_TRY(check_kind(file, value, name, GD_YAML_MAP, "keys with values", err));
    for (const struct gd_yaml *member = value->first; member != NULL; member = member->next) {
        const struct cyaml_schema_field *field = field_of(schema, member->key);
        if (field == NULL)
            return fail_unknown_key(file, member, schema, err);
        GD_TRY(check(file, member, field->key, &field->value, err));
    }
    for (const struct cyaml_schema_field *field = schema->mapping.fields; field->key; field++)
        if ((field->value.flags & CYAML_FLAG_OPTIONAL) == 0 &&
            gd_yaml_get(value, field->key) == NULL)
            return fail_missing(file, value, name, field->key, err);
    return GD_DONE;
}

static struct gd_status check(const char *file, const struct gd_yaml *value, const char *name,
                              const struct cyaml_schema_value *schema, struct gd_error *err)
{
    if (schema->type == CYAML_MAPPING)
        return check_map(file, value, name, schema, err);
    if (schema->type == CYAML_SEQUENCE || schema->type == CYAML_FLAGS)
        return check_list(file, value, name, schema, err);
    if (schema->type == CYAML_ENUM)
        return check_word(file, value, name, schema, err);
    assert(schema->type == CYAML_STRING);
    return check_text(file, value, name, err);
}

static struct gd_status check_root(const char *file, const struct gd_yaml *tree,
                                   const struct cyaml_schema_value *schema, struct gd_error *err)
{
    if (tree->kind == GD_YAML_SCALAR && tree->text[0] == '\0')
        return gd_yaml_fail(file, NULL, err, "the file is empty");
    if (tree->kind != GD_YAML_MAP)
        return gd_yaml_fail(file, tree, err, "the file must hold keys with values, and this is %s",
                            kind_words(tree));
    return check_map(file, tree, NULL, schema, err);
}

/* ---- tree to struct: libcyaml's part ---- */

/* libcyaml's realloc() in an arena, which needs to know how large the old piece was. */
struct piece {
    size_t size;
    _Alignas(16) unsigned char data[];
};

static void *arena_realloc(void *context, void *old, size_t size)
{
    if (size == 0)
        return NULL;
    struct piece *piece = gd_arena_alloc(context, sizeof *piece + size);
    piece->size = size;
    if (old != NULL) {
        const struct piece *before =
            (const void *)((const unsigned char *)old - offsetof(struct piece, data));
        memcpy(piece->data, old, before->size < size ? before->size : size);
    }
    return piece->data;
}

__attribute__((format(printf, 3, 0))) static void keep_first(cyaml_log_t level, void *context,
                                                             const char *format, va_list arguments)
{
    struct gd_error *trouble = context;
    if (level == CYAML_LOG_ERROR && trouble->text[0] == '\0')
        vsnprintf(trouble->text, sizeof trouble->text, format, arguments);
}

static struct gd_status fill(const char *file, const char *text, size_t size,
                             const struct cyaml_schema_value *schema, struct gd_arena *arena,
                             void **out_data, struct gd_error *err)
{
    struct gd_error trouble = {0};
    const cyaml_config_t config = {
        .log_fn = keep_first,
        .log_ctx = &trouble,
        .log_level = CYAML_LOG_ERROR,
        .mem_fn = arena_realloc,
        .mem_ctx = arena,
        .flags = CYAML_CFG_NO_ALIAS,
    };
    cyaml_err_t code =
        cyaml_load_data((const uint8_t *)text, size, &config, schema, out_data, NULL);
    if (code == CYAML_OK)
        return GD_DONE;
    size_t length = strcspn(trouble.text, "\n");
    return gd_fail(err, GD_USAGE, "%s:1:1: could not read the file: %s (%.*s)", file,
                   cyaml_strerror(code), (int)length, trouble.text);
}

struct gd_status gd_yaml_load(const char *file, const char *text, size_t size,
                              const struct cyaml_schema_value *schema, struct gd_arena *arena,
                              void **out_data, const struct gd_yaml **out_tree,
                              struct gd_error *err)
{
    const struct gd_yaml *tree = NULL;
    void *data = NULL;
    GD_TRY(gd_yaml_read(file, text, size, arena, &tree, err));
    assert(tree != NULL);
    GD_TRY(check_root(file, tree, schema, err));
    GD_TRY(fill(file, text, size, schema, arena, &data, err));
    *out_data = data;
    *out_tree = tree;
    return GD_DONE;
}
