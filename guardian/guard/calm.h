/*
 * Calm: may a text be judged by itself in this session, whatever the catalogue?
 *
 * A text that only reads runs the user's code all the same, where a view, a policy, a domain, a
 * cast, an operator or a name like a builtin's leads to it; and names mean something else once
 * search_path puts a schema before pg_catalog. Where the server says that there is nothing of the
 * kind, texts that are harmless by themselves pass by themselves; elsewhere each is looked up.
 *
 * Invariant 1  It is asked in the session itself, at rest; inside of a transaction for one text
 *              only, because its end may bring another search_path back.
 * Invariant 2  What can change the answer (DDL, of any session; a setting) makes it void. DDL of
 *              others does not come by here: so an answer holds for GD_CALM_LASTS_US only, which
 *              costs one question in that time, and for a batch that has begun ten times as long.
 */
#ifndef GUARDIAN_GUARD_CALM_H
#define GUARDIAN_GUARD_CALM_H

#include "guardian/classify/classify.h"
#include "guardian/guard/harmless.h"

enum { GD_CALM_LASTS_US = 100000 };

enum gd_calm {
    GD_CALM,        /* it passes by itself */
    GD_CALM_LOOK,   /* the catalogue has to be asked, and can be */
    GD_CALM_SETTLE, /* … once the session is at rest */
    GD_CALM_NEVER,  /* … and cannot be */
};

/** On the loop's thread: the answer that is known. */
bool gd_calm_known(const struct gd_gate_session *session, struct gd_harmless *harmless);
/** Of a text that was found to be harmless by itself. @return GD_SYSTEM */
GD_MUST struct gd_status gd_calm_ask(struct gd_gate_session *session, struct gd_harmless *harmless,
                                     const struct gd_gate_request *request,
                                     const struct gd_report *alone, enum gd_calm *out_calm,
                                     struct gd_error *err);
/** May the text set what names mean? */
bool gd_calm_is_set_by(const char *text);
/** What may set that is passed. */
void gd_calm_forget(struct gd_gate_session *session);
/** A text is passed. */
void gd_calm_note_text(struct gd_gate_session *session, const char *text);
/** One that was looked up is passed: may definitions be others when it is over? `looked` NULL: yes
 */
void gd_calm_note_passed(struct gd_gate_session *session, struct gd_harmless *harmless,
                         const struct gd_report *looked);
/** The server has answered. */
void gd_calm_note_ended(struct gd_gate_session *session, struct gd_harmless *harmless,
                        bool outside);

#endif
