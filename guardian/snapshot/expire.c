/*
 * Expire: which snapshots may go. Pure: time, rules and facts are given.
 *
 * A success is a proven snapshot that is not suspiciously empty. Everything else only goes when a
 * success of its own kind stays that is as new or newer, so that a run of failures, or of proofs
 * that were never made, drops nothing.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "guardian/snapshot/list.h"

enum { TOMORROW_US = 600 * 1000000 }; /* clocks may differ by that much */

struct expiry {
    struct gd_expire_item **newest; /* all that are finished and readable, newest first */
    size_t count;
    const struct gd_keep_rules *rules;
    int64_t now_us;
    struct gd_arena *arena;
};

static const char *tables_of(const struct gd_expire_item *item)
{
    return item->tables == NULL ? "" : item->tables;
}

static bool same_text(const char *one, const char *other)
{
    return (one == NULL) == (other == NULL) && (one == NULL || strcmp(one, other) == 0);
}

static bool same_kind(const struct gd_expire_item *a, const struct gd_expire_item *b)
{
    return a->scope == b->scope &&
           (a->scope != GD_SNAPSHOT_TABLES || strcmp(tables_of(a), tables_of(b)) == 0);
}

static bool is_from_tomorrow(const struct expiry *expiry, const struct gd_expire_item *item)
{
    return item->time_us > expiry->now_us + TOMORROW_US;
}

static void keep(const struct expiry *expiry, struct gd_expire_item *item, enum gd_keep why,
                 const char *because)
{
    if (item->keep == GD_KEEP_RULE && why == GD_KEEP_RULE) {
        item->because = gd_arena_printf(expiry->arena, "%s, %s", item->because, because);
        return;
    }
    if (item->keep != GD_KEEP_NOT)
        return;
    item->keep = why;
    item->because = because;
}

/* ---- successes ---- */

/* A proven snapshot without a row, where there were rows before, is the sign of an accident: what
 * was emptied must not push out what was full. */
static bool is_suspicious(const struct expiry *expiry, size_t at)
{
    const struct gd_expire_item *item = expiry->newest[at];
    if (!item->empty || item->scope == GD_SNAPSHOT_SCHEMA)
        return false;
    for (size_t i = at + 1; i < expiry->count; i++)
        if (expiry->newest[i]->proven && !expiry->newest[i]->empty &&
            same_kind(item, expiry->newest[i]))
            return true;
    return false;
}

static bool is_success(const struct expiry *expiry, size_t at)
{
    const struct gd_expire_item *item = expiry->newest[at];
    return item->proven && !item->of_then && !is_from_tomorrow(expiry, item) &&
           !is_suspicious(expiry, at);
}

static bool covers(const struct gd_expire_item *other, const struct gd_expire_item *item)
{
    if ((other->left_out != NULL && !same_text(other->left_out, item->left_out)) ||
        (item->foreign && !other->foreign))
        return false;
    return same_kind(item, other) ||
           (item->scope == GD_SNAPSHOT_TABLES && other->scope == GD_SNAPSHOT_DATABASE);
}

/* Is there a success as new as this one or newer, that has in it what this one has? */
static bool is_surpassed(const struct expiry *expiry, const struct gd_expire_item *item,
                         const bool *successes)
{
    for (size_t i = 0; i < expiry->count && expiry->newest[i]->time_us >= item->time_us; i++) {
        const struct gd_expire_item *other = expiry->newest[i];
        if (successes[i] && other != item && covers(other, item))
            return true;
    }
    return false;
}

/* The newest success of each scope; of other tables, too, unless they are surpassed. */
static void keep_last_proven(const struct expiry *expiry, const bool *successes)
{
    bool seen[GD_SNAPSHOT_DATABASE + 1] = {false};
    for (size_t i = 0; i < expiry->count; i++) {
        struct gd_expire_item *item = expiry->newest[i];
        if (!successes[i])
            continue;
        if (!seen[item->scope])
            keep(expiry, item, GD_KEEP_LAST_PROVEN, "the last proven one");
        else if (!is_surpassed(expiry, item, successes))
            keep(expiry, item, GD_KEEP_LAST_PROVEN,
                 item->scope == GD_SNAPSHOT_TABLES         ? "the last proven one of these tables"
                 : item->left_out != NULL || item->foreign ? "the last proven one with these rows"
                                                           : "the last proven one with all rows");
        seen[item->scope] = true;
    }
}

/* ---- rules ---- */

enum period { HOURLY, DAILY, WEEKLY, MONTHLY, PERIODS };
static const char *const period_names[] = {"hourly", "daily", "weekly", "monthly"};

static unsigned wanted_of(const struct gd_keep_rules *rules, enum period period)
{
    const unsigned wanted[] = {rules->hourly, rules->daily, rules->weekly, rules->monthly};
    return wanted[period];
}

enum { PERIOD_SIZE = 32 };

/* Rules count each of these by itself: one that leaves rows out takes no place of one that has
 * them. */
static bool is_of(const struct gd_expire_item *item, const struct gd_expire_item *group)
{
    return item->scope == group->scope && item->foreign == group->foreign &&
           same_text(item->left_out, group->left_out);
}

static void name_period(enum period period, int64_t time_us, char out_name[PERIOD_SIZE])
{
    time_t seconds = (time_t)(time_us / 1000000);
    struct tm utc = {0};
    size_t size = 0;
    gmtime_r(&seconds, &utc);
    switch (period) {
    case HOURLY:
        size = strftime(out_name, PERIOD_SIZE, "%Y-%m-%d %H:00", &utc);
        break;
    case DAILY:
        size = strftime(out_name, PERIOD_SIZE, "%Y-%m-%d", &utc);
        break;
    case WEEKLY:
        size = strftime(out_name, PERIOD_SIZE, "%G-W%V", &utc);
        break;
    case MONTHLY:
        size = strftime(out_name, PERIOD_SIZE, "%Y-%m", &utc);
        break;
    case PERIODS:
        break;
    }
    if (size == 0)
        out_name[0] = '\0';
}

/* The one that stands for the period which begins at `first`: its newest success; without one, its
 * newest. `out_end` is where the next period begins. */
static size_t choose(const struct expiry *expiry, enum period period,
                     const struct gd_expire_item *group, const bool *successes, size_t first,
                     size_t *out_end)
{
    char name[PERIOD_SIZE], other[PERIOD_SIZE];
    name_period(period, expiry->newest[first]->time_us, name);
    size_t chosen = first, i = first;
    for (; i < expiry->count; i++) {
        if (!is_of(expiry->newest[i], group))
            continue;
        name_period(period, expiry->newest[i]->time_us, other);
        if (strcmp(name, other) != 0)
            break;
        if (successes[i] && !successes[chosen])
            chosen = i;
    }
    *out_end = i;
    return chosen;
}

/* Only successes use the number up: periods without one are kept on the way to the last of it. */
static void keep_periods(const struct expiry *expiry, enum period period,
                         const struct gd_expire_item *group, const bool *successes)
{
    unsigned left = wanted_of(expiry->rules, period);
    for (size_t i = 0; i < expiry->count && left > 0;) {
        struct gd_expire_item *item = expiry->newest[i];
        if (!is_of(item, group) || is_from_tomorrow(expiry, item)) {
            i++;
            continue;
        }
        char name[PERIOD_SIZE];
        name_period(period, item->time_us, name);
        size_t chosen = choose(expiry, period, group, successes, i, &i);
        left -= successes[chosen];
        keep(expiry, expiry->newest[chosen], GD_KEEP_RULE,
             gd_arena_printf(expiry->arena, "%s %s", period_names[period], name));
    }
}

static void keep_last(const struct expiry *expiry, const struct gd_expire_item *group,
                      const bool *successes)
{
    unsigned kept = 0;
    for (size_t i = 0; i < expiry->count && kept < expiry->rules->last; i++)
        if (is_of(expiry->newest[i], group) && successes[i])
            keep(expiry, expiry->newest[i], GD_KEEP_RULE,
                 gd_arena_printf(expiry->arena, "last %u", ++kept));
}

/* Of its group: no newer one is in it. */
static bool is_first(const struct expiry *expiry, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (is_of(expiry->newest[i], expiry->newest[at]))
            return false;
    return true;
}

static void apply_rules(const struct expiry *expiry, const bool *successes)
{
    for (size_t i = 0; i < expiry->count; i++) {
        const struct gd_expire_item *group = expiry->newest[i];
        if (!is_first(expiry, i))
            continue;
        keep_last(expiry, group, successes);
        for (int period = HOURLY; period < PERIODS; period++)
            keep_periods(expiry, (enum period)period, group, successes);
    }
}

/* ---- each by itself ---- */

static void decide_litter(const struct expiry *expiry, struct gd_expire_item *item)
{
    int64_t age_us = (int64_t)expiry->rules->unfinished_age_s * 1000000;
    if (item->time_us > expiry->now_us - age_us)
        keep(expiry, item, GD_KEEP_YOUNG, "not finished, perhaps being made at this moment");
    else if (item->keep == GD_KEEP_NOT)
        item->because = "never finished";
}

/* Nobody knows what is in it, or what might be saved of it: only who asks for it loses it, and only
 * when there is something better. */
static void decide_damaged(const struct expiry *expiry, struct gd_expire_item *item,
                           const bool *successes)
{
    bool goes = item->damaged && expiry->rules->drop_damaged &&
                is_surpassed(expiry, item, successes) && !is_from_tomorrow(expiry, item);
    if (!goes)
        keep(expiry, item, GD_KEEP_UNREADABLE,
             item->damaged ? "damaged: it stays until somebody looked at it"
                           : "of a newer guardian, which knows what it is");
    else if (item->keep == GD_KEEP_NOT)
        item->because = "damaged, and a newer one is proven";
}

/* What nobody may drop, whatever the rules say. */
static void decide_by_itself(const struct expiry *expiry, struct gd_expire_item *item,
                             const bool *successes)
{
    if (item->held)
        keep(expiry, item, GD_KEEP_HELD, "held");
    if (item->open_change)
        keep(expiry, item, GD_KEEP_OPEN_CHANGE, "its change is not closed");
    if (item->unreadable)
        decide_damaged(expiry, item, successes);
    if (item->unfinished)
        decide_litter(expiry, item);
}

/* What is left when all rules have spoken. */
static void decide_rest(const struct expiry *expiry, size_t at, const bool *successes)
{
    struct gd_expire_item *item = expiry->newest[at];
    if (is_from_tomorrow(expiry, item))
        keep(expiry, item, GD_KEEP_YOUNG, "its time has not come yet: a clock was wrong");
    else if (!is_surpassed(expiry, item, successes))
        keep(expiry, item, GD_KEEP_YOUNG,
             item->of_then  ? "of an earlier moment, and nothing as new or newer is proven"
             : item->proven ? "newer than the last one that has rows"
                            : "nothing as new or newer is proven");
    if (item->keep == GD_KEEP_NOT)
        item->because = item->of_then  ? "of an earlier moment, and a newer one is proven"
                        : item->proven ? "no rule keeps it"
                                       : "not proven, and a newer one is";
}

/* ---- of one change ---- */

static bool is_made_for(const struct gd_expire_item *item, const char *change)
{
    return item->change != NULL && change != NULL && *change != '\0' &&
           strcmp(item->change, change) == 0;
}

/* One way back may need several: of those that a change made and proved, all stay or none. */
static void keep_together(const struct expiry *expiry)
{
    const struct gd_expire_item **kept =
        gd_arena_zalloc(expiry->arena, expiry->count, sizeof *kept);
    size_t count = 0;
    for (size_t i = 0; i < expiry->count; i++)
        if (expiry->newest[i]->keep != GD_KEEP_NOT)
            kept[count++] = expiry->newest[i];
    for (size_t i = 0; i < expiry->count; i++)
        for (size_t k = 0; k < count && expiry->newest[i]->keep == GD_KEEP_NOT; k++)
            if (expiry->newest[i]->proven && is_made_for(expiry->newest[i], kept[k]->change))
                keep(expiry, expiry->newest[i], GD_KEEP_RULE,
                     gd_arena_printf(expiry->arena, "the way back of its change needs it beside %s",
                                     kept[k]->id));
}

static int newest_first(const void *left, const void *right)
{
    const struct gd_expire_item *a = *(struct gd_expire_item *const *)left;
    const struct gd_expire_item *b = *(struct gd_expire_item *const *)right;
    if (a->time_us != b->time_us)
        return a->time_us < b->time_us ? 1 : -1;
    return strcmp(b->id, a->id);
}

void gd_expire_decide(struct gd_expire_item *items, size_t count, const struct gd_keep_rules *rules,
                      int64_t now_us, struct gd_arena *arena)
{
    struct expiry expiry = {.rules = rules, .now_us = now_us, .arena = arena};
    expiry.newest = gd_arena_zalloc(arena, count, sizeof(struct gd_expire_item *));
    bool *successes = gd_arena_zalloc(arena, count, sizeof *successes);
    for (size_t i = 0; i < count; i++) {
        items[i].keep = GD_KEEP_NOT;
        items[i].because = "";
        if (!items[i].unreadable && !items[i].unfinished)
            expiry.newest[expiry.count++] = &items[i];
    }
    if (expiry.count > 0)
        qsort(expiry.newest, expiry.count, sizeof *expiry.newest, newest_first);
    for (size_t i = 0; i < expiry.count; i++)
        successes[i] = is_success(&expiry, i);

    for (size_t i = 0; i < count; i++)
        decide_by_itself(&expiry, &items[i], successes);
    keep_last_proven(&expiry, successes);
    apply_rules(&expiry, successes);
    for (size_t i = 0; i < expiry.count; i++)
        decide_rest(&expiry, i, successes);
    keep_together(&expiry);
}
