/*
 * Tally: a gate in front of a gate, which counts what comes by, and writes it into the audit log.
 *
 * Invariant  Where there is an audit log, what changes something is passed only after its line is
 *            written.
 */
#ifndef GUARDIAN_PROXY_TALLY_H
#define GUARDIAN_PROXY_TALLY_H

#include "guardian/base/events.h"
#include "guardian/proxy/audit.h"
#include "guardian/proxy/relay.h"

struct gd_tally;

struct gd_tally_options {
    const struct gd_gate *gate;
    struct gd_audit *audit; /* NULL: none */
    bool all;               /* also what is let through at a glance */
    const struct gd_events *events;
};

struct gd_tally *gd_tally_new(const struct gd_tally_options *options);
/** For the relay; valid as long as the tally. */
const struct gd_gate *gd_tally_gate(struct gd_tally *tally);
/** Whose counts are told, too; NULL: it is gone. */
void gd_tally_relay(struct gd_tally *tally, const struct gd_relay *relay);
/** A change is over, and has made so many backups. */
void gd_tally_count_change(struct gd_tally *tally, const char *outcome, size_t backups);
/** All numbers, as Prometheus reads them (text format 0.0.4); free() it. */
char *gd_tally_metrics(struct gd_tally *tally);
/** When no client is left. NULL is fine. */
void gd_tally_free(struct gd_tally *tally);

#endif
