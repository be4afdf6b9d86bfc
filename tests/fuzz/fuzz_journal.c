/*
 * Fuzz: objects of a journal, and summaries of journals. Whatever the bytes, frames lie inside of
 * them, what a story takes from a record is written again and read again in the same words, and a
 * summary that is taken for one is in order.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/journal/fold.h"
#include "guardian/journal/frame.h"
#include "guardian/journal/keep.h"
#include "guardian/journal/story.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *text_of(const struct gd_json *body, size_t *out_size)
{
    struct gd_error err = {0};
    char *text = NULL;
    FILE *stream = open_memstream(&text, out_size);
    assert(stream != NULL);
    struct gd_status status = gd_json_write(body, stream, 0, &err);
    assert(status.code == GD_OK);
    fclose(stream);
    return text;
}

static char *told(const struct gd_json *body, struct gd_arena *arena, size_t *out_size)
{
    struct gd_story *story = gd_story_new(arena);
    gd_story_learn(story, body, arena);
    struct gd_json *again = gd_story_body(story, GD_RECORD_CLOSED);
    char *text = text_of(again, out_size);
    gd_json_free(again);
    return text;
}

static void check_record(const char *payload, size_t size, struct gd_arena *arena)
{
    struct gd_json *body = NULL, *again = NULL;
    struct gd_error err = {0};
    size_t one_size = 0, other_size = 0;
    if (gd_json_parse(payload, size, &body, &err).code != GD_OK)
        return;
    char *one = told(body, arena, &one_size);
    struct gd_status status = gd_json_parse(one, one_size, &again, &err);
    assert(status.code == GD_OK);
    char *other = told(again, arena, &other_size);
    assert(one_size == other_size && memcmp(one, other, one_size) == 0);
    free(one);
    free(other);
    gd_json_free(body);
    gd_json_free(again);
}

/* With a good checksum, or nothing but the checksum would ever be tried. */
static void check_as_payload(const uint8_t *data, size_t size, struct gd_arena *arena)
{
    struct gd_error err = {0};
    struct gd_chain chain = gd_chain_first("v1/"), before = chain;
    struct gd_frame_view view;
    size_t framed = 0;
    gd_auto_sink sink = gd_mem_sink_new(size + GD_FRAME_HEAD_BYTES);
    struct gd_status status = gd_frame_write(sink, &chain, data, size, &err);
    assert(status.code == GD_OK);
    const void *frame = gd_mem_sink_data(sink, &framed);
    enum gd_frame_state found = gd_frame_read(frame, framed, &before, &view);
    assert(found == GD_FRAME_WHOLE && view.payload_bytes == size);
    check_record(view.payload, view.payload_bytes, arena);
}

/* --- summaries --- */

static const char fold_key[] = "v1/c/folded/000001.zst";

static void check_fold(const void *data, size_t size, struct gd_arena *arena)
{
    struct gd_error err = {0};
    struct gd_fold fold = {0};
    if (gd_fold_parse(fold_key, "c", data, size, arena, &fold, &err).code != GD_OK) {
        assert(err.text[0] != '\0');
        return;
    }
    assert(fold.count > 0 && fold.number > 0);
    assert(strcmp(fold.upto, fold.items[fold.count - 1].change) == 0);
    const char *last = fold.after;
    for (size_t i = 0; i < fold.count; i++) {
        const struct gd_change_entry *item = &fold.items[i];
        struct gd_records records = {0};
        assert(strcmp(item->change, last) > 0 && item->closed && item->closed_number > 0);
        last = item->change;
        if (item->summary == NULL ||
            gd_journal_read_summary(item, arena, &records, &err).code != GD_OK)
            continue;
        assert(records.count == 1 && records.items[0].kind == GD_RECORD_CLOSED);
        gd_records_done(&records);
    }
}

/* Each line in a frame of its own, with good checksums and the right chain. */
static void check_lines_as_fold(const uint8_t *data, size_t size, struct gd_arena *arena)
{
    struct gd_error err = {0};
    struct gd_chain chain = gd_chain_first(fold_key);
    gd_auto_sink sink = gd_mem_sink_new(GD_FRAME_HEAD_BYTES * (size + 1) + size);
    for (size_t at = 0; at < size;) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        size_t length = end == NULL ? size - at : (size_t)(end - data) - at + 1;
        struct gd_status status = gd_frame_write(sink, &chain, data + at, length, &err);
        assert(status.code == GD_OK);
        at += length;
    }
    size_t framed = 0;
    const void *frames = gd_mem_sink_data(sink, &framed);
    check_fold(frames, framed, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gd_auto_arena arena = gd_arena_new();
    check_fold(data, size, arena);
    if (size > 0)
        check_lines_as_fold(data, size, arena);
    struct gd_frame_view view = {0};
    for (size_t at = 0; at < size; at += view.bytes) {
        if (gd_frame_read(data + at, size - at, NULL, &view) != GD_FRAME_WHOLE) {
            assert(view.problem != NULL);
            break;
        }
        assert(view.bytes <= size - at);
        check_record(view.payload, view.payload_bytes, arena);
    }
    if (size > 0)
        check_as_payload(data, size, arena);
    return 0;
}
