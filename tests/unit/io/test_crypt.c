#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/io/crypt.h"
#include "guardian/io/file.h"

#define HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define OTHER_HEX "8f1d0c3a5b7e9f60112233445566778899aabbccddeeff00123456789abcdef0"
#define NAME "data/000001.copy.zst"

enum { FRAME = 65536, HEAD = 80, TAG = 16, PLAIN_MAX = 3 * FRAME };

static struct gd_key *key_of(const char *text)
{
    struct gd_key *key = NULL;
    struct gd_error err = {0};
    assert_int_equal(gd_key_parse(text, &key, &err).code, GD_OK);
    return key;
}

static const char *plain_bytes(void)
{
    static char bytes[PLAIN_MAX];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7 + i / 256);
    return bytes;
}

static char *seal(const char *key_text, const char *name, size_t size, size_t piece,
                  size_t *out_size)
{
    gd_auto_key key = key_of(key_text);
    struct gd_error err = {0};
    struct gd_sink *mem = gd_mem_sink_new(1 << 20);
    gd_auto_sink sink = NULL;
    assert_int_equal(gd_seal_sink_new(mem, key, name, &sink, &err).code, GD_OK);
    for (size_t at = 0; at < size; at += piece)
        assert_int_equal(
            gd_sink_write(sink, plain_bytes() + at, at + piece > size ? size - at : piece, &err)
                .code,
            GD_OK);
    assert_int_equal(gd_sink_finish(sink, &err).code, GD_OK);
    const void *data = gd_mem_sink_data(mem, out_size);
    char *copy = malloc(*out_size + 1);
    memcpy(copy, data, *out_size);
    return copy;
}

static struct gd_status open_it(const char *key_text, const char *name, const char *sealed,
                                size_t size, char **out_plain, size_t *out_size,
                                struct gd_error *err)
{
    gd_auto_key key = key_of(key_text);
    gd_auto_source source = NULL;
    GD_TRY(gd_open_source_new(gd_mem_source_new(sealed, size), key, name, &source, err));
    gd_key_free(GD_MOVE(key)); /* the source has what it needs */
    return gd_source_all(source, PLAIN_MAX, out_plain, out_size, err);
}

/* @return what the error says; "" when it opened */
static const char *opening_says(const char *sealed, size_t size, struct gd_error *err)
{
    char *plain = NULL;
    size_t plain_size = 0;
    memset(err, 0, sizeof *err);
    struct gd_status status = open_it(HEX, NAME, sealed, size, &plain, &plain_size, err);
    free(plain);
    if (status.code != GD_OK)
        assert_int_equal(status.code, GD_CORRUPT);
    return err->text;
}

static void what_was_sealed_opens(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME, PLAIN_MAX - 5};
    static const size_t pieces[] = {997, FRAME, PLAIN_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t j = 0; j < sizeof pieces / sizeof pieces[0]; j++) {
            size_t sealed_size = 0, size = 77;
            char *sealed = seal(HEX, NAME, sizes[i], pieces[j], &sealed_size), *plain = NULL;
            struct gd_error err = {0};
            assert_int_equal(sealed_size, gd_sealed_bytes(sizes[i]));
            assert_int_equal(open_it(HEX, NAME, sealed, sealed_size, &plain, &size, &err).code,
                             GD_OK);
            assert_int_equal(size, sizes[i]);
            assert_memory_equal(plain, plain_bytes(), size);
            free(plain);
            free(sealed);
        }
    }
}

static void the_same_bytes_are_never_sealed_the_same(void **state)
{
    (void)state;
    size_t size = 0;
    char *one = seal(HEX, NAME, 100, 100, &size), *other = seal(HEX, NAME, 100, 100, &size);
    assert_memory_not_equal(one + 16, other + 16, 32);      /* the salt */
    assert_memory_not_equal(one + HEAD, other + HEAD, 100); /* the data */
    assert_memory_not_equal(one + HEAD, plain_bytes(), 100);
    free(one);
    free(other);
}

static void every_flipped_bit_is_found(void **state)
{
    (void)state;
    size_t size = 0;
    char *sealed = seal(HEX, NAME, 50, 50, &size);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        struct gd_error err;
        sealed[bit / 8] = (char)(sealed[bit / 8] ^ (1 << bit % 8));
        assert_string_not_equal(opening_says(sealed, size, &err), "");
        assert_non_null(strstr(err.text, NAME));
        sealed[bit / 8] = (char)(sealed[bit / 8] ^ (1 << bit % 8));
    }
    struct gd_error err;
    assert_string_equal(opening_says(sealed, size, &err), "");
    free(sealed);
}

static void every_cut_is_found(void **state)
{
    (void)state;
    struct gd_error err;
    size_t size = 0;
    char *sealed = seal(HEX, NAME, 2 * FRAME + 40, FRAME, &size);
    size_t frame_ends[] = {HEAD + FRAME + TAG, HEAD + 2 * (FRAME + TAG)};
    for (size_t i = 0; i < 2; i++)
        assert_non_null(strstr(opening_says(sealed, frame_ends[i], &err), "is cut off behind"));
    for (size_t cut = 0; cut < size; cut += cut < HEAD + 40 || cut > size - 80 ? 1 : 1999)
        assert_string_not_equal(opening_says(sealed, cut, &err), "");
    free(sealed);
}

static void frames_cannot_be_moved(void **state)
{
    (void)state;
    struct gd_error err;
    size_t size = 0;
    enum { SEALED = FRAME + TAG };
    char *sealed = seal(HEX, NAME, PLAIN_MAX, FRAME, &size), *moved = malloc(size + SEALED);
    char *first = moved + HEAD;

    memcpy(moved, sealed, size); /* two that changed places */
    memcpy(first, sealed + HEAD + SEALED, SEALED);
    memcpy(first + SEALED, sealed + HEAD, SEALED);
    assert_non_null(strstr(opening_says(moved, size, &err), "frame 0 is damaged"));

    memcpy(moved, sealed, size); /* one that is missing */
    memmove(first + SEALED, first + 2 * SEALED, SEALED);
    assert_non_null(strstr(opening_says(moved, size - SEALED, &err), "frame 1 is damaged"));

    memcpy(moved, sealed, HEAD + SEALED); /* one that is there twice */
    memcpy(moved + HEAD + SEALED, sealed + HEAD, 3 * SEALED);
    assert_non_null(strstr(opening_says(moved, size + SEALED, &err), "frame 1 is damaged"));

    memcpy(moved, sealed, size); /* and what is behind the end */
    memcpy(moved + size, "x", 1);
    assert_non_null(strstr(opening_says(moved, size + 1, &err), "bytes behind its end"));
    free(moved);
    free(sealed);
}

static void another_object_s_bytes_do_not_open(void **state)
{
    (void)state;
    size_t size = 0, plain_size = 0;
    char *plain = NULL, *sealed = seal(HEX, "data/000002.copy.zst", 100, 100, &size);
    struct gd_error err = {0};
    assert_int_equal(open_it(HEX, NAME, sealed, size, &plain, &plain_size, &err).code, GD_CORRUPT);
    assert_string_equal(err.text, "could not open \"" NAME "\": frame 0 is damaged");
    assert_non_null(strstr(err.hint, "another object"));
    free(sealed);
}

static void another_key_is_told_apart_from_damage(void **state)
{
    (void)state;
    size_t size = 0, plain_size = 0;
    char *plain = NULL, *sealed = seal(HEX, NAME, 100, 100, &size);
    struct gd_error err = {0};
    gd_auto_key right = key_of(HEX);
    gd_auto_key wrong = key_of(OTHER_HEX);
    assert_int_equal(open_it(OTHER_HEX, NAME, sealed, size, &plain, &plain_size, &err).code,
                     GD_CORRUPT);
    assert_non_null(strstr(err.text, "another key"));
    assert_non_null(strstr(err.hint, gd_key_id(right)));
    assert_non_null(strstr(err.hint, gd_key_id(wrong)));

    sealed[60] ^= 1; /* the commitment */
    assert_non_null(strstr(opening_says(sealed, size, &err), "head is damaged"));
    free(sealed);
}

static void an_older_key_opens_but_does_not_seal(void **state)
{
    (void)state;
    static const char both[] = OTHER_HEX "\n" HEX "\n";
    size_t old_size = 0, new_size = 0, plain_size = 0;
    char *old = seal(HEX, NAME, 100, 100, &old_size), *plain = NULL;
    char *new = seal(both, NAME, 100, 100, &new_size);
    struct gd_error err = {0};
    assert_int_equal(open_it(both, NAME, old, old_size, &plain, &plain_size, &err).code, GD_OK);
    free(plain);
    plain = NULL;
    assert_int_equal(open_it(OTHER_HEX, NAME, new, new_size, &plain, &plain_size, &err).code,
                     GD_OK);
    free(plain);
    gd_auto_key ring = key_of(both);
    gd_auto_key one = key_of(OTHER_HEX);
    gd_auto_key other = key_of(HEX);
    assert_string_equal(gd_key_id(ring), gd_key_id(one));
    assert_true(gd_key_opens(ring, gd_key_id(other)));
    assert_false(gd_key_opens(one, gd_key_id(other)));
    free(old);
    free(new);
}

static void what_is_not_sealed_is_said(void **state)
{
    (void)state;
    struct gd_error err;
    static const char zstd[200] = "\x28\xb5\x2f\xfd";
    assert_non_null(strstr(opening_says(zstd, sizeof zstd, &err), "is not sealed"));
    assert_non_null(strstr(opening_says("", 0, &err), "is not sealed, or cut short"));
    static const char newer[200] = "GDSEAL\0\2";
    assert_non_null(strstr(opening_says(newer, sizeof newer, &err), "newer format (2)"));
}

/* The bytes of version 1, made once: they open for ever. */
static void the_golden_object_opens(void **state)
{
    (void)state;
    struct gd_error err = {0};
    gd_auto_source file = NULL;
    char *sealed = NULL;
    size_t size = 0;
    assert_int_equal(
        gd_file_source_new(GD_SOURCE_DIR "/tests/unit/io/golden/sealed-v1.bin", 0, 0, &file, &err)
            .code,
        GD_OK);
    assert_int_equal(gd_source_all(file, 1 << 20, &sealed, &size, &err).code, GD_OK);
    char *plain = NULL;
    size_t plain_size = 0;
    assert_int_equal(open_it(HEX, NAME, sealed, size, &plain, &plain_size, &err).code, GD_OK);
    assert_int_equal(plain_size, FRAME + 100);
    assert_memory_equal(plain, plain_bytes(), plain_size);
    free(plain);
    free(sealed);
}

static void keys_are_read_in_two_spellings(void **state)
{
    (void)state;
    static const char *const same[] = {
        HEX,
        "  " HEX "\n",
        "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    };
    gd_auto_key first = key_of(same[0]);
    assert_int_equal(strlen(gd_key_id(first)), 16);
    assert_string_equal(gd_key_id(first), "3f4e2cf90cdffda1"); /* as every version says */
    for (size_t i = 1; i < sizeof same / sizeof same[0]; i++) {
        gd_auto_key key = key_of(same[i]);
        assert_string_equal(gd_key_id(key), gd_key_id(first));
    }
}

static void what_is_no_key_is_refused_without_a_word_of_it(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "  \n",
        "Secret passphrase",
        "Secret0102030405060708090a0b0c0d0e0f101112131415161718191a1b",
        HEX "0",
        "00010203040506070809SecretSecret101112131415161718191a1b1c1d1e1f",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwSecret",
        "SecretQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh==",
        "SecretQ*BgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        HEX " Secret",
        "0000000000000000000000000000000000000000000000000000000000000000",
        HEX HEX};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct gd_key *key = NULL;
        struct gd_error err = {0};
        assert_int_equal(gd_key_parse(wrong[i], &key, &err).code, GD_USAGE);
        assert_null(key);
        assert_null(strstr(err.text, "Secret"));
        assert_null(strstr(err.text, "0102"));
        assert_null(strstr(err.hint, "Secret"));
    }
}

static void there_may_be_16_keys_but_no_more(void **state)
{
    (void)state;
    char text[17 * 65 + 1] = "";
    struct gd_key *key = NULL;
    struct gd_error err = {0};
    for (int i = 0; i < 17; i++)
        gd_key_generate(text + 65 * i), text[65 * i + 64] = ' ';
    assert_int_equal(gd_key_parse(text, &key, &err).code, GD_USAGE);
    text[16 * 65] = '\0';
    assert_int_equal(gd_key_parse(text, &key, &err).code, GD_OK);
    gd_key_free(key);
}

static void a_fresh_key_is_another_one_each_time(void **state)
{
    (void)state;
    char one[65], other[65];
    gd_key_generate(one);
    gd_key_generate(other);
    assert_int_equal(strlen(one), 64);
    assert_string_not_equal(one, other);
    gd_auto_key key = key_of(one);
    assert_null(strstr(one, gd_key_id(key)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sealed_opens),
        cmocka_unit_test(the_same_bytes_are_never_sealed_the_same),
        cmocka_unit_test(every_flipped_bit_is_found),
        cmocka_unit_test(every_cut_is_found),
        cmocka_unit_test(frames_cannot_be_moved),
        cmocka_unit_test(another_object_s_bytes_do_not_open),
        cmocka_unit_test(another_key_is_told_apart_from_damage),
        cmocka_unit_test(an_older_key_opens_but_does_not_seal),
        cmocka_unit_test(what_is_not_sealed_is_said),
        cmocka_unit_test(the_golden_object_opens),
        cmocka_unit_test(keys_are_read_in_two_spellings),
        cmocka_unit_test(what_is_no_key_is_refused_without_a_word_of_it),
        cmocka_unit_test(there_may_be_16_keys_but_no_more),
        cmocka_unit_test(a_fresh_key_is_another_one_each_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
