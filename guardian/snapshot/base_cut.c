/*
 * Cut: the server's archives become objects of whole files.
 *
 * A large file has an object of its own, so that it can be shared with the next backup and found
 * again; the small ones are collected, across the large ones between them, until there are enough.
 * So two objects at most are open at a time. global/pg_control comes alone, and last.
 */
#include <stdlib.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/base/memory.h"
#include "guardian/base/utf8.h"
#include "guardian/snapshot/base_own.h"

static const uint64_t GROUP_BYTES = 32 << 20, SINGLE_BYTES = 4 << 20;
enum { SINGLES_MAX = 40000, TELL_BYTES = 4 << 20 };

struct open_object {
    struct gd_base_piece *piece; /* NULL: none is open */
    struct gd_base_object *object;
    struct gd_base_tally tally;
    uint64_t bytes;
};

struct gd_base_cut {
    struct gd_base_line *line;
    struct gd_base *base;
    const struct gd_base_shared *shared;
    const struct gd_events *events;
    struct gd_arena *arena;
    struct gd_tar_scan scan;
    uint32_t tablespace;
    struct open_object group, single;
    struct open_object *now; /* that takes the file which comes */
    uint64_t single_bytes;   /* files from this size on stand alone */
    uint64_t bytes, total_bytes, told;
    struct gd_base_object **objects; /* they stay where they are while threads fill them */
    size_t count, room;
    bool control; /* global/pg_control has come */
};

struct gd_base_cut *gd_base_cut_new(struct gd_base_line *line, struct gd_base *base,
                                    const struct gd_base_shared *shared, uint64_t total_bytes,
                                    const struct gd_events *events, struct gd_arena *arena)
{
    struct gd_base_cut *cut = gd_memory_new(sizeof *cut);
    cut->line = line;
    cut->base = base;
    cut->shared = shared;
    cut->events = events;
    cut->arena = arena;
    cut->total_bytes = total_bytes;
    cut->single_bytes = SINGLE_BYTES;
    while (total_bytes / cut->single_bytes > SINGLES_MAX)
        cut->single_bytes *= 2;
    return cut;
}

void gd_base_cut_free(struct gd_base_cut *cut)
{
    if (cut == NULL)
        return;
    gd_base_tally_done(&cut->group.tally);
    gd_base_tally_done(&cut->single.tally);
    free(cut);
}

/* ---- objects ---- */

/* The archive of one file alone: its head, what it holds in whole blocks, the end mark. */
static uint64_t single_archive_bytes(const struct gd_scan_entry *file)
{
    return (file->size + GD_TAR_BLOCK - 1) / GD_TAR_BLOCK * GD_TAR_BLOCK + GD_TAR_BLOCK +
           GD_TAR_END;
}

/* @param single  the one file that it is for; NULL: there will be several */
static struct gd_status open_one(struct gd_base_cut *cut, struct open_object *one,
                                 const struct gd_scan_entry *single, struct gd_error *err)
{
    cut->objects =
        gd_arena_more(cut->arena, cut->objects, cut->count, &cut->room, sizeof *cut->objects);
    struct gd_base_object *object = gd_arena_zalloc(cut->arena, 1, sizeof *object);
    cut->objects[cut->count++] = object;
    object->tablespace = cut->tablespace;
    struct gd_base_begin begin = {
        .name = gd_arena_printf(cut->arena, "data/%06zu.tar.zst", cut->count),
        .size_hint = single == NULL ? GROUP_BYTES : single_archive_bytes(single)};
    one->object = object;
    one->bytes = 0;
    gd_base_tally_done(&one->tally);
    gd_base_tally_init(&one->tally);
    if (single != NULL) {
        gd_base_tally_begin(&one->tally, cut->tablespace, single->name);
        object->file = gd_arena_strdup(cut->arena, one->tally.path);
        if (!cut->control)
            begin.like = gd_base_shared_like(cut->shared, object, begin.size_hint);
    }
    return gd_base_line_begin(cut->line, &begin, object, &one->piece, err);
}

static struct gd_status put(struct gd_base_cut *cut, struct open_object *one, const void *data,
                            size_t size, struct gd_error *err)
{
    one->bytes += size;
    return gd_base_line_write(cut->line, one->piece, data, size, err);
}

static struct gd_status close_one(struct gd_base_cut *cut, struct open_object *one,
                                  struct gd_error *err)
{
    static const char mark[GD_TAR_END];
    const struct gd_base_object *instead = NULL;
    if (one->piece == NULL)
        return GD_DONE;
    GD_TRY(put(cut, one, mark, sizeof mark, err));
    struct gd_base_object *object = one->object;
    object->files = one->tally.count;
    object->stored.bytes = one->bytes;
    gd_digest_hex(one->tally.files, object->files_sha256);
    if (object->file != NULL && !cut->control)
        instead = gd_base_shared_find(cut->shared, object);
    return gd_base_line_end(cut->line, GD_MOVE(one->piece), instead, err);
}

/* ---- what comes ---- */

static bool is_utf8(const char *text)
{
    size_t size = strlen(text);
    for (size_t at = 0; at < size;) {
        uint32_t code = 0;
        at += gd_utf8_decode(text + at, size - at, &code);
        if (code == GD_UTF8_BAD)
            return false;
    }
    return true;
}

static struct gd_status open_single(struct gd_base_cut *cut, const struct gd_scan_entry *entry,
                                    struct gd_error *err)
{
    cut->now = &cut->single;
    return open_one(cut, &cut->single, entry, err);
}

static struct gd_status open_group(struct gd_base_cut *cut, const struct gd_scan_entry *entry,
                                   struct gd_error *err)
{
    cut->now = &cut->group;
    if (cut->group.piece != NULL && cut->group.bytes + entry->size > 2 * GROUP_BYTES)
        GD_TRY(close_one(cut, &cut->group, err));
    if (cut->group.piece == NULL)
        GD_TRY(open_one(cut, &cut->group, NULL, err));
    if (entry->kind == GD_SCAN_FILE)
        gd_base_tally_begin(&cut->group.tally, cut->tablespace, entry->name);
    return GD_DONE;
}

static bool is_control(const struct gd_base_cut *cut, const struct gd_scan_entry *entry)
{
    return cut->tablespace == 0 && strcmp(entry->name, "global/pg_control") == 0;
}

static struct gd_status see_entry(void *context, const struct gd_scan_entry *entry,
                                  const void *head, struct gd_error *err)
{
    struct gd_base_cut *cut = context;
    if (cut->control)
        return gd_fail(err, GD_CORRUPT, "\"%s\" came behind global/pg_control", entry->name);
    if (is_control(cut, entry)) {
        GD_TRY(close_one(cut, &cut->group, err));
        cut->control = true;
    }
    bool alone = entry->kind == GD_SCAN_FILE && is_utf8(entry->name) &&
                 (entry->size >= cut->single_bytes || cut->control);
    GD_TRY(alone ? open_single(cut, entry, err) : open_group(cut, entry, err));
    return put(cut, cut->now, head, GD_TAR_BLOCK, err);
}

static void tell(struct gd_base_cut *cut, size_t size)
{
    cut->bytes += size;
    if (cut->bytes - cut->told < TELL_BYTES)
        return;
    cut->told = cut->bytes;
    gd_tell(cut->events, &(struct gd_event){.kind = GD_EVENT_PROGRESS,
                                            .worker = -1,
                                            .bytes = cut->bytes,
                                            .total_bytes = cut->total_bytes});
}

static struct gd_status see_data(void *context, const void *data, size_t size, struct gd_error *err)
{
    struct gd_base_cut *cut = context;
    gd_base_tally_add(&cut->now->tally, data, size);
    tell(cut, size);
    return put(cut, cut->now, data, size, err);
}

static struct gd_status see_end(void *context, size_t fill, struct gd_error *err)
{
    static const char zeros[GD_TAR_BLOCK];
    struct gd_base_cut *cut = context;
    if (fill > 0)
        GD_TRY(put(cut, cut->now, zeros, fill, err));
    gd_base_tally_end(&cut->now->tally, NULL);
    if (cut->now == &cut->single || cut->group.bytes >= GROUP_BYTES)
        return close_one(cut, cut->now, err);
    return GD_DONE;
}

struct gd_status gd_base_cut_begin(struct gd_base_cut *cut, uint32_t tablespace,
                                   struct gd_error *err)
{
    static const struct gd_tar_scan_ops ops = {see_entry, see_data, see_end};
    GD_TRY(gd_fault("base: before an archive is cut", err));
    cut->tablespace = tablespace;
    gd_tar_scan_begin(&cut->scan, &ops, cut);
    return GD_DONE;
}

struct gd_status gd_base_cut_feed(struct gd_base_cut *cut, const void *data, size_t size,
                                  struct gd_error *err)
{
    return gd_tar_scan_feed(&cut->scan, data, size, err);
}

struct gd_status gd_base_cut_end(struct gd_base_cut *cut, bool need_mark, struct gd_error *err)
{
    GD_TRY(gd_tar_scan_finish(&cut->scan, need_mark, err));
    return close_one(cut, &cut->group, err);
}

struct gd_status gd_base_cut_finish(struct gd_base_cut *cut, struct gd_error *err)
{
    if (!cut->control)
        return gd_fail(err, GD_CORRUPT, "global/pg_control did not come");
    struct gd_base *base = cut->base;
    base->objects = gd_arena_zalloc(cut->arena, cut->count, sizeof *base->objects);
    for (size_t i = 0; i < cut->count; i++)
        base->objects[i] = *cut->objects[i];
    base->object_count = cut->count;
    return GD_DONE;
}
