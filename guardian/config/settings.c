#include "guardian/config/settings.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "guardian/base/nearest.h"

struct unit {
    const char *name;
    int64_t factor;
};

/* Largest first, so that a number is written in the largest unit that divides it. */
static const struct unit size_units[] = {
    {"TB", INT64_C(1) << 40}, {"GB", 1 << 30}, {"MB", 1 << 20}, {"kB", 1 << 10}, {"B", 1},
};
static const struct unit duration_units[] = {
    {"d", 86400000}, {"h", 3600000}, {"min", 60000}, {"s", 1000}, {"ms", 1},
};
enum { UNIT_COUNT = 5 };

static const struct unit *units_of(enum gd_option_type type)
{
    assert(type == GD_TYPE_SIZE || type == GD_TYPE_DURATION);
    return type == GD_TYPE_SIZE ? size_units : duration_units;
}

const char *gd_option_number_text(struct gd_arena *arena, enum gd_option_type type, int64_t number)
{
    if (type == GD_TYPE_INT)
        return gd_arena_printf(arena, "%" PRId64, number);
    const struct unit *unit = units_of(type);
    while (number % unit->factor != 0)
        unit++;
    return gd_arena_printf(arena, "%" PRId64 "%s", number / unit->factor,
                           number == 0 ? units_of(type)[UNIT_COUNT - 1].name : unit->name);
}

/* --- one parser for each type; false when the text is none of it ------------------------------ */

/* Digits, then perhaps more: where they end, or NULL. */
static const char *parse_digits(const char *text, int64_t *out_number)
{
    char *end = NULL;
    if (*text < '0' || *text > '9')
        return NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0)
        return NULL;
    *out_number = number;
    return end;
}

static bool parse_number(enum gd_option_type type, const char *text, int64_t *out_number)
{
    int64_t number = 0;
    const char *end = parse_digits(text, &number);
    if (end == NULL)
        return false;
    if (type == GD_TYPE_INT || number == 0) {
        *out_number = number;
        return *end == '\0';
    }
    while (*end == ' ')
        end++;
    const struct unit *units = units_of(type);
    for (size_t i = 0; i < UNIT_COUNT; i++)
        if (strcasecmp(end, units[i].name) == 0)
            return !__builtin_mul_overflow(number, units[i].factor, out_number);
    return false;
}

static bool parse_flag(const char *text, bool *out_flag)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcasecmp(text, words[i]) == 0) {
            *out_flag = i % 2 != 0;
            return true;
        }
    }
    return false;
}

static bool parse_choice(const struct gd_option *option, const char *text, int *out_choice)
{
    int choice = 0;
    size_t length = 0;
    for (const char *word = gd_word_next(option->choices, &length); length > 0;
         word = gd_word_next(word, &length), choice++) {
        if (strlen(text) == length && strncasecmp(text, word, length) == 0) {
            *out_choice = choice;
            return true;
        }
    }
    return false;
}

/* --- what to say when it is none of it -------------------------------------------------------- */

static struct gd_status refuse_number(struct gd_settings *settings, const struct gd_option *option,
                                      const char *called, const char *text, struct gd_error *err)
{
    static const char *const kinds[] = {
        [GD_TYPE_INT] = "a whole number",
        [GD_TYPE_SIZE] = "a size with its unit",
        [GD_TYPE_DURATION] = "a time with its unit",
    };
    static const char *const hints[] = {
        [GD_TYPE_INT] = "",
        [GD_TYPE_SIZE] = "Write B, kB, MB, GB or TB behind the number, for example 64MB.",
        [GD_TYPE_DURATION] = "Write ms, s, min, h or d behind the number, for example 2s.",
    };
    struct gd_status status =
        gd_fail(err, GD_USAGE, "%s takes %s from %s to %s, not \"%s\"", called, kinds[option->type],
                gd_option_number_text(settings->arena, option->type, option->min),
                gd_option_number_text(settings->arena, option->type, option->max), text);
    return gd_hint(err, status, "%s", hints[option->type]);
}

static struct gd_status refuse_choice(struct gd_settings *settings, const struct gd_option *option,
                                      const char *called, const char *text, struct gd_error *err)
{
    enum { WORDS_MAX = 16 };
    const char *words[WORDS_MAX];
    size_t count = 0, length = 0;
    const char *list = "";
    for (const char *word = gd_word_next(option->choices, &length); length > 0;
         word = gd_word_next(word, &length)) {
        assert(count < WORDS_MAX);
        words[count] = gd_arena_strndup(settings->arena, word, length);
        list =
            gd_arena_printf(settings->arena, "%s%s%s", list, count == 0 ? "" : ", ", words[count]);
        count++;
    }
    struct gd_status status =
        gd_fail(err, GD_USAGE, "%s is one of %s, not \"%s\"", called, list, text);
    const char *meant = gd_nearest(text, words, count);
    return meant == NULL ? status : gd_hint(err, status, "Did you mean \"%s\"?", meant);
}

/* --- storing ---------------------------------------------------------------------------------- */

static void store_text(struct gd_settings *settings, const struct gd_option *option,
                       const char *text, bool first)
{
    void *field = (char *)settings->fields + option->offset;
    if (option->type != GD_TYPE_LIST) {
        const char *copy = gd_arena_strdup(settings->arena, text);
        memcpy(field, &copy, sizeof copy);
        return;
    }
    struct gd_texts list = {0};
    if (!first)
        memcpy(&list, field, sizeof list);
    gd_texts_add(&list, gd_arena_strdup(settings->arena, text), settings->arena);
    memcpy(field, &list, sizeof list);
}

/* A value that was understood, before anybody decides whether it counts. */
union value {
    bool flag;
    int choice;
    int64_t number;
};

static struct gd_status parse(struct gd_settings *settings, const struct gd_option *option,
                              const char *called, const char *text, union value *out_value,
                              struct gd_error *err)
{
    switch (option->type) {
    case GD_TYPE_TEXT:
    case GD_TYPE_SECRET:
    case GD_TYPE_LIST:
        return GD_DONE;
    case GD_TYPE_FLAG:
        if (parse_flag(text, &out_value->flag))
            return GD_DONE;
        return gd_fail(err, GD_USAGE, "%s is yes or no, not \"%s\"", called, text);
    case GD_TYPE_CHOICE:
        if (parse_choice(option, text, &out_value->choice))
            return GD_DONE;
        return refuse_choice(settings, option, called, text, err);
    case GD_TYPE_INT:
    case GD_TYPE_SIZE:
    case GD_TYPE_DURATION:
        if (parse_number(option->type, text, &out_value->number) &&
            out_value->number >= option->min && out_value->number <= option->max)
            return GD_DONE;
        return refuse_number(settings, option, called, text, err);
    }
    __builtin_unreachable();
}

static void store(struct gd_settings *settings, const struct gd_option *option, const char *text,
                  union value value, bool first)
{
    char *field = (char *)settings->fields + option->offset;
    switch (option->type) {
    case GD_TYPE_TEXT:
    case GD_TYPE_SECRET:
    case GD_TYPE_LIST:
        store_text(settings, option, text, first);
        return;
    case GD_TYPE_FLAG:
        memcpy(field, &value.flag, sizeof value.flag);
        return;
    case GD_TYPE_CHOICE:
        memcpy(field, &value.choice, sizeof value.choice);
        return;
    case GD_TYPE_INT:
    case GD_TYPE_SIZE:
    case GD_TYPE_DURATION: /* never negative where the field is unsigned: min says so */
        memcpy(field, &value.number, sizeof value.number);
        return;
    }
}

struct gd_status gd_settings_set(struct gd_settings *settings, const struct gd_option *option,
                                 enum gd_origin origin, const char *called, const char *text,
                                 struct gd_error *err)
{
    union value value = {0};
    GD_TRY(parse(settings, option, called, text, &value, err));

    struct gd_setting_origin *now = &settings->origins[option - settings->options];
    if (now->origin > origin)
        return GD_DONE;
    store(settings, option, text, value, now->origin < origin);
    now->origin = origin;
    now->called = gd_arena_strdup(settings->arena, called);
    return GD_DONE;
}

void gd_settings_reset(struct gd_settings *settings)
{
    for (size_t i = 0; i < settings->count; i++) {
        const struct gd_option *option = &settings->options[i];
        struct gd_error err = {0};
        settings->origins[i] = (struct gd_setting_origin){GD_FROM_DEFAULT, ""};
        if (option->type == GD_TYPE_LIST) /* its default is the empty list: the field is zeroed */
            continue;
        struct gd_status status =
            gd_settings_set(settings, option, GD_FROM_DEFAULT, option->name, option->preset, &err);
        assert(status.code == GD_OK);
        settings->origins[i].called = "";
        (void)status;
    }
}
