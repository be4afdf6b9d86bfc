/*
 * COPY: rows out and in.
 *
 * libpq hands out each row in memory of its own. They are put together again in one buffer, so that
 * a sink sees large pieces; a row larger than the buffer goes straight through.
 *
 * Invariant 1  A COPY that ended well gave as many lines as the server says it sent.
 * Invariant 2  After a failure the connection is either out of the COPY or marked as broken.
 */
#include "guardian/pg/copy.h"

#include <assert.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/pg/connection.h"

enum {
    BUFFER_SIZE = 128 << 10,
    STALL_MS = 300000,
    SLICE_MS = 200,
    PROGRESS_MS = 100,
};

static int64_t now_ms(void)
{
    return gd_clock_monotonic_us() / 1000;
}

GD_MUST static struct gd_status lost(struct gd_pg *pg, const char *what, struct gd_error *err)
{
    return gd_pg_lost(pg, what, gd_pg_clean_message(pg, PQerrorMessage(pg->conn)), err);
}

GD_MUST static struct gd_status asked_to_stop(const char *what, struct gd_error *err)
{
    if (!gd_interrupted())
        return gd_fail(err, GD_SYSTEM, "could not %s: it was called off", what);
    return gd_wrap(err, gd_interrupt_check(err), "could not %s: ", what);
}

static bool is_stopped(const struct gd_pg_copy *copy)
{
    return gd_interrupted() || (copy->stop != NULL && atomic_load(copy->stop));
}

/* Wait for the socket in slices, so that being asked to stop is seen. */
GD_MUST static struct gd_status wait_moving(struct gd_pg *pg, const struct gd_pg_copy *copy,
                                            short events, struct gd_error *err)
{
    uint32_t limit = copy->stall_ms == 0 ? STALL_MS : copy->stall_ms;
    int64_t deadline = now_ms() + limit;
    for (;;) {
        int64_t slice = now_ms() + SLICE_MS;
        if (gd_pg_wait(pg, events, slice < deadline ? slice : deadline))
            return GD_DONE;
        if (is_stopped(copy))
            return asked_to_stop(copy->what, err);
        if (now_ms() >= deadline) {
            pg->broken = true;
            return gd_hint(err,
                           gd_fail(err, GD_SYSTEM, "could not %s in %s: nothing moved for %u s",
                                   copy->what, pg->where, limit / 1000),
                           "Is the server up, and the network?");
        }
    }
}

/* Send the COPY and wait until the server is ready for it. */
GD_MUST static struct gd_status begin_copy(struct gd_pg *pg, const struct gd_pg_copy *copy,
                                           ExecStatusType wanted, struct gd_error *err)
{
    if (pg->broken)
        return gd_fail(err, GD_SYSTEM, "could not %s in %s: the connection is lost", copy->what,
                       pg->where);
    if (pg->copy_buffer == NULL && (pg->copy_buffer = malloc(BUFFER_SIZE)) == NULL)
        return gd_fail(err, GD_SYSTEM, "could not %s: out of memory", copy->what);
    if (PQsendQuery(pg->conn, copy->sql) != 1)
        return lost(pg, copy->what, err);
    for (;;) {
        int unsent = PQflush(pg->conn);
        if (unsent < 0 || PQconsumeInput(pg->conn) == 0)
            return lost(pg, copy->what, err);
        if (unsent == 0 && !PQisBusy(pg->conn))
            break;
        struct gd_status status =
            wait_moving(pg, copy, unsent > 0 ? POLLIN | POLLOUT : POLLIN, err);
        if (status.code != GD_OK)
            return gd_pg_give_up(pg, copy->what, status);
    }
    PGresult *result = PQgetResult(pg->conn);
    ExecStatusType kind = PQresultStatus(result);
    struct gd_pg_call call = {.what = copy->what};
    struct gd_status status = GD_DONE;
    if (result == NULL || kind == PGRES_FATAL_ERROR)
        status = gd_pg_refused(pg, &call, result, err);
    else if (kind != wanted)
        status = gd_pg_lost(pg, copy->what, "it is no COPY of that kind", err);
    PQclear(result);
    if (status.code == GD_OK || pg->broken)
        return status;
    return gd_pg_finish_results(pg, copy->what, status, err);
}

GD_MUST static struct gd_status await_end(struct gd_pg *pg, const struct gd_pg_copy *copy,
                                          struct gd_error *err)
{
    while (PQisBusy(pg->conn)) {
        struct gd_status status = wait_moving(pg, copy, POLLIN, err);
        if (status.code != GD_OK) {
            pg->broken = true; /* nobody knows how it ended */
            return status;
        }
        if (PQconsumeInput(pg->conn) == 0)
            return lost(pg, copy->what, err);
    }
    return GD_DONE;
}

/* The server's word at the end: how many rows. */
GD_MUST static struct gd_status end_copy(struct gd_pg *pg, const struct gd_pg_copy *copy,
                                         uint64_t *out_rows, struct gd_error *err)
{
    const char *what = copy->what;
    GD_TRY(await_end(pg, copy, err));
    PGresult *result = PQgetResult(pg->conn);
    struct gd_pg_call call = {.what = what};
    struct gd_status status = GD_DONE;
    if (result == NULL)
        return lost(pg, what, err);
    if (PQresultStatus(result) == PGRES_COMMAND_OK)
        *out_rows = strtoull(PQcmdTuples(result), NULL, 10);
    else
        status = gd_pg_refused(pg, &call, result, err);
    PQclear(result);
    return pg->broken ? status : gd_pg_finish_results(pg, what, status, err);
}

/* --- out ----------------------------------------------------------------------------------------
 */

struct copy_out {
    struct gd_pg *pg;
    const struct gd_pg_copy *copy;
    struct gd_sink *sink;
    struct gd_rows_reader *reader;
    size_t filled;
    uint64_t bytes;
    int64_t next_progress;
};

GD_MUST static struct gd_status tell_progress(struct copy_out *out, struct gd_error *err)
{
    if (is_stopped(out->copy))
        return asked_to_stop(out->copy->what, err);
    if (out->copy->progress == NULL)
        return GD_DONE;
    int64_t now = now_ms();
    if (now < out->next_progress)
        return GD_DONE;
    out->next_progress = now + PROGRESS_MS;
    return out->copy->progress(out->copy->context, out->bytes, gd_rows_reader_rows(out->reader),
                               err);
}

GD_MUST static struct gd_status hand_on(struct copy_out *out, const char *data, size_t size,
                                        struct gd_error *err)
{
    gd_rows_reader_feed(out->reader, data, size);
    out->bytes += size;
    GD_TRY(gd_sink_write(out->sink, data, size, err));
    return tell_progress(out, err);
}

GD_MUST static struct gd_status flush_buffer(struct copy_out *out, struct gd_error *err)
{
    size_t size = out->filled;
    out->filled = 0;
    return size == 0 ? GD_DONE : hand_on(out, out->pg->copy_buffer, size, err);
}

GD_MUST static struct gd_status take_row(struct copy_out *out, const char *row, size_t size,
                                         struct gd_error *err)
{
    if (size > BUFFER_SIZE - out->filled)
        GD_TRY(flush_buffer(out, err));
    if (size > BUFFER_SIZE)
        return hand_on(out, row, size, err);
    memcpy(out->pg->copy_buffer + out->filled, row, size);
    out->filled += size;
    return GD_DONE;
}

/* All that libpq has; *out_end when the server has sent its last row. */
GD_MUST static struct gd_status take_rows(struct copy_out *out, bool *out_any, bool *out_end,
                                          struct gd_error *err)
{
    for (;;) {
        char *row = NULL;
        int size = PQgetCopyData(out->pg->conn, &row, 1);
        if (size <= 0) {
            *out_end = size < 0; /* -2 is an error, which end_copy() finds, too */
            return GD_DONE;
        }
        *out_any = true;
        struct gd_status status = take_row(out, row, (size_t)size, err);
        PQfreemem(row);
        GD_TRY(status);
    }
}

GD_MUST static struct gd_status receive(struct copy_out *out, struct gd_error *err)
{
    bool end = false;
    while (!end) {
        bool any = false;
        GD_TRY(take_rows(out, &any, &end, err));
        if (!any && !end)
            GD_TRY(wait_moving(out->pg, out->copy, POLLIN, err));
        if (!end && PQconsumeInput(out->pg->conn) == 0)
            return lost(out->pg, out->copy->what, err);
    }
    return flush_buffer(out, err);
}

GD_MUST static struct gd_status copy_out(struct copy_out *out, struct gd_rows_digest *out_digest,
                                         struct gd_error *err)
{
    uint64_t stated = 0;
    GD_TRY(begin_copy(out->pg, out->copy, PGRES_COPY_OUT, err));
    struct gd_status status = receive(out, err);
    if (status.code != GD_OK)
        return gd_pg_give_up(out->pg, out->copy->what, status);
    GD_TRY(end_copy(out->pg, out->copy, &stated, err));
    struct gd_rows_digest digest = {0};
    if (!gd_rows_reader_end(out->reader, &digest) || digest.rows != stated)
        return gd_pg_lost(out->pg, out->copy->what,
                          "the lines that came are not the rows that the server says it sent", err);
    *out_digest = digest;
    return GD_DONE;
}

struct gd_status gd_pg_copy_out(struct gd_pg *pg, const struct gd_pg_copy *copy,
                                struct gd_sink *sink, struct gd_rows_digest *out_digest,
                                uint64_t *out_bytes, struct gd_error *err)
{
    struct copy_out out = {.pg = pg, .copy = copy, .sink = sink, .reader = gd_rows_reader_new()};
    struct gd_status status = copy_out(&out, out_digest, err);
    gd_rows_reader_free(out.reader);
    if (status.code == GD_OK)
        *out_bytes = out.bytes;
    return status;
}

/* --- in -----------------------------------------------------------------------------------------
 */

GD_MUST static struct gd_status flush_output(struct gd_pg *pg, const struct gd_pg_copy *copy,
                                             struct gd_error *err)
{
    for (;;) {
        int unsent = PQflush(pg->conn);
        if (unsent == 0)
            return GD_DONE;
        if (unsent < 0)
            return lost(pg, copy->what, err);
        GD_TRY(wait_moving(pg, copy, POLLIN | POLLOUT, err));
        if (PQconsumeInput(pg->conn) == 0)
            return lost(pg, copy->what, err);
    }
}

GD_MUST static struct gd_status send_rows(struct gd_pg *pg, const struct gd_pg_copy *copy,
                                          struct gd_source *source, struct gd_error *err)
{
    uint64_t bytes = 0;
    int64_t next = 0;
    for (;;) {
        size_t size = 0;
        GD_TRY(gd_source_read(source, pg->copy_buffer, BUFFER_SIZE, &size, err));
        if (size == 0)
            return GD_DONE;
        if (is_stopped(copy))
            return asked_to_stop(copy->what, err);
        if (PQputCopyData(pg->conn, pg->copy_buffer, (int)size) != 1)
            return lost(pg, copy->what, err);
        GD_TRY(flush_output(pg, copy, err));
        bytes += size;
        if (copy->progress != NULL && now_ms() >= next) {
            GD_TRY(copy->progress(copy->context, bytes, 0, err));
            next = now_ms() + PROGRESS_MS;
        }
    }
}

/* With a reason, the server throws the rows away. */
GD_MUST static struct gd_status end_sending(struct gd_pg *pg, const struct gd_pg_copy *copy,
                                            const char *reason, struct gd_error *err)
{
    int sent;
    while ((sent = PQputCopyEnd(pg->conn, reason)) == 0)
        GD_TRY(flush_output(pg, copy, err));
    if (sent < 0)
        return lost(pg, copy->what, err);
    return flush_output(pg, copy, err);
}

/* The first failure is the one that counts. */
static void throw_away(struct gd_pg *pg, const struct gd_pg_copy *copy)
{
    struct gd_error ignored = {0};
    struct gd_status failed = {GD_SYSTEM};
    if (!pg->broken && end_sending(pg, copy, "given up by guardian", &ignored).code == GD_OK)
        failed = gd_pg_finish_results(pg, copy->what, failed, &ignored);
    else
        pg->broken = true;
    assert(failed.code != GD_OK);
}

struct gd_status gd_pg_copy_in(struct gd_pg *pg, const struct gd_pg_copy *copy,
                               struct gd_source *source, uint64_t *out_rows, struct gd_error *err)
{
    GD_TRY(begin_copy(pg, copy, PGRES_COPY_IN, err));
    struct gd_status status = send_rows(pg, copy, source, err);
    if (status.code != GD_OK) {
        throw_away(pg, copy);
        return status;
    }
    status = end_sending(pg, copy, NULL, err);
    if (status.code != GD_OK) {
        pg->broken = true; /* nobody knows whether the rows are in */
        return status;
    }
    uint64_t rows = 0;
    GD_TRY(end_copy(pg, copy, &rows, err));
    *out_rows = rows;
    return GD_DONE;
}
