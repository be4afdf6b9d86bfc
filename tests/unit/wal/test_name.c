#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "guardian/wal/name.h"

#define MIB ((uint64_t)1 << 20)

static void names_are_read_and_written(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct gd_wal_name name;
    } cases[] = {
        {"000000030000001600000041", {GD_WAL_SEGMENT, 3, 0x16, 0x41, 0}},
        {"FFFFFFFFFFFFFFFF000000FF", {GD_WAL_SEGMENT, UINT32_MAX, UINT32_MAX, 0xFF, 0}},
        {"000000030000001600000041.partial", {GD_WAL_PARTIAL, 3, 0x16, 0x41, 0}},
        {"000000030000001600000041.00000028.backup", {GD_WAL_BACKUP, 3, 0x16, 0x41, 0x28}},
        {"0000000A.history", {GD_WAL_HISTORY, 10, 0, 0, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gd_wal_name name;
        char text[GD_WAL_NAME_SIZE];
        assert_true(gd_wal_name_read(cases[i].text, &name));
        assert_memory_equal(&name, &cases[i].name, sizeof name);
        gd_wal_name_write(&name, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void what_is_no_name_is_none(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "00000003",
        "00000003.histor",
        "00000003.history.",
        "000000030000001600000",
        "00000003000000160000004g",
        "0000000300000016000000aa", /* the server writes upper case */
        "00000003000000160000004100",
        "000000030000001600000041.",
        "000000030000001600000041.part",
        "000000030000001600000041.00000028",
        "000000030000001600000041.0000028.backup",
        "000000030000001600000041.00000028.backup.zst",
        "000000000000001600000041", /* there is no timeline 0 */
        "../0000030000001600000041",
        "RECOVERYXLOG",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gd_wal_name name;
        if (gd_wal_name_read(cases[i], &name))
            fail_msg("\"%s\" is taken for a name", cases[i]);
    }
}

static void a_name_says_where_its_segment_begins(void **state)
{
    (void)state;
    struct gd_wal_name name;
    uint64_t lsn;
    assert_true(gd_wal_name_read("000000030000001600000041", &name));
    assert_true(gd_wal_name_start(&name, 16 * MIB, &lsn));
    assert_int_equal(lsn, 0x1641000000);
    assert_true(gd_wal_name_start(&name, MIB, &lsn));
    assert_int_equal(lsn, 0x1604100000);
    assert_false(gd_wal_name_start(&name, 1024 * MIB, &lsn)); /* four to a number */
    name.within = 3;
    assert_true(gd_wal_name_start(&name, 1024 * MIB, &lsn));
    assert_int_equal(lsn, 0x16C0000000);
}

static void the_segment_of_a_byte_is_found_at_its_edges(void **state)
{
    (void)state;
    static const struct {
        uint64_t lsn, segment_bytes;
        uint32_t log, within;
    } cases[] = {
        {0x1641000000, 16 * MIB, 0x16, 0x41}, {0x1640FFFFFF, 16 * MIB, 0x16, 0x40},
        {0x16FFFFFFFF, 16 * MIB, 0x16, 0xFF}, {0x1700000000, 16 * MIB, 0x17, 0},
        {0x16FFFFFFFF, MIB, 0x16, 0xFFF},     {0x1700000000, 1024 * MIB, 0x17, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gd_wal_name name = gd_wal_segment_at(1, cases[i].lsn, cases[i].segment_bytes);
        uint64_t start;
        assert_int_equal(name.log, cases[i].log);
        assert_int_equal(name.within, cases[i].within);
        assert_true(gd_wal_name_start(&name, cases[i].segment_bytes, &start));
        assert_int_equal(start, cases[i].lsn - cases[i].lsn % cases[i].segment_bytes);
    }
}

static void places_are_read_and_written(void **state)
{
    (void)state;
    uint64_t lsn;
    char text[GD_LSN_SIZE];
    assert_true(gd_lsn_read("16/B374D848", &lsn));
    assert_int_equal(lsn, 0x16B374D848);
    gd_lsn_write(lsn, text);
    assert_string_equal(text, "16/B374D848");
    assert_true(gd_lsn_read("0/0", &lsn));
    assert_true(gd_lsn_read("ffffffff/FFFFFFFF", &lsn));
    gd_lsn_write(lsn, text);
    assert_string_equal(text, "FFFFFFFF/FFFFFFFF");
    static const char *const cases[] = {"",     "/",    "1/",          "/1",  "1",
                                        "1/2 ", " 1/2", "1/123456789", "x/1", "1/2/3"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_false(gd_lsn_read(cases[i], &lsn));
}

static void sizes_are_powers_of_two(void **state)
{
    (void)state;
    assert_true(gd_wal_segment_bytes_valid(MIB));
    assert_true(gd_wal_segment_bytes_valid(1024 * MIB));
    assert_false(gd_wal_segment_bytes_valid(0));
    assert_false(gd_wal_segment_bytes_valid(MIB / 2));
    assert_false(gd_wal_segment_bytes_valid(3 * MIB));
    assert_false(gd_wal_segment_bytes_valid(2048 * MIB));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_read_and_written),
        cmocka_unit_test(what_is_no_name_is_none),
        cmocka_unit_test(a_name_says_where_its_segment_begins),
        cmocka_unit_test(the_segment_of_a_byte_is_found_at_its_edges),
        cmocka_unit_test(places_are_read_and_written),
        cmocka_unit_test(sizes_are_powers_of_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
