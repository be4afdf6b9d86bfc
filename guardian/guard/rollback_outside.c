/*
 * Rollback, outside of the database: what the change made or renamed on the server, beside its own
 * database. No backup of that holds it, and nothing takes it back; so it is told.
 *
 * Not here  Roles that a file makes between other statements of a transaction.
 */
#include <string.h>

#include "guardian/guard/rollback_own.h"
#include "guardian/sql/parse.h"

struct looking {
    struct gd_back *back;
    struct gd_texts *notes;
};

static const struct {
    enum gd_kind kind;
    enum gd_field name;
    const char *word, *exists; /* SQL with the name as $1 */
} makers[] = {
    {GD_KIND_CreatedbStmt, GD_F_dbname, "database",
     "SELECT 1 FROM pg_catalog.pg_database WHERE datname = $1"},
    {GD_KIND_CreateRoleStmt, GD_F_role, "role",
     "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1"},
    {GD_KIND_CreateTableSpaceStmt, GD_F_tablespacename, "tablespace",
     "SELECT 1 FROM pg_catalog.pg_tablespace WHERE spcname = $1"},
};

GD_MUST static struct gd_status tell_made(const struct looking *looking, size_t maker,
                                          const struct gd_story_step *step, const char *name,
                                          struct gd_error *err)
{
    struct gd_arena *arena = looking->back->arena;
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {.what = "look what the change left on the server",
                              .sql = makers[maker].exists,
                              .values = &name,
                              .value_count = 1};
    GD_TRY(gd_pg_run(looking->back->pg, &call, &rows, err));
    if (gd_pg_rows_count(rows) > 0)
        gd_texts_add(looking->notes,
                     gd_arena_printf(arena,
                                     "Step %u made %s %s, outside of this database: it stays until "
                                     "somebody drops it.",
                                     step->number, makers[maker].word,
                                     gd_quoted_pair("", name, arena)),
                     arena);
    return GD_DONE;
}

static void tell_renamed(const struct looking *looking, const struct gd_node *node,
                         const struct gd_story_step *step)
{
    struct gd_arena *arena = looking->back->arena;
    bool role = gd_node_enum_is(node, GD_F_rename_type, "OBJECT_ROLE");
    if (role || gd_node_enum_is(node, GD_F_rename_type, "OBJECT_DATABASE"))
        gd_texts_add(
            looking->notes,
            gd_arena_printf(arena,
                            "Step %u renamed %s %s to %s, outside of this database: that stays.",
                            step->number, role ? "role" : "database",
                            gd_quoted_pair("", gd_node_text(node, GD_F_subname), arena),
                            gd_quoted_pair("", gd_node_text(node, GD_F_newname), arena)),
            arena);
}

GD_MUST static struct gd_status look_at_step(const struct looking *looking,
                                             const struct gd_story_step *step, struct gd_error *err)
{
    gd_auto_arena trees = gd_arena_new();
    const char *text = *step->sql == '\0' ? step->text : step->sql;
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    if (step->state != GD_STEP_IN || gd_text_check(text, strlen(text)) != strlen(text) ||
        !gd_parse(text, strlen(text), trees, &parsed, &refusal) || parsed.count == 0)
        return GD_DONE;
    const struct gd_node *node = parsed.statements[0];
    if (gd_node_kind(node) == GD_KIND_RenameStmt)
        tell_renamed(looking, node, step);
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++)
        if (gd_node_kind(node) == makers[i].kind)
            GD_TRY(tell_made(looking, i, step, gd_node_text(node, makers[i].name), err));
    return GD_DONE;
}

static struct gd_status look(void *context, struct gd_error *err)
{
    const struct looking *looking = context;
    const struct gd_story *story = looking->back->story;
    for (size_t i = 0; i < story->step_count; i++)
        GD_TRY(look_at_step(looking, &story->steps[i], err));
    return GD_DONE;
}

struct gd_status gd_back_tell_outside(struct gd_back *back, struct gd_texts *notes,
                                      struct gd_error *err)
{
    struct looking looking = {.back = back, .notes = notes};
    return gd_deep_call(look, &looking, err);
}
