#include "guardian/base/events.h"

#include <stdarg.h>
#include <stdio.h>

enum { TEXT_SIZE = 2048 };

void gd_tell_stage(const struct gd_events *events, const char *text, uint64_t total_bytes)
{
    gd_tell(events,
            &(struct gd_event){
                .kind = GD_EVENT_STAGE, .text = text, .worker = -1, .total_bytes = total_bytes});
}

static void __attribute__((format(printf, 4, 0)))
tell_text(const struct gd_events *events, enum gd_event_kind kind, const char *hint,
          const char *format, va_list arguments)
{
    char text[TEXT_SIZE];
    (void)vsnprintf(text, sizeof text, format, arguments);
    gd_tell(events, &(struct gd_event){.kind = kind, .text = text, .hint = hint, .worker = -1});
}

void gd_tell_note(const struct gd_events *events, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    tell_text(events, GD_EVENT_NOTE, NULL, format, arguments);
    va_end(arguments);
}

void gd_tell_warning(const struct gd_events *events, const char *hint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    tell_text(events, GD_EVENT_WARNING, hint, format, arguments);
    va_end(arguments);
}
