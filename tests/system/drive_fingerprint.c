/*
 * Drives pg/fingerprint.h for tests/system/test_fingerprint.py.
 *
 *   drive_fingerprint TARGET stamp [ROUNDS]
 *       the stamp; with ROUNDS: milliseconds of the quickest.
 *   drive_fingerprint TARGET lines [ROUNDS]
 *       the lines; with ROUNDS: milliseconds of the quickest.
 *   drive_fingerprint TARGET inside
 *       lines inside of a transaction: its settings stay.
 *   drive_fingerprint - compare BEFORE AFTER
 *       files of lines: what differs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/pg/copy.h"
#include "guardian/pg/execute.h"
#include "guardian/pg/fingerprint.h"

GD_MUST static struct gd_status stamp(struct gd_pg *pg, struct gd_arena *arena, const char **out,
                                      struct gd_error *err)
{
    return gd_pg_stamp(pg, arena, out, err);
}

GD_MUST static struct gd_status lines(struct gd_pg *pg, struct gd_arena *arena, const char **out,
                                      struct gd_error *err)
{
    struct gd_fingerprint print;
    GD_TRY(gd_pg_fingerprint(pg, arena, &print, err));
    *out = gd_fingerprint_text(&print, arena);
    return GD_DONE;
}

typedef struct gd_status look_fn(struct gd_pg *pg, struct gd_arena *arena, const char **out,
                                 struct gd_error *err);

GD_MUST static struct gd_status show(const char *target, look_fn *look, int rounds,
                                     struct gd_arena *arena, struct gd_error *err)
{
    gd_auto_pg pg = NULL;
    const char *text = "";
    int64_t best = INT64_MAX;
    GD_TRY(gd_pg_connect(&(struct gd_pg_options){.target = target}, &pg, err));
    for (int i = 0; i < (rounds > 0 ? rounds : 1); i++) {
        int64_t began = gd_clock_monotonic_us();
        GD_TRY(look(pg, arena, &text, err));
        int64_t took = gd_clock_monotonic_us() - began;
        best = took < best ? took : best;
    }
    if (rounds > 0)
        printf("%.3f\n", (double)best / 1000);
    else
        printf("%s", text);
    return GD_DONE;
}

GD_MUST static struct gd_status inside(const char *target, struct gd_arena *arena,
                                       struct gd_error *err)
{
    gd_auto_pg pg = NULL;
    gd_auto_pg_rows rows = NULL;
    const char *text = "", *mark = "";
    struct gd_pg_call ask = {
        .what = "ask",
        .sql = "SELECT current_setting('search_path') || ' ' || current_setting('datestyle') || "
               "' ' || current_setting('lock_timeout') || ' ' || pg_current_xact_id_if_assigned()"};
    GD_TRY(gd_pg_connect(&(struct gd_pg_options){.target = target}, &pg, err));
    GD_TRY(gd_pg_command(pg, "begin",
                         "BEGIN; SET LOCAL search_path = pg_catalog; SET LOCAL datestyle = German; "
                         "SET LOCAL lock_timeout = 77; CREATE TABLE public.inside (a int)",
                         err));
    GD_TRY(gd_pg_run(pg, &ask, &rows, err));
    fprintf(stderr, "%s\n", gd_pg_cell(rows, 0, 0));
    gd_pg_rows_free(GD_MOVE(rows));
    GD_TRY(gd_pg_stamp(pg, arena, &mark, err));
    GD_TRY(lines(pg, arena, &text, err));
    GD_TRY(gd_pg_run(pg, &ask, &rows, err));
    fprintf(stderr, "%s\n", gd_pg_cell(rows, 0, 0));
    printf("%s", text);
    return GD_DONE;
}

/* In a transaction that is rolled back; behind "!" as it stands, behind "@" in another session. */
GD_MUST static struct gd_status run_case(struct gd_pg *pg, const char *sql, struct gd_error *err)
{
    gd_auto_pg other = NULL;
    if (sql[0] == '!')
        return gd_pg_command(pg, "run a case", sql + 1, err);
    if (sql[0] == '@') {
        GD_TRY(gd_pg_connect_like(pg, NULL, &other, err));
        return gd_pg_command(other, "run a case", sql + 1, err);
    }
    GD_TRY(gd_pg_command(pg, "begin", "BEGIN", err));
    return gd_pg_command(pg, "run a case", sql, err);
}

/* "same" or "other" stamp, then the differences of the fingerprint. */
GD_MUST static struct gd_status try_one(struct gd_pg *pg, const char *sql, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_fingerprint before, after;
    struct gd_texts differences = {0};
    const char *old = "", *new = "";
    GD_TRY(gd_pg_stamp(pg, arena, &old, err));
    GD_TRY(gd_pg_fingerprint(pg, arena, &before, err));
    GD_TRY(run_case(pg, sql, err));
    GD_TRY(gd_pg_stamp(pg, arena, &new, err));
    GD_TRY(gd_pg_fingerprint(pg, arena, &after, err));
    if (gd_pg_state(pg) == GD_PG_INSIDE)
        GD_TRY(gd_pg_command(pg, "roll back", "ROLLBACK", err));
    gd_fingerprint_compare(&before, &after, arena, &differences);
    printf("%s", strcmp(old, new) == 0 ? "same" : "other");
    for (size_t i = 0; i < differences.count; i++)
        printf("\t%s", differences.items[i]);
    printf("\n");
    return GD_DONE;
}

GD_MUST static struct gd_status try_all(const char *target, struct gd_error *err)
{
    gd_auto_pg pg = NULL;
    char sql[4096];
    GD_TRY(gd_pg_connect(&(struct gd_pg_options){.target = target}, &pg, err));
    while (fgets(sql, sizeof sql, stdin) != NULL)
        GD_TRY(try_one(pg, sql, err));
    return GD_DONE;
}

GD_MUST static struct gd_status read_lines(const char *path, struct gd_arena *arena,
                                           struct gd_fingerprint *out, struct gd_error *err)
{
    enum { MOST = 64 << 20 };
    char *text = gd_arena_alloc(arena, MOST);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return gd_fail(err, GD_USAGE, "no file \"%s\"", path);
    size_t size = fread(text, 1, MOST, file);
    (void)fclose(file);
    return gd_fingerprint_parse(text, size, arena, out, err);
}

GD_MUST static struct gd_status compare(const char *before, const char *after,
                                        struct gd_arena *arena, struct gd_error *err)
{
    struct gd_fingerprint one, other;
    struct gd_texts differences = {0};
    GD_TRY(read_lines(before, arena, &one, err));
    GD_TRY(read_lines(after, arena, &other, err));
    gd_fingerprint_compare(&one, &other, arena, &differences);
    for (size_t i = 0; i < differences.count; i++)
        printf("%s\n", differences.items[i]);
    return GD_DONE;
}

int main(int argc, char **argv)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_status status;
    const char *task = argc > 2 ? argv[2] : "";
    int rounds = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 0;
    if (strcmp(task, "stamp") == 0)
        status = show(argv[1], stamp, rounds, arena, &err);
    else if (strcmp(task, "lines") == 0)
        status = show(argv[1], lines, rounds, arena, &err);
    else if (strcmp(task, "inside") == 0)
        status = inside(argv[1], arena, &err);
    else if (strcmp(task, "try") == 0)
        status = try_all(argv[1], &err);
    else if (strcmp(task, "compare") == 0 && argc == 5)
        status = compare(argv[3], argv[4], arena, &err);
    else
        status = gd_fail(&err, GD_USAGE, "unknown task \"%s\"", task);
    if (status.code != GD_OK)
        fprintf(stderr, "%s: %s\n%s\n", gd_code_name(err.code), err.text, err.hint);
    return gd_exit_status(status.code);
}
