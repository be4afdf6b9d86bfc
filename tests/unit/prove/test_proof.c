/* Proof records: written as the golden file says, read on distrust, found by what they prove. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/prove/proof.h"
#include "harness/reports.h"

#define CLUSTER "7301234567890123456-shop"
#define SNAPSHOT "20261122T214807Z-3f9c01d2aa"
#define SHA_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SHA_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct gd_proof a_proof(const char *id, enum gd_proof_kind kind, const char *sha256,
                               int64_t time_us)
{
    static const struct gd_proven objects[] = {
        {"schema.dump", SHA_A, 1795384091500000},
        {"data/000001.copy.zst", SHA_B, 1795384091600000},
    };
    static const char *const left_out[] = {"the locale \"tlh_QO\" is not on this machine"};
    struct gd_proof proof = {.kind = kind,
                             .cluster = CLUSTER,
                             .snapshot = SNAPSHOT,
                             .time_us = time_us,
                             .seconds = 1.25,
                             .guardian_version = "0.1.0",
                             .place = "",
                             .rows = 1234,
                             .bytes = 52000,
                             .stored_bytes = 9000,
                             .left_out = left_out,
                             .left_out_count = 1,
                             .objects = objects,
                             .object_count = 2};
    snprintf(proof.id, sizeof proof.id, "%s", id);
    snprintf(proof.manifest_sha256, sizeof proof.manifest_sha256, "%s", sha256);
    return proof;
}

static void what_is_written_is_the_golden_file(void **state)
{
    (void)state;
    struct gd_error err = {0};
    char *text = NULL;
    size_t size;
    struct gd_proof proof =
        a_proof("20261122T214900Z-0000000001", GD_PROOF_DIGEST, SHA_B, 1795384092000000);
    assert_int_equal(gd_proof_format(&proof, &text, &size, &err).code, GD_OK);
    assert_true(test_golden("../golden/proof-1.json", text, size));
    free(text);
}

static void what_was_read_is_written_again_byte_for_byte(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    char *text = NULL, *again = NULL;
    size_t size, again_size;
    struct gd_proof proof =
        a_proof("20261122T214900Z-0000000001", GD_PROOF_DRILL, SHA_B, 1795384092000000);
    struct gd_proof *read = NULL;
    assert_int_equal(gd_proof_format(&proof, &text, &size, &err).code, GD_OK);
    assert_int_equal(gd_proof_parse(text, size, arena, &read, &err).code, GD_OK);
    assert_int_equal(gd_proof_format(read, &again, &again_size, &err).code, GD_OK);
    assert_string_equal(text, again);
    assert_int_equal(read->kind, GD_PROOF_DRILL);
    assert_int_equal(read->objects[1].read_us, 1795384091600000);
    free(text);
    free(again);
}

/* clang-format off */
static const struct { const char *from, *to, *wrong; } edits[] = {
    {"\"guardian_proof\":1",  "\"guardian_proof\":2",    "the proof has format 2"},
    {"\"guardian_proof\":1",  "\"guardian_proof\":0",    "\"guardian_proof\" of the proof"},
    {"\"kind\":\"digest\"",   "\"kind\":\"believed\"",   "\"kind\" of the proof"},
    {"\"kind\":\"digest\"",   "\"kind\":1",              "\"kind\" of the proof"},
    {"T214900Z-0000000001",    "T214900Z-../../../x",      "\"id\" of the proof"},
    {"20261122T214807Z",       "yesterday",                "\"snapshot\" of the proof"},
    {"\"time\":\"2026",       "\"time\":\"soon",         "\"time\" of the proof"},
    {"\"rows\":1234",         "\"rows\":-1",             "\"rows\" of the proof"},
    {"\"rows\":1234",         "\"lines\":1234",          "\"rows\" of the proof"},
    {"\"manifest_sha256\":\"b", "\"manifest_sha256\":\"B", "\"manifest_sha256\" of the proof"},
    {"\"read\":",             "\"seen\":",               "\"read\" of the proof"},
    {"\"objects\":[",         "\"things\":[",            "\"objects\" of the proof"},
    {"\"left_out\":[",        "\"left_in\":[",           "\"left_out\" of the proof"},
};
/* clang-format on */

static void what_makes_no_sense_is_named(void **state)
{
    (void)state;
    struct gd_proof proof =
        a_proof("20261122T214900Z-0000000001", GD_PROOF_DIGEST, SHA_B, 1795384092000000);
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_error err = {0};
        struct gd_proof *read = NULL;
        char *text = NULL;
        size_t size;
        assert_int_equal(gd_proof_format(&proof, &text, &size, &err).code, GD_OK);
        char *at = strstr(text, edits[i].from);
        if (at == NULL)
            fail_msg("\"%s\" is not in the record", edits[i].from);
        char *edited = gd_arena_printf(arena, "%.*s%s%s", (int)(at - text), text, edits[i].to,
                                       at + strlen(edits[i].from));
        if (gd_proof_parse(edited, strlen(edited), arena, &read, &err).code == GD_OK ||
            strncmp(err.text, edits[i].wrong, strlen(edits[i].wrong)) != 0)
            fail_msg("%s: \"%s\"", edits[i].to, err.text);
        free(text);
    }
}

/* --- in a store --- */

static char folder[64];

static struct gd_store *a_store(void)
{
    struct gd_error err = {0};
    struct gd_store *store = NULL;
    snprintf(folder, sizeof folder, "/tmp/gd-proof.XXXXXX");
    assert_non_null(mkdtemp(folder));
    char url[96];
    snprintf(url, sizeof url, "file://%s", folder);
    struct gd_store_options options = {.url = url};
    if (gd_store_open(&options, &store, &err).code != GD_OK)
        fail_msg("%s", err.text);
    return store;
}

static void drop_store(struct gd_store *store)
{
    gd_store_close(store);
    char command[96];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
}

static void record(struct gd_store *store, const char *id, enum gd_proof_kind kind,
                   const char *sha256, int64_t time_us)
{
    struct gd_error err = {0};
    struct gd_proof proof = a_proof(id, kind, sha256, time_us);
    if (gd_proof_record(store, &proof, &err).code != GD_OK)
        fail_msg("%s", err.text);
}

static const char *found(struct gd_store *store, const char *sha256, struct gd_arena *arena)
{
    struct gd_error err = {0};
    const struct gd_proof *proof = NULL;
    if (gd_proof_find(store, CLUSTER, SNAPSHOT, sha256, arena, &proof, &err).code != GD_OK)
        fail_msg("%s", err.text);
    return proof == NULL ? "" : proof->id;
}

static void the_best_proof_of_exactly_this_manifest_is_found(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_store *store = a_store();
    assert_string_equal(found(store, SHA_A, arena), "");
    record(store, "20261122T214900Z-0000000001", GD_PROOF_DIGEST, SHA_A, 100);
    record(store, "20261122T214901Z-0000000002", GD_PROOF_DIGEST, SHA_A, 300);
    record(store, "20261122T214902Z-0000000003", GD_PROOF_DIGEST, SHA_A, 200);
    assert_string_equal(found(store, SHA_A, arena), "20261122T214901Z-0000000002");
    record(store, "20261122T214800Z-0000000004", GD_PROOF_DRILL, SHA_A, 50);
    assert_string_equal(found(store, SHA_A, arena), "20261122T214800Z-0000000004");
    assert_string_equal(found(store, SHA_B, arena), "");
    /* litter, and a record that tells of another snapshot, prove nothing */
    const char *key = "v1/" CLUSTER "/proofs/" SNAPSHOT "/20261122T230000Z-0000000009.json";
    assert_int_equal(gd_store_put_bytes(store, key, "{}", 2, &err).code, GD_OK);
    assert_string_equal(found(store, SHA_A, arena), "20261122T214800Z-0000000004");
    drop_store(store);
}

static void a_record_is_never_written_over(void **state)
{
    (void)state;
    struct gd_error err = {0};
    struct gd_store *store = a_store();
    record(store, "20261122T214900Z-0000000001", GD_PROOF_DIGEST, SHA_A, 100);
    struct gd_proof other = a_proof("20261122T214900Z-0000000001", GD_PROOF_DRILL, SHA_A, 100);
    assert_int_equal(gd_proof_record(store, &other, &err).code, GD_REFUSED);
    drop_store(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_the_golden_file),
        cmocka_unit_test(what_was_read_is_written_again_byte_for_byte),
        cmocka_unit_test(what_makes_no_sense_is_named),
        cmocka_unit_test(the_best_proof_of_exactly_this_manifest_is_found),
        cmocka_unit_test(a_record_is_never_written_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
