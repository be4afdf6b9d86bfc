/*
 * Which base backups a cluster has.
 *
 * One listing of all that lies there tells the ids and every object's size; the manifests are
 * fetched by a few threads. A store whose listings lag behind must not make a good backup look
 * damaged: what a listing does not show as it should be is asked for. One that was found to be
 * damaged (a `.damaged` beside its proofs, and no proof since) has a problem, too: only reading it
 * all finds that, so it is never found out twice.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/crew.h"
#include "guardian/base/texts.h"
#include "guardian/snapshot/base.h"

enum { WORKERS = 8, SECOND_SIZE = 16 /* of an id */ };

struct seen {
    const char *name; /* "<id>/data/000001.tar.zst" */
    uint64_t bytes;
};

struct listing {
    struct gd_store *store;
    uint64_t system_identifier;
    size_t prefix_size;
    struct seen *objects; /* ascending by name */
    size_t object_count, object_room;
    struct gd_base_listed *listed;
    size_t count, room;
    pthread_mutex_t lock; /* guards the arena */
    struct gd_arena *arena;
};

/* ---- what lies there ---- */

/* The last one begun, or a new one: names come in ascending order. */
static struct gd_base_listed *listed_of(struct listing *listing, const char *id)
{
    if (listing->count > 0 && strcmp(listing->listed[listing->count - 1].id, id) == 0)
        return &listing->listed[listing->count - 1];
    listing->listed = gd_arena_more(listing->arena, listing->listed, listing->count, &listing->room,
                                    sizeof *listing->listed);
    listing->listed[listing->count] = (struct gd_base_listed){.id = id};
    return &listing->listed[listing->count++];
}

static struct gd_status see(void *context, const struct gd_store_entry *entry, struct gd_error *err)
{
    (void)err;
    struct listing *listing = context;
    const char *name = gd_arena_strdup(listing->arena, entry->key + listing->prefix_size);
    const char *id = gd_arena_strndup(listing->arena, name, strcspn(name, "/"));
    if (!gd_id_valid(id))
        return GD_DONE;
    struct gd_base_listed *listed = listed_of(listing, id);
    if (listed->begun_us == 0 || entry->modified_us < listed->begun_us)
        listed->begun_us = entry->modified_us;
    if (entry->modified_us > listed->touched_us)
        listed->touched_us = entry->modified_us;
    listed->litter_bytes += entry->bytes;
    listing->objects = gd_arena_more(listing->arena, listing->objects, listing->object_count,
                                     &listing->object_room, sizeof *listing->objects);
    listing->objects[listing->object_count++] = (struct seen){name, entry->bytes};
    return GD_DONE;
}

static int by_name(const void *left, const void *right)
{
    return strcmp(((const struct seen *)left)->name, ((const struct seen *)right)->name);
}

static const struct seen *find(const struct listing *listing, const char *name)
{
    const struct seen wanted = {.name = name};
    return listing->object_count == 0
               ? NULL
               : bsearch(&wanted, listing->objects, listing->object_count, sizeof wanted, by_name);
}

/* ---- what each of them is ---- */

static struct gd_status look_at(const struct listing *listing, const char *owner,
                                const struct gd_stored *stored, struct gd_arena *scratch,
                                struct gd_error *err)
{
    if (stored->name == NULL)
        return GD_DONE;
    struct gd_arena_mark mark = gd_arena_mark(scratch);
    const struct seen *seen = find(listing, gd_arena_printf(scratch, "%s/%s", owner, stored->name));
    bool there = seen != NULL && seen->bytes == stored->stored_bytes;
    gd_arena_rewind(scratch, mark);
    if (there)
        return GD_DONE;
    const char *key = gd_base_key(listing->system_identifier, owner, stored->name, scratch);
    struct gd_store_entry entry = {0};
    GD_TRY(gd_store_head(listing->store, key, &there, &entry, err));
    if (!there)
        return gd_fail(err, GD_CORRUPT, "object \"%s\" is missing", key);
    if (entry.bytes != stored->stored_bytes)
        return gd_fail(err, GD_CORRUPT, "object \"%s\" has %llu bytes, and %llu were recorded", key,
                       (unsigned long long)entry.bytes, (unsigned long long)stored->stored_bytes);
    return GD_DONE;
}

static struct gd_status look(const struct listing *listing, const struct gd_base *base,
                             struct gd_arena *scratch, struct gd_error *err)
{
    GD_TRY(look_at(listing, base->id, &base->backup_manifest, scratch, err));
    GD_TRY(look_at(listing, base->id, &base->config, scratch, err));
    for (size_t i = 0; i < base->object_count; i++)
        GD_TRY(look_at(listing, base->objects[i].owner, &base->objects[i].stored, scratch, err));
    return GD_DONE;
}

/* ---- damage that was found ---- */

struct found {
    size_t prefix_size;
    char damaged[SECOND_SIZE + 1], proven[SECOND_SIZE + 1]; /* seconds; "": never */
};

static struct gd_status see_proof(void *context, const struct gd_store_entry *entry,
                                  struct gd_error *err)
{
    static const char end[] = ".damaged";
    struct found *found = context;
    const char *name = entry->key + found->prefix_size;
    size_t size = strlen(name);
    (void)err;
    if (size <= SECOND_SIZE + sizeof end)
        return GD_DONE;
    bool damage = strcmp(name + size - (sizeof end - 1), end) == 0;
    char *newest = damage ? found->damaged : found->proven;
    if (strncmp(name, newest, SECOND_SIZE) > 0)
        (void)snprintf(newest, SECOND_SIZE + 1, "%.*s", SECOND_SIZE, name);
    return GD_DONE;
}

/* In the same second as a proof it counts as later: as gd_proof_find() has it. */
static struct gd_status look_for_damage(const struct listing *listing, const char *id,
                                        struct gd_arena *scratch, struct gd_error *err)
{
    const char *prefix = gd_arena_printf(scratch, "v1/%llu/proofs/%s/",
                                         (unsigned long long)listing->system_identifier, id);
    struct found found = {.prefix_size = strlen(prefix)};
    GD_TRY(gd_store_list(listing->store, prefix, see_proof, &found, err));
    if (found.damaged[0] == '\0' || strcmp(found.proven, found.damaged) > 0)
        return GD_DONE;
    return gd_fail(err, GD_CORRUPT,
                   "it was found to be damaged (%s), and nothing has proven it since: \"guardian "
                   "verify %s\" looks again",
                   found.damaged, id);
}

/* ---- its head ---- */

static const char *copy(const char *text, struct gd_arena *arena)
{
    return text == NULL ? NULL : gd_arena_strdup(arena, text);
}

static struct gd_stored copy_stored(const struct gd_stored *stored, struct gd_arena *arena)
{
    struct gd_stored copied = *stored;
    copied.name = copy(stored->name, arena);
    return copied;
}

/* Everything but the list of objects. */
static struct gd_base *head_of(const struct gd_base *base, struct gd_arena *arena)
{
    struct gd_base *head = gd_arena_zalloc(arena, 1, sizeof *head);
    *head = *base;
    head->label = copy(base->label, arena);
    head->guardian_version = copy(base->guardian_version, arena);
    head->server_text = copy(base->server_text, arena);
    head->after = copy(base->after, arena);
    head->key_id = copy(base->key_id, arena);
    head->backup_manifest = copy_stored(&base->backup_manifest, arena);
    head->config = copy_stored(&base->config, arena);
    head->objects = NULL;
    head->tablespaces = gd_arena_zalloc(arena, base->tablespace_count, sizeof *head->tablespaces);
    for (size_t i = 0; i < base->tablespace_count; i++)
        head->tablespaces[i] = (struct gd_base_tablespace){base->tablespaces[i].oid,
                                                           copy(base->tablespaces[i].path, arena)};
    head->settings = gd_arena_zalloc(arena, base->setting_count, sizeof *head->settings);
    for (size_t i = 0; i < base->setting_count; i++)
        head->settings[i] =
            (struct gd_base_setting){copy(base->settings[i].name, arena),
                                     copy(base->settings[i].path, arena), base->settings[i].saved};
    return head;
}

static void keep_owners(struct gd_base_listed *listed, const struct gd_base *base,
                        struct gd_arena *arena)
{
    struct gd_texts owners = {0};
    for (size_t i = 0; i < base->object_count; i++)
        if (strcmp(base->objects[i].owner, base->id) != 0 &&
            !gd_texts_has(&owners, base->objects[i].owner))
            gd_texts_add(&owners, gd_arena_strdup(arena, base->objects[i].owner), arena);
    listed->owners = owners.items;
    listed->owner_count = owners.count;
}

static bool is_about_the_backup(struct gd_status status)
{
    return status.code == GD_CORRUPT || status.code == GD_USAGE;
}

static struct gd_status read_one(void *context, size_t index, struct gd_arena *scratch,
                                 struct gd_error *err)
{
    struct listing *listing = context;
    struct gd_base_listed *listed = &listing->listed[index];
    struct gd_base *base = NULL;
    if (listed->unfinished)
        return GD_DONE;
    struct gd_status status = gd_base_load(listing->store, listing->system_identifier, listed->id,
                                           scratch, &base, listed->manifest_sha256, err);
    if (status.code == GD_OK) {
        pthread_mutex_lock(&listing->lock);
        listed->base = head_of(base, listing->arena);
        keep_owners(listed, base, listing->arena);
        pthread_mutex_unlock(&listing->lock);
        status = look(listing, base, scratch, err);
    }
    if (status.code == GD_OK)
        status = look_for_damage(listing, listed->id, scratch, err);
    if (!is_about_the_backup(status))
        return status;
    pthread_mutex_lock(&listing->lock);
    listed->problem = gd_arena_strdup(listing->arena, err->text);
    pthread_mutex_unlock(&listing->lock);
    *err = (struct gd_error){0};
    return GD_DONE;
}

/* No manifest in the listing: is there really none? */
static struct gd_status look_for_manifest(struct listing *listing, struct gd_base_listed *listed,
                                          struct gd_error *err)
{
    bool there = find(listing, gd_arena_printf(listing->arena, "%s/manifest.json", listed->id));
    if (!there)
        GD_TRY(gd_store_head(
            listing->store,
            gd_base_key(listing->system_identifier, listed->id, "manifest.json", listing->arena),
            &there, NULL, err));
    listed->unfinished = !there;
    listed->problem = there ? NULL : "no manifest: not finished, or being made";
    listed->litter_bytes = there ? 0 : listed->litter_bytes;
    return GD_DONE;
}

static struct gd_status read_all(struct listing *listing, struct gd_error *err)
{
    const char *prefix = gd_arena_printf(listing->arena, "v1/%llu/base/",
                                         (unsigned long long)listing->system_identifier);
    listing->prefix_size = strlen(prefix);
    GD_TRY(gd_store_list(listing->store, prefix, see, listing, err));
    if (listing->object_count > 0)
        qsort(listing->objects, listing->object_count, sizeof *listing->objects, by_name);
    for (size_t i = 0; i < listing->count; i++)
        GD_TRY(look_for_manifest(listing, &listing->listed[i], err));
    return listing->count == 0 ? GD_DONE
                               : gd_crew_run(listing->count, WORKERS, read_one, listing, err);
}

struct gd_status gd_base_list(struct gd_store *store, uint64_t system_identifier,
                              struct gd_arena *arena, struct gd_base_listed **out_listed,
                              size_t *out_count, struct gd_error *err)
{
    struct listing listing = {
        .store = store, .system_identifier = system_identifier, .arena = arena};
    pthread_mutex_init(&listing.lock, NULL);
    struct gd_status status = read_all(&listing, err);
    pthread_mutex_destroy(&listing.lock);
    if (status.code != GD_OK)
        return gd_wrap(err, status, "could not list the base backups of cluster %llu: ",
                       (unsigned long long)system_identifier);
    *out_listed = listing.listed;
    *out_count = listing.count;
    return GD_DONE;
}
