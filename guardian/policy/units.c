#include "guardian/policy/units.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "guardian/base/nearest.h"
#include "guardian/policy/policy.h"

struct unit {
    const char *name;
    uint64_t factor;
};

/* Smallest first. */
static const struct unit sizes[] = {
    {"B", 1}, {"kB", 1ull << 10}, {"MB", 1ull << 20}, {"GB", 1ull << 30}, {"TB", 1ull << 40}};
static const struct unit durations[] = {
    {"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}, {"d", 86400000}};
static const struct unit counts[] = {{"", 1}};

static const struct {
    const struct unit *units;
    size_t count;
    const char *what, *like;
} kinds[] = {
    [GD_UNIT_SIZE] = {sizes, 5, "a size", "20GB (units: B, kB, MB, GB, TB)"},
    [GD_UNIT_DURATION] = {durations, 5, "a duration", "30s (units: ms, s, min, h, d)"},
    [GD_UNIT_COUNT] = {counts, 1, "a number", "1000"},
};

enum { WHOLE_DIGITS_MAX = 12, FRACTION_DIGITS_MAX = 3 };

/* Thousandths of the number at `*text`, which moves behind it; false when there is none. */
static bool read_number(const char **text, uint64_t *out_thousandths)
{
    const char *at = *text;
    uint64_t value = 0;
    size_t whole = 0, fraction = 0;
    for (; isdigit((unsigned char)*at); at++, whole++)
        value = value * 10 + (uint64_t)(*at - '0');
    if (whole == 0 || whole > WHOLE_DIGITS_MAX)
        return false;
    if (*at == '.')
        for (at++; isdigit((unsigned char)*at) && fraction < FRACTION_DIGITS_MAX; at++, fraction++)
            value = value * 10 + (uint64_t)(*at - '0');
    for (; fraction < FRACTION_DIGITS_MAX; fraction++)
        value *= 10;
    *text = at;
    *out_thousandths = value;
    return true;
}

static const char *say_wrong(enum gd_unit_kind kind, const char *text, const char *unit,
                             struct gd_arena *arena)
{
    const char *names[5];
    for (size_t i = 0; i < kinds[kind].count; i++)
        names[i] = kinds[kind].units[i].name;
    const char *meant = unit == NULL ? NULL : gd_nearest(unit, names, kinds[kind].count);
    return gd_arena_printf(arena, "\"%.40s\" is not %s like %s or \"unlimited\"%s%s%s", text,
                           kinds[kind].what, kinds[kind].like, meant == NULL ? "" : "; is \"",
                           meant == NULL ? "" : meant, meant == NULL ? "" : "\" meant?");
}

const char *gd_unit_parse(enum gd_unit_kind kind, const char *text, struct gd_arena *arena,
                          uint64_t *out_value)
{
    if (strcmp(text, "unlimited") == 0) {
        *out_value = UINT64_MAX;
        return NULL;
    }
    const char *at = text;
    uint64_t thousandths, scaled;
    if (!read_number(&at, &thousandths))
        return say_wrong(kind, text, NULL, arena);
    while (*at == ' ')
        at++;
    for (size_t i = 0; i < kinds[kind].count; i++) {
        const struct unit *unit = &kinds[kind].units[i];
        if (strcmp(at, unit->name) != 0)
            continue;
        if (__builtin_mul_overflow(thousandths, unit->factor, &scaled))
            return gd_arena_printf(arena, "\"%.40s\" is too large", text);
        if (scaled % 1000 != 0 && unit->factor == 1)
            return gd_arena_printf(arena, "\"%.40s\" has a fraction that means nothing", text);
        *out_value = scaled / 1000;
        return NULL;
    }
    return say_wrong(kind, text, at, arena);
}

/* The largest unit that leaves at least 1, with one digit behind the point where it says more. */
static const char *print_unit(const struct unit *units, size_t count, uint64_t value,
                              struct gd_arena *arena)
{
    if (value == UINT64_MAX)
        return "unlimited";
    size_t at = count - 1;
    while (at > 0 && value < units[at].factor)
        at--;
    uint64_t whole = value / units[at].factor;
    uint64_t tenth = (uint64_t)((double)(value % units[at].factor) * 10 / (double)units[at].factor);
    if (tenth == 0 || whole >= 100)
        return gd_arena_printf(arena, "%llu %s", (unsigned long long)whole, units[at].name);
    return gd_arena_printf(arena, "%llu.%llu %s", (unsigned long long)whole,
                           (unsigned long long)tenth, units[at].name);
}

const char *gd_size_text(uint64_t bytes, struct gd_arena *arena)
{
    return print_unit(sizes, 5, bytes, arena);
}

const char *gd_duration_text(uint64_t milliseconds, struct gd_arena *arena)
{
    return print_unit(durations, 5, milliseconds, arena);
}
