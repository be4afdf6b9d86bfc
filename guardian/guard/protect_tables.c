/* Which tables a backup is about, as they are now. */
#include <string.h>

#include "guardian/guard/protect_own.h"

/* clang-format off */
static const char tables_sql[] =
#include "guardian/guard/sql/protect_tables.sql.inc"
    ;
/* clang-format on */

static size_t put_quoted(char *out, const char *text)
{
    size_t length = 0;
    out[length++] = '"';
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            out[length++] = '\\';
        out[length++] = *text;
    }
    out[length++] = '"';
    return length;
}

const char *gd_protect_array(const struct gd_texts *texts, struct gd_arena *arena)
{
    size_t size = 3, length = 0;
    for (size_t i = 0; i < texts->count; i++)
        size += 2 * strlen(texts->items[i]) + 3;
    char *array = gd_arena_alloc(arena, size);
    array[length++] = '{';
    for (size_t i = 0; i < texts->count; i++) {
        if (i > 0)
            array[length++] = ',';
        length += put_quoted(array + length, texts->items[i]);
    }
    array[length++] = '}';
    array[length] = '\0';
    return array;
}

const char *gd_protect_oids(const struct gd_protected *tables, size_t count, struct gd_arena *arena)
{
    struct gd_texts oids = {0};
    for (size_t i = 0; i < count; i++)
        gd_texts_add(&oids, gd_arena_printf(arena, "%u", tables[i].oid), arena);
    return gd_protect_array(&oids, arena);
}

struct gd_status gd_protected_tables(struct gd_pg *pg, const struct gd_backup *backup,
                                     struct gd_arena *arena, struct gd_protected **out_tables,
                                     size_t *out_count, struct gd_error *err)
{
    bool all = backup->scope == GD_SCOPE_DATABASE && backup->tables.count == 0;
    const char *const values[] = {gd_protect_array(&backup->tables, arena), all ? "t" : "f"};
    struct gd_pg_call call = {.what = "look which tables are meant",
                              .sql = tables_sql,
                              .values = values,
                              .value_count = 2};
    gd_auto_pg_rows rows = NULL;
    *out_count = 0;
    *out_tables = NULL;
    if (backup->scope < GD_SCOPE_TABLES)
        return GD_DONE;
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    size_t count = gd_pg_rows_count(rows);
    struct gd_protected *tables = gd_arena_zalloc(arena, count + 1, sizeof *tables);
    for (size_t i = 0; i < count; i++)
        tables[i] = (struct gd_protected){
            .oid = gd_pg_oid(rows, i, 0),
            .qualified = gd_arena_strdup(arena, gd_pg_cell(rows, i, 1)),
            .kind = gd_pg_char(rows, i, 2),
            .schema = gd_arena_strdup(arena, gd_pg_cell(rows, i, 3)),
            .name = gd_arena_strdup(arena, gd_pg_cell(rows, i, 4)),
            .file = gd_pg_oid(rows, i, 5),
        };
    *out_tables = tables;
    *out_count = count;
    return GD_DONE;
}
