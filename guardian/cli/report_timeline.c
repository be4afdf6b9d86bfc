#include "guardian/cli/report_timeline.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/cli/report_words.h"

enum { GUTTER = 12, MOST_CELLS = 240, LEAST_CELLS = 20 };

struct picture {
    const struct gd_screen *screen;
    struct gd_arena *arena;
    int64_t from_us, to_us;
    size_t cells;
};

struct track {
    char cells[MOST_CELLS]; /* ' ': nothing; a letter; '2' to '9', '+': several */
};

/* ---- where things stand ---- */

static size_t cell_of(const struct picture *picture, int64_t us)
{
    int64_t span_us = picture->to_us - picture->from_us;
    if (us <= picture->from_us || span_us <= 0)
        return 0;
    if (us >= picture->to_us)
        return picture->cells - 1;
    return (size_t)((double)(us - picture->from_us) / (double)span_us *
                    (double)(picture->cells - 1));
}

static struct track *track_new(const struct picture *picture)
{
    struct track *track = gd_arena_alloc(picture->arena, sizeof *track);
    memset(track->cells, ' ', sizeof track->cells);
    return track;
}

/* What is older than the picture is told by "<" at its edge. */
static void add(const struct picture *picture, struct track *track, int64_t us, char letter)
{
    char *cell = &track->cells[cell_of(picture, us)];
    if (us < picture->from_us)
        *cell = '<';
    else if (*cell == ' ')
        *cell = letter;
    else if (*cell >= '2' && *cell < '9')
        (*cell)++;
    else if (*cell != '<')
        *cell = *cell == '9' || *cell == '+' ? '+' : '2';
}

static void fill(const struct picture *picture, struct track *track, int64_t from_us, int64_t to_us,
                 char letter)
{
    size_t from = cell_of(picture, from_us), to = cell_of(picture, to_us);
    memset(track->cells + from, letter, to - from + 1);
}

/* ---- drawing ---- */

static bool is_empty(const struct picture *picture, const struct track *track)
{
    for (size_t i = 0; i < picture->cells; i++)
        if (track->cells[i] != ' ')
            return false;
    return true;
}

/* Lines and crosses look better where there are letters for them. */
static const char *drawn(const struct picture *picture, char cell, size_t count)
{
    const char *sign = cell == '=' && picture->screen->utf8   ? "\u2501"
                       : cell == '-' && picture->screen->utf8 ? "\u2500"
                       : cell == 'x' && picture->screen->utf8 ? "\u2573"
                                                              : NULL;
    size_t width = sign == NULL ? 1 : strlen(sign);
    char *text = gd_arena_alloc(picture->arena, count * width + 1);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * width, sign == NULL ? &cell : sign, width);
    text[count * width] = '\0';
    return text;
}

static void print_track(const struct picture *picture, const char *label, const struct track *track,
                        enum gd_ink ink)
{
    size_t end = picture->cells;
    if (is_empty(picture, track))
        return;
    while (end > 0 && track->cells[end - 1] == ' ')
        end--;
    gd_screen_put(picture->screen, GD_INK_DIM, label);
    (void)fprintf(picture->screen->stream, "%*s", (int)(GUTTER - strlen(label)), "");
    for (size_t i = 0, count; i < end; i += count) {
        count = 1;
        while (i + count < end && track->cells[i + count] == track->cells[i])
            count++;
        gd_screen_put(picture->screen, track->cells[i] == 'x' ? GD_INK_RED : ink,
                      drawn(picture, track->cells[i], count));
    }
    gd_screen_end_line(picture->screen);
}

/* The first and the last moment, and what lies between where there is room. */
static void print_axis(const struct picture *picture)
{
    const char *from = gd_shelf_time(picture->from_us, false, picture->arena);
    const char *to = gd_shelf_time(picture->to_us, false, picture->arena);
    size_t used = strlen(from) + strlen(to);
    const char *middle =
        gd_arena_printf(picture->arena, " %s ",
                        gd_coverage_span(picture->to_us - picture->from_us, picture->arena));
    (void)fprintf(picture->screen->stream, "%*s", GUTTER, "");
    gd_screen_put(picture->screen, GD_INK_DIM, from);
    if (used + strlen(middle) + 2 > picture->cells) {
        (void)fprintf(picture->screen->stream, "%*s",
                      (int)(picture->cells > used ? picture->cells - used : 2), "");
    } else {
        size_t rest = picture->cells - used - strlen(middle);
        gd_screen_put(picture->screen, GD_INK_DIM,
                      gd_arena_printf(picture->arena, " %s%s%s ", drawn(picture, '-', rest / 2 - 1),
                                      middle, drawn(picture, '-', rest - rest / 2 - 1)));
    }
    gd_screen_put(picture->screen, GD_INK_DIM, to);
    gd_screen_end_line(picture->screen);
}

/* ---- what is drawn ---- */

static void earliest(int64_t *inout_us, int64_t us)
{
    if (us > 0 && (*inout_us == 0 || us < *inout_us))
        *inout_us = us;
}

static struct picture picture_of(const struct gd_coverage_view *view,
                                 const struct gd_screen *screen, struct gd_arena *arena)
{
    struct picture picture = {.screen = screen, .arena = arena, .to_us = view->now_us};
    const struct gd_coverage *coverage = view->coverage;
    for (size_t i = 0; i < coverage->base_count; i++)
        if (coverage->bases[i].base != NULL)
            earliest(&picture.from_us, coverage->bases[i].base->started_us);
    for (size_t i = 0; i < coverage->mark_count; i++)
        earliest(&picture.from_us, coverage->marks[i].time_us);
    for (size_t i = 0; i < coverage->chain->run_count; i++)
        earliest(&picture.from_us, coverage->chain->runs[i].from_us);
    if (picture.from_us == 0 || picture.from_us > picture.to_us)
        picture.from_us = picture.to_us;
    picture.cells = screen->width > GUTTER + LEAST_CELLS ? screen->width - GUTTER - 1 : LEAST_CELLS;
    picture.cells = picture.cells > MOST_CELLS ? MOST_CELLS : picture.cells;
    return picture;
}

/* WAL that nothing leads to is a thin line, a window a thick one. */
static void draw_windows(const struct picture *picture, const struct gd_coverage_view *view)
{
    const struct gd_coverage *coverage = view->coverage;
    struct track *track = track_new(picture);
    for (size_t i = 0; i < coverage->chain->run_count; i++)
        fill(picture, track, coverage->chain->runs[i].from_us, coverage->chain->runs[i].to_us, '-');
    for (size_t i = 0; i < coverage->window_count; i++)
        fill(picture, track, coverage->windows[i].from_us, coverage->windows[i].to_us, '=');
    for (size_t i = 0; i < coverage->hole_count; i++)
        fill(picture, track, coverage->holes[i].from_us,
             coverage->holes[i].to_us > coverage->holes[i].from_us ? coverage->holes[i].to_us
                                                                   : coverage->holes[i].from_us,
             'x');
    print_track(picture, "covered", track, GD_INK_GREEN);
}

static void draw_bases(const struct picture *picture, const struct gd_coverage_view *view)
{
    struct track *track = track_new(picture);
    for (size_t i = 0; i < view->coverage->base_count; i++) {
        const struct gd_base_listed *listed = &view->coverage->bases[i];
        if (listed->base != NULL)
            add(picture, track, listed->base->stopped_us,
                !gd_coverage_usable(view->coverage, listed) ? 'x'
                : listed->base->after[0] != '\0'            ? 'i'
                                                            : 'B');
    }
    print_track(picture, "base", track, GD_INK_BOLD);
}

static bool is_of(const struct gd_coverage_view *view, const char *cluster)
{
    return strtoull(cluster, NULL, 10) == view->coverage->system_identifier;
}

static void draw_shelf(const struct picture *picture, const struct gd_coverage_view *view,
                       const struct gd_shelf_view *shelf)
{
    struct track *snapshots = track_new(picture), *changes = track_new(picture);
    for (size_t i = 0; i < shelf->count; i++)
        if (is_of(view, shelf->items[i].listed.cluster) && !shelf->items[i].listed.unfinished)
            add(picture, snapshots, shelf->items[i].listed.time_us,
                shelf->items[i].listed.problem == NULL ? 'S' : 'x');
    for (size_t i = 0; i < shelf->changes.count; i++)
        if (is_of(view, shelf->changes.items[i].cluster))
            add(picture, changes, shelf->changes.items[i].time_us,
                shelf->changes.items[i].open ? 'o' : 'C');
    print_track(picture, "snapshots", snapshots, GD_INK_PLAIN);
    print_track(picture, "changes", changes, GD_INK_CYAN);
}

static void draw_marks(const struct picture *picture, const struct gd_coverage_view *view)
{
    struct track *track = track_new(picture);
    for (size_t i = 0; i < view->coverage->mark_count; i++)
        add(picture, track, view->coverage->marks[i].time_us, '^');
    print_track(picture, "marks", track, GD_INK_MAGENTA);
}

void gd_report_timeline(const struct gd_coverage_view *view, const struct gd_shelf_view *shelf,
                        const struct gd_screen *screen, struct gd_arena *arena)
{
    struct picture picture = picture_of(view, screen, arena);
    gd_screen_put(screen, GD_INK_BOLD,
                  gd_arena_printf(arena, "Points in time of server %" PRIu64,
                                  view->coverage->system_identifier));
    gd_screen_put(screen, GD_INK_PLAIN, " (UTC)");
    gd_screen_end_line(screen);
    print_axis(&picture);
    draw_windows(&picture, view);
    draw_bases(&picture, view);
    draw_shelf(&picture, view, shelf);
    draw_marks(&picture, view);
    gd_report_coverage_brief(view, screen, arena);
}
