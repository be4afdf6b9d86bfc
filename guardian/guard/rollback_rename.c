/*
 * Rollback, names: what the change renamed is called as it was before, and keeps its rows.
 *
 * A rename shows in two dumps as something that went and something that came, and undoing it so
 * would throw rows away. So the dump of now is read under the old names first, and the renames are
 * undone before everything else.
 */
#include <string.h>

#include "guardian/guard/rollback_own.h"
#include "guardian/restore/qualified.h"
#include "guardian/sql/parse.h"

struct renaming {
    struct gd_back *back;
    const struct gd_back_rename *rename;
    struct gd_arena *arena;
    const char *text, *result;
    size_t from;
    bool changed;
};

static void put(struct renaming *of, size_t offset, size_t size, const char *name)
{
    of->result = gd_arena_printf(of->arena, "%s%.*s%s", of->result, (int)(offset - of->from),
                                 of->text + of->from, name);
    of->from = offset + size;
    of->changed = true;
}

/* As pg_dump would write it: quotes only where they must be. */
static const char *written(const char *schema, const char *name, struct gd_arena *arena)
{
    return gd_back_plain(schema, name, arena);
}

/* "public"."new", and in the text of views new.column. */
static void put_pair(const struct gd_pair *pair, bool literal, void *context)
{
    struct renaming *of = context;
    const struct gd_back_rename *rename = of->rename;
    bool itself = strcmp(pair->schema, rename->schema) == 0 && strcmp(pair->name, rename->to) == 0;
    bool alias =
        !literal && strcmp(rename->kind, "TABLE") == 0 && strcmp(pair->schema, rename->to) == 0;
    if (!itself && !alias)
        return;
    const char *name = itself ? written(pair->schema, rename->from, of->arena)
                              : written(rename->from, pair->name, of->arena);
    put(of, pair->offset, pair->size, literal ? gd_literal(name, of->arena) : name);
}

static bool is_word(const struct renaming *of, const struct gd_token *token, const char *name)
{
    const char *at = of->text + token->offset;
    if (*at == '"')
        return token->size == strlen(name) + 2 && strncmp(at + 1, name, strlen(name)) == 0;
    return !token->string && !token->comment && token->size == strlen(name) &&
           strncmp(at, name, token->size) == 0;
}

/* Any word of that name, in what belongs to the table. */
static void put_words(struct renaming *of)
{
    size_t count;
    struct gd_token *tokens;
    struct gd_refusal refusal;
    if (!gd_scan(of->text, of->arena, &count, &tokens, &refusal))
        return;
    for (size_t i = 0; i < count; i++)
        if (is_word(of, &tokens[i], of->rename->to))
            put(of, tokens[i].offset, tokens[i].size, written("", of->rename->from, of->arena));
}

static bool concerns(const struct renaming *of, const struct gd_back_item *item)
{
    if (strcmp(of->rename->kind, "COLUMN") != 0)
        return true;
    return strcmp(item->about_schema, of->rename->schema) == 0 &&
           strcmp(item->about, of->rename->table) == 0 && strcmp(item->class, "view") != 0 &&
           strcmp(item->class, "materialized view") != 0 && strcmp(item->class, "function") != 0;
}

static struct gd_status rename_item(struct renaming *of, struct gd_back_item *item,
                                    struct gd_error *err)
{
    if (!concerns(of, item))
        return GD_DONE;
    of->text = item->sql;
    of->result = "";
    of->from = 0;
    of->changed = false;
    if (strcmp(of->rename->kind, "COLUMN") == 0)
        put_words(of);
    else
        gd_each_pair(item->sql, of->arena, put_pair, of);
    if (!of->changed)
        return GD_DONE;
    return gd_back_retell(item, gd_arena_printf(of->arena, "%s%s", of->result, of->text + of->from),
                          of->arena, err);
}

/* Was it there before under the old name, and is it now under the new one? Otherwise the change
 * made it itself. */
static bool is_renamed(const struct gd_back *back, const struct gd_back_rename *rename)
{
    if (strcmp(rename->kind, "COLUMN") == 0) {
        const struct gd_back_item *was =
            gd_back_find(&back->before, "table", rename->schema, rename->table, NULL);
        const struct gd_back_item *is =
            gd_back_find(&back->now, "table", rename->schema, rename->table, NULL);
        return was != NULL && is != NULL && gd_back_column(was->columns, rename->from) != NULL &&
               gd_back_column(is->columns, rename->to) != NULL &&
               gd_back_column(is->columns, rename->from) == NULL;
    }
    const char *class = strcmp(rename->kind, "TABLE") == 0      ? "table"
                        : strcmp(rename->kind, "SEQUENCE") == 0 ? "sequence"
                                                                : "type";
    return gd_back_find(&back->before, class, rename->schema, rename->from, NULL) != NULL &&
           gd_back_find(&back->now, class, rename->schema, rename->to, NULL) != NULL &&
           gd_back_find(&back->now, class, rename->schema, rename->from, NULL) == NULL;
}

/* The last one first: each is undone under the names that the one before it left. */
GD_MUST static struct gd_status rename_all(void *context, struct gd_error *err)
{
    struct gd_back *back = context;
    for (size_t i = back->rename_count; i-- > 0;) {
        struct renaming of = {.back = back, .rename = &back->renames[i], .arena = back->arena};
        if (!is_renamed(back, of.rename)) {
            back->renames[i].kind = "";
            continue;
        }
        for (size_t k = 0; k < back->now.count; k++)
            GD_TRY(rename_item(&of, &back->now.items[k], err));
    }
    return GD_DONE;
}

struct gd_status gd_back_rename_now(struct gd_back *back, struct gd_error *err)
{
    return back->rename_count == 0 ? GD_DONE : gd_deep_call(rename_all, back, err);
}

/* What else was done to it would be looked for under a name that is not there yet. */
static void check_alone(struct gd_back *back, const struct gd_back_rename *rename)
{
    bool column = strcmp(rename->kind, "COLUMN") == 0;
    const char *name = column ? rename->table : rename->from;
    const struct gd_back_item *item =
        gd_back_find(&back->before, "table", rename->schema, name, NULL);
    bool altered = item != NULL && gd_texts_has(&back->script->locked, item->columns->name);
    if (column ? false : altered)
        gd_back_reason(back, "table %s was renamed and altered, too",
                       gd_back_plain(rename->schema, rename->from, back->arena));
    for (size_t i = 0; i < back->script->value_count; i++)
        if (column && strcmp(back->script->values[i].schema, rename->schema) == 0 &&
            strcmp(back->script->values[i].table, rename->table) == 0 &&
            strcmp(back->script->values[i].column, rename->from) == 0)
            gd_back_reason(back, "column %s of %s was renamed and altered, too", rename->from,
                           gd_back_plain(rename->schema, rename->table, back->arena));
}

void gd_back_rename_back(struct gd_back *back)
{
    struct gd_arena *arena = back->arena;
    for (size_t i = back->rename_count; i-- > 0;) {
        const struct gd_back_rename *rename = &back->renames[i];
        bool column = strcmp(rename->kind, "COLUMN") == 0;
        const char *what, *sql;
        if (*rename->kind == '\0')
            continue;
        check_alone(back, rename);
        if (column) {
            what = gd_arena_printf(arena, "column %s of %s", rename->from,
                                   gd_back_plain(rename->schema, rename->table, arena));
            sql = gd_arena_printf(arena, "ALTER TABLE %s RENAME COLUMN %s TO %s",
                                  gd_quoted_pair(rename->schema, rename->table, arena),
                                  gd_quoted(rename->to, arena), gd_quoted(rename->from, arena));
        } else {
            what = gd_arena_printf(arena, "the name of %s",
                                   gd_back_plain(rename->schema, rename->from, arena));
            sql = gd_arena_printf(arena, "ALTER %s %s RENAME TO %s", rename->kind,
                                  gd_quoted_pair(rename->schema, rename->to, arena),
                                  gd_quoted(rename->from, arena));
        }
        gd_back_say(back->script, GD_BACK_RENAME, what, sql, "");
    }
}
