/*
 * Settings: one table of options and the struct that it fills, whatever the options are.
 *
 * Invariant 1  A value from a weaker origin never replaces one from a stronger, but is checked all
 *              the same: a mistake does not hide behind a correct setting.
 * Not here     which options there are (options.def) and in which order places are read (config.c).
 */
#ifndef GUARDIAN_CONFIG_SETTINGS_H
#define GUARDIAN_CONFIG_SETTINGS_H

#include "guardian/config/config.h"

struct gd_settings {
    struct gd_arena *arena;
    const struct gd_option *options;
    size_t count;
    void *fields;                      /* the struct that the offsets of the options mean */
    struct gd_setting_origin *origins; /* one for each option */
};

/** Every field gets its default. A default that does not parse is a programmer's mistake. */
void gd_settings_reset(struct gd_settings *settings);

/** Take one value. `called` is how the user knows the option at this place; it is kept. An element
 *  of a LIST is added to the others of the same origin. */
GD_MUST struct gd_status gd_settings_set(struct gd_settings *settings,
                                         const struct gd_option *option, enum gd_origin origin,
                                         const char *called, const char *text,
                                         struct gd_error *err);

/** The value of a variable, or NULL; an empty one is not set. */
const char *gd_environment_get(const char *const *envp, const char *name);

/** Read GUARDIAN_… variables (and the second names of options). */
GD_MUST struct gd_status gd_settings_from_environment(struct gd_settings *settings,
                                                      const char *const *envp,
                                                      struct gd_error *err);

/** Read a YAML file: one mapping, from names of options to values. */
GD_MUST struct gd_status gd_settings_from_file(struct gd_settings *settings, const char *path,
                                               struct gd_error *err);

/** A size or duration as somebody would type it: "1MB", "2s". For other types, the number. */
const char *gd_option_number_text(struct gd_arena *arena, enum gd_option_type type, int64_t number);

#endif
