#include "guardian/pg/fingerprint.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/pg/connection.h"
#include "guardian/pg/fingerprint_text.h"

/* clang-format off */
static const char stamp_sql[] =
#include "guardian/pg/sql/stamp.sql.inc"
    ;
static const char stamp_15_sql[] =
#include "guardian/pg/sql/stamp_15.sql.inc"
    ;
static const char relations_sql[] =
#include "guardian/pg/sql/fingerprint_relations.sql.inc"
    ;
static const char types_sql[] =
#include "guardian/pg/sql/fingerprint_types.sql.inc"
    ;
static const char others_sql[] =
#include "guardian/pg/sql/fingerprint_others.sql.inc"
    ;
static const char since_14_sql[] =
#include "guardian/pg/sql/fingerprint_14.sql.inc"
    ;
static const char since_15_sql[] =
#include "guardian/pg/sql/fingerprint_15.sql.inc"
    ;
/* clang-format on */

enum { STAMP_DIGITS = 32, LIMIT_MS = 120000 };

/* --- stamp --------------------------------------------------------------------------------------
 */

/* What the session sees now. Nothing that was committed before can look otherwise while this stays
 * the same; what the transaction that is open wrote itself is not in it. */
static const char moment_sql[] = "SELECT pg_catalog.pg_current_snapshot()::pg_catalog.text, "
                                 "pg_catalog.pg_current_xact_id_if_assigned() IS NULL";

struct stamping {
    struct gd_digest *digest;
    char seen[sizeof((struct gd_pg *)NULL)->stamp_seen]; /* "": cannot be told */
};

static void take_moment(struct stamping *stamping, const struct gd_pg_rows *rows)
{
    const char *seen = gd_pg_cell(rows, 0, 0);
    bool fits = gd_pg_bool(rows, 0, 1) && strlen(seen) < sizeof stamping->seen;
    snprintf(stamping->seen, sizeof stamping->seen, "%s", fits ? seen : "");
}

GD_MUST static struct gd_status add_sums(size_t index, const struct gd_pg_rows *rows, void *context,
                                         struct gd_error *err)
{
    (void)err;
    struct stamping *stamping = context;
    if (index == 0) {
        take_moment(stamping, rows);
        return GD_DONE;
    }
    for (size_t row = 0; row < gd_pg_rows_count(rows); row++)
        for (size_t column = 0; column < 2; column++) {
            const char *cell = gd_pg_cell(rows, row, column);
            const char *text = cell == NULL ? "-" : cell;
            gd_digest_add(stamping->digest, text, strlen(text) + 1);
        }
    return GD_DONE;
}

/* Somebody gave up our plans (DISCARD ALL). */
static bool lost_plans(struct gd_pg *pg, const struct gd_pg_call *calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(calls[i].sqlstate, "26000") == 0) {
            gd_pg_forget_plans(pg);
            return true;
        }
    return false;
}

/* Inside of a transaction, which may be somebody's, a plan that is lost would end it. */
GD_MUST static struct gd_status read_sums(struct gd_pg *pg, struct stamping *stamping,
                                          bool *out_lost, struct gd_error *err)
{
    const char *const what = "read the stamp of the schema";
    bool outside = PQtransactionStatus(pg->conn) == PQTRANS_IDLE;
    struct gd_pg_call calls[] = {
        {.what = what, .sql = moment_sql},
        {.what = what, .sql = stamp_sql, .keep = outside ? "stamp" : NULL},
        {.what = what, .sql = stamp_15_sql, .keep = outside ? "stamp 15" : NULL}};
    size_t count = gd_pg_version(pg) >= 150000 ? 3 : 2;
    struct gd_status status = gd_pg_batch(pg, calls, count, add_sums, stamping, err);
    *out_lost = status.code != GD_OK && lost_plans(pg, calls, count);
    return status;
}

GD_MUST static struct gd_status read_stamp(struct gd_pg *pg, bool *out_lost, struct gd_error *err)
{
    struct stamping stamping = {.digest = gd_digest_new()};
    char hex[GD_DIGEST_HEX_SIZE];
    struct gd_status status = read_sums(pg, &stamping, out_lost, err);
    gd_digest_hex(stamping.digest, hex);
    gd_digest_free(stamping.digest);
    if (status.code != GD_OK)
        return status;
    snprintf(pg->stamp, sizeof pg->stamp, "%.*s", STAMP_DIGITS, hex);
    memcpy(pg->stamp_seen, stamping.seen, sizeof pg->stamp_seen);
    return GD_DONE;
}

/* Has nobody committed anything since the last stamp? */
GD_MUST static struct gd_status look_whether_same(struct gd_pg *pg, bool *out_same,
                                                  struct gd_error *err)
{
    struct gd_pg_call call = {.what = "read the stamp of the schema", .sql = moment_sql};
    struct stamping stamping = {0};
    gd_auto_pg_rows rows = NULL;
    *out_same = false;
    if (pg->stamp_seen[0] == '\0')
        return GD_DONE;
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    take_moment(&stamping, rows);
    *out_same = strcmp(stamping.seen, pg->stamp_seen) == 0;
    return GD_DONE;
}

struct gd_status gd_pg_stamp(struct gd_pg *pg, struct gd_arena *arena, const char **out_stamp,
                             struct gd_error *err)
{
    bool same, lost = false;
    GD_TRY(look_whether_same(pg, &same, err));
    struct gd_status status = same ? GD_DONE : read_stamp(pg, &lost, err);
    if (lost) {
        *err = (struct gd_error){0};
        status = read_stamp(pg, &lost, err);
    }
    if (status.code == GD_OK)
        *out_stamp = gd_arena_strdup(arena, pg->stamp);
    return status;
}

/* --- fingerprint --------------------------------------------------------------------------------
 */

/* What decides how a definition is written; for this look only. */
static const char settings_sql[] =
    "SELECT pg_catalog.set_config(name, value, true) FROM (VALUES ('search_path', ''),"
    "('quote_all_identifiers', 'off'), ('DateStyle', 'ISO'), ('IntervalStyle', 'postgres'),"
    "('TimeZone', 'UTC'), ('extra_float_digits', '1'), ('bytea_output', 'hex'),"
    "('xmlbinary', 'base64'), ('lc_monetary', 'C'), ('jit', 'off'), ('lock_timeout', $1),"
    "('statement_timeout', $2)) AS wanted (name, value)"
    " WHERE pg_catalog.current_setting(name, true) IS NOT NULL";

struct look {
    struct gd_arena *arena;
    size_t first; /* the call from which on rows are lines */
    const char **lines;
    size_t count, capacity;
};

static void add_line(struct look *look, const char *line)
{
    if (look->count == look->capacity) {
        size_t capacity = look->capacity == 0 ? 1024 : look->capacity * 2;
        const char **lines = gd_arena_zalloc(look->arena, capacity, sizeof *lines);
        if (look->count > 0)
            memcpy(lines, look->lines, look->count * sizeof *lines);
        look->lines = lines;
        look->capacity = capacity;
    }
    look->lines[look->count++] = line;
}

GD_MUST static struct gd_status add_lines(size_t index, const struct gd_pg_rows *rows,
                                          void *context, struct gd_error *err)
{
    (void)err;
    struct look *look = context;
    for (size_t row = 0; index >= look->first && row < gd_pg_rows_count(rows); row++) {
        const char *key = gd_pg_cell(rows, row, 0), *definition = gd_pg_cell(rows, row, 1);
        if (key != NULL)
            add_line(look,
                     gd_fingerprint_line(key, definition == NULL ? "" : definition, look->arena));
    }
    return GD_DONE;
}

/* Inside of a transaction that is not ours, a savepoint gives its settings back. */
static bool is_inside(const struct gd_pg *pg)
{
    return PQtransactionStatus(pg->conn) != PQTRANS_IDLE;
}

static void end_look(struct gd_pg *pg, bool inside)
{
    struct gd_pg_call inner[] = {
        {.what = "return to a savepoint", .sql = "ROLLBACK TO SAVEPOINT guardian_look"},
        {.what = "release a savepoint", .sql = "RELEASE SAVEPOINT guardian_look"}};
    struct gd_pg_call outer = {.what = "end a transaction", .sql = "ROLLBACK"};
    struct gd_error ignored = {0};
    struct gd_status status =
        pg->broken || !is_inside(pg)
            ? GD_DONE
            : gd_pg_batch(pg, inside ? inner : &outer, inside ? 2 : 1, NULL, NULL, &ignored);
    if (status.code != GD_OK)
        pg->broken = true; /* its settings would stay */
}

/* An object that went away between the catalogue's row and its definition. */
static bool is_moving(const struct gd_pg_call *calls, size_t count)
{
    static const char *const states[] = {"XX000", "42P01", "42704", "42883", "42703", "3F000"};
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < sizeof states / sizeof states[0]; j++)
            if (strcmp(calls[i].sqlstate, states[j]) == 0)
                return true;
    return false;
}

GD_MUST static struct gd_status look_once(struct gd_pg *pg, struct look *look, bool *out_moving,
                                          struct gd_error *err)
{
    const bool inside = is_inside(pg);
    const int version = gd_pg_version(pg);
    const char *const what = "read the definitions of the schema";
    char lock[16], limit[16];
    snprintf(lock, sizeof lock, "%u", pg->options.lock_ms);
    snprintf(limit, sizeof limit, "%d", LIMIT_MS);
    const char *const values[] = {lock, limit};
    struct gd_pg_call calls[] = {
        {.what = "begin to read the schema",
         .sql = inside ? "SAVEPOINT guardian_look"
                       : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"},
        {.what = "set up a session", .sql = settings_sql, .values = values, .value_count = 2},
        {.what = what, .sql = relations_sql, .limit_ms = LIMIT_MS, .keep = "relations"},
        {.what = what, .sql = types_sql, .limit_ms = LIMIT_MS, .keep = "types"},
        {.what = what, .sql = others_sql, .limit_ms = LIMIT_MS, .keep = "others"},
        {.what = what, .sql = since_14_sql, .limit_ms = LIMIT_MS, .keep = "since 14"},
        {.what = what, .sql = since_15_sql, .limit_ms = LIMIT_MS, .keep = "since 15"},
    };
    size_t count = version >= 150000 ? 7 : version >= 140000 ? 6 : 5;
    look->first = 2;
    look->count = 0;
    struct gd_status status = gd_pg_batch(pg, calls, count, add_lines, look, err);
    end_look(pg, inside);
    *out_moving = status.code != GD_OK && (lost_plans(pg, calls, count) || is_moving(calls, count));
    return status;
}

struct gd_status gd_pg_fingerprint(struct gd_pg *pg, struct gd_arena *arena,
                                   struct gd_fingerprint *out_fingerprint, struct gd_error *err)
{
    enum { TRIES = 3 };
    struct look look = {.arena = arena};
    bool moving = true;
    for (int i = 0; moving; i++) {
        struct gd_status status = look_once(pg, &look, &moving, err);
        if (moving && i + 1 == TRIES)
            return gd_hint(err, gd_fail(err, GD_BUSY, "%s", gd_arena_strdup(arena, err->text)),
                           "Somebody else changes the schema: try again when that is over.");
        if (!moving)
            GD_TRY(status);
    }
    gd_fingerprint_of(look.lines, look.count, arena, out_fingerprint);
    return GD_DONE;
}
