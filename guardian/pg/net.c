/* Net: looking for it, and announcing. See net.h. */
#include "guardian/pg/net.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "guardian/io/digest.h"
#include "guardian/io/hmac.h"
#include "guardian/pg/execute.h"

/* clang-format off */
static const char look_sql[] =
#include "guardian/pg/sql/net_look.sql.inc"
    ;
static const char install_sql[] =
#include "guardian/pg/sql/net_install.sql.inc"
    ;
enum { TRIGGERS, ALWAYS, VERSION, REFUSES, KEY_ID, SOURCE, READABLE, OWNER, SUPERUSER };
/* clang-format on */

/* ---- is it there? ---- */

static bool copy_hex(const char *text, char *out, size_t size)
{
    if (text == NULL || strlen(text) != size - 1)
        return false;
    memcpy(out, text, size);
    return true;
}

GD_MUST static struct gd_status read_key(struct gd_pg *pg, struct gd_net *net, struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {.what = "read the key of the net",
                              .sql = "SELECT inside, outside FROM guardian.net_key"};
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    net->keyed = gd_pg_rows_count(rows) == 1 &&
                 copy_hex(gd_pg_cell(rows, 0, 0), net->inside, sizeof net->inside) &&
                 copy_hex(gd_pg_cell(rows, 0, 1), net->outside, sizeof net->outside);
    return GD_DONE;
}

struct gd_status gd_net_look(struct gd_pg *pg, struct gd_arena *arena, struct gd_net *out_net,
                             struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {.what = "look for Guardian's net", .sql = look_sql};
    struct gd_net net = {0};
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    net.triggers = (unsigned)gd_pg_int(rows, 0, TRIGGERS);
    net.always = (unsigned)gd_pg_int(rows, 0, ALWAYS);
    net.version = (unsigned)gd_pg_int(rows, 0, VERSION);
    const char *refuses = gd_pg_cell(rows, 0, REFUSES);
    net.all = refuses != NULL && strcmp(refuses, "all") == 0;
    net.readable = gd_pg_bool(rows, 0, READABLE);
    net.by_superuser = gd_pg_bool(rows, 0, SUPERUSER);
    copy_hex(gd_pg_cell(rows, 0, KEY_ID), net.key_id, sizeof net.key_id);
    if (net.triggers > 0) {
        net.source = gd_arena_strdup(arena, gd_pg_cell(rows, 0, SOURCE));
        net.owner = gd_arena_strdup(arena, gd_pg_cell(rows, 0, OWNER));
    }
    if (net.readable)
        GD_TRY(read_key(pg, &net, err));
    *out_net = net;
    return GD_DONE;
}

void gd_net_key_id(const struct gd_net *net, char out_id[GD_NET_ID_SIZE])
{
    char both[2 * GD_NET_SECRET_SIZE], hex[GD_DIGEST_HEX_SIZE];
    int length = snprintf(both, sizeof both, "%s%s", net->inside, net->outside);
    gd_digest_of(both, (size_t)length, hex);
    memcpy(out_id, hex, GD_NET_ID_SIZE - 1);
    out_id[GD_NET_ID_SIZE - 1] = '\0';
    gd_wipe(both, sizeof both);
}

static const char risky_tags[] = "WHEN TAG IN ('ALTER TYPE', 'ALTER TABLE', 'ALTER FOREIGN TABLE', "
                                 "'ALTER MATERIALIZED VIEW')";

const char *gd_net_install_sql(bool all, struct gd_arena *arena)
{
    const char *version = gd_arena_printf(arena, "%d", GD_NET_VERSION);
    return gd_arena_printf(arena, install_sql, all ? "true" : "false", version,
                           all ? "all" : "risky", all ? "" : risky_tags);
}

/* ---- is it whole? ---- */

/* The body that the function has when this version has made it. */
static const char *body_of(bool all, struct gd_arena *arena)
{
    static const char fence[] = "$net$";
    const char *sql = gd_net_install_sql(all, arena);
    const char *begin = strstr(sql, fence) + strlen(fence);
    return gd_arena_strndup(arena, begin, (size_t)(strstr(begin, fence) - begin));
}

enum gd_net_health gd_net_health(const struct gd_net *net, struct gd_arena *arena,
                                 const char **out_why)
{
    char id[GD_NET_ID_SIZE];
    *out_why = "";
    if (net->triggers == 0)
        return GD_NET_NONE;
    *out_why = gd_arena_printf(arena, "it is of version %u", net->version);
    if (net->version > GD_NET_VERSION)
        return GD_NET_NEWER;
    if (net->version < GD_NET_VERSION)
        return GD_NET_OLDER;
    *out_why = "event triggers of it are missing or switched off";
    if (net->triggers < GD_NET_TRIGGERS || net->always < GD_NET_TRIGGERS)
        return GD_NET_DAMAGED;
    *out_why = "its function is not the one that was installed";
    if (strcmp(net->source, body_of(net->all, arena)) != 0)
        return GD_NET_DAMAGED;
    *out_why = "its key is another than the one that was installed";
    if (net->readable && !net->keyed)
        return GD_NET_KEY_GONE;
    if (net->readable) {
        gd_net_key_id(net, id);
        if (strcmp(id, net->key_id) != 0)
            return GD_NET_KEY_GONE;
    }
    *out_why = "";
    return GD_NET_WHOLE;
}

/* ---- announcing ---- */

/* The first 16 digits, as the trigger reads them. */
static int64_t number_of(const char *hex)
{
    uint64_t number = 0;
    for (int i = 0; i < 16; i++)
        number = number << 4 | (uint64_t)(hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10);
    return (int64_t)number;
}

static int64_t token_of(const struct gd_net *net, int backend, char kind, const char *text,
                        size_t size)
{
    char hex[GD_DIGEST_HEX_SIZE], head[32];
    struct gd_digest *digest = gd_digest_new();
    int length = snprintf(head, sizeof head, "%d%c", backend, kind);
    gd_digest_add(digest, net->inside, strlen(net->inside));
    gd_digest_add(digest, head, (size_t)length);
    gd_digest_add(digest, text, size);
    gd_digest_hex(digest, hex);
    gd_digest_free(digest);
    digest = gd_digest_new();
    gd_digest_add(digest, net->outside, strlen(net->outside));
    gd_digest_add(digest, hex, strlen(hex));
    gd_digest_hex(digest, hex);
    gd_digest_free(digest);
    return number_of(hex);
}

GD_MUST static struct gd_status hold(struct gd_pg *holder, int64_t token, struct gd_error *err)
{
    char number[32];
    const char *values[] = {number};
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {.what = "announce a statement to Guardian's net",
                              .sql = "SELECT pg_catalog.pg_try_advisory_lock($1::bigint)",
                              .values = values,
                              .value_count = 1};
    (void)snprintf(number, sizeof number, "%" PRId64, token);
    GD_TRY(gd_pg_run(holder, &call, &rows, err));
    if (gd_pg_bool(rows, 0, 0))
        return GD_DONE;
    return gd_fail(err, GD_BUSY,
                   "could not announce a statement to Guardian's net: another "
                   "session announces the same");
}

struct gd_status gd_net_announce(const struct gd_net *net, struct gd_pg *holder, int backend,
                                 const char *text, size_t size, int64_t *out_token,
                                 struct gd_error *err)
{
    assert(net->keyed);
    *out_token = token_of(net, backend, ':', text, size);
    return hold(holder, *out_token, err);
}

struct gd_status gd_net_withdraw(struct gd_pg *holder, int64_t token, struct gd_error *err)
{
    char number[32];
    const char *values[] = {number};
    struct gd_pg_call call = {.what = "withdraw a statement from Guardian's net",
                              .sql = "SELECT pg_catalog.pg_advisory_unlock($1::bigint)",
                              .values = values,
                              .value_count = 1};
    (void)snprintf(number, sizeof number, "%" PRId64, token);
    return gd_pg_run(holder, &call, NULL, err);
}

struct gd_status gd_net_own(const struct gd_net *net, struct gd_pg *pg, struct gd_error *err)
{
    if (net->triggers == 0)
        return GD_DONE;
    assert(net->keyed);
    return hold(pg, token_of(net, gd_pg_backend(pg), '*', "", 0), err);
}
