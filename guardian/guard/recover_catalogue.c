/*
 * Statements that commit by themselves, and that nobody saw end: what does the catalogue show?
 *
 * A row for each kind of statement whose end can be seen. What is not here, or has no name of its
 * own, is unknown: a person must look.
 */
#include <string.h>

#include "guardian/guard/recover_catalogue.h"
#include "guardian/sql/parse.h"

struct look {
    struct gd_pg *pg;
    struct gd_arena *arena;
    const char *text;
    enum gd_step_state state;
    const char *note;
};

typedef struct gd_status look_fn(struct look *look, const struct gd_node *node,
                                 struct gd_error *err);

/* --- asking ----------------------------------------------------------------------------------- */

/* One row, one column; NULL: no row. */
static struct gd_status ask(struct look *look, const char *sql, const char *const *values,
                            size_t count, const char **out_answer, struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {.what = "ask the catalogue what became of a step",
                              .sql = sql,
                              .values = values,
                              .value_count = count};
    GD_TRY(gd_pg_run(look->pg, &call, &rows, err));
    const char *answer = gd_pg_rows_count(rows) == 0 ? NULL : gd_pg_cell(rows, 0, 0);
    *out_answer = answer == NULL ? NULL : gd_arena_strdup(look->arena, answer);
    return GD_DONE;
}

static const char *quoted(const char *name, struct gd_arena *arena)
{
    char *out = gd_arena_alloc(arena, 2 * strlen(name) + 3), *at = out;
    *at++ = '"';
    for (; *name != '\0'; name++) {
        if (*name == '"')
            *at++ = '"';
        *at++ = *name;
    }
    *at++ = '"';
    *at = '\0';
    return out;
}

/* As to_regclass() and to_regtype() read it. */
static const char *qualified(const char *schema, const char *name, struct gd_arena *arena)
{
    return *schema == '\0'
               ? quoted(name, arena)
               : gd_arena_printf(arena, "%s.%s", quoted(schema, arena), quoted(name, arena));
}

static const char *of_relation(const struct gd_node *relation, struct gd_arena *arena)
{
    return qualified(gd_node_text(relation, GD_F_schemaname), gd_node_text(relation, GD_F_relname),
                     arena);
}

/* --- statements ------------------------------------------------------------------------------- */

static struct gd_status create_index(struct look *look, const struct gd_node *node,
                                     struct gd_error *err)
{
    const struct gd_node *relation = gd_node_child(node, GD_F_relation);
    const char *index = gd_node_text(node, GD_F_idxname), *answer = NULL;
    if (*index == '\0')
        return GD_DONE; /* the server chose its name */
    const char *values[] = {index, of_relation(relation, look->arena)};
    GD_TRY(ask(look,
               "SELECT i.indisvalid FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid "
               "OPERATOR(pg_catalog.=) i.indexrelid WHERE c.relname OPERATOR(pg_catalog.=) "
               "$1::pg_catalog.name AND i.indrelid OPERATOR(pg_catalog.=) "
               "pg_catalog.to_regclass($2)",
               values, 2, &answer, err));
    look->state = answer != NULL && *answer == 't' ? GD_STEP_IN : GD_STEP_NOT_IN;
    if (answer != NULL && *answer == 'f')
        look->note =
            gd_arena_printf(look->arena,
                            "index %s was left invalid: it is dropped and built again when "
                            "the change is run again",
                            index);
    return GD_DONE;
}

static struct gd_status drop_index(struct look *look, const struct gd_node *node,
                                   struct gd_error *err)
{
    const struct gd_node *names = gd_node_at(node, GD_F_objects, 0);
    const char *answer = NULL;
    if (!gd_node_enum_is(node, GD_F_remove_type, "OBJECT_INDEX") ||
        gd_node_count(node, GD_F_objects) != 1)
        return GD_DONE;
    const char *values[] = {qualified(gd_node_name_schema(names, GD_F_items),
                                      gd_node_name_last(names, GD_F_items), look->arena)};
    GD_TRY(ask(look,
               "SELECT COALESCE((SELECT i.indisvalid FROM pg_catalog.pg_index i WHERE "
               "i.indexrelid OPERATOR(pg_catalog.=) r.oid), true) FROM "
               "(SELECT pg_catalog.to_regclass($1)) AS r (oid) WHERE r.oid IS NOT NULL",
               values, 1, &answer, err));
    look->state = answer == NULL ? GD_STEP_IN : GD_STEP_NOT_IN;
    if (answer != NULL && *answer == 'f')
        look->note = gd_arena_printf(look->arena,
                                     "index %s is invalid and no query uses it; the same statement "
                                     "drops it",
                                     values[0]);
    return GD_DONE;
}

static struct gd_status add_value(struct look *look, const struct gd_node *node,
                                  struct gd_error *err)
{
    const char *answer = NULL, *renamed = gd_node_text(node, GD_F_old_val);
    if (*renamed != '\0')
        return GD_DONE;
    const char *values[] = {qualified(gd_node_name_schema(node, GD_F_type_name),
                                      gd_node_name_last(node, GD_F_type_name), look->arena),
                            gd_node_text(node, GD_F_new_val)};
    GD_TRY(ask(look,
               "SELECT true FROM pg_catalog.pg_enum e WHERE e.enumtypid OPERATOR(pg_catalog.=) "
               "pg_catalog.to_regtype($1) AND e.enumlabel OPERATOR(pg_catalog.=) "
               "$2::pg_catalog.name",
               values, 2, &answer, err));
    look->state = answer != NULL ? GD_STEP_IN : GD_STEP_NOT_IN;
    return GD_DONE;
}

/* Something that has one name in the cluster, or in this database. */
static struct gd_status is_there(struct look *look, const char *sql, const char *name,
                                 bool *out_there, struct gd_error *err)
{
    const char *answer = NULL, *values[] = {name};
    GD_TRY(ask(look, sql, values, 1, &answer, err));
    *out_there = answer != NULL;
    return GD_DONE;
}

static const char database_sql[] =
    "SELECT true FROM pg_catalog.pg_database WHERE datname OPERATOR(pg_catalog.=) "
    "$1::pg_catalog.name";
static const char tablespace_sql[] =
    "SELECT true FROM pg_catalog.pg_tablespace WHERE spcname OPERATOR(pg_catalog.=) "
    "$1::pg_catalog.name";
static const char subscription_sql[] =
    "SELECT true FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid "
    "OPERATOR(pg_catalog.=) s.subdbid WHERE s.subname OPERATOR(pg_catalog.=) $1::pg_catalog.name "
    "AND d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()";

static struct gd_status made(struct look *look, const char *sql, const char *name,
                             struct gd_error *err)
{
    bool there = false;
    GD_TRY(is_there(look, sql, name, &there, err));
    look->state = there ? GD_STEP_IN : GD_STEP_NOT_IN;
    return GD_DONE;
}

static struct gd_status gone(struct look *look, const char *sql, const char *name,
                             struct gd_error *err)
{
    bool there = false;
    GD_TRY(is_there(look, sql, name, &there, err));
    look->state = there ? GD_STEP_NOT_IN : GD_STEP_IN;
    return GD_DONE;
}

static struct gd_status create_database(struct look *look, const struct gd_node *node,
                                        struct gd_error *err)
{
    return made(look, database_sql, gd_node_text(node, GD_F_dbname), err);
}

/* Since 2023 the server marks one that it began to drop, and lets nobody in any more. */
static struct gd_status drop_database(struct look *look, const struct gd_node *node,
                                      struct gd_error *err)
{
    const char *answer = NULL, *values[] = {gd_node_text(node, GD_F_dbname)};
    GD_TRY(gone(look, database_sql, values[0], err));
    GD_TRY(ask(look,
               "SELECT true FROM pg_catalog.pg_database WHERE datname OPERATOR(pg_catalog.=) "
               "$1::pg_catalog.name AND datconnlimit OPERATOR(pg_catalog.=) -2",
               values, 1, &answer, err));
    if (answer != NULL)
        look->note = gd_arena_printf(look->arena,
                                     "database %s was half dropped and lets nobody in; the same "
                                     "statement drops the rest",
                                     values[0]);
    return GD_DONE;
}

static struct gd_status move_database(struct look *look, const struct gd_node *node,
                                      struct gd_error *err)
{
    const struct gd_node *option = gd_node_at(node, GD_F_options, 0);
    const char *answer = NULL, *values[] = {gd_node_text(node, GD_F_dbname),
                                            gd_node_string(gd_node_child(option, GD_F_arg))};
    if (strcmp(gd_node_text(option, GD_F_defname), "tablespace") != 0 ||
        gd_node_count(node, GD_F_options) != 1)
        return GD_DONE;
    GD_TRY(ask(look,
               "SELECT t.spcname OPERATOR(pg_catalog.=) $2::pg_catalog.name FROM "
               "pg_catalog.pg_database d JOIN pg_catalog.pg_tablespace t ON t.oid "
               "OPERATOR(pg_catalog.=) d.dattablespace WHERE d.datname OPERATOR(pg_catalog.=) "
               "$1::pg_catalog.name",
               values, 2, &answer, err));
    if (answer != NULL)
        look->state = *answer == 't' ? GD_STEP_IN : GD_STEP_NOT_IN;
    return GD_DONE;
}

static struct gd_status create_tablespace(struct look *look, const struct gd_node *node,
                                          struct gd_error *err)
{
    return made(look, tablespace_sql, gd_node_text(node, GD_F_tablespacename), err);
}

static struct gd_status drop_tablespace(struct look *look, const struct gd_node *node,
                                        struct gd_error *err)
{
    return gone(look, tablespace_sql, gd_node_text(node, GD_F_tablespacename), err);
}

static struct gd_status create_subscription(struct look *look, const struct gd_node *node,
                                            struct gd_error *err)
{
    GD_TRY(made(look, subscription_sql, gd_node_text(node, GD_F_subname), err));
    if (look->state == GD_STEP_NOT_IN)
        look->note = "its replication slot may be there on the publisher";
    return GD_DONE;
}

static struct gd_status drop_subscription(struct look *look, const struct gd_node *node,
                                          struct gd_error *err)
{
    return gone(look, subscription_sql, gd_node_text(node, GD_F_subname), err);
}

/* Pending: its first transaction committed, and the second did not. */
static struct gd_status detach(struct look *look, const struct gd_node *node, struct gd_error *err)
{
    const struct gd_node *cmd = gd_node_at(node, GD_F_cmds, 0);
    bool one = gd_node_count(node, GD_F_cmds) == 1;
    if (!one || (!gd_node_enum_is(cmd, GD_F_subtype, "AT_DetachPartition") &&
                 !gd_node_enum_is(cmd, GD_F_subtype, "AT_DetachPartitionFinalize")))
        return GD_DONE;
    const char *answer = NULL;
    const char *values[] = {
        of_relation(gd_node_child(node, GD_F_relation), look->arena),
        of_relation(gd_node_child(gd_node_child(cmd, GD_F_def), GD_F_name), look->arena)};
    GD_TRY(ask(look,
               "SELECT CASE WHEN i.inhrelid IS NULL THEN 'gone' WHEN i.inhdetachpending THEN "
               "'pending' ELSE 'there' END FROM (SELECT pg_catalog.to_regclass($1), "
               "pg_catalog.to_regclass($2)) AS r (parent, part) LEFT JOIN pg_catalog.pg_inherits i "
               "ON i.inhparent OPERATOR(pg_catalog.=) r.parent AND i.inhrelid "
               "OPERATOR(pg_catalog.=) r.part WHERE r.parent IS NOT NULL AND r.part IS NOT NULL",
               values, 2, &answer, err));
    if (answer != NULL)
        look->state = strcmp(answer, "gone") == 0 ? GD_STEP_IN : GD_STEP_NOT_IN;
    if (answer != NULL && strcmp(answer, "pending") == 0)
        look->note = gd_arena_printf(look->arena,
                                     "partition %s is half detached: it is finished when the "
                                     "change is run again, or with ALTER TABLE %s DETACH PARTITION "
                                     "%s FINALIZE",
                                     values[1], values[0], values[1]);
    return GD_DONE;
}

/* Halves of a REINDEX CONCURRENTLY: of this index, of this table, of this schema; of all. */
static const char halves_sql[] =
    "SELECT pg_catalog.string_agg(pg_catalog.format('%I.%I', n.nspname, c.relname), ', ' ORDER BY "
    "c.relname) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid "
    "OPERATOR(pg_catalog.=) i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid "
    "OPERATOR(pg_catalog.=) c.relnamespace WHERE NOT i.indisvalid AND c.relkind "
    "OPERATOR(pg_catalog.=) 'i' AND c.relname OPERATOR(pg_catalog.~) '_cc(new|old)[0-9]*$' AND "
    "($1::pg_catalog.text IS NULL OR i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass($1) "
    "OR i.indrelid "
    "OPERATOR(pg_catalog.=) (SELECT o.indrelid FROM pg_catalog.pg_index o WHERE o.indexrelid "
    "OPERATOR(pg_catalog.=) pg_catalog.to_regclass($1)))";

/* Whether it ended or not, a second run does the same once more and harms nothing. */
static struct gd_status repeats(struct look *look, const struct gd_node *node, struct gd_error *err)
{
    (void)node;
    (void)err;
    look->state = GD_STEP_NOT_IN;
    look->note = "whether it ended cannot be seen, and a second run of it does no harm";
    return GD_DONE;
}

static struct gd_status reindex(struct look *look, const struct gd_node *node, struct gd_error *err)
{
    const struct gd_node *relation = gd_node_child(node, GD_F_relation);
    const char *answer = NULL;
    const char *values[] = {relation == NULL ? NULL : of_relation(relation, look->arena)};
    GD_TRY(repeats(look, node, err));
    GD_TRY(ask(look, halves_sql, values, 1, &answer, err));
    if (answer != NULL)
        look->note = gd_arena_printf(look->arena,
                                     "it left %s behind, invalid: DROP INDEX CONCURRENTLY removes "
                                     "what no query uses; a second run does the work anew",
                                     answer);
    return GD_DONE;
}

static const struct {
    enum gd_kind kind;
    look_fn *look;
} looks[] = {
    {GD_KIND_IndexStmt, create_index},
    {GD_KIND_DropStmt, drop_index},
    {GD_KIND_AlterEnumStmt, add_value},
    {GD_KIND_AlterTableStmt, detach},
    {GD_KIND_CreatedbStmt, create_database},
    {GD_KIND_DropdbStmt, drop_database},
    {GD_KIND_AlterDatabaseStmt, move_database},
    {GD_KIND_CreateTableSpaceStmt, create_tablespace},
    {GD_KIND_DropTableSpaceStmt, drop_tablespace},
    {GD_KIND_CreateSubscriptionStmt, create_subscription},
    {GD_KIND_DropSubscriptionStmt, drop_subscription},
    {GD_KIND_ReindexStmt, reindex},
    {GD_KIND_VacuumStmt, repeats},
    {GD_KIND_ClusterStmt, repeats},
    {GD_KIND_CheckPointStmt, repeats},
};

/* --- the statement ---------------------------------------------------------------------------- */

static struct gd_status look_at(void *context, struct gd_error *err)
{
    struct look *look = context;
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    size_t size = strlen(look->text);
    if (gd_text_check(look->text, size) != size ||
        !gd_parse(look->text, size, look->arena, &parsed, &refusal) || parsed.count != 1)
        return GD_DONE; /* cut off, or of a newer grammar */
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++)
        if (looks[i].kind == gd_node_kind(parsed.statements[0]))
            return looks[i].look(look, parsed.statements[0], err);
    return GD_DONE;
}

/* Names are read as the statement's own session read them. */
GD_MUST static struct gd_status read_names_as(struct gd_pg *pg, const char *search_path,
                                              struct gd_error *err)
{
    struct gd_pg_call call = {
        .what = "set the search path of a step that was cut off",
        .sql = "SELECT pg_catalog.set_config('search_path', $1, true)",
        .values = &search_path,
        .value_count = 1,
    };
    return *search_path == '\0' ? GD_DONE : gd_pg_run(pg, &call, NULL, err);
}

struct gd_status gd_recover_ask_catalogue(struct gd_pg *pg, const struct gd_story_step *step,
                                          struct gd_arena *arena, enum gd_step_state *out_state,
                                          const char **out_note, struct gd_error *err)
{
    bool whole = step->sql != NULL && *step->sql != '\0';
    struct look look = {.pg = pg,
                        .arena = arena,
                        .text = whole ? step->sql : step->text,
                        .state = GD_STEP_UNKNOWN,
                        .note = ""};
    GD_TRY(gd_pg_begin(pg, err)); /* what the target says of the search path holds inside */
    struct gd_status status =
        read_names_as(pg, step->search_path == NULL ? "" : step->search_path, err);
    if (status.code == GD_OK)
        status = gd_deep_call(look_at, &look, err);
    gd_pg_end(pg);
    *out_state = look.state;
    *out_note = look.note;
    return status;
}
