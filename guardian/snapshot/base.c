/* Base backups in the store: keys, the manifest put and loaded. See base.h. */
#include "guardian/snapshot/base.h"

#include <stdlib.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/base/nearest.h"
#include "guardian/snapshot/manifest_shape.h"

const char *gd_base_key(uint64_t system_identifier, const char *id, const char *name,
                        struct gd_arena *arena)
{
    return gd_arena_printf(arena, "v1/%llu/base/%s/%s", (unsigned long long)system_identifier, id,
                           name);
}

struct gd_place gd_base_place(const struct gd_base *base, const char *owner, struct gd_store *store,
                              const struct gd_key *key, struct gd_arena *arena)
{
    bool sealed = base->key_id != NULL && base->key_id[0] != '\0';
    return (struct gd_place){
        .store = store,
        .key = sealed ? key : NULL,
        .cluster = gd_arena_printf(arena, "%llu", (unsigned long long)base->system_identifier),
        .id = owner,
        .base = true,
    };
}

/* ---- into the store ---- */

static struct gd_status check_readable(const char *text, size_t size, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_base *again = NULL;
    struct gd_status status = gd_base_parse(text, size, arena, &again, err);
    if (status.code == GD_OK)
        return GD_DONE;
    err->code = GD_UNPROTECTED;
    return gd_wrap(err, (struct gd_status){GD_UNPROTECTED},
                   "could not write the manifest, for it could not be read again: ");
}

struct gd_status gd_base_store(struct gd_store *store, const struct gd_base *base,
                               char out_sha256[GD_DIGEST_HEX_SIZE], struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    char *text = NULL;
    size_t size = 0;
    GD_TRY(gd_base_format(base, &text, &size, err));
    const char *key = gd_base_key(base->system_identifier, base->id, "manifest.json", arena);
    struct gd_status status = check_readable(text, size, err);
    if (status.code == GD_OK)
        status = gd_manifest_put(store, key, text, size, out_sha256, err);
    free(text);
    return status;
}

/* ---- out of the store ---- */

static struct gd_status parse_at(const char *text, size_t size, uint64_t system_identifier,
                                 const char *id, struct gd_arena *arena, struct gd_base **out_base,
                                 struct gd_error *err)
{
    struct gd_base *base = NULL;
    GD_TRY(gd_base_parse(text, size, arena, &base, err));
    if (strcmp(base->id, id) != 0)
        return gd_fail(err, GD_CORRUPT, "\"id\" is \"%s\", but it lies where \"%s\" belongs",
                       base->id, id);
    if (base->system_identifier != system_identifier)
        return gd_fail(err, GD_CORRUPT, "\"system_identifier\" is %llu, but it lies in %llu",
                       (unsigned long long)base->system_identifier,
                       (unsigned long long)system_identifier);
    *out_base = base;
    return GD_DONE;
}

/* The bytes did not come: is there no manifest, or could it not be had? */
static struct gd_status explain_absence(struct gd_store *store, const char *key, const char *id,
                                        struct gd_status status, struct gd_error *err)
{
    bool there = true;
    if (status.code != GD_CORRUPT)
        return status;
    struct gd_error as_read = *err;
    GD_TRY(gd_store_head(store, key, &there, NULL, err));
    if (!there)
        return gd_hint(err, gd_fail(err, GD_USAGE, "base backup \"%s\" has no manifest", id),
                       "It was not finished, or is being made at this moment: what lies there is "
                       "not a base backup. \"guardian list\" shows those that are.");
    *err = as_read;
    return status;
}

struct gd_status gd_base_load(struct gd_store *store, uint64_t system_identifier, const char *id,
                              struct gd_arena *arena, struct gd_base **out_base,
                              char out_sha256[GD_DIGEST_HEX_SIZE], struct gd_error *err)
{
    char *text = NULL;
    size_t size = 0;
    if (!gd_id_valid(id))
        GD_TRY(gd_base_find(store, system_identifier, id, arena, &system_identifier, &id, err));
    GD_TRY(gd_fault("base: before its manifest is loaded", err));
    const char *key = gd_base_key(system_identifier, id, "manifest.json", arena);
    struct gd_status status =
        gd_store_get_bytes(store, key, GD_MANIFEST_BYTES_MAX, &text, &size, err);
    if (status.code != GD_OK)
        return explain_absence(store, key, id, status, err);
    status = parse_at(text, size, system_identifier, id, arena, out_base, err);
    if (status.code == GD_OK)
        gd_digest_of(text, size, out_sha256);
    free(text);
    if (status.code != GD_OK)
        return gd_wrap(err, status, "could not read the manifest of base backup \"%s\": ", id);
    return GD_DONE;
}

/* ---- which there are ---- */

struct systems {
    uint64_t *items;
    size_t count, room;
    struct gd_arena *arena;
};

/* "v1/7301234567890123456/": digits alone; a database's folder has a dash behind them. */
static bool read_system(const char *key, uint64_t *out_identifier)
{
    const char *at = key + strlen("v1/");
    size_t digits = strspn(at, "0123456789");
    if (digits == 0 || digits > 20 || strcmp(at + digits, "/") != 0 || at[0] == '0')
        return false;
    *out_identifier = strtoull(at, NULL, 10);
    return true;
}

static struct gd_status see_system(void *context, const struct gd_store_entry *entry,
                                   struct gd_error *err)
{
    (void)err;
    struct systems *systems = context;
    uint64_t identifier = 0;
    if (!read_system(entry->key, &identifier))
        return GD_DONE;
    systems->items = gd_arena_more(systems->arena, systems->items, systems->count, &systems->room,
                                   sizeof *systems->items);
    systems->items[systems->count++] = identifier;
    return GD_DONE;
}

struct gd_status gd_base_systems(struct gd_store *store, struct gd_arena *arena,
                                 uint64_t **out_identifiers, size_t *out_count,
                                 struct gd_error *err)
{
    struct systems systems = {.arena = arena};
    GD_TRY(gd_store_folders(store, "v1/", see_system, &systems, err));
    *out_identifiers = systems.items;
    *out_count = systems.count;
    return GD_DONE;
}

struct search {
    const char *text;
    uint64_t system; /* that is being looked at */
    struct gd_arena *arena;
    const char **ids; /* all that were seen: for advice */
    size_t id_count, id_room, match_count;
    uint64_t first_system;
    const char *first, *second;
};

static struct gd_status see_base(void *context, const struct gd_store_entry *entry,
                                 struct gd_error *err)
{
    (void)err;
    struct search *search = context;
    size_t end = strlen(entry->key);
    if (end < GD_ID_SIZE)
        return GD_DONE;
    const char *last = entry->key + end - 1;
    while (last > entry->key && last[-1] != '/')
        last--;
    const char *id = gd_arena_strndup(search->arena, last, strcspn(last, "/"));
    if (!gd_id_valid(id))
        return GD_DONE;
    search->ids = gd_arena_more(search->arena, search->ids, search->id_count, &search->id_room,
                                sizeof *search->ids);
    search->ids[search->id_count++] = id;
    if (strncmp(id, search->text, strlen(search->text)) != 0)
        return GD_DONE;
    search->second = search->first == NULL ? NULL : id;
    search->first = search->first == NULL ? id : search->first;
    if (search->match_count++ == 0)
        search->first_system = search->system;
    return GD_DONE;
}

static struct gd_status not_one(const struct gd_store *store, const struct search *search,
                                struct gd_error *err)
{
    if (search->match_count > 1)
        return gd_hint(err,
                       gd_fail(err, GD_USAGE, "\"%s\" may be any of %zu base backups: %s, %s%s",
                               search->text, search->match_count, search->first, search->second,
                               search->match_count > 2 ? ", …" : ""),
                       "Give more of the id.");
    struct gd_status status = gd_fail(err, GD_USAGE, "there is no base backup \"%s\" in %s",
                                      search->text, gd_store_url(store));
    if (search->id_count == 0)
        return gd_hint(err, status, "There is none at all; \"guardian base\" takes one.");
    const char *near = gd_nearest(search->text, search->ids, search->id_count);
    return near != NULL ? gd_hint(err, status, "Did you mean %s?", near)
                        : gd_hint(err, status, "\"guardian list\" shows all that there are.");
}

struct gd_status gd_base_find(struct gd_store *store, uint64_t system_identifier, const char *text,
                              struct gd_arena *arena, uint64_t *out_system_identifier,
                              const char **out_id, struct gd_error *err)
{
    struct search search = {.text = text, .arena = arena};
    uint64_t *systems = &system_identifier;
    size_t count = 1;
    if (text[0] == '\0')
        return gd_fail(err, GD_USAGE, "the id of a base backup is empty");
    if (system_identifier == 0)
        GD_TRY(gd_base_systems(store, arena, &systems, &count, err));
    for (size_t i = 0; i < count; i++) {
        search.system = systems[i];
        GD_TRY(gd_store_folders(
            store, gd_arena_printf(arena, "v1/%llu/base/", (unsigned long long)search.system),
            see_base, &search, err));
    }
    if (search.match_count != 1)
        return not_one(store, &search, err);
    *out_system_identifier = search.first_system;
    *out_id = search.first;
    return GD_DONE;
}
