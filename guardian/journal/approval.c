#include "guardian/journal/approval.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/texts.h"
#include "guardian/io/json.h"

enum { HASH_DIGITS = 64, TEXT_MAX = 64 << 10, APPROVAL_FORMAT = 1 };

static bool is_hash(const char *text)
{
    return strspn(text, "0123456789abcdef") == HASH_DIGITS && text[HASH_DIGITS] == '\0';
}

/* --- writing ---------------------------------------------------------------------------------- */

static struct gd_json *text_of(const char *text)
{
    return gd_json_new_text(text == NULL ? "" : text);
}

static struct gd_json *document_of(const struct gd_approval *approval)
{
    struct gd_json *document = gd_json_object();
    gd_json_put(document, "guardian_approval", gd_json_new_int(APPROVAL_FORMAT));
    gd_json_put(document, "sha256", text_of(approval->sha256));
    gd_json_put(document, "id", text_of(approval->id));
    gd_json_put(document, "time", gd_json_new_time(approval->time_us));
    gd_json_put(document, "expires", gd_json_new_time(approval->expires_us));
    gd_json_put(document, "who", text_of(approval->who));
    gd_json_put(document, "host", text_of(approval->host));
    gd_json_put(document, "path", text_of(approval->path));
    gd_json_put(document, "reason", text_of(approval->reason));
    gd_json_put(document, "guardian_version", text_of(approval->version));
    return document;
}

static struct gd_status put_and_read(struct gd_store *store, const char *key, const char *text,
                                     size_t size, struct gd_error *err)
{
    char *back = NULL;
    size_t back_size = 0;
    GD_TRY(gd_store_put_bytes(store, key, text, size, err));
    GD_TRY(gd_store_get_bytes(store, key, size + 1, &back, &back_size, err));
    bool same = back_size == size && memcmp(back, text, size) == 0;
    free(back);
    return same ? GD_DONE
                : gd_fail(err, GD_UNPROTECTED, "%s gives other bytes for \"%s\" than it was given",
                          gd_store_url(store), key);
}

struct gd_status gd_approval_put(struct gd_store *store, struct gd_approval *approval,
                                 struct gd_arena *arena, struct gd_error *err)
{
    char id[GD_ID_SIZE], *text = NULL;
    size_t size = 0;
    if (!is_hash(approval->sha256))
        return gd_fail(err, GD_USAGE, "\"%.80s\" is no SHA-256", approval->sha256);
    gd_id_new(id);
    approval->id = gd_arena_strdup(arena, id);
    approval->time_us = gd_clock_now_us();
    struct gd_json *document = document_of(approval);
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL)
        abort();
    struct gd_status status = gd_json_write(document, stream, 1, err);
    gd_json_free(document);
    fclose(stream);
    const char *key = gd_arena_printf(arena, "v1/approvals/%s/%s.json", approval->sha256, id);
    if (status.code == GD_OK)
        status = put_and_read(store, key, text, size, err);
    free(text);
    return status;
}

/* --- reading ---------------------------------------------------------------------------------- */

struct seen {
    struct gd_texts keys;
    struct gd_arena *arena;
};

static struct gd_status see_key(void *context, const struct gd_store_entry *entry,
                                struct gd_error *err)
{
    struct seen *seen = context;
    (void)err;
    gd_texts_add(&seen->keys, gd_arena_strdup(seen->arena, entry->key), seen->arena);
    return GD_DONE;
}

/* @return false: it is no approval of that text, or not any more */
static bool take_over(const struct gd_json *document, const char *hash, int64_t now_us,
                      struct gd_arena *arena, struct gd_approval *approval)
{
    const struct gd_json *expires = gd_json_get(document, "expires");
    *approval = (struct gd_approval){
        .sha256 = hash,
        .id = gd_arena_strdup(arena, gd_json_text(gd_json_get(document, "id"))),
        .who = gd_arena_strdup(arena, gd_json_text(gd_json_get(document, "who"))),
        .host = gd_arena_strdup(arena, gd_json_text(gd_json_get(document, "host"))),
        .path = gd_arena_strdup(arena, gd_json_text(gd_json_get(document, "path"))),
        .reason = gd_arena_strdup(arena, gd_json_text(gd_json_get(document, "reason"))),
        .version = gd_arena_strdup(arena, gd_json_text(gd_json_get(document, "guardian_version")))};
    if (gd_json_int(gd_json_get(document, "guardian_approval")) != APPROVAL_FORMAT ||
        strcmp(gd_json_text(gd_json_get(document, "sha256")), hash) != 0 ||
        !gd_clock_parse(gd_json_text(gd_json_get(document, "time")), &approval->time_us))
        return false;
    if (gd_json_kind(expires) == GD_JSON_NULL)
        return true;
    return gd_clock_parse(gd_json_text(expires), &approval->expires_us) &&
           approval->expires_us > now_us;
}

static struct gd_status read_one(struct gd_store *store, const char *key, const char *hash,
                                 int64_t now_us, struct gd_arena *arena,
                                 struct gd_approval *out_approval, bool *out_good,
                                 struct gd_error *err)
{
    struct gd_error why = {0};
    struct gd_json *document = NULL;
    char *text = NULL;
    size_t size = 0;
    *out_good = false;
    struct gd_status status = gd_store_get_bytes(store, key, TEXT_MAX, &text, &size, &why);
    if (status.code == GD_CORRUPT) /* gone, or no approval of ours */
        return GD_DONE;
    if (status.code != GD_OK) {
        *err = why;
        return status;
    }
    if (gd_json_parse(text, size, &document, &why).code == GD_OK)
        *out_good = take_over(document, hash, now_us, arena, out_approval);
    gd_json_free(document);
    free(text);
    return GD_DONE;
}

struct found {
    struct gd_approval *items;
    size_t count, room;
};

static void add(struct found *found, const struct gd_approval *approval, struct gd_arena *arena)
{
    if (found->count == found->room) {
        size_t room = found->room == 0 ? 8 : 2 * found->room;
        struct gd_approval *items = gd_arena_zalloc(arena, room, sizeof *items);
        if (found->count > 0)
            memcpy(items, found->items, found->count * sizeof *items);
        found->items = items;
        found->room = room;
    }
    found->items[found->count++] = *approval;
}

static struct gd_status read_text(struct gd_store *store, const char *hash, int64_t now_us,
                                  struct gd_arena *arena, struct found *found, struct gd_error *err)
{
    struct seen seen = {.arena = arena};
    const char *prefix = gd_arena_printf(arena, "v1/approvals/%s/", hash);
    GD_TRY(gd_store_list(store, prefix, see_key, &seen, err));
    for (size_t i = 0; i < seen.keys.count; i++) {
        struct gd_approval approval;
        bool good = false;
        GD_TRY(read_one(store, seen.keys.items[i], hash, now_us, arena, &approval, &good, err));
        if (good)
            add(found, &approval, arena);
    }
    return GD_DONE;
}

struct gd_status gd_approvals_read(struct gd_store *store, const char *const *hashes,
                                   size_t hash_count, int64_t now_us, struct gd_arena *arena,
                                   struct gd_approval **out_approvals, size_t *out_count,
                                   struct gd_error *err)
{
    struct found found = {0};
    struct gd_texts once = {0};
    for (size_t i = 0; i < hash_count; i++)
        if (is_hash(hashes[i]) && gd_texts_add(&once, hashes[i], arena))
            GD_TRY(read_text(store, hashes[i], now_us, arena, &found, err));
    *out_approvals = found.items;
    *out_count = found.count;
    return GD_DONE;
}
