/*
 * Attachments: texts beside the records, zstd, and sealed where there is a key. The name carries
 * the digest of the plain text, so that the same again is the same object.
 */
#include <stdlib.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/io/digest.h"
#include "guardian/io/zstd.h"
#include "guardian/journal/journal.h"

enum { LEVEL = 6, DIGITS = 16 };
static const char sealed_suffix[] = ".zst.sealed";

static bool name_valid(const char *name)
{
    static const char digits[] = "-0123456789";
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    if (name[0] == '\0' || strchr(letters, name[0]) == NULL || strlen(name) > 100)
        return false;
    if (strncmp(name, "closed", 6) == 0 || strncmp(name, "rolled-back", 11) == 0)
        return false;
    for (const char *at = name; *at != '\0'; at++)
        if (strchr(letters, *at) == NULL && strchr(digits, *at) == NULL)
            return false;
    return true;
}

static bool is_sealed(const char *object_key)
{
    size_t length = strlen(object_key), suffix = sizeof sealed_suffix - 1;
    return length > suffix && strcmp(object_key + length - suffix, sealed_suffix) == 0;
}

/* What a sealed object is bound to: its change and its name. */
static const char *bound_name(const char *object_key)
{
    const char *folder = strstr(object_key, "/changes/");
    return folder == NULL ? object_key : folder + strlen("/changes/");
}

/* --- writing ---------------------------------------------------------------------------------- */

static struct gd_status put(struct gd_store *store, const char *object_key, const void *data,
                            size_t size, const struct gd_key *key, struct gd_error *err)
{
    gd_auto_sink object = NULL;
    gd_auto_sink packed = NULL;
    GD_TRY(gd_fault("journal: before an attachment", err));
    GD_TRY(gd_store_put(store, object_key, 0, &object, err));
    if (key != NULL) {
        struct gd_sink *sealed = NULL;
        GD_TRY(gd_seal_sink_new(GD_MOVE(object), key, bound_name(object_key), &sealed, err));
        object = sealed;
    }
    GD_TRY(gd_zstd_sink_new(GD_MOVE(object), LEVEL, &packed, err));
    if (size > 0)
        GD_TRY(gd_sink_write(packed, data, size, err));
    return gd_sink_finish(packed, err);
}

static struct gd_status put_once(struct gd_store *store, const char *object_key, const void *data,
                                 size_t size, const struct gd_key *key, struct gd_error *err)
{
    struct gd_error refused = {0};
    struct gd_status status = put(store, object_key, data, size, key, &refused);
    if (status.code == GD_OK || status.code == GD_REFUSED)
        return GD_DONE; /* there from an earlier try: it is read back all the same */
    *err = refused;
    return status;
}

struct gd_status gd_journal_keep(struct gd_store *store, const char *object_key, const void *data,
                                 size_t size, const struct gd_key *key, struct gd_error *err)
{
    char *back = NULL;
    size_t back_size = 0;
    GD_TRY(put_once(store, object_key, data, size, key, err));
    GD_TRY(gd_journal_attachment(store, object_key, key, size, &back, &back_size, err));
    bool same = back_size == size && (size == 0 || memcmp(back, data, size) == 0);
    free(back);
    if (same)
        return GD_DONE;
    return gd_fail(err, GD_UNPROTECTED, "%s gives other bytes for \"%s\" than it was given",
                   gd_store_url(store), object_key);
}

struct gd_status gd_journal_attach(struct gd_journal *journal, const char *name, const void *data,
                                   size_t size, const struct gd_key *key, struct gd_arena *arena,
                                   const char **out_key, struct gd_error *err)
{
    char hex[GD_DIGEST_HEX_SIZE];
    if (!name_valid(name))
        return gd_fail(err, GD_USAGE, "\"%.60s\" cannot be the name of an attachment", name);
    gd_digest_of(data, size, hex);
    const char *object_key = gd_arena_printf(
        arena, "v1/%s/changes/%s/%s-%.*s%s", gd_journal_cluster(journal),
        gd_journal_change(journal), name, DIGITS, hex, key == NULL ? ".zst" : sealed_suffix);
    struct gd_status status =
        gd_journal_keep(gd_journal_store(journal), object_key, data, size, key, err);
    if (status.code == GD_OK)
        *out_key = object_key;
    if (status.code == GD_OK || status.code == GD_INJECTED)
        return status;
    struct gd_error below = *err;
    return gd_fail(err, GD_UNPROTECTED, "could not keep \"%s\" of change \"%s\": %s", name,
                   gd_journal_change(journal), below.text);
}

/* --- reading ---------------------------------------------------------------------------------- */

static struct gd_status open_sealed(struct gd_source **source, const char *object_key,
                                    const struct gd_key *key, struct gd_error *err)
{
    struct gd_source *opened = NULL;
    if (key == NULL)
        return gd_hint(err, gd_fail(err, GD_USAGE, "\"%s\" is encrypted", object_key),
                       "Give the key that it was made with (--key-file).");
    GD_TRY(gd_open_source_new(GD_MOVE(*source), key, bound_name(object_key), &opened, err));
    *source = opened;
    return GD_DONE;
}

struct gd_status gd_journal_attachment(struct gd_store *store, const char *object_key,
                                       const struct gd_key *key, size_t limit, char **out_data,
                                       size_t *out_size, struct gd_error *err)
{
    gd_auto_source source = NULL;
    gd_auto_source plain = NULL;
    GD_TRY(gd_store_get(store, object_key, 0, 0, &source, err));
    if (is_sealed(object_key))
        GD_TRY(open_sealed(&source, object_key, key, err));
    GD_TRY(gd_zstd_source_new(GD_MOVE(source), &plain, err));
    return gd_source_all(plain, limit, out_data, out_size, err);
}
