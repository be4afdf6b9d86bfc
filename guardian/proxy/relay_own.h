/*
 * Relay, from within: what its files share. No other file includes it.
 *
 * A session belongs to the loop's thread. While a job of it runs (connecting, judging, cancelling),
 * a worker has its `job` and its server connection, and the loop touches neither; what both see is
 * `gone`. Handing over goes through the crew's lock.
 */
#ifndef GUARDIAN_PROXY_RELAY_OWN_H
#define GUARDIAN_PROXY_RELAY_OWN_H

#include <pthread.h>
#include <stdatomic.h>

#include "guardian/pg/pipe.h"
#include "guardian/proxy/entrance.h"
#include "guardian/proxy/relay.h"

/* --- what is expected of the server: relay_expect.c ---------------------------------------------
 */

enum gd_expect_kind {
    GD_EXPECT_QUERY,    /* until ReadyForQuery */
    GD_EXPECT_SYNC,     /* the same */
    GD_EXPECT_PARSE,    /* ParseComplete */
    GD_EXPECT_BIND,     /* BindComplete */
    GD_EXPECT_DESCRIBE, /* RowDescription or NoData */
    GD_EXPECT_EXECUTE,  /* CommandComplete, EmptyQueryResponse or PortalSuspended */
    GD_EXPECT_CLOSE,    /* CloseComplete */
    GD_EXPECT_COPY_END, /* nothing: a CopyDone or CopyFail that went ahead of the CopyInResponse */
    GD_EXPECT_NOTHING,  /* nothing: a Sync that the server swallows within a COPY */
};

enum gd_expect_way {
    GD_WAY_PLAIN,
    GD_WAY_REFUSED,  /* the server must reject what was sent: the client gets `more` instead */
    GD_WAY_ANSWERED, /* the server was sent an empty text: the client gets `more`, a tag */
    GD_WAY_HIDDEN,   /* of our own: the client hears of it only when it fails */
};

struct gd_named;

struct gd_expect {
    enum gd_expect_kind kind;
    enum gd_expect_way way;
    uint64_t ticket;
    struct gd_named *named; /* of Parse and Bind: comes into being with the answer; a view */
    char *more; /* of Close: the name; of REFUSED: the ErrorResponse, framed; of ANSWERED:
                   the tag */
};

enum { GD_EXPECT_MAX = 4096 };

struct gd_expected { /* in the order of answers */
    struct gd_expect *ring;
    size_t capacity, head, count;
};
bool gd_expected_full(const struct gd_expected *expected);
void gd_expected_add(struct gd_expected *expected, struct gd_expect take_one);
/** NULL: none. What stands for no answer is passed over first. */
struct gd_expect *gd_expected_head(struct gd_expected *expected);
void gd_expected_pop(struct gd_expected *expected);
enum gd_copy_end {
    GD_COPY_GOES_ON,
    GD_COPY_ENDS,   /* its end is on its way already */
    GD_COPY_BROKEN, /* something is, at which the server gives it up */
};
/** A COPY from the client begins with the head: what the server swallows of it is expected no
 *  more. */
enum gd_copy_end gd_expected_copies(struct gd_expected *expected);
void gd_expected_done(struct gd_expected *expected);

/* --- prepared statements and portals: relay_names.c ----------------------------------------------
 */

struct gd_named {
    struct gd_named *next;
    bool portal, pending; /* pending: its Parse or Bind is not answered yet */
    char name[GD_WIRE_NAME_MAX + 1];
    /* of statements; of portals, whose statement may be another one by now: what was bound */
    char *text;
    size_t size;
    uint8_t *types;
    size_t types_size;
    char *tag;     /* it was answered, and is empty in the server: what runs it gets this */
    uint64_t rest; /* how many rests there were when it was sent */
    /* of portals: */
    char statement[GD_WIRE_NAME_MAX + 1];
    uint64_t runs;    /* how much had been run when it was bound */
    uint64_t of_rest; /* its statement's */
    uint64_t ticket;  /* of the verdict that let it be bound, or run */
    bool executed;    /* an Execute of it was sent, whose answer tells of the ticket */
};

enum { GD_NAMES_BUCKETS = 64 };
struct gd_names {
    struct gd_named *buckets[GD_NAMES_BUCKETS];
    size_t bytes; /* of texts */
    size_t portals;
    uint64_t *unrun; /* tickets of portals that are gone, and were never executed */
    size_t unrun_count, unrun_capacity;
};
/** The newest of that name; names are compared as the server does, by their first 63 bytes. */
struct gd_named *gd_names_find(const struct gd_names *names, bool portal, const char *name);
struct gd_named *gd_names_add(struct gd_names *names, bool portal, const char *name);
void gd_names_settle(struct gd_names *names, struct gd_named *named); /* older ones are gone */
void gd_names_drop(struct gd_names *names, struct gd_named *named);
void gd_names_close(struct gd_names *names, bool portal, const char *name); /* what is settled */
void gd_names_end_transaction(struct gd_names *names);                      /* portals are gone */
void gd_names_done(struct gd_names *names);

/* --- sessions ------------------------------------------------------------------------------------
 */

enum gd_session_state {
    GD_SESSION_ENTERING,   /* who is it? */
    GD_SESSION_CONNECTING, /* job: a server connection for it */
    GD_SESSION_OPEN,       /* bytes go both ways */
    GD_SESSION_WAITING,    /* a statement is held until what was sent is answered */
    GD_SESSION_JUDGING,    /* job: the gate is asked */
    GD_SESSION_CANCELLING, /* job: it only came to cancel another */
    GD_SESSION_CLOSING,    /* the last words to the client */
    GD_SESSION_OVER,       /* freed after this round of the loop */
    GD_SESSION_STATES,
};

enum gd_session_event {
    GD_ON_SOCKET, /* a socket can be read or written */
    GD_ON_DONE,   /* the job is done */
    GD_ON_TICK,   /* some time has passed */
    GD_ON_STOP,   /* the relay is to stop; comes with each tick from then on */
    GD_SESSION_EVENTS,
};

struct gd_session;

struct gd_side {
    struct gd_session *session;
    struct gd_stream *stream;
    bool can_read, can_write; /* as far as we know: tried until it would wait */
    bool hung_up;             /* its end of the stream was seen by the kernel */
    bool ended;               /* read to its end, or failed */
    bool deaf;                /* it takes nothing any more */
    bool watches_write;
};

enum gd_job_kind { GD_JOB_CONNECT, GD_JOB_JUDGE, GD_JOB_CANCEL };

struct gd_job {
    enum gd_job_kind kind;
    struct gd_session *session;
    struct gd_job *next;
    struct gd_status status;
    bool entered; /* of CONNECT: the gate knows it */
    struct gd_upstream_refusal refusal;
    struct gd_gate_request request; /* of JUDGE */
    struct gd_gate_answer answer;
    bool at_rest;
    struct gd_session *target; /* of CANCEL; pinned */
};

struct gd_waiting_result {
    uint64_t ticket;
    size_t completed;
    bool failed;
    char sqlstate[6];
    char tag[64];
};

struct gd_session {
    struct gd_relay *relay;
    struct gd_session *next, *previous, *next_busy;
    bool is_busy;
    bool entered; /* the gate knows it */
    enum gd_session_state state;
    struct gd_side client, server;
    struct gd_pipe up, down; /* to the server, to the client */
    int64_t since_ms;        /* it has been in this state, or silent while open */
    int64_t told_ms;         /* when its client was last told what it waits for */
    unsigned pins;           /* cancelling clients that work on it */

    char address[64];       /* of the client, for people */
    struct gd_arena *arena; /* of the entrance, then of a held statement */
    struct gd_entrance *entrance;
    struct gd_upstream *upstream;
    struct gd_gate_session *gate;
    struct gd_cancel_key key;
    struct gd_job *job; /* made for the first, kept */
    atomic_bool gone;   /* the client has left, or wants what is held to be cancelled */
    bool cancelled;     /* the second of these */

    struct gd_expected expected;
    struct gd_names names;
    struct gd_wire_out earlier; /* texts since the last rest */
    uint64_t runs;              /* Query and Execute messages that went on */
    uint64_t rests;
    char transaction;  /* of the last ReadyForQuery */
    bool unsynced;     /* messages of the extended protocol since the last Sync */
    bool skipping;     /* the server ignores all until a Sync */
    bool copying;      /* the server takes COPY data */
    bool flushed;      /* a Flush of ours is on its way for the statement that waits */
    bool unnamed_lost; /* queries of our own have taken the unnamed statement's place */
    bool judged;       /* the Bind or Execute at the front of `up` has its verdict */
    uint64_t ticket;   /* of that */
    bool judging_bind; /* what is held is a Bind or Execute, not a text */
    bool wrapped;      /* COMMIT or ROLLBACK of our own is to follow the Query, or the Sync */
    char *closing;     /* SQL in front of that COMMIT; malloc()ed; NULL: none */
    bool settling;     /* a Sync of our own is on its way for what is held */
    bool bound;        /* something was bound since the last rest */
    char block;        /* 'T': a block is open now; 'I': none; '?': a command may have ended it */
    bool told_off;     /* the last words are written */

    char tag[64];     /* of the last command that ended in the Query that runs */
    size_t completed; /* how many of it did */
    bool failed;
    char sqlstate[6];
    struct gd_waiting_result *results; /* told with the next ReadyForQuery */
    size_t result_count, result_capacity;
};

/** Open a session for a client. */
void gd_session_new(struct gd_relay *relay, struct gd_stream *take_client);
void gd_session_event(struct gd_session *session, enum gd_session_event event);
void gd_session_enter(struct gd_session *session, enum gd_session_state state);
/** Nothing more to say to anybody. */
void gd_session_end(struct gd_session *session);
/** The last words, in place of whatever was to come, then the end. NULL: none. */
void gd_session_close(struct gd_session *session, const struct gd_wire_words *words);
void gd_session_free(struct gd_session *session);
bool gd_session_at_rest(const struct gd_session *session);

/* --- relay_pump.c: bytes -------------------------------------------------------------------------
 */

/** Moves what can be moved. @return false: it could go on at once, but others wait, too */
bool gd_session_pump(struct gd_session *session);
/** Sends what is to go to the client; true when nothing is left. */
bool gd_session_flush_client(struct gd_session *session);
/** Reads once into a pipe, if it can. @return true when something came */
bool gd_side_read(struct gd_side *side, struct gd_pipe *pipe, atomic_uint_fast64_t *count);

/* --- relay_client.c, relay_server.c: messages ----------------------------------------------------
 */

/** Deals with what the client has said so far. @return true: more can be read */
bool gd_session_hear_client(struct gd_session *session);
/** Deals with what the server has said so far. */
void gd_session_hear_server(struct gd_session *session);
/** A message of our own in place of the one at the front. */
void gd_session_replace(struct gd_session *session, const struct gd_wire_message *message,
                        const struct gd_wire_out *with);
/** @param ticket  of a verdict that let it pass, and is not followed; 0: there was none */
void gd_session_refuse(struct gd_session *session, const struct gd_wire_message *message,
                       const struct gd_wire_words *words, uint64_t ticket);
void gd_session_pass_statement(struct gd_session *session, const struct gd_wire_message *message,
                               uint64_t ticket);
enum { GD_EXECUTE_TEXT_SIZE = 2 * GD_WIRE_NAME_MAX + 12 };
/** EXECUTE "name": what runs a statement whose text we do not know. */
void gd_session_execute_text(const char *name, char text[GD_EXECUTE_TEXT_SIZE]);
void gd_session_note_text(struct gd_session *session, const char *text, size_t size);
void gd_session_result(struct gd_session *session, uint64_t ticket, size_t completed,
                       const char *sqlstate, const char *tag);
/** Portals that were let through and are gone without having been executed. */
void gd_session_unrun(struct gd_session *session);

/* --- relay_function.c ----------------------------------------------------------------------------
 */

enum { GD_FUNCTION_TEXT_SIZE = 160 };
/** What a FunctionCall means, as SQL. @return false: it is none of those that are known */
bool gd_function_text(const struct gd_wire_message *message, char text[GD_FUNCTION_TEXT_SIZE]);

/* --- relay_hold.c --------------------------------------------------------------------------------
 */

/** The gate wants a longer look at the message at the front of `up`. */
void gd_session_hold(struct gd_session *session, bool bind);
/** How what is held can come to a rest. */
enum gd_gate_settle gd_session_can_settle(const struct gd_session *session, char type);
/** What was waited for may have come. */
void gd_session_try_judge(struct gd_session *session);
void gd_session_judged(struct gd_session *session);
/** A word now and then to a client that waits. */
void gd_session_keep_told(struct gd_session *session);

/* --- relay_crew.c: threads that may wait
 * ---------------------------------------------------------- */

struct gd_relay_crew;
struct gd_relay_crew *gd_relay_crew_new(unsigned workers, int wake);
/** @return false: there is no thread to be had */
bool gd_relay_crew_give(struct gd_relay_crew *crew, struct gd_job *job);
/** A job that is done; NULL: none. */
struct gd_job *gd_relay_crew_take(struct gd_relay_crew *crew);
void gd_relay_crew_free(struct gd_relay_crew *crew); /* waits for what runs */
/** What a worker does. */
void gd_session_work(struct gd_job *job);

/* --- the relay
 * ------------------------------------------------------------------------------------ */

struct gd_relay_counters {
    atomic_uint_fast64_t sessions, entered, refused_entry, statements, held, refused, answered,
        cancels, upstream_failed, bytes_in, bytes_out;
};

struct gd_relay {
    struct gd_relay_options options;
    int poll, wake;
    atomic_bool stopping, cut;
    int64_t now_ms, stopped_ms, ticked_ms;
    struct gd_session *sessions, *over, *busy; /* busy: could go on at once */
    struct gd_relay_crew *crew;
    struct gd_relay_counters counters;
};

static inline void gd_count(atomic_uint_fast64_t *counter, uint64_t by)
{
    atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

/** Watch a socket for everything; told once per change. */
bool gd_relay_watch(struct gd_relay *relay, struct gd_side *side);
void gd_relay_watch_write(struct gd_relay *relay, struct gd_side *side, bool wanted);
/** It has more to do, after the others. */
void gd_relay_busy(struct gd_relay *relay, struct gd_session *session);

#endif
