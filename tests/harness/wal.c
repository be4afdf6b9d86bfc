#include "harness/wal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/crc32c.h"
#include "guardian/io/digest.h"
#include "guardian/io/zstd.h"
#include "guardian/wal/page.h"

enum { MAGIC_15 = 0xD110, HEAD = 24, LONG_HEAD = 40, COMMIT = 1, XLOG = 0, SWITCH_INFO = 0x40 };

static void must(struct gd_status status, const struct gd_error *err)
{
    if (status.code != GD_OK)
        fprintf(stderr, "wal: %s\n", err->text);
    assert(status.code == GD_OK);
}

void test_wal_begin(struct test_wal *wal, const struct gd_wal_place *place, uint32_t timeline,
                    uint64_t lsn)
{
    memset(wal, 0, sizeof *wal);
    wal->place = *place;
    wal->timeline = timeline;
    wal->lsn = lsn;
}

/* ---- into the store ---- */

void test_wal_object(const struct gd_wal_place *place, const char *key, const char *name,
                     const void *bytes, size_t size)
{
    struct gd_error err = {0};
    gd_auto_sink sink = NULL;
    struct gd_sink *below;
    char label[512], head[8], sha256[GD_DIGEST_HEX_SIZE];
    gd_digest_of(bytes, size, sha256);
    int length = snprintf(label, sizeof label,
                          "{\"format\":1,\"name\":\"%s\",\"bytes\":%zu,\"sha256\":\"%s\","
                          "\"key\":null}",
                          name, size, sha256);
    for (int i = 0; i < 4; i++) {
        head[i] = (char)(0x184D2A50 >> (8 * i));
        head[4 + i] = (char)(length >> (8 * i));
    }
    must(gd_store_remove(place->store, key, &err), &err);
    must(gd_store_put(place->store, key, size, &sink, &err), &err);
    must(gd_sink_write(sink, head, sizeof head, &err), &err);
    must(gd_sink_write(sink, label, (size_t)length, &err), &err);
    below = GD_MOVE(sink);
    must(gd_zstd_sink_new(below, 1, &sink, &err), &err);
    must(gd_sink_write(sink, bytes, size, &err), &err);
    must(gd_sink_finish(sink, &err), &err);
}

void test_wal_put(const struct gd_wal_place *place, const struct gd_wal_name *name,
                  const void *bytes, size_t size)
{
    gd_auto_arena arena = gd_arena_new();
    char text[GD_WAL_NAME_SIZE];
    gd_wal_name_write(name, text);
    test_wal_object(place, gd_wal_key(place, name, arena), text, bytes, size);
}

static void store_segment(struct test_wal *wal)
{
    struct gd_wal_name name = gd_wal_segment_at(wal->timeline, wal->lsn - 1, TEST_WAL_SEGMENT);
    test_wal_put(&wal->place, &name, wal->bytes, sizeof wal->bytes);
    memset(wal->bytes, 0, sizeof wal->bytes);
}

void test_wal_piece(struct test_wal *wal, uint64_t from)
{
    gd_auto_arena arena = gd_arena_new();
    char segment[GD_WAL_NAME_SIZE];
    struct gd_wal_name name = gd_wal_segment_at(wal->timeline, from, TEST_WAL_SEGMENT);
    uint32_t start = (uint32_t)(from % TEST_WAL_SEGMENT);
    uint32_t end = start + (uint32_t)(wal->lsn - from);
    gd_wal_name_write(&name, segment);
    const char *last = gd_arena_printf(arena, "%08" PRIX32 "-%08" PRIX32, start, end);
    const char *key = gd_arena_printf(arena, "v1/%" PRIu64 "/wal/%08" PRIX32 "/%s.part/%s.zst",
                                      wal->place.system_identifier, wal->timeline, segment, last);
    test_wal_object(&wal->place, key, gd_arena_printf(arena, "%s.part/%s", segment, last),
                    wal->bytes + start, end - start);
}

/* ---- bytes ---- */

static void put(unsigned char *at, const void *data, size_t size)
{
    memcpy(at, data, size);
}

static void begin_page(struct test_wal *wal)
{
    size_t at = (size_t)(wal->lsn % TEST_WAL_SEGMENT);
    unsigned char *page = wal->bytes + at;
    uint16_t magic = MAGIC_15, flags = (uint16_t)(wal->flags | (wal->left > 0 ? 1u : 0u));
    uint32_t segment = TEST_WAL_SEGMENT, block = GD_WAL_PAGE_BYTES;
    flags = (uint16_t)(flags | (at == 0 ? 2u : 0u));
    put(page, &magic, 2);
    put(page + 2, &flags, 2);
    put(page + 4, &wal->timeline, 4);
    put(page + 8, &wal->lsn, 8);
    put(page + 16, &wal->left, 4);
    if (at == 0) {
        put(page + 24, &wal->place.system_identifier, 8);
        put(page + 32, &segment, 4);
        put(page + 36, &block, 4);
    }
    wal->flags = 0;
    wal->lsn += at == 0 ? LONG_HEAD : HEAD;
}

static void advance(struct test_wal *wal, size_t size)
{
    wal->lsn += size;
    if (wal->lsn % TEST_WAL_SEGMENT == 0)
        store_segment(wal);
}

static void write_bytes(struct test_wal *wal, const unsigned char *data, size_t size)
{
    while (size > 0) {
        if (wal->lsn % GD_WAL_PAGE_BYTES == 0)
            begin_page(wal);
        size_t part = GD_WAL_PAGE_BYTES - (size_t)(wal->lsn % GD_WAL_PAGE_BYTES);
        part = part < size ? part : size;
        put(wal->bytes + wal->lsn % TEST_WAL_SEGMENT, data, part);
        data += part;
        size -= part;
        wal->left -= (uint32_t)part;
        advance(wal, part);
    }
    advance(wal, (8 - wal->lsn % 8) % 8);
}

static void write_record(struct test_wal *wal, unsigned manager, unsigned info,
                         const unsigned char *body, size_t size)
{
    unsigned char *record = calloc(1, HEAD + size);
    uint32_t length = (uint32_t)(HEAD + size), crc;
    assert(record != NULL);
    if (wal->lsn % GD_WAL_PAGE_BYTES == 0)
        begin_page(wal);
    put(record, &length, 4);
    put(record + 8, &wal->prev, 8);
    record[16] = (unsigned char)info;
    record[17] = (unsigned char)manager;
    if (size > 0)
        put(record + HEAD, body, size);
    crc = gd_crc32c(gd_crc32c(0, body, size), record, 20);
    put(record + 20, &crc, 4);
    wal->prev = wal->lsn;
    wal->left = length;
    write_bytes(wal, record, length);
    free(record);
}

void test_wal_record(struct test_wal *wal, size_t body_bytes)
{
    unsigned char *body = malloc(body_bytes + 1);
    assert(body != NULL);
    for (size_t i = 0; i < body_bytes; i++)
        body[i] = (unsigned char)((wal->lsn >> 3) * 31 + i);
    write_record(wal, 10, 0, body, body_bytes);
    free(body);
}

void test_wal_commit(struct test_wal *wal, int64_t time_us)
{
    unsigned char body[10] = {255, 8};
    time_us -= INT64_C(946684800000000);
    put(body + 2, &time_us, 8);
    write_record(wal, COMMIT, 0, body, sizeof body);
}

void test_wal_settings(struct test_wal *wal, int wal_level)
{
    enum { PARAMETER_CHANGE = 0x60 };
    int32_t numbers[6] = {100, 8, 10, 0, 64, wal_level};
    unsigned char body[2 + 26] = {255, 26};
    put(body + 2, numbers, sizeof numbers);
    write_record(wal, XLOG, PARAMETER_CHANGE, body, sizeof body);
}

void test_wal_tablespace(struct test_wal *wal, uint32_t oid, const char *path)
{
    enum { TABLESPACE = 5, CREATE = 0 };
    unsigned char body[2 + 4 + 200] = {255};
    size_t size = 4 + strlen(path) + 1;
    assert(size <= 204);
    body[1] = (unsigned char)size;
    put(body + 2, &oid, 4);
    put(body + 6, path, strlen(path) + 1);
    write_record(wal, TABLESPACE, CREATE, body, 2 + size);
}

void test_wal_switch(struct test_wal *wal)
{
    write_record(wal, XLOG, SWITCH_INFO, (const unsigned char *)"", 0);
    if (wal->lsn % TEST_WAL_SEGMENT != 0)
        advance(wal, TEST_WAL_SEGMENT - wal->lsn % TEST_WAL_SEGMENT);
}

void test_wal_fill(struct test_wal *wal)
{
    uint64_t segment = wal->lsn / TEST_WAL_SEGMENT;
    while (wal->lsn / TEST_WAL_SEGMENT == segment)
        test_wal_record(wal, 5000);
}

void test_wal_fill_but(struct test_wal *wal, size_t left)
{
    for (;;) {
        size_t rest = TEST_WAL_SEGMENT - (size_t)(wal->lsn % TEST_WAL_SEGMENT);
        if (rest < GD_WAL_PAGE_BYTES - HEAD) {
            test_wal_record(wal, rest - left - HEAD);
            return;
        }
        test_wal_record(wal, 1000);
    }
}
