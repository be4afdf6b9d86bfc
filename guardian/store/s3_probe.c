/*
 * What the server can do, found out by doing it.
 */
#include <string.h>

#include "guardian/store/s3.h"

enum { RACERS = 4 };

/* --- x-amz-checksum-sha256 ---------------------------------------------------------------------
 */

static struct gd_status begin(struct gd_s3 *s3, const char *key, struct gd_arena *arena,
                              const char **out_upload, struct gd_error *err)
{
    struct gd_s3_request request = {.method = "POST", .key = key};
    char id[GD_ID_SIZE];
    gd_id_new(id);
    gd_s3_query(&request, "uploads", NULL);
    gd_s3_object_headers(s3, &request, gd_arena_strdup(arena, id), arena);
    gd_s3_header(&request, "x-amz-checksum-algorithm", "SHA256");
    struct gd_s3_answer answer;
    GD_TRY(gd_s3_send(s3, &request, arena, &answer, err));
    *out_upload = answer.good ? gd_xml_text(answer.xml, "UploadId") : "";
    return GD_DONE;
}

/* One byte as part 1, under the checksum of `claimed`. */
static struct gd_status send_byte(struct gd_s3 *s3, const char *key, const char *upload,
                                  const char *claimed, struct gd_arena *arena, bool *out_taken,
                                  struct gd_error *err)
{
    struct gd_s3_request request = {.method = "PUT", .key = key, .damaged = true};
    gd_s3_query(&request, "partNumber", "1");
    gd_s3_query(&request, "uploadId", upload);
    gd_s3_body(&request, claimed, 1, true, arena);
    request.body = "x";
    request.body_sha256 = NULL;
    gd_s3_customer_headers(s3, &request);
    struct gd_s3_answer answer;
    GD_TRY(gd_s3_send(s3, &request, arena, &answer, err));
    *out_taken = answer.good;
    return GD_DONE;
}

struct gd_status gd_s3_learn_checksums(struct gd_s3 *s3, const char *key, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    const char *upload = "";
    bool wrong = true, right = false;
    GD_TRY(begin(s3, key, arena, &upload, err));
    if (upload[0] != '\0') {
        struct gd_status status = send_byte(s3, key, upload, "y", arena, &wrong, err);
        if (status.code == GD_OK && !wrong)
            status = send_byte(s3, key, upload, "x", arena, &right, err);
        struct gd_error why = {0};
        struct gd_status aborted = gd_s3_abort(s3, key, upload, &why);
        GD_TRY(status);
        if (aborted.code != GD_OK && aborted.code != GD_SYSTEM)
            *err = why;
        if (aborted.code != GD_SYSTEM) /* no right to: it is left to the sweep */
            GD_TRY(aborted);
    }
    atomic_store(&s3->checksums, !wrong && right ? GD_S3_YES : GD_S3_NO);
    return GD_DONE;
}

/* --- a put of several parts to a key that is taken ----------------------------------------------
 */

/* `key` holds an object: an upload of one part under that key must not complete. */
static struct gd_status learn_large(struct gd_s3 *s3, const char *key, bool *out_conditional,
                                    struct gd_error *err)
{
    struct gd_s3_part *part = gd_s3_part_new();
    struct gd_s3_upload *upload = NULL;
    gd_s3_part_reserve(s3, part, 1);
    part->data[0] = 'x';
    part->size = 1;
    struct gd_status status = gd_s3_upload_begin(s3, key, "guardian-probe", &upload, err);
    if (status.code == GD_OK)
        status = gd_s3_upload_part(upload, GD_MOVE(part), NULL, err);
    if (status.code == GD_OK)
        status = gd_s3_upload_try(upload, out_conditional, err);
    gd_s3_upload_free(upload);
    gd_s3_part_free(s3, part);
    return status;
}

/* --- several puts of one key at the same moment ------------------------------------------------
 */

struct racer {
    struct gd_s3 *s3;
    const char *key;
    pthread_t thread;
    bool started, won;
    char id[GD_ID_SIZE];
    struct gd_status status;
    struct gd_error err;
    int answer; /* HTTP */
};

static void *race(void *context)
{
    struct racer *racer = context;
    gd_auto_arena arena = gd_arena_new();
    struct gd_s3_answer answer = {0};
    racer->status = gd_s3_put_once(racer->s3, racer->key, racer->id, racer->id, strlen(racer->id),
                                   true, arena, &answer, &racer->err);
    racer->answer = answer.http.status;
    racer->won = racer->status.code == GD_OK && answer.good;
    return NULL;
}

/* Who gets no thread runs afterwards: one after the other is a double put, too. */
static void run_race(struct racer racers[RACERS])
{
    for (unsigned i = 0; i < RACERS; i++)
        racers[i].started = pthread_create(&racers[i].thread, NULL, race, &racers[i]) == 0;
    for (unsigned i = 0; i < RACERS; i++) {
        if (racers[i].started)
            pthread_join(racers[i].thread, NULL);
        else
            race(&racers[i]);
    }
}

static struct gd_status learn_condition(struct gd_s3 *s3, const char *prefix, bool *out_large,
                                        struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct racer *racers = gd_arena_zalloc(arena, RACERS, sizeof *racers);
    char id[GD_ID_SIZE];
    gd_id_new(id);
    const char *key = gd_arena_printf(arena, "%s" GD_S3_PROBE "%s", prefix, id);
    for (unsigned i = 0; i < RACERS; i++) {
        racers[i].s3 = s3;
        racers[i].key = key;
        gd_id_new(racers[i].id);
    }
    run_race(racers);
    unsigned won = 0, turned_away = 0;
    const struct racer *failed = NULL;
    for (unsigned i = 0; i < RACERS; i++) {
        won += racers[i].won;
        turned_away += racers[i].answer == 412;
        failed = racers[i].status.code != GD_OK ? &racers[i] : failed;
    }
    struct gd_status status = failed == NULL ? GD_DONE : failed->status;
    if (failed != NULL)
        *err = failed->err;
    bool exactly_one = won == 1 && turned_away == RACERS - 1;
    atomic_store(&s3->conditional, exactly_one ? GD_S3_YES : GD_S3_NO);
    if (status.code == GD_OK && exactly_one)
        status = learn_large(s3, key, out_large, err);
    struct gd_error ignored;
    if (won > 0)
        (void)gd_s3_remove(&s3->store, key, &ignored).code; /* no right to: said by the probe */
    return status;
}

/* --- the bucket's own settings -----------------------------------------------------------------
 */

/* What cannot be asked (no right to, not known to this server) counts as not so. */
static struct gd_status is_set(struct gd_s3 *s3, const char *what, const char *element,
                               const char *wanted, bool *out_set, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_s3_request request = {.method = "GET"};
    gd_s3_query(&request, what, NULL);
    struct gd_s3_answer answer;
    GD_TRY(gd_s3_send(s3, &request, arena, &answer, err));
    *out_set = answer.good && strcmp(gd_xml_text(answer.xml, element), wanted) == 0;
    return gd_s3_is(&answer, "NoSuchBucket")
               ? gd_s3_refused(s3, &answer, err, "could not try the bucket")
               : GD_DONE;
}

struct gd_status gd_s3_capabilities(struct gd_store *store, const char *prefix,
                                    struct gd_store_capabilities *out_capabilities,
                                    struct gd_error *err)
{
    struct gd_s3 *s3 = gd_s3_of(store);
    struct gd_store_capabilities found = {.durable = true, .same_machine = s3->place.loopback};
    gd_auto_arena arena = gd_arena_new();
    char id[GD_ID_SIZE];
    gd_id_new(id);
    GD_TRY(is_set(s3, "versioning", "Status", "Enabled", &found.versioning, err));
    GD_TRY(is_set(s3, "object-lock", "ObjectLockEnabled", "Enabled", &found.object_lock, err));
    GD_TRY(
        gd_s3_learn_checksums(s3, gd_arena_printf(arena, "%s" GD_S3_PROBE "%s", prefix, id), err));
    GD_TRY(learn_condition(s3, prefix, &found.conditional_large, err));
    found.conditional = atomic_load(&s3->conditional) == GD_S3_YES;
    found.checksums = atomic_load(&s3->checksums) == GD_S3_YES;
    if (!found.conditional)
        found.remark = "does not create conditionally: Guardian looks before each object instead, "
                       "which leaves a gap between two writers";
    *out_capabilities = found;
    return GD_DONE;
}
