/*
 * Classify: scripts in, a report out.
 *
 * gd_classify() reads each script through the parser, judges statement after statement, and keeps
 * what a report needs. Neighbours of the same harmless kind are folded once there are many, so that
 * a script of any length costs little memory.
 */
#ifndef GUARDIAN_CLASSIFY_CLASSIFY_H
#define GUARDIAN_CLASSIFY_CLASSIFY_H

#include "guardian/base/arena.h"
#include "guardian/base/status.h"
#include "guardian/classify/finding.h"
#include "guardian/pg/survey.h"

/** What a client sent, message by message: one of several statements commits or vanishes whole. */
struct gd_sent {
    const uint64_t *offsets; /* where each begins, in the text; rising */
    size_t count;
};

/** A script: a file, or a text in memory. */
struct gd_input {
    const char *path; /* "-" is a name like any other: standard input is read by the caller */
    const char *text; /* NULL: read the file at `path` */
    size_t size;
    bool by_wire;               /* as a client sends it: the rows of COPY are not in the text */
    const struct gd_sent *sent; /* NULL: not known */
};

struct gd_classify_options {
    const struct gd_survey *survey; /* NULL: by the text alone */
    size_t statement_bytes_max;     /* 0: 64 MiB */
    size_t entries_max;             /* from here on harmless neighbours are folded; 0: 1,000 */
};

/**
 * Judge scripts in the order in which they would run, as one session.
 *
 * @param arena       where the report lives
 * @param out_report  set on success
 * @return GD_USAGE   a script is not SQL that can be split: see gd_script_next()
 *         GD_SYSTEM  a script cannot be read
 */
GD_MUST struct gd_status gd_classify(const struct gd_input *inputs, size_t input_count,
                                     const struct gd_classify_options *options,
                                     struct gd_arena *arena, struct gd_report **out_report,
                                     struct gd_error *err);

/** What scripts or definitions mention, for gd_surveyor_look(). */
struct gd_mentioned {
    const char *const *names; /* sorted, each once */
    size_t name_count;
    const char *const
        *opened; /* schemas, extensions and roles that are dropped with their contents */
    size_t opened_count;
    bool opens_current_user; /* DROP OWNED BY CURRENT_USER */
    bool visits_all;         /* VACUUM, ANALYZE, CLUSTER or REINDEX without a table */
    bool grants;             /* ON ALL … IN SCHEMA of these, or ALTER DEFAULT PRIVILEGES */
    const char *const *granted;
    size_t granted_count;
};

/** Every identifier in scripts, and every short string argument that could be one. Errors as
 *  gd_classify(). */
GD_MUST struct gd_status gd_classify_names(const struct gd_input *inputs, size_t input_count,
                                           const struct gd_classify_options *options,
                                           struct gd_arena *arena,
                                           struct gd_mentioned *out_mentioned,
                                           struct gd_error *err);

/** The same for texts of the catalogue: bodies of functions, definitions of views and rules. Names
 *  that are in `known` are left out. */
GD_MUST struct gd_status gd_classify_names_of_survey(const struct gd_survey *survey,
                                                     const struct gd_mentioned *known,
                                                     struct gd_arena *arena,
                                                     struct gd_mentioned *out_mentioned,
                                                     struct gd_error *err);

#endif
