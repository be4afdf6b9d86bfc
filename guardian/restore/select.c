/* Select: see select.h. */
#include "guardian/restore/select.h"

#include <string.h>

#include "guardian/base/lookup.h"
#include "guardian/policy/pattern.h"
#include "guardian/restore/qualified.h"
#include "guardian/sql/parse.h"

/* --- moving -----------------------------------------------------------------------------------*/

struct moving {
    struct gd_restoring *restoring;
    struct gd_arena *arena;
    const char *schema;
    struct gd_lookup moved; /* ("", schema, name) → anything */
    /* of one text */
    const char *text, *result;
    size_t from;
    bool mentions; /* something that moves */
    /* what is left behind */
    size_t triggers, policies, rules;
};

static bool is_moved(const struct moving *moving, const char *schema, const char *name)
{
    return gd_lookup_get(&moving->moved, "", schema, name) != NULL;
}

static void move_name(struct moving *moving, const char *schema, const char *name)
{
    struct gd_arena *arena = moving->arena;
    gd_lookup_set(&moving->moved, "", gd_arena_strdup(arena, schema), gd_arena_strdup(arena, name),
                  moving, arena);
}

static void put_moved(const struct gd_pair *pair, bool literal, void *context)
{
    struct moving *moving = context;
    if (!is_moved(moving, pair->schema, pair->name))
        return;
    const char *name = gd_quoted_pair(moving->schema, pair->name, moving->arena);
    moving->result = gd_arena_printf(
        moving->arena, "%s%.*s%s", moving->result, (int)(pair->offset - moving->from),
        moving->text + moving->from, literal ? gd_literal(name, moving->arena) : name);
    moving->from = pair->offset + pair->size;
}

static const char *moved_text(struct moving *moving, const char *text)
{
    if (text == NULL)
        return NULL;
    moving->text = text;
    moving->result = "";
    moving->from = 0;
    gd_each_pair(text, moving->arena, put_moved, moving);
    return gd_arena_printf(moving->arena, "%s%s", moving->result, text + moving->from);
}

/* --- what an item is about --------------------------------------------------------------------*/

struct subject {
    struct gd_pair pair;
    bool found;
};

static void take_first(const struct gd_pair *pair, bool literal, void *context)
{
    struct subject *subject = context;
    if (subject->found || literal)
        return;
    subject->pair = *pair;
    subject->found = true;
}

static void take_last(const struct gd_pair *pair, bool literal, void *context)
{
    struct subject *subject = context;
    if (literal)
        return;
    subject->pair = *pair;
    subject->found = true;
}

/* The first qualified name: pg_dump writes what a statement makes or alters before all else. */
static struct subject subject_of(const struct gd_dump_item *item, struct gd_arena *arena)
{
    struct subject subject = {.found = false};
    gd_each_pair(item->sql, arena, take_first, &subject);
    return subject;
}

static bool is_type(const struct gd_dump_item *item)
{
    return item->node == GD_KIND_CreateEnumStmt || item->node == GD_KIND_CreateDomainStmt ||
           item->node == GD_KIND_CompositeTypeStmt || item->node == GD_KIND_CreateRangeStmt;
}

static bool is_sequence(const struct gd_dump_item *item)
{
    return item->node == GD_KIND_CreateSeqStmt;
}

static bool is_table(const struct gd_dump_item *item)
{
    return item->node == GD_KIND_CreateStmt || strncmp(item->sql, "CREATE TABLE ", 13) == 0 ||
           strncmp(item->sql, "CREATE UNLOGGED TABLE ", 22) == 0;
}

/* --- which tables -----------------------------------------------------------------------------*/

struct pattern {
    const char *schema, *name; /* schema NULL: any */
    bool schema_exact, name_exact;
};

/* One part of a pattern: in double quotes letter by letter, otherwise * and ? stand for letters. */
static const char *read_part(const char *text, const char **out_part, bool *out_exact,
                             struct gd_arena *arena)
{
    char *part = gd_arena_alloc(arena, strlen(text) + 1), *to = part;
    *out_part = part;
    *out_exact = *text == '"';
    if (*out_exact) {
        for (text++; *text != '\0' && (*text != '"' || text[1] == '"'); text++) {
            *to++ = *text;
            text += *text == '"';
        }
        text = *text == '"' ? text + 1 : NULL;
    } else {
        while (*text != '\0' && *text != '.')
            *to++ = *text++;
    }
    *to = '\0';
    return to == part ? NULL : text;
}

GD_MUST static struct gd_status parse_pattern(const char *text, struct gd_arena *arena,
                                              struct pattern *out_pattern, struct gd_error *err)
{
    struct pattern pattern = {.schema = NULL};
    const char *rest = read_part(text, &pattern.name, &pattern.name_exact, arena);
    if (rest != NULL && *rest == '.') {
        pattern.schema = pattern.name;
        pattern.schema_exact = pattern.name_exact;
        rest = read_part(rest + 1, &pattern.name, &pattern.name_exact, arena);
    }
    if (rest == NULL || *rest != '\0')
        return gd_hint(err, gd_fail(err, GD_USAGE, "could not read table \"%s\"", text),
                       "Write schema.table, schema.* or table; a name with dots, stars or question "
                       "marks in double quotes.");
    *out_pattern = pattern;
    return GD_DONE;
}

static bool part_fits(const char *pattern, bool exact, const char *name)
{
    return exact ? strcmp(pattern, name) == 0 : gd_glob(pattern, name);
}

static bool fits(const struct pattern *pattern, const struct gd_pair *pair)
{
    return (pattern->schema == NULL ||
            part_fits(pattern->schema, pattern->schema_exact, pair->schema)) &&
           part_fits(pattern->name, pattern->name_exact, pair->name);
}

static void add_name(struct gd_texts *tables, const struct gd_pair *pair, struct gd_arena *arena)
{
    gd_texts_add(tables, gd_quoted_pair(pair->schema, pair->name, arena), arena);
}

bool gd_select_has(const struct gd_texts *tables, const char *schema, const char *name,
                   struct gd_arena *arena)
{
    return gd_texts_has(tables, gd_quoted_pair(schema, name, arena));
}

struct two_names {
    struct gd_pair pairs[2];
    size_t count;
};

static void take_two(const struct gd_pair *pair, bool literal, void *context)
{
    struct two_names *names = context;
    if (!literal && names->count < 2)
        names->pairs[names->count++] = *pair;
}

/* Until nothing is added any more: partitions of partitions. */
static void add_partitions(const struct gd_dump *before, struct gd_texts *tables,
                           struct gd_arena *arena)
{
    size_t had;
    do {
        had = tables->count;
        for (size_t i = 0; i < before->count; i++) {
            const struct gd_dump_item *item = &before->items[i];
            struct two_names names = {.count = 0};
            if (item->node != GD_KIND_AlterTableStmt ||
                strstr(item->sql, " ATTACH PARTITION ") == NULL)
                continue;
            gd_each_pair(item->sql, arena, take_two, &names);
            if (names.count == 2 &&
                gd_select_has(tables, names.pairs[0].schema, names.pairs[0].name, arena))
                add_name(tables, &names.pairs[1], arena);
        }
    } while (tables->count > had);
}

GD_MUST static struct gd_status add_fitting(const struct gd_dump *before, const char *text,
                                            struct gd_texts *tables, struct gd_arena *arena,
                                            struct gd_error *err)
{
    struct pattern pattern = {.schema = NULL};
    bool any = false;
    GD_TRY(parse_pattern(text, arena, &pattern, err));
    for (size_t i = 0; i < before->count; i++) {
        if (!is_table(&before->items[i]))
            continue;
        struct subject subject = subject_of(&before->items[i], arena);
        if (!subject.found || !fits(&pattern, &subject.pair))
            continue;
        any = true;
        add_name(tables, &subject.pair, arena);
    }
    if (!any)
        return gd_hint(err, gd_fail(err, GD_USAGE, "the snapshot has no table \"%s\"", text),
                       "guardian show lists the tables of a snapshot.");
    return GD_DONE;
}

/* A child without its parent would become a child of the living one. */
GD_MUST static struct gd_status add_parents_of(const struct gd_dump_item *item,
                                               struct gd_texts *tables, struct gd_arena *arena,
                                               struct gd_error *err)
{
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    if (strstr(item->sql, "INHERITS (") == NULL)
        return GD_DONE;
    if (!gd_parse(item->sql, strlen(item->sql), arena, &parsed, &refusal) || parsed.count != 1)
        return gd_hint(
            err,
            gd_fail(err, GD_USAGE, "could not tell the parents of a table: %s", refusal.message),
            "The statement is newer than this Guardian's grammar: restore with --into.");
    for (size_t i = 0; i < gd_node_count(parsed.statements[0], GD_F_inh_relations); i++) {
        const struct gd_node *parent = gd_node_at(parsed.statements[0], GD_F_inh_relations, i);
        gd_texts_add(tables,
                     gd_quoted_pair(gd_node_text(parent, GD_F_schemaname),
                                    gd_node_text(parent, GD_F_relname), arena),
                     arena);
    }
    return GD_DONE;
}

GD_MUST static struct gd_status add_parents(const struct gd_dump *before, struct gd_texts *tables,
                                            struct gd_arena *arena, struct gd_error *err)
{
    size_t had;
    do {
        had = tables->count;
        for (size_t i = 0; i < before->count; i++) {
            struct subject subject = subject_of(&before->items[i], arena);
            if (is_table(&before->items[i]) && subject.found &&
                gd_select_has(tables, subject.pair.schema, subject.pair.name, arena))
                GD_TRY(add_parents_of(&before->items[i], tables, arena, err));
        }
    } while (tables->count > had);
    return GD_DONE;
}

struct selecting {
    const struct gd_dump *before;
    const char *const *patterns;
    size_t count;
    struct gd_arena *arena;
    struct gd_texts *tables;
};

GD_MUST static struct gd_status select_all(void *context, struct gd_error *err)
{
    struct selecting *selecting = context;
    for (size_t i = 0; i < selecting->count; i++)
        GD_TRY(add_fitting(selecting->before, selecting->patterns[i], selecting->tables,
                           selecting->arena, err));
    add_partitions(selecting->before, selecting->tables, selecting->arena);
    return add_parents(selecting->before, selecting->tables, selecting->arena, err);
}

struct gd_status gd_select_tables(const struct gd_dump *before, const char *const *patterns,
                                  size_t pattern_count, struct gd_arena *arena,
                                  struct gd_texts *out_tables, struct gd_error *err)
{
    struct selecting selecting = {before, patterns, pattern_count, arena, out_tables};
    return gd_deep_call(select_all, &selecting, err);
}

/* --- what comes along -------------------------------------------------------------------------*/

static void note_mention(const struct gd_pair *pair, bool literal, void *context)
{
    (void)literal;
    struct moving *moving = context;
    moving->mentions |= is_moved(moving, pair->schema, pair->name);
}

struct needing {
    struct moving *moving;
    const struct gd_lookup *makers; /* types and sequences of the dump → their item */
    bool added;
};

static void add_needed(const struct gd_pair *pair, bool literal, void *context)
{
    (void)literal;
    struct needing *needing = context;
    if (gd_lookup_get(needing->makers, "", pair->schema, pair->name) == NULL ||
        is_moved(needing->moving, pair->schema, pair->name))
        return;
    move_name(needing->moving, pair->schema, pair->name);
    needing->added = true;
}

/* Does it belong to what moves: does its first name move? */
static bool belongs(struct moving *moving, const struct gd_dump_item *item)
{
    struct subject subject = subject_of(item, moving->arena);
    return subject.found && is_moved(moving, subject.pair.schema, subject.pair.name);
}

/* ADD GENERATED … AS IDENTITY (SEQUENCE NAME …) makes a sequence that must live with its table. */
static void add_identity(struct moving *moving, const struct gd_dump_item *item)
{
    struct two_names names = {.count = 0};
    if (item->node != GD_KIND_AlterTableStmt || strstr(item->sql, " SEQUENCE NAME ") == NULL)
        return;
    gd_each_pair(item->sql, moving->arena, take_two, &names);
    if (names.count == 2)
        move_name(moving, names.pairs[1].schema, names.pairs[1].name);
}

/* CREATE TYPE … AS RANGE makes a second type: its name stands behind these words. */
static void add_multirange(struct moving *moving, const struct gd_dump_item *item)
{
    struct subject made = {.found = false};
    const char *words = strstr(item->sql, "multirange_type_name = ");
    if (item->node != GD_KIND_CreateRangeStmt || words == NULL)
        return;
    gd_each_pair(words, moving->arena, take_first, &made);
    if (made.found)
        move_name(moving, made.pair.schema, made.pair.name);
}

/* Types and sequences of columns and defaults, then those that these need in turn; sequences that a
 * column owns. */
static void add_makers(struct moving *moving, const struct gd_dump *before)
{
    struct gd_lookup makers = {0};
    struct needing needing = {.moving = moving, .makers = &makers};
    for (size_t i = 0; i < before->count; i++) {
        struct subject subject = subject_of(&before->items[i], moving->arena);
        if (subject.found && (is_type(&before->items[i]) || is_sequence(&before->items[i])))
            gd_lookup_set(&makers, "", subject.pair.schema, subject.pair.name, &before->items[i],
                          moving->arena);
    }
    do {
        needing.added = false;
        for (size_t i = 0; i < before->count; i++) {
            const struct gd_dump_item *item = &before->items[i];
            moving->mentions = false;
            if (belongs(moving, item)) {
                add_identity(moving, item);
                add_multirange(moving, item);
            }
            if (item->node == GD_KIND_AlterSeqStmt)
                gd_each_pair(item->sql, moving->arena, note_mention, moving);
            if (belongs(moving, item) || moving->mentions)
                gd_each_pair(item->sql, moving->arena, add_needed, &needing);
        }
    } while (needing.added);
}

static bool begins_with_any(const char *text, const char *const *beginnings, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strncmp(text, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

static bool is_kept_comment(const char *sql)
{
    static const char *const kept[] = {"COMMENT ON TABLE ",      "COMMENT ON COLUMN ",
                                       "COMMENT ON CONSTRAINT ", "COMMENT ON INDEX ",
                                       "COMMENT ON TYPE ",       "COMMENT ON SEQUENCE ",
                                       "COMMENT ON DOMAIN ",     "COMMENT ON STATISTICS "};
    return begins_with_any(sql, kept, sizeof kept / sizeof kept[0]);
}

/* A copy for a look: nothing fires, nobody is kept from a row but by the schema itself. */
static bool is_kept_alteration(const char *sql)
{
    static const char *const parts[] = {" ROW LEVEL SECURITY", " TRIGGER ", " RULE "};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (strstr(sql, parts[i]) != NULL && strstr(sql, " ADD CONSTRAINT ") == NULL)
            return false;
    return true;
}

static bool is_kept(const struct gd_dump_item *item)
{
    static const char *const newer[] = {"CREATE TABLE ",        "CREATE UNLOGGED TABLE ",
                                        "ALTER TABLE ",         "CREATE INDEX ",
                                        "CREATE UNIQUE INDEX ", "CREATE DOMAIN ",
                                        "CREATE STATISTICS ",   "ALTER STATISTICS "};
    if (item->owner != NULL)
        return false;
    switch (item->node) {
    case GD_KIND_NONE:
        return begins_with_any(item->sql, newer, sizeof newer / sizeof newer[0]);
    case GD_KIND_CommentStmt:
        return is_kept_comment(item->sql);
    case GD_KIND_AlterTableStmt:
        return is_kept_alteration(item->sql);
    case GD_KIND_CreateStmt:
    case GD_KIND_IndexStmt:
    case GD_KIND_CreateSeqStmt:
    case GD_KIND_AlterSeqStmt:
    case GD_KIND_AlterDomainStmt:
    case GD_KIND_CreateStatsStmt:
    case GD_KIND_AlterStatsStmt:
        return true;
    default:
        return is_type(item);
    }
}

/* REFERENCES of a foreign key: the second name. */
static bool refers_away(struct moving *moving, const struct gd_dump_item *item)
{
    struct two_names names = {.count = 0};
    if (item->kind != GD_DUMP_FOREIGN_KEY)
        return false;
    gd_each_pair(item->sql, moving->arena, take_two, &names);
    return names.count < 2 || !is_moved(moving, names.pairs[1].schema, names.pairs[1].name);
}

static void move_item(struct moving *moving, struct gd_dump_item *item)
{
    item->sql = moved_text(moving, item->sql);
    item->build = moved_text(moving, item->build);
    item->attach = moved_text(moving, item->attach);
    if (*item->table != '\0')
        item->schema = moving->schema;
}

/* Indexes of partitions are attached by their names: those move with their tables. */
static void add_index_names(struct moving *moving, const struct gd_dump *after)
{
    for (size_t i = 0; i < after->count; i++) {
        const struct gd_dump_item *item = &after->items[i];
        bool index = item->kind == GD_DUMP_INDEX || item->kind == GD_DUMP_KEY;
        if (index && is_moved(moving, item->schema, item->table))
            move_name(moving, item->schema, item->name);
    }
}

/* CREATE STATISTICS s.name ON … FROM s.table: the table is the last of its names. */
static void add_statistics_names(struct moving *moving, const struct gd_dump *dump)
{
    for (size_t i = 0; i < dump->count; i++) {
        const struct gd_dump_item *item = &dump->items[i];
        struct subject subject = subject_of(item, moving->arena);
        struct subject last = {.found = false};
        if (strncmp(item->sql, "CREATE STATISTICS ", 18) != 0)
            continue;
        gd_each_pair(item->sql, moving->arena, take_last, &last);
        if (subject.found && is_moved(moving, last.pair.schema, last.pair.name))
            move_name(moving, subject.pair.schema, subject.pair.name);
    }
}

static void count_left_behind(struct moving *moving, const struct gd_dump_item *item)
{
    moving->triggers += item->node == GD_KIND_CreateTrigStmt;
    moving->policies += item->node == GD_KIND_CreatePolicyStmt;
    moving->rules += item->node == GD_KIND_RuleStmt;
}

static void tell_left_behind(const struct moving *moving)
{
    if (moving->triggers + moving->policies + moving->rules > 0)
        gd_restoring_warn(moving->restoring,
                          "A copy for a look has no effects and shows every row. restore --into "
                          "brings them.",
                          "left behind, because schema \"%s\" is a copy: triggers (%zu), row "
                          "security policies (%zu), rules (%zu); and all grants",
                          moving->schema, moving->triggers, moving->policies, moving->rules);
}

/* CREATE INDEX has its table as the only qualified name before the columns. */
static void move_dump(struct moving *moving, struct gd_dump *dump)
{
    size_t kept = 0;
    for (size_t i = 0; i < dump->count; i++) {
        struct gd_dump_item item = dump->items[i];
        if (!belongs(moving, &item))
            continue;
        count_left_behind(moving, &item);
        if (!is_kept(&item))
            continue;
        if (refers_away(moving, &item)) {
            gd_restoring_warn(moving->restoring, "",
                              "left out, because it refers to a table that is "
                              "not restored: %s",
                              item.what);
            continue;
        }
        move_item(moving, &item);
        dump->items[kept++] = item;
    }
    dump->count = kept;
}

GD_MUST static struct gd_status check_clashes(const struct gd_texts *tables,
                                              const struct gd_dump *before, struct gd_arena *arena,
                                              struct gd_error *err)
{
    struct gd_lookup names = {0};
    for (size_t i = 0; i < before->count; i++) {
        struct subject subject = subject_of(&before->items[i], arena);
        if (!is_table(&before->items[i]) || !subject.found ||
            !gd_select_has(tables, subject.pair.schema, subject.pair.name, arena))
            continue;
        const char *other = gd_lookup_get(&names, "", "", subject.pair.name);
        if (other != NULL)
            return gd_hint(err,
                           gd_fail(err, GD_USAGE,
                                   "could not restore \"%s\" of both \"%s\" and \"%s\" into one "
                                   "schema",
                                   subject.pair.name, other, subject.pair.schema),
                           "Restore them one after the other, into two schemas.");
        gd_lookup_set(&names, "", "", subject.pair.name,
                      gd_arena_strdup(arena, subject.pair.schema), arena);
    }
    return GD_DONE;
}

struct move_call {
    struct gd_restoring *restoring;
    const struct gd_texts *tables;
    const char *schema;
    struct gd_texts *sequences;
};

GD_MUST static struct gd_status move_all(void *context, struct gd_error *err)
{
    struct move_call *call = context;
    struct gd_restoring *restoring = call->restoring;
    struct gd_arena *arena = restoring->arena;
    struct moving moving = {.restoring = restoring, .arena = arena, .schema = call->schema};
    GD_TRY(check_clashes(call->tables, &restoring->before, arena, err));
    for (size_t i = 0; i < restoring->before.count; i++) {
        const struct gd_dump_item *item = &restoring->before.items[i];
        struct subject subject = subject_of(item, arena);
        if (is_table(item) && subject.found &&
            gd_select_has(call->tables, subject.pair.schema, subject.pair.name, arena))
            move_name(&moving, subject.pair.schema, subject.pair.name);
    }
    add_makers(&moving, &restoring->before);
    const struct gd_manifest *manifest = restoring->options->manifest;
    for (size_t i = 0; i < manifest->sequence_count; i++)
        if (is_moved(&moving, manifest->sequences[i].schema, manifest->sequences[i].name))
            gd_texts_add(
                call->sequences,
                gd_quoted_pair(manifest->sequences[i].schema, manifest->sequences[i].name, arena),
                arena);
    add_index_names(&moving, &restoring->after);
    add_statistics_names(&moving, &restoring->after);
    move_dump(&moving, &restoring->before);
    move_dump(&moving, &restoring->after);
    tell_left_behind(&moving);
    return GD_DONE;
}

struct gd_status gd_select_move(struct gd_restoring *restoring, const struct gd_texts *tables,
                                const char *schema, struct gd_texts *out_sequences,
                                struct gd_error *err)
{
    struct move_call call = {restoring, tables, schema, out_sequences};
    return gd_deep_call(move_all, &call, err);
}
