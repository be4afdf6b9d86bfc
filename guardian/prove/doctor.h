/*
 * Doctor: could this database be protected from here? Finds out before anybody needs it.
 *
 * Invariant 1  What can be tried is tried: the store is written to and read, the key seals and
 *              opens, the newest snapshot is opened with it.
 * Invariant 2  Nothing is changed: what was tried is removed again. The database is only read.
 * Invariant 3  One check that fails does not end the others, and no answer is ever taken for a good
 *              one.
 */
#ifndef GUARDIAN_PROVE_DOCTOR_H
#define GUARDIAN_PROVE_DOCTOR_H

#include "guardian/io/crypt.h"
#include "guardian/pg/connect.h"
#include "guardian/store/store.h"

enum gd_health {
    GD_HEALTH_OK,
    GD_HEALTH_INFO,    /* neither good nor bad, but good to know */
    GD_HEALTH_WARNING, /* backups are possible, and something is not as it should be */
    GD_HEALTH_PROBLEM, /* backups are not possible */
};

/** "ok", "info", "warning", "problem" */
const char *gd_health_text(enum gd_health health);

struct gd_checkup {
    const char *name; /* "server", "store", …: static, for programs too */
    enum gd_health health;
    const char *text;   /* what was found: no full stop */
    const char *advice; /* what to do, a full sentence; "" when there is nothing */
};

struct gd_doctor_options {
    const struct gd_pg_options *pg; /* NULL: no database is named */
    struct gd_store *store;
    const struct gd_key *key; /* NULL: none is set */
    const char *pg_dump;      /* file or folder of the option; NULL: looked for */
    const char *pg_bin;       /* folder of a server's programs for drills; NULL: looked for */
    const char *work_folder;  /* where drills have their throwaway server; NULL: TMPDIR, /tmp */
    unsigned workers;         /* connections that a snapshot would take; 0: 8 */
    const struct gd_events *events;
};

struct gd_diagnosis {
    struct gd_checkup *checkups;
    size_t count, problems, warnings;
    bool store_works;
    struct gd_store_capabilities can; /* when store_works */
    double store_seconds;             /* to write a small object and read it back */
};

/** Everything lives in `arena`. */
void gd_doctor_run(const struct gd_doctor_options *options, struct gd_arena *arena,
                   struct gd_diagnosis *out_diagnosis);

#endif
