/*
 * Approvals, read: which there are, and which of them hold.
 *
 * Invariant  A revocation counts by its name alone: one that is damaged revokes all the same.
 */
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/io/json.h"
#include "guardian/journal/approval_own.h"

enum { TEXT_MAX = 64 << 10 };

/* --- what lies there -------------------------------------------------------------------------- */

struct seen {
    struct gd_texts approvals, revocations; /* "<sha256>/<id>" */
    struct gd_arena *arena;
};

/* @return "<sha256>/<id>" when the name has this form and ends in `suffix`, otherwise NULL */
static const char *name_of(const char *name, const char *suffix, struct gd_arena *arena)
{
    size_t length = strlen(name), rest = strlen(suffix);
    const char *slash = strchr(name, '/');
    if (slash == NULL || length < rest || strcmp(name + length - rest, suffix) != 0)
        return NULL;
    const char *hash = gd_arena_strndup(arena, name, (size_t)(slash - name));
    const char *id = gd_arena_strndup(arena, slash + 1, length - rest - strlen(hash) - 1);
    return gd_approval_is_hash(hash) && gd_id_valid(id) ? gd_arena_printf(arena, "%s/%s", hash, id)
                                                        : NULL;
}

static struct gd_status see_key(void *context, const struct gd_store_entry *entry,
                                struct gd_error *err)
{
    struct seen *seen = context;
    (void)err;
    const char *name = entry->key + strlen(gd_approvals_prefix);
    const char *revoked = name_of(name, gd_approval_revoked_suffix, seen->arena);
    const char *approval = name_of(name, gd_approval_suffix, seen->arena);
    if (revoked != NULL)
        gd_texts_add(&seen->revocations, revoked, seen->arena);
    else if (approval != NULL)
        gd_texts_add(&seen->approvals, approval, seen->arena);
    return GD_DONE;
}

/* --- one object ------------------------------------------------------------------------------- */

/* *out_document NULL: it is gone, or no document of ours. */
static struct gd_status read_document(struct gd_store *store, const char *name, const char *suffix,
                                      struct gd_arena *arena, struct gd_json **out_document,
                                      struct gd_error *err)
{
    struct gd_error why = {0};
    char *text = NULL;
    size_t size = 0;
    *out_document = NULL;
    const char *key = gd_arena_printf(arena, "%s%s%s", gd_approvals_prefix, name, suffix);
    struct gd_status status = gd_store_get_bytes(store, key, TEXT_MAX, &text, &size, &why);
    if (status.code == GD_CORRUPT)
        return GD_DONE;
    if (status.code != GD_OK) {
        *err = why;
        return status;
    }
    if (gd_json_parse(text, size, out_document, &why).code != GD_OK)
        *out_document = NULL;
    free(text);
    return GD_DONE;
}

static const char *text_in(const struct gd_json *document, const char *key, struct gd_arena *arena)
{
    return gd_arena_strdup(arena, gd_json_text(gd_json_get(document, key)));
}

/* @return false: it is no approval of that text */
static bool take_over(const struct gd_json *document, struct gd_arena *arena,
                      struct gd_approval *approval)
{
    const struct gd_json *expires = gd_json_get(document, "expires");
    approval->who = text_in(document, "who", arena);
    approval->host = text_in(document, "host", arena);
    approval->path = text_in(document, "path", arena);
    approval->reason = text_in(document, "reason", arena);
    approval->version = text_in(document, "guardian_version", arena);
    if (gd_json_int(gd_json_get(document, "guardian_approval")) != GD_APPROVAL_FORMAT ||
        strcmp(gd_json_text(gd_json_get(document, "sha256")), approval->sha256) != 0 ||
        !gd_clock_parse(gd_json_text(gd_json_get(document, "time")), &approval->time_us))
        return false;
    return gd_json_kind(expires) == GD_JSON_NULL ||
           gd_clock_parse(gd_json_text(expires), &approval->expires_us);
}

static struct gd_status read_revocation(struct gd_store *store, const char *name,
                                        struct gd_arena *arena, struct gd_revocation *revocation,
                                        struct gd_error *err)
{
    struct gd_json *document = NULL;
    GD_TRY(read_document(store, name, gd_approval_revoked_suffix, arena, &document, err));
    revocation->who = text_in(document, "who", arena);
    revocation->host = text_in(document, "host", arena);
    revocation->reason = text_in(document, "reason", arena);
    revocation->version = text_in(document, "guardian_version", arena);
    if (!gd_clock_parse(gd_json_text(gd_json_get(document, "time")), &revocation->time_us))
        revocation->time_us = 0;
    gd_json_free(document);
    return GD_DONE;
}

static struct gd_status read_one(struct gd_store *store, const char *name, bool revoked,
                                 int64_t now_us, struct gd_arena *arena,
                                 struct gd_approval *out_approval, struct gd_error *err)
{
    struct gd_json *document = NULL;
    const char *slash = strchr(name, '/');
    struct gd_approval approval = {.sha256 = gd_arena_strndup(arena, name, (size_t)(slash - name)),
                                   .id = slash + 1};
    GD_TRY(read_document(store, name, gd_approval_suffix, arena, &document, err));
    bool good = take_over(document, arena, &approval);
    gd_json_free(document);
    if (revoked)
        GD_TRY(read_revocation(store, name, arena, &approval.revocation, err));
    approval.state = !good     ? GD_APPROVAL_UNREADABLE
                     : revoked ? GD_APPROVAL_REVOKED
                     : approval.expires_us != 0 && approval.expires_us <= now_us
                         ? GD_APPROVAL_EXPIRED
                         : GD_APPROVAL_HOLDS;
    *out_approval = approval;
    return GD_DONE;
}

/* --- all of them ------------------------------------------------------------------------------ */

static void add(struct gd_approvals *found, const struct gd_approval *approval,
                struct gd_arena *arena)
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

static struct gd_status read_below(struct gd_store *store, const char *prefix, int64_t now_us,
                                   struct gd_arena *arena, struct gd_approvals *found,
                                   struct gd_error *err)
{
    struct seen seen = {.arena = arena};
    GD_TRY(gd_store_list(store, prefix, see_key, &seen, err));
    for (size_t i = 0; i < seen.approvals.count; i++) {
        struct gd_approval approval;
        bool revoked = gd_texts_has(&seen.revocations, seen.approvals.items[i]);
        GD_TRY(read_one(store, seen.approvals.items[i], revoked, now_us, arena, &approval, err));
        add(found, &approval, arena);
    }
    return GD_DONE;
}

struct gd_status gd_approvals_read(struct gd_store *store, const struct gd_texts *hashes,
                                   int64_t now_us, struct gd_arena *arena,
                                   struct gd_approvals *out_approvals, struct gd_error *err)
{
    *out_approvals = (struct gd_approvals){0};
    for (size_t i = 0; i < hashes->count; i++)
        if (gd_approval_is_hash(hashes->items[i])) {
            const char *prefix =
                gd_arena_printf(arena, "%s%s/", gd_approvals_prefix, hashes->items[i]);
            GD_TRY(read_below(store, prefix, now_us, arena, out_approvals, err));
        }
    return GD_DONE;
}

static int oldest_first(const void *left, const void *right)
{
    const struct gd_approval *a = left, *b = right;
    return strcmp(a->id, b->id);
}

struct gd_status gd_approvals_list(struct gd_store *store, int64_t now_us, struct gd_arena *arena,
                                   struct gd_approvals *out_approvals, struct gd_error *err)
{
    *out_approvals = (struct gd_approvals){0};
    GD_TRY(read_below(store, gd_approvals_prefix, now_us, arena, out_approvals, err));
    if (out_approvals->count > 0)
        qsort(out_approvals->items, out_approvals->count, sizeof *out_approvals->items,
              oldest_first);
    return GD_DONE;
}

struct gd_status gd_approvals_find(struct gd_approvals *approvals, const char *text,
                                   struct gd_approval **out_approval, struct gd_error *err)
{
    struct gd_approval *found = NULL;
    unsigned hits = 0;
    for (size_t i = 0; i < approvals->count; i++)
        if (text[0] != '\0' && strncmp(approvals->items[i].id, text, strlen(text)) == 0) {
            found = &approvals->items[i];
            hits++;
        }
    if (hits != 1) {
        struct gd_status status =
            hits == 0 ? gd_fail(err, GD_USAGE, "there is no approval \"%.60s\"", text)
                      : gd_fail(err, GD_USAGE, "%u approvals begin with \"%.60s\"", hits, text);
        return gd_hint(err, status, "guardian approve --list shows the approvals that there are.");
    }
    *out_approval = found;
    return GD_DONE;
}
