/* Doctor: the server, what this role may do there, and what would stand in a backup's way. */
#include <inttypes.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/journal/net_key.h"
#include "guardian/prove/doctor_own.h"
#include "guardian/snapshot/manifest.h"

/* clang-format off */
static const char server_sql[] =
#include "guardian/prove/sql/doctor_server.sql.inc"
    ;
static const char tables_sql[] =
#include "guardian/prove/sql/doctor_tables.sql.inc"
    ;
static const char large_objects_sql[] =
#include "guardian/prove/sql/doctor_large_objects.sql.inc"
    ;
static const char collation_sql[] =
#include "guardian/prove/sql/doctor_collation.sql.inc"
    ;

/* Columns of doctor_server.sql. */
enum {
    VERSION, DATABASE, USER, BYTES, SUPERUSER, CREATEDB, REPLICATION, MAY_CREATE, STANDBY,
    WAL_LEVEL, ARCHIVE_MODE, FREE_CONNECTIONS, LOCKS, CLOCK_US, SYSTEM_IDENTIFIER,
};
/* Columns of doctor_tables.sql. */
enum { TABLES, SEQUENCES, UNREADABLE, UNREADABLE_NAMES, HIDDEN, HIDDEN_NAMES };
/* clang-format on */

enum { NEWEST_MAJOR = 18, CLOCK_SECONDS_MIN = 1, CLOCK_SECONDS_MAX = 5, CONNECTIONS_MIN = 3 };

/* Each question has a transaction of its own: one that fails must not spoil the next. */
static struct gd_pg_rows *ask(struct gd_doctor *doctor, struct gd_pg *pg, const char *name,
                              const char *what, const char *sql)
{
    struct gd_error err = {0};
    struct gd_pg_rows *rows = NULL;
    struct gd_pg_call call = {.what = what, .sql = sql};
    struct gd_status status = gd_pg_begin(pg, &err);
    if (status.code == GD_OK) {
        status = gd_pg_run(pg, &call, &rows, &err);
        gd_pg_end(pg);
    }
    if (status.code == GD_OK && gd_pg_rows_count(rows) == 1)
        return rows;
    if (status.code == GD_OK)
        gd_doctor_say(doctor, name, GD_HEALTH_PROBLEM, NULL, "could not %s: no answer", what);
    else
        gd_doctor_say_error(doctor, name, GD_HEALTH_PROBLEM, &err);
    gd_pg_rows_free(rows);
    return NULL;
}

/* --- the server ------------------------------------------------------------------------------- */

static void say_server(struct gd_doctor *doctor, const struct gd_pg *pg,
                       const struct gd_pg_rows *rows)
{
    bool new = doctor->server_version / 10000 > NEWEST_MAJOR;
    gd_doctor_say(doctor, "server", new ? GD_HEALTH_WARNING : GD_HEALTH_OK,
                  new ? "Look for a newer Guardian: this one was not tried on that version." : NULL,
                  "PostgreSQL %s, %s, about %s", gd_pg_cell(rows, 0, VERSION), gd_pg_where(pg),
                  gd_doctor_size(doctor, doctor->database_bytes));
    if (gd_pg_pooled(pg))
        gd_doctor_say(doctor, "pooler", GD_HEALTH_PROBLEM,
                      "Connect to the server itself: another port or host name, as a rule.",
                      "a pooler stands between: sessions cannot share a snapshot through it");
    if (gd_pg_bool(rows, 0, STANDBY))
        gd_doctor_say(doctor, "standby", GD_HEALTH_WARNING,
                      "Take backups of what is about to be changed on the primary.",
                      "the server is a standby: it may be behind, and has no rows of unlogged "
                      "tables");
}

/* Seconds that another clock is ahead of ours, both read between two looks at ours. */
static void say_clock(struct gd_doctor *doctor, int64_t before_us, int64_t theirs_us,
                      int64_t after_us)
{
    double ahead = ((double)theirs_us - (double)(before_us + after_us) / 2) / 1e6;
    double apart = ahead < 0 ? -ahead : ahead;
    if (apart < CLOCK_SECONDS_MIN)
        gd_doctor_say(doctor, "clock", GD_HEALTH_OK, NULL, "the server's clock agrees with ours");
    else
        gd_doctor_say(doctor, "clock", apart > CLOCK_SECONDS_MAX ? GD_HEALTH_WARNING : GD_HEALTH_OK,
                      apart > CLOCK_SECONDS_MAX
                          ? "Let both follow a time server: a point in time is found by the clock."
                          : NULL,
                      "the server's clock is %.1f s %s ours", apart,
                      ahead < 0 ? "behind" : "ahead of");
}

static void say_connections(struct gd_doctor *doctor, const struct gd_pg_rows *rows)
{
    int64_t available = gd_pg_int(rows, 0, FREE_CONNECTIONS);
    unsigned workers = doctor->options->workers == 0 ? 8 : doctor->options->workers;
    int64_t wanted = (int64_t)workers + 2; /* one holds the snapshot, one is pg_dump's */
    enum gd_health health = available >= wanted           ? GD_HEALTH_OK
                            : available < CONNECTIONS_MIN ? GD_HEALTH_PROBLEM
                                                          : GD_HEALTH_WARNING;
    gd_doctor_say(doctor, "connections", health,
                  health == GD_HEALTH_OK ? NULL : "Use fewer --workers, or raise max_connections.",
                  "%" PRId64 " connections are free, and a backup takes up to %" PRId64, available,
                  wanted);
}

static void say_restores(struct gd_doctor *doctor, const struct gd_pg_rows *rows)
{
    bool creates = gd_pg_bool(rows, 0, SUPERUSER) || gd_pg_bool(rows, 0, CREATEDB);
    const char *user = gd_pg_cell(rows, 0, USER);
    if (creates) {
        gd_doctor_say(doctor, "restore", GD_HEALTH_OK, NULL,
                      "user \"%s\" may create databases to restore into", user);
        return;
    }
    gd_doctor_say(doctor, "restore", GD_HEALTH_WARNING,
                  "Give the role CREATEDB, or have another one at hand for a restore.",
                  "user \"%s\" may not create databases: a whole one can only be restored by "
                  "somebody else%s",
                  user,
                  gd_pg_bool(rows, 0, MAY_CREATE) ? "; tables can be, into a side schema" : "");
}

static void say_wal(struct gd_doctor *doctor, const struct gd_pg_rows *rows)
{
    bool replicates = gd_pg_bool(rows, 0, SUPERUSER) || gd_pg_bool(rows, 0, REPLICATION);
    gd_doctor_say(doctor, "wal", GD_HEALTH_INFO, NULL,
                  "wal_level is %s, archive_mode is %s, user \"%s\" may %sread the log",
                  gd_pg_cell(rows, 0, WAL_LEVEL), gd_pg_cell(rows, 0, ARCHIVE_MODE),
                  gd_pg_cell(rows, 0, USER), replicates ? "" : "not ");
}

/* @return how many relations one transaction may lock; 0: not known */
static int64_t look_at_server(struct gd_doctor *doctor, struct gd_pg *pg)
{
    int64_t before_us = gd_clock_now_us();
    gd_auto_pg_rows rows = ask(doctor, pg, "server", "look at the server", server_sql);
    int64_t after_us = gd_clock_now_us();
    if (rows == NULL)
        return 0;
    doctor->database_bytes = (uint64_t)gd_pg_int(rows, 0, BYTES);
    doctor->cluster = gd_cluster_name(gd_pg_cell(rows, 0, SYSTEM_IDENTIFIER),
                                      gd_pg_cell(rows, 0, DATABASE), doctor->arena);
    say_server(doctor, pg, rows);
    say_clock(doctor, before_us, gd_pg_int(rows, 0, CLOCK_US), after_us);
    say_connections(doctor, rows);
    say_restores(doctor, rows);
    say_wal(doctor, rows);
    gd_doctor_look_at_slots(doctor, pg);
    return gd_pg_int(rows, 0, LOCKS);
}

/* --- what is to be read ----------------------------------------------------------------------- */

static const char *more(struct gd_doctor *doctor, int64_t count)
{
    return count <= 5 ? "" : gd_arena_printf(doctor->arena, " and %" PRId64 " more", count - 5);
}

static void say_reading(struct gd_doctor *doctor, const struct gd_pg_rows *rows)
{
    int64_t unreadable = gd_pg_int(rows, 0, UNREADABLE), hidden = gd_pg_int(rows, 0, HIDDEN);
    if (unreadable > 0)
        gd_doctor_say(doctor, "privileges", GD_HEALTH_PROBLEM,
                      doctor->server_version >= 140000
                          ? "Connect as the owner, or GRANT pg_read_all_data to the role."
                          : "Connect as the owner, or GRANT SELECT on them and USAGE on their "
                            "schemas to the role.",
                      "no right to read %s%s", gd_pg_cell(rows, 0, UNREADABLE_NAMES),
                      more(doctor, unreadable));
    if (hidden > 0)
        gd_doctor_say(doctor, "row security", GD_HEALTH_PROBLEM,
                      "Connect as their owner where it is not forced on owners, or as a role with "
                      "BYPASSRLS.",
                      "row security can hide rows of %s%s from this user",
                      gd_pg_cell(rows, 0, HIDDEN_NAMES), more(doctor, hidden));
    if (unreadable == 0 && hidden == 0)
        gd_doctor_say(
            doctor, "privileges", GD_HEALTH_OK, NULL, "%s and %s can be read",
            gd_doctor_many(doctor, gd_pg_int(rows, 0, TABLES), "table", "tables"),
            gd_doctor_many(doctor, gd_pg_int(rows, 0, SEQUENCES), "sequence", "sequences"));
}

/* Every table is locked, weakly, as long as a backup lasts. */
static void say_locks(struct gd_doctor *doctor, int64_t tables, int64_t locks)
{
    if (locks == 0 || tables < locks - locks / 4)
        return;
    gd_doctor_say(doctor, "locks", tables < locks ? GD_HEALTH_WARNING : GD_HEALTH_PROBLEM,
                  "Raise max_locks_per_transaction.",
                  "a backup locks %" PRId64 " tables, and the server has room for %" PRId64
                  " locks in all",
                  tables, locks);
}

static void look_at_tables(struct gd_doctor *doctor, struct gd_pg *pg, int64_t locks)
{
    gd_auto_pg_rows rows = ask(doctor, pg, "privileges", "look at the tables", tables_sql);
    if (rows == NULL)
        return;
    say_reading(doctor, rows);
    say_locks(doctor, gd_pg_int(rows, 0, TABLES), locks);
}

static void look_at_large_objects(struct gd_doctor *doctor, struct gd_pg *pg)
{
    gd_auto_pg_rows rows =
        ask(doctor, pg, "large objects", "look at the large objects", large_objects_sql);
    if (rows == NULL || gd_pg_int(rows, 0, 0) == 0)
        return;
    int64_t forbidden = gd_pg_int(rows, 0, 1);
    const char *all =
        gd_doctor_many(doctor, gd_pg_int(rows, 0, 0), "large object", "large objects");
    if (forbidden == 0)
        gd_doctor_say(doctor, "large objects", GD_HEALTH_OK, NULL, "%s can be read", all);
    else
        gd_doctor_say(doctor, "large objects", GD_HEALTH_PROBLEM,
                      "Connect as their owner, or GRANT SELECT ON LARGE OBJECT to the role.",
                      "no right to read %" PRId64 " of %s", forbidden, all);
}

static void look_at_collation(struct gd_doctor *doctor, struct gd_pg *pg)
{
    if (doctor->server_version < 150000)
        return;
    gd_auto_pg_rows rows = ask(doctor, pg, "collation", "look at the collation", collation_sql);
    if (rows == NULL)
        return;
    const char *made = gd_pg_cell(rows, 0, 0), *now = gd_pg_cell(rows, 0, 1);
    if (made == NULL || now == NULL || strcmp(made, now) == 0)
        return;
    gd_doctor_say(
        doctor, "collation", GD_HEALTH_WARNING,
        "REINDEX what is sorted by text, then ALTER DATABASE … REFRESH COLLATION VERSION.",
        "the database was made with collation version %s, and the server has %s: indexes "
        "on text may be wrong",
        made, now);
}

/* ---- the second net ---- */

static void say_net(struct gd_doctor *doctor, const struct gd_net *net)
{
    const char *why;
    switch (gd_net_health(net, doctor->arena, &why)) {
    case GD_NET_NONE:
        gd_doctor_say(doctor, "second net", GD_HEALTH_INFO, NULL,
                      "there is none: DDL that does not come by Guardian is not refused");
        return;
    case GD_NET_WHOLE:
        gd_doctor_say(doctor, "second net", net->keyed ? GD_HEALTH_OK : GD_HEALTH_PROBLEM,
                      net->keyed ? NULL : "Use the store that guardian install was given.",
                      net->keyed
                          ? "version %u refuses %s DDL that does not come by Guardian"
                          : "version %u refuses %s DDL, and its key is not in this store: no "
                            "change can be made from here",
                      net->version, net->all ? "all" : "risky");
        return;
    case GD_NET_OLDER:
    case GD_NET_NEWER:
    case GD_NET_DAMAGED:
    case GD_NET_KEY_GONE:
        gd_doctor_say(doctor, "second net", GD_HEALTH_WARNING,
                      "Run guardian install again, as a role that may make event triggers.",
                      "it is not as it should be: %s", why);
        return;
    }
}

static void look_at_net(struct gd_doctor *doctor, struct gd_pg *pg)
{
    struct gd_error err = {0};
    struct gd_net net = {0};
    struct gd_status status = doctor->options->store == NULL
                                  ? gd_net_look(pg, doctor->arena, &net, &err)
                                  : gd_net_open(pg, doctor->options->store, doctor->options->key,
                                                doctor->arena, &net, &err);
    if (status.code == GD_OK || net.triggers > 0)
        say_net(doctor, &net);
    else
        gd_doctor_say_error(doctor, "second net", GD_HEALTH_WARNING, &err);
}

void gd_doctor_look_at_database(struct gd_doctor *doctor)
{
    struct gd_error err = {0};
    gd_auto_pg pg = NULL;
    if (doctor->options->pg == NULL) {
        gd_doctor_say(doctor, "server", GD_HEALTH_PROBLEM,
                      "Name one with --db, DATABASE_URL or the variables of libpq.",
                      "no database is named");
        return;
    }
    if (gd_pg_connect(doctor->options->pg, &pg, &err).code != GD_OK) {
        gd_doctor_say_error(doctor, "server", GD_HEALTH_PROBLEM, &err);
        return;
    }
    doctor->server_version = gd_pg_version(pg);
    int64_t locks = look_at_server(doctor, pg);
    look_at_tables(doctor, pg, locks);
    look_at_large_objects(doctor, pg);
    look_at_net(doctor, pg);
    look_at_collation(doctor, pg);
}
