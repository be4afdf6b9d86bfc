/*
 * Leftover: folders of throwaway servers, and of WAL for one that recovers, whose owner died, and
 * the helper that would have removed them, too: a container that was killed while its TMPDIR
 * stayed.
 *
 * Invariant    Who made it holds a lock on it as long as he lives; one that is not locked, has
 * the form of such a name, belongs to us, and has been left alone for a while, is nobody's.
 */
#ifndef GUARDIAN_IO_LEFTOVER_H
#define GUARDIAN_IO_LEFTOVER_H

#include <sys/types.h>

#include "guardian/base/status.h"

/** Hold a folder. @param out_fd  close it to let go */
GD_MUST struct gd_status gd_leftover_hold(const char *folder, int *out_fd, struct gd_error *err);
/** Remove what is left in `work` of `owner` or of ourselves. What cannot be removed stays. */
void gd_leftovers_remove(const char *work, uid_t owner);

/** Start what removes `folder` as soon as we have died, whatever of. */
struct gd_process;
GD_MUST struct gd_status gd_leftover_janitor(const char *folder, struct gd_process **out_janitor,
                                             struct gd_error *err);
/** Let it remove the folder now, and wait for it. */
void gd_leftover_done(struct gd_process *take_janitor);

#endif
