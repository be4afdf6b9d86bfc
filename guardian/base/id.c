/*
 * Ids, see clock.h.
 *
 * Invariant  Within a process each id is greater than the one before: what would not be (the same
 *            second, a clock that went back) keeps the second before and counts up at random.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "guardian/base/clock.h"

enum { SECOND_US = 1000000, RANDOM_DIGITS = 10 };
static const uint64_t random_mask = (UINT64_C(1) << (4 * RANDOM_DIGITS)) - 1;

static uint64_t random_number(void)
{
    uint64_t number = 0;
    if (getrandom(&number, sizeof number, 0) !=
        (ssize_t)sizeof number) { /* so few never fall short */
        fputs("guardian: the system gives no random bytes\n", stderr);
        abort();
    }
    return number;
}

/* Microseconds in front, so that ids of different processes sort by time, too. */
static void next_id(int64_t *out_second, uint64_t *out_random)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static int64_t last_second;
    static uint64_t last_random;

    int64_t now = gd_clock_now_us(), second = now / SECOND_US;
    uint64_t chance = random_number() & 0xFFFFF;
    uint64_t number = (uint64_t)(now % SECOND_US) << 20 | chance;
    (void)pthread_mutex_lock(&lock);
    if (second > last_second || (second == last_second && number > last_random)) {
        last_second = second;
        last_random = number;
    } else {
        last_random += 1 + chance;
        if (last_random > random_mask) {
            last_second++;
            last_random = chance;
        }
    }
    *out_second = last_second;
    *out_random = last_random;
    (void)pthread_mutex_unlock(&lock);
}

void gd_id_new(char out_id[GD_ID_SIZE])
{
    int64_t second = 0;
    uint64_t number = 0;
    next_id(&second, &number);
    time_t time = (time_t)second;
    struct tm day = {0};
    (void)gmtime_r(&time, &day);
    size_t used = strftime(out_id, GD_ID_SIZE, "%Y%m%dT%H%M%SZ-", &day);
    (void)snprintf(out_id + used, GD_ID_SIZE - used, "%010llx", (unsigned long long)number);
}

bool gd_id_valid(const char *text)
{
    static const char form[] = "ddddddddTddddddZ-hhhhhhhhhh";
    if (strlen(text) != sizeof form - 1)
        return false;
    for (size_t i = 0; form[i] != '\0'; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        bool good = form[i] == 'd'   ? digit
                    : form[i] == 'h' ? digit || (text[i] >= 'a' && text[i] <= 'f')
                                     : text[i] == form[i];
        if (!good)
            return false;
    }
    return true;
}
