/*
 * The pieces of the report for people, for those who print more around them (`guardian plan`).
 */
#ifndef GUARDIAN_CLI_REPORT_TEXT_H
#define GUARDIAN_CLI_REPORT_TEXT_H

#include "guardian/cli/report_screen.h"
#include "guardian/cli/report_words.h"

struct gd_page {
    const struct gd_screen *screen;
    const struct gd_report *report;
    const struct gd_decision *decision; /* NULL: nobody asked a policy */
    struct gd_arena *arena;
    struct gd_row *rows; /* the statements to show in full, worst first */
    size_t row_count;
    const char *example; /* a rule that was named, NULL before the first */
    /* what the statement before said, too, is not said again: */
    const char *reason, *instead;
    const struct gd_ground *ground;
};

/** `decision`, when there is one, must be about `report`. */
struct gd_page gd_page_of(const struct gd_report *report, const struct gd_decision *decision,
                          const struct gd_screen *screen, struct gd_arena *arena);

void gd_page_head(const struct gd_page *page);  /* verdict, counts, what was compared */
void gd_page_files(const struct gd_page *page); /* second run, transactions, each file's class */
void gd_page_body(struct gd_page *page);        /* statements */

/** @return GD_SYSTEM when the stream did not take it all */
GD_MUST struct gd_status gd_page_end(const struct gd_page *page, struct gd_error *err);

#endif
