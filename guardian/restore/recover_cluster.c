/*
 * Recover, the cluster: a store may hold base backups and WAL of several. Nobody knows system
 * identifiers by heart: what is known of each is told.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/texts.h"
#include "guardian/restore/recover_own.h"
#include "guardian/snapshot/manifest.h"

enum { TOLD_MAX = 5 };

struct cluster {
    uint64_t system;
    const char *databases; /* "shop, crm"; "" */
    int64_t base_us, wal_us;
    const char *problem; /* NULL: it could be looked at */
};

struct looking {
    struct cluster *clusters;
    size_t count;
    struct gd_arena *arena;
};

/* --- databases --- */

/* "v1/7301234567890123456-shop/" */
static struct gd_status see_database(void *context, const struct gd_store_entry *entry,
                                     struct gd_error *err)
{
    (void)err;
    const struct looking *looking = context;
    const char *name = entry->key + strlen("v1/");
    name = gd_arena_strndup(looking->arena, name, strcspn(name, "/"));
    const char *database = gd_cluster_database(name, looking->arena);
    size_t digits = strcspn(name, "-");
    for (size_t i = 0; database != NULL && i < looking->count; i++) {
        struct cluster *cluster = &looking->clusters[i];
        char system[24];
        (void)snprintf(system, sizeof system, "%" PRIu64, cluster->system);
        if (strlen(system) == digits && strncmp(system, name, digits) == 0)
            cluster->databases =
                gd_arena_printf(looking->arena, "%s%s%s", cluster->databases,
                                cluster->databases[0] == '\0' ? "" : ", ", database);
    }
    return GD_DONE;
}

/* --- base backups and WAL --- */

static void look_at(struct cluster *cluster, struct gd_store *store, struct gd_arena *arena)
{
    struct gd_wal_place place = {.store = store, .system_identifier = cluster->system};
    struct gd_coverage *coverage = NULL;
    struct gd_error why = {0};
    if (gd_coverage_read(&place, arena, &coverage, &why).code != GD_OK) {
        cluster->problem = gd_arena_strdup(arena, why.text);
        return;
    }
    for (size_t i = 0; i < coverage->base_count; i++) {
        const struct gd_base_listed *listed = &coverage->bases[i];
        if (listed->base != NULL && listed->problem == NULL && !listed->unfinished &&
            listed->base->stopped_us > cluster->base_us)
            cluster->base_us = listed->base->stopped_us;
    }
    for (size_t i = 0; i < coverage->chain->run_count; i++)
        if (coverage->chain->runs[i].to_us > cluster->wal_us)
            cluster->wal_us = coverage->chain->runs[i].to_us;
}

/* --- in words --- */

static const char *time_text(int64_t time_us, struct gd_arena *arena)
{
    char text[GD_TIME_SIZE];
    gd_clock_text(time_us, text);
    return gd_arena_printf(arena, "%.10s %.8s UTC", text, text + 11);
}

static const char *words_of(const struct cluster *cluster, struct gd_arena *arena)
{
    const char *name = cluster->databases[0] == '\0'
                           ? gd_arena_printf(arena, "%" PRIu64, cluster->system)
                           : gd_arena_printf(arena, "%" PRIu64 ", database %s", cluster->system,
                                             cluster->databases);
    if (cluster->problem != NULL)
        return gd_arena_printf(arena, "%s (%s)", name, cluster->problem);
    return gd_arena_printf(
        arena, "%s (%s, %s)", name,
        cluster->base_us == 0 ? "no base backup"
                              : gd_arena_printf(arena, "newest base backup of %s",
                                                time_text(cluster->base_us, arena)),
        cluster->wal_us == 0
            ? "no WAL"
            : gd_arena_printf(arena, "WAL stored until %s", time_text(cluster->wal_us, arena)));
}

/* What was written last is what is looked for, as a rule. */
static void newest_first(struct cluster *clusters, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t k = i; k > 0 && clusters[k].wal_us > clusters[k - 1].wal_us; k--) {
            struct cluster moved = clusters[k];
            clusters[k] = clusters[k - 1];
            clusters[k - 1] = moved;
        }
}

struct gd_status gd_recover_clusters(struct gd_store *store, const uint64_t *systems, size_t count,
                                     struct gd_arena *arena, const char **out_text,
                                     struct gd_error *err)
{
    struct looking looking = {.count = count, .arena = arena};
    const char *text = "";
    looking.clusters = gd_arena_zalloc(arena, count + 1, sizeof *looking.clusters);
    for (size_t i = 0; i < count; i++) {
        looking.clusters[i] = (struct cluster){.system = systems[i], .databases = ""};
        look_at(&looking.clusters[i], store, arena);
    }
    GD_TRY(gd_store_folders(store, "v1/", see_database, &looking, err));
    newest_first(looking.clusters, count);
    for (size_t i = 0; i < count && i < TOLD_MAX; i++)
        text = gd_arena_printf(arena, "%s%s%s", text, i == 0 ? "" : "; ",
                               words_of(&looking.clusters[i], arena));
    *out_text = count > TOLD_MAX
                    ? gd_arena_printf(arena, "%s; and %zu more", text, count - TOLD_MAX)
                    : text;
    return GD_DONE;
}

struct gd_status gd_recover_find_cluster(const struct gd_wal_place *place, struct gd_arena *arena,
                                         uint64_t *out_identifier, struct gd_error *err)
{
    uint64_t *identifiers = NULL;
    size_t count = 0;
    const char *all = "";
    *out_identifier = place->system_identifier;
    if (*out_identifier != 0)
        return GD_DONE;
    GD_TRY(gd_base_systems(place->store, arena, &identifiers, &count, err));
    if (count == 0)
        return gd_hint(err,
                       gd_fail(err, GD_USAGE, "there is no base backup and no WAL in \"%s\"",
                               gd_store_url(place->store)),
                       "guardian base makes one, guardian wal stream keeps the WAL; from a logical "
                       "snapshot restore with guardian restore.");
    *out_identifier = identifiers[0];
    if (count == 1)
        return GD_DONE;
    GD_TRY(gd_recover_clusters(place->store, identifiers, count, arena, &all, err));
    return gd_hint(err,
                   gd_fail(err, GD_USAGE, "\"%s\" holds %zu clusters: %s",
                           gd_store_url(place->store), count, all),
                   "Name one by its system identifier, with --system. While its server answers, "
                   "--db or GUARDIAN_DB names it.");
}
