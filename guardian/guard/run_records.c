/*
 * Run, what is its own: the records and locks of migration tools, and what the run has made itself.
 * Policies are about what others would miss.
 */
#include <string.h>
#include <strings.h>

#include "guardian/classify/rule.h"
#include "guardian/guard/run_own.h"

/* Tables in which migration tools keep their records, and their locks. */
static const char *const record_tables[] = {
    "_prisma_migrations",
    "knex_migrations",
    "knex_migrations_lock",
    "pgmigrations",
    "alembic_version",
    "django_migrations",
    "schema_migrations",
    "ar_internal_metadata",
    "__drizzle_migrations",
    "flyway_schema_history",
    "databasechangelog",
    "databasechangeloglock",
    "__efmigrationshistory",
    "typeorm_metadata",
    "sequelizemeta",
    "goose_db_version",
    "mikro_orm_migrations",
    "kysely_migration",
    "kysely_migration_lock",
    "phinxlog",
    "doctrine_migration_versions",
};

static bool is_record_table(const char *qualified)
{
    const char *dot = strrchr(qualified, '.');
    char name[64];
    size_t length = 0;
    for (const char *at = dot == NULL ? qualified : dot + 1;
         *at != '\0' && length + 1 < sizeof name; at++)
        if (*at != '"')
            name[length++] = *at;
    name[length] = '\0';
    for (size_t i = 0; i < sizeof record_tables / sizeof record_tables[0]; i++)
        if (strcasecmp(name, record_tables[i]) == 0)
            return true;
    return strncmp(qualified, "sqitch.", 7) == 0;
}

static bool is_of_tool(const char *schema, const char *name)
{
    for (size_t i = 0; i < sizeof record_tables / sizeof record_tables[0]; i++)
        if (strcasecmp(name, record_tables[i]) == 0)
            return true;
    return strcmp(schema, "sqitch") == 0;
}

struct gd_status gd_run_record_tables(const struct gd_pg_options *options, struct gd_arena *arena,
                                      struct gd_texts *out_tables, struct gd_error *err)
{
    gd_auto_pg pg = NULL;
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {
        .what = "look for the records of migration tools",
        .sql =
            "SELECT n.nspname, c.relname, '\"' || replace(n.nspname, '\"', '\"\"') || '\".\"' || "
            "replace(c.relname, '\"', '\"\"') || '\"' FROM pg_catalog.pg_class c JOIN "
            "pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace WHERE "
            "c.relkind OPERATOR(pg_catalog.=) 'r' AND c.relpersistence "
            "OPERATOR(pg_catalog.<>) 't' ORDER BY 3"};
    GD_TRY(gd_pg_connect(options, &pg, err));
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++)
        if (is_of_tool(gd_pg_cell(rows, i, 0), gd_pg_cell(rows, i, 1)))
            (void)gd_texts_add(out_tables, gd_arena_strdup(arena, gd_pg_cell(rows, i, 2)), arena);
    return GD_DONE;
}

/* What a tool holds in them is its lock, while it runs: nothing to keep, and to put back would be
 * to lock it. */
static const char *const lock_tables[] = {
    "knex_migrations_lock",
    "kysely_migration_lock",
    "databasechangeloglock",
};

bool gd_run_is_lock_table(const char *qualified)
{
    const char *dot = strrchr(qualified, '.');
    const char *name = dot == NULL ? qualified : dot + 1;
    for (size_t i = 0; i < sizeof lock_tables / sizeof lock_tables[0]; i++)
        if (strcasecmp(name, lock_tables[i]) == 0)
            return true;
    return false;
}

static bool writes_rows(const struct gd_finding *finding)
{
    enum gd_kind kind = finding->rule->kind;
    return kind == GD_KIND_InsertStmt || kind == GD_KIND_UpdateStmt || kind == GD_KIND_DeleteStmt;
}

static bool is_new(const struct gd_run *run, const struct gd_survey *survey, const char *qualified)
{
    for (size_t i = 0; survey != NULL && i < survey->relation_count; i++)
        if (strcmp(survey->relations[i].qualified, qualified) == 0)
            return run->begun && gd_map_get(&run->old, survey->relations[i].oid) == GD_MAP_NONE;
    return false;
}

typedef bool about_fn(const struct gd_run *run, const struct gd_survey *survey,
                      const struct gd_finding *finding, const char *table);

static bool is_record(const struct gd_run *run, const struct gd_survey *survey,
                      const struct gd_finding *finding, const char *table)
{
    (void)run;
    (void)survey;
    return writes_rows(finding) && is_record_table(table);
}

static bool is_lock(const struct gd_run *run, const struct gd_survey *survey,
                    const struct gd_finding *finding, const char *table)
{
    (void)run;
    (void)survey;
    return writes_rows(finding) && gd_run_is_lock_table(table);
}

static bool is_own(const struct gd_run *run, const struct gd_survey *survey,
                   const struct gd_finding *finding, const char *table)
{
    (void)finding;
    return is_new(run, survey, table);
}

/* Is everything that it would lose of this sort? */
static bool loses_only(const struct gd_run *run, const struct gd_run_look *look, about_fn *about)
{
    const struct gd_report *report = look->change.report;
    size_t losing = 0;
    for (size_t f = 0; f < report->file_count; f++)
        for (size_t e = 0; e < report->files[f]->entry_count; e++) {
            const struct gd_verdict *verdict = &report->files[f]->entries[e]->verdict;
            for (size_t i = 0; i < verdict->finding_count; i++) {
                const struct gd_finding *finding = verdict->findings[i];
                if (finding->class <= GD_CLASS_ADDITIVE && finding->loses == GD_LOSES_NOTHING)
                    continue;
                losing++;
                if (finding->class != GD_CLASS_DESTRUCTIVE || finding->tables.count == 0 ||
                    finding->loses > GD_LOSES_DATA)
                    return false;
                for (size_t t = 0; t < finding->tables.count; t++)
                    if (!about(run, look->change.survey, finding, finding->tables.items[t]))
                        return false;
            }
        }
    return losing > 0;
}

/* To put off a transaction is no loss, and what this run has put off is its own to end. */
static bool ends_own_transaction(const struct gd_run *run, const struct gd_run_look *look)
{
    static const char object[] = "prepared transaction ";
    const struct gd_report *report = look->change.report;
    const struct gd_judged_file *file = report->files[report->file_count - 1];
    if (file->entry_count != 1 || file->entries[0]->kind != GD_KIND_TransactionStmt ||
        file->entries[0]->verdict.lead == NULL)
        return false;
    const char *named = file->entries[0]->verdict.lead->object;
    return strcmp(file->entries[0]->form, "TRANS_STMT_PREPARE") == 0 ||
           (strncmp(named, object, sizeof object - 1) == 0 &&
            gd_track_has_put_off(&run->fates, named + sizeof object - 1));
}

/* A row that a migration tool adds to its record: what follows is the migration. */
static bool adds_record(const struct gd_run *run, const struct gd_run_look *look)
{
    const struct gd_report *report = look->change.report;
    const struct gd_judged_file *file = report->files[report->file_count - 1];
    if (file->entry_count != 1 || file->entries[0]->kind != GD_KIND_InsertStmt ||
        file->entries[0]->verdict.lead == NULL || file->class > GD_CLASS_ADDITIVE)
        return false;
    const char *object = file->entries[0]->verdict.lead->object;
    return strncmp(object, "table ", 6) == 0 && is_record_table(object + 6) &&
           !is_new(run, look->change.survey, object + 6);
}

/* Bytes of a database that is copied whole as soon as a tool writes its record: that is seconds. */
enum { SMALL_MAX = 256 << 20 }; /* unless the policy wants less */

bool gd_run_is_small(struct gd_run *run)
{
    struct gd_error ignored = {0};
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {
        .what = "ask for the size of the database",
        .sql = "SELECT pg_catalog.pg_database_size(pg_catalog.current_database())"};
    uint64_t most = gd_policy_limits(run->options->guard->policy)->database_backup_max.value;
    return gd_pg_run(run->pg, &call, &rows, &ignored).code == GD_OK &&
           (uint64_t)gd_pg_int(rows, 0, 0) <= (most < SMALL_MAX ? most : SMALL_MAX);
}

void gd_run_sort(struct gd_run *run, struct gd_run_look *look)
{
    look->lock = loses_only(run, look, is_lock);
    look->fresh = look->lock || loses_only(run, look, is_own) ||
                  gd_run_drops_own_database(run, look) || ends_own_transaction(run, look);
    look->records = !look->fresh && (loses_only(run, look, is_record) ||
                                     (adds_record(run, look) && gd_run_is_small(run)));
}
