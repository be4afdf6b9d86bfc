#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/snapshot/manifest.h"
#include "harness/manifests.h"
#include "harness/reports.h"

static char *formatted(const struct gd_manifest *manifest)
{
    struct gd_error err = {0};
    char *text = NULL;
    size_t size = 0;
    if (gd_manifest_format(manifest, &text, &size, &err).code != GD_OK)
        fail_msg("%s", err.text);
    assert_int_equal(strlen(text), size);
    return text;
}

static struct gd_manifest *parsed(const char *text, struct gd_arena *arena)
{
    struct gd_error err = {0};
    struct gd_manifest *manifest = NULL;
    if (gd_manifest_parse(text, strlen(text), arena, &manifest, &err).code != GD_OK)
        fail_msg("%s", err.text);
    return manifest;
}

/* ---- there and back ---- */

static void what_is_written_is_the_golden_file(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    char *text = formatted(test_manifest(arena));
    assert_true(test_golden("../golden/manifest-1.json", text, strlen(text)));
    free(text);
    text = formatted(test_manifest_small(NULL, arena));
    assert_true(test_golden("../golden/manifest-1-small.json", text, strlen(text)));
    free(text);
}

static void what_was_read_is_written_again_byte_for_byte(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    char *text = formatted(test_manifest(arena));
    char *again = formatted(parsed(text, arena));
    assert_string_equal(text, again);
    free(text);
    free(again);
}

static void every_value_comes_back(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    char *text = formatted(test_manifest(arena));
    struct gd_manifest *back = parsed(text, arena);
    free(text);

    assert_string_equal(back->id, TEST_SNAPSHOT_ID);
    assert_string_equal(back->cluster, TEST_CLUSTER);
    assert_int_equal(back->scope, GD_SNAPSHOT_DATABASE);
    assert_true(back->sealed);
    assert_string_equal(back->key_id, "00f1e2d3c4b5a697");
    assert_int_equal(back->snapshot_us, 1795384087123456);
    assert_string_equal(back->blobs_dump.name, "blobs.dump");
    assert_int_equal(back->table_count, 5);
    assert_int_equal(back->tables[0].digest.rows, 1234);
    assert_string_equal(back->tables[0].columns[2], "Größe \"in\" cm");
    assert_string_equal(back->tables[2].name, "log\n");
    assert_true(back->tables[2].left_out);
    assert_true(back->tables[3].config);
    assert_string_equal(back->tables[3].condition, "WHERE NOT built_in");
    assert_false(back->tables[0].config || back->tables[0].by_root);
    assert_string_equal(back->tables[4].root_name, "events");
    assert_true(back->sequences[1].last_value == INT64_MIN);
    assert_false(back->matviews[1].populated);
    assert_non_null(strstr(back->globals_json, "shop_owner"));
    assert_int_equal(back->rows, 1239);
}

static void a_small_one_has_none_of_what_may_be_missing(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    char *text = formatted(test_manifest_small(NULL, arena));
    struct gd_manifest *back = parsed(text, arena);
    free(text);
    assert_null(back->blobs_dump.name);
    assert_string_equal(back->key_id, "");
    assert_string_equal(back->globals_json, "");
    assert_int_equal(back->table_count, 0);
    assert_int_equal(back->bytes, 4711);
}

/* ---- an edited manifest names what is wrong ---- */

#define SHA "0000000000000000000000000000000000000000000000000000000000000000"

/* clang-format off */
static const struct { const char *from, *to, *error; } edits[] = {
    /* the document */
    {"{\n",                             "[\n",                        "could not read JSON at line"},
    {"\"format\": 1",                   "\"format\": \"1\"",          "\"format\" is not the number of a format"},
    {"\"format\": 1",                   "\"format\": 0",              "\"format\" is not the number of a format"},
    {"\"format\": 1,",                  "",                           "\"format\" is not the number of a format"},
    {"\"sealed\": true,",               "",                           "\"sealed\" is missing"},
    {"\"sealed\": true,",               "\"sealed\": true, \"seeled\": true,", "\"seeled\" is not a key of this format"},
    {"\"oid\": 16401,",                 "\"oid\": 16401, \"hidden\": 1,", "\"tables[0].hidden\" is not a key"},
    /* forms */
    {"\"id\": \"2026",                  "\"id\": \"../2026",          "\"id\" is not an id"},
    {"\"cluster\": \"7301",             "\"cluster\": \"../7301",     "\"cluster\" is \"../7301"},
    {"\"cluster\": \"7301234567890123456-shop\"", "\"cluster\": 1",   "\"cluster\" must be a text"},
    {"\"change\": \"",                  "\"change\": \"../",          "\"change\" is not the id of a change"},
    {"\"reason\": \"",                  "\"reason\": \"\\u0000",      "\"reason\" holds a NUL character"},
    {"\"scope\": \"database\"",         "\"scope\": \"everything\"",  "\"scope\" must be"},
    {"\"scope\": \"database\"",         "\"scope\": \"schema\"",      "\"tables\" has members, but \"scope\""},
    {"\"scope\": \"database\"",         "\"scope\": \"tables\"",      "\"wanted\" has 0 members"},
    {"\"wanted\": []",                  "\"wanted\": [\"public.x\"]", "\"wanted\" has 1 members"},
    {"\"wanted\": []",                  "\"wanted\": {}",             "\"wanted\" must be a list"},
    {"\"wanted\": []",                  "\"wanted\": [\"\"]",         "\"wanted[0]\" is empty"},
    {"\"sealed\": true",                "\"sealed\": 1",              "\"sealed\" must be true or false"},
    {"\"encryption_key\": \"00f1",      "\"encryption_key\": \"00F1", "\"encryption_key\" is not a key's id"},
    {"\"encryption_key\": \"00f1e2d3c4b5a697\"", "\"encryption_key\": null", "\"schema_dump.stored_bytes\" is 20107, but it is stored as it is"},
    {"\"database\": \"shop\"",          "\"database\": \"other\"",    "\"cluster\" is"},
    {"\"server_version\": 150018",      "\"server_version\": 15",     "\"source.server_version\" is not"},
    {"\"server_version\": 150018",      "\"server_version\": 150018.0", "\"source.server_version\" must be a whole number"},
    {"\"lsn\": \"0/16B3740\"",          "\"lsn\": \"0-16B3740\"",     "\"source.lsn\" is not an LSN"},
    {"\"started\": \"2026-",            "\"started\": \"2026-13-",    "\"time.started\" is not a time"},
    {"\"started\": \"2026-",            "\"started\": \"0144-",        "\"time.started\" is not a time"},
    /* objects */
    {"\"object\": \"schema.dump\"",     "\"object\": \"blobs.dump\"", "\"schema_dump.object\" is not"},
    {"\"object\": \"schema.dump\"",     "\"object\": \"../schema.dump\"", "\"schema_dump.object\" is not the name of an object"},
    {"\"object\": \"schema.dump\"",     "\"object\": \"/etc/passwd\"", "\"schema_dump.object\" is not the name"},
    {"\"object\": \"blobs.dump\"",      "\"object\": \"schema.dump\"", "\"large_objects.dump.object\" is not"},
    {"data/000001.copy.zst",            "data/../manifest.json",      "\"tables[0].parts[0].object\" is not the name"},
    {"data/000001.copy.zst",            "data/1.copy.zst",            "\"tables[0].parts[0].object\" is not the name"},
    {"data/000001.copy.zst",            "data/000001.copy.zst/x",     "\"tables[0].parts[0].object\" is not the name"},
    {"data/000001.copy.zst",            "schema.dump",                "\"tables[0].parts[0].object\" is not an object with rows"},
    {"data/000002.copy.zst",            "data/000001.copy.zst",       "\"tables[0].parts[1].object\" is \"data/000001.copy.zst\", which another"},
    {"data/000003.copy.zst",            "data/000001.copy.zst",       "\"tables[3].parts[0].object\" is"},
    {"\"bytes\": 20011",                "\"bytes\": 0",               "\"schema_dump.bytes\" is 0"},
    {"\"stored_bytes\": 20107",         "\"stored_bytes\": 20108",    "\"schema_dump.stored_bytes\" is 20108, but 20011 bytes become 20107"},
    {"\"bytes\": 52000",                "\"bytes\": -1",              "\"tables[0].parts[0].bytes\" is below 0"},
    {"\"bytes\": 52000",                "\"bytes\": 52001",           "\"total.bytes\" is 87179, but the objects hold 87180"},
    {"\"bytes\": 52000",                "\"bytes\": 999",             "\"tables[0].parts[0].rows\" is 1000, which does not fit"},
    {"\"bytes\": 52000",                "\"bytes\": 9223372036854775807", "\"total\" would be larger"},
    {"\"bytes\": 52000",                "\"bytes\": 9223372036854775808", "could not read JSON"},
    {"\"stored_bytes\": 9000",          "\"stored_bytes\": 0",        "\"tables[0].parts[0].stored_bytes\" is 0"},
    {"\"stored_bytes\": 9000",          "\"stored_bytes\": 9001",     "\"total.stored_bytes\" is 34513, but"},
    {"\"sha256\": \"2b2b",              "\"sha256\": \"2B2b",         "\"schema_dump.sha256\" is not a SHA-256"},
    {"\"sha256\": \"2b2b",              "\"sha256\": \"2b2",          "\"schema_dump.sha256\" is not a SHA-256"},
    /* tables */
    {"\"oid\": 16401",                  "\"oid\": 0",                 "\"tables[0].oid\" is not an OID"},
    {"\"oid\": 16401",                  "\"oid\": 4294967296",        "\"tables[0].oid\" is not an OID"},
    {"\"oid\": 16402",                  "\"oid\": 16401",             "\"tables[1].oid\" is 16401, which"},
    {"\"name\": \"empty one\"",         "\"name\": \"orders\"",       "\"tables[1]\" is \"public\".\"orders\", which"},
    {"\"name\": \"empty one\"",         "\"name\": \"\"",             "\"tables[1].name\" is empty"},
    {"\"kind\": \"r\"",                 "\"kind\": \"v\"",            "\"tables[0].kind\" must be"},
    {"\"kind\": \"r\"",                 "\"kind\": \"rr\"",           "\"tables[0].kind\" must be"},
    {"\"e-mail\"",                      "\"id\"",                     "\"tables[0].columns[1]\" is \"id\", which"},
    {"\"config\": null",                "\"config\": true",           "\"tables[0].config\" must be a text"},
    {"\"root\": null",                  "\"root\": {\"schema\": \"a\"}", "\"tables[0].root.name\" is missing"},
    {"\"root\": null",                  "\"root\": []",               "\"tables[0].root\" must be an object"},
    {"\"rows\": 1234,",                 "\"rows\": 1233,",            "\"tables[0].rows\" is 1233, but its parts hold 1234"},
    {"\"rows\": 1000,",                 "\"rows\": 1001,",            "\"tables[0].rows\" is 1234, but its parts hold 1235"},
    {"\"rows\": 1239,",                 "\"rows\": 1240,",            "\"total.rows\" is 1240, but the tables hold 1239"},
    {"\"left_out\": false,\n      \"rows\": 1234", "\"left_out\": true,\n      \"rows\": 1234", "\"tables[0].left_out\" is true, but"},
    /* the rest */
    {"\"count\": 2,",                   "\"count\": 0,",              "\"large_objects.dump\" is there, but their count is 0"},
    {"\"count\": 2,",                   "\"count\": 3.5,",            "\"large_objects.count\" must be a whole number"},
    {"\"digest\": \"0123456789abcdef0123456789abcdef\"", "\"digest\": \"\"", "\"large_objects.digest\" and"},
    {"\"digest\": \"0123456789abcdef0123456789abcdef\"", "\"digest\": \"0123\"", "\"large_objects.digest\" is not a digest"},
    {"\"name\": \"down\"",              "\"name\": \"orders_id_seq\"", "\"sequences[1]\" is"},
    {"\"name\": \"later\"",             "\"name\": \"totals\"",       "\"materialized_views[1]\" is"},
    {"\"name\": \"uuid-ossp\"",         "\"name\": \"plpgsql\"",      "\"extensions[1]\" is"},
    {"\"last_value\": 1234",            "\"last_value\": \"1234\"",   "\"sequences[0].last_value\" must be"},
    {"\"globals\": {",                  "\"globals\": 5, \"g\": {",   "\"globals\" must be an object"},
};
/* clang-format on */

/* `text` with the first `from` replaced; the caller frees it. */
static char *edited(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    if (at == NULL)
        fail_msg("there is no %s in the manifest", from);
    char *result = NULL;
    if (asprintf(&result, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) < 0)
        abort();
    return result;
}

static void an_edited_manifest_names_the_key(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    char *text = formatted(test_manifest(arena));
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        struct gd_error err = {0};
        struct gd_manifest *manifest = NULL;
        char *other = edited(text, edits[i].from, edits[i].to);
        struct gd_status status = gd_manifest_parse(other, strlen(other), arena, &manifest, &err);
        if (status.code != GD_CORRUPT || strstr(err.text, edits[i].error) == NULL)
            fail_msg("%s -> %s: %s (%d), not: %s", edits[i].from, edits[i].to, err.text,
                     status.code, edits[i].error);
        free(other);
    }
    free(text);
}

static void a_digest_that_is_no_sum_is_found(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_manifest *manifest = test_manifest(arena);
    manifest->tables[0].digest.high ^= 1;
    assert_int_equal(gd_manifest_check(manifest, &err).code, GD_CORRUPT);
    assert_string_equal(err.text, "\"tables[0].digest\" is not the sum over its parts");
}

static void a_plain_dump_is_stored_as_it_is(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_manifest *manifest = test_manifest_small(NULL, arena);
    manifest->schema_dump.stored_sha256[0] ^= 1;
    assert_int_equal(gd_manifest_check(manifest, &err).code, GD_CORRUPT);
    assert_non_null(strstr(err.text, "schema_dump.stored_sha256"));
}

static void a_newer_format_is_refused_by_its_number(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_manifest *manifest = NULL;
    static const char newer[] = "{\"format\": 2, \"quite\": \"different\"}";
    struct gd_status status = gd_manifest_parse(newer, sizeof newer - 1, arena, &manifest, &err);
    assert_int_equal(status.code, GD_USAGE);
    assert_string_equal(err.text, "it has format 2, and this guardian reads formats up to 1");
}

static void bytes_that_are_no_utf8_are_not_written(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    char *text = NULL;
    size_t size = 0;
    struct gd_manifest *manifest = test_manifest(arena);
    manifest->tables[1].name = "caf\xe9";
    assert_int_equal(gd_manifest_format(manifest, &text, &size, &err).code, GD_UNPROTECTED);
    assert_non_null(strstr(err.text, "a value of \"name\" is not UTF-8"));
}

/* ---- keys ---- */

/* clang-format off */
static const struct { const char *database, *cluster; } clusters[] = {
    {"app",        "7-app"},
    {"My App",     "7-My~20App"},
    {"a-b/..",     "7-a~2Db~2F~2E~2E"},
    {"\xc3\xbc~",  "7-~C3~BC~7E"},
};
static const struct { const char *cluster; bool valid; } forms[] = {
    {"7301234567890123456-shop", true}, {"7-~C3~BC", true}, {"7-a~2Db", true},
    {"7-", false}, {"-app", false}, {"7app", false}, {"7-a/b", false}, {"7-a~2d", false},
    {"7-a~2", false}, {"7-..", false}, {"", false}, {"123456789012345678901-a", false},
};
static const struct { const char *name; bool valid; } names[] = {
    {"schema.dump", true}, {"blobs.dump", true}, {"data/000001.copy.zst", true},
    {"data/999999999.copy.zst", true}, {"data/0000000001.copy.zst", false},
    {"manifest.json", false}, {"data/1.copy.zst", false}, {"data/00000a.copy.zst", false},
    {"data/000001.copy", false}, {"data/000001.copy.zst.", false}, {"", false},
    {"./schema.dump", false}, {"data//000001.copy.zst", false},
};
/* clang-format on */

static void names_of_databases_become_safe_segments(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    for (size_t i = 0; i < sizeof clusters / sizeof clusters[0]; i++) {
        const char *cluster = gd_cluster_name("7", clusters[i].database, arena);
        assert_string_equal(cluster, clusters[i].cluster);
        assert_true(gd_cluster_valid(cluster));
        assert_string_equal(gd_cluster_database(cluster, arena), clusters[i].database);
    }
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (gd_cluster_valid(forms[i].cluster) != forms[i].valid)
            fail_msg("%s", forms[i].cluster);
    assert_null(gd_cluster_database("7-a~", arena));
}

static void only_known_forms_of_objects_are_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (gd_object_name_valid(names[i].name) != names[i].valid)
            fail_msg("%s", names[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_the_golden_file),
        cmocka_unit_test(what_was_read_is_written_again_byte_for_byte),
        cmocka_unit_test(every_value_comes_back),
        cmocka_unit_test(a_small_one_has_none_of_what_may_be_missing),
        cmocka_unit_test(an_edited_manifest_names_the_key),
        cmocka_unit_test(a_digest_that_is_no_sum_is_found),
        cmocka_unit_test(a_plain_dump_is_stored_as_it_is),
        cmocka_unit_test(a_newer_format_is_refused_by_its_number),
        cmocka_unit_test(bytes_that_are_no_utf8_are_not_written),
        cmocka_unit_test(names_of_databases_become_safe_segments),
        cmocka_unit_test(only_known_forms_of_objects_are_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
