/*
 * Rollback, schema public: it is made again when the change dropped it, or dropped and made it.
 *
 * pg_dump takes it for granted, because a new database has it: a dump tells only how it differs
 * from that. So what initdb does comes first, and behind it what the dump says.
 */
#include <string.h>

#include "guardian/guard/rollback_own.h"
#include "guardian/pg/connection.h"

/* What stands behind the key; NULL: there is no such line. */
static const char *line_of(const struct gd_fingerprint *schema, const char *key)
{
    size_t size = strlen(key);
    for (size_t i = 0; i < schema->lines.count; i++)
        if (strncmp(schema->lines.items[i], key, size) == 0 && schema->lines.items[i][size] == '\t')
            return schema->lines.items[i] + size + 1;
    return NULL;
}

static bool is_otherwise(const struct gd_back *back, const char *key)
{
    const char *was = line_of(&back->was, key), *is = line_of(&back->is, key);
    return was == NULL || is == NULL ? was != is : strcmp(was, is) != 0;
}

/* Was it as a new database has it? Then the dump does not speak of that. */
static bool is_unsaid(const struct gd_back *back, const char *words)
{
    for (size_t i = 0; i < back->before.count; i++)
        if (strstr(back->before.items[i].sql, words) != NULL)
            return false;
    return true;
}

static bool is_wanted(const struct gd_back *back)
{
    return back->manifest != NULL && back->was_known &&
           line_of(&back->was, "schema public") != NULL &&
           gd_back_moved_before(&back->names, "SCHEMA", "", "", "public") == NULL;
}

static void put_first(struct gd_back_dump *dump, const struct gd_back_dump *first,
                      struct gd_arena *arena)
{
    struct gd_back_item *items =
        gd_arena_zalloc(arena, first->count + dump->count + 1, sizeof *items);
    memcpy(items, first->items, first->count * sizeof *items);
    if (dump->count > 0)
        memcpy(items + first->count, dump->items, dump->count * sizeof *items);
    dump->items = items;
    dump->count += first->count;
}

/* What it lacks: all of it, or what one that was made anew has not. */
static const char *what_initdb_does(const struct gd_back *back)
{
    bool gone = line_of(&back->is, "schema public") == NULL;
    const char *owner = line_of(&back->was, "owner of schema public");
    const char *text = gone ? "CREATE SCHEMA public;\n" : "";
    if (owner != NULL && (gone || (is_otherwise(back, "owner of schema public") &&
                                   is_unsaid(back, "ALTER SCHEMA public OWNER TO "))))
        text = gd_arena_printf(back->arena, "%sALTER SCHEMA public OWNER TO %s;\n", text,
                               gd_quoted(owner, back->arena));
    if (gone || (is_otherwise(back, "comment on schema public") &&
                 is_unsaid(back, "COMMENT ON SCHEMA public IS ")))
        text = gd_arena_printf(back->arena,
                               "%sCOMMENT ON SCHEMA public IS 'standard public schema';\n", text);
    if (gone || (is_otherwise(back, "privileges on schema public") &&
                 is_unsaid(back, " ON SCHEMA public FROM PUBLIC")))
        text = gd_arena_printf(back->arena, "%sGRANT %s ON SCHEMA public TO PUBLIC;\n", text,
                               gd_pg_version(back->pg) >= 150000 ? "USAGE" : "ALL");
    return text;
}

struct gd_status gd_back_add_public(struct gd_back *back, struct gd_error *err)
{
    struct gd_back_dump made;
    const char *text = is_wanted(back) ? what_initdb_does(back) : "";
    if (*text == '\0')
        return GD_DONE;
    GD_TRY(gd_back_read_text(&back->restore, text, back->arena, &made, err));
    put_first(&back->before, &made, back->arena);
    return GD_DONE;
}
