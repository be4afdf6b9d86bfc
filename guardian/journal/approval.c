#include "guardian/journal/approval_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/io/json.h"

const char gd_approvals_prefix[] = "v1/approvals/", gd_approval_suffix[] = ".json",
           gd_approval_revoked_suffix[] = ".revoked.json";

enum { HASH_DIGITS = 64 };

bool gd_approval_is_hash(const char *text)
{
    return strspn(text, "0123456789abcdef") == HASH_DIGITS && text[HASH_DIGITS] == '\0';
}

static struct gd_json *text_of(const char *text)
{
    return gd_json_new_text(text == NULL ? "" : text);
}

static struct gd_json *document_of(const struct gd_approval *approval)
{
    struct gd_json *document = gd_json_object();
    gd_json_put(document, "guardian_approval", gd_json_new_int(GD_APPROVAL_FORMAT));
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

static struct gd_status put_document(struct gd_store *store, const char *key,
                                     struct gd_json *take_document, struct gd_error *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL)
        abort();
    struct gd_status status = gd_json_write(take_document, stream, 1, err);
    gd_json_free(take_document);
    fclose(stream);
    if (status.code == GD_OK)
        status = put_and_read(store, key, text, size, err);
    free(text);
    return status;
}

struct gd_status gd_approval_put(struct gd_store *store, struct gd_approval *approval,
                                 struct gd_arena *arena, struct gd_error *err)
{
    char id[GD_ID_SIZE];
    if (!gd_approval_is_hash(approval->sha256))
        return gd_fail(err, GD_USAGE, "\"%.80s\" is no SHA-256", approval->sha256);
    gd_id_new(id);
    approval->id = gd_arena_strdup(arena, id);
    approval->time_us = gd_clock_now_us();
    const char *key = gd_arena_printf(arena, "%s%s/%s%s", gd_approvals_prefix, approval->sha256, id,
                                      gd_approval_suffix);
    return put_document(store, key, document_of(approval), err);
}

struct gd_status gd_approval_revoke(struct gd_store *store, struct gd_approval *approval,
                                    const struct gd_revocation *revocation, struct gd_arena *arena,
                                    struct gd_error *err)
{
    struct gd_revocation made = *revocation;
    made.time_us = gd_clock_now_us();
    const char *key = gd_arena_printf(arena, "%s%s/%s%s", gd_approvals_prefix, approval->sha256,
                                      approval->id, gd_approval_revoked_suffix);
    struct gd_json *document = gd_json_object();
    gd_json_put(document, "guardian_revocation", gd_json_new_int(GD_REVOCATION_FORMAT));
    gd_json_put(document, "sha256", text_of(approval->sha256));
    gd_json_put(document, "id", text_of(approval->id));
    gd_json_put(document, "time", gd_json_new_time(made.time_us));
    gd_json_put(document, "who", text_of(made.who));
    gd_json_put(document, "host", text_of(made.host));
    gd_json_put(document, "reason", text_of(made.reason));
    gd_json_put(document, "guardian_version", text_of(made.version));
    GD_TRY(put_document(store, key, document, err));
    approval->state = GD_APPROVAL_REVOKED;
    approval->revocation = made;
    return GD_DONE;
}
