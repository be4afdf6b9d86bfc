/*
 * Drives guardian/wal/mark.h for tests/system/test_marks.py.
 *
 *   drive_mark TARGET STORE make CHANGE before|after WAIT_MS    makes one (WAIT_MS 0: no waiting)
 *   drive_mark TARGET STORE list SYSTEM                         all of them, a line each
 *   drive_mark TARGET STORE find SYSTEM CHANGE before|after
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/io/json.h"
#include "guardian/wal/mark.h"

GD_MUST static struct gd_status show(const struct gd_mark *mark, double seconds,
                                     struct gd_error *err)
{
    char *text = NULL;
    size_t size;
    GD_TRY(gd_wal_mark_format(mark, &text, &size, err));
    for (size_t i = 0; i + 1 < size; i++)
        text[i] = text[i] == '\n' ? ' ' : text[i];
    printf("%.3f %s", seconds, text);
    free(text);
    return GD_DONE;
}

GD_MUST static struct gd_status make(struct gd_store *store, char **argv, struct gd_arena *arena,
                                     struct gd_error *err)
{
    struct gd_pg_options options = {.target = argv[1]};
    struct gd_mark mark;
    gd_auto_pg pg = NULL;
    GD_TRY(gd_pg_connect(&options, &pg, err));
    uint32_t wait_ms = (uint32_t)strtoul(argv[6], NULL, 10);
    const char *system = getenv("SYSTEM"), *commit = getenv("COMMIT");
    const struct gd_mark_options making = {
        .pg = pg,
        .place = {.store = store,
                  .system_identifier = system == NULL ? 0 : strtoull(system, NULL, 10)},
        .change = argv[4],
        .database = gd_pg_database(pg),
        .git_commit = commit,
        .after = strcmp(argv[5], "after") == 0,
        .wait = wait_ms > 0,
        .wait_ms = wait_ms,
    };
    int64_t began_us = gd_clock_monotonic_us();
    GD_TRY(gd_wal_mark(&making, arena, &mark, err));
    return show(&mark, (double)(gd_clock_monotonic_us() - began_us) / 1e6, err);
}

GD_MUST static struct gd_status list(struct gd_store *store, char **argv, struct gd_arena *arena,
                                     struct gd_error *err)
{
    struct gd_mark *marks = NULL;
    size_t count = 0;
    GD_TRY(gd_wal_marks(store, strtoull(argv[4], NULL, 10), arena, &marks, &count, err));
    for (size_t i = 0; i < count; i++)
        GD_TRY(show(&marks[i], 0, err));
    return GD_DONE;
}

GD_MUST static struct gd_status find(struct gd_store *store, char **argv, struct gd_arena *arena,
                                     struct gd_error *err)
{
    const struct gd_mark *mark = NULL;
    GD_TRY(gd_wal_mark_find(store, strtoull(argv[4], NULL, 10), argv[5],
                            strcmp(argv[6], "after") == 0, arena, &mark, err));
    return mark == NULL ? GD_DONE : show(mark, 0, err);
}

GD_MUST static struct gd_status drive(int argc, char **argv, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_store store = NULL;
    struct gd_store_options options = {.url = argc > 2 ? argv[2] : ""};
    GD_TRY(gd_store_open(&options, &store, err));
    if (argc == 7 && strcmp(argv[3], "make") == 0)
        return make(store, argv, arena, err);
    if (argc == 5 && strcmp(argv[3], "list") == 0)
        return list(store, argv, arena, err);
    if (argc == 7 && strcmp(argv[3], "find") == 0)
        return find(store, argv, arena, err);
    return gd_fail(err, GD_USAGE, "usage: see the head of this file");
}

int main(int argc, char **argv)
{
    struct gd_error err = {0};
    struct gd_status status = drive(argc, argv, &err);
    if (status.code != GD_OK)
        fprintf(stderr, "%s\n%s\n", err.text, err.hint);
    return gd_exit_status(status.code);
}
