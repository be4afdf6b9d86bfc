/* Stands in until pg/surveyor.c is there; weak, so that the real one wins. */
#include "guardian/pg/surveyor.h"

__attribute__((weak)) struct gd_status gd_surveyor_open(struct gd_pg *pg, struct gd_arena *arena,
                                                        struct gd_surveyor **out_surveyor,
                                                        struct gd_error *err)
{
    (void)pg;
    (void)arena;
    (void)out_surveyor;
    return gd_fail(err, GD_SYSTEM, "this build cannot look at a live catalogue");
}
__attribute__((weak)) struct gd_status gd_surveyor_look(struct gd_surveyor *surveyor,
                                                        const struct gd_survey_wants *wants,
                                                        const struct gd_survey **out_survey,
                                                        struct gd_error *err)
{
    (void)surveyor;
    (void)wants;
    (void)out_survey;
    return gd_fail(err, GD_SYSTEM, "this build cannot look at a live catalogue");
}
__attribute__((weak)) void gd_surveyor_close(struct gd_surveyor *surveyor)
{
    (void)surveyor;
}
