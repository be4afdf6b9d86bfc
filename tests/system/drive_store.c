/*
 * Drives store/ for the system tests of S3: one JSON document for each step, which goes on after a
 * step that failed.
 *
 *   drive_store URL [--SETTING VALUE]… STEP…
 *
 *   put KEY BYTES SEED      bytes that look random; says their SHA-256
 *   hinted KEY BYTES SEED   the same, with the size said beforehand
 *   text KEY TEXT           in one call
 *   give-up KEY BYTES SEED  a put that is not finished
 *   both KEY TEXT N         N threads put TEXT-1, TEXT-2, … under one key: says who won
 *   get KEY, range KEY OFFSET BYTES      size and SHA-256 of what is read
 *   head KEY · list PREFIX · folders PREFIX · remove KEY · probe PREFIX · sweep PREFIX SECONDS ·
 * stale PREFIX SECONDS wait MS                 let time pass
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/io/digest.h"
#include "guardian/io/json.h"
#include "guardian/store/store.h"

enum { BLOCK = 65536, THREADS_MAX = 32 };

/* Settings that are texts, and numbers. */
static const struct {
    const char *name;
    size_t offset;
    enum { TEXT, U32, U64, FLAG } kind;
} settings[] = {
#define SETTING(name, field, kind)                                                                 \
    {                                                                                              \
        name, offsetof(struct gd_store_options, field), kind                                       \
    }
    SETTING("region", region, TEXT),
    SETTING("endpoint", endpoint, TEXT),
    SETTING("addressing", addressing, TEXT),
    SETTING("profile", profile, TEXT),
    SETTING("ca-file", ca_file, TEXT),
    SETTING("storage-class", storage_class, TEXT),
    SETTING("encryption", encryption, TEXT),
    SETTING("kms-key-id", kms_key_id, TEXT),
    SETTING("customer-key", customer_key, TEXT),
    SETTING("tags", tags, TEXT),
    SETTING("lock-mode", lock_mode, TEXT),
    SETTING("lock-days", lock_days, U32),
    SETTING("retry-ms", retry_ms, U32),
    SETTING("stall-ms", stall_ms, U32),
    SETTING("part-bytes", part_bytes, U64),
    SETTING("allow-http", allow_http, FLAG),
#undef SETTING
};

static bool set(struct gd_store_options *options, const char *name, const char *value)
{
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        if (strcmp(settings[i].name, name) != 0)
            continue;
        void *field = (char *)options + settings[i].offset;
        uint64_t number = strtoull(value, NULL, 10);
        uint32_t small = (uint32_t)number;
        bool flag = number != 0;
        if (settings[i].kind == TEXT)
            memcpy(field, &value, sizeof value);
        else if (settings[i].kind == U32)
            memcpy(field, &small, sizeof small);
        else if (settings[i].kind == U64)
            memcpy(field, &number, sizeof number);
        else
            memcpy(field, &flag, sizeof flag);
        return true;
    }
    return false;
}

static void fill(char *block, size_t size, uint64_t *state)
{
    for (size_t i = 0; i < size; i++) {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        block[i] = (char)*state;
    }
}

static struct gd_status put_bytes(struct gd_sink *sink, uint64_t size, uint64_t seed,
                                  struct gd_json *line, struct gd_error *err)
{
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15) * (seed + 1);
    static char block[BLOCK];
    while (size > 0) {
        size_t now = size < BLOCK ? (size_t)size : BLOCK;
        fill(block, now, &state);
        GD_TRY(gd_sink_write(sink, block, now, err));
        size -= now;
    }
    char hex[GD_DIGEST_HEX_SIZE];
    gd_tally_sink_sha256(sink, hex);
    gd_json_put(line, "sha256", gd_json_new_text(hex));
    return GD_DONE;
}

static struct gd_status put(struct gd_store *store, char **word, struct gd_json *line,
                            struct gd_error *err)
{
    gd_auto_sink sink = NULL;
    uint64_t size = strtoull(word[2], NULL, 10), seed = strtoull(word[3], NULL, 10);
    struct gd_sink *object = NULL;
    bool hinted = strcmp(word[0], "hinted") == 0;
    GD_TRY(gd_store_put(store, word[1], hinted ? size : 0, &object, err));
    sink = gd_tally_sink_new(object);
    GD_TRY(put_bytes(sink, size, seed, line, err));
    return strcmp(word[0], "give-up") == 0 ? GD_DONE : gd_sink_finish(sink, err);
}

static struct gd_status put_text(struct gd_store *store, char **word, struct gd_json *line,
                                 struct gd_error *err)
{
    (void)line;
    return gd_store_put_bytes(store, word[1], word[2], strlen(word[2]), err);
}

struct racer {
    struct gd_store *store;
    const char *key;
    char text[64];
    enum gd_code code;
};

static void *race(void *context)
{
    struct racer *racer = context;
    struct gd_error err = {0};
    racer->code =
        gd_store_put_bytes(racer->store, racer->key, racer->text, strlen(racer->text), &err).code;
    return NULL;
}

static struct gd_status race_all(struct gd_store *store, char **word, struct gd_json *line,
                                 struct gd_error *err)
{
    struct racer racers[THREADS_MAX];
    pthread_t threads[THREADS_MAX];
    size_t count = strtoul(word[3], NULL, 10);
    if (count > THREADS_MAX)
        return gd_fail(err, GD_USAGE, "too many threads");
    for (size_t i = 0; i < count; i++) {
        racers[i] = (struct racer){.store = store, .key = word[1]};
        (void)snprintf(racers[i].text, sizeof racers[i].text, "%s-%zu", word[2], i);
        if (pthread_create(&threads[i], NULL, race, &racers[i]) != 0)
            exit(1);
    }
    struct gd_json *codes = gd_json_object();
    for (size_t i = 0; i < count; i++) {
        (void)pthread_join(threads[i], NULL);
        gd_json_put(codes, racers[i].text, gd_json_new_text(gd_code_name(racers[i].code)));
    }
    gd_json_put(line, "codes", codes);
    return GD_DONE;
}

static struct gd_status get(struct gd_store *store, char **word, struct gd_json *line,
                            struct gd_error *err)
{
    gd_auto_source source = NULL;
    struct gd_source *object = NULL;
    bool range = strcmp(word[0], "range") == 0;
    GD_TRY(gd_store_get(store, word[1], range ? strtoull(word[2], NULL, 10) : 0,
                        range ? strtoull(word[3], NULL, 10) : 0, &object, err));
    source = gd_tally_source_new(object);
    static char block[BLOCK];
    size_t got = 1;
    while (got > 0)
        GD_TRY(gd_source_read(source, block, sizeof block, &got, err));
    char hex[GD_DIGEST_HEX_SIZE];
    gd_tally_source_sha256(source, hex);
    gd_json_put(line, "sha256", gd_json_new_text(hex));
    gd_json_put(line, "bytes", gd_json_new_int((int64_t)gd_tally_source_bytes(source)));
    return GD_DONE;
}

static struct gd_status head(struct gd_store *store, char **word, struct gd_json *line,
                             struct gd_error *err)
{
    bool there = false;
    struct gd_store_entry entry = {0};
    GD_TRY(gd_store_head(store, word[1], &there, &entry, err));
    gd_json_put(line, "there", gd_json_new_bool(there));
    if (there)
        gd_json_put(line, "bytes", gd_json_new_int((int64_t)entry.bytes));
    return GD_DONE;
}

static struct gd_status add_key(void *context, const struct gd_store_entry *entry,
                                struct gd_error *err)
{
    (void)err;
    gd_json_push(context, gd_json_new_text(entry->key));
    return GD_DONE;
}

static struct gd_status list(struct gd_store *store, char **word, struct gd_json *line,
                             struct gd_error *err)
{
    struct gd_json *keys = gd_json_list();
    gd_json_put(line, "keys", keys);
    return strcmp(word[0], "list") == 0 ? gd_store_list(store, word[1], add_key, keys, err)
                                        : gd_store_folders(store, word[1], add_key, keys, err);
}

static struct gd_status remove_one(struct gd_store *store, char **word, struct gd_json *line,
                                   struct gd_error *err)
{
    (void)line;
    return gd_store_remove(store, word[1], err);
}

static struct gd_status probe(struct gd_store *store, char **word, struct gd_json *line,
                              struct gd_error *err)
{
    struct gd_store_capabilities can = {0};
    GD_TRY(gd_store_probe(store, word[1], &can, NULL, err));
    gd_json_put(line, "conditional", gd_json_new_bool(can.conditional));
    gd_json_put(line, "checksums", gd_json_new_bool(can.checksums));
    gd_json_put(line, "versioning", gd_json_new_bool(can.versioning));
    gd_json_put(line, "object_lock", gd_json_new_bool(can.object_lock));
    return GD_DONE;
}

static struct gd_status sweep(struct gd_store *store, char **word, struct gd_json *line,
                              struct gd_error *err)
{
    uint64_t count = 0;
    bool only_count = strcmp(word[0], "stale") == 0;
    GD_TRY((only_count ? gd_store_count_stale : gd_store_sweep)(
        store, word[1], (uint32_t)strtoul(word[2], NULL, 10), &count, err));
    gd_json_put(line, "count", gd_json_new_int((int64_t)count));
    return GD_DONE;
}

static struct gd_status wait_for(struct gd_store *store, char **word, struct gd_json *line,
                                 struct gd_error *err)
{
    (void)store, (void)line, (void)err;
    gd_sleep_ms((uint32_t)strtoul(word[1], NULL, 10));
    return GD_DONE;
}

static const struct step {
    const char *name;
    int words;
    struct gd_status (*run)(struct gd_store *store, char **word, struct gd_json *line,
                            struct gd_error *err);
} table[] = {
    {"put", 3, put},       {"hinted", 3, put},        {"give-up", 3, put},   {"text", 2, put_text},
    {"both", 3, race_all}, {"get", 1, get},           {"range", 3, get},     {"head", 1, head},
    {"list", 1, list},     {"folders", 1, list},      {"probe", 1, probe},   {"sweep", 2, sweep},
    {"stale", 2, sweep},   {"remove", 1, remove_one}, {"wait", 1, wait_for},
};

static void finish_line(struct gd_json *line, struct gd_status status, const struct gd_error *err,
                        int64_t began_us)
{
    struct gd_error unwritten = {0};
    gd_json_put(line, "code", gd_json_new_text(gd_code_name(status.code)));
    gd_json_put(line, "text", gd_json_new_text(err->text));
    gd_json_put(line, "hint", gd_json_new_text(err->hint));
    gd_json_put(line, "seconds",
                gd_json_new_real((double)(gd_clock_monotonic_us() - began_us) / 1e6));
    if (gd_json_write(line, stdout, 0, &unwritten).code != GD_OK || fflush(stdout) != 0)
        exit(1);
    gd_json_free(line);
}

/* @return how many words it took; 0: unknown */
static int run_step(struct gd_store *store, char **word)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(table[i].name, word[0]) != 0)
            continue;
        for (int n = 1; n <= table[i].words; n++)
            if (word[n] == NULL)
                return 0;
        struct gd_error err = {0};
        int64_t began_us = gd_clock_monotonic_us();
        struct gd_json *line = gd_json_object();
        struct gd_status status = table[i].run(store, word, line, &err);
        finish_line(line, status, &err, began_us);
        return table[i].words + 1;
    }
    return 0;
}

static void tell(void *context, const struct gd_event *event)
{
    (void)context;
    (void)fprintf(stderr, "%s\n", event->text);
}

int main(int argc, char **argv)
{
    const struct gd_events events = {.tell = tell};
    struct gd_store_options options = {.url = argv[1], .events = &events};
    if (argc < 2)
        return 2;
    char **word = argv + 2;
    for (; *word != NULL && strncmp(*word, "--", 2) == 0; word += 2)
        if (word[1] == NULL || !set(&options, *word + 2, word[1]))
            return 2;
    gd_interrupt_watch();
    gd_auto_store store = NULL;
    struct gd_error err = {0};
    int64_t began_us = gd_clock_monotonic_us();
    struct gd_status status = gd_store_open(&options, &store, &err);
    if (status.code != GD_OK) {
        finish_line(gd_json_object(), status, &err, began_us);
        return 0;
    }
    while (*word != NULL) {
        int taken = run_step(store, word);
        if (taken == 0)
            return 2;
        word += taken;
    }
    return 0;
}
