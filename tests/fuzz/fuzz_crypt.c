/*
 * Fuzz: sealed objects. Whatever the bytes, opening ends with CORRUPT and words, or, when an object
 * that was sealed here was not changed after all, with the plain bytes.
 *
 * Input  four bytes: where to change, one byte: how (0 taken as it is), then the bytes.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/io/crypt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ORDER_SIZE = 5, LIMIT = 1 << 20 };

static struct gd_key *the_key(void)
{
    struct gd_key *key = NULL;
    struct gd_error err = {0};
    struct gd_status status = gd_key_parse(
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", &key, &err);
    assert(status.code == GD_OK);
    (void)status;
    return key;
}

static enum gd_code open_all(const struct gd_key *key, const void *sealed, size_t size,
                             char **out_plain, size_t *out_size)
{
    struct gd_error err = {0};
    gd_auto_source source = NULL;
    struct gd_status status =
        gd_open_source_new(gd_mem_source_new(sealed, size), key, "name", &source, &err);
    assert(status.code == GD_OK);
    status = gd_source_all(source, LIMIT, out_plain, out_size, &err);
    assert(status.code == GD_OK || status.code == GD_CORRUPT);
    assert((status.code == GD_OK) == (err.text[0] == '\0'));
    return status.code;
}

/* Flip bits of one byte, cut there, or write it once more at the end. */
static size_t change(uint8_t *sealed, size_t size, size_t at, uint8_t how)
{
    at %= size;
    if (how < 250) {
        sealed[at] = (uint8_t)(sealed[at] ^ how);
        return size;
    }
    if (how < 253)
        return at;
    sealed[size] = sealed[at];
    return size + 1;
}

static void seal_and_change(const struct gd_key *key, const uint8_t *data, size_t size, size_t at,
                            uint8_t how)
{
    struct gd_error err = {0};
    struct gd_sink *mem = gd_mem_sink_new(2 * (size_t)LIMIT);
    gd_auto_sink sink = NULL;
    struct gd_status status = gd_seal_sink_new(mem, key, "name", &sink, &err);
    assert(status.code == GD_OK);
    assert(gd_sink_write(sink, data, size, &err).code == GD_OK);
    assert(gd_sink_finish(sink, &err).code == GD_OK);
    size_t sealed_size = 0, plain_size = 0;
    const void *sealed = gd_mem_sink_data(mem, &sealed_size);
    uint8_t *changed = malloc(sealed_size + 1);
    memcpy(changed, sealed, sealed_size);
    size_t changed_size = change(changed, sealed_size, at, how);
    bool same = changed_size == sealed_size && memcmp(changed, sealed, sealed_size) == 0;
    char *plain = NULL;
    assert((open_all(key, changed, changed_size, &plain, &plain_size) == GD_OK) == same);
    assert(!same || (plain_size == size && memcmp(plain, data, size) == 0));
    free(plain);
    free(changed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < ORDER_SIZE || size > LIMIT)
        return 0;
    gd_auto_key key = the_key();
    size_t at =
        (size_t)data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16 | (size_t)data[3] << 24;
    uint8_t how = data[4];
    data += ORDER_SIZE;
    size -= ORDER_SIZE;
    if (how != 0) {
        seal_and_change(key, data, size, at, how);
        return 0;
    }
    char *plain = NULL;
    size_t plain_size = 0;
    if (open_all(key, data, size, &plain, &plain_size) == GD_OK)
        free(plain);
    return 0;
}
