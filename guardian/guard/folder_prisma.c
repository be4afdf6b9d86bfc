/*
 * Folder, Prisma's record: _prisma_migrations, read and written as Prisma's engine does.
 *
 * A row that is neither finished nor rolled back is a migration that failed; one that is not rolled
 * back is applied. Rows are found by name; the checksum is the SHA-256 of the file's bytes, and
 * line ends may differ. `before` takes Prisma's own lock (72707369) and looks again, so that a
 * migration which `prisma migrate deploy` ran meanwhile does not run twice.
 */
#include <stdlib.h>
#include <string.h>

#include "guardian/guard/folder.h"
#include "guardian/io/digest.h"

/* How a row begins that is ours and not finished: it is no failure of Prisma's. */
static const char begun_by_us[] = "guardian: ";

struct record {
    const char *table;       /* "public"._prisma_migrations, quoted as needed */
    const char *make_schema; /* SQL; "" it is there */
    const char *other;       /* a table that is not Prisma's; NULL: none */
    bool there;
};

/* --- quoting ------------------------------------------------------------------------------------
 */

/* A literal that reads the same whatever standard_conforming_strings says. */
static const char *literal(const char *text, struct gd_arena *arena)
{
    bool escape = strchr(text, '\\') != NULL;
    char *quoted = gd_arena_alloc(arena, 2 * strlen(text) + 4), *into = quoted;
    if (escape)
        *into++ = 'E';
    *into++ = '\'';
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\'' || *at == '\\')
            *into++ = *at;
        *into++ = *at;
    }
    *into++ = '\'';
    *into = '\0';
    return quoted;
}

/* --- the record ---------------------------------------------------------------------------------
 */

/* Prisma works in the first schema of the search path, and makes it when the URL names one. */
static const char look_sql[] =
    "SELECT quote_ident(s.name), n.oid IS NOT NULL,"
    " to_regclass(format('%I._prisma_migrations', s.name)) IS NOT NULL,"
    " (SELECT c.relname FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p')"
    "  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass"
    "                  AND d.objid = c.oid AND d.deptype = 'e')"
    "  ORDER BY c.oid LIMIT 1)"
    " FROM (SELECT coalesce(current_schema(), CASE"
    "        WHEN current_setting('search_path') !~ '[,$]' AND current_setting('search_path') <> ''"
    "        THEN (parse_ident(current_setting('search_path')))[1] END)) AS s(name)"
    " LEFT JOIN pg_namespace n ON n.nspname = s.name";

static GD_MUST struct gd_status look(struct gd_pg *pg, struct gd_arena *arena,
                                     struct record *out_record, struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {.what = "look for _prisma_migrations", .sql = look_sql};
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    const char *schema = gd_pg_cell(rows, 0, 0), *other = gd_pg_cell(rows, 0, 3);
    if (schema == NULL)
        return gd_hint(err,
                       gd_fail(err, GD_USAGE,
                               "could not tell which schema Prisma works in: no "
                               "schema of the search path is there"),
                       "Name it in the URL: ?schema=NAME.");
    *out_record = (struct record){
        .table = gd_arena_printf(arena, "%s._prisma_migrations", schema),
        .make_schema = gd_pg_bool(rows, 0, 1)
                           ? ""
                           : gd_arena_printf(arena, "CREATE SCHEMA IF NOT EXISTS %s; ", schema),
        .other = other == NULL ? NULL : gd_arena_strdup(arena, other),
        .there = gd_pg_bool(rows, 0, 2)};
    return GD_DONE;
}

static GD_MUST struct gd_status read_rows(struct gd_pg *pg, const struct record *record,
                                          struct gd_arena *arena, struct gd_pg_rows **out_rows,
                                          struct gd_error *err)
{
    struct gd_pg_call call = {
        .what = "read _prisma_migrations",
        .sql = gd_arena_printf(arena,
                               "SELECT migration_name, checksum, finished_at IS NOT NULL, "
                               "coalesce(logs, ''), id, started_at::timestamptz(0)::text FROM %s "
                               "WHERE rolled_back_at IS NULL ORDER BY started_at",
                               record->table)};
    return gd_pg_run(pg, &call, out_rows, err);
}

/* --- what to run around a migration -------------------------------------------------------------
 */

static const char table_sql[] =
    "CREATE TABLE IF NOT EXISTS %s (id varchar(36) PRIMARY KEY NOT NULL, "
    "checksum varchar(64) NOT NULL, finished_at timestamptz, "
    "migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz, "
    "started_at timestamptz NOT NULL DEFAULT pg_catalog.now(), "
    "applied_steps_count integer NOT NULL DEFAULT 0); ";

static const char *before_sql(const struct record *record, const struct gd_migration *migration,
                              struct gd_arena *arena)
{
    const char *name = literal(migration->name, arena);
    const char *make = record->there ? "" : gd_arena_printf(arena, table_sql, record->table);
    const char *body = gd_arena_printf(
        arena,
        "BEGIN PERFORM pg_catalog.pg_advisory_xact_lock(72707369); %s%s"
        "IF EXISTS (SELECT FROM %s WHERE migration_name = %s AND rolled_back_at IS NULL) THEN "
        "RAISE EXCEPTION USING MESSAGE = 'somebody else ran this migration meanwhile', "
        "HINT = 'Run the command again: it goes on behind it.'; END IF; "
        "INSERT INTO %s (id, checksum, logs, started_at, migration_name) VALUES "
        "(pg_catalog.gen_random_uuid()::pg_catalog.text, %s, %s, pg_catalog.clock_timestamp(), "
        "%s); END",
        record->make_schema, make, record->table, name, record->table,
        literal(migration->sha256, arena),
        literal(gd_arena_printf(arena,
                                "%sa part of it may be in; \"guardian list\" says which change "
                                "began it, and the same apply goes on with it",
                                begun_by_us),
                arena),
        name);
    return gd_arena_printf(arena, "DO %s", literal(body, arena));
}

static const char *after_sql(const struct record *record, const struct gd_migration *migration,
                             struct gd_arena *arena)
{
    return gd_arena_printf(arena,
                           "UPDATE %s SET finished_at = pg_catalog.clock_timestamp(), logs = NULL, "
                           "applied_steps_count = 1 WHERE migration_name = %s AND finished_at IS "
                           "NULL AND rolled_back_at IS NULL",
                           record->table, literal(migration->name, arena));
}

/* --- rows against files -------------------------------------------------------------------------
 */

static struct gd_migration *named(const struct gd_folder *folder, const char *name)
{
    for (size_t i = 0; i < folder->count; i++)
        if (strcmp(folder->migrations[i].name, name) == 0)
            return &folder->migrations[i];
    return NULL;
}

/* The line of Prisma's log that says why; "" when it says nothing. */
static const char *reason_in(const char *logs, struct gd_arena *arena)
{
    const char *error = strstr(logs, "ERROR:");
    const char *line = error == NULL ? logs + strspn(logs, " \r\n") : error;
    size_t size = strcspn(line, "\r\n");
    return size == 0 ? "" : gd_arena_printf(arena, ": %.*s", (int)size, line);
}

static GD_MUST struct gd_status failed_earlier(const struct gd_pg_rows *rows, size_t row,
                                               struct gd_arena *arena, struct gd_error *err)
{
    const char *name = gd_pg_cell(rows, row, 0);
    return gd_hint(err,
                   gd_fail(err, GD_USAGE,
                           "could not go on with Prisma's migrations: \"%s\", begun %s, failed%s",
                           name, gd_pg_cell(rows, row, 5),
                           reason_in(gd_pg_cell(rows, row, 3), arena)),
                   "See what of it is in the database, then say so: prisma migrate resolve "
                   "--rolled-back %s (nothing is, run it again), or --applied (all of it is).",
                   name);
}

static GD_MUST struct gd_status changed_since(const struct gd_migration *migration, bool finished,
                                              struct gd_error *err)
{
    return gd_hint(err,
                   gd_fail(err, GD_USAGE,
                           "could not use migration \"%s\": its text is not the one that was %s "
                           "(by the checksum in _prisma_migrations)",
                           migration->name, finished ? "applied" : "begun"),
                   "Put the text back (git log -p -- %s), and make a new migration for what "
                   "should be different.",
                   migration->path);
}

/* One row of the record: nothing to say about a migration that has no folder (history that was
 * squashed), as Prisma. */
static GD_MUST struct gd_status take_row(const struct gd_pg_rows *rows, size_t row,
                                         struct gd_migration *migration, struct gd_arena *arena,
                                         const struct record *record, struct gd_error *err)
{
    bool finished = gd_pg_bool(rows, row, 2);
    const char *logs = gd_pg_cell(rows, row, 3);
    if (!finished && strncmp(logs, begun_by_us, strlen(begun_by_us)) != 0)
        return failed_earlier(rows, row, arena, err);
    if (migration == NULL)
        return finished ? GD_DONE : failed_earlier(rows, row, arena, err);
    if (!gd_digest_is_of_text(migration->text, migration->size, gd_pg_cell(rows, row, 1)))
        return changed_since(migration, finished, err);
    if (finished)
        migration->applied = true;
    else
        migration->before = gd_arena_printf(
            arena, "UPDATE %s SET started_at = pg_catalog.clock_timestamp() WHERE id = %s",
            record->table, literal(gd_pg_cell(rows, row, 4), arena));
    return GD_DONE;
}

static void note_strangers(struct gd_folder *folder, const struct gd_pg_rows *rows,
                           struct gd_arena *arena)
{
    size_t strangers = 0;
    const char *first = NULL;
    for (size_t row = 0; row < gd_pg_rows_count(rows); row++) {
        if (named(folder, gd_pg_cell(rows, row, 0)) != NULL)
            continue;
        if (strangers++ == 0)
            first = gd_arena_strdup(arena, gd_pg_cell(rows, row, 0));
    }
    if (strangers == 1)
        (void)gd_texts_add(&folder->notes,
                           gd_arena_printf(arena,
                                           "the database has had migration \"%s\", which is "
                                           "not in the folder",
                                           first),
                           arena);
    else if (strangers > 1)
        (void)gd_texts_add(&folder->notes,
                           gd_arena_printf(arena,
                                           "the database has had %zu migrations that are "
                                           "not in the folder, \"%s\" first",
                                           strangers, first),
                           arena);
}

static GD_MUST struct gd_status take_rows(struct gd_folder *folder, struct gd_pg *pg,
                                          const struct record *record, struct gd_arena *arena,
                                          struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    GD_TRY(read_rows(pg, record, arena, &rows, err));
    for (size_t row = 0; row < gd_pg_rows_count(rows); row++)
        GD_TRY(take_row(rows, row, named(folder, gd_pg_cell(rows, row, 0)), arena, record, err));
    note_strangers(folder, rows, arena);
    return GD_DONE;
}

static GD_MUST struct gd_status not_empty(const struct record *record, struct gd_error *err)
{
    return gd_hint(err,
                   gd_fail(err, GD_USAGE,
                           "could not tell which migrations the database has had: it holds table "
                           "\"%s\", but no _prisma_migrations",
                           record->other),
                   "Say which are in it, as Prisma wants it (P3005): prisma migrate resolve "
                   "--applied NAME, for each of them.");
}

struct gd_status gd_folder_prisma(struct gd_folder *folder, struct gd_pg *pg,
                                  struct gd_arena *arena, struct gd_error *err)
{
    struct record record;
    GD_TRY(look(pg, arena, &record, err));
    if (!record.there && record.other != NULL)
        return not_empty(&record, err);
    if (record.there)
        GD_TRY(take_rows(folder, pg, &record, arena, err));
    for (size_t i = 0; i < folder->count; i++) {
        struct gd_migration *migration = &folder->migrations[i];
        if (migration->applied) {
            migration->before = NULL;
            continue;
        }
        if (migration->before == NULL)
            migration->before = before_sql(&record, migration, arena);
        migration->after = after_sql(&record, migration, arena);
    }
    return GD_DONE;
}

/* --- taking back --------------------------------------------------------------------------------
 */

/* "prisma/migrations/2024_a/migration.sql": "2024_a". NULL: it is none of Prisma's. */
static const char *name_of_path(const char *path, struct gd_arena *arena)
{
    static const char script[] = "/migration.sql";
    size_t size = strlen(path);
    if (size <= strlen(script) || strcmp(path + size - strlen(script), script) != 0)
        return NULL;
    const char *end = path + size - strlen(script), *begin = end;
    while (begin > path && begin[-1] != '/')
        begin--;
    return gd_arena_strndup(arena, begin, (size_t)(end - begin));
}

struct gd_status gd_folder_undo_sql(struct gd_pg *pg, const char *const *paths,
                                    const char *const *sha256, size_t count, struct gd_arena *arena,
                                    const char **out_sql, struct gd_error *err)
{
    const char *which = "";
    for (size_t i = 0; i < count; i++) {
        const char *name = name_of_path(paths[i], arena);
        if (name != NULL)
            which = gd_arena_printf(arena, "%s%s(%s, %s)", which, *which == '\0' ? "" : ", ",
                                    literal(name, arena), literal(sha256[i], arena));
    }
    *out_sql = NULL;
    if (*which == '\0')
        return GD_DONE;
    struct record record;
    GD_TRY(look(pg, arena, &record, err));
    if (record.there)
        *out_sql = gd_arena_printf(
            arena,
            "UPDATE %s SET rolled_back_at = pg_catalog.clock_timestamp() WHERE rolled_back_at IS "
            "NULL AND (migration_name, checksum) IN (%s)",
            record.table, which);
    return GD_DONE;
}
