/*
 * Schema: the statements that make things, in the order of the dump.
 *
 * They go to the server a hundred at a time: one round trip and one transaction each, so that
 * neither the network nor the number of locks grows with the schema. A statement that a plain role
 * may be refused goes alone.
 */
#include <stdarg.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/pg/copy.h"
#include "guardian/restore/steps.h"

enum { AT_ONCE = 100, CALL_LIMIT_MS = 3600000 };

void gd_restoring_warn(struct gd_restoring *restoring, const char *hint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = gd_arena_vprintf(restoring->arena, format, arguments);
    va_end(arguments);
    if (gd_texts_add(&restoring->warnings, text, restoring->arena))
        gd_tell_warning(restoring->options->events, hint, "%s", text);
}

struct batch {
    struct gd_restoring *restoring;
    struct gd_pg *pg;
    struct gd_pg_call calls[AT_ONCE + 2];
    size_t count;
    const char *tablespace, *access_method; /* as the session has them */
    struct gd_arena *scratch;
};

GD_MUST static struct gd_status flush(struct batch *batch, struct gd_error *err)
{
    if (batch->count == 0)
        return GD_DONE;
    size_t count = batch->count;
    batch->count = 0;
    GD_TRY(gd_fault("restore: statements of the schema", err));
    return gd_pg_batch(batch->pg, batch->calls, count, NULL, NULL, err);
}

static void add(struct batch *batch, const char *what, const char *sql)
{
    batch->calls[batch->count++] =
        (struct gd_pg_call){.what = what, .sql = sql, .limit_ms = CALL_LIMIT_MS};
}

static void set_up(struct batch *batch, const struct gd_dump_item *item)
{
    if (strcmp(batch->tablespace, item->tablespace) != 0)
        add(batch, "set the tablespace",
            gd_arena_printf(batch->scratch, "SET default_tablespace = %s",
                            gd_literal(item->tablespace, batch->scratch)));
    if (*item->access_method != '\0' && strcmp(batch->access_method, item->access_method) != 0)
        add(batch, "set the access method",
            gd_arena_printf(batch->scratch, "SET default_table_access_method = %s",
                            gd_quoted(item->access_method, batch->scratch)));
    batch->tablespace = item->tablespace;
    if (*item->access_method != '\0')
        batch->access_method = item->access_method;
}

/* 42501: not the owner. What only the owner of an extension or of schema public may say is not
 * worth failing for. */
GD_MUST static struct gd_status run_forgiven(struct batch *batch, const struct gd_dump_item *item,
                                             struct gd_error *err)
{
    struct gd_error refused = {0};
    GD_TRY(flush(batch, err));
    struct gd_pg_call call = {.what = item->what, .sql = item->sql, .limit_ms = CALL_LIMIT_MS};
    struct gd_status status = gd_pg_run(batch->pg, &call, NULL, &refused);
    if (status.code == GD_OK)
        return GD_DONE;
    if (strcmp(call.sqlstate, "42501") != 0) {
        *err = refused;
        return status;
    }
    gd_restoring_warn(batch->restoring, "", "left out: %s", refused.text);
    return GD_DONE;
}

struct gd_status gd_restore_items(struct gd_restoring *restoring, struct gd_pg *pg,
                                  const struct gd_dump_item *items, size_t count,
                                  gd_dump_filter_fn *which, struct gd_error *err)
{
    gd_auto_arena scratch = gd_arena_new();
    struct batch batch = {.restoring = restoring,
                          .pg = pg,
                          .tablespace = "",
                          .access_method = "",
                          .scratch = scratch};
    for (size_t i = 0; i < count; i++) {
        if (which != NULL && !which(&items[i]))
            continue;
        if (items[i].forgiven && !restoring->superuser) {
            GD_TRY(run_forgiven(&batch, &items[i], err));
            continue;
        }
        if (batch.count + 3 > AT_ONCE)
            GD_TRY(flush(&batch, err));
        set_up(&batch, &items[i]);
        add(&batch, items[i].what, items[i].sql);
    }
    if (*batch.tablespace != '\0')
        add(&batch, "set the tablespace", "SET default_tablespace = ''");
    if (*batch.access_method != '\0')
        add(&batch, "set the access method", "RESET default_table_access_method");
    return flush(&batch, err);
}

/* Grants come last of all, as pg_restore does it: an owner may have been left without the right to
 * write to what is his. */
static bool is_structure(const struct gd_dump_item *item)
{
    return item->kind != GD_DUMP_DATABASE && item->kind != GD_DUMP_GRANT &&
           item->kind != GD_DUMP_LATE;
}

static bool is_schema(const struct gd_dump_item *item)
{
    return item->of_schema && is_structure(item);
}

/* What is taken away is taken away with the other grants, after the rows. */
static bool is_right_on_schema(const struct gd_dump_item *item)
{
    return item->of_schema && item->kind == GD_DUMP_GRANT && strncmp(item->sql, "GRANT ", 6) == 0;
}

static bool is_other_structure(const struct gd_dump_item *item)
{
    return !item->of_schema && is_structure(item);
}

/* A superuser may give anything to anybody. Otherwise the owner to be of a table needs the right to
 * create in its schema, and to use it when keys are checked: these grants come early. */
struct gd_status gd_restore_schema(struct gd_restoring *restoring, struct gd_pg *pg,
                                   struct gd_error *err)
{
    static gd_dump_filter_fn *const steps[] = {is_schema, is_right_on_schema, is_other_structure};
    const struct gd_dump *dump = &restoring->before;
    gd_tell_stage(restoring->options->events, "restoring the schema", 0);
    if (restoring->superuser)
        return gd_restore_items(restoring, pg, dump->items, dump->count, is_structure, err);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        GD_TRY(gd_restore_items(restoring, pg, dump->items, dump->count, steps[i], err));
    return GD_DONE;
}
