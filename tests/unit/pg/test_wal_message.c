#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "guardian/pg/wal_message.h"

static const char wal[] = "w\0\0\0\1\0\0\0\2\0\0\0\1\0\0\0\5\0\0\0\0\0\0\0\1abc";
static const char alive[] = "k\0\0\0\1\0\0\0\2\0\0\0\0\0\0\0\0\1";

static void messages_are_read(void **state)
{
    (void)state;
    struct gd_error err = {0};
    struct gd_wal_message message;
    assert_int_equal(gd_wal_message_read(wal, sizeof wal - 1, &message, &err).code, GD_OK);
    assert_true(message.wal && !message.wants_answer);
    assert_int_equal(message.lsn, (uint64_t)1 << 32 | 2);
    assert_int_equal(message.server_lsn, (uint64_t)1 << 32 | 5);
    assert_int_equal(message.server_us, INT64_C(946684800000001));
    assert_int_equal(message.size, 3);
    assert_memory_equal(message.data, "abc", 3);
    assert_int_equal(gd_wal_message_read(alive, sizeof alive - 1, &message, &err).code, GD_OK);
    assert_true(!message.wal && message.wants_answer && message.size == 0);
    assert_int_equal(message.server_lsn, (uint64_t)1 << 32 | 2);
}

static void what_is_none_is_refused(void **state)
{
    (void)state;
    struct gd_error err = {0};
    struct gd_wal_message message;
    char end[sizeof wal];
    for (size_t size = 0; size < 25; size++)
        assert_int_equal(gd_wal_message_read(wal, size, &message, &err).code, GD_SYSTEM);
    for (size_t size = 0; size < 18; size++)
        assert_int_equal(gd_wal_message_read(alive, size, &message, &err).code, GD_SYSTEM);
    memcpy(end, wal, sizeof end);
    memset(end + 1, 0xFF, 8); /* its bytes would go beyond the last one that there can be */
    assert_int_equal(gd_wal_message_read(end, sizeof end - 1, &message, &err).code, GD_SYSTEM);
}

static void an_answer_is_written(void **state)
{
    (void)state;
    char bytes[GD_WAL_STATUS_BYTES];
    gd_wal_status_write((uint64_t)1 << 32, 3, INT64_C(946684800000007), true, bytes);
    static const char wanted[] =
        "r\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\7\1";
    assert_memory_equal(bytes, wanted, sizeof bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_read),
        cmocka_unit_test(what_is_none_is_refused),
        cmocka_unit_test(an_answer_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
