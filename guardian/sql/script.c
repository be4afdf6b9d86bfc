/*
 * Script: see script.h.
 *
 * The window holds [begin, end) of the input. Pieces are cut at line ends only, and only a piece
 * that its semicolon closes is taken, so that a cut inside a quote or a comment is always seen: the
 * scanner complains, and the window grows.
 */
#include "guardian/sql/script_own.h"

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
#include "guardian/sql/tokens.h"

static const size_t statement_bytes_default = 64 * 1024 * 1024;

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
    script->skip_sayings = options != NULL && options->skip_sayings;
    script->by_wire = options != NULL && options->by_wire;
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

/* ---- meta-commands ---- */

static GD_MUST struct gd_status refuse_meta_command(const struct gd_script *script, size_t place,
                                                    struct gd_error *err)
{
    const char *at = script->window + place;
    size_t size = 1;
    while (at[size] != '\0' && !gd_is_blank(at[size]) && size < 32)
        size++;
    char what[96];
    snprintf(what, sizeof what, "\"%.*s\" is a command of psql, not SQL", (int)size, at);
    return gd_hint(
        err, gd_window_refuse(script, place, err, what),
        "Guardian sends SQL itself and cannot know what psql would do. psql itself runs under "
        "guardian run -- psql -f FILE.");
}

/* pg_dump brackets its output with \restrict and \unrestrict: they do nothing to the database. A
 * name such as "my-shop" it puts between two lines of \encoding, for the \connect that reads it. */
static bool is_passed_over(const struct gd_script *script, const char *line)
{
    static const char *const sayings[] = {"\\set ",  "\\unset ", "\\echo",  "\\qecho",
                                          "\\warn ", "\\pset ",  "\\timing"};
    for (size_t i = 0; script->skip_sayings && i < sizeof sayings / sizeof sayings[0]; i++)
        if (strncmp(line, sayings[i], strlen(sayings[i])) == 0)
            return true;
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
    script->pieces[script->piece_count++] = (struct gd_piece){start, end};
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
    return gd_hint(err, gd_window_refuse(script, place, err, what),
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
            size_t start = gd_window_skip(script, script->begin, script->end, &comment);
            return gd_hint(
                err,
                gd_window_refuse(script, start, err,
                                 "the statement that begins here is longer than the limit"),
                "A quote that is never closed looks like this; otherwise raise "
                "--statement-size-max.");
        }
        GD_TRY(gd_window_refill(script, err));
    }
    return GD_DONE;
}

/* ---- BEGIN ATOMIC ---- */

static bool is_atomic_candidate(struct gd_script *script, const struct gd_piece *piece)
{
    char kept = script->window[piece->end];
    script->window[piece->end] = '\0';
    bool found = strcasestr(script->window + piece->start, "atomic") != NULL;
    script->window[piece->end] = kept;
    return found;
}

/* Widen a piece that the splitter cut inside BEGIN ATOMIC. @return false when more text is needed.
 */
static bool widen_atomic(struct gd_script *script, struct gd_piece *piece, struct gd_arena *arena)
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
    size_t end = scanned && gd_tokens_begin_routine(text, tokens, count)
                     ? gd_tokens_atomic_end(text, tokens, count)
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
        GD_TRY(gd_window_refill(script, err));
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
    while (size > 0 && (gd_is_blank(*line) || *line == ';')) {
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
        gd_unread_name(stmt->text, tokens, count, arena, unread);
        newer = gd_newer_in_tokens(stmt->text, tokens, count);
    }
    unread->message = refusal->message;
    size_t place = start + (refusal->offset < stmt->size ? refusal->offset : 0);
    gd_window_locate(script, place, &unread->line, &unread->column);
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

static GD_MUST struct gd_status take_piece(struct gd_script *script, const struct gd_piece *piece,
                                           size_t start, size_t comment, struct gd_arena *arena,
                                           const struct gd_stmt **out_stmt, struct gd_error *err)
{
    size_t end = piece->end;
    while (end > start && gd_is_blank(script->window[end - 1]))
        end--;
    struct gd_stmt *stmt = gd_arena_zalloc(arena, 1, sizeof *stmt);
    stmt->size = end - start;
    stmt->text = gd_arena_strndup(arena, script->window + start, stmt->size);
    size_t comment_end = start;
    while (comment != SIZE_MAX && comment_end > comment &&
           gd_is_blank(script->window[comment_end - 1]))
        comment_end--;
    if (comment != SIZE_MAX)
        stmt->comment = gd_arena_strndup(arena, script->window + comment, comment_end - comment);
    gd_window_locate(script, start, &stmt->line, &stmt->column);
    stmt->end_line = stmt->line + gd_window_lines(stmt->text, stmt->size);
    stmt->offset = script->offset + (start - script->begin);
    GD_TRY(check_backslash(script, start, stmt->text, stmt->size, arena, err));
    GD_TRY(read_tree(script, start, stmt, arena, err));
    gd_window_advance(script, piece->end < script->end ? piece->end + 1 : piece->end);
    script->last_line = script->line;
    if (!script->by_wire && is_copy_from_stdin(stmt->tree))
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
               (gd_is_blank(script->window[script->begin]) || script->window[script->begin] == ';'))
            gd_window_advance(script, script->begin + 1);
        if (script->begin == script->end && !script->at_end) {
            GD_TRY(gd_window_refill(script, err));
            continue;
        }
        size_t comment = SIZE_MAX;
        size_t word = gd_window_skip(script, script->begin, script->end, &comment);
        if (word >= script->end || script->window[word] != '\\')
            return GD_DONE;
        if (!is_passed_over(script, script->window + word))
            return refuse_meta_command(script, word, err);
        gd_window_advance(script, word);
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
            size_t word = gd_window_skip(script, script->begin, script->end, &ignored);
            if (word == script->end || script->window[word] == ';') {
                gd_window_advance(script, word == script->end ? word : word + 1);
                continue;
            }
            add_piece(script, script->begin, script->end);
        }
        struct gd_piece piece = script->pieces[script->piece_next++];
        if (piece.end <= script->begin)
            continue; /* stepped over already */
        if (!widen_atomic(script, &piece, arena)) {
            GD_TRY(gd_window_refill(script, err));
            continue;
        }
        size_t comment = SIZE_MAX;
        size_t from = piece.start > script->begin ? script->begin : piece.start;
        size_t start = gd_window_skip(script, from, piece.end, &comment);
        if (start == piece.end) { /* a comment that ends in a semicolon of its own */
            gd_window_advance(script, piece.end < script->end ? piece.end + 1 : piece.end);
            continue;
        }
        if (script->window[start] == '\\')
            return refuse_meta_command(script, start, err);
        return take_piece(script, &piece, start, comment, arena, out_stmt, err);
    }
}
