/*
 * Streamer, from within: what streamer.c, streamer_slot.c and streamer_numbers.c share.
 */
#ifndef GUARDIAN_WAL_STREAMER_OWN_H
#define GUARDIAN_WAL_STREAMER_OWN_H

#include <pthread.h>

#include "guardian/wal/streamer.h"

struct gd_slot_state {
    bool known, there;
    char status[16]; /* reserved, extended, unreserved, lost */
    uint64_t bytes;  /* that the server keeps for it */
    int64_t safe;    /* bytes until the server gives it up; negative: there is no limit */
};

struct gd_streamer {
    struct gd_streamer_options options;
    struct gd_wal_received received;
    char temporary[32];
    atomic_bool stop, leave, cut, over, drop;
    atomic_bool streamed; /* it has worked once */
    _Atomic uint64_t reconnects;
    _Atomic int64_t lost_us; /* since when there is no stream; 0: there is one */
    atomic_bool keeps;       /* the store does not let us remove what is outdone */
    pthread_t thread, watch, note;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    struct gd_slot_state slot;
    struct gd_status status;
    struct gd_error err;
};

/** Ask the server what it keeps for us. @return false: it could not be asked */
GD_MUST struct gd_status gd_streamer_ask_slot(struct gd_streamer *streamer,
                                              struct gd_slot_state *out_state,
                                              struct gd_error *err);
/** The name of the slot of this session. */
void gd_streamer_slot_name(const struct gd_streamer *streamer, char out_name[64]);
/** A thread, of a streamer: write down until when all is stored (sure.h). */
void *gd_streamer_note(void *context);
/** Once more, behind the last session. */
void gd_streamer_note_last(struct gd_streamer *streamer);
/** Wait. @return false: it is to end */
bool gd_streamer_rest(struct gd_streamer *streamer, uint32_t wait_ms);
/** For how long something has been known that the store does not have, or nothing at all. */
double gd_streamer_behind(const struct gd_streamer *streamer);

#endif
