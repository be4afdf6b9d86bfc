/*
 * What guardian verify found, for people and as JSON; and the collecting of damages, which are told
 * as warnings that name an object.
 */
#ifndef GUARDIAN_CLI_REPORT_VERIFY_H
#define GUARDIAN_CLI_REPORT_VERIFY_H

#include <pthread.h>

#include "guardian/cli/report_screen.h"
#include "guardian/io/json.h"
#include "guardian/prove/prove.h"

struct gd_damage {
    const char *object, *text;
};

/** One snapshot, or base backup. */
struct gd_verified {
    const char *cluster, *id;
    uint64_t base; /* the system identifier of a base backup; 0: a snapshot */
    struct gd_status status;
    const struct gd_error *err; /* NULL: fine */
    enum gd_proof_kind kind;
    bool recorded;
    struct gd_prove_outcome outcome;
    const struct gd_damage *damages;
    size_t damage_count;
};

struct gd_verify_view {
    const char *store; /* its URL */
    const struct gd_verified *items;
    size_t count;
};

void gd_report_verify_text(const struct gd_verify_view *view, const struct gd_screen *screen,
                           struct gd_arena *arena);
/** One document on stdout. */
GD_MUST struct gd_status gd_report_verify_json(const struct gd_verify_view *view,
                                               struct gd_json *take_warnings, struct gd_error *err);

/** Stands before the receiver of events and keeps what is said of damaged objects. */
struct gd_damages {
    const struct gd_events *next;
    pthread_mutex_t lock;
    struct gd_arena *arena; /* its own: events come from any thread */
    struct gd_damage *items;
    size_t count, capacity;
};
void gd_damages_init(struct gd_damages *damages, const struct gd_events *next,
                     struct gd_events *out_events);
void gd_damages_begin(struct gd_damages *damages);
/** What was kept since the beginning, copied. */
void gd_damages_end(const struct gd_damages *damages, struct gd_verified *out_item,
                    struct gd_arena *arena);
void gd_damages_done(struct gd_damages *damages);

#endif
