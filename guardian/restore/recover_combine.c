/*
 * Recover, laying down: one base backup, or a chain of incremental ones.
 */
#include "guardian/restore/recover_own.h"

static struct gd_lay_options lay_options(const struct gd_recovering *recovering,
                                         const struct gd_base *base, const char *folder)
{
    const struct gd_recover_options *options = recovering->options;
    return (struct gd_lay_options){.store = options->place.store,
                                   .key = options->place.key,
                                   .base = base,
                                   .folder = folder,
                                   .delta = options->delta,
                                   .no_sync = recovering->server.throwaway,
                                   .tablespaces = options->tablespaces,
                                   .tablespace_count = options->tablespace_count,
                                   .tablespace_folder = recovering->tablespace_folder,
                                   .workers = gd_recover_workers(options),
                                   .uid = recovering->server.uid,
                                   .gid = recovering->server.gid,
                                   .events = options->events};
}

struct gd_status gd_recover_lay(struct gd_recovering *recovering, struct gd_error *err)
{
    const struct gd_base *base = recovering->base;
    struct gd_laid laid = {.files = 0};
    if (base->after[0] != '\0')
        return gd_hint(err,
                       gd_fail(err, GD_USAGE,
                               "base backup \"%s\" is incremental, and needs \"%s\" and what that "
                               "needs",
                               base->id, base->after),
                       "Unpack each of them with zstd and tar, and put them together with "
                       "pg_combinebackup; or name a full one with --base.");
    struct gd_lay_options options = lay_options(recovering, base, recovering->options->folder);
    GD_TRY(gd_lay_down(&options, recovering->arena, &laid, err));
    recovering->out->bytes = laid.bytes;
    recovering->out->kept_bytes = laid.kept_bytes;
    return GD_DONE;
}
