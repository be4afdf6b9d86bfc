/*
 * Outside: settings that do not lie in the data directory (Debian keeps them in /etc/postgresql).
 *
 * A server that is recovered without them has no pg_hba.conf of its own. What the role may not read
 * is noted with its path, for somebody to save in another way.
 */
#include <stdlib.h>
#include <string.h>

#include "guardian/io/tar.h"
#include "guardian/snapshot/base_own.h"

enum { ARCHIVE_BYTES_MAX = 16 << 20, FILES_MAX = 64 };

struct outside {
    struct gd_pg *pg;
    struct gd_base *base;
    struct gd_tar_writer *archive; /* NULL: nothing was saved yet */
    struct gd_sink *bytes;         /* the archive's */
    const struct gd_place *place;
    struct gd_arena *arena;
};

GD_MUST static struct gd_status ask(struct gd_pg *pg, struct gd_pg_call *call,
                                    struct gd_pg_rows **out_rows, struct gd_error *err)
{
    GD_TRY(gd_pg_begin(pg, err));
    struct gd_status status = gd_pg_run(pg, call, out_rows, err);
    gd_pg_end(pg);
    return status;
}

/* ---- which files ---- */

static void add(struct gd_base *base, const char *name, const char *path, struct gd_arena *arena)
{
    for (size_t i = 0; i < base->setting_count; i++)
        if (strcmp(base->settings[i].path, path) == 0)
            return;
    if (base->setting_count < FILES_MAX)
        base->settings[base->setting_count++] = (struct gd_base_setting){
            gd_arena_strdup(arena, name), gd_arena_strdup(arena, path), false};
}

/* Files that are included are known to whoever may look at pg_file_settings. */
static void add_included(struct outside *outside)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_error ignored = {0};
    struct gd_pg_call call = {
        .what = "read which files hold settings",
        .sql = "SELECT DISTINCT sourcefile FROM pg_catalog.pg_file_settings WHERE NOT "
               "pg_catalog.starts_with(sourcefile, "
               "pg_catalog.current_setting('data_directory') || '/') ORDER BY 1"};
    if (ask(outside->pg, &call, &rows, &ignored).code != GD_OK)
        return;
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++)
        add(outside->base, gd_arena_printf(outside->arena, "more/%zu", i + 1),
            gd_pg_cell(rows, i, 0), outside->arena);
}

GD_MUST static struct gd_status find(struct outside *outside, struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {
        .what = "read where the settings lie",
        .sql = "SELECT s.name, s.setting FROM pg_catalog.pg_settings s, pg_catalog.pg_settings d "
               "WHERE d.name = 'data_directory' AND s.name IN ('config_file', 'hba_file', "
               "'ident_file') AND s.setting <> '' AND NOT pg_catalog.starts_with(s.setting, "
               "d.setting || '/') ORDER BY 1"};
    GD_TRY(ask(outside->pg, &call, &rows, err));
    struct gd_base *base = outside->base;
    base->settings = gd_arena_zalloc(outside->arena, FILES_MAX, sizeof *base->settings);
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++)
        add(base, gd_pg_cell(rows, i, 0), gd_pg_cell(rows, i, 1), outside->arena);
    if (base->setting_count > 0)
        add_included(outside);
    return GD_DONE;
}

/* ---- what is in them ---- */

static int nibble(char digit)
{
    return digit <= '9' ? digit - '0' : digit - 'a' + 10;
}

/* "\x68…" as bytea is written. */
static size_t decode(const char *hex, char *out)
{
    size_t size = 0;
    for (const char *at = hex + 2; at[0] != '\0' && at[1] != '\0'; at += 2)
        out[size++] = (char)(nibble(at[0]) << 4 | nibble(at[1]));
    return size;
}

GD_MUST static struct gd_status begin_archive(struct outside *outside, struct gd_error *err)
{
    if (outside->archive != NULL)
        return GD_DONE;
    outside->bytes = gd_mem_sink_new(ARCHIVE_BYTES_MAX);
    return gd_tar_writer_new(outside->bytes,
                             outside->base->started_us - outside->base->started_us % 1000000,
                             &outside->archive, err);
}

GD_MUST static struct gd_status save(struct outside *outside, struct gd_base_setting *setting,
                                     struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_error ignored = {0};
    const char *values[] = {setting->path};
    struct gd_pg_call call = {
        .what = "read a file with settings",
        .sql = "SELECT pg_catalog.encode(pg_catalog.pg_read_binary_file($1, 0, 4194304), 'hex')",
        .values = values,
        .value_count = 1};
    if (ask(outside->pg, &call, &rows, &ignored).code != GD_OK || gd_pg_cell(rows, 0, 0) == NULL)
        return GD_DONE;
    const char *hex = gd_arena_printf(outside->arena, "\\x%s", gd_pg_cell(rows, 0, 0));
    char *bytes = gd_arena_alloc(outside->arena, strlen(hex) / 2 + 1);
    size_t size = decode(hex, bytes);
    GD_TRY(begin_archive(outside, err));
    gd_auto_source source = gd_mem_source_new(bytes, size);
    GD_TRY(gd_tar_writer_add(outside->archive, setting->name, size, source, err));
    setting->saved = true;
    return GD_DONE;
}

GD_MUST static struct gd_status store(struct outside *outside, struct gd_error *err)
{
    gd_auto_object_writer writer = NULL;
    size_t size = 0;
    const void *bytes = gd_mem_sink_data(outside->bytes, &size);
    GD_TRY(gd_object_writer_new(outside->place, "config.tar.zst", 0, &writer, err));
    GD_TRY(gd_sink_write(gd_object_writer_sink(writer), bytes, size, err));
    GD_TRY(gd_object_writer_finish(writer, outside->arena, &outside->base->config, err));
    gd_auto_source source = NULL;
    gd_auto_sink nowhere = gd_null_sink_new();
    GD_TRY(gd_object_source_new(outside->place, &outside->base->config, &source, err));
    return gd_pump(source, nowhere, NULL, err);
}

GD_MUST static struct gd_status save_all(struct outside *outside, struct gd_error *err)
{
    struct gd_base *base = outside->base;
    for (size_t i = 0; i < base->setting_count; i++)
        GD_TRY(save(outside, &base->settings[i], err));
    if (outside->archive == NULL)
        return GD_DONE;
    GD_TRY(gd_tar_writer_finish(outside->archive, err));
    return store(outside, err);
}

static void tell(const struct gd_base *base, const struct gd_events *events)
{
    for (size_t i = 0; i < base->setting_count; i++)
        if (!base->settings[i].saved)
            gd_tell_warning(
                events,
                "Save it in another way, or give the role pg_read_server_files and "
                "EXECUTE on pg_read_binary_file.",
                "\"%s\" lies outside of the data directory, and the role may not read it",
                base->settings[i].path);
}

struct gd_status gd_base_outside(struct gd_pg *pg, const struct gd_place *place,
                                 struct gd_base *base, const struct gd_events *events,
                                 struct gd_arena *arena, struct gd_error *err)
{
    struct outside outside = {.pg = pg, .base = base, .place = place, .arena = arena};
    struct gd_error ignored = {0};
    if (pg == NULL || gd_pg_broken(pg))
        return GD_DONE;
    if (find(&outside, &ignored).code != GD_OK) {
        gd_tell_note(events, "where the settings lie could not be asked (%s)", ignored.text);
        return GD_DONE;
    }
    struct gd_status status = save_all(&outside, err);
    gd_tar_writer_free(outside.archive);
    tell(base, events);
    return status;
}
