#include "guardian/guard/run_track.h"

#include <string.h>

#include "guardian/sql/parse.h"

struct gd_track_savepoint {
    const char *name;
    size_t behind; /* how much was pending when it was set */
};

struct gd_track_put_off {
    const char *name;
    uint32_t *steps;
    size_t count;
    struct gd_track_put_off *next;
};

/* ---- reading a text ---- */

static const struct {
    const char *form;
    enum gd_track_kind kind;
    enum gd_field name;
} forms[] = {
    {"TRANS_STMT_BEGIN", GD_TRACK_BEGIN, GD_FIELD_COUNT},
    {"TRANS_STMT_START", GD_TRACK_BEGIN, GD_FIELD_COUNT},
    {"TRANS_STMT_COMMIT", GD_TRACK_COMMIT, GD_FIELD_COUNT},
    {"TRANS_STMT_ROLLBACK", GD_TRACK_ROLLBACK, GD_FIELD_COUNT},
    {"TRANS_STMT_SAVEPOINT", GD_TRACK_SAVEPOINT, GD_F_savepoint_name},
    {"TRANS_STMT_RELEASE", GD_TRACK_RELEASE, GD_F_savepoint_name},
    {"TRANS_STMT_ROLLBACK_TO", GD_TRACK_ROLLBACK_TO, GD_F_savepoint_name},
    {"TRANS_STMT_PREPARE", GD_TRACK_PREPARE, GD_F_gid},
    {"TRANS_STMT_COMMIT_PREPARED", GD_TRACK_COMMIT_PREPARED, GD_F_gid},
    {"TRANS_STMT_ROLLBACK_PREPARED", GD_TRACK_ROLLBACK_PREPARED, GD_F_gid},
};

static bool only_reads(enum gd_kind kind)
{
    return kind == GD_KIND_SelectStmt || kind == GD_KIND_VariableSetStmt ||
           kind == GD_KIND_VariableShowStmt || kind == GD_KIND_ExplainStmt ||
           kind == GD_KIND_LockStmt;
}

static struct gd_track_word word_of(const struct gd_node *node, struct gd_arena *arena)
{
    struct gd_track_word word = {.kind = GD_TRACK_CHANGES, .name = ""};
    if (only_reads(gd_node_kind(node)))
        word.kind = GD_TRACK_READS;
    for (size_t i = 0;
         gd_node_kind(node) == GD_KIND_TransactionStmt && i < sizeof forms / sizeof forms[0]; i++) {
        if (!gd_node_enum_is(node, GD_F_kind, forms[i].form))
            continue;
        word.kind = forms[i].kind;
        if (forms[i].name != GD_FIELD_COUNT)
            word.name = gd_arena_strdup(arena, gd_node_text(node, forms[i].name));
    }
    return word;
}

struct reading {
    const char *text;
    size_t size;
    bool changes, read;
    struct gd_arena *arena;
    struct gd_track_text *out;
};

/* SELECT may call what changes something: where nothing else does, that is what it was. */
static void find_change(struct gd_track_text *text)
{
    bool found = false;
    for (size_t i = 0; i < text->count; i++)
        found |= text->words[i].kind == GD_TRACK_CHANGES;
    for (size_t i = 0; i < text->count && !found; i++)
        if (text->words[i].kind == GD_TRACK_READS)
            text->words[i].kind = GD_TRACK_CHANGES;
}

static void look_for_control(struct gd_track_text *text, bool chain)
{
    for (size_t i = 0; i < text->count; i++) {
        enum gd_track_kind kind = text->words[i].kind;
        if (kind <= GD_TRACK_CHANGES)
            continue;
        text->controls = true;
        if (kind == GD_TRACK_BEGIN)
            text->leaves_open = true;
        else if (kind == GD_TRACK_COMMIT || kind == GD_TRACK_ROLLBACK || kind == GD_TRACK_PREPARE)
            text->leaves_open = chain && i + 1 == text->count;
    }
}

static bool stays_within(enum gd_track_kind kind)
{
    return kind <= GD_TRACK_CHANGES || kind == GD_TRACK_SAVEPOINT || kind == GD_TRACK_RELEASE ||
           kind == GD_TRACK_ROLLBACK_TO;
}

static bool is_whole(const struct gd_track_text *text, const struct gd_parsed *parsed)
{
    size_t last = text->count - 1;
    if (text->count < 3 || text->words[0].kind != GD_TRACK_BEGIN ||
        text->words[last].kind != GD_TRACK_COMMIT ||
        gd_node_count(parsed->statements[0], GD_F_options) > 0 ||
        gd_node_flag(parsed->statements[last], GD_F_chain))
        return false;
    for (size_t i = 1; i < last; i++)
        if (!stays_within(text->words[i].kind))
            return false;
    return true;
}

static struct gd_status read_words(void *context, struct gd_error *err)
{
    struct reading *reading = context;
    struct gd_track_text *out = reading->out;
    gd_auto_arena trees = gd_arena_new();
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    (void)err;
    if (gd_text_check(reading->text, reading->size) != reading->size ||
        !gd_parse(reading->text, reading->size, trees, &parsed, &refusal))
        return GD_DONE;
    out->count = parsed.count;
    out->words = gd_arena_zalloc(reading->arena, parsed.count + 1, sizeof *out->words);
    for (size_t i = 0; i < parsed.count; i++)
        out->words[i] = word_of(parsed.statements[i], reading->arena);
    if (reading->changes)
        find_change(out);
    look_for_control(out, parsed.count > 0 &&
                              gd_node_flag(parsed.statements[parsed.count - 1], GD_F_chain));
    out->whole = is_whole(out, &parsed);
    reading->read = true;
    return GD_DONE;
}

bool gd_track_read(const char *text, size_t size, bool changes, struct gd_arena *arena,
                   struct gd_track_text *out_text)
{
    struct gd_error ignored = {0};
    *out_text = (struct gd_track_text){0};
    struct reading reading = {
        .text = text, .size = size, .changes = changes, .arena = arena, .out = out_text};
    if (gd_deep_call(read_words, &reading, &ignored).code == GD_OK && reading.read)
        return true;
    out_text->words = gd_arena_zalloc(arena, 1, sizeof *out_text->words);
    out_text->words[0].kind = changes ? GD_TRACK_CHANGES : GD_TRACK_READS;
    out_text->words[0].name = "";
    out_text->count = 1;
    return false;
}

/* ---- what is pending ---- */

static bool is_pending(const struct gd_track *track, uint32_t step)
{
    for (size_t i = track->pending_count; i > 0; i--)
        if (track->pending[i - 1] == step)
            return true;
    return false;
}

/* Statements of one step follow each other: without a savepoint between them once is enough. */
static void add_pending(struct gd_track *track, struct gd_track_fates *fates, uint32_t step)
{
    size_t count = track->pending_count;
    bool behind =
        track->savepoint_count > 0 && track->savepoints[track->savepoint_count - 1].behind == count;
    if (step == 0 || (count > 0 && !behind && track->pending[count - 1] == step))
        return;
    track->pending = gd_arena_more(fates->arena, track->pending, count, &track->pending_capacity,
                                   sizeof *track->pending);
    track->pending[track->pending_count++] = step;
}

void gd_track_add(struct gd_track *track, struct gd_track_fates *fates, uint32_t step)
{
    add_pending(track, fates, step);
}

static void settle_all(struct gd_track *track, struct gd_track_fates *fates,
                       enum gd_step_state state)
{
    for (size_t i = 0; i < track->pending_count; i++)
        fates->settle(fates->context, track->pending[i], state);
    track->pending_count = 0;
    track->savepoint_count = 0;
    track->aborted = false;
}

static void undo_behind(struct gd_track *track, struct gd_track_fates *fates, size_t behind)
{
    while (track->pending_count > behind) {
        uint32_t step = track->pending[--track->pending_count];
        if (!is_pending(track, step))
            fates->settle(fates->context, step, GD_STEP_NOT_IN);
    }
}

/* ---- savepoints ---- */

static void set_savepoint(struct gd_track *track, struct gd_track_fates *fates, const char *name)
{
    track->savepoints = gd_arena_more(fates->arena, track->savepoints, track->savepoint_count,
                                      &track->savepoint_capacity, sizeof *track->savepoints);
    track->savepoints[track->savepoint_count++] =
        (struct gd_track_savepoint){.name = name, .behind = track->pending_count};
}

/* @return its place, from 1; 0: it is older than all that is known */
static size_t find_savepoint(const struct gd_track *track, const char *name)
{
    size_t at = track->savepoint_count;
    while (at > 0 && strcmp(track->savepoints[at - 1].name, name) != 0)
        at--;
    return at;
}

static void roll_back_to(struct gd_track *track, struct gd_track_fates *fates, const char *name)
{
    size_t at = find_savepoint(track, name);
    undo_behind(track, fates, at == 0 ? 0 : track->savepoints[at - 1].behind);
    track->savepoint_count = at;
    track->aborted = false;
}

static void release(struct gd_track *track, const char *name)
{
    size_t at = find_savepoint(track, name);
    track->savepoint_count = at == 0 ? 0 : at - 1;
}

/* ---- two phases ---- */

static void put_off(struct gd_track *track, struct gd_track_fates *fates, const char *name)
{
    struct gd_track_put_off *one = gd_arena_zalloc(fates->arena, 1, sizeof *one);
    *one = (struct gd_track_put_off){
        .name = name, .count = track->pending_count, .next = fates->put_off};
    one->steps = gd_arena_zalloc(fates->arena, one->count + 1, sizeof *one->steps);
    for (size_t i = 0; i < one->count; i++)
        one->steps[i] = track->pending[i];
    fates->put_off = one;
    settle_all(track, fates, GD_STEP_UNKNOWN);
}

static void end_put_off(struct gd_track_fates *fates, const char *name, enum gd_step_state state)
{
    struct gd_track_put_off **at = &fates->put_off;
    while (*at != NULL && strcmp((*at)->name, name) != 0)
        at = &(*at)->next;
    if (*at == NULL)
        return;
    for (size_t i = 0; i < (*at)->count; i++)
        fates->settle(fates->context, (*at)->steps[i], state);
    *at = (*at)->next;
}

bool gd_track_has_put_off(const struct gd_track_fates *fates, const char *name)
{
    const struct gd_track_put_off *at = fates->put_off;
    while (at != NULL && strcmp(at->name, name) != 0)
        at = at->next;
    return at != NULL;
}

/* ---- hearing ---- */

static void take_word(struct gd_track *track, struct gd_track_fates *fates,
                      const struct gd_track_word *word, uint32_t step)
{
    switch (word->kind) {
    case GD_TRACK_READS:
    case GD_TRACK_BEGIN:
        return;
    case GD_TRACK_CHANGES:
        add_pending(track, fates, step);
        return;
    case GD_TRACK_COMMIT:
        settle_all(track, fates, track->aborted ? GD_STEP_NOT_IN : GD_STEP_IN);
        return;
    case GD_TRACK_ROLLBACK:
        settle_all(track, fates, GD_STEP_NOT_IN);
        return;
    case GD_TRACK_SAVEPOINT:
        set_savepoint(track, fates, word->name);
        return;
    case GD_TRACK_RELEASE:
        release(track, word->name);
        return;
    case GD_TRACK_ROLLBACK_TO:
        roll_back_to(track, fates, word->name);
        return;
    case GD_TRACK_PREPARE:
        add_pending(track, fates, step); /* it ends as they do */
        if (track->aborted)
            settle_all(track, fates, GD_STEP_NOT_IN);
        else
            put_off(track, fates, word->name);
        return;
    case GD_TRACK_COMMIT_PREPARED:
    case GD_TRACK_ROLLBACK_PREPARED:
        end_put_off(fates, word->name,
                    word->kind == GD_TRACK_COMMIT_PREPARED ? GD_STEP_IN : GD_STEP_NOT_IN);
        add_pending(track, fates, step);
        return;
    }
}

static void take_end(struct gd_track *track, struct gd_track_fates *fates,
                     const struct gd_track_told *told)
{
    track->aborted = told->state == GD_PG_ABORTED;
    if (told->state == GD_PG_OUTSIDE)
        settle_all(track, fates, told->failed || told->rolled_back ? GD_STEP_NOT_IN : GD_STEP_IN);
}

void gd_track_hear(struct gd_track *track, struct gd_track_fates *fates,
                   const struct gd_track_told *told)
{
    size_t count = told->text == NULL ? 0 : told->text->count;
    if (told->completed < count)
        count = told->completed;
    for (size_t i = 0; i < count && !told->lost; i++) {
        track->aborted |= told->rolled_back && i + 1 == count; /* COMMIT said so */
        take_word(track, fates, &told->text->words[i], told->step);
    }
    if (told->lost) {
        settle_all(track, fates, GD_STEP_UNKNOWN);
        if (told->step != 0)
            fates->settle(fates->context, told->step, GD_STEP_UNKNOWN);
        return;
    }
    if (told->step != 0 && (told->failed || count == 0) && !is_pending(track, told->step))
        fates->settle(fates->context, told->step, GD_STEP_NOT_IN); /* unless it is in by now */
    if (!told->more)
        take_end(track, fates, told);
}

size_t gd_track_open(const struct gd_track *track, struct gd_arena *arena, uint32_t **out_steps)
{
    uint32_t *steps = gd_arena_zalloc(arena, track->pending_count + 1, sizeof *steps);
    size_t count = 0;
    for (size_t i = 0; i < track->pending_count; i++)
        if (count == 0 || steps[count - 1] != track->pending[i])
            steps[count++] = track->pending[i];
    *out_steps = steps;
    return count;
}
