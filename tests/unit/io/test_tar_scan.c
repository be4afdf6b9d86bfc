#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "guardian/io/tar_scan.h"

/* ---- archives made by hand ---- */

static void seal(unsigned char *head)
{
    unsigned sum = 0;
    memset(head + 148, ' ', 8);
    for (size_t i = 0; i < GD_TAR_BLOCK; i++)
        sum += head[i];
    char text[8];
    snprintf(text, sizeof text, "%06o", sum);
    memcpy(head + 148, text, 7);
}

static void head_of(unsigned char *head, const char *name, char type, unsigned long long size)
{
    char number[13];
    memset(head, 0, GD_TAR_BLOCK);
    memcpy(head, name, strlen(name));
    memcpy(head + 100, "0000600", 7);
    snprintf(number, sizeof number, "%011llo", size);
    memcpy(head + 124, number, 11);
    memcpy(head + 136, "14700000000", 11);
    head[156] = (unsigned char)type;
    memcpy(head + 257, "ustar\00000", 8);
    seal(head);
}

/* ---- what is told ---- */

struct told {
    char text[2048];
    size_t used;
    uint64_t fill;
};

static struct gd_status tell_entry(void *context, const struct gd_scan_entry *entry,
                                   const void *head, struct gd_error *err)
{
    (void)err;
    struct told *told = context;
    assert_non_null(head);
    told->used += (size_t)snprintf(told->text + told->used, sizeof told->text - told->used,
                                   "%c%s%s%s(", "fdl"[entry->kind], entry -> name,
                                   entry -> link[0] == '\0' ? "" : ">", entry->link);
    return GD_DONE;
}

static struct gd_status tell_data(void *context, const void *data, size_t size,
                                  struct gd_error *err)
{
    (void)err;
    struct told *told = context;
    told->used += (size_t)snprintf(told->text + told->used, sizeof told->text - told->used, "%.*s",
                                   (int)size, (const char *)data);
    return GD_DONE;
}

static struct gd_status tell_end(void *context, size_t fill, struct gd_error *err)
{
    (void)err;
    struct told *told = context;
    told->fill += fill;
    told->used += (size_t)snprintf(told->text + told->used, sizeof told->text - told->used, ")");
    return GD_DONE;
}

static struct gd_status scanned(const void *data, size_t size, size_t step, bool need_mark,
                                struct told *told, struct gd_error *err)
{
    static const struct gd_tar_scan_ops ops = {tell_entry, tell_data, tell_end};
    struct gd_tar_scan scan;
    *told = (struct told){0};
    gd_tar_scan_begin(&scan, &ops, told);
    for (size_t at = 0; at < size; at += step)
        GD_TRY(gd_tar_scan_feed(&scan, (const char *)data + at, size - at < step ? size - at : step,
                                err));
    return gd_tar_scan_finish(&scan, need_mark, err);
}

/* A folder, a file of 3 bytes, an empty file, a link, a file that fills its block. */
static size_t sample(unsigned char *out)
{
    unsigned char *at = out;
    memset(out, 0, 16 * GD_TAR_BLOCK);
    head_of(at, "base/", '5', 0);
    head_of(at += GD_TAR_BLOCK, "./base/a \xff\n", '0', 3);
    memcpy(at += GD_TAR_BLOCK, "abc", 3);
    head_of(at += GD_TAR_BLOCK, "empty", '0', 0);
    head_of(at += GD_TAR_BLOCK, "pg_tblspc/1", '2', 0);
    memcpy(at + 157, "/elsewhere", 10);
    seal(at);
    head_of(at += GD_TAR_BLOCK, "full", '0', GD_TAR_BLOCK);
    memset(at += GD_TAR_BLOCK, 'x', GD_TAR_BLOCK);
    at += GD_TAR_BLOCK;
    return (size_t)(at - out) + GD_TAR_END;
}

static void everything_is_told_whatever_the_pieces(void **state)
{
    (void)state;
    static const size_t steps[] = {1, 7, 511, 512, 513, 1 << 20};
    unsigned char archive[16 * GD_TAR_BLOCK];
    size_t size = sample(archive);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct told told;
        struct gd_error err = {0};
        if (scanned(archive, size, steps[i], true, &told, &err).code != GD_OK)
            fail_msg("%s", err.text);
        assert_non_null(strstr(told.text,
                               "dbase(fbase/a \xff\n(abc)fempty()lpg_tblspc/1>/elsewhere("
                               "ffull(xxx"));
        assert_int_equal(told.fill, GD_TAR_BLOCK - 3);
    }
}

static void an_end_mark_is_missed_only_where_it_must_be(void **state)
{
    (void)state;
    unsigned char archive[16 * GD_TAR_BLOCK];
    size_t size = sample(archive);
    struct told told;
    struct gd_error err = {0};
    assert_int_equal(scanned(archive, size - GD_TAR_END, 512, false, &told, &err).code, GD_OK);
    assert_int_equal(scanned(archive, size - GD_TAR_BLOCK, 512, true, &told, &err).code,
                     GD_CORRUPT);
    assert_non_null(strstr(err.text, "no end mark"));
    for (size_t cut = 1; cut < 4 * GD_TAR_BLOCK; cut += 100)
        if (cut % GD_TAR_BLOCK != 0 && cut != GD_TAR_BLOCK)
            assert_int_equal(scanned(archive, cut, 512, false, &told, &err).code, GD_CORRUPT);
}

static void sizes_above_eight_gigabytes_are_read(void **state)
{
    (void)state;
    unsigned char head[GD_TAR_BLOCK];
    struct gd_tar_scan scan;
    struct told told = {0};
    struct gd_error err = {0};
    static const struct gd_tar_scan_ops ops = {tell_entry, tell_data, tell_end};
    head_of(head, "large", '0', 0);
    memset(head + 124, 0, 12);
    head[124] = 0x80;
    head[131] = 3; /* 3 << 32 */
    seal(head);
    gd_tar_scan_begin(&scan, &ops, &told);
    assert_int_equal(gd_tar_scan_feed(&scan, head, sizeof head, &err).code, GD_OK);
    assert_true(scan.left == UINT64_C(3) << 32);
    head[125] = 1; /* no file is that large */
    seal(head);
    gd_tar_scan_begin(&scan, &ops, &told);
    assert_int_equal(gd_tar_scan_feed(&scan, head, sizeof head, &err).code, GD_CORRUPT);
}

/* clang-format off */
static const struct { const char *name; char type; const char *error; } bad[] = {
    {"/etc/passwd",     '0', "not below its folder"},
    {"../x",            '0', "not below its folder"},
    {"base/../../x",    '0', "not below its folder"},
    {"base//x",         '0', "not below its folder"},
    {"./",              '0', "not below its folder"},
    {"device",          '3', "no file, folder or link"},
    {"hard",            '1', "no file, folder or link"},
    {"long",            'L', "no file, folder or link"},
};
/* clang-format on */

static void what_is_no_base_backup_is_refused(void **state)
{
    (void)state;
    unsigned char head[2 * GD_TAR_BLOCK];
    struct told told;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct gd_error err = {0};
        head_of(head, bad[i].name, bad[i].type, 0);
        assert_int_equal(scanned(head, GD_TAR_BLOCK, 512, false, &told, &err).code, GD_CORRUPT);
        if (strstr(err.text, bad[i].error) == NULL)
            fail_msg("%s: %s", bad[i].name, err.text);
    }
    struct gd_error err = {0};
    head_of(head, "good", '0', 0);
    head[0] ^= 1; /* its sum is another one now */
    assert_int_equal(scanned(head, GD_TAR_BLOCK, 512, false, &told, &err).code, GD_CORRUPT);
    memset(head, 0, GD_TAR_BLOCK);
    head_of(head + GD_TAR_BLOCK, "behind", '0', 0);
    assert_int_equal(scanned(head, sizeof head, 512, false, &told, &err).code, GD_CORRUPT);
    assert_non_null(strstr(err.text, "behind the end"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_told_whatever_the_pieces),
        cmocka_unit_test(an_end_mark_is_missed_only_where_it_must_be),
        cmocka_unit_test(sizes_above_eight_gigabytes_are_read),
        cmocka_unit_test(what_is_no_base_backup_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
