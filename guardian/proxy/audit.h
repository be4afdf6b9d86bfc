/*
 * Audit log: one line of JSON when a statement was judged, one when it ended. No literals.
 *
 * A line is one write(2) to a file that is opened for appending, so that lines of several processes
 * do not mix; it is there before the statement is passed. docs/formats/audit.md has the fields.
 */
#ifndef GUARDIAN_PROXY_AUDIT_H
#define GUARDIAN_PROXY_AUDIT_H

#include <stdint.h>

#include "guardian/guard/gate.h"

struct gd_audit;

/** @param path  "-" is stdout. @return GD_USAGE it cannot be opened */
GD_MUST struct gd_status gd_audit_open(const char *path, struct gd_audit **out_audit,
                                       struct gd_error *err);
/** The file was moved away: write to one of the old name. @return as gd_audit_open(): as it was */
GD_MUST struct gd_status gd_audit_reopen(struct gd_audit *audit, struct gd_error *err);
/** NULL is fine. */
void gd_audit_close(struct gd_audit *audit);

struct gd_audit_statement {
    const struct gd_gate_client *client;
    uint64_t session, number; /* the session's, and of the statement in it */
    const char *text;
    size_t size;
    bool prepared; /* it was made ready, not run */
    bool glanced;  /* known to be harmless, and not judged again */
    const struct gd_gate_answer *answer;
    double held_seconds;
};
/** Any thread. @return GD_SYSTEM it could not be written: nobody knows of the statement */
GD_MUST struct gd_status gd_audit_statement(struct gd_audit *audit,
                                            const struct gd_audit_statement *statement,
                                            struct gd_error *err);
/** @param seconds  since it was passed; below 0: not known */
GD_MUST struct gd_status gd_audit_end(struct gd_audit *audit, uint64_t session, uint64_t number,
                                      const struct gd_gate_result *result, double seconds,
                                      struct gd_error *err);

#endif
