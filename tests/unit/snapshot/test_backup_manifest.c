#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/snapshot/base_read.h"

#define ONE "1111111111111111111111111111111111111111111111111111111111111111"
#define TWO "2222222222222222222222222222222222222222222222222222222222222222"
#define FILE_LINE(path, sha)                                                                       \
    "{ \"Path\": \"" path "\", \"Size\": 8192, \"Last-Modified\": \"2026-11-22 21:48:07 GMT\", "   \
    "\"Checksum-Algorithm\": \"SHA256\", \"Checksum\": \"" sha "\" }"
#define HEAD "{ \"PostgreSQL-Backup-Manifest-Version\": 1,\n\"Files\": [\n"
#define TAIL                                                                                       \
    "],\n\"WAL-Ranges\": [\n{ \"Timeline\": 1, \"Start-LSN\": \"0/2000028\", \"End-LSN\": "        \
    "\"0/2000100\" }\n],\n"

/* With the checksum that it should have; the caller frees it. */
static char *summed(const char *body)
{
    char sha256[GD_DIGEST_HEX_SIZE], *text = NULL;
    gd_digest_of(body, strlen(body), sha256);
    if (asprintf(&text, "%s\"Manifest-Checksum\": \"%s\"}\n", body, sha256) < 0)
        abort();
    return text;
}

struct told {
    char text[512];
};

static struct gd_status tell(void *context, const struct gd_backup_file *file, struct gd_error *err)
{
    (void)err;
    struct told *told = context;
    size_t used = strlen(told->text);
    snprintf(told->text + used, sizeof told->text - used, "%s:%llu:%.2s ", file->path,
             (unsigned long long)file->size, file->sha256);
    return GD_DONE;
}

static struct gd_status read_it(const char *text, size_t step, struct told *told,
                                struct gd_error *err)
{
    gd_auto_backup_manifest manifest = gd_backup_manifest_new(tell, told);
    *told = (struct told){0};
    for (size_t at = 0, size = strlen(text); at < size; at += step)
        GD_TRY(
            gd_backup_manifest_feed(manifest, text + at, size - at < step ? size - at : step, err));
    return gd_backup_manifest_finish(manifest, err);
}

static void files_are_told_whatever_the_pieces(void **state)
{
    (void)state;
    char *text = summed(HEAD FILE_LINE(
        "backup_label",
        ONE) ",\n"
             "{ \"Encoded-Path\": \"6e6f20ff\", \"Size\": 0, \"Checksum-Algorithm\": "
             "\"SHA256\", \"Checksum\": \"" TWO "\" }\n" TAIL);
    for (size_t step = 1; step < 300; step += 37) {
        struct told told;
        struct gd_error err = {0};
        if (read_it(text, step, &told, &err).code != GD_OK)
            fail_msg("%s", err.text);
        assert_string_equal(told.text, "backup_label:8192:11 no \xff:0:22 ");
    }
    free(text);
}

/* clang-format off */
static const struct { const char *from, *to, *error; } edits[] = {
    {"\"Size\": 8192",          "\"Size\": 8193",          "not what its checksum says"},
    {"\"Size\": 8192",          "\"Size\": -1",            "a line that is not known"},
    {"\"Size\": 8192, ",        "",                        "a line that is not known"},
    {"Version\": 1",            "Version\": 3",            "a line that is not known"},
    {"\"SHA256\"",              "\"CRC32C\"",              "no SHA-256 of \"backup_label\""},
    {"\"Checksum\": \"1",       "\"Checksum\": \"",        "no SHA-256 of \"backup_label\""},
    {" }\n],\n\"WAL",           " },\n],\n\"WAL",          "could not read JSON"},
    {"],\n\"WAL",               FILE_LINE("x", TWO) "\n],\n\"WAL", "a line that is not known"},
    {"\"WAL-Ranges\"",          "\"WAL-ranges\"",          "a line that is not known"},
    {"\"}\n",                   "\"}",                     "cut short"},
    {"\"}\n",                   "\"}\n{}\n",               "a line that is not known"},
    {"\"Path\": \"backup_label\"", "\"Path\": \"\"",       "a line that is not known"},
};
/* clang-format on */

static void what_was_changed_is_not_believed(void **state)
{
    (void)state;
    char *text = summed(HEAD FILE_LINE("backup_label", ONE) "\n" TAIL);
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        struct told told;
        struct gd_error err = {0};
        char *other = NULL;
        const char *at = strstr(text, edits[i].from);
        if (at == NULL)
            fail_msg("there is no %s", edits[i].from);
        if (asprintf(&other, "%.*s%s%s", (int)(at - text), text, edits[i].to,
                     at + strlen(edits[i].from)) < 0)
            abort();
        struct gd_status status = read_it(other, 100, &told, &err);
        if (status.code != GD_CORRUPT || strstr(err.text, edits[i].error) == NULL)
            fail_msg("%s -> %s: %s", edits[i].from, edits[i].to, err.text);
        free(other);
    }
    free(text);
}

/* ---- against the objects ---- */

static void digest_files(char out[GD_DIGEST_HEX_SIZE], const char *a, const char *sha_a,
                         const char *b, const char *sha_b)
{
    struct gd_digest *digest = gd_digest_new();
    gd_backup_file_add(digest, sha_a, a);
    if (b != NULL)
        gd_backup_file_add(digest, sha_b, b);
    gd_digest_hex(digest, out);
    gd_digest_free(digest);
}

static struct gd_status compared(const struct gd_base *base, const char *body, struct gd_error *err)
{
    char *text = summed(body);
    struct gd_base_files *files = gd_base_files_new(base);
    struct gd_status status = gd_base_files_feed(files, text, strlen(text), err);
    if (status.code == GD_OK)
        status = gd_base_files_finish(files, err);
    gd_base_files_free(files);
    free(text);
    return status;
}

/* A file with an object of its own stands between two that share one. */
static void large_files_stand_anywhere_among_the_others(void **state)
{
    (void)state;
    struct gd_base_object objects[] = {
        {.stored.name = "data/000001.tar.zst", .files = 2},
        {.stored.name = "data/000002.tar.zst", .files = 1, .file = "base/1/2"},
        {.stored.name = "data/000003.tar.zst", .files = 1, .file = "global/pg_control"},
    };
    struct gd_base base = {.objects = objects, .object_count = 3};
    struct gd_error err = {0};
    digest_files(objects[0].files_sha256, "a", ONE, "b", TWO);
    digest_files(objects[1].files_sha256, "base/1/2", ONE, NULL, NULL);
    digest_files(objects[2].files_sha256, "global/pg_control", TWO, NULL, NULL);
#define A FILE_LINE("a", ONE) ",\n"
#define BIG FILE_LINE("base/1/2", ONE) ",\n"
#define B FILE_LINE("b", TWO) ",\n"
#define CONTROL FILE_LINE("global/pg_control", TWO) "\n"
    if (compared(&base, HEAD A BIG B CONTROL TAIL, &err).code != GD_OK)
        fail_msg("%s", err.text);
    assert_int_equal(compared(&base, HEAD B BIG A CONTROL TAIL, &err).code, GD_CORRUPT);
    assert_non_null(strstr(err.text, "data/000001.tar.zst"));
    assert_int_equal(compared(&base, HEAD A B CONTROL TAIL, &err).code, GD_CORRUPT);
    assert_non_null(strstr(err.text, "\"base/1/2\" was sent"));
    assert_int_equal(compared(&base, HEAD A BIG CONTROL TAIL, &err).code, GD_CORRUPT);
    assert_int_equal(compared(&base, HEAD A BIG BIG B CONTROL TAIL, &err).code, GD_CORRUPT);
    assert_non_null(strstr(err.text, "twice"));
    assert_int_equal(
        compared(&base, HEAD A BIG B FILE_LINE("c", ONE) ",\n" CONTROL TAIL, &err).code,
        GD_CORRUPT);
    assert_non_null(strstr(err.text, "\"c\" stands in the server's manifest and in no object"));
    assert_int_equal(
        compared(&base, HEAD A FILE_LINE("base/1/2", TWO) ",\n" B CONTROL TAIL, &err).code,
        GD_CORRUPT);
    assert_non_null(strstr(err.text, "\"base/1/2\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_told_whatever_the_pieces),
        cmocka_unit_test(what_was_changed_is_not_believed),
        cmocka_unit_test(large_files_stand_anywhere_among_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
