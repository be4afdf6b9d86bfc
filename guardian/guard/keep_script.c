/*
 * Keep, scripts: what a file would touch, statement by statement.
 */
#include "guardian/guard/keep_own.h"
#include "guardian/sql/parse.h"
#include "guardian/sql/script.h"

struct script {
    const struct gd_keep_look *look;
    const char *name;
    struct gd_memory_input input;
    struct gd_keep_found *found;
};

GD_MUST static struct gd_status each(struct script *script, struct gd_script *reader,
                                     struct gd_error *err)
{
    for (;;) {
        const struct gd_stmt *stmt;
        GD_TRY(gd_script_next(reader, script->look->arena, &stmt, err));
        if (stmt == NULL)
            return GD_DONE;
        if (stmt->tree != NULL)
            (void)gd_keep_touches(script->look, stmt->tree, stmt->line, script->found);
    }
}

static struct gd_status read_deep(void *context, struct gd_error *err)
{
    struct script *script = context;
    struct gd_script_options options = {0};
    struct gd_script *reader =
        gd_script_new(script->name, gd_memory_read, &script->input, &options);
    struct gd_status status = each(script, reader, err);
    gd_script_free(reader);
    return status;
}

struct gd_status gd_keep_look_script(const struct gd_keep_look *look, const char *name,
                                     const char *text, size_t size, struct gd_keep_found *out_found,
                                     struct gd_error *err)
{
    struct gd_keep_found found = {0};
    struct script script = {look, name, {text, size}, &found};
    GD_TRY(gd_deep_call(read_deep, &script, err));
    *out_found = found;
    return GD_DONE;
}
