/*
 * SCRAM-SHA-256: the server's half of the conversation (RFC 5802, RFC 7677), and what a server
 * keeps of a password.
 *
 * Text in, text out: the messages of SASL without what PostgreSQL's protocol wraps round them.
 *
 * Invariant 1  Whether the name or the password was wrong shows neither in the answers nor in the
 *              time they take: a doomed conversation is held to its end.
 * Invariant 2  Proofs are compared in constant time; no error text holds a part of a secret.
 * Invariant 3  A client that could have bound the conversation to the TLS session, and was kept
 *              from it by somebody in between, does not get in.
 */
#ifndef GUARDIAN_IO_SCRAM_H
#define GUARDIAN_IO_SCRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guardian/base/arena.h"

enum {
    GD_SCRAM_KEY_BYTES = 32,
    GD_SCRAM_SALT_BYTES = 16, /* of those made here */
    GD_SCRAM_SALT_MAX = 64,
    GD_SCRAM_ITERATIONS = 4096,  /* as PostgreSQL's own default */
    GD_SCRAM_MESSAGE_MAX = 1024, /* a message of a client; the server has the same limit */
    GD_SCRAM_END_POINT_MAX = 64,
};

/** What is kept of a password: it cannot be turned back into it, and lets nobody in by itself. */
struct gd_scram_verifier {
    uint32_t iterations;
    size_t salt_size;
    unsigned char salt[GD_SCRAM_SALT_MAX];
    unsigned char stored_key[GD_SCRAM_KEY_BYTES], server_key[GD_SCRAM_KEY_BYTES];
};

/** `password` is plain ASCII: nothing is to be prepared (RFC 4013). With a fresh salt. */
void gd_scram_verifier_make(const char *password, uint32_t iterations,
                            struct gd_scram_verifier *out_verifier);
enum { GD_SCRAM_VERIFIER_SIZE = 320 };
/** As gd_scram_verifier_parse() reads it. */
void gd_scram_verifier_text(const struct gd_scram_verifier *verifier,
                            char out_text[GD_SCRAM_VERIFIER_SIZE]);
/** "SCRAM-SHA-256$4096:salt$stored:server", as pg_authid has it. @return false: it is none */
bool gd_scram_verifier_parse(const char *text, struct gd_scram_verifier *out_verifier);
/** For a user that does not exist: always the same salt for a name, as long as `secret` (32 bytes)
 *  is the same, and keys that no password leads to. */
void gd_scram_verifier_doomed(const unsigned char secret[GD_SCRAM_KEY_BYTES], const char *user,
                              uint32_t iterations, struct gd_scram_verifier *out_verifier);

/** tls-server-end-point (RFC 5929): the hash of the first certificate of a PEM file. */
struct gd_scram_end_point {
    unsigned char bytes[GD_SCRAM_END_POINT_MAX];
    size_t size; /* 0: the certificate's signature names no hash; then binding is not offered */
};
GD_MUST struct gd_status gd_scram_end_point_read(const char *certificate,
                                                 struct gd_scram_end_point *out_end_point,
                                                 struct gd_error *err);

enum gd_scram_end {
    GD_SCRAM_GOOD,
    GD_SCRAM_WRONG,     /* the password */
    GD_SCRAM_MALFORMED, /* not what the protocol wants: gd_scram_why() */
    GD_SCRAM_DOWNGRADE, /* the client believes that it was not offered channel binding */
};

struct gd_scram;

struct gd_scram_options {
    struct gd_scram_verifier verifier;
    bool doomed;                                /* ends with GD_SCRAM_WRONG, whatever comes */
    const struct gd_scram_end_point *end_point; /* what to bind to; NULL: no TLS, or not offered */
};

/** Lives in `arena`; its secrets are wiped by gd_scram_wipe(). */
struct gd_scram *gd_scram_new(const struct gd_scram_options *options, struct gd_arena *arena);
/** The client's first message, and what to answer. `mechanism` is the one it chose. */
enum gd_scram_end gd_scram_first(struct gd_scram *scram, const char *mechanism, const char *message,
                                 size_t size, const char **out_answer);
/** Its last one. */
enum gd_scram_end gd_scram_final(struct gd_scram *scram, const char *message, size_t size,
                                 const char **out_answer);
/** After GD_SCRAM_MALFORMED: "the channel binding flag is missing". */
const char *gd_scram_why(const struct gd_scram *scram);
void gd_scram_wipe(struct gd_scram *scram);

/** `count` bytes at random, as they are needed for keys; the process ends where there are none. */
void gd_random(void *out_bytes, size_t count);

#endif
