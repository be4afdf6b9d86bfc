/*
 * Script: see script.h.
 *
 * The window holds [begin, end) of the input. Pieces are cut at line ends only, and only a piece
 * that its semicolon closes is taken, so that a cut inside a quote or a comment is always seen: the
 * scanner complains, and the window grows.
 */
#include "guardian/sql/script.h"

#include <assert.h>
#include <ctype.h>
#include <pg_query.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "guardian/io/digest.h"
#include "guardian/sql/newer.h"
#include "guardian/sql/parse.h"

static const size_t window_bytes = 128 * 1024;
static const size_t statement_bytes_default = 64 * 1024 * 1024;

struct piece {
    size_t start, end; /* in the window; `end` is where its semicolon stands, or the window's end */
};

struct gd_script {
    const char *name;
    gd_read_fn *read;
    void *context;
    size_t statement_max;
    bool skip_connect;

    char *window;
    size_t capacity, begin, end, checked;
    bool at_end; /* the input has no more */
    struct piece *pieces;
    size_t piece_count, piece_next, piece_capacity;

    uint64_t offset;       /* of window[begin] in the input */
    uint32_t line, column; /* of window[begin] */
    uint32_t last_line;    /* on which the previous statement ended */
    uint64_t bytes;
    struct gd_digest *digest;
};

struct gd_script *gd_script_new(const char *name, gd_read_fn *read, void *context,
                                const struct gd_script_options *options)
{
    struct gd_script *script = calloc(1, sizeof *script);
    if (script == NULL)
        abort();
    script->name = strcmp(name, "-") == 0 ? "standard input" : name;
    script->read = read;
    script->context = context;
    script->statement_max = options == NULL || options->statement_bytes_max == 0
                                ? statement_bytes_default
                                : options->statement_bytes_max;
    script->skip_connect = options != NULL && options->skip_connect;
    script->line = 1;
    script->column = 1;
    script->digest = gd_digest_new();
    return script;
}

void gd_script_free(struct gd_script *script)
{
    if (script == NULL)
        return;
    gd_digest_free(script->digest);
    free(script->window);
    free(script->pieces);
    free(script);
}

void gd_script_hash(const struct gd_script *script, char out_hex[65])
{
    gd_digest_hex(script->digest, out_hex);
}

uint64_t gd_script_bytes(const struct gd_script *script)
{
    return script->bytes;
}

struct gd_status gd_memory_read(void *memory_input, char *buffer, size_t size, size_t *out_got,
                                struct gd_error *err)
{
    (void)err;
    struct gd_memory_input *input = memory_input;
    size_t got = input->size < size ? input->size : size;
    memcpy(buffer, input->text, got);
    input->text += got;
    input->size -= got;
    *out_got = got;
    return GD_DONE;
}

/* ---- the window ---- */

static uint32_t lines_in(const char *text, size_t size)
{
    uint32_t lines = 0;
    for (const char *at = text; (at = memchr(at, '\n', size - (size_t)(at - text))) != NULL; at++)
        lines++;
    return lines;
}

static uint32_t characters_in(const char *text, size_t size)
{
    uint32_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += ((unsigned char)text[i] & 0xC0) != 0x80;
    return count;
}

/* Where a place in the window stands in the file. */
static void locate(const struct gd_script *script, size_t place, uint32_t *out_line,
                   uint32_t *out_column)
{
    const char *from = script->window + script->begin;
    size_t size = place - script->begin;
    uint32_t lines = lines_in(from, size);
    const char *last = lines == 0 ? NULL : memrchr(from, '\n', size);
    *out_line = script->line + lines;
    *out_column = last == NULL ? script->column + characters_in(from, size)
                               : 1 + characters_in(last + 1, size - (size_t)(last + 1 - from));
}

static void advance(struct gd_script *script, size_t place)
{
    assert(place >= script->begin && place <= script->end);
    locate(script, place, &script->line, &script->column);
    script->offset += place - script->begin;
    script->begin = place;
}

static GD_MUST struct gd_status refuse_at(const struct gd_script *script, size_t place,
                                          struct gd_error *err, const char *what)
{
    uint32_t line, column;
    locate(script, place, &line, &column);
    return gd_fail(err, GD_USAGE, "%s:%u: %s", script->name, line, what);
}

/* A character that the end of a read cuts is looked at again when the rest is there. */
static GD_MUST struct gd_status check_text(struct gd_script *script, struct gd_error *err)
{
    const char *from = script->window + script->checked;
    size_t size = script->end - script->checked;
    size_t good = gd_text_check(from, size);
    script->checked += good;
    if (good == size || (!script->at_end && size - good < 4 && from[good] != '\0'))
        return GD_DONE;
    unsigned char bad = (unsigned char)from[good];
    if (bad == 0)
        return gd_hint(err,
                       refuse_at(script, script->checked, err,
                                 "a NUL byte: the server would not see what follows it"),
                       "The file may be UTF-16; write it again as UTF-8.");
    char what[64];
    snprintf(what, sizeof what, "byte 0x%02X is not valid UTF-8", bad);
    return gd_hint(err, refuse_at(script, script->checked, err, what),
                   "Convert the file, for example: iconv -f WINDOWS-1252 -t UTF-8 FILE.");
}

static void make_room(struct gd_script *script, size_t wanted)
{
    if (script->begin > 0) {
        memmove(script->window, script->window + script->begin, script->end - script->begin);
        script->end -= script->begin;
        script->checked -= script->begin;
        script->begin = 0;
    }
    if (script->capacity > script->end + wanted)
        return;
    script->capacity = script->end + wanted + 1;
    script->window = realloc(script->window, script->capacity);
    if (script->window == NULL)
        abort();
}

static GD_MUST struct gd_status skip_byte_order_mark(struct gd_script *script)
{
    if (script->bytes >= 3 && script->offset == 0 && script->begin == 0 &&
        memcmp(script->window, "\xEF\xBB\xBF", 3) == 0) {
        script->begin = 3;
        script->offset = 3;
    }
    return GD_DONE;
}

/* Read until there is something new or the end. Old places in the window are void afterwards. */
static GD_MUST struct gd_status refill(struct gd_script *script, struct gd_error *err)
{
    bool first = script->bytes == 0;
    size_t unread = script->end - script->begin; /* doubles, so that no text is split too often */
    size_t wanted = unread > window_bytes ? unread : window_bytes;
    make_room(script, wanted);
    script->piece_count = script->piece_next = 0;
    while (wanted > 0 && !script->at_end) {
        size_t got = 0;
        GD_TRY(script->read(script->context, script->window + script->end, wanted, &got, err));
        gd_digest_add(script->digest, script->window + script->end, got);
        script->end += got;
        script->bytes += got;
        wanted -= got;
        script->at_end = got == 0;
    }
    script->window[script->end] = '\0';
    GD_TRY(check_text(script, err));
    return first ? skip_byte_order_mark(script) : GD_DONE;
}

/* ---- white space and comments before a statement ---- */

/* The end of a nested C comment that begins at `at`; `end` when it is not closed there. */
static size_t after_block_comment(const char *text, size_t at, size_t end)
{
    unsigned depth = 0;
    while (at < end) {
        if (end - at >= 2 && text[at] == '/' && text[at + 1] == '*') {
            depth++;
            at += 2;
        } else if (end - at >= 2 && text[at] == '*' && text[at + 1] == '/') {
            at += 2;
            if (--depth == 0)
                return at;
        } else {
            at++;
        }
    }
    return end;
}

static size_t after_line_comment(const char *text, size_t at, size_t end)
{
    while (at < end && text[at] != '\n' && text[at] != '\r')
        at++;
    return at;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

/* Skip blanks and comments from `at`. `*first_comment` is the first one that begins on a later line
 * than the statement before: the others belong to that one. */
static size_t skip_to_word(const struct gd_script *script, size_t at, size_t end,
                           size_t *first_comment)
{
    const char *text = script->window;
    uint32_t line, column;
    while (at < end) {
        size_t next = at;
        if (is_blank(text[at]))
            next = at + 1;
        else if (end - at >= 2 && text[at] == '-' && text[at + 1] == '-')
            next = after_line_comment(text, at, end);
        else if (end - at >= 2 && text[at] == '/' && text[at + 1] == '*')
            next = after_block_comment(text, at, end);
        else
            return at;
        if (!is_blank(text[at]) && *first_comment == SIZE_MAX) {
            locate(script, at, &line, &column);
            if (line > script->last_line)
                *first_comment = at;
        }
        at = next;
    }
    return at;
}

/* ---- meta-commands ---- */

static GD_MUST struct gd_status refuse_meta_command(const struct gd_script *script, size_t place,
                                                    struct gd_error *err)
{
    const char *at = script->window + place;
    size_t size = 1;
    while (at[size] != '\0' && !is_blank(at[size]) && size < 32)
        size++;
    char what[96];
    snprintf(what, sizeof what, "\"%.*s\" is a command of psql, not SQL", (int)size, at);
    return gd_hint(
        err, refuse_at(script, place, err, what),
        "Guardian sends SQL itself and cannot know what psql would do. Running psql under "
        "it is for guardian run -- psql -f FILE, which a later version brings.");
}

/* pg_dump brackets its output with \restrict and \unrestrict: they do nothing to the database. A
 * name such as "my-shop" it puts between two lines of \encoding, for the \connect that reads it. */
static bool is_dump_bracket(const struct gd_script *script, const char *line)
{
    if (script->skip_connect &&
        (strncmp(line, "\\connect ", 9) == 0 || strncmp(line, "\\encoding ", 10) == 0))
        return true;
    return strncmp(line, "\\restrict ", 10) == 0 || strncmp(line, "\\unrestrict ", 12) == 0;
}

/* A backslash outside quotes belongs to psql; finding one takes the scanner. */
static GD_MUST struct gd_status check_backslash(const struct gd_script *script, size_t start,
                                                const char *text, size_t size,
                                                struct gd_arena *arena, struct gd_error *err)
{
    if (memchr(text, '\\', size) == NULL)
        return GD_DONE;
    size_t count;
    struct gd_token *tokens;
    struct gd_refusal refusal;
    if (!gd_scan(text, arena, &count, &tokens, &refusal))
        return GD_DONE; /* the grammar says why */
    for (size_t i = 0; i < count; i++)
        if (text[tokens[i].offset] == '\\')
            return refuse_meta_command(script, start + tokens[i].offset, err);
    return GD_DONE;
}

/* ---- pieces ---- */

static void add_piece(struct gd_script *script, size_t start, size_t end)
{
    if (script->piece_count == script->piece_capacity) {
        script->piece_capacity = script->piece_capacity == 0 ? 64 : script->piece_capacity * 2;
        script->pieces = realloc(script->pieces, script->piece_capacity * sizeof script->pieces[0]);
        if (script->pieces == NULL)
            abort();
    }
    script->pieces[script->piece_count++] = (struct piece){start, end};
}

/* The library counts characters. */
static size_t bytes_of_characters(const char *text, int characters)
{
    size_t bytes = 0;
    for (; characters > 0 && text[bytes] != '\0'; characters--) {
        bytes++;
        while (((unsigned char)text[bytes] & 0xC0) == 0x80)
            bytes++;
    }
    return bytes;
}

/* Split window[begin, cut) into pieces; false with `*refusal` when the scanner cannot. A last piece
 * that no semicolon closes is kept only when the input ends there. */
static bool split(struct gd_script *script, size_t cut, struct gd_arena *arena,
                  struct gd_refusal *refusal)
{
    char kept = script->window[cut];
    script->window[cut] = '\0';
    PgQuerySplitResult result = pg_query_split_with_scanner(script->window + script->begin);
    bool good = result.error == NULL;
    script->piece_count = script->piece_next = 0;
    if (!good) {
        refusal->message = gd_arena_strdup(arena, result.error->message);
        refusal->offset =
            bytes_of_characters(script->window + script->begin, result.error->cursorpos - 1);
    } else {
        for (int i = 0; i < result.n_stmts; i++) {
            size_t start = script->begin + (size_t)result.stmts[i]->stmt_location;
            size_t end = start + (size_t)result.stmts[i]->stmt_len;
            bool closed = end < cut && script->window[end] == ';';
            if (closed || (script->at_end && cut == script->end))
                add_piece(script, start, end);
        }
        pg_query_free_split_result(result);
    }
    if (!good) { /* the library leaves the list unset after an error */
        result.stmts = NULL;
        result.n_stmts = 0;
        pg_query_free_split_result(result);
    }
    script->window[cut] = kept;
    return good;
}

/* Is there "stdin" at or after `from`? Then COPY data may follow, which is not SQL. */
static size_t find_stdin(const struct gd_script *script, size_t from)
{
    for (size_t at = from; at + 5 <= script->end; at++) {
        const char *hit = memchr(script->window + at, 'd', script->end - at);
        const char *upper = memchr(script->window + at, 'D', script->end - at);
        if (hit == NULL || (upper != NULL && upper < hit))
            hit = upper;
        if (hit == NULL)
            return SIZE_MAX;
        at = (size_t)(hit - script->window);
        if (at >= from + 2 && at + 3 <= script->end && strncasecmp(hit - 2, "stdin", 5) == 0)
            return at;
    }
    return SIZE_MAX;
}

static size_t after_line(const struct gd_script *script, size_t at)
{
    const char *newline = memchr(script->window + at, '\n', script->end - at);
    return newline == NULL ? SIZE_MAX : (size_t)(newline + 1 - script->window);
}

/* Split up to the end of a line that holds "stdin" and a semicolon behind it: the first such line
 * where no quote or comment is open. */
static bool split_before_data(struct gd_script *script, struct gd_arena *arena)
{
    struct gd_refusal ignored;
    for (size_t at = find_stdin(script, script->begin); at != SIZE_MAX;
         at = find_stdin(script, at + 1)) {
        const char *close = memchr(script->window + at, ';', script->end - at);
        if (close == NULL)
            return false;
        size_t cut = after_line(script, (size_t)(close - script->window));
        if (cut == SIZE_MAX)
            return false;
        if (split(script, cut, arena, &ignored) && script->piece_count > 0)
            return true;
    }
    return false;
}

/* The end of the last line before `limit` that a semicolon ends. */
static size_t last_closed_line(const struct gd_script *script, size_t limit)
{
    for (size_t at = limit; at > script->begin + 1; at--)
        if (script->window[at - 1] == '\n' &&
            (script->window[at - 2] == ';' ||
             (script->window[at - 2] == '\r' && at > script->begin + 2 &&
              script->window[at - 3] == ';')))
            return at;
    return SIZE_MAX;
}

/* The first line that begins with a psql command: its arguments follow rules of their own, so the
 * scanner may have stumbled over them. */
static const char *find_meta_line(const struct gd_script *script)
{
    const char *at = script->window + script->begin;
    while ((at = strstr(at, "\n\\")) != NULL) {
        if (isalpha((unsigned char)at[2]) || at[2] == '!')
            return at + 1;
        at++;
    }
    return NULL;
}

/* `place` is where the quote or the comment was opened. */
static GD_MUST struct gd_status refuse_unsplit(const struct gd_script *script, size_t place,
                                               const char *message, struct gd_error *err)
{
    const char *meta = find_meta_line(script);
    if (meta != NULL)
        return refuse_meta_command(script, (size_t)(meta - script->window), err);
    char what[256];
    snprintf(what, sizeof what, "%.*s", (int)strcspn(message, "\n"), message);
    char *near = strstr(what, " at or near");
    if (near != NULL)
        *near = '\0';
    return gd_hint(err, refuse_at(script, place, err, what),
                   "Everything behind it would be read as part of it; close what is opened here.");
}

/* Make pieces for what comes next, growing the window until there is one. */
static GD_MUST struct gd_status find_pieces(struct gd_script *script, struct gd_arena *arena,
                                            struct gd_error *err)
{
    struct gd_refusal refusal = {"", 0};
    while (script->piece_next == script->piece_count) {
        if (split_before_data(script, arena))
            break;
        size_t cut = script->at_end ? script->end : last_closed_line(script, script->end);
        bool good = cut != SIZE_MAX && split(script, cut, arena, &refusal);
        if (good && (script->piece_count > 0 || script->at_end))
            break;
        /* What stands before the quote that is open can be taken. */
        size_t opened = script->begin + refusal.offset;
        if (!good && cut != SIZE_MAX && (cut = last_closed_line(script, opened)) != SIZE_MAX &&
            split(script, cut, arena, &refusal) && script->piece_count > 0)
            break;
        if (script->at_end)
            return refuse_unsplit(script, opened, refusal.message, err);
        if (script->end - script->begin > script->statement_max) {
            size_t comment = SIZE_MAX;
            size_t start = skip_to_word(script, script->begin, script->end, &comment);
            return gd_hint(err,
                           refuse_at(script, start, err,
                                     "the statement that begins here is longer than the limit"),
                           "A quote that is never closed looks like this; otherwise raise "
                           "--statement-size-max.");
        }
        GD_TRY(refill(script, err));
    }
    return GD_DONE;
}

/* ---- BEGIN ATOMIC ---- */

static bool word_is(const char *text, const struct gd_token *token, const char *word)
{
    return token->word && token->size == strlen(word) &&
           strncasecmp(text + token->offset, word, token->size) == 0;
}

static bool is_atomic_candidate(struct gd_script *script, const struct piece *piece)
{
    char kept = script->window[piece->end];
    script->window[piece->end] = '\0';
    bool found = strcasestr(script->window + piece->start, "atomic") != NULL;
    script->window[piece->end] = kept;
    return found;
}

static bool begins_routine(const char *text, const struct gd_token *tokens, size_t count)
{
    size_t at = 0;
    while (at < count && tokens[at].comment)
        at++;
    if (count - at < 4 || !word_is(text, &tokens[at], "create"))
        return false;
    at++;
    if (word_is(text, &tokens[at], "or") && word_is(text, &tokens[at + 1], "replace"))
        at += 2;
    return at < count &&
           (word_is(text, &tokens[at], "function") || word_is(text, &tokens[at], "procedure"));
}

/* The place of the semicolon that ends a routine with an SQL-standard body: inside BEGIN ATOMIC …
 * END, where CASE … END nests, semicolons belong to the body. SIZE_MAX when it is not in sight. */
static size_t atomic_end(const char *text, const struct gd_token *tokens, size_t count)
{
    size_t depth = 0;
    for (size_t i = 0; i < count; i++) {
        if (word_is(text, &tokens[i], "begin") && i + 1 < count &&
            word_is(text, &tokens[i + 1], "atomic"))
            depth++;
        else if (depth > 0 && word_is(text, &tokens[i], "case"))
            depth++;
        else if (depth > 0 && word_is(text, &tokens[i], "end"))
            depth--;
        else if (depth == 0 && text[tokens[i].offset] == ';')
            return tokens[i].offset;
    }
    return SIZE_MAX;
}

/* Widen a piece that the splitter cut inside BEGIN ATOMIC. @return false when more text is needed.
 */
static bool widen_atomic(struct gd_script *script, struct piece *piece, struct gd_arena *arena)
{
    if (!is_atomic_candidate(script, piece))
        return true;
    size_t from = piece->start;
    size_t last = script->pieces[script->piece_count - 1].end;
    last += last < script->end; /* with its semicolon */
    char kept = script->window[last];
    script->window[last] = '\0';
    size_t count;
    struct gd_token *tokens;
    struct gd_refusal refusal;
    const char *text = script->window + from;
    bool scanned = gd_scan(text, arena, &count, &tokens, &refusal);
    size_t end = scanned && begins_routine(text, tokens, count) ? atomic_end(text, tokens, count)
                                                                : piece->end - from;
    script->window[last] = kept;
    if (end == SIZE_MAX) {
        if (!script->at_end)
            return false;
        end = last - from;
    }
    piece->end = from + end;
    while (script->piece_next < script->piece_count &&
           script->pieces[script->piece_next].start <= piece->end)
        script->piece_next++;
    return true;
}

/* ---- COPY data ---- */

static bool is_copy_from_stdin(const struct gd_node *tree)
{
    return gd_node_kind(tree) == GD_KIND_CopyStmt && gd_node_flag(tree, GD_F_is_from) &&
           !gd_node_flag(tree, GD_F_is_program) && gd_node_text(tree, GD_F_filename)[0] == '\0';
}

static bool is_end_of_data(const char *line, size_t size)
{
    if (size > 0 && line[size - 1] == '\r')
        size--;
    return size == 2 && line[0] == '\\' && line[1] == '.';
}

/* Step over one line, reading on when its end is not in the window. */
static GD_MUST struct gd_status take_line(struct gd_script *script, const char **out_line,
                                          size_t *out_size, struct gd_error *err)
{
    size_t after = after_line(script, script->begin);
    while (after == SIZE_MAX && !script->at_end) {
        GD_TRY(refill(script, err));
        after = after_line(script, script->begin);
    }
    size_t end = after == SIZE_MAX ? script->end : after;
    *out_line = script->window + script->begin;
    *out_size = end - script->begin - (after != SIZE_MAX);
    script->offset += end - script->begin;
    script->begin = end;
    script->line += after != SIZE_MAX;
    script->column = 1;
    return GD_DONE;
}

static GD_MUST struct gd_status take_data(struct gd_script *script, struct gd_stmt *stmt,
                                          struct gd_error *err)
{
    const char *line;
    size_t size;
    uint32_t first_line = script->line;
    script->piece_count = script->piece_next = 0;
    GD_TRY(take_line(script, &line, &size, err));
    while (size > 0 && (is_blank(*line) || *line == ';')) {
        line++;
        size--;
    }
    if (size > 0 && !(size >= 2 && line[0] == '-' && line[1] == '-'))
        return gd_fail(err, GD_USAGE, "%s:%u: text after COPY … FROM stdin; on the same line",
                       script->name, first_line);
    stmt->copy_data = true;
    stmt->data_offset = script->offset;
    for (;;) {
        uint64_t at = script->offset;
        if (script->begin == script->end && script->at_end)
            return gd_hint(err,
                           gd_fail(err, GD_USAGE,
                                   "%s:%u: the data of COPY is not closed by a line \"\\.\"",
                                   script->name, first_line),
                           "The file may have been cut off.");
        GD_TRY(take_line(script, &line, &size, err));
        if (is_end_of_data(line, size)) {
            stmt->data_bytes = at - stmt->data_offset;
            return GD_DONE;
        }
        stmt->data_lines++;
    }
}

/* ---- statements ---- */

static const char *const verbs[] = {
    "abort",   "alter",   "analyse", "analyze", "begin",    "call",      "checkpoint",
    "close",   "cluster", "comment", "commit",  "copy",     "create",    "deallocate",
    "declare", "delete",  "discard", "do",      "drop",     "end",       "execute",
    "explain", "fetch",   "grant",   "import",  "insert",   "listen",    "load",
    "lock",    "merge",   "move",    "notify",  "prepare",  "reassign",  "refresh",
    "reindex", "release", "reset",   "revoke",  "rollback", "savepoint", "security",
    "select",  "set",     "show",    "start",   "table",    "truncate",  "unlisten",
    "update",  "vacuum",  "values",  "with",
};

static bool is_verb(const char *text, const struct gd_token *token)
{
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (word_is(text, token, verbs[i]))
            return true;
    return false;
}

static char *upper(struct gd_arena *arena, const char *text, size_t size)
{
    char *copy = gd_arena_strndup(arena, text, size);
    for (size_t i = 0; i < size; i++)
        copy[i] = (char)toupper((unsigned char)copy[i]);
    return copy;
}

/* The object kinds that stand between CREATE, ALTER or DROP and a name. */
static const char *const object_words[] = {
    "table",        "index",      "view",        "materialized", "sequence",   "type",
    "domain",       "function",   "procedure",   "routine",      "trigger",    "policy",
    "schema",       "database",   "role",        "user",         "extension",  "rule",
    "foreign",      "server",     "publication", "subscription", "collation",  "aggregate",
    "operator",     "cast",       "unique",      "temp",         "temporary",  "unlogged",
    "or",           "replace",    "if",          "not",          "exists",     "only",
    "concurrently", "constraint", "event",       "statistics",   "from",       "into",
    "on",           "system",     "owned",       "default",      "privileges",
};

static bool is_object_word(const char *text, const struct gd_token *token)
{
    for (size_t i = 0; i < sizeof object_words / sizeof object_words[0]; i++)
        if (word_is(text, token, object_words[i]))
            return true;
    return false;
}

static bool is_filler(const char *text, const struct gd_token *token)
{
    static const char *const fillers[] = {"if",   "not",  "exists", "only",   "concurrently",
                                          "from", "into", "or",     "replace"};
    for (size_t i = 0; i < sizeof fillers / sizeof fillers[0]; i++)
        if (word_is(text, token, fillers[i]))
            return true;
    return false;
}

/* "ALTER TABLE IF EXISTS ONLY app.users SET …": verb "ALTER TABLE", object "app.users". */
static void name_unread(const char *text, const struct gd_token *tokens, size_t count,
                        struct gd_arena *arena, struct gd_unread *unread)
{
    size_t at = 0;
    while (at < count && tokens[at].comment)
        at++;
    unread->verb = unread->object = "";
    if (at == count || !is_verb(text, &tokens[at]))
        return;
    unread->verb = upper(arena, text + tokens[at].offset, tokens[at].size);
    for (at++; at < count && is_object_word(text, &tokens[at]); at++)
        if (!is_filler(text, &tokens[at]))
            unread->verb = gd_arena_printf(arena, "%s %s", unread->verb,
                                           upper(arena, text + tokens[at].offset, tokens[at].size));
    size_t first = at;
    while (at < count && (tokens[at].identifier || tokens[at].word)) {
        bool dotted = at + 1 < count && text[tokens[at + 1].offset] == '.';
        if (!dotted)
            break;
        at += 2;
    }
    if (first < count && at < count && (tokens[at].identifier || tokens[at].word))
        unread->object =
            gd_arena_strndup(arena, text + tokens[first].offset,
                             tokens[at].offset + tokens[at].size - tokens[first].offset);
}

/* The grammar refused the statement: say what can be said, or that it is no SQL at all. */
static GD_MUST struct gd_status describe_unread(const struct gd_script *script, size_t start,
                                                struct gd_stmt *stmt,
                                                const struct gd_refusal *refusal,
                                                struct gd_arena *arena, struct gd_error *err)
{
    size_t count = 0;
    struct gd_token *tokens = NULL;
    struct gd_refusal ignored;
    struct gd_unread *unread = gd_arena_zalloc(arena, 1, sizeof *unread);
    const struct gd_newer *newer = NULL;
    unread->verb = unread->object = "";
    if (gd_scan(stmt->text, arena, &count, &tokens, &ignored)) {
        name_unread(stmt->text, tokens, count, arena, unread);
        newer = gd_newer_in_tokens(stmt->text, tokens, count);
    }
    unread->message = refusal->message;
    size_t place = start + (refusal->offset < stmt->size ? refusal->offset : 0);
    locate(script, place, &unread->line, &unread->column);
    if (unread->verb[0] == '\0')
        return gd_fail(err, GD_USAGE, "%s:%u: %s", script->name, unread->line, refusal->message);
    unread->feature = newer == NULL ? NULL : newer->feature;
    unread->since_pg = newer == NULL ? 0 : newer->since_pg;
    stmt->unread = unread;
    return GD_DONE;
}

static GD_MUST struct gd_status read_tree(const struct gd_script *script, size_t start,
                                          struct gd_stmt *stmt, struct gd_arena *arena,
                                          struct gd_error *err)
{
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    if (!gd_parse(stmt->text, stmt->size, arena, &parsed, &refusal))
        return describe_unread(script, start, stmt, &refusal, arena, err);
    if (parsed.count != 1) {
        refusal = (struct gd_refusal){"the text holds more than one statement", 0};
        return describe_unread(script, start, stmt, &refusal, arena, err);
    }
    stmt->tree = parsed.statements[0];
    const struct gd_newer *newer = gd_newer_in_tree(stmt->tree);
    stmt->newer = newer == NULL ? NULL : newer->feature;
    stmt->newer_pg = newer == NULL ? 0 : newer->since_pg;
    return GD_DONE;
}

static GD_MUST struct gd_status take_piece(struct gd_script *script, const struct piece *piece,
                                           size_t start, size_t comment, struct gd_arena *arena,
                                           const struct gd_stmt **out_stmt, struct gd_error *err)
{
    size_t end = piece->end;
    while (end > start && is_blank(script->window[end - 1]))
        end--;
    struct gd_stmt *stmt = gd_arena_zalloc(arena, 1, sizeof *stmt);
    stmt->size = end - start;
    stmt->text = gd_arena_strndup(arena, script->window + start, stmt->size);
    size_t comment_end = start;
    while (comment != SIZE_MAX && comment_end > comment &&
           is_blank(script->window[comment_end - 1]))
        comment_end--;
    if (comment != SIZE_MAX)
        stmt->comment = gd_arena_strndup(arena, script->window + comment, comment_end - comment);
    locate(script, start, &stmt->line, &stmt->column);
    stmt->end_line = stmt->line + lines_in(stmt->text, stmt->size);
    stmt->offset = script->offset + (start - script->begin);
    GD_TRY(check_backslash(script, start, stmt->text, stmt->size, arena, err));
    GD_TRY(read_tree(script, start, stmt, arena, err));
    advance(script, piece->end < script->end ? piece->end + 1 : piece->end);
    script->last_line = script->line;
    if (is_copy_from_stdin(stmt->tree))
        GD_TRY(take_data(script, stmt, err));
    *out_stmt = stmt;
    return GD_DONE;
}

/* Blanks, comments and semicolons before the next statement; pg_dump's brackets are stepped over.
 */
static GD_MUST struct gd_status skip_between(struct gd_script *script, struct gd_error *err)
{
    for (;;) {
        while (script->begin < script->end &&
               (is_blank(script->window[script->begin]) || script->window[script->begin] == ';'))
            advance(script, script->begin + 1);
        if (script->begin == script->end && !script->at_end) {
            GD_TRY(refill(script, err));
            continue;
        }
        size_t comment = SIZE_MAX;
        size_t word = skip_to_word(script, script->begin, script->end, &comment);
        if (word >= script->end || script->window[word] != '\\')
            return GD_DONE;
        if (!is_dump_bracket(script, script->window + word))
            return refuse_meta_command(script, word, err);
        advance(script, word);
        const char *line;
        size_t size;
        script->piece_count = script->piece_next = 0;
        GD_TRY(take_line(script, &line, &size, err));
    }
}

struct gd_status gd_script_next(struct gd_script *script, struct gd_arena *arena,
                                const struct gd_stmt **out_stmt, struct gd_error *err)
{
    *out_stmt = NULL;
    for (;;) {
        GD_TRY(skip_between(script, err));
        if (script->begin == script->end && script->at_end)
            return GD_DONE;
        if (script->piece_next == script->piece_count)
            GD_TRY(find_pieces(script, arena, err));
        if (script->piece_count == 0) { /* comments, or what the scanner saw no statement in */
            size_t ignored = SIZE_MAX;
            size_t word = skip_to_word(script, script->begin, script->end, &ignored);
            if (word == script->end || script->window[word] == ';') {
                advance(script, word == script->end ? word : word + 1);
                continue;
            }
            add_piece(script, script->begin, script->end);
        }
        struct piece piece = script->pieces[script->piece_next++];
        if (piece.end <= script->begin)
            continue; /* stepped over already */
        if (!widen_atomic(script, &piece, arena)) {
            GD_TRY(refill(script, err));
            continue;
        }
        size_t comment = SIZE_MAX;
        size_t from = piece.start > script->begin ? script->begin : piece.start;
        size_t start = skip_to_word(script, from, piece.end, &comment);
        if (start == piece.end) { /* a comment that ends in a semicolon of its own */
            advance(script, piece.end < script->end ? piece.end + 1 : piece.end);
            continue;
        }
        if (script->window[start] == '\\')
            return refuse_meta_command(script, start, err);
        return take_piece(script, &piece, start, comment, arena, out_stmt, err);
    }
}
