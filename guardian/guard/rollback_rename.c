/*
 * Rollback, names: what the change renamed is called as it was before, and keeps its rows.
 *
 * A rename shows in two dumps as something that went and something that came, and undoing it so
 * would throw rows away. So the dump of now is read under the names of before first, and the names
 * are given back before everything else. What took such a name meanwhile is called by one that
 * nothing else has, until it goes.
 */
#include <inttypes.h>
#include <string.h>

#include "guardian/base/lookup.h"
#include "guardian/guard/rollback_own.h"
#include "guardian/restore/qualified.h"
#include "guardian/sql/parse.h"

static bool is(const char *left, const char *right)
{
    return strcmp(left, right) == 0;
}

const char *gd_back_class_of(const char *kind)
{
    return is(kind, "TABLE") ? "table" : is(kind, "SEQUENCE") ? "sequence" : "type";
}

static bool is_object(const struct gd_back_moved *moved)
{
    return !is(moved->kind, "SCHEMA") && !is(moved->kind, "COLUMN");
}

/* Without a name of its own: its schema's says it all. */
static const char *schema_now(const struct gd_back *back, const char *schema)
{
    const struct gd_back_moved *moved =
        gd_back_moved_before(&back->names, "SCHEMA", "", "", schema);
    return moved == NULL ? schema : moved->name_now;
}

static bool is_plain(const struct gd_back *back, const struct gd_back_moved *moved)
{
    return is_object(moved) && is(moved->name, moved->name_now) &&
           is(schema_now(back, moved->schema), moved->schema_now);
}

/* --- by oid -----------------------------------------------------------------------------------*/

struct standing {
    const char *schema, *name;
};

GD_MUST static struct gd_status read_oids(struct gd_back *back, struct gd_lookup *oids,
                                          struct gd_error *err)
{
    struct gd_pg_call call = {
        .what = "look for tables",
        .sql = "SELECT c.oid, n.nspname, c.relname FROM pg_catalog.pg_class c JOIN "
               "pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'f') "
               "AND c.oid >= 16384"};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(back->pg, &call, &rows, err));
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++) {
        struct standing *one = gd_arena_zalloc(back->arena, 1, sizeof *one);
        one->schema = gd_arena_strdup(back->arena, gd_pg_cell(rows, i, 1));
        one->name = gd_arena_strdup(back->arena, gd_pg_cell(rows, i, 2));
        gd_lookup_set(oids, "", "", gd_arena_strdup(back->arena, gd_pg_cell(rows, i, 0)), one,
                      back->arena);
    }
    return GD_DONE;
}

static const struct standing *stands(const struct gd_back *back, const struct gd_lookup *oids,
                                     const struct gd_table *table)
{
    return gd_lookup_get(oids, "", "", gd_arena_printf(back->arena, "%" PRIu32, table->oid));
}

/* A database that was swapped since has other oids: one table must be found under its old name. */
static bool oids_are_steady(const struct gd_back *back, const struct gd_lookup *oids)
{
    for (size_t i = 0; i < back->manifest->table_count; i++) {
        const struct gd_table *table = &back->manifest->tables[i];
        const struct standing *now = stands(back, oids, table);
        if (now != NULL && is(now->name, table->name) && is(now->schema, table->schema))
            return true;
    }
    return false;
}

static void follow(struct gd_back *back, const struct gd_table *table, const struct standing *now)
{
    struct gd_back_moved *moved =
        gd_back_moved_before(&back->names, "TABLE", table->schema, "", table->name);
    bool there = gd_back_find(&back->before, "table", table->schema, table->name, NULL) != NULL;
    if (now == NULL || !there) {
        if (moved != NULL)
            moved->invalid = true; /* it was dropped, whatever it was called then */
        return;
    }
    if (moved == NULL &&
        (!is(now->schema, schema_now(back, table->schema)) || !is(now->name, table->name)))
        moved = gd_back_moved_add(&back->names, &(struct gd_back_moved){.kind = "TABLE",
                                                                        .schema = table->schema,
                                                                        .table = "",
                                                                        .name = table->name});
    if (moved == NULL)
        return;
    moved->schema_now = now->schema;
    moved->name_now = now->name;
    moved->by_oid = true;
}

GD_MUST static struct gd_status follow_all(struct gd_back *back, struct gd_error *err)
{
    struct gd_lookup oids = {0};
    if (back->manifest == NULL || back->manifest->table_count == 0)
        return GD_DONE;
    GD_TRY(read_oids(back, &oids, err));
    if (!oids_are_steady(back, &oids))
        return GD_DONE;
    for (size_t i = 0; i < back->manifest->table_count; i++)
        if (back->table_sources[i] == &back->sources[0]) /* the later ones have names of then */
            follow(back, &back->manifest->tables[i],
                   stands(back, &oids, &back->manifest->tables[i]));
    return GD_DONE;
}

/* --- what it took along -----------------------------------------------------------------------*/

static const char owned_sequences[] =
    "SELECT n.nspname, s.relname FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class s ON s.oid = "
    "d.objid AND s.relkind = 'S' JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace WHERE "
    "d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = "
    "'pg_catalog.pg_class'::regclass AND d.refobjid = pg_catalog.to_regclass($1) AND d.deptype IN "
    "('a', 'i')";

/* Into another schema a table goes with the sequences that its columns own. */
GD_MUST static struct gd_status take_along(struct gd_back *back, struct gd_back_moved table,
                                           struct gd_error *err)
{
    const char *name = gd_quoted_pair(table.schema_now, table.name_now, back->arena);
    struct gd_pg_call call = {
        .what = "look for sequences", .sql = owned_sequences, .values = &name, .value_count = 1};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(back->pg, &call, &rows, err));
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++) {
        const char *sequence = gd_arena_strdup(back->arena, gd_pg_cell(rows, i, 1));
        const char *schema = gd_arena_strdup(back->arena, gd_pg_cell(rows, i, 0));
        struct gd_back_moved *known =
            gd_back_moved_now(&back->names, "SEQUENCE", schema, "", sequence);
        if (known != NULL && is(known->schema, schema))
            known->schema = table.schema; /* renamed besides */
        else if (known == NULL &&
                 gd_back_find(&back->before, "sequence", table.schema, sequence, NULL) != NULL)
            (void)gd_back_moved_add(&back->names, &(struct gd_back_moved){.kind = "SEQUENCE",
                                                                          .schema = table.schema,
                                                                          .table = "",
                                                                          .name = sequence,
                                                                          .schema_now = schema,
                                                                          .name_now = sequence,
                                                                          .along = true});
    }
    return GD_DONE;
}

GD_MUST static struct gd_status take_all_along(struct gd_back *back, struct gd_error *err)
{
    size_t count = back->names.count;
    for (size_t i = 0; i < count; i++) {
        struct gd_back_moved moved = back->names.items[i];
        if (!moved.invalid && is(moved.kind, "TABLE") &&
            !is(schema_now(back, moved.schema), moved.schema_now))
            GD_TRY(take_along(back, moved, err));
    }
    return GD_DONE;
}

/* --- is it so? --------------------------------------------------------------------------------*/

static const struct gd_back_item *table_now(const struct gd_back *back, const char *schema,
                                            const char *table)
{
    const struct gd_back_moved *moved =
        gd_back_moved_before(&back->names, "TABLE", schema, "", table);
    return gd_back_find(&back->now, "table",
                        moved == NULL ? schema_now(back, schema) : moved->schema_now,
                        moved == NULL ? table : moved->name_now, NULL);
}

/* Was it there before under the one name, and is it now under the other? */
static bool is_there(const struct gd_back *back, const struct gd_back_moved *moved)
{
    if (is(moved->kind, "SCHEMA"))
        return gd_back_find(&back->before, "schema", "", moved->name, NULL) != NULL &&
               gd_back_find(&back->now, "schema", "", moved->name_now, NULL) != NULL &&
               gd_back_find(&back->now, "schema", "", moved->name, NULL) == NULL;
    if (is(moved->kind, "COLUMN")) {
        const struct gd_back_item *was =
            gd_back_find(&back->before, "table", moved->schema, moved->table, NULL);
        const struct gd_back_item *now = table_now(back, moved->schema, moved->table);
        return was != NULL && now != NULL && gd_back_column(was->columns, moved->name) != NULL &&
               gd_back_column(now->columns, moved->name_now) != NULL;
    }
    const char *class = gd_back_class_of(moved->kind);
    return gd_back_find(&back->before, class, moved->schema, moved->name, NULL) != NULL &&
           gd_back_find(&back->now, class, moved->schema_now, moved->name_now, NULL) != NULL;
}

static void check_all(struct gd_back *back)
{
    for (size_t i = 0; i < back->names.count; i++) {
        struct gd_back_moved *moved = &back->names.items[i];
        if (is(moved->kind, "SCHEMA"))
            moved->invalid |= is(moved->name, moved->name_now) || !is_there(back, moved);
    }
    for (size_t i = 0; i < back->names.count; i++) {
        struct gd_back_moved *moved = &back->names.items[i];
        bool same =
            is(moved->kind, "COLUMN") ? is(moved->name, moved->name_now) : is_plain(back, moved);
        if (!moved->invalid && !is(moved->kind, "SCHEMA"))
            moved->invalid = same || !is_there(back, moved);
    }
}

/* --- who took the name ------------------------------------------------------------------------*/

static bool is_relation(const struct gd_back_item *item)
{
    static const char *const classes[] = {"table", "view", "materialized view", "sequence",
                                          "index"};
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (is(item->class, classes[i]))
            return true;
    return false;
}

static void set_aside(struct gd_back *back, const char *kind, const struct gd_back_moved *in_place,
                      const char *schema, const char *name)
{
    struct gd_back_moved made = {.kind = kind,
                                 .schema = in_place->schema,
                                 .table = in_place->table,
                                 .schema_now = schema,
                                 .name_now = name,
                                 .made = true};
    made.name = gd_arena_printf(back->arena, "guardian_made_%zu", back->names.count + 1);
    (void)gd_back_moved_add(&back->names, &made);
}

static void taken(struct gd_back *back, struct gd_back_moved *moved)
{
    gd_back_reason(back, "\"%s\" was renamed, and something else took the name", moved->name);
    moved->invalid = true;
}

/* By the text alone what is called so is known only if all of the text was run. */
static bool all_is_in(const struct gd_back *back)
{
    for (size_t i = 0; i < back->story->step_count; i++)
        if (back->story->steps[i].state != GD_STEP_IN)
            return false;
    return back->text_known;
}

static void free_column(struct gd_back *back, struct gd_back_moved *moved)
{
    const struct gd_back_item *now = table_now(back, moved->schema, moved->table);
    if (gd_back_column(now->columns, moved->name) == NULL ||
        gd_back_moved_now(&back->names, "COLUMN", moved->schema, moved->table, moved->name) != NULL)
        return;
    if (all_is_in(back))
        set_aside(back, "COLUMN",
                  &(struct gd_back_moved){.schema = moved->schema, .table = moved->table}, "",
                  moved->name);
    else
        taken(back, moved);
}

static void free_object(struct gd_back *back, struct gd_back_moved *moved)
{
    const char *schema = schema_now(back, moved->schema), *name = moved->name;
    for (size_t i = 0; i < back->now.count; i++) {
        const struct gd_back_item *item = &back->now.items[i];
        bool rival = is(moved->kind, "TYPE") ? is(item->class, "type") : is_relation(item);
        if (!rival || !is(item->schema, schema) || !is(item->name, name))
            continue;
        if (gd_back_moved_now(&back->names, "TABLE", schema, "", name) != NULL ||
            gd_back_moved_now(&back->names, "SEQUENCE", schema, "", name) != NULL ||
            gd_back_moved_now(&back->names, "TYPE", schema, "", name) != NULL)
            return; /* it has another name of before itself */
        if (is(moved->kind, "TYPE") || (!moved->by_oid && !all_is_in(back)))
            taken(back, moved);
        else
            set_aside(back, "TABLE", &(struct gd_back_moved){.schema = moved->schema, .table = ""},
                      schema, name);
        return;
    }
}

static void free_names(struct gd_back *back)
{
    size_t count = back->names.count;
    for (size_t i = 0; i < count; i++) {
        struct gd_back_moved moved = back->names.items[i];
        if (moved.invalid || is(moved.kind, "SCHEMA") || moved.along)
            continue;
        if (is(moved.kind, "COLUMN"))
            free_column(back, &moved);
        else
            free_object(back, &moved);
        back->names.items[i].invalid = moved.invalid;
    }
}

/* --- the dump of now --------------------------------------------------------------------------*/

struct retelling {
    struct gd_back *back;
    struct gd_arena *arena;
    const struct gd_back_item *item;
    const char *text, *result;
    size_t from;
    bool changed;
};

static void put(struct retelling *of, size_t offset, size_t size, const char *name)
{
    of->result = gd_arena_printf(of->arena, "%s%.*s%s", of->result, (int)(offset - of->from),
                                 of->text + of->from, name);
    of->from = offset + size;
    of->changed = true;
}

/* "public"."new", and in the text of views new.column. */
static void put_pair(const struct gd_pair *pair, bool literal, void *context)
{
    struct retelling *of = context;
    const struct gd_back_names *names = &of->back->names;
    const char *schema, *name;
    gd_back_name_before(names, pair->schema, pair->name, &schema, &name);
    for (size_t i = 0; i < names->count && !literal; i++) {
        const struct gd_back_moved *moved = &names->items[i];
        bool alias = is(schema, pair->schema) && is(name, pair->name) && !moved->invalid &&
                     is(moved->kind, "TABLE") && is(moved->name_now, pair->schema);
        if (!alias)
            continue;
        put(of, pair->offset, pair->size, gd_back_plain(moved->name, pair->name, of->arena));
        return;
    }
    if (is(schema, pair->schema) && is(name, pair->name))
        return;
    const char *written = gd_back_plain(schema, name, of->arena);
    put(of, pair->offset, pair->size, literal ? gd_literal(written, of->arena) : written);
}

static bool is_word(const struct retelling *of, const struct gd_token *token, const char *name)
{
    const char *at = of->text + token->offset;
    if (*at == '"')
        return token->size == strlen(name) + 2 && strncmp(at + 1, name, strlen(name)) == 0;
    return !token->string && !token->comment && token->size == strlen(name) &&
           strncmp(at, name, token->size) == 0;
}

/* What a single word stands for: a schema behind SCHEMA, or a column in what belongs to its table.
 */
static const struct gd_back_moved *word_of(const struct retelling *of, const struct gd_token *token,
                                           bool behind_schema)
{
    const struct gd_back_names *names = &of->back->names;
    bool defines = is(of->item->class, "view") || is(of->item->class, "materialized view") ||
                   is(of->item->class, "function");
    for (size_t i = 0; i < names->count; i++) {
        const struct gd_back_moved *moved = &names->items[i];
        bool column = is(moved->kind, "COLUMN") && !defines &&
                      is(of->item->about_schema, moved->schema) &&
                      is(of->item->about, moved->table);
        if (!moved->invalid && (column || (behind_schema && is(moved->kind, "SCHEMA"))) &&
            is_word(of, token, moved->name_now))
            return moved;
    }
    return NULL;
}

static void put_words(struct retelling *of)
{
    size_t count;
    struct gd_token *tokens;
    struct gd_refusal refusal;
    if (!gd_scan(of->text, of->arena, &count, &tokens, &refusal))
        return;
    for (size_t i = 0; i < count; i++) {
        bool behind = i > 0 && tokens[i - 1].word && tokens[i - 1].size == 6 &&
                      strncmp(of->text + tokens[i - 1].offset, "SCHEMA", 6) == 0;
        const struct gd_back_moved *moved = word_of(of, &tokens[i], behind);
        if (moved != NULL)
            put(of, tokens[i].offset, tokens[i].size, gd_back_plain("", moved->name, of->arena));
    }
}

static struct gd_status retell(struct retelling *of, struct gd_back_item *item, bool words,
                               struct gd_error *err)
{
    of->item = item;
    of->text = item->sql;
    of->result = "";
    of->from = 0;
    of->changed = false;
    if (words)
        put_words(of);
    else
        gd_each_pair(item->sql, of->arena, put_pair, of);
    if (!of->changed)
        return GD_DONE;
    return gd_back_retell(item, gd_arena_printf(of->arena, "%s%s", of->result, of->text + of->from),
                          of->arena, err);
}

GD_MUST static struct gd_status retell_all(void *context, struct gd_error *err)
{
    struct gd_back *back = context;
    struct retelling of = {.back = back, .arena = back->arena};
    for (size_t i = 0; i < back->now.count; i++) {
        GD_TRY(retell(&of, &back->now.items[i], false, err));
        GD_TRY(retell(&of, &back->now.items[i], true, err));
    }
    return GD_DONE;
}

struct gd_status gd_back_rename_now(struct gd_back *back, struct gd_error *err)
{
    GD_TRY(follow_all(back, err));
    check_all(back);
    GD_TRY(take_all_along(back, err));
    free_names(back);
    back->now.names = &back->names;
    return back->names.count == 0 ? GD_DONE : gd_deep_call(retell_all, back, err);
}

/* --- the losses -------------------------------------------------------------------------------*/

/* What the judge named stands under the name that it had at its statement: any that it went by. */
static const char *table_before(const struct gd_back *back, const char *plain)
{
    const struct gd_back_names *names = &back->names;
    for (size_t i = 0; i < back->before.count; i++)
        if (is(back->before.items[i].class, "table") &&
            gd_back_is_named(gd_back_plain(back->before.items[i].schema, back->before.items[i].name,
                                           back->arena),
                             plain))
            return plain;
    for (size_t i = 0; i < back->before.count; i++)
        if (is(back->before.items[i].class, "table") &&
            gd_back_is_named(gd_back_plain(schema_now(back, back->before.items[i].schema),
                                           back->before.items[i].name, back->arena),
                             plain))
            return gd_back_plain(back->before.items[i].schema, back->before.items[i].name,
                                 back->arena);
    for (size_t i = 0; i < names->seen_count; i++)
        if (gd_back_is_named(
                gd_back_plain(names->seen[i].schema_now, names->seen[i].name_now, back->arena),
                plain))
            return gd_back_plain(names->seen[i].schema, names->seen[i].name, back->arena);
    return plain;
}

/* "public.people.years" → "public.users.age" */
static const char *column_before(const struct gd_back *back, const char *plain, const char *now,
                                 const char *before)
{
    size_t size = strlen(now);
    if (strncmp(plain, now, size) != 0 || plain[size] != '.')
        return plain;
    const char *column = plain + size + 1;
    const struct gd_back_names *names = &back->names;
    for (size_t i = 0; i < names->seen_count; i++) {
        const struct gd_back_moved *seen = &names->seen[i];
        if (is(seen->kind, "COLUMN") && gd_back_is_named(column, seen->name_now) &&
            gd_back_is_named(gd_back_plain(seen->schema, seen->table, back->arena), before)) {
            const struct gd_back_item *was =
                gd_back_find(&back->before, "table", seen->schema, seen->table, NULL);
            if (was != NULL && gd_back_column(was->columns, seen->name_now) == NULL)
                column = gd_back_plain("", seen->name, back->arena);
        }
    }
    return gd_arena_printf(back->arena, "%s.%s", before, column);
}

void gd_back_rename_losses(struct gd_back *back)
{
    for (size_t i = 0; i < back->story->loss_count && back->names.count > 0; i++) {
        struct gd_story_loss *loss = &back->story->losses[i];
        struct gd_texts tables = {0}, columns = {0};
        for (size_t c = 0; c < loss->columns.count; c++) {
            const char *column = loss->columns.items[c];
            for (size_t t = 0; t < loss->tables.count; t++)
                column = column_before(back, column, loss->tables.items[t],
                                       table_before(back, loss->tables.items[t]));
            gd_texts_add(&columns, column, back->arena);
        }
        for (size_t t = 0; t < loss->tables.count; t++)
            gd_texts_add(&tables, table_before(back, loss->tables.items[t]), back->arena);
        loss->tables = tables;
        loss->columns = columns;
    }
}

/* --- the statements ---------------------------------------------------------------------------*/

static void say(struct gd_back *back, const struct gd_back_moved *moved, const char *sql)
{
    const char *what =
        is(moved->kind, "COLUMN")
            ? gd_arena_printf(back->arena, "column %s of %s", moved->name,
                              gd_back_plain(moved->schema, moved->table, back->arena))
            : gd_arena_printf(back->arena, "the name of %s",
                              gd_back_plain(moved->schema, moved->name, back->arena));
    gd_back_say(back->script, GD_BACK_RENAME, what, sql, "");
}

static void say_renamed(struct gd_back *back, const struct gd_back_moved *moved, const char *from,
                        const char *to)
{
    struct gd_arena *arena = back->arena;
    if (is(from, to))
        return;
    if (is(moved->kind, "COLUMN"))
        say(back, moved,
            gd_arena_printf(arena, "ALTER TABLE %s RENAME COLUMN %s TO %s",
                            gd_quoted_pair(moved->schema, moved->table, arena),
                            gd_quoted(from, arena), gd_quoted(to, arena)));
    else
        say(back, moved,
            gd_arena_printf(arena, "ALTER %s %s RENAME TO %s", moved->kind,
                            gd_quoted_pair(moved->schema, from, arena), gd_quoted(to, arena)));
}

/* Back into its schema first: there it gets its name. */
static void say_schema(struct gd_back *back, const struct gd_back_moved *moved)
{
    struct gd_arena *arena = back->arena;
    const char *stands, *ignored;
    struct gd_back_names schemas = back->names;
    const struct gd_back_moved *renamed =
        gd_back_moved_now(&schemas, "SCHEMA", "", "", moved->schema_now);
    stands = renamed == NULL ? moved->schema_now : renamed->name;
    ignored = moved->schema;
    if (!is(stands, ignored))
        say(back, moved,
            gd_arena_printf(arena, "ALTER %s %s SET SCHEMA %s", moved->kind,
                            gd_quoted_pair(stands, moved->name_now, arena),
                            gd_quoted(moved->schema, arena)));
}

/* Its name of before is another one's name of now: both cannot be renamed one after the other. */
static bool is_in_the_way(const struct gd_back *back, const struct gd_back_moved *moved)
{
    for (size_t i = 0; i < back->names.count; i++) {
        const struct gd_back_moved *other = &back->names.items[i];
        if (other != moved && !other->invalid && !other->along &&
            is_object(other) == is_object(moved) && is(other->schema, moved->schema) &&
            is(other->table, moved->table) && is(other->name, moved->name_now))
            return true;
    }
    return false;
}

static const char *aside(const struct gd_back *back, size_t at)
{
    return gd_arena_printf(back->arena, "guardian_aside_%zu", at);
}

static bool counts(const struct gd_back_moved *moved, bool columns)
{
    return !moved->invalid && !moved->along && !is(moved->kind, "SCHEMA") &&
           is(moved->kind, "COLUMN") == columns;
}

/* What the change made makes room, then what stands on another one's name, then all get theirs. */
static void give_names(struct gd_back *back, bool columns)
{
    const struct gd_back_names *names = &back->names;
    for (size_t i = 0; i < names->count; i++)
        if (counts(&names->items[i], columns) && !columns)
            say_schema(back, &names->items[i]);
    for (size_t i = 0; i < names->count; i++) {
        const struct gd_back_moved *moved = &names->items[i];
        if (counts(moved, columns) && (moved->made || is_in_the_way(back, moved)))
            say_renamed(back, moved, moved->name_now, moved->made ? moved->name : aside(back, i));
    }
    for (size_t i = 0; i < names->count; i++) {
        const struct gd_back_moved *moved = &names->items[i];
        if (counts(moved, columns) && !moved->made)
            say_renamed(back, moved, is_in_the_way(back, moved) ? aside(back, i) : moved->name_now,
                        moved->name);
    }
}

void gd_back_rename_back(struct gd_back *back)
{
    struct gd_arena *arena = back->arena;
    for (size_t i = 0; i < back->names.count; i++) {
        const struct gd_back_moved *moved = &back->names.items[i];
        if (!moved->invalid && is(moved->kind, "SCHEMA"))
            say(back, moved,
                gd_arena_printf(arena, "ALTER SCHEMA %s RENAME TO %s",
                                gd_quoted(moved->name_now, arena), gd_quoted(moved->name, arena)));
    }
    give_names(back, false);
    give_names(back, true);
}
