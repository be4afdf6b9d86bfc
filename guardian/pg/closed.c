#include "guardian/pg/closed.h"

#include <stdio.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/pg/copy.h"

enum { GONE_MS = 3000, LOOK_EVERY_MS = 100 };

/* What is written in restore/replace.c is read here. The newest note counts. */
static const char note_sql[] =
    "SELECT n.name, substring(n.note FROM 'from snapshot ([^ ]+)'), "
    "substring(n.note FROM 'server process ([0-9]{1,9})'), pg_catalog.pg_has_role(n.owner, "
    "'MEMBER'), EXISTS (SELECT FROM pg_catalog.pg_stat_activity WHERE pid = substring(n.note FROM "
    "'server process ([0-9]{1,9})')::int) FROM (SELECT oid, datname AS name, datdba AS owner, "
    "pg_catalog.shobj_description(oid, 'pg_database') AS note FROM pg_catalog.pg_database) n "
    "WHERE n.note LIKE 'guardian: %when that lets no session in%' AND "
    "strpos(n.note, 'to take the place of \"' || $1 || '\"') > 0 ORDER BY n.oid DESC LIMIT 1";

struct note {
    const char *database; /* NULL: there is no note */
    const char *snapshot, *process;
    bool ours, running;
};

bool gd_pg_closed(const char *why)
{
    return strstr(why, "not currently accepting connections") != NULL;
}

/* From where the closed one can be looked at. */
static bool stand_beside(const struct gd_pg *pg, struct gd_pg **out_beside)
{
    static const char *const others[] = {"postgres", "template1", "defaultdb"};
    struct gd_pg_options options = pg->options;
    options.no_advice = true;
    options.reopen = false;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct gd_error ignored = {0};
        struct gd_pg_target target = pg->target;
        gd_pg_target_set(&target, "dbname", others[i]);
        if (strcmp(others[i], PQdb(pg->conn)) != 0 &&
            gd_pg_connect_target(&options, &target, out_beside, &ignored).code == GD_OK)
            return true;
    }
    return false;
}

static bool read_note(struct gd_pg *beside, const char *database, struct gd_arena *arena,
                      struct note *out_note)
{
    struct gd_error ignored = {0};
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {.what = "look for what an earlier restore left",
                              .sql = note_sql,
                              .values = &database,
                              .value_count = 1};
    if (gd_pg_run(beside, &call, &rows, &ignored).code != GD_OK || gd_pg_rows_count(rows) == 0)
        return false;
    const char *snapshot = gd_pg_cell(rows, 0, 1), *process = gd_pg_cell(rows, 0, 2);
    *out_note = (struct note){.database = gd_arena_strdup(arena, gd_pg_cell(rows, 0, 0)),
                              .snapshot = gd_arena_strdup(arena, snapshot == NULL ? "?" : snapshot),
                              .process = process == NULL ? NULL : gd_arena_strdup(arena, process),
                              .ours = gd_pg_bool(rows, 0, 3),
                              .running = gd_pg_bool(rows, 0, 4)};
    return true;
}

static const char *opening(const struct gd_pg *pg, struct gd_arena *arena)
{
    const char *name = PQdb(pg->conn);
    char *quoted = gd_arena_zalloc(arena, 2 * strlen(name) + 1, 1), *at = quoted;
    for (; *name != '\0'; name++) {
        if (*name == '"')
            *at++ = '"';
        *at++ = *name;
    }
    return gd_arena_printf(arena, "ALTER DATABASE \"%s\" WITH ALLOW_CONNECTIONS true", quoted);
}

struct gd_status gd_pg_closed_hint(const struct gd_pg *pg, struct gd_status status,
                                   struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_pg beside = NULL;
    struct note note = {0};
    if (!stand_beside(pg, &beside) || !read_note(beside, PQdb(pg->conn), arena, &note))
        return gd_hint(err, status,
                       "Somebody has closed it to all sessions. From another database, its owner "
                       "opens it: %s.",
                       opening(pg, arena));
    if (note.running)
        return gd_hint(err, status,
                       "A restore of snapshot %s is about to put \"%s\" in its place, in server "
                       "process %s: wait for its end.",
                       note.snapshot, note.database, note.process);
    return gd_hint(err, status,
                   "A restore of snapshot %s was killed before it could put \"%s\" in its place. "
                   "\"%s\" is as it was: run guardian restore again, or open it from another "
                   "database: %s.",
                   note.snapshot, note.database, PQdb(pg->conn), opening(pg, arena));
}

/* The server takes a moment to notice that a client was killed. */
static bool is_left(const struct gd_pg *pg, struct gd_pg *beside, struct gd_arena *arena)
{
    int64_t deadline = gd_clock_monotonic_us() + (int64_t)GONE_MS * 1000;
    for (;;) {
        struct note note = {0};
        if (!read_note(beside, PQdb(pg->conn), arena, &note) || !note.ours || note.process == NULL)
            return false;
        if (!note.running)
            return true;
        if (gd_clock_monotonic_us() >= deadline)
            return false;
        gd_sleep_ms(LOOK_EVERY_MS);
    }
}

bool gd_pg_closed_open(const struct gd_pg *pg)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_pg beside = NULL;
    struct gd_error ignored = {0};
    return stand_beside(pg, &beside) && is_left(pg, beside, arena) &&
           gd_pg_command(beside, "open the database", opening(pg, arena), &ignored).code == GD_OK;
}
