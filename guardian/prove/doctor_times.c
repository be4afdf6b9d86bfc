/*
 * Doctor: could the server be brought back to a point in time?
 */
#include <inttypes.h>
#include <stdlib.h>

#include "guardian/base/clock.h"
#include "guardian/prove/doctor_own.h"
#include "guardian/snapshot/coverage.h"

static const char slots_sql[] =
    "SELECT slot_name, active, pg_catalog.pg_wal_lsn_diff(CASE WHEN pg_catalog.pg_is_in_recovery()"
    " THEN pg_catalog.pg_last_wal_receive_lsn() ELSE pg_catalog.pg_current_wal_lsn() END,"
    " restart_lsn)::bigint, coalesce(wal_status, '')"
    " FROM pg_catalog.pg_replication_slots WHERE restart_lsn IS NOT NULL ORDER BY 3 DESC LIMIT 1";

/* An abandoned slot fills the server's disk. */
void gd_doctor_look_at_slots(struct gd_doctor *doctor, struct gd_pg *pg)
{
    enum { WORTH_A_WARNING = 1 << 30 };
    gd_auto_pg_rows rows = NULL;
    struct gd_error err = {0};
    struct gd_pg_call call = {.what = "look at the replication slots", .sql = slots_sql};
    if (gd_pg_run(pg, &call, &rows, &err).code != GD_OK || gd_pg_rows_count(rows) == 0)
        return;
    int64_t bytes = gd_pg_int(rows, 0, 2);
    bool active = gd_pg_bool(rows, 0, 1);
    const char *name = gd_pg_cell(rows, 0, 0);
    const char *size = gd_doctor_size(doctor, bytes < 0 ? 0 : (uint64_t)bytes);
    if (!active && bytes > WORTH_A_WARNING)
        gd_doctor_say(doctor, "slots", GD_HEALTH_WARNING,
                      "Nobody receives from it, and the server keeps WAL for it until its disk is "
                      "full: begin to receive again, or pg_drop_replication_slot().",
                      "slot \"%s\" holds %s of WAL (%s)", name, size, gd_pg_cell(rows, 0, 3));
    else
        gd_doctor_say(doctor, "slots", GD_HEALTH_OK, NULL, "slot \"%s\" holds most WAL, %s%s", name,
                      size, active ? "" : ", and nobody receives from it");
}

/* Could the newest base backup be opened? */
static void say_key(struct gd_doctor *doctor, const struct gd_coverage *coverage)
{
    const struct gd_base_listed *newest = NULL, *locked = NULL;
    for (size_t i = coverage->base_count; i-- > 0 && newest == NULL;)
        if (gd_coverage_usable(coverage, &coverage->bases[i]))
            newest = &coverage->bases[i];
    if (newest != NULL)
        locked = gd_coverage_locked(coverage, newest, doctor->options->key);
    if (locked != NULL)
        gd_doctor_say(doctor, "points in time", GD_HEALTH_WARNING,
                      "Add the older key behind the new one, or make a base backup with this one: "
                      "\"guardian base\".",
                      "base backup %s is encrypted with key %s, which is not set: nothing can be "
                      "recovered from it",
                      locked->id, locked->base->key_id);
}

static void say_window(struct gd_doctor *doctor, const struct gd_coverage *coverage)
{
    const struct gd_window *newest = NULL;
    char from[GD_TIME_SIZE], to[GD_TIME_SIZE];
    for (size_t i = 0; i < coverage->window_count; i++)
        if (newest == NULL || coverage->windows[i].to_us >= newest->to_us)
            newest = &coverage->windows[i];
    if (newest == NULL) {
        gd_doctor_say(doctor, "points in time", GD_HEALTH_WARNING,
                      "Make a base backup: \"guardian base\".",
                      "there is %s in the store, and nothing that it could be replayed on",
                      coverage->chain->run_count > 0 ? "WAL" : "a base backup that is not whole");
        return;
    }
    gd_clock_text(newest->from_us, from);
    gd_clock_text(newest->sure_us, to);
    if (coverage->hole_count > 0)
        gd_doctor_say(doctor, "points in time", GD_HEALTH_WARNING,
                      "\"guardian wal check\" says what that means.",
                      "from %.19s UTC on, with %s: %s", from,
                      gd_doctor_many(doctor, (int64_t)coverage->hole_count, "hole", "holes"),
                      coverage->holes[0].why);
    else
        gd_doctor_say(doctor, "points in time", GD_HEALTH_OK, NULL,
                      "any moment from %.19s to at least %.19s UTC can be recovered", from, to);
}

void gd_doctor_look_at_times(struct gd_doctor *doctor)
{
    struct gd_coverage *coverage = NULL;
    struct gd_error err = {0};
    struct gd_wal_place place = {.store = doctor->options->store, .key = doctor->options->key};
    if (doctor->cluster == NULL || !doctor->diagnosis->store_works)
        return;
    place.system_identifier = strtoull(doctor->cluster, NULL, 10);
    if (gd_coverage_read(&place, doctor->arena, &coverage, &err).code != GD_OK) {
        gd_doctor_say_error(doctor, "points in time", GD_HEALTH_WARNING, &err);
        return;
    }
    if (coverage->base_count > 0 || coverage->chain->file_count > 0) {
        say_window(doctor, coverage);
        say_key(doctor, coverage);
    }
}
