#include "guardian/cli/progress.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"
#include "guardian/cli/progress_text.h"
#include "guardian/config/config.h"

enum {
    DRAW_US = 100000,
    LINE_US = 10000000,
    JSON_US = 1000000,
    RATE_US = 500000,
    SHORT_US = 1000000,
    WARNINGS_MAX = 1000, /* what is kept; shown are all */
};

enum way { WAY_QUIET, WAY_LIVE, WAY_LINES, WAY_JSON };

struct gd_progress {
    pthread_mutex_t lock; /* over all that follows */
    struct gd_events events;
    enum way way;
    bool verbose, colour;
    struct gd_stage stage;
    int64_t shown_us;    /* when it was shown last */
    int64_t measured_us; /* when the rate was measured last, */
    uint64_t measured;   /* and at how many bytes */
    unsigned drawn;      /* lines of the block that stand on the terminal */
    struct gd_json *warnings;
    struct gd_arena *arena; /* of what is being shown */
};

/* --- writing: each time all in one piece, so that nothing of others comes in between ---------- */

struct page {
    struct gd_screen screen;
    char *text;
    size_t size;
};

static void page_begin(struct page *page, const struct gd_progress *progress)
{
    page->screen = gd_screen_of(stderr, progress->colour, false);
    page->screen.stream = open_memstream(&page->text, &page->size);
    if (page->screen.stream == NULL)
        abort();
}

/* What cannot be shown is not worth a failure: the answer on stdout is. */
static void page_end(struct page *page)
{
    if (fclose(page->screen.stream) == 0)
        (void)fwrite(page->text, 1, page->size, stderr);
    (void)fflush(stderr);
    free(page->text);
}

static void take_block_away(struct gd_progress *progress, struct page *page)
{
    if (progress->drawn > 0)
        fprintf(page->screen.stream, "\x1b[%uA\r\x1b[J", progress->drawn);
    progress->drawn = 0;
}

static void draw_block(struct gd_progress *progress, struct page *page, int64_t now_us)
{
    if (progress->stage.text[0] != '\0')
        progress->drawn = gd_stage_draw(&progress->stage, &page->screen, now_us, progress->arena);
}

static void put_line(const struct page *page, enum gd_ink ink, const char *label, const char *text)
{
    gd_screen_put(&page->screen, ink, label);
    gd_screen_put(&page->screen, GD_INK_PLAIN, text);
    gd_screen_end_line(&page->screen);
}

static void put_json(const struct gd_progress *progress, struct gd_json *take_object)
{
    struct page page;
    struct gd_error ignored = {0};
    page_begin(&page, progress);
    (void)gd_json_write(take_object, page.screen.stream, 0, &ignored).code;
    page_end(&page);
    gd_json_free(take_object);
}

static struct gd_json *json_of(const char *event)
{
    struct gd_json *object = gd_json_object();
    gd_json_put(object, "event", gd_json_new_text(event));
    return object;
}

/* --- stages ----------------------------------------------------------------------------------- */

static void tell_json_stage(struct gd_progress *progress, const char *event, int64_t now_us)
{
    const struct gd_stage *stage = &progress->stage;
    struct gd_json *object = json_of(event);
    gd_json_put(object, "stage", gd_json_new_text(stage->text));
    gd_json_put(object, "bytes", gd_json_new_int((int64_t)stage->bytes));
    gd_json_put(object, "total_bytes",
                stage->total_bytes == 0 ? gd_json_new_null()
                                        : gd_json_new_int((int64_t)stage->total_bytes));
    gd_json_put(object, "stored_bytes", gd_json_new_int((int64_t)stage->stored_bytes));
    gd_json_put(object, "rows", gd_json_new_int((int64_t)stage->rows));
    gd_json_put(object, "seconds", gd_json_new_real((double)(now_us - stage->started_us) / 1e6));
    put_json(progress, object);
}

/* What moved nothing and was over at once needs no line for people. */
static bool is_worth_a_line(const struct gd_stage *stage, int64_t now_us)
{
    return stage->text[0] != '\0' && (stage->bytes > 0 || now_us - stage->started_us >= SHORT_US);
}

static void finish_stage(struct gd_progress *progress, bool well, int64_t now_us)
{
    struct gd_stage *stage = &progress->stage;
    bool any = stage->text[0] != '\0', line = well && is_worth_a_line(stage, now_us);
    if (progress->way == WAY_JSON && any && well)
        tell_json_stage(progress, "done", now_us);
    if (progress->way == WAY_LIVE || (progress->way == WAY_LINES && line)) {
        struct page page;
        page_begin(&page, progress);
        take_block_away(progress, &page);
        if (line)
            put_line(&page, GD_INK_PLAIN, "", gd_stage_summary(stage, now_us, progress->arena));
        page_end(&page);
    }
    *stage = (struct gd_stage){.started_us = now_us};
}

static void show(struct gd_progress *progress, int64_t now_us)
{
    struct page page;
    progress->shown_us = now_us;
    if (progress->way == WAY_JSON) {
        tell_json_stage(progress, "progress", now_us);
        return;
    }
    page_begin(&page, progress);
    take_block_away(progress, &page);
    if (progress->way == WAY_LIVE)
        draw_block(progress, &page, now_us);
    else
        put_line(&page, GD_INK_PLAIN, "", gd_stage_line(&progress->stage, now_us, progress->arena));
    page_end(&page);
}

static void begin_stage(struct gd_progress *progress, const struct gd_event *event, int64_t now_us)
{
    struct gd_stage *stage = &progress->stage;
    finish_stage(progress, true, now_us);
    snprintf(stage->text, sizeof stage->text, "%s", event->text);
    stage->total_bytes = event->total_bytes;
    progress->measured = 0;
    progress->measured_us = progress->shown_us = now_us;
    if (progress->way == WAY_LIVE)
        show(progress, now_us);
    if (progress->way == WAY_JSON)
        tell_json_stage(progress, "stage", now_us);
}

/* Lately counts more than long ago. */
static void measure(struct gd_progress *progress, int64_t now_us)
{
    struct gd_stage *stage = &progress->stage;
    int64_t passed_us = now_us - progress->measured_us;
    if (passed_us < RATE_US || stage->bytes < progress->measured)
        return;
    double rate = (double)(stage->bytes - progress->measured) * 1e6 / (double)passed_us;
    stage->rate = stage->rate == 0 ? rate : 0.7 * stage->rate + 0.3 * rate;
    progress->measured = stage->bytes;
    progress->measured_us = now_us;
}

static void set_worker(struct gd_stage *stage, int worker, const char *object)
{
    if (worker >= 0 && worker < GD_STAGE_WORKERS_MAX)
        snprintf(stage->workers[worker], GD_STAGE_OBJECT_SIZE, "%s", object == NULL ? "" : object);
}

static void move(struct gd_progress *progress, const struct gd_event *event, int64_t now_us)
{
    static const int64_t pauses[] = {
        [WAY_QUIET] = INT64_MAX, [WAY_LIVE] = DRAW_US, [WAY_LINES] = LINE_US, [WAY_JSON] = JSON_US};
    struct gd_stage *stage = &progress->stage;
    stage->bytes = event->bytes;
    stage->rows = event->rows;
    if (event->stored_bytes > 0)
        stage->stored_bytes = event->stored_bytes;
    if (event->total_bytes > 0)
        stage->total_bytes = event->total_bytes;
    set_worker(stage, event->worker, event->object);
    measure(progress, now_us);
    if (now_us - progress->shown_us >= pauses[progress->way])
        show(progress, now_us);
}

static void finish_object(struct gd_progress *progress, const struct gd_event *event)
{
    set_worker(&progress->stage, event->worker, NULL);
    if (progress->way != WAY_JSON || !progress->verbose || event->object == NULL)
        return;
    struct gd_json *object = json_of("object");
    gd_json_put(object, "object", gd_json_new_text(event->object));
    gd_json_put(object, "bytes", gd_json_new_int((int64_t)event->bytes));
    gd_json_put(object, "stored_bytes", gd_json_new_int((int64_t)event->stored_bytes));
    gd_json_put(object, "rows", gd_json_new_int((int64_t)event->rows));
    put_json(progress, object);
}

/* --- notes and warnings ----------------------------------------------------------------------- */

static void put_words(struct gd_json *object, const struct gd_event *event)
{
    bool hint = event->hint != NULL && event->hint[0] != '\0';
    gd_json_put(object, "text", gd_json_new_text(event->text));
    gd_json_put(object, "hint", hint ? gd_json_new_text(event->hint) : gd_json_new_null());
}

static void remember(struct gd_progress *progress, const struct gd_event *event)
{
    if (event->kind != GD_EVENT_WARNING || gd_json_count(progress->warnings) >= WARNINGS_MAX)
        return;
    struct gd_json *warning = gd_json_object();
    put_words(warning, event);
    gd_json_push(progress->warnings, warning);
}

static void say(struct gd_progress *progress, const struct gd_event *event, int64_t now_us)
{
    bool warning = event->kind == GD_EVENT_WARNING;
    remember(progress, event);
    if (progress->way == WAY_QUIET)
        return;
    if (progress->way == WAY_JSON) {
        struct gd_json *object = json_of(warning ? "warning" : "note");
        put_words(object, event);
        put_json(progress, object);
        return;
    }
    struct page page;
    page_begin(&page, progress);
    take_block_away(progress, &page);
    put_line(&page, warning ? GD_INK_YELLOW : GD_INK_DIM,
             warning ? "warning: " : "note: ", event->text);
    if (event->hint != NULL && event->hint[0] != '\0')
        put_line(&page, GD_INK_DIM, "hint: ", event->hint);
    if (progress->way == WAY_LIVE)
        draw_block(progress, &page, now_us);
    page_end(&page);
}

/* --- all events ------------------------------------------------------------------------------- */

static void tell(void *context, const struct gd_event *event)
{
    struct gd_progress *progress = context;
    int64_t now_us = gd_clock_monotonic_us();
    pthread_mutex_lock(&progress->lock);
    switch (event->kind) {
    case GD_EVENT_STAGE:
        begin_stage(progress, event, now_us);
        break;
    case GD_EVENT_PROGRESS:
        move(progress, event, now_us);
        break;
    case GD_EVENT_OBJECT:
        finish_object(progress, event);
        break;
    case GD_EVENT_NOTE:
    case GD_EVENT_WARNING:
        say(progress, event, now_us);
        break;
    }
    gd_arena_reset(progress->arena);
    pthread_mutex_unlock(&progress->lock);
}

static enum way way_of(const struct gd_config *config)
{
    const char *terminal = getenv("TERM");
    bool dumb = terminal == NULL || terminal[0] == '\0' || strcmp(terminal, "dumb") == 0;
    if (config->quiet)
        return WAY_QUIET;
    if (config->json)
        return WAY_JSON;
    return isatty(STDERR_FILENO) == 1 && !dumb ? WAY_LIVE : WAY_LINES;
}

struct gd_progress *gd_progress_new(const struct gd_config *config)
{
    struct gd_progress *progress = gd_memory_new(sizeof *progress);
    pthread_mutex_init(&progress->lock, NULL);
    progress->events = (struct gd_events){.tell = tell, .context = progress};
    progress->way = way_of(config);
    progress->verbose = config->verbose;
    progress->colour = gd_config_use_color(config, STDERR_FILENO);
    progress->warnings = gd_json_list();
    progress->arena = gd_arena_new();
    return progress;
}

const struct gd_events *gd_progress_events(struct gd_progress *progress)
{
    return &progress->events;
}

void gd_progress_end(struct gd_progress *progress, struct gd_status status)
{
    pthread_mutex_lock(&progress->lock);
    finish_stage(progress, status.code == GD_OK, gd_clock_monotonic_us());
    gd_arena_reset(progress->arena);
    pthread_mutex_unlock(&progress->lock);
}

struct gd_json *gd_progress_warnings(struct gd_progress *progress)
{
    pthread_mutex_lock(&progress->lock);
    struct gd_json *warnings = progress->warnings;
    progress->warnings = gd_json_list();
    pthread_mutex_unlock(&progress->lock);
    return warnings;
}

void gd_progress_free(struct gd_progress *progress)
{
    if (progress == NULL)
        return;
    gd_progress_end(progress, (struct gd_status){GD_SYSTEM});
    gd_json_free(progress->warnings);
    gd_arena_free(progress->arena);
    pthread_mutex_destroy(&progress->lock);
    free(progress);
}
