#include "guardian/base/clock.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { SECOND_US = 1000000, SLICE_MS = 50 };

static int64_t read_clock(clockid_t id)
{
    struct timespec now = {0};
    int got = clock_gettime(id, &now);
    assert(got == 0);
    (void)got;
    return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

int64_t gd_clock_now_us(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t gd_clock_monotonic_us(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

void gd_clock_text(int64_t time_us, char out_text[GD_TIME_SIZE])
{
    int64_t micros = time_us % SECOND_US;
    if (micros < 0)
        micros += SECOND_US;
    time_t seconds = (time_t)((time_us - micros) / SECOND_US);
    struct tm day = {0};
    (void)gmtime_r(&seconds, &day);
    size_t used = strftime(out_text, GD_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &day);
    (void)snprintf(out_text + used, GD_TIME_SIZE - used, ".%06dZ", (int)micros);
}

/* Reads exactly `digits` digits and, behind them, `mark` (0: none). */
static bool take_number(const char **text, unsigned digits, char mark, int *out_number)
{
    int number = 0;
    for (unsigned i = 0; i < digits; i++, (*text)++) {
        if (**text < '0' || **text > '9')
            return false;
        number = number * 10 + (**text - '0');
    }
    *out_number = number;
    if (mark == '\0')
        return true;
    return *(*text)++ == mark;
}

static bool take_fraction(const char **text, int *out_micros)
{
    int micros = 0, unit = SECOND_US / 10;
    for (; **text >= '0' && **text <= '9' && unit > 0; (*text)++, unit /= 10)
        micros += (**text - '0') * unit;
    *out_micros = micros;
    return unit < SECOND_US / 10;
}

bool gd_clock_parse(const char *text, int64_t *out_time_us)
{
    struct tm day = {0};
    int micros = 0;
    if (!take_number(&text, 4, '-', &day.tm_year) || !take_number(&text, 2, '-', &day.tm_mon) ||
        !take_number(&text, 2, 'T', &day.tm_mday) || !take_number(&text, 2, ':', &day.tm_hour) ||
        !take_number(&text, 2, ':', &day.tm_min) || !take_number(&text, 2, '\0', &day.tm_sec))
        return false;
    if (*text == '.') {
        text++;
        if (!take_fraction(&text, &micros))
            return false;
    }
    if (strcmp(text, "Z") != 0)
        return false;

    day.tm_year -= 1900;
    day.tm_mon -= 1;
    struct tm asked = day;
    int64_t seconds = timegm(&day);
    if (day.tm_mon != asked.tm_mon || day.tm_mday != asked.tm_mday ||
        day.tm_hour != asked.tm_hour || day.tm_min != asked.tm_min || day.tm_sec != asked.tm_sec)
        return false; /* the 30th of February */
    *out_time_us = seconds * SECOND_US + micros;
    return true;
}

void gd_sleep_ms(uint32_t ms)
{
    int64_t end = gd_clock_monotonic_us() + (int64_t)ms * 1000;
    while (!gd_interrupted()) { /* in slices: the signal may be given to another thread */
        int64_t left = end - gd_clock_monotonic_us();
        if (left <= 0)
            return;
        int64_t slice = left < SLICE_MS * 1000 ? left : SLICE_MS * 1000;
        (void)nanosleep(&(struct timespec){.tv_nsec = (long)slice * 1000}, NULL);
    }
}
