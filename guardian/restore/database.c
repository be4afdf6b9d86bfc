/*
 * Database: making it as it was, and making it go away again.
 *
 * While it is being filled its comment says so: whoever finds it after a crash knows what it is.
 */
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/pg/copy.h"
#include "guardian/pg/target.h"
#include "guardian/restore/steps.h"
#include "guardian/sql/parse.h"

enum { NAME_BYTES_MAX = 63, CALL_LIMIT_MS = 3600000 };

/* --- where to stand ---------------------------------------------------------------------------*/

static const char *const maintenance[] = {"postgres", "template1", "defaultdb"};

GD_MUST static struct gd_status is_in(struct gd_pg *pg, const char *database, bool *out_in,
                                      struct gd_error *err)
{
    struct gd_pg_call call = {.what = "ask for the database",
                              .sql = "SELECT pg_catalog.current_database() = $1",
                              .values = &database,
                              .value_count = 1};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    *out_in = gd_pg_bool(rows, 0, 0);
    return GD_DONE;
}

GD_MUST static struct gd_status move_away(struct gd_pg *from, const char *database,
                                          struct gd_pg **out_home, struct gd_error *err)
{
    struct gd_error refused = {0};
    struct gd_status status = GD_DONE;
    for (size_t i = 0; i < sizeof maintenance / sizeof maintenance[0]; i++) {
        if (strcmp(maintenance[i], database) == 0)
            continue;
        status = gd_pg_connect_like(from, maintenance[i], out_home, &refused);
        if (status.code == GD_OK)
            return GD_DONE;
    }
    *err = refused;
    return gd_hint(err, status,
                   "Database \"%s\" can only be made or renamed from another one: name one with "
                   "--db to which you may connect.",
                   database);
}

struct gd_status gd_restore_home(const struct gd_restore_options *options, const char *database,
                                 struct gd_pg **out_home, struct gd_error *err)
{
    gd_auto_pg pg = NULL;
    bool inside = false;
    struct gd_status status = gd_pg_connect(options->pg, &pg, err);
    if (status.code != GD_OK) {
        /* The one that is to come back may be gone. */
        struct gd_pg_options other = *options->pg;
        struct gd_error ignored = {0};
        for (size_t i = 0; i < sizeof maintenance / sizeof maintenance[0]; i++) {
            other.database = maintenance[i];
            if (gd_pg_connect(&other, out_home, &ignored).code == GD_OK)
                return GD_DONE;
        }
        return status;
    }
    GD_TRY(is_in(pg, database, &inside, err));
    if (inside)
        return move_away(pg, database, out_home, err);
    *out_home = GD_MOVE(pg);
    return GD_DONE;
}

struct gd_status gd_restore_database_of(const struct gd_restore_options *options,
                                        struct gd_arena *arena, const char **out_database,
                                        struct gd_error *err)
{
    gd_auto_pg pg = NULL;
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_options reopening = *options->pg;
    struct gd_pg_call call = {.what = "ask for the database",
                              .sql = "SELECT pg_catalog.current_database()"};
    reopening.reopen = true;
    GD_TRY(gd_pg_connect(&reopening, &pg, err));
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    *out_database = gd_arena_strdup(arena, gd_pg_cell(rows, 0, 0));
    if (gd_pg_reopened(pg))
        gd_tell_warning(options->events, "",
                        "an earlier restore was killed and left \"%s\" closed to all sessions: it "
                        "is open again",
                        *out_database);
    return GD_DONE;
}

struct gd_status gd_database_exists(struct gd_pg *home, const char *database, bool *out_exists,
                                    struct gd_error *err)
{
    if (*database == '\0' || strlen(database) > NAME_BYTES_MAX)
        return gd_fail(err, GD_USAGE,
                       "could not use \"%.80s\" as a database: a name has 1 to %d bytes", database,
                       NAME_BYTES_MAX);
    struct gd_pg_call call = {.what = "look for the database",
                              .sql = "SELECT EXISTS (SELECT FROM pg_catalog.pg_database WHERE "
                                     "datname = $1)",
                              .values = &database,
                              .value_count = 1};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(home, &call, &rows, err));
    *out_exists = gd_pg_bool(rows, 0, 0);
    return GD_DONE;
}

/* --- create -----------------------------------------------------------------------------------*/

static const struct gd_dump_item *find_create(const struct gd_dump *dump)
{
    for (size_t i = 0; i < dump->count; i++)
        if (dump->items[i].kind == GD_DUMP_DATABASE &&
            (dump->items[i].node == GD_KIND_CreatedbStmt ||
             strncmp(dump->items[i].sql, "CREATE DATABASE", 15) == 0))
            return &dump->items[i];
    return NULL;
}

struct creating {
    struct gd_restoring *restoring;
    const char *sql; /* of the dump */
    const char *options;
    struct gd_arena *arena;
};

static const char *option_value(const struct gd_node *option, struct gd_arena *arena)
{
    const struct gd_node *arg = gd_node_child(option, GD_F_arg);
    const char *text = gd_node_string(arg);
    if (text != NULL)
        return gd_literal(text, arena);
    return gd_arena_printf(arena, "%lld", (long long)gd_node_int(arg, GD_F_ival));
}

static bool is_locale(const char *name)
{
    static const char *const names[] = {"locale",          "lc_collate",       "lc_ctype",
                                        "locale_provider", "icu_locale",       "icu_rules",
                                        "builtin_locale",  "collation_version"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* Before 15 there was libc and nothing else, and no word for it. */
GD_MUST static struct gd_status check_provider(const struct creating *creating, const char *value,
                                               bool *out_skip, struct gd_error *err)
{
    *out_skip = gd_pg_version(creating->restoring->home) < 150000;
    if (!*out_skip || strcmp(value, "'libc'") == 0)
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_USAGE,
                           "could not create the database: it sorts by the locale provider %s, "
                           "which this server does not have",
                           value),
                   "Restore into PostgreSQL 15 or newer.");
}

/* Encoding and locale in the words of the dump; the tablespace where it can be used. */
static struct gd_status read_options(void *context, struct gd_error *err)
{
    struct creating *creating = context;
    struct gd_arena *arena = creating->arena;
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    if (!gd_parse(creating->sql, strlen(creating->sql), arena, &parsed, &refusal))
        return gd_fail(err, GD_CORRUPT, "could not read \"%.80s\": %s", creating->sql,
                       refusal.message);
    const struct gd_node *tree = parsed.count == 1 ? parsed.statements[0] : NULL;
    for (size_t i = 0; i < gd_node_count(tree, GD_F_options); i++) {
        const struct gd_node *option = gd_node_at(tree, GD_F_options, i);
        const char *name = gd_node_text(option, GD_F_defname);
        if (strcmp(name, "tablespace") == 0 || strcmp(name, "template") == 0 ||
            strcmp(name, "owner") == 0 || strcmp(name, "oid") == 0 ||
            (creating->restoring->options->plain_locale && is_locale(name)) ||
            (gd_pg_version(creating->restoring->home) < 150000 &&
             strcmp(name, "locale_provider") == 0)) /* there was only libc */
            continue;
        const char *value = option_value(option, arena);
        bool skip = false;
        if (strcmp(name, "locale_provider") == 0)
            GD_TRY(check_provider(creating, value, &skip, err));
        if (!skip)
            creating->options =
                gd_arena_printf(arena, "%s %s = %s", creating->options, name, value);
    }
    return GD_DONE;
}

static const char *options_of_manifest(const struct gd_manifest *manifest, struct gd_arena *arena)
{
    return gd_arena_printf(arena, " encoding = %s lc_collate = %s lc_ctype = %s",
                           gd_literal(manifest->encoding, arena),
                           gd_literal(manifest->collate, arena),
                           gd_literal(manifest->ctype, arena));
}

GD_MUST static struct gd_status run_create(struct gd_restoring *restoring, const char *options,
                                           struct gd_error *err)
{
    struct gd_arena *arena = restoring->arena;
    const char *tablespace = restoring->options->tablespace;
    const char *what = gd_arena_printf(arena, "create database \"%s\"", restoring->database);
    const char *sql = gd_arena_printf(arena, "CREATE DATABASE %s TEMPLATE = template0%s%s%s",
                                      gd_quoted(restoring->database, arena), options,
                                      tablespace == NULL ? "" : " TABLESPACE = ",
                                      tablespace == NULL ? "" : gd_quoted(tablespace, arena));
    struct gd_status status = gd_pg_command(restoring->home, what, sql, err);
    if (status.code != GD_OK && strstr(err->text, "ermission denied") != NULL) {
        err->code = GD_REFUSED;
        return gd_hint(err, (struct gd_status){GD_REFUSED},
                       "The role needs the right to create databases: ALTER ROLE … CREATEDB.");
    }
    return status;
}

/* The owner at once: schema public belongs to whoever owns the database, and who owns things there
 * needs the right to. What a plain role is refused here is said when the properties are set. */
static void give_away(struct gd_restoring *restoring)
{
    for (size_t i = 0; i < restoring->before.count; i++) {
        const struct gd_dump_item *item = &restoring->before.items[i];
        if (item->kind != GD_DUMP_DATABASE || item->owner == NULL)
            continue;
        struct gd_error ignored = {0};
        struct gd_pg_call call = {.what = item->what,
                                  .sql = gd_dump_named(item, restoring->database, restoring->arena),
                                  .limit_ms = CALL_LIMIT_MS};
        (void)gd_pg_run(restoring->home, &call, NULL, &ignored).code;
    }
}

/* Indexes are built here and are right; what was decided by an order elsewhere may not be. */
GD_MUST static struct gd_status compare_collation(struct gd_restoring *restoring,
                                                  struct gd_error *err)
{
    const char *there = restoring->options->manifest->collation_version;
    struct gd_pg_call call = {.what = "look at the collation",
                              .sql = "SELECT pg_catalog.pg_database_collation_actual_version(oid) "
                                     "FROM pg_catalog.pg_database WHERE datname = $1",
                              .values = &restoring->database,
                              .value_count = 1};
    gd_auto_pg_rows rows = NULL;
    if (gd_pg_version(restoring->home) < 150000 || restoring->options->plain_locale ||
        there == NULL || *there == '\0')
        return GD_DONE;
    GD_TRY(gd_pg_run(restoring->home, &call, &rows, err));
    const char *here = gd_pg_rows_count(rows) == 0 ? NULL : gd_pg_cell(rows, 0, 0);
    if (here != NULL && strcmp(here, there) != 0)
        gd_restoring_warn(restoring,
                          "Indexes are built anew. Look at partitions by ranges of text, and at "
                          "checks that compare text.",
                          "text may be sorted otherwise than where the snapshot was taken: the "
                          "collation was version %s there, and is %s here",
                          there, here);
    return GD_DONE;
}

struct gd_status gd_database_create(struct gd_restoring *restoring, struct gd_error *err)
{
    struct gd_arena *arena = restoring->arena;
    const struct gd_dump_item *item = find_create(&restoring->before);
    struct creating creating = {.restoring = restoring,
                                .options = "",
                                .arena = arena,
                                .sql = item == NULL ? "" : item->sql};
    if (item == NULL)
        creating.options = options_of_manifest(restoring->options->manifest, arena);
    else
        GD_TRY(gd_deep_call(read_options, &creating, err));
    if (restoring->options->plain_locale && item != NULL)
        creating.options = gd_arena_printf(arena, "%s locale = 'C'", creating.options);
    GD_TRY(gd_fault("restore: before the database", err));
    GD_TRY(run_create(restoring, creating.options, err));
    restoring->made = true;
    const char *mark = gd_arena_printf(
        arena, "guardian: being restored from snapshot %s; not complete until this comment is gone",
        restoring->options->manifest->id);
    GD_TRY(gd_pg_command(restoring->home, "mark the new database",
                         gd_arena_printf(arena, "COMMENT ON DATABASE %s IS %s",
                                         gd_quoted(restoring->database, arena),
                                         gd_literal(mark, arena)),
                         err));
    give_away(restoring);
    return compare_collation(restoring, err);
}

/* --- finish -----------------------------------------------------------------------------------*/

/* 42501: settings of other roles, settings that only a superuser may make. */
GD_MUST static struct gd_status run_property(struct gd_restoring *restoring,
                                             const struct gd_dump_item *item, struct gd_error *err)
{
    struct gd_error refused = {0};
    struct gd_pg_call call = {.what = item->what,
                              .sql = gd_dump_named(item, restoring->database, restoring->arena),
                              .limit_ms = CALL_LIMIT_MS};
    struct gd_status status = gd_pg_run(restoring->home, &call, NULL, &refused);
    if (status.code == GD_OK)
        return GD_DONE;
    if (restoring->superuser || strcmp(call.sqlstate, "42501") != 0) {
        *err = refused;
        return status;
    }
    gd_restoring_warn(restoring, "", "left out: %s", refused.text);
    return GD_DONE;
}

const char *gd_database_comment(const struct gd_restoring *restoring, const char *database,
                                struct gd_arena *arena)
{
    for (size_t i = 0; i < restoring->before.count; i++)
        if (restoring->before.items[i].kind == GD_DUMP_DATABASE &&
            restoring->before.items[i].node == GD_KIND_CommentStmt)
            return gd_dump_named(&restoring->before.items[i], database, arena);
    return gd_arena_printf(arena, "COMMENT ON DATABASE %s IS NULL", gd_quoted(database, arena));
}

struct gd_status gd_database_finish(struct gd_restoring *restoring, struct gd_error *err)
{
    struct gd_arena *arena = restoring->arena;
    const struct gd_dump_item *create = find_create(&restoring->before);
    GD_TRY(gd_fault("restore: before the database's settings", err));
    GD_TRY(gd_pg_command(restoring->home, "take the mark off the new database",
                         gd_arena_printf(arena, "COMMENT ON DATABASE %s IS NULL",
                                         gd_quoted(restoring->database, arena)),
                         err));
    for (size_t i = 0; i < restoring->before.count; i++) {
        const struct gd_dump_item *item = &restoring->before.items[i];
        if (item->kind == GD_DUMP_DATABASE && item != create)
            GD_TRY(run_property(restoring, item, err));
    }
    return GD_DONE;
}

struct gd_status gd_undo(struct gd_pg *pg, const char *what, const char *sql, struct gd_error *err)
{
    struct gd_pg_call call = {.what = what, .sql = sql, .limit_ms = CALL_LIMIT_MS};
    return gd_pg_run(pg, &call, NULL, err);
}

/* --- drop -------------------------------------------------------------------------------------*/

/* A subscription holds its database; without a slot's name it lets go and calls nobody. */
GD_MUST static struct gd_status drop_subscriptions(struct gd_pg *home, const char *database,
                                                   struct gd_arena *arena, struct gd_error *err)
{
    gd_auto_pg pg = NULL;
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {
        .what = "look for subscriptions",
        .sql = "SELECT s.subname FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d "
               "ON d.oid = s.subdbid WHERE d.datname = $1",
        .values = &database,
        .value_count = 1};
    GD_TRY(gd_pg_run(home, &call, &rows, err));
    if (gd_pg_rows_count(rows) == 0)
        return GD_DONE;
    GD_TRY(gd_pg_connect_like(home, database, &pg, err));
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++) {
        const char *name = gd_quoted(gd_pg_cell(rows, i, 0), arena);
        GD_TRY(gd_undo(pg, "let a subscription go",
                       gd_arena_printf(arena, "ALTER SUBSCRIPTION %s SET (slot_name = NONE)", name),
                       err));
        GD_TRY(gd_undo(pg, "drop a subscription",
                       gd_arena_printf(arena, "DROP SUBSCRIPTION %s", name), err));
    }
    return GD_DONE;
}

struct gd_status gd_database_drop(struct gd_pg *home, const char *database, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error ignored = {0};
    bool there = false;
    GD_TRY(gd_database_exists(home, database, &there, err));
    if (!there)
        return GD_DONE;
    (void)!drop_subscriptions(home, database, arena, &ignored).code; /* a plain role sees none */
    return gd_undo(home, gd_arena_printf(arena, "drop database \"%s\"", database),
                   gd_arena_printf(arena, "DROP DATABASE IF EXISTS %s WITH (FORCE)",
                                   gd_quoted(database, arena)),
                   err);
}

struct gd_status gd_restore_drop(const struct gd_pg_options *pg, const char *database,
                                 struct gd_error *err)
{
    gd_auto_pg home = NULL;
    GD_TRY(gd_pg_connect(pg, &home, err));
    return gd_database_drop(home, database, err);
}
