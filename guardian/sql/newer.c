#include "guardian/sql/newer.h"

#include <string.h>
#include <strings.h>

enum { WORDS_MAX = 5 };

/* Words that stand next to each other in a statement that begins with `verb` (NULL: any). */
struct phrase {
    const char *verb;
    const char *words[WORDS_MAX];
    struct gd_newer newer;
};

static const struct phrase phrases[] = {
    {NULL, {"set", "expression"}, {"SET EXPRESSION", 17}},
    {NULL, {"not", "matched", "by", "source"}, {"WHEN NOT MATCHED BY SOURCE", 17}},
    {NULL, {"not", "matched", "by", "target"}, {"WHEN NOT MATCHED BY TARGET", 17}},
    {"merge", {"returning"}, {"MERGE … RETURNING", 17}},
    {NULL, {"set", "statistics", "default"}, {"SET STATISTICS DEFAULT", 17}},
    {NULL, {"set", "access", "method", "default"}, {"SET ACCESS METHOD DEFAULT", 17}},
    {NULL, {"json_table"}, {"JSON_TABLE", 17}},
    {NULL, {"json_query"}, {"JSON_QUERY", 17}},
    {NULL, {"json_value"}, {"JSON_VALUE", 17}},
    {NULL, {"json_exists"}, {"JSON_EXISTS", 17}},
    {NULL, {"is", "json"}, {"IS JSON", 16}},
    {NULL, {"is", "not", "json"}, {"IS NOT JSON", 16}},
    {NULL, {"json_object"}, {"JSON_OBJECT with keys", 16}},
    {NULL, {"json_objectagg"}, {"JSON_OBJECTAGG", 16}},
    {NULL, {"json_array"}, {"JSON_ARRAY", 16}},
    {"grant", {"with", "inherit"}, {"GRANT … WITH INHERIT", 16}},
    {"grant", {"with", "set"}, {"GRANT … WITH SET", 16}},
    {"revoke", {"inherit", "option"}, {"REVOKE INHERIT OPTION", 16}},
    {"revoke", {"set", "option"}, {"REVOKE SET OPTION", 16}},
    {"create", {"storage"}, {"STORAGE in CREATE TABLE", 16}},
    {"vacuum", {"only"}, {"VACUUM ONLY", 18}},
    {"analyze", {"only"}, {"ANALYZE ONLY", 18}},
    {NULL, {"not", "enforced"}, {"NOT ENFORCED", 18}},
    {NULL, {"enforced"}, {"ENFORCED", 18}},
    {NULL, {"without", "overlaps"}, {"WITHOUT OVERLAPS", 18}},
    {NULL, {"period"}, {"PERIOD", 18}},
    {NULL, {"virtual"}, {"virtual generated columns", 18}},
    {NULL, {"returning", "with"}, {"RETURNING WITH", 18}},
    {"alter", {"on", "large", "objects"}, {"default privileges of large objects", 18}},
    {"alter", {"set", "inherit"}, {"ALTER CONSTRAINT … INHERIT", 18}},
    {"alter", {"split", "partition"}, {"SPLIT PARTITION", 19}},
    {"alter", {"merge", "partitions"}, {"MERGE PARTITIONS", 19}},
};

static bool word_is(const char *text, const struct gd_token *token, const char *word)
{
    return token->size == strlen(word) && strncasecmp(text + token->offset, word, token->size) == 0;
}

static bool phrase_at(const char *text, const struct gd_token *tokens, size_t left,
                      const struct phrase *phrase)
{
    size_t word = 0;
    for (; word < WORDS_MAX && phrase->words[word] != NULL; word++)
        if (word == left || !word_is(text, &tokens[word], phrase->words[word]))
            return false;
    return word > 0;
}

static const struct gd_newer *find_phrase(const char *text, const struct gd_token *tokens,
                                          size_t count)
{
    for (size_t p = 0; p < sizeof phrases / sizeof phrases[0]; p++) {
        if (phrases[p].verb != NULL && !word_is(text, &tokens[0], phrases[p].verb))
            continue;
        for (size_t i = 1; i < count; i++)
            if (phrase_at(text, tokens + i, count - i, &phrases[p]))
                return &phrases[p].newer;
    }
    return NULL;
}

/* A NOT NULL that has a name or is not validated stands in CONSTRAINT … NOT NULL column. */
static bool names_not_null(const char *text, const struct gd_token *tokens, size_t count)
{
    for (size_t i = 0; i + 3 < count; i++)
        if (word_is(text, &tokens[i], "constraint") && word_is(text, &tokens[i + 2], "not") &&
            word_is(text, &tokens[i + 3], "null"))
            return true;
    for (size_t i = 0; i + 2 < count; i++)
        if (word_is(text, &tokens[i], "add") && word_is(text, &tokens[i + 1], "not") &&
            word_is(text, &tokens[i + 2], "null"))
            return true;
    return false;
}

/* 0x1F, 0o17, 0b101 and 1_000 are one number since version 16; before, a number with a word stuck
 * to it. */
static bool has_new_number(const char *text, const struct gd_token *tokens, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++) {
        const char *at = text + tokens[i].offset;
        if (at[0] < '0' || at[0] > '9' || tokens[i].offset + tokens[i].size != tokens[i + 1].offset)
            continue;
        char next = text[tokens[i + 1].offset];
        if (next == '_' || (at[0] == '0' && tokens[i].size == 1 && strchr("xXoObB", next)))
            return true;
    }
    return false;
}

/* GENERATED ALWAYS AS ( … ) without STORED: a virtual column. */
static bool has_generated_without_kind(const char *text, const struct gd_token *tokens,
                                       size_t count)
{
    static const struct phrase generated = {NULL, {"generated", "always", "as"}, {NULL, 0}};
    for (size_t i = 0; i < count; i++) {
        if (!phrase_at(text, tokens + i, count - i, &generated))
            continue;
        size_t depth = 0, at = i + 3;
        for (; at < count; at++) {
            char c = text[tokens[at].offset];
            depth += c == '(';
            if (c == ')' && --depth == 0)
                break;
        }
        if (at + 1 >= count || !word_is(text, &tokens[at + 1], "stored"))
            return true;
    }
    return false;
}

const struct gd_newer *gd_newer_in_tokens(const char *text, const struct gd_token *tokens,
                                          size_t count)
{
    static const struct gd_newer named_not_null = {"NOT NULL as a constraint of its own", 18};
    static const struct gd_newer number = {"numbers written 0x1F or 1_000", 16};
    static const struct gd_newer generated = {"virtual generated columns", 18};
    while (count > 0 && tokens[0].comment) {
        tokens++;
        count--;
    }
    if (count == 0)
        return NULL;
    const struct gd_newer *found = find_phrase(text, tokens, count);
    if (found != NULL)
        return found;
    if (names_not_null(text, tokens, count))
        return &named_not_null;
    if (has_new_number(text, tokens, count))
        return &number;
    return has_generated_without_kind(text, tokens, count) ? &generated : NULL;
}

/* ---- what the grammar takes without knowing it ---- */

struct option {
    enum gd_kind kind;
    const char *name;
    struct gd_newer newer;
};

static const struct option options[] = {
    {GD_KIND_CopyStmt, "default", {"COPY … DEFAULT", 16}},
    {GD_KIND_CopyStmt, "on_error", {"COPY … ON_ERROR", 17}},
    {GD_KIND_CopyStmt, "log_verbosity", {"COPY … LOG_VERBOSITY", 17}},
    {GD_KIND_CopyStmt, "reject_limit", {"COPY … REJECT_LIMIT", 18}},
    {GD_KIND_ExplainStmt, "generic_plan", {"EXPLAIN (GENERIC_PLAN)", 16}},
    {GD_KIND_ExplainStmt, "serialize", {"EXPLAIN (SERIALIZE)", 17}},
    {GD_KIND_ExplainStmt, "memory", {"EXPLAIN (MEMORY)", 17}},
    {GD_KIND_VacuumStmt, "process_main", {"VACUUM (PROCESS_MAIN)", 16}},
    {GD_KIND_VacuumStmt, "skip_database_stats", {"VACUUM (SKIP_DATABASE_STATS)", 16}},
    {GD_KIND_VacuumStmt, "only_database_stats", {"VACUUM (ONLY_DATABASE_STATS)", 16}},
    {GD_KIND_VacuumStmt, "buffer_usage_limit", {"VACUUM (BUFFER_USAGE_LIMIT)", 16}},
};

static const struct gd_newer *find_option(const struct gd_node *statement, enum gd_kind kind)
{
    size_t count = gd_node_count(statement, GD_F_options);
    for (size_t i = 0; i < count; i++) {
        const char *name = gd_node_text(gd_node_at(statement, GD_F_options, i), GD_F_defname);
        for (size_t o = 0; o < sizeof options / sizeof options[0]; o++)
            if (options[o].kind == kind && strcasecmp(options[o].name, name) == 0)
                return &options[o].newer;
    }
    return NULL;
}

static bool grants_maintain(const struct gd_node *grant)
{
    size_t count = gd_node_count(grant, GD_F_privileges);
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(gd_node_text(gd_node_at(grant, GD_F_privileges, i), GD_F_priv_name),
                       "maintain") == 0)
            return true;
    return false;
}

const struct gd_newer *gd_newer_in_tree(const struct gd_node *statement)
{
    static const struct gd_newer maintain = {"the MAINTAIN privilege", 17};
    static const struct gd_newer login = {"event triggers on login", 17};
    enum gd_kind kind = gd_node_kind(statement);
    if (kind == GD_KIND_GrantStmt)
        return grants_maintain(statement) ? &maintain : NULL;
    if (kind == GD_KIND_CreateEventTrigStmt)
        return strcasecmp(gd_node_text(statement, GD_F_eventname), "login") == 0 ? &login : NULL;
    return find_option(statement, kind);
}
