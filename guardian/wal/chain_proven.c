/*
 * Proven: what was read back once need not be read again (docs/formats/wal.md).
 *
 *     v1/<system identifier>/wal-proven/<id>.txt.zst
 *
 * Invariant 1  A line counts only for an object of exactly that size, stored at exactly that time:
 *              what was replaced since is read again.
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

enum { MOST = 16, MOST_OF_ALL = 1000, FIELDS = 14, BYTES_MAX = 512 << 20 };

static const char head_line[] = "guardian wal-proven 2";

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
    const struct gd_wal_told *told = file->told;
    char name[GD_WAL_NAME_SIZE];
    gd_wal_name_write(&file->name, name);
    (void)fprintf(stream,
                  "%s %" PRIu64 " %" PRId64 " %" PRIX64 " %" PRIX64 " %" PRIX64 " %" PRIu32
                  " %" PRIu32 " %d %" PRIX64 " %" PRId64 " %" PRId64 " %" PRIX64 " %" PRIX64 "\n",
                  name, file->stored_bytes, file->modified_us, told->first_prev, told->last_start,
                  told->before_last, told->head_left, told->tail_left,
                  (told->gives_up ? 1 : 0) + (told->switched ? 2 : 0), told->ended_lsn,
                  told->oldest_us, told->newest_us, told->first_minimal, told->last_minimal);
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

static bool read_told(char *text, uint64_t *out_bytes, int64_t *out_modified_us,
                      struct gd_wal_told *out_told)
{
    static const int bases[FIELDS - 1] = {10, 10, 16, 16, 16, 10, 10, 10, 16, 10, 10, 16, 16};
    uint64_t numbers[FIELDS - 1];
    for (size_t i = 0; i < FIELDS - 1; i++)
        if (!read_number(&text, bases[i], &numbers[i]))
            return false;
    if (*text != '\0')
        return false;
    *out_bytes = numbers[0];
    *out_modified_us = (int64_t)numbers[1];
    *out_told = (struct gd_wal_told){
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

static void believe(struct gd_wal_chain *chain, char *line)
{
    struct gd_wal_name name;
    struct gd_wal_told told;
    uint64_t bytes, lsn;
    int64_t modified_us;
    char *blank = strchr(line, ' ');
    if (blank == NULL)
        return;
    *blank = '\0';
    if (!gd_wal_name_read(line, &name) || name.kind != GD_WAL_SEGMENT ||
        !read_told(blank + 1, &bytes, &modified_us, &told) ||
        !gd_wal_name_start(&name, chain->segment_bytes, &lsn))
        return;
    struct gd_wal_file *file = gd_wal_chain_whole(chain, name.timeline, lsn);
    if (file == NULL || file->told != NULL || file->problem != NULL ||
        file->stored_bytes != bytes || file->modified_us != modified_us)
        return;
    struct gd_wal_told *copy = gd_arena_alloc(chain->arena, sizeof *copy);
    *copy = told;
    file->told = copy;
    file->proven = true;
    if (told.ended_lsn != 0 && told.ended_lsn < file->to_lsn && told.ended_lsn > file->from_lsn)
        file->to_lsn = told.ended_lsn;
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
    return strncmp(text, head_line, sizeof head_line - 1) == 0 &&
           text[sizeof head_line - 1] == '\n' && strncmp(last, "end ", 4) == 0 &&
           strtoull(last + 4, NULL, 10) + 1 == lines;
}

static void believe_all(struct gd_wal_chain *chain, char *text)
{
    char *line;
    (void)strsep(&text, "\n");
    while ((line = strsep(&text, "\n")) != NULL)
        believe(chain, line);
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
