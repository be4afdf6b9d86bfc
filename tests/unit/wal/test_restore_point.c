#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guardian/base/crc32c.h"
#include "guardian/wal/page.h"
#include "guardian/wal/restore_point.h"

enum { SEGMENT = 1 << 20, FILL = 0xEE };

/* As a server of version 15 wrote it. */
/* SELECT pg_create_restore_point('guardian-test') gave 0/2000090 */
#define REAL_LSN UINT64_C(0x2000090)
#define REAL_SECOND 1795438137
static const unsigned char real[] = {
    0x10, 0xd1, 0x06, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x5b, 0xe5, 0xc2, 0xa5, 0x38, 0x36, 0x04, 0x6b,
    0x00, 0x00, 0x00, 0x01, 0x00, 0x20, 0x00, 0x00, 0x62, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x38, 0x1b, 0x51, 0x01, 0x00, 0x00, 0x00, 0x00, 0x70, 0x00, 0x00, 0x00, 0x4e, 0x28, 0xe2, 0xd3,
    0xff, 0x48, 0xa1, 0xcc, 0x2c, 0xc9, 0xef, 0x03, 0x03, 0x00, 0x67, 0x75, 0x61, 0x72, 0x64, 0x69,
    0x61, 0x6e, 0x2d, 0x74, 0x65, 0x73, 0x74, 0x00, 0x00, 0x00, 0x18, 0x04, 0x7c, 0xc6, 0xe2, 0x55,
    0x00, 0x00, 0x68, 0x0a, 0x60, 0xd3, 0xe2, 0x55, 0x00, 0x00, 0x28, 0x6f, 0x69, 0xd3, 0xe2, 0x55,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x90, 0xc4, 0x1e, 0x60, 0xfd, 0x7f, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
};

static void put(unsigned char *at, uint64_t number, size_t size)
{
    memcpy(at, &number, size);
}

static void a_record(unsigned char out[GD_RESTORE_POINT_BYTES], const char *name)
{
    memset(out, 0, GD_RESTORE_POINT_BYTES);
    put(out, 98, 4);
    put(out + 8, 0x1509D00, 8);
    out[16] = 0x70;
    out[24] = 0xFF;
    out[25] = 72;
    put(out + 26, 1000000, 8);
    memcpy(out + 34, name, strlen(name));
    put(out + 20, gd_crc32c(gd_crc32c(0, out + 24, 74), out, 20), 4);
}

/* The record so that it ends at `lsn`, with page headers in between, as the server lays it out. */
static void lay(const unsigned char *record, uint64_t lsn, unsigned char *out, size_t size)
{
    size_t left = GD_RESTORE_POINT_BYTES;
    memset(out, FILL, size);
    for (uint64_t at = lsn; at > lsn - size && left > 0; at--) {
        uint64_t within = (at - 1) % GD_WAL_PAGE_BYTES;
        uint64_t head = (at - 1) % SEGMENT < GD_WAL_PAGE_BYTES ? 40 : 24;
        if (within >= head)
            out[at - 1 - (lsn - size)] = record[--left];
    }
}

static void a_servers_own_is_read(void **state)
{
    (void)state;
    struct gd_restore_point point;
    assert_true(gd_restore_point_read(real, sizeof real, REAL_LSN, 16 << 20, &point));
    assert_string_equal(point.name, "guardian-test");
    assert_int_equal(point.time_us / 1000000, REAL_SECOND);
}

static void it_is_found_wherever_it_ends(void **state)
{
    (void)state;
    unsigned char record[GD_RESTORE_POINT_BYTES], bytes[GD_RESTORE_POINT_SPAN];
    struct gd_restore_point point;
    a_record(record, "guardian-x");
    for (uint64_t lsn = 3 * SEGMENT; lsn < 3 * SEGMENT + 3 * GD_WAL_PAGE_BYTES; lsn += 8) {
        uint64_t head = lsn < 3 * SEGMENT + GD_WAL_PAGE_BYTES ? 40 : 24;
        if (lsn % GD_WAL_PAGE_BYTES > 0 && lsn % GD_WAL_PAGE_BYTES <= head)
            continue; /* nothing ends in a header */
        lay(record, lsn, bytes, sizeof bytes);
        assert_true(gd_restore_point_read(bytes, sizeof bytes, lsn, SEGMENT, &point));
        assert_string_equal(point.name, "guardian-x");
    }
}

static void a_flipped_bit_is_no_record(void **state)
{
    (void)state;
    unsigned char record[GD_RESTORE_POINT_BYTES], bytes[GD_RESTORE_POINT_SPAN];
    const uint64_t lsn = 3 * SEGMENT + 4000;
    struct gd_restore_point point;
    for (size_t bit = 0; bit < (size_t)98 * 8; bit++) {
        a_record(record, "guardian-x");
        record[bit / 8] ^= (unsigned char)(1 << bit % 8);
        lay(record, lsn, bytes, sizeof bytes);
        assert_false(gd_restore_point_read(bytes, sizeof bytes, lsn, SEGMENT, &point));
    }
    a_record(record, "guardian-x");
    lay(record, lsn, bytes, sizeof bytes);
    assert_false(gd_restore_point_read(bytes, GD_RESTORE_POINT_BYTES - 1, lsn, SEGMENT, &point));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_servers_own_is_read),
        cmocka_unit_test(it_is_found_wherever_it_ends),
        cmocka_unit_test(a_flipped_bit_is_no_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
