/*
 * Control: what global/pg_control of a stopped data directory says of itself.
 *
 * Source: src/include/catalog/pg_control.h of PostgreSQL 13 to 18. What is read here has stood at
 * the same places in all of them; a known number in their midst (the floating-point check) tells
 * whether it does.
 */
#ifndef GUARDIAN_RESTORE_CONTROL_H
#define GUARDIAN_RESTORE_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "guardian/base/status.h"

enum gd_control_state { /* DBState */
                        GD_CONTROL_STARTUP,
                        GD_CONTROL_SHUT_DOWN,
                        GD_CONTROL_SHUT_DOWN_IN_RECOVERY,
                        GD_CONTROL_SHUTTING_DOWN,
                        GD_CONTROL_CRASH_RECOVERY,
                        GD_CONTROL_ARCHIVE_RECOVERY,
                        GD_CONTROL_RUNNING,
};

struct gd_control {
    uint64_t system_identifier;
    enum gd_control_state state;
    uint64_t checkpoint_lsn;
    uint32_t timeline; /* of that checkpoint */
    uint32_t max_connections, max_worker_processes, max_wal_senders, max_prepared_transactions,
        max_locks_per_transaction;
    uint64_t segment_bytes;
    bool checksums;
};

/** @return GD_CORRUPT it is missing, cut short or of a version that is not known here */
GD_MUST struct gd_status gd_control_read(const char *folder, struct gd_control *out_control,
                                         struct gd_error *err);

#endif
