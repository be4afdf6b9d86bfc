/*
 * Settle: sizes, sealing, and one backup for all statements of a request.
 *
 * A size that is not known applies no limit, and is told; it never makes a backup smaller.
 */
#include <string.h>

#include "guardian/policy/draft.h"

static const struct gd_relation *relation_named(const struct gd_survey *survey, const char *table)
{
    for (size_t i = 0; survey != NULL && i < survey->relation_count; i++)
        if (strcmp(survey->relations[i].qualified, table) == 0)
            return &survey->relations[i];
    return NULL;
}

/* Bytes of the tables together; 0 when one of them is not known. */
static uint64_t bytes_of(const struct gd_decider *decider, const struct gd_texts *tables)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < tables->count; i++) {
        const struct gd_relation *relation =
            relation_named(decider->input->survey, tables->items[i]);
        if (relation == NULL)
            return 0;
        bytes += relation->bytes;
    }
    return bytes;
}

static uint64_t database_bytes(const struct gd_decider *decider)
{
    return decider->input->survey == NULL ? 0 : decider->input->survey->database_bytes;
}

static void set_bytes(const struct gd_decider *decider, struct gd_backup *backup)
{
    if (backup->scope == GD_SCOPE_DATABASE)
        backup->bytes = database_bytes(decider);
    else if (backup->scope == GD_SCOPE_TABLES)
        backup->bytes = bytes_of(decider, &backup->tables);
}

/* What would be kept from being written to: the tables in scope, or all of them. */
static uint64_t sealed_bytes(struct gd_decider *decider, const struct gd_backup *backup)
{
    uint64_t bytes =
        backup->tables.count > 0 ? bytes_of(decider, &backup->tables) : database_bytes(decider);
    if (bytes == 0 && decider->input->survey == NULL)
        decider->size_missing = true;
    return bytes;
}

static void seal(struct gd_decider *decider, struct gd_draft *draft, uint64_t bytes)
{
    const struct gd_limit *limit = &decider->policy->limits.sealed_table_max;
    struct gd_ruling *ruling = draft->ruling;
    bool at_once = decider->input->by_point && draft->seal == GD_SEAL_ALWAYS;
    bool fits = bytes <= limit->value || at_once;
    ruling->backup.sealed = draft->seal != GD_SEAL_NEVER && fits;
    if (fits || draft->seal == GD_SEAL_NEVER)
        return;
    bool refused = draft->seal == GD_SEAL_ALWAYS;
    const struct gd_ground *ground = gd_ground_new(
        decider->arena, &limit->ground,
        gd_arena_printf(
            decider->arena, "the tables in scope (%s) are above sealed_table_max (%s): %s",
            gd_size_text(bytes, decider->arena), limit->text,
            refused ? "refused, since the rule wants the backup sealed"
                    : "the backup is made online, and what is written meanwhile is counted"));
    if (!refused) {
        gd_draft_add_ground(draft, ground, decider->arena);
        return;
    }
    ruling->action = GD_ACTION_REFUSE;
    gd_draft_lead_with(draft, ground, decider->arena);
}

static bool is_worse(const struct gd_ruling *left, const struct gd_ruling *right)
{
    if (left->action != right->action)
        return left->action > right->action;
    if (left->backup.scope != right->backup.scope)
        return left->backup.scope > right->backup.scope;
    return left->judged->verdict.class > right->judged->verdict.class;
}

static void merge_ruling(struct gd_decider *decider, const struct gd_ruling *ruling)
{
    struct gd_decision *decision = decider->decision;
    struct gd_backup *backup = &decision->backup;
    if (decision->lead == NULL || is_worse(ruling, decision->lead))
        decision->lead = ruling;
    if (ruling->action > decision->action)
        decision->action = ruling->action;
    if (ruling->ask > decision->ask)
        decision->ask = ruling->ask;
    if (ruling->backup.scope > backup->scope)
        backup->scope = ruling->backup.scope;
    if (ruling->backup.proof > backup->proof)
        backup->proof = ruling->backup.proof;
    backup->sealed |= ruling->backup.sealed;
    backup->covers &= ruling->backup.covers;
    for (size_t i = 0; i < ruling->tell.count; i++)
        gd_texts_add(&decision->tell, ruling->tell.items[i], decider->arena);
}

static void collect_tables(struct gd_decider *decider)
{
    struct gd_decision *decision = decider->decision;
    for (size_t i = 0; i < decision->ruling_count; i++) {
        const struct gd_backup *backup = &decider->drafts[i].ruling->backup;
        for (size_t j = 0; j < backup->tables.count; j++)
            gd_texts_add(&decision->backup.tables, backup->tables.items[j], decider->arena);
    }
}

/* One request has one snapshot: its tables are locked together, or not at all. */
void gd_settle(struct gd_decider *decider)
{
    struct gd_decision *decision = decider->decision;
    collect_tables(decider);
    bool all_tables = false, any_rows = false;
    for (size_t i = 0; i < decision->ruling_count; i++) {
        const struct gd_backup *backup = &decider->drafts[i].ruling->backup;
        all_tables |= backup->scope == GD_SCOPE_DATABASE && backup->tables.count == 0;
        any_rows |= backup->scope >= GD_SCOPE_TABLES;
    }
    struct gd_backup locked = {0};
    if (!all_tables)
        locked.tables = decision->backup.tables;
    uint64_t bytes = any_rows ? sealed_bytes(decider, &locked) : 0;
    for (size_t i = 0; i < decision->ruling_count; i++) {
        struct gd_draft *draft = &decider->drafts[i];
        set_bytes(decider, &draft->ruling->backup);
        if (draft->ruling->backup.scope >= GD_SCOPE_TABLES)
            seal(decider, draft, bytes);
        merge_ruling(decider, draft->ruling);
    }
    set_bytes(decider, &decision->backup);
    if (decider->size_missing)
        gd_texts_add(&decision->notes,
                     "sizes are not known without a database (--db): the limits on them were not "
                     "applied",
                     decider->arena);
}
