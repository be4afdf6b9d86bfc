/*
 * Keep, what is left: a statement, or a text of several, without the parts that are answered.
 *
 * Invariant  A rest counts only when it was parsed, and is the same statement with the other parts.
 */
#include <ctype.h>
#include <string.h>

#include "guardian/classify/named.h"
#include "guardian/guard/keep_own.h"
#include "guardian/sql/parse.h"

/* Runs nothing, and is answered: it stands where a statement was left out. */
#define NOTHING "DO 'BEGIN END'"

/* ---- one statement ---- */

struct piece {
    size_t from, to;      /* bytes of the text */
    size_t token, tokens; /* the tokens between */
};

static bool is_open(char letter)
{
    return letter == '(' || letter == '[';
}

/* Cut at the commas outside of brackets. @return how many pieces; 0: more than `most` */
static size_t cut(const char *text, const struct gd_token *tokens, size_t count,
                  struct piece *pieces, size_t most)
{
    size_t made = 0, begin = 0;
    int depth = 0;
    for (size_t i = 0; i <= count; i++) {
        char letter = i < count && tokens[i].size == 1 ? text[tokens[i].offset] : '\0';
        depth += is_open(letter) - (letter == ')' || letter == ']');
        if (i < count && (letter != ',' || depth > 0))
            continue;
        if (made == most || i == begin)
            return 0;
        pieces[made++] = (struct piece){
            tokens[begin].offset, tokens[i - 1].offset + tokens[i - 1].size, begin, i - begin};
        begin = i + 1;
    }
    return made;
}

static bool lists_equal(const struct gd_node *whole, const struct gd_node *rest, enum gd_field list,
                        const struct gd_keep_part *parts)
{
    size_t at = 0;
    for (size_t i = 0; i < parts->count; i++)
        if (!parts->out[i] &&
            !gd_node_equal(gd_node_at(whole, list, i), gd_node_at(rest, list, at++)))
            return false;
    return at == gd_node_count(rest, list);
}

static bool is_rest(const char *text, const struct gd_node *whole, const struct gd_keep_part *parts,
                    struct gd_arena *arena)
{
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    if (!gd_parse(text, strlen(text), arena, &parsed, &refusal) || parsed.count != 1 ||
        gd_node_kind(parsed.statements[0]) != gd_node_kind(whole))
        return false;
    const struct gd_node *rest = parsed.statements[0];
    if (gd_node_flag(whole, GD_F_missing_ok) != gd_node_flag(rest, GD_F_missing_ok))
        return false;
    if (gd_node_kind(whole) == GD_KIND_AlterTableStmt)
        return gd_node_enum(whole, GD_F_objtype) == gd_node_enum(rest, GD_F_objtype) &&
               gd_node_equal(gd_node_child(whole, GD_F_relation),
                             gd_node_child(rest, GD_F_relation)) &&
               lists_equal(whole, rest, GD_F_cmds, parts);
    return gd_node_enum(whole, GD_F_remove_type) == gd_node_enum(rest, GD_F_remove_type) &&
           gd_node_enum(whole, GD_F_behavior) == gd_node_enum(rest, GD_F_behavior) &&
           gd_node_flag(whole, GD_F_concurrent) == gd_node_flag(rest, GD_F_concurrent) &&
           lists_equal(whole, rest, GD_F_objects, parts);
}

/* What stands before the first part is known by trying: after `head` tokens it begins. */
static const char *join(const char *text, const struct gd_token *tokens, const struct piece *pieces,
                        const struct gd_keep_part *parts, size_t head, const char *tail,
                        struct gd_arena *arena)
{
    const char *joined = gd_arena_strndup(arena, text, tokens[head].offset), *comma = "";
    for (size_t i = 0; i < parts->count; i++) {
        if (parts->out[i])
            continue;
        size_t from = i == 0 ? tokens[head].offset : pieces[i].from;
        joined = gd_arena_printf(arena, "%s%s%.*s", joined, comma, (int)(pieces[i].to - from),
                                 text + from);
        comma = ", ";
    }
    return gd_arena_printf(arena, "%s%s", joined, tail);
}

const char *gd_keep_cut(const char *text, const struct gd_node *tree,
                        const struct gd_keep_part *parts, struct gd_arena *arena)
{
    struct gd_token *tokens;
    struct gd_refusal refusal;
    size_t count, kept = 0;
    bool cascade = gd_node_kind(tree) == GD_KIND_DropStmt && parts->out[parts->count - 1] &&
                   gd_says_cascade(tree);
    if (!gd_scan(text, arena, &count, &tokens, &refusal))
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (!tokens[i].comment)
            tokens[kept++] = tokens[i];
    struct piece *pieces = gd_arena_zalloc(arena, parts->count, sizeof *pieces);
    if (cut(text, tokens, kept, pieces, parts->count) != parts->count)
        return NULL;
    for (size_t head = 1; head < pieces[0].tokens; head++) {
        const char *rest =
            join(text, tokens, pieces, parts, head, cascade ? " CASCADE" : "", arena);
        if (is_rest(rest, tree, parts, arena))
            return rest;
    }
    return NULL;
}

/* ---- a whole text ---- */

enum left { LEFT_ALL, LEFT_SOME, LEFT_NONE };

static enum left what_is_left(const struct gd_keep_part *parts)
{
    size_t out = 0;
    for (size_t i = 0; i < parts->count; i++)
        out += parts->out[i];
    return out == 0 ? LEFT_ALL : out < parts->count ? LEFT_SOME : LEFT_NONE;
}

struct text {
    const struct gd_keep_look *look;
    const char *text;
    size_t size;
    struct gd_keep_found *found;
};

/* The statement without its semicolon, comments before it left out. */
static const char *own_text(const struct text *text, const struct gd_parsed *parsed, size_t index)
{
    return gd_arena_strndup(text->look->arena, text->text + parsed->offsets[index],
                            parsed->sizes[index]);
}

/* White space and comments before a statement stay where they are. */
static const char *put(const char *so_far, const struct text *text, size_t from, size_t to,
                       const char *instead)
{
    return gd_arena_printf(text->look->arena, "%s%.*s%s", so_far, (int)(to - from),
                           text->text + from, instead);
}

static void leave_out(const struct text *text, const struct gd_parsed *parsed,
                      const struct gd_keep_part *parts)
{
    struct gd_keep_found *found = text->found;
    struct gd_arena *arena = text->look->arena;
    const char *left = "";
    size_t from = 0;
    if (parsed->count == 1 && what_is_left(&parts[0]) == LEFT_NONE) {
        found->tag = gd_keep_tag(parsed->statements[0], arena);
        return;
    }
    for (size_t i = 0; i < parsed->count; i++) {
        enum left rest = what_is_left(&parts[i]);
        if (rest == LEFT_ALL)
            continue;
        const char *instead =
            rest == LEFT_NONE
                ? " " NOTHING
                : gd_keep_cut(own_text(text, parsed, i), parsed->statements[i], &parts[i], arena);
        if (instead == NULL) {
            found->fixed = true;
            return;
        }
        left = put(left, text, from, parsed->offsets[i], instead);
        from = parsed->offsets[i] + parsed->sizes[i];
    }
    found->left = put(left, text, from, text->size, "");
}

struct gd_keep_found gd_keep_look(const struct gd_keep_look *look, const char *text, size_t size)
{
    struct gd_keep_found found = {0};
    struct text whole = {look, text, size, &found};
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    if (!gd_parse(text, size, look->arena, &parsed, &refusal) || parsed.count == 0)
        return found;
    struct gd_keep_part *parts = gd_arena_zalloc(look->arena, parsed.count, sizeof *parts);
    found.own = true;
    for (size_t i = 0; i < parsed.count; i++) {
        found.own = found.own && gd_keep_is_own(look->keep, parsed.statements[i]);
        parts[i] = gd_keep_touches(look, parsed.statements[i], i, &found);
    }
    if (found.touch_count > 0 && !found.fixed)
        leave_out(&whole, &parsed, parts);
    return found;
}

/* ---- tags ---- */

static const char *made(enum gd_kind kind)
{
    static const struct {
        enum gd_kind kind;
        const char *tag;
    } rows[] = {
        {GD_KIND_CreateStmt, "CREATE TABLE"},
        {GD_KIND_CreateForeignTableStmt, "CREATE FOREIGN TABLE"},
        {GD_KIND_IndexStmt, "CREATE INDEX"},
        {GD_KIND_CreateEnumStmt, "CREATE TYPE"},
        {GD_KIND_CreateRangeStmt, "CREATE TYPE"},
        {GD_KIND_CompositeTypeStmt, "CREATE TYPE"},
        {GD_KIND_CreateDomainStmt, "CREATE DOMAIN"},
        {GD_KIND_CreateTrigStmt, "CREATE TRIGGER"},
        {GD_KIND_CreatePolicyStmt, "CREATE POLICY"},
        {GD_KIND_RuleStmt, "CREATE RULE"},
        {GD_KIND_ViewStmt, "CREATE VIEW"},
        {GD_KIND_CreateSeqStmt, "CREATE SEQUENCE"},
        {GD_KIND_CreateFunctionStmt, "CREATE FUNCTION"},
        {GD_KIND_CreateExtensionStmt, "CREATE EXTENSION"},
        {GD_KIND_CreateSchemaStmt, "CREATE SCHEMA"},
        {GD_KIND_AlterEnumStmt, "ALTER TYPE"},
        {GD_KIND_AlterDomainStmt, "ALTER DOMAIN"},
        {GD_KIND_AlterSeqStmt, "ALTER SEQUENCE"},
        {GD_KIND_AlterFunctionStmt, "ALTER FUNCTION"},
        {GD_KIND_AlterPolicyStmt, "ALTER POLICY"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].kind == kind)
            return rows[i].tag;
    return "SELECT 0";
}

static const char *with_word(const char *verb, const char *object_type, struct gd_arena *arena)
{
    char *tag = gd_arena_printf(arena, "%s %s", verb, gd_named_word(object_type));
    for (char *at = tag; *at != '\0'; at++)
        *at = (char)toupper((unsigned char)*at);
    return tag;
}

const char *gd_keep_tag(const struct gd_node *tree, struct gd_arena *arena)
{
    const char *type = gd_node_enum(tree, GD_F_rename_type);
    switch (gd_node_kind(tree)) {
    case GD_KIND_DropStmt:
        return with_word("drop", gd_node_enum(tree, GD_F_remove_type), arena);
    case GD_KIND_AlterTableStmt:
        return with_word("alter", gd_node_enum(tree, GD_F_objtype), arena);
    case GD_KIND_RenameStmt:
        return with_word("alter", strcmp(type, "OBJECT_TABCONSTRAINT") == 0 ? "OBJECT_TABLE" : type,
                         arena);
    default:
        return made(gd_node_kind(tree));
    }
}
