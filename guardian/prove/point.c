#include "guardian/prove/point.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/prove/proof.h"
#include "guardian/snapshot/coverage.h"
#include "guardian/version.h"
#include "guardian/wal/chain.h"

enum {
    WAIT_MS = 10000,
    LOOK_MS = 20,
    LAG_SEGMENTS = 4, /* behind the server by more than that, nobody waits for the store */
    LAG_BYTES = 64 << 20,
    FRESH_US = 3 * 1000 * 1000, /* what reached the store so recently shows that WAL arrives */
    FIRST_MS = 5000,
};

struct gd_tablespace {
    uint32_t oid;
    const char *name;
};

struct pointing {
    const struct gd_point_options *options;
    struct gd_arena *arena;
    struct gd_wal_chain *chain;
    uint32_t timeline; /* of the server, now */
    uint64_t lsn;
    struct gd_tablespace *places; /* tablespaces of the server outside of its data directory */
    size_t place_count;
    const char *cluster;          /* the system identifier, as proofs are filed under it */
    struct gd_base_listed *bases; /* oldest first */
    size_t base_count;
    const char *why; /* the first thing that is missing */
};

/* ---- is there anything? ---- */

static struct gd_status see_wal(void *context, const struct gd_store_entry *entry,
                                struct gd_error *err)
{
    (void)err;
    size_t size = strlen(entry->key);
    *(bool *)context |= size > 5 && strcmp(entry->key + size - 5, "/wal/") == 0;
    return GD_DONE;
}

struct gd_status gd_point_kept(struct gd_store *store, uint64_t system_identifier, bool *out_kept,
                               struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    *out_kept = false;
    return gd_store_folders(store, gd_arena_printf(arena, "v1/%" PRIu64 "/", system_identifier),
                            see_wal, out_kept, err);
}

/* ---- the server ---- */

GD_MUST static struct gd_status look_at_places(struct pointing *pointing, struct gd_pg *pg,
                                               struct gd_error *err)
{
    struct gd_pg_call call = {
        .what = "list the tablespaces",
        .sql = "SELECT oid, pg_catalog.quote_ident(spcname) FROM pg_catalog.pg_tablespace WHERE "
               "pg_catalog.starts_with(pg_catalog.pg_tablespace_location(oid), '/') ORDER BY oid"};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    pointing->place_count = gd_pg_rows_count(rows);
    pointing->places =
        gd_arena_zalloc(pointing->arena, pointing->place_count + 1, sizeof *pointing->places);
    for (size_t i = 0; i < pointing->place_count; i++)
        pointing->places[i] = (struct gd_tablespace){
            .oid = gd_pg_oid(rows, i, 0),
            .name = gd_arena_strdup(pointing->arena, gd_pg_cell(rows, i, 1))};
    return GD_DONE;
}

GD_MUST static struct gd_status look_at_server(struct pointing *pointing, struct gd_error *err)
{
    struct gd_pg_call call = {
        .what = "ask where the server writes",
        .sql = "SELECT pg_catalog.pg_is_in_recovery(), CASE WHEN NOT "
               "pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_current_wal_insert_lsn()::text "
               "END, CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN "
               "pg_catalog.left(pg_catalog.pg_walfile_name("
               "pg_catalog.pg_current_wal_insert_lsn()), 8) END, "
               "pg_catalog.has_function_privilege('pg_catalog.pg_create_restore_point(text)', "
               "'EXECUTE') AND pg_catalog.has_function_privilege('pg_catalog.pg_switch_wal()', "
               "'EXECUTE')"};
    gd_auto_pg pg = NULL;
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_connect(pointing->options->pg, &pg, err));
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    if (gd_pg_bool(rows, 0, 0)) {
        pointing->why = "this is a standby, on which no restore point can be made";
        return GD_DONE;
    }
    if (!gd_pg_bool(rows, 0, 3)) {
        pointing->why =
            gd_arena_printf(pointing->arena,
                            "role \"%s\" may not make restore points (GRANT EXECUTE ON FUNCTION "
                            "pg_create_restore_point(text), pg_switch_wal())",
                            gd_pg_user(pg));
        return GD_DONE;
    }
    pointing->timeline = (uint32_t)strtoul(gd_pg_cell(rows, 0, 2), NULL, 16);
    if (!gd_lsn_read(gd_pg_cell(rows, 0, 1), &pointing->lsn))
        pointing->why = "the server does not tell where it writes";
    return look_at_places(pointing, pg, err);
}

/* ---- by names ---- */

/* Where the WAL of the server's own timeline ends in the store. */
static uint64_t end_of(const struct pointing *pointing)
{
    uint64_t end = 0;
    for (size_t i = 0; i < pointing->chain->run_count; i++)
        if (pointing->chain->runs[i].timeline == pointing->timeline &&
            pointing->chain->runs[i].to_lsn > end)
            end = pointing->chain->runs[i].to_lsn;
    return end;
}

static void find_stale(struct pointing *pointing, uint64_t end)
{
    uint64_t most = LAG_SEGMENTS * pointing->chain->segment_bytes;
    most = most > LAG_BYTES ? most : LAG_BYTES;
    if (end == 0)
        pointing->why = gd_arena_printf(
            pointing->arena, "no WAL of the server's timeline %" PRIu32 " is in the store",
            pointing->timeline);
    else if (pointing->lsn > end && pointing->lsn - end > most)
        pointing->why = gd_arena_printf(
            pointing->arena, "the WAL in the store ends %" PRIu64 " MB before that of the server",
            (pointing->lsn - end) >> 20);
}

static void say(struct pointing *pointing, const char *why)
{
    if (pointing->why == NULL)
        pointing->why = why;
}

static const char *problem_of(const struct pointing *pointing, const struct gd_base_listed *listed)
{
    const char *problem = listed->problem == NULL ? "it cannot be read" : listed->problem;
    if (strstr(problem, listed->id) != NULL && strncmp(problem, "it ", 3) != 0)
        return problem;
    return gd_arena_printf(pointing->arena, "base backup %s: %s", listed->id, problem);
}

/* What an incremental one goes on from; NULL: a full one, or it is not there. */
static const struct gd_base_listed *before_of(const struct pointing *pointing,
                                              const struct gd_base_listed *listed)
{
    for (size_t i = 0; listed->base->after[0] != '\0' && i < pointing->base_count; i++)
        if (strcmp(pointing->bases[i].id, listed->base->after) == 0)
            return &pointing->bases[i];
    return NULL;
}

/* A tablespace that the base backup does not know is made again by the WAL, in its own place:
 * beside the living server that is refused (wal/outside.h), and so there would be no way back here.
 */
static const char *place_since(const struct pointing *pointing, const struct gd_base *base)
{
    for (size_t i = 0; i < pointing->place_count; i++) {
        bool known = false;
        for (size_t k = 0; k < base->tablespace_count && !known; k++)
            known = base->tablespaces[k].oid == pointing->places[i].oid;
        if (!known)
            return pointing->places[i].name;
    }
    return NULL;
}

static const char *why_not_usable(const struct pointing *pointing,
                                  const struct gd_base_listed *listed)
{
    const struct gd_base_listed *before = before_of(pointing, listed);
    return gd_arena_printf(pointing->arena, "base backup %s is not whole: %s", listed->id,
                           before != NULL && before->problem != NULL
                               ? problem_of(pointing, before)
                               : "one that it needs is missing");
}

/* As far as names tell. @return the problem; NULL: none */
static const char *why_not_whole(const struct pointing *pointing,
                                 const struct gd_base_listed *listed, uint64_t end)
{
    const struct gd_coverage coverage = {
        .bases = pointing->bases, .base_count = pointing->base_count, .chain = pointing->chain};
    const struct gd_base *base = listed->base;
    struct gd_arena *arena = pointing->arena;
    uint32_t timeline = 0;
    uint64_t lsn = 0;
    if (base == NULL || listed->problem != NULL || listed->unfinished)
        return problem_of(pointing, listed);
    if (!gd_wal_chain_reaches(pointing->chain, base->timeline, base->start_lsn, pointing->timeline,
                              end, &timeline, &lsn)) {
        char text[GD_LSN_SIZE];
        gd_lsn_write(lsn, text);
        return gd_arena_printf(arena, "WAL is missing from byte %s of timeline %" PRIu32, text,
                               timeline);
    }
    if (!gd_coverage_usable(&coverage, listed))
        return why_not_usable(pointing, listed);
    const struct gd_base_listed *locked =
        gd_coverage_locked(&coverage, listed, pointing->options->place.key);
    if (locked != NULL)
        return gd_arena_printf(arena, "base backup %s is encrypted with key %s, which is not given",
                               locked->id, locked->base->key_id);
    const char *place = place_since(pointing, base);
    if (place != NULL)
        return gd_arena_printf(arena,
                               "tablespace %s was made after base backup %s, and would be made "
                               "again beside the living server (guardian base makes a new one)",
                               place, listed->id);
    return NULL;
}

/* Nobody has looked at its bytes for longer than is allowed: they may have decayed since. */
static bool is_too_old(struct pointing *pointing, const struct gd_base_listed *one,
                       const struct gd_proof *proof)
{
    const int64_t day_us = INT64_C(86400000000);
    uint64_t most_ms = pointing->options->proof_age_max_ms;
    int64_t age_us = gd_clock_now_us() - proof->time_us;
    if (most_ms == 0 || age_us < 0 || (uint64_t)age_us / 1000 <= most_ms)
        return false;
    say(pointing,
        gd_arena_printf(pointing->arena,
                        "base backup %s was proven %" PRId64
                        " days ago, longer than base_proof_age_max allows (guardian verify %s)",
                        one->id, age_us / day_us, one->id));
    return true;
}

/* It, and all that it goes on from; the oldest look counts. A drill of it was one of them, too. */
GD_MUST static struct gd_status find_proofs(struct pointing *pointing,
                                            const struct gd_base_listed *listed,
                                            struct gd_cover *cover, bool *out_good,
                                            struct gd_error *err)
{
    struct gd_store *store = pointing->options->place.store;
    struct gd_arena *arena = pointing->arena;
    *out_good = false;
    for (const struct gd_base_listed *one = listed; one != NULL; one = before_of(pointing, one)) {
        const struct gd_proof *proof = NULL;
        GD_TRY(gd_proof_find(store, pointing->cluster, one->id, one->manifest_sha256, arena, &proof,
                             err));
        if (proof == NULL) {
            say(pointing, gd_arena_printf(arena, "base backup %s is not proven", one->id));
            return GD_DONE;
        }
        if (one == listed && proof->kind < pointing->options->wanted) {
            say(pointing,
                gd_arena_printf(arena, "base backup %s was read back, and not restored on trial",
                                one->id));
            return GD_DONE;
        }
        if (is_too_old(pointing, one, proof))
            return GD_DONE;
        if (one == listed)
            cover->base_proof = proof->kind;
        if (one == listed || proof->time_us < cover->proven_us)
            cover->proven_us = proof->time_us;
    }
    *out_good = true;
    return GD_DONE;
}

/* The newest that is proven well enough, and from which the chain goes on to the end. */
GD_MUST static struct gd_status weigh(struct pointing *pointing,
                                      const struct gd_base_listed *listed, uint64_t end,
                                      struct gd_cover *cover, bool *out_good, struct gd_error *err)
{
    *out_good = false;
    if (listed->unfinished)
        return GD_DONE;
    const char *problem = why_not_whole(pointing, listed, end);
    if (problem != NULL) {
        say(pointing, problem);
        return GD_DONE;
    }
    *cover = (struct gd_cover){.base = listed->id,
                               .since_us = listed->base->stopped_us,
                               .timeline = pointing->timeline,
                               .lsn = end,
                               .segment_bytes = pointing->chain->segment_bytes};
    memcpy(cover->base_sha256, listed->manifest_sha256, sizeof cover->base_sha256);
    return find_proofs(pointing, listed, cover, out_good, err);
}

GD_MUST static struct gd_status find_base(struct pointing *pointing, uint64_t end,
                                          struct gd_cover *cover, const struct gd_base **out_base,
                                          struct gd_error *err)
{
    bool good = false;
    GD_TRY(gd_base_list(pointing->options->place.store, pointing->options->place.system_identifier,
                        pointing->arena, &pointing->bases, &pointing->base_count, err));
    for (size_t i = pointing->base_count; i-- > 0 && !good;) {
        GD_TRY(weigh(pointing, &pointing->bases[i], end, cover, &good, err));
        if (good)
            *out_base = pointing->bases[i].base;
    }
    if (!good)
        say(pointing, "there is no base backup");
    return GD_DONE;
}

GD_MUST static struct gd_status foresee(struct pointing *pointing, struct gd_cover **out_cover,
                                        const struct gd_base **out_base, struct gd_error *err)
{
    struct gd_cover *cover = gd_arena_zalloc(pointing->arena, 1, sizeof *cover);
    *out_cover = NULL;
    *out_base = NULL;
    pointing->cluster =
        gd_arena_printf(pointing->arena, "%" PRIu64, pointing->options->place.system_identifier);
    GD_TRY(look_at_server(pointing, err));
    if (pointing->why != NULL)
        return GD_DONE;
    GD_TRY(gd_wal_chain_read(&pointing->options->place, pointing->arena, &pointing->chain, err));
    uint64_t end = end_of(pointing);
    find_stale(pointing, end);
    if (pointing->why != NULL)
        return GD_DONE;
    GD_TRY(find_base(pointing, end, cover, out_base, err));
    if (*out_base != NULL)
        *out_cover = cover;
    return GD_DONE;
}

struct gd_status gd_point_foresee(const struct gd_point_options *options, struct gd_arena *arena,
                                  struct gd_cover **out_cover, const char **out_why,
                                  struct gd_error *err)
{
    struct pointing pointing = {.options = options, .arena = arena};
    const struct gd_base *base;
    GD_TRY(foresee(&pointing, out_cover, &base, err));
    *out_why = *out_cover == NULL ? pointing.why : NULL;
    return GD_DONE;
}

/* ---- proven up to the store's end ---- */

/* Has WAL arrived a moment ago? Our clock and the store's may differ: then a mark is made. */
static bool is_fresh(const struct pointing *pointing)
{
    int64_t newest_us = 0, now_us = gd_clock_now_us();
    for (size_t i = 0; i < pointing->chain->run_count; i++)
        if (pointing->chain->runs[i].timeline == pointing->timeline &&
            pointing->chain->runs[i].to_us > newest_us)
            newest_us = pointing->chain->runs[i].to_us;
    return newest_us <= now_us && now_us - newest_us < FRESH_US;
}

/* A mark for no change, while nobody waits: one that does not arrive now would not, either, while
 * everybody does. */
GD_MUST static struct gd_status make_first(const struct gd_point_options *options,
                                           struct gd_arena *arena, struct gd_cover **out_cover,
                                           const char **out_why, struct gd_error *err)
{
    struct gd_error late = {0};
    struct gd_mark mark;
    gd_auto_pg pg = NULL;
    GD_TRY(gd_pg_connect(options->pg, &pg, err));
    const struct gd_mark_options marking = {.pg = pg,
                                            .place = options->place,
                                            .wait = true,
                                            .wait_ms = FIRST_MS,
                                            .events = options->events};
    struct gd_status status = gd_wal_mark(&marking, arena, &mark, &late);
    if (status.code == GD_OK)
        return GD_DONE;
    *out_cover = NULL;
    *out_why = gd_arena_strdup(arena, late.text);
    if (status.code == GD_UNPROTECTED || status.code == GD_CORRUPT)
        return GD_DONE;
    *err = late;
    return status;
}

struct gd_status gd_point_prepare(const struct gd_point_options *options, struct gd_arena *arena,
                                  struct gd_cover **out_cover, const char **out_why,
                                  struct gd_error *err)
{
    struct pointing pointing = {.options = options, .arena = arena};
    const struct gd_base *base;
    struct gd_error damage = {0};
    uint32_t timeline = 0;
    uint64_t lsn = 0;
    GD_TRY(foresee(&pointing, out_cover, &base, err));
    *out_why = *out_cover == NULL ? pointing.why : NULL;
    if (*out_cover == NULL)
        return GD_DONE;
    struct gd_status status = gd_wal_chain_prove(
        &options->place, pointing.chain, base->timeline, base->start_lsn, pointing.timeline,
        (*out_cover)->lsn, options->events, &timeline, &lsn, &damage);
    if (status.code == GD_OK && timeline == pointing.timeline && lsn >= (*out_cover)->lsn)
        return options->held && !is_fresh(&pointing)
                   ? make_first(options, arena, out_cover, out_why, err)
                   : GD_DONE;
    *out_cover = NULL;
    if (status.code == GD_OK)
        *out_why = "the WAL in the store does not follow on from the base backup";
    else if (status.code == GD_CORRUPT)
        *out_why = gd_arena_strdup(arena, damage.text);
    else
        *err = damage;
    return status.code == GD_CORRUPT ? GD_DONE : status;
}

/* ---- the mark, and what was written meanwhile ---- */

/* Read all of a segment back; wait for it. */
GD_MUST static struct gd_status read_segment(const struct gd_point_options *options,
                                             const struct gd_wal_name *name, int64_t until_us,
                                             struct gd_error *err)
{
    for (;;) {
        bool there;
        gd_auto_sink sink = gd_null_sink_new();
        GD_TRY(gd_interrupt_check(err));
        GD_TRY(gd_wal_get(&options->place, name, sink, &there, err));
        if (there)
            return GD_DONE;
        char text[GD_WAL_NAME_SIZE];
        gd_wal_name_write(name, text);
        if (gd_clock_monotonic_us() >= until_us)
            return gd_fail(err, GD_UNPROTECTED,
                           "segment %s of the WAL did not reach the store in time", text);
        gd_sleep_ms(LOOK_MS);
    }
}

/* From where the chain was proven to the segment that the mark is in, which was seen. */
GD_MUST static struct gd_status prove_rest(const struct gd_point_options *options,
                                           const struct gd_cover *cover, const struct gd_mark *mark,
                                           int64_t until_us, struct gd_error *err)
{
    uint64_t size = cover->segment_bytes, last = (mark->lsn - 1) / size;
    if (mark->timeline != cover->timeline || mark->lsn < cover->lsn)
        return gd_fail(err, GD_UNPROTECTED,
                       "the server went over to timeline %" PRIu32 " meanwhile", mark->timeline);
    for (uint64_t segment = cover->lsn / size; segment < last; segment++) {
        const struct gd_wal_name name = gd_wal_segment_at(mark->timeline, segment * size, size);
        GD_TRY(read_segment(options, &name, until_us, err));
    }
    return GD_DONE;
}

GD_MUST static struct gd_status see(struct gd_pg *pg, struct gd_arena *arena, const char **out_seen,
                                    struct gd_error *err)
{
    struct gd_pg_call call = {.what = "look at what is committed",
                              .sql = "SELECT pg_catalog.pg_current_snapshot()::text"};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    *out_seen = gd_arena_strdup(arena, gd_pg_cell(rows, 0, 0));
    return GD_DONE;
}

static struct gd_proof *proof_of(const struct gd_point_options *options,
                                 const struct gd_cover *cover, const struct gd_mark *mark,
                                 struct gd_arena *arena)
{
    struct gd_proof *proof = gd_arena_zalloc(arena, 1, sizeof *proof);
    memcpy(proof->id, mark->id, strlen(mark->id) + 1);
    proof->kind = cover->base_proof;
    proof->cluster = gd_arena_printf(arena, "%" PRIu64, options->place.system_identifier);
    proof->snapshot = cover->base;
    memcpy(proof->manifest_sha256, cover->base_sha256, sizeof proof->manifest_sha256);
    proof->mark = mark;
    proof->time_us = gd_clock_now_us();
    proof->guardian_version = gd_version();
    proof->place = "";
    return proof;
}

struct gd_status gd_prove_point(const struct gd_point_options *options,
                                const struct gd_cover *cover, struct gd_arena *arena,
                                const struct gd_proof **out_proof, const char **out_seen,
                                struct gd_error *err)
{
    uint32_t wait_ms = options->wait_ms == 0 ? WAIT_MS : options->wait_ms;
    int64_t began_us = gd_clock_monotonic_us(), until_us = began_us + (int64_t)wait_ms * 1000;
    struct gd_mark *mark = gd_arena_zalloc(arena, 1, sizeof *mark);
    const char *seen;
    gd_auto_pg pg = NULL;
    GD_TRY(gd_pg_connect(options->pg, &pg, err));
    GD_TRY(see(pg, arena, &seen, err));
    const struct gd_mark_options marking = {
        .pg = pg,
        .place = options->place,
        .change = options->change,
        .database = options->database,
        .git_commit = options->git_commit,
        .within = options->within,
        .wait = true,
        .wait_ms = wait_ms,
        .events = options->events,
    };
    GD_TRY(gd_wal_mark(&marking, arena, mark, err));
    assert(mark->seen);
    GD_TRY(prove_rest(options, cover, mark, until_us, err));
    GD_TRY(gd_fault("point: proven", err));
    struct gd_proof *proof = proof_of(options, cover, mark, arena);
    proof->seconds = (double)(gd_clock_monotonic_us() - began_us) / 1e6;
    *out_proof = proof;
    *out_seen = seen;
    return GD_DONE;
}
