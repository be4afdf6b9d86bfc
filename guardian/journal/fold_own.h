/* Fold, from within. Only journal/ includes this. */
#ifndef GUARDIAN_JOURNAL_FOLD_OWN_H
#define GUARDIAN_JOURNAL_FOLD_OWN_H

#include "guardian/journal/fold.h"

enum {
    GD_FOLD_FORMAT = 1,
    GD_FOLD_MOST = 500, /* changes in one summary */
    GD_FOLDS_MAX = 999999,
    GD_FOLD_BYTES_MAX = 16 << 20, /* no more changes are added beyond this */
    GD_FOLD_ITEM_MAX = 1 << 20,   /* a closing record that is bigger stays where it is */
    GD_FOLD_READ_MAX = GD_FOLD_BYTES_MAX + 2 * GD_FOLD_ITEM_MAX,
};

const char *gd_fold_key(const char *cluster, uint32_t number, struct gd_arena *arena);
GD_MUST struct gd_status gd_fold_bytes(struct gd_store *store, const char *key, char **out_data,
                                       size_t *out_size, struct gd_error *err);
#endif
