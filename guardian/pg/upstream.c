#include "guardian/pg/upstream.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "guardian/base/memory.h"
#include "guardian/pg/connection.h"
#include "guardian/pg/wire.h"

/* What servers report: those of libpq's documentation, and what newer ones added. */
static const char *const known[] = {
    "in_hot_standby",
    "integer_datetimes",
    "TimeZone",
    "IntervalStyle",
    "search_path",
    "is_superuser",
    "application_name",
    "default_transaction_read_only",
    "scram_iterations",
    "DateStyle",
    "standard_conforming_strings",
    "session_authorization",
    "client_encoding",
    "server_version",
    "server_encoding",
};
enum { KNOWN_COUNT = sizeof known / sizeof known[0] };

struct gd_upstream {
    struct gd_pg *pg;
    const PGconn *conn; /* what the stream belongs to */
    struct gd_stream *stream;
    PGcancel *cancel;
    struct gd_pg_parameter reported[KNOWN_COUNT];
    size_t reported_count;
    char *told[KNOWN_COUNT]; /* since then; NULL: nothing */
    struct gd_wire_out heard;
};

/* --- start-up parameters ------------------------------------------------------------------------
 */

/* As pg_split_opts() of the server reads it: white space parts, a backslash keeps. */
static void add_escaped(struct gd_wire_out *options, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\\' || isspace((unsigned char)*text))
            gd_wire_put(options, "\\", 1);
        gd_wire_put(options, text, 1);
    }
}

static void add_setting(struct gd_wire_out *options, const char *name, const char *value)
{
    gd_wire_put(options, " -c ", 4);
    add_escaped(options, name);
    gd_wire_put(options, "=", 1);
    add_escaped(options, value);
}

static bool is_off(const char *value)
{
    static const char *const off[] = {"false", "off", "no", "0", "f", "n"};
    for (size_t i = 0; i < sizeof off / sizeof off[0]; i++)
        if (strcasecmp(value, off[i]) == 0)
            return true;
    return false;
}

/* How many of a client's parameters a name can be; "=" would end it early. */
static bool is_setting_name(const char *name)
{
    return *name != '\0' && strpbrk(name, "= \t\r\n\v\f\\") == NULL;
}

GD_MUST static struct gd_status add_parameter(struct gd_pg *pg, struct gd_wire_out *options,
                                              const struct gd_pg_parameter *given,
                                              struct gd_error *err)
{
    if (strcmp(given->name, "replication") == 0)
        return is_off(given->value)
                   ? GD_DONE
                   : gd_fail(err, GD_REFUSED,
                             "replication connections do not go through guardian's door");
    if (strcmp(given->name, "application_name") == 0 ||
        strcmp(given->name, "client_encoding") == 0) {
        gd_pg_target_set(&pg->target, gd_arena_strdup(pg->arena, given->name),
                         gd_arena_strdup(pg->arena, given->value));
        return GD_DONE;
    }
    if (strcmp(given->name, "options") == 0) {
        gd_wire_put(options, " ", 1);
        gd_wire_put(options, given->value, strlen(given->value));
        return GD_DONE;
    }
    if (!is_setting_name(given->name))
        return gd_fail(err, GD_REFUSED, "start-up parameter \"%s\" cannot be passed on",
                       given->name);
    add_setting(options, given->name, given->value);
    return GD_DONE;
}

/* The client's session is as it would be without us between: no encoding and no name but its own
 * and the target's; the environment of this process says nothing. GSSAPI's encryption is none that
 * somebody else could speak. */
GD_MUST static struct gd_status prepare(struct gd_pg *pg, const struct gd_upstream_options *given,
                                        struct gd_error *err)
{
    const char *own = gd_pg_target_get(&pg->target, "options");
    const char *encrypts = gd_pg_target_get(&pg->target, "gssencmode");
    gd_auto_wire_out options = {0};
    if (encrypts != NULL && strcmp(encrypts, "require") == 0)
        return gd_fail(err, GD_USAGE,
                       "gssencmode=require cannot be kept: the door speaks TLS only");
    gd_pg_target_set(&pg->target, "gssencmode", "disable");
    gd_wire_put(&options, own == NULL ? "" : own, own == NULL ? 0 : strlen(own));
    gd_pg_target_set(&pg->target, "client_encoding", "");
    for (size_t i = 0; i < given->parameter_count; i++)
        GD_TRY(add_parameter(pg, &options, &given->parameters[i], err));
    gd_wire_put(&options, "", 1);
    gd_pg_target_set(&pg->target, "options",
                     gd_arena_strdup(pg->arena, (const char *)options.bytes));
    return GD_DONE;
}

/* --- refusals -----------------------------------------------------------------------------------
 */

static void copy_line(const char *text, char *to, size_t size)
{
    snprintf(to, size, "%.*s", (int)strcspn(text, "\n"), text);
}

static void copy_field(const char *text, const char *label, char *to, size_t size)
{
    const char *found = strstr(text, label);
    if (found != NULL)
        copy_line(found + strlen(label), to, size);
}

/* Of 'connection to server … failed: FATAL:  3D000: database "x" does not exist', in whatever
 * language: a severity, two blanks, five characters of a SQLSTATE. The last one counts, as that
 * of several hosts which was tried last. */
static const char *find_sqlstate(const char *text)
{
    const char *last = NULL;
    for (const char *at = strstr(text, ":  "); at != NULL; at = strstr(at + 1, ":  ")) {
        size_t length = strspn(at + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        if (length == 5 && strncmp(at + 8, ": ", 2) == 0)
            last = at + 3;
    }
    return last;
}

static void read_refusal(const struct gd_pg *pg, const struct gd_error *err,
                         struct gd_upstream_refusal *refusal)
{
    const char *words = pg == NULL || pg->conn == NULL ? "" : PQerrorMessage(pg->conn);
    const char *state = find_sqlstate(words);
    *refusal = (struct gd_upstream_refusal){0};
    if (state != NULL) {
        copy_line(state + 7, refusal->message, sizeof refusal->message);
        copy_field(state, "\nDETAIL:  ", refusal->detail, sizeof refusal->detail);
        copy_field(state, "\nHINT:  ", refusal->hint, sizeof refusal->hint);
        memcpy(refusal->sqlstate, state, 5);
        return;
    }
    const char *fallback = err->code == GD_REFUSED ? "0A000" : "08001";
    snprintf(refusal->sqlstate, sizeof refusal->sqlstate, "%s", fallback);
    snprintf(refusal->message, sizeof refusal->message, "%s", err->text);
    snprintf(refusal->hint, sizeof refusal->hint, "%s", err->hint);
}

/* --- open and close -----------------------------------------------------------------------------
 */

GD_MUST static struct gd_status connect_as(const struct gd_upstream_options *options,
                                           struct gd_pg **pg, struct gd_error *err)
{
    struct gd_pg_options plain = *options->pg;
    plain.reopen = false;
    plain.no_advice = true;
    if (options->database != NULL)
        plain.database = options->database;
    GD_TRY(gd_pg_new(&plain, pg, err));
    (*pg)->options.application = "";
    (*pg)->verbose = true;
    GD_TRY(gd_pg_read_target(*pg, err));
    GD_TRY(prepare(*pg, options, err));
    return gd_pg_open(*pg, err);
}

static const char *heard_setting(const void *context, const char *setting)
{
    const struct gd_upstream *upstream = context;
    for (size_t i = 0; i < KNOWN_COUNT; i++)
        if (strcmp(known[i], setting) == 0)
            return upstream->told[i];
    return NULL;
}

static void note_reported(struct gd_upstream *upstream)
{
    for (size_t i = 0; i < KNOWN_COUNT; i++) {
        const char *value = PQparameterStatus(upstream->pg->conn, known[i]);
        if (value != NULL)
            upstream->reported[upstream->reported_count++] =
                (struct gd_pg_parameter){known[i], gd_arena_strdup(upstream->pg->arena, value)};
    }
}

GD_MUST static struct gd_status take_over(struct gd_pg *pg, struct gd_upstream **out_upstream,
                                          struct gd_error *err)
{
    struct gd_stream *stream = NULL;
    PQsetErrorVerbosity(pg->conn, PQERRORS_DEFAULT);
    PGcancel *cancel = PQgetCancel(pg->conn);
    if (cancel == NULL)
        return gd_fail(err, GD_SYSTEM, "could not connect: out of memory");
    struct gd_status status =
        gd_stream_borrow(PQsocket(pg->conn), PQsslStruct(pg->conn, "OpenSSL"), &stream, err);
    if (status.code != GD_OK) {
        PQfreeCancel(cancel);
        return status;
    }
    struct gd_upstream *upstream = gd_memory_new(sizeof *upstream);
    *upstream =
        (struct gd_upstream){.pg = pg, .conn = pg->conn, .stream = stream, .cancel = cancel};
    pg->heard_setting = heard_setting;
    pg->heard_context = upstream;
    note_reported(upstream);
    *out_upstream = upstream;
    return GD_DONE;
}

struct gd_status gd_upstream_connect(const struct gd_upstream_options *options,
                                     struct gd_upstream **out_upstream,
                                     struct gd_upstream_refusal *out_refusal, struct gd_error *err)
{
    struct gd_pg *pg = NULL;
    struct gd_status status = connect_as(options, &pg, err);
    if (status.code == GD_OK)
        status = take_over(pg, out_upstream, err);
    if (status.code == GD_OK)
        return GD_DONE;
    read_refusal(pg, err, out_refusal);
    gd_pg_close(pg);
    return status;
}

void gd_upstream_close(struct gd_upstream *upstream)
{
    if (upstream == NULL)
        return;
    if (gd_upstream_whole(upstream))
        (void)shutdown(gd_stream_descriptor(upstream->stream), SHUT_RDWR);
    gd_stream_free(upstream->stream);
    PQfreeCancel(upstream->cancel);
    gd_pg_close(upstream->pg);
    for (size_t i = 0; i < KNOWN_COUNT; i++)
        free(upstream->told[i]);
    gd_wire_done(&upstream->heard);
    free(upstream);
}

/* --- in use -------------------------------------------------------------------------------------
 */

struct gd_stream *gd_upstream_stream(struct gd_upstream *upstream)
{
    return upstream->stream;
}

const struct gd_pg_parameter *gd_upstream_reported(const struct gd_upstream *upstream,
                                                   size_t *out_count)
{
    *out_count = upstream->reported_count;
    return upstream->reported;
}

void gd_upstream_told(struct gd_upstream *upstream, const char *name, const char *value)
{
    for (size_t i = 0; i < KNOWN_COUNT; i++)
        if (strcmp(known[i], name) == 0) {
            free(upstream->told[i]);
            upstream->told[i] = gd_memory_strdup(value);
        }
}

int gd_upstream_backend(const struct gd_upstream *upstream)
{
    return PQbackendPID(upstream->pg->conn);
}

struct gd_status gd_upstream_cancel(struct gd_upstream *upstream, struct gd_error *err)
{
    char why[256] = "";
    if (PQcancel(upstream->cancel, why, sizeof why) != 1)
        return gd_fail(err, GD_SYSTEM, "could not cancel: %s", why);
    return GD_DONE;
}

struct gd_pg *gd_upstream_pg(struct gd_upstream *upstream)
{
    struct gd_error ignored = {0};
    struct gd_pg *pg = upstream->pg;
    pg->target.schema = pg->target.search_path = NULL; /* what the client has set is what counts */
    if (!pg->broken && PQsendQuery(pg->conn, "") != 1)
        pg->broken = true;
    /* Fails in no other way than by a lost connection, which the caller sees. */
    if (!pg->broken)
        (void)gd_pg_finish_results(pg, "look at the session", GD_DONE, &ignored).code;
    return pg;
}

bool gd_upstream_whole(const struct gd_upstream *upstream)
{
    const struct gd_pg *pg = upstream->pg;
    return !pg->broken && pg->conn == upstream->conn && PQstatus(pg->conn) == CONNECTION_OK &&
           PQsocket(pg->conn) == gd_stream_descriptor(upstream->stream);
}

const void *gd_upstream_heard(struct gd_upstream *upstream, size_t *out_size)
{
    PGnotify *one;
    upstream->heard.size = 0;
    while ((one = PQnotifies(upstream->pg->conn)) != NULL) {
        gd_wire_notification(&upstream->heard, (uint32_t)one->be_pid, one->relname, one->extra);
        PQfreemem(one);
    }
    *out_size = upstream->heard.size;
    return upstream->heard.size == 0 ? NULL : upstream->heard.bytes;
}
