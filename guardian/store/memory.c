/*
 * A store in memory.
 *
 * Invariant 1  As in every store: an object is whole or absent, and is never written again.
 * Invariant 2  Objects are kept in ascending order of their keys; one that is being read is not
 *              removed (what is read is a view).
 */
#include "guardian/store/memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"
#include "guardian/store/store_ops.h"

struct object {
    struct object *next;
    int64_t modified_us;
    struct gd_sink *bytes;
    char key[];
};

struct memory_store {
    struct gd_store store;
    size_t bytes_max;
    pthread_mutex_t lock;
    struct object *first;
};

static struct memory_store *memory_of(struct gd_store *store)
{
    return (struct memory_store *)store;
}

/* Where `key` is, or would be put. Under the lock. */
static struct object **place_of(struct memory_store *memory, const char *key)
{
    struct object **at = &memory->first;
    while (*at != NULL && strcmp((*at)->key, key) < 0)
        at = &(*at)->next;
    return at;
}

static bool is_key(const struct object *object, const char *key)
{
    return object != NULL && strcmp(object->key, key) == 0;
}

/* --- put --------------------------------------------------------------------------------------
 */

struct putting {
    struct gd_sink sink;
    struct memory_store *memory;
    struct object *object;
};

static struct gd_status put_write(struct gd_sink *sink, const void *data, size_t size,
                                  struct gd_error *err)
{
    return gd_sink_write(((struct putting *)sink)->object->bytes, data, size, err);
}

static struct gd_status put_finish(struct gd_sink *sink, struct gd_error *err)
{
    struct putting *putting = (struct putting *)sink;
    struct memory_store *memory = putting->memory;
    GD_TRY(gd_sink_finish(putting->object->bytes, err));
    pthread_mutex_lock(&memory->lock);
    struct object **at = place_of(memory, putting->object->key);
    bool taken = is_key(*at, putting->object->key);
    if (!taken) {
        putting->object->next = *at;
        *at = putting->object;
    }
    pthread_mutex_unlock(&memory->lock);
    if (taken)
        return gd_fail(err, GD_REFUSED, "object \"%s\" is there already", putting->object->key);
    putting->object = NULL;
    return GD_DONE;
}

static void free_object(struct object *object)
{
    if (object != NULL)
        gd_sink_free(object->bytes);
    free(object);
}

static void put_free(struct gd_sink *sink)
{
    free_object(((struct putting *)sink)->object);
    free(sink);
}

static struct gd_status put(struct gd_store *store, const char *key, uint64_t size_hint,
                            struct gd_sink **out_sink, struct gd_error *err)
{
    static const struct gd_sink_ops ops = {put_write, put_finish, put_free};
    struct putting *putting = gd_memory_new(sizeof *putting);
    size_t size = strlen(key) + 1;
    (void)size_hint;
    (void)err;
    *putting = (struct putting){.sink.ops = &ops, .memory = memory_of(store)};
    putting->object = gd_memory_new(sizeof *putting->object + size);
    putting->object->next = NULL;
    putting->object->modified_us = gd_clock_now_us();
    putting->object->bytes = gd_mem_sink_new(memory_of(store)->bytes_max);
    memcpy(putting->object->key, key, size);
    *out_sink = &putting->sink;
    return GD_DONE;
}

/* --- get --------------------------------------------------------------------------------------
 */

static const struct object *find(struct gd_store *store, const char *key)
{
    struct memory_store *memory = memory_of(store);
    pthread_mutex_lock(&memory->lock);
    const struct object *object = *place_of(memory, key);
    pthread_mutex_unlock(&memory->lock);
    return is_key(object, key) ? object : NULL;
}

static struct gd_status get(struct gd_store *store, const char *key, uint64_t offset, uint64_t size,
                            struct gd_source **out_source, struct gd_error *err)
{
    const struct object *object = find(store, key);
    size_t there = 0;
    if (object == NULL)
        return gd_fail(err, GD_CORRUPT, "object \"%s\" is not there", key);
    const char *bytes = gd_mem_sink_data(object->bytes, &there);
    if (offset > there || size > there - offset)
        return gd_fail(err, GD_CORRUPT, "object \"%s\" is shorter than asked", key);
    *out_source = gd_mem_source_new(bytes + offset, size == 0 ? there - offset : size);
    return GD_DONE;
}

static struct gd_store_entry entry_of(const struct object *object)
{
    size_t size = 0;
    (void)gd_mem_sink_data(object->bytes, &size);
    return (struct gd_store_entry){
        .key = object->key, .bytes = size, .modified_us = object->modified_us};
}

static struct gd_status head(struct gd_store *store, const char *key, bool *out_there,
                             struct gd_store_entry *out_entry, struct gd_error *err)
{
    const struct object *object = find(store, key);
    (void)err;
    *out_there = object != NULL;
    if (object != NULL && out_entry != NULL)
        *out_entry = entry_of(object);
    return GD_DONE;
}

/* --- many objects -----------------------------------------------------------------------------
 */

/* "v1/" of "v1/a/b" is "v1/a/"; NULL: it lies right there, or elsewhere. */
static char *folder_of(const char *key, const char *prefix)
{
    size_t size = strlen(prefix);
    const char *slash = strncmp(key, prefix, size) == 0 ? strchr(key + size, '/') : NULL;
    if (slash == NULL)
        return NULL;
    size_t length = (size_t)(slash + 1 - key);
    char *folder = gd_memory_new(length + 1);
    memcpy(folder, key, length);
    folder[length] = '\0';
    return folder;
}

static struct gd_status list_folders(struct memory_store *memory, const char *prefix,
                                     gd_store_each_fn *each, void *context, struct gd_error *err)
{
    struct gd_status status = GD_DONE;
    char *last = NULL;
    for (const struct object *at = memory->first; at != NULL && status.code == GD_OK;
         at = at->next) {
        char *folder = folder_of(at->key, prefix);
        if (folder != NULL && (last == NULL || strcmp(folder, last) != 0)) {
            struct gd_store_entry entry = {.key = folder};
            status = each(context, &entry, err);
            free(last);
            last = folder;
        } else {
            free(folder);
        }
    }
    free(last);
    return status;
}

static struct gd_status list(struct gd_store *store, const struct gd_store_range *range,
                             gd_store_each_fn *each, void *context, struct gd_error *err)
{
    struct memory_store *memory = memory_of(store);
    if (range->folders)
        return list_folders(memory, range->prefix, each, context, err);
    for (const struct object *at = memory->first; at != NULL; at = at->next) {
        struct gd_store_entry entry = entry_of(at);
        if (strncmp(at->key, range->prefix, strlen(range->prefix)) == 0 &&
            strcmp(at->key, range->after) > 0)
            GD_TRY(each(context, &entry, err));
    }
    return GD_DONE;
}

static struct gd_status take_out(struct gd_store *store, const char *key, struct gd_error *err)
{
    struct memory_store *memory = memory_of(store);
    struct object *object = NULL;
    (void)err;
    pthread_mutex_lock(&memory->lock);
    struct object **at = place_of(memory, key);
    if (is_key(*at, key)) {
        object = *at;
        *at = object->next;
    }
    pthread_mutex_unlock(&memory->lock);
    free_object(object);
    return GD_DONE;
}

/* --- the rest ---------------------------------------------------------------------------------
 */

static struct gd_status capabilities(struct gd_store *store, const char *prefix,
                                     struct gd_store_capabilities *out_capabilities,
                                     struct gd_error *err)
{
    (void)store;
    (void)prefix;
    (void)err;
    *out_capabilities = (struct gd_store_capabilities){.conditional = true,
                                                       .conditional_large = true,
                                                       .same_machine = true,
                                                       .removes = true,
                                                       .medium = "memory"};
    return GD_DONE;
}

/* What was not finished is nowhere. */
static struct gd_status sweep(struct gd_store *store, const char *prefix, uint32_t age_s,
                              bool only_count, uint64_t *out_count, struct gd_error *err)
{
    (void)store;
    (void)prefix;
    (void)age_s;
    (void)only_count;
    (void)err;
    *out_count = 0;
    return GD_DONE;
}

static void let_go(struct gd_store *store)
{
    struct memory_store *memory = memory_of(store);
    while (memory->first != NULL) {
        struct object *next = memory->first->next;
        free_object(memory->first);
        memory->first = next;
    }
    pthread_mutex_destroy(&memory->lock);
    free(store->url);
    free(memory);
}

struct gd_store *gd_memory_store_new(size_t bytes_max)
{
    static const struct gd_store_ops ops = {
        .put = put,
        .get = get,
        .head = head,
        .list = list,
        .remove = take_out,
        .capabilities = capabilities,
        .sweep = sweep,
        .close = let_go,
    };
    static const char name[] = "memory";
    struct memory_store *memory = gd_memory_new(sizeof *memory);
    *memory = (struct memory_store){.store.ops = &ops, .bytes_max = bytes_max};
    pthread_mutex_init(&memory->lock, NULL);
    memory->store.url = gd_memory_new(sizeof name);
    memcpy(memory->store.url, name, sizeof name);
    return &memory->store;
}
