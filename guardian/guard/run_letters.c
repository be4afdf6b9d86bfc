/*
 * Run, letters: a client that speaks another encoding than UTF-8. What it says is judged, recorded
 * and compared in UTF-8, as the server itself converts it; its own bytes are what is passed on.
 * While its session is asked for something, that speaks UTF-8, too.
 *
 * Invariant  When a request is answered its session has the client_encoding that it had. Within a
 *            transaction it is set for that alone, so that no ROLLBACK brings ours back.
 * Not here   Encodings in which a byte of a letter may look like a quote: gd_harmless_misread().
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "guardian/guard/run_own.h"

void gd_run_letters_are(struct gd_gate_session *session, const char *encoding)
{
    bool ours = strcasecmp(encoding, "UTF8") == 0 || strcasecmp(encoding, "SQL_ASCII") == 0;
    (void)snprintf(session->letters, sizeof session->letters, "%s", ours ? "" : encoding);
}

static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

bool gd_run_letters_foreign(const struct gd_gate_session *session, const char *text, size_t size)
{
    bool plain = true;
    for (size_t i = 0; i < size && *session->letters != '\0'; i++)
        plain &= (unsigned char)text[i] < 0x80;
    return !plain;
}

/* ---- texts ---- */

static const char *hex_of(const char *text, struct gd_arena *arena)
{
    static const char digits[] = "0123456789abcdef";
    size_t size = strlen(text);
    char *out = gd_arena_alloc(arena, 2 * size + 1), *at = out;
    for (size_t i = 0; i < size; i++) {
        *at++ = digits[(unsigned char)text[i] >> 4];
        *at++ = digits[(unsigned char)text[i] & 15];
    }
    *at = '\0';
    return out;
}

/* The server knows best what it will make of it. */
GD_MUST static struct gd_status to_ours(struct gd_run *run, const char *encoding,
                                        struct gd_arena *arena, const char **text,
                                        struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    if (is_plain(*text))
        return GD_DONE;
    const char *values[] = {hex_of(*text, arena), encoding};
    struct gd_pg_call call = {
        .what = "read a statement in the client's encoding",
        .sql = "SELECT pg_catalog.convert_from(pg_catalog.decode($1, 'hex'), $2::name)",
        .values = values,
        .value_count = 2};
    GD_TRY(gd_pg_run(run->pg, &call, &rows, err));
    *text = gd_arena_strdup(arena, gd_pg_cell(rows, 0, 0));
    return GD_DONE;
}

static const char *from_hex(const char *hex, struct gd_arena *arena)
{
    size_t size = strlen(hex) / 2;
    char *out = gd_arena_alloc(arena, size + 1);
    for (size_t i = 0; i < size; i++) {
        int high = hex[2 * i] <= '9' ? hex[2 * i] - '0' : hex[2 * i] - 'a' + 10;
        int low = hex[2 * i + 1] <= '9' ? hex[2 * i + 1] - '0' : hex[2 * i + 1] - 'a' + 10;
        out[i] = (char)(high << 4 | low);
    }
    out[size] = '\0';
    return out;
}

GD_MUST static struct gd_status to_theirs(struct gd_run *run, const char *encoding,
                                          struct gd_arena *arena, const char **text,
                                          struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    if (*text == NULL || is_plain(*text))
        return GD_DONE;
    const char *values[] = {*text, encoding};
    struct gd_pg_call call = {
        .what = "say something in the client's encoding",
        .sql = "SELECT pg_catalog.encode(pg_catalog.convert_to($1, $2::name), 'hex')",
        .values = values,
        .value_count = 2};
    GD_TRY(gd_pg_run(run->pg, &call, &rows, err));
    *text = from_hex(gd_pg_cell(rows, 0, 0), arena);
    return GD_DONE;
}

/* Words for a person: a letter that its encoding has not becomes a question mark. */
static void say(struct gd_run *run, const char *encoding, struct gd_arena *arena, const char **text)
{
    struct gd_error ignored = {0};
    if (to_theirs(run, encoding, arena, text, &ignored).code == GD_OK)
        return;
    char *plain = gd_arena_strdup(arena, *text), *to = plain;
    for (const char *at = *text; *at != '\0'; at++)
        if (((unsigned char)*at & 0xC0) != 0x80) /* the first byte of a letter */
            *to++ = (unsigned char)*at < 0x80 ? *at : '?';
    *to = '\0';
    *text = plain;
}

/* ---- its session ---- */

GD_MUST static struct gd_status set(const struct gd_run_look *look, bool local,
                                    const char *encoding, struct gd_error *err)
{
    const char *values[] = {encoding, local ? "true" : "false"};
    struct gd_pg_call call = {.what = "set the encoding of the session",
                              .sql =
                                  "SELECT pg_catalog.set_config('client_encoding', $1, $2::bool)",
                              .values = values,
                              .value_count = 2};
    return gd_pg_run(look->request->pg, &call, NULL, err);
}

struct gd_status gd_run_letters_begin(struct gd_run *run, struct gd_run_look *look,
                                      struct gd_error *err)
{
    struct gd_gate_request *request = gd_arena_zalloc(look->arena, 1, sizeof *request);
    const struct gd_gate_session *session = look->request->session;
    if (*session->letters == '\0')
        return GD_DONE;
    *request = *look->request;
    GD_TRY(to_ours(run, session->letters, look->arena, &request->text, err));
    GD_TRY(to_ours(run, session->letters, look->arena, &request->earlier, err));
    request->size = strlen(request->text);
    look->request = request;
    if (request->pg == NULL || request->state == GD_PG_ABORTED)
        return GD_DONE;
    bool local = request->state == GD_PG_INSIDE;
    GD_TRY(set(look, local, "UTF8", err));
    look->letters = local ? GD_LETTERS_LOCAL : GD_LETTERS_SESSION;
    return GD_DONE;
}

struct gd_status gd_run_letters_wrap(struct gd_run_look *look, bool begun, struct gd_error *err)
{
    if (look->letters == GD_LETTERS_NONE)
        return GD_DONE;
    look->letters = GD_LETTERS_LOCAL;
    return set(look, begun, begun ? "UTF8" : look->request->session->letters, err);
}

void gd_run_letters_end(struct gd_run *run, struct gd_run_look *look, struct gd_gate_answer *answer)
{
    struct gd_error ignored = {0};
    const char *letters = look->request->session->letters;
    if (*letters == '\0')
        return;
    say(run, letters, look->request->arena, &answer->message);
    say(run, letters, look->request->arena, &answer->detail);
    say(run, letters, look->request->arena, &answer->hint);
    if (answer->notice != NULL)
        say(run, letters, look->request->arena, &answer->notice);
    if (look->letters != GD_LETTERS_NONE) /* a transaction that has failed takes it back itself */
        (void)set(look, look->letters == GD_LETTERS_LOCAL, letters, &ignored).code;
    look->letters = GD_LETTERS_NONE;
}

struct gd_status gd_run_letters_pass(struct gd_run *run, const struct gd_run_look *look,
                                     struct gd_gate_answer *answer, struct gd_error *err)
{
    const struct gd_gate_session *session = look->request->session;
    if (*session->letters == '\0')
        return GD_DONE;
    return to_theirs(run, session->letters, look->request->arena, &answer->text, err);
}
