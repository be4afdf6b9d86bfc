/* Portable: the answer that export and import share. */
#ifndef GUARDIAN_CLI_PORTABLE_H
#define GUARDIAN_CLI_PORTABLE_H

#include "guardian/cli/progress.h"
#include "guardian/config/config.h"
#include "guardian/io/digest.h"
#include "guardian/snapshot/portable.h"

struct gd_portable_answer {
    const char *verb; /* "exported" */
    struct gd_portable portable;
    const char *path;                /* "-": standard output or input */
    char sha256[GD_DIGEST_HEX_SIZE]; /* of the archive; "": not known */
    int64_t begun_us;                /* by the monotonic clock */
};

/** On stdout; on stderr when the archive went to stdout. */
GD_MUST struct gd_status gd_portable_answer(const struct gd_config *config,
                                            const struct gd_portable_answer *answer,
                                            struct gd_progress *progress, struct gd_arena *arena,
                                            struct gd_error *err);

#endif
