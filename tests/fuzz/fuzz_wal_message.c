/*
 * Fuzz: what a server sends on a replication stream. What is read lies within the message, and a
 * message that makes no sense is refused.
 */
#include <assert.h>
#include <stdint.h>

#include "guardian/pg/wal_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    struct gd_wal_message message;
    struct gd_error err = {0};
    if (gd_wal_message_read(bytes, size, &message, &err).code != GD_OK) {
        assert(err.text[0] != '\0');
        return 0;
    }
    assert(message.wal == (bytes[0] == 'w'));
    if (message.wal)
        assert(message.data == bytes + (size - message.size) && message.size + 25 == size &&
               message.lsn + message.size >= message.lsn);
    return 0;
}
