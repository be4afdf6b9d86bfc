#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guardian/wal/page.h"

enum { SEGMENT = 1 << 20, PAGES = SEGMENT / GD_WAL_PAGE_BYTES };

static const struct gd_wal_name name = {GD_WAL_SEGMENT, 2, 0, 5, 0};

static void put(unsigned char *at, uint64_t number, size_t size)
{
    memcpy(at, &number, size);
}

/* A segment of version 15, of which `used` pages hold something. */
static unsigned char *segment_of(unsigned used)
{
    unsigned char *bytes = calloc(1, SEGMENT);
    assert_non_null(bytes);
    for (unsigned i = 0; i < used; i++) {
        unsigned char *page = bytes + (size_t)i * GD_WAL_PAGE_BYTES;
        put(page, 0xD110, 2);
        put(page + 2, i == 0 ? 2 : 0, 2);
        put(page + 4, i < 3 ? 1 : 2, 4);
        put(page + 8, 5 * (uint64_t)SEGMENT + (uint64_t)i * GD_WAL_PAGE_BYTES, 8);
        memset(page + GD_WAL_HEAD_BYTES, 'x', GD_WAL_PAGE_BYTES - GD_WAL_HEAD_BYTES);
    }
    put(bytes + 24, 7301234567890123456, 8);
    put(bytes + 32, SEGMENT, 4);
    put(bytes + 36, GD_WAL_PAGE_BYTES, 4);
    return bytes;
}

static enum gd_code check(const unsigned char *bytes, size_t size, size_t piece,
                          struct gd_wal_pages *out_pages)
{
    struct gd_error err = {0};
    struct gd_status status = GD_DONE;
    gd_wal_pages_init(out_pages, &name);
    for (size_t at = 0; at < size && status.code == GD_OK; at += piece)
        status =
            gd_wal_pages_add(out_pages, bytes + at, size - at < piece ? size - at : piece, &err);
    if (status.code == GD_OK)
        status = gd_wal_pages_end(out_pages, &err);
    assert_true(status.code == GD_OK || err.text[0] != '\0');
    return status.code;
}

static void a_segment_is_known_in_any_pieces(void **state)
{
    (void)state;
    static const size_t pieces[] = {1, 7, 24, 40, 4096, 8191, 8192, 8193, 131072, SEGMENT};
    static const unsigned used[] = {1, 2, 5, PAGES};
    for (size_t u = 0; u < sizeof used / sizeof used[0]; u++) {
        unsigned char *bytes = segment_of(used[u]);
        for (size_t p = 0; p < sizeof pieces / sizeof pieces[0]; p++) {
            struct gd_wal_pages pages;
            assert_int_equal(check(bytes, SEGMENT, pieces[p], &pages), GD_OK);
            assert_int_equal(pages.used, (uint64_t)used[u] * GD_WAL_PAGE_BYTES);
            assert_int_equal(pages.head.system_identifier, 7301234567890123456);
            assert_int_equal(gd_wal_major(pages.head.magic), 15);
        }
        free(bytes);
    }
}

/* clang-format off */
static const struct {
    const char *what;
    size_t at;
    uint64_t number;
    size_t size;
} damages[] = {
    {"no magic",                      0,  0,                 2},
    {"another magic",                 0,  0x1234,            2},
    {"no long head",                  2,  0,                 2},
    {"unknown flags",                 2,  0xFFFF,            2},
    {"a later timeline",              4,  3,                 4},
    {"no timeline",                   4,  0,                 4},
    {"another place",                 8,  6 * (uint64_t)SEGMENT, 8},
    {"no beginning of a segment",     8,  5 * (uint64_t)SEGMENT + 8192, 8},
    {"another size of segments",      32, 1 << 24,           4},
    {"no size of segments",           32, 0,                 4},
    {"another size of pages",         36, 4096,              4},
    {"a recycled page",               8192 + 8, 1 * (uint64_t)SEGMENT + 8192, 8},
    {"a page of another version",     8192, 0xD10D,          2},
    {"a page of a later timeline",    8192 + 4, 3,           4},
    {"a page of an earlier timeline", 8192 + 4, 0,           4},
    {"an empty page in between",      8192, 0,               24},
    {"an empty page that is not",     (PAGES - 1) * 8192 + 100, 1, 8},
    {"a page behind empty ones",      (PAGES - 1) * 8192, 0xD110, 2},
};
/* clang-format on */

static void damage_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        static const size_t pieces[] = {13, 8192, SEGMENT};
        unsigned char *bytes = segment_of(5);
        if (damages[i].size > 8)
            memset(bytes + damages[i].at, 0, damages[i].size);
        else
            put(bytes + damages[i].at, damages[i].number, damages[i].size);
        for (size_t p = 0; p < sizeof pieces / sizeof pieces[0]; p++) {
            struct gd_wal_pages pages;
            if (check(bytes, SEGMENT, pieces[p], &pages) != GD_CORRUPT)
                fail_msg("%s is not found", damages[i].what);
        }
        free(bytes);
    }
}

static void length_counts(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 39, 40, 8192, SEGMENT - 1, SEGMENT - 8192};
    unsigned char *bytes = segment_of(5);
    struct gd_wal_pages pages;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        assert_int_equal(check(bytes, sizes[i], 4096, &pages), GD_CORRUPT);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_segment_is_known_in_any_pieces),
        cmocka_unit_test(damage_is_found),
        cmocka_unit_test(length_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
