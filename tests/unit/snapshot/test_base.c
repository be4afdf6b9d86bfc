#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/snapshot/base.h"
#include "guardian/store/memory.h"
#include "harness/reports.h"

#define SYSTEM UINT64_C(7301234567890123456)
#define OLDER "20261121T030000Z-0000000001"
#define NEWER "20261122T030000Z-0000000002"

/* ---- made by hand ---- */

static struct gd_stored stored(const char *name, uint64_t bytes, uint64_t stored_bytes)
{
    struct gd_stored object = {.name = name, .bytes = bytes, .stored_bytes = stored_bytes};
    for (size_t i = 0; i + 1 < GD_DIGEST_HEX_SIZE; i += 2) {
        snprintf(object.sha256 + i, 3, "%02x", (unsigned)(bytes & 0xff));
        snprintf(object.stored_sha256 + i, 3, "%02x", (unsigned)(stored_bytes & 0xff));
    }
    return object;
}

static struct gd_base_object *objects_of(struct gd_arena *arena)
{
    struct gd_base_object *objects = gd_arena_zalloc(arena, 4, sizeof *objects);
    objects[0] = (struct gd_base_object){.owner = NEWER,
                                         .stored = stored("data/000001.tar.zst", 4096, 900),
                                         .tablespace = 16400,
                                         .files = 3};
    objects[1] = (struct gd_base_object){
        .owner = NEWER, .stored = stored("data/000002.tar.zst", 1024 * 1024, 5000), .files = 40};
    objects[2] = (struct gd_base_object){.owner = OLDER,
                                         .stored = stored("data/000007.tar.zst", 8390144, 70001),
                                         .files = 1,
                                         .file = "base/5/16387.1"};
    objects[3] = (struct gd_base_object){.owner = NEWER,
                                         .stored = stored("data/000003.tar.zst", 10240, 333),
                                         .files = 1,
                                         .file = "global/pg_control"};
    for (size_t i = 0; i < 4; i++) {
        memcpy(objects[i].files_sha256, objects[i].stored.sha256, GD_DIGEST_HEX_SIZE);
        objects[i].stored.sha256[0] = '\0';
    }
    return objects;
}

static struct gd_base_setting *settings_of(struct gd_arena *arena)
{
    struct gd_base_setting *settings = gd_arena_zalloc(arena, 2, sizeof *settings);
    settings[0] =
        (struct gd_base_setting){"config_file", "/etc/postgresql/15/main/postgresql.conf", true};
    settings[1] =
        (struct gd_base_setting){"hba_file", "/etc/postgresql/15/main/pg_hba.conf", false};
    return settings;
}

static struct gd_base *example(struct gd_arena *arena)
{
    struct gd_base *base = gd_arena_zalloc(arena, 1, sizeof *base);
    memcpy(base->id, NEWER, sizeof NEWER);
    base->system_identifier = SYSTEM;
    base->segment_bytes = 16 << 20;
    base->label = "nightly \"one\"";
    base->guardian_version = "0.1.0";
    base->server_text = "15.18 (Debian 15.18-0+deb12u1)";
    base->server_version = 150018;
    base->timeline = base->stop_timeline = 3;
    base->start_lsn = UINT64_C(0x1641000028);
    base->stop_lsn = UINT64_C(0x1642000100);
    base->started_us = 1795384087000000;
    base->stopped_us = 1795384091500000;
    base->after = "";
    base->checksums = true;
    base->key_id = "00f1e2d3c4b5a697";
    base->tablespaces = gd_arena_zalloc(arena, 1, sizeof *base->tablespaces);
    base->tablespaces[0] = (struct gd_base_tablespace){16400, "/srv/fast disk"};
    base->tablespace_count = 1;
    base->backup_manifest = stored("backup_manifest.zst", 9000, 2000);
    base->config = stored("config.tar.zst", 30720, 7000);
    base->settings = settings_of(arena);
    base->setting_count = 2;
    base->objects = objects_of(arena);
    base->object_count = 4;
    base->bytes = 4096 + 1024 * 1024 + 8390144 + 10240 + 9000 + 30720;
    base->stored_bytes = 900 + 5000 + 333 + 2000 + 7000;
    return base;
}

static char *formatted(const struct gd_base *base)
{
    struct gd_error err = {0};
    char *text = NULL;
    size_t size = 0;
    if (gd_base_format(base, &text, &size, &err).code != GD_OK)
        fail_msg("%s", err.text);
    assert_int_equal(strlen(text), size);
    return text;
}

/* ---- there and back ---- */

static void what_is_written_is_the_golden_file(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    char *text = formatted(example(arena));
    assert_true(test_golden("../golden/base-1.json", text, strlen(text)));
    free(text);
}

static void every_value_comes_back(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_base *back = NULL;
    char *text = formatted(example(arena));
    if (gd_base_parse(text, strlen(text), arena, &back, &err).code != GD_OK)
        fail_msg("%s", err.text);
    char *again = formatted(back);
    assert_string_equal(text, again);
    free(text);
    free(again);
    assert_string_equal(back->id, NEWER);
    assert_true(back->system_identifier == SYSTEM);
    assert_true(back->start_lsn == UINT64_C(0x1641000028) && back->stop_timeline == 3);
    assert_int_equal(back->tablespaces[0].oid, 16400);
    assert_string_equal(back->objects[2].owner, OLDER);
    assert_string_equal(back->objects[2].file, "base/5/16387.1");
    assert_null(back->objects[1].file);
    assert_int_equal(back->objects[1].tablespace, 0);
    assert_string_equal(back->after, "");
    assert_false(back->settings[1].saved);
    assert_int_equal(back->stopped_us, 1795384091500000);
}

/* ---- an edited manifest names what is wrong ---- */

/* clang-format off */
static const struct { const char *from, *to, *error; } edits[] = {
    {"\"format\": 1",              "\"format\": 0",               "\"format\" is not the number"},
    {"\"label\": ",                "\"lable\": ",                 "\"label\" is missing"},
    {"\"after\": null,",           "\"after\": null, \"x\": 1,",  "\"x\" is not a key of this format"},
    {"\"id\": \"2026",             "\"id\": \"../2026",           "\"id\" is not an id"},
    {"\"7301234567890123456\"",    "7301234567890123456",         "\"system_identifier\" must be a text"},
    {"\"7301234567890123456\"",    "\"-1\"",                      "\"system_identifier\" is not a system identifier"},
    {"\"7301234567890123456\"",    "\"0\"",                       "\"system_identifier\" is not a system identifier"},
    {"\"7301234567890123456\"",    "\"18446744073709551616\"",    "\"system_identifier\" is not a system identifier"},
    {"\"after\": null",            "\"after\": \"x\"",            "\"after\" is not an id"},
    {"\"after\": null",            "\"after\": \"" NEWER "\"",    "\"after\" is \"" NEWER "\", which is not older"},
    {"\"segment_bytes\": 16777216", "\"segment_bytes\": 16777217", "\"source.segment_bytes\" is 16777217"},
    {"\"timeline\": 3",            "\"timeline\": 0",             "\"wal.timeline\" is not a timeline"},
    {"\"stop_timeline\": 3",       "\"stop_timeline\": 2",        "\"wal.stop_timeline\" is below"},
    {"\"start\": \"16/41000028\"", "\"start\": \"16-41000028\"",  "\"wal.start\" is not an LSN"},
    {"\"start\": \"16/41000028\"", "\"start\": \"\"",             "\"wal.start\" is not an LSN"},
    {"\"stop\": \"16/42000100\"",  "\"stop\": \"16/1\"",          "\"wal.stop\" is before"},
    {"\"stopped\": \"2026",        "\"stopped\": \"2025",         "\"time.stopped\" is before"},
    {"\"oid\": 16400",             "\"oid\": 0",                  "\"tablespaces[0].oid\" is not an OID"},
    {"\"oid\": 16400",             "\"oid\": 16401",              "\"objects[0].tablespace\" is 16400, which is none of"},
    {"\"name\": \"hba_file\"",     "\"name\": \"config_file\"",   "\"outside.files[1].name\" is \"config_file\", which"},
    {"\"saved\": true",            "\"saved\": false",            "\"outside.archive\" is there, but none of the files"},
    {"config.tar.zst",             "backup_manifest.zst",         "\"outside.archive.object\" is not"},
    {"\"object\": \"backup_manifest.zst\"", "\"object\": \"config.tar.zst\"", "\"backup_manifest.object\" is not"},
    {"\"object\": \"backup_manifest.zst\"", "\"object\": \"../x.zst\"", "\"backup_manifest.object\" is not the name of an object"},
    {"data/000001.tar.zst",        "data/1.tar.zst",              "\"objects[0].object\" is not the name of an object"},
    {"data/000001.tar.zst",        "data/../../x",                "\"objects[0].object\" is not the name of an object"},
    {"data/000001.tar.zst",        "data/000001.copy.zst",        "\"objects[0].object\" is not the name of an object"},
    {"data/000001.tar.zst",        "config.tar.zst",              "\"objects[0].object\" is not an object with files"},
    {"data/000002.tar.zst",        "data/000001.tar.zst",         "\"objects[1].object\" is \"data/000001.tar.zst\", which"},
    {"\"bytes\": 4096",            "\"bytes\": 4095",             "\"objects[0].bytes\" is 4095, which no archive has"},
    {"\"bytes\": 4096",            "\"bytes\": 512",              "\"objects[0].bytes\" is 512, which no archive has"},
    {"\"bytes\": 4096",            "\"bytes\": 4608",             "\"total.bytes\" is"},
    {"\"stored_bytes\": 900",      "\"stored_bytes\": 0",         "\"objects[0].stored_bytes\" is 0"},
    {"\"stored_bytes\": 900",      "\"stored_bytes\": 901",       "\"total.stored_bytes\" is 15233, but its own objects take 15234"},
    {"\"tablespace\": 16400",      "\"tablespace\": -1",          "\"objects[0].tablespace\" is not an OID"},
    {"\"files\": 3",               "\"files\": 7",                "\"objects[0].files\" does not fit"},
    {"\"owner\": \"" OLDER "\"",   "\"owner\": \"x\"",            "\"objects[2].owner\" is not an id"},
    {"\"owner\": \"" OLDER "\"",   "\"owner\": \"20991121T030000Z-0000000001\"", "\"objects[2].owner\" is"},
    {"\"file\": \"base/5/16387.1\"", "\"file\": null",            "\"objects[2].owner\" is another backup, but"},
    {"\"file\": \"base/5/16387.1\"", "\"file\": \"\"",            "\"objects[2].file\" is empty"},
    {"\"file\": \"base/5/16387.1\"", "\"file\": \"../5/16387.1\"", "\"objects[2].file\" is not a path below"},
    {"\"file\": \"base/5/16387.1\"", "\"file\": \"/etc/passwd\"", "\"objects[2].file\" is not a path below"},
    {"\"files\": 1,\n      \"file\": \"global", "\"files\": 2,\n      \"file\": \"global", "\"objects[3].files\" is 2, but"},
};
static const struct { const char *name; bool valid; } names[] = {
    {"backup_manifest.zst", true}, {"config.tar.zst", true}, {"data/000001.tar.zst", true},
    {"data/0000000001.tar.zst", false}, {"manifest.json", false}, {"data/1.tar.zst", false},
    {"data/000001.tar", false}, {"", false}, {"data//000001.tar.zst", false},
};
/* clang-format on */

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
    char *text = formatted(example(arena));
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        struct gd_error err = {0};
        struct gd_base *base = NULL;
        char *other = edited(text, edits[i].from, edits[i].to);
        struct gd_status status = gd_base_parse(other, strlen(other), arena, &base, &err);
        if (status.code != GD_CORRUPT || strstr(err.text, edits[i].error) == NULL)
            fail_msg("%s -> %s: %s (%d), not: %s", edits[i].from, edits[i].to, err.text,
                     status.code, edits[i].error);
        free(other);
    }
    free(text);
}

static void the_last_object_is_the_one_that_makes_it_start(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_base *base = example(arena);
    base->objects[3].tablespace = 16400;
    assert_int_equal(gd_base_check(base, &err).code, GD_CORRUPT);
    assert_non_null(strstr(err.text, "global/pg_control"));
}

static void a_newer_format_is_refused_by_its_number(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_base *base = NULL;
    static const char newer[] = "{\"format\": 2, \"quite\": \"different\"}";
    assert_int_equal(gd_base_parse(newer, sizeof newer - 1, arena, &base, &err).code, GD_USAGE);
    assert_string_equal(err.text, "it has format 2, and this guardian reads formats up to 1");
}

static void only_known_forms_of_objects_are_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (gd_base_object_name_valid(names[i].name) != names[i].valid)
            fail_msg("%s", names[i].name);
}

/* ---- in a store ---- */

static void put(struct gd_store *store, const char *id, const char *name, size_t size)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    char *bytes = gd_arena_zalloc(arena, size + 1, 1);
    if (gd_store_put_bytes(store, gd_base_key(SYSTEM, id, name, arena), bytes, size, &err).code !=
        GD_OK)
        fail_msg("%s", err.text);
}

static void put_objects(struct gd_store *store)
{
    put(store, OLDER, "data/000007.tar.zst", 70001);
    put(store, NEWER, "data/000001.tar.zst", 900);
    put(store, NEWER, "data/000002.tar.zst", 5000);
    put(store, NEWER, "data/000003.tar.zst", 333);
    put(store, NEWER, "backup_manifest.zst", 2000);
    put(store, NEWER, "config.tar.zst", 7000);
}

static void put_manifest(struct gd_store *store, struct gd_arena *arena)
{
    struct gd_error err = {0};
    char sha256[GD_DIGEST_HEX_SIZE];
    if (gd_base_store(store, example(arena), sha256, &err).code != GD_OK)
        fail_msg("%s", err.text);
}

static void a_list_tells_what_is_finished_and_what_is_missing(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    gd_auto_store store = gd_memory_store_new(1 << 20);
    struct gd_error err = {0};
    struct gd_base_listed *listed = NULL;
    size_t count = 0;
    put_objects(store);
    put_manifest(store, arena);
    assert_int_equal(gd_base_list(store, SYSTEM, arena, &listed, &count, &err).code, GD_OK);
    assert_int_equal(count, 2);
    assert_string_equal(listed[0].id, OLDER);
    assert_true(listed[0].unfinished && listed[0].base == NULL);
    assert_int_equal(listed[0].litter_bytes, 70001);
    assert_string_equal(listed[1].id, NEWER);
    assert_null(listed[1].problem);
    assert_false(listed[1].unfinished);
    assert_null(listed[1].base->objects);
    assert_int_equal(listed[1].owner_count, 1);
    assert_string_equal(listed[1].owners[0], OLDER);
    assert_string_equal(listed[1].base->tablespaces[0].path, "/srv/fast disk");
    const char *key = gd_base_key(SYSTEM, OLDER, "data/000007.tar.zst", arena);
    assert_int_equal(gd_store_remove(store, key, &err).code, GD_OK);
    assert_int_equal(gd_base_list(store, SYSTEM, arena, &listed, &count, &err).code, GD_OK);
    assert_int_equal(count, 1);
    assert_non_null(strstr(listed[0].problem, "data/000007.tar.zst\" is missing"));
}

static void it_is_found_by_the_beginning_of_its_id(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    gd_auto_store store = gd_memory_store_new(1 << 20);
    struct gd_error err = {0};
    const char *id = NULL;
    uint64_t system = 0, *systems = NULL;
    size_t count = 0;
    put_objects(store);
    assert_int_equal(gd_base_find(store, 0, "20261122", arena, &system, &id, &err).code, GD_OK);
    assert_string_equal(id, NEWER);
    assert_true(system == SYSTEM);
    assert_int_equal(gd_base_find(store, 0, "2026", arena, &system, &id, &err).code, GD_USAGE);
    assert_non_null(strstr(err.text, "may be any of 2 base backups"));
    assert_int_equal(gd_base_find(store, SYSTEM, "1999", arena, &system, &id, &err).code, GD_USAGE);
    assert_int_equal(gd_base_systems(store, arena, &systems, &count, &err).code, GD_OK);
    assert_int_equal(count, 1);
    assert_true(systems[0] == SYSTEM);
}

static void loading_says_what_is_wrong(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    gd_auto_store store = gd_memory_store_new(1 << 20);
    struct gd_error err = {0};
    struct gd_base *base = NULL;
    char sha256[GD_DIGEST_HEX_SIZE];
    put_objects(store);
    assert_int_equal(gd_base_load(store, SYSTEM, NEWER, arena, &base, sha256, &err).code, GD_USAGE);
    assert_non_null(strstr(err.text, "has no manifest"));
    put_manifest(store, arena);
    assert_int_equal(gd_base_load(store, SYSTEM, NEWER, arena, &base, sha256, &err).code, GD_OK);
    assert_int_equal(base->object_count, 4);
    char *text = formatted(base);
    const char *wrong = gd_base_key(SYSTEM, OLDER, "manifest.json", arena);
    assert_int_equal(gd_store_put_bytes(store, wrong, text, strlen(text), &err).code, GD_OK);
    free(text);
    assert_int_equal(gd_base_load(store, SYSTEM, OLDER, arena, &base, sha256, &err).code,
                     GD_CORRUPT);
    assert_non_null(strstr(err.text, "but it lies where"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_the_golden_file),
        cmocka_unit_test(every_value_comes_back),
        cmocka_unit_test(an_edited_manifest_names_the_key),
        cmocka_unit_test(the_last_object_is_the_one_that_makes_it_start),
        cmocka_unit_test(a_newer_format_is_refused_by_its_number),
        cmocka_unit_test(only_known_forms_of_objects_are_names),
        cmocka_unit_test(a_list_tells_what_is_finished_and_what_is_missing),
        cmocka_unit_test(it_is_found_by_the_beginning_of_its_id),
        cmocka_unit_test(loading_says_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
