#include "guardian/cli/report_coverage.h"

#include <inttypes.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/cli/report_left.h"
#include "guardian/cli/report_words.h"

/* ---- words ---- */

const char *gd_coverage_time(int64_t us, struct gd_arena *arena)
{
    char text[GD_TIME_SIZE];
    gd_clock_text(us, text);
    return gd_arena_printf(arena, "%.10s %.8s", text, text + 11);
}

const char *gd_coverage_span(int64_t us, struct gd_arena *arena)
{
    static const struct {
        int64_t seconds;
        const char *one, *many;
    } units[] = {{86400, "day", "days"},
                 {3600, "hour", "hours"},
                 {60, "minute", "minutes"},
                 {1, "second", "seconds"}};
    enum { UNITS = sizeof units / sizeof units[0] };
    int64_t seconds = us < 0 ? 0 : us / 1000000;
    size_t first = 0;
    while (first + 1 < UNITS && seconds < units[first].seconds)
        first++;
    uint64_t count = (uint64_t)(seconds / units[first].seconds);
    const char *text = gd_words_many(arena, count, units[first].one, units[first].many);
    seconds %= units[first].seconds;
    if (first + 1 == UNITS || seconds < units[first + 1].seconds)
        return text;
    return gd_arena_printf(arena, "%s %s", text,
                           gd_words_many(arena, (uint64_t)(seconds / units[first + 1].seconds),
                                         units[first + 1].one, units[first + 1].many));
}

const struct gd_window *gd_coverage_newest(const struct gd_coverage *coverage)
{
    const struct gd_window *newest = NULL;
    for (size_t i = 0; i < coverage->window_count; i++) {
        const struct gd_window *window = &coverage->windows[i];
        if (newest == NULL || window->timeline > newest->timeline ||
            (window->timeline == newest->timeline && window->to_lsn > newest->to_lsn))
            newest = window;
    }
    return newest;
}

static bool is_bad_file(const struct gd_wal_file *file)
{
    return file->problem != NULL && !file->spare;
}

size_t gd_coverage_faults(const struct gd_coverage *coverage)
{
    size_t faults = coverage->hole_count;
    for (size_t i = 0; i < coverage->base_count; i++)
        faults += coverage->bases[i].problem != NULL && !coverage->bases[i].unfinished;
    for (size_t i = 0; i < coverage->chain->file_count; i++)
        faults += is_bad_file(&coverage->chain->files[i]);
    for (size_t i = 0; i < coverage->chain->branch_count; i++)
        faults += coverage->chain->branches[i].problem != NULL;
    return faults;
}

/* ---- rows ---- */

struct report {
    const struct gd_coverage_view *view;
    const struct gd_screen *screen;
    struct gd_arena *arena;
};

/* Does the store hold all that the server has written? */
static bool is_up_to_date(const struct gd_coverage_view *view, const struct gd_window *window)
{
    return view->server.asked && window != NULL && window->timeline == view->server.timeline &&
           window->to_lsn >= view->server.lsn;
}

/* Nobody has looked yet which commits are in the WAL behind it. */
static const char *unread_of(const struct report *report, const struct gd_window *window)
{
    enum { WORTH_TELLING_US = 60 * 1000000 };
    if (window->proven_lsn >= window->to_lsn || window->to_us - window->sure_us < WORTH_TELLING_US)
        return "";
    return gd_arena_printf(report->arena,
                           " at least; WAL behind that was stored until %s, and \"guardian wal "
                           "check\" reads it",
                           gd_coverage_time(window->to_us, report->arena));
}

static void print_window(const struct report *report, const struct gd_window *window,
                         const struct gd_window *newest)
{
    const struct gd_coverage_view *view = report->view;
    bool now = window == newest && is_up_to_date(view, window);
    int64_t until_us = now ? view->server.time_us : window->sure_us;
    const char *text =
        gd_arena_printf(report->arena, "any moment from %s to %s%s UTC: %s%s",
                        gd_coverage_time(window->from_us, report->arena), now ? "now, " : "",
                        gd_coverage_time(until_us, report->arena),
                        gd_coverage_span(until_us - window->from_us, report->arena),
                        now ? "" : unread_of(report, window));
    if (window->timeline != newest->timeline)
        text = gd_arena_printf(report->arena, "%s, on timeline %" PRIu32 ", which was left", text,
                               window->timeline);
    gd_screen_row(report->screen, window == newest ? "recover" : "and", GD_INK_GREEN, text);
}

static void print_windows(const struct report *report)
{
    const struct gd_coverage *coverage = report->view->coverage;
    const struct gd_window *newest = gd_coverage_newest(coverage);
    if (newest == NULL) {
        gd_screen_row(report->screen, "recover", GD_INK_RED,
                      coverage->base_count == 0
                          ? "nothing: there is no base backup, which is what WAL is replayed on"
                          : "nothing: no base backup is whole and has its WAL");
        return;
    }
    print_window(report, newest, newest);
    for (size_t i = 0; i < coverage->window_count; i++)
        if (&coverage->windows[i] != newest)
            print_window(report, &coverage->windows[i], newest);
}

/* Is there WAL of it behind the point at which it began? */
static bool has_begun(const struct gd_wal_chain *chain, const struct gd_wal_branch *branch)
{
    for (size_t i = 0; i < chain->run_count; i++)
        if (chain->runs[i].timeline == branch->timeline && chain->runs[i].to_lsn > branch->at_lsn)
            return true;
    return false;
}

/* Right behind a failover: what the server writes now is nowhere yet. One that others came from is
 * told by holes. */
static void print_new_timelines(const struct report *report)
{
    const struct gd_wal_chain *chain = report->view->coverage->chain;
    const struct gd_wal_branch *newest =
        chain->branch_count == 0 ? NULL : &chain->branches[chain->branch_count - 1];
    char lsn[GD_LSN_SIZE];
    if (newest == NULL || newest->parent == 0 || has_begun(chain, newest))
        return;
    gd_lsn_write(newest->at_lsn, lsn);
    gd_screen_row(report->screen, "timeline", GD_INK_YELLOW,
                  gd_arena_printf(report->arena,
                                  "%" PRIu32 " began at %s, where timeline %" PRIu32
                                  " was left: nothing that was written since is in the store",
                                  newest->timeline, lsn, newest->parent));
}

static const char *ago(int64_t us, struct gd_arena *arena)
{
    if (us < 1000000)
        return "just now";
    return gd_arena_printf(arena, "%s ago", gd_coverage_span(us, arena));
}

static void print_bases(const struct report *report)
{
    const struct gd_coverage *coverage = report->view->coverage;
    const struct gd_base_listed *newest = NULL;
    uint64_t usable = 0;
    for (size_t i = 0; i < coverage->base_count; i++)
        if (gd_coverage_usable(coverage, &coverage->bases[i])) {
            usable++;
            newest = &coverage->bases[i];
        }
    if (newest == NULL)
        return;
    gd_screen_row(
        report->screen, "bases", GD_INK_PLAIN,
        gd_arena_printf(report->arena, "%s, the newest %s of %s UTC, %s",
                        gd_words_many(report->arena, usable, "base backup", "base backups"),
                        newest->id, gd_coverage_time(newest->base->stopped_us, report->arena),
                        ago(report->view->now_us - newest->base->stopped_us, report->arena)));
}

/* Of what was read before: a part of it now, and when the oldest reading was. */
static const char *rereading_of(const struct report *report)
{
    const struct gd_wal_checked *checked = report->view->checked;
    enum { WORTH_TELLING_S = 86400 };
    int64_t age_us = report->view->now_us - checked->oldest_read_us;
    const char *again =
        checked->once_more == 0 || checked->read_now == checked->segments
            ? ""
            : gd_arena_printf(report->arena, "; %s once more, as a part is each time",
                              gd_words_number(report->arena, checked->once_more));
    if (checked->oldest_read_us == 0 || age_us / 1000000 < WORTH_TELLING_S)
        return again;
    return gd_arena_printf(report->arena, "%s; the oldest reading is %s", again,
                           ago(age_us, report->arena));
}

static void print_checked(const struct report *report)
{
    const struct gd_wal_checked *checked = report->view->checked;
    uint64_t bytes = 0;
    if (checked == NULL)
        return;
    for (size_t i = 0; i < report->view->coverage->chain->file_count; i++)
        bytes += report->view->coverage->chain->files[i].stored_bytes;
    const char *now = checked->read_now == 0 ? "all of them read back before"
                      : checked->read_now == checked->segments
                          ? "all of them read back now"
                          : gd_arena_printf(report->arena, "%s read back now, the others before",
                                            gd_words_number(report->arena, checked->read_now));
    gd_screen_row(
        report->screen, "checked", GD_INK_PLAIN,
        gd_arena_printf(report->arena, "%s of WAL, %s: %s%s",
                        gd_words_many(report->arena, checked->segments, "segment", "segments"),
                        gd_size_text(bytes, report->arena), now, rereading_of(report)));
}

static const char *behind_of(const struct report *report, uint64_t end_lsn, uint32_t timeline)
{
    const struct gd_server_place *server = &report->view->server;
    char lsn[GD_LSN_SIZE];
    gd_lsn_write(server->lsn, lsn);
    if (!server->asked)
        return "";
    if (server->timeline != timeline)
        return gd_arena_printf(report->arena,
                               "; the server is on timeline %" PRIu32 ", at %s: nothing of it is "
                               "here",
                               server->timeline, lsn);
    if (server->lsn <= end_lsn)
        return "; the server has no more";
    return gd_arena_printf(report->arena, "; the server is at %s: %s is not here yet", lsn,
                           gd_size_text(server->lsn - end_lsn, report->arena));
}

static void print_end(const struct report *report)
{
    const struct gd_wal_chain *chain = report->view->coverage->chain;
    char lsn[GD_LSN_SIZE];
    if (chain->run_count == 0) {
        gd_screen_row(report->screen, "WAL", GD_INK_YELLOW, "there is none in the store");
        return;
    }
    const struct gd_wal_run *last = &chain->runs[chain->run_count - 1];
    gd_lsn_write(last->to_lsn, lsn);
    gd_screen_row(report->screen, "WAL", GD_INK_PLAIN,
                  gd_arena_printf(report->arena, "up to %s of timeline %" PRIu32 ", stored %s%s",
                                  lsn, last->timeline,
                                  ago(report->view->now_us - last->to_us, report->arena),
                                  behind_of(report, last->to_lsn, last->timeline)));
}

/* ---- what is wrong ---- */

/* The window in which WAL begins again behind a hole; NULL: none. */
static const struct gd_window *window_behind(const struct gd_coverage *coverage,
                                             const struct gd_hole *hole)
{
    for (size_t i = 0; i < coverage->window_count; i++)
        if (coverage->windows[i].from_lsn >= hole->to_lsn &&
            coverage->windows[i].timeline >= hole->timeline)
            return &coverage->windows[i];
    return NULL;
}

static const struct gd_window *window_before(const struct gd_coverage *coverage,
                                             const struct gd_hole *hole)
{
    for (size_t i = coverage->window_count; i > 0; i--)
        if (coverage->windows[i - 1].to_lsn <= hole->from_lsn &&
            coverage->windows[i - 1].timeline <= hole->timeline)
            return &coverage->windows[i - 1];
    return NULL;
}

static bool is_damaged_at(const struct gd_wal_chain *chain, const struct gd_hole *hole)
{
    for (size_t i = 0; i < chain->file_count; i++)
        if (is_bad_file(&chain->files[i]) && chain->files[i].name.timeline == hole->timeline &&
            chain->files[i].from_lsn == hole->from_lsn)
            return true;
    return false;
}

static void print_hole(const struct report *report, const struct gd_hole *hole)
{
    const struct gd_coverage *coverage = report->view->coverage;
    const struct gd_window *before = window_before(coverage, hole);
    const struct gd_window *behind = window_behind(coverage, hole);
    gd_screen_row(report->screen, "HOLE", GD_INK_RED, hole->why);
    const char *from = before == NULL
                           ? "nothing"
                           : gd_arena_printf(report->arena, "nothing after %s",
                                             gd_coverage_time(before->sure_us, report->arena));
    const char *to =
        behind == NULL ? " can be brought back: there is no whole base backup behind it"
                       : gd_arena_printf(report->arena,
                                         " and before %s, when the next base backup was made, can "
                                         "be brought back",
                                         gd_coverage_time(behind->from_us, report->arena));
    gd_screen_row(report->screen, "", GD_INK_PLAIN,
                  gd_arena_printf(report->arena, "%s%s.", from, to));
    if (!hole->for_good)
        gd_screen_row(report->screen, "", GD_INK_DIM,
                      gd_arena_printf(report->arena,
                                      "Look in pg_wal and in the archives of the server and its "
                                      "standbys: %s\"guardian wal push PATH\" closes the hole.",
                                      is_damaged_at(coverage->chain, hole)
                                          ? "when what is stored there is removed, "
                                          : ""));
    if (behind == NULL)
        gd_screen_row(report->screen, "", GD_INK_DIM,
                      hole->for_good
                          ? "Nothing closes this: make a base backup now, \"guardian base\"."
                          : "If it is nowhere, make a base backup now: \"guardian base\".");
}

/* Does a hole that begins with it name it already? */
static bool is_told(const struct gd_coverage *coverage, const struct gd_wal_file *file)
{
    for (size_t i = 0; i < coverage->hole_count; i++)
        if (coverage->holes[i].timeline == file->name.timeline &&
            coverage->holes[i].from_lsn == file->from_lsn)
            return true;
    return false;
}

static void print_bad(const struct report *report)
{
    const struct gd_coverage *coverage = report->view->coverage;
    const struct gd_wal_chain *chain = coverage->chain;
    char name[GD_WAL_NAME_SIZE];
    for (size_t i = 0; i < coverage->hole_count; i++)
        print_hole(report, &coverage->holes[i]);
    for (size_t i = 0; i < chain->file_count; i++) {
        if (!is_bad_file(&chain->files[i]) || is_told(coverage, &chain->files[i]))
            continue;
        gd_wal_name_write(&chain->files[i].name, name);
        gd_screen_row(report->screen, "DAMAGED", GD_INK_RED,
                      gd_arena_printf(report->arena, "%s%s: %s", name,
                                      chain->files[i].piece ? " (a piece)" : "",
                                      chain->files[i].problem));
    }
    for (size_t i = 0; i < chain->branch_count; i++)
        if (chain->branches[i].problem != NULL)
            gd_screen_row(report->screen, "DAMAGED", GD_INK_RED,
                          gd_arena_printf(report->arena, "history of timeline %" PRIu32 ": %s",
                                          chain->branches[i].timeline, chain->branches[i].problem));
    for (size_t i = 0; i < coverage->base_count; i++)
        if (coverage->bases[i].problem != NULL && !coverage->bases[i].unfinished)
            gd_screen_row(report->screen, "DAMAGED", GD_INK_RED,
                          gd_arena_printf(report->arena, "base backup %s: %s",
                                          coverage->bases[i].id, coverage->bases[i].problem));
}

void gd_report_coverage(const struct gd_coverage_view *view, const struct gd_screen *screen,
                        struct gd_arena *arena)
{
    const struct report report = {view, screen, arena};
    gd_screen_put(screen, GD_INK_BOLD,
                  gd_arena_printf(arena, "Cluster %" PRIu64, view->coverage->system_identifier));
    gd_screen_put(screen, GD_INK_PLAIN, gd_arena_printf(arena, " in %s", view->store));
    gd_screen_end_line(screen);
    print_windows(&report);
    print_new_timelines(&report);
    gd_report_left(view->coverage, screen, arena);
    print_bases(&report);
    print_end(&report);
    print_checked(&report);
    print_bad(&report);
}

void gd_report_coverage_brief(const struct gd_coverage_view *view, const struct gd_screen *screen,
                              struct gd_arena *arena)
{
    const struct report report = {view, screen, arena};
    print_windows(&report);
    print_new_timelines(&report);
    gd_report_left(view->coverage, screen, arena);
    print_bad(&report);
}

/* ---- JSON ---- */

static void put_lsn(struct gd_json *object, const char *key, uint64_t lsn)
{
    char text[GD_LSN_SIZE];
    gd_lsn_write(lsn, text);
    gd_json_put(object, key, lsn == 0 ? gd_json_new_null() : gd_json_new_text(text));
}

static void put_int(struct gd_json *object, const char *key, uint64_t number)
{
    gd_json_put(object, key, gd_json_new_int((int64_t)number));
}

static struct gd_json *windows_of(const struct gd_coverage *coverage)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < coverage->window_count; i++) {
        const struct gd_window *window = &coverage->windows[i];
        struct gd_json *one = gd_json_object();
        put_int(one, "timeline", window->timeline);
        gd_json_put(one, "from", gd_json_new_time(window->from_us));
        gd_json_put(one, "to", gd_json_new_time(window->sure_us));
        gd_json_put(one, "stored", gd_json_new_time(window->to_us));
        put_lsn(one, "from_lsn", window->from_lsn);
        put_lsn(one, "to_lsn", window->to_lsn);
        put_lsn(one, "proven_lsn", window->proven_lsn);
        gd_json_put(one, "first_base", gd_json_new_text(window->first_base));
        gd_json_put(one, "last_base", gd_json_new_text(window->last_base));
        gd_json_push(list, one);
    }
    return list;
}

static struct gd_json *holes_of(const struct gd_coverage *coverage)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < coverage->hole_count; i++) {
        const struct gd_hole *hole = &coverage->holes[i];
        struct gd_json *one = gd_json_object();
        put_int(one, "timeline", hole->timeline);
        put_lsn(one, "from_lsn", hole->from_lsn);
        put_lsn(one, "to_lsn", hole->to_lsn);
        gd_json_put(one, "from", gd_json_new_time(hole->from_us));
        gd_json_put(one, "to", gd_json_new_time(hole->to_us));
        put_int(one, "segments", hole->segments);
        gd_json_put(one, "why", gd_json_new_text(hole->why));
        gd_json_push(list, one);
    }
    return list;
}

static struct gd_json *bases_of(const struct gd_coverage *coverage)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < coverage->base_count; i++) {
        const struct gd_base_listed *listed = &coverage->bases[i];
        struct gd_json *one = gd_json_object();
        gd_json_put(one, "id", gd_json_new_text(listed->id));
        gd_json_put(one, "usable", gd_json_new_bool(gd_coverage_usable(coverage, listed)));
        gd_json_put(one, "unfinished", gd_json_new_bool(listed->unfinished));
        gd_json_put(one, "problem", gd_json_new_text(listed->problem));
        if (listed->base != NULL) {
            gd_json_put(one, "consistent", gd_json_new_time(listed->base->stopped_us));
            put_int(one, "timeline", listed->base->timeline);
            put_lsn(one, "start_lsn", listed->base->start_lsn);
            put_lsn(one, "stop_lsn", listed->base->stop_lsn);
            gd_json_put_text(one, "after", listed->base->after);
            put_int(one, "stored_bytes", listed->base->stored_bytes);
        }
        gd_json_push(list, one);
    }
    return list;
}

static struct gd_json *damaged_of(const struct gd_coverage *coverage)
{
    struct gd_json *list = gd_json_list();
    char name[GD_WAL_NAME_SIZE];
    for (size_t i = 0; i < coverage->chain->file_count; i++) {
        const struct gd_wal_file *file = &coverage->chain->files[i];
        if (!is_bad_file(file))
            continue;
        struct gd_json *one = gd_json_object();
        gd_wal_name_write(&file->name, name);
        gd_json_put(one, "name", gd_json_new_text(name));
        gd_json_put(one, "piece", gd_json_new_bool(file->piece));
        gd_json_put(one, "problem", gd_json_new_text(file->problem));
        gd_json_push(list, one);
    }
    return list;
}

static struct gd_json *timelines_of(const struct gd_coverage *coverage)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < coverage->chain->branch_count; i++) {
        const struct gd_wal_branch *branch = &coverage->chain->branches[i];
        struct gd_json *one = gd_json_object();
        put_int(one, "timeline", branch->timeline);
        put_int(one, "parent", branch->parent);
        put_lsn(one, "at_lsn", branch->at_lsn);
        gd_json_put(one, "has_wal", gd_json_new_bool(has_begun(coverage->chain, branch)));
        gd_json_put(one, "problem", gd_json_new_text(branch->problem));
        gd_json_push(list, one);
    }
    return list;
}

static struct gd_json *checked_of(const struct gd_wal_checked *checked)
{
    if (checked == NULL)
        return gd_json_new_null();
    struct gd_json *one = gd_json_object();
    put_int(one, "segments", checked->segments);
    put_int(one, "read_now", checked->read_now);
    put_int(one, "read_bytes", checked->read_bytes);
    put_int(one, "damaged", checked->damaged);
    put_int(one, "once_more", checked->once_more);
    gd_json_put(one, "oldest_reading",
                checked->oldest_read_us == 0 ? gd_json_new_null()
                                             : gd_json_new_time(checked->oldest_read_us));
    return one;
}

static struct gd_json *end_of(const struct gd_coverage_view *view)
{
    const struct gd_wal_chain *chain = view->coverage->chain;
    if (chain->run_count == 0)
        return gd_json_new_null();
    const struct gd_wal_run *last = &chain->runs[chain->run_count - 1];
    struct gd_json *one = gd_json_object();
    put_int(one, "timeline", last->timeline);
    put_lsn(one, "lsn", last->to_lsn);
    gd_json_put(one, "stored", gd_json_new_time(last->to_us));
    gd_json_put(one, "age_seconds",
                gd_json_new_real((double)(view->now_us - last->to_us) / 1000000));
    return one;
}

static struct gd_json *server_of(const struct gd_coverage_view *view)
{
    if (!view->server.asked)
        return gd_json_new_null();
    struct gd_json *one = gd_json_object();
    put_int(one, "timeline", view->server.timeline);
    put_lsn(one, "lsn", view->server.lsn);
    gd_json_put(one, "time", gd_json_new_time(view->server.time_us));
    gd_json_put(one, "up_to_date",
                gd_json_new_bool(is_up_to_date(view, gd_coverage_newest(view->coverage))));
    return one;
}

struct gd_json *gd_report_coverage_json(const struct gd_coverage_view *view)
{
    struct gd_json *one = gd_json_object();
    char identifier[24];
    (void)snprintf(identifier, sizeof identifier, "%" PRIu64, view->coverage->system_identifier);
    gd_json_put(one, "system_identifier", gd_json_new_text(identifier));
    put_int(one, "segment_bytes", view->coverage->chain->segment_bytes);
    put_int(one, "faults", gd_coverage_faults(view->coverage));
    gd_json_put(one, "windows", windows_of(view->coverage));
    gd_json_put(one, "holes", holes_of(view->coverage));
    gd_json_put(one, "damaged", damaged_of(view->coverage));
    gd_json_put(one, "bases", bases_of(view->coverage));
    gd_json_put(one, "timelines", timelines_of(view->coverage));
    gd_json_put(one, "left", gd_report_left_json(view->coverage));
    gd_json_put(one, "marks", gd_json_new_int((int64_t)view->coverage->mark_count));
    gd_json_put(one, "wal_end", end_of(view));
    gd_json_put(one, "checked", checked_of(view->checked));
    gd_json_put(one, "server", server_of(view));
    return one;
}
