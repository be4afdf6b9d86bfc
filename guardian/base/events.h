/*
 * Events: what is going on, told to whoever shows it. The library prints nothing.
 *
 * Called from any thread; the receiver locks. Texts are views for the time of the call.
 */
#ifndef GUARDIAN_BASE_EVENTS_H
#define GUARDIAN_BASE_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "guardian/base/status.h"

enum gd_event_kind {
    GD_EVENT_STAGE, /* a new stage begins: text is "copying data", total_bytes an estimate or 0 */
    GD_EVENT_PROGRESS, /* bytes and rows done so far in this stage; worker and object when one moves
                        */
    GD_EVENT_OBJECT,   /* one object is done: object, bytes, rows */
    GD_EVENT_NOTE,     /* something a person should know: text */
    GD_EVENT_WARNING,  /* something that is not as it should be: text and hint */
};

struct gd_event {
    enum gd_event_kind kind;
    const char *text, *hint, *object;
    int worker; /* -1: none */
    uint64_t bytes, total_bytes, stored_bytes, rows;
};

struct gd_events {
    void (*tell)(void *context, const struct gd_event *event);
    void *context;
};

/** `events` may be NULL. */
static inline void gd_tell(const struct gd_events *events, const struct gd_event *event)
{
    if (events != NULL && events->tell != NULL)
        events->tell(events->context, event);
}

void gd_tell_stage(const struct gd_events *events, const char *text, uint64_t total_bytes);
void gd_tell_note(const struct gd_events *events, const char *format, ...) GD_PRINTF(2, 3);
void gd_tell_warning(const struct gd_events *events, const char *hint, const char *format, ...)
    GD_PRINTF(3, 4);

#endif
