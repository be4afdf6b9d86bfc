/*
 * clock: the time of day, a clock that never goes back, and waiting.
 */
#ifndef GUARDIAN_BASE_CLOCK_H
#define GUARDIAN_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guardian/base/status.h"

enum { GD_TIME_SIZE = 32 };

int64_t gd_clock_now_us(void);       /* since 1970 in UTC */
int64_t gd_clock_monotonic_us(void); /* for durations */
/** 2026-11-22T21:48:07.123456Z */
void gd_clock_text(int64_t time_us, char out_text[GD_TIME_SIZE]);
/** Reads what gd_clock_text() writes, with or without the fraction. */
bool gd_clock_parse(const char *text, int64_t *out_time_us);
void gd_sleep_ms(uint32_t ms); /* ends early when gd_interrupted() */

/**
 * Ids: sortable by time, to the microsecond, with 20 random bits: "20261122T214807Z-3f9c01d2aa".
 * Never the same twice, and never smaller than one made before in this process, also when the clock
 * goes back.
 */
enum { GD_ID_SIZE = 32 };
void gd_id_new(char out_id[GD_ID_SIZE]);
/** Exactly the form above: what is no id cannot reach a path or a key. */
bool gd_id_valid(const char *text);

/**
 * Being asked to stop: SIGINT, SIGTERM and SIGHUP set a flag once gd_interrupt_watch() was called.
 * Loops that move data ask gd_interrupted() and end with an error, so that cleaning up is the
 * ordinary way out. A second signal ends the process at once.
 */
void gd_interrupt_watch(void);
/** As if the signal had come; and as if none had, for a proper end afterwards. */
void gd_interrupt_set(int number);
void gd_interrupt_forget(void);
bool gd_interrupted(void);
int gd_interrupt_signal(void); /* 0: none */
/** GD_SYSTEM ("stopped by SIGTERM") once asked to stop: GD_TRY() it in such loops. */
GD_MUST struct gd_status gd_interrupt_check(struct gd_error *err);

/**
 * A wish to stop that is one thread's own, and that of the threads which work for it (thread.h):
 * whom this is done for may have gone. While it stands, gd_interrupted() asks it, too.
 */
struct gd_wish {
    bool (*asks)(void *context); /* any thread, often */
    void *context;
};
/** From here on, until it is called with what it returns. NULL: none. */
const struct gd_wish *gd_interrupt_by(const struct gd_wish *wish);

#endif
