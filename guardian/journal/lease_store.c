/*
 * Generations: the lease as objects of the store.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/base/texts.h"
#include "guardian/io/json.h"
#include "guardian/journal/lease_own.h"

enum { DIGITS = 8, TEXT_MAX = 64 << 10, LEASE_MS_MAX = 3600000, LEASE_FORMAT = 1, CLEAN_MAX = 500 };

static const char *folder_of(const char *cluster, struct gd_arena *arena)
{
    return gd_arena_printf(arena, "v1/%s/lease/", cluster);
}

static const char *key_of(const char *cluster, uint32_t number, const char *suffix,
                          struct gd_arena *arena)
{
    return gd_arena_printf(arena, "%s%08u%s", folder_of(cluster, arena), number, suffix);
}

/* --- listing ---------------------------------------------------------------------------------- */

struct listing {
    const char *folder;
    struct gd_generation last;
    struct gd_texts *older; /* keys of generations below `below`; NULL: not wanted */
    uint32_t below;
    struct gd_arena *arena;
};

static void nothing_known(struct gd_generation *generation)
{
    generation->who = generation->change = generation->pid = generation->since = "";
    generation->nonce = "";
    generation->lease_ms = LEASE_MS_MAX;
    generation->elsewhere = true;
}

static bool number_of(const char *name, uint32_t *out_number, const char **out_suffix)
{
    uint32_t number = 0;
    for (unsigned i = 0; i < DIGITS; i++) {
        if (name[i] < '0' || name[i] > '9')
            return false;
        number = number * 10 + (uint32_t)(name[i] - '0');
    }
    *out_number = number;
    *out_suffix = name + DIGITS;
    return number > 0;
}

static struct gd_status see(void *context, const struct gd_store_entry *entry, struct gd_error *err)
{
    (void)err;
    struct listing *listing = context;
    const char *suffix = NULL;
    uint32_t number = 0;
    if (!number_of(entry->key + strlen(listing->folder), &number, &suffix))
        return GD_DONE;
    if (suffix[0] == '\0' && number > listing->last.number) {
        nothing_known(&listing->last);
        listing->last.number = number;
        listing->last.modified_us = entry->modified_us;
        listing->last.released = false;
    }
    if (number == listing->last.number && strcmp(suffix, ".released") == 0)
        listing->last.released = true;
    if (listing->older != NULL && number < listing->below && listing->older->count < CLEAN_MAX)
        gd_texts_add(listing->older, gd_arena_strdup(listing->arena, entry->key), listing->arena);
    return GD_DONE;
}

/* --- what one says ---------------------------------------------------------------------------- */

static const char *text_at(const struct gd_json *document, const char *key, struct gd_arena *arena)
{
    return gd_arena_strdup(arena, gd_json_text(gd_json_get(document, key)));
}

static void take_over(const struct gd_json *document, struct gd_generation *generation,
                      struct gd_arena *arena)
{
    int64_t lease_ms = gd_json_int(gd_json_get(document, "lease_ms"));
    generation->who = text_at(document, "who", arena);
    generation->change = text_at(document, "change", arena);
    generation->pid = text_at(document, "pid", arena);
    generation->since = text_at(document, "since", arena);
    generation->nonce = text_at(document, "nonce", arena);
    /* whoever wrote another format may work elsewhere, too */
    generation->elsewhere = gd_json_int(gd_json_get(document, "elsewhere")) != 0 ||
                            gd_json_int(gd_json_get(document, "format")) != LEASE_FORMAT;
    if (lease_ms > 0 && lease_ms <= LEASE_MS_MAX)
        generation->lease_ms = (uint32_t)lease_ms;
}

static struct gd_status read_one(struct gd_store *store, const char *key, struct gd_arena *arena,
                                 struct gd_generation *generation, struct gd_error *err)
{
    char *text = NULL;
    size_t size = 0;
    struct gd_json *document = NULL;
    struct gd_error unread = {0};
    struct gd_status status = gd_store_get_bytes(store, key, TEXT_MAX, &text, &size, &unread);
    if (status.code == GD_CORRUPT)
        return GD_DONE; /* it was removed just now: a greater one is there */
    if (status.code != GD_OK) {
        *err = unread;
        return status;
    }
    if (gd_json_parse(text, size, &document, &unread).code == GD_OK)
        take_over(document, generation, arena);
    gd_json_free(document);
    free(text);
    return GD_DONE;
}

struct gd_status gd_generation_last(struct gd_store *store, const char *cluster,
                                    struct gd_arena *arena, struct gd_generation *out_generation,
                                    struct gd_error *err)
{
    struct listing listing = {.folder = folder_of(cluster, arena), .arena = arena};
    nothing_known(&listing.last);
    GD_TRY(gd_store_list(store, listing.folder, see, &listing, err));
    if (listing.last.number > 0 && !listing.last.released)
        GD_TRY(read_one(store, key_of(cluster, listing.last.number, "", arena), arena,
                        &listing.last, err));
    *out_generation = listing.last;
    return GD_DONE;
}

/* --- putting one ------------------------------------------------------------------------------ */

static struct gd_json *document_of(const struct gd_generation *mine)
{
    struct gd_json *document = gd_json_object();
    gd_json_put(document, "format", gd_json_new_int(LEASE_FORMAT));
    gd_json_put(document, "who", gd_json_new_text(mine->who));
    gd_json_put(document, "change", gd_json_new_text(mine->change));
    gd_json_put(document, "since", gd_json_new_text(mine->since));
    gd_json_put(document, "lease_ms", gd_json_new_int(mine->lease_ms));
    gd_json_put(document, "pid", gd_json_new_text(mine->pid));
    gd_json_put(document, "elsewhere", gd_json_new_bool(mine->elsewhere));
    gd_json_put(document, "nonce", gd_json_new_text(mine->nonce));
    return document;
}

static struct gd_status put_one(struct gd_store *store, const char *key,
                                const struct gd_generation *mine, struct gd_error *err)
{
    char *text = NULL;
    size_t size = 0;
    struct gd_json *document = document_of(mine);
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL)
        abort();
    struct gd_status status = gd_json_write(document, stream, 0, err);
    gd_json_free(document);
    fclose(stream);
    if (status.code == GD_OK)
        status = gd_store_put_bytes(store, key, text, size, err);
    free(text);
    return status;
}

/* A number that was removed since we looked could be taken a second time, and where two puts can
 * both succeed, so could any: only the greatest counts, and only if it is ours. One that was turned
 * away may be ours all the same: of an earlier try whose answer was lost. */
static struct gd_status look_again(struct gd_store *store, const char *cluster,
                                   const struct gd_generation *mine, struct gd_arena *arena,
                                   bool *out_won, struct gd_error *err)
{
    struct gd_generation last;
    GD_TRY(gd_generation_last(store, cluster, arena, &last, err));
    *out_won = last.number == mine->number && strcmp(last.nonce, mine->nonce) == 0;
    return GD_DONE;
}

struct gd_status gd_generation_put(struct gd_store *store, const char *cluster,
                                   const struct gd_generation *mine, bool *out_won,
                                   struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error refused = {0};
    *out_won = false;
    GD_TRY(gd_fault("lease: before a generation", err));
    const char *key = key_of(cluster, mine->number, "", arena);
    struct gd_status status = put_one(store, key, mine, &refused);
    if (status.code != GD_OK && status.code != GD_REFUSED) {
        *err = refused;
        return status;
    }
    GD_TRY(gd_fault("lease: after a generation", err));
    return look_again(store, cluster, mine, arena, out_won, err);
}

struct gd_status gd_generation_release(struct gd_store *store, const char *cluster, uint32_t number,
                                       struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error refused = {0};
    GD_TRY(gd_fault("lease: before it is released", err));
    struct gd_status status =
        gd_store_put_bytes(store, key_of(cluster, number, ".released", arena), "{}\n", 3, &refused);
    if (status.code == GD_OK || status.code == GD_REFUSED)
        return GD_DONE;
    *err = refused;
    return status;
}

/* --- the store's clock ------------------------------------------------------------------------ */

struct gd_status gd_generation_now(struct gd_store *store, const char *cluster, uint32_t number,
                                   int64_t *out_now_us, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_store_entry entry = {0};
    struct gd_error ignored = {0};
    bool there = false;
    char id[GD_ID_SIZE];
    gd_id_new(id);
    const char *key = key_of(cluster, number, gd_arena_printf(arena, ".asked-%s", id), arena);
    GD_TRY(gd_store_put_bytes(store, key, "{}\n", 3, err));
    GD_TRY(gd_store_head(store, key, &there, &entry, err));
    if (!there)
        return gd_fail(err, GD_SYSTEM, "%s does not know \"%s\", which it was given just now",
                       gd_store_url(store), key);
    *out_now_us = entry.modified_us;
    (void)gd_store_remove(store, key, &ignored).code; /* or it stays until it is cleaned */
    return GD_DONE;
}

struct gd_status gd_generation_clean(struct gd_store *store, const char *cluster, uint32_t number,
                                     bool (*go_on)(void *context), void *context,
                                     struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_texts older = {0};
    struct listing listing = {
        .folder = folder_of(cluster, arena), .older = &older, .below = number, .arena = arena};
    GD_TRY(gd_store_list(store, listing.folder, see, &listing, err));
    for (size_t i = 0; i < older.count && go_on(context); i++)
        GD_TRY(gd_store_remove(store, older.items[i], err));
    return GD_DONE;
}

static bool always(void *context)
{
    (void)context;
    return true;
}

struct gd_status gd_lease_clean(struct gd_store *store, const char *cluster, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_generation last;
    GD_TRY(gd_generation_last(store, cluster, arena, &last, err));
    return gd_generation_clean(store, cluster, last.number, always, NULL, err);
}
