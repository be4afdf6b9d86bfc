#include "guardian/cli/report_shelf.h"

#include <string.h>

#include "guardian/cli/report_change.h"
#include "guardian/cli/report_words.h"

/* ---- words ---- */

const char *gd_shelf_time(int64_t time_us, bool seconds, struct gd_arena *arena)
{
    char text[GD_TIME_SIZE];
    gd_clock_text(time_us, text);
    if (seconds)
        return gd_arena_printf(arena, "%.10s %.8s UTC", text, text + 11);
    return gd_arena_printf(arena, "%.10s %.5s", text, text + 11);
}

const char *gd_shelf_age(int64_t us, struct gd_arena *arena)
{
    uint64_t minutes = us < 0 ? 0 : (uint64_t)us / 60000000;
    if (minutes == 0)
        return "moments";
    if (minutes < 60)
        return gd_arena_printf(arena, "%u min", (unsigned)minutes);
    if (minutes < 48 * 60)
        return gd_arena_printf(arena, "%u h", (unsigned)(minutes / 60));
    return gd_arena_printf(arena, "%llu days", (unsigned long long)(minutes / (24 * 60)));
}

const char *gd_shelf_proof(enum gd_proof_kind kind)
{
    return kind == GD_PROOF_DRILL ? "drill" : kind == GD_PROOF_DIGEST ? "digest" : "none";
}

static const char *scope_of(const struct gd_shelved *item)
{
    return item->listed.manifest == NULL ? "?"
                                         : gd_snapshot_scope_name(item->listed.manifest->scope);
}

/* What can be told of the database when there is no manifest: the folder's name. */
static const char *database_of(const struct gd_shelved *item)
{
    if (item->listed.manifest != NULL)
        return item->listed.manifest->database;
    const char *dash = strchr(item->listed.cluster, '-');
    return dash == NULL ? item->listed.cluster : dash + 1;
}

static uint64_t stored_bytes_of(const struct gd_shelved *item)
{
    return item->listed.manifest == NULL ? item->listed.litter_bytes
                                         : item->listed.manifest->stored_bytes;
}

/* ---- a table ---- */

enum { CELLS = 8, OPEN_CELLS = 4 };

struct cell {
    const char *text;
    enum gd_ink ink;
};

struct line {
    struct cell cells[CELLS];
    bool open_end;     /* the fourth cell is the last, and as wide as it likes */
    const char *below; /* NULL: nothing */
};

static const bool to_the_right[CELLS] = {[4] = true, [5] = true};

static void pad(const struct gd_screen *screen, size_t columns)
{
    fprintf(screen->stream, "%*s", (int)columns, "");
}

static void print_line(const struct gd_screen *screen, const struct line *line,
                       const size_t *widths)
{
    size_t owed = 0; /* blanks are written before the next cell: none stand at the end of a line */
    for (size_t c = 0; c < (line->open_end ? OPEN_CELLS : CELLS); c++) {
        const struct cell *cell = &line->cells[c];
        size_t own = gd_screen_columns(screen, cell->text);
        size_t rest = own > widths[c] ? 0 : widths[c] - own;
        if (own > 0) {
            pad(screen, owed + (to_the_right[c] ? rest : 0));
            gd_screen_put(screen, cell->ink, cell->text);
            owed = to_the_right[c] ? 0 : rest;
        } else {
            owed += rest;
        }
        owed += widths[c] > 0 ? 2 : 0;
    }
    gd_screen_end_line(screen);
    if (line->below == NULL)
        return;
    pad(screen, 4);
    gd_screen_paragraph(screen, GD_INK_RED, 4, 4, line->below);
}

static void print_table(const struct gd_screen *screen, const struct line *lines, size_t count)
{
    size_t widths[CELLS] = {0};
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < (lines[i].open_end ? OPEN_CELLS - 1 : CELLS); c++) {
            size_t own = gd_screen_columns(screen, lines[i].cells[c].text);
            if (own > widths[c])
                widths[c] = own;
        }
    for (size_t i = 0; i < count; i++)
        print_line(screen, &lines[i], widths);
}

/* ---- list ---- */

static struct cell proof_cell(const struct gd_shelved *item)
{
    if (item->listed.unfinished)
        return (struct cell){"unfinished", GD_INK_YELLOW};
    if (item->listed.problem != NULL)
        return (struct cell){"DAMAGED", GD_INK_RED};
    if (item->proof == GD_PROOF_NONE)
        return (struct cell){"none", GD_INK_YELLOW};
    return (struct cell){gd_shelf_proof(item->proof), GD_INK_GREEN};
}

static const char *note_of(const struct gd_shelved *item)
{
    const struct gd_manifest *manifest = item->listed.manifest;
    if (manifest != NULL && gd_manifest_is_of_then(manifest))
        return item->listed.held ? "of an earlier moment, held" : "of an earlier moment";
    if (item->listed.held)
        return item->open_change ? "held, change open" : "held";
    return item->open_change ? "change open" : "";
}

static const char *rows_of(const struct gd_shelved *item, struct gd_arena *arena)
{
    const struct gd_manifest *manifest = item->listed.manifest;
    if (manifest == NULL || manifest->scope == GD_SNAPSHOT_SCHEMA)
        return "";
    return gd_words_number(arena, manifest->rows);
}

static struct line line_of(const struct gd_shelved *item, struct gd_arena *arena)
{
    struct line line = {
        .cells = {{gd_shelf_time(item->listed.time_us, false, arena), GD_INK_PLAIN},
                  {item->listed.id, GD_INK_BOLD},
                  {database_of(item), GD_INK_PLAIN},
                  {scope_of(item), GD_INK_PLAIN},
                  {rows_of(item, arena), GD_INK_PLAIN},
                  {gd_size_text(stored_bytes_of(item), arena), GD_INK_PLAIN},
                  proof_cell(item),
                  {note_of(item), GD_INK_CYAN}},
        .below = item->listed.unfinished ? NULL : item->listed.problem,
    };
    return line;
}

static const struct line head = {
    .cells = {{"TIME (UTC)", GD_INK_DIM},
              {"ID", GD_INK_DIM},
              {"DATABASE", GD_INK_DIM},
              {"HOLDS", GD_INK_DIM},
              {"ROWS", GD_INK_DIM},
              {"STORED", GD_INK_DIM},
              {"PROOF", GD_INK_DIM},
              {"", GD_INK_DIM}},
};

static bool is_proven(const struct gd_shelved *item)
{
    return item->proof != GD_PROOF_NONE && item->listed.problem == NULL;
}

static void print_others(const struct gd_shelf_view *view, const struct gd_screen *screen)
{
    if (view->others)
        gd_screen_paragraph(screen, GD_INK_PLAIN, 0, 0,
                            "The store holds snapshots of other databases: \"guardian list --all\" "
                            "shows them.");
}

static void print_sum(const struct gd_shelf_view *view, const struct gd_screen *screen,
                      struct gd_arena *arena)
{
    uint64_t bytes = 0, finished = 0, proven = 0;
    const struct gd_shelved *newest = NULL;
    for (size_t i = 0; i < view->count; i++) {
        bytes += stored_bytes_of(&view->items[i]);
        finished += !view->items[i].listed.unfinished;
        proven += is_proven(&view->items[i]);
        if (is_proven(&view->items[i]))
            newest = &view->items[i];
    }
    const char *sum = gd_arena_printf(arena, "%s, %s in %s; ",
                                      gd_words_many(arena, finished, "snapshot", "snapshots"),
                                      gd_size_text(bytes, arena), view->store);
    if (newest == NULL)
        sum = gd_arena_printf(arena, "%snone is proven: \"guardian verify ID\" proves one", sum);
    else
        sum = gd_arena_printf(arena, "%s%s proven, the newest of them %s old", sum,
                              gd_words_number(arena, proven),
                              gd_shelf_age(view->now_us - newest->listed.time_us, arena));
    gd_screen_end_line(screen);
    gd_screen_paragraph(screen, newest == NULL ? GD_INK_YELLOW : GD_INK_PLAIN, 0, 0, sum);
    print_others(view, screen);
}

static struct line change_line(const struct gd_told *told, struct gd_arena *arena)
{
    return (struct line){
        .cells = {{gd_shelf_time(told->time_us, false, arena), GD_INK_PLAIN},
                  {told->change, GD_INK_BOLD},
                  {gd_change_database(told), GD_INK_PLAIN},
                  {gd_arena_printf(arena, "change: %s", gd_change_words(told, arena)),
                   gd_change_ink(told)}},
        .open_end = true,
        .below = told->problem != NULL ? told->problem : told->remark,
    };
}

/* One time line, by ids, which sort by time: a change before the snapshot that was made for it. */
static size_t merge(const struct gd_shelf_view *view, struct line *lines, struct gd_arena *arena)
{
    size_t snapshots = 0, changes = 0, count = 0;
    while (snapshots < view->count || changes < view->changes.count) {
        bool change = snapshots == view->count || (changes < view->changes.count &&
                                                   strcmp(view->changes.items[changes].change,
                                                          view->items[snapshots].listed.id) <= 0);
        lines[count++] = change ? change_line(&view->changes.items[changes++], arena)
                                : line_of(&view->items[snapshots++], arena);
    }
    return count;
}

static void print_changes_sum(const struct gd_shelf_view *view, const struct gd_screen *screen,
                              struct gd_arena *arena)
{
    uint64_t open = 0;
    for (size_t i = 0; i < view->changes.count; i++)
        open += view->changes.items[i].open;
    if (open > 0)
        gd_screen_paragraph(
            screen, GD_INK_YELLOW, 0, 0,
            gd_arena_printf(arena,
                            "%s not closed: being made, or cut off; the next guarded change of "
                            "that database finds out.",
                            gd_words_many(arena, open, "change is", "changes are")));
    if (view->changes.left > 0)
        gd_screen_paragraph(screen, GD_INK_PLAIN, 0, 0,
                            gd_arena_printf(arena, "%s not shown: --verbose shows all.",
                                            gd_words_many(arena, view->changes.left,
                                                          "older change is", "older changes are")));
}

static void print_none(const struct gd_shelf_view *view, const struct gd_screen *screen,
                       struct gd_arena *arena)
{
    const char *whose = view->cluster == NULL ? "" : " of this database";
    gd_screen_paragraph(
        screen, GD_INK_PLAIN, 0, 0,
        gd_arena_printf(arena, "There is no snapshot%s in %s.", whose, view->store));
    print_others(view, screen);
}

void gd_report_list(const struct gd_shelf_view *view, const struct gd_screen *screen,
                    struct gd_arena *arena)
{
    size_t most = view->count + view->changes.count;
    struct line *lines = gd_arena_zalloc(arena, most + 1, sizeof *lines);
    lines[0] = head;
    if (most > 0)
        print_table(screen, lines, merge(view, lines + 1, arena) + 1);
    if (view->count > 0) {
        print_sum(view, screen, arena);
    } else {
        if (most > 0)
            gd_screen_end_line(screen);
        print_none(view, screen, arena);
    }
    print_changes_sum(view, screen, arena);
}

/* ---- prune ---- */

static struct line prune_line(const struct gd_prune_view *view, const struct gd_prune_item *item,
                              struct gd_arena *arena)
{
    const struct gd_shelved *shelved = item->shelved;
    bool goes = item->keep == GD_KEEP_NOT;
    const char *what = !goes ? "stays" : item->removed ? "removed" : view->apply ? "LEFT" : "goes";
    return (struct line){
        .cells = {{gd_shelf_time(shelved->listed.time_us, false, arena), GD_INK_PLAIN},
                  {shelved->listed.id, GD_INK_BOLD},
                  {database_of(shelved), GD_INK_PLAIN},
                  {shelved->listed.unfinished ? "unfinished" : scope_of(shelved), GD_INK_PLAIN},
                  {"", GD_INK_PLAIN},
                  {gd_size_text(stored_bytes_of(shelved), arena), GD_INK_PLAIN},
                  {what, goes ? GD_INK_YELLOW : GD_INK_GREEN},
                  {item->because, GD_INK_PLAIN}},
    };
}

static void print_prune_sum(const struct gd_prune_view *view, const struct gd_screen *screen,
                            struct gd_arena *arena)
{
    uint64_t going = 0, bytes = 0;
    for (size_t i = 0; i < view->count; i++) {
        bool counts = view->apply ? view->items[i].removed : view->items[i].keep == GD_KEEP_NOT;
        going += counts;
        bytes += counts ? stored_bytes_of(view->items[i].shelved) : 0;
    }
    const char *sum =
        gd_arena_printf(arena, "%s of %s %s, %s.", gd_words_number(arena, going),
                        gd_words_many(arena, view->count, "snapshot", "snapshots"),
                        view->apply ? "removed" : "would go", gd_size_text(bytes, arena));
    if (view->uploads_left > 0)
        sum = gd_arena_printf(
            arena, "%s %s given up.", sum,
            gd_words_many(arena, view->uploads_left, "unfinished upload", "unfinished uploads"));
    if (!view->apply && going > 0)
        sum = gd_arena_printf(arena, "%s Nothing was removed: --apply does it.", sum);
    gd_screen_end_line(screen);
    gd_screen_paragraph(screen, GD_INK_PLAIN, 0, 0, sum);
}

void gd_report_prune(const struct gd_prune_view *view, const struct gd_screen *screen,
                     struct gd_arena *arena)
{
    struct line *lines = gd_arena_zalloc(arena, view->count, sizeof *lines);
    for (size_t i = 0; i < view->count; i++)
        lines[i] = prune_line(view, &view->items[i], arena);
    print_table(screen, lines, view->count);
    print_prune_sum(view, screen, arena);
}
