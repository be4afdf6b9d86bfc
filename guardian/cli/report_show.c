#include "guardian/cli/report_show.h"

#include <stdlib.h>
#include <string.h>

#include "guardian/cli/progress.h"
#include "guardian/cli/report_shelf.h"
#include "guardian/cli/report_words.h"

enum { TABLES_MOST = 12, NAMES_MOST = 8 };

struct page {
    const struct gd_show_view *view;
    const struct gd_manifest *manifest;
    const struct gd_screen *screen;
    struct gd_arena *arena;
};

static void row(const struct page *page, const char *label, enum gd_ink ink, const char *text)
{
    if (text[0] != '\0')
        gd_screen_row(page->screen, label, ink, text);
}

/* ---- what it is of ---- */

static const char *locale_of(const struct page *page)
{
    const struct gd_manifest *manifest = page->manifest;
    const char *version = manifest->collation_version[0] == '\0'
                              ? ""
                              : gd_arena_printf(page->arena, " %s", manifest->collation_version);
    const char *name = manifest->icu_locale[0] == '\0' ? manifest->collate : manifest->icu_locale;
    return gd_arena_printf(page->arena, "%s, %s (%s%s)", manifest->encoding, name,
                           manifest->provider, version);
}

static const char *extensions_of(const struct page *page)
{
    struct gd_texts names = {0};
    for (size_t i = 0; i < page->manifest->extension_count; i++)
        gd_texts_add(&names,
                     gd_arena_printf(page->arena, "%s %s", page->manifest->extensions[i].name,
                                     page->manifest->extensions[i].version),
                     page->arena);
    return gd_words_join(page->arena, &names, page->screen->verbose ? names.count : NAMES_MOST);
}

/* "PostgreSQL 15.18 (Debian 15.18-0+deb12u1)", without machine and compiler. */
static const char *server_of(const struct page *page)
{
    const char *text = page->manifest->server_text, *end = strstr(text, " on ");
    return end == NULL ? text : gd_arena_strndup(page->arena, text, (size_t)(end - text));
}

static void print_source(const struct page *page)
{
    const struct gd_manifest *manifest = page->manifest;
    double seconds = (double)(manifest->finished_us - manifest->started_us) / 1e6;
    row(page, "of", GD_INK_PLAIN,
        gd_arena_printf(page->arena, "database \"%s\" of \"%s\", %s", manifest->database,
                        manifest->database_owner, server_of(page)));
    row(page, "locale", GD_INK_PLAIN, locale_of(page));
    row(page, "with", GD_INK_PLAIN, extensions_of(page));
    row(page, "as it was", GD_INK_PLAIN,
        gd_arena_printf(page->arena, "%s%s%s, %s ago",
                        gd_shelf_time(manifest->snapshot_us, true, page->arena),
                        manifest->lsn[0] == '\0' ? "" : ", LSN ", manifest->lsn,
                        gd_shelf_age(page->view->now_us - manifest->snapshot_us, page->arena)));
    row(page, "taken", GD_INK_PLAIN,
        gd_arena_printf(page->arena, "in %s by guardian %s and %s",
                        gd_text_seconds(page->arena, seconds), manifest->guardian_version,
                        manifest->pg_dump_text));
}

/* ---- why, and whether it is any good ---- */

static void print_reasons(const struct page *page)
{
    const struct gd_manifest *manifest = page->manifest;
    row(page, "because", GD_INK_PLAIN, manifest->reason);
    if (manifest->change[0] != '\0')
        row(page, "change", GD_INK_PLAIN,
            gd_arena_printf(page->arena, "%s%s", manifest->change,
                            manifest->sealed ? "; sealed: nobody could write in between" : ""));
    if (page->view->held)
        row(page, "held", GD_INK_CYAN, "prune does not take it away");
}

static void print_proof(const struct page *page)
{
    const struct gd_show_view *view = page->view;
    if (view->problem != NULL)
        row(page, "DAMAGED", GD_INK_RED, view->problem);
    if (view->proof == GD_PROOF_NONE) {
        row(page, "proof", GD_INK_YELLOW,
            gd_arena_printf(page->arena, "none: \"guardian verify %s\" reads it back",
                            page->manifest->id));
        return;
    }
    row(page, "proof", GD_INK_GREEN,
        gd_arena_printf(page->arena, "%s %s, %s ago",
                        view->proof == GD_PROOF_DRILL ? "restored somewhere else and compared"
                                                      : "every byte read back and compared",
                        gd_shelf_time(view->proven_us, true, page->arena),
                        gd_shelf_age(view->now_us - view->proven_us, page->arena)));
}

/* ---- what it holds ---- */

static const char *add_count(const struct page *page, const char *text, uint64_t count,
                             const char *one, const char *many)
{
    if (count == 0)
        return text;
    return gd_arena_printf(page->arena, "%s%s%s", text, text[0] == '\0' ? "" : ", ",
                           gd_words_many(page->arena, count, one, many));
}

static const char *contents_of(const struct page *page)
{
    const struct gd_manifest *manifest = page->manifest;
    const char *text = "";
    if (manifest->scope != GD_SNAPSHOT_SCHEMA) {
        text = add_count(page, text, manifest->table_count, "table", "tables");
        text = add_count(page, text, manifest->rows, "row", "rows");
    }
    text = add_count(page, text, manifest->sequence_count, "sequence", "sequences");
    text =
        add_count(page, text, manifest->matview_count, "materialized view", "materialized views");
    text = add_count(page, text, manifest->large_objects.count, "large object", "large objects");
    static const char *const scopes[] = {"definitions alone", "definitions and the rows of tables",
                                         "the whole database"};
    return gd_arena_printf(page->arena, "%s%s%s", scopes[manifest->scope],
                           text[0] == '\0' ? "" : ": ", text);
}

static const char *size_of(const struct page *page)
{
    const struct gd_manifest *manifest = page->manifest;
    size_t objects = 1 + (manifest->blobs_dump.name != NULL);
    for (size_t i = 0; i < manifest->table_count; i++)
        objects += manifest->tables[i].part_count;
    const char *key = manifest->key_id[0] == '\0'
                          ? "not encrypted"
                          : gd_arena_printf(page->arena, "encrypted with key %s", manifest->key_id);
    return gd_arena_printf(page->arena, "%s, stored as %s in %s, %s",
                           gd_size_text(manifest->bytes, page->arena),
                           gd_size_text(manifest->stored_bytes, page->arena),
                           gd_words_many(page->arena, objects, "object", "objects"), key);
}

static void print_contents(const struct page *page)
{
    struct gd_texts left_out = {0}, wanted = {0};
    const struct gd_manifest *manifest = page->manifest;
    for (size_t i = 0; i < manifest->wanted_count; i++)
        gd_texts_add(&wanted, manifest->wanted[i], page->arena);
    for (size_t i = 0; i < manifest->table_count; i++)
        if (manifest->tables[i].left_out)
            gd_texts_add(&left_out,
                         gd_arena_printf(page->arena, "%s.%s", manifest->tables[i].schema,
                                         manifest->tables[i].name),
                         page->arena);
    size_t most = page->screen->verbose ? SIZE_MAX : NAMES_MOST;
    row(page, "holds", GD_INK_PLAIN, contents_of(page));
    row(page, "asked for", GD_INK_PLAIN, gd_words_join(page->arena, &wanted, most));
    row(page, "left out", GD_INK_YELLOW, gd_words_join(page->arena, &left_out, most));
    row(page, "size", GD_INK_PLAIN, size_of(page));
    row(page, "where", GD_INK_PLAIN,
        gd_arena_printf(page->arena, "%s/%s", page->view->store,
                        gd_snapshot_key(manifest->cluster, manifest->id, "", page->arena)));
}

static uint64_t bytes_of(const struct gd_table *table)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < table->part_count; i++)
        bytes += table->parts[i].stored.bytes;
    return bytes;
}

static int largest_first(const void *left, const void *right)
{
    const struct gd_table *a = *(const struct gd_table *const *)left;
    const struct gd_table *b = *(const struct gd_table *const *)right;
    uint64_t a_bytes = bytes_of(a), b_bytes = bytes_of(b);
    if (a_bytes != b_bytes)
        return a_bytes < b_bytes ? 1 : -1;
    int order = strcmp(a->schema, b->schema);
    return order != 0 ? order : strcmp(a->name, b->name);
}

static void print_table(const struct page *page, const struct gd_table *table, size_t width)
{
    const struct gd_screen *screen = page->screen;
    const char *name = gd_arena_printf(page->arena, "%s.%s", table->schema, table->name);
    size_t own = gd_screen_columns(screen, name);
    fputs("  ", screen->stream);
    gd_screen_put(screen, GD_INK_PLAIN, name);
    fprintf(screen->stream, "%*s", own < width ? (int)(width - own) : 0, "");
    const char *parts =
        table->part_count > 1
            ? gd_arena_printf(page->arena, "  in %s",
                              gd_words_many(page->arena, table->part_count, "part", "parts"))
            : "";
    gd_screen_put(screen, GD_INK_PLAIN,
                  gd_arena_printf(page->arena, "  %13s  %9s%s",
                                  table->left_out
                                      ? "left out"
                                      : gd_words_number(page->arena, table->digest.rows),
                                  gd_size_text(bytes_of(table), page->arena), parts));
    gd_screen_end_line(screen);
}

static void print_tables(const struct page *page)
{
    const struct gd_manifest *manifest = page->manifest;
    size_t count = manifest->table_count, width = 0;
    const struct gd_table **tables =
        gd_arena_zalloc(page->arena, count, sizeof(const struct gd_table *));
    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++)
        tables[i] = &manifest->tables[i];
    qsort(tables, count, sizeof *tables, largest_first);
    size_t shown = page->screen->verbose || count <= TABLES_MOST + 1 ? count : TABLES_MOST;
    for (size_t i = 0; i < shown; i++) {
        size_t own = gd_screen_columns(page->screen, tables[i]->schema) + 1 +
                     gd_screen_columns(page->screen, tables[i]->name);
        width = own > width ? own : width;
    }
    gd_screen_end_line(page->screen);
    gd_screen_put(page->screen, GD_INK_DIM, "Tables, largest first (rows, size)");
    gd_screen_end_line(page->screen);
    for (size_t i = 0; i < shown; i++)
        print_table(page, tables[i], width < 48 ? width : 48);
    if (shown < count) {
        gd_screen_put(page->screen, GD_INK_DIM,
                      gd_arena_printf(page->arena, "  and %s more: --verbose lists them",
                                      gd_words_number(page->arena, count - shown)));
        gd_screen_end_line(page->screen);
    }
}

/* ---- the way back ---- */

static const char *const *ways_back(const struct gd_manifest *manifest, struct gd_arena *arena)
{
    const char **ways = gd_arena_zalloc(arena, 4, sizeof *ways);
    size_t count = 0;
    if (manifest->scope != GD_SNAPSHOT_DATABASE) {
        if (manifest->scope == GD_SNAPSHOT_TABLES)
            ways[count++] =
                gd_arena_printf(arena, "guardian restore %s --table TABLE", manifest->id);
        ways[count++] =
            gd_arena_printf(arena, "guardian restore %s --into NEW_DATABASE", manifest->id);
        return ways;
    }
    ways[count++] = gd_arena_printf(arena, "guardian restore %s --into NEW_DATABASE", manifest->id);
    ways[count++] = gd_arena_printf(arena, "guardian restore %s --replace", manifest->id);
    ways[count++] = gd_arena_printf(arena, "guardian restore %s --table TABLE", manifest->id);
    return ways;
}

static void print_ways_back(const struct page *page)
{
    const char *const *ways = ways_back(page->manifest, page->arena);
    if (page->view->problem != NULL)
        return;
    gd_screen_end_line(page->screen);
    for (size_t i = 0; ways[i] != NULL; i++)
        row(page, i == 0 ? "restore" : "", GD_INK_PLAIN, ways[i]);
    row(page, "without", GD_INK_PLAIN,
        "no Guardian at hand: pg_restore reads schema.dump and blobs.dump, zstd and COPY the rows; "
        "docs/formats/snapshot.md says how");
}

void gd_report_show(const struct gd_show_view *view, const struct gd_screen *screen,
                    struct gd_arena *arena)
{
    struct page page = {view, view->manifest, screen, arena};
    gd_screen_put(screen, GD_INK_BOLD, view->manifest->id);
    gd_screen_end_line(screen);
    print_source(&page);
    print_reasons(&page);
    print_contents(&page);
    print_proof(&page);
    print_tables(&page);
    print_ways_back(&page);
}

/* ---- JSON ---- */

/* The manifest as it is stored: what is written was read, and writes the same bytes. */
static struct gd_status manifest_json(const struct gd_manifest *manifest, struct gd_json **out_json,
                                      struct gd_error *err)
{
    char *text = NULL;
    size_t size = 0;
    GD_TRY(gd_manifest_format(manifest, &text, &size, err));
    struct gd_status status = gd_json_parse(text, size, out_json, err);
    free(text);
    return status;
}

struct gd_status gd_report_show_json(const struct gd_show_view *view, struct gd_json *take_records,
                                     struct gd_json **out_document, struct gd_error *err)
{
    struct gd_json *manifest = NULL, *ways = gd_json_list();
    struct gd_status status = manifest_json(view->manifest, &manifest, err);
    if (status.code != GD_OK) {
        gd_json_free(take_records);
        gd_json_free(ways);
        return status;
    }
    gd_auto_arena arena = gd_arena_new();
    const char *const *texts = ways_back(view->manifest, arena);
    for (size_t i = 0; texts[i] != NULL; i++)
        gd_json_push(ways, gd_json_new_text(texts[i]));
    struct gd_json *document = gd_json_object();
    gd_json_put(document, "snapshot", gd_json_new_text(view->manifest->id));
    gd_json_put(document, "store", gd_json_new_text(view->store));
    gd_json_put(document, "problem", gd_json_new_text(view->problem));
    gd_json_put(document, "held", gd_json_new_bool(view->held));
    gd_json_put(document, "proof", gd_json_new_text(gd_shelf_proof(view->proof)));
    gd_json_put(document, "proofs", take_records);
    gd_json_put(document, "way_back", ways);
    gd_json_put(document, "manifest_sha256", gd_json_new_text(view->manifest_sha256));
    gd_json_put(document, "manifest", manifest);
    *out_document = document;
    return GD_DONE;
}
