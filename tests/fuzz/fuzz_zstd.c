/*
 * Fuzz: decompressing. Whatever the bytes, the answer is what they stand for or CORRUPT with words,
 * and the same in small pieces as in one.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/io/digest.h"
#include "guardian/io/zstd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LIMIT = 1 << 20 }; /* a small frame can stand for gigabytes: enough of it is enough */

struct answer {
    enum gd_code code;
    char sha256[GD_DIGEST_HEX_SIZE];
};

static struct answer decompress(const uint8_t *data, size_t size, size_t piece)
{
    static char buffer[128 * 1024];
    struct gd_error err = {0};
    struct answer answer = {.code = GD_OK};
    gd_auto_source source = NULL;
    struct gd_status status = gd_zstd_source_new(gd_mem_source_new(data, size), &source, &err);
    assert(status.code == GD_OK);
    struct gd_digest *digest = gd_digest_new();
    size_t got = 1;
    for (size_t sum = 0; got > 0 && sum < LIMIT && status.code == GD_OK; sum += got) {
        size_t wanted = LIMIT - sum < piece ? LIMIT - sum : piece;
        status = gd_source_read(source, buffer, wanted, &got, &err);
        if (status.code == GD_OK)
            gd_digest_add(digest, buffer, got);
    }
    assert(status.code == GD_OK || status.code == GD_CORRUPT);
    assert((status.code == GD_OK) == (err.text[0] == '\0'));
    answer.code = status.code;
    if (status.code == GD_OK)
        gd_digest_hex(digest, answer.sha256);
    gd_digest_free(digest);
    return answer;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct answer whole = decompress(data, size, 128 * 1024), pieces = decompress(data, size, 777);
    assert(whole.code == pieces.code && strcmp(whole.sha256, pieces.sha256) == 0);
    return 0;
}
