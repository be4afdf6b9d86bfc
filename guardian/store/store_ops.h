/*
 * What a kind of store implements. Only store/ includes this; gd_store_… checks keys and calls it.
 */
#ifndef GUARDIAN_STORE_STORE_OPS_H
#define GUARDIAN_STORE_STORE_OPS_H

#include "guardian/store/store.h"

struct gd_store_range {
    const char *prefix;
    const char *after; /* only greater keys; "" all */
    bool folders;      /* those right below, in place of objects */
};

struct gd_store_ops {
    struct gd_status (*put)(struct gd_store *store, const char *key, uint64_t size_hint,
                            struct gd_sink **out_sink, struct gd_error *err);
    struct gd_status (*get)(struct gd_store *store, const char *key, uint64_t offset, uint64_t size,
                            struct gd_source **out_source, struct gd_error *err);
    struct gd_status (*head)(struct gd_store *store, const char *key, bool *out_there,
                             struct gd_store_entry *out_entry, struct gd_error *err);
    struct gd_status (*list)(struct gd_store *store, const struct gd_store_range *range,
                             gd_store_each_fn *each, void *context, struct gd_error *err);
    struct gd_status (*remove)(struct gd_store *store, const char *key, struct gd_error *err);
    struct gd_status (*capabilities)(struct gd_store *store, const char *prefix,
                                     struct gd_store_capabilities *out_capabilities,
                                     struct gd_error *err);
    struct gd_status (*sweep)(struct gd_store *store, const char *prefix, uint32_t age_s,
                              bool only_count, uint64_t *out_count, struct gd_error *err);
    bool (*unconditional)(const struct gd_store *store); /* NULL: never */
    void (*close)(struct gd_store *store);
};

/** First member of every store. */
struct gd_store {
    const struct gd_store_ops *ops;
    char *url;
};

GD_MUST struct gd_status gd_fs_store_open(const struct gd_store_options *options,
                                          struct gd_store **out_store, struct gd_error *err);
GD_MUST struct gd_status gd_s3_store_open(const struct gd_store_options *options,
                                          struct gd_store **out_store, struct gd_error *err);

#endif
