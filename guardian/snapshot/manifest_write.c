/*
 * Manifest, written: the struct becomes the JSON that docs/formats/snapshot.md describes.
 */
#include <stdlib.h>
#include <string.h>

#include "guardian/base/utf8.h"
#include "guardian/io/json.h"
#include "guardian/snapshot/manifest_shape.h"
#include "guardian/wal/name.h"

static struct gd_status text_of(const char *key, const char *text, struct gd_json **out_value,
                                struct gd_error *err)
{
    size_t size = text == NULL ? 0 : strlen(text);
    for (size_t at = 0; at < size;) {
        uint32_t code;
        at += gd_utf8_decode(text + at, size - at, &code);
        if (code == GD_UTF8_BAD)
            return gd_hint(err,
                           gd_fail(err, GD_UNPROTECTED,
                                   "could not write the manifest: a value of \"%s\" is not UTF-8",
                                   key),
                           "In a database with encoding SQL_ASCII names can be any bytes; rename "
                           "the object, or give the database its real encoding.");
    }
    *out_value = gd_json_new_text(text == NULL ? "" : text);
    return GD_DONE;
}

static struct gd_json *sum_of(const struct gd_rows_digest *digest)
{
    char hex[GD_ROWS_DIGEST_SIZE];
    gd_rows_digest_hex(digest, hex);
    return gd_json_new_text(hex);
}

static struct gd_json *time_of(int64_t time_us)
{
    char text[GD_TIME_SIZE];
    gd_clock_text(time_us, text);
    return gd_json_new_text(text);
}

static struct gd_status document_of(const char *text, struct gd_json **out_value,
                                    struct gd_error *err)
{
    if (text != NULL && text[0] != '\0')
        return gd_json_parse(text, strlen(text), out_value, err);
    *out_value = gd_json_new_null();
    return GD_DONE;
}

static struct gd_status texts_of(const struct gd_field *field, const void *base,
                                 struct gd_json **out_value, struct gd_error *err)
{
    const char *const *texts = *(const char *const *const *)gd_field_of(base, field->offset);
    size_t count = *(const size_t *)gd_field_of(base, field->beside);
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < count; i++) {
        struct gd_json *text = NULL;
        struct gd_status status = text_of(field->key, texts[i], &text, err);
        if (status.code != GD_OK) {
            gd_json_free(list);
            return status;
        }
        gd_json_push(list, text);
    }
    *out_value = list;
    return GD_DONE;
}

static struct gd_status group_of(const struct gd_shape *shape, const void *base,
                                 struct gd_json **out_value, struct gd_error *err);

static struct gd_status list_of(const struct gd_field *field, const void *base,
                                struct gd_json **out_value, struct gd_error *err)
{
    const char *items = *(const char *const *)gd_field_of(base, field->offset);
    size_t count = *(const size_t *)gd_field_of(base, field->beside);
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < count; i++) {
        struct gd_json *item = NULL;
        struct gd_status status =
            group_of(field->shape, items + i * field->shape->size, &item, err);
        if (status.code != GD_OK) {
            gd_json_free(list);
            return status;
        }
        gd_json_push(list, item);
    }
    *out_value = list;
    return GD_DONE;
}

static struct gd_status group_unless(bool absent, const struct gd_field *field, const void *base,
                                     struct gd_json **out_value, struct gd_error *err)
{
    if (!absent)
        return group_of(field->shape, gd_field_of(base, field->offset), out_value, err);
    *out_value = gd_json_new_null();
    return GD_DONE;
}

static struct gd_status number_of(const struct gd_field *field, const void *member,
                                  struct gd_json **out_value)
{
    int64_t number = 0;
    switch (field->kind) {
    case GD_FIELD_FORMAT:
        number = (int64_t)field->beside;
        break;
    case GD_FIELD_COUNT:
        number = (int64_t)(*(const uint64_t *)member & INT64_MAX);
        break;
    case GD_FIELD_OID:
    case GD_FIELD_OID_IF:
    case GD_FIELD_TIMELINE:
        number = *(const uint32_t *)member;
        break;
    case GD_FIELD_VERSION:
        number = *(const int *)member;
        break;
    default:
        number = *(const int64_t *)member;
        break;
    }
    *out_value = field->kind == GD_FIELD_OID_IF && number == 0 ? gd_json_new_null()
                                                               : gd_json_new_int(number);
    return GD_DONE;
}

static struct gd_json *position_of(uint64_t lsn)
{
    char text[GD_LSN_SIZE];
    gd_lsn_write(lsn, text);
    return gd_json_new_text(text);
}

static struct gd_json *system_of(uint64_t identifier)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)identifier);
    return gd_json_new_text(text);
}

static struct gd_status nullable_text(const char *key, bool absent, const char *text,
                                      struct gd_json **out_value, struct gd_error *err)
{
    if (!absent)
        return text_of(key, text, out_value, err);
    *out_value = gd_json_new_null();
    return GD_DONE;
}

static struct gd_status value_of(const struct gd_field *field, const void *base,
                                 struct gd_json **out_value, struct gd_error *err)
{
    const void *member = gd_field_of(base, field->offset);
    const void *beside = gd_field_of(base, field->beside);
    const char *text = NULL;
    switch (field->kind) {
    case GD_FIELD_FORMAT:
    case GD_FIELD_COUNT:
    case GD_FIELD_OID:
    case GD_FIELD_OID_IF:
    case GD_FIELD_TIMELINE:
    case GD_FIELD_VERSION:
    case GD_FIELD_NUMBER:
        return number_of(field, member, out_value);
    case GD_FIELD_TEXT:
    case GD_FIELD_NAME:
    case GD_FIELD_LSN:
    case GD_FIELD_CHANGE:
    case GD_FIELD_OBJECT:
    case GD_FIELD_BASE_OBJECT:
    case GD_FIELD_ID_TEXT:
        return text_of(field->key, *(const char *const *)member, out_value, err);
    case GD_FIELD_ID:
    case GD_FIELD_SHA256:
    case GD_FIELD_SUM_TEXT:
        return text_of(field->key, member, out_value, err);
    case GD_FIELD_SUM:
        *out_value = sum_of(member);
        return GD_DONE;
    case GD_FIELD_BOOL:
        *out_value = gd_json_new_bool(*(const bool *)member);
        return GD_DONE;
    case GD_FIELD_TIME:
        *out_value = time_of(*(const int64_t *)member);
        return GD_DONE;
    case GD_FIELD_LETTER:
        return text_of(field->key, (const char[]){*(const char *)member, '\0'}, out_value, err);
    case GD_FIELD_SCOPE:
        *out_value =
            gd_json_new_text(gd_snapshot_scope_name(*(const enum gd_snapshot_scope *)member));
        return GD_DONE;
    case GD_FIELD_SYSTEM:
        *out_value = system_of(*(const uint64_t *)member);
        return GD_DONE;
    case GD_FIELD_POSITION:
        *out_value = position_of(*(const uint64_t *)member);
        return GD_DONE;
    case GD_FIELD_KEY_ID:
    case GD_FIELD_ID_IF:
    case GD_FIELD_NAME_IF:
        text = *(const char *const *)member;
        return nullable_text(field->key, text == NULL || text[0] == '\0', text, out_value, err);
    case GD_FIELD_CONDITION:
        text = *(const char *const *)member;
        return nullable_text(field->key, !*(const bool *)beside, text, out_value, err);
    case GD_FIELD_JSON:
        return document_of(*(const char *const *)member, out_value, err);
    case GD_FIELD_TEXTS:
        return texts_of(field, base, out_value, err);
    case GD_FIELD_LIST:
        return list_of(field, base, out_value, err);
    case GD_FIELD_GROUP:
        return group_unless(false, field, base, out_value, err);
    case GD_FIELD_GROUP_IF:
        return group_unless(!*(const bool *)beside, field, base, out_value, err);
    case GD_FIELD_STORED_IF:
        return group_unless(((const struct gd_stored *)member)->name == NULL, field, base,
                            out_value, err);
    }
    abort();
}

static struct gd_status group_of(const struct gd_shape *shape, const void *base,
                                 struct gd_json **out_value, struct gd_error *err)
{
    struct gd_json *object = gd_json_object();
    for (size_t i = 0; i < shape->count; i++) {
        struct gd_json *value = NULL;
        struct gd_status status = value_of(&shape->fields[i], base, &value, err);
        if (status.code != GD_OK) {
            gd_json_free(object);
            return status;
        }
        gd_json_put(object, shape->fields[i].key, value);
    }
    *out_value = object;
    return GD_DONE;
}

struct gd_status gd_manifest_format(const struct gd_manifest *manifest, char **out_text,
                                    size_t *out_size, struct gd_error *err)
{
    return gd_shape_format(&gd_manifest_shape, manifest, out_text, out_size, err);
}

struct gd_status gd_shape_format(const struct gd_shape *shape, const void *base, char **out_text,
                                 size_t *out_size, struct gd_error *err)
{
    struct gd_json *document = NULL;
    GD_TRY(group_of(shape, base, &document, err));
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL)
        abort();
    struct gd_status status = gd_json_write(document, stream, 2, err);
    gd_json_free(document);
    fclose(stream);
    if (status.code == GD_OK && size > GD_MANIFEST_BYTES_MAX)
        status = gd_fail(err, GD_UNPROTECTED, "could not write the manifest: it is %zu bytes long",
                         size);
    if (status.code != GD_OK) {
        free(text);
        return status;
    }
    *out_text = text;
    *out_size = size;
    return GD_DONE;
}
