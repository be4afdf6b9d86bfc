#include "guardian/snapshot/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "guardian/base/fault.h"

static const char word_bytes[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

const char *gd_snapshot_scope_name(enum gd_snapshot_scope scope)
{
    static const char *const names[] = {"schema", "tables", "database"};
    return names[scope];
}

/* ---- sums ---- */

static void add_stored(struct gd_manifest *manifest, const struct gd_stored *stored)
{
    if (stored->name == NULL)
        return;
    manifest->bytes += stored->bytes;
    manifest->stored_bytes += stored->stored_bytes;
}

void gd_manifest_add_up(struct gd_manifest *manifest)
{
    manifest->rows = manifest->bytes = manifest->stored_bytes = 0;
    add_stored(manifest, &manifest->schema_dump);
    add_stored(manifest, &manifest->blobs_dump);
    for (size_t t = 0; t < manifest->table_count; t++) {
        struct gd_table *table = &manifest->tables[t];
        table->digest = (struct gd_rows_digest){0};
        for (size_t p = 0; p < table->part_count; p++) {
            gd_rows_digest_join(&table->digest, &table->parts[p].digest);
            add_stored(manifest, &table->parts[p].stored);
        }
        manifest->rows += table->digest.rows;
    }
}

/* ---- keys ---- */

const char *gd_snapshot_key(const char *cluster, const char *id, const char *name,
                            struct gd_arena *arena)
{
    return gd_arena_printf(arena, "v1/%s/snapshots/%s/%s", cluster, id, name);
}

const char *gd_cluster_name(const char *system_identifier, const char *database,
                            struct gd_arena *arena)
{
    size_t used = strlen(system_identifier) + 1;
    char *name = gd_arena_alloc(arena, used + 3 * strlen(database) + 1);
    memcpy(name, system_identifier, used - 1);
    name[used - 1] = '-';
    for (const char *at = database; *at != '\0'; at++) {
        if (strchr(word_bytes, *at) != NULL) {
            name[used++] = *at;
            continue;
        }
        static const char digits[] = "0123456789ABCDEF";
        name[used++] = '~';
        name[used++] = digits[(unsigned char)*at >> 4];
        name[used++] = digits[(unsigned char)*at & 15];
    }
    name[used] = '\0';
    return name;
}

static unsigned hex_digit(char digit)
{
    return (unsigned)(digit <= '9' ? digit - '0' : digit - 'A' + 10);
}

const char *gd_cluster_database(const char *cluster, struct gd_arena *arena)
{
    if (!gd_cluster_valid(cluster))
        return NULL;
    const char *at = strchr(cluster, '-') + 1;
    char *name = gd_arena_alloc(arena, strlen(at) + 1), *end = name;
    while (*at != '\0') {
        bool escaped = *at == '~';
        *end++ = escaped ? (char)(hex_digit(at[1]) << 4 | hex_digit(at[2])) : *at;
        at += escaped ? 3 : 1;
    }
    *end = '\0';
    return name;
}

bool gd_cluster_valid(const char *cluster)
{
    size_t digits = strspn(cluster, "0123456789");
    if (digits == 0 || digits > 20 || cluster[digits] != '-')
        return false;
    const char *at = cluster + digits + 1;
    if (*at == '\0' || strlen(at) > 3 * 255)
        return false;
    while (*at != '\0') {
        size_t plain = strspn(at, word_bytes);
        at += plain;
        if (*at == '~' && strspn(at + 1, "0123456789ABCDEF") >= 2)
            at += 3;
        else if (*at != '\0')
            return false;
    }
    return true;
}

bool gd_object_name_valid(const char *name)
{
    if (strcmp(name, "schema.dump") == 0 || strcmp(name, "blobs.dump") == 0)
        return true;
    if (strncmp(name, "data/", 5) != 0)
        return false;
    size_t digits = strspn(name + 5, "0123456789");
    return digits >= 6 && digits <= 9 && strcmp(name + 5 + digits, ".copy.zst") == 0;
}

/* ---- into the store ---- */

/* What is stored must be readable: the text goes through the reader before it goes anywhere. */
static struct gd_status check_readable(const char *text, size_t size, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_manifest *again = NULL;
    struct gd_status status = gd_manifest_parse(text, size, arena, &again, err);
    if (status.code == GD_OK)
        return GD_DONE;
    err->code = GD_UNPROTECTED;
    return gd_wrap(err, (struct gd_status){GD_UNPROTECTED},
                   "could not write the manifest, for it could not be read again: ");
}

static struct gd_status compare_stored(struct gd_store *store, const char *key, const char *text,
                                       size_t size, struct gd_error *err)
{
    char *back = NULL;
    size_t back_size = 0;
    GD_TRY(gd_fault("manifest: before it is read back", err));
    GD_TRY(gd_store_get_bytes(store, key, GD_MANIFEST_BYTES_MAX, &back, &back_size, err));
    bool same = back_size == size && memcmp(back, text, size) == 0;
    free(back);
    if (same)
        return GD_DONE;
    return gd_fail(err, GD_CORRUPT, "\"%s\" was read back and is not what was written", key);
}

/* A key that is taken may hold our own bytes: a put whose answer was lost was tried again. Then
 * reading back says so. */
static struct gd_status put_manifest(struct gd_store *store, const char *key, const char *text,
                                     size_t size, bool *out_ours, struct gd_error *err)
{
    *out_ours = false;
    GD_TRY(gd_fault("manifest: before it is put", err));
    struct gd_status status = gd_store_put_bytes(store, key, text, size, err);
    *out_ours = status.code != GD_REFUSED;
    if (status.code == GD_REFUSED)
        *err = (struct gd_error){0};
    else
        GD_TRY(status);
    return compare_stored(store, key, text, size, err);
}

/* Without its manifest a snapshot is litter. Ids are never used twice, so what lies there is ours
 * even when the put failed, unless another one was found there. */
static void take_away(struct gd_store *store, const char *key)
{
    struct gd_error ignored = {0};
    if (gd_store_remove(store, key, &ignored).code != GD_OK)
        return; /* not permitted, or not reachable: it stays, and nothing ever proved it */
}

struct gd_status gd_manifest_put(struct gd_store *store, const char *key, const char *text,
                                 size_t size, char out_sha256[GD_DIGEST_HEX_SIZE],
                                 struct gd_error *err)
{
    bool ours = false;
    struct gd_status status = put_manifest(store, key, text, size, &ours, err);
    if (status.code != GD_OK && ours)
        take_away(store, key);
    if (status.code != GD_OK && status.code != GD_INJECTED) {
        err->code = GD_UNPROTECTED;
        return gd_wrap(err, (struct gd_status){GD_UNPROTECTED},
                       "could not store the manifest \"%s\": ", key);
    }
    if (status.code == GD_OK)
        gd_digest_of(text, size, out_sha256);
    return status;
}

struct gd_status gd_manifest_store_text(struct gd_store *store, const struct gd_manifest *manifest,
                                        const char *text, size_t size,
                                        char out_sha256[GD_DIGEST_HEX_SIZE], struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    GD_TRY(check_readable(text, size, err));
    const char *key = gd_snapshot_key(manifest->cluster, manifest->id, "manifest.json", arena);
    return gd_manifest_put(store, key, text, size, out_sha256, err);
}

struct gd_status gd_manifest_store(struct gd_store *store, const struct gd_manifest *manifest,
                                   char out_sha256[GD_DIGEST_HEX_SIZE], struct gd_error *err)
{
    char *text = NULL;
    size_t size = 0;
    GD_TRY(gd_manifest_format(manifest, &text, &size, err));
    struct gd_status status = gd_manifest_store_text(store, manifest, text, size, out_sha256, err);
    free(text);
    return status;
}

/* ---- out of the store ---- */

static struct gd_status check_place(const struct gd_manifest *manifest, const char *cluster,
                                    const char *id, struct gd_error *err)
{
    if (strcmp(manifest->id, id) != 0)
        return gd_fail(err, GD_CORRUPT, "\"id\" is \"%s\", but it lies where \"%s\" belongs",
                       manifest->id, id);
    if (strcmp(manifest->cluster, cluster) != 0)
        return gd_fail(err, GD_CORRUPT, "\"cluster\" is \"%s\", but it lies in \"%s\"",
                       manifest->cluster, cluster);
    return GD_DONE;
}

static struct gd_status read_bytes(const char *text, size_t size, const char *cluster,
                                   const char *id, struct gd_arena *arena,
                                   struct gd_manifest **out_manifest, struct gd_error *err)
{
    struct gd_manifest *manifest = NULL;
    struct gd_status status = gd_manifest_parse(text, size, arena, &manifest, err);
    if (status.code == GD_OK)
        status = check_place(manifest, cluster, id, err);
    if (status.code != GD_OK)
        return gd_wrap(err, status, "could not read the manifest of snapshot \"%s\": ", id);
    *out_manifest = manifest;
    return GD_DONE;
}

/* The bytes did not come: is there no manifest, no snapshot, or could it not be had? */
static struct gd_status explain_absence(struct gd_store *store, const char *cluster, const char *id,
                                        struct gd_status status, struct gd_arena *arena,
                                        struct gd_error *err)
{
    bool there = true;
    if (status.code != GD_CORRUPT)
        return status;
    const char *key = gd_snapshot_key(cluster, id, "manifest.json", arena);
    struct gd_error as_read = *err;
    GD_TRY(gd_store_head(store, key, &there, NULL, err));
    if (there) {
        *err = as_read;
        return status;
    }
    GD_TRY(gd_snapshot_find(store, cluster, id, arena, &cluster, &id, err));
    return gd_hint(err, gd_fail(err, GD_USAGE, "snapshot \"%s\" has no manifest", id),
                   "It was not finished, or is being made at this moment: what lies there is not a "
                   "snapshot. \"guardian list\" shows those that are.");
}

struct gd_status gd_manifest_load(struct gd_store *store, const char *cluster, const char *id,
                                  struct gd_arena *arena, struct gd_manifest **out_manifest,
                                  char out_sha256[GD_DIGEST_HEX_SIZE], struct gd_error *err)
{
    char *text = NULL;
    size_t size = 0;
    if (cluster == NULL || !gd_id_valid(id))
        GD_TRY(gd_snapshot_find(store, cluster, id, arena, &cluster, &id, err));
    GD_TRY(gd_fault("manifest: before it is loaded", err));
    const char *key = gd_snapshot_key(cluster, id, "manifest.json", arena);
    struct gd_status status =
        gd_store_get_bytes(store, key, GD_MANIFEST_BYTES_MAX, &text, &size, err);
    if (status.code != GD_OK)
        return explain_absence(store, cluster, id, status, arena, err);
    status = read_bytes(text, size, cluster, id, arena, out_manifest, err);
    if (status.code == GD_OK)
        gd_digest_of(text, size, out_sha256);
    free(text);
    return status;
}

bool gd_manifest_is_of_then(const struct gd_manifest *manifest)
{
    return strncmp(manifest->reason, GD_OF_THEN, sizeof GD_OF_THEN - 1) == 0;
}
