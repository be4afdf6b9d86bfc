/*
 * Run, the halves that do not guard: a command that may only read, and one that is rehearsed.
 */
#include "guardian/guard/run_own.h"

GD_MUST static struct gd_status refuse(struct gd_error *err)
{
    return gd_hint(err,
                   gd_fail(err, GD_REFUSED,
                           "this is a preview, which may only read, and the statement would change "
                           "something"),
                   "What the command prints is what is planned; guardian run is for commands that "
                   "do it.");
}

struct gd_status gd_run_by_mode(struct gd_run *run, struct gd_run_look *look,
                                struct gd_gate_answer *answer, struct gd_error *err)
{
    (void)run;
    (void)look;
    (void)answer;
    return refuse(err);
}
