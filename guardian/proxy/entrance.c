#include "guardian/proxy/entrance.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "guardian/io/hmac.h"
#include "guardian/proxy/door_own.h"

enum {
    PACKET_MAX = 10000, /* of a start-up message, as in the server */
    MESSAGE_MAX = 2048, /* of a SASL message: mechanism, length and GD_SCRAM_MESSAGE_MAX */
    REPLY_MAX = 16384,  /* NegotiateProtocolVersion repeats names of a start-up message */
    PARAMETERS_MAX = 256,
    PROTOCOL_3 = 3 << 16,
    CODE_CANCEL = 1234 << 16 | 5678,
    CODE_TLS = 1234 << 16 | 5679,
    CODE_GSS = 1234 << 16 | 5680,
    SASL = 10,
    SASL_CONTINUE = 11,
    SASL_FINAL = 12,
};

/* What is expected next. */
enum step { STEP_START, STEP_FIRST, STEP_FINAL, STEP_OVER };

struct gd_entrance {
    struct gd_door *door;
    struct gd_stream *client;
    struct gd_arena *arena;
    enum step step;
    enum gd_entrance_state state;
    bool asked_tls, asked_gss, secure;
    struct gd_scram_end_point end_point; /* of the certificate that it was shown */

    unsigned char in[PACKET_MAX]; /* one message, as far as it has come */
    size_t in_size;
    unsigned char out[REPLY_MAX];
    size_t out_size;

    const char *user, *database;
    bool known; /* the user is in the door's list */
    struct gd_pg_parameter *parameters;
    size_t parameter_count;
    const char **unknown; /* _pq_ options */
    size_t unknown_count;
    uint32_t protocol;
    struct gd_cancel_key cancel;
    struct gd_scram *scram;
};

/* --- what we say -------------------------------------------------------------------------------
 */

static void put(struct gd_entrance *entrance, const void *bytes, size_t size)
{
    assert(size <= sizeof entrance->out - entrance->out_size);
    memcpy(entrance->out + entrance->out_size, bytes, size);
    entrance->out_size += size;
}

static void put_u32(struct gd_entrance *entrance, uint32_t number)
{
    const unsigned char bytes[] = {(unsigned char)(number >> 24), (unsigned char)(number >> 16),
                                   (unsigned char)(number >> 8), (unsigned char)number};
    put(entrance, bytes, sizeof bytes);
}

static void put_text(struct gd_entrance *entrance, const char *text)
{
    put(entrance, text, strlen(text) + 1);
}

/* The length of a message stands in front of it: it is filled in by end(). */
static size_t begin(struct gd_entrance *entrance, char type)
{
    put(entrance, &type, 1);
    size_t at = entrance->out_size;
    put_u32(entrance, 0);
    return at;
}

static void end(struct gd_entrance *entrance, size_t at)
{
    size_t all = entrance->out_size;
    entrance->out_size = at;
    put_u32(entrance, (uint32_t)(all - at));
    entrance->out_size = all;
}

static void put_field(struct gd_entrance *entrance, char field, const char *text)
{
    if (*text == '\0')
        return;
    put(entrance, &field, 1);
    put_text(entrance, text);
}

/* The last thing that this client hears. A name in a text is cut: the server's names have 63 bytes.
 */
static enum gd_entrance_state __attribute__((format(printf, 4, 5)))
refuse(struct gd_entrance *entrance, const char *sqlstate, const char *hint, const char *format,
       ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    size_t at = begin(entrance, 'E');
    put_field(entrance, 'S', "FATAL");
    put_field(entrance, 'V', "FATAL");
    put_field(entrance, 'C', sqlstate);
    put_field(entrance, 'M', text);
    put_field(entrance, 'H', hint);
    put(entrance, "", 1);
    end(entrance, at);
    entrance->step = STEP_OVER;
    return entrance->state = GD_ENTRANCE_OUT;
}

static enum gd_entrance_state violated(struct gd_entrance *entrance, const char *what)
{
    return refuse(entrance, "08P01", "", "%s", what);
}

/* --- before the start-up message ---------------------------------------------------------------
 */

/* What was sent before the handshake cannot have come through it: somebody may have put it there.
 * The answer is written here, together with those that were not sent yet: the stream is plain up to
 * this byte and no further. */
static enum gd_entrance_state accept_tls(struct gd_entrance *entrance, bool more)
{
    size_t written = 0;
    struct gd_error err = {0};
    if (more)
        return violated(entrance, "received unencrypted data after SSL request");
    put(entrance, "S", 1);
    enum gd_stream_end sent =
        gd_stream_write(entrance->client, entrance->out, entrance->out_size, &written);
    bool all = sent == GD_STREAM_DONE && written == entrance->out_size;
    entrance->out_size = 0;
    entrance->secure = true;
    if (!all ||
        gd_door_accept_tls(entrance->door, entrance->client, &entrance->end_point, &err).code !=
            GD_OK) {
        entrance->step = STEP_OVER;
        return entrance->state = GD_ENTRANCE_OUT; /* no words: nobody would understand them */
    }
    return GD_ENTRANCE_WAITS;
}

static enum gd_entrance_state answer_tls(struct gd_entrance *entrance, bool more)
{
    entrance->asked_tls = true;
    if (entrance->door->has_tls)
        return accept_tls(entrance, more);
    put(entrance, "N", 1);
    return GD_ENTRANCE_WAITS;
}

static enum gd_entrance_state answer_gss(struct gd_entrance *entrance)
{
    entrance->asked_gss = true;
    put(entrance, "N", 1);
    return GD_ENTRANCE_WAITS;
}

static uint32_t u32_at(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
           (uint32_t)bytes[3];
}

/* Protocol 2 knows no fields, and no length. */
static enum gd_entrance_state refuse_protocol(struct gd_entrance *entrance, uint32_t protocol)
{
    uint32_t major = protocol >> 16, minor = protocol & 0xFFFF;
    if (major >= 3)
        return refuse(entrance, "0A000", "",
                      "unsupported frontend protocol %u.%u: server supports 3.0 to 3.0", major,
                      minor);
    char text[128];
    (void)snprintf(text, sizeof text,
                   "EFATAL:  unsupported frontend protocol %u.%u: server supports 3.0 to 3.0\n",
                   major, minor);
    put_text(entrance, text);
    entrance->step = STEP_OVER;
    return entrance->state = GD_ENTRANCE_OUT;
}

static enum gd_entrance_state take_cancel(struct gd_entrance *entrance)
{
    if (entrance->in_size != 16)
        return violated(entrance, "invalid length of cancel request");
    entrance->cancel.process = u32_at(entrance->in + 8);
    entrance->cancel.secret = u32_at(entrance->in + 12);
    entrance->step = STEP_OVER;
    return entrance->state = GD_ENTRANCE_CANCELS;
}

/* --- the start-up message ----------------------------------------------------------------------
 */

/* @return NULL: it does not end within */
static const char *take_text(const struct gd_entrance *entrance, const char **at, const char *stop)
{
    size_t left = (size_t)(stop - *at);
    const char *zero = memchr(*at, '\0', left);
    if (zero == NULL)
        return NULL;
    const char *text = gd_arena_strdup(entrance->arena, *at);
    *at = zero + 1;
    return text;
}

static bool take_pair(struct gd_entrance *entrance, const char *name, const char *value)
{
    if (strcmp(name, "user") == 0)
        entrance->user = value;
    else if (strcmp(name, "database") == 0)
        entrance->database = value;
    else if (entrance->parameter_count + entrance->unknown_count == PARAMETERS_MAX)
        return false;
    else if (strncmp(name, "_pq_.", 5) == 0)
        entrance->unknown[entrance->unknown_count++] = name;
    else
        entrance->parameters[entrance->parameter_count++] = (struct gd_pg_parameter){name, value};
    return true;
}

/* Pairs of texts behind the version, and a zero behind the last. */
static bool read_pairs(struct gd_entrance *entrance)
{
    const char *at = (const char *)entrance->in + 8;
    const char *stop = (const char *)entrance->in + entrance->in_size;
    entrance->parameters =
        gd_arena_zalloc(entrance->arena, PARAMETERS_MAX, sizeof *entrance->parameters);
    entrance->unknown = gd_arena_zalloc(entrance->arena, PARAMETERS_MAX, sizeof(char *));
    while (at < stop && *at != '\0') {
        const char *name = take_text(entrance, &at, stop);
        const char *value = name == NULL ? NULL : take_text(entrance, &at, stop);
        if (value == NULL || !take_pair(entrance, name, value))
            return false;
    }
    return at == stop - 1;
}

/* "We speak 3.0, and none of these": a client of a newer protocol goes on with that, or leaves. */
static void negotiate(struct gd_entrance *entrance)
{
    if (entrance->protocol == PROTOCOL_3 && entrance->unknown_count == 0)
        return;
    size_t at = begin(entrance, 'v');
    put_u32(entrance, PROTOCOL_3);
    put_u32(entrance, (uint32_t)entrance->unknown_count);
    for (size_t i = 0; i < entrance->unknown_count; i++)
        put_text(entrance, entrance->unknown[i]);
    end(entrance, at);
}

/* What a bound conversation is bound to; NULL: it cannot be. */
static const struct gd_scram_end_point *end_point(const struct gd_entrance *entrance)
{
    return entrance->secure && entrance->end_point.size > 0 ? &entrance->end_point : NULL;
}

static void ask_for_password(struct gd_entrance *entrance)
{
    struct gd_scram_options options = {.end_point = end_point(entrance)};
    entrance->known = gd_door_verifier(entrance->door, entrance->user, &options.verifier);
    options.doomed = !entrance->known;
    entrance->scram = gd_scram_new(&options, entrance->arena);
    gd_wipe(&options, sizeof options);
    size_t at = begin(entrance, 'R');
    put_u32(entrance, SASL);
    if (end_point(entrance) != NULL)
        put_text(entrance, "SCRAM-SHA-256-PLUS");
    put_text(entrance, "SCRAM-SHA-256");
    put(entrance, "", 1);
    end(entrance, at);
    entrance->step = STEP_FIRST;
}

static enum gd_entrance_state take_startup(struct gd_entrance *entrance)
{
    if (!read_pairs(entrance))
        return violated(entrance,
                        "invalid startup packet layout: expected terminator as last byte");
    if (entrance->user == NULL || *entrance->user == '\0')
        return refuse(entrance, "28000", "", "no PostgreSQL user name specified in startup packet");
    if (entrance->database == NULL || *entrance->database == '\0')
        entrance->database = entrance->user;
    if (atomic_load(&entrance->door->clients) > entrance->door->client_max) {
        atomic_fetch_add(&entrance->door->turned_away, 1);
        return refuse(entrance, "53300", "", "sorry, too many clients already");
    }
    if (entrance->door->has_tls && !entrance->secure && !entrance->door->local)
        return refuse(entrance, "28000", "Connect with sslmode=require or stricter.",
                      "this door of guardian is open to encrypted connections only");
    negotiate(entrance);
    ask_for_password(entrance);
    return GD_ENTRANCE_WAITS;
}

/* --- the password ------------------------------------------------------------------------------
 */

static enum gd_entrance_state end_login(struct gd_entrance *entrance, enum gd_scram_end how)
{
    char text[256];
    switch (how) {
    case GD_SCRAM_GOOD:
        return GD_ENTRANCE_WAITS;
    case GD_SCRAM_WRONG:
        return refuse(entrance, "28P01",
                      entrance->door->has_list
                          ? ""
                          : "Guardian made a password for this run alone: take user and password "
                            "from DATABASE_URL or PGUSER and PGPASSWORD in the environment.",
                      "password authentication failed for user \"%.*s\"", 128, entrance->user);
    case GD_SCRAM_DOWNGRADE:
        return refuse(entrance, "28000", "",
                      "SCRAM channel binding negotiation error: the client believes that the "
                      "server does not support it, but it does");
    case GD_SCRAM_MALFORMED:
        break;
    }
    (void)snprintf(text, sizeof text, "malformed SCRAM message: %s", gd_scram_why(entrance->scram));
    return violated(entrance, text);
}

static void put_sasl(struct gd_entrance *entrance, uint32_t kind, const char *answer)
{
    size_t at = begin(entrance, 'R');
    put_u32(entrance, kind);
    put(entrance, answer, strlen(answer));
    end(entrance, at);
}

/* The name of the mechanism, and the length of what the client says first. */
static enum gd_entrance_state take_first(struct gd_entrance *entrance)
{
    const char *mechanism = (const char *)entrance->in + 5, *answer = NULL;
    size_t size = entrance->in_size - 5;
    const char *zero = memchr(mechanism, '\0', size);
    size_t left = zero == NULL ? 0 : size - (size_t)(zero + 1 - mechanism);
    if (left < 4 || u32_at((const unsigned char *)zero + 1) != left - 4)
        return violated(entrance, "malformed SCRAM message: the first message is missing");
    enum gd_scram_end how = gd_scram_first(entrance->scram, mechanism, zero + 5, left - 4, &answer);
    if (how != GD_SCRAM_GOOD)
        return end_login(entrance, how);
    put_sasl(entrance, SASL_CONTINUE, answer);
    entrance->step = STEP_FINAL;
    return GD_ENTRANCE_WAITS;
}

/* Who has the password and another name would be somebody else upstream than he says. */
static enum gd_entrance_state take_final(struct gd_entrance *entrance)
{
    const char *answer = NULL;
    enum gd_scram_end how = gd_scram_final(entrance->scram, (const char *)entrance->in + 5,
                                           entrance->in_size - 5, &answer);
    if (how != GD_SCRAM_GOOD)
        return end_login(entrance, how);
    const char *user = entrance->door->user;
    if (!entrance->door->has_list && user != NULL && strcmp(user, entrance->user) != 0)
        return refuse(entrance, "28000",
                      "A run speaks to the database as one user: name the one that the command "
                      "needs in the URL that guardian is given.",
                      "guardian lets user \"%.*s\" in here, not \"%.*s\"", 128, user, 128,
                      entrance->user);
    put_sasl(entrance, SASL_FINAL, answer);
    entrance->step = STEP_OVER;
    return entrance->state = GD_ENTRANCE_IN;
}

/* --- messages ----------------------------------------------------------------------------------
 */

/* A whole packet without a type; `more` came behind it. */
static enum gd_entrance_state take_packet(struct gd_entrance *entrance, bool more)
{
    uint32_t code = u32_at(entrance->in + 4);
    if (code == CODE_CANCEL)
        return take_cancel(entrance);
    if (code == CODE_TLS && !entrance->asked_tls && entrance->in_size == 8)
        return answer_tls(entrance, more);
    if (code == CODE_GSS && !entrance->asked_gss && entrance->in_size == 8)
        return answer_gss(entrance);
    if (code >> 16 != 3)
        return refuse_protocol(entrance, code);
    entrance->protocol = code;
    return take_startup(entrance);
}

static enum gd_entrance_state take_message(struct gd_entrance *entrance, bool more)
{
    switch (entrance->step) {
    case STEP_START:
        return take_packet(entrance, more);
    case STEP_FIRST:
        return take_first(entrance);
    case STEP_FINAL:
        return take_final(entrance);
    case STEP_OVER:
        break;
    }
    return entrance->state;
}

/* How many bytes the message at hand has, as far as it can be told now.
 * @return 0: it is none that may come here */
static size_t wanted_size(const struct gd_entrance *entrance)
{
    bool typed = entrance->step != STEP_START;
    size_t head = typed ? 5 : 4;
    if (typed && entrance->in_size > 0 && entrance->in[0] != 'p')
        return 0;
    if (entrance->in_size < head)
        return head;
    size_t length = u32_at(entrance->in + (typed ? 1 : 0));
    if (length < (typed ? 4 : 8) || length > (typed ? MESSAGE_MAX : PACKET_MAX))
        return 0;
    return length + (typed ? 1 : 0);
}

/* HTTP, a TLS handshake without a request, or anything else that is not for us. */
static enum gd_entrance_state refuse_size(struct gd_entrance *entrance)
{
    if (entrance->step == STEP_START)
        return violated(entrance, "invalid length of startup packet");
    return entrance->in[0] == 'p'
               ? violated(entrance, "invalid length of SASL response")
               : refuse(entrance, "08P01", "", "expected SASL response, got message type %u",
                        (unsigned)entrance->in[0]);
}

enum gd_entrance_state gd_entrance_feed(struct gd_entrance *entrance, const void *bytes,
                                        size_t size, struct gd_entrance_reply *out_reply)
{
    const unsigned char *at = bytes, *stop = at + size;
    entrance->out_size = 0;
    while (entrance->step != STEP_OVER) {
        size_t wanted = wanted_size(entrance);
        if (wanted == 0) {
            (void)refuse_size(entrance);
            break;
        }
        if (entrance->in_size == wanted) {
            (void)take_message(entrance, at < stop);
            entrance->in_size = 0;
            continue;
        }
        size_t taken = wanted - entrance->in_size;
        if (taken > (size_t)(stop - at))
            taken = (size_t)(stop - at);
        if (taken == 0)
            break;
        memcpy(entrance->in + entrance->in_size, at, taken);
        entrance->in_size += taken;
        at += taken;
    }
    size_t used =
        entrance->state == GD_ENTRANCE_IN ? (size_t)(at - (const unsigned char *)bytes) : size;
    *out_reply = (struct gd_entrance_reply){entrance->out, entrance->out_size, used};
    return entrance->state;
}

/* --- from outside ------------------------------------------------------------------------------
 */

struct gd_status gd_entrance_new(struct gd_door *door, struct gd_stream *client,
                                 struct gd_arena *arena, struct gd_entrance **out_entrance,
                                 struct gd_error *err)
{
    (void)err;
    struct gd_entrance *entrance = gd_arena_zalloc(arena, 1, sizeof *entrance);
    entrance->door = door;
    entrance->client = client;
    entrance->arena = arena;
    entrance->state = GD_ENTRANCE_WAITS;
    *out_entrance = entrance;
    return GD_DONE;
}

void gd_entrance_done(struct gd_entrance *entrance)
{
    if (entrance == NULL)
        return;
    gd_scram_wipe(entrance->scram);
    gd_wipe(entrance->in, sizeof entrance->in);
}

const char *gd_entrance_user(const struct gd_entrance *entrance)
{
    return entrance->user;
}

const char *gd_entrance_database(const struct gd_entrance *entrance)
{
    return entrance->database;
}

const struct gd_pg_parameter *gd_entrance_parameters(const struct gd_entrance *entrance,
                                                     size_t *out_count)
{
    *out_count = entrance->parameter_count;
    return entrance->parameters;
}

struct gd_cancel_key gd_entrance_cancel_key(const struct gd_entrance *entrance)
{
    return entrance->cancel;
}
