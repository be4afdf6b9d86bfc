/*
 * Keys: the key that the settings name (options key, key-file, key-command).
 *
 * The strongest place counts (command line, environment, guardian.yaml); two keys in one place are
 * an error, because either could be the wrong one.
 */
#ifndef GUARDIAN_CLI_KEYS_H
#define GUARDIAN_CLI_KEYS_H

#include "guardian/base/events.h"
#include "guardian/config/config.h"
#include "guardian/io/crypt.h"

/** Load it: `out_key` NULL when none is set; gd_key_free() it. Warns through `events` about a file
 *  that everybody can read. @return GD_USAGE what was named holds no key, or others can write to
 *  it; GD_SYSTEM it could not be read, or the program failed. No text holds any part of a key. */
GD_MUST struct gd_status gd_cli_key(const struct gd_config *config, struct gd_arena *arena,
                                    const struct gd_events *events, struct gd_key **out_key,
                                    struct gd_error *err);

/** What named it: "GUARDIAN_KEY", "key-file \"x\"", … in `arena`; NULL: none is set. */
const char *gd_cli_key_called(const struct gd_config *config, struct gd_arena *arena);

#endif
