/* Proof records as JSON, see proof.h and docs/formats/proof.md. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/io/json.h"
#include "guardian/prove/proof.h"

static struct gd_json *time_json(int64_t time_us)
{
    char text[GD_TIME_SIZE];
    gd_clock_text(time_us, text);
    return gd_json_new_text(text);
}

static struct gd_json *proven_json(const struct gd_proven *proven)
{
    struct gd_json *object = gd_json_object();
    gd_json_put(object, "name", gd_json_new_text(proven->name));
    gd_json_put(object, "stored_sha256", gd_json_new_text(proven->stored_sha256));
    gd_json_put(object, "read", time_json(proven->read_us));
    return object;
}

static void write_head(struct gd_json_writer *writer, const struct gd_proof *proof)
{
    gd_json_add(writer, "guardian_proof", gd_json_new_int(GD_PROOF_FORMAT));
    gd_json_add(writer, "id", gd_json_new_text(proof->id));
    gd_json_add(writer, "kind", gd_json_new_text(gd_proof_name(proof->kind)));
    gd_json_add(writer, "cluster", gd_json_new_text(proof->cluster));
    gd_json_add(writer, "snapshot", gd_json_new_text(proof->snapshot));
    gd_json_add(writer, "manifest_sha256", gd_json_new_text(proof->manifest_sha256));
    gd_json_add(writer, "time", time_json(proof->time_us));
    gd_json_add(writer, "milliseconds", gd_json_new_int((int64_t)(proof->seconds * 1000)));
    gd_json_add(writer, "guardian_version", gd_json_new_text(proof->guardian_version));
    gd_json_add(writer, "place", gd_json_new_text(proof->place));
    gd_json_add(writer, "rows", gd_json_new_int((int64_t)proof->rows));
    gd_json_add(writer, "bytes", gd_json_new_int((int64_t)proof->bytes));
    gd_json_add(writer, "stored_bytes", gd_json_new_int((int64_t)proof->stored_bytes));
}

struct gd_status gd_proof_format(const struct gd_proof *proof, char **out_text, size_t *out_size,
                                 struct gd_error *err)
{
    char *text = NULL;
    FILE *stream = open_memstream(&text, out_size);
    if (stream == NULL)
        return gd_fail(err, GD_SYSTEM, "could not write a proof: out of memory");
    gd_auto_json_writer writer = gd_json_writer_new(stream);
    gd_json_begin_object(writer, NULL);
    write_head(writer, proof);
    gd_json_begin_list(writer, "left_out");
    for (size_t i = 0; i < proof->left_out_count; i++)
        gd_json_add(writer, NULL, gd_json_new_text(proof->left_out[i]));
    gd_json_end(writer);
    gd_json_begin_list(writer, "objects");
    for (size_t i = 0; i < proof->object_count; i++)
        gd_json_add(writer, NULL, proven_json(&proof->objects[i]));
    gd_json_end(writer);
    gd_json_end(writer);
    struct gd_status status = gd_json_writer_finish(writer, err);
    if (fclose(stream) != 0 && status.code == GD_OK)
        status = gd_fail(err, GD_SYSTEM, "could not write a proof: out of memory");
    if (status.code != GD_OK)
        free(text);
    else
        *out_text = text;
    return status;
}

/* --- reading --- */

struct reader {
    const struct gd_json *root;
    struct gd_arena *arena;
    struct gd_error *err;
};

static struct gd_status wrong(const struct reader *reader, const char *key)
{
    return gd_fail(reader->err, GD_CORRUPT, "\"%s\" of the proof is missing or makes no sense",
                   key);
}

static struct gd_status read_text(const struct reader *reader, const char *key,
                                  const char **out_text)
{
    const char *text = gd_json_text(gd_json_get(reader->root, key));
    if (text == NULL)
        return wrong(reader, key);
    *out_text = gd_arena_strdup(reader->arena, text);
    return GD_DONE;
}

static struct gd_status read_number(const struct reader *reader, const char *key, uint64_t *out)
{
    const struct gd_json *value = gd_json_get(reader->root, key);
    int64_t number = gd_json_int(value);
    if (value == NULL || number < 0)
        return wrong(reader, key);
    *out = (uint64_t)number;
    return GD_DONE;
}

static struct gd_status read_time(const struct reader *reader, const char *key, int64_t *out_us)
{
    const char *text = gd_json_text(gd_json_get(reader->root, key));
    return text != NULL && gd_clock_parse(text, out_us) ? GD_DONE : wrong(reader, key);
}

static struct gd_status read_sha256(const struct reader *reader, const char *key,
                                    char out_hex[GD_DIGEST_HEX_SIZE])
{
    const char *text = gd_json_text(gd_json_get(reader->root, key));
    if (text == NULL || strlen(text) != GD_DIGEST_HEX_SIZE - 1 ||
        strspn(text, "0123456789abcdef") != GD_DIGEST_HEX_SIZE - 1)
        return wrong(reader, key);
    memcpy(out_hex, text, GD_DIGEST_HEX_SIZE);
    return GD_DONE;
}

static struct gd_status read_id(const struct reader *reader, const char *key,
                                char out_id[GD_ID_SIZE])
{
    const char *text = gd_json_text(gd_json_get(reader->root, key));
    if (text == NULL || !gd_id_valid(text))
        return wrong(reader, key);
    (void)snprintf(out_id, GD_ID_SIZE, "%s", text);
    return GD_DONE;
}

static struct gd_status read_kind(const struct reader *reader, enum gd_proof_kind *out_kind)
{
    const char *text = gd_json_text(gd_json_get(reader->root, "kind"));
    for (enum gd_proof_kind kind = GD_PROOF_DIGEST; kind <= GD_PROOF_DRILL; kind++) {
        if (text != NULL && strcmp(text, gd_proof_name(kind)) == 0) {
            *out_kind = kind;
            return GD_DONE;
        }
    }
    return wrong(reader, "kind");
}

static struct gd_status read_objects(const struct reader *reader, struct gd_proof *proof)
{
    const struct gd_json *list = gd_json_get(reader->root, "objects");
    if (!gd_json_is_list(list))
        return wrong(reader, "objects");
    size_t count = gd_json_count(list);
    struct gd_proven *objects = gd_arena_zalloc(reader->arena, count + 1, sizeof *objects);
    for (size_t i = 0; i < count; i++) {
        struct reader item = {gd_json_at(list, i), reader->arena, reader->err};
        GD_TRY(read_text(&item, "name", &objects[i].name));
        GD_TRY(read_sha256(&item, "stored_sha256", objects[i].stored_sha256));
        GD_TRY(read_time(&item, "read", &objects[i].read_us));
    }
    proof->objects = objects;
    proof->object_count = count;
    return GD_DONE;
}

static struct gd_status read_left_out(const struct reader *reader, struct gd_proof *proof)
{
    const struct gd_json *list = gd_json_get(reader->root, "left_out");
    if (!gd_json_is_list(list))
        return wrong(reader, "left_out");
    size_t count = gd_json_count(list);
    const char **texts = gd_arena_zalloc(reader->arena, count + 1, sizeof *texts);
    for (size_t i = 0; i < count; i++) {
        const char *text = gd_json_text(gd_json_at(list, i));
        if (text == NULL)
            return wrong(reader, "left_out");
        texts[i] = gd_arena_strdup(reader->arena, text);
    }
    proof->left_out = texts;
    proof->left_out_count = count;
    return GD_DONE;
}

static struct gd_status read_head(const struct reader *reader, struct gd_proof *proof)
{
    char snapshot[GD_ID_SIZE];
    uint64_t milliseconds = 0;
    GD_TRY(read_id(reader, "id", proof->id));
    GD_TRY(read_kind(reader, &proof->kind));
    GD_TRY(read_text(reader, "cluster", &proof->cluster));
    GD_TRY(read_id(reader, "snapshot", snapshot));
    proof->snapshot = gd_arena_strdup(reader->arena, snapshot);
    GD_TRY(read_sha256(reader, "manifest_sha256", proof->manifest_sha256));
    GD_TRY(read_time(reader, "time", &proof->time_us));
    GD_TRY(read_number(reader, "milliseconds", &milliseconds));
    proof->seconds = (double)milliseconds / 1000;
    GD_TRY(read_text(reader, "guardian_version", &proof->guardian_version));
    GD_TRY(read_text(reader, "place", &proof->place));
    GD_TRY(read_number(reader, "rows", &proof->rows));
    GD_TRY(read_number(reader, "bytes", &proof->bytes));
    return read_number(reader, "stored_bytes", &proof->stored_bytes);
}

static struct gd_status read_all(const struct reader *reader, struct gd_proof **out_proof)
{
    const struct gd_json *format = gd_json_get(reader->root, "guardian_proof");
    if (gd_json_int(format) > GD_PROOF_FORMAT)
        return gd_fail(reader->err, GD_USAGE,
                       "the proof has format %" PRId64 ", this program reads up to %d",
                       gd_json_int(format), GD_PROOF_FORMAT);
    if (gd_json_int(format) < 1)
        return wrong(reader, "guardian_proof");
    struct gd_proof *proof = gd_arena_zalloc(reader->arena, 1, sizeof *proof);
    GD_TRY(read_head(reader, proof));
    GD_TRY(read_left_out(reader, proof));
    GD_TRY(read_objects(reader, proof));
    *out_proof = proof;
    return GD_DONE;
}

struct gd_status gd_proof_parse(const char *text, size_t size, struct gd_arena *arena,
                                struct gd_proof **out_proof, struct gd_error *err)
{
    struct gd_json *root = NULL;
    GD_TRY(gd_json_parse(text, size, &root, err));
    struct reader reader = {root, arena, err};
    struct gd_status status = read_all(&reader, out_proof);
    gd_json_free(root);
    return status;
}
