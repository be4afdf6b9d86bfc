/*
 * Gate: what the relay asks before it lets a statement through. The relay knows bytes and states,
 * the gate knows SQL, policies and backups; it is handed in as functions, so that each is tested
 * without the other.
 *
 * Rest  The server has answered everything, and no message of the extended protocol is waiting for
 *       its Sync. Only then may queries of our own be put between the client's.
 */
#ifndef GUARDIAN_GUARD_GATE_H
#define GUARDIAN_GUARD_GATE_H

#include "guardian/base/texts.h"
#include "guardian/pg/execute.h"

enum gd_gate_verdict {
    GD_GATE_PASS,   /* goes on as it is */
    GD_GATE_REFUSE, /* an ordinary SQL error instead, at its place in the order of answers */
    GD_GATE_ANSWER, /* is not run; the client is told `tag` as if it was, and `notice` */
    GD_GATE_RETURN, /* the client's connection is ended with the error (57P01) */
    GD_GATE_SETTLE, /* the relay comes to a rest first, as the request says, and asks again */
};

/* How a batch of the extended protocol can be brought to a rest before its Sync. */
enum gd_gate_settle {
    GD_SETTLE_NO,    /* it is at rest, or cannot be */
    GD_SETTLE_SYNC,  /* by a Sync: nothing has run in it, or it runs in a block */
    GD_SETTLE_BLOCK, /* what has run in it goes into a block of ours first, which ends with it */
};

struct gd_gate_answer {
    enum gd_gate_verdict verdict;
    char sqlstate[6];
    const char *message, *detail, *hint; /* "" when there is nothing to say */
    const char *notice;                  /* a NOTICE before the answer; NULL */
    const char *tag;                     /* of GD_GATE_ANSWER: "DROP INDEX" */
    const char *text; /* a Query is passed in these words, which give the same answers; NULL: as it
                         came */
    bool wrap; /* passed inside BEGIN … COMMIT of our own, which `before` has opened already on the
                  session: the relay sends the COMMIT, and hides all of it */
    const char *closing; /* SQL in front of that COMMIT, or of one that ends a batch; it gives no
                            answer that counts. NULL: none */
    uint64_t ticket;     /* given to `passed` when the server has answered */
    /* For who looks on; of the request's arena: */
    const char *class, *rules; /* "destructive"; "T012 T013"; NULL: it was not judged so far */
    const char *change;        /* the id under which it is recorded; NULL: none */
};

struct gd_gate_session; /* the gate's own memory of one client session */

struct gd_gate_client {
    const char *database, *user; /* as it named them when it came in */
    const char *address;         /* "10.0.0.7", "unix socket" */
    const char *application;     /* application_name; "" when it has none */
};

struct gd_gate_request {
    struct gd_gate_session *session;
    const char *text; /* of Query or Parse, as sent; ends with a zero */
    size_t size;      /* without it */
    bool parse;       /* it is prepared, not run: what runs it is asked about later */
    const char *name; /* of the prepared statement; "" unnamed; NULL: a Query */
    const char
        *earlier;   /* texts sent since the last rest, in order, joined by ";\n" ("": at rest) */
    uint64_t again; /* an Execute of what was let through at its Bind with this ticket, and has not
                       run since; 0: none. Its answer may have the same one */
    enum gd_pg_state state;
    enum gd_gate_settle settle;
    struct gd_pg *pg;       /* the session's own server connection, at rest; NULL: not at rest */
    int backend;            /* its process */
    struct gd_arena *arena; /* for the answer's texts */
    bool (*gone)(void *context); /* the client has left, or wants to cancel: stop waiting */
    void *gone_context;
};

struct gd_gate_result { /* of something that was passed */
    bool failed;
    bool more; /* others came before the same rest, and are told next: `state` is not known */
    size_t
        completed; /* statements of it that ended well. 0 and not failed: it was never executed */
    char sqlstate[6];
    const char *tag; /* of the last command that ended; "" none */
    enum gd_pg_state state;
    bool lost; /* the server went away before it answered */
};

struct gd_gate {
    void *context;
    /** A client came in, over a server connection that is at rest. Worker thread. */
    struct gd_status (*enter)(void *context, const struct gd_gate_client *client, struct gd_pg *pg,
                              struct gd_gate_session **out_session, struct gd_error *err);
    void (*leave)(void *context, struct gd_gate_session *session);
    /** May it go on at once? Called on the loop's thread: microseconds, no lock that another thread
     *  holds for long, no I/O. false: judge() is asked. */
    bool (*glance)(void *context, struct gd_gate_session *session, const char *text, size_t size,
                   bool parse);
    /** Worker thread; may take as long as a backup. */
    void (*judge)(void *context, const struct gd_gate_request *request,
                  struct gd_gate_answer *out_answer);
    /** A prepared statement is executed: may it go on at once? As glance(). false: judge() is asked
     *  again with its text and name, and `parse` false: what prepared it was only looked at. */
    bool (*still)(void *context, struct gd_gate_session *session, const char *text, size_t size);
    /** The server reported a setting (ParameterStatus), at the start or since. Loop's thread; NULL:
     *  nobody wants to know. */
    void (*reported)(void *context, struct gd_gate_session *session, const char *name,
                     const char *value);
    /** The server has answered what was passed with a ticket (not 0), and said what state that
     *  leaves: of a text that was prepared, that it is; of one that was let run at its Bind, how
     *  its Execute ended. A commit at a Sync that fails is theirs, too. Loop's thread. */
    void (*passed)(void *context, struct gd_gate_session *session, uint64_t ticket,
                   const struct gd_gate_result *result);
    /** The relay has refused something by itself (it is too large, or cannot be read), and the gate
     *  was not asked. Loop's thread; NULL: nobody wants to know. */
    void (*refused)(void *context, struct gd_gate_session *session, const char *why);
    /** What a statement of this session is held for, in a few words that go on with "guardian is ":
     *  "copying data, 34 of 120 MB"; "" when there is nothing to say. Loop's thread; may be NULL.
     */
    void (*waits_for)(void *context, struct gd_gate_session *session, char *out_text, size_t size);
    /** The server has failed what was passed. Was that our doing, with words of our own for it?
     *  They are valid as long as the gate. Loop's thread; may be NULL. */
    bool (*explains)(void *context, struct gd_gate_session *session, const char *sqlstate,
                     struct gd_gate_answer *out_words);
};

#endif
