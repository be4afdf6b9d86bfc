#include <stdio.h>
#include <string.h>

#include "guardian/wal/streamer_own.h"

void gd_streamer_slot_name(const struct gd_streamer *streamer, char out_name[64])
{
    const char *slot = streamer->options.receive.slot;
    if (slot != NULL)
        (void)snprintf(out_name, 64, "%s", slot);
    else
        (void)snprintf(out_name, 64, "%s_%u", streamer->temporary,
                       (unsigned)atomic_load(&streamer->received.sessions));
}

static const char question[] =
    "SELECT wal_status, coalesce(safe_wal_size, -1), greatest(0, pg_catalog.pg_wal_lsn_diff("
    "CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_receive_lsn() "
    "ELSE pg_catalog.pg_current_wal_lsn() END, restart_lsn))::bigint "
    "FROM pg_catalog.pg_replication_slots WHERE slot_name = $1";

struct gd_status gd_streamer_ask_slot(struct gd_streamer *streamer, struct gd_slot_state *out_state,
                                      struct gd_error *err)
{
    char name[64];
    const char *values[] = {name};
    struct gd_pg_call call = {.what = "look at the replication slot",
                              .sql = question,
                              .values = values,
                              .value_count = 1,
                              .limit_ms = 5000};
    struct gd_pg_options options = *streamer->options.receive.pg;
    struct gd_slot_state state = {.known = true};
    gd_auto_pg pg = NULL;
    gd_auto_pg_rows rows = NULL;
    gd_streamer_slot_name(streamer, name);
    options.application = "guardian wal stream: looks at its slot";
    options.connect_ms = 5000;
    GD_TRY(gd_pg_connect(&options, &pg, err));
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    state.there = gd_pg_rows_count(rows) == 1;
    if (state.there) {
        const char *status = gd_pg_cell(rows, 0, 0);
        (void)snprintf(state.status, sizeof state.status, "%s", status == NULL ? "?" : status);
        state.safe = gd_pg_int(rows, 0, 1);
        state.bytes = (uint64_t)gd_pg_int(rows, 0, 2);
    }
    *out_state = state;
    return GD_DONE;
}
