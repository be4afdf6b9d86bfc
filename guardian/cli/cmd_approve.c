/*
 * guardian approve: write down that exactly these texts were read and found good.
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
#include "guardian/cli/report_screen.h"
#include "guardian/cli/report_shelf.h"
#include "guardian/cli/stores.h"
#include "guardian/guard/change.h"
#include "guardian/journal/approval.h"
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

/* ---- the answer ---- */

static void print_text(const struct approving *approving)
{
    struct gd_arena *arena = approving->arena;
    struct gd_screen screen =
        gd_screen_of(stdout, gd_config_use_color(approving->config, STDOUT_FILENO), false);
    for (size_t i = 0; i < approving->report->file_count; i++) {
        const struct gd_judged_file *file = approving->report->files[i];
        const struct gd_approval *approval = &approving->approvals[i];
        gd_screen_put(&screen, GD_INK_GREEN, "APPROVED");
        gd_screen_put(&screen, GD_INK_PLAIN,
                      gd_arena_printf(arena, "  %s (%s, %" PRIu64 " statements)", file->path,
                                      gd_class_name(file->class), file->statements));
        gd_screen_end_line(&screen);
        gd_screen_row(&screen, "text", GD_INK_PLAIN, approval->sha256);
        gd_screen_row(&screen, "by", GD_INK_PLAIN,
                      gd_arena_printf(arena, "%s on %s", approval->who, approval->host));
        gd_screen_row(&screen, "until", GD_INK_PLAIN,
                      approval->expires_us == 0 ? "the text changes"
                                                : gd_shelf_time(approval->expires_us, true, arena));
    }
}

static struct gd_status print_json(const struct approving *approving, struct gd_progress *progress,
                                   struct gd_error *err)
{
    struct gd_json *document = gd_json_object(), *list = gd_json_list();
    for (size_t i = 0; i < approving->report->file_count; i++) {
        struct gd_json *one = gd_json_object();
        const struct gd_approval *approval = &approving->approvals[i];
        gd_json_put(one, "id", gd_json_new_text(approval->id));
        gd_json_put(one, "path", gd_json_new_text(approval->path));
        gd_json_put(one, "sha256", gd_json_new_text(approval->sha256));
        gd_json_put(one, "class",
                    gd_json_new_text(gd_class_name(approving->report->files[i]->class)));
        gd_json_put(one, "who", gd_json_new_text(approval->who));
        gd_json_put(one, "time", gd_json_new_time(approval->time_us));
        gd_json_put(one, "expires", gd_json_new_time(approval->expires_us));
        gd_json_push(list, one);
    }
    gd_json_put(document, "approved", list);
    gd_json_put(document, "warnings", gd_progress_warnings(progress));
    struct gd_status status = gd_json_write(document, stdout, 1, err);
    gd_json_free(document);
    return status;
}

static struct gd_status approve(const struct gd_config *config, int argc, char **argv,
                                struct gd_progress *progress, struct gd_arena *arena,
                                struct gd_error *err)
{
    struct approving approving = {.config = config, .arena = arena};
    gd_auto_store store = NULL;
    GD_TRY(read_files(&approving, argc, argv, err));
    GD_TRY(gd_cli_store(config, arena, gd_progress_events(progress), &store, err));
    GD_TRY(put_all(&approving, store, err));
    gd_progress_end(progress, GD_DONE);
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
