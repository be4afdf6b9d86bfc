/*
 * Body: see body.h.
 *
 * PL/pgSQL comes from the library as JSON. The reader walks all of it and takes every expression it
 * meets, wherever that stands, so that a statement kind it has never heard of cannot hide one; the
 * kinds it knows only tell how a text is to be read.
 */
#include "guardian/sql/body.h"

#include <assert.h>
#include <ctype.h>
#include <pg_query.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "guardian/io/json.h"
#include "guardian/sql/parse.h"

struct reader {
    struct gd_arena *arena;
    struct gd_body *body;
    size_t capacity;
};

/* Where in the body the walk is; handed down by value. */
struct place {
    const char *key;    /* of the member that is being read: "sqlstmt", "cond" … */
    const char *holder; /* the statement kind around it: "PLpgSQL_stmt_if" */
    uint32_t line;
    bool branch, handler, guarded;
};

static struct gd_fragment *add(struct reader *reader, struct place place,
                               enum gd_fragment_kind kind, const struct gd_node *tree,
                               const char *text)
{
    struct gd_body *body = reader->body;
    if (body->count == reader->capacity) {
        size_t wider = reader->capacity == 0 ? 16 : reader->capacity * 2;
        struct gd_fragment *fragments = gd_arena_zalloc(reader->arena, wider, sizeof fragments[0]);
        if (body->count > 0)
            memcpy(fragments, body->fragments, body->count * sizeof fragments[0]);
        body->fragments = fragments;
        reader->capacity = wider;
    }
    struct gd_fragment *fragment = &body->fragments[body->count++];
    *fragment = (struct gd_fragment){
        .kind = kind,
        .tree = tree,
        .text = gd_arena_strdup(reader->arena, text),
        .line = place.line == 0 ? 1 : place.line,
        .branch = place.branch,
        .handler = place.handler,
        .guarded = place.guarded,
        .place = place.handler  ? "exception handler"
                 : place.branch ? "branch"
                                : "",
    };
    return fragment;
}

static void add_statements(struct reader *reader, struct place place, const char *text,
                           bool executed)
{
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    if (!gd_parse(text, strlen(text), reader->arena, &parsed, &refusal)) {
        add(reader, place, GD_FRAGMENT_UNREAD, NULL, text)->executed = executed;
        return;
    }
    for (size_t i = 0; i < parsed.count; i++) {
        const char *one =
            gd_arena_strndup(reader->arena, text + parsed.offsets[i], parsed.sizes[i]);
        while (isspace((unsigned char)*one))
            one++;
        add(reader, place, GD_FRAGMENT_STATEMENT, parsed.statements[i], one)->executed = executed;
    }
}

static void add_expression(struct reader *reader, struct place place, const char *text)
{
    const struct gd_node *tree = gd_parse_expression(text, reader->arena);
    add(reader, place, tree == NULL ? GD_FRAGMENT_UNREAD : GD_FRAGMENT_EXPRESSION, tree, text);
}

/* EXECUTE: its text when constants make it, else nobody knows. */
static void add_dynamic(struct reader *reader, struct place place, const char *text)
{
    const struct gd_node *tree = gd_parse_expression(text, reader->arena);
    const char *constant = gd_constant_text(tree, reader->arena);
    if (constant != NULL) {
        add_statements(reader, place, constant, true);
        return;
    }
    add(reader, place, GD_FRAGMENT_DYNAMIC, tree, text);
}

/* The place of := or = in "target := expression", outside brackets and quotes; 0 when absent. */
static size_t assignment_at(const char *text)
{
    int depth = 0;
    char quote = '\0';
    for (size_t i = 0; text[i] != '\0'; i++) {
        if (quote != '\0')
            quote = text[i] == quote ? '\0' : quote;
        else if (text[i] == '"' || text[i] == '\'')
            quote = text[i];
        else if (text[i] == '[' || text[i] == '(')
            depth++;
        else if (text[i] == ']' || text[i] == ')')
            depth--;
        else if (depth == 0 && text[i] == '=')
            return i;
    }
    return 0;
}

static void add_assignment(struct reader *reader, struct place place, const char *text)
{
    size_t at = assignment_at(text);
    if (at == 0) {
        add_expression(reader, place, text);
        return;
    }
    size_t left = text[at - 1] == ':' ? at - 1 : at;
    add_expression(reader, place, gd_arena_strndup(reader->arena, text, left));
    add_expression(reader, place, text + at + 1);
}

static bool is_one_of(const char *word, const char *const *list)
{
    for (; *list != NULL; list++)
        if (strcmp(word, *list) == 0)
            return true;
    return false;
}

static void add_query(struct reader *reader, struct place place, const char *text)
{
    static const char *const executing[] = {"PLpgSQL_stmt_dynexecute", "PLpgSQL_stmt_dynfors",
                                            NULL};
    static const char *const whole[] = {"PLpgSQL_stmt_perform", "PLpgSQL_stmt_call", NULL};
    bool dynamic = strcmp(place.key, "dynquery") == 0 ||
                   (strcmp(place.key, "query") == 0 && is_one_of(place.holder, executing));
    if (dynamic)
        add_dynamic(reader, place, text);
    else if (strcmp(place.key, "sqlstmt") == 0 || strcmp(place.key, "query") == 0 ||
             strcmp(place.key, "cursor_explicit_expr") == 0 || is_one_of(place.holder, whole))
        add_statements(reader, place, text, false);
    else if (strcmp(place.holder, "PLpgSQL_stmt_assign") == 0)
        add_assignment(reader, place, text);
    else
        add_expression(reader, place, text);
}

/* Do the handlers of a block catch the error that a second run would meet? */
static bool catches_repetition(const struct gd_json *handlers)
{
    static const char *const conditions[] = {"others",
                                             "duplicate_object",
                                             "duplicate_table",
                                             "duplicate_column",
                                             "duplicate_schema",
                                             "duplicate_alias",
                                             "duplicate_function",
                                             "unique_violation",
                                             "undefined_object",
                                             "undefined_table",
                                             "undefined_column",
                                             "undefined_function",
                                             "duplicate_database",
                                             NULL};
    const struct gd_json *list =
        gd_json_get(gd_json_get(handlers, "PLpgSQL_exception_block"), "exc_list");
    for (size_t i = 0; i < gd_json_count(list); i++) {
        const struct gd_json *caught =
            gd_json_get(gd_json_get(gd_json_at(list, i), "PLpgSQL_exception"), "conditions");
        for (size_t c = 0; c < gd_json_count(caught); c++) {
            const struct gd_json *condition =
                gd_json_get(gd_json_at(caught, c), "PLpgSQL_condition");
            if (is_one_of(gd_json_text(gd_json_get(condition, "condname")), conditions))
                return true;
        }
    }
    return false;
}

/* "NOT EXISTS (SELECT … FROM pg_constraint …)": the work is looked for before it is done. */
static bool asks_the_catalogue(const struct gd_json *condition)
{
    const char *text = gd_json_text(gd_json_get(gd_json_get(condition, "PLpgSQL_expr"), "query"));
    return (strcasestr(text, "exists") != NULL || strcasestr(text, "is null") != NULL ||
            strcasestr(text, "count") != NULL) &&
           (strcasestr(text, "pg_") != NULL || strcasestr(text, "information_schema") != NULL ||
            strcasestr(text, "to_reg") != NULL);
}

struct members {
    struct reader *reader;
    struct place place;
    bool block_can_fail; /* a block with handlers: its body may be taken back */
    bool block_guarded;
    bool loop;
    bool condition_guards;
};

static void read_value(struct reader *reader, struct place place, const struct gd_json *value);

static bool read_member(const char *key, const struct gd_json *value, void *context)
{
    static const char *const branches[] = {"then_body",      "elsif_list", "else_body",
                                           "case_when_list", "else_stmts", NULL};
    const struct members *members = context;
    struct place place = members->place;
    if (strncmp(key, "PLpgSQL_expr", 12) != 0)
        place.key = key;
    if (strcmp(key, "exceptions") == 0)
        place.handler = place.branch = true;
    if (is_one_of(key, branches) || (members->loop && strcmp(key, "body") == 0))
        place.branch = true;
    if (is_one_of(key, branches) && members->condition_guards)
        place.guarded = true;
    if (strcmp(key, "body") == 0 && members->block_can_fail) {
        place.branch = true;
        place.guarded = place.guarded || members->block_guarded;
    }
    read_value(members->reader, place, value);
    return true;
}

static bool is_loop(const char *holder)
{
    static const char *const loops[] = {
        "PLpgSQL_stmt_loop", "PLpgSQL_stmt_while",   "PLpgSQL_stmt_fori",      "PLpgSQL_stmt_fors",
        "PLpgSQL_stmt_forc", "PLpgSQL_stmt_dynfors", "PLpgSQL_stmt_foreach_a", NULL};
    return is_one_of(holder, loops);
}

static void read_object(struct reader *reader, struct place place, const struct gd_json *object)
{
    const struct gd_json *query = gd_json_get(object, "query");
    if (query != NULL && !gd_json_is_object(query)) {
        add_query(reader, place, gd_json_text(query));
        return;
    }
    int64_t line = gd_json_int(gd_json_get(object, "lineno"));
    if (line > 0)
        place.line = (uint32_t)line;
    const struct gd_json *handlers = gd_json_get(object, "exceptions");
    struct members members = {
        .reader = reader,
        .place = place,
        .block_can_fail = handlers != NULL,
        .block_guarded = handlers != NULL && catches_repetition(handlers),
        .loop = is_loop(place.holder),
        .condition_guards = asks_the_catalogue(gd_json_get(object, "cond")),
    };
    gd_json_members(object, read_member, &members);
}

/* {"PLpgSQL_stmt_if": {…}}: the key names the kind of what it holds. */
static bool read_kind(const char *key, const struct gd_json *value, void *context)
{
    struct members *members = context;
    struct place place = members->place;
    if (strncmp(key, "PLpgSQL_stmt_", 13) == 0)
        place.holder = key;
    if (strcmp(key, "PLpgSQL_stmt_commit") == 0 || strcmp(key, "PLpgSQL_stmt_rollback") == 0) {
        int64_t line = gd_json_int(gd_json_get(value, "lineno"));
        place.line = line > 0 ? (uint32_t)line : place.line;
        add(members->reader, place, GD_FRAGMENT_COMMIT, NULL, key + 13);
        return true;
    }
    if (gd_json_is_object(value))
        read_object(members->reader, place, value);
    else
        read_value(members->reader, place, value);
    return true;
}

static void read_value(struct reader *reader, struct place place, const struct gd_json *value)
{
    if (gd_json_is_list(value)) {
        for (size_t i = 0; i < gd_json_count(value); i++)
            read_value(reader, place, gd_json_at(value, i));
        return;
    }
    if (!gd_json_is_object(value))
        return;
    struct members members = {.reader = reader, .place = place};
    gd_json_members(value, read_kind, &members);
}

static void read_plpgsql_json(struct reader *reader, const struct gd_json *root)
{
    struct place place = {.key = "", .holder = "", .line = 1};
    const struct gd_json *function = gd_json_get(gd_json_at(root, 0), "PLpgSQL_function");
    if (gd_json_count(root) != 1 || gd_json_get(function, "action") == NULL) {
        reader->body->problem = "the PL/pgSQL parser gave no statements for it";
        return;
    }
    read_value(reader, place, gd_json_get(function, "datums"));
    read_value(reader, place, gd_json_get(function, "action"));
}

/* `text` is a whole CREATE FUNCTION or DO statement. */
static void read_plpgsql(struct reader *reader, const char *text)
{
    PgQueryPlpgsqlParseResult result = pg_query_parse_plpgsql(text);
    struct gd_json *root = NULL;
    struct gd_error err = {0};
    if (result.error != NULL)
        reader->body->problem = gd_arena_strdup(reader->arena, result.error->message);
    else if (result.plpgsql_funcs == NULL ||
             gd_json_parse(result.plpgsql_funcs, strlen(result.plpgsql_funcs), &root, &err).code !=
                 GD_OK)
        reader->body->problem = "the PL/pgSQL parser's answer could not be read";
    else
        read_plpgsql_json(reader, root);
    gd_json_free(root);
    pg_query_free_plpgsql_parse_result(result);
}

static void read_sql(struct reader *reader, const char *source)
{
    struct place place = {.key = "sqlstmt", .holder = "", .line = 1};
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    if (!gd_parse(source, strlen(source), reader->arena, &parsed, &refusal)) {
        reader->body->problem = refusal.message;
        return;
    }
    for (size_t i = 0; i < parsed.count; i++) {
        uint32_t line = 1;
        for (const char *at = source; at < source + parsed.offsets[i]; at++)
            line += *at == '\n';
        place.line = line;
        const char *text =
            gd_arena_strndup(reader->arena, source + parsed.offsets[i], parsed.sizes[i]);
        add(reader, place, GD_FRAGMENT_STATEMENT, parsed.statements[i], text);
    }
}

/* A delimiter that the text itself does not hold. */
static const char *dollar_quote(struct gd_arena *arena, const char *text)
{
    for (unsigned n = 0;; n++) {
        const char *quote = gd_arena_printf(arena, "$gd%u$", n);
        if (strstr(text, quote) == NULL)
            return quote;
    }
}

struct gd_body gd_body_read(const struct gd_body_source *source, struct gd_arena *arena)
{
    struct gd_body body = {0};
    struct reader reader = {.arena = arena, .body = &body};
    if (strcmp(source->language, "sql") == 0) {
        read_sql(&reader, source->source);
        return body;
    }
    if (strcmp(source->language, "plpgsql") != 0) {
        body.problem = gd_arena_printf(arena, "it is written in %s", source->language);
        return body;
    }
    const char *quote = dollar_quote(arena, source->source);
    bool returns = !source->procedure && source->result[0] != '\0';
    read_plpgsql(&reader,
                 gd_arena_printf(arena, "CREATE %s f(%s) %s%s LANGUAGE plpgsql AS %s%s%s",
                                 source->procedure ? "PROCEDURE" : "FUNCTION", source->arguments,
                                 returns ? "RETURNS " : "", returns ? source->result : "", quote,
                                 source->source, quote));
    return body;
}

static const struct gd_node *definition(const struct gd_node *statement, const char *name)
{
    enum gd_field list = gd_node_kind(statement) == GD_KIND_DoStmt ? GD_F_args : GD_F_options;
    for (size_t i = 0; i < gd_node_count(statement, list); i++) {
        const struct gd_node *option = gd_node_at(statement, list, i);
        if (strcmp(gd_node_text(option, GD_F_defname), name) == 0)
            return option;
    }
    return NULL;
}

static const char *first_text(const struct gd_node *option)
{
    const struct gd_node *value = gd_node_child(option, GD_F_arg);
    if (gd_node_kind(value) == GD_KIND_List)
        value = gd_node_at(value, GD_F_items, 0);
    return gd_node_string(value);
}

const char *gd_body_language(const struct gd_node *statement, struct gd_arena *arena)
{
    const struct gd_node *option = definition(statement, "language");
    const char *named = option == NULL ? NULL : first_text(option);
    if (named != NULL)
        return gd_arena_strdup(arena, named);
    if (gd_node_kind(statement) == GD_KIND_DoStmt)
        return "plpgsql";
    return gd_node_child(statement, GD_F_sql_body) != NULL ? "sql" : "";
}

const char *gd_body_text(const struct gd_node *statement)
{
    const struct gd_node *option = definition(statement, "as");
    return option == NULL ? NULL : first_text(option);
}

static void read_atomic_node(struct reader *reader, const struct gd_node *node)
{
    struct place place = {.key = "", .holder = "", .line = 1};
    if (gd_node_kind(node) == GD_KIND_List) {
        for (size_t i = 0; i < gd_node_count(node, GD_F_items); i++)
            read_atomic_node(reader, gd_node_at(node, GD_F_items, i));
        return;
    }
    if (node != NULL)
        add(reader, place,
            gd_node_kind(node) == GD_KIND_ReturnStmt ? GD_FRAGMENT_EXPRESSION
                                                     : GD_FRAGMENT_STATEMENT,
            node, gd_node_kind_name(node));
}

struct gd_body gd_body_of_statement(const struct gd_node *statement, const char *text,
                                    struct gd_arena *arena)
{
    struct gd_body body = {0};
    struct reader reader = {.arena = arena, .body = &body};
    const struct gd_node *atomic = gd_node_child(statement, GD_F_sql_body);
    const char *language = gd_body_language(statement, arena);
    const char *source = gd_body_text(statement);
    if (atomic != NULL)
        read_atomic_node(&reader, atomic);
    else if (source == NULL) /* the library ends the process when it is given such a statement */
        body.problem = "it has no body";
    else if (strcmp(language, "plpgsql") == 0)
        read_plpgsql(&reader, text);
    else if (strcmp(language, "sql") == 0)
        read_sql(&reader, source);
    else
        body.problem = gd_arena_printf(arena, "it is written in %s",
                                       language[0] == '\0' ? "no named language" : language);
    return body;
}

/* ---- constant texts ---- */

static const char *quoted_identifier(struct gd_arena *arena, const char *text)
{
    bool plain = text[0] != '\0' && !isdigit((unsigned char)text[0]);
    for (const char *at = text; *at != '\0'; at++)
        plain = plain && (islower((unsigned char)*at) || isdigit((unsigned char)*at) || *at == '_');
    if (plain) /* a keyword may go unquoted here: the text is parsed, not sent */
        return text;
    char *out = gd_arena_alloc(arena, strlen(text) * 2 + 3), *into = out;
    *into++ = '"';
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"')
            *into++ = '"';
        *into++ = *at;
    }
    *into++ = '"';
    *into = '\0';
    return out;
}

static const char *quoted_literal(struct gd_arena *arena, const char *text)
{
    char *out = gd_arena_alloc(arena, strlen(text) * 2 + 5), *into = out;
    if (strchr(text, '\\') != NULL) {
        *into++ = ' ';
        *into++ = 'E';
    }
    *into++ = '\'';
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\'' || *at == '\\')
            *into++ = *at;
        *into++ = *at;
    }
    *into++ = '\'';
    *into = '\0';
    return out;
}

static bool is_builtin_call(const struct gd_node *call, const char *name, size_t arguments)
{
    const char *schema = gd_node_name_schema(call, GD_F_funcname);
    return strcmp(gd_node_name_last(call, GD_F_funcname), name) == 0 &&
           (schema[0] == '\0' || strcmp(schema, "pg_catalog") == 0) &&
           (arguments == 0 || gd_node_count(call, GD_F_args) == arguments);
}

/* format() with constants: %s, %I, %L and %%, also with a position as in %1$I. */
static const char *formatted(const struct gd_node *call, struct gd_arena *arena)
{
    const char *format = gd_constant_text(gd_node_at(call, GD_F_args, 0), arena);
    if (format == NULL || gd_node_flag(call, GD_F_func_variadic))
        return NULL;
    const char *out = "";
    size_t next = 1;
    while (*format != '\0') {
        size_t plain = strcspn(format, "%");
        out = gd_arena_printf(arena, "%s%.*s", out, (int)plain, format);
        format += plain;
        if (*format == '\0')
            return out;
        format++;
        if (*format == '%') {
            out = gd_arena_printf(arena, "%s%%", out);
            format++;
            continue;
        }
        char *after;
        unsigned long position = strtoul(format, &after, 10);
        if (after != format && *after == '$') {
            next = position;
            format = after + 1;
        }
        const char *value = next == 0 || next > 1000
                                ? NULL
                                : gd_constant_text(gd_node_at(call, GD_F_args, next), arena);
        next++;
        if (value == NULL)
            return NULL;
        if (*format == 'I')
            value = quoted_identifier(arena, value);
        else if (*format == 'L')
            value = quoted_literal(arena, value);
        else if (*format != 's')
            return NULL;
        out = gd_arena_printf(arena, "%s%s", out, value);
        format++;
    }
    return out;
}

static const char *concatenated(const struct gd_node *call, struct gd_arena *arena)
{
    const char *out = "";
    for (size_t i = 0; i < gd_node_count(call, GD_F_args); i++) {
        const char *part = gd_constant_text(gd_node_at(call, GD_F_args, i), arena);
        if (part == NULL)
            return NULL;
        out = gd_arena_printf(arena, "%s%s", out, part);
    }
    return out;
}

static const char *constant_call(const struct gd_node *call, struct gd_arena *arena)
{
    if (is_builtin_call(call, "format", 0))
        return formatted(call, arena);
    if (is_builtin_call(call, "concat", 0))
        return concatenated(call, arena);
    const char *argument = gd_node_count(call, GD_F_args) == 1
                               ? gd_constant_text(gd_node_at(call, GD_F_args, 0), arena)
                               : NULL;
    if (argument == NULL)
        return NULL;
    if (is_builtin_call(call, "quote_ident", 1))
        return quoted_identifier(arena, argument);
    if (is_builtin_call(call, "quote_literal", 1))
        return quoted_literal(arena, argument);
    return NULL;
}

static bool is_text_type(const struct gd_node *type_name)
{
    static const char *const types[] = {"text", "varchar", "name", NULL};
    return is_one_of(gd_node_name_last(type_name, GD_F_names), types) &&
           gd_node_count(type_name, GD_F_typmods) == 0;
}

const char *gd_constant_text(const struct gd_node *expression, struct gd_arena *arena)
{
    switch (gd_node_kind(expression)) {
    case GD_KIND_A_Const:
        return gd_node_string(expression);
    case GD_KIND_TypeCast:
        return is_text_type(gd_node_child(expression, GD_F_type_name))
                   ? gd_constant_text(gd_node_child(expression, GD_F_arg), arena)
                   : NULL;
    case GD_KIND_FuncCall:
        return constant_call(expression, arena);
    case GD_KIND_A_Expr: {
        if (strcmp(gd_node_name_last(expression, GD_F_name), "||") != 0)
            return NULL;
        const char *left = gd_constant_text(gd_node_child(expression, GD_F_lexpr), arena);
        const char *right = gd_constant_text(gd_node_child(expression, GD_F_rexpr), arena);
        return left == NULL || right == NULL ? NULL : gd_arena_printf(arena, "%s%s", left, right);
    }
    default:
        return NULL;
    }
}
