/*
 * Proven: what was read back once need not be read again (docs/formats/wal.md).
 *
 *     v1/<system identifier>/wal-proven/<id>.txt.zst
 *
 * Invariant 1  A line counts only for an object of exactly that size, stored at exactly that time:
 *              what was replaced since is read again.
 *              One that was damaged when it was read once more is remembered as such: the lines of
 *              before do not count.
 * Invariant 2  Nothing is lost when an object of the memory is damaged, missing or written twice.
 *              A run adds one; from MOST on they are made one, the new one first.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/io/zstd.h"
#include "guardian/wal/chain_own.h"

enum {
    MOST = 16,
    MOST_OF_ALL = 1000,
    FIELDS = 15,
    FIELDS_2 = 14,
    DOUBTED = 4,
    BYTES_MAX = 512 << 20
};

static const char head_line[] = "guardian wal-proven 3";
static const char head_line_2[] = "guardian wal-proven 2"; /* without the time of the reading */

struct memory {
    struct gd_wal_chain *chain;
    const char **keys;
    size_t count, room;
};

GD_MUST static struct gd_status see(void *context, const struct gd_store_entry *entry,
                                    struct gd_error *err)
{
    struct memory *memory = context;
    (void)err;
    memory->keys = gd_arena_more(memory->chain->arena, memory->keys, memory->count, &memory->room,
                                 sizeof *memory->keys);
    memory->keys[memory->count++] = gd_arena_strdup(memory->chain->arena, entry->key);
    return GD_DONE;
}

static const char *prefix_of(const struct gd_wal_place *place, struct gd_arena *arena)
{
    return gd_arena_printf(arena, "v1/%" PRIu64 "/wal-proven/", place->system_identifier);
}

GD_MUST static struct gd_status list(const struct gd_wal_place *place, struct memory *memory,
                                     struct gd_error *err)
{
    return gd_store_list(place->store, prefix_of(place, memory->chain->arena), see, memory, err);
}

/* ---- lines ---- */

static void write_line(FILE *stream, const struct gd_wal_file *file)
{
    static const struct gd_wal_told nothing;
    const struct gd_wal_told *told = file->told == NULL ? &nothing : file->told;
    char name[GD_WAL_NAME_SIZE];
    gd_wal_name_write(&file->name, name);
    (void)fprintf(
        stream,
        "%s %" PRIu64 " %" PRId64 " %" PRIX64 " %" PRIX64 " %" PRIX64 " %" PRIu32 " %" PRIu32
        " %d %" PRIX64 " %" PRId64 " %" PRId64 " %" PRIX64 " %" PRIX64 " %" PRId64 "\n",
        name, file->stored_bytes, file->modified_us, told->first_prev, told->last_start,
        told->before_last, told->head_left, told->tail_left,
        (told->gives_up ? 1 : 0) + (told->switched ? 2 : 0) + (file->doubted ? DOUBTED : 0),
        told->ended_lsn, told->oldest_us, told->newest_us, told->first_minimal, told->last_minimal,
        file->read_us);
}

static bool read_number(char **inout_text, int base, uint64_t *out_number)
{
    char *end;
    if (**inout_text == ' ' || **inout_text == '\0')
        return false;
    *out_number = (uint64_t)strtoull(*inout_text, &end, base);
    bool right = end != *inout_text && (*end == ' ' || *end == '\0');
    *inout_text = *end == ' ' ? end + 1 : end;
    return right;
}

/* What stands behind the name. */
struct line {
    uint64_t bytes;
    int64_t modified_us, read_us;
    bool doubted;
    struct gd_wal_told told;
};

static bool read_line(char *text, size_t fields, struct line *out_line)
{
    static const int bases[FIELDS - 1] = {10, 10, 16, 16, 16, 10, 10, 10, 16, 10, 10, 16, 16, 10};
    uint64_t numbers[FIELDS - 1] = {0};
    for (size_t i = 0; i + 1 < fields; i++)
        if (!read_number(&text, bases[i], &numbers[i]))
            return false;
    if (*text != '\0')
        return false;
    *out_line = (struct line){.bytes = numbers[0],
                              .modified_us = (int64_t)numbers[1],
                              .read_us = (int64_t)numbers[13],
                              .doubted = (numbers[7] & DOUBTED) != 0};
    out_line->told = (struct gd_wal_told){
        .first_prev = numbers[2],
        .last_start = numbers[3],
        .before_last = numbers[4],
        .head_left = (uint32_t)numbers[5],
        .tail_left = (uint32_t)numbers[6],
        .gives_up = (numbers[7] & 1) != 0,
        .switched = (numbers[7] & 2) != 0,
        .ended_lsn = numbers[8],
        .oldest_us = (int64_t)numbers[9],
        .newest_us = (int64_t)numbers[10],
        .first_minimal = numbers[11],
        .last_minimal = numbers[12],
    };
    return true;
}

/* The newest line of a file comes first, and counts. */
static void believe(struct gd_wal_chain *chain, char *text, size_t fields)
{
    struct gd_wal_name name;
    struct line line;
    uint64_t lsn;
    char *blank = strchr(text, ' ');
    if (blank == NULL)
        return;
    *blank = '\0';
    if (!gd_wal_name_read(text, &name) || name.kind != GD_WAL_SEGMENT ||
        !read_line(blank + 1, fields, &line) ||
        !gd_wal_name_start(&name, chain->segment_bytes, &lsn))
        return;
    struct gd_wal_file *file = gd_wal_chain_whole(chain, name.timeline, lsn);
    if (file == NULL || file->told != NULL || file->doubted || file->problem != NULL ||
        file->stored_bytes != line.bytes || file->modified_us != line.modified_us)
        return;
    file->read_us = line.read_us;
    file->doubted = line.doubted;
    if (line.doubted)
        return;
    struct gd_wal_told *copy = gd_arena_alloc(chain->arena, sizeof *copy);
    *copy = line.told;
    file->told = copy;
    file->proven = true;
    if (copy->ended_lsn != 0 && copy->ended_lsn < file->to_lsn && copy->ended_lsn > file->from_lsn)
        file->to_lsn = copy->ended_lsn;
}

/* ---- objects ---- */

GD_MUST static struct gd_status read_text(const struct gd_wal_place *place, const char *key,
                                          char **out_text, size_t *out_size, struct gd_error *err)
{
    gd_auto_source source = NULL;
    struct gd_source *below;
    GD_TRY(gd_store_get(place->store, key, 0, 0, &source, err));
    below = GD_MOVE(source);
    GD_TRY(gd_zstd_source_new(below, &source, err));
    return gd_source_all(source, BYTES_MAX, out_text, out_size, err);
}

/* @return 0: another format */
static size_t fields_of(const char *text)
{
    if (strncmp(text, head_line, sizeof head_line - 1) == 0 && text[sizeof head_line - 1] == '\n')
        return FIELDS;
    return strncmp(text, head_line_2, sizeof head_line_2 - 1) == 0 &&
                   text[sizeof head_line_2 - 1] == '\n'
               ? FIELDS_2
               : 0;
}

/* The last line says how many there are: a text without it is not believed. */
static bool is_complete(const char *text, size_t size)
{
    size_t lines = 0;
    const char *last = text;
    if (size == 0 || text[size - 1] != '\n' || strlen(text) != size)
        return false;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL && at[1] != '\0'; at++) {
        lines++;
        last = at + 1;
    }
    return fields_of(text) != 0 && strncmp(last, "end ", 4) == 0 &&
           strtoull(last + 4, NULL, 10) + 1 == lines;
}

static void believe_all(struct gd_wal_chain *chain, char *text)
{
    char *line;
    size_t fields = fields_of(text);
    (void)strsep(&text, "\n");
    while ((line = strsep(&text, "\n")) != NULL)
        believe(chain, line, fields);
}

struct gd_status gd_wal_proven_read(const struct gd_wal_place *place, struct gd_wal_chain *chain,
                                    struct gd_error *err)
{
    struct memory memory = {.chain = chain};
    if (chain->segment_bytes == 0)
        return GD_DONE;
    GD_TRY(list(place, &memory, err));
    for (size_t i = memory.count; i > 0; i--) {
        struct gd_error why = {0};
        char *text = NULL;
        size_t size = 0;
        struct gd_status status = read_text(place, memory.keys[i - 1], &text, &size, &why);
        if (status.code == GD_OK && is_complete(text, size))
            believe_all(chain, text);
        free(text);
        if (status.code != GD_OK && status.code != GD_CORRUPT) {
            *err = why;
            return status;
        }
    }
    return GD_DONE;
}

GD_MUST static struct gd_status write_text(const struct gd_wal_place *place, const char *text,
                                           size_t size, struct gd_arena *arena,
                                           struct gd_error *err)
{
    gd_auto_sink sink = NULL;
    struct gd_sink *below;
    char id[GD_ID_SIZE];
    gd_id_new(id);
    const char *key = gd_arena_printf(arena, "%s%s.txt.zst", prefix_of(place, arena), id);
    GD_TRY(gd_store_put(place->store, key, size, &sink, err));
    below = GD_MOVE(sink);
    GD_TRY(gd_zstd_sink_new(below, 3, &sink, err));
    GD_TRY(gd_sink_write(sink, text, size, err));
    return gd_sink_finish(sink, err);
}

static bool is_worth_it(const struct gd_wal_file *file)
{
    if (file->doubted)
        return !file->piece;
    return file->proven && file->told != NULL && file->problem == NULL && !file->piece;
}

/* All that is known when they are made one; otherwise what is new. */
static char *text_of(const struct gd_wal_chain *chain, const size_t *fresh, size_t count, bool all,
                     size_t *out_size)
{
    char *text = NULL;
    size_t lines = 0;
    FILE *stream = open_memstream(&text, out_size);
    if (stream == NULL)
        abort();
    (void)fprintf(stream, "%s\n", head_line);
    for (size_t i = 0; i < (all ? chain->file_count : count); i++) {
        const struct gd_wal_file *file = &chain->files[all ? i : fresh[i]];
        if (!is_worth_it(file))
            continue;
        write_line(stream, file);
        lines++;
    }
    (void)fprintf(stream, "end %zu\n", lines);
    if (fclose(stream) != 0)
        abort();
    return text;
}

struct gd_status gd_wal_proven_write(const struct gd_wal_place *place,
                                     const struct gd_wal_chain *chain, const size_t *fresh,
                                     size_t count, struct gd_error *err)
{
    struct gd_wal_chain own = *chain;
    struct memory memory = {.chain = &own};
    size_t size = 0;
    GD_TRY(list(place, &memory, err));
    bool all = memory.count + 1 >= MOST;
    if (count == 0 || memory.count >= MOST_OF_ALL)
        return GD_DONE;
    char *text = text_of(chain, fresh, count, all, &size);
    struct gd_status status = write_text(place, text, size, chain->arena, err);
    free(text);
    GD_TRY(status);
    for (size_t i = 0; all && i < memory.count; i++)
        GD_TRY(gd_store_remove(place->store, memory.keys[i], err));
    return GD_DONE;
}
