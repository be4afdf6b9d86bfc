/* Keys: read, made, told apart, wiped; see crypt.h. */
#include "guardian/io/key.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/memory.h"
#include "guardian/io/hmac.h"

enum { HEX_SIZE = 2 * GD_KEY_BYTES, BASE64_SIZE = 44 };

static const char blanks[] = " \t\r\n";

static void to_hex(const unsigned char *bytes, size_t count, char *out_hex)
{
    for (size_t i = 0; i < count; i++)
        (void)snprintf(out_hex + 2 * i, 3, "%02x", bytes[i]);
}

/* --- derive ------------------------------------------------------------------------------------
 */

static int run_hkdf(EVP_KDF_CTX *context, const unsigned char *key, const void *salt,
                    size_t salt_size, const char *info, unsigned char *out_bytes, size_t size)
{
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)key, GD_KEY_BYTES),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)(uintptr_t)salt, salt_size),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)info,
                                          strlen(info)),
        OSSL_PARAM_construct_end(),
    };
    return EVP_KDF_derive(context, out_bytes, size, parameters);
}

struct gd_status gd_derive(const unsigned char key[GD_KEY_BYTES], const void *salt,
                           size_t salt_size, const char *info, unsigned char *out_bytes,
                           size_t size, struct gd_error *err)
{
    EVP_KDF *hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = hkdf == NULL ? NULL : EVP_KDF_CTX_new(hkdf);
    int good = context == NULL ? 0 : run_hkdf(context, key, salt, salt_size, info, out_bytes, size);
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(hkdf);
    if (good != 1)
        return gd_fail(err, GD_SYSTEM, "libcrypto could not derive a key (HKDF-SHA-256)");
    return GD_DONE;
}

static struct gd_status name_key(struct gd_one_key *key, struct gd_error *err)
{
    GD_TRY(gd_derive(key->bytes, "", 0, "guardian key id 1", key->id, sizeof key->id, err));
    to_hex(key->id, sizeof key->id, key->id_text);
    return GD_DONE;
}

/* --- read --------------------------------------------------------------------------------------
 */

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

static bool read_hex(const char *text, unsigned char *out_bytes)
{
    for (size_t i = 0; i < GD_KEY_BYTES; i++) {
        int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out_bytes[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

/* 43 characters that mean something and one '=': 33 bytes, of which the last is padding. */
static bool read_base64(const char *text, unsigned char *out_bytes)
{
    unsigned char bytes[GD_KEY_BYTES + 1];
    bool good = text[BASE64_SIZE - 1] == '=' && text[BASE64_SIZE - 2] != '=' &&
                EVP_DecodeBlock(bytes, (const unsigned char *)text, BASE64_SIZE) == sizeof bytes;
    if (good)
        memcpy(out_bytes, bytes, GD_KEY_BYTES);
    gd_wipe(bytes, sizeof bytes);
    return good;
}

static struct gd_status fail_form(struct gd_error *err)
{
    return gd_hint(
        err,
        gd_fail(err, GD_USAGE, "this is no key: neither 64 hex digits nor 44 characters of base64"),
        "A passphrase is not a key; \"guardian key FILE\" makes one.");
}

/* A placeholder such as 64 zeros would protect nothing. */
static bool all_the_same(const unsigned char *bytes)
{
    return memcmp(bytes, bytes + 1, GD_KEY_BYTES - 1) == 0;
}

static struct gd_status read_one(const char *text, size_t size, struct gd_one_key *key,
                                 struct gd_error *err)
{
    bool good = (size == HEX_SIZE && read_hex(text, key->bytes)) ||
                (size == BASE64_SIZE && read_base64(text, key->bytes));
    if (!good)
        return fail_form(err);
    if (all_the_same(key->bytes))
        return gd_hint(err, gd_fail(err, GD_USAGE, "this is no key: all of its bytes are the same"),
                       "\"guardian key FILE\" makes one.");
    return name_key(key, err);
}

static struct gd_status read_keys(const char *text, struct gd_key *key, struct gd_error *err)
{
    for (text += strspn(text, blanks); *text != '\0'; text += strspn(text, blanks)) {
        size_t size = strcspn(text, blanks);
        if (key->count == GD_KEYS_MAX)
            return gd_fail(err, GD_USAGE, "there are more than %d keys", GD_KEYS_MAX);
        GD_TRY(read_one(text, size, &key->keys[key->count], err));
        key->count++;
        text += size;
    }
    return key->count == 0 ? fail_form(err) : GD_DONE;
}

struct gd_status gd_key_parse(const char *text, struct gd_key **out_key, struct gd_error *err)
{
    gd_auto_key key = gd_memory_new(sizeof *key);
    GD_TRY(read_keys(text, key, err));
    *out_key = GD_MOVE(key);
    return GD_DONE;
}

void gd_key_free(struct gd_key *key)
{
    if (key == NULL)
        return;
    gd_wipe(key, sizeof *key);
    free(key);
}

const char *gd_key_id(const struct gd_key *key)
{
    return key->keys[0].id_text;
}

size_t gd_key_count(const struct gd_key *key)
{
    return key->count;
}

const char *gd_key_id_at(const struct gd_key *key, size_t index)
{
    assert(index < key->count);
    return key->keys[index].id_text;
}

bool gd_key_opens(const struct gd_key *key, const char *id)
{
    for (size_t i = 0; i < key->count; i++) {
        if (strcmp(key->keys[i].id_text, id) == 0)
            return true;
    }
    return false;
}

void gd_key_generate(char out_hex[65])
{
    unsigned char bytes[GD_KEY_BYTES];
    if (RAND_priv_bytes(bytes, sizeof bytes) != 1) {
        fputs("guardian: libcrypto gives no random bytes\n", stderr);
        abort();
    }
    to_hex(bytes, sizeof bytes, out_hex);
    gd_wipe(bytes, sizeof bytes);
}
