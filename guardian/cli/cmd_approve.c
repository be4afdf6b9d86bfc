/*
 * guardian approve: write down that exactly these texts were read and found good; with --list, who
 * found what good; with --revoke, that it is not any more.
 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/whoami.h"
#include "guardian/cli/cmd.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/input.h"
#include "guardian/cli/progress.h"
#include "guardian/cli/report_approval.h"
#include "guardian/cli/stores.h"
#include "guardian/guard/change.h"
#include "guardian/version.h"

struct approving {
    const struct gd_config *config;
    struct gd_arena *arena;
    const struct gd_report *report;
    struct gd_approval *approvals; /* one for each of its files */
};

/* What cannot be read cannot have been read. */
static struct gd_status check_file(const struct gd_judged_file *file, struct gd_error *err)
{
    if (file->statements > 0)
        return GD_DONE;
    return gd_fail(err, GD_USAGE, "there is no statement in \"%s\" to be approved", file->path);
}

static struct gd_status read_files(struct approving *approving, int argc, char **argv,
                                   struct gd_error *err)
{
    struct gd_input *inputs = NULL;
    size_t count = 0;
    struct gd_change change;
    struct gd_change_options options = {.statement_bytes_max =
                                            (size_t)approving->config->statement_size_max};
    GD_TRY(gd_inputs_of(argc, argv, approving->arena, &inputs, &count, err));
    GD_TRY(gd_change_read(inputs, count, &options, approving->arena, &change, err));
    for (size_t i = 0; i < change.report->file_count; i++)
        GD_TRY(check_file(change.report->files[i], err));
    approving->report = change.report;
    return GD_DONE;
}

static struct gd_status put_all(struct approving *approving, struct gd_store *store,
                                struct gd_error *err)
{
    const struct gd_report *report = approving->report;
    struct gd_arena *arena = approving->arena;
    uint64_t lasts_ms = approving->config->expires_ms;
    approving->approvals = gd_arena_zalloc(arena, report->file_count, sizeof *approving->approvals);
    for (size_t i = 0; i < report->file_count; i++) {
        struct gd_approval *approval = &approving->approvals[i];
        *approval = (struct gd_approval){
            .sha256 = report->files[i]->hash,
            .who = gd_whoami(arena),
            .host = gd_hostname(arena),
            .path = report->files[i]->path,
            .reason = approving->config->reason,
            .version = gd_version(),
            .expires_us = lasts_ms == 0 ? 0 : gd_clock_now_us() + (int64_t)lasts_ms * 1000};
        GD_TRY(gd_approval_put(store, approval, arena, err));
    }
    return GD_DONE;
}

/* ---- what there is ---- */

/* Of the files that were named, and of each statement in them; without a file, all. */
static struct gd_status read_approvals(struct approving *approving, struct gd_store *store,
                                       int argc, char **argv, struct gd_approvals *out_found,
                                       struct gd_error *err)
{
    struct gd_texts hashes = {0};
    if (argc == 0)
        return gd_approvals_list(store, gd_clock_now_us(), approving->arena, out_found, err);
    GD_TRY(read_files(approving, argc, argv, err));
    for (size_t i = 0; i < approving->report->file_count; i++) {
        const struct gd_judged_file *file = approving->report->files[i];
        gd_texts_add(&hashes, file->hash, approving->arena);
        for (size_t e = 0; e < file->entry_count; e++)
            gd_texts_add(&hashes, file->entries[e]->hash, approving->arena);
    }
    return gd_approvals_read(store, &hashes, gd_clock_now_us(), approving->arena, out_found, err);
}

/* All are found before the first is written. One that is revoked already is as it was asked for. */
static struct gd_status revoke_all(struct approving *approving, struct gd_store *store,
                                   struct gd_approvals *out_revoked, struct gd_error *err)
{
    const struct gd_config *config = approving->config;
    struct gd_arena *arena = approving->arena;
    struct gd_approvals all;
    struct gd_revocation revocation = {.who = gd_whoami(arena),
                                       .host = gd_hostname(arena),
                                       .reason = config->reason,
                                       .version = gd_version()};
    size_t count = config->revoke.count;
    struct gd_approval **named = gd_arena_zalloc(arena, count, sizeof *named);
    *out_revoked =
        (struct gd_approvals){gd_arena_zalloc(arena, count, sizeof *all.items), 0, count};
    GD_TRY(gd_approvals_list(store, gd_clock_now_us(), arena, &all, err));
    for (size_t i = 0; i < count; i++)
        GD_TRY(gd_approvals_find(&all, config->revoke.items[i], &named[i], err));
    for (size_t i = 0; i < count; i++) {
        if (named[i]->state != GD_APPROVAL_REVOKED)
            GD_TRY(gd_approval_revoke(store, named[i], &revocation, arena, err));
        out_revoked->items[out_revoked->count++] = *named[i];
    }
    return GD_DONE;
}

/* ---- the answer ---- */

static struct gd_screen screen_of(const struct gd_config *config)
{
    return gd_screen_of(stdout, gd_config_use_color(config, STDOUT_FILENO), config->verbose);
}

static void print_text(const struct approving *approving)
{
    struct gd_arena *arena = approving->arena;
    struct gd_screen screen = screen_of(approving->config);
    for (size_t i = 0; i < approving->report->file_count; i++) {
        const struct gd_judged_file *file = approving->report->files[i];
        const char *about =
            gd_arena_printf(arena, "%s, %" PRIu64 " statement%s", gd_class_name(file->class),
                            file->statements, file->statements == 1 ? "" : "s");
        gd_report_approval(&approving->approvals[i], about, &screen, arena);
    }
}

static struct gd_status write_json(const char *key, struct gd_json *take_list,
                                   struct gd_progress *progress, struct gd_error *err)
{
    struct gd_json *document = gd_json_object();
    gd_json_put(document, key, take_list);
    gd_json_put(document, "warnings", gd_progress_warnings(progress));
    struct gd_status status = gd_json_write(document, stdout, 1, err);
    gd_json_free(document);
    return status;
}

static struct gd_status print_json(const struct approving *approving, struct gd_progress *progress,
                                   struct gd_error *err)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < approving->report->file_count; i++) {
        struct gd_json *one = gd_report_approval_json(&approving->approvals[i]);
        gd_json_put_text(one, "class", gd_class_name(approving->report->files[i]->class));
        gd_json_push(list, one);
    }
    return write_json("approved", list, progress, err);
}

static struct gd_status print_found(const struct approving *approving, const char *key,
                                    const struct gd_approvals *found, const char *store,
                                    struct gd_progress *progress, struct gd_error *err)
{
    const struct gd_config *config = approving->config;
    struct gd_screen screen = screen_of(config);
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < found->count; i++)
        gd_json_push(list, gd_report_approval_json(&found->items[i]));
    if (config->json)
        return write_json(key, list, progress, err);
    gd_json_free(list);
    screen.verbose = screen.verbose || !config->list;
    gd_report_approvals(found, store, &screen, approving->arena);
    return GD_DONE;
}

/* ---- the three of them ---- */

static struct gd_status check_request(const struct gd_config *config, int argc,
                                      struct gd_error *err)
{
    bool revokes = config->revoke.count > 0;
    if (revokes && config->list)
        return gd_fail(err, GD_USAGE, "--list and --revoke do not go together");
    if (revokes && argc > 0)
        return gd_hint(err, gd_fail(err, GD_USAGE, "--revoke takes ids of approvals, and no file"),
                       "guardian approve --list FILE shows the ids.");
    if (argc == 0 && !revokes && !config->list)
        return gd_hint(err, gd_fail(err, GD_USAGE, "approve takes the files that you have read"),
                       "--list shows what was approved, --revoke takes an approval back.");
    return GD_DONE;
}

static struct gd_status approve(const struct gd_config *config, int argc, char **argv,
                                struct gd_progress *progress, struct gd_arena *arena,
                                struct gd_error *err)
{
    struct approving approving = {.config = config, .arena = arena};
    const struct gd_events *events = gd_progress_events(progress);
    struct gd_approvals found = {0};
    gd_auto_store store = NULL;
    bool reads = config->list || config->revoke.count > 0;
    GD_TRY(check_request(config, argc, err));
    if (!reads)
        GD_TRY(read_files(&approving, argc, argv, err));
    GD_TRY(reads ? gd_cli_store_to_read(config, arena, events, &store, err)
                 : gd_cli_store(config, arena, events, &store, err));
    if (config->list)
        GD_TRY(read_approvals(&approving, store, argc, argv, &found, err));
    else if (reads)
        GD_TRY(revoke_all(&approving, store, &found, err));
    else
        GD_TRY(put_all(&approving, store, err));
    gd_progress_end(progress, GD_DONE);
    if (reads)
        return print_found(&approving, config->list ? "approvals" : "revoked", &found,
                           gd_store_url(store), progress, err);
    if (config->json)
        return print_json(&approving, progress, err);
    print_text(&approving);
    return GD_DONE;
}

int gd_cmd_approve(const struct gd_config *config, int argc, char **argv)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_progress progress = gd_progress_new(config);
    struct gd_error err = {0};
    struct gd_status status = approve(config, argc, argv, progress, arena, &err);
    gd_progress_end(progress, status);
    return status.code == GD_OK ? gd_cli_end(0) : gd_cli_fail(&err);
}
