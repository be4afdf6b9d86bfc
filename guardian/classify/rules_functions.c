/*
 * Group J: functions that do something when a query calls them.
 *
 * effects.def says which function belongs to which family, and every family has one row. Functions
 * that only compute, and the user's own, have none: the engine reads those.
 */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "guardian/classify/judge.h"
#include "guardian/classify/look.h"
#include "guardian/classify/named.h"
#include "guardian/classify/rules.h"
#include "guardian/sql/parse.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

enum family {
    FAMILY_NONE,
    FAMILY_SETVAL,
    FAMILY_SET_CONFIG,
    FAMILY_SLOT,
    FAMILY_NEW_SLOT,
    FAMILY_SESSION,
    FAMILY_LOCK,
    FAMILY_UNLOCK,
    FAMILY_SLEEP,
    FAMILY_END_SESSION,
    FAMILY_SERVER,
    FAMILY_HOUSEKEEPING,
    FAMILY_STATISTICS,
    FAMILY_SURGERY,
    FAMILY_READ_FILE,
    FAMILY_WRITE_FILE,
    FAMILY_NEW_LARGE_OBJECT,
    FAMILY_LARGE_OBJECT,
    FAMILY_SQL_FIRST,
    FAMILY_SQL_SECOND,
    FAMILY_READ_TABLE,
    FAMILY_READ_ANY,
    FAMILY_ELSEWHERE, /* from here on: functions of extensions */
    FAMILY_CONNECTION,
    FAMILY_JOB,
    FAMILY_DROP_JOB,
    FAMILY_PARTITION,
    FAMILY_DROP_PARTITION,
    FAMILY_GEOMETRY,
    FAMILY_DROP_GEOMETRY,
    FAMILY_PLAIN
};

struct effect {
    const char *schema, *name;
    enum family family;
};

static struct effect effects[] = {
#define GD_EFFECT(schema, name, family) {schema, name, FAMILY_##family},
#include "guardian/classify/effects.def"
#undef GD_EFFECT
};

static pthread_once_t effects_once = PTHREAD_ONCE_INIT;
static uint64_t
    lengths_by_letter[128]; /* most calls are of a name that begins and ends otherwise */

static int compare_effects(const void *left, const void *right)
{
    return strcmp(((const struct effect *)left)->name, ((const struct effect *)right)->name);
}

static void prepare_effects(void)
{
    qsort(effects, COUNT(effects), sizeof effects[0], compare_effects);
    for (size_t i = 0; i < COUNT(effects); i++)
        lengths_by_letter[effects[i].name[0] & 127] |= UINT64_C(1) << strlen(effects[i].name);
}

static bool fits_schema(const struct effect *effect, const char *schema)
{
    if (strcmp(effect->schema, "*") == 0)
        return strcmp(schema, "pg_catalog") != 0;
    if (effect->schema[0] == '\0')
        return schema[0] == '\0' || strcmp(schema, "pg_catalog") == 0;
    return strcmp(effect->schema, schema) == 0;
}

static enum family family_named(const char *schema, const char *name)
{
    pthread_once(&effects_once, prepare_effects);
    size_t length = strlen(name);
    if (length > 63 || (lengths_by_letter[name[0] & 127] >> length & 1) == 0)
        return FAMILY_NONE;
    struct effect key = {.name = name};
    struct effect *found =
        bsearch(&key, effects, COUNT(effects), sizeof effects[0], compare_effects);
    while (found != NULL && found > effects && strcmp(found[-1].name, name) == 0)
        found--;
    for (; found != NULL && found < effects + COUNT(effects) && strcmp(found->name, name) == 0;
         found++)
        if (fits_schema(found, schema))
            return found->family;
    return FAMILY_NONE;
}

/* A function of that name that no extension brought is the user's own: the engine reads it. */
static bool is_users_own(const struct gd_look *look, struct gd_name name)
{
    uint32_t line;
    if (gd_look_fresh(look, "function", gd_name_show(look->arena, name), &line))
        return true;
    for (size_t i = 0; look->survey != NULL && i < look->survey->function_count; i++) {
        const struct gd_function *function = &look->survey->functions[i];
        if (strcmp(function->name, name.name) == 0 && !function->builtin &&
            function->extension_oid == 0 &&
            (name.schema[0] == '\0' || strcmp(name.schema, function->schema) == 0))
            return true;
    }
    return false;
}

static enum family family_of(const struct gd_look *look)
{
    struct gd_name name = gd_name_of_list(look->node, GD_F_funcname);
    enum family family = family_named(name.schema, name.name);
    bool extension = family >= FAMILY_ELSEWHERE;
    return extension && is_users_own(look, name) ? FAMILY_NONE : family;
}

/* ---- arguments ---- */

/* A constant text, whatever it is cast to; NULL when only running would tell. */
static const char *argument_text(const struct gd_look *look, size_t index)
{
    const struct gd_node *argument = gd_node_at(look->node, GD_F_args, index);
    if (gd_node_kind(argument) == GD_KIND_NamedArgExpr)
        return NULL;
    while (gd_node_kind(argument) == GD_KIND_TypeCast)
        argument = gd_node_child(argument, GD_F_arg);
    return gd_constant_text(argument, look->arena);
}

/* 'app.spare_seq' as a name: parsed as the server's regclass does. */
static struct gd_name argument_name(const struct gd_look *look, size_t index)
{
    struct gd_name name = {"", ""};
    const char *text = argument_text(look, index);
    const struct gd_node *column = text == NULL ? NULL : gd_parse_expression(text, look->arena);
    size_t count = gd_node_count(column, GD_F_fields);
    if (gd_node_kind(column) != GD_KIND_ColumnRef || count == 0 || count > 2)
        return name;
    const char *last = gd_node_string(gd_node_at(column, GD_F_fields, count - 1));
    const char *first = count > 1 ? gd_node_string(gd_node_at(column, GD_F_fields, 0)) : "";
    return last == NULL || first == NULL ? name : (struct gd_name){first, last};
}

/* The SQL text that a function of a family runs; a job's command is its last text but for the
 * database. */
static size_t place_of_sql(const struct gd_look *look, enum family family)
{
    if (family == FAMILY_SQL_FIRST)
        return 0;
    if (family == FAMILY_SQL_SECOND)
        return 1;
    return strcmp(look->sub, "schedule") == 0 && gd_node_count(look->node, GD_F_args) == 2 ? 1 : 2;
}

static const char *sql_text(const struct gd_look *look)
{
    return argument_text(look, place_of_sql(look, family_of(look)));
}

/* ts_rewrite(query, target, substitute) takes no SQL: only the form with two arguments does. */
static bool runs_sql(const struct gd_look *look)
{
    enum family family = family_of(look);
    return family == FAMILY_SQL_FIRST ||
           (family == FAMILY_SQL_SECOND && gd_node_count(look->node, GD_F_args) == 2);
}

static void name_call(struct gd_look *look, struct gd_finding *finding)
{
    gd_finding_object(look, finding, "function %s()",
                      gd_name_show(look->arena, gd_name_of_list(look->node, GD_F_funcname)));
}

/* ---- families ---- */

#define IS_FAMILY(predicate, family)                                                               \
    static bool predicate(const struct gd_look *look)                                              \
    {                                                                                              \
        return family_of(look) == FAMILY_##family;                                                 \
    }

IS_FAMILY(sets_sequence, SETVAL)
IS_FAMILY(moves_slot, SLOT)
IS_FAMILY(makes_slot, NEW_SLOT)
IS_FAMILY(concerns_session, SESSION)
IS_FAMILY(locks, LOCK)
IS_FAMILY(unlocks, UNLOCK)
IS_FAMILY(sleeps, SLEEP)
IS_FAMILY(ends_session, END_SESSION)
IS_FAMILY(concerns_server, SERVER)
IS_FAMILY(keeps_house, HOUSEKEEPING)
IS_FAMILY(resets_statistics, STATISTICS)
IS_FAMILY(operates, SURGERY)
IS_FAMILY(reads_file, READ_FILE)
IS_FAMILY(writes_file, WRITE_FILE)
IS_FAMILY(makes_large_object, NEW_LARGE_OBJECT)
IS_FAMILY(writes_large_object, LARGE_OBJECT)
IS_FAMILY(reads_anything, READ_ANY)
IS_FAMILY(reaches_elsewhere, ELSEWHERE)
IS_FAMILY(keeps_connection, CONNECTION)
IS_FAMILY(drops_job, DROP_JOB)
IS_FAMILY(partitions, PARTITION)
IS_FAMILY(drops_partition, DROP_PARTITION)
IS_FAMILY(changes_geometry, GEOMETRY)
IS_FAMILY(drops_geometry, DROP_GEOMETRY)
IS_FAMILY(only_computes, PLAIN)

static bool rewrites_without_sql(const struct gd_look *look)
{
    return family_of(look) == FAMILY_SQL_SECOND && !runs_sql(look);
}

static bool runs_known_sql(const struct gd_look *look)
{
    return runs_sql(look) && sql_text(look) != NULL;
}

static bool runs_unknown_sql(const struct gd_look *look)
{
    return runs_sql(look) && sql_text(look) == NULL;
}

static bool makes_known_job(const struct gd_look *look)
{
    return family_of(look) == FAMILY_JOB && sql_text(look) != NULL;
}

static bool makes_unknown_job(const struct gd_look *look)
{
    return family_of(look) == FAMILY_JOB && sql_text(look) == NULL;
}

/* A view may call anything; a table calls nothing. */
static bool reads_real_table(const struct gd_look *look)
{
    struct gd_name name = argument_name(look, 0);
    if (name.name[0] == '\0')
        return false;
    struct gd_target target = gd_look_relation(look, name);
    return target.fresh ||
           (target.relation != NULL && strchr("rpm", target.relation->kind) != NULL);
}

static bool reads_table(const struct gd_look *look)
{
    return family_of(look) == FAMILY_READ_TABLE && reads_real_table(look);
}

static bool reads_perhaps_view(const struct gd_look *look)
{
    return family_of(look) == FAMILY_READ_TABLE && !reads_real_table(look);
}

/* ---- set_config: as SET ---- */

static bool sets_config(const struct gd_look *look)
{
    return family_of(look) == FAMILY_SET_CONFIG;
}

static bool config_is_among(const struct gd_look *look, const char *const *names)
{
    const char *name = argument_text(look, 0);
    for (; name != NULL && *names != NULL; names++)
        if (strcasecmp(name, *names) == 0)
            return true;
    return false;
}

static bool config_has_value(const struct gd_look *look, const char *value)
{
    const char *text = argument_text(look, 1);
    return text != NULL && strcasecmp(text, value) == 0;
}

/* One list for both: what SET answers with "unknown" or "destructive". */
static bool config_spoils(const struct gd_look *look)
{
    static const char *const off[] = {"allow_system_table_mods", "zero_damaged_pages",
                                      "ignore_checksum_failure", "ignore_system_indexes", NULL};
    static const char *const role[] = {"session_replication_role", NULL};
    static const char *const strings[] = {"standard_conforming_strings", NULL};
    static const char *const encoding[] = {"client_encoding", NULL};
    static const char *const never[] = {"backslash_quote", NULL};
    return (config_is_among(look, off) && !config_has_value(look, "off")) ||
           (config_is_among(look, role) && !config_has_value(look, "origin")) ||
           (config_is_among(look, strings) && !config_has_value(look, "on")) ||
           (config_is_among(look, encoding) && !config_has_value(look, "utf8")) ||
           config_is_among(look, never);
}

static bool config_is_plain(const struct gd_look *look)
{
    return sets_config(look) && argument_text(look, 0) != NULL && !config_spoils(look);
}

static bool config_is_spoiling(const struct gd_look *look)
{
    return sets_config(look) && config_spoils(look);
}

static bool config_is_unknown(const struct gd_look *look)
{
    return sets_config(look) && argument_text(look, 0) == NULL;
}

static void describe_config(struct gd_look *look, struct gd_finding *finding)
{
    const char *name = argument_text(look, 0);
    gd_finding_object(look, finding, "setting %s", name == NULL ? "that only running tells" : name);
}

/* ---- effects ---- */

static const struct gd_node *number_of(const struct gd_node *argument)
{
    while (gd_node_kind(argument) == GD_KIND_TypeCast)
        argument = gd_node_child(argument, GD_F_arg);
    return gd_node_child(argument, GD_F_ival);
}

static bool stands_there_already(const struct gd_look *look, const struct gd_relation *sequence)
{
    const struct gd_node *value = number_of(gd_node_at(look->node, GD_F_args, 1));
    return sequence != NULL && sequence->kind == 'S' && value != NULL &&
           gd_node_count(look->node, GD_F_args) == 2 && sequence->sequence_called &&
           gd_node_int(value, GD_F_ival) == sequence->sequence_last;
}

static void describe_setval(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_name name = argument_name(look, 0);
    if (name.name[0] == '\0') {
        name_call(look, finding);
        gd_finding_note(look, finding, "which sequence it is shows only when it runs");
        finding->scope = GD_SCOPE_DATABASE;
        return;
    }
    struct gd_target target = gd_look_relation(look, name);
    gd_finding_object(look, finding, "sequence %s", target.qualified);
    finding->lock_on = target.qualified;
    if (target.fresh || target.temporary) {
        gd_finding_is_fresh(look, finding, target.fresh_line);
    } else if (stands_there_already(look, target.relation)) {
        gd_finding_is_done(look, finding, "sequence %s stands at this value", target.qualified);
    } else {
        gd_finding_table(look, finding, &target);
        if (target.relation != NULL && target.relation->kind == 'S')
            gd_finding_note(look, finding, "it stands at %lld now",
                            (long long)target.relation->sequence_last);
    }
}

static void judge_sql(struct gd_look *look, struct gd_finding *finding)
{
    name_call(look, finding);
    gd_judge_statements(look->judge, sql_text(look),
                        gd_arena_printf(look->arena, "the text given to %s", finding->object),
                        family_of(look) == FAMILY_JOB);
}

static void describe_read(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_name name = argument_name(look, 0);
    name_call(look, finding);
    if (name.name[0] != '\0')
        finding->lock_on = gd_look_relation(look, name).qualified;
}

static void describe_geometry(struct gd_look *look, struct gd_finding *finding)
{
    name_call(look, finding);
    gd_finding_note(look, finding, "the table is named by its arguments; read them");
}

// clang-format off
const struct gd_rule gd_rules_functions[] = {
    {.id = "J001", .title = "setval()", .kind = GD_KIND_FuncCall, .when = sets_sequence, .effect = describe_setval,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_SEQUENCE, .scope = GD_SCOPE_TABLES, .lock = GD_LOCK_RX, .rerun = GD_RERUN_OK,
     .because = "The value at which the sequence stood is lost at once: ROLLBACK does not bring it back, and numbers given out twice collide with 23505.",
     .instead = "ALTER SEQUENCE … RESTART is taken back by ROLLBACK.", .source = "functions-sequence"},
    {.id = "J002", .title = "set_config()", .kind = GD_KIND_FuncCall, .when = config_is_plain, .effect = describe_config,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "A setting of the session changes, as SET would change it.", .instead = "", .source = "functions-admin"},
    {.id = "J003", .title = "set_config() of what protects the data or reads the text", .kind = GD_KIND_FuncCall, .when = config_is_spoiling, .effect = describe_config,
     .class = GD_CLASS_UNKNOWN, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE, .rerun = GD_RERUN_OK,
     .because = "What follows is read differently, or runs without the checks of foreign keys, triggers or the catalogue.",
     .instead = "Leave the setting as it is.", .source = "runtime-config-client"},
    {.id = "J004", .title = "set_config() of a setting that is not written out", .kind = GD_KIND_FuncCall, .when = config_is_unknown, .effect = describe_config,
     .class = GD_CLASS_UNKNOWN, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE, .rerun = GD_RERUN_DEPENDS,
     .because = "Which setting changes shows only when it runs, and some change what the rest of the script means.",
     .instead = "Write the setting's name as a constant.", .source = "functions-admin"},
    {.id = "J005", .title = "replication slots and origins: drop, advance, consume", .kind = GD_KIND_FuncCall, .when = moves_slot, .effect = name_call,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_OUTSIDE, .scope = GD_SCOPE_DATABASE, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "How far a consumer has come is lost at once and not by transaction; no dump holds it, and the consumer needs a full copy.",
     .instead = "Ask whoever reads from it.", .source = "functions-admin"},
    {.id = "J006", .title = "replication slots and origins: create", .kind = GD_KIND_FuncCall, .when = makes_slot, .effect = name_call,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "The server keeps all WAL for the slot from now on, until somebody reads it or the disk is full.", .instead = "", .source = "functions-admin"},
    {.id = "J007", .title = "functions that concern the session only", .kind = GD_KIND_FuncCall, .when = concerns_session, .effect = name_call,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "It reads a cursor, sends a message, or marks where the session's changes come from; nothing that is stored changes.", .instead = "", .source = "functions-admin"},
    {.id = "J008", .title = "advisory locks", .kind = GD_KIND_FuncCall, .when = locks, .effect = name_call,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "It waits for others that use the same number; a session's lock outlives ROLLBACK.", .instead = "", .source = "functions-admin"},
    {.id = "J009", .title = "release of advisory locks", .kind = GD_KIND_FuncCall, .when = unlocks, .effect = name_call,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "Locks of the session are given back; pg_advisory_unlock_all() takes those that guard a change along.", .instead = "", .source = "functions-admin"},
    {.id = "J010", .title = "pg_sleep()", .kind = GD_KIND_FuncCall, .when = sleeps, .effect = name_call,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "It waits, and every lock that the transaction holds waits with it.", .instead = "", .source = "functions-datetime"},
    {.id = "J011", .title = "pg_terminate_backend(), pg_cancel_backend()", .kind = GD_KIND_FuncCall, .when = ends_session, .effect = name_call,
     .class = GD_CLASS_UNKNOWN, .rerun = GD_RERUN_OK,
     .because = "Other sessions lose what they have not committed; Guardian's own may be among them.",
     .instead = "Name the sessions by pid after looking at pg_stat_activity.", .source = "functions-admin"},
    {.id = "J012", .title = "functions that steer the server", .kind = GD_KIND_FuncCall, .when = concerns_server, .effect = name_call,
     .class = GD_CLASS_UNKNOWN, .loses = GD_LOSES_OUTSIDE, .scope = GD_SCOPE_DATABASE, .rerun = GD_RERUN_DEPENDS,
     .because = "Configuration, recovery or a backup of the whole server is steered, outside of any transaction.",
     .instead = "Do it where the server is administered, not in a change of the schema.", .source = "functions-admin"},
    {.id = "J013", .title = "housekeeping functions", .kind = GD_KIND_FuncCall, .when = keeps_house, .effect = name_call,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "A log, a WAL segment, a restore point or an index page is begun or tidied; no data changes.", .instead = "", .source = "functions-admin"},
    {.id = "J014", .title = "statistics, and catalogue entries that can be made again", .kind = GD_KIND_FuncCall, .when = resets_statistics, .effect = name_call,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "Counters or the planner's statistics start anew; tables keep their rows.", .instead = "", .source = "monitoring-stats"},
    {.id = "J015", .title = "surgery on the catalogue or on pages", .kind = GD_KIND_FuncCall, .when = operates, .effect = name_call,
     .class = GD_CLASS_UNKNOWN, .loses = GD_LOSES_OUTSIDE, .scope = GD_SCOPE_DATABASE, .rerun = GD_RERUN_DEPENDS,
     .because = "It goes past the rules that keep the catalogue and the tables whole; a dump taken before does not undo damaged files.",
     .instead = "Restore a backup into another server and work there.", .source = "functions-admin"},
    {.id = "J016", .title = "reading files of the server", .kind = GD_KIND_FuncCall, .when = reads_file, .effect = name_call,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "A file or folder of the server is read; nothing changes, but what stands in it may be secret.", .instead = "", .source = "functions-admin"},
    {.id = "J017", .title = "writing files of the server", .kind = GD_KIND_FuncCall, .when = writes_file, .effect = name_call,
     .class = GD_CLASS_UNKNOWN, .loses = GD_LOSES_OUTSIDE, .scope = GD_SCOPE_DATABASE, .rerun = GD_RERUN_DEPENDS,
     .because = "A file of the server is written, renamed or removed at once; neither ROLLBACK nor a backup of the database brings it back.",
     .instead = "Write it on the client (\\lo_export, \\copy).", .source = "adminpack"},
    {.id = "J018", .title = "making large objects", .kind = GD_KIND_FuncCall, .when = makes_large_object, .effect = name_call,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_REPEATS,
     .because = "A large object is made; nothing refers to it unless its number is stored.", .instead = "", .source = "lo-funcs"},
    {.id = "J019", .title = "changing and removing large objects", .kind = GD_KIND_FuncCall, .when = writes_large_object, .effect = name_call,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE, .rerun = GD_RERUN_DEPENDS,
     .because = "Bytes of a large object are overwritten or gone; they belong to no table, so that only a backup of the database holds them.",
     .instead = "", .source = "lo-funcs"},
    {.id = "J020", .title = "functions that run a given query", .kind = GD_KIND_FuncCall, .when = runs_known_sql, .effect = judge_sql,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "It runs the SQL in its argument, which is judged as if it stood in the script.", .instead = "", .source = "functions-xml"},
    {.id = "J021", .title = "functions that run a query made at run time", .kind = GD_KIND_FuncCall, .when = runs_unknown_sql, .effect = name_call,
     .class = GD_CLASS_UNKNOWN, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE, .rerun = GD_RERUN_DEPENDS,
     .because = "It runs SQL that is put together while it runs, and a function called there may write.",
     .instead = "Write the query as a constant.", .source = "functions-xml"},
    {.id = "J022", .title = "ts_rewrite() of given terms", .kind = GD_KIND_FuncCall, .when = rewrites_without_sql, .effect = name_call,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "It computes a text search query from its arguments.", .instead = "", .source = "textsearch-features"},
    {.id = "J023", .title = "table_to_xml() of a table", .kind = GD_KIND_FuncCall, .when = reads_table, .effect = describe_read,
     .class = GD_CLASS_NONE, .lock = GD_LOCK_AS, .rerun = GD_RERUN_OK,
     .because = "It reads a table.", .instead = "", .source = "functions-xml"},
    {.id = "J024", .title = "table_to_xml() of what may be a view", .kind = GD_KIND_FuncCall, .when = reads_perhaps_view, .effect = describe_read,
     .class = GD_CLASS_UNKNOWN, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE, .lock = GD_LOCK_AS, .rerun = GD_RERUN_DEPENDS,
     .because = "It reads what is named, and a view may call a function that writes.",
     .instead = "Give Guardian the live catalogue (--db).", .source = "functions-xml"},
    {.id = "J025", .title = "functions that read whatever is there", .kind = GD_KIND_FuncCall, .when = reads_anything, .effect = name_call,
     .class = GD_CLASS_UNKNOWN, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE, .rerun = GD_RERUN_DEPENDS,
     .because = "Tables and views are chosen while it runs, and a view may call a function that writes.",
     .instead = "Name the tables in a query.", .source = "functions-xml"},
    {.id = "J026", .title = "dblink, HTTP and other servers", .kind = GD_KIND_FuncCall, .when = reaches_elsewhere, .effect = name_call,
     .class = GD_CLASS_UNKNOWN, .loses = GD_LOSES_OUTSIDE, .scope = GD_SCOPE_DATABASE, .rerun = GD_RERUN_DEPENDS,
     .because = "Something is done on another connection: ROLLBACK does not reach it, and no backup of this database holds what changes there.",
     .instead = "Run the statement on that server, under its own guard.", .source = "dblink"},
    {.id = "J027", .title = "connections to other servers", .kind = GD_KIND_FuncCall, .when = keeps_connection, .effect = name_call,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "A connection is opened, closed or asked about; nothing is done on it yet.", .instead = "", .source = "dblink"},
    {.id = "J028", .title = "cron.schedule() of a given command", .kind = GD_KIND_FuncCall, .when = makes_known_job, .effect = judge_sql,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_OK,
     .because = "The command runs later and again and again, by itself and unguarded; it is judged here as if it ran now. A job of the same name is replaced.",
     .instead = "", .source = "extend-extensions"},
    {.id = "J029", .title = "cron.schedule() of a command made at run time", .kind = GD_KIND_FuncCall, .when = makes_unknown_job, .effect = name_call,
     .class = GD_CLASS_UNKNOWN, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE, .rerun = GD_RERUN_DEPENDS,
     .because = "What the job will do, by itself and unguarded, shows only when it runs.",
     .instead = "Write the command as a constant, as the last argument.", .source = "extend-extensions"},
    {.id = "J030", .title = "cron.unschedule()", .kind = GD_KIND_FuncCall, .when = drops_job, .effect = name_call,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE, .rerun = GD_RERUN_FAILS,
     .because = "The job's row goes, with its times and its command, and what it did is done no longer.",
     .instead = "cron.alter_job(…, active := false) keeps it.", .source = "extend-extensions"},
    {.id = "J031", .title = "extensions that split tables", .kind = GD_KIND_FuncCall, .when = partitions, .effect = name_call,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_AX, .rewrite = true, .rerun = GD_RERUN_FAILS,
     .because = "The table is split into parts, and its rows move there; none is lost, and nobody reads or writes it meanwhile.", .instead = "", .source = "extend-extensions"},
    {.id = "J032", .title = "extensions that drop parts of tables", .kind = GD_KIND_FuncCall, .when = drops_partition, .effect = name_call,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE, .rerun = GD_RERUN_DEPENDS,
     .because = "Old parts of tables go with their rows, now or by a job that runs later, unguarded.",
     .instead = "Detach the parts, and drop them when nobody has missed them.", .source = "extend-extensions"},
    {.id = "J033", .title = "PostGIS: adding geometry columns", .kind = GD_KIND_FuncCall, .when = changes_geometry, .effect = describe_geometry,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS,
     .because = "It alters a table as ADD COLUMN would.", .instead = "Use ALTER TABLE … ADD COLUMN with a typmod: geometry(Point, 4326).", .source = "extend-extensions"},
    {.id = "J034", .title = "PostGIS: dropping or changing geometry columns", .kind = GD_KIND_FuncCall, .when = drops_geometry, .effect = describe_geometry,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS,
     .because = "A column or a table goes with its values, or every geometry in it is relabelled.",
     .instead = "Use ALTER TABLE, which names the table for every tool that reads it.", .source = "extend-extensions"},
    {.id = "J035", .title = "extensions' functions that only compute", .kind = GD_KIND_FuncCall, .when = only_computes, .effect = name_call,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "A well-known extension's function that gives a value and changes nothing.", .instead = "", .source = "contrib"},
};
// clang-format on
const size_t gd_rules_functions_count = sizeof gd_rules_functions / sizeof gd_rules_functions[0];
