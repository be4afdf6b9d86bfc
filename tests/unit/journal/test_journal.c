#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guardian/base/fault.h"
#include "guardian/journal/keep.h"
#include "guardian/snapshot/list.h"
#include "harness/shelves.h"

#define CLUSTER "7301234567890123456-shop"
#define FIRST "20261120T000000Z-00000000aa"
#define SECOND "20261121T000000Z-00000000bb"
#define FOLDER "v1/" CLUSTER "/changes/"

/* --- helpers ---------------------------------------------------------------------------------- */

static struct gd_json *body(const char *key, const char *text)
{
    struct gd_json *object = gd_json_object();
    if (key != NULL)
        gd_json_put(object, key, gd_json_new_text(text));
    return object;
}

static struct gd_journal *begin(const struct test_shelf *shelf, const char *change)
{
    struct gd_error err = {0};
    struct gd_journal *journal = NULL;
    assert_int_equal(gd_journal_new(shelf->store, CLUSTER, change, &journal, &err).code, GD_OK);
    return journal;
}

static struct gd_journal *resume(const struct test_shelf *shelf, const char *change)
{
    struct gd_error err = {0};
    struct gd_journal *journal = NULL;
    if (gd_journal_resume(shelf->store, CLUSTER, change, &journal, &err).code != GD_OK)
        fail_msg("%s", err.text);
    return journal;
}

static void record(struct gd_journal *journal, enum gd_record_kind kind)
{
    struct gd_error err = {0};
    if (gd_journal_write(journal, kind, body("what", gd_record_name(kind)), &err).code != GD_OK)
        fail_msg("%s", err.text);
}

static void whole_change(const struct test_shelf *shelf, const char *change)
{
    struct gd_journal *journal = begin(shelf, change);
    for (int kind = GD_RECORD_RECEIVED; kind <= GD_RECORD_CLOSED; kind++)
        record(journal, (enum gd_record_kind)kind);
    gd_journal_free(journal);
}

static enum gd_code read_change(const struct test_shelf *shelf, const char *change,
                                struct gd_arena *arena, struct gd_records *records,
                                struct gd_error *err)
{
    *err = (struct gd_error){0};
    *records = (struct gd_records){0};
    return gd_journal_read(shelf->store, CLUSTER, change, arena, records, err).code;
}

static void assert_records(const struct test_shelf *shelf, const char *change, size_t count,
                           bool torn)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_records records;
    struct gd_error err;
    if (read_change(shelf, change, arena, &records, &err) != GD_OK)
        fail_msg("%s", err.text);
    assert_int_equal(records.count, count);
    assert_int_equal(records.torn, torn);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(records.items[i].number, i + 1);
    gd_records_done(&records);
}

static void assert_damaged(const struct test_shelf *shelf, const char *change, const char *words)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_records records;
    struct gd_error err;
    assert_int_equal(read_change(shelf, change, arena, &records, &err), GD_CORRUPT);
    if (strstr(err.text, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

static const char *key_of(const char *change, const char *name)
{
    static char key[200];
    snprintf(key, sizeof key, FOLDER "%s/%s", change, name);
    return key;
}

/* --- what is kept ----------------------------------------------------------------------------- */

static void records_are_read_in_order_with_their_bodies(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_records records;
    struct gd_error err;
    whole_change(shelf, FIRST);
    assert_int_equal(read_change(shelf, FIRST, arena, &records, &err), GD_OK);
    assert_int_equal(records.count, 9);
    assert_true(records.marked);
    for (size_t i = 0; i < records.count; i++) {
        const struct gd_record *found = &records.items[i];
        assert_int_equal(found->kind, i);
        assert_string_equal(gd_json_text(gd_json_get(found->body, "what")),
                            gd_record_name((enum gd_record_kind)i));
        assert_string_equal(gd_json_text(gd_json_get(found->body, "change")), FIRST);
        assert_true(found->time_us > 0);
    }
    gd_records_done(&records);
    assert_int_equal(test_shelf_count(shelf, FOLDER FIRST "/"), 10);
}

static void what_is_held_goes_out_with_the_next_record(void **state)
{
    const struct test_shelf *shelf = *state;
    struct gd_error err = {0};
    struct gd_journal *journal = begin(shelf, FIRST);
    assert_int_equal(gd_journal_hold(journal, GD_RECORD_RECEIVED, body(NULL, NULL), &err).code,
                     GD_OK);
    assert_false(gd_journal_begun(journal));
    assert_int_equal(test_shelf_count(shelf, FOLDER), 0);
    record(journal, GD_RECORD_DECIDED);
    assert_true(gd_journal_begun(journal));
    assert_int_equal(test_shelf_count(shelf, FOLDER), 1);
    record(journal, GD_RECORD_APPLYING);
    gd_journal_free(journal);
    assert_records(shelf, FIRST, 3, false);
}

static void the_copy_of_the_last_record_tells_as_much(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_records records = {0};
    struct gd_error err = {0};
    whole_change(shelf, FIRST);
    assert_int_equal(
        gd_journal_read_closed(shelf->store, CLUSTER, FIRST, 9, arena, &records, &err).code, GD_OK);
    assert_int_equal(records.count, 1);
    assert_int_equal(records.items[0].kind, GD_RECORD_CLOSED);
    assert_int_equal(records.items[0].number, 9);
    gd_records_done(&records);
    test_shelf_put(shelf, key_of(FIRST, "closed-000009"), "{}", 2);
    assert_int_equal(
        gd_journal_read_closed(shelf->store, CLUSTER, FIRST, 9, arena, &records, &err).code,
        GD_CORRUPT);
}

static void changes_are_listed_oldest_first(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_change_entry *entries = NULL;
    size_t count = 0;
    struct gd_journal *journal = begin(shelf, SECOND);
    record(journal, GD_RECORD_RECEIVED);
    gd_journal_free(journal);
    whole_change(shelf, FIRST);
    assert_int_equal(gd_journal_rolled_back(shelf->store, CLUSTER, FIRST, SECOND, &err).code,
                     GD_OK);
    assert_int_equal(gd_journal_rolled_back(shelf->store, CLUSTER, FIRST, SECOND, &err).code,
                     GD_OK);
    test_shelf_put(shelf, "v1/approvals/x.json", "{}", 2);
    test_shelf_put(shelf, FOLDER "strange/000001", "{}", 2);
    for (unsigned all = 0; all < 2; all++) {
        assert_int_equal(
            gd_journal_list(shelf->store, all ? NULL : CLUSTER, arena, &entries, &count, &err).code,
            GD_OK);
        assert_int_equal(count, 2);
        assert_string_equal(entries[0].change, FIRST);
        assert_string_equal(entries[0].cluster, CLUSTER);
        assert_true(entries[0].closed && entries[0].closed_number == 9);
        assert_int_equal(entries[0].objects, 9);
        assert_string_equal(entries[0].rolled_back_by, SECOND);
        assert_string_equal(entries[1].change, SECOND);
        assert_true(!entries[1].closed && entries[1].objects == 1);
        assert_true(entries[1].time_us - entries[0].time_us == INT64_C(86400000000));
    }
}

static void a_snapshot_of_an_open_change_is_kept_until_it_closes(void **state)
{
    const struct test_shelf *shelf = *state;
    struct gd_error err = {0};
    bool open = false;
    struct gd_journal *journal = begin(shelf, FIRST);
    record(journal, GD_RECORD_RECEIVED);
    assert_int_equal(gd_snapshot_change_open(shelf->store, CLUSTER, FIRST, &open, &err).code,
                     GD_OK);
    assert_true(open);
    record(journal, GD_RECORD_CLOSED);
    assert_int_equal(gd_snapshot_change_open(shelf->store, CLUSTER, FIRST, &open, &err).code,
                     GD_OK);
    assert_false(open);
    gd_journal_free(journal);
}

/* --- going on --------------------------------------------------------------------------------- */

static void a_journal_goes_on_where_it_stopped(void **state)
{
    const struct test_shelf *shelf = *state;
    struct gd_journal *journal = begin(shelf, FIRST);
    record(journal, GD_RECORD_RECEIVED);
    record(journal, GD_RECORD_DECIDED);
    gd_journal_free(journal);
    journal = resume(shelf, FIRST);
    assert_true(gd_journal_begun(journal) && !gd_journal_closed(journal));
    record(journal, GD_RECORD_CLOSED);
    gd_journal_free(journal);
    assert_records(shelf, FIRST, 3, false);
    journal = resume(shelf, FIRST);
    assert_true(gd_journal_closed(journal));
    gd_journal_free(journal);
}

static void of_two_writers_one_is_turned_away(void **state)
{
    const struct test_shelf *shelf = *state;
    struct gd_error err = {0};
    struct gd_journal *one = begin(shelf, FIRST);
    record(one, GD_RECORD_RECEIVED);
    struct gd_journal *other = resume(shelf, FIRST);
    record(other, GD_RECORD_CLOSED);
    assert_int_equal(gd_journal_write(one, GD_RECORD_APPLYING, body(NULL, NULL), &err).code,
                     GD_REFUSED);
    assert_non_null(strstr(err.text, "another guardian"));
    assert_int_equal(gd_journal_write(one, GD_RECORD_APPLYING, body(NULL, NULL), &err).code,
                     GD_UNPROTECTED);
    gd_journal_free(one);
    gd_journal_free(other);
    assert_records(shelf, FIRST, 2, false);
}

static void a_lost_mark_of_closing_is_set_again(void **state)
{
    const struct test_shelf *shelf = *state;
    struct gd_error err = {0};
    whole_change(shelf, FIRST);
    size_t size = 0, again_size = 0;
    char *before = test_shelf_bytes(shelf, key_of(FIRST, "closed-000009"), &size);
    assert_int_equal(gd_store_remove(shelf->store, key_of(FIRST, "closed-000009"), &err).code,
                     GD_OK);
    struct gd_journal *journal = resume(shelf, FIRST);
    assert_true(gd_journal_closed(journal));
    gd_journal_free(journal);
    char *again = test_shelf_bytes(shelf, key_of(FIRST, "closed-000009"), &again_size);
    assert_int_equal(size, again_size);
    assert_memory_equal(before, again, size);
    free(before);
    free(again);
}

/* --- damage ----------------------------------------------------------------------------------- */

static void a_torn_last_object_is_left_out_and_set_aside(void **state)
{
    const struct test_shelf *shelf = *state;
    struct gd_journal *journal = begin(shelf, FIRST);
    for (int i = 0; i < 3; i++)
        record(journal, GD_RECORD_APPLYING);
    gd_journal_free(journal);
    size_t size = 0;
    char *bytes = test_shelf_bytes(shelf, key_of(FIRST, "000003"), &size);
    for (size_t cut = 0; cut < size; cut += 7) {
        test_shelf_put(shelf, key_of(FIRST, "000003"), bytes, cut);
        assert_records(shelf, FIRST, 2, true);
    }
    free(bytes);
    journal = resume(shelf, FIRST);
    record(journal, GD_RECORD_APPLIED);
    record(journal, GD_RECORD_CLOSED);
    gd_journal_free(journal);
    assert_records(shelf, FIRST, 4, false);
    assert_int_equal(test_shelf_count(shelf, FOLDER FIRST "/"), 6);
}

static void nothing_but_a_torn_object_is_a_change_without_records(void **state)
{
    const struct test_shelf *shelf = *state;
    test_shelf_put(shelf, key_of(FIRST, "000001"), "GDJ1", 4);
    assert_records(shelf, FIRST, 0, true);
    struct gd_journal *journal = resume(shelf, FIRST);
    assert_false(gd_journal_begun(journal));
    record(journal, GD_RECORD_CLOSED);
    gd_journal_free(journal);
    assert_records(shelf, FIRST, 1, false);
}

/* What is done to the change of nine records, and the words that tell it. */
static const struct {
    const char *name, *words;
    bool moved;  /* takes the bytes of object `from` of another change */
    bool remove; /* … or goes */
    const char *from, *text;
} damages[] = {
    {"000004", "an object before it is missing", false, true, NULL, NULL},
    {"000004", "it is no record, and others follow", false, false, NULL, "rubbish"},
    {"000004", "it does not follow from the record before it", false, false, "000005", NULL},
    {"000004", "it does not follow from the record before it", true, false, "000004", NULL},
    {"000009", "it does not follow from the record before it", true, false, "000009", NULL},
    {"000010", "it follows the record that closes the change", false, false, "next", NULL},
    {"000009", "the record that closes it is missing", false, true, NULL, NULL},
    {"000009", "the record that closes it is missing", false, false, NULL, "torn"},
};

/* A good frame that follows the last one, as a program that knows the format would write it. */
static char *next_frame(const struct test_shelf *shelf, size_t *out_size)
{
    struct gd_error err = {0};
    struct gd_journal_state loaded = {0};
    gd_auto_arena arena = gd_arena_new();
    gd_auto_sink sink = gd_mem_sink_new(4096);
    static const char payload[] = "{\"record\":\"applied\",\"number\":10,\"change\":\"" FIRST
                                  "\",\"time\":\"2026-11-20T00:00:00Z\",\"format\":1}\n";
    assert_int_equal(gd_journal_load(shelf->store, CLUSTER, FIRST, arena, &loaded, &err).code,
                     GD_OK);
    gd_records_done(&loaded.records);
    assert_int_equal(gd_frame_write(sink, &loaded.chain, payload, sizeof payload - 1, &err).code,
                     GD_OK);
    const void *data = gd_mem_sink_data(sink, out_size);
    char *copy = malloc(*out_size);
    assert_non_null(copy);
    memcpy(copy, data, *out_size);
    return copy;
}

static void damage_in_the_middle_is_named(void **state)
{
    const struct test_shelf *shelf = *state;
    whole_change(shelf, FIRST);
    whole_change(shelf, SECOND);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        size_t size = 0, old_size = 0;
        struct gd_error err = {0};
        bool is_new = strcmp(damages[i].name, "000010") == 0;
        char *old =
            is_new ? NULL : test_shelf_bytes(shelf, key_of(FIRST, damages[i].name), &old_size);
        if (damages[i].remove) {
            assert_int_equal(
                gd_store_remove(shelf->store, key_of(FIRST, damages[i].name), &err).code, GD_OK);
        } else if (damages[i].text != NULL) {
            test_shelf_put(shelf, key_of(FIRST, damages[i].name), damages[i].text,
                           strlen(damages[i].text));
        } else {
            char *bytes =
                is_new
                    ? next_frame(shelf, &size)
                    : test_shelf_bytes(
                          shelf, key_of(damages[i].moved ? SECOND : FIRST, damages[i].from), &size);
            test_shelf_put(shelf, key_of(FIRST, damages[i].name), bytes, size);
            free(bytes);
        }
        assert_damaged(shelf, FIRST, damages[i].words);
        if (is_new)
            assert_int_equal(
                gd_store_remove(shelf->store, key_of(FIRST, damages[i].name), &err).code, GD_OK);
        else
            test_shelf_put(shelf, key_of(FIRST, damages[i].name), old, old_size);
        free(old);
        assert_records(shelf, FIRST, 9, false);
    }
}

static void a_journal_of_a_later_format_is_refused(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    gd_auto_sink sink = gd_mem_sink_new(4096);
    struct gd_records records;
    struct gd_error err = {0};
    struct gd_chain chain = gd_chain_first(FOLDER FIRST "/");
    static const char payload[] = "{\"record\":\"dreaming\",\"format\":2}\n";
    size_t size = 0;
    assert_int_equal(gd_frame_write(sink, &chain, payload, sizeof payload - 1, &err).code, GD_OK);
    const void *data = gd_mem_sink_data(sink, &size);
    test_shelf_put(shelf, key_of(FIRST, "000001"), data, size);
    assert_int_equal(read_change(shelf, FIRST, arena, &records, &err), GD_USAGE);
    assert_non_null(strstr(err.text, "has format 2"));
    assert_int_equal(read_change(shelf, SECOND, arena, &records, &err), GD_USAGE);
    assert_non_null(strstr(err.text, "there is no change"));
    assert_int_equal(read_change(shelf, "../x", arena, &records, &err), GD_USAGE);
}

/* --- attachments ------------------------------------------------------------------------------ */

static const char *attach(struct gd_journal *journal, const char *name, const char *text,
                          const struct gd_key *key, struct gd_arena *arena)
{
    struct gd_error err = {0};
    const char *object_key = NULL;
    struct gd_status status =
        gd_journal_attach(journal, name, text, strlen(text), key, arena, &object_key, &err);
    if (status.code != GD_OK)
        fail_msg("%s", err.text);
    return object_key;
}

static void assert_attached(const struct test_shelf *shelf, const char *object_key,
                            const struct gd_key *key, const char *text)
{
    struct gd_error err = {0};
    char *data = NULL;
    size_t size = 0;
    if (gd_journal_attachment(shelf->store, object_key, key, 1000, &data, &size, &err).code !=
        GD_OK)
        fail_msg("%s", err.text);
    assert_string_equal(data, text);
    assert_int_equal(size, strlen(text));
    free(data);
}

static void a_text_is_kept_beside_the_records(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_journal *journal = begin(shelf, FIRST);
    record(journal, GD_RECORD_RECEIVED);
    const char *one = attach(journal, "text-1", "DROP TABLE a;", NULL, arena);
    const char *same = attach(journal, "text-1", "DROP TABLE a;", NULL, arena);
    const char *other = attach(journal, "text-1", "", NULL, arena);
    assert_string_equal(one, same);
    assert_string_not_equal(one, other);
    assert_attached(shelf, one, NULL, "DROP TABLE a;");
    assert_attached(shelf, other, NULL, "");
    assert_records(shelf, FIRST, 1, false);
    struct gd_error err = {0};
    const char *none = NULL;
    static const char *const bad[] = {"", "000002", "closed-1", "a/b", "..", "rolled-back-x"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(gd_journal_attach(journal, bad[i], "x", 1, NULL, arena, &none, &err).code,
                         GD_USAGE);
    gd_journal_free(journal);
}

static void a_sealed_text_needs_its_key(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    gd_auto_key key = NULL;
    gd_auto_key wrong = NULL;
    char hex[65], *data = NULL;
    size_t size = 0;
    struct gd_error err = {0};
    gd_key_generate(hex);
    assert_int_equal(gd_key_parse(hex, &key, &err).code, GD_OK);
    gd_key_generate(hex);
    assert_int_equal(gd_key_parse(hex, &wrong, &err).code, GD_OK);
    struct gd_journal *journal = begin(shelf, FIRST);
    const char *object_key = attach(journal, "text", "SECRET", key, arena);
    assert_string_equal(attach(journal, "text", "SECRET", key, arena), object_key);
    assert_attached(shelf, object_key, key, "SECRET");
    char *raw = test_shelf_bytes(shelf, object_key, &size);
    assert_null(memmem(raw, size, "SECRET", 6));
    free(raw);
    assert_int_equal(
        gd_journal_attachment(shelf->store, object_key, NULL, 99, &data, &size, &err).code,
        GD_USAGE);
    assert_int_equal(
        gd_journal_attachment(shelf->store, object_key, wrong, 99, &data, &size, &err).code,
        GD_CORRUPT);
    gd_journal_free(journal);
}

/* --- every point ------------------------------------------------------------------------------ */

/* A change of five records, as guard writes it. @return how many are certain to be there */
static size_t write_five(struct gd_store *store, struct gd_error *err)
{
    static const enum gd_record_kind kinds[] = {GD_RECORD_DECIDED, GD_RECORD_APPLYING,
                                                GD_RECORD_APPLIED, GD_RECORD_CLOSED};
    gd_auto_arena arena = gd_arena_new();
    const char *object_key = NULL;
    struct gd_journal *journal = NULL;
    size_t certain = 0;
    if (gd_journal_new(store, CLUSTER, FIRST, &journal, err).code != GD_OK)
        return 0;
    struct gd_status status = gd_journal_hold(journal, GD_RECORD_RECEIVED, body(NULL, NULL), err);
    if (status.code == GD_OK)
        status = gd_journal_attach(journal, "text", "x", 1, NULL, arena, &object_key, err);
    for (size_t i = 0; status.code == GD_OK && i < sizeof kinds / sizeof kinds[0]; i++) {
        status = gd_journal_write(journal, kinds[i], body(NULL, NULL), err);
        if (status.code == GD_OK)
            certain = i + 2;
    }
    gd_journal_free(journal);
    return certain;
}

/* After a break: at least what was certain, at most one object more, and it can go on. */
static void check_after_break(const struct test_shelf *shelf, size_t certain)
{
    struct gd_error err = {0};
    gd_auto_arena arena = gd_arena_new();
    struct gd_records records;
    enum gd_code code = read_change(shelf, FIRST, arena, &records, &err);
    if (certain == 0 && code == GD_USAGE)
        return;
    if (code != GD_OK)
        fail_msg("%s", err.text);
    size_t count = records.count;
    assert_true(count >= certain && count <= (certain == 0 ? 2 : certain + 1));
    assert_false(records.torn);
    gd_records_done(&records);
    struct gd_journal *journal = resume(shelf, FIRST);
    if (!gd_journal_closed(journal))
        record(journal, GD_RECORD_CLOSED);
    gd_journal_free(journal);
    bool open = true;
    assert_int_equal(gd_snapshot_change_open(shelf->store, CLUSTER, FIRST, &open, &err).code,
                     GD_OK);
    assert_false(open);
}

static void an_error_at_any_point_leaves_a_journal_that_goes_on(void **state)
{
    (void)state;
    for (unsigned nth = 1;; nth++) {
        void *opened = NULL;
        struct gd_error err = {0};
        test_shelf_open(&opened);
        const struct test_shelf *shelf = opened;
        gd_fault_arm(nth);
        size_t certain = write_five(shelf->store, &err);
        bool fired = gd_fault_fired();
        gd_fault_arm(0);
        if (fired)
            assert_int_equal(err.code, GD_INJECTED);
        check_after_break(shelf, certain);
        test_shelf_close(&opened);
        if (!fired) {
            assert_int_equal(certain, 5);
            assert_true(nth > 20);
            return;
        }
    }
}

/* The child tells through a pipe what it was certain of. */
static size_t crash_at(const struct test_shelf *shelf, unsigned nth, bool *out_crashed)
{
    int ends[2], status = 0;
    unsigned char certain = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct gd_error err = {0};
        gd_fault_arm_crash(nth);
        certain = (unsigned char)write_five(shelf->store, &err);
        _exit(write(ends[1], &certain, 1) == 1 ? 0 : 1);
    }
    close(ends[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    *out_crashed = WEXITSTATUS(status) == 99;
    if (read(ends[0], &certain, 1) != 1)
        certain = 0;
    close(ends[0]);
    return certain;
}

static void a_crash_at_any_point_leaves_a_journal_that_goes_on(void **state)
{
    (void)state;
    size_t most = 0;
    for (unsigned nth = 1;; nth++) {
        void *opened = NULL;
        bool crashed = false;
        test_shelf_open(&opened);
        const struct test_shelf *shelf = opened;
        size_t certain = crash_at(shelf, nth, &crashed);
        gd_auto_arena arena = gd_arena_new();
        struct gd_records records;
        struct gd_error err;
        enum gd_code code = read_change(shelf, FIRST, arena, &records, &err);
        size_t count = code == GD_OK ? records.count : 0;
        assert_true(code == GD_OK || code == GD_USAGE);
        assert_true(count >= most); /* a later point never leaves less */
        most = count;
        gd_records_done(&records);
        if (count > 0)
            check_after_break(shelf, count);
        test_shelf_close(&opened);
        if (!crashed) {
            assert_int_equal(certain, 5);
            return;
        }
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_shelf_open, test_shelf_close)
    const struct CMUnitTest tests[] = {
        TEST(records_are_read_in_order_with_their_bodies),
        TEST(what_is_held_goes_out_with_the_next_record),
        TEST(the_copy_of_the_last_record_tells_as_much),
        TEST(changes_are_listed_oldest_first),
        TEST(a_snapshot_of_an_open_change_is_kept_until_it_closes),
        TEST(a_journal_goes_on_where_it_stopped),
        TEST(of_two_writers_one_is_turned_away),
        TEST(a_lost_mark_of_closing_is_set_again),
        TEST(a_torn_last_object_is_left_out_and_set_aside),
        TEST(nothing_but_a_torn_object_is_a_change_without_records),
        TEST(damage_in_the_middle_is_named),
        TEST(a_journal_of_a_later_format_is_refused),
        TEST(a_text_is_kept_beside_the_records),
        TEST(a_sealed_text_needs_its_key),
        cmocka_unit_test(an_error_at_any_point_leaves_a_journal_that_goes_on),
        cmocka_unit_test(a_crash_at_any_point_leaves_a_journal_that_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
