#include "guardian/io/scram.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/base64.h"
#include "guardian/io/hmac.h"

enum {
    NONCE_BYTES = 18, /* 24 characters */
    ITERATIONS_MAX = 1 << 24,
    BINDING_MAX = 64 + GD_SCRAM_END_POINT_MAX, /* "p=tls-server-end-point,," and the hash */
};

_Static_assert((int)GD_SCRAM_KEY_BYTES == (int)GD_HMAC_BYTES, "the keys are HMACs");

static const char plain_mechanism[] = "SCRAM-SHA-256";
static const char bound_mechanism[] = "SCRAM-SHA-256-PLUS";
static const char bound_flag[] = "p=tls-server-end-point";

/* libcrypto fails here only when memory is out or its build lacks the hash. */
static void must(bool good)
{
    if (!good) {
        fputs("guardian: libcrypto could not compute what a login needs\n", stderr);
        abort();
    }
}

void gd_random(void *out_bytes, size_t count)
{
    must(RAND_bytes(out_bytes, (int)count) == 1);
}

static void hash(const void *data, size_t size, unsigned char out_bytes[GD_SCRAM_KEY_BYTES])
{
    must(EVP_Digest(data, size, out_bytes, NULL, EVP_sha256(), NULL) == 1);
}

/* --- verifiers ---------------------------------------------------------------------------------
 */

static void mac_of(const unsigned char key[GD_SCRAM_KEY_BYTES], const char *text,
                   unsigned char out_bytes[GD_SCRAM_KEY_BYTES])
{
    gd_hmac_sha256(key, GD_SCRAM_KEY_BYTES, text, strlen(text), out_bytes);
}

void gd_scram_verifier_make(const char *password, uint32_t iterations,
                            struct gd_scram_verifier *out_verifier)
{
    unsigned char salted[GD_SCRAM_KEY_BYTES], client[GD_SCRAM_KEY_BYTES];
    struct gd_scram_verifier made = {.iterations = iterations, .salt_size = GD_SCRAM_SALT_BYTES};
    gd_random(made.salt, made.salt_size);
    must(PKCS5_PBKDF2_HMAC(password, (int)strlen(password), made.salt, (int)made.salt_size,
                           (int)iterations, EVP_sha256(), sizeof salted, salted) == 1);
    mac_of(salted, "Client Key", client);
    mac_of(salted, "Server Key", made.server_key);
    hash(client, sizeof client, made.stored_key);
    gd_wipe(salted, sizeof salted);
    gd_wipe(client, sizeof client);
    *out_verifier = made;
}

void gd_scram_verifier_text(const struct gd_scram_verifier *verifier,
                            char out_text[GD_SCRAM_VERIFIER_SIZE])
{
    char salt[GD_BASE64_SIZE(GD_SCRAM_SALT_MAX)], stored[GD_BASE64_SIZE(GD_SCRAM_KEY_BYTES)],
        server[GD_BASE64_SIZE(GD_SCRAM_KEY_BYTES)];
    gd_base64_write(verifier->salt, verifier->salt_size, salt);
    gd_base64_write(verifier->stored_key, GD_SCRAM_KEY_BYTES, stored);
    gd_base64_write(verifier->server_key, GD_SCRAM_KEY_BYTES, server);
    (void)snprintf(out_text, GD_SCRAM_VERIFIER_SIZE, "SCRAM-SHA-256$%u:%s$%s:%s",
                   verifier->iterations, salt, stored, server);
}

void gd_scram_verifier_doomed(const unsigned char secret[GD_SCRAM_KEY_BYTES], const char *user,
                              uint32_t iterations, struct gd_scram_verifier *out_verifier)
{
    unsigned char salt[GD_SCRAM_KEY_BYTES];
    struct gd_scram_verifier made = {.iterations = iterations, .salt_size = GD_SCRAM_SALT_BYTES};
    mac_of(secret, user, salt);
    memcpy(made.salt, salt, made.salt_size);
    gd_random(made.stored_key, sizeof made.stored_key);
    gd_random(made.server_key, sizeof made.server_key);
    *out_verifier = made;
}

/* Base64 up to `end`, exactly `wanted` bytes of it, or up to GD_SCRAM_SALT_MAX when that is 0.
 * @return behind `end`; NULL: it is not so */
static const char *take_base64(const char *text, char end, unsigned char *out_bytes, size_t wanted,
                               size_t *out_size)
{
    char piece[GD_BASE64_SIZE(GD_SCRAM_SALT_MAX)];
    const char *stop = end == '\0' ? text + strlen(text) : strchr(text, end);
    size_t length = stop == NULL ? sizeof piece : (size_t)(stop - text);
    if (length == 0 || length >= sizeof piece)
        return NULL;
    memcpy(piece, text, length);
    piece[length] = '\0';
    size_t capacity = wanted == 0 ? GD_SCRAM_SALT_MAX : wanted;
    if (!gd_base64_read(piece, out_bytes, capacity, out_size) ||
        (wanted != 0 && *out_size != wanted))
        return NULL;
    return end == '\0' ? stop : stop + 1;
}

bool gd_scram_verifier_parse(const char *text, struct gd_scram_verifier *out_verifier)
{
    static const char head[] = "SCRAM-SHA-256$";
    struct gd_scram_verifier read = {0};
    size_t size = 0;
    if (strncmp(text, head, strlen(head)) != 0)
        return false;
    const char *at = text + strlen(head);
    size_t digits = strspn(at, "0123456789");
    if (digits == 0 || digits > 8 || at[digits] != ':')
        return false;
    read.iterations = (uint32_t)strtoul(at, NULL, 10);
    at = take_base64(at + digits + 1, '$', read.salt, 0, &read.salt_size);
    if (at != NULL)
        at = take_base64(at, ':', read.stored_key, GD_SCRAM_KEY_BYTES, &size);
    if (at != NULL)
        at = take_base64(at, '\0', read.server_key, GD_SCRAM_KEY_BYTES, &size);
    if (at == NULL || read.salt_size == 0 || read.iterations == 0 ||
        read.iterations > ITERATIONS_MAX)
        return false;
    *out_verifier = read;
    return true;
}

/* --- the conversation --------------------------------------------------------------------------
 */

struct gd_scram {
    struct gd_scram_options options;
    struct gd_arena *arena;
    const char *first_bare;   /* of the client, as it came */
    const char *server_first; /* our answer */
    const char *nonce;        /* the client's and ours */
    const char *header;       /* "n,,", "y,," or "p=tls-server-end-point,,": comes again */
    const char *why;
    bool bound;
};

struct gd_scram *gd_scram_new(const struct gd_scram_options *options, struct gd_arena *arena)
{
    struct gd_scram *scram = gd_arena_zalloc(arena, 1, sizeof *scram);
    scram->options = *options;
    scram->arena = arena;
    scram->why = "";
    return scram;
}

const char *gd_scram_why(const struct gd_scram *scram)
{
    return scram->why;
}

void gd_scram_wipe(struct gd_scram *scram)
{
    if (scram != NULL)
        gd_wipe(&scram->options.verifier, sizeof scram->options.verifier);
}

static enum gd_scram_end malformed(struct gd_scram *scram, const char *why)
{
    scram->why = why;
    return GD_SCRAM_MALFORMED;
}

/* A copy as text; NULL: too long, or a NUL within. */
static const char *as_text(const struct gd_scram *scram, const char *message, size_t size)
{
    if (size > GD_SCRAM_MESSAGE_MAX || memchr(message, '\0', size) != NULL)
        return NULL;
    return gd_arena_strndup(scram->arena, message, size);
}

/* "n", "y" or "p=…", against the mechanism that was chosen and what we offered. */
static enum gd_scram_end take_flag(struct gd_scram *scram, const char *text, size_t length)
{
    bool bound = length == strlen(bound_flag) && memcmp(text, bound_flag, length) == 0;
    bool single = length == 1 && (*text == 'n' || *text == 'y');
    if (!bound && !single)
        return malformed(scram, *text == 'p' ? "that kind of channel binding is not known"
                                             : "the channel binding flag is none of n, y and p");
    if (bound != scram->bound)
        return malformed(scram, "the channel binding flag does not go with the mechanism");
    if (*text == 'y' && scram->options.end_point != NULL)
        return GD_SCRAM_DOWNGRADE;
    return GD_SCRAM_GOOD;
}

static enum gd_scram_end take_mechanism(struct gd_scram *scram, const char *mechanism)
{
    scram->bound = scram->options.end_point != NULL && strcmp(mechanism, bound_mechanism) == 0;
    if (!scram->bound && strcmp(mechanism, plain_mechanism) != 0)
        return malformed(scram, "that mechanism was not offered");
    return GD_SCRAM_GOOD;
}

/* "r=" and what may be printed, up to a comma or the end; @return its length, 0: it is not so */
static size_t nonce_length(const char *text)
{
    if (strncmp(text, "r=", 2) != 0)
        return 0;
    size_t length = strcspn(text + 2, ",");
    for (size_t i = 0; i < length; i++)
        if (text[2 + i] < '!' || text[2 + i] > '~')
            return 0;
    return length;
}

/* n=name,r=nonce: the name is not looked at, the start-up message had it. What may follow are
 * extensions that need not be known. */
static enum gd_scram_end take_first_bare(struct gd_scram *scram, const char *text)
{
    unsigned char random[NONCE_BYTES];
    char own[GD_BASE64_SIZE(NONCE_BYTES)];
    if (strncmp(text, "m=", 2) == 0)
        return malformed(scram, "an extension is asked for that is not known");
    if (strncmp(text, "n=", 2) != 0 || strchr(text, ',') == NULL)
        return malformed(scram, "the user name is missing");
    const char *nonce = strchr(text, ',') + 1;
    size_t length = nonce_length(nonce);
    if (length == 0)
        return malformed(scram, "the client's nonce is missing, or cannot be printed");
    gd_random(random, sizeof random);
    gd_base64_write(random, sizeof random, own);
    scram->first_bare = text;
    scram->nonce = gd_arena_printf(scram->arena, "%.*s%s", (int)length, nonce + 2, own);
    return GD_SCRAM_GOOD;
}

static const char *make_server_first(const struct gd_scram *scram)
{
    const struct gd_scram_verifier *verifier = &scram->options.verifier;
    char salt[GD_BASE64_SIZE(GD_SCRAM_SALT_MAX)];
    gd_base64_write(verifier->salt, verifier->salt_size, salt);
    return gd_arena_printf(scram->arena, "r=%s,s=%s,i=%u", scram->nonce, salt,
                           verifier->iterations);
}

enum gd_scram_end gd_scram_first(struct gd_scram *scram, const char *mechanism, const char *message,
                                 size_t size, const char **out_answer)
{
    assert(scram->server_first == NULL);
    enum gd_scram_end end = take_mechanism(scram, mechanism);
    if (end != GD_SCRAM_GOOD)
        return end;
    const char *text = as_text(scram, message, size);
    const char *comma = text == NULL ? NULL : strchr(text, ',');
    if (comma == NULL)
        return malformed(scram, "the first message cannot be read");
    end = take_flag(scram, text, (size_t)(comma - text));
    if (end != GD_SCRAM_GOOD)
        return end;
    if (comma[1] != ',')
        return malformed(scram, "it asks to act for another user");
    scram->header = gd_arena_strndup(scram->arena, text, (size_t)(comma + 2 - text));
    end = take_first_bare(scram, comma + 2);
    if (end != GD_SCRAM_GOOD)
        return end;
    scram->server_first = make_server_first(scram);
    *out_answer = scram->server_first;
    return GD_SCRAM_GOOD;
}

/* What "c=" must say: the header of the first message, and the hash of our certificate. */
static const char *expected_binding(const struct gd_scram *scram)
{
    unsigned char bytes[BINDING_MAX];
    char text[GD_BASE64_SIZE(BINDING_MAX)];
    size_t size = strlen(scram->header);
    assert(size + GD_SCRAM_END_POINT_MAX <= sizeof bytes);
    memcpy(bytes, scram->header, size);
    if (scram->bound) {
        memcpy(bytes + size, scram->options.end_point->bytes, scram->options.end_point->size);
        size += scram->options.end_point->size;
    }
    gd_base64_write(bytes, size, text);
    return gd_arena_strdup(scram->arena, text);
}

/* ClientKey = proof XOR HMAC(StoredKey, AuthMessage), and its hash is the StoredKey. */
static bool is_proven(const struct gd_scram *scram, const char *conversation,
                      const unsigned char proof[GD_SCRAM_KEY_BYTES])
{
    const struct gd_scram_verifier *verifier = &scram->options.verifier;
    unsigned char client[GD_SCRAM_KEY_BYTES], stored[GD_SCRAM_KEY_BYTES];
    mac_of(verifier->stored_key, conversation, client);
    for (size_t i = 0; i < sizeof client; i++)
        client[i] ^= proof[i];
    hash(client, sizeof client, stored);
    bool same = CRYPTO_memcmp(stored, verifier->stored_key, sizeof stored) == 0;
    gd_wipe(client, sizeof client);
    return same && !scram->options.doomed;
}

static const char *make_server_final(const struct gd_scram *scram, const char *conversation)
{
    unsigned char signature[GD_SCRAM_KEY_BYTES];
    char text[GD_BASE64_SIZE(GD_SCRAM_KEY_BYTES)];
    mac_of(scram->options.verifier.server_key, conversation, signature);
    gd_base64_write(signature, sizeof signature, text);
    return gd_arena_printf(scram->arena, "v=%s", text);
}

/* c=binding,r=nonce[,extensions],p=proof */
enum gd_scram_end gd_scram_final(struct gd_scram *scram, const char *message, size_t size,
                                 const char **out_answer)
{
    assert(scram->server_first != NULL);
    unsigned char proof[GD_SCRAM_KEY_BYTES];
    size_t proof_size = 0;
    const char *text = as_text(scram, message, size);
    const char *last = text == NULL ? NULL : strrchr(text, ',');
    if (last == NULL || strncmp(last, ",p=", 3) != 0 || strncmp(text, "c=", 2) != 0)
        return malformed(scram, "the last message cannot be read");
    if (!gd_base64_read(last + 3, proof, sizeof proof, &proof_size) || proof_size != sizeof proof)
        return malformed(scram, "the proof cannot be read");
    const char *without = gd_arena_strndup(scram->arena, text, (size_t)(last - text));
    const char *nonce = strchr(without, ',');
    if (nonce == NULL || nonce_length(nonce + 1) != strlen(scram->nonce) ||
        strncmp(nonce + 3, scram->nonce, strlen(scram->nonce)) != 0)
        return malformed(scram, "the nonce is not that of this conversation");
    const char *binding = expected_binding(scram);
    if ((size_t)(nonce - without - 2) != strlen(binding) ||
        strncmp(without + 2, binding, strlen(binding)) != 0)
        return malformed(scram, "the channel binding is not that of this connection");
    const char *conversation =
        gd_arena_printf(scram->arena, "%s,%s,%s", scram->first_bare, scram->server_first, without);
    if (!is_proven(scram, conversation, proof))
        return GD_SCRAM_WRONG;
    *out_answer = make_server_final(scram, conversation);
    return GD_SCRAM_GOOD;
}
