#include "guardian/store/s3_retry.h"

#include <stdlib.h>
#include <string.h>

enum {
    PAUSE_FIRST_MS = 200,
    PAUSE_MAX_MS = 20000,
    CLOCKS_MAX = 2,
    REGIONS_MAX = 2,
    SKEW_MATTERS_S = 240,
};

static bool is_one_of(const char *code, const char *const *codes)
{
    while (*codes != NULL && strcmp(*codes, code) != 0)
        codes++;
    return *codes != NULL;
}

static bool passes_by(const struct gd_s3_try *made)
{
    static const char *const codes[] = {"InternalError",
                                        "InternalFailure",
                                        "SlowDown",
                                        "ServiceUnavailable",
                                        "Busy",
                                        "RequestTimeout",
                                        "Throttling",
                                        "ThrottlingException",
                                        "RequestThrottled",
                                        "RequestLimitExceeded",
                                        "BandwidthLimitExceeded",
                                        "TooManyRequests",
                                        "OperationAborted",
                                        "ConditionalRequestConflict",
                                        "PriorRequestNotComplete",
                                        "TemporaryRedirect",
                                        NULL};
    static const int statuses[] = {307, 408, 429, 500, 502, 503, 504};
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (made->status == statuses[i])
            return true;
    return is_one_of(made->code, codes);
}

/* What was sent is not what arrived: the network, so once more; but not for ever. */
static bool is_damage(const char *code)
{
    static const char *const codes[] = {"BadDigest", "XAmzContentSHA256Mismatch",
                                        "XAmzContentChecksumMismatch", "IncompleteBody", NULL};
    return is_one_of(code, codes);
}

static bool is_expired(const struct gd_s3_try *made)
{
    static const char *const codes[] = {"ExpiredToken", "ExpiredTokenException", "RequestExpired",
                                        "TokenRefreshRequired", NULL};
    if (is_one_of(made->code, codes))
        return true;
    return made->is_head && made->expires_us != 0 && (made->status == 400 || made->status == 403);
}

static bool is_skewed(const struct gd_s3_try *made)
{
    if (strcmp(made->code, "RequestTimeTooSkewed") == 0)
        return true;
    return made->status == 403 && llabs(made->skew_us) > (int64_t)SKEW_MATTERS_S * 1000000;
}

static bool is_elsewhere(const struct gd_s3_try *made)
{
    return made->new_region && (made->status == 301 || made->status == 307 || made->status == 400 ||
                                made->status == 403);
}

static enum gd_s3_step again(struct gd_s3_tries *tries, int64_t now_us, uint32_t budget_ms)
{
    if (tries->failures++ == 0)
        tries->first_failure_us = now_us;
    bool within = now_us - tries->first_failure_us < (int64_t)budget_ms * 1000;
    return within || tries->failures < 2 ? GD_S3_AGAIN : GD_S3_ANSWER;
}

/* Worth one more try with something set right; GD_S3_ANSWER when it was tried before. */
static enum gd_s3_step set_right(const struct gd_s3_try *made, struct gd_s3_tries *tries)
{
    if (is_elsewhere(made) && tries->regions++ < REGIONS_MAX)
        return GD_S3_REGION;
    if (is_skewed(made) && tries->clocks++ < CLOCKS_MAX)
        return GD_S3_CLOCK;
    if (is_expired(made) && tries->credentials++ == 0)
        return GD_S3_CREDENTIAL;
    return GD_S3_ANSWER;
}

enum gd_s3_step gd_s3_judge(const struct gd_s3_try *made, struct gd_s3_tries *tries, int64_t now_us,
                            uint32_t budget_ms)
{
    if (made->trouble != GD_HTTP_FINE) {
        bool passing = made->trouble == GD_HTTP_NO_CONNECTION || made->trouble == GD_HTTP_LOST;
        return passing ? again(tries, now_us, budget_ms) : GD_S3_ANSWER;
    }
    enum gd_s3_step step = set_right(made, tries);
    if (step != GD_S3_ANSWER)
        return step;
    if (is_damage(made->code) && tries->damages++ < GD_S3_DAMAGES_MAX)
        return again(tries, now_us, budget_ms);
    if (!passes_by(made))
        return GD_S3_ANSWER;
    return again(tries, now_us, budget_ms);
}

uint32_t gd_s3_pause_ms(unsigned failures, uint32_t random)
{
    uint32_t limit = PAUSE_FIRST_MS;
    for (unsigned i = 1; i < failures && limit < PAUSE_MAX_MS; i++)
        limit *= 2;
    return random % ((limit < PAUSE_MAX_MS ? limit : PAUSE_MAX_MS) + 1);
}
