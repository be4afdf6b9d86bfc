/*
 * Rules H: sequences and large objects. setval(), lo_unlink() and their like are in group J.
 */
#include <string.h>
#include <strings.h>

#include "guardian/classify/relations.h"
#include "guardian/classify/rules.h"

/* ---- CREATE SEQUENCE ---- */

static const struct gd_node *the_sequence(const struct gd_look *look)
{
    return gd_node_child(look->node, GD_F_sequence);
}

static bool is_temporary(const struct gd_look *look)
{
    return gd_says_temporary(the_sequence(look));
}

static bool is_lasting(const struct gd_look *look)
{
    return !is_temporary(look);
}

static void make_sequence(struct gd_look *look, struct gd_finding *finding)
{
    (void)gd_finding_create_relation(look, finding, "sequence", the_sequence(look),
                                     gd_node_flag(look->node, GD_F_if_not_exists));
}

/* ---- ALTER SEQUENCE ---- */

static bool restarts(const struct gd_look *look)
{
    return gd_option(look->node, GD_F_options, "restart") != NULL;
}

static bool changes_owner_column(const struct gd_look *look)
{
    return gd_option(look->node, GD_F_options, "owned_by") != NULL;
}

static bool changes_options(const struct gd_look *look)
{
    size_t others = gd_node_count(look->node, GD_F_options);
    others -= restarts(look) + changes_owner_column(look);
    return others > 0;
}

static struct gd_target change_sequence(struct gd_look *look, struct gd_finding *finding)
{
    return gd_finding_change_relation(look, finding, "sequence", the_sequence(look));
}

static void alter_sequence(struct gd_look *look, struct gd_finding *finding)
{
    (void)change_sequence(look, finding);
}

static void restart_sequence(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target = change_sequence(look, finding);
    if (finding->class == GD_CLASS_NONE)
        return;
    gd_finding_table(look, finding, &target);
    if (target.relation == NULL)
        return;
    gd_finding_note(look, finding, "it stands at %lld", (long long)target.relation->sequence_last);
    if (target.relation->sequence_owner != NULL)
        gd_finding_note(look, finding, "%s takes its numbers from it",
                        target.relation->sequence_owner);
}

/* "schema.table.column" as OWNED BY says it; "" for NONE. */
static const char *wanted_owner(struct gd_look *look)
{
    const struct gd_node *list =
        gd_node_child(gd_option(look->node, GD_F_options, "owned_by"), GD_F_arg);
    size_t count = list == NULL ? 0 : gd_node_count(list, GD_F_items);
    const char *parts[3] = {"", "", ""};
    if (count == 0 || count > 3)
        return NULL;
    for (size_t i = 0; i < count; i++)
        parts[3 - count + i] = gd_node_string(gd_node_at(list, GD_F_items, i));
    if (count == 1)
        return strcmp(parts[2], "none") == 0 ? "" : NULL;
    struct gd_target table = gd_look_relation(look, (struct gd_name){parts[0], parts[1]});
    return table.relation == NULL
               ? NULL
               : gd_arena_printf(look->arena, "%s.%s", table.relation->qualified, parts[2]);
}

static void tie_sequence(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target = change_sequence(look, finding);
    const char *wanted = wanted_owner(look);
    if (finding->class != GD_CLASS_NONE && target.relation != NULL && wanted != NULL &&
        gd_node_count(look->node, GD_F_options) == 1) {
        const char *now = target.relation->sequence_owner;
        if (strcmp(now == NULL ? "" : now, wanted) == 0) {
            gd_finding_is_done(look, finding, "it belongs to %s already",
                               now == NULL ? "no column" : now);
            finding->rerun = GD_RERUN_OK;
            return;
        }
    }
    if (finding->class != GD_CLASS_NONE && target.relation != NULL)
        gd_finding_note(look, finding, "before, %s%s",
                        target.relation->sequence_owner != NULL ? "it belonged to "
                                                                : "it belonged to no column",
                        target.relation->sequence_owner != NULL ? target.relation->sequence_owner
                                                                : "");
}

/* ---- DROP, RENAME, SET SCHEMA ---- */

static bool cascades(const struct gd_look *look)
{
    return gd_says_cascade(look->node);
}

static bool restricts(const struct gd_look *look)
{
    return !cascades(look);
}

/* CASCADE strips defaults, of which nobody would hear otherwise. */
static void note_defaults(struct gd_look *look, struct gd_finding *finding,
                          const struct gd_relation *sequence)
{
    struct gd_address *taken;
    struct gd_address root = {GD_PG_CLASS, sequence->oid, 0};
    size_t count = gd_survey_dependents(look->survey, root, true, look->arena, &taken);
    for (size_t i = 0; i < count; i++) {
        const struct gd_described *what = gd_survey_describe(look->survey, taken[i]);
        if (taken[i].class_oid == GD_PG_ATTRDEF && what != NULL)
            gd_finding_note(look, finding, "the default %s goes", what->identity);
    }
}

static void lose_value(struct gd_look *look, struct gd_finding *finding,
                       const struct gd_target *target)
{
    gd_finding_table(look, finding, target);
    if (target->relation == NULL)
        return;
    if (cascades(look))
        note_defaults(look, finding, target->relation);
    gd_finding_note(look, finding, "%s stands at %lld", target->qualified,
                    (long long)target->relation->sequence_last);
    if (target->relation->sequence_owner != NULL)
        gd_finding_note(look, finding, "%s takes its numbers from it",
                        target->relation->sequence_owner);
}

static void drop_sequences(struct gd_look *look, struct gd_finding *finding)
{
    gd_finding_drop_relations(look, finding, "sequence", lose_value);
}

static void move_sequence(struct gd_look *look, struct gd_finding *finding)
{
    (void)gd_finding_change_relation(look, finding, "sequence",
                                     gd_node_child(look->node, GD_F_relation));
}

/* ---- large objects ---- */

static void name_large_object(struct gd_look *look, struct gd_finding *finding)
{
    const struct gd_node *object = gd_node_child(look->node, GD_F_object);
    const char *text = gd_node_string(object);
    if (text != NULL)
        gd_finding_object(look, finding, "large object %s", text);
    else
        gd_finding_object(look, finding, "large object %lld",
                          (long long)gd_node_int(object, GD_F_ival));
}

// clang-format off
const struct gd_rule gd_rules_sequences[] = {
    {.id = "H001", .title = "CREATE SEQUENCE", .kind = GD_KIND_CreateSeqStmt, .when = is_lasting, .effect = make_sequence,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42P07",
     .because = "A new sequence takes nothing away.",
     .instead = "", .source = "sql-createsequence"},
    {.id = "H002", .title = "CREATE TEMPORARY SEQUENCE", .kind = GD_KIND_CreateSeqStmt, .when = is_temporary, .effect = make_sequence,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_FAILS, .sqlstate = "42P07",
     .because = "A temporary sequence ends with the session.",
     .instead = "", .source = "sql-createsequence"},
    {.id = "H003", .title = "ALTER SEQUENCE (options)", .kind = GD_KIND_AlterSeqStmt, .when = changes_options, .effect = alter_sequence,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .lock = GD_LOCK_SRX, .rerun = GD_RERUN_OK, .sqlstate = "22023",
     .because = "The old options are lost: its step, its limits, its cache or its type.",
     .instead = "", .source = "sql-altersequence"},
    {.id = "H004", .title = "ALTER SEQUENCE … RESTART", .kind = GD_KIND_AlterSeqStmt, .when = restarts, .effect = restart_sequence,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_SEQUENCE, .scope = GD_SCOPE_TABLES, .lock = GD_LOCK_SRX, .rerun = GD_RERUN_OK,
     .because = "The value at which it stood is lost; numbers that it gives out again collide with rows that have them (23505).",
     .instead = "Restart it above the largest number in use.", .source = "sql-altersequence"},
    {.id = "H005", .title = "ALTER SEQUENCE … OWNED BY", .kind = GD_KIND_AlterSeqStmt, .when = changes_owner_column, .effect = tie_sequence,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .lock = GD_LOCK_SRX, .rerun = GD_RERUN_OK,
     .because = "Which column it belonged to is lost. When the column or table it belongs to now is dropped, the sequence goes along.",
     .instead = "", .source = "sql-altersequence"},
    {.id = "H010", .title = "DROP SEQUENCE", .kind = GD_KIND_DropStmt, .sub = "OBJECT_SEQUENCE", .when = restricts, .effect = drop_sequences,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_SEQUENCE, .scope = GD_SCOPE_TABLES, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42P01",
     .because = "The sequence and the value at which it stood are lost.",
     .instead = "", .source = "sql-dropsequence"},
    {.id = "H011", .title = "DROP SEQUENCE … CASCADE", .kind = GD_KIND_DropStmt, .sub = "OBJECT_SEQUENCE", .when = cascades, .effect = drop_sequences,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_SEQUENCE, .scope = GD_SCOPE_TABLES, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42P01",
     .because = "The sequence and its value are lost, and CASCADE strips the default from every column that took its numbers there: the next INSERT fails or stores NULL.",
     .instead = "Leave CASCADE out and change the defaults by name.", .source = "sql-dropsequence"},
    {.id = "H020", .title = "ALTER SEQUENCE … RENAME TO", .kind = GD_KIND_RenameStmt, .sub = "OBJECT_SEQUENCE", .effect = move_sequence,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42P01",
     .because = "The old name is lost. Defaults follow; nextval('old name') in code does not.",
     .instead = "", .source = "sql-altersequence"},
    {.id = "H021", .title = "ALTER SEQUENCE … SET SCHEMA", .kind = GD_KIND_AlterObjectSchemaStmt, .sub = "OBJECT_SEQUENCE", .effect = move_sequence,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42P01",
     .because = "The old name is lost. Defaults follow; nextval('old name') in code does not.",
     .instead = "", .source = "sql-altersequence"},
    {.id = "H030", .title = "ALTER LARGE OBJECT … OWNER TO", .kind = GD_KIND_AlterOwnerStmt, .sub = "OBJECT_LARGEOBJECT", .effect = name_large_object,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "Who owned it before is lost.",
     .instead = "", .source = "sql-alterlargeobject"},
};
// clang-format on
const size_t gd_rules_sequences_count = sizeof gd_rules_sequences / sizeof gd_rules_sequences[0];
