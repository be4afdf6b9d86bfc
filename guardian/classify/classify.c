/*
 * Classify: see classify.h.
 */
#include "guardian/classify/classify.h"

#include <stdlib.h>
#include <string.h>

#include "guardian/classify/input.h"
#include "guardian/classify/judge.h"
#include "guardian/classify/pairs.h"
#include "guardian/classify/swap.h"
#include "guardian/io/digest.h"
#include "guardian/sql/parse.h"

enum { TEXT_MAX = 4096, ENTRIES_DEFAULT = 1000 };

struct run {
    struct gd_arena *arena;
    const struct gd_classify_options *options;
    size_t entries_max;
    struct gd_state *state;
    struct gd_judge *judge;
    struct gd_swaps *swaps;
    struct gd_pairs *pairs;
    struct gd_judged_file *file;
    size_t entry_capacity;
};

static const char *shortened(const char *text, size_t size, struct gd_arena *arena)
{
    if (size <= TEXT_MAX)
        return gd_arena_strndup(arena, text, size);
    size_t cut = TEXT_MAX;
    while (cut > 0 && ((unsigned char)text[cut] & 0xC0) == 0x80)
        cut--;
    return gd_arena_printf(arena, "%.*s…", (int)cut, text);
}

static void add_entry(struct run *run, struct gd_judged *entry)
{
    struct gd_judged_file *file = run->file;
    if (file->entry_count == run->entry_capacity) {
        size_t wider = run->entry_capacity == 0 ? 16 : run->entry_capacity * 2;
        struct gd_judged **entries = gd_arena_zalloc(run->arena, wider, sizeof *entries);
        if (file->entry_count > 0)
            memcpy(entries, file->entries, file->entry_count * sizeof *entries);
        file->entries = entries;
        run->entry_capacity = wider;
    }
    file->entries[file->entry_count++] = entry;
}

static bool same_texts(const struct gd_texts *left, const struct gd_texts *right)
{
    if (left->count != right->count)
        return false;
    for (size_t i = 0; i < left->count; i++)
        if (strcmp(left->items[i], right->items[i]) != 0)
            return false;
    return true;
}

/* Could a reader not tell the two apart but for their text? Only harmless ones are folded. */
static bool is_alike(const struct gd_judged *left, const struct gd_judged *right)
{
    const struct gd_verdict *a = &left->verdict, *b = &right->verdict;
    if (a->class > GD_CLASS_ADDITIVE || a->class != b->class || a->loses != b->loses ||
        a->finding_count != b->finding_count || left->comment != NULL || right->comment != NULL ||
        left->held || right->held || left->in_block != right->in_block)
        return false;
    for (size_t i = 0; i < a->finding_count; i++)
        if (a->findings[i]->rule != b->findings[i]->rule ||
            strcmp(a->findings[i]->object, b->findings[i]->object) != 0 ||
            a->findings[i]->check_count > 0 ||
            !same_texts(&a->findings[i]->tables, &b->findings[i]->tables))
            return false;
    return true;
}

/* The file's summary takes every statement, folded or not. */
static void sum_up(struct run *run, const struct gd_judged *entry)
{
    struct gd_judged_file *file = run->file;
    file->statements++;
    file->transaction = file->transaction && entry->verdict.transaction;
    file->rerun_safe = file->rerun_safe && (entry->verdict.rerun == GD_RERUN_OK ||
                                            entry->verdict.rerun == GD_RERUN_SKIPS);
    for (size_t i = 0; i < entry->verdict.finding_count; i++)
        if (strcmp(entry->verdict.findings[i]->rule->id, "Z013") == 0)
            file->split_needed = true;
}

/* ADD VALUE may be moved to the front unless this script makes or renames the type before it. */
static void note_added_value(struct gd_judged *entry, const struct gd_look *look,
                             const struct gd_node *statement)
{
    if (gd_node_kind(statement) != GD_KIND_AlterEnumStmt ||
        gd_node_text(statement, GD_F_old_val)[0] != '\0')
        return;
    struct gd_type_target type = gd_look_type(look, gd_name_of_list(statement, GD_F_type_name));
    const struct gd_thing *thing =
        gd_state_find(look->state, "type", type.name.schema, type.name.name);
    entry->adds_value_to = type.qualified;
    entry->value_can_go_first = !type.fresh && (thing == NULL || thing->type == NULL);
}

static struct gd_judged *entry_of(struct run *run, const struct gd_stmt *stmt)
{
    struct gd_judged *entry = gd_arena_zalloc(run->arena, 1, sizeof *entry);
    entry->line = stmt->line;
    entry->column = stmt->column;
    entry->end_line = stmt->end_line;
    entry->offset = stmt->offset;
    entry->text = shortened(stmt->text, stmt->size, run->arena);
    entry->comment = stmt->comment == NULL ? NULL : gd_arena_strdup(run->arena, stmt->comment);
    entry->repeated = 1;
    entry->kind = gd_node_kind(stmt->tree);
    entry->form = entry->kind == GD_KIND_TransactionStmt ? gd_node_enum(stmt->tree, GD_F_kind) : "";
    entry->unread = stmt->tree == NULL;
    entry->in_block = gd_state_in_block(run->state);
    gd_digest_of(stmt->text, stmt->size, entry->hash);
    return entry;
}

static struct gd_status judge_one(const struct gd_stmt *stmt, struct gd_arena *scratch,
                                  void *context, struct gd_error *err)
{
    (void)scratch;
    (void)err;
    struct run *run = context;
    struct gd_arena_mark mark = gd_arena_mark(run->arena);
    struct gd_judged *entry = entry_of(run, stmt);
    struct gd_look look = gd_judge_look(run->judge, stmt->tree, stmt->tree);
    if (stmt->tree != NULL) {
        gd_swaps_note(run->swaps, &look, stmt->tree, entry);
        gd_pairs_note(run->pairs, &look, stmt->tree, entry);
        note_added_value(entry, &look, stmt->tree);
    }
    entry->verdict = gd_judge_script_statement(run->judge, stmt);
    sum_up(run, entry);
    struct gd_judged_file *file = run->file;
    struct gd_judged *last = file->entry_count == 0 ? NULL : file->entries[file->entry_count - 1];
    if (last != NULL && file->entry_count >= run->entries_max && is_alike(last, entry)) {
        last->repeated++;
        last->end_line = entry->end_line;
        gd_arena_rewind(run->arena, mark);
        return GD_DONE;
    }
    add_entry(run, entry);
    return GD_DONE;
}

/* The worst of all statements, and every table that is at stake. */
static void close_file(struct run *run)
{
    struct gd_judged_file *file = run->file;
    for (size_t i = 0; i < file->entry_count; i++) {
        const struct gd_verdict *verdict = &file->entries[i]->verdict;
        file->class = verdict->class > file->class ? verdict->class : file->class;
        file->loses = verdict->loses > file->loses ? verdict->loses : file->loses;
        file->scope = verdict->scope > file->scope ? verdict->scope : file->scope;
        for (size_t f = 0; f < verdict->finding_count; f++)
            for (size_t t = 0; t < verdict->findings[f]->tables.count; t++)
                gd_texts_add(&file->tables, verdict->findings[f]->tables.items[t], run->arena);
    }
}

static GD_MUST struct gd_status classify_file(struct run *run, const struct gd_input *input,
                                              struct gd_error *err)
{
    run->file->path = gd_arena_strdup(run->arena, input->path);
    run->file->transaction = run->file->rerun_safe = true;
    run->entry_capacity = 0;
    run->swaps = gd_swaps_new();
    run->pairs = gd_pairs_new();
    struct gd_status status = gd_input_each(input, run->options->statement_bytes_max, judge_one,
                                            run, run->file->hash, &run->file->bytes, err);
    if (status.code == GD_OK) {
        gd_swaps_close(run->swaps, run->arena);
        gd_pairs_close(run->pairs, run->arena);
        close_file(run);
    }
    gd_swaps_free(run->swaps);
    gd_pairs_free(run->pairs);
    run->swaps = NULL;
    run->pairs = NULL;
    return status;
}

struct classify_call {
    const struct gd_input *inputs;
    size_t input_count;
    const struct gd_classify_options *options;
    struct gd_arena *arena;
    struct gd_report *report;
};

static GD_MUST struct gd_status classify_files(struct run *run, const struct classify_call *call,
                                               struct gd_error *err)
{
    struct gd_report *report = call->report;
    report->files = gd_arena_zalloc(call->arena, call->input_count + 1, sizeof *report->files);
    for (size_t i = 0; i < call->input_count; i++) {
        run->file = gd_arena_zalloc(call->arena, 1, sizeof *run->file);
        report->files[report->file_count++] = run->file;
        GD_TRY(classify_file(run, &call->inputs[i], err));
        report->class = run->file->class > report->class ? run->file->class : report->class;
        report->loses = run->file->loses > report->loses ? run->file->loses : report->loses;
        report->scope = run->file->scope > report->scope ? run->file->scope : report->scope;
    }
    return GD_DONE;
}

static struct gd_status classify_deep(void *context, struct gd_error *err)
{
    struct classify_call *call = context;
    struct run run = {
        .arena = call->arena,
        .options = call->options,
        .entries_max =
            call->options->entries_max == 0 ? ENTRIES_DEFAULT : call->options->entries_max,
        .state = gd_state_new(call->options->survey),
    };
    run.judge = gd_judge_new(call->arena, run.state, call->options->survey);
    struct gd_status status = classify_files(&run, call, err);
    gd_judge_free(run.judge);
    gd_state_free(run.state);
    return status;
}

struct gd_status gd_classify(const struct gd_input *inputs, size_t input_count,
                             const struct gd_classify_options *options, struct gd_arena *arena,
                             struct gd_report **out_report, struct gd_error *err)
{
    static const struct gd_classify_options defaults = {0};
    struct classify_call call = {inputs, input_count, options == NULL ? &defaults : options, arena,
                                 gd_arena_zalloc(arena, 1, sizeof *call.report)};
    const struct gd_survey *survey = call.options->survey;
    call.report->grammar = gd_grammar_version();
    call.report->server = survey == NULL ? NULL : survey->server_text;
    call.report->database = survey == NULL ? NULL : survey->database;
    GD_TRY(gd_deep_call(classify_deep, &call, err));
    *out_report = call.report;
    return GD_DONE;
}
