/*
 * Probe: does a store keep what it promises? Nothing is believed that was not done.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/store/keys.h"
#include "guardian/store/store_ops.h"

struct probe {
    struct gd_store *store;
    char key[GD_KEY_BYTES_MAX + GD_ID_SIZE + 8];
    char text[64 + GD_ID_SIZE];
    size_t size;
    int64_t put_us; /* by our clock, when the object was put */
    double clock_seconds;
};

static struct gd_status broken(const struct probe *probe, const char *how, struct gd_error *err)
{
    return gd_fail(err, GD_UNPROTECTED, "the store %s cannot be used: %s (object \"%s\")",
                   probe->store->url, how, probe->key);
}

/* Are the bytes from `offset` on those that were put? */
static struct gd_status read_back(const struct probe *probe, size_t offset, struct gd_error *err)
{
    gd_auto_source source = NULL;
    char *data = NULL;
    size_t size = 0;
    GD_TRY(gd_store_get(probe->store, probe->key, offset, 0, &source, err));
    GD_TRY(gd_source_all(source, sizeof probe->text, &data, &size, err));
    bool same = size == probe->size - offset && memcmp(data, probe->text + offset, size) == 0;
    free(data);
    return same ? GD_DONE : broken(probe, "it gives other bytes than it was given", err);
}

static struct gd_status look(struct probe *probe, bool shall_be_there, struct gd_error *err)
{
    bool there = false;
    struct gd_store_entry entry = {0};
    GD_TRY(gd_store_head(probe->store, probe->key, &there, &entry, err));
    if (there != shall_be_there)
        return broken(probe,
                      there ? "what was removed is still there"
                            : "what was put and read is said not to be there",
                      err);
    if (there && entry.bytes != probe->size)
        return broken(probe, "it states a wrong size", err);
    if (there)
        probe->clock_seconds = (double)(entry.modified_us - probe->put_us) / 1e6;
    return GD_DONE;
}

struct search {
    const char *key;
    unsigned found;
};

static struct gd_status count_key(void *context, const struct gd_store_entry *entry,
                                  struct gd_error *err)
{
    (void)err;
    struct search *search = context;
    search->found += strcmp(entry->key, search->key) == 0;
    return GD_DONE;
}

static struct gd_status list(const struct probe *probe, struct gd_error *err)
{
    struct search search = {.key = probe->key};
    GD_TRY(gd_store_list(probe->store, probe->key, count_key, &search, err));
    if (search.found != 1)
        return broken(probe, "what was put does not stand in its list once", err);
    return GD_DONE;
}

/* A second put must be turned away, and must not touch the first. */
static struct gd_status put_again(const struct probe *probe, struct gd_error *err)
{
    struct gd_error refused = {0};
    struct gd_status status = gd_store_put_bytes(probe->store, probe->key, "another", 7, &refused);
    if (status.code == GD_OK)
        return broken(probe, "it lets an object be overwritten", err);
    if (status.code != GD_REFUSED) {
        *err = refused;
        return status;
    }
    return read_back(probe, 0, err);
}

static struct gd_status round_trip(struct probe *probe, double *out_seconds, struct gd_error *err)
{
    int64_t started = gd_clock_monotonic_us();
    GD_TRY(gd_store_put_bytes(probe->store, probe->key, probe->text, probe->size, err));
    probe->put_us = gd_clock_now_us();
    GD_TRY(read_back(probe, 0, err));
    *out_seconds = (double)(gd_clock_monotonic_us() - started) / 1e6;
    return GD_DONE;
}

static struct gd_status try_out(struct probe *probe, double *out_seconds, struct gd_error *err)
{
    GD_TRY(look(probe, false, err));
    GD_TRY(round_trip(probe, out_seconds, err));
    GD_TRY(read_back(probe, probe->size / 2, err));
    GD_TRY(look(probe, true, err));
    GD_TRY(list(probe, err));
    return put_again(probe, err);
}

/* A store may be written with credentials that cannot remove: that is told, and is no failure. */
static struct gd_status clean_up(struct probe *probe, bool *out_removes, struct gd_error *err)
{
    struct gd_error refused = {0};
    *out_removes = gd_store_remove(probe->store, probe->key, &refused).code == GD_OK;
    return *out_removes ? look(probe, false, err) : GD_DONE;
}

struct gd_status gd_store_probe(struct gd_store *store, const char *prefix,
                                struct gd_store_capabilities *out_capabilities, double *out_seconds,
                                struct gd_error *err)
{
    GD_TRY(gd_store_prefix_check(prefix, true, err));
    struct probe probe = {.store = store};
    struct gd_store_capabilities found = {0};
    struct gd_error ignored = {0};
    char id[GD_ID_SIZE];
    double seconds = 0;
    gd_id_new(id);
    snprintf(probe.key, sizeof probe.key, "%sprobe-%s", prefix, id);
    probe.size =
        (size_t)snprintf(probe.text, sizeof probe.text, "guardian tries this store: %s\n", id);

    GD_TRY(store->ops->capabilities(store, prefix, &found, err));
    struct gd_status tried = try_out(&probe, &seconds, err);
    bool failed = tried.code != GD_OK;
    struct gd_status cleaned = clean_up(&probe, &found.removes, failed ? &ignored : err);
    GD_TRY(tried);
    GD_TRY(cleaned);
    *out_capabilities = found;
    out_capabilities->clock_seconds = probe.clock_seconds;
    if (out_seconds != NULL)
        *out_seconds = seconds;
    return GD_DONE;
}
