/*
 * Deparse: see deparse.h.
 *
 * The library writes whole statements only. A piece is put into a SELECT made for it, whose text
 * begins with words that are known and are cut off again. What was written is read back and
 * compared.
 */
#include "guardian/sql/deparse.h"

#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/sql/parse.h"

/* Put a message into the envelope that the library keeps it in; false when it has none. */
static bool wrap_node(const struct gd_node *node, PgQuery__Node *out)
{
    const ProtobufCMessage *message = (const void *)node;
    const ProtobufCMessageDescriptor *envelope = &pg_query__node__descriptor;
    pg_query__node__init(out);
    for (unsigned i = 0; i < envelope->n_fields; i++)
        if (envelope->fields[i].descriptor == message->descriptor) {
            /* Every member of the envelope's union is a pointer to a message. */
            void *pointer = (void *)(uintptr_t)node;
            memcpy(&out->alias, &pointer, sizeof pointer);
            out->node_case = (PgQuery__Node__NodeCase)envelope->fields[i].id;
            return true;
        }
    return false;
}

/* The library's writer forgets a word now and then; its reader does not. */
static bool reads_back_as(const char *text, const PgQuery__Node *statement, struct gd_arena *arena)
{
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    return gd_parse(text, strlen(text), arena, &parsed, &refusal) && parsed.count == 1 &&
           gd_node_equal(parsed.statements[0],
                         (const struct gd_node *)(const void *)statement->alias);
}

static const char *write_statement(PgQuery__Node *statement, struct gd_arena *arena)
{
    PgQuery__RawStmt raw;
    PgQuery__RawStmt *raws[] = {&raw};
    PgQuery__ParseResult result;
    pg_query__raw_stmt__init(&raw);
    raw.stmt = statement;
    pg_query__parse_result__init(&result);
    result.n_stmts = 1;
    result.stmts = raws;

    PgQueryProtobuf packed = {.len = pg_query__parse_result__get_packed_size(&result)};
    packed.data = gd_arena_alloc(arena, packed.len + 1);
    pg_query__parse_result__pack(&result, (uint8_t *)packed.data);
    PgQueryDeparseResult written = pg_query_deparse_protobuf(packed);
    const char *text = written.error == NULL && written.query != NULL
                           ? gd_arena_strdup(arena, written.query)
                           : NULL;
    pg_query_free_deparse_result(written);
    return text != NULL && reads_back_as(text, statement, arena) ? text : NULL;
}

static void init_select(PgQuery__SelectStmt *select)
{
    pg_query__select_stmt__init(select);
    select->limit_option = PG_QUERY__LIMIT_OPTION__LIMIT_OPTION_DEFAULT;
    select->op = PG_QUERY__SET_OPERATION__SETOP_NONE;
}

static const char *write_select(PgQuery__SelectStmt *select, const char *opening,
                                struct gd_arena *arena)
{
    PgQuery__Node statement;
    if (!wrap_node((const struct gd_node *)select, &statement))
        return NULL;
    const char *text = write_statement(&statement, arena);
    size_t known = strlen(opening);
    return text != NULL && strncmp(text, opening, known) == 0 ? text + known : NULL;
}

const char *gd_deparse_expression(const struct gd_node *expression, struct gd_arena *arena)
{
    PgQuery__Node value, item;
    PgQuery__ResTarget target;
    PgQuery__Node *items[] = {&item};
    PgQuery__SelectStmt select;
    if (expression == NULL || !wrap_node(expression, &value))
        return NULL;
    pg_query__res_target__init(&target);
    target.val = &value;
    init_select(&select);
    select.n_target_list = 1;
    select.target_list = items;
    return wrap_node((const struct gd_node *)&target, &item)
               ? write_select(&select, "SELECT ", arena)
               : NULL;
}

const char *gd_deparse_type(const struct gd_node *type_name, struct gd_arena *arena)
{
    /* NULL::the_type */
    PgQuery__AConst nothing;
    PgQuery__Node value;
    PgQuery__TypeCast cast;
    if (gd_node_kind(type_name) != GD_KIND_TypeName)
        return NULL;
    pg_query__a__const__init(&nothing);
    nothing.isnull = true;
    if (!wrap_node((const struct gd_node *)&nothing, &value))
        return NULL;
    pg_query__type_cast__init(&cast);
    cast.arg = &value;
    cast.type_name = (PgQuery__TypeName *)(uintptr_t)type_name;
    static const char opening[] = "NULL::";
    const char *text = gd_deparse_expression((const struct gd_node *)&cast, arena);
    return text != NULL && strncmp(text, opening, sizeof opening - 1) == 0
               ? text + sizeof opening - 1
               : NULL;
}

const char *gd_deparse_from(const struct gd_node *item, struct gd_arena *arena)
{
    PgQuery__Node source;
    PgQuery__Node *sources[] = {&source};
    PgQuery__SelectStmt select;
    if (item == NULL || !wrap_node(item, &source))
        return NULL;
    init_select(&select);
    select.n_from_clause = 1;
    select.from_clause = sources;
    const char *text = write_select(&select, "SELECT ", arena);
    static const char from[] = "FROM ";
    return text != NULL && strncmp(text, from, sizeof from - 1) == 0 ? text + sizeof from - 1
                                                                     : NULL;
}

const char *gd_deparse_with(const struct gd_node *with_clause, struct gd_arena *arena)
{
    PgQuery__SelectStmt select;
    if (gd_node_kind(with_clause) != GD_KIND_WithClause)
        return NULL;
    init_select(&select);
    select.with_clause = (PgQuery__WithClause *)(uintptr_t)with_clause;
    const char *text = write_select(&select, "", arena);
    static const char end[] = "SELECT";
    size_t size = text == NULL ? 0 : strlen(text);
    while (size > 0 && text[size - 1] == ' ')
        size--;
    if (size < sizeof end - 1 || strncmp(text + size - (sizeof end - 1), end, sizeof end - 1) != 0)
        return NULL;
    return gd_arena_strndup(arena, text, size - (sizeof end - 1));
}

const char *gd_deparse_statement(const struct gd_node *statement, struct gd_arena *arena)
{
    PgQuery__Node node;
    return statement != NULL && wrap_node(statement, &node) ? write_statement(&node, arena) : NULL;
}
