/*
 * What progress says: one stage in words, for every way of showing it.
 */
#ifndef GUARDIAN_CLI_PROGRESS_TEXT_H
#define GUARDIAN_CLI_PROGRESS_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "guardian/base/arena.h"
#include "guardian/cli/report_screen.h"

enum { GD_STAGE_TEXT_SIZE = 128, GD_STAGE_WORKERS_MAX = 64, GD_STAGE_OBJECT_SIZE = 160 };

struct gd_stage {
    char text[GD_STAGE_TEXT_SIZE]; /* "" before the first */
    int64_t started_us;            /* by the clock that never goes back */
    uint64_t bytes, total_bytes, stored_bytes, rows;
    double rate; /* bytes in a second, lately; 0: not known yet */
    char workers[GD_STAGE_WORKERS_MAX][GD_STAGE_OBJECT_SIZE]; /* what each is at; "": nothing */
};

/** "copying data: 1.2 GB of 2.8 GB (43%), 1,204,332 rows, 412 MB/s, 4 s left" */
const char *gd_stage_line(const struct gd_stage *stage, int64_t now_us, struct gd_arena *arena);

/** "copying data: 2.8 GB (310 MB stored), 2,100,000 rows, 6.8 s, 412 MB/s" */
const char *gd_stage_summary(const struct gd_stage *stage, int64_t now_us, struct gd_arena *arena);

/** A bar, the line, and under it what each worker is at. @return how many lines were written */
unsigned gd_stage_draw(const struct gd_stage *stage, const struct gd_screen *screen, int64_t now_us,
                       struct gd_arena *arena);

#endif
