#include "guardian/pg/replication.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"
#include "guardian/pg/connection.h"

enum {
    SILENT_MS = 60000,
    SLICE_MS = 200,
    SLOT_NAME_MAX = 63,
    HISTORY_BYTES_MAX = 1 << 20,
    READ_SLOT_SINCE = 150000
};

struct gd_replication {
    struct gd_pg *pg;
    char *message;    /* the last one that was read, of libpq's */
    uint32_t silence; /* milliseconds that were waited for the server since it was heard */
};

/* ---- opening ---- */

/* clang-format off */
static const struct { const char *part; enum gd_code code; const char *hint; } refusals[] = {
    {"pg_hba.conf", GD_USAGE,
     "Add a line with the database \"replication\" for this user and address to pg_hba.conf (\"all\" does not mean it) "
     "and reload the server. Where the provider allows none, logical snapshots (guardian snapshot) are the way."},
    {"permission denied to start WAL sender", GD_USAGE,
     "Give the role the right with ALTER ROLE … REPLICATION. Where the provider gives it to nobody, "
     "logical snapshots (guardian snapshot) are the way."},
    {"replication role to start walsender", GD_USAGE,
     "Give the role the right with ALTER ROLE … REPLICATION. Where the provider gives it to nobody, "
     "logical snapshots (guardian snapshot) are the way."},
    {"max_wal_senders", GD_SYSTEM,
     "Raise max_wal_senders, which needs a restart, or end a replication connection. It is 0 where wal_level is minimal: "
     "that must be replica."},
    {"startup parameter", GD_USAGE,
     "A pooler stands between, and cannot replicate: name the server itself, without the pooler."},
    {"does not exist", GD_USAGE, "Check the name of the user."},
};
/* clang-format on */

static const char pooler_hint[] =
    "A pooler stands between, and cannot replicate: name the server itself, without the pooler.";

GD_MUST static struct gd_status advise(struct gd_status status, struct gd_error *err)
{
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        if (strstr(err->text, refusals[i].part) != NULL) {
            status.code = err->code = refusals[i].code;
            return gd_hint(err, status, "%s", refusals[i].hint);
        }
    return status;
}

GD_MUST static struct gd_status open_session(const struct gd_pg_options *options,
                                             struct gd_pg **out_pg, struct gd_error *err)
{
    gd_auto_pg pg = NULL;
    struct gd_pg_options quiet = *options;
    quiet.no_advice = true; /* of databases: none is meant */
    quiet.reopen = false;
    GD_TRY(gd_pg_new(&quiet, &pg, err));
    GD_TRY(gd_pg_read_target(pg, err));
    if (pg->target.pooler)
        return gd_hint(err,
                       gd_fail(err, GD_USAGE, "could not replicate: the target is of a pooler"),
                       "%s", pooler_hint);
    pg->replicates = true;
    gd_pg_target_set(&pg->target, "replication", "true");
    struct gd_status status = gd_pg_open(pg, err);
    if (status.code != GD_OK)
        return advise(status, err);
    *out_pg = GD_MOVE(pg);
    return GD_DONE;
}

bool gd_replication_read_lsn(const char *text, uint64_t *out_lsn)
{
    char *slash = NULL, *end = NULL;
    uint64_t high = text == NULL ? 0 : strtoull(text, &slash, 16);
    if (text == NULL || slash == text || *slash != '/')
        return false;
    uint64_t low = strtoull(slash + 1, &end, 16);
    *out_lsn = high << 32 | low;
    return end != slash + 1 && *end == '\0' && high <= UINT32_MAX && low <= UINT32_MAX;
}

struct gd_status gd_replication_identify(struct gd_replication *replication,
                                         struct gd_replication_system *out_system,
                                         struct gd_error *err)
{
    struct gd_replication_command command = {.what = "identify the server",
                                             .text = "IDENTIFY_SYSTEM"};
    gd_auto_pg_rows rows = NULL;
    struct gd_replication_system system = {.version = gd_replication_version(replication)};
    GD_TRY(gd_replication_run(replication, &command, &rows, err));
    if (rows == NULL || gd_pg_rows_count(rows) != 1 || PQnfields((PGresult *)(void *)rows) < 3 ||
        !gd_replication_read_lsn(gd_pg_cell(rows, 0, 2), &system.lsn))
        return gd_pg_lost(replication->pg, command.what, "it gave no answer that makes sense", err);
    system.system_identifier = strtoull(gd_pg_cell(rows, 0, 0), NULL, 10);
    system.timeline = gd_pg_oid(rows, 0, 1);
    system.segment_bytes = out_system->segment_bytes;
    *out_system = system;
    return GD_DONE;
}

/* "16MB", "1GB": the unit that it is told in is the largest that fits. */
static uint64_t bytes_of(const char *text)
{
    static const char units[] = "kMGT";
    char *end;
    uint64_t number = strtoull(text, &end, 10);
    const char *unit = *end == '\0' ? NULL : strchr(units, *end);
    return unit == NULL ? number : number << (10 * (unit - units + 1));
}

GD_MUST static struct gd_status look_at_server(struct gd_replication *replication,
                                               struct gd_replication_system *out_system,
                                               struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_replication_system system = {0};
    const char *text = "";
    struct gd_status status = gd_replication_identify(replication, &system, err);
    if (status.code != GD_OK && strstr(err->text, "syntax error") != NULL) {
        status.code = err->code = GD_USAGE;
        return gd_hint(err, status, "%s", pooler_hint);
    }
    GD_TRY(status);
    GD_TRY(gd_replication_show(replication, "wal_segment_size", arena, &text, err));
    system.segment_bytes = bytes_of(text);
    if (system.segment_bytes < 1 << 20 || system.system_identifier == 0 || system.timeline == 0)
        return gd_pg_lost(replication->pg, "identify the server",
                          "it gave no answer that makes sense", err);
    *out_system = system;
    return GD_DONE;
}

struct gd_status gd_replication_open(const struct gd_pg_options *options,
                                     struct gd_replication **out_replication,
                                     struct gd_replication_system *out_system, struct gd_error *err)
{
    gd_auto_replication replication = gd_memory_new(sizeof *replication);
    GD_TRY(open_session(options, &replication->pg, err));
    GD_TRY(look_at_server(replication, out_system, err));
    *out_replication = GD_MOVE(replication);
    return GD_DONE;
}

void gd_replication_close(struct gd_replication *replication)
{
    if (replication == NULL)
        return;
    PQfreemem(replication->message);
    gd_pg_close(replication->pg);
    free(replication);
}

const char *gd_replication_where(const struct gd_replication *replication)
{
    return gd_pg_where(replication->pg);
}

int gd_replication_version(const struct gd_replication *replication)
{
    return gd_pg_version(replication->pg);
}

/* ---- waiting ---- */

GD_MUST static struct gd_status lost(struct gd_replication *replication,
                                     const struct gd_replication_command *command,
                                     struct gd_error *err)
{
    struct gd_pg *pg = replication->pg;
    return gd_pg_lost(pg, command->what, gd_pg_clean_message(pg, PQerrorMessage(pg->conn)), err);
}

/* One slice of waiting. @return what is ready: of the server (1), of wake_fd (2), or nothing */
static int wait_slice(const struct gd_replication *replication, short events, int wake_fd,
                      uint32_t slice_ms)
{
    struct pollfd both[] = {
        {.fd = PQsocket(replication->pg->conn), .events = events},
        {.fd = wake_fd, .events = POLLIN}, /* a negative one is passed over */
    };
    int ready = poll(both, 2, (int)slice_ms);
    if (ready < 0 && errno != EINTR)
        return 1; /* libpq finds out */
    return ready <= 0 ? 0 : (both[0].revents != 0 ? 1 : 0) | (both[1].revents != 0 ? 2 : 0);
}

GD_MUST static struct gd_status too_silent(struct gd_replication *replication,
                                           const struct gd_replication_command *command,
                                           struct gd_error *err)
{
    struct gd_pg *pg = replication->pg;
    pg->broken = true;
    return gd_hint(err,
                   gd_fail(err, GD_SYSTEM,
                           "could not %s in %s: nothing was heard for %" PRIu32 " s", command->what,
                           pg->where, replication->silence / 1000),
                   "Is the server up, and the network?");
}

/* Until the server sends, `wake_fd` is ready or the time is up; what is to be sent goes out. */
GD_MUST static struct gd_status await(struct gd_replication *replication,
                                      const struct gd_replication_command *command,
                                      uint32_t wait_ms, int wake_fd, bool *out_ready,
                                      struct gd_error *err)
{
    struct gd_pg *pg = replication->pg;
    uint32_t limit = command->silent_ms == 0 ? SILENT_MS : command->silent_ms;
    *out_ready = false;
    for (uint32_t waited = 0; waited < wait_ms;) {
        uint32_t slice = wait_ms - waited < SLICE_MS ? wait_ms - waited : SLICE_MS;
        int unsent = PQflush(pg->conn);
        if (unsent < 0)
            return lost(replication, command, err);
        int64_t before = gd_clock_monotonic_us();
        int ready = wait_slice(replication, unsent > 0 ? POLLIN | POLLOUT : POLLIN, wake_fd, slice);
        uint32_t passed = (uint32_t)((gd_clock_monotonic_us() - before) / 1000);
        waited += passed == 0 && ready == 0 ? 1 : passed;
        if ((ready & 1) != 0) {
            if (PQconsumeInput(pg->conn) == 0)
                return lost(replication, command, err);
            *out_ready = true;
            return GD_DONE;
        }
        replication->silence += passed;
        if (gd_interrupted()) {
            pg->broken = true;
            return gd_wrap(err, gd_interrupt_check(err), "could not %s: ", command->what);
        }
        if (replication->silence >= limit)
            return too_silent(replication, command, err);
        if ((ready & 2) != 0)
            return GD_DONE;
    }
    return GD_DONE;
}

/* ---- commands ---- */

struct gd_status gd_replication_send(struct gd_replication *replication,
                                     struct gd_replication_command *command, struct gd_error *err)
{
    struct gd_pg *pg = replication->pg;
    command->sqlstate[0] = '\0';
    command->reason = NULL;
    replication->silence = 0;
    if (pg->broken)
        return gd_fail(err, GD_SYSTEM, "could not %s in %s: the connection is lost", command->what,
                       pg->where);
    return PQsendQuery(pg->conn, command->text) == 1 ? GD_DONE : lost(replication, command, err);
}

GD_MUST static struct gd_status refused(struct gd_replication *replication,
                                        struct gd_replication_command *command,
                                        const PGresult *result, struct gd_error *err)
{
    struct gd_pg_call call = {.what = command->what};
    struct gd_status status = gd_pg_refused(replication->pg, &call, result, err);
    memcpy(command->sqlstate, call.sqlstate, sizeof command->sqlstate);
    command->reason = call.reason;
    return status;
}

/* The error is the command's end, or the connection's. */
static void drain_after_error(struct gd_replication *replication,
                              const struct gd_replication_command *command)
{
    struct gd_pg *pg = replication->pg;
    struct gd_error ignored = {0};
    struct gd_status failed = {GD_SYSTEM};
    if (!pg->broken)
        failed = gd_pg_finish_results(pg, command->what, failed, &ignored);
    assert(failed.code != GD_OK);
}

GD_MUST static struct gd_status await_result(struct gd_replication *replication,
                                             const struct gd_replication_command *command,
                                             PGresult **out_result, struct gd_error *err)
{
    PGconn *conn = replication->pg->conn;
    for (;;) {
        while (PQflush(conn) > 0 || PQisBusy(conn)) {
            bool ready;
            GD_TRY(await(replication, command, UINT32_MAX, -1, &ready, err));
            replication->silence = 0;
        }
        PGresult *result = PQgetResult(conn);
        if (PQresultStatus(result) != PGRES_COPY_IN || command->sends) {
            *out_result = result;
            return GD_DONE;
        }
        PQclear(result); /* its side of COPY BOTH is over, and it waits for the end of ours */
        if (PQputCopyEnd(conn, NULL) != 1)
            return lost(replication, command, err);
    }
}

struct gd_status gd_replication_next(struct gd_replication *replication,
                                     struct gd_replication_command *command,
                                     enum gd_replication_next *out_next,
                                     struct gd_pg_rows **out_rows, struct gd_error *err)
{
    PGresult *result = NULL;
    GD_TRY(await_result(replication, command, &result, err));
    struct gd_status status = GD_DONE;
    switch (result == NULL ? PGRES_EMPTY_QUERY : PQresultStatus(result)) {
    case PGRES_EMPTY_QUERY:
        *out_next = GD_REPLICATION_END;
        break;
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
        *out_next = GD_REPLICATION_ROWS;
        if (out_rows != NULL)
            *out_rows = (struct gd_pg_rows *)(void *)GD_MOVE(result);
        break;
    case PGRES_COPY_OUT:
        *out_next = GD_REPLICATION_COPY_OUT;
        break;
    case PGRES_COPY_BOTH:
        *out_next = GD_REPLICATION_COPY_BOTH;
        break;
    case PGRES_COPY_IN:
        *out_next = GD_REPLICATION_COPY_IN;
        break;
    default:
        status = refused(replication, command, result, err);
        drain_after_error(replication, command);
        break;
    }
    PQclear(result);
    return status;
}

struct gd_status gd_replication_run(struct gd_replication *replication,
                                    struct gd_replication_command *command,
                                    struct gd_pg_rows **out_rows, struct gd_error *err)
{
    gd_auto_pg_rows first = NULL;
    GD_TRY(gd_replication_send(replication, command, err));
    for (;;) {
        gd_auto_pg_rows rows = NULL;
        enum gd_replication_next next = GD_REPLICATION_END;
        GD_TRY(gd_replication_next(replication, command, &next, &rows, err));
        if (next == GD_REPLICATION_END)
            break;
        if (next != GD_REPLICATION_ROWS)
            return gd_pg_lost(replication->pg, command->what, "it is a COPY", err);
        if (first == NULL)
            first = GD_MOVE(rows);
    }
    if (out_rows != NULL)
        *out_rows = GD_MOVE(first);
    return GD_DONE;
}

/* ---- COPY ---- */

/* @return true: `out_piece` is filled, with a message or with the end */
GD_MUST static struct gd_status take_message(struct gd_replication *replication,
                                             const struct gd_replication_command *command,
                                             struct gd_replication_piece *out_piece,
                                             struct gd_error *err)
{
    PQfreemem(replication->message);
    replication->message = NULL;
    int size = PQgetCopyData(replication->pg->conn, &replication->message, 1);
    if (size < -1 && PQstatus(replication->pg->conn) == CONNECTION_BAD)
        return lost(replication, command, err);
    *out_piece = (struct gd_replication_piece){
        .data = size > 0 ? replication->message : NULL,
        .size = size > 0 ? (size_t)size : 0,
        .end = size < 0, /* -2, an error, is found by gd_replication_next() */
    };
    if (size != 0)
        replication->silence = 0;
    return GD_DONE;
}

struct gd_status gd_replication_read(struct gd_replication *replication,
                                     const struct gd_replication_command *command, uint32_t wait_ms,
                                     int wake_fd, struct gd_replication_piece *out_piece,
                                     struct gd_error *err)
{
    int64_t until = gd_clock_monotonic_us() + (int64_t)wait_ms * 1000;
    for (;;) {
        GD_TRY(take_message(replication, command, out_piece, err));
        int64_t left_us = until - gd_clock_monotonic_us();
        if (out_piece->data != NULL || out_piece->end || left_us <= 0)
            return GD_DONE;
        bool ready;
        GD_TRY(
            await(replication, command, (uint32_t)((left_us + 999) / 1000), wake_fd, &ready, err));
        if (!ready)
            return GD_DONE;
    }
}

struct gd_status gd_replication_write(struct gd_replication *replication,
                                      const struct gd_replication_command *command,
                                      const void *data, size_t size, struct gd_error *err)
{
    assert(size <= INT32_MAX);
    PGconn *conn = replication->pg->conn;
    if (PQputCopyData(conn, data, (int)size) != 1 || PQflush(conn) < 0)
        return lost(replication, command, err);
    return GD_DONE;
}

struct gd_status gd_replication_flush(struct gd_replication *replication,
                                      const struct gd_replication_command *command,
                                      struct gd_error *err)
{
    PGconn *conn = replication->pg->conn;
    for (;;) {
        int unsent = PQflush(conn);
        if (unsent < 0)
            return lost(replication, command, err);
        if (unsent == 0)
            return GD_DONE;
        bool ready;
        GD_TRY(await(replication, command, SLICE_MS, -1, &ready, err));
    }
}

struct gd_status gd_replication_end_copy(struct gd_replication *replication,
                                         const struct gd_replication_command *command,
                                         struct gd_error *err)
{
    PGconn *conn = replication->pg->conn;
    if (PQputCopyEnd(conn, NULL) != 1 || PQflush(conn) < 0)
        return lost(replication, command, err);
    return GD_DONE;
}

/* ---- commands that everybody needs ---- */

struct gd_status gd_replication_show(struct gd_replication *replication, const char *setting,
                                     struct gd_arena *arena, const char **out_value,
                                     struct gd_error *err)
{
    struct gd_replication_command command = {.what = "read a setting",
                                             .text = gd_arena_printf(arena, "SHOW %s", setting)};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_replication_run(replication, &command, &rows, err));
    if (rows == NULL || gd_pg_rows_count(rows) != 1 || gd_pg_cell(rows, 0, 0) == NULL)
        return gd_pg_lost(replication->pg, command.what, setting, err);
    *out_value = gd_arena_strdup(arena, gd_pg_cell(rows, 0, 0));
    return GD_DONE;
}

struct gd_status gd_replication_history(struct gd_replication *replication, uint32_t timeline,
                                        struct gd_arena *arena, const char **out_text,
                                        size_t *out_size, struct gd_error *err)
{
    struct gd_replication_command command = {
        .what = gd_arena_printf(arena, "read the history of timeline %" PRIu32, timeline),
        .text = gd_arena_printf(arena, "TIMELINE_HISTORY %" PRIu32, timeline)};
    gd_auto_pg_rows rows = NULL;
    struct gd_status status = gd_replication_run(replication, &command, &rows, err);
    if (strcmp(command.sqlstate, "58P01") == 0)
        status.code = err->code = GD_CORRUPT;
    GD_TRY(status);
    const PGresult *result = (const PGresult *)(const void *)rows;
    if (rows == NULL || PQntuples(result) != 1 || PQnfields(result) != 2 ||
        PQgetlength(result, 0, 1) > HISTORY_BYTES_MAX)
        return gd_pg_lost(replication->pg, command.what, "it gave no answer that makes sense", err);
    *out_size = (size_t)PQgetlength(result, 0, 1);
    *out_text = gd_arena_strndup(arena, PQgetvalue(result, 0, 1), *out_size);
    return GD_DONE;
}

bool gd_replication_slot_valid(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return length > 0 && length <= SLOT_NAME_MAX && name[length] == '\0';
}

GD_MUST static struct gd_status no_such_name(const char *name, struct gd_error *err)
{
    return gd_hint(err, gd_fail(err, GD_USAGE, "\"%s\" is no name of a replication slot", name),
                   "It has lower-case letters, digits and \"_\", at most 63 of them.");
}

struct gd_status gd_replication_slot_create(struct gd_replication *replication, const char *name,
                                            bool temporary, uint64_t *out_lsn, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    if (!gd_replication_slot_valid(name))
        return no_such_name(name, err);
    struct gd_replication_command command = {
        .what = gd_arena_printf(arena, "make the replication slot \"%s\"", name),
        .text = gd_arena_printf(arena, "CREATE_REPLICATION_SLOT \"%s\"%s PHYSICAL RESERVE_WAL",
                                name, temporary ? " TEMPORARY" : "")};
    struct gd_status status = gd_replication_run(replication, &command, NULL, err);
    if (strcmp(command.sqlstate, "42710") == 0)
        status.code = err->code = GD_BUSY;
    else if (strcmp(command.sqlstate, "53400") == 0 || strcmp(command.sqlstate, "55000") == 0) {
        status.code = err->code = GD_USAGE;
        status = gd_hint(err, status,
                         "Raise max_replication_slots, which needs a restart, or drop one that "
                         "nobody uses; wal_level must be replica or higher.");
    }
    GD_TRY(status);
    /* It answers with its consistent point, which a physical slot has not. */
    struct gd_replication_slot slot;
    GD_TRY(gd_replication_slot_read(replication, name, &slot, err));
    *out_lsn = slot.restart_lsn;
    return GD_DONE;
}

struct gd_status gd_replication_slot_read(struct gd_replication *replication, const char *name,
                                          struct gd_replication_slot *out_slot,
                                          struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_replication_slot slot = {0};
    gd_auto_pg_rows rows = NULL;
    if (!gd_replication_slot_valid(name))
        return no_such_name(name, err);
    *out_slot = slot;
    if (gd_replication_version(replication) < READ_SLOT_SINCE)
        return GD_DONE;
    struct gd_replication_command command = {
        .what = gd_arena_printf(arena, "read the replication slot \"%s\"", name),
        .text = gd_arena_printf(arena, "READ_REPLICATION_SLOT \"%s\"", name)};
    struct gd_status status = gd_replication_run(replication, &command, &rows, err);
    if (*command.sqlstate != '\0')
        status.code = err->code = GD_USAGE; /* a logical one */
    GD_TRY(status);
    slot.known = true;
    slot.there = rows != NULL && gd_pg_rows_count(rows) == 1 && gd_pg_cell(rows, 0, 0) != NULL;
    if (slot.there && gd_pg_cell(rows, 0, 1) != NULL) {
        if (!gd_replication_read_lsn(gd_pg_cell(rows, 0, 1), &slot.restart_lsn))
            return gd_pg_lost(replication->pg, command.what, "it gave no answer that makes sense",
                              err);
        slot.timeline = gd_pg_oid(rows, 0, 2);
    }
    *out_slot = slot;
    return GD_DONE;
}

struct gd_status gd_replication_slot_drop(struct gd_replication *replication, const char *name,
                                          struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    if (!gd_replication_slot_valid(name))
        return no_such_name(name, err);
    struct gd_replication_command command = {
        .what = gd_arena_printf(arena, "drop the replication slot \"%s\"", name),
        .text = gd_arena_printf(arena, "DROP_REPLICATION_SLOT \"%s\"", name)};
    struct gd_status status = gd_replication_run(replication, &command, NULL, err);
    if (strcmp(command.sqlstate, "42704") == 0)
        return GD_DONE;
    if (strcmp(command.sqlstate, "55006") == 0)
        status.code = err->code = GD_BUSY;
    return status;
}
