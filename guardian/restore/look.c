/*
 * Look: is everything there that the restore will need? Asked before anything is touched, so that
 * what is missing is named all at once and not found one by one, half way through.
 */
#include <stdarg.h>
#include <string.h>

#include "guardian/pg/copy.h"
#include "guardian/restore/steps.h"

/* --- what is wrong ----------------------------------------------------------------------------*/

struct looking {
    struct gd_restoring *restoring;
    struct gd_arena *arena;
    struct gd_texts problems;
    const char *hint;
    struct gd_texts may_own; /* roles that the restoring role can give things to */
};

static void problem(struct looking *looking, const char *hint, const char *format, ...)
    GD_PRINTF(3, 4);
static void problem(struct looking *looking, const char *hint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    gd_texts_add(&looking->problems, gd_arena_vprintf(looking->arena, format, arguments),
                 looking->arena);
    va_end(arguments);
    if (looking->hint == NULL)
        looking->hint = hint;
}

GD_MUST static struct gd_status say_problems(struct looking *looking, struct gd_error *err)
{
    const struct gd_texts *problems = &looking->problems;
    if (problems->count == 0)
        return GD_DONE;
    const char *all = problems->items[0];
    for (size_t i = 1; i < problems->count; i++)
        all = gd_arena_printf(looking->arena, "%s; %s", all, problems->items[i]);
    return gd_hint(err, gd_fail(err, GD_REFUSED, "could not restore: %s", all), "%s",
                   looking->hint);
}

/* --- the server -------------------------------------------------------------------------------*/

GD_MUST static struct gd_status look_at_server(struct looking *looking, struct gd_error *err)
{
    struct gd_restoring *restoring = looking->restoring;
    const struct gd_manifest *manifest = restoring->options->manifest;
    struct gd_pg_call call = {
        .what = "look at the server",
        .sql = "SELECT pg_catalog.pg_is_in_recovery(), r.rolsuper, EXISTS (SELECT FROM "
               "pg_catalog.pg_roles m WHERE m.rolname IN ('rds_superuser', 'cloudsqlsuperuser', "
               "'azure_pg_admin', 'neon_superuser', 'alloydbsuperuser') "
               "AND pg_catalog.pg_has_role(m.oid, 'MEMBER')) "
               "FROM pg_catalog.pg_roles r WHERE r.rolname = current_user"};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(restoring->home, &call, &rows, err));
    restoring->server_version = gd_pg_version(restoring->home);
    restoring->superuser = gd_pg_bool(rows, 0, 1) || gd_pg_bool(rows, 0, 2);
    if (gd_pg_bool(rows, 0, 0))
        problem(looking, "Restore on the primary.", "%s is a standby, which takes no changes",
                gd_pg_where(restoring->home));
    if (gd_pg_pooled(restoring->home))
        problem(looking, "Use the address of the server itself.",
                "a pooler stands before the server, and would mix up the sessions");
    if (restoring->server_version / 10000 < manifest->server_version / 10000)
        problem(looking, "Restore into a server of the same major version, or a newer one.",
                "the server is PostgreSQL %d, and the snapshot is of PostgreSQL %d",
                restoring->server_version / 10000, manifest->server_version / 10000);
    return GD_DONE;
}

/* --- roles ------------------------------------------------------------------------------------*/

GD_MUST static struct gd_status look_at_roles(struct looking *looking, struct gd_error *err)
{
    struct gd_restoring *restoring = looking->restoring;
    bool sets = restoring->server_version >= 160000;
    struct gd_pg_call call = {
        .what = "ask for roles",
        .sql = sets ? "SELECT rolname, pg_catalog.pg_has_role(oid, 'SET') FROM pg_catalog.pg_roles"
                    : "SELECT rolname, pg_catalog.pg_has_role(oid, 'MEMBER') FROM "
                      "pg_catalog.pg_roles"};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(restoring->home, &call, &rows, err));
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++) {
        const char *name = gd_arena_strdup(restoring->arena, gd_pg_cell(rows, i, 0));
        gd_texts_add(&restoring->present, name, restoring->arena);
        if (gd_pg_bool(rows, i, 1))
            gd_texts_add(&looking->may_own, name, looking->arena);
    }
    return GD_DONE;
}

/* "a", "b" and "c" */
static const char *listed(const struct gd_texts *names, struct gd_arena *arena)
{
    const char *list = "";
    for (size_t i = 0; i < names->count; i++)
        list = gd_arena_printf(arena, "%s%s\"%s\"", list, i == 0 ? "" : ", ", names->items[i]);
    return list;
}

static void check_roles(struct looking *looking, const struct gd_dump *dump,
                        struct gd_texts *missing, struct gd_texts *foreign)
{
    for (size_t i = 0; i < dump->roles.count; i++)
        if (!gd_texts_has(&looking->restoring->present, dump->roles.items[i]))
            gd_texts_add(missing, dump->roles.items[i], looking->arena);
    for (size_t i = 0; i < dump->owners.count; i++)
        if (gd_texts_has(&looking->restoring->present, dump->owners.items[i]) &&
            !gd_texts_has(&looking->may_own, dump->owners.items[i]))
            gd_texts_add(foreign, dump->owners.items[i], looking->arena);
}

static void report_roles(struct looking *looking, const struct gd_texts *missing,
                         const struct gd_texts *foreign)
{
    struct gd_restoring *restoring = looking->restoring;
    if (missing->count > 0 && restoring->options->skip_missing_roles)
        gd_restoring_warn(restoring,
                          "What they owned belongs to who restores; their grants are left out.",
                          "roles that are not there: %s", listed(missing, looking->arena));
    else if (missing->count > 0)
        problem(looking,
                "Create them (guardian show --json has what is known of them), give others with "
                "--map-role OLD=NEW, or leave them out with --skip-missing-roles or --no-owner "
                "--no-acl.",
                "%s not there: %s", missing->count == 1 ? "a role is" : "roles are",
                listed(missing, looking->arena));
    if (foreign->count > 0)
        problem(looking,
                "Restore as a role that is a member of them, or with --no-owner, or give "
                "everything to one role with --owner.",
                "the role that restores may not give anything to %s",
                listed(foreign, looking->arena));
}

/* --- extensions -------------------------------------------------------------------------------*/

struct wanted_extension {
    const struct gd_extension *extension;
    bool known, version_known, trusted;
    const char *newest;
};

static void judge_extension(struct looking *looking, const struct wanted_extension *wanted)
{
    const struct gd_extension *extension = wanted->extension;
    struct gd_restoring *restoring = looking->restoring;
    if (!wanted->known)
        problem(looking, "Install the packages of the extensions on the server.",
                "extension \"%s\" %s is not on the server", extension->name, extension->version);
    else if (!wanted->trusted && !restoring->superuser)
        problem(looking, "Let a superuser restore, or make a template with the extension.",
                "only a superuser may create extension \"%s\"", extension->name);
    else if (!wanted->version_known)
        gd_restoring_warn(restoring, "Its objects are made by the newer version's script.",
                          "extension \"%s\" was version %s; the server has %s", extension->name,
                          extension->version, wanted->newest);
}

GD_MUST static struct gd_status look_at_extension(struct looking *looking,
                                                  const struct gd_extension *extension,
                                                  struct gd_error *err)
{
    struct wanted_extension wanted = {.extension = extension};
    struct gd_pg_call call = {
        .what = "ask for extensions",
        .sql = "SELECT v.version = e.default_version, v.version, v.trusted OR NOT v.superuser "
               "FROM pg_catalog.pg_available_extensions e "
               "JOIN pg_catalog.pg_available_extension_versions v ON v.name = e.name "
               "WHERE e.name = $1",
        .values = &extension->name,
        .value_count = 1};
    gd_auto_pg_rows rows = NULL;
    if (strcmp(extension->name, "plpgsql") == 0)
        return GD_DONE;
    GD_TRY(gd_pg_run(looking->restoring->home, &call, &rows, err));
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++) {
        wanted.known = true;
        if (!gd_pg_bool(rows, i, 0)) /* CREATE EXTENSION makes the default one */
            continue;
        wanted.newest = gd_pg_cell(rows, i, 1);
        wanted.version_known = strcmp(wanted.newest, extension->version) == 0;
        wanted.trusted = gd_pg_bool(rows, i, 2);
    }
    judge_extension(looking, &wanted);
    return GD_DONE;
}

/* --- what the dump needs ----------------------------------------------------------------------*/

static void check_superuser(struct looking *looking, const struct gd_dump *dump)
{
    struct gd_restoring *restoring = looking->restoring;
    for (size_t i = 0; i < dump->count && !restoring->superuser; i++) {
        const struct gd_dump_item *item = &dump->items[i];
        if (!item->superuser)
            continue;
        const char *what = strncmp(item->what, "restore ", 8) == 0 ? item->what + 8 : item->what;
        if (restoring->options->skip_unprivileged)
            gd_restoring_warn(restoring, "A superuser can create it afterwards.",
                              "left out, because only a superuser may create it: %s", what);
        else
            problem(looking,
                    "Let a superuser restore, or leave such things out with --skip-unprivileged.",
                    "only a superuser may create %s", what);
    }
}

GD_MUST static struct gd_status look_at_tablespaces(struct looking *looking, struct gd_dump *dump,
                                                    struct gd_error *err)
{
    struct gd_restoring *restoring = looking->restoring;
    const char *wanted = restoring->options->tablespace;
    for (size_t i = 0; i < dump->tablespaces.count; i++) {
        const char *name = dump->tablespaces.items[i], *instead = wanted;
        struct gd_pg_call call = {
            .what = "ask for tablespaces",
            .sql = "SELECT pg_catalog.has_tablespace_privilege(oid, 'CREATE') FROM "
                   "pg_catalog.pg_tablespace WHERE spcname = $1",
            .values = &name,
            .value_count = 1};
        gd_auto_pg_rows rows = NULL;
        GD_TRY(gd_pg_run(restoring->home, &call, &rows, err));
        bool usable = gd_pg_rows_count(rows) == 1 && gd_pg_bool(rows, 0, 0);
        if (usable && wanted == NULL)
            continue;
        if (wanted == NULL) {
            instead = "";
            gd_restoring_warn(restoring, "Say --tablespace to choose another one.",
                              "tablespace \"%s\" %s: the default one is used", name,
                              gd_pg_rows_count(rows) == 0 ? "is not there" : "may not be used");
        }
        for (size_t k = 0; k < dump->count; k++)
            if (strcmp(dump->items[k].tablespace, name) == 0)
                dump->items[k].tablespace = instead;
    }
    return GD_DONE;
}

/* --- leaving out ------------------------------------------------------------------------------*/

static bool names_missing_role(const struct gd_restoring *restoring,
                               const struct gd_dump_item *item)
{
    for (size_t i = 0; item->roles[i] != NULL; i++)
        if (!gd_texts_has(&restoring->present, item->roles[i]))
            return true;
    return false;
}

static void leave_out(struct gd_restoring *restoring, struct gd_dump *dump)
{
    size_t kept = 0;
    for (size_t i = 0; i < dump->count; i++) {
        const struct gd_dump_item *item = &dump->items[i];
        bool harmless =
            item->kind == GD_DUMP_GRANT || item->owner != NULL || item->kind == GD_DUMP_DATABASE;
        bool missing = names_missing_role(restoring, item);
        if (missing && !harmless)
            gd_restoring_warn(restoring, "Create it when the role is there.",
                              "left out, because a role is not there: %s", item->what);
        if (missing || (item->superuser && !restoring->superuser))
            continue;
        if (item->node == GD_KIND_CreateSubscriptionStmt)
            gd_restoring_warn(restoring,
                              "Enable it when the database is the one that shall receive; before "
                              "it is dropped, set its slot_name to NONE.",
                              "restored without being enabled: %s",
                              item->what + strlen("restore "));
        dump->items[kept++] = *item;
    }
    dump->count = kept;
}

struct gd_status gd_restore_look(struct gd_restoring *restoring, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct looking looking = {.restoring = restoring, .arena = arena};
    const struct gd_manifest *manifest = restoring->options->manifest;
    struct gd_texts missing = {0}, foreign = {0};
    GD_TRY(look_at_server(&looking, err));
    GD_TRY(look_at_roles(&looking, err));
    check_roles(&looking, &restoring->before, &missing, &foreign);
    check_roles(&looking, &restoring->after, &missing, &foreign);
    if (restoring->options->owner != NULL &&
        !gd_texts_has(&restoring->present, restoring->options->owner))
        gd_texts_add(&missing, restoring->options->owner, arena);
    report_roles(&looking, &missing, &foreign);
    for (size_t i = 0; i < manifest->extension_count; i++)
        GD_TRY(look_at_extension(&looking, &manifest->extensions[i], err));
    check_superuser(&looking, &restoring->before);
    check_superuser(&looking, &restoring->after);
    GD_TRY(look_at_tablespaces(&looking, &restoring->before, err));
    GD_TRY(look_at_tablespaces(&looking, &restoring->after, err));
    GD_TRY(say_problems(&looking, err));
    leave_out(restoring, &restoring->before);
    leave_out(restoring, &restoring->after);
    return GD_DONE;
}
