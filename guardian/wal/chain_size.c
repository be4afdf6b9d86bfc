/*
 * How large segments are: the label of a whole one says it, and the first page of a piece.
 */
#include <inttypes.h>

#include "guardian/wal/chain_own.h"
#include "guardian/wal/page.h"

/* Of its label, which is not encrypted; of a piece, of the page that it begins with. */
GD_MUST static struct gd_status ask(const struct gd_wal_place *place,
                                    const struct gd_wal_file *file, uint64_t *out_bytes,
                                    struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_source source = NULL;
    unsigned char head_bytes[GD_WAL_HEAD_BYTES];
    struct gd_wal_head head;
    size_t filled = 0, got = 1;
    const char *key = gd_wal_file_key(place, file, arena);
    GD_TRY(gd_wal_open(place, key, out_bytes, file->piece ? &source : NULL, err));
    if (!file->piece && gd_wal_segment_bytes_valid(*out_bytes))
        return GD_DONE;
    if (!file->piece)
        return gd_fail(err, GD_CORRUPT, "\"%s\" says that it has %" PRIu64 " bytes", key,
                       *out_bytes);
    while (filled < sizeof head_bytes && got > 0) {
        GD_TRY(gd_source_read(source, head_bytes + filled, sizeof head_bytes - filled, &got, err));
        filled += got;
    }
    if (filled < sizeof head_bytes)
        return gd_fail(err, GD_CORRUPT, "it holds no more than %zu bytes", filled);
    GD_TRY(gd_wal_head_read(head_bytes, &head, err));
    *out_bytes = head.segment_bytes;
    return GD_DONE;
}

static bool tells(const struct gd_wal_file *file)
{
    return file->piece ? file->start == 0 : file->name.kind == GD_WAL_SEGMENT;
}

/* Whole ones before pieces. What is damaged is found by those who read it all; here the next one is
 * asked, and only a few of them: they cannot all be damaged by chance. */
GD_MUST static struct gd_status ask_some(const struct gd_wal_place *place,
                                         const struct gd_wal_chain *chain, bool pieces,
                                         uint64_t *out_bytes, struct gd_error *err)
{
    enum { TRIES = 8 };
    struct gd_error why = {0};
    struct gd_status status = GD_DONE;
    int tries = 0;
    for (size_t i = chain->file_count; i > 0 && tries < TRIES; i--) {
        const struct gd_wal_file *file = &chain->files[i - 1];
        if (file->piece != pieces || !tells(file))
            continue;
        tries++;
        status = ask(place, file, out_bytes, &why);
        if (status.code == GD_OK)
            return GD_DONE;
        if (status.code != GD_CORRUPT && status.code != GD_USAGE)
            break;
    }
    *out_bytes = 0;
    if (status.code == GD_OK)
        return GD_DONE;
    *err = why;
    return status;
}

struct gd_status gd_wal_chain_segment_bytes(const struct gd_wal_place *place,
                                            const struct gd_wal_chain *chain, uint64_t *out_bytes,
                                            struct gd_error *err)
{
    struct gd_error why = {0};
    struct gd_status status = ask_some(place, chain, false, out_bytes, &why);
    if (status.code == GD_OK && *out_bytes == 0)
        status = ask_some(place, chain, true, out_bytes, &why);
    if (status.code == GD_OK)
        return GD_DONE;
    *err = why;
    return gd_wrap(err, status, "could not find out how large WAL segments are: ");
}
