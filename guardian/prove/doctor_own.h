/*
 * Doctor, from within: what its files share. No other file includes it.
 */
#ifndef GUARDIAN_PROVE_DOCTOR_OWN_H
#define GUARDIAN_PROVE_DOCTOR_OWN_H

#include "guardian/prove/doctor.h"

struct gd_doctor {
    const struct gd_doctor_options *options;
    struct gd_arena *arena;
    struct gd_diagnosis *diagnosis;
    size_t capacity;
    /* known once the server has answered: */
    int server_version; /* 0: it has not */
    uint64_t database_bytes;
    const char *cluster; /* the folder of this database in the store; NULL: not known */
};

/** Add a line. `advice` NULL: none. */
void gd_doctor_say(struct gd_doctor *doctor, const char *name, enum gd_health health,
                   const char *advice, const char *format, ...) GD_PRINTF(5, 6);
/** The same, from an error: its text, and its hint as advice. */
void gd_doctor_say_error(struct gd_doctor *doctor, const char *name, enum gd_health health,
                         const struct gd_error *err);

/** "1 table", "3 tables". */
const char *gd_doctor_many(struct gd_doctor *doctor, int64_t number, const char *one,
                           const char *many);

/** "1.2 GB" */
const char *gd_doctor_size(struct gd_doctor *doctor, uint64_t bytes);

void gd_doctor_look_at_database(struct gd_doctor *doctor);
void gd_doctor_look_at_store(struct gd_doctor *doctor);
void gd_doctor_look_at_snapshots(struct gd_doctor *doctor);
void gd_doctor_look_at_times(struct gd_doctor *doctor);
void gd_doctor_look_at_slots(struct gd_doctor *doctor, struct gd_pg *pg);

#endif
