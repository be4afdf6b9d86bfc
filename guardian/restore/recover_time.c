/*
 * Recover, times: as a person writes them, with a zone. Without one an hour could be meant that is
 * hours away.
 */
#include <stdio.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/restore/recover.h"

enum { SECOND_US = 1000000 };

static bool two_digits(const char *text, int *out_number)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return false;
    *out_number = (text[0] - '0') * 10 + text[1] - '0';
    return true;
}

/* "Z", "+02", "+0200", "+02:00", also "-…" and " UTC". */
static bool read_zone(const char *text, int64_t *out_seconds)
{
    int hours = 0, minutes = 0;
    text += strspn(text, " ");
    if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0 || strcmp(text, "UTC") == 0) {
        *out_seconds = 0;
        return true;
    }
    int sign = *text == '-' ? -1 : 1;
    if ((*text != '+' && *text != '-') || !two_digits(text + 1, &hours) || hours > 15)
        return false;
    const char *rest = text + 3;
    rest += *rest == ':';
    if (*rest != '\0' && (!two_digits(rest, &minutes) || minutes > 59 || rest[2] != '\0'))
        return false;
    *out_seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

struct gd_status gd_recover_time(const char *text, int64_t *out_time_us, struct gd_error *err)
{
    static const char example[] =
        "A time is written as 2026-11-23T12:00:00Z (UTC), or 2026-11-23 14:00:00+02:00.";
    char copy[48];
    int64_t zone_s = 0, time_us = 0;
    size_t length = strlen(text) < 19 ? strlen(text) : 19 + strspn(text + 19, ".0123456789");
    (void)snprintf(copy, sizeof copy, "%.*sZ", (int)(length < 30 ? length : 30), text);
    if (length > 10 && copy[10] == ' ')
        copy[10] = 'T';
    if (length < 19 || !gd_clock_parse(copy, &time_us))
        return gd_hint(err, gd_fail(err, GD_USAGE, "could not read the time \"%s\"", text), "%s",
                       example);
    if (text[length] == '\0')
        return gd_hint(err, gd_fail(err, GD_USAGE, "the time \"%s\" names no zone", text), "%s",
                       example);
    if (!read_zone(text + length, &zone_s))
        return gd_hint(err, gd_fail(err, GD_USAGE, "could not read the zone of \"%s\"", text), "%s",
                       example);
    *out_time_us = time_us - zone_s * SECOND_US;
    return GD_DONE;
}
