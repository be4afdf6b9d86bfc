/*
 * Public: the doors of libguardian (include/guardian/classify.h) to the stages behind them.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "guardian/base/arena.h"
#include "guardian/classify.h"
#include "guardian/classify/rule.h"
#include "guardian/guard/change.h"

struct gd_classification {
    struct gd_arena *arena;
    struct gd_change change;
    size_t count;
};

static int put_error(const struct gd_error *err, char out_error[GD_CLASSIFICATION_ERROR_SIZE])
{
    snprintf(out_error, GD_CLASSIFICATION_ERROR_SIZE, "%s%s%s", err->text,
             err->hint[0] == '\0' ? "" : "; ", err->hint);
    return gd_exit_status(err->code);
}

static GD_MUST struct gd_status read_change(const struct gd_script_text *scripts,
                                            size_t script_count,
                                            const struct gd_classification_options *options,
                                            struct gd_classification *classification,
                                            struct gd_error *err)
{
    struct gd_input *inputs =
        gd_arena_zalloc(classification->arena, script_count + 1, sizeof *inputs);
    for (size_t i = 0; i < script_count; i++)
        inputs[i] = (struct gd_input){
            .path = scripts[i].path, .text = scripts[i].text, .size = scripts[i].size};
    struct gd_change_options reading = {0};
    if (options != NULL)
        reading = (struct gd_change_options){
            .database = options->database,
            .lock_ms = options->lock_timeout_ms,
            .check_ms = options->check_timeout_ms,
            .statement_bytes_max = options->statement_bytes_max,
        };
    return gd_change_read(inputs, script_count, &reading, classification->arena,
                          &classification->change, err);
}

int gd_classification_new(const struct gd_script_text *scripts, size_t script_count,
                          const struct gd_classification_options *options,
                          struct gd_classification **out_classification,
                          char out_error[GD_CLASSIFICATION_ERROR_SIZE])
{
    struct gd_error err = {0};
    struct gd_classification *classification = calloc(1, sizeof *classification);
    if (classification == NULL) {
        (void)gd_fail(&err, GD_SYSTEM, "could not classify: out of memory").code;
        return put_error(&err, out_error);
    }
    classification->arena = gd_arena_new();
    if (read_change(scripts, script_count, options, classification, &err).code != GD_OK) {
        gd_classification_free(classification);
        return put_error(&err, out_error);
    }
    const struct gd_report *report = classification->change.report;
    for (size_t i = 0; i < report->file_count; i++)
        classification->count += report->files[i]->entry_count;
    *out_classification = classification;
    return 0;
}

void gd_classification_free(struct gd_classification *classification)
{
    if (classification == NULL)
        return;
    gd_arena_free(classification->arena);
    free(classification);
}

const char *gd_classification_class(const struct gd_classification *classification)
{
    return gd_class_name(classification->change.report->class);
}

const char *gd_classification_loses(const struct gd_classification *classification)
{
    return gd_loss_name(classification->change.report->loses);
}

size_t gd_classification_count(const struct gd_classification *classification)
{
    return classification->count;
}

static const char *or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

static void fill(const struct gd_judged_file *file, const struct gd_judged *judged,
                 struct gd_classified_statement *out)
{
    const struct gd_verdict *verdict = &judged->verdict;
    *out = (struct gd_classified_statement){
        .path = file->path,
        .line = judged->line,
        .column = judged->column,
        .repeated = judged->repeated,
        .text = judged->text,
        .class_name = gd_class_name(verdict->class),
        .loses = gd_loss_name(verdict->loses),
        .scope = gd_scope_name(verdict->scope),
        .rule = verdict->lead->rule->id,
        .object = or_empty(verdict->lead->object),
        .reason = or_empty(verdict->lead->reason),
        .instead = or_empty(verdict->lead->instead),
        .lock = gd_lock_name(verdict->lock),
        .rewrites = verdict->rewrite,
        .scans = verdict->scan,
        .in_transaction = verdict->transaction,
        .rerun = gd_rerun_name(verdict->rerun),
    };
}

void gd_classification_statement(const struct gd_classification *classification, size_t index,
                                 struct gd_classified_statement *out_statement)
{
    assert(index < classification->count);
    const struct gd_report *report = classification->change.report;
    size_t file = 0;
    while (index >= report->files[file]->entry_count)
        index -= report->files[file++]->entry_count;
    fill(report->files[file], report->files[file]->entries[index], out_statement);
}
