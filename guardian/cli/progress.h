/*
 * Progress: shows on stderr what the library tells (base/events.h).
 *
 * Where        what is shown
 * a terminal   a block that is drawn anew in its place, at most ten times a second: the stage, how
 *              far, how fast, how long still, and what each worker is at; one line of each stage
 *              stays when it is over
 * elsewhere    one line when a stage is over, and one every ten seconds while it lasts
 * --json       one JSON object in a line for each event; progress at most once a second
 * --quiet      nothing, not even warnings
 *
 * Invariant 1  Warnings and notes are shown at once, above the block. Warnings are kept, too, so
 *              that a JSON answer can carry them (gd_progress_warnings).
 * Invariant 2  What others wrote (names of tables) is neutralised before it reaches a terminal.
 * Owner        gd_progress_new() and …_free(); any thread may tell.
 */
#ifndef GUARDIAN_CLI_PROGRESS_H
#define GUARDIAN_CLI_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

#include "guardian/base/arena.h"
#include "guardian/base/events.h"
#include "guardian/io/json.h"

struct gd_config;
struct gd_progress;

struct gd_progress *gd_progress_new(const struct gd_config *config);

/** A view, for options of the library; lives as long as the progress. */
const struct gd_events *gd_progress_events(struct gd_progress *progress);

/** Take the block away; the last stage gets its line when it went well. Call it before an answer or
 *  an error is printed. */
void gd_progress_end(struct gd_progress *progress, struct gd_status status);

/** [{"text":…,"hint":…}], also when nothing was shown; given to the caller. */
struct gd_json *gd_progress_warnings(struct gd_progress *progress);

/** Also takes the block away. */
void gd_progress_free(struct gd_progress *progress);

static inline void gd_progress_cleanup_(struct gd_progress **progress)
{
    gd_progress_free(*progress);
}
#define gd_auto_progress __attribute__((cleanup(gd_progress_cleanup_))) struct gd_progress *

/* Numbers for people, which answers use as well; sizes are gd_size_text()'s. */

/** "0.03 s", "4.2 s", "3 min 07 s", "2 h 05 min". */
const char *gd_text_seconds(struct gd_arena *arena, double seconds);
/** "412 MB/s"; "" when there is nothing to divide. */
const char *gd_text_rate(struct gd_arena *arena, uint64_t bytes, double seconds);

#endif
