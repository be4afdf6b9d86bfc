/*
 * Configuration: what was asked for, from four places, in one struct.
 *
 * Order        command line, environment, guardian.yaml, default: the first that says something.
 * Invariant 1  A word that is not understood is an error that names the nearest right one; it is
 *              never skipped. (A stray GUARDIAN_… variable that resembles no option is let be:
 *              container platforms make such names on their own.)
 * Invariant 2  No error, warning or text made here holds the value of a SECRET.
 * Owner        the arena that was passed owns every text; argv, the environment and the file can
 *              go away.
 */
#ifndef GUARDIAN_CONFIG_CONFIG_H
#define GUARDIAN_CONFIG_CONFIG_H

#include "guardian/base/arena.h"
#include "guardian/base/status.h"
#include "guardian/config/options.h"

enum gd_option_id {
#define GD_OPTION(field, ...) GD_OPTION_##field,
#include "guardian/config/options.def"
#undef GD_OPTION
    GD_OPTION_COUNT
};

/** Where a value came from, for messages. */
struct gd_setting_origin {
    enum gd_origin origin;
    const char *called; /* "--db", "DATABASE_URL", "guardian.yaml:3: db"; "" for a default */
};

enum { GD_CONFIG_WARNINGS_MAX = 4 };

struct gd_config {
#define GD_OPTION(field, type, ...) GD_FIELD_##type field;
#include "guardian/config/options.def"
#undef GD_OPTION
    struct gd_setting_origin origins[GD_OPTION_COUNT]; /* by enum gd_option_id */
    const char *pg_variable; /* the first PG* variable found that names a database, or NULL */
    bool plain_terminal;     /* NO_COLOR, or a terminal that cannot show colour */
    const char *warnings[GD_CONFIG_WARNINGS_MAX]; /* full sentences, NULL after the last */
};

/** What stands on a command line apart from options. */
struct gd_request {
    const struct gd_command *command; /* NULL: no command was named */
    int argc;                         /* operands */
    char **argv;                      /* argv[argc] is NULL */
};

/**
 * Read the settings.
 *
 * @param argv  without the program's name; the values of SECRET options in it are overwritten, so
 *              that they leave the list of processes. NULL after the last.
 * @param envp  as the environment of a process
 * @return GD_OK
 *         GD_USAGE   an unknown command, option, key or value; err says where it stood
 *         GD_SYSTEM  the file is there and could not be read
 */
GD_MUST struct gd_status gd_config_load(struct gd_arena *arena, char **argv,
                                        const char *const *envp, struct gd_config *out_config,
                                        struct gd_request *out_request, struct gd_error *err);

/** The database that is meant. `uri` NULL: none. `uri` "": what libpq finds in the PG* variables.
 */
struct gd_database_choice {
    const char *uri;
    const char *called; /* what named it: "--db", "DATABASE_URL", "PGHOST", … */
};

/**
 * Which database is meant.
 *
 * @param or_environment  false: only --db on the command line counts, or --live; true: the command
 *                        needs a database, so the environment and guardian.yaml are asked as well
 */
struct gd_database_choice gd_config_database(const struct gd_config *config, bool or_environment);

/** Is text for `descriptor` to be coloured? */
bool gd_config_use_color(const struct gd_config *config, int descriptor);

#endif
