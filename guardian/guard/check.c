#include "guardian/guard/check.h"

#include <string.h>

#include "guardian/guard/check_own.h"

struct checking {
    struct gd_pg *pg;
    const struct gd_plan *plan;
    const struct gd_fingerprint *before;
    struct gd_arena *arena;
    struct gd_expectations expected;
    struct gd_checked *out;
};

static void problem(struct checking *checking, const char *text)
{
    gd_texts_add(&checking->out->problems, text, checking->arena);
}

/* ---- what the statements name ---- */

/* One answer for each row: there, not there, or NULL where that on which it stands is missing. */
static const char there_sql[] =
    "SELECT CASE u.kind"
    " WHEN '0' THEN pg_catalog.to_regclass(u.name) IS NOT NULL"
    " WHEN '1' THEN pg_catalog.to_regtype(u.name) IS NOT NULL"
    " WHEN '2' THEN pg_catalog.to_regnamespace(u.name) IS NOT NULL"
    " WHEN '3' THEN CASE WHEN pg_catalog.to_regclass(u.name) IS NULL THEN NULL ELSE EXISTS ("
    "SELECT 1 FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass(u.name)"
    " AND a.attname = u.part::pg_catalog.name AND NOT a.attisdropped) END"
    " WHEN '4' THEN CASE WHEN pg_catalog.to_regclass(u.name) IS NULL THEN NULL ELSE EXISTS ("
    "SELECT 1 FROM pg_catalog.pg_constraint c WHERE c.conrelid = pg_catalog.to_regclass(u.name)"
    " AND c.conname = u.part::pg_catalog.name) END"
    " ELSE CASE WHEN pg_catalog.to_regtype(u.name) IS NULL THEN NULL ELSE EXISTS ("
    "SELECT 1 FROM pg_catalog.pg_enum e WHERE e.enumtypid = pg_catalog.to_regtype(u.name)"
    " AND e.enumlabel = u.part::pg_catalog.name) END END"
    " FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]),"
    " pg_catalog.unnest($2::pg_catalog.text[]), pg_catalog.unnest($3::pg_catalog.text[]))"
    " WITH ORDINALITY AS u (kind, name, part, place) ORDER BY u.place";

/* The text form of an array, every item in quotes. */
static const char *array_of(const char *const *items, size_t count, struct gd_arena *arena)
{
    size_t size = 3;
    for (size_t i = 0; i < count; i++)
        size += 2 * strlen(items[i]) + 3;
    char *out = gd_arena_alloc(arena, size), *at = out;
    *at++ = '{';
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            *at++ = ',';
        *at++ = '"';
        for (const char *from = items[i]; *from != '\0'; from++) {
            if (*from == '"' || *from == '\\')
                *at++ = '\\';
            *at++ = *from;
        }
        *at++ = '"';
    }
    *at++ = '}';
    *at = '\0';
    return out;
}

static const char *in_words(const struct gd_expected *item, struct gd_arena *arena)
{
    static const char *const kinds[] = {"relation", "type",       "schema",
                                        "column",   "constraint", "enum value"};
    if (item->part[0] == '\0')
        return gd_arena_printf(arena, "%s %s", kinds[item->kind], item->name);
    return gd_arena_printf(arena, "%s \"%s\" of %s", kinds[item->kind], item->part, item->name);
}

static void judge_rows(struct checking *checking, const struct gd_pg_rows *rows,
                       const struct gd_expected *const *asked)
{
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++) {
        const struct gd_expected *item = asked[i];
        if (gd_pg_cell(rows, i, 0) == NULL || gd_pg_bool(rows, i, 0) == item->there)
            continue;
        problem(checking, gd_arena_printf(checking->arena, "%s is %s, after %s",
                                          in_words(item, checking->arena),
                                          item->there ? "not there" : "still there", item->place));
    }
}

GD_MUST static struct gd_status look_at_names(struct checking *checking, struct gd_error *err)
{
    static const char *const kinds[] = {"0", "1", "2", "3", "4", "5"};
    const struct gd_expectations *expected = &checking->expected;
    struct gd_arena *arena = checking->arena;
    const struct gd_expected **asked = gd_arena_zalloc(arena, expected->count + 1, sizeof *asked);
    const char **columns[3];
    size_t count = 0;
    for (size_t c = 0; c < 3; c++)
        columns[c] = gd_arena_zalloc(arena, expected->count + 1, sizeof *columns[c]);
    for (size_t i = 0; i < expected->count; i++) {
        if (expected->items[i].forgotten)
            continue;
        asked[count] = &expected->items[i];
        columns[0][count] = kinds[expected->items[i].kind];
        columns[1][count] = expected->items[i].name;
        columns[2][count++] = expected->items[i].part;
    }
    if (count == 0)
        return GD_DONE;
    const char *values[3];
    for (size_t c = 0; c < 3; c++)
        values[c] = array_of(columns[c], count, arena);
    struct gd_pg_call call = {.what = "look whether everything is there",
                              .sql = there_sql,
                              .values = values,
                              .value_count = 3};
    gd_auto_pg_rows rows = NULL;
    struct gd_status status = gd_pg_run(checking->pg, &call, &rows, err);
    if (status.code != GD_OK && strcmp(call.sqlstate, "42501") == 0) {
        *err = (struct gd_error){0}; /* a schema that the role may not use: nothing can be said */
        return GD_DONE;
    }
    if (status.code == GD_OK)
        judge_rows(checking, rows, asked);
    return status;
}

/* ---- what is not valid ---- */

static const char indexes_sql[] =
    "SELECT c.oid, pg_catalog.format('index %I.%I on %I.%I', n.nspname, c.relname, tn.nspname,"
    " t.relname), t.oid"
    " FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_catalog.pg_class t ON t.oid = i.indrelid"
    " JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace"
    " WHERE NOT i.indisvalid AND c.relkind = 'i' AND c.relpersistence <> 't'"
    " AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_stat_progress_create_index p"
    " WHERE p.index_relid = c.oid) ORDER BY 2 LIMIT 1000";

static const char constraints_sql[] =
    "SELECT k.oid, pg_catalog.format('constraint %I on %I.%I', k.conname, tn.nspname, t.relname),"
    " t.oid, k.conname"
    " FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class t ON t.oid = k.conrelid"
    " JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace"
    " WHERE NOT k.convalidated AND k.contype IN ('c', 'f', 'n') AND t.relpersistence <> 't'"
    " AND coalesce(pg_catalog.to_jsonb(k) ->> 'conenforced', 'true') = 'true'"
    " ORDER BY 2 LIMIT 1000";

/* Was it like that before? By the fingerprint, or by what the survey saw; when neither can tell, it
 * is nothing that can be blamed on the change. */
static bool by_fingerprint(const struct gd_fingerprint *before, const char *key, const char *mark)
{
    size_t length = strlen(key);
    for (size_t i = 0; i < before->lines.count; i++) {
        const char *line = before->lines.items[i];
        if (strncmp(line, key, length) == 0 && line[length] == '\t')
            return strstr(line + length, mark) != NULL;
    }
    return false;
}

static bool index_was_invalid(const struct gd_relation *table, uint32_t oid)
{
    const struct gd_index *index = gd_relation_index(table, oid);
    return index != NULL && !index->valid;
}

static bool constraint_was_invalid(const struct gd_relation *table, uint32_t oid)
{
    for (size_t i = 0; i < table->constraint_count; i++)
        if (table->constraints[i].oid == oid)
            return !table->constraints[i].validated;
    return false;
}

static bool was_so(const struct checking *checking, const struct gd_pg_rows *rows, size_t row,
                   bool index)
{
    const struct gd_survey *survey = checking->plan->change->survey;
    if (checking->before != NULL)
        return by_fingerprint(checking->before, gd_pg_cell(rows, row, 1),
                              index ? "not valid" : "NOT VALID");
    const struct gd_relation *table =
        survey == NULL ? NULL : gd_survey_relation(survey, gd_pg_oid(rows, row, 2));
    if (table == NULL)
        return true;
    uint32_t oid = gd_pg_oid(rows, row, 0);
    return index ? index_was_invalid(table, oid) : constraint_was_invalid(table, oid);
}

static bool was_asked_for(const struct checking *checking, const char *constraint)
{
    return checking->expected.any_not_valid ||
           gd_texts_has(&checking->expected.not_valid, constraint);
}

GD_MUST static struct gd_status look_at_validity(struct checking *checking, bool index,
                                                 struct gd_error *err)
{
    struct gd_pg_call call = {.what = "look for what is not valid",
                              .sql = index ? indexes_sql : constraints_sql};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(checking->pg, &call, &rows, err));
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++)
        if (!was_so(checking, rows, i, index) &&
            (index || !was_asked_for(checking, gd_pg_cell(rows, i, 3))))
            problem(checking, gd_arena_printf(checking->arena, "%s is %s", gd_pg_cell(rows, i, 1),
                                              index ? "invalid: it is not used" : "not validated"));
    return GD_DONE;
}

/* ---- all of it ---- */

GD_MUST static struct gd_status look_at_schema(struct checking *checking, struct gd_error *err)
{
    struct gd_fingerprint *after = gd_arena_zalloc(checking->arena, 1, sizeof *after);
    GD_TRY(gd_pg_fingerprint(checking->pg, checking->arena, after, err));
    GD_TRY(gd_pg_stamp(checking->pg, checking->arena, &checking->out->stamp, err));
    checking->out->fingerprint = after->sha256;
    if (checking->before != NULL)
        gd_fingerprint_compare(checking->before, after, checking->arena,
                               &checking->out->differences);
    return GD_DONE;
}

struct gd_status gd_check_after(struct gd_pg *pg, const struct gd_plan *plan,
                                const struct gd_fingerprint *before, struct gd_arena *arena,
                                struct gd_checked *out_checked, struct gd_error *err)
{
    struct gd_checked checked = {0};
    struct checking checking = {
        .pg = pg, .plan = plan, .before = before, .arena = arena, .out = &checked};
    GD_TRY(gd_expect(plan, arena, &checking.expected, err));
    GD_TRY(look_at_names(&checking, err));
    GD_TRY(look_at_validity(&checking, true, err));
    GD_TRY(look_at_validity(&checking, false, err));
    GD_TRY(look_at_schema(&checking, err));
    *out_checked = checked;
    return GD_DONE;
}
