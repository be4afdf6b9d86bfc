/* Coverage, key: see coverage.h. */
#include <string.h>

#include "guardian/snapshot/coverage.h"

static const struct gd_base_listed *find_base(const struct gd_coverage *coverage, const char *id)
{
    for (size_t i = 0; i < coverage->base_count; i++)
        if (strcmp(coverage->bases[i].id, id) == 0)
            return &coverage->bases[i];
    return NULL;
}

static bool is_locked(const struct gd_base *base, const struct gd_key *key)
{
    return base->key_id != NULL && base->key_id[0] != '\0' &&
           (key == NULL || !gd_key_opens(key, base->key_id));
}

const struct gd_base_listed *gd_coverage_locked(const struct gd_coverage *coverage,
                                                const struct gd_base_listed *listed,
                                                const struct gd_key *key)
{
    size_t left = coverage->base_count; /* a circle ends, too */
    for (; listed != NULL && listed->base != NULL && left > 0; left--) {
        if (is_locked(listed->base, key))
            return listed;
        const char *after = listed->base->after;
        if (after == NULL || after[0] == '\0')
            return NULL;
        listed = find_base(coverage, after);
    }
    return NULL;
}
