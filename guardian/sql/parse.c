/*
 * Parse: see parse.h.
 *
 * The unpacked tree lives in the arena: protobuf-c is given an allocator that takes from it and
 * never gives back.
 */
#include "guardian/sql/parse.h"

#include <assert.h>
#include <errno.h>
#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>

/*
 * Measured with libpg_query 15: a chain of 100,000 operators needs 256 MiB, one of 500,000 needs
 * 1 GiB. Pages that are never touched cost nothing.
 */
static const size_t deep_stack_size = (size_t)1 << 30;

/* The library packs a chain in time that grows with its square: 50,000 links take a second. */
static const size_t links_max = 50000;

static _Thread_local bool is_deep;

static void *arena_alloc(void *arena, size_t size)
{
    return gd_arena_alloc(arena, size);
}

static void arena_free(void *arena, void *pointer)
{
    (void)arena;
    (void)pointer;
}

/* ---- tokens ---- */

static bool is_string_token(PgQuery__Token token)
{
    switch (token) {
    case PG_QUERY__TOKEN__SCONST:
    case PG_QUERY__TOKEN__USCONST:
    case PG_QUERY__TOKEN__BCONST:
    case PG_QUERY__TOKEN__XCONST:
        return true;
    default:
        return false;
    }
}

static void read_token(const PgQuery__ScanToken *from, const char *text, struct gd_token *into)
{
    into->offset = (size_t)from->start;
    into->size = (size_t)(from->end - from->start);
    into->comment =
        from->token == PG_QUERY__TOKEN__SQL_COMMENT || from->token == PG_QUERY__TOKEN__C_COMMENT;
    bool keyword = from->keyword_kind != PG_QUERY__KEYWORD_KIND__NO_KEYWORD;
    into->identifier =
        from->token == PG_QUERY__TOKEN__IDENT || from->token == PG_QUERY__TOKEN__UIDENT;
    into->word = keyword || (from->token == PG_QUERY__TOKEN__IDENT && text[from->start] != '"');
    into->reserved = from->keyword_kind == PG_QUERY__KEYWORD_KIND__RESERVED_KEYWORD;
    into->string = is_string_token(from->token);
}

static void set_refusal(const PgQueryError *error, const char *text, struct gd_arena *arena,
                        struct gd_refusal *out_refusal)
{
    out_refusal->message = gd_arena_strdup(arena, error->message);
    out_refusal->offset = 0;
    /* The cursor counts characters from 1, we count bytes from 0. */
    for (int left = error->cursorpos - 1; left > 0 && text[out_refusal->offset] != '\0'; left--) {
        out_refusal->offset++;
        while (((unsigned char)text[out_refusal->offset] & 0xC0) == 0x80)
            out_refusal->offset++;
    }
}

bool gd_scan(const char *text, struct gd_arena *arena, size_t *out_count,
             struct gd_token **out_tokens, struct gd_refusal *out_refusal)
{
    assert(is_deep);
    PgQueryScanResult scanned = pg_query_scan(text);
    bool good = scanned.error == NULL;
    if (!good)
        set_refusal(scanned.error, text, arena, out_refusal);
    ProtobufCAllocator allocator = {arena_alloc, arena_free, arena};
    PgQuery__ScanResult *result =
        good ? pg_query__scan_result__unpack(&allocator, scanned.pbuf.len,
                                             (const uint8_t *)scanned.pbuf.data)
             : NULL;
    if (result != NULL) {
        struct gd_token *tokens = gd_arena_zalloc(arena, result->n_tokens + 1, sizeof *tokens);
        for (size_t i = 0; i < result->n_tokens; i++)
            read_token(result->tokens[i], text, &tokens[i]);
        *out_count = result->n_tokens;
        *out_tokens = tokens;
    }
    pg_query_free_scan_result(scanned);
    return result != NULL;
}

/* ---- trees ---- */

static bool is_link(const struct gd_token *token, const char *text)
{
    return !token->comment && !token->string && !token->identifier &&
           strchr("(),;.0123456789", text[token->offset]) == NULL;
}

static bool joins_queries(const struct gd_token *token, const char *text)
{
    static const char *const words[] = {"union", "except", "intersect"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (token->size == strlen(words[i]) &&
            strncasecmp(text + token->offset, words[i], token->size) == 0)
            return true;
    return false;
}

/* The longest chain of operators: between two commas of the same bracket, and all UNIONs. A list of
 * a million values is long, but not deep. */
static size_t longest_chain(const char *text, const struct gd_token *tokens, size_t count,
                            struct gd_arena *arena)
{
    size_t *links = gd_arena_zalloc(arena, count + 1, sizeof *links); /* by bracket depth */
    size_t depth = 0, longest = 0, queries = 0;
    for (size_t i = 0; i < count; i++) {
        char first = text[tokens[i].offset];
        if (first == '(' || first == '[')
            links[++depth] = 0;
        else if ((first == ')' || first == ']') && depth > 0)
            depth--;
        else if (first == ',')
            links[depth] = 0;
        else if (joins_queries(&tokens[i], text))
            queries++;
        else if (is_link(&tokens[i], text) && ++links[depth] > longest)
            longest = links[depth];
    }
    return longest + queries;
}

/* Does a long text chain more operators than the library can pack in reasonable time? */
static bool is_chained_too_deeply(const char *text, size_t size)
{
    if (size / 2 < links_max) /* "+1+1+1": two bytes a link at the least */
        return false;
    gd_auto_arena arena = gd_arena_new();
    size_t count;
    struct gd_token *tokens;
    struct gd_refusal ignored;
    if (!gd_scan(text, arena, &count, &tokens, &ignored))
        return false; /* the parser says why */
    return longest_chain(text, tokens, count, arena) > links_max;
}

static void take_statements(const PgQuery__ParseResult *result, size_t size, struct gd_arena *arena,
                            struct gd_parsed *out)
{
    size_t count = result->n_stmts;
    const struct gd_node **statements = gd_arena_zalloc(arena, count + 1, sizeof *statements);
    size_t *offsets = gd_arena_zalloc(arena, count + 1, sizeof *offsets);
    size_t *sizes = gd_arena_zalloc(arena, count + 1, sizeof *sizes);
    for (size_t i = 0; i < count; i++) {
        const PgQuery__RawStmt *raw = result->stmts[i];
        statements[i] = gd_node_child((const struct gd_node *)raw, GD_F_stmt);
        offsets[i] = (size_t)raw->stmt_location;
        sizes[i] = raw->stmt_len > 0 ? (size_t)raw->stmt_len : size - offsets[i];
    }
    *out = (struct gd_parsed){count, statements, offsets, sizes};
}

bool gd_parse(const char *text, size_t size, struct gd_arena *arena, struct gd_parsed *out_parsed,
              struct gd_refusal *out_refusal)
{
    assert(is_deep && text[size] == '\0');
    if (is_chained_too_deeply(text, size)) {
        *out_refusal = (struct gd_refusal){"the statement chains too many operators to be read", 0};
        return false;
    }
    PgQueryProtobufParseResult parsed = pg_query_parse_protobuf(text);
    if (parsed.error != NULL) {
        set_refusal(parsed.error, text, arena, out_refusal);
        pg_query_free_protobuf_parse_result(parsed);
        return false;
    }
    ProtobufCAllocator allocator = {arena_alloc, arena_free, arena};
    PgQuery__ParseResult *result = pg_query__parse_result__unpack(
        &allocator, parsed.parse_tree.len, (const uint8_t *)parsed.parse_tree.data);
    pg_query_free_protobuf_parse_result(parsed);
    if (result == NULL) {
        *out_refusal = (struct gd_refusal){"the parser's answer could not be read", 0};
        return false;
    }
    take_statements(result, size, arena, out_parsed);
    return true;
}

const struct gd_node *gd_parse_expression(const char *text, struct gd_arena *arena)
{
    const char *query = gd_arena_printf(arena, "SELECT (%s\n)", text);
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    if (!gd_parse(query, strlen(query), arena, &parsed, &refusal) || parsed.count != 1)
        return NULL;
    const struct gd_node *select = parsed.statements[0];
    if (gd_node_count(select, GD_F_target_list) != 1)
        return NULL;
    return gd_node_child(gd_node_at(select, GD_F_target_list, 0), GD_F_val);
}

const char *gd_fingerprint(const char *text, struct gd_arena *arena)
{
    assert(is_deep);
    PgQueryFingerprintResult result = pg_query_fingerprint(text);
    const char *answer =
        result.error == NULL ? gd_arena_strdup(arena, result.fingerprint_str) : NULL;
    pg_query_free_fingerprint_result(result);
    return answer;
}

/* ---- the deep thread ---- */

struct deep_call {
    gd_deep_fn *call;
    void *context;
    struct gd_error *err;
    struct gd_status status;
};

static void *run_deep(void *argument)
{
    struct deep_call *deep = argument;
    is_deep = true;
    deep->status = deep->call(deep->context, deep->err);
    /* No pg_query_exit() here: the library frees its memory when the thread ends, and once more
     * would be twice. */
    return NULL;
}

static int start_deep(struct deep_call *deep, void *stack, pthread_t *out_thread)
{
    pthread_attr_t attributes;
    int failed = pthread_attr_init(&attributes);
    if (failed != 0)
        return failed;
    failed = pthread_attr_setstack(&attributes, stack, deep_stack_size);
    if (failed == 0)
        failed = pthread_create(out_thread, &attributes, run_deep, deep);
    pthread_attr_destroy(&attributes);
    return failed;
}

struct gd_status gd_deep_call(gd_deep_fn *call, void *context, struct gd_error *err)
{
    if (is_deep)
        return call(context, err);
    /* An own mapping with a guard page below, because a default stack would be committed. */
    const size_t guard = 64 * 1024;
    char *mapping = mmap(NULL, deep_stack_size + guard, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (mapping == MAP_FAILED)
        return gd_fail(err, GD_SYSTEM, "could not reserve a stack of %zu MiB for the parser: %s",
                       deep_stack_size >> 20, strerror(errno));
    struct deep_call deep = {call, context, err, GD_DONE};
    pthread_t thread;
    int failed = mprotect(mapping, guard, PROT_NONE) != 0 ? errno : 0;
    if (failed == 0)
        failed = start_deep(&deep, mapping + guard, &thread);
    if (failed == 0)
        failed = pthread_join(thread, NULL);
    munmap(mapping, deep_stack_size + guard);
    if (failed != 0)
        return gd_fail(err, GD_SYSTEM, "could not start the parser's thread: %s", strerror(failed));
    return deep.status;
}

/* ---- UTF-8 ---- */

/* Length of the well-formed character at `at`, 0 when it is none (RFC 3629, table 3-7 of Unicode).
 */
static size_t character_size(const unsigned char *at, size_t left)
{
    unsigned char first = at[0];
    if (first < 0x80)
        return first == 0 ? 0 : 1;
    size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || size > left)
        return 0;
    unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    return size;
}

size_t gd_text_check(const char *text, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t at = 0;
    while (at < size) {
        while (at < size && bytes[at] != 0 && bytes[at] < 0x80)
            at++;
        if (at == size)
            break;
        size_t length = character_size(bytes + at, size - at);
        if (length == 0)
            return at;
        at += length;
    }
    return at;
}
