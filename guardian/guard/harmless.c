/*
 * Harmless: see the header. What is remembered is the shape itself, and compared letter for letter:
 * no two texts are taken for one.
 */
#include "guardian/guard/harmless.h"

#include <ctype.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/lookup.h"
#include "guardian/base/memory.h"
#include "guardian/guard/calm.h"
#include "guardian/guard/run_own.h"
#include "guardian/io/scram.h"

/* Longer texts are not remembered: they are not said a thousand times. */
enum { SHAPE_MAX = 4096, TEXTS_MAX = 100000, BYTES_MAX = 16 << 20 };

static bool is_word(char letter)
{
    return isalnum((unsigned char)letter) || letter == '_' || letter == '$' ||
           (unsigned char)letter >= 0x80;
}

/* Whole numbers do not decide whether a text that only reads is harmless; so "id = 7" and "id = 8"
 * are one shape. Only where nothing can hide: no quote, no escape, no comment. */
static size_t shape_of(const char *text, size_t size, char *out)
{
    size_t length = 0;
    bool plain =
        strpbrk(text, "'\"\\$") == NULL && strstr(text, "--") == NULL && strstr(text, "/*") == NULL;
    for (size_t i = 0; i < size; i++) {
        bool number = plain && isdigit((unsigned char)text[i]) &&
                      (i == 0 || (!is_word(text[i - 1]) && text[i - 1] != '.'));
        size_t end = i;
        while (number && isdigit((unsigned char)text[end]))
            end++;
        if (number && !is_word(text[end]) && text[end] != '.') {
            out[length++] = '0';
            i = end - 1;
        } else {
            out[length++] = text[i];
        }
    }
    return length;
}

/* @return 0: it is none that is remembered */
static size_t read_shape(const char *text, size_t size, char shape[SHAPE_MAX])
{
    if (size >= SHAPE_MAX || strlen(text) != size)
        return 0;
    size_t length = shape_of(text, size, shape);
    shape[length] = '\0';
    return length;
}

struct gd_harmless {
    pthread_mutex_t lock;
    struct gd_arena *arena;
    struct gd_lookup texts; /* to whether they set what names mean */
    char seed[17];          /* nobody shall know which texts meet in one place */
    size_t bytes;
    _Atomic uint64_t age;
};

static void make_seed(char seed[17])
{
    uint64_t random;
    gd_random(&random, sizeof random);
    snprintf(seed, 17, "%016" PRIx64, random);
}

struct gd_harmless *gd_harmless_new(void)
{
    struct gd_harmless *harmless = gd_memory_new(sizeof *harmless);
    *harmless = (struct gd_harmless){.arena = gd_arena_new(), .age = 1};
    make_seed(harmless->seed);
    pthread_mutex_init(&harmless->lock, NULL);
    return harmless;
}

void gd_harmless_free(struct gd_harmless *harmless)
{
    if (harmless == NULL)
        return;
    pthread_mutex_destroy(&harmless->lock);
    gd_arena_free(harmless->arena);
    free(harmless);
}

uint64_t gd_harmless_age(struct gd_harmless *harmless)
{
    return atomic_load(&harmless->age);
}

void gd_harmless_grow_older(struct gd_harmless *harmless)
{
    atomic_fetch_add(&harmless->age, 1);
}

void gd_harmless_remember(struct gd_harmless *harmless, const char *text, size_t size)
{
    static bool sets = true, sets_nothing = false;
    char shape[SHAPE_MAX];
    size_t length = read_shape(text, size, shape);
    if (length == 0)
        return;
    pthread_mutex_lock(&harmless->lock);
    bool room = harmless->texts.count < TEXTS_MAX && harmless->bytes + length < BYTES_MAX;
    if (room && gd_lookup_get(&harmless->texts, harmless->seed, "", shape) == NULL) {
        gd_lookup_set(&harmless->texts, harmless->seed, "", gd_arena_strdup(harmless->arena, shape),
                      gd_calm_is_set_by(text) ? &sets : &sets_nothing, harmless->arena);
        harmless->bytes += length;
    }
    pthread_mutex_unlock(&harmless->lock);
}

bool gd_harmless_seen(struct gd_harmless *harmless, const char *text, size_t size, bool *out_sets)
{
    char shape[SHAPE_MAX];
    if (read_shape(text, size, shape) == 0)
        return false;
    pthread_mutex_lock(&harmless->lock);
    const bool *sets = gd_lookup_get(&harmless->texts, harmless->seed, "", shape);
    pthread_mutex_unlock(&harmless->lock);
    *out_sets = sets != NULL && *sets;
    return sets != NULL;
}

const struct gd_report *gd_harmless_alone(struct gd_harmless *harmless,
                                          const struct gd_gate_request *request,
                                          struct gd_arena *arena)
{
    struct gd_input input = {
        .by_wire = true, .path = "statement", .text = request->text, .size = request->size};
    struct gd_classify_options options = {0};
    struct gd_report *report;
    struct gd_error ignored = {0};
    if (gd_classify(&input, 1, &options, arena, &report, &ignored).code != GD_OK ||
        gd_run_changes(report) || gd_run_is_ddl(report))
        return NULL;
    gd_harmless_remember(harmless, request->text, request->size);
    return report;
}

const char *gd_harmless_misread(const struct gd_gate_session *session, const char *text,
                                size_t size)
{
    if (session->odd_quotes && memchr(text, '\\', size) != NULL)
        return "standard_conforming_strings is off, and the text has a backslash";
    for (size_t i = 0; session->odd_letters && i < size; i++)
        if ((unsigned char)text[i] >= 0x80)
            return "client_encoding is one whose letters can hold quotes";
    return NULL;
}
