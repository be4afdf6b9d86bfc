/*
 * Run, from within: what its files share. No other file includes it.
 */
#ifndef GUARDIAN_GUARD_RUN_OWN_H
#define GUARDIAN_GUARD_RUN_OWN_H

#include <pthread.h>
#include <stdatomic.h>

#include "guardian/base/clock.h"
#include "guardian/base/map.h"
#include "guardian/guard/guard_own.h"
#include "guardian/guard/harmless.h"
#include "guardian/guard/keep.h"
#include "guardian/guard/run.h"
#include "guardian/guard/run_track.h"
#include "guardian/guard/seal_clock.h"
#include "guardian/journal/lease.h"
#include "guardian/journal/net_key.h"
#include "guardian/pg/fingerprint.h"

/* What a statement that was passed waits for in the server: run_stuck.c. */
struct gd_run_stuck {
    char key[128]; /* who waits for whom; "" nobody */
    int64_t since_us;
    const struct gd_gate_answer *words; /* for its client, when it is ended now; NULL */
};

/* What the open transaction of a session writes is counted at its end: run_counted.c. */
struct gd_run_counting {
    const char *xid;    /* whose; NULL: none */
    const char *counts; /* what the session had written before its first step */
    uint32_t step;      /* that; 0: it was not passed */
};

struct gd_gate_session {
    char *database, *user;
    bool elsewhere;        /* another database than the run's */
    bool fresh;            /* … that this run has made */
    bool odd_quotes;       /* standard_conforming_strings is off: what we read is not what runs */
    char letters[32];      /* client_encoding, where that is not ours; "" */
    bool odd_letters;      /* client_encoding has bytes that look like ASCII inside of letters */
    int64_t asked_us;      /* when the last step was passed, monotonic */
    const char *makes;     /* the database that its CREATE DATABASE is about to make; NULL */
    uint32_t makes_by;     /* the step that does */
    _Atomic bool watched;  /* something was passed whose end is not known: nothing goes unseen */
    struct gd_track track; /* what its open transaction holds */
    struct gd_run_counting counting;
    _Atomic bool left; /* the client has gone */
    _Atomic uint64_t
        calm_at;             /* the age at which it was found to be calm (guard/calm.h); 0: never */
    _Atomic int64_t calm_us; /* when, monotonic */
    _Atomic bool moving;     /* it has passed what may change definitions, and is not over */
    _Atomic int backend;     /* the server's process; 0: nothing of it was judged so far */
    _Atomic bool sealed;     /* its open transaction may hold locks of ours */
    _Atomic bool judging;    /* its client has said something, and waits for us */
    _Atomic unsigned said;   /* how often it did */
    struct gd_run_stuck stuck;
    struct gd_gate_answer *_Atomic ended; /* why we ended what it waits for; NULL */
    struct gd_gate_session *next;
};

struct gd_run_announced { /* to the second net */
    struct gd_gate_session *session;
    int64_t token;
};

/* What the server said, kept until somebody holds the run's lock: the loop's thread does not wait.
 */
struct gd_run_heard {
    struct gd_gate_session *session;
    uint64_t ticket;
    size_t completed;
    bool failed, rolled_back, lost, more;
    bool unsafe; /* 55P04 */
    enum gd_pg_state state;
    double seconds;
    char *refused; /* why the relay let nothing through; malloc()ed; NULL: it did */
    struct gd_run_heard *next;
};

/* Something that was passed, and whose answer is told with its number, from 1. */
struct gd_run_ticket {
    uint32_t step; /* 0: it changes nothing, but may end what does */
    struct gd_track_text text;
};

/* What a statement that is held waits for. */
struct gd_run_doing {
    pthread_mutex_t lock;
    const struct gd_events *told_on; /* whoever shows it */
    struct gd_events events;         /* ours, in front of that */
    char stage[64];
    uint64_t bytes, total_bytes;
};

/* ALTER TYPE … ADD VALUE that goes first, or should have. */
struct gd_run_value {
    const char *text, *hash, *search_path;
    enum gd_class class;
    enum gd_loss loses;
    const struct gd_permit *permit;
};

/* The look at what was there before the command could see it. On a thread, while the command
 * starts: nobody is let in before it is done. Its arena is its own until then. */
struct gd_run_first {
    pthread_mutex_t lock;
    pthread_t thread;
    bool runs;
    struct gd_pg *pg;
    struct gd_arena *arena;
    const char *cluster, *stamp;
    struct gd_status status;
    struct gd_error err;
};

/* Looks after sessions that wait for each other; from the first seal on. */
struct gd_run_watch {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread;
    bool runs; /* under the run's lock */
    bool ends;
};

/* Limits of the session's own that count while its statement is held in a transaction. */
struct gd_run_hushed {
    bool known;
    const char *idle, *whole; /* as they were; "0": none */
};

struct gd_run {
    const struct gd_run_options *options;
    struct gd_arena *arena; /* under `lock` */
    struct gd_outcome *outcome;
    struct gd_story *story;
    size_t step_capacity, loss_capacity;
    struct gd_story_step *told; /* the steps as the journal knows them, for what is new */
    size_t told_count, told_capacity;
    struct gd_run_ticket *tickets;
    size_t ticket_count, ticket_capacity;
    struct gd_track_fates fates;
    struct gd_run_yes *yes; /* texts that somebody said yes to */
    size_t yes_count, yes_capacity;
    bool said_all;
    struct gd_run_value *late; /* values that a lock kept back: the next try finds them there */
    size_t late_count, late_capacity;
    const char *kept_back; /* why a value could not go first at all; NULL */
    char change_id[GD_ID_SIZE];
    int64_t began_us;
    struct gd_gate gate;
    pthread_mutex_t lock; /* of all but `harmless` and the sessions' flags */
    struct gd_wish wish;  /* whose statement is judged may not wait for it any more */
    struct gd_pg *pg;     /* our own session: looks, holds the lease */
    const char *user;
    const char *stamp; /* of the schema when the run began */
    bool stirred;      /* … which the run itself has changed since, without changing anything */
    struct gd_ledger ledger;
    struct gd_net net; /* the second one */
    bool net_known;
    struct gd_run_announced *announced;
    size_t announced_count, announced_capacity;
    bool uncovered; /* what was let through may lose what the policy wanted no backup of */
    bool wal_kept, wal_kept_known; /* somebody keeps WAL of the server in the store */
    const char *no_point;          /* of the backup being made: why it is none; NULL */
    bool unmarked;                 /* … and no restore point could be made */
    bool begun;                    /* lease, journal, fingerprint: there is a change */
    bool stuck; /* it could not begin, or be recorded: nothing risky passes any more */
    struct gd_error stuck_err;
    struct gd_lease *lease;
    struct gd_journal *journal;
    struct gd_fingerprint before;
    struct gd_map old;           /* relations that were there before the run: oid to file */
    struct gd_protection **kept; /* backups that count, oldest first: run_kept.c */
    size_t kept_count;
    struct gd_map locks;        /* numbers of steps that only hold or free a tool's lock */
    struct gd_seal_clock held;  /* others are kept waiting by the seal */
    struct gd_texts written;    /* tables whose rows the run has changed itself */
    struct gd_texts databases;  /* that it has made, by name: gd_run_owns_database() */
    struct gd_map others;       /* oids of those that were there before; empty: not asked yet */
    struct gd_texts statements; /* all that were passed, in order */
    struct gd_decision *needs;  /* what the next try must have backed up first; NULL */
    bool lacking;               /* … as the statement that was judged last did */
    bool foreseen;              /* … and this one, before its next change */
    struct gd_map sorts;        /* of steps, by number, where one is no plain change: run_again.c */
    bool reads_records;         /* the command asks a migration tool's record what is done */
    const char *again;
    bool trapped; /* the first refusal is that its own transaction stood in the way */
    bool further; /* the next try has a backup that no earlier one had */
    uint32_t refused;
    uint32_t failed;  /* statements of this try that the server refused: the command went on */
    size_t try_steps; /* how many there were before it */
    const char *first_refusal, *first_hint; /* NULL: none */
    struct gd_texts spared; /* declared objects whose drop was answered without being run */
    struct gd_texts keep_path;
    bool keep_path_known;
    size_t spared_capacity;
    struct gd_harmless *harmless, *own_harmless; /* own: NULL when it is somebody else's */
    pthread_mutex_t heard_lock;
    struct gd_run_heard *heard, *heard_last; /* malloc()ed */
    struct gd_gate_session *sessions;        /* under `heard_lock` */
    struct gd_run_doing doing;
    struct gd_run_first first;
    struct gd_run_watch watch;
};

/* How the session of a request speaks UTF-8 while it is asked: run_letters.c. */
enum gd_letters { GD_LETTERS_NONE, GD_LETTERS_SESSION, GD_LETTERS_LOCAL };

/** What is known of one request while it is judged. */
struct gd_run_look {
    const struct gd_gate_request *request;
    struct gd_arena *arena; /* until the answer is given */
    struct gd_change change;
    const struct gd_decision *decision;
    bool looked;     /* it is not harmless by itself */
    bool records;    /* it writes nothing but the records of a migration tool */
    bool fresh;      /* all that it would lose was made by this run */
    bool lock;       /* … or is a tool's lock, which nobody wants back */
    bool wrapped;    /* a transaction of ours stands open on its session, for it alone */
    const char *xid; /* of that; NULL: none */
    struct gd_run_hushed hushed;
    enum gd_letters letters;
    bool may_give_way; /* to a session that holds a lock which it needs, and waits for it */
    bool gave_way;     /* it did: its transaction is as it was, and it is judged anew */
};

/* ---- run.c ---- */
/** A session comes in that quotes as `seen` says. */
GD_MUST struct gd_status gd_run_admit(struct gd_run *run, const struct gd_gate_client *client,
                                      const struct gd_gate_session *seen,
                                      struct gd_gate_session **out_session, struct gd_error *err);

/* ---- run_judge.c ---- */
void gd_run_judge(void *context, const struct gd_gate_request *request,
                  struct gd_gate_answer *out_answer);
bool gd_run_glance(void *context, struct gd_gate_session *session, const char *text, size_t size,
                   bool parse);
bool gd_run_still(void *context, struct gd_gate_session *session, const char *text, size_t size);
void gd_run_reported(void *context, struct gd_gate_session *session, const char *name,
                     const char *value);
/** Is there more in it than reading and setting? */
bool gd_run_changes(const struct gd_report *report);

/* ---- run_rehearse.c ---- */
/** A change, in a run that does not guard (options->mode). */
GD_MUST struct gd_status gd_run_by_mode(struct gd_run *run, struct gd_run_look *look,
                                        struct gd_gate_answer *answer, struct gd_error *err);
/** What changes nothing is of interest when it groups what does. */
void gd_run_learn_quiet(struct gd_run *run, const struct gd_gate_request *request,
                        struct gd_arena *arena);
/** A change in a run that was rehearsed. @return GD_REFUSED it was not seen there */
GD_MUST struct gd_status gd_run_check_seen(const struct gd_run *run, const struct gd_run_look *look,
                                           struct gd_error *err);

/* ---- run.c ---- */
/** Until the first look is over. Any thread. */
GD_MUST struct gd_status gd_run_await(struct gd_run *run, struct gd_error *err);
/** The same under the run's lock: what was seen is part of the run from then on. */
GD_MUST struct gd_status gd_run_took_look(struct gd_run *run, struct gd_error *err);

/* ---- run_wait.c ---- */
/** run->lock, for a statement. @return false: nobody waits for it any more */
bool gd_run_lock(struct gd_run *run, struct gd_run_look *look);
void gd_run_unlock(struct gd_run *run);
/** What is waited for from here on ends when the client goes; until gd_interrupt_by() is called
 *  with what this returns. Not around what must be written, or ended. */
const struct gd_wish *gd_run_heed(struct gd_run *run);
/** Others of the run stand in the way of the locks that we ask for, and wait for their turn. */
struct gd_run_way {
    struct gd_run *run;
    struct gd_run_look *look;
    int64_t since_us;
};
bool gd_run_asks_way(void *context); /* a wish's: gives way, or up */
/** Did the client go, or cancel? Then that is the answer. */
bool gd_run_given_up(struct gd_run *run, const struct gd_gate_request *request,
                     struct gd_gate_answer *answer);
void gd_run_overhear(struct gd_run *run); /* once */
void gd_run_waits_for(void *context, struct gd_gate_session *session, char *out_text, size_t size);

/* ---- run_letters.c ---- */
void gd_run_letters_are(struct gd_gate_session *session, const char *encoding);
/** Is there a letter in it whose bytes are not what they would be here? */
bool gd_run_letters_foreign(const struct gd_gate_session *session, const char *text, size_t size);
/** The request's texts in UTF-8, in look->request; and its session speaks that until it ends. */
GD_MUST struct gd_status gd_run_letters_begin(struct gd_run *run, struct gd_run_look *look,
                                              struct gd_error *err);
/** Around the BEGIN of a transaction of ours. */
GD_MUST struct gd_status gd_run_letters_wrap(struct gd_run_look *look, bool begun,
                                             struct gd_error *err);
/** What is passed in place of the client's text, in its encoding. */
GD_MUST struct gd_status gd_run_letters_pass(struct gd_run *run, const struct gd_run_look *look,
                                             struct gd_gate_answer *answer, struct gd_error *err);
/** What is said to it, too. */
void gd_run_letters_end(struct gd_run *run, struct gd_run_look *look,
                        struct gd_gate_answer *answer);

/* ---- run_hush.c ---- */
/** What follows may take long, and the session stands in a transaction: it is not ended for that.
 */
void gd_run_hush(struct gd_run_look *look);
void gd_run_unhush(struct gd_run_look *look); /* its limits count again */

/* ---- run_stuck.c ---- */
/** The session's transaction holds locks of ours from here on: who of the run waits for them is
 *  looked after. Under the run's lock. */
void gd_run_note_sealed(struct gd_run *run, struct gd_gate_session *session);
bool gd_run_explains(void *context, struct gd_gate_session *session, const char *sqlstate,
                     struct gd_gate_answer *out_words);
void gd_run_watch_init(struct gd_run_watch *watch);
void gd_run_watch_done(struct gd_run_watch *watch); /* waits for its thread */

/* ---- run_records.c ---- */
/** Is what it loses the run's own, a tool's lock, or a tool's record? Sets fresh, lock, records. */
void gd_run_sort(struct gd_run *run, struct gd_run_look *look);
/** Is a copy of the whole database a matter of seconds? */
bool gd_run_is_small(struct gd_run *run);

/* ---- run_databases.c ---- */
/** Does this name, now, stand for a database that the run has made? */
bool gd_run_owns_database(const struct gd_run *run, const char *name);
/** DROP DATABASE, of one that the run has made. */
bool gd_run_drops_own_database(const struct gd_run *run, const struct gd_run_look *look);
/** A database that it makes, a shadow database for instance, is the run's own once the server has
 *  said that the step that is told next, and no other, is done. */
GD_MUST struct gd_status gd_run_note_database(struct gd_run *run, const struct gd_run_look *look,
                                              struct gd_error *err);

/* ---- run_reach.c ---- */
/** Why it reaches out of its database; NULL: it does not. CREATE and DROP DATABASE count for
 *  nothing here. */
const char *gd_run_reach(const struct gd_judged *judged, const struct gd_survey *survey);
/** A change in a database that the run has made: nothing that was there before is in it, and what
 *  stays inside is the run's own. @return GD_REFUSED it does not stay inside */
GD_MUST struct gd_status gd_run_pass_own(struct gd_run *run, const struct gd_run_look *look,
                                         struct gd_gate_answer *answer, struct gd_error *err);

/* ---- run_begin.c ---- */
/** Lease, recovery, journal: once. */
GD_MUST struct gd_status gd_run_make_change(struct gd_run *run, struct gd_error *err);
/** What writes a definition anew, as it is, is about to be passed: from here on the stamp does not
 *  tell that somebody else was at the schema. @return GD_BUSY somebody was */
GD_MUST struct gd_status gd_run_stir(struct gd_run *run, struct gd_error *err);

/* ---- run_wrap.c ---- */
/** The id of the transaction that the statement will run in, before it runs. A lone one gets a
 *  transaction of ours around it, where it can stand that: its id is known, and what is sealed
 * stays so until it is over. */
GD_MUST struct gd_status gd_run_wrap(struct gd_run *run, struct gd_run_look *look,
                                     struct gd_error *err);
void gd_run_unwrap(struct gd_run_look *look); /* it is not passed after all */

/* ---- run_seal.c ---- */
/** Can locks and a snapshot be taken where the statement will run? */
bool gd_run_can_seal(const struct gd_run_look *look);
/** Writers of the backup's tables are held off until the statement is over.
 *  @param out_snapshot  to copy under; NULL: none is wanted */
GD_MUST struct gd_status gd_run_seal(struct gd_run *run, struct gd_run_look *look,
                                     const struct gd_backup *backup, const char **out_snapshot,
                                     struct gd_error *err);
/** What others have written since that backup to what is lost now.
 *  @return GD_REFUSED more than the policy allows, or it cannot be counted */
GD_MUST struct gd_status gd_run_check_drift(struct gd_run *run, struct gd_run_look *look,
                                            const struct gd_protection *since,
                                            struct gd_error *err);

/* ---- run_protect.c ---- */
/** Does the command's own lock keep the change from its beginning? @return GD_BUSY, run->again */
GD_MUST struct gd_status gd_run_check_trap(struct gd_run *run, const struct gd_run_look *look,
                                           struct gd_error *err);
/** What was foreseen is backed up, before anything is locked. */
GD_MUST struct gd_status gd_run_protect_foreseen(struct gd_run *run, struct gd_run_look *look,
                                                 struct gd_error *err);
/** The backup that this decision wants, now, unless the one that is there will do. */
GD_MUST struct gd_status gd_run_back_up(struct gd_run *run, const struct gd_decision *decision,
                                        struct gd_error *err);
/** A backup that the decision demands is there and proven, and a permit for it. */
GD_MUST struct gd_status gd_run_protect(struct gd_run *run, struct gd_run_look *look,
                                        const struct gd_permit **out_permit, struct gd_error *err);

/** A record that cannot be written ends the run: nothing risky passes any more. */
GD_MUST struct gd_status gd_run_record(struct gd_run *run, enum gd_record_kind kind,
                                       struct gd_error *err);
/** Transactions of the run whose rows a backup may see, by commas; NULL: none. */
const char *gd_run_own_ids(const struct gd_run *run);
struct gd_protect_options gd_run_protect_options(const struct gd_run *run,
                                                 const struct gd_decision *decision);

/* ---- run_again.c ---- */
/** It changes nothing, but may ask a migration tool's record. */
void gd_run_note_read(struct gd_run *run, const struct gd_gate_request *request);
/** What it would mean to run this step a second time. */
void gd_run_note_sort(struct gd_run *run, const struct gd_run_look *look, uint32_t step);
/** What follows for whoever stands in the backup's way, in a sentence. */
const char *gd_run_trap_hint(const struct gd_run *run);

/* ---- run_kept.c ---- */
/** Is something of it in none of the run's backups? That is out_missing. `survey` NULL: by names
 * alone. */
bool gd_run_missing(const struct gd_run *run, const struct gd_backup *backup,
                    const struct gd_survey *survey, struct gd_arena *arena,
                    struct gd_backup *out_missing);
/** Those that hold it are proven as strongly as the decision demands, or are proven so now. */
GD_MUST struct gd_status gd_run_strengthen(struct gd_run *run, const struct gd_decision *decision,
                                           const struct gd_survey *survey, struct gd_error *err);
GD_MUST struct gd_status gd_run_permit(struct gd_run *run, const struct gd_decision *decision,
                                       const struct gd_permit **out_permit, struct gd_error *err);
/** One more, taken and proven. */
void gd_run_keep(struct gd_run *run, struct gd_protection *protection);
GD_MUST struct gd_status gd_run_tell_kept(struct gd_run *run, struct gd_error *err);
/** Tables of the statement whose rows of before this backup holds, and others may have written. */
void gd_run_to_count(const struct gd_run *run, const struct gd_run_look *look,
                     const struct gd_protection *protection, struct gd_backup *out_backup);

/** Nothing of the run is in: points in time that were made while others wrote are made anew. */
void gd_run_let_go_of_loose(struct gd_run *run);

/* ---- run_point.c ---- */
bool gd_run_wal_kept(struct gd_run *run); /* asked once; false with --point-in-time never */
/** All of a point in time that takes long, before anybody waits. `*out_cover` NULL: a snapshot it
 * is.
 *  @return GD_UNPROTECTED it is required, and is not there */
GD_MUST struct gd_status gd_run_prepare_point(struct gd_run *run,
                                              const struct gd_decision *decision,
                                              const struct gd_backup *missing, bool held,
                                              const struct gd_cover **out_cover,
                                              struct gd_error *err);
/** The run's restore point before its first change, or behind its last. What fails is a note. */
void gd_run_mark(struct gd_run *run, bool after);

/* ---- run_spare.c ---- */
/** What was left out of a text. */
struct gd_spared {
    const struct gd_keep_touch *touches;
    size_t touch_count; /* 0: nothing */
    const char *left;   /* what is to be judged and passed in its place; NULL: nothing is left */
    const char *notice;
};
/** Does it touch what others own? Then it is refused, or answered (all of it: the verdict is
 *  GD_GATE_ANSWER). @return GD_REFUSED */
GD_MUST struct gd_status gd_run_spare(struct gd_run *run, const struct gd_run_look *look,
                                      struct gd_gate_answer *answer, struct gd_spared *out_spared,
                                      struct gd_error *err) __attribute__((nonnull(3)));
void gd_run_tell_spared(struct gd_run *run, const struct gd_gate_request *request,
                        const struct gd_spared *spared);
/* ---- run_net.c ---- */
/** Is there one, and can something be announced to it? Asked once. */
GD_MUST struct gd_status gd_run_net_open(struct gd_run *run, struct gd_error *err);
/** Is there DDL in it, in so many words? What a function does is none. */
bool gd_run_is_ddl(const struct gd_report *report);
/** Before that process runs it: this text, and no other, may come to the second net. */
GD_MUST struct gd_status gd_run_net_announce(struct gd_run *run,
                                             const struct gd_gate_request *request, int backend,
                                             const char *text, struct gd_error *err);

/* ---- run_counted.c ---- */
/** The statement's transaction has its id: what its session has written before is asked, once. */
GD_MUST struct gd_status gd_run_count_from(struct gd_run *run, struct gd_run_look *look,
                                           struct gd_error *err);
/** The same, of what gd_ledger_counts_sql gave. */
void gd_run_counted_from(struct gd_run *run, struct gd_run_look *look,
                         const struct gd_pg_rows *rows);
/** The statement is passed as this step: of a transaction's first one, what ends the transaction
 *  counts. */
void gd_run_count_step(struct gd_run *run, const struct gd_run_look *look, uint32_t step,
                       struct gd_gate_answer *answer);
/** A lone COMMIT or PREPARE TRANSACTION of the tool's is about to be passed: what the transaction
 *  wrote goes on record in it. The verdict becomes GD_GATE_SETTLE when the session cannot be asked
 *  yet. */
GD_MUST struct gd_status gd_run_count_end(struct gd_run *run, const struct gd_gate_request *request,
                                          struct gd_gate_answer *answer, struct gd_error *err);

/* ---- run_nested.c ---- */
/** The ids of savepoints that the session's open transaction has used by now, for its last step. */
GD_MUST struct gd_status gd_run_note_nested(struct gd_run *run,
                                            const struct gd_gate_request *request,
                                            struct gd_error *err);

/* ---- run_value.c ---- */
/** Does the text add an enum value that it uses, and may the value go first? */
bool gd_run_splits(const struct gd_run_look *look);
/** Add its values, each committed alone; the answer gets the text that is passed instead. */
GD_MUST struct gd_status gd_run_values_first(struct gd_run *run, const struct gd_run_look *look,
                                             const struct gd_permit *permit,
                                             struct gd_gate_answer *answer, struct gd_error *err)
    __attribute__((nonnull(3)));

/** The server has refused to use a value that the same transaction adds (55P04). */
void gd_run_unsafe(struct gd_run *run);
/** Between two tries: those that a lock of the command's own kept back. */
GD_MUST struct gd_status gd_run_late_values(struct gd_run *run, struct gd_error *err);

/* ---- run_ask.c ---- */
/** Whoever is at the terminal says yes where the policy wants that. `losses`: what is at stake. */
GD_MUST struct gd_status gd_run_ask(struct gd_run *run, const struct gd_run_look *look,
                                    const char *losses, struct gd_error *err);
void gd_run_ask_again(struct gd_run *run); /* the command is run again: answers count again */
/** Is there time left of the policy's duration_max? */
GD_MUST struct gd_status gd_run_check_time(const struct gd_run *run, const struct gd_run_look *look,
                                           struct gd_error *err);
/** In a transaction of ours the statement gets no more than that. */
GD_MUST struct gd_status gd_run_limit_time(const struct gd_run *run, const struct gd_run_look *look,
                                           struct gd_error *err);

/* ---- run_story.c ---- */
/** The statement as a step of the story; its number. */
uint32_t gd_run_tell(struct gd_run *run, const struct gd_run_look *look);
/** It was told at its Bind, has not run since, and is to run now: that step, in the transaction
 * that is open now. 0: it was not. */
uint32_t gd_run_told_before(struct gd_run *run, const struct gd_run_look *look);
void gd_run_tell_decision(struct gd_run *run, const struct gd_run_look *look);
/** A statement that adds an enum value and goes first, as a step of its own. */
uint32_t gd_run_tell_value(struct gd_run *run, const struct gd_run_value *value, const char *xid);
/** It stays when the transaction that wanted it is rolled back: then that is told. */
void gd_run_expect_of_value(struct gd_run *run, struct gd_gate_session *session, uint32_t step);
/** `request` NULL: no session of the command's waits for it. Its record is in the store before it
 * is passed. */
GD_MUST struct gd_status gd_run_announce(struct gd_run *run, uint32_t step,
                                         const struct gd_gate_request *request,
                                         const struct gd_permit *permit, struct gd_error *err)
    __attribute__((nonnull(4)));
/** What is to be told when the server has answered the request. */
uint64_t gd_run_ticket(struct gd_run *run, const struct gd_gate_request *request, uint32_t step);
/** Take in what was heard; under the run's lock. */
void gd_run_take_heard(struct gd_run *run);
void gd_run_passed(void *context, struct gd_gate_session *session, uint64_t ticket,
                   const struct gd_gate_result *result);
void gd_run_refused(void *context, struct gd_gate_session *session, const char *why);

/** run_losses.c: what it would lose, a list; "" when nothing is. */
const char *gd_run_losses(const struct gd_run_look *look);

#endif
