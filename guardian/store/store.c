#include "guardian/store/store.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "guardian/store/keys.h"
#include "guardian/store/store_ops.h"

/* --- which kind of store ---------------------------------------------------------------------- */

static const struct {
    const char *scheme;
    struct gd_status (*open)(const struct gd_store_options *options, struct gd_store **out_store,
                             struct gd_error *err);
} kinds[] = {
    {"file", gd_fs_store_open},
    {"s3", gd_s3_store_open},
};

/* Nothing of a URL that cannot be read is quoted but its scheme: there may be a password in it. */
static struct gd_status refuse_url(const char *url, size_t scheme_length, struct gd_error *err)
{
    static const char hint[] = "Stores are file:///folder and s3://bucket/prefix.";
    if (url[0] == '/')
        return gd_hint(err,
                       gd_fail(err, GD_USAGE, "\"%.200s\" is a path, not the URL of a store", url),
                       "Write file://%.200s.", url);
    if (scheme_length == 0)
        return gd_hint(err, gd_fail(err, GD_USAGE, "the store is not given as a URL"), "%s", hint);
    return gd_hint(err,
                   gd_fail(err, GD_USAGE,
                           "there is no kind of store for URLs that begin with \"%.*s://\"",
                           scheme_length > 20 ? 20 : (int)scheme_length, url),
                   "%s", hint);
}

struct gd_status gd_store_open(const struct gd_store_options *options, struct gd_store **out_store,
                               struct gd_error *err)
{
    const char *mark = strstr(options->url, "://");
    size_t length = mark == NULL ? 0 : (size_t)(mark - options->url);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (length == strlen(kinds[i].scheme) &&
            strncasecmp(options->url, kinds[i].scheme, length) == 0)
            return kinds[i].open(options, out_store, err);
    return refuse_url(options->url, length, err);
}

void gd_store_close(struct gd_store *store)
{
    if (store != NULL)
        store->ops->close(store);
}

const char *gd_store_url(const struct gd_store *store)
{
    return store->url;
}

/* --- one object ------------------------------------------------------------------------------- */

struct gd_status gd_store_put(struct gd_store *store, const char *key, uint64_t size_hint,
                              struct gd_sink **out_sink, struct gd_error *err)
{
    GD_TRY(gd_store_key_check(key, err));
    return store->ops->put(store, key, size_hint, out_sink, err);
}

struct gd_status gd_store_put_bytes(struct gd_store *store, const char *key, const void *data,
                                    size_t size, struct gd_error *err)
{
    gd_auto_sink sink = NULL;
    GD_TRY(gd_store_put(store, key, size, &sink, err));
    if (size > 0)
        GD_TRY(gd_sink_write(sink, data, size, err));
    return gd_sink_finish(sink, err);
}

struct gd_status gd_store_get(struct gd_store *store, const char *key, uint64_t offset,
                              uint64_t size, struct gd_source **out_source, struct gd_error *err)
{
    GD_TRY(gd_store_key_check(key, err));
    return store->ops->get(store, key, offset, size, out_source, err);
}

struct gd_status gd_store_get_bytes(struct gd_store *store, const char *key, size_t limit,
                                    char **out_data, size_t *out_size, struct gd_error *err)
{
    gd_auto_source source = NULL;
    GD_TRY(gd_store_get(store, key, 0, 0, &source, err));
    struct gd_status status = gd_source_all(source, limit, out_data, out_size, err);
    if (status.code == GD_OK)
        return status;
    return gd_wrap(err, status, "could not read \"%s\" of %s: ", key, store->url);
}

bool gd_store_unconditional(const struct gd_store *store)
{
    return store->ops->unconditional != NULL && store->ops->unconditional(store);
}

struct gd_status gd_store_head(struct gd_store *store, const char *key, bool *out_there,
                               struct gd_store_entry *out_entry, struct gd_error *err)
{
    GD_TRY(gd_store_key_check(key, err));
    return store->ops->head(store, key, out_there, out_entry, err);
}

struct gd_status gd_store_remove(struct gd_store *store, const char *key, struct gd_error *err)
{
    GD_TRY(gd_store_key_check(key, err));
    return store->ops->remove(store, key, err);
}

/* --- many objects ----------------------------------------------------------------------------- */

struct gd_status gd_store_list(struct gd_store *store, const char *prefix, gd_store_each_fn *each,
                               void *context, struct gd_error *err)
{
    return gd_store_list_after(store, prefix, "", each, context, err);
}

struct gd_status gd_store_list_after(struct gd_store *store, const char *prefix, const char *after,
                                     gd_store_each_fn *each, void *context, struct gd_error *err)
{
    const struct gd_store_range range = {.prefix = prefix, .after = after};
    GD_TRY(gd_store_prefix_check(prefix, false, err));
    if (after[0] != '\0')
        GD_TRY(gd_store_prefix_check(after, false, err));
    return store->ops->list(store, &range, each, context, err);
}

struct gd_status gd_store_folders(struct gd_store *store, const char *prefix,
                                  gd_store_each_fn *each, void *context, struct gd_error *err)
{
    const struct gd_store_range range = {.prefix = prefix, .after = "", .folders = true};
    GD_TRY(gd_store_prefix_check(prefix, true, err));
    return store->ops->list(store, &range, each, context, err);
}

struct gd_status gd_store_sweep(struct gd_store *store, const char *prefix, uint32_t age_s,
                                uint64_t *out_count, struct gd_error *err)
{
    GD_TRY(gd_store_prefix_check(prefix, true, err));
    return store->ops->sweep(store, prefix, age_s, false, out_count, err);
}

struct gd_status gd_store_count_stale(struct gd_store *store, const char *prefix, uint32_t age_s,
                                      uint64_t *out_count, struct gd_error *err)
{
    GD_TRY(gd_store_prefix_check(prefix, true, err));
    return store->ops->sweep(store, prefix, age_s, true, out_count, err);
}
