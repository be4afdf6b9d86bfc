#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "guardian/base/utf8.h"
#include "guardian/store/s3.h"

/* clang-format off */
static const struct { const char *code, *hint; } hints[] = {
    {"NoSuchBucket",        "Create the bucket, or correct the URL of the store."},
    {"AccessDenied",        "The credential needs s3:GetObject, s3:PutObject, s3:AbortMultipartUpload and s3:ListBucket on bucket and prefix; to remove, s3:DeleteObject."},
    {"AllAccessDisabled",   "The owner of the bucket has closed it."},
    {"InvalidAccessKeyId",  "The server does not know the access key: check that the credential is for this endpoint."},
    {"SignatureDoesNotMatch", "The secret key does not belong to the access key, or something on the way changes requests."},
    {"AuthorizationHeaderMalformed", "Set the region of the store."},
    {"PermanentRedirect",   "Set the region, or the endpoint, of the bucket."},
    {"ExpiredToken",        "Get a new session token."},
    {"InvalidToken",        "The session token does not belong to the access key; without a session, unset AWS_SESSION_TOKEN."},
    {"RequestTimeTooSkewed", "Set the clock of this machine."},
    {"EntityTooLarge",      "The server takes smaller objects only."},
    {"QuotaExceeded",       "Make room in the store."},
    {"InvalidRequest",      "Check that the server has the encryption, storage class, tags and object lock that are set."},
    {"InvalidStorageClass", "Leave the storage class out, or name one that this server has."},
    {"InvalidObjectState",  "The object lies in an archive class: bring it back first."},
    {"KMS.NotFoundException", "Check the id of the key."},
    {"InvalidBucketState",  "The bucket does not allow this: object lock, say, needs versioning."},
};
/* clang-format on */

bool gd_s3_is(const struct gd_s3_answer *answer, const char *code)
{
    return strcmp(answer->code, code) == 0;
}

static const char *hint_for(const char *code)
{
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++)
        if (strcmp(hints[i].code, code) == 0)
            return hints[i].hint;
    return NULL;
}

/* The server's words may hold anything: only what cannot deceive a screen, and not much of it. */
static void quote(const char *text, char *out, size_t size)
{
    size_t filled = 0;
    for (size_t length = strlen(text), at = 0; at < length;) {
        uint32_t code;
        size_t bytes = gd_utf8_decode(text + at, length - at, &code);
        bool good = code != GD_UTF8_BAD && !gd_utf8_deceives(code);
        if (filled + bytes + 1 > size)
            break;
        memcpy(out + filled, good ? text + at : "?", good ? bytes : 1);
        filled += good ? bytes : 1;
        at += bytes;
    }
    out[filled] = '\0';
}

struct gd_status gd_s3_refused(const struct gd_s3 *s3, const struct gd_s3_answer *answer,
                               struct gd_error *err, const char *what, ...)
{
    char said[256], code[64], message[200];
    va_list arguments;
    va_start(arguments, what);
    vsnprintf(said, sizeof said, what, arguments);
    va_end(arguments);
    quote(answer->code, code, sizeof code);
    quote(answer->message, message, sizeof message);
    bool words = answer->xml != NULL || answer->http.body_size == 0;
    struct gd_status status =
        gd_fail(err, GD_SYSTEM, "%s in %s: the server answered %d%s%s%s%s%s", said, s3->store.url,
                answer->http.status, code[0] != '\0' ? " " : "", code,
                message[0] != '\0' ? " (" : "", message, message[0] != '\0' ? ")" : "");
    const char *hint = hint_for(answer->code);
    if (!words)
        hint = "It does not answer as an S3 server does: check the endpoint.";
    else if (hint == NULL && answer->http.status == 403)
        hint = hint_for("AccessDenied");
    return hint == NULL ? status : gd_hint(err, status, "%s", hint);
}
