#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "guardian/classify/input.h"
#include "guardian/guard/apply_own.h"
#include "guardian/io/digest.h"
#include "guardian/sql/parse.h"

/* ---- one statement ---- */

static enum gd_walk find_setter(const struct gd_node *node, const struct gd_node *parent,
                                void *context)
{
    (void)parent;
    if (gd_node_kind(node) == GD_KIND_FuncCall &&
        strcasecmp(gd_node_name_last(node, GD_F_funcname), "set_config") == 0)
        *(bool *)context = true;
    return GD_WALK_INTO;
}

static uint32_t flags_of_transaction(const struct gd_node *tree)
{
    const char *form = gd_node_enum(tree, GD_F_kind);
    if (strcmp(form, "TRANS_STMT_BEGIN") == 0 || strcmp(form, "TRANS_STMT_START") == 0)
        return GD_APPLY_BEGINS;
    if (strcmp(form, "TRANS_STMT_COMMIT") == 0 || strcmp(form, "TRANS_STMT_ROLLBACK") == 0)
        return GD_APPLY_ENDS;
    return 0;
}

static uint32_t flags_of_setting(const struct gd_node *tree)
{
    if (gd_node_enum_is(tree, GD_F_kind, "VAR_SET_MULTI"))
        return GD_APPLY_SETS_TRANSACTION;
    if (gd_node_enum_is(tree, GD_F_kind, "VAR_RESET_ALL"))
        return GD_APPLY_RESETS | GD_APPLY_SETS;
    return gd_node_flag(tree, GD_F_is_local) ? GD_APPLY_MAY_SET : GD_APPLY_SETS;
}

static uint32_t flags_of_call(const struct gd_node *tree)
{
    bool sets = false;
    (void)gd_node_walk(tree, find_setter, &sets);
    return sets ? GD_APPLY_SETS : 0;
}

/* A REINDEX or VACUUM has its CONCURRENTLY or FULL among its options. */
static bool has_option(const struct gd_node *tree, const char *name)
{
    for (size_t i = 0; i < gd_node_count(tree, GD_F_params); i++)
        if (strcmp(gd_node_text(gd_node_at(tree, GD_F_params, i), GD_F_defname), name) == 0)
            return true;
    return false;
}

static bool gives_rows(const struct gd_node *tree)
{
    switch (gd_node_kind(tree)) {
    case GD_KIND_NONE:
    case GD_KIND_SelectStmt:
    case GD_KIND_ExecuteStmt:
    case GD_KIND_ExplainStmt:
    case GD_KIND_FetchStmt:
        return true;
    default:
        return gd_node_count(tree, GD_F_returning_list) > 0;
    }
}

static uint32_t flags_of(const struct gd_node *tree)
{
    switch (gd_node_kind(tree)) {
    case GD_KIND_TransactionStmt:
        return flags_of_transaction(tree);
    case GD_KIND_VariableSetStmt:
        return flags_of_setting(tree);
    case GD_KIND_DiscardStmt:
        return GD_APPLY_RESETS | GD_APPLY_MAY_SET;
    case GD_KIND_DoStmt:
    case GD_KIND_CallStmt:
    case GD_KIND_ExecuteStmt:
    case GD_KIND_NONE:
        return GD_APPLY_MAY_SET;
    case GD_KIND_SelectStmt:
        return flags_of_call(tree);
    case GD_KIND_IndexStmt:
        return GD_APPLY_INDEXES | (gd_node_flag(tree, GD_F_concurrent) ? GD_APPLY_CONCURRENT : 0u);
    case GD_KIND_ReindexStmt:
        return GD_APPLY_INDEXES | (has_option(tree, "concurrently") ? GD_APPLY_CONCURRENT : 0u);
    case GD_KIND_DropStmt:
        return gd_node_flag(tree, GD_F_concurrent) ? GD_APPLY_CONCURRENT : 0u;
    case GD_KIND_RefreshMatViewStmt:
        return GD_APPLY_CLUSTERS;
    case GD_KIND_AlterTableStmt:
        return GD_APPLY_INDEXES;
    case GD_KIND_VacuumStmt:
        return has_option(tree, "full") ? GD_APPLY_CLUSTERS : GD_APPLY_VACUUMS;
    case GD_KIND_ClusterStmt:
        return GD_APPLY_CLUSTERS;
    case GD_KIND_CopyStmt:
        return GD_APPLY_COPIES;
    default:
        return 0;
    }
}

/* ---- one file ---- */

struct reading {
    struct gd_applier *applier;
    struct gd_apply_text *text;
};

GD_MUST static struct gd_status refuse_form(const struct gd_apply_text *text,
                                            const struct gd_stmt *stmt, struct gd_error *err)
{
    const char *path = text->file->file->path;
    if (gd_node_kind(stmt->tree) != GD_KIND_TransactionStmt)
        return GD_DONE;
    if (gd_node_enum_is(stmt->tree, GD_F_kind, "TRANS_STMT_PREPARE"))
        return gd_hint(
            err,
            gd_fail(err, GD_USAGE,
                    "%s:%u: PREPARE TRANSACTION would leave the change neither in nor out", path,
                    stmt->line),
            "Write COMMIT instead.");
    if (gd_node_flag(stmt->tree, GD_F_chain))
        return gd_hint(err,
                       gd_fail(err, GD_USAGE, "%s:%u: AND CHAIN hides where a transaction begins",
                               path, stmt->line),
                       "Write COMMIT; and then BEGIN; of its own.");
    return GD_DONE;
}

static struct gd_status keep_stmt(const struct gd_stmt *stmt, struct gd_arena *scratch,
                                  void *context, struct gd_error *err)
{
    (void)scratch;
    struct reading *reading = context;
    struct gd_apply_text *text = reading->text;
    GD_TRY(refuse_form(text, stmt, err));
    if (text->count == text->capacity) {
        text->capacity = text->capacity == 0 ? 64 : text->capacity * 2;
        text->stmts = realloc(text->stmts, text->capacity * sizeof *text->stmts);
        if (text->stmts == NULL)
            abort();
    }
    text->stmts[text->count++] = (struct gd_apply_stmt){
        .offset = stmt->offset,
        .size = stmt->size,
        .line = stmt->line,
        .column = stmt->column,
        .flags = flags_of(stmt->tree) | (gives_rows(stmt->tree) ? GD_APPLY_GIVES_ROWS : 0u),
        .has_data = stmt->copy_data,
        .data_offset = stmt->data_offset,
        .data_bytes = stmt->data_bytes,
    };
    return GD_DONE;
}

/* In the way in which the plan cut it: a BEGIN inside of a block is a statement of it. */
static void find_blocks(struct gd_apply_text *text, struct gd_arena *arena)
{
    text->begins = gd_arena_zalloc(arena, text->count + 1, sizeof *text->begins);
    text->ends = gd_arena_zalloc(arena, text->count + 1, sizeof *text->ends);
    bool open = false;
    for (size_t i = 0; i < text->count; i++) {
        if (!open && (text->stmts[i].flags & GD_APPLY_BEGINS) != 0) {
            text->begins[text->block_count] = i;
            open = true;
        } else if (open && (text->stmts[i].flags & GD_APPLY_ENDS) != 0) {
            text->ends[text->block_count++] = i;
            open = false;
        }
    }
}

GD_MUST static struct gd_status read_file(struct gd_applier *applier, struct gd_apply_text *text,
                                          struct gd_error *err)
{
    const struct gd_apply_file *file = text->file;
    struct gd_input input = {
        .path = file->file->path, .text = file->text == NULL ? "" : file->text, .size = file->size};
    struct reading reading = {applier, text};
    char hash[65];
    gd_digest_of(input.text, input.size, hash);
    if (strcmp(hash, file->file->hash) != 0)
        return gd_fail(err, GD_USAGE, "could not run \"%s\": it is not the text that was judged",
                       file->file->path);
    GD_TRY(gd_input_each(&input, SIZE_MAX, keep_stmt, &reading, NULL, NULL, err));
    find_blocks(text, applier->arena);
    return GD_DONE;
}

static struct gd_status read_files(void *context, struct gd_error *err)
{
    struct gd_applier *applier = context;
    for (size_t i = 0; i < applier->options.file_count; i++) {
        struct gd_apply_text *text = &applier->texts[i];
        text->file = &applier->options.files[i];
        text->first_step = text->last_step = SIZE_MAX;
        GD_TRY(read_file(applier, text, err));
    }
    return GD_DONE;
}

void gd_apply_range(const struct gd_apply_text *text, const struct gd_judged *judged,
                    size_t *out_first, size_t *out_end)
{
    size_t low = 0, high = text->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (text->stmts[middle].offset < judged->offset)
            low = middle + 1;
        else
            high = middle;
    }
    *out_first = low;
    *out_end = low + judged->repeated;
    if (*out_end > text->count)
        *out_end = *out_first = text->count;
}

/* ---- steps ---- */

static struct gd_apply_text *text_of(struct gd_applier *applier, const struct gd_judged_file *file)
{
    for (size_t i = 0; i < applier->options.file_count; i++)
        if (applier->texts[i].file->file == file)
            return &applier->texts[i];
    return NULL;
}

static struct gd_story_step *story_of(struct gd_story *story, uint32_t number)
{
    for (size_t i = 0; i < story->step_count; i++)
        if (story->steps[i].number == number)
            return &story->steps[i];
    return NULL;
}

static void sum_up(struct gd_apply_step *own)
{
    for (size_t i = 0; i < own->step->statement_count; i++) {
        const struct gd_verdict *verdict = &own->step->statements[i]->verdict;
        own->class = verdict->class > own->class ? verdict->class : own->class;
        own->loses = verdict->loses > own->loses ? verdict->loses : own->loses;
    }
    own->outside = own->class == GD_CLASS_UNKNOWN || own->loses == GD_LOSES_OUTSIDE;
}

GD_MUST static struct gd_status check_step(const struct gd_apply_step *own, struct gd_error *err)
{
    const struct gd_step *step = own->step;
    if (own->text == NULL || own->story == NULL)
        return gd_fail(err, GD_USAGE, "could not run step %u: its file or its record is missing",
                       step->number);
    const char *path = own->text->file->file->path;
    if (step->left_open)
        return gd_hint(err,
                       gd_fail(err, GD_USAGE,
                               "%s ends inside a transaction: without COMMIT the server would roll "
                               "it back",
                               path),
                       "Add COMMIT at its end.");
    for (size_t i = 0; i < step->statement_count; i++) {
        size_t first, end;
        gd_apply_range(own->text, step->statements[i], &first, &end);
        if (first == end || own->text->stmts[first].offset != step->statements[i]->offset)
            return gd_fail(err, GD_USAGE, "could not find the statement of %s:%u again", path,
                           step->statements[i]->line);
    }
    return GD_DONE;
}

static size_t leading_of(const struct gd_apply_step *own)
{
    size_t count = 0;
    for (; count < own->step->statement_count; count++) {
        size_t first, end;
        gd_apply_range(own->text, own->step->statements[count], &first, &end);
        if ((own->text->stmts[first].flags & GD_APPLY_SETS_TRANSACTION) == 0)
            break;
    }
    return count;
}

/* Nothing of it is written, and nothing of ours goes along. */
static bool is_bare(const struct gd_apply_step *own)
{
    const struct gd_step *step = own->step;
    const struct gd_apply_file *file = own->text->file;
    if (step->kind == GD_STEP_SESSION)
        return true;
    return step->kind == GD_STEP_TRANSACTION && !step->own_block && step->statement_count == 1 &&
           own->class == GD_CLASS_NONE && file->before == NULL && file->after == NULL;
}

GD_MUST static struct gd_status add_step(struct gd_applier *applier, const struct gd_step *step,
                                         size_t *blocks, struct gd_error *err)
{
    struct gd_apply_text *text = text_of(applier, step->file);
    size_t at = applier->step_count;
    struct gd_apply_step *own = &applier->steps[at];
    *own = (struct gd_apply_step){.step = step, .text = text, .begin = SIZE_MAX, .end = SIZE_MAX};
    own->story = story_of(applier->options.story, step->number);
    sum_up(own);
    GD_TRY(check_step(own, err));
    own->leading = step->kind == GD_STEP_TRANSACTION ? leading_of(own) : 0;
    own->bare = is_bare(own);
    size_t file = (size_t)(text - applier->texts);
    if (step->own_block) {
        if (blocks[file] == text->block_count)
            return gd_fail(err, GD_USAGE, "could not find block %zu of \"%s\" again",
                           blocks[file] + 1, text->file->file->path);
        own->begin = text->begins[blocks[file]];
        own->end = text->ends[blocks[file]++];
    }
    text->first_step = text->first_step == SIZE_MAX ? at : text->first_step;
    text->last_step = at;
    applier->step_count++;
    return GD_DONE;
}

struct gd_status gd_apply_read(struct gd_applier *applier, struct gd_error *err)
{
    const struct gd_plan *plan = applier->options.plan;
    size_t files = applier->options.file_count;
    applier->texts = gd_arena_zalloc(applier->arena, files + 1, sizeof *applier->texts);
    applier->steps = gd_arena_zalloc(applier->arena, plan->step_count + 1, sizeof *applier->steps);
    GD_TRY(gd_deep_call(read_files, applier, err));
    size_t *blocks = gd_arena_zalloc(applier->arena, files + 1, sizeof *blocks);
    for (size_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i]->kind != GD_STEP_BACKUP)
            GD_TRY(add_step(applier, plan->steps[i], blocks, err));
    return GD_DONE;
}

const char *gd_apply_place(const struct gd_applier *applier)
{
    assert(applier->at_step != NULL && applier->at != NULL);
    return gd_arena_printf(applier->scratch, "%s:%u", applier->at_step->text->file->file->path,
                           applier->at->line);
}
