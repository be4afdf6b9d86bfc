/*
 * What the child finds in its environment: URLs that lead through the door, and nothing that leads
 * past it.
 *
 * Invariant 1  Of a URL everything stays but who, where and by which encryption: database, schema,
 *              limits of pools and the like are the tool's own.
 * Invariant 2  A URL that names the target's host and port leads to the door, whatever the name of
 *              the variable; with another user than the door's it does not get in there.
 */
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "guardian/pg/target.h"
#include "guardian/proxy/door_own.h"

/* --- URLs --------------------------------------------------------------------------------------
 */

/* Views into a URL; nothing is decoded. */
struct parts {
    const char *scheme;       /* "postgresql+psycopg2", "jdbc:postgresql" */
    const char *user, *host;  /* "me:secret" without the "@"; "a:5432,b" */
    const char *path, *query; /* without "/" and "?" */
    size_t scheme_size, user_size, host_size, path_size, query_size;
};

/* The last ones are those of other readers' URLs: Django's and Doctrine's. */
static bool is_scheme(const char *text, size_t size)
{
    static const char *const schemes[] = {"postgresql", "postgres", "jdbc:postgresql",
                                          "psql",       "pgsql",    "postgis"};
    const char *plus = memchr(text, '+', size);
    size_t length = plus == NULL ? size : (size_t)(plus - text);
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (length == strlen(schemes[i]) && strncasecmp(text, schemes[i], length) == 0)
            return true;
    return false;
}

/* Blanks at the ends belong to nobody: readers of URLs leave them out. */
static const char *trimmed(const char *text, struct gd_arena *arena)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t size = strlen(text);
    while (size > 0 && isspace((unsigned char)text[size - 1]))
        size--;
    return gd_arena_strndup(arena, text, size);
}

/* @return false: it is no URL of a PostgreSQL server */
static bool split(const char *text, struct gd_arena *arena, struct parts *out_parts)
{
    const char *url = trimmed(text, arena);
    const char *mark = strstr(url, "://");
    if (mark == NULL || !is_scheme(url, (size_t)(mark - url)))
        return false;
    struct parts parts = {.scheme = url, .scheme_size = (size_t)(mark - url)};
    parts.host = mark + 3;
    parts.host_size = strcspn(parts.host, "/?");
    const char *at = memrchr(parts.host, '@', parts.host_size);
    const char *rest = parts.host + parts.host_size;
    if (at != NULL) {
        parts.user = parts.host;
        parts.user_size = (size_t)(at - parts.host);
        parts.host_size -= parts.user_size + 1;
        parts.host = at + 1;
    }
    parts.path = rest + (*rest == '/' ? 1 : 0);
    parts.path_size = strcspn(parts.path, "?");
    rest = parts.path + parts.path_size;
    parts.query = rest + (*rest == '?' ? 1 : 0);
    parts.query_size = strlen(parts.query);
    *out_parts = parts;
    return true;
}

static const char *encode(const char *text, struct gd_arena *arena)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = gd_arena_alloc(arena, 3 * strlen(text) + 1);
    size_t used = 0;
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        bool plain = isalnum(byte) != 0 || strchr("-._~", byte) != NULL;
        if (plain) {
            out[used++] = *text;
            continue;
        }
        out[used++] = '%';
        out[used++] = digits[byte >> 4];
        out[used++] = digits[byte & 15];
    }
    out[used] = '\0';
    return out;
}

static int digit_of(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c == '\0' ? NULL : strchr(digits, tolower((unsigned char)c));
    return found == NULL ? -1 : (int)(found - digits);
}

/* The name of a parameter, as whoever reads the URL will see it: "%68ost" is "host". */
static const char *name_of(const char *parameter, struct gd_arena *arena)
{
    size_t size = strcspn(parameter, "=&"), used = 0;
    char *name = gd_arena_alloc(arena, size + 1);
    for (size_t i = 0; i < size; i++) {
        int high = parameter[i] == '%' && i + 2 < size ? digit_of(parameter[i + 1]) : -1;
        int low = high >= 0 ? digit_of(parameter[i + 2]) : -1;
        name[used++] = low >= 0 ? (char)(high * 16 + low) : parameter[i];
        i += low >= 0 ? 2 : 0;
    }
    name[used] = '\0';
    return name;
}

/* Who, where, and how it is encrypted: the door's own affair. */
static bool is_replaced(const char *name)
{
    static const char *const replaced[] = {
        "user",
        "password",
        "host",
        "hostaddr",
        "port",
        "dbname",
        "passfile",
        "service",
        "servicefile",
        "ssl",
        "sslmode",
        "sslaccept",
        "sslcert",
        "sslkey",
        "sslpassword",
        "sslidentity",
        "sslrootcert",
        "sslcrl",
        "sslcrldir",
        "sslsni",
        "sslnegotiation",
        "sslcompression",
        "sslcertmode",
        "sslfactory",
        "sslhostnameverifier",
        "ssl_min_protocol_version",
        "ssl_max_protocol_version",
        "channel_binding",
        "channelbinding",
        "require_auth",
        "requirepeer",
        "gssencmode",
        "krbsrvname",
        "gsslib",
        "gssdelegation",
        "target_session_attrs",
        "targetservertype",
        "load_balance_hosts",
        "loadbalancehosts",
        "uselibpqcompat",
    };
    for (size_t i = 0; i < sizeof replaced / sizeof replaced[0]; i++)
        if (strcasecmp(replaced[i], name) == 0)
            return true;
    return false;
}

static const char *add_parameter(const char *query, const char *parameter, size_t size,
                                 struct gd_arena *arena)
{
    return gd_arena_printf(arena, "%s%s%.*s", query, *query == '\0' ? "?" : "&", (int)size,
                           parameter);
}

/* What is kept of a query, in its order. `out_had_mode`: it had an sslmode. */
static const char *keep_query(const struct parts *parts, struct gd_arena *arena, bool *out_had_mode)
{
    const char *kept = "", *at = parts->query, *stop = parts->query + parts->query_size;
    while (at < stop) {
        size_t size = strcspn(at, "&");
        const char *name = name_of(at, arena);
        *out_had_mode = *out_had_mode || strcasecmp(name, "sslmode") == 0;
        if (size > 0 && !is_replaced(name))
            kept = add_parameter(kept, at, size, arena);
        at += size + (at[size] == '&' ? 1 : 0);
    }
    return kept;
}

/* A driver behind a plus sign, or a reader with a scheme of its own, may know no sslmode: it is
 * told only when it was told before, and asks for none by itself. */
static const char *add_ours(const struct gd_door *door, const struct parts *parts, bool had_mode,
                            const char *query, struct gd_arena *arena)
{
    bool driver = memchr(parts->scheme, '+', parts->scheme_size) != NULL ||
                  memmem(parts->scheme, parts->scheme_size, "postgres", 8) == NULL;
    const char *mode = door->tls == NULL ? "sslmode=disable" : "sslmode=require";
    if (door->local) {
        const char *host = gd_arena_printf(arena, "host=%s", encode(door->host, arena));
        query = add_parameter(query, host, strlen(host), arena);
    }
    return driver && !had_mode ? query : add_parameter(query, mode, strlen(mode), arena);
}

static const char *authority(const struct gd_door *door, struct gd_arena *arena)
{
    if (door->local)
        return gd_arena_printf(arena, "localhost:%s", door->port);
    return gd_arena_printf(arena, strchr(door->host, ':') == NULL ? "%s:%s" : "[%s]:%s", door->host,
                           door->port);
}

/* The same URL, through the door. `path` is encoded already. */
static const char *lead_here(const struct gd_door *door, const struct parts *parts,
                             const char *user, const char *path, struct gd_arena *arena)
{
    bool had_mode = false, jdbc = strncasecmp(parts->scheme, "jdbc:", 5) == 0;
    const char *query = keep_query(parts, arena, &had_mode);
    query = add_ours(door, parts, had_mode, query, arena);
    const char *name = encode(user, arena), *password = encode(door->password, arena);
    if (!jdbc)
        return gd_arena_printf(arena, "%.*s://%s:%s@%s/%s%s", (int)parts->scheme_size,
                               parts->scheme, name, password, authority(door, arena), path, query);
    return gd_arena_printf(arena, "%.*s://%s/%s%s&user=%s&password=%s", (int)parts->scheme_size,
                           parts->scheme, authority(door, arena), path, query, name, password);
}

/* --- the URL of the target ---------------------------------------------------------------------
 */

/* Key=value text, or nothing at all: what the keywords say is said again in a URL. */
static const char *query_of(const struct gd_pg_target *target, struct gd_arena *arena)
{
    const char *query = "";
    for (size_t i = 0; i < target->count; i++) {
        const char *name = target->keywords[i];
        if (target->values[i] == NULL || is_replaced(name))
            continue;
        const char *pair = gd_arena_printf(arena, "%s=%s", name, encode(target->values[i], arena));
        query = add_parameter(query, pair, strlen(pair), arena);
    }
    return *query == '\0' ? query : query + 1;
}

GD_MUST static struct gd_status url_of_visitor(const struct gd_door *door,
                                               const struct gd_door_visitor *visitor,
                                               struct gd_arena *arena, const char **out_url,
                                               struct gd_error *err)
{
    struct parts parts = {.scheme = "postgresql", .scheme_size = strlen("postgresql")};
    struct gd_pg_target target = {0};
    if (visitor->target != NULL && *visitor->target != '\0')
        GD_TRY(gd_pg_target_parse(visitor->target, arena, &target, err));
    if (visitor->target == NULL || !split(visitor->target, arena, &parts)) {
        parts.query = query_of(&target, arena);
        parts.query_size = strlen(parts.query);
    }
    *out_url = lead_here(door, &parts, visitor->user, encode(visitor->database, arena), arena);
    return GD_DONE;
}

/* --- other variables ---------------------------------------------------------------------------
 */

static const char *same_host(const char *host)
{
    static const char *const loopback[] = {"localhost", "127.0.0.1", "::1", "[::1]"};
    for (size_t i = 0; i < sizeof loopback / sizeof loopback[0]; i++)
        if (strcasecmp(host, loopback[i]) == 0)
            return loopback[0];
    return host;
}

static bool same_place(const struct gd_pg_target *a, const struct gd_pg_target *b)
{
    static const char *const keywords[] = {"host", "port"};
    static const char *const fallbacks[] = {"localhost", "5432"};
    for (size_t i = 0; i < 2; i++) {
        const char *left = gd_pg_target_get(a, keywords[i]);
        const char *right = gd_pg_target_get(b, keywords[i]);
        left = same_host(left == NULL || *left == '\0' ? fallbacks[i] : left);
        right = same_host(right == NULL || *right == '\0' ? fallbacks[i] : right);
        if (strcasecmp(left, right) != 0)
            return false;
    }
    return true;
}

/* Where the target itself is: what a URL leaves out comes from the environment. */
static bool place_of_target(const struct gd_door_visitor *visitor, struct gd_arena *arena,
                            struct gd_pg_target *out_target)
{
    static const char *const keywords[] = {"host", "port"};
    static const char *const variables[] = {"PGHOST", "PGPORT"};
    struct gd_error ignored = {0};
    bool named = visitor->target != NULL && *visitor->target != '\0';
    if (named && gd_pg_target_parse(visitor->target, arena, out_target, &ignored).code != GD_OK)
        return false;
    for (size_t i = 0; i < 2; i++) {
        const char *value = getenv(variables[i]);
        if (gd_pg_target_get(out_target, keywords[i]) == NULL && value != NULL && *value != '\0')
            gd_pg_target_set(out_target, keywords[i], value);
    }
    return true;
}

/* Host and port of a URL, whatever parameters stand in it. */
static bool place_of_url(const struct parts *parts, struct gd_arena *arena,
                         struct gd_pg_target *out_target)
{
    struct gd_error ignored = {0};
    const char *host = NULL, *at = parts->query, *stop = at + parts->query_size;
    while (at < stop) { /* ?host=/folder */
        size_t size = strcspn(at, "&");
        const char *name = name_of(at, arena);
        if (strcasecmp(name, "host") == 0 || strcasecmp(name, "port") == 0)
            host = add_parameter(host == NULL ? "" : host, at, size, arena);
        at += size + (at[size] == '&' ? 1 : 0);
    }
    const char *bare = gd_arena_printf(arena, "postgresql://%.*s/%s", (int)parts->host_size,
                                       parts->host, host == NULL ? "" : host);
    return gd_pg_target_parse(bare, arena, out_target, &ignored).code == GD_OK;
}

static const char *decoded_user(const struct parts *parts, struct gd_arena *arena)
{
    struct gd_pg_target target = {0};
    struct gd_error ignored = {0};
    const char *bare =
        gd_arena_printf(arena, "postgresql://%.*s@localhost/", (int)parts->user_size, parts->user);
    if (parts->user == NULL || gd_pg_target_parse(bare, arena, &target, &ignored).code != GD_OK)
        return NULL;
    return gd_pg_target_get(&target, "user");
}

static bool is_named(const struct gd_door_visitor *visitor, const char *variable, size_t size)
{
    if (size == strlen("DATABASE_URL") && strncmp(variable, "DATABASE_URL", size) == 0)
        return true;
    for (size_t i = 0; i < visitor->name_count; i++)
        if (strlen(visitor->names[i]) == size && strncmp(visitor->names[i], variable, size) == 0)
            return true;
    return false;
}

/* One of our own variables that holds a URL which nobody has named. */
struct other {
    const char *name;
    struct parts parts;
    bool here; /* it names the target's host and port */
};

static bool look_at(const char *setting, const struct gd_door_visitor *visitor,
                    const struct gd_pg_target *target, struct gd_arena *arena,
                    struct other *out_other)
{
    size_t size = strcspn(setting, "=");
    struct gd_pg_target place = {0};
    if (setting[size] != '=' || is_named(visitor, setting, size) ||
        !split(setting + size + 1, arena, &out_other->parts))
        return false;
    out_other->name = gd_arena_strndup(arena, setting, size);
    out_other->here = place_of_url(&out_other->parts, arena, &place) && same_place(&place, target);
    return true;
}

static void lead_others(const struct gd_door *door, const struct gd_door_visitor *visitor,
                        struct gd_arena *arena, struct gd_texts *lines)
{
    struct gd_pg_target target = {0};
    if (!place_of_target(visitor, arena, &target))
        return;
    for (char **setting = environ; *setting != NULL; setting++) {
        struct other other = {0};
        if (!look_at(*setting, visitor, &target, arena, &other) || !other.here)
            continue;
        const char *user = decoded_user(&other.parts, arena);
        const char *path = gd_arena_strndup(arena, other.parts.path, other.parts.path_size);
        const char *url =
            lead_here(door, &other.parts, user == NULL ? visitor->user : user, path, arena);
        (void)gd_texts_add(lines, gd_arena_printf(arena, "%s=%s", other.name, url), arena);
    }
}

void gd_door_elsewhere(const struct gd_door_visitor *visitor, struct gd_arena *arena,
                       struct gd_texts *out_names)
{
    struct gd_pg_target target = {0};
    if (!place_of_target(visitor, arena, &target))
        return;
    for (char **setting = environ; *setting != NULL; setting++) {
        struct other other = {0};
        if (look_at(*setting, visitor, &target, arena, &other) && !other.here)
            (void)gd_texts_add(out_names, other.name, arena);
    }
}

/* --- what is not led ---------------------------------------------------------------------------
 */

/* "host=db dbname=shop password=…" of libpq and PHP, "Host=db;Password=…" of .NET: who reads it
 * takes no URL for it. A word counts where it begins one. */
static bool says(const char *value, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++)
        for (const char *at = strcasestr(value, words[i]); at != NULL;
             at = strcasestr(at + 1, words[i])) {
            const char *behind = at + strlen(words[i]);
            while (isspace((unsigned char)*behind))
                behind++;
            if (*behind == '=' && (at == value || !isalnum((unsigned char)at[-1])))
                return true;
        }
    return false;
}

static bool is_address(const char *value)
{
    static const char *const where[] = {"host",        "hostaddr", "server",
                                        "data source", "service",  NULL};
    static const char *const who[] = {"dbname",   "database", "initial catalog", "user",
                                      "username", "user id",  "password",        "pwd",
                                      "service",  NULL};
    return strstr(value, "://") == NULL && says(value, where) && says(value, who);
}

static bool is_other_url(const char *value, struct gd_arena *arena)
{
    static const char *const words[] = {"postgres", "pgsql", "postgis", "psql"};
    const char *mark = strstr(value, "://");
    struct parts ignored;
    for (size_t i = 0; mark != NULL && i < sizeof words / sizeof words[0]; i++) {
        const char *scheme = strcasestr(value, words[i]);
        if (scheme != NULL && scheme < mark)
            return !split(value, arena, &ignored);
    }
    return false;
}

void gd_door_unled(const struct gd_door_visitor *visitor, struct gd_arena *arena,
                   struct gd_texts *out_names)
{
    for (char **setting = environ; *setting != NULL; setting++) {
        size_t size = strcspn(*setting, "=");
        if ((*setting)[size] != '=' || is_named(visitor, *setting, size))
            continue;
        const char *value = *setting + size + 1;
        if (is_address(value) || is_other_url(value, arena))
            (void)gd_texts_add(out_names, gd_arena_strndup(arena, *setting, size), arena);
    }
}

/* --- all of it ---------------------------------------------------------------------------------
 */

static void set(const char *name, const char *value, struct gd_arena *arena, struct gd_texts *lines)
{
    (void)gd_texts_add(lines, gd_arena_printf(arena, "%s=%s", name, value), arena);
}

/* What would lead past the door, or ask it for what it does not have. */
static void take_out(struct gd_arena *arena, struct gd_texts *lines)
{
    static const char *const gone[] = {
        "PGHOSTADDR",
        "PGSERVICE",
        "PGSERVICEFILE",
        "PGPASSFILE",
        "PGREQUIRESSL",
        "PGCHANNELBINDING",
        "PGREQUIREAUTH",
        "PGREQUIREPEER",
        "PGSSLCERT",
        "PGSSLKEY",
        "PGSSLROOTCERT",
        "PGSSLCRL",
        "PGSSLCRLDIR",
        "PGSSLSNI",
        "PGSSLCERTMODE",
        "PGSSLNEGOTIATION",
        "PGSSLMINPROTOCOLVERSION",
        "PGSSLMAXPROTOCOLVERSION",
        "PGSSLCOMPRESSION",
        "PGGSSENCMODE", /* setting it stops Go's lib/pq; the door says no by itself */
        "PGKRBSRVNAME",
        "PGGSSLIB",
        "PGGSSDELEGATION",
        "PGTARGETSESSIONATTRS",
        "PGLOADBALANCEHOSTS",
    };
    for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++)
        (void)gd_texts_add(lines, gone[i], arena);
}

GD_MUST static struct gd_status check_names(const struct gd_door_visitor *visitor,
                                            struct gd_error *err)
{
    for (size_t i = 0; i < visitor->name_count; i++) {
        const char *name = visitor->names[i];
        size_t size = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "0123456789_.-");
        if (size == 0 || name[size] != '\0')
            return gd_hint(
                err,
                gd_fail(err, GD_USAGE, "\"%s\" cannot be the name of a variable for the URL", name),
                "Say --env once for each variable, by its name alone.");
    }
    return GD_DONE;
}

struct gd_status gd_door_environment(const struct gd_door *door,
                                     const struct gd_door_visitor *visitor, struct gd_arena *arena,
                                     struct gd_texts *out_lines, struct gd_error *err)
{
    assert(door->password[0] != '\0'); /* a list of users is for those who know theirs */
    const char *url = NULL;
    struct gd_texts lines = {0};
    GD_TRY(check_names(visitor, err));
    GD_TRY(url_of_visitor(door, visitor, arena, &url, err));
    set("DATABASE_URL", url, arena, &lines);
    for (size_t i = 0; i < visitor->name_count; i++)
        set(visitor->names[i], url, arena, &lines);
    set("PGHOST", door->host, arena, &lines);
    set("PGPORT", door->port, arena, &lines);
    set("PGUSER", visitor->user, arena, &lines);
    set("PGPASSWORD", door->password, arena, &lines);
    set("PGDATABASE", visitor->database, arena, &lines);
    set("PGSSLMODE", door->tls == NULL ? "disable" : "require", arena, &lines);
    take_out(arena, &lines);
    lead_others(door, visitor, arena, &lines);
    *out_lines = lines;
    return GD_DONE;
}
