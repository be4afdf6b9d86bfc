/* See base_drill.h. */
#include "guardian/prove/base_drill.h"

#include "guardian/base/clock.h"
#include "guardian/prove/digest.h"

struct drill {
    const struct gd_prove_options *options;
    struct gd_arena *arena;
    const struct gd_base *base;
    struct gd_recover_options recover;
    const char *place;
    const char *const *left_out; /* in the arena */
    size_t left_out_count;
};

/* The server's memory goes away with it. */
static void keep(struct drill *drill, const struct gd_recovered *recovered)
{
    const char **list = gd_arena_zalloc(drill->arena, recovered->left_out_count + 1, sizeof *list);
    for (size_t i = 0; i < recovered->left_out_count; i++)
        list[i] = gd_arena_strdup(drill->arena, recovered->left_out[i]);
    drill->left_out = list;
    drill->left_out_count = recovered->left_out_count;
    drill->place = gd_arena_printf(drill->arena, "a throwaway server of PostgreSQL %d%s%s",
                                   drill->base->server_version / 10000,
                                   recovered->checked ? ", pg_amcheck" : "",
                                   recovered->checksums ? ", every checksum" : "");
}

static struct gd_status run(struct drill *drill, struct gd_error *err)
{
    struct gd_recover_plan plan;
    gd_auto_throwaway server = NULL;
    GD_TRY(gd_recover_plan(&drill->recover, drill->arena, &plan, err));
    GD_TRY(gd_throwaway_new(&drill->recover, &plan, drill->options->work_folder, &server, err));
    GD_TRY(gd_throwaway_check(server, err));
    keep(drill, gd_throwaway_recovered(server));
    return GD_DONE;
}

static struct gd_status drill_base(struct drill *drill, struct gd_error *err)
{
    const struct gd_base *base = drill->base;
    struct gd_status status = run(drill, err);
    if (status.code != GD_CORRUPT)
        return status;
    gd_tell(drill->options->events,
            &(struct gd_event){
                .kind = GD_EVENT_WARNING, .text = err->text, .object = base->id, .worker = -1});
    if (!drill->options->no_record) {
        struct gd_error ignored = {0};
        (void)gd_proof_withdraw(drill->options->store,
                                gd_base_cluster(base->system_identifier, drill->arena), base->id,
                                &ignored)
            .code;
    }
    return status;
}

static struct gd_proof *proof_of(const struct drill *drill, const struct gd_proof *digest,
                                 int64_t start_us)
{
    struct gd_proof *proof = gd_arena_alloc(drill->arena, sizeof *proof);
    *proof = *digest;
    gd_id_new(proof->id);
    proof->kind = GD_PROOF_DRILL;
    proof->place = drill->place;
    proof->left_out = drill->left_out;
    proof->left_out_count = drill->left_out_count;
    proof->time_us = gd_clock_now_us();
    proof->seconds = (double)(gd_clock_monotonic_us() - start_us) / 1e6;
    return proof;
}

struct gd_status gd_prove_base_drill(const struct gd_prove_options *options,
                                     const struct gd_recover_options *recover,
                                     uint64_t system_identifier, const char *id,
                                     struct gd_arena *arena, struct gd_base **out_base,
                                     const struct gd_proof **out_proof,
                                     struct gd_prove_outcome *out_outcome, struct gd_error *err)
{
    int64_t start_us = gd_clock_monotonic_us();
    struct gd_base *base = NULL;
    const struct gd_proof *digest = NULL;
    struct gd_prove_outcome outcome = {0};
    GD_TRY(gd_prove_base(options, system_identifier, id, arena, &base, &digest, &outcome, err));
    struct drill drill = {.options = options, .arena = arena, .base = base, .recover = *recover};
    drill.recover.place.system_identifier = base->system_identifier;
    drill.recover.target = (struct gd_target){
        .kind = GD_TARGET_IMMEDIATE, .timeline = base->stop_timeline, .base = base->id};
    GD_TRY(drill_base(&drill, err));
    struct gd_proof *proof = proof_of(&drill, digest, start_us);
    GD_TRY(gd_digest_record(options, proof, err));
    outcome.seconds = proof->seconds;
    outcome.place = drill.place;
    outcome.left_out = drill.left_out;
    outcome.left_out_count = drill.left_out_count;
    *out_base = base;
    *out_proof = proof;
    *out_outcome = outcome;
    return GD_DONE;
}
