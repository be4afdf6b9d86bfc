/*
 * Streamer: receives WAL for months (receive.h): connects again whatever happens, watches its slot,
 * and tells how far it is.
 *
 * Invariant  It ends when it is asked to, or when the first session finds that it can never work
 *            (rights, names, another cluster); after that nothing ends it.
 * Owner      one thread; it has three of its own.
 */
#ifndef GUARDIAN_WAL_STREAMER_H
#define GUARDIAN_WAL_STREAMER_H

#include "guardian/wal/receive.h"

struct gd_streamer;

struct gd_streamer_options {
    struct gd_wal_receive_options receive; /* without stop, leave and temporary */
    uint64_t
        slot_bytes_max; /* alarm when the server keeps more WAL than this for the slot; 0: no */
    bool slot_drop;     /* … and give the slot up, so that the server's disk does not fill */
    uint32_t rpo_ms;    /* alarm when the store is this far behind; 0: no */
    uint32_t sure_ms;   /* how often it is written down until when all is stored; 0: never */
    uint32_t watch_ms;  /* how often the slot is looked at; 0: 3,000 */
};

GD_MUST struct gd_status gd_streamer_new(const struct gd_streamer_options *options,
                                         struct gd_streamer **out_streamer, struct gd_error *err);
/** What came gets into the store, and then it ends. */
void gd_streamer_stop(struct gd_streamer *streamer);
/** It ends at once: what is not in the store comes again at the next start. */
void gd_streamer_cut(struct gd_streamer *streamer);
/** Leave the server and connect anew: passwords, certificates and names are looked up again. */
void gd_streamer_reconnect(struct gd_streamer *streamer);
bool gd_streamer_over(struct gd_streamer *streamer);
/** How it ended. NULL is fine. */
GD_MUST struct gd_status gd_streamer_free(struct gd_streamer *streamer, struct gd_error *err);

/** All numbers, as Prometheus reads them (text format 0.0.4); free() it. */
char *gd_streamer_metrics(struct gd_streamer *streamer);
/** Is the store as close behind the server as rpo_ms says? `out_why` (free() it): one line. */
bool gd_streamer_ready(struct gd_streamer *streamer, char **out_why);

#endif
