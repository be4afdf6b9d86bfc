/*
 * Present: is what a statement makes there already, or what it drops gone?
 *
 * Inside a guard (DO … IF NOT EXISTS …, or EXCEPTION WHEN duplicate_object) such a statement does
 * not run, or fails and is caught: either way it changes nothing. That is how scripts that run at
 * every boot are written, and they must not cost a backup each time.
 */
#ifndef GUARDIAN_CLASSIFY_PRESENT_H
#define GUARDIAN_CLASSIFY_PRESENT_H

#include "guardian/classify/look.h"

/** Words for what was found ("type app.mood is there already"), or NULL when the statement may
 *  have something to do. Only the live catalogue can tell. */
const char *gd_work_is_done(const struct gd_look *look);

#endif
