/*
 * Manifest, read: JSON that somebody may have written to deceive us becomes a struct, or an error
 * that names the key.
 *
 * Invariant  A value that reaches the struct has the form its key demands; whether the values agree
 *            with each other is gd_manifest_check()'s question.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/io/json.h"
#include "guardian/snapshot/manifest_shape.h"
#include "guardian/wal/name.h"

/* Where we are, innermost first: made on the stack, spelled out only for an error. */
struct spot {
    const struct spot *up;
    const char *key; /* NULL: an element of the list above */
    size_t index;
};

struct reader {
    struct gd_arena *arena;
    struct gd_error *err;
};

/* "tables[3].parts[0].rows" */
static const char *spelled(const struct spot *spot, struct gd_arena *arena)
{
    const char *above = spot->up == NULL ? "" : spelled(spot->up, arena);
    if (spot->key == NULL)
        return gd_arena_printf(arena, "%s[%zu]", above, spot->index);
    return gd_arena_printf(arena, "%s%s%s", above, above[0] == '\0' ? "" : ".", spot->key);
}

static struct gd_status wrong(const struct reader *reader, const struct spot *spot,
                              const char *must)
{
    return gd_fail(reader->err, GD_CORRUPT, "\"%s\" %s", spelled(spot, reader->arena), must);
}

/* ---- texts ---- */

static struct gd_status read_text(const struct reader *reader, const struct spot *spot,
                                  const struct gd_json *value, const char **out_text)
{
    if (gd_json_kind(value) != GD_JSON_TEXT)
        return wrong(reader, spot, "must be a text");
    if (gd_json_text_size(value) != strlen(gd_json_text(value)))
        return wrong(reader, spot, "holds a NUL character");
    *out_text = gd_arena_strdup(reader->arena, gd_json_text(value));
    return GD_DONE;
}

static bool is_hex(const char *text, size_t size)
{
    return strlen(text) == size && strspn(text, "0123456789abcdef") == size;
}

static bool is_lsn(const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t high = strspn(text, digits);
    if (high < 1 || high > 8 || text[high] != '/')
        return false;
    size_t low = strspn(text + high + 1, digits);
    return low >= 1 && low <= 8 && text[high + 1 + low] == '\0';
}

/* One segment of a key: what a change's id may be. */
static bool is_segment(const char *text)
{
    size_t size = strlen(text);
    return size <= 128 && strspn(text, "0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "abcdefghijklmnopqrstuvwxyz") == size;
}

/* What a text of this kind must be; NULL: it is. */
static const char *objection(enum gd_field_kind kind, const char *text)
{
    switch (kind) {
    case GD_FIELD_NAME:
    case GD_FIELD_NAME_IF:
        return text[0] != '\0' ? NULL : "is empty";
    case GD_FIELD_ID:
    case GD_FIELD_ID_TEXT:
    case GD_FIELD_ID_IF:
        return gd_id_valid(text) ? NULL : "is not an id";
    case GD_FIELD_SHA256:
        return is_hex(text, GD_DIGEST_HEX_SIZE - 1) ? NULL : "is not a SHA-256 in 64 hex digits";
    case GD_FIELD_SUM:
        return is_hex(text, GD_ROWS_DIGEST_SIZE - 1) ? NULL : "is not a digest in 32 hex digits";
    case GD_FIELD_SUM_TEXT:
        return text[0] == '\0' ? NULL : objection(GD_FIELD_SUM, text);
    case GD_FIELD_LSN:
        return text[0] == '\0' || is_lsn(text) ? NULL : "is not an LSN such as 0/16B3740";
    case GD_FIELD_CHANGE:
        return is_segment(text) ? NULL : "is not the id of a change";
    case GD_FIELD_OBJECT:
        return gd_object_name_valid(text) ? NULL : "is not the name of an object";
    case GD_FIELD_BASE_OBJECT:
        return gd_base_object_name_valid(text) ? NULL : "is not the name of an object";
    case GD_FIELD_POSITION:
        return is_lsn(text) ? NULL : "is not an LSN such as 0/16B3740";
    case GD_FIELD_KEY_ID:
        return is_hex(text, 16) ? NULL : "is not a key's id in 16 hex digits";
    case GD_FIELD_LETTER:
        return strcmp(text, "r") == 0 || strcmp(text, "f") == 0 ? NULL : "must be \"r\" or \"f\"";
    default:
        return NULL;
    }
}

static struct gd_status read_formed(const struct reader *reader, const struct spot *spot,
                                    enum gd_field_kind kind, const struct gd_json *value,
                                    const char **out_text)
{
    const char *text = NULL;
    GD_TRY(read_text(reader, spot, value, &text));
    const char *because = objection(kind, text);
    if (because != NULL)
        return wrong(reader, spot, because);
    *out_text = text;
    return GD_DONE;
}

static struct gd_status read_scope(const struct reader *reader, const struct spot *spot,
                                   const char *word, enum gd_snapshot_scope *out_scope)
{
    for (int scope = GD_SNAPSHOT_SCHEMA; scope <= GD_SNAPSHOT_DATABASE; scope++)
        if (strcmp(word, gd_snapshot_scope_name((enum gd_snapshot_scope)scope)) == 0) {
            *out_scope = (enum gd_snapshot_scope)scope;
            return GD_DONE;
        }
    return wrong(reader, spot, "must be \"schema\", \"tables\" or \"database\"");
}

/* Digits, as one writes the number: not with a sign, blanks or zeros in front. */
static bool read_system(const char *text, uint64_t *out_number)
{
    size_t digits = strspn(text, "0123456789");
    if (digits < 1 || digits > 20 || text[digits] != '\0' || text[0] == '0')
        return false;
    errno = 0;
    *out_number = strtoull(text, NULL, 10);
    return errno == 0;
}

/* Everything that is a text in the document, put where it belongs. */
static struct gd_status read_worded(const struct reader *reader, const struct spot *spot,
                                    const struct gd_field *field, const struct gd_json *value,
                                    void *member)
{
    const char *text = NULL;
    GD_TRY(read_formed(reader, spot, field->kind, value, &text));
    switch (field->kind) {
    case GD_FIELD_ID:
    case GD_FIELD_SHA256:
    case GD_FIELD_SUM_TEXT:
        memcpy(member, text, strlen(text) + 1);
        return GD_DONE;
    case GD_FIELD_SUM:
        if (!gd_rows_digest_parse(text, member))
            return wrong(reader, spot, "is not a digest");
        return GD_DONE;
    case GD_FIELD_LETTER:
        *(char *)member = text[0];
        return GD_DONE;
    case GD_FIELD_SCOPE:
        return read_scope(reader, spot, text, member);
    case GD_FIELD_SYSTEM:
        if (!read_system(text, member))
            return wrong(reader, spot, "is not a system identifier");
        return GD_DONE;
    case GD_FIELD_POSITION:
        if (!gd_lsn_read(text, member))
            return wrong(reader, spot, "is not an LSN such as 0/16B3740");
        return GD_DONE;
    case GD_FIELD_TIME:
        if (!gd_clock_parse(text, member) || *(const int64_t *)member < 0)
            return wrong(reader, spot, "is not a time such as 2026-11-22T21:48:07.123456Z");
        return GD_DONE;
    default:
        *(const char **)member = text;
        return GD_DONE;
    }
}

/* ---- numbers ---- */

static struct gd_status read_number(const struct reader *reader, const struct spot *spot,
                                    enum gd_field_kind kind, const struct gd_json *value,
                                    void *member)
{
    if (gd_json_kind(value) != GD_JSON_INT)
        return wrong(reader, spot, "must be a whole number");
    int64_t number = gd_json_int(value);
    switch (kind) {
    case GD_FIELD_COUNT:
        if (number < 0)
            return wrong(reader, spot, "is below 0");
        *(uint64_t *)member = (uint64_t)number;
        return GD_DONE;
    case GD_FIELD_OID:
        if (number < 1 || number > UINT32_MAX)
            return wrong(reader, spot, "is not an OID");
        *(uint32_t *)member = (uint32_t)number;
        return GD_DONE;
    case GD_FIELD_TIMELINE:
        if (number < 1 || number > UINT32_MAX)
            return wrong(reader, spot, "is not a timeline");
        *(uint32_t *)member = (uint32_t)number;
        return GD_DONE;
    case GD_FIELD_VERSION:
        if (number < 90000 || number > 999999)
            return wrong(reader, spot, "is not a server version such as 150018");
        *(int *)member = (int)number;
        return GD_DONE;
    default:
        *(int64_t *)member = number;
        return GD_DONE;
    }
}

static struct gd_status read_bool(const struct reader *reader, const struct spot *spot,
                                  const struct gd_json *value, bool *out_truth)
{
    if (gd_json_kind(value) != GD_JSON_BOOL)
        return wrong(reader, spot, "must be true or false");
    *out_truth = gd_json_int(value) != 0;
    return GD_DONE;
}

/* ---- groups and lists ---- */

static struct gd_status read_group(const struct reader *reader, const struct spot *spot,
                                   const struct gd_shape *shape, const struct gd_json *value,
                                   void *base);

static struct gd_status read_texts(const struct reader *reader, const struct spot *spot,
                                   const struct gd_field *field, const struct gd_json *value,
                                   void *base)
{
    if (!gd_json_is_list(value))
        return wrong(reader, spot, "must be a list");
    size_t count = gd_json_count(value);
    const char **texts = gd_arena_zalloc(reader->arena, count, sizeof *texts);
    for (size_t i = 0; i < count; i++) {
        struct spot inner = {.up = spot, .index = i};
        GD_TRY(read_formed(reader, &inner, GD_FIELD_NAME, gd_json_at(value, i), &texts[i]));
    }
    *(const char *const **)gd_field_in(base, field->offset) = texts;
    *(size_t *)gd_field_in(base, field->beside) = count;
    return GD_DONE;
}

static struct gd_status read_list(const struct reader *reader, const struct spot *spot,
                                  const struct gd_field *field, const struct gd_json *value,
                                  void *base)
{
    if (!gd_json_is_list(value))
        return wrong(reader, spot, "must be a list");
    size_t count = gd_json_count(value), size = field->shape->size;
    char *items = gd_arena_zalloc(reader->arena, count, size);
    for (size_t i = 0; i < count; i++) {
        struct spot inner = {.up = spot, .index = i};
        GD_TRY(read_group(reader, &inner, field->shape, gd_json_at(value, i), items + i * size));
    }
    *(void **)gd_field_in(base, field->offset) = items;
    *(size_t *)gd_field_in(base, field->beside) = count;
    return GD_DONE;
}

static struct gd_status read_document(const struct reader *reader, const struct spot *spot,
                                      const struct gd_json *value, const char **out_text)
{
    *out_text = "";
    if (gd_json_kind(value) == GD_JSON_NULL)
        return GD_DONE;
    if (!gd_json_is_list(value) && !gd_json_is_object(value))
        return wrong(reader, spot, "must be an object, a list or null");
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL)
        abort();
    struct gd_status status = gd_json_write(value, stream, 0, reader->err);
    fclose(stream);
    if (status.code == GD_OK)
        *out_text = gd_arena_strndup(reader->arena, text, size - 1); /* without its newline */
    free(text);
    return status;
}

static struct gd_status read_group_if(const struct reader *reader, const struct spot *spot,
                                      const struct gd_field *field, const struct gd_json *value,
                                      void *base)
{
    bool there = gd_json_kind(value) != GD_JSON_NULL;
    if (field->kind == GD_FIELD_GROUP_IF)
        *(bool *)gd_field_in(base, field->beside) = there;
    if (!there && field->kind != GD_FIELD_GROUP)
        return GD_DONE;
    return read_group(reader, spot, field->shape, value, gd_field_in(base, field->offset));
}

static struct gd_status read_nullable(const struct reader *reader, const struct spot *spot,
                                      const struct gd_field *field, const struct gd_json *value,
                                      void *base)
{
    bool there = gd_json_kind(value) != GD_JSON_NULL;
    if (field->kind == GD_FIELD_CONDITION)
        *(bool *)gd_field_in(base, field->beside) = there;
    const char **text = gd_field_in(base, field->offset);
    *text = field->kind == GD_FIELD_NAME_IF ? NULL : "";
    return there ? read_formed(reader, spot, field->kind, value, text) : GD_DONE;
}

static struct gd_status read_oid_if(const struct reader *reader, const struct spot *spot,
                                    const struct gd_json *value, uint32_t *out_oid)
{
    *out_oid = 0;
    return gd_json_kind(value) == GD_JSON_NULL
               ? GD_DONE
               : read_number(reader, spot, GD_FIELD_OID, value, out_oid);
}

static struct gd_status read_value(const struct reader *reader, const struct spot *spot,
                                   const struct gd_field *field, const struct gd_json *value,
                                   void *base)
{
    void *member = gd_field_in(base, field->offset);
    switch (field->kind) {
    case GD_FIELD_FORMAT:
        return GD_DONE; /* looked at first of all */
    case GD_FIELD_COUNT:
    case GD_FIELD_OID:
    case GD_FIELD_TIMELINE:
    case GD_FIELD_VERSION:
    case GD_FIELD_NUMBER:
        return read_number(reader, spot, field->kind, value, member);
    case GD_FIELD_OID_IF:
        return read_oid_if(reader, spot, value, member);
    case GD_FIELD_BOOL:
        return read_bool(reader, spot, value, member);
    case GD_FIELD_KEY_ID:
    case GD_FIELD_CONDITION:
    case GD_FIELD_ID_IF:
    case GD_FIELD_NAME_IF:
        return read_nullable(reader, spot, field, value, base);
    case GD_FIELD_JSON:
        return read_document(reader, spot, value, member);
    case GD_FIELD_TEXTS:
        return read_texts(reader, spot, field, value, base);
    case GD_FIELD_LIST:
        return read_list(reader, spot, field, value, base);
    case GD_FIELD_GROUP:
    case GD_FIELD_GROUP_IF:
    case GD_FIELD_STORED_IF:
        return read_group_if(reader, spot, field, value, base);
    default:
        return read_worded(reader, spot, field, value, member);
    }
}

struct stranger {
    const struct gd_shape *shape;
    const char *key;
};

static bool look_for_stranger(const char *key, const struct gd_json *value, void *context)
{
    (void)value;
    struct stranger *stranger = context;
    for (size_t i = 0; i < stranger->shape->count; i++)
        if (strcmp(key, stranger->shape->fields[i].key) == 0)
            return true;
    stranger->key = key;
    return false;
}

static struct gd_status read_group(const struct reader *reader, const struct spot *spot,
                                   const struct gd_shape *shape, const struct gd_json *value,
                                   void *base)
{
    if (!gd_json_is_object(value))
        return spot == NULL ? gd_fail(reader->err, GD_CORRUPT, "it is not a JSON object")
                            : wrong(reader, spot, "must be an object");
    for (size_t i = 0; i < shape->count; i++) {
        const struct gd_field *field = &shape->fields[i];
        struct spot inner = {.up = spot, .key = field->key};
        const struct gd_json *member = gd_json_get(value, field->key);
        if (member == NULL)
            return wrong(reader, &inner, "is missing");
        GD_TRY(read_value(reader, &inner, field, member, base));
    }
    struct stranger stranger = {.shape = shape};
    gd_json_members(value, look_for_stranger, &stranger);
    if (stranger.key == NULL)
        return GD_DONE;
    return wrong(reader, &(struct spot){.up = spot, .key = stranger.key},
                 "is not a key of this format");
}

/* ---- the whole ---- */

static struct gd_status check_format(const struct gd_shape *shape, const struct gd_json *document,
                                     struct gd_error *err)
{
    int known = (int)shape->fields[0].beside;
    const struct gd_json *format = gd_json_get(document, "format");
    if (gd_json_kind(format) != GD_JSON_INT || gd_json_int(format) < 1)
        return gd_fail(err, GD_CORRUPT, "\"format\" is not the number of a format");
    if (gd_json_int(format) > known)
        return gd_hint(err,
                       gd_fail(err, GD_USAGE,
                               "it has format %lld, and this guardian reads formats up to %d",
                               (long long)gd_json_int(format), known),
                       "Use the guardian that wrote it, or a newer one.");
    return GD_DONE;
}

struct gd_status gd_shape_parse(const struct gd_shape *shape, const char *text, size_t size,
                                struct gd_arena *arena, void *out, struct gd_error *err)
{
    struct gd_json *document = NULL;
    if (size > GD_MANIFEST_BYTES_MAX)
        return gd_fail(err, GD_CORRUPT, "it is longer than %d bytes", GD_MANIFEST_BYTES_MAX);
    GD_TRY(gd_json_parse(text, size, &document, err));
    struct reader reader = {arena, err};
    struct gd_status status = check_format(shape, document, err);
    if (status.code == GD_OK)
        status = read_group(&reader, NULL, shape, document, out);
    gd_json_free(document);
    return status;
}

struct gd_status gd_manifest_parse(const char *text, size_t size, struct gd_arena *arena,
                                   struct gd_manifest **out_manifest, struct gd_error *err)
{
    struct gd_manifest *manifest = gd_arena_zalloc(arena, 1, sizeof *manifest);
    GD_TRY(gd_shape_parse(&gd_manifest_shape, text, size, arena, manifest, err));
    GD_TRY(gd_manifest_check(manifest, err));
    *out_manifest = manifest;
    return GD_DONE;
}
