#include "guardian/restore/control.h"

#include <string.h>

#include "guardian/base/arena.h"
#include "guardian/io/file.h"

enum {
    CONTROL_BYTES = 256, /* as much as is looked at */
    AT_STATE = 16,
    AT_CHECKPOINT = 32,
    AT_TIMELINE = 48,
    AT_MAX_CONNECTIONS = 180,
    AT_FLOAT = 208,
    AT_SEGMENT_BYTES = 228,
    AT_CHECKSUMS = 252,
};
static const double float_check = 1234567.0; /* FLOATFORMAT_VALUE */

static uint32_t number_at(const unsigned char *bytes, size_t at)
{
    uint32_t number;
    memcpy(&number, bytes + at, sizeof number);
    return number;
}

static void fill(const unsigned char *bytes, struct gd_control *control)
{
    memcpy(&control->system_identifier, bytes, sizeof control->system_identifier);
    control->state = (enum gd_control_state)number_at(bytes, AT_STATE);
    memcpy(&control->checkpoint_lsn, bytes + AT_CHECKPOINT, sizeof control->checkpoint_lsn);
    control->timeline = number_at(bytes, AT_TIMELINE);
    control->max_connections = number_at(bytes, AT_MAX_CONNECTIONS);
    control->max_worker_processes = number_at(bytes, AT_MAX_CONNECTIONS + 4);
    control->max_wal_senders = number_at(bytes, AT_MAX_CONNECTIONS + 8);
    control->max_prepared_transactions = number_at(bytes, AT_MAX_CONNECTIONS + 12);
    control->max_locks_per_transaction = number_at(bytes, AT_MAX_CONNECTIONS + 16);
    control->segment_bytes = number_at(bytes, AT_SEGMENT_BYTES);
    control->checksums = number_at(bytes, AT_CHECKSUMS) != 0;
}

struct gd_status gd_control_read(const char *folder, struct gd_control *out_control,
                                 struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_source source = NULL;
    const char *path = gd_arena_printf(arena, "%s/global/pg_control", folder);
    unsigned char bytes[CONTROL_BYTES];
    size_t have = 0, got = 1;
    double check = 0;
    GD_TRY(gd_file_source_new(path, 0, sizeof bytes, &source, err));
    while (have < sizeof bytes && got > 0) {
        GD_TRY(gd_source_read(source, bytes + have, sizeof bytes - have, &got, err));
        have += got;
    }
    if (have == sizeof bytes)
        memcpy(&check, bytes + AT_FLOAT, sizeof check);
    if (have < sizeof bytes || check < float_check || check > float_check)
        return gd_fail(err, GD_CORRUPT,
                       "\"%s\" is not the control file of a PostgreSQL that is known here", path);
    fill(bytes, out_control);
    return GD_DONE;
}
