#include "guardian/cli/progress_text.h"

#include "guardian/cli/progress.h"
#include "guardian/cli/report_words.h"
#include "guardian/policy/policy.h"

enum { BAR_COLUMNS = 20, WORKER_LINES_MAX = 8 };

/* --- numbers ---------------------------------------------------------------------------------- */

const char *gd_text_seconds(struct gd_arena *arena, double seconds)
{
    if (seconds < 0.995)
        return gd_arena_printf(arena, "%.2f s", seconds);
    if (seconds < 9.95)
        return gd_arena_printf(arena, "%.1f s", seconds);
    unsigned long whole = (unsigned long)(seconds + 0.5);
    if (whole < 60)
        return gd_arena_printf(arena, "%lu s", whole);
    if (whole < 3600)
        return gd_arena_printf(arena, "%lu min %02lu s", whole / 60, whole % 60);
    return gd_arena_printf(arena, "%lu h %02lu min", whole / 3600, whole % 3600 / 60);
}

const char *gd_text_rate(struct gd_arena *arena, uint64_t bytes, double seconds)
{
    if (bytes == 0 || seconds <= 0)
        return "";
    return gd_arena_printf(arena, "%s/s", gd_size_text((uint64_t)((double)bytes / seconds), arena));
}

static double seconds_of(const struct gd_stage *stage, int64_t now_us)
{
    return (double)(now_us - stage->started_us) / 1e6;
}

/* An estimate that was passed is no use any more, and one that is reached is not the end. */
static bool knows_share(const struct gd_stage *stage)
{
    return stage->total_bytes > 0 && stage->bytes <= stage->total_bytes;
}

static unsigned percent_of(const struct gd_stage *stage)
{
    unsigned percent = (unsigned)((double)stage->bytes * 100 / (double)stage->total_bytes);
    return percent > 99 ? 99 : percent;
}

/* --- words ------------------------------------------------------------------------------------ */

static const char *add(struct gd_arena *arena, const char *list, const char *item)
{
    if (item[0] == '\0')
        return list;
    return gd_arena_printf(arena, "%s%s%s", list, list[0] == '\0' ? "" : ", ", item);
}

static const char *rows_of(const struct gd_stage *stage, struct gd_arena *arena)
{
    return stage->rows == 0 ? "" : gd_words_many(arena, stage->rows, "row", "rows");
}

static const char *amount_of(const struct gd_stage *stage, struct gd_arena *arena)
{
    if (stage->bytes == 0 && !knows_share(stage))
        return "";
    const char *done = gd_size_text(stage->bytes, arena);
    if (!knows_share(stage))
        return done;
    return gd_arena_printf(arena, "%s of %s (%u%%)", done, gd_size_text(stage->total_bytes, arena),
                           percent_of(stage));
}

/* From when there is a rate worth the name. */
static const char *time_left(const struct gd_stage *stage, int64_t now_us, struct gd_arena *arena)
{
    if (!knows_share(stage) || stage->rate < 1 || seconds_of(stage, now_us) < 2)
        return "";
    double left = (double)(stage->total_bytes - stage->bytes) / stage->rate;
    if (left > 360000)
        return "";
    if (left < 10)
        return gd_arena_printf(arena, "%.0f s left", left < 1 ? 1 : left);
    return gd_arena_printf(arena, "%s left", gd_text_seconds(arena, left));
}

static const char *facts_of(const struct gd_stage *stage, int64_t now_us, struct gd_arena *arena)
{
    const char *facts = add(arena, amount_of(stage, arena), rows_of(stage, arena));
    facts = add(arena, facts, gd_text_rate(arena, (uint64_t)stage->rate, 1));
    return add(arena, facts, time_left(stage, now_us, arena));
}

static const char *with_colon(struct gd_arena *arena, const char *text, const char *facts)
{
    return facts[0] == '\0' ? text : gd_arena_printf(arena, "%s: %s", text, facts);
}

const char *gd_stage_line(const struct gd_stage *stage, int64_t now_us, struct gd_arena *arena)
{
    return with_colon(arena, stage->text, facts_of(stage, now_us, arena));
}

const char *gd_stage_summary(const struct gd_stage *stage, int64_t now_us, struct gd_arena *arena)
{
    double seconds = seconds_of(stage, now_us);
    const char *facts = stage->bytes == 0 ? "" : gd_size_text(stage->bytes, arena);
    if (stage->stored_bytes > 0)
        facts = gd_arena_printf(arena, "%s (%s stored)", facts,
                                gd_size_text(stage->stored_bytes, arena));
    facts = add(arena, facts, rows_of(stage, arena));
    facts = add(arena, facts, gd_text_seconds(arena, seconds));
    return with_colon(arena, stage->text,
                      add(arena, facts, gd_text_rate(arena, stage->bytes, seconds)));
}

/* --- the block -------------------------------------------------------------------------------- */

static void put_cut(const struct gd_screen *screen, enum gd_ink ink, const char *text,
                    size_t columns, struct gd_arena *arena)
{
    gd_screen_put(screen, ink, gd_screen_cut(screen, arena, text, columns));
}

static const char *cells(const char *cell, unsigned count, struct gd_arena *arena)
{
    const char *text = "";
    for (unsigned i = 0; i < count; i++)
        text = gd_arena_printf(arena, "%s%s", text, cell);
    return text;
}

static void put_bar(const struct gd_stage *stage, const struct gd_screen *screen,
                    struct gd_arena *arena)
{
    unsigned full = percent_of(stage) * BAR_COLUMNS / 100;
    gd_screen_put(screen, GD_INK_GREEN, cells(screen->utf8 ? "█" : "#", full, arena));
    gd_screen_put(screen, GD_INK_DIM, cells(screen->utf8 ? "░" : ".", BAR_COLUMNS - full, arena));
    gd_screen_put(screen, GD_INK_PLAIN, "  ");
}

static unsigned put_workers(const struct gd_stage *stage, const struct gd_screen *screen,
                            struct gd_arena *arena)
{
    unsigned lines = 0, more = 0;
    for (unsigned i = 0; i < GD_STAGE_WORKERS_MAX; i++) {
        if (stage->workers[i][0] == '\0')
            continue;
        if (lines == WORKER_LINES_MAX) {
            more++;
            continue;
        }
        gd_screen_put(screen, GD_INK_PLAIN, "  ");
        put_cut(screen, GD_INK_DIM, stage->workers[i], screen->width - 3, arena);
        gd_screen_end_line(screen);
        lines++;
    }
    if (more == 0)
        return lines;
    gd_screen_put(screen, GD_INK_DIM, gd_arena_printf(arena, "  and %u more", more));
    gd_screen_end_line(screen);
    return lines + 1;
}

unsigned gd_stage_draw(const struct gd_stage *stage, const struct gd_screen *screen, int64_t now_us,
                       struct gd_arena *arena)
{
    size_t room = screen->width - 1;
    if (knows_share(stage) && screen->width > 2 * BAR_COLUMNS + 20) {
        put_bar(stage, screen, arena);
        room -= BAR_COLUMNS + 2;
    }
    put_cut(screen, GD_INK_PLAIN, gd_stage_line(stage, now_us, arena), room, arena);
    gd_screen_end_line(screen);
    return 1 + put_workers(stage, screen, arena);
}
