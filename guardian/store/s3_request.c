#include <assert.h>
#include <string.h>
#include <sys/random.h>

#include "guardian/base/fault.h"
#include "guardian/io/digest.h"
#include "guardian/store/s3.h"
#include "guardian/store/s3_retry.h"

enum { RETRY_MS = 60000, CLEANING_MS = 3000, STOP_LOOK_MS = 100 };

void gd_s3_query(struct gd_s3_request *request, const char *name, const char *value)
{
    assert(request->query_count < GD_S3_QUERY_MAX);
    request->query[request->query_count++] = (struct gd_pair){name, value};
}

void gd_s3_header(struct gd_s3_request *request, const char *name, const char *value)
{
    assert(request->header_count < GD_S3_HEADERS_MAX);
    request->headers[request->header_count++] = (struct gd_pair){name, value};
}

int64_t gd_s3_now_us(const struct gd_s3 *s3)
{
    return gd_clock_now_us() + atomic_load(&s3->skew_us);
}

static bool is_over(const atomic_bool *stop)
{
    return gd_interrupted() || (stop != NULL && atomic_load(stop));
}

void gd_s3_pause(unsigned failures, const atomic_bool *stop)
{
    uint32_t random = 0;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random)
        random = (uint32_t)gd_clock_monotonic_us() * 2654435761U;
    uint32_t left = gd_s3_pause_ms(failures, random);
    while (left > 0 && !is_over(stop)) {
        uint32_t slice = left < STOP_LOOK_MS ? left : STOP_LOOK_MS;
        gd_sleep_ms(slice);
        left -= slice;
    }
}

/* --- one try -----------------------------------------------------------------------------------
 */

/* One request on its way through its tries. */
struct way {
    struct gd_s3 *s3;
    const struct gd_s3_request *request;
    struct gd_arena *arena;
    struct gd_source **out_source; /* NULL: the body is kept in memory */
    char sha256[GD_DIGEST_HEX_SIZE];
    struct gd_s3_tries tries;
    bool refresh; /* the next try asks for a fresh credential */
    struct gd_s3_try made;
    const char *region; /* named by the answer, NULL: none */
    int64_t offset_us;  /* of the answer's clock from ours */
};

static const char *current_region(struct gd_s3 *s3, struct gd_arena *arena)
{
    pthread_mutex_lock(&s3->lock);
    const char *region = gd_arena_strdup(arena, s3->region);
    pthread_mutex_unlock(&s3->lock);
    return region;
}

static void sign(struct way *way, const struct gd_credential *credential, int64_t now_us,
                 struct gd_http_request *out_request)
{
    const struct gd_s3 *s3 = way->s3;
    const struct gd_s3_request *request = way->request;
    const char *region = current_region(way->s3, way->arena);
    struct gd_sigv4_request to_sign = {
        .method = request->method,
        .host = gd_s3_place_host(&s3->place, region, way->arena),
        .path = gd_s3_place_path(&s3->place, request->key, way->arena),
        .query = request->query,
        .query_count = request->query_count,
        .headers = request->headers,
        .header_count = request->header_count,
        .payload_sha256 = way->sha256,
        .region = region,
        .service = "s3",
        .time_us = now_us,
    };
    struct gd_sigv4_signed made;
    gd_sigv4_sign(&to_sign, credential, way->arena, &made);
    *out_request = (struct gd_http_request){
        .method = request->method,
        .url = gd_arena_printf(way->arena, "%s://%s%s", s3->place.tls ? "https" : "http",
                               to_sign.host, made.target),
        .headers = made.headers,
        .body = request->body,
        .body_size = request->body_size,
        .answer_max = request->answer_max,
        .stop = request->stop,
        .cleaning_up = request->cleaning_up,
    };
}

/* An <Error> counts under any status: S3 answers 200 before it knows how a long request ends. A
 * body that is read as it comes is an object, and is not looked into. */
static void read_answer(struct way *way, struct gd_s3_answer *answer)
{
    struct gd_error ignored;
    answer->xml = NULL;
    answer->code = answer->message = "";
    bool object = way->out_source != NULL && answer->http.status <= 299;
    if (!object && answer->http.body_size > 0 &&
        gd_xml_parse(answer->http.body, answer->http.body_size, way->arena, &answer->xml, &ignored)
                .code != GD_OK)
        answer->xml = NULL;
    if (answer->xml != NULL && strcmp(answer->xml->name, "Error") == 0) {
        answer->code = gd_xml_text(answer->xml, "Code");
        answer->message = gd_xml_text(answer->xml, "Message");
        if (answer->code[0] == '\0')
            answer->code = "Error";
    }
    answer->good = answer->http.status >= 200 && answer->http.status <= 299 && !answer->code[0];
    if (answer->good)
        atomic_store(&way->s3->bucket_seen, true);
}

/* The server's clock is held against ours now, not when it was signed: a body may have taken long.
 */
static void note_answer(struct way *way, const struct gd_s3_answer *answer)
{
    int64_t now_us = gd_clock_now_us(), used_us = atomic_load(&way->s3->skew_us);
    int64_t server_us = now_us + used_us;
    (void)gd_http_date(gd_http_header(&answer->http, "date"), &server_us);
    way->offset_us = server_us - now_us;
    way->region = gd_http_header(&answer->http, "x-amz-bucket-region");
    if (way->region == NULL && answer->xml != NULL && answer->code[0] != '\0')
        way->region = gd_xml_text(answer->xml, "Region");
    const char *used = current_region(way->s3, way->arena);
    size_t length = way->region == NULL ? 0 : strlen(way->region);
    way->made.status = answer->http.status;
    way->made.code = answer->code;
    way->made.skew_us = way->offset_us - used_us;
    way->made.new_region = !answer->good && length > 0 && length < GD_S3_REGION_SIZE &&
                           way->region[strspn(way->region, "abcdefghijklmnopqrstuvwxyz"
                                                           "0123456789-")] == '\0' &&
                           strcmp(way->region, used) != 0;
}

static struct gd_status try_once(struct way *way, struct gd_s3_answer *answer, struct gd_error *err)
{
    struct gd_credential credential;
    way->made =
        (struct gd_s3_try){.code = "", .is_head = strcmp(way->request->method, "HEAD") == 0};
    way->made.trouble = GD_HTTP_OTHER;
    GD_TRY(gd_credentials_get(way->s3->credentials, way->refresh, &credential, err));
    way->refresh = false;
    way->made.expires_us = credential.expires_us;
    struct gd_http_request http;
    sign(way, &credential, gd_s3_now_us(way->s3), &http);
    gd_credential_wipe(&credential);
    struct gd_status status =
        way->out_source == NULL
            ? gd_http_run(way->s3->http, &http, way->arena, &answer->http, &way->made.trouble, err)
            : gd_http_open(way->s3->http, &http, way->arena, &answer->http, way->out_source,
                           &way->made.trouble, err);
    GD_TRY(status);
    read_answer(way, answer);
    note_answer(way, answer);
    return status;
}

/* --- all of them -------------------------------------------------------------------------------
 */

static void set_right(struct way *way, enum gd_s3_step step)
{
    struct gd_s3 *s3 = way->s3;
    if (step == GD_S3_CREDENTIAL)
        way->refresh = true;
    if (step == GD_S3_CLOCK)
        atomic_store(&s3->skew_us, way->offset_us);
    if (step != GD_S3_REGION || way->region == NULL)
        return;
    pthread_mutex_lock(&s3->lock);
    memcpy(s3->region, way->region, strlen(way->region) + 1);
    pthread_mutex_unlock(&s3->lock);
}

static uint32_t budget_ms(const struct way *way)
{
    if (way->request->cleaning_up)
        return CLEANING_MS;
    uint32_t asked = way->s3->options.retry_ms;
    return asked > 0 ? asked : RETRY_MS;
}

static struct gd_status tried_in_vain(const struct way *way, struct gd_status status,
                                      struct gd_error *err)
{
    unsigned failures = way->tries.failures;
    if (failures < 2 || gd_interrupted())
        return status;
    return gd_wrap(err, status, "%u tries in %lld seconds: ", failures,
                   (long long)((gd_clock_monotonic_us() - way->tries.first_failure_us) / 1000000));
}

static struct gd_status go(struct way *way, struct gd_s3_answer *out_answer, struct gd_error *err)
{
    const struct gd_s3_request *request = way->request;
    if (request->body_sha256 != NULL)
        memcpy(way->sha256, request->body_sha256, sizeof way->sha256);
    else
        gd_digest_of(request->body_size > 0 ? request->body : "", request->body_size, way->sha256);
    if (request->damaged)
        way->tries.damages = GD_S3_DAMAGES_MAX;
    for (;;) {
        struct gd_arena_mark mark = gd_arena_mark(way->arena);
        struct gd_error why = {0};
        GD_TRY(gd_fault("s3: before a request", err));
        struct gd_status status = try_once(way, out_answer, &why);
        enum gd_s3_step step =
            gd_s3_judge(&way->made, &way->tries, gd_clock_monotonic_us(), budget_ms(way));
        bool over = !request->cleaning_up && is_over(request->stop);
        if (step == GD_S3_ANSWER || over) {
            if (status.code == GD_OK)
                return gd_fault("s3: after a request", err);
            *err = why;
            return tried_in_vain(way, status, err);
        }
        set_right(way, step);
        if (step == GD_S3_AGAIN)
            gd_s3_pause(way->tries.failures, request->stop);
        gd_arena_rewind(way->arena, mark);
    }
}

struct gd_status gd_s3_send(struct gd_s3 *s3, const struct gd_s3_request *request,
                            struct gd_arena *arena, struct gd_s3_answer *out_answer,
                            struct gd_error *err)
{
    struct way way = {.s3 = s3, .request = request, .arena = arena};
    return go(&way, out_answer, err);
}

struct gd_status gd_s3_send_open(struct gd_s3 *s3, const struct gd_s3_request *request,
                                 struct gd_arena *arena, struct gd_s3_answer *out_answer,
                                 struct gd_source **out_source, struct gd_error *err)
{
    *out_source = NULL;
    struct way way = {.s3 = s3, .request = request, .arena = arena, .out_source = out_source};
    struct gd_status status = go(&way, out_answer, err);
    if (status.code != GD_OK) {
        gd_source_free(*out_source);
        *out_source = NULL;
    }
    return status;
}
