/*
 * Recover, conf: files with settings that were saved with a base backup, as texts: what of them can
 * stand in a data directory somewhere else.
 */
#ifndef GUARDIAN_RESTORE_RECOVER_CONF_H
#define GUARDIAN_RESTORE_RECOVER_CONF_H

#include "guardian/base/texts.h"
#include "guardian/snapshot/base.h"

enum { GD_RECOVER_CONF_MAX = 64 };

struct gd_recover_conf {
    struct gd_arena *arena;
    const struct gd_base *base; /* its list of settings */
    struct {
        const char *name, *text; /* as in config.tar.zst */
    } saved[GD_RECOVER_CONF_MAX];
    size_t saved_count;
    /* Set by gd_recover_conf_text(). */
    struct gd_texts left_out; /* "data_directory", "include_dir 'conf.d'" */
    struct gd_texts missing;  /* "ssl_cert_file '/etc/…'": it stands in it, and is not here */
};

/** The texts are views. */
void gd_recover_conf_add(struct gd_recover_conf *conf, const char *name, const char *text);
/** NULL: it was not saved. */
const char *gd_recover_conf_saved(const struct gd_recover_conf *conf, const char *name);
/** postgresql.conf with all that it includes in the place of the line that includes it, without
 *  lines that lead to the old places. NULL: it was not saved. */
const char *gd_recover_conf_text(struct gd_recover_conf *conf);
/** Is all of a pg_hba.conf or pg_ident.conf in it, or does it take in other files? */
bool gd_recover_conf_alone(const char *text);

#endif
