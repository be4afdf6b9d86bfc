/*
 * Rollback, sequences: what they stand at. Every backup has that, whatever tables it holds.
 *
 * Invariant  Never backwards: a number that was given out since is not given out twice. Where a
 *            sequence is further than it was, it stays there, and that is said.
 */
#include <inttypes.h>
#include <string.h>

#include "guardian/guard/rollback_own.h"
#include "guardian/pg/copy.h"

enum { LIMIT_MS = 60000 };

static const struct gd_sequence *stored_sequence(const struct gd_back *back, const char *schema,
                                                 const char *name)
{
    const struct gd_manifest *manifest = back->manifest;
    for (size_t i = 0; manifest != NULL && i < manifest->sequence_count; i++)
        if (strcmp(manifest->sequences[i].schema, schema) == 0 &&
            strcmp(manifest->sequences[i].name, name) == 0)
            return &manifest->sequences[i];
    return NULL;
}

/* --- which ------------------------------------------------------------------------------------*/

static void add(struct gd_back *back, const char *schema, const char *name)
{
    struct gd_back_script *script = back->script;
    for (size_t i = 0; i < script->sequence_count; i++)
        if (strcmp(script->sequences[i].schema, schema) == 0 &&
            strcmp(script->sequences[i].name, name) == 0)
            return;
    gd_back_name(script, &script->sequences, &script->sequence_count, &script->sequence_capacity,
                 schema, name);
}

static bool add_named(struct gd_back *back, const char *plain)
{
    const struct gd_manifest *manifest = back->manifest;
    for (size_t i = 0; i < manifest->sequence_count; i++) {
        const struct gd_sequence *one = &manifest->sequences[i];
        if (!gd_back_is_named(gd_back_plain(one->schema, one->name, back->arena), plain))
            continue;
        add(back, one->schema, one->name);
        return true;
    }
    return false;
}

bool gd_back_takes_sequence(struct gd_back *back, const struct gd_story_loss *loss)
{
    static const char word[] = "sequence ";
    bool all = loss->tables.count > 0;
    if (back->manifest == NULL)
        return false;
    if (loss->tables.count == 0)
        return strncmp(loss->object, word, sizeof word - 1) == 0 &&
               add_named(back, loss->object + sizeof word - 1);
    for (size_t i = 0; i < loss->tables.count; i++)
        all &= add_named(back, loss->tables.items[i]);
    return all;
}

static const char owned_sql[] =
    "SELECT n.nspname, s.relname FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class s ON s.oid = "
    "d.objid AND s.relkind = 'S' JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace WHERE "
    "d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = "
    "'pg_catalog.pg_class'::regclass AND d.refobjid = pg_catalog.to_regclass($1) AND d.deptype IN "
    "('a', 'i')";

GD_MUST static struct gd_status add_owned(struct gd_back *back, struct gd_error *err)
{
    for (size_t i = 0; i < back->task_count; i++) {
        struct gd_pg_call call = {.what = "look at sequences",
                                  .sql = owned_sql,
                                  .values = &back->tasks[i].name,
                                  .value_count = 1};
        gd_auto_pg_rows rows = NULL;
        GD_TRY(gd_pg_run(back->pg, &call, &rows, err));
        for (size_t r = 0; r < gd_pg_rows_count(rows); r++)
            add(back, gd_arena_strdup(back->arena, gd_pg_cell(rows, r, 0)),
                gd_arena_strdup(back->arena, gd_pg_cell(rows, r, 1)));
    }
    return GD_DONE;
}

/* --- what they stand at -----------------------------------------------------------------------*/

/* Is it behind what it was? */
static const char *behind(const struct gd_sequence *was, const char *quoted, struct gd_arena *arena)
{
    return gd_arena_printf(
        arena,
        "((SELECT seqincrement > 0 FROM pg_catalog.pg_sequence WHERE seqrelid = %s::regclass) = "
        "(last_value < %" PRId64 ") AND last_value <> %" PRId64 " OR (last_value = %" PRId64
        " AND is_called < %s))",
        gd_literal(quoted, arena), was->last_value, was->last_value, was->last_value,
        was->is_called ? "true" : "false");
}

/* `ahead`: also when it has only gone on. */
GD_MUST static struct gd_status tell_one(struct gd_back *back, const struct gd_back_named *named,
                                         bool ahead, struct gd_texts *out_notes,
                                         struct gd_error *err)
{
    struct gd_arena *arena = back->arena;
    const struct gd_sequence *was = stored_sequence(back, named->schema, named->name);
    const char *quoted = gd_back_now_name(&back->names, named->schema, named->name);
    const char *plain = gd_back_plain(named->schema, named->name, arena);
    if (was == NULL ||
        gd_back_find(&back->now, "sequence", named->schema, named->name, NULL) == NULL)
        return GD_DONE;
    struct gd_pg_call call = {.what = "look at a sequence",
                              .sql = gd_arena_printf(arena, "SELECT last_value, %s FROM %s",
                                                     behind(was, quoted, arena), quoted)};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(back->pg, &call, &rows, err));
    int64_t is = gd_pg_int(rows, 0, 0);
    if (gd_pg_bool(rows, 0, 1))
        gd_texts_add(out_notes,
                     gd_arena_printf(arena,
                                     "Sequence %s stands at %" PRId64 " and is set to %" PRId64
                                     " again.",
                                     plain, is, was->last_value),
                     arena);
    else if (ahead && is != was->last_value)
        gd_texts_add(out_notes,
                     gd_arena_printf(arena,
                                     "Sequence %s stands at %" PRId64 " and was at %" PRId64
                                     ": it stays, so that no number is given out twice.",
                                     plain, is, was->last_value),
                     arena);
    return GD_DONE;
}

struct gd_status gd_back_tell_sequences(struct gd_back *back, struct gd_texts *out_notes,
                                        struct gd_error *err)
{
    size_t lost = back->script->sequence_count; /* those of tables go on with every row */
    GD_TRY(add_owned(back, err));
    for (size_t i = 0; i < back->script->sequence_count; i++)
        GD_TRY(tell_one(back, &back->script->sequences[i], i < lost, out_notes, err));
    return GD_DONE;
}

GD_MUST static struct gd_status advance(struct gd_back *back, const struct gd_back_named *named,
                                        struct gd_error *err)
{
    struct gd_arena *arena = back->arena;
    const struct gd_sequence *was = stored_sequence(back, named->schema, named->name);
    const char *quoted = gd_quoted_pair(named->schema, named->name, arena);
    struct gd_pg_call call = {.what = "set a sequence", .limit_ms = LIMIT_MS};
    if (was == NULL)
        return GD_DONE;
    call.sql =
        gd_arena_printf(arena, "SELECT pg_catalog.setval(%s, %" PRId64 ", %s) FROM %s WHERE %s",
                        gd_literal(quoted, arena), was->last_value,
                        was->is_called ? "true" : "false", quoted, behind(was, quoted, arena));
    return gd_pg_run(back->pg, &call, NULL, err);
}

struct gd_status gd_back_set_sequences(struct gd_back *back, struct gd_error *err)
{
    GD_TRY(add_owned(back, err));
    for (size_t i = 0; i < back->script->sequence_count; i++)
        GD_TRY(advance(back, &back->script->sequences[i], err));
    return GD_DONE;
}
