/*
 * One statement of a file to the server, and the server's words about it back to the file's line.
 */
#include <stdio.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/classify/hidden.h"
#include "guardian/guard/apply_own.h"
#include "guardian/io/digest.h"

enum { NOTICES_MAX = 100, DETAIL_MAX = 300 };

/* ---- words ---- */

/* Where a character of the statement stands in the file. */
static void locate(const struct gd_applier *applier, uint32_t position, uint32_t *out_line,
                   uint32_t *out_column)
{
    const struct gd_apply_stmt *at = applier->at;
    const char *text = applier->at_step->text->file->text + at->offset;
    *out_line = at->line;
    *out_column = at->column;
    uint32_t seen = 0;
    for (size_t i = 0; i < at->size; i++) {
        if (((unsigned char)text[i] & 0xC0) == 0x80)
            continue;
        if (++seen >= position)
            return;
        (*out_column)++;
        if (text[i] == '\n') {
            (*out_line)++;
            *out_column = 1;
        }
    }
}

/* "app.sql:3:17" */
static const char *exact_place(const struct gd_applier *applier, uint32_t position)
{
    uint32_t line, column;
    if (position == 0)
        return gd_apply_place(applier);
    locate(applier, position, &line, &column);
    return gd_arena_printf(applier->scratch, "%s:%u:%u", applier->at_step->text->file->file->path,
                           line, column);
}

static const char *part(const struct gd_applier *applier, const char *label, const char *text)
{
    if (text == NULL || *text == '\0')
        return "";
    return gd_arena_printf(applier->scratch, "; %s%.*s", label, DETAIL_MAX, text);
}

static const char *advice(const struct gd_pg_words *words)
{
    if (words->hint[0] != '\0')
        return words->hint;
    if (strcmp(words->sqlstate, "2D000") == 0)
        return "It commits by itself, which it may not inside of a transaction.";
    if (strcmp(words->sqlstate, "55P04") == 0)
        return "PostgreSQL lets a new enum value be used only after the transaction that added it.";
    if (strcmp(words->sqlstate, "57014") == 0)
        return "A time-out passed, or somebody cancelled it.";
    return "";
}

/* The server's words in the file's terms. */
GD_MUST static struct gd_status in_the_file(const struct gd_applier *applier,
                                            const struct gd_pg_words *words, enum gd_code code,
                                            struct gd_error *err)
{
    const char *context = words->context == NULL ? "" : words->context;
    struct gd_status status =
        gd_fail(err, code, "%s: %s (%s)%s%s", exact_place(applier, words->position), words->message,
                words->sqlstate, part(applier, "", words->detail), part(applier, "in ", context));
    const char *hint = advice(words);
    return *hint == '\0' ? status : gd_hint(err, status, "%s", hint);
}

/* Without the server's "canceling statement", which sounds as if somebody had done so. */
static const char *missing_lock(const struct gd_applier *applier, const struct gd_pg_words *words)
{
    if (strstr(words->message, "lock timeout") == NULL)
        return words->message;
    return gd_arena_printf(applier->scratch, "its lock did not come within %u ms",
                           applier->options.lock_ms);
}

GD_MUST static struct gd_status lock_did_not_come(const struct gd_applier *applier,
                                                  const struct gd_pg_words *words,
                                                  struct gd_error *err)
{
    const char *who = gd_watch_blockers(applier->watch);
    const char *detail = strcmp(words->sqlstate, "40P01") == 0 ? words->detail : "";
    return gd_hint(err,
                   gd_fail(err, GD_BUSY, "%s: %s (%s)%s%s%s", gd_apply_place(applier),
                           missing_lock(applier, words), words->sqlstate,
                           *who == '\0' ? "" : ", held by ", who, part(applier, "", detail)),
                   "Wait until it has ended, end it with pg_terminate_backend(PID), or raise the "
                   "policy's lock_wait.");
}

/* ---- sending ---- */

static void on_notice(void *context, const struct gd_pg_words *words)
{
    struct gd_applier *applier = context;
    if (applier->notices.count >= NOTICES_MAX)
        return;
    const char *place = applier->at == NULL ? "" : gd_apply_place(applier);
    gd_texts_add(&applier->notices,
                 gd_arena_printf(applier->arena, "%s%s%s: %s", place, *place == '\0' ? "" : ": ",
                                 words->severity, words->message),
                 applier->arena);
}

static struct gd_status on_tick(void *context, struct gd_error *err)
{
    struct gd_applier *applier = context;
    if (applier->deadline_us != 0 && gd_clock_monotonic_us() > applier->deadline_us)
        return gd_fail(err, GD_SYSTEM, "the change took longer than %u ms, and was stopped",
                       applier->options.total_ms);
    gd_watch_tick(applier->watch);
    return GD_DONE;
}

GD_MUST static struct gd_status send(struct gd_applier *applier, struct gd_pg_statement *statement,
                                     struct gd_error *err)
{
    statement->notice = on_notice;
    statement->tick = on_tick;
    statement->context = applier;
    gd_watch_begin(applier->watch, applier->at == NULL ? 0 : applier->at->flags);
    struct gd_status status = gd_pg_execute(applier->pg, statement, applier->scratch, err);
    bool refused = status.code != GD_OK && statement->words.message != NULL;
    if (!refused || gd_pg_broken(applier->pg) || applier->at == NULL)
        return status;
    if (status.code == GD_BUSY)
        return lock_did_not_come(applier, &statement->words, err);
    /* Cancelled by us: then err says why, and the server's "canceling statement" adds nothing. */
    if (gd_interrupted() ||
        (applier->deadline_us != 0 && gd_clock_monotonic_us() > applier->deadline_us))
        return gd_wrap(err, status, "%s: ", gd_apply_place(applier));
    return in_the_file(applier, &statement->words, GD_FAILED, err);
}

/* ---- the second net ---- */

struct announced {
    bool is;
    int64_t token;
};

GD_MUST static struct gd_status announce(struct gd_applier *applier, const char *sql,
                                         struct announced *out_announced, struct gd_error *err)
{
    const struct gd_net *net = applier->options.net;
    *out_announced = (struct announced){.is = net != NULL && net->triggers > 0 &&
                                              gd_pg_state(applier->pg) != GD_PG_ABORTED};
    if (!out_announced->is)
        return GD_DONE;
    return gd_net_announce(net, applier->pg, gd_pg_backend(applier->pg), sql, strlen(sql),
                           &out_announced->token, err);
}

/* In a transaction that failed it cannot be taken back, and need not be: it is for this text. */
GD_MUST static struct gd_status withdraw(struct gd_applier *applier,
                                         const struct announced *announced, struct gd_error *err)
{
    if (!announced->is || gd_pg_state(applier->pg) == GD_PG_ABORTED)
        return GD_DONE;
    return gd_net_withdraw(applier->pg, announced->token, err);
}

/* What a function does behind a SELECT that was found to be harmless is not announced. */
static bool is_harmless(const struct gd_judged *judged)
{
    return judged != NULL && judged->kind != GD_KIND_DoStmt &&
           !gd_hidden_is_ddl_kind(judged->kind) && judged->verdict.class == GD_CLASS_NONE &&
           judged->verdict.loses == GD_LOSES_NOTHING;
}

GD_MUST static struct gd_status check_text(const struct gd_applier *applier, const char *sql,
                                           size_t size, const struct gd_judged *judged,
                                           struct gd_error *err)
{
    char hash[65];
    gd_digest_of(sql, size, hash);
    if (strcmp(hash, judged->hash) == 0)
        return GD_DONE;
    return gd_fail(err, GD_FAILED, "%s: it is not the statement that was judged",
                   gd_apply_place(applier));
}

struct gd_status gd_apply_send(struct gd_applier *applier, const struct gd_apply_step *step,
                               size_t position, const struct gd_judged *judged, char out_tag[64],
                               struct gd_error *err)
{
    const struct gd_apply_stmt *at = &step->text->stmts[position];
    const char *text = step->text->file->text;
    struct gd_arena_mark mark = gd_arena_mark(applier->scratch);
    applier->at_step = step;
    applier->at = at;
    struct gd_pg_statement statement = {
        .what = gd_arena_printf(applier->scratch, "run %s", gd_apply_place(applier)),
        .sql = gd_arena_strndup(applier->scratch, text + at->offset, at->size),
        .data = at->has_data ? text + at->data_offset : NULL,
        .data_size = at->data_bytes,
        .rows = (at->flags & GD_APPLY_GIVES_ROWS) != 0,
    };
    struct gd_status status = GD_DONE;
    struct announced announced = {0};
    if (judged != NULL)
        status = check_text(applier, statement.sql, at->size, judged, err);
    if (status.code == GD_OK && !is_harmless(judged))
        status = announce(applier, statement.sql, &announced, err);
    if (status.code == GD_OK)
        status = gd_fault("apply: before a statement", err);
    applier->not_repeatable = applier->not_repeatable || step->outside;
    if (status.code == GD_OK)
        status = send(applier, &statement, err);
    if (status.code == GD_OK)
        status = gd_fault("apply: after a statement", err);
    if (status.code == GD_OK)
        status = withdraw(applier, &announced, err);
    if (status.code == GD_OK && judged != NULL)
        status = gd_apply_look(applier, err);
    if (out_tag != NULL)
        snprintf(out_tag, 64, "%s", statement.tag);
    applier->at = NULL;
    gd_arena_rewind(applier->scratch, mark);
    return status;
}

struct gd_status gd_apply_send_own(struct gd_applier *applier, const char *what, const char *sql,
                                   char out_tag[64], struct gd_error *err)
{
    struct gd_arena_mark mark = gd_arena_mark(applier->scratch);
    struct gd_pg_statement statement = {.what = what, .sql = sql};
    struct gd_status status = send(applier, &statement, err);
    if (out_tag != NULL)
        snprintf(out_tag, 64, "%s", statement.tag);
    gd_arena_rewind(applier->scratch, mark);
    return status;
}

struct gd_status gd_apply_send_own_ddl(struct gd_applier *applier, const char *what,
                                       const char *sql, struct gd_error *err)
{
    struct announced announced;
    GD_TRY(announce(applier, sql, &announced, err));
    GD_TRY(gd_apply_send_own(applier, what, sql, NULL, err));
    return withdraw(applier, &announced, err);
}

struct gd_status gd_apply_send_some(struct gd_applier *applier, const struct gd_apply_step *step,
                                    size_t from, size_t to, struct gd_error *err)
{
    for (size_t i = from; i < to; i++) {
        const struct gd_judged *judged = step->step->statements[i];
        size_t first, end;
        gd_apply_range(step->text, judged, &first, &end);
        if (judged->adds_value_to != NULL && judged->repeated == 1 &&
            applier->rows != GD_ROWS_NONE && gd_apply_value_is_in(applier, step, first))
            continue;
        for (size_t at = first; at < end; at++)
            GD_TRY(gd_apply_send(applier, step, at, at == first ? judged : NULL, NULL, err));
    }
    return GD_DONE;
}
