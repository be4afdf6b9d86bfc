/* Doctor: the store, what lies in it, and the key. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/prove/doctor_own.h"
#include "guardian/prove/prove.h"
#include "guardian/snapshot/list.h"
#include "guardian/snapshot/stream.h"

enum { CLOCK_SECONDS_MAX = 60, LITTER_AGE_S = 86400 };

static const char folder[] = "v1/"; /* where snapshots will be: rights may end there */

/* --- what it can do --------------------------------------------------------------------------- */

static void say_place(struct gd_doctor *doctor, const struct gd_store_capabilities *can)
{
    if (can->same_machine)
        gd_doctor_say(doctor, "store place", GD_HEALTH_WARNING,
                      "Keep backups on another machine: an s3:// store, for example.",
                      "the store is on this machine: what takes the machine takes the backups");
    if (can->medium != NULL && can->remark != NULL && can->remark[0] != '\0')
        gd_doctor_say(doctor, "store place", GD_HEALTH_WARNING,
                      "Choose a folder on a disk that stays.", "the store %s", can->remark);
    if (can->sharing[0] != '\0')
        gd_doctor_say(doctor, "store users", GD_HEALTH_WARNING,
                      "Let one user do all that uses the store, or share its folders by a group: "
                      "mode 2770.",
                      "the store %s", can->sharing);
}

static void say_overwriting(struct gd_doctor *doctor, const struct gd_store_capabilities *can)
{
    if (can->conditional && can->conditional_large)
        gd_doctor_say(doctor, "overwriting", GD_HEALTH_OK, NULL,
                      "of two that write one key, exactly one wins");
    else if (can->conditional)
        gd_doctor_say(doctor, "overwriting", GD_HEALTH_INFO, NULL,
                      "of two that write one key, exactly one wins, but the store does not refuse "
                      "an object that goes up in several parts: for those Guardian looks first; "
                      "manifests are small, and snapshots never share a key");
    else
        gd_doctor_say(doctor, "overwriting", GD_HEALTH_WARNING,
                      "Let one Guardian at a time write there.",
                      "the store does not refuse to overwrite (If-None-Match): Guardian looks "
                      "first, which leaves a gap");
}

static const char *protection(const struct gd_store_capabilities *can)
{
    return can->object_lock  ? "object lock protects what is stored"
           : can->versioning ? "versioning keeps what is removed"
                             : "nothing in the store keeps what is removed";
}

static void say_removal(struct gd_doctor *doctor, const struct gd_store_capabilities *can)
{
    if (!can->removes)
        gd_doctor_say(doctor, "removing", GD_HEALTH_INFO,
                      "Run guardian prune with credentials that may. A small object named probe-… "
                      "was left behind.",
                      "these credentials cannot remove backups; %s", protection(can));
    else
        gd_doctor_say(doctor, "removing", GD_HEALTH_INFO, NULL,
                      "who has these credentials can remove backups; %s", protection(can));
}

static void say_clock(struct gd_doctor *doctor, const struct gd_store_capabilities *can)
{
    double apart = can->clock_seconds < 0 ? -can->clock_seconds : can->clock_seconds;
    if (apart > CLOCK_SECONDS_MAX)
        gd_doctor_say(doctor, "store clock", GD_HEALTH_WARNING,
                      "Let both follow a time server: signatures of requests carry the time.",
                      "the store's clock is %.0f s %s ours", apart,
                      can->clock_seconds < 0 ? "behind" : "ahead of");
}

void gd_doctor_look_at_store(struct gd_doctor *doctor)
{
    struct gd_error err = {0};
    struct gd_diagnosis *diagnosis = doctor->diagnosis;
    struct gd_store_capabilities *can = &diagnosis->can;
    struct gd_store *store = doctor->options->store;
    if (gd_store_probe(store, folder, can, &diagnosis->store_seconds, &err).code != GD_OK) {
        gd_doctor_say_error(doctor, "store", GD_HEALTH_PROBLEM, &err);
        return;
    }
    diagnosis->store_works = true;
    const char *medium = can->medium == NULL ? "" : can->medium;
    gd_doctor_say(
        doctor, "store", GD_HEALTH_OK, NULL,
        "objects can be written to %s%s%s%s, read and listed; one takes %.0f ms there and "
        "back",
        gd_store_url(store), medium[0] == '\0' ? "" : " (", medium, medium[0] == '\0' ? "" : ")",
        diagnosis->store_seconds * 1000);
    say_place(doctor, can);
    say_overwriting(doctor, can);
    say_removal(doctor, can);
    say_clock(doctor, can);
}

/* --- the key ---------------------------------------------------------------------------------- */

/* Seal a text and open it again. */
static struct gd_status seal_and_open(const struct gd_key *key, struct gd_error *err)
{
    static const char text[] = "what this key seals, it opens", name[] = "doctor";
    gd_auto_sink sealed = gd_mem_sink_new(4096);
    struct gd_sink *memory = sealed;
    gd_auto_source source = NULL;
    char *data = NULL;
    size_t size = 0;
    GD_TRY(gd_seal_sink_new(GD_MOVE(sealed), key, name, &sealed, err));
    GD_TRY(gd_sink_write(sealed, text, sizeof text, err));
    GD_TRY(gd_sink_finish(sealed, err));
    const void *bytes = gd_mem_sink_data(memory, &size);
    GD_TRY(gd_open_source_new(gd_mem_source_new(bytes, size), key, name, &source, err));
    GD_TRY(gd_source_all(source, 4096, &data, &size, err));
    bool same = size == sizeof text && memcmp(data, text, size) == 0;
    free(data);
    return same ? GD_DONE : gd_fail(err, GD_CORRUPT, "the key opens something else than it sealed");
}

static void say_key(struct gd_doctor *doctor)
{
    struct gd_error err = {0};
    const struct gd_key *key = doctor->options->key;
    if (key == NULL)
        gd_doctor_say(doctor, "key", GD_HEALTH_INFO,
                      "Give Guardian a key if who holds the store must not read the data.",
                      "no key is set: snapshots are not encrypted before they leave this machine");
    else if (seal_and_open(key, &err).code != GD_OK)
        gd_doctor_say_error(doctor, "key", GD_HEALTH_PROBLEM, &err);
    else
        gd_doctor_say(doctor, "key", GD_HEALTH_OK,
                      "Keep a copy of the key far from the store and from this machine: nothing "
                      "opens a snapshot without it.",
                      "key %s opens what it seals", gd_key_id(key));
}

/* Read the schema of a snapshot to its end: every layer is in it. */
static void open_newest(struct gd_doctor *doctor, const struct gd_listed *newest)
{
    struct gd_error err = {0};
    gd_auto_source source = NULL;
    gd_auto_sink nowhere = gd_null_sink_new();
    struct gd_place place = {.store = doctor->options->store,
                             .key = doctor->options->key,
                             .cluster = newest->cluster,
                             .id = newest->id};
    struct gd_status status =
        gd_object_source_new(&place, &newest->manifest->schema_dump, &source, &err);
    if (status.code == GD_OK)
        status = gd_pump(source, nowhere, NULL, &err);
    if (status.code != GD_OK)
        gd_doctor_say_error(doctor, "newest snapshot", GD_HEALTH_WARNING, &err);
}

static void compare_key(struct gd_doctor *doctor, const struct gd_listed *newest)
{
    const struct gd_key *key = doctor->options->key;
    const char *sealed_with = newest->manifest->key_id;
    if (sealed_with[0] == '\0' && key != NULL)
        gd_doctor_say(doctor, "key", GD_HEALTH_INFO, NULL,
                      "the newest snapshot is not encrypted; the next one will be");
    else if (sealed_with[0] != '\0' && key == NULL)
        gd_doctor_say(doctor, "key", GD_HEALTH_WARNING,
                      "Set the key, or the next snapshot is not encrypted and this one cannot be "
                      "restored.",
                      "the newest snapshot was encrypted with key %s, and no key is set",
                      sealed_with);
    else if (sealed_with[0] != '\0' && !gd_key_opens(key, sealed_with))
        gd_doctor_say(doctor, "key", GD_HEALTH_WARNING,
                      "Add the older key behind the new one, so that both kinds can be restored.",
                      "the newest snapshot was encrypted with key %s, which is not set",
                      sealed_with);
    else
        open_newest(doctor, newest);
}

/* --- what is there ---------------------------------------------------------------------------- */

struct found {
    const struct gd_listed *newest; /* that can be read */
    int64_t good, unreadable, litter;
    uint64_t litter_bytes;
};

static struct found look_through(const struct gd_listed *listed, size_t count)
{
    struct found found = {0};
    int64_t old_us = gd_clock_now_us() - (int64_t)LITTER_AGE_S * 1000000;
    for (size_t i = 0; i < count; i++) {
        if (listed[i].manifest != NULL) {
            found.newest = &listed[i]; /* oldest first */
            found.good++;
        } else if (!listed[i].unfinished) {
            found.unreadable++;
        } else if (listed[i].touched_us < old_us) {
            found.litter++;
            found.litter_bytes += listed[i].litter_bytes;
        }
    }
    return found;
}

static const char *proof_of(struct gd_doctor *doctor, const struct gd_listed *listed,
                            enum gd_health *out_health)
{
    struct gd_error err = {0};
    const struct gd_proof *proof = NULL;
    struct gd_status status = gd_proof_find(doctor->options->store, listed->cluster, listed->id,
                                            listed->manifest_sha256, doctor->arena, &proof, &err);
    *out_health = status.code == GD_OK && proof != NULL ? GD_HEALTH_OK : GD_HEALTH_WARNING;
    if (status.code != GD_OK)
        return gd_arena_strdup(doctor->arena, err.text);
    return proof == NULL                            ? "is not proven"
           : gd_proof_kind(proof) == GD_PROOF_DRILL ? "was restored for a trial"
                                                    : "was read back";
}

static const char *age_of(struct gd_doctor *doctor, const struct gd_listed *listed)
{
    double hours = (double)(gd_clock_now_us() - listed->time_us) / 3.6e9;
    if (hours < 1)
        return gd_doctor_many(doctor, (int64_t)(hours * 60), "minute", "minutes");
    return hours < 72 ? gd_arena_printf(doctor->arena, "%.1f hours", hours)
                      : gd_arena_printf(doctor->arena, "%.0f days", hours / 24);
}

static void say_newest(struct gd_doctor *doctor, const struct found *found)
{
    enum gd_health health;
    const char *proof = proof_of(doctor, found->newest, &health);
    gd_doctor_say(doctor, "snapshots", health,
                  health == GD_HEALTH_OK ? NULL
                                         : gd_arena_printf(doctor->arena, "Run guardian verify %s.",
                                                           found->newest->id),
                  "%s; the newest, %s, is %s old and %s",
                  gd_doctor_many(doctor, found->good, "snapshot of this database",
                                 "snapshots of this database"),
                  found->newest->id, age_of(doctor, found->newest), proof);
    compare_key(doctor, found->newest);
}

static void say_rest(struct gd_doctor *doctor, const struct found *found)
{
    if (found->unreadable > 0)
        gd_doctor_say(doctor, "snapshots", GD_HEALTH_WARNING,
                      "guardian list says what is wrong with each.", "%s cannot be read",
                      gd_doctor_many(doctor, found->unreadable, "snapshot", "snapshots"));
    if (found->litter > 0)
        gd_doctor_say(doctor, "leftovers", GD_HEALTH_WARNING,
                      "guardian prune --apply removes them.",
                      "%s not finished and older than a day (%s)",
                      gd_doctor_many(doctor, found->litter, "snapshot was", "snapshots were"),
                      gd_doctor_size(doctor, found->litter_bytes));
}

/* What is begun and never finished costs money on a server, and no list of objects shows it. */
static void look_for_uploads(struct gd_doctor *doctor)
{
    struct gd_error err = {0};
    uint64_t count = 0;
    const char *prefix = gd_arena_printf(doctor->arena, "v1/%s/snapshots/", doctor->cluster);
    if (gd_store_count_stale(doctor->options->store, prefix, LITTER_AGE_S, &count, &err).code !=
        GD_OK)
        gd_doctor_say_error(doctor, "leftovers", GD_HEALTH_INFO, &err);
    else if (count > 0)
        gd_doctor_say(
            doctor, "leftovers", GD_HEALTH_WARNING, "guardian prune --apply removes them.",
            "%s of ours older than a day",
            gd_doctor_many(doctor, (int64_t)count, "unfinished upload", "unfinished uploads"));
}

static void look_at_list(struct gd_doctor *doctor)
{
    struct gd_error err = {0};
    struct gd_listed *listed = NULL;
    size_t count = 0;
    if (gd_snapshot_list(doctor->options->store, doctor->cluster, doctor->arena, &listed, &count,
                         &err)
            .code != GD_OK) {
        gd_doctor_say_error(doctor, "snapshots", GD_HEALTH_WARNING, &err);
        return;
    }
    struct found found = look_through(listed, count);
    if (found.newest != NULL)
        say_newest(doctor, &found);
    else
        gd_doctor_say(doctor, "snapshots", GD_HEALTH_INFO, "guardian snapshot makes one.",
                      "there is no snapshot of this database yet");
    say_rest(doctor, &found);
}

void gd_doctor_look_at_snapshots(struct gd_doctor *doctor)
{
    say_key(doctor);
    if (!doctor->diagnosis->store_works || doctor->cluster == NULL)
        return;
    look_at_list(doctor);
    look_for_uploads(doctor);
}
