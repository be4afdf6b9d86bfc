/*
 * crypt: sealing and opening, see crypt.h.
 *
 * Layout       head: magic 8 | key id 8 | salt 32 | commitment 32, then frames: ciphertext |
 * tag 16. All frames but the last hold 65,536 plain bytes; the last 1 to 65,536, or none when the
 * object is empty. Keys         64 bytes = HKDF-SHA-256(key, salt, "guardian object key 1"): data
 * key | commitment. Frame        nonce = 0 0 0 last | number (8 bytes, big-endian, from 0); last is
 * 1 or 0; additional data = the head, then the name of the object.
 */
#include "guardian/io/crypt.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/memory.h"
#include "guardian/io/hmac.h"
#include "guardian/io/key.h"

enum {
    FRAME_SIZE = 64 * 1024,
    TAG_SIZE = 16,
    SEALED_SIZE = FRAME_SIZE + TAG_SIZE,
    NONCE_SIZE = 12,
    SALT_SIZE = 32,
};

static const unsigned char magic[8] = {'G', 'D', 'S', 'E', 'A', 'L', 0, 1};

/* As it is stored: bytes only, so there is no padding. */
struct head {
    unsigned char magic[sizeof magic];
    unsigned char key_id[GD_KEY_ID_BYTES];
    unsigned char salt[SALT_SIZE];
    unsigned char commitment[GD_KEY_BYTES];
};
_Static_assert(sizeof(struct head) == 80, "the head is stored as it stands in memory");

/* What both directions need for one object. */
struct box {
    EVP_CIPHER_CTX *cipher;
    struct head head;
    char *name;
    uint64_t number; /* of the next frame */
};

uint64_t gd_sealed_bytes(uint64_t bytes)
{
    uint64_t frames = bytes == 0 ? 1 : (bytes - 1) / FRAME_SIZE + 1;
    return sizeof(struct head) + bytes + frames * TAG_SIZE;
}

static struct gd_status fail_cipher(struct gd_error *err)
{
    return gd_fail(err, GD_SYSTEM, "libcrypto could not run AES-256-GCM");
}

static void box_done(struct box *box)
{
    EVP_CIPHER_CTX_free(box->cipher); /* wipes the data key in it */
    free(box->name);
}

static void make_nonce(const struct box *box, bool last, unsigned char nonce[NONCE_SIZE])
{
    memset(nonce, 0, NONCE_SIZE);
    nonce[3] = last ? 1 : 0;
    for (int i = 0; i < 8; i++)
        nonce[4 + i] = (unsigned char)(box->number >> (56 - 8 * i));
}

/* Derive the data key and what commits to it from the key and the salt in the head. */
static struct gd_status derive(const struct gd_one_key *key, const unsigned char salt[SALT_SIZE],
                               unsigned char out_both[2 * GD_KEY_BYTES], struct gd_error *err)
{
    return gd_derive(key->bytes, salt, SALT_SIZE, "guardian object key 1", out_both,
                     2 * GD_KEY_BYTES, err);
}

static struct gd_status set_data_key(struct box *box, const unsigned char *data_key, int encrypt,
                                     struct gd_error *err)
{
    box->cipher = EVP_CIPHER_CTX_new();
    if (box->cipher == NULL ||
        EVP_CipherInit_ex(box->cipher, EVP_aes_256_gcm(), NULL, data_key, NULL, encrypt) != 1)
        return fail_cipher(err);
    return GD_DONE;
}

/* --- seal --------------------------------------------------------------------------------------
 */

struct seal_sink {
    struct gd_sink sink;
    struct gd_sink *next;
    struct box box;
    size_t filled;
    unsigned char frame[SEALED_SIZE]; /* plain bytes; sealed in place when it is passed on */
};

static bool encrypt(struct box *box, bool last, unsigned char *frame, size_t size)
{
    unsigned char nonce[NONCE_SIZE];
    int written = 0;
    make_nonce(box, last, nonce);
    return EVP_EncryptInit_ex(box->cipher, NULL, NULL, NULL, nonce) == 1 &&
           EVP_EncryptUpdate(box->cipher, NULL, &written, (const unsigned char *)&box->head,
                             (int)sizeof box->head) == 1 &&
           EVP_EncryptUpdate(box->cipher, NULL, &written, (const unsigned char *)box->name,
                             (int)strlen(box->name)) == 1 &&
           EVP_EncryptUpdate(box->cipher, frame, &written, frame, (int)size) == 1 &&
           EVP_EncryptFinal_ex(box->cipher, frame + size, &written) == 1 &&
           EVP_CIPHER_CTX_ctrl(box->cipher, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, frame + size) == 1;
}

static struct gd_status pass_frame(struct seal_sink *seal, bool last, struct gd_error *err)
{
    if (seal->box.number == 0)
        GD_TRY(gd_sink_write(seal->next, &seal->box.head, sizeof seal->box.head, err));
    if (!encrypt(&seal->box, last, seal->frame, seal->filled))
        return fail_cipher(err);
    GD_TRY(gd_sink_write(seal->next, seal->frame, seal->filled + TAG_SIZE, err));
    seal->box.number++;
    seal->filled = 0;
    return GD_DONE;
}

/* A full frame is only passed on when more comes: the last one must say that it is the last. */
static struct gd_status seal_write(struct gd_sink *sink, const void *data, size_t size,
                                   struct gd_error *err)
{
    struct seal_sink *seal = (struct seal_sink *)sink;
    for (const char *left = data; size > 0;) {
        if (seal->filled == FRAME_SIZE)
            GD_TRY(pass_frame(seal, false, err));
        size_t room = FRAME_SIZE - seal->filled;
        size_t taken = size < room ? size : room;
        memcpy(seal->frame + seal->filled, left, taken);
        seal->filled += taken;
        left += taken;
        size -= taken;
    }
    return GD_DONE;
}

static struct gd_status seal_finish(struct gd_sink *sink, struct gd_error *err)
{
    struct seal_sink *seal = (struct seal_sink *)sink;
    GD_TRY(pass_frame(seal, true, err));
    return gd_sink_finish(seal->next, err);
}

static void seal_free(struct gd_sink *sink)
{
    struct seal_sink *seal = (struct seal_sink *)sink;
    gd_sink_free(seal->next);
    box_done(&seal->box);
    gd_wipe(seal->frame, sizeof seal->frame);
    free(seal);
}

static struct gd_status make_head(struct box *box, const struct gd_one_key *key,
                                  struct gd_error *err)
{
    memcpy(box->head.magic, magic, sizeof magic);
    memcpy(box->head.key_id, key->id, sizeof key->id);
    if (RAND_bytes(box->head.salt, SALT_SIZE) != 1)
        return gd_fail(err, GD_SYSTEM, "libcrypto gives no random bytes");
    unsigned char both[2 * GD_KEY_BYTES];
    GD_TRY(derive(key, box->head.salt, both, err));
    memcpy(box->head.commitment, both + GD_KEY_BYTES, GD_KEY_BYTES);
    struct gd_status status = set_data_key(box, both, 1, err);
    gd_wipe(both, sizeof both);
    return status;
}

struct gd_status gd_seal_sink_new(struct gd_sink *take_next, const struct gd_key *key,
                                  const char *object_name, struct gd_sink **out_sink,
                                  struct gd_error *err)
{
    static const struct gd_sink_ops ops = {seal_write, seal_finish, seal_free};
    struct seal_sink *seal = gd_memory_new(sizeof *seal);
    gd_auto_sink sink = &seal->sink;
    sink->ops = &ops;
    seal->next = take_next;
    seal->box.name = gd_memory_strdup(object_name);
    GD_TRY(make_head(&seal->box, &key->keys[0], err));
    *out_sink = GD_MOVE(sink);
    return GD_DONE;
}

/* --- open --------------------------------------------------------------------------------------
 */

struct open_source {
    struct gd_source source;
    struct gd_source *below;
    struct gd_key *key; /* until the head was read */
    struct box box;
    bool ended;                            /* the last frame was opened */
    size_t there;                          /* bytes of `sealed` */
    size_t given, size;                    /* of `plain` */
    unsigned char sealed[SEALED_SIZE + 1]; /* a frame, and one byte to see whether more comes */
    unsigned char plain[FRAME_SIZE];
};

static struct gd_status read_up_to(struct open_source *open, unsigned char *into, size_t size,
                                   size_t *there, struct gd_error *err)
{
    while (*there < size) {
        size_t got = 0;
        GD_TRY(gd_source_read(open->below, into + *there, size - *there, &got, err));
        if (got == 0)
            break;
        *there += got;
    }
    return GD_DONE;
}

static const struct gd_one_key *find_key(const struct gd_key *key, const struct head *head)
{
    for (size_t i = 0; i < key->count; i++) {
        if (memcmp(key->keys[i].id, head->key_id, GD_KEY_ID_BYTES) == 0)
            return &key->keys[i];
    }
    return NULL;
}

static struct gd_status fail_key(const struct open_source *open, struct gd_error *err)
{
    const unsigned char *id = open->box.head.key_id;
    struct gd_status status = gd_fail(
        err, GD_CORRUPT, "could not open \"%s\": it says that it was sealed with another key",
        open->box.name);
    return gd_hint(err, status,
                   "It names the key %02x%02x%02x%02x%02x%02x%02x%02x, and the key in use is %s%s.",
                   id[0], id[1], id[2], id[3], id[4], id[5], id[6], id[7], gd_key_id(open->key),
                   open->key->count > 1 ? ", with older ones" : "");
}

/* Equal only when key and salt are those that made it. */
static struct gd_status check_commitment(struct open_source *open, const struct gd_one_key *key,
                                         struct gd_error *err)
{
    unsigned char both[2 * GD_KEY_BYTES];
    GD_TRY(derive(key, open->box.head.salt, both, err));
    struct gd_status status;
    if (CRYPTO_memcmp(both + GD_KEY_BYTES, open->box.head.commitment, GD_KEY_BYTES) != 0)
        status =
            gd_fail(err, GD_CORRUPT, "could not open \"%s\": its head is damaged", open->box.name);
    else
        status = set_data_key(&open->box, both, 0, err);
    gd_wipe(both, sizeof both);
    return status;
}

static struct gd_status open_head(struct open_source *open, struct gd_error *err)
{
    size_t there = 0;
    struct head *head = &open->box.head;
    GD_TRY(read_up_to(open, (unsigned char *)head, sizeof *head, &there, err));
    if (there < sizeof *head || memcmp(head->magic, magic, sizeof magic - 1) != 0)
        return gd_fail(err, GD_CORRUPT, "could not open \"%s\": it is not sealed, or cut short",
                       open->box.name);
    if (head->magic[sizeof magic - 1] != magic[sizeof magic - 1])
        return gd_fail(err, GD_CORRUPT,
                       "could not open \"%s\": it is sealed in a newer format (%d)", open->box.name,
                       head->magic[sizeof magic - 1]);
    const struct gd_one_key *key = find_key(open->key, head);
    if (key == NULL)
        return fail_key(open, err);
    GD_TRY(check_commitment(open, key, err));
    gd_key_free(GD_MOVE(open->key));
    return GD_DONE;
}

static bool decrypt(struct open_source *open, bool last, size_t size)
{
    struct box *box = &open->box;
    unsigned char nonce[NONCE_SIZE];
    int written = 0;
    make_nonce(box, last, nonce);
    return EVP_DecryptInit_ex(box->cipher, NULL, NULL, NULL, nonce) == 1 &&
           EVP_DecryptUpdate(box->cipher, NULL, &written, (const unsigned char *)&box->head,
                             (int)sizeof box->head) == 1 &&
           EVP_DecryptUpdate(box->cipher, NULL, &written, (const unsigned char *)box->name,
                             (int)strlen(box->name)) == 1 &&
           EVP_DecryptUpdate(box->cipher, open->plain, &written, open->sealed, (int)size) == 1 &&
           EVP_CIPHER_CTX_ctrl(box->cipher, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, open->sealed + size) ==
               1 &&
           EVP_DecryptFinal_ex(box->cipher, open->plain + size, &written) == 1;
}

/* A frame that opens as what it is not tells a cut or a rest from other damage. */
static struct gd_status fail_frame(struct open_source *open, bool last, size_t size,
                                   struct gd_error *err)
{
    unsigned long long number = open->box.number;
    bool other = decrypt(open, !last, size);
    gd_wipe(open->plain, sizeof open->plain);
    if (other && last)
        return gd_fail(err, GD_CORRUPT, "could not open \"%s\": it is cut off behind frame %llu",
                       open->box.name, number);
    if (other)
        return gd_fail(err, GD_CORRUPT, "could not open \"%s\": there are bytes behind its end",
                       open->box.name);
    return gd_hint(err,
                   gd_fail(err, GD_CORRUPT, "could not open \"%s\": frame %llu is damaged",
                           open->box.name, number),
                   "The key is the right one: bytes were changed, cut off, or belong to another "
                   "object.");
}

static struct gd_status open_frame(struct open_source *open, struct gd_error *err)
{
    GD_TRY(read_up_to(open, open->sealed, sizeof open->sealed, &open->there, err));
    bool last = open->there < sizeof open->sealed;
    size_t sealed_size = last ? open->there : SEALED_SIZE;
    bool empty = sealed_size == TAG_SIZE && open->box.number > 0; /* nobody seals such a frame */
    if (sealed_size < TAG_SIZE || empty)
        return gd_fail(err, GD_CORRUPT, "could not open \"%s\": it is cut off in frame %llu",
                       open->box.name, (unsigned long long)open->box.number);
    open->size = sealed_size - TAG_SIZE;
    if (!decrypt(open, last, open->size))
        return fail_frame(open, last, open->size, err);
    open->given = 0;
    open->ended = last;
    open->box.number++;
    open->sealed[0] = open->sealed[SEALED_SIZE];
    open->there = last ? 0 : 1;
    return GD_DONE;
}

static struct gd_status open_read(struct gd_source *source, void *buffer, size_t size,
                                  size_t *out_size, struct gd_error *err)
{
    struct open_source *open = (struct open_source *)source;
    if (open->box.cipher == NULL)
        GD_TRY(open_head(open, err));
    if (open->given == open->size && !open->ended)
        GD_TRY(open_frame(open, err));
    size_t left = open->size - open->given;
    *out_size = size < left ? size : left;
    memcpy(buffer, open->plain + open->given, *out_size);
    open->given += *out_size;
    return GD_DONE;
}

static void open_free(struct gd_source *source)
{
    struct open_source *open = (struct open_source *)source;
    gd_source_free(open->below);
    gd_key_free(open->key);
    box_done(&open->box);
    gd_wipe(open->plain, sizeof open->plain);
    free(open);
}

struct gd_status gd_open_source_new(struct gd_source *take_below, const struct gd_key *key,
                                    const char *object_name, struct gd_source **out_source,
                                    struct gd_error *err)
{
    (void)err;
    static const struct gd_source_ops ops = {open_read, open_free};
    struct open_source *open = gd_memory_new(sizeof *open);
    open->source.ops = &ops;
    open->below = take_below;
    open->key = gd_memory_new(sizeof *open->key);
    *open->key = *key;
    open->box.name = gd_memory_strdup(object_name);
    *out_source = &open->source;
    return GD_DONE;
}
