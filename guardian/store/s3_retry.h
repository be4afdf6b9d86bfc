/*
 * What to do after a try: which failures pass, which need something set right first. Pure.
 */
#ifndef GUARDIAN_STORE_S3_RETRY_H
#define GUARDIAN_STORE_S3_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "guardian/io/http.h"

/** What one try brought. */
struct gd_s3_try {
    enum gd_http_trouble trouble; /* GD_HTTP_FINE: there is an answer */
    int status;
    const char *code;   /* of the <Error>, also of one under status 200; "" none */
    bool new_region;    /* the answer names a region that is not the one in use */
    int64_t skew_us;    /* the answer's clock less what we took it to be */
    int64_t expires_us; /* of the credential; 0: never */
    bool is_head;       /* HEAD has no body, so no code */
};

/** So often a body that arrived damaged is sent again. */
enum { GD_S3_DAMAGES_MAX = 3 };

/** What happened in this request so far. Zero-initialise it. */
struct gd_s3_tries {
    unsigned failures; /* that just passed by */
    unsigned clocks, credentials, regions, damages;
    int64_t first_failure_us;
};

enum gd_s3_step {
    GD_S3_ANSWER,     /* this is the answer, for better or worse */
    GD_S3_AGAIN,      /* after a pause */
    GD_S3_CLOCK,      /* at once, with the server's time */
    GD_S3_CREDENTIAL, /* at once, with a fresh credential */
    GD_S3_REGION,     /* at once, signed for the region that was named */
};

/**
 * Counts in `tries` what it decides.
 * @param now_us     of a clock that does not go back
 * @param budget_ms  how long failures may go on, from the first; two tries are always made
 */
enum gd_s3_step gd_s3_judge(const struct gd_s3_try *made, struct gd_s3_tries *tries, int64_t now_us,
                            uint32_t budget_ms);

/** Full jitter: anything from 0 to a limit that doubles from 200 ms to 20 s.
 *  @param random  any 32 bits */
uint32_t gd_s3_pause_ms(unsigned failures, uint32_t random);

#endif
