/*
 * guardian verify: prove snapshots again: every byte read back, or restored and compared.
 *
 * Several are verified one after the other, whatever becomes of those before; the exit status is
 * that of the worst: 8 when something is damaged.
 */
#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/texts.h"
#include "guardian/cli/cmd.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/keys.h"
#include "guardian/cli/progress.h"
#include "guardian/cli/recovering.h"
#include "guardian/cli/report_verify.h"
#include "guardian/cli/shelves.h"
#include "guardian/cli/show_base.h"
#include "guardian/cli/stores.h"
#include "guardian/config/config.h"
#include "guardian/prove/base_drill.h"
#include "guardian/snapshot/list.h"

struct verify {
    const struct gd_config *config;
    struct gd_arena *arena;
    struct gd_progress *progress;
    struct gd_store *store;
    struct gd_prove_options options;
    struct gd_pg_options scratch;
    struct gd_damages damages;
    struct gd_events events; /* takes the damages out, hands the rest on */
    struct gd_verified *items;
    size_t count;
};

/* --- which ones --- */

GD_MUST static struct gd_status check_request(const struct gd_config *config, int argc,
                                              struct gd_error *err)
{
    if (argc > 1)
        return gd_hint(err, gd_fail(err, GD_USAGE, "verify takes one snapshot, not %d", argc),
                       "Use --all for every snapshot of the store.");
    if (argc == 1 && config->all)
        return gd_fail(err, GD_USAGE, "--all and the id of a snapshot exclude each other");
    return GD_DONE;
}

static void add(struct verify *verify, const char *cluster, const char *id)
{
    verify->items[verify->count++] = (struct gd_verified){.cluster = cluster, .id = id};
}

/* The newest finished one of the database that is set, or of each; or all of them. What was never
   finished is no snapshot; one whose manifest cannot be read is damaged, and verifying it says so.
 */
GD_MUST static struct gd_status choose_listed(struct verify *verify, bool all, struct gd_error *err)
{
    struct gd_listed *listed = NULL;
    size_t count = 0;
    const char *cluster = NULL;
    GD_TRY(gd_cli_cluster(verify->config, false, verify->arena,
                          gd_progress_events(verify->progress), &cluster, err));
    GD_TRY(gd_snapshot_list(verify->store, cluster, verify->arena, &listed, &count, err));
    verify->items = gd_arena_zalloc(verify->arena, count + 1, sizeof *verify->items);
    for (size_t i = 0; i < count; i++) {
        bool newest = true;
        for (size_t j = i + 1; j < count && newest; j++)
            newest = listed[j].unfinished || strcmp(listed[i].cluster, listed[j].cluster) != 0;
        if (!listed[i].unfinished && (all || newest))
            add(verify, listed[i].cluster, listed[i].id);
    }
    if (verify->count == 0)
        return gd_hint(
            err,
            gd_fail(err, GD_USAGE, "there is no snapshot in \"%s\"", gd_store_url(verify->store)),
            "Take one with guardian snapshot, or name another store with --store.");
    return GD_DONE;
}

GD_MUST static struct gd_status choose(struct verify *verify, int argc, char **argv,
                                       struct gd_error *err)
{
    if (argc == 0 || strcmp(argv[0], "latest") == 0)
        return choose_listed(verify, verify->config->all, err);
    verify->items = gd_arena_zalloc(verify->arena, 1, sizeof *verify->items);
    add(verify, NULL, argv[0]);
    uint64_t base = 0;
    const char *id = argv[0];
    GD_TRY(gd_cli_find_base(verify->store, argv[0], verify->arena, &base, &id, err));
    verify->items[0].base = base;
    verify->items[0].id = id;
    return GD_DONE;
}

/* --- verifying --- */

GD_MUST static struct gd_status verify_base(struct verify *verify, struct gd_verified *item,
                                            const struct gd_proof **out_proof, struct gd_error *err)
{
    struct gd_base *base = NULL;
    struct gd_recover_options recover;
    if (verify->config->drill) {
        GD_TRY(gd_cli_recover_options(verify->config, verify->store, verify->options.key,
                                      verify->arena, &verify->events, &recover, err));
        return gd_prove_base_drill(&verify->options, &recover, item->base, item->id, verify->arena,
                                   &base, out_proof, &item->outcome, err);
    }
    return gd_prove_base(&verify->options, item->base, item->id, verify->arena, &base, out_proof,
                         &item->outcome, err);
}

static void verify_one(struct verify *verify, struct gd_verified *item)
{
    const struct gd_proof *proof = NULL;
    struct gd_error err = {0};
    gd_damages_begin(&verify->damages);
    if (item->base != 0)
        item->status = verify_base(verify, item, &proof, &err);
    else
        item->status = (verify->config->drill ? gd_prove_drill : gd_prove_digest)(
            &verify->options, item->cluster, item->id, verify->arena, &proof, &item->outcome, &err);
    gd_damages_end(&verify->damages, item, verify->arena);
    if (item->status.code != GD_OK) {
        struct gd_error *kept = gd_arena_alloc(verify->arena, sizeof *kept);
        *kept = err;
        item->err = kept;
        return;
    }
    assert(proof != NULL);
    item->kind = gd_proof_kind(proof);
    item->id = gd_proof_snapshot(proof);
    item->recorded = !verify->options.no_record;
}

/* Damage weighs most; then the first failure. */
static const struct gd_verified *worst_of(const struct verify *verify)
{
    const struct gd_verified *worst = NULL;
    for (size_t i = 0; i < verify->count; i++) {
        const struct gd_verified *item = &verify->items[i];
        if (item->status.code == GD_CORRUPT)
            return item;
        if (item->status.code != GD_OK && worst == NULL)
            worst = item;
    }
    return worst;
}

static void fill_options(struct verify *verify, const struct gd_key *key)
{
    const struct gd_config *config = verify->config;
    verify->scratch = (struct gd_pg_options){.target = config->scratch};
    verify->options = (struct gd_prove_options){
        .store = verify->store,
        .key = key,
        .workers = (unsigned)config->workers,
        .remember_s = (uint32_t)(config->remember_ms / 1000),
        .no_record = config->no_record,
        .events = &verify->events,
        .scratch = *config->scratch == '\0' ? NULL : &verify->scratch,
        .pg_bin = gd_text_or_null(config->pg_bin),
    };
}

GD_MUST static struct gd_status run(struct verify *verify, int argc, char **argv,
                                    struct gd_error *err)
{
    const struct gd_events *events = gd_progress_events(verify->progress);
    gd_auto_key key = NULL;
    GD_TRY(gd_cli_key(verify->config, verify->arena, events, &key, err));
    GD_TRY(gd_cli_store_to_read(verify->config, verify->arena, events, &verify->store, err));
    GD_TRY(choose(verify, argc, argv, err));
    fill_options(verify, key);
    for (size_t i = 0; i < verify->count; i++) {
        GD_TRY(gd_interrupt_check(err));
        verify_one(verify, &verify->items[i]);
        gd_progress_end(verify->progress, verify->items[i].status);
    }
    return GD_DONE;
}

GD_MUST static struct gd_status show(const struct verify *verify, struct gd_error *err)
{
    struct gd_verify_view view = {
        .store = gd_store_url(verify->store), .items = verify->items, .count = verify->count};
    if (verify->config->json)
        return gd_report_verify_json(&view, gd_progress_warnings(verify->progress), err);
    struct gd_screen screen = gd_screen_of(
        stdout, gd_config_use_color(verify->config, STDOUT_FILENO), verify->config->verbose);
    gd_report_verify_text(&view, &screen, verify->arena);
    return GD_DONE;
}

/* One word on the end of it. A damage stands in the report already: here is only what it means. */
static int end(const struct verify *verify, struct gd_error *err)
{
    const struct gd_verified *worst = worst_of(verify);
    if (worst == NULL)
        return gd_cli_end(0);
    *err = *worst->err;
    if (worst->status.code == GD_CORRUPT && worst->damage_count > 0)
        (void)gd_hint(err,
                      gd_fail(err, GD_CORRUPT, "%s \"%s\" is damaged: %zu object%s",
                              worst->base == 0 ? "snapshot" : "base backup", worst->id,
                              worst->damage_count, worst->damage_count == 1 ? "" : "s"),
                      "Take a new one now, while the database is there; guardian list shows "
                      "older ones.")
            .code;
    return gd_cli_fail(err);
}

int gd_cmd_verify(const struct gd_config *config, int argc, char **argv)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    if (check_request(config, argc, &err).code != GD_OK)
        return gd_cli_fail(&err);
    gd_auto_progress progress = gd_progress_new(config);
    struct verify verify = {.config = config, .arena = arena, .progress = progress};
    gd_damages_init(&verify.damages, gd_progress_events(progress), &verify.events);
    struct gd_status status = run(&verify, argc, argv, &err);
    gd_progress_end(progress, status);
    if (status.code == GD_OK)
        status = show(&verify, &err);
    int exit_status = status.code == GD_OK ? end(&verify, &err) : gd_cli_fail(&err);
    gd_damages_done(&verify.damages);
    gd_store_close(verify.store);
    return exit_status;
}
