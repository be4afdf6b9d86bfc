/*
 * Relay: sessions between clients and servers, on one event loop.
 *
 * One server connection for each client, as long as the client stays. Messages are framed both
 * ways, large ones are streamed through fixed buffers; Query and Parse go through the gate.
 *
 * Invariant 1  No Query or Parse reaches the server that the gate has not seen, and what it has
 *              seen are the very bytes that go on. FunctionCall goes on for large objects alone,
 *              and the gate sees the SQL that means the same.
 * Invariant 2  Answers come in the order in which the client asked, refusals among them, and the
 *              client's transaction state is the server's.
 * Invariant 3  Memory of a session is bounded (two buffers and the statement that is held); a
 *              message that is too large for what must be read whole is refused in words.
 * Invariant 4  When one side goes away, the other is told and let go: nothing waits for ever.
 */
#ifndef GUARDIAN_PROXY_RELAY_H
#define GUARDIAN_PROXY_RELAY_H

#include "guardian/base/events.h"
#include "guardian/proxy/door.h"
#include "guardian/proxy/gate.h"

struct gd_relay;

struct gd_relay_options {
    struct gd_door *door;
    const struct gd_pg_options *pg; /* upstream */
    const struct gd_gate *gate;
    const char *live, *copy;    /* who asks for the first database gets the second; NULL: none */
    size_t statement_bytes_max; /* of Query and Parse; 0: 64 MiB */
    uint32_t entrance_ms;       /* for a client to come in; 0: 10,000 */
    uint32_t idle_ms;           /* a session that says nothing; 0: no limit */
    uint32_t notice_ms;         /* between words to a client whose statement is held; 0: 10,000 */
    uint32_t drain_ms;          /* gd_relay_stop(): how long sessions may still work; 0: 30,000 */
    const char *application;    /* application_name of a client without one: this and its user's
                                   name; NULL: it has none */
    unsigned workers;           /* threads that connect and judge; 0: 4 */
    const struct gd_events *events;
};

struct gd_relay_counts { /* for metrics: since the start, but for `sessions` */
    uint64_t sessions, entered, refused_entry, statements, held, refused, answered, cancels;
    uint64_t upstream_failed; /* came in, but there was no server for them */
    uint64_t bytes_in, bytes_out;
};

GD_MUST struct gd_status gd_relay_new(const struct gd_relay_options *options,
                                      struct gd_relay **out_relay, struct gd_error *err);
/** Runs until gd_relay_stop() and the last session has ended.
 *  @return GD_SYSTEM the loop itself failed: sessions were cut */
GD_MUST struct gd_status gd_relay_run(struct gd_relay *relay, struct gd_error *err);
/** Any thread, signal handlers too: no new clients; sessions end at rest, or after drain_ms. */
void gd_relay_stop(struct gd_relay *relay);
/** Any thread: as if drain_ms had passed. */
void gd_relay_cut(struct gd_relay *relay);
/** Any thread. */
void gd_relay_counts(const struct gd_relay *relay, struct gd_relay_counts *out_counts);
void gd_relay_free(struct gd_relay *relay);

#endif
