/*
 * Decide: every name that a statement touches against the policy, the strictest answer for each
 * statement, and one backup that satisfies them all.
 *
 * Order  touches of a finding -> protections -> first rule that matches -> outcome of a touch
 *        -> ruling of a statement -> sealing and sizes, over all -> decision
 * Fail closed  What has no name is decided by the rules without objects, and counts as touching
 *        every protected object when it may reach the whole database.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "guardian/base/nearest.h"
#include "guardian/classify/rule.h"
#include "guardian/policy/draft.h"

/* What one touch demands. */
struct outcome {
    enum gd_action action;
    const struct gd_ground *ground;
    const struct gd_policy_rule *rule; /* NULL: a protection, or no rule */
    bool without_backup;               /* by a waiver */
};

/* One statement's state. */
struct statement {
    struct gd_decider *decider;
    struct gd_draft *draft;
    struct gd_waiver_read *waivers;
    size_t waiver_count;
    const struct gd_finding *finding;
};

/* ---- waivers ---- */

static void reject(struct gd_waiver_read *read, const char *why)
{
    if (read->waiver.state != GD_WAIVER_IDLE)
        return;
    read->waiver.state = GD_WAIVER_REJECTED;
    read->waiver.why = why;
}

static bool names_finding(const struct gd_waiver *waiver, const struct gd_finding *finding)
{
    return strcmp(waiver->allows, gd_class_name(finding->class)) == 0 ||
           (finding->rule != NULL && strcmp(waiver->allows, finding->rule->id) == 0);
}

/* The waiver that may lift a decision about `touch`, or NULL. `lift` is what the policy must grant
 * for it, or 0. */
static struct gd_waiver_read *waiver_for(struct statement *statement, const struct gd_touch *touch,
                                         uint32_t lift)
{
    const struct gd_policy *policy = statement->decider->policy;
    const struct gd_finding *finding = statement->finding;
    if (finding->loses == GD_LOSES_OUTSIDE)
        lift |= GD_LIFT_OUTSIDE;
    for (size_t i = 0; i < statement->waiver_count; i++) {
        struct gd_waiver_read *read = &statement->waivers[i];
        if (read->waiver.state == GD_WAIVER_MALFORMED)
            continue;
        if (!names_finding(&read->waiver, finding))
            reject(read, gd_arena_printf(statement->decider->arena,
                                         "it allows %s, and the statement is %s (rule %s)",
                                         read->waiver.allows, gd_class_name(finding->class),
                                         finding->rule == NULL ? "-" : finding->rule->id));
        else if (!policy->honours_waivers)
            reject(read, "the policy does not let waivers count");
        else if (statement->draft->ruling->judged->repeated > 1)
            reject(read, "it stands before several statements that were read as one, and a waiver "
                         "is for one");
        else if (read->waiver.on != NULL &&
                 gd_pattern_match(&read->on, &touch->name) != GD_MATCH_WITHIN)
            reject(read,
                   gd_arena_printf(statement->decider->arena,
                                   "it is for %s, and the statement touches %s", read->waiver.on,
                                   touch->text[0] == '\0' ? "what it does not name" : touch->text));
        else if ((lift & GD_LIFT_PROTECTED & ~policy->lifts) != 0)
            reject(read, "the policy lets no waiver lift a protected object");
        else if ((lift & GD_LIFT_OUTSIDE & ~policy->lifts) != 0)
            reject(read, "the policy lets no waiver lift what no backup can undo");
        else
            return read;
    }
    return NULL;
}

static const struct gd_ground *use_waiver(struct statement *statement, struct gd_waiver_read *read)
{
    struct gd_decider *decider = statement->decider;
    read->waiver.state = GD_WAIVER_COUNTS;
    read->waiver.why = NULL;
    const struct gd_ground *ground =
        gd_ground_new(decider->arena, &decider->policy->waivers,
                      gd_arena_printf(decider->arena, "waived in the script (%s): %s",
                                      read->waiver.allows, read->waiver.reason));
    gd_draft_add_ground(statement->draft, ground, decider->arena);
    return ground;
}

/* ---- protected objects ---- */

static bool may_lose(const struct gd_finding *finding)
{
    return finding->loses != GD_LOSES_NOTHING || finding->class >= GD_CLASS_DESTRUCTIVE;
}

/* Can the statement reach objects that it does not name? */
static bool reaches_all(const struct gd_finding *finding)
{
    return finding->scope == GD_SCOPE_DATABASE && may_lose(finding);
}

static bool protects(const struct gd_pattern *pattern, const struct gd_touch *touch,
                     const struct gd_finding *finding)
{
    enum gd_match match = gd_pattern_match(pattern, &touch->name);
    return match == GD_MATCH_WITHIN || match == GD_MATCH_MAYBE ||
           (match == GD_MATCH_CONTAINS && may_lose(finding)) || reaches_all(finding);
}

static const struct gd_ground *protection_ground(struct gd_decider *decider,
                                                 const struct gd_policy_protected *protected,
                                                 size_t pattern, const struct gd_touch *touch,
                                                 const struct gd_finding *finding)
{
    bool named = !reaches_all(finding) && touch->text[0] != '\0';
    const char *what = named ? gd_arena_printf(decider->arena, "%s touches", touch->text)
                             : "a statement that may reach every object touches";
    if (named && touch->lock_only)
        what = gd_arena_printf(decider->arena, "a change of something on %s touches", touch->text);
    return gd_ground_new(decider->arena, &protected->objects.places[pattern],
                         gd_arena_printf(decider->arena, "%s the protected %s: %s", what,
                                         protected->objects.items[pattern].text,
                                         protected->because));
}

/* The first protection that the touch runs into and no waiver lifts, or NULL. */
static const struct gd_ground *find_protection(struct statement *statement,
                                               const struct gd_touch *touch)
{
    const struct gd_policy *policy = statement->decider->policy;
    const struct gd_finding *finding = statement->finding;
    if (finding->class == GD_CLASS_NONE && finding->loses == GD_LOSES_NOTHING)
        return NULL;
    for (size_t i = 0; i < policy->protected_count; i++) {
        const struct gd_policy_protected *protected = policy->protected[i];
        if (protected->against == GD_AGAINST_LOSS && !may_lose(finding))
            continue;
        for (size_t j = 0; j < protected->objects.count; j++) {
            if (!protects(&protected->objects.items[j], touch, finding))
                continue;
            struct gd_waiver_read *read = waiver_for(statement, touch, GD_LIFT_PROTECTED);
            if (read == NULL)
                return protection_ground(statement->decider, protected, j, touch, finding);
            use_waiver(statement, read);
        }
    }
    return NULL;
}

/* ---- rules ---- */

static bool has_bit(uint32_t bits, unsigned value)
{
    return bits == 0 || (bits & (1u << value)) != 0;
}

static bool in_environment(const struct gd_policy_rule *rule, const char *environment)
{
    if (rule->yaml.environments_count == 0)
        return true;
    for (size_t i = 0; environment != NULL && i < rule->yaml.environments_count; i++)
        if (strcmp(rule->yaml.environments[i], environment) == 0)
            return true;
    return false;
}

static bool has_rule_id(const struct gd_policy_rule *rule, const struct gd_finding *finding)
{
    if (rule->yaml.rules_count == 0)
        return true;
    for (size_t i = 0; finding->rule != NULL && i < rule->yaml.rules_count; i++)
        if (strcmp(rule->yaml.rules[i], finding->rule->id) == 0)
            return true;
    return false;
}

/* What cannot be read is not pinned to the names that were seen in it. */
static bool has_object(const struct gd_policy_rule *rule, const struct gd_finding *finding,
                       const struct gd_name *name)
{
    if (rule->objects.count == 0)
        return true;
    if (finding->class == GD_CLASS_UNKNOWN)
        return false;
    for (size_t i = 0; i < rule->objects.count; i++)
        if (gd_pattern_match(&rule->objects.items[i], name) == GD_MATCH_WITHIN)
            return true;
    return false;
}

static bool rule_matches(const struct statement *statement, const struct gd_policy_rule *rule,
                         const struct gd_touch *touch, bool empty)
{
    const struct gd_finding *finding = statement->finding;
    return has_bit(rule->yaml.classes, finding->class) &&
           has_bit(rule->yaml.losses, finding->loses) &&
           (rule->yaml.empty == 0 || (rule->yaml.empty == GD_GIVEN(1)) == empty) &&
           in_environment(rule, statement->decider->environment) && has_rule_id(rule, finding) &&
           has_object(rule, finding, &touch->name);
}

/* What holds where a policy says nothing: reading is free, all else is refused. */
static struct outcome without_rule(struct statement *statement, const struct gd_ground *waived)
{
    const struct gd_policy *policy = statement->decider->policy;
    const struct gd_finding *finding = statement->finding;
    struct gd_ground place = {.policy = policy->name, .file = policy->file};
    if (waived != NULL)
        return (struct outcome){.action = GD_ACTION_BACKUP, .ground = waived};
    if (finding->class == GD_CLASS_NONE && finding->loses == GD_LOSES_NOTHING)
        return (struct outcome){
            .action = GD_ACTION_GO,
            .ground = gd_ground_new(statement->decider->arena, &place, "nothing is changed")};
    const char *text = gd_arena_printf(
        statement->decider->arena, "no rule of the policy is about %s%s, so it is refused",
        gd_class_name(finding->class), gd_loss_words(finding->loses));
    return (struct outcome){
        .action = GD_ACTION_REFUSE,
        .ground = gd_ground_new(statement->decider->arena, &place, text),
    };
}

static struct outcome outcome_of(struct statement *statement, const struct gd_policy_rule *rule)
{
    return (struct outcome){
        .action = rule->action,
        .ground = gd_rule_ground(statement->decider, rule, statement->finding),
        .rule = rule,
    };
}

/* An approval falls away under a waiver, a backup only where the policy lets it. */
static void apply_waiver(struct statement *statement, const struct gd_touch *touch,
                         struct outcome *outcome)
{
    if (outcome->action != GD_ACTION_APPROVE && outcome->action != GD_ACTION_BACKUP)
        return;
    bool backs_up = outcome->rule == NULL || outcome->rule->scope != GD_SCOPE_NONE;
    bool wanted = outcome->action == GD_ACTION_APPROVE;
    for (size_t i = 0; i < statement->waiver_count; i++)
        wanted |= statement->waivers[i].waiver.without_backup;
    struct gd_waiver_read *read = wanted ? waiver_for(statement, touch, 0) : NULL;
    if (read == NULL)
        return;
    if (outcome->action == GD_ACTION_APPROVE) {
        use_waiver(statement, read);
        outcome->action = backs_up ? GD_ACTION_BACKUP : GD_ACTION_GO;
    }
    if (!read->waiver.without_backup || !backs_up)
        return;
    if ((statement->decider->policy->lifts & GD_LIFT_BACKUP) == 0) {
        gd_texts_add(&statement->decider->decision->notes,
                     gd_arena_printf(statement->decider->arena,
                                     "%s:%u: \"without backup\" does not count: the policy lets no "
                                     "waiver lift a backup",
                                     statement->draft->ruling->file->path,
                                     statement->draft->ruling->judged->line),
                     statement->decider->arena);
        return;
    }
    use_waiver(statement, read);
    outcome->without_backup = true;
    outcome->action = GD_ACTION_GO;
}

/* The first rule that matches decides. A refusal that a waiver lifts is passed over, so that the
 * next rule says which backup the waived statement needs. */
static struct outcome apply_rules(struct statement *statement, const struct gd_touch *touch,
                                  bool empty)
{
    const struct gd_policy *policy = statement->decider->policy;
    const struct gd_ground *waived = NULL;
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct gd_policy_rule *rule = policy->rules[i];
        if (!rule_matches(statement, rule, touch, empty))
            continue;
        struct gd_waiver_read *read =
            rule->action == GD_ACTION_REFUSE ? waiver_for(statement, touch, 0) : NULL;
        if (read == NULL)
            return outcome_of(statement, rule);
        waived = use_waiver(statement, read);
    }
    return without_rule(statement, waived);
}

/* ---- the backup of one touch ---- */

static void add_table_of(struct gd_backup *backup, const struct gd_finding *finding,
                         const struct gd_touch *touch, struct gd_arena *arena)
{
    for (size_t i = 0; i < finding->tables.count; i++) {
        struct gd_name table = gd_name_parse(finding->tables.items[i], arena);
        if (gd_name_within(&touch->name, &table))
            gd_texts_add(&backup->tables, finding->tables.items[i], arena);
    }
}

static void add_all_tables(struct gd_backup *backup, const struct gd_finding *finding,
                           struct gd_arena *arena)
{
    for (size_t i = 0; i < finding->tables.count; i++)
        gd_texts_add(&backup->tables, finding->tables.items[i], arena);
}

/* What a backup must hold at least to bring back what the finding loses. */
static enum gd_scope needed_scope(const struct gd_finding *finding, bool empty)
{
    if (finding->scope == GD_SCOPE_DATABASE)
        return GD_SCOPE_DATABASE;
    if (finding->scope == GD_SCOPE_TABLES && finding->tables.count == 0)
        return GD_SCOPE_DATABASE; /* rows of tables that nobody could name */
    if (finding->loses == GD_LOSES_NOTHING || (empty && finding->scope == GD_SCOPE_TABLES))
        return GD_SCOPE_SCHEMA;
    return finding->scope < GD_SCOPE_SCHEMA ? GD_SCOPE_SCHEMA : finding->scope;
}

static enum gd_scope as_tables(const struct gd_finding *finding)
{
    if (finding->scope == GD_SCOPE_TABLES)
        return finding->tables.count > 0 ? GD_SCOPE_TABLES : GD_SCOPE_DATABASE;
    return finding->scope < GD_SCOPE_SCHEMA ? GD_SCOPE_SCHEMA : finding->scope;
}

static bool database_is_too_large(struct gd_decider *decider)
{
    const struct gd_survey *survey = decider->input->survey;
    const struct gd_limit *limit = &decider->policy->limits.database_backup_max;
    if (limit->value == UINT64_MAX)
        return false;
    if (survey == NULL || survey->database_bytes == 0) {
        decider->size_missing = true;
        return false;
    }
    return survey->database_bytes > limit->value;
}

static void note_fallback(struct statement *statement, enum gd_scope scope)
{
    struct gd_decider *decider = statement->decider;
    const struct gd_limit *limit = &decider->policy->limits.database_backup_max;
    const char *text = gd_arena_printf(
        decider->arena,
        "the database (%s) is above database_backup_max (%s): the backup holds the %s",
        gd_size_text(decider->input->survey->database_bytes, decider->arena), limit->text,
        scope == GD_SCOPE_TABLES ? "tables in scope" : "definitions only, no rows are at stake");
    gd_draft_add_ground(statement->draft, gd_ground_new(decider->arena, &limit->ground, text),
                        decider->arena);
}

static enum gd_scope wanted_scope(struct statement *statement, const struct outcome *outcome)
{
    const struct gd_finding *finding = statement->finding;
    enum gd_scope scope = outcome->rule == NULL ? GD_SCOPE_TABLES : outcome->rule->scope;
    if (scope == GD_SCOPE_TABLES)
        return as_tables(finding);
    if (scope != GD_SCOPE_DATABASE || as_tables(finding) == GD_SCOPE_DATABASE ||
        !database_is_too_large(statement->decider))
        return scope;
    note_fallback(statement, as_tables(finding));
    return as_tables(finding);
}

static void raise_seal(struct gd_draft *draft, enum gd_seal seal, const struct gd_ground *ground)
{
    if (draft->seal_ground != NULL && draft->seal >= seal)
        return;
    draft->seal = seal;
    draft->seal_ground = ground;
}

static void merge_backup(struct statement *statement, const struct gd_touch *touch,
                         const struct outcome *outcome, bool empty)
{
    const struct gd_finding *finding = statement->finding;
    struct gd_backup *backup = &statement->draft->ruling->backup;
    struct gd_arena *arena = statement->decider->arena;
    const struct gd_policy_rule *rule = outcome->rule;
    bool none = outcome->action == GD_ACTION_GO || outcome->without_backup ||
                (rule != NULL && rule->scope == GD_SCOPE_NONE);
    enum gd_scope scope = none ? GD_SCOPE_NONE : wanted_scope(statement, outcome);
    enum gd_proof_kind proof = none ? GD_PROOF_NONE : rule == NULL ? GD_PROOF_DIGEST : rule->proof;
    if (finding->loses == GD_LOSES_OUTSIDE ||
        (finding->loses != GD_LOSES_NOTHING &&
         (scope < needed_scope(finding, empty) || proof < GD_PROOF_DIGEST)))
        backup->covers = false;
    if (none)
        return;
    size_t before = backup->tables.count;
    if (scope >= GD_SCOPE_TABLES) {
        add_table_of(backup, finding, touch, arena);
        if (backup->tables.count == before)
            add_all_tables(backup, finding, arena);
        raise_seal(statement->draft, rule == NULL ? GD_SEAL_AUTO : rule->seal, outcome->ground);
    }
    if (scope > backup->scope)
        backup->scope = scope;
    if (proof > backup->proof)
        backup->proof = proof;
}

/* ---- one statement ---- */

static void merge_outcome(struct statement *statement, const struct outcome *outcome)
{
    struct gd_ruling *ruling = statement->draft->ruling;
    struct gd_arena *arena = statement->decider->arena;
    if (ruling->ground_count == 0 || outcome->action > ruling->action)
        gd_draft_lead_with(statement->draft, outcome->ground, arena);
    else
        gd_draft_add_ground(statement->draft, outcome->ground, arena);
    if (outcome->action > ruling->action)
        ruling->action = outcome->action;
    enum gd_ask ask = outcome->rule == NULL ? GD_ASK_NEVER : outcome->rule->ask;
    if (ask > ruling->ask)
        ruling->ask = ask;
    for (size_t i = 0; outcome->rule != NULL && i < outcome->rule->yaml.tell_count; i++)
        gd_texts_add(&ruling->tell, outcome->rule->yaml.tell[i], arena);
}

static void decide_touch(struct statement *statement, const struct gd_touch *touch, bool empty)
{
    const struct gd_ground *protection = find_protection(statement, touch);
    if (protection != NULL) {
        merge_outcome(statement, &(struct outcome){GD_ACTION_REFUSE, protection, NULL, false});
        return;
    }
    if (touch->lock_only)
        return;
    struct outcome outcome = apply_rules(statement, touch, empty);
    apply_waiver(statement, touch, &outcome);
    merge_outcome(statement, &outcome);
    merge_backup(statement, touch, &outcome, empty);
}

static void decide_finding(struct statement *statement, const struct gd_finding *finding)
{
    const struct gd_verdict *verdict = &statement->draft->ruling->judged->verdict;
    struct gd_arena *arena = statement->decider->arena;
    statement->finding = finding;
    struct gd_touches touches = gd_touches_of(finding, arena);
    bool empty = gd_nothing_to_lose(verdict, finding, arena);
    for (size_t i = 0; i < touches.count; i++)
        decide_touch(statement, &touches.items[i], empty);
}

/* A verdict can be worse than each of its findings; then it is decided like one of them. */
static bool verdict_says_more(const struct gd_verdict *verdict)
{
    bool class = false, loss = false, scope = false;
    for (size_t i = 0; i < verdict->finding_count; i++) {
        class |= verdict->findings[i]->class >= verdict->class;
        loss |= verdict->findings[i]->loses >= verdict->loses;
        scope |= verdict->findings[i]->scope >= verdict->scope;
    }
    return !class || !loss || !scope;
}

static void decide_findings(struct statement *statement)
{
    const struct gd_verdict *verdict = &statement->draft->ruling->judged->verdict;
    for (size_t i = 0; i < verdict->finding_count; i++)
        decide_finding(statement, verdict->findings[i]);
    if (!verdict_says_more(verdict))
        return;
    struct gd_finding *whole = gd_arena_zalloc(statement->decider->arena, 1, sizeof *whole);
    if (verdict->lead != NULL)
        *whole = *verdict->lead;
    whole->class = verdict->class;
    whole->loses = verdict->loses;
    whole->scope = verdict->scope;
    decide_finding(statement, whole);
}

static void note_waiver(struct statement *statement, const struct gd_waiver *waiver)
{
    static const char *const words[] = {
        [GD_WAIVER_IDLE] = "lifted nothing",
        [GD_WAIVER_REJECTED] = "does not count",
        [GD_WAIVER_MALFORMED] = "is not understood and does not count",
    };
    struct gd_decider *decider = statement->decider;
    const struct gd_ruling *ruling = statement->draft->ruling;
    if (waiver->state == GD_WAIVER_COUNTS)
        return;
    const char *note = gd_arena_printf(
        decider->arena, "%s:%u: the waiver \"%.200s\" before this statement %s%s%s%s",
        ruling->file->path, ruling->judged->line, waiver->text, words[waiver->state],
        waiver->why == NULL ? "" : ": ", waiver->why == NULL ? "" : waiver->why,
        waiver->state == GD_WAIVER_MALFORMED ? "; it should read: " GD_WAIVER_SHAPE : "");
    gd_texts_add(&decider->decision->notes, note, decider->arena);
}

static void read_waivers(struct statement *statement)
{
    const struct gd_judged *judged = statement->draft->ruling->judged;
    statement->waiver_count =
        gd_waivers_read(judged->comment, statement->decider->arena, &statement->waivers);
    for (size_t i = 0; i < statement->waiver_count; i++)
        memcpy(statement->waivers[i].waiver.hash, judged->hash, sizeof judged->hash);
}

static void report_waivers(struct statement *statement)
{
    struct gd_ruling *ruling = statement->draft->ruling;
    ruling->waivers = gd_arena_zalloc(statement->decider->arena, statement->waiver_count,
                                      sizeof(const struct gd_waiver *));
    ruling->waiver_count = statement->waiver_count;
    for (size_t i = 0; i < statement->waiver_count; i++) {
        ruling->waivers[i] = &statement->waivers[i].waiver;
        note_waiver(statement, ruling->waivers[i]);
    }
}

/* ---- approvals ---- */

static struct gd_status read_approval(const char *given, char *out_hash, struct gd_error *err)
{
    const char *hex = strncasecmp(given, "sha256:", 7) == 0 ? given + 7 : given;
    size_t length = strlen(hex);
    for (size_t i = 0; i < length && i < GD_HASH_LENGTH; i++)
        out_hash[i] = (char)tolower((unsigned char)hex[i]);
    out_hash[GD_HASH_LENGTH] = '\0';
    if (length == GD_HASH_LENGTH && strspn(out_hash, "0123456789abcdef") == GD_HASH_LENGTH)
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_USAGE,
                           "approval \"%.80s\" is no SHA-256: 64 hex digits are "
                           "needed, %zu characters were given",
                           given, length),
                   "Give the whole hash that the plan shows, for one statement or for the file.");
}

static struct gd_status read_approvals(struct gd_decider *decider, struct gd_error *err)
{
    size_t count = decider->input->approval_count;
    decider->approvals = gd_arena_zalloc(decider->arena, count, sizeof *decider->approvals);
    decider->approval_used = gd_arena_zalloc(decider->arena, count, sizeof(bool));
    for (size_t i = 0; i < count; i++)
        GD_TRY(read_approval(decider->input->approvals[i], decider->approvals[i], err));
    return GD_DONE;
}

/* Statements that were read as one have one hash between them; only the file's names them all. */
static const char *find_approval(struct gd_decider *decider, const struct gd_ruling *ruling)
{
    const char *found = NULL;
    for (size_t i = 0; i < decider->input->approval_count; i++) {
        const char *hash = decider->approvals[i];
        bool statement = strcmp(hash, ruling->judged->hash) == 0 && ruling->judged->repeated <= 1;
        if (!statement && strcmp(hash, ruling->file->hash) != 0)
            continue;
        decider->approval_used[i] = true;
        found = hash;
    }
    return found;
}

static void settle_approval(struct gd_decider *decider, struct gd_ruling *ruling)
{
    ruling->approved_by = find_approval(decider, ruling);
    ruling->approval_needed = ruling->action == GD_ACTION_APPROVE;
    if (ruling->approval_needed && ruling->approved_by != NULL)
        ruling->action = ruling->backup.scope == GD_SCOPE_NONE ? GD_ACTION_GO : GD_ACTION_BACKUP;
}

static void note_unused_approvals(struct gd_decider *decider)
{
    for (size_t i = 0; i < decider->input->approval_count; i++)
        if (!decider->approval_used[i])
            gd_texts_add(&decider->decision->notes,
                         gd_arena_printf(decider->arena,
                                         "approval %.12s… is for no statement or file of this "
                                         "request: the text may have changed since",
                                         decider->approvals[i]),
                         decider->arena);
}

static void decide_statement(struct gd_decider *decider, const struct gd_judged_file *file,
                             const struct gd_judged *judged, struct gd_draft *draft)
{
    draft->ruling = gd_arena_zalloc(decider->arena, 1, sizeof *draft->ruling);
    draft->ruling->file = file;
    draft->ruling->judged = judged;
    draft->ruling->backup.covers = true;
    struct statement statement = {.decider = decider, .draft = draft};
    read_waivers(&statement);
    decide_findings(&statement);
    report_waivers(&statement);
    settle_approval(decider, draft->ruling);
    if (draft->ruling->action == GD_ACTION_REFUSE)
        draft->ruling->backup = (struct gd_backup){.covers = true}; /* nothing will be lost */
}

/* ---- the whole request ---- */

/* The environments of the policy in words; `*out_meant` is the one like `name`. */
static const char *environment_words(const struct gd_decider *decider, const char *name,
                                     const char **out_meant)
{
    const struct gd_policy *policy = decider->policy;
    const char *list = "",
               **words = gd_arena_zalloc(decider->arena, policy->environment_count, sizeof *words);
    for (size_t i = 0; i < policy->environment_count; i++) {
        words[i] = policy->environments[i];
        list = gd_arena_printf(decider->arena, "%s%s%s", list, i == 0 ? "" : ", ", words[i]);
    }
    *out_meant = name == NULL ? NULL : gd_nearest(name, words, policy->environment_count);
    return list;
}

static struct gd_status check_environment(struct gd_decider *decider, struct gd_error *err)
{
    const struct gd_policy *policy = decider->policy;
    const char *name = decider->input->environment, *meant;
    if (name != NULL && name[0] == '\0')
        name = NULL;
    const char *list = environment_words(decider, name, &meant);
    if (name == NULL && policy->by_environment)
        return gd_hint(err,
                       gd_fail(err, GD_USAGE,
                               "policy \"%s\" decides by the environment, and none was named",
                               policy->name),
                       "Name it with --environment: %s.", list);
    decider->environment = name;
    if (name == NULL || policy->environment_count == 0)
        return GD_DONE;
    for (size_t i = 0; i < policy->environment_count; i++)
        if (strcmp(policy->environments[i], name) == 0)
            return GD_DONE;
    struct gd_status status = gd_fail(
        err, GD_USAGE, "policy \"%s\" does not know the environment \"%.60s\"", policy->name, name);
    if (meant != NULL)
        return gd_hint(err, status, "Did you mean \"%s\"? It knows %s.", meant, list);
    return gd_hint(err, status, "It knows %s.", list);
}

static void decide_all(struct gd_decider *decider)
{
    const struct gd_report *report = decider->input->report;
    struct gd_decision *decision = decider->decision;
    for (size_t i = 0; i < report->file_count; i++)
        decision->ruling_count += report->files[i]->entry_count;
    decider->drafts =
        gd_arena_zalloc(decider->arena, decision->ruling_count, sizeof *decider->drafts);
    decision->rulings =
        gd_arena_zalloc(decider->arena, decision->ruling_count, sizeof(const struct gd_ruling *));
    size_t at = 0;
    for (size_t i = 0; i < report->file_count; i++)
        for (size_t j = 0; j < report->files[i]->entry_count; j++, at++) {
            decide_statement(decider, report->files[i], report->files[i]->entries[j],
                             &decider->drafts[at]);
            decision->rulings[at] = decider->drafts[at].ruling;
        }
}

struct gd_status gd_decide(const struct gd_decide_input *input, struct gd_arena *arena,
                           const struct gd_decision **out_decision, struct gd_error *err)
{
    const struct gd_policy *policy = input->policy;
    struct gd_decider decider = {.input = input, .policy = policy, .arena = arena};
    GD_TRY(check_environment(&decider, err));
    GD_TRY(read_approvals(&decider, err));
    decider.decision = gd_arena_zalloc(arena, 1, sizeof *decider.decision);
    decider.decision->policy = policy->name;
    decider.decision->policy_file = policy->file;
    decider.decision->environment = decider.environment;
    decider.decision->limits = &policy->limits;
    decider.decision->single_transaction = policy->single_transaction;
    decider.decision->point.use = policy->point_in_time;
    decider.decision->backup.covers = true;
    decider.rule_grounds =
        gd_arena_zalloc(arena, policy->rule_count * (GD_CLASS_UNKNOWN + 1) * (GD_LOSES_OUTSIDE + 1),
                        sizeof(const struct gd_ground *));
    decide_all(&decider);
    gd_settle(&decider);
    note_unused_approvals(&decider);
    *out_decision = decider.decision;
    return GD_DONE;
}
