/*
 * Group O: transaction control and session settings.
 *
 * Settings are four kinds: those that change how the rest of the script is read, those that switch
 * off what protects the data, those that change which objects a name means, and the rest.
 */
#include <string.h>
#include <strings.h>

#include "guardian/classify/look.h"
#include "guardian/classify/named.h"
#include "guardian/classify/rules.h"

/* clang-format off */
static const char *const changes_reading[] = {
    "standard_conforming_strings", "client_encoding", "escape_string_warning", "backslash_quote", NULL};
static const char *const drops_protection[] = {
    "session_replication_role", "allow_system_table_mods", "zero_damaged_pages", "ignore_checksum_failure",
    "ignore_system_indexes", "ignore_invalid_pages", NULL};
static const char *const changes_names[] = {"search_path", NULL};
static const char *const changes_role[] = {"role", "session_authorization", NULL};
static const char *const limits[] = {
    "lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "transaction_timeout", NULL};
static const char *const changes_creating[] = {
    "check_function_bodies", "row_security", "default_table_access_method", "default_tablespace",
    "default_with_oids", "default_toast_compression", "xmloption", NULL};
/* clang-format on */

static bool resets_all(const struct gd_look *look)
{
    return gd_node_enum_is(look->node, GD_F_kind, "VAR_RESET_ALL");
}

static bool is_multiple(const struct gd_look *look)
{
    return gd_node_enum_is(look->node, GD_F_kind, "VAR_SET_MULTI");
}

static const char *first_value(const struct gd_look *look)
{
    const char *text = gd_node_string(gd_node_at(look->node, GD_F_args, 0));
    return text == NULL ? "" : text;
}

static bool is_reset(const struct gd_look *look)
{
    return !gd_node_enum_is(look->node, GD_F_kind, "VAR_SET_VALUE");
}

/* The value that the setting should have anyway, or back to it: pg_dump's own preamble. */
static bool sets_safe_reading(const struct gd_look *look)
{
    const char *value = first_value(look);
    if (strcmp(look->sub, "standard_conforming_strings") == 0)
        return !is_reset(look) && (strcasecmp(value, "on") == 0 || strcasecmp(value, "true") == 0);
    if (strcmp(look->sub, "client_encoding") == 0)
        return !is_reset(look) &&
               (strcasecmp(value, "utf8") == 0 || strcasecmp(value, "utf-8") == 0 ||
                strcasecmp(value, "unicode") == 0);
    return strcmp(look->sub, "escape_string_warning") == 0; /* warns or does not */
}

static bool spoils_reading(const struct gd_look *look)
{
    return gd_is_among(look->sub, changes_reading) && !sets_safe_reading(look);
}

static bool keeps_reading(const struct gd_look *look)
{
    return gd_is_among(look->sub, changes_reading) && sets_safe_reading(look);
}

static bool sets_safe_protection(const struct gd_look *look)
{
    const char *value = first_value(look);
    if (is_reset(look))
        return true;
    if (strcmp(look->sub, "session_replication_role") == 0)
        return strcasecmp(value, "origin") == 0;
    return strcasecmp(value, "off") == 0 || strcasecmp(value, "false") == 0;
}

static bool spoils_protection(const struct gd_look *look)
{
    return gd_is_among(look->sub, drops_protection) && !sets_safe_protection(look);
}

static bool keeps_protection(const struct gd_look *look)
{
    return gd_is_among(look->sub, drops_protection) && sets_safe_protection(look);
}

static bool sets_names(const struct gd_look *look)
{
    return gd_is_among(look->sub, changes_names);
}

static bool sets_role(const struct gd_look *look)
{
    return gd_is_among(look->sub, changes_role);
}

static bool sets_limit(const struct gd_look *look)
{
    return gd_is_among(look->sub, limits);
}

static bool sets_creating(const struct gd_look *look)
{
    return gd_is_among(look->sub, changes_creating);
}

static bool sets_anything_else(const struct gd_look *look)
{
    return !resets_all(look) && !is_multiple(look) && !gd_is_among(look->sub, changes_reading) &&
           !gd_is_among(look->sub, drops_protection) && !sets_names(look) && !sets_role(look) &&
           !sets_limit(look) && !sets_creating(look);
}

static void describe_setting(struct gd_look *look, struct gd_finding *finding)
{
    gd_finding_object(look, finding, "setting %s", look->sub);
}

static bool is_zero(const struct gd_node *value)
{
    const char *text = gd_node_string(value);
    const struct gd_node *inner = gd_node_child(value, GD_F_ival);
    if (text != NULL)
        return strcmp(text, "0") == 0 || strcmp(text, "0ms") == 0 || strcmp(text, "0s") == 0;
    return inner != NULL && gd_node_int(inner, GD_F_ival) == 0;
}

static void describe_limit(struct gd_look *look, struct gd_finding *finding)
{
    describe_setting(look, finding);
    const struct gd_node *value = gd_node_at(look->node, GD_F_args, 0);
    if (is_reset(look) || is_zero(value))
        gd_finding_note(look, finding,
                        "without a limit a statement that waits for a lock makes "
                        "everybody behind it wait");
}

static void describe_creating(struct gd_look *look, struct gd_finding *finding)
{
    describe_setting(look, finding);
    if (strcmp(look->sub, "check_function_bodies") == 0)
        gd_finding_note(look, finding,
                        "with check_function_bodies off, a function whose body "
                        "cannot run is accepted and fails when it is called");
    if (strcmp(look->sub, "row_security") == 0)
        gd_finding_note(look, finding,
                        "row_security decides whether statements see fewer rows or "
                        "fail where a policy applies");
}

static void describe_role(struct gd_look *look, struct gd_finding *finding)
{
    const char *value = first_value(look);
    gd_finding_object(look, finding, "role %s",
                      is_reset(look) || value[0] == '\0' ? "of the session" : value);
}

static void describe_prepared(struct gd_look *look, struct gd_finding *finding)
{
    gd_finding_object(look, finding, "prepared transaction %s", gd_node_text(look->node, GD_F_gid));
}

static bool discards_all(const struct gd_look *look)
{
    return gd_node_enum_is(look->node, GD_F_target, "DISCARD_ALL");
}

static bool discards_temporary(const struct gd_look *look)
{
    return gd_node_enum_is(look->node, GD_F_target, "DISCARD_TEMP");
}

static bool discards_caches(const struct gd_look *look)
{
    return !discards_all(look) && !discards_temporary(look);
}

// clang-format off
const struct gd_rule gd_rules_session[] = {
    {.id = "O001", .title = "BEGIN", .kind = GD_KIND_TransactionStmt, .sub = "TRANS_STMT_BEGIN",
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "A transaction block begins; inside one it is only a warning.", .instead = "", .source = "sql-begin"},
    {.id = "O002", .title = "START TRANSACTION", .kind = GD_KIND_TransactionStmt, .sub = "TRANS_STMT_START",
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "A transaction block begins; inside one it is only a warning.", .instead = "", .source = "sql-start-transaction"},
    {.id = "O003", .title = "COMMIT", .kind = GD_KIND_TransactionStmt, .sub = "TRANS_STMT_COMMIT",
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "What the block did becomes final, so a later failure in the script no longer takes it back.", .instead = "", .source = "sql-commit"},
    {.id = "O004", .title = "ROLLBACK", .kind = GD_KIND_TransactionStmt, .sub = "TRANS_STMT_ROLLBACK",
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "What the block did is taken back, except for sequences, replication slots and other servers.", .instead = "", .source = "sql-rollback"},
    {.id = "O005", .title = "SAVEPOINT", .kind = GD_KIND_TransactionStmt, .sub = "TRANS_STMT_SAVEPOINT",
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "A mark inside the transaction; nothing changes.", .instead = "", .source = "sql-savepoint"},
    {.id = "O006", .title = "RELEASE SAVEPOINT", .kind = GD_KIND_TransactionStmt, .sub = "TRANS_STMT_RELEASE",
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_FAILS, .sqlstate = "3B001",
     .because = "The mark is forgotten, what happened since stays.", .instead = "", .source = "sql-release-savepoint"},
    {.id = "O007", .title = "ROLLBACK TO SAVEPOINT", .kind = GD_KIND_TransactionStmt, .sub = "TRANS_STMT_ROLLBACK_TO",
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "What happened since the mark is taken back; it still counts here, because sequences and other servers keep it.", .instead = "", .source = "sql-rollback-to"},
    {.id = "O008", .title = "PREPARE TRANSACTION", .kind = GD_KIND_TransactionStmt, .sub = "TRANS_STMT_PREPARE", .effect = describe_prepared,
     .class = GD_CLASS_UNKNOWN, .loses = GD_LOSES_NOTHING, .scope = GD_SCOPE_DATABASE, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "The block's outcome is left to another session; until then its locks stay, and one that is forgotten stops VACUUM and schema changes.",
     .instead = "Commit the change in the session that makes it.", .source = "sql-prepare-transaction"},
    {.id = "O009", .title = "COMMIT PREPARED", .kind = GD_KIND_TransactionStmt, .sub = "TRANS_STMT_COMMIT_PREPARED", .effect = describe_prepared,
     .class = GD_CLASS_UNKNOWN, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE, .alone = true, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "Whatever another session prepared becomes final, and this script does not say what that was.", .instead = "", .source = "sql-commit-prepared"},
    {.id = "O010", .title = "ROLLBACK PREPARED", .kind = GD_KIND_TransactionStmt, .sub = "TRANS_STMT_ROLLBACK_PREPARED", .effect = describe_prepared,
     .class = GD_CLASS_UNKNOWN, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE, .alone = true, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "What another session prepared, and may have been promised, is thrown away; no backup holds it.", .instead = "", .source = "sql-rollback-prepared"},

    {.id = "O011", .title = "SET, RESET a session setting", .kind = GD_KIND_VariableSetStmt, .when = sets_anything_else, .effect = describe_setting,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "It lasts for this session or transaction only.", .instead = "", .source = "sql-set"},
    {.id = "O012", .title = "SET search_path", .kind = GD_KIND_VariableSetStmt, .when = sets_names, .effect = describe_setting,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "Names without a schema mean other objects from here on; Guardian follows that.", .instead = "", .source = "sql-set"},
    {.id = "O013", .title = "SET ROLE, SET SESSION AUTHORIZATION", .kind = GD_KIND_VariableSetStmt, .when = sets_role, .effect = describe_role,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "The rest of the script runs with another role's rights, and makes objects that belong to that role.", .instead = "", .source = "sql-set-role"},
    {.id = "O014", .title = "SET a limit of time", .kind = GD_KIND_VariableSetStmt, .when = sets_limit, .effect = describe_limit,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "How long statements of this session may wait or run changes; Guardian has set limits of its own.", .instead = "", .source = "runtime-config-client"},
    {.id = "O015", .title = "SET what later statements make", .kind = GD_KIND_VariableSetStmt, .when = sets_creating, .effect = describe_creating,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "Nothing changes now, but what later statements of the session create or see does.", .instead = "", .source = "runtime-config-client"},
    {.id = "O016", .title = "SET what protects the data to off", .kind = GD_KIND_VariableSetStmt, .when = spoils_protection, .effect = describe_setting,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE, .rerun = GD_RERUN_OK,
     .because = "Foreign keys and triggers, or the server's own checks, do not hold for what follows: orphans, missing audit rows, damaged catalogues.",
     .instead = "Disable single triggers on single tables, or defer constraints.", .source = "runtime-config-client"},
    {.id = "O017", .title = "SET what protects the data to its normal value", .kind = GD_KIND_VariableSetStmt, .when = keeps_protection, .effect = describe_setting,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "The protection is on, as it should be.", .instead = "", .source = "runtime-config-client"},
    {.id = "O018", .title = "SET how the text is read", .kind = GD_KIND_VariableSetStmt, .when = spoils_reading, .effect = describe_setting,
     .class = GD_CLASS_UNKNOWN, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE, .rerun = GD_RERUN_OK,
     .because = "Strings may end elsewhere from here on: the server would read other statements than Guardian did.",
     .instead = "Write E'…' where backslashes are meant, and keep the script in UTF-8.", .source = "runtime-config-compatible"},
    {.id = "O019", .title = "SET how the text is read, as it is read anyway", .kind = GD_KIND_VariableSetStmt, .when = keeps_reading, .effect = describe_setting,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "The text means what Guardian read.", .instead = "", .source = "runtime-config-compatible"},
    {.id = "O020", .title = "RESET ALL", .kind = GD_KIND_VariableSetStmt, .when = resets_all,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "The session's settings go back to those of its start, Guardian's limits included.", .instead = "", .source = "sql-reset"},
    {.id = "O021", .title = "SET TRANSACTION, SET SESSION CHARACTERISTICS", .kind = GD_KIND_VariableSetStmt, .when = is_multiple,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "Isolation level and access mode of transactions change, nothing else.", .instead = "", .source = "sql-set-transaction"},
    {.id = "O022", .title = "SET CONSTRAINTS", .kind = GD_KIND_ConstraintsSetStmt,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "Deferrable constraints are checked now, or at the end of the transaction; they are checked in any case.", .instead = "", .source = "sql-set-constraints"},
    {.id = "O023", .title = "SHOW", .kind = GD_KIND_VariableShowStmt,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "It reads a setting.", .instead = "", .source = "sql-show"},
    {.id = "O024", .title = "DISCARD ALL", .kind = GD_KIND_DiscardStmt, .when = discards_all,
     .class = GD_CLASS_NONE, .alone = true, .rerun = GD_RERUN_OK,
     .because = "The session forgets settings, temporary tables, prepared statements and advisory locks, those that guard a change included.", .instead = "", .source = "sql-discard"},
    {.id = "O025", .title = "DISCARD TEMP", .kind = GD_KIND_DiscardStmt, .when = discards_temporary,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "The session's temporary tables go; nobody else could see them.", .instead = "", .source = "sql-discard"},
    {.id = "O026", .title = "DISCARD PLANS, SEQUENCES", .kind = GD_KIND_DiscardStmt, .when = discards_caches,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "What the session has cached is forgotten and made again when it is needed.", .instead = "", .source = "sql-discard"},
    {.id = "O027", .title = "LISTEN", .kind = GD_KIND_ListenStmt,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "The session hears notifications; nothing is stored.", .instead = "", .source = "sql-listen"},
    {.id = "O028", .title = "NOTIFY", .kind = GD_KIND_NotifyStmt,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "Sessions that listen are told at COMMIT; what they do then is their own business.", .instead = "", .source = "sql-notify"},
    {.id = "O029", .title = "UNLISTEN", .kind = GD_KIND_UnlistenStmt,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "The session no longer hears notifications.", .instead = "", .source = "sql-unlisten"},
};
// clang-format on
const size_t gd_rules_session_count = sizeof gd_rules_session / sizeof gd_rules_session[0];
