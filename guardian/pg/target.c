#include "guardian/pg/target.h"

#include <assert.h>
#include <ctype.h>
#include <libpq-fe.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "guardian/base/nearest.h"

/* What a parameter of a URL is to us. */
enum meaning {
    PASSED,      /* libpq's own */
    DROPPED,     /* tunes a pool or a client that we are not */
    SCHEMA,      /* one schema name */
    SEARCH_PATH, /* a setting */
    POOLER,      /* true: a pooler is in front */
    ACCEPT,      /* Prisma's sslaccept */
    CERTIFICATE, /* sslcert: libpq's client certificate, or Prisma's server certificate */
    IDENTITY,    /* Prisma's PKCS #12 file */
    SSL,         /* true: encrypt */
    REFUSED,     /* would make another kind of connection */
};

/* clang-format off */
static const struct parameter { const char *name; enum meaning meaning; } parameters[] = {
    {"application_name",        PASSED}, {"channel_binding",         PASSED},
    {"connect_timeout",         PASSED}, {"dbname",                  PASSED},
    {"gssencmode",              PASSED}, {"gsslib",                  PASSED},
    {"host",                    PASSED}, {"hostaddr",                PASSED},
    {"keepalives",              PASSED}, {"keepalives_count",        PASSED},
    {"keepalives_idle",         PASSED}, {"keepalives_interval",     PASSED},
    {"krbsrvname",              PASSED}, {"load_balance_hosts",      PASSED},
    {"options",                 PASSED}, {"passfile",                PASSED},
    {"password",                PASSED}, {"port",                    PASSED},
    {"require_auth",            PASSED}, {"requirepeer",             PASSED},
    {"service",                 PASSED}, {"sslcompression",          PASSED},
    {"sslcrl",                  PASSED}, {"sslcrldir",               PASSED},
    {"sslkey",                  PASSED}, {"sslmode",                 PASSED},
    {"sslnegotiation",          PASSED}, {"sslpassword",             PASSED},
    {"sslrootcert",             PASSED}, {"sslsni",                  PASSED},
    {"ssl_max_protocol_version",PASSED}, {"ssl_min_protocol_version",PASSED},
    {"target_session_attrs",    PASSED}, {"tcp_user_timeout",        PASSED},
    {"user",                    PASSED},
    {"client_encoding",         DROPPED}, /* always UTF8 here */
    {"fallback_application_name",DROPPED},
    {"connection_limit",        DROPPED}, {"pool_timeout",           DROPPED},
    {"pool_size",               DROPPED}, {"max_idle_connection_lifetime", DROPPED},
    {"max_connection_lifetime", DROPPED}, {"single_use_connections", DROPPED},
    {"statement_cache_size",    DROPPED}, {"statement_timeout",      DROPPED}, /* own limits */
    {"socket_timeout",          DROPPED}, {"uselibpqcompat",         DROPPED},
    {"prepareThreshold",        DROPPED}, {"reWriteBatchedInserts",  DROPPED},
    {"supa",                    DROPPED}, {"workaround",             DROPPED},
    {"schema",                  SCHEMA},  {"currentSchema",          SCHEMA},
    {"search_path",             SEARCH_PATH},
    {"pgbouncer",               POOLER},
    {"sslaccept",               ACCEPT},  {"sslcert",                CERTIFICATE},
    {"sslidentity",             IDENTITY},{"ssl",                    SSL},
    {"replication",             REFUSED},
};

/* Schemes that are taken for ours by mistake. */
static const struct { const char *scheme, *hint; } foreign[] = {
    {"prisma:",          "Use the database's own URL (directUrl in the Prisma schema)."},
    {"prisma+postgres:", "Use the database's own URL (directUrl in the Prisma schema)."},
    {"jdbc:",            "Leave out the \"jdbc:\" in front; user and password go before the host."},
    {"mysql:",           "Guardian guards PostgreSQL only."},
    {"sqlserver:",       "Guardian guards PostgreSQL only."},
    {"mongodb:",         "Guardian guards PostgreSQL only."},
    {"file:",            "Guardian guards PostgreSQL only."},
};
/* clang-format on */

enum { PARAMETER_COUNT = sizeof parameters / sizeof parameters[0] };

static const char system_certificates[] = "/etc/ssl/certs/ca-certificates.crt";

const char *gd_pg_target_get(const struct gd_pg_target *target, const char *keyword)
{
    for (size_t i = 0; i < target->count; i++)
        if (strcmp(target->keywords[i], keyword) == 0)
            return target->values[i];
    return NULL;
}

void gd_pg_target_set(struct gd_pg_target *target, const char *keyword, const char *value)
{
    size_t at = 0;
    while (at < target->count && strcmp(target->keywords[at], keyword) != 0)
        at++;
    if (at == target->count) {
        assert(target->count < GD_PG_KEYWORDS_MAX);
        target->count++;
    }
    target->keywords[at] = keyword;
    target->values[at] = value;
}

static const struct parameter *find_parameter(const char *name)
{
    for (size_t i = 0; i < PARAMETER_COUNT; i++)
        if (strcasecmp(parameters[i].name, name) == 0)
            return &parameters[i];
    return NULL;
}

static bool is_plain_word(const char *text)
{
    size_t length =
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");
    return length > 0 && length <= 40 && text[length] == '\0';
}

GD_MUST static struct gd_status unknown_parameter(const char *name, struct gd_error *err)
{
    const char *names[PARAMETER_COUNT];
    for (size_t i = 0; i < PARAMETER_COUNT; i++)
        names[i] = parameters[i].name;
    struct gd_status status = gd_fail(
        err, GD_USAGE, "could not read the connection target: unknown parameter \"%s\"", name);
    const char *nearest = gd_nearest(name, names, PARAMETER_COUNT);
    if (nearest == NULL)
        return status;
    return gd_hint(err, status, "Did you mean \"%s\"?", nearest);
}

/* A reserved character in a password moves every border of a URL, and any piece that we would
 * quote may then be a piece of the password. */
GD_MUST static struct gd_status unreadable(const char *why, struct gd_error *err)
{
    return gd_hint(err,
                   gd_fail(err, GD_USAGE,
                           "could not read the connection URL: %s (it is not shown "
                           "here because it may hold a password)",
                           why),
                   "Percent-encode the characters @ : / ? # %% and blanks in user name and "
                   "password: @ is %%40, / is %%2F, # is %%23.");
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* NULL when the encoding is broken, or makes a NUL. */
static const char *decode(const char *text, size_t length, struct gd_arena *arena)
{
    char *out = gd_arena_alloc(arena, length + 1);
    size_t made = 0;
    for (size_t i = 0; i < length; i++) {
        out[made] = text[i];
        if (text[i] == '%') {
            int high = i + 1 < length ? hex_digit(text[i + 1]) : -1;
            int low = i + 2 < length ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0 || (high == 0 && low == 0))
                return NULL;
            out[made] = (char)(high * 16 + low);
            i += 2;
        }
        made++;
    }
    out[made] = '\0';
    return out;
}

static bool is_true(const char *value)
{
    return *value == '\0' || strcasecmp(value, "true") == 0 || strcmp(value, "1") == 0 ||
           strcasecmp(value, "on") == 0 || strcasecmp(value, "yes") == 0;
}

static bool is_false(const char *value)
{
    return strcasecmp(value, "false") == 0 || strcmp(value, "0") == 0 ||
           strcasecmp(value, "off") == 0 || strcasecmp(value, "no") == 0;
}

/* What cannot be settled before all parameters are seen. */
struct tls_wishes {
    const char *certificate;
    bool strict;
};

GD_MUST static struct gd_status take_accept(const char *value, struct tls_wishes *tls,
                                            struct gd_error *err)
{
    tls->strict = strcasecmp(value, "strict") == 0;
    if (tls->strict || strcasecmp(value, "accept_invalid_certs") == 0)
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_USAGE,
                           "could not read the connection target: parameter "
                           "\"sslaccept\" has a value that is not known"),
                   "It is \"strict\" or \"accept_invalid_certs\".");
}

GD_MUST static struct gd_status take_switch(struct gd_pg_target *target,
                                            const struct parameter *parameter, const char *value,
                                            struct gd_error *err)
{
    if (!is_true(value) && !is_false(value))
        return gd_fail(err, GD_USAGE,
                       "could not read the connection target: parameter \"%s\" is neither true nor "
                       "false",
                       parameter->name);
    if (parameter->meaning == POOLER)
        target->pooler = is_true(value);
    else if (is_true(value) && gd_pg_target_get(target, "sslmode") == NULL)
        gd_pg_target_set(target, "sslmode", "require");
    return GD_DONE;
}

static bool libpq_knows(const char *keyword)
{
    PQconninfoOption *known = PQconndefaults();
    bool found = false;
    for (PQconninfoOption *option = known; option != NULL && option->keyword != NULL; option++)
        found = found || strcmp(option->keyword, keyword) == 0;
    PQconninfoFree(known);
    return found;
}

GD_MUST static struct gd_status take_parameter(struct gd_pg_target *target, const char *name,
                                               const char *value, struct tls_wishes *tls,
                                               struct gd_error *err)
{
    const struct parameter *parameter = find_parameter(name);
    if (parameter == NULL)
        return strncmp(name, "x-", 2) == 0 ? GD_DONE : unknown_parameter(name, err);
    switch (parameter->meaning) {
    case DROPPED:
        return GD_DONE;
    case SCHEMA:
        target->schema = *value == '\0' ? NULL : value;
        return GD_DONE;
    case SEARCH_PATH:
        target->search_path = value;
        return GD_DONE;
    case ACCEPT:
        return take_accept(value, tls, err);
    case CERTIFICATE:
        tls->certificate = value;
        return GD_DONE;
    case POOLER:
    case SSL:
        return take_switch(target, parameter, value, err);
    case IDENTITY:
        return gd_hint(err,
                       gd_fail(err, GD_USAGE,
                               "could not use parameter \"sslidentity\" of the "
                               "connection target: libpq reads no PKCS #12 files"),
                       "Split it with \"openssl pkcs12\" and give sslcert= and sslkey=.");
    case REFUSED:
        return gd_fail(err, GD_USAGE,
                       "could not use parameter \"%s\" of the connection target: it asks for "
                       "another kind of connection",
                       parameter->name);
    case PASSED:
        break;
    }
    if (!libpq_knows(parameter->name))
        return gd_fail(err, GD_USAGE,
                       "could not use parameter \"%s\" of the connection target: this libpq is too "
                       "old for it",
                       parameter->name);
    gd_pg_target_set(target, parameter->name, value);
    return GD_DONE;
}

/* Prisma's sslcert is what libpq calls sslrootcert; with an sslkey it is libpq's own. */
static void settle_tls(struct gd_pg_target *target, const struct tls_wishes *tls)
{
    if (tls->certificate != NULL && gd_pg_target_get(target, "sslkey") != NULL)
        gd_pg_target_set(target, "sslcert", tls->certificate);
    else if (tls->certificate != NULL && gd_pg_target_get(target, "sslrootcert") == NULL)
        gd_pg_target_set(target, "sslrootcert", tls->certificate);
    if (!tls->strict)
        return;
    gd_pg_target_set(target, "sslmode", "verify-full");
    if (gd_pg_target_get(target, "sslrootcert") == NULL && access(system_certificates, R_OK) == 0)
        gd_pg_target_set(target, "sslrootcert", system_certificates);
}

GD_MUST static struct gd_status read_query(const char *text, struct gd_arena *arena,
                                           struct gd_pg_target *target, struct gd_error *err)
{
    struct tls_wishes tls = {0};
    if (strchr(text, '@') != NULL)
        return unreadable("there is an \"@\" after the \"?\"", err);
    while (*text != '\0') {
        size_t length = strcspn(text, "&");
        size_t name_length = strcspn(text, "=&");
        const char *name = decode(text, name_length, arena);
        const char *value = "";
        if (name_length < length)
            value = decode(text + name_length + 1, length - name_length - 1, arena);
        if (name == NULL || value == NULL)
            return unreadable("a \"%\" is not followed by two hexadecimal digits", err);
        if (length > 0 && !is_plain_word(name))
            return unreadable("the name of a parameter has a character that no name has", err);
        if (length > 0)
            GD_TRY(take_parameter(target, name, value, &tls, err));
        text += length + (text[length] == '&');
    }
    settle_tls(target, &tls);
    return GD_DONE;
}

/* host:port,host:port with IPv6 addresses in brackets: libpq wants two lists. */
GD_MUST static struct gd_status read_hosts(const char *text, size_t length, struct gd_arena *arena,
                                           struct gd_pg_target *target, struct gd_error *err)
{
    const char *hosts = NULL, *ports = NULL;
    bool any_host = false, any_port = false;
    for (size_t at = 0; at <= length;) {
        size_t end = at;
        bool bracket = end < length && text[end] == '[';
        while (end < length && (bracket || (text[end] != ':' && text[end] != ','))) {
            bracket = bracket && text[end] != ']';
            end++;
        }
        if (bracket)
            return unreadable("the \"[\" of an IPv6 address is not closed", err);
        bool is_v6 = end > at && text[at] == '[';
        if (is_v6 && text[end - 1] != ']')
            return unreadable("there is text after the \"]\" of an IPv6 address", err);
        const char *host = decode(text + at + is_v6, end - at - 2 * (size_t)is_v6, arena);
        size_t port_at = end + (end < length && text[end] == ':');
        size_t port_end = port_at;
        while (port_end < length && text[port_end] != ',')
            port_end++;
        if (host == NULL)
            return unreadable("a \"%\" is not followed by two hexadecimal digits", err);
        const char *port = gd_arena_strndup(arena, text + port_at, port_end - port_at);
        if (port[strspn(port, "0123456789")] != '\0' || strlen(port) > 5)
            return unreadable("the port is not a number", err);
        any_host = any_host || *host != '\0';
        any_port = any_port || *port != '\0';
        hosts = hosts == NULL ? host : gd_arena_printf(arena, "%s,%s", hosts, host);
        ports = ports == NULL ? port : gd_arena_printf(arena, "%s,%s", ports, port);
        at = port_end + 1;
    }
    if (any_host)
        gd_pg_target_set(target, "host", hosts);
    if (any_port)
        gd_pg_target_set(target, "port", ports);
    return GD_DONE;
}

GD_MUST static struct gd_status read_user(const char *text, size_t length, struct gd_arena *arena,
                                          struct gd_pg_target *target, struct gd_error *err)
{
    size_t name_length = 0;
    while (name_length < length && text[name_length] != ':')
        name_length++;
    const char *user = decode(text, name_length, arena);
    const char *password = NULL;
    if (name_length < length)
        password = decode(text + name_length + 1, length - name_length - 1, arena);
    if (user == NULL || (name_length < length && password == NULL))
        return unreadable("a \"%\" is not followed by two hexadecimal digits", err);
    if (*user != '\0')
        gd_pg_target_set(target, "user", user);
    if (password != NULL && *password != '\0')
        gd_pg_target_set(target, "password", password);
    return GD_DONE;
}

GD_MUST static struct gd_status read_url(const char *text, struct gd_arena *arena,
                                         struct gd_pg_target *target, struct gd_error *err)
{
    if (strchr(text, '#') != NULL)
        return unreadable("there is a \"#\" in it", err);
    size_t authority = strcspn(text, "/?");
    const char *at = memchr(text, '@', authority);
    size_t user_length = at == NULL ? 0 : (size_t)(at - text);
    const char *hosts = at == NULL ? text : at + 1;
    size_t hosts_length = authority - (size_t)(hosts - text);
    if (memchr(hosts, '@', hosts_length) != NULL)
        return unreadable("there is more than one \"@\" before the database name", err);

    const char *path = text + authority;
    size_t path_length = *path == '/' ? strcspn(path + 1, "?") : 0;
    if (*path == '/' && memchr(path + 1, '@', path_length) != NULL)
        return unreadable("there is an \"@\" after the \"/\"", err);
    GD_TRY(read_hosts(hosts, hosts_length, arena, target, err));
    if (at != NULL)
        GD_TRY(read_user(text, user_length, arena, target, err));
    if (path_length > 0) {
        const char *database = decode(path + 1, path_length, arena);
        if (database == NULL)
            return unreadable("a \"%\" is not followed by two hexadecimal digits", err);
        gd_pg_target_set(target, "dbname", database);
    }
    const char *query = strchr(path, '?');
    return query == NULL ? GD_DONE : read_query(query + 1, arena, target, err);
}

/* libpq quotes what it cannot read, and that may be a password: only a plain word that it calls an
 * invalid option is repeated. */
GD_MUST static struct gd_status bad_conninfo(char *message, struct gd_arena *arena,
                                             struct gd_error *err)
{
    static const char marker[] = "invalid connection option \"";
    const char *found = message == NULL ? NULL : strstr(message, marker);
    const char *name = NULL;
    if (found != NULL) {
        found += strlen(marker);
        name = gd_arena_strndup(arena, found, strcspn(found, "\""));
    }
    PQfreemem(message);
    if (name != NULL && is_plain_word(name))
        return unknown_parameter(name, err);
    return gd_hint(err,
                   gd_fail(err, GD_USAGE,
                           "could not read the connection target: it is neither a "
                           "postgresql:// URL nor a list of key=value pairs (it is "
                           "not shown here because it may hold a password)"),
                   "Values with blanks stand in single quotes; a backslash goes before ' and \\.");
}

GD_MUST static struct gd_status read_conninfo(const char *text, struct gd_arena *arena,
                                              struct gd_pg_target *target, struct gd_error *err)
{
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse(text, &message);
    if (options == NULL)
        return bad_conninfo(message, arena, err);
    struct gd_status status = GD_DONE;
    struct tls_wishes tls = {0};
    for (PQconninfoOption *option = options; option->keyword != NULL; option++)
        if (option->val != NULL && status.code == GD_OK)
            status = take_parameter(target, gd_arena_strdup(arena, option->keyword),
                                    gd_arena_strdup(arena, option->val), &tls, err);
    PQconninfoFree(options);
    if (tls.certificate != NULL)
        gd_pg_target_set(target, "sslcert", tls.certificate); /* key=value text is libpq's own */
    return status;
}

GD_MUST static struct gd_status check_foreign(const char *text, struct gd_error *err)
{
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
        if (strncasecmp(text, foreign[i].scheme, strlen(foreign[i].scheme)) == 0)
            return gd_hint(err,
                           gd_fail(err, GD_USAGE,
                                   "could not read the connection target: \"%s\" is not a "
                                   "PostgreSQL URL",
                                   foreign[i].scheme),
                           "%s", foreign[i].hint);
    if (*text == '"' || *text == '\'')
        return gd_hint(
            err,
            gd_fail(err, GD_USAGE, "could not read the connection target: it begins with a quote"),
            "Docker's --env-file keeps quotes: remove them there.");
    return GD_DONE;
}

/* The text after "//", or NULL. A driver after a plus sign (postgresql+psycopg2) names a client. */
static const char *after_scheme(const char *text)
{
    static const char *const schemes[] = {"postgresql", "postgres"};
    for (size_t i = 0; i < 2; i++) {
        size_t length = strlen(schemes[i]);
        if (strncasecmp(text, schemes[i], length) != 0)
            continue;
        const char *rest = text + length;
        if (*rest == '+')
            rest += 1 + strspn(rest + 1, "abcdefghijklmnopqrstuvwxyz0123456789_");
        if (strncmp(rest, "://", 3) == 0)
            return rest + 3;
    }
    return NULL;
}

struct gd_status gd_pg_target_parse(const char *text, struct gd_arena *arena,
                                    struct gd_pg_target *out_target, struct gd_error *err)
{
    struct gd_pg_target target = {0};
    while (isspace((unsigned char)*text))
        text++;
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    const char *trimmed = gd_arena_strndup(arena, text, length);
    if (length == 0)
        return gd_fail(err, GD_USAGE, "could not read the connection target: it is empty");
    GD_TRY(check_foreign(trimmed, err));
    const char *rest = after_scheme(trimmed);
    if (rest != NULL)
        GD_TRY(read_url(rest, arena, &target, err));
    else if (is_plain_word(trimmed))
        gd_pg_target_set(&target, "dbname", trimmed);
    else
        GD_TRY(read_conninfo(trimmed, arena, &target, err));
    *out_target = target;
    return GD_DONE;
}
