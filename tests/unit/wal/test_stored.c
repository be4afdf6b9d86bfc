#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guardian/base/fault.h"
#include "guardian/store/memory.h"
#include "guardian/wal/page.h"
#include "guardian/wal/stored.h"

enum { SEGMENT = 1 << 20 };
static const uint64_t cluster = 7301234567890123456;
static const struct gd_wal_name name = {GD_WAL_SEGMENT, 2, 0, 5, 0};

static void number(unsigned char *at, uint64_t value, size_t size)
{
    memcpy(at, &value, size);
}

/* Five pages are used, the others are empty. */
static unsigned char *segment(char filling)
{
    unsigned char *bytes = calloc(1, SEGMENT);
    assert_non_null(bytes);
    for (unsigned i = 0; i < 5; i++) {
        unsigned char *page = bytes + (size_t)i * GD_WAL_PAGE_BYTES;
        number(page, 0xD110, 2);
        number(page + 2, i == 0 ? 2 : 0, 2);
        number(page + 4, 2, 4);
        number(page + 8, 5 * (uint64_t)SEGMENT + (uint64_t)i * GD_WAL_PAGE_BYTES, 8);
        memset(page + GD_WAL_HEAD_BYTES, filling, GD_WAL_PAGE_BYTES - GD_WAL_HEAD_BYTES);
    }
    number(bytes + 24, cluster, 8);
    number(bytes + 32, SEGMENT, 4);
    number(bytes + 36, GD_WAL_PAGE_BYTES, 4);
    return bytes;
}

static struct gd_wal_place place_of(struct gd_store *store)
{
    return (struct gd_wal_place){.store = store, .system_identifier = cluster, .level = 1};
}

static enum gd_code put(const struct gd_wal_place *place, enum gd_wal_kind kind,
                        const unsigned char *bytes, size_t size, bool *out_there_before)
{
    struct gd_error err = {0};
    struct gd_wal_put done = {0};
    struct gd_wal_name own = name;
    own.kind = kind;
    struct gd_status status = gd_wal_put_bytes(place, &own, bytes, size, &done, &err);
    if (status.code == GD_OK) {
        assert_int_equal(done.bytes, size);
        *out_there_before = done.there_before;
    }
    return status.code;
}

static enum gd_code get(const struct gd_wal_place *place, enum gd_wal_kind kind,
                        const unsigned char *wanted, size_t size, bool *out_there)
{
    struct gd_error err = {0};
    gd_auto_sink sink = gd_mem_sink_new((size_t)SEGMENT * 2);
    struct gd_wal_name own = name;
    own.kind = kind;
    struct gd_status status = gd_wal_get(place, &own, sink, out_there, &err);
    if (status.code == GD_OK && *out_there) {
        size_t got;
        const void *data = gd_mem_sink_data(sink, &got);
        assert_int_equal(got, size);
        assert_memory_equal(data, wanted, size);
    }
    return status.code;
}

static void what_was_put_comes_back_and_nothing_replaces_it(void **state)
{
    (void)state;
    gd_auto_store store = gd_memory_store_new((size_t)SEGMENT * 2);
    struct gd_wal_place place = place_of(store);
    unsigned char *one = segment('a'), *other = segment('b');
    bool there;
    assert_int_equal(get(&place, GD_WAL_SEGMENT, NULL, 0, &there), GD_OK);
    assert_false(there);
    assert_int_equal(put(&place, GD_WAL_SEGMENT, one, SEGMENT, &there), GD_OK);
    assert_false(there);
    assert_int_equal(put(&place, GD_WAL_SEGMENT, one, SEGMENT, &there), GD_OK);
    assert_true(there);
    assert_int_equal(put(&place, GD_WAL_SEGMENT, other, SEGMENT, &there), GD_REFUSED);
    assert_int_equal(get(&place, GD_WAL_SEGMENT, one, SEGMENT, &there), GD_OK);
    assert_true(there);
    free(one);
    free(other);
}

static void a_partial_file_is_known_by_its_head(void **state)
{
    (void)state;
    gd_auto_store store = gd_memory_store_new((size_t)SEGMENT * 2);
    struct gd_wal_place place = place_of(store);
    unsigned char *bytes = segment('a');
    bool there;
    memset(bytes + SEGMENT / 2, 'z', 100); /* of the segment before it was recycled */
    assert_int_equal(put(&place, GD_WAL_SEGMENT, bytes, SEGMENT, &there), GD_CORRUPT);
    assert_int_equal(put(&place, GD_WAL_PARTIAL, bytes, SEGMENT, &there), GD_OK);
    assert_int_equal(get(&place, GD_WAL_PARTIAL, bytes, SEGMENT, &there), GD_OK);
    assert_true(there);
    number(bytes + 24, cluster + 1, 8);
    place.system_identifier++; /* a place without it */
    assert_int_equal(put(&place, GD_WAL_PARTIAL, bytes, SEGMENT - 1, &there), GD_CORRUPT);
    number(bytes + 24, cluster, 8);
    assert_int_equal(put(&place, GD_WAL_PARTIAL, bytes, SEGMENT, &there), GD_CORRUPT);
    number(bytes + 24, 0, 8);
    assert_int_equal(put(&place, GD_WAL_PARTIAL, bytes, SEGMENT, &there), GD_CORRUPT);
    free(bytes);
}

static void history_is_never_empty(void **state)
{
    (void)state;
    static const unsigned char text[] = "1\t0/3000000\tno recovery target specified\n";
    gd_auto_store store = gd_memory_store_new((size_t)SEGMENT * 2);
    struct gd_wal_place place = place_of(store);
    bool there;
    assert_int_equal(put(&place, GD_WAL_HISTORY, text, 0, &there), GD_CORRUPT);
    assert_int_equal(put(&place, GD_WAL_HISTORY, text, sizeof text - 1, &there), GD_OK);
    assert_int_equal(get(&place, GD_WAL_HISTORY, text, sizeof text - 1, &there), GD_OK);
    assert_true(there);
}

static void every_fault_leaves_it_whole_or_absent(void **state)
{
    (void)state;
    unsigned char *bytes = segment('a');
    unsigned nth = 1;
    for (bool whole = false; !whole; nth++) {
        gd_auto_store store = gd_memory_store_new((size_t)SEGMENT * 2);
        struct gd_wal_place place = place_of(store);
        bool there = false;
        gd_fault_arm(nth);
        enum gd_code code = put(&place, GD_WAL_SEGMENT, bytes, SEGMENT, &there);
        whole = !gd_fault_fired();
        gd_fault_arm(0);
        assert_int_equal(code, whole ? GD_OK : GD_INJECTED);
        assert_int_equal(get(&place, GD_WAL_SEGMENT, bytes, SEGMENT, &there), GD_OK);
        assert_int_equal(put(&place, GD_WAL_SEGMENT, bytes, SEGMENT, &there), GD_OK);
    }
    assert_true(nth > 3);
    free(bytes);
}

static void an_object_says_what_it_is(void **state)
{
    (void)state;
    struct gd_error err = {0};
    gd_auto_store store = gd_memory_store_new((size_t)SEGMENT * 2);
    struct gd_wal_place place = place_of(store);
    struct gd_wal_label label;
    gd_auto_source source = NULL;
    gd_auto_source none = NULL;
    char *text = NULL;
    size_t size;
    bool there;
    const char *key = "v1/1/wal/x.part/00000000-00000005.zst";
    assert_int_equal(gd_wal_pack_bytes(&place, key, "x/0-5", "piece", 5, NULL, &err).code, GD_OK);
    assert_int_equal(gd_wal_pack_bytes(&place, key, "x/0-5", "piece", 5, &there, &err).code, GD_OK);
    assert_true(there);
    assert_int_equal(gd_wal_pack_bytes(&place, key, "x/0-5", "pIece", 5, &there, &err).code,
                     GD_REFUSED);
    assert_int_equal(gd_wal_unpack(&place, key, "another", NULL, &none, &err).code, GD_CORRUPT);
    assert_int_equal(gd_wal_unpack(&place, key, NULL, &label, &source, &err).code, GD_OK);
    assert_string_equal(label.name, "x/0-5");
    assert_int_equal(label.bytes, 5);
    assert_int_equal(gd_source_all(source, 100, &text, &size, &err).code, GD_OK);
    assert_string_equal(text, "piece");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_comes_back_and_nothing_replaces_it),
        cmocka_unit_test(a_partial_file_is_known_by_its_head),
        cmocka_unit_test(history_is_never_empty),
        cmocka_unit_test(every_fault_leaves_it_whole_or_absent),
        cmocka_unit_test(an_object_says_what_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
