#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "guardian/base/base64.h"
#include "guardian/io/hmac.h"
#include "guardian/io/scram.h"

enum { KEY = GD_SCRAM_KEY_BYTES };

/* What SELECT rolpassword gives for the password "pencil" and the salt of RFC 7677's example. */
static const char of_the_rfc[] =
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
    "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

/* A client, so that the server's half has somebody to talk to. */
struct client {
    const char *password, *header, *mechanism;
    const void *binding;
    size_t binding_size;
    bool break_proof, break_nonce;
};

static void to_base64(const void *data, size_t size, char *out)
{
    gd_base64_write(data, size, out);
}

static void client_proof(const struct client *client, const char *conversation, const char *salt,
                         unsigned iterations, char *out_proof, char *out_signature)
{
    unsigned char salt_bytes[64], salted[KEY], key[KEY], stored[KEY], mac[KEY];
    size_t salt_size = 0;
    assert_true(gd_base64_read(salt, salt_bytes, sizeof salt_bytes, &salt_size));
    assert_int_equal(PKCS5_PBKDF2_HMAC(client->password, -1, salt_bytes, (int)salt_size,
                                       (int)iterations, EVP_sha256(), KEY, salted),
                     1);
    gd_hmac_sha256(salted, KEY, "Client Key", 10, key);
    assert_int_equal(EVP_Digest(key, KEY, stored, NULL, EVP_sha256(), NULL), 1);
    gd_hmac_sha256(stored, KEY, conversation, strlen(conversation), mac);
    for (size_t i = 0; i < KEY; i++)
        key[i] ^= mac[i];
    if (client->break_proof)
        key[31] ^= 1;
    to_base64(key, KEY, out_proof);
    gd_hmac_sha256(salted, KEY, "Server Key", 10, key);
    gd_hmac_sha256(key, KEY, conversation, strlen(conversation), mac);
    to_base64(mac, KEY, out_signature);
}

/* @return how it ended; a good end carries the signature that only the server can make */
static enum gd_scram_end talk(const struct client *client, const struct gd_scram_options *options,
                              struct gd_arena *arena)
{
    struct gd_scram *scram = gd_scram_new(options, arena);
    const char *answer = NULL, *bare = "n=,r=rOprNGfwEbeRWgbNEkqO";
    const char *first = gd_arena_printf(arena, "%s%s", client->header, bare);
    enum gd_scram_end end = gd_scram_first(scram, client->mechanism, first, strlen(first), &answer);
    if (end != GD_SCRAM_GOOD)
        return end;

    char nonce[128], salt[128], binding[256], proof[64], signature[64];
    unsigned iterations = 0;
    assert_int_equal(sscanf(answer, "r=%127[^,],s=%127[^,],i=%u", nonce, salt, &iterations), 3);
    assert_memory_equal(nonce, "rOprNGfwEbeRWgbNEkqO", 20);
    assert_true(strlen(nonce) > 40);
    unsigned char bound[200];
    memcpy(bound, client->header, strlen(client->header));
    if (client->binding_size > 0)
        memcpy(bound + strlen(client->header), client->binding, client->binding_size);
    to_base64(bound, strlen(client->header) + client->binding_size, binding);
    if (client->break_nonce)
        nonce[strlen(nonce) - 1] ^= 1;
    const char *without = gd_arena_printf(arena, "c=%s,r=%s", binding, nonce);
    const char *conversation = gd_arena_printf(arena, "%s,%s,%s", bare, answer, without);
    client_proof(client, conversation, salt, iterations, proof, signature);
    const char *final = gd_arena_printf(arena, "%s,p=%s", without, proof);
    end = gd_scram_final(scram, final, strlen(final), &answer);
    if (end == GD_SCRAM_GOOD)
        assert_string_equal(answer, gd_arena_printf(arena, "v=%s", signature));
    gd_scram_wipe(scram);
    return end;
}

static const struct client honest = {"pencil", "n,,", "SCRAM-SHA-256", NULL, 0, false, false};

static void a_verifier_reads_as_postgresql_writes_it(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_scram_options options = {0};
    assert_true(gd_scram_verifier_parse(of_the_rfc, &options.verifier));
    assert_int_equal(options.verifier.iterations, 4096);
    assert_int_equal(options.verifier.salt_size, 16);
    assert_int_equal(talk(&honest, &options, arena), GD_SCRAM_GOOD);
}

static void what_is_no_verifier_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "md5a3556571e93b0d20722ba62be61e8c2d",
        "SCRAM-SHA-256$",
        "SCRAM-SHA-256$4096",
        "SCRAM-SHA-256$0:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
        "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
        "SCRAM-SHA-256$4096:$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
        "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm:"
        "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=",
        "SCRAM-SHA-256$99999999999:W22ZaJ0SNY7soEsUEjb6gQ==$x:y",
    };
    struct gd_scram_verifier verifier;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(gd_scram_verifier_parse(wrong[i], &verifier));
}

static void one_that_is_made_lets_its_password_in(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_scram_options options = {0}, again = {0};
    struct client other = honest;
    gd_scram_verifier_make("pencil", 1000, &options.verifier);
    gd_scram_verifier_make("pencil", 1000, &again.verifier);
    assert_memory_not_equal(options.verifier.salt, again.verifier.salt, GD_SCRAM_SALT_BYTES);
    assert_int_equal(talk(&honest, &options, arena), GD_SCRAM_GOOD);
    other.password = "Pencil";
    assert_int_equal(talk(&other, &options, arena), GD_SCRAM_WRONG);
    other.password = "";
    assert_int_equal(talk(&other, &options, arena), GD_SCRAM_WRONG);
}

static void a_proof_that_is_one_bit_off_is_wrong(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_scram_options options = {0};
    struct client other = honest;
    other.break_proof = true;
    assert_true(gd_scram_verifier_parse(of_the_rfc, &options.verifier));
    assert_int_equal(talk(&other, &options, arena), GD_SCRAM_WRONG);
    other = honest;
    other.break_nonce = true;
    assert_int_equal(talk(&other, &options, arena), GD_SCRAM_MALFORMED);
}

static void a_doomed_one_is_held_to_its_end(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    unsigned char secret[KEY] = {7};
    struct gd_scram_options options = {.doomed = true}, again = {.doomed = true};
    gd_scram_verifier_doomed(secret, "nobody", 4096, &options.verifier);
    gd_scram_verifier_doomed(secret, "nobody", 4096, &again.verifier);
    assert_memory_equal(options.verifier.salt, again.verifier.salt, GD_SCRAM_SALT_BYTES);
    assert_int_equal(talk(&honest, &options, arena), GD_SCRAM_WRONG);
    gd_scram_verifier_doomed(secret, "somebody", 4096, &again.verifier);
    assert_memory_not_equal(options.verifier.salt, again.verifier.salt, GD_SCRAM_SALT_BYTES);
    /* Even one who knows the keys. */
    assert_true(gd_scram_verifier_parse(of_the_rfc, &options.verifier));
    assert_int_equal(talk(&honest, &options, arena), GD_SCRAM_WRONG);
}

static void a_conversation_is_bound_to_its_channel(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_scram_end_point ours = {.bytes = {1, 2, 3}, .size = 32};
    unsigned char theirs[32] = {1, 2, 4};
    struct gd_scram_options options = {.end_point = &ours};
    struct client bound = {
        "pencil", "p=tls-server-end-point,,", "SCRAM-SHA-256-PLUS", ours.bytes, 32, false, false};
    assert_true(gd_scram_verifier_parse(of_the_rfc, &options.verifier));
    assert_int_equal(talk(&bound, &options, arena), GD_SCRAM_GOOD);
    bound.binding = theirs; /* somebody in between, with a certificate of his own */
    assert_int_equal(talk(&bound, &options, arena), GD_SCRAM_MALFORMED);
    assert_int_equal(talk(&honest, &options, arena), GD_SCRAM_GOOD); /* does not know binding */
    struct client misled = honest;
    misled.header = "y,,"; /* knows it, and was told that we do not */
    assert_int_equal(talk(&misled, &options, arena), GD_SCRAM_DOWNGRADE);
    options.end_point = NULL;
    assert_int_equal(talk(&misled, &options, arena), GD_SCRAM_GOOD);
    assert_int_equal(talk(&bound, &options, arena), GD_SCRAM_MALFORMED); /* was not offered */
}

static void what_is_malformed_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *message, *why;
    } cases[] = {
        {"", "cannot be read"},
        {"n", "cannot be read"},
        {"x,,n=,r=abc", "none of n, y and p"},
        {"p=tls-unique,,n=,r=abc", "not known"},
        {"n,a=other,n=,r=abc", "another user"},
        {"n,,m=ext,n=,r=abc", "extension"},
        {"n,,r=abc", "user name"},
        {"n,,n=,", "nonce"},
        {"n,,n=,r=", "nonce"},
        {"n,,n=,r=a b", "nonce"},
        {"p=tls-server-end-point,,n=,r=abc", "mechanism"},
    };
    gd_auto_arena arena = gd_arena_new();
    struct gd_scram_options options = {0};
    const char *answer = NULL;
    assert_true(gd_scram_verifier_parse(of_the_rfc, &options.verifier));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gd_scram *scram = gd_scram_new(&options, arena);
        assert_int_equal(gd_scram_first(scram, "SCRAM-SHA-256", cases[i].message,
                                        strlen(cases[i].message), &answer),
                         GD_SCRAM_MALFORMED);
        assert_non_null(strstr(gd_scram_why(scram), cases[i].why));
    }
    struct gd_scram *scram = gd_scram_new(&options, arena);
    assert_int_equal(gd_scram_first(scram, "SCRAM-SHA-256", "n,,n=,r=a\0b", 11, &answer),
                     GD_SCRAM_MALFORMED);
    static const char *const finals[] = {"", "c=biws", "c=biws,r=x", "r=x,p=AAAA",
                                         "c=biws,r=x,p=!"};
    for (size_t i = 0; i < sizeof finals / sizeof finals[0]; i++) {
        scram = gd_scram_new(&options, arena);
        assert_int_equal(gd_scram_first(scram, "SCRAM-SHA-256", "n,,n=,r=abc,x=later", 19, &answer),
                         GD_SCRAM_GOOD);
        assert_int_equal(gd_scram_final(scram, finals[i], strlen(finals[i]), &answer),
                         GD_SCRAM_MALFORMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_verifier_reads_as_postgresql_writes_it),
        cmocka_unit_test(what_is_no_verifier_is_refused),
        cmocka_unit_test(one_that_is_made_lets_its_password_in),
        cmocka_unit_test(a_proof_that_is_one_bit_off_is_wrong),
        cmocka_unit_test(a_doomed_one_is_held_to_its_end),
        cmocka_unit_test(a_conversation_is_bound_to_its_channel),
        cmocka_unit_test(what_is_malformed_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
