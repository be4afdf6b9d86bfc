#include "guardian/pg/survey_read.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* --- lists and arrays ---------------------------------------------------------------------------
 */

void *gd_list_push(struct gd_list *list, struct gd_arena *arena)
{
    assert(list->size > 0);
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 16 : list->capacity * 2;
        char *items = gd_arena_zalloc(arena, capacity, list->size);
        if (list->count > 0)
            memcpy(items, list->items, list->count * list->size);
        list->items = items;
        list->capacity = capacity;
    }
    return list->items + list->count++ * list->size;
}

void *gd_list_at(const struct gd_list *list, size_t index)
{
    assert(index < list->count);
    return list->items + index * list->size;
}

uint64_t gd_address_key(struct gd_address address)
{
    assert(address.class_oid <= UINT16_MAX);
    return (uint64_t)address.class_oid << 48 | (uint64_t)(uint16_t)address.column << 32 |
           address.oid;
}

/* One element up to its comma or the closing brace; *at is left on that. */
static const char *array_element(const char **at, struct gd_arena *arena)
{
    bool quoted = **at == '"';
    const char *from = *at + quoted, *end = from;
    while (*end != '\0' && (quoted ? *end != '"' : *end != ',' && *end != '}'))
        end += *end == '\\' && end[1] != '\0' ? 2 : 1;
    char *out = gd_arena_alloc(arena, (size_t)(end - from) + 1);
    size_t length = 0;
    for (; from < end; from++) {
        from += *from == '\\' && from + 1 < end;
        out[length++] = *from;
    }
    out[length] = '\0';
    *at = end + (quoted && *end == '"');
    return out;
}

static size_t array_limit(const char *array)
{
    size_t count = 1;
    for (const char *at = array; *at != '\0'; at++)
        count += *at == ',' || *at == ' ';
    return count;
}

const char *const *gd_pg_texts(const char *array, struct gd_arena *arena, size_t *out_count)
{
    *out_count = 0;
    if (array == NULL || *array != '{' || array[1] == '}')
        return NULL;
    const char **texts = gd_arena_zalloc(arena, array_limit(array), sizeof *texts);
    for (const char *at = array + 1; *at != '\0' && *at != '}'; at += *at == ',')
        texts[(*out_count)++] = array_element(&at, arena);
    return texts;
}

const int16_t *gd_pg_shorts(const char *array, struct gd_arena *arena, size_t *out_count)
{
    size_t count = 0;
    const uint32_t *wide = gd_pg_oids(array, arena, &count);
    *out_count = count;
    if (count == 0)
        return NULL;
    int16_t *shorts = gd_arena_zalloc(arena, count, sizeof *shorts);
    for (size_t i = 0; i < count; i++)
        shorts[i] = (int16_t)(int32_t)wide[i];
    return shorts;
}

const uint32_t *gd_pg_oids(const char *array, struct gd_arena *arena, size_t *out_count)
{
    *out_count = 0;
    if (array == NULL)
        return NULL;
    array += strspn(array, "{ ");
    if (*array == '\0' || *array == '}')
        return NULL;
    uint32_t *oids = gd_arena_zalloc(arena, array_limit(array), sizeof *oids);
    while (*array == '-' || (*array >= '0' && *array <= '9')) {
        char *end = NULL;
        oids[(*out_count)++] = (uint32_t)strtoll(array, &end, 10);
        array = end + strspn(end, ", ");
    }
    return oids;
}

/* --- cells --------------------------------------------------------------------------------------
 */

/* A walk along one row. */
struct cells {
    struct gd_arena *arena;
    const struct gd_pg_rows *rows;
    size_t row, column;
};

static const char *next_text(struct cells *cells)
{
    const char *text = gd_pg_cell(cells->rows, cells->row, cells->column++);
    return text == NULL ? NULL : gd_arena_strdup(cells->arena, text);
}

static const char *next_word(struct cells *cells) /* never NULL */
{
    const char *text = next_text(cells);
    return text == NULL ? "" : text;
}

static uint32_t next_oid(struct cells *cells)
{
    return gd_pg_oid(cells->rows, cells->row, cells->column++);
}

static int64_t next_int(struct cells *cells)
{
    return gd_pg_int(cells->rows, cells->row, cells->column++);
}

static bool next_bool(struct cells *cells)
{
    return gd_pg_bool(cells->rows, cells->row, cells->column++);
}

static char next_char(struct cells *cells)
{
    return gd_pg_char(cells->rows, cells->row, cells->column++);
}

static double next_real(struct cells *cells)
{
    return gd_pg_real(cells->rows, cells->row, cells->column++);
}

static const int16_t *next_shorts(struct cells *cells, size_t *out_count)
{
    return gd_pg_shorts(gd_pg_cell(cells->rows, cells->row, cells->column++), cells->arena,
                        out_count);
}

static const uint32_t *next_oids(struct cells *cells, size_t *out_count)
{
    return gd_pg_oids(gd_pg_cell(cells->rows, cells->row, cells->column++), cells->arena,
                      out_count);
}

/* --- facts --------------------------------------------------------------------------------------
 */

void gd_read_session(struct gd_finds *finds, const struct gd_pg_rows *rows)
{
    struct cells cells = {.arena = finds->arena, .rows = rows};
    finds->facts.search_path_setting = next_word(&cells);
    finds->facts.search_path =
        gd_pg_texts(next_word(&cells), finds->arena, &finds->facts.search_path_count);
    finds->facts.time_zone = next_word(&cells);
    finds->facts.date_style = next_word(&cells);
    finds->facts.standard_conforming_strings = strcmp(next_word(&cells), "on") == 0;
}

void gd_read_facts(struct gd_finds *finds, const struct gd_pg_rows *rows)
{
    struct cells cells = {.arena = finds->arena, .rows = rows};
    finds->facts.server_version = (int)next_int(&cells);
    finds->facts.server_text = next_word(&cells);
    finds->facts.database = next_word(&cells);
    finds->facts.user = next_word(&cells);
    finds->facts.superuser = next_bool(&cells);
    finds->facts.replica = next_bool(&cells);
    finds->facts.schemas = gd_pg_texts(next_word(&cells), finds->arena, &finds->facts.schema_count);
    finds->facts.large_objects = next_bool(&cells);
    finds->facts.database_bytes = (uint64_t)next_int(&cells);
}

/* --- relations ----------------------------------------------------------------------------------
 */

struct gd_relation *gd_finds_relation(const struct gd_finds *finds, uint32_t oid)
{
    uint32_t at = gd_map_get(&finds->relation_at, oid);
    return at == GD_MAP_NONE ? NULL : gd_list_at(&finds->relations, at);
}

static void read_relation(struct cells *cells, struct gd_relation *relation)
{
    relation->oid = next_oid(cells);
    relation->schema = next_word(cells);
    relation->name = next_word(cells);
    relation->qualified = next_word(cells);
    relation->kind = next_char(cells);
    relation->persistence = next_char(cells);
    relation->temporary_mine = next_bool(cells);
    relation->partition = next_bool(cells);
    relation->populated = next_bool(cells);
    relation->row_type_oid = next_oid(cells);
    relation->of_type_oid = next_oid(cells);
    relation->index_table_oid = next_oid(cells);
    relation->extension_oid = next_oid(cells);
    relation->owner = next_word(cells);
    relation->rows = next_real(cells);
    relation->bytes_estimated = next_bool(cells);
    relation->bytes = (uint64_t)next_int(cells);
    relation->row_security = next_bool(cells);
    relation->force_row_security = next_bool(cells);
    relation->replica_identity = next_char(cells);
    relation->options = next_word(cells);
    relation->tablespace = next_word(cells);
    relation->access_method = next_word(cells);
    relation->comment = next_text(cells);
    relation->acl = next_text(cells);
    relation->partition_bound = next_text(cells);
    relation->partition_key = next_text(cells);
    relation->view_sql = next_text(cells);
    relation->children = next_oids(cells, &relation->child_count);
    relation->parents = next_oids(cells, &relation->parent_count);
    relation->readable = next_bool(cells);
}

void gd_read_relations(struct gd_finds *finds, const struct gd_pg_rows *rows)
{
    for (size_t row = 0; row < gd_pg_rows_count(rows); row++) {
        uint32_t oid = gd_pg_oid(rows, row, 0);
        if (!gd_map_add(&finds->relation_at, oid, (uint32_t)finds->relations.count, finds->arena))
            continue;
        struct cells cells = {.arena = finds->arena, .rows = rows, .row = row};
        read_relation(&cells, gd_list_push(&finds->relations, finds->arena));
    }
}

/* --- lists of a relation: rows sorted by its oid, which comes first
 * ------------------------------- */

typedef void read_item_fn(struct cells *cells, void *item);

struct list_shape {
    size_t item_size, items_at, count_at; /* places in the owner's struct */
    read_item_fn *read;
};

static void hang_on(void *owner, const struct list_shape *shape, const char *items, size_t count)
{
    if (owner == NULL)
        return; /* gone since it was found, or asked for on behalf of another */
    const void *first = items;
    memcpy((char *)owner + shape->items_at, &first, sizeof first);
    memcpy((char *)owner + shape->count_at, &count, sizeof count);
}

typedef void *owner_fn(const struct gd_finds *finds, uint32_t oid);

static void read_lists(struct gd_finds *finds, const struct gd_pg_rows *rows, owner_fn *owner_of,
                       const struct list_shape *shape)
{
    size_t count = gd_pg_rows_count(rows);
    char *items = gd_arena_zalloc(finds->arena, count, shape->item_size);
    for (size_t from = 0, row = 0; row < count; row++) {
        struct cells cells = {.arena = finds->arena, .rows = rows, .row = row, .column = 1};
        shape->read(&cells, items + row * shape->item_size);
        uint32_t oid = gd_pg_oid(rows, row, 0);
        if (row + 1 < count && gd_pg_oid(rows, row + 1, 0) == oid)
            continue;
        hang_on(owner_of(finds, oid), shape, items + from * shape->item_size, row + 1 - from);
        from = row + 1;
    }
}

static void *relation_of(const struct gd_finds *finds, uint32_t oid)
{
    return gd_finds_relation(finds, oid);
}

static void *type_of(const struct gd_finds *finds, uint32_t oid)
{
    uint32_t at = gd_map_get(&finds->type_at, oid);
    return at == GD_MAP_NONE ? NULL : gd_list_at(&finds->types, at);
}

#define RELATION_LIST(type, list, count, reader)                                                   \
    {                                                                                              \
        sizeof(type), offsetof(struct gd_relation, list), offsetof(struct gd_relation, count),     \
            reader                                                                                 \
    }

static void read_column(struct cells *cells, void *item)
{
    struct gd_column *column = item;
    column->number = (int16_t)next_int(cells);
    column->name = next_word(cells);
    column->type_oid = next_oid(cells);
    column->typmod = (int32_t)next_int(cells);
    column->type = next_word(cells);
    column->collation = next_word(cells);
    column->not_null = next_bool(cells);
    column->inherited = next_bool(cells);
    column->default_sql = next_text(cells);
    column->default_volatile = next_bool(cells);
    column->identity = next_char(cells);
    column->generated = next_char(cells);
    column->comment = next_text(cells);
    column->storage = next_char(cells);
    column->compression = next_char(cells);
    column->statistics = (int32_t)next_int(cells);
    column->null_fraction = -1;
}

void gd_read_columns(struct gd_finds *finds, const struct gd_pg_rows *rows)
{
    static const struct list_shape shape =
        RELATION_LIST(struct gd_column, columns, column_count, read_column);
    read_lists(finds, rows, relation_of, &shape);
}

static void read_constraint(struct cells *cells, void *item)
{
    struct gd_constraint *constraint = item;
    constraint->oid = next_oid(cells);
    constraint->name = next_word(cells);
    constraint->type = next_char(cells);
    constraint->definition = next_word(cells);
    constraint->validated = next_bool(cells);
    constraint->deferrable = next_bool(cells);
    constraint->deferred = next_bool(cells);
    constraint->enforced = next_bool(cells);
    constraint->index_oid = next_oid(cells);
    constraint->columns = next_shorts(cells, &constraint->column_count);
    constraint->referenced_oid = next_oid(cells);
    constraint->referenced = next_text(cells);
    size_t referenced_count = 0;
    constraint->referenced_columns = next_shorts(cells, &referenced_count);
    constraint->on_delete = next_char(cells);
    constraint->on_update = next_char(cells);
    constraint->comment = next_text(cells);
}

void gd_read_constraints(struct gd_finds *finds, const struct gd_pg_rows *rows)
{
    static const struct list_shape shape =
        RELATION_LIST(struct gd_constraint, constraints, constraint_count, read_constraint);
    read_lists(finds, rows, relation_of, &shape);
}

void gd_read_domain_constraints(struct gd_finds *finds, const struct gd_pg_rows *rows)
{
    static const struct list_shape shape = {
        sizeof(struct gd_constraint), offsetof(struct gd_type, constraints),
        offsetof(struct gd_type, constraint_count), read_constraint};
    read_lists(finds, rows, type_of, &shape);
}

static void read_index(struct cells *cells, void *item)
{
    struct gd_index *index = item;
    index->oid = next_oid(cells);
    index->schema = next_word(cells);
    index->name = next_word(cells);
    index->definition = next_word(cells);
    index->method = next_word(cells);
    index->unique = next_bool(cells);
    index->primary = next_bool(cells);
    index->valid = next_bool(cells);
    index->ready = next_bool(cells);
    index->nulls_not_distinct = next_bool(cells);
    index->columns = next_shorts(cells, &index->column_count);
    size_t keys = (size_t)next_int(cells);
    if (keys < index->column_count)
        index->column_count = keys; /* what INCLUDE adds is no key */
    index->predicate = next_text(cells);
    index->replica_identity = next_bool(cells);
    index->clustered = next_bool(cells);
}

enum { INDEX_PAGES = 16 }; /* the last column of indexes.sql */

void gd_read_indexes(struct gd_finds *finds, const struct gd_pg_rows *rows)
{
    static const struct list_shape shape =
        RELATION_LIST(struct gd_index, indexes, index_count, read_index);
    read_lists(finds, rows, relation_of, &shape);
    for (size_t row = 0; row < gd_pg_rows_count(rows); row++) {
        struct gd_relation *table = gd_finds_relation(finds, gd_pg_oid(rows, row, 0));
        if (table != NULL)
            table->index_bytes += (uint64_t)gd_pg_int(rows, row, INDEX_PAGES);
    }
}

static void read_trigger(struct cells *cells, void *item)
{
    struct gd_trigger *trigger = item;
    trigger->oid = next_oid(cells);
    trigger->name = next_word(cells);
    trigger->definition = next_word(cells);
    trigger->function_oid = next_oid(cells);
    trigger->events = (uint16_t)next_int(cells);
    trigger->enabled = next_char(cells);
    trigger->comment = next_text(cells);
}

void gd_read_triggers(struct gd_finds *finds, const struct gd_pg_rows *rows)
{
    static const struct list_shape shape =
        RELATION_LIST(struct gd_trigger, triggers, trigger_count, read_trigger);
    read_lists(finds, rows, relation_of, &shape);
}

static void read_rule(struct cells *cells, void *item)
{
    struct gd_rule_definition *rule = item;
    rule->oid = next_oid(cells);
    rule->name = next_word(cells);
    rule->event = next_char(cells);
    rule->instead = next_bool(cells);
    rule->enabled = next_char(cells);
    rule->definition = next_word(cells);
}

void gd_read_rules(struct gd_finds *finds, const struct gd_pg_rows *rows)
{
    static const struct list_shape shape =
        RELATION_LIST(struct gd_rule_definition, rules, rule_count, read_rule);
    read_lists(finds, rows, relation_of, &shape);
}

static void read_policy(struct cells *cells, void *item)
{
    struct gd_policy_definition *policy = item;
    policy->oid = next_oid(cells);
    policy->name = next_word(cells);
    policy->permissive = next_bool(cells);
    policy->command = next_char(cells);
    policy->roles = next_word(cells);
    policy->using_sql = next_text(cells);
    policy->check_sql = next_text(cells);
    policy->comment = next_text(cells);
}

void gd_read_policies(struct gd_finds *finds, const struct gd_pg_rows *rows)
{
    static const struct list_shape shape =
        RELATION_LIST(struct gd_policy_definition, policies, policy_count, read_policy);
    read_lists(finds, rows, relation_of, &shape);
}

/* --- what is added to a relation that was read
 * ---------------------------------------------------- */

/* Readers hand out const lists; here they are still being made. */
static struct gd_column *column_numbered(struct gd_relation *relation, int64_t number)
{
    for (size_t i = 0; relation != NULL && i < relation->column_count; i++)
        if (relation->columns[i].number == number)
            return (struct gd_column *)(uintptr_t)&relation->columns[i];
    return NULL;
}

void gd_read_owned(struct gd_finds *finds, const struct gd_pg_rows *rows)
{
    for (size_t row = 0; row < gd_pg_rows_count(rows); row++) {
        struct gd_relation *table = gd_finds_relation(finds, gd_pg_oid(rows, row, 0));
        struct gd_column *column = column_numbered(table, gd_pg_int(rows, row, 1));
        if (column != NULL)
            column->owned_sequence = gd_arena_strdup(finds->arena, gd_pg_cell(rows, row, 2));
    }
}

void gd_read_statistics(struct gd_finds *finds, const struct gd_pg_rows *rows)
{
    for (size_t row = 0; row < gd_pg_rows_count(rows); row++) {
        struct gd_relation *table = gd_finds_relation(finds, gd_pg_oid(rows, row, 0));
        const struct gd_column *column =
            table == NULL ? NULL : gd_relation_column(table, gd_pg_cell(rows, row, 1));
        if (column != NULL)
            column_numbered(table, column->number)->null_fraction = gd_pg_real(rows, row, 2);
    }
}

void gd_read_sequences(struct gd_finds *finds, const struct gd_pg_rows *rows)
{
    for (size_t row = 0; row < gd_pg_rows_count(rows); row++) {
        struct cells cells = {.arena = finds->arena, .rows = rows, .row = row};
        struct gd_relation *sequence = gd_finds_relation(finds, next_oid(&cells));
        if (sequence == NULL)
            continue;
        sequence->sequence_increment = next_int(&cells);
        sequence->sequence_min = next_int(&cells);
        sequence->sequence_max = next_int(&cells);
        sequence->sequence_start = next_int(&cells);
        sequence->sequence_cycle = next_bool(&cells);
        sequence->sequence_type = next_word(&cells);
        const char *table = next_text(&cells), *column = next_text(&cells);
        if (table != NULL && column != NULL)
            sequence->sequence_owner = gd_arena_printf(finds->arena, "%s.%s", table, column);
    }
}

void gd_read_sequence_values(struct gd_finds *finds, const struct gd_pg_rows *rows)
{
    for (size_t row = 0; row < gd_pg_rows_count(rows); row++) {
        struct gd_relation *sequence = gd_finds_relation(finds, gd_pg_oid(rows, row, 0));
        if (sequence == NULL)
            continue;
        sequence->sequence_last = gd_pg_int(rows, row, 1);
        sequence->sequence_called = gd_pg_bool(rows, row, 2);
        sequence->sequence_known = true;
    }
}

/* --- types, functions, the rest
 * ------------------------------------------------------------------- */

static void read_type(struct cells *cells, struct gd_type *type)
{
    type->oid = next_oid(cells);
    type->schema = next_word(cells);
    type->name = next_word(cells);
    type->qualified = next_word(cells);
    type->type = next_char(cells);
    type->owner = next_word(cells);
    type->base_oid = next_oid(cells);
    type->base = next_text(cells);
    type->not_null = next_bool(cells);
    type->default_sql = next_text(cells);
    const char *labels = next_text(cells);
    type->labels = gd_pg_texts(labels, cells->arena, &type->label_count);
    type->extension_oid = next_oid(cells);
    type->comment = next_text(cells);
    type->array_oid = next_oid(cells);
}

void gd_read_types(struct gd_finds *finds, const struct gd_pg_rows *rows)
{
    for (size_t row = 0; row < gd_pg_rows_count(rows); row++) {
        uint32_t oid = gd_pg_oid(rows, row, 0);
        if (!gd_map_add(&finds->type_at, oid, (uint32_t)finds->types.count, finds->arena))
            continue;
        struct cells cells = {.arena = finds->arena, .rows = rows, .row = row};
        read_type(&cells, gd_list_push(&finds->types, finds->arena));
    }
}

static void read_function(struct cells *cells, struct gd_function *function)
{
    function->oid = next_oid(cells);
    function->schema = next_word(cells);
    function->name = next_word(cells);
    function->identity = next_word(cells);
    function->argument_types = next_word(cells);
    function->arguments = next_word(cells);
    function->result = next_word(cells);
    function->kind = next_char(cells);
    function->language = next_word(cells);
    function->volatility = next_char(cells);
    function->parallel = next_char(cells);
    function->strict = next_bool(cells);
    function->leakproof = next_bool(cells);
    function->security_definer = next_bool(cells);
    function->returns_set = next_bool(cells);
    function->source = next_word(cells);
    function->atomic_body = next_bool(cells);
    function->settings = next_word(cells);
    function->cost = next_word(cells);
    function->rows_estimate = next_word(cells);
    function->owner = next_word(cells);
    function->extension_oid = next_oid(cells);
    function->builtin = next_bool(cells);
    function->comment = next_text(cells);
    function->acl = next_text(cells);
}

void gd_read_functions(struct gd_finds *finds, const struct gd_pg_rows *rows)
{
    for (size_t row = 0; row < gd_pg_rows_count(rows); row++) {
        uint32_t oid = gd_pg_oid(rows, row, 0);
        if (!gd_map_add(&finds->function_at, oid, (uint32_t)finds->functions.count, finds->arena))
            continue;
        struct cells cells = {.arena = finds->arena, .rows = rows, .row = row};
        read_function(&cells, gd_list_push(&finds->functions, finds->arena));
    }
}

void gd_read_operators(struct gd_finds *finds, const struct gd_pg_rows *rows)
{
    for (size_t row = 0; row < gd_pg_rows_count(rows); row++) {
        struct cells cells = {.arena = finds->arena, .rows = rows, .row = row};
        struct gd_operator_definition *one = gd_list_push(&finds->operators, finds->arena);
        one->oid = next_oid(&cells);
        one->schema = next_word(&cells);
        one->name = next_word(&cells);
        one->function_oid = next_oid(&cells);
    }
}

void gd_read_casts(struct gd_finds *finds, const struct gd_pg_rows *rows)
{
    for (size_t row = 0; row < gd_pg_rows_count(rows); row++) {
        struct cells cells = {.arena = finds->arena, .rows = rows, .row = row};
        struct gd_cast_definition *one = gd_list_push(&finds->casts, finds->arena);
        one->source = next_word(&cells);
        one->target = next_word(&cells);
        one->function_oid = next_oid(&cells);
        one->context = next_char(&cells);
    }
}

void gd_read_hooks(struct gd_finds *finds, const struct gd_pg_rows *rows)
{
    for (size_t row = 0; row < gd_pg_rows_count(rows); row++) {
        struct cells cells = {.arena = finds->arena, .rows = rows, .row = row};
        struct gd_hook *one = gd_list_push(&finds->hooks, finds->arena);
        one->function_oid = next_oid(&cells);
        one->member = next_bool(&cells);
        one->object.class_oid = next_oid(&cells);
        one->object.oid = next_oid(&cells);
        one->relation_oid = next_oid(&cells);
        one->type_oid = next_oid(&cells);
        one->kind = (enum gd_hook_kind)next_char(&cells);
        one->name = next_word(&cells);
        one->tags = next_text(&cells);
    }
}

void gd_read_rights(struct gd_finds *finds, const struct gd_pg_rows *rows)
{
    for (size_t row = 0; row < gd_pg_rows_count(rows); row++) {
        struct cells cells = {.arena = finds->arena, .rows = rows, .row = row};
        struct gd_rights *one = gd_list_push(&finds->rights, finds->arena);
        one->schema = next_word(&cells);
        one->kind = next_word(&cells);
        one->owner = next_word(&cells);
        one->acl = next_text(&cells);
    }
}

static bool other_is_known(const struct gd_finds *finds, struct gd_address address,
                           const char *name)
{
    for (size_t i = 0; i < finds->others.count; i++) {
        const struct gd_other *other = gd_list_at(&finds->others, i);
        if (gd_address_key(other->address) == gd_address_key(address) &&
            strcmp(other->name, name) == 0)
            return true;
    }
    return false;
}

void gd_read_others(struct gd_finds *finds, const struct gd_pg_rows *rows)
{
    for (size_t row = 0; row < gd_pg_rows_count(rows); row++) {
        struct gd_address address = {gd_pg_oid(rows, row, 0), gd_pg_oid(rows, row, 1), 0};
        if (other_is_known(finds, address, gd_pg_cell(rows, row, 4)))
            continue;
        struct cells cells = {.arena = finds->arena, .rows = rows, .row = row, .column = 2};
        struct gd_other *other = gd_list_push(&finds->others, finds->arena);
        other->address = address;
        other->kind = next_word(&cells);
        other->schema = next_word(&cells);
        other->name = next_word(&cells);
        other->owner = next_word(&cells);
        other->comment = next_text(&cells);
        other->detail = next_text(&cells);
        uint32_t function = next_oid(&cells);
        if (function != 0)
            *(uint32_t *)gd_list_push(&finds->event_functions, finds->arena) = function;
    }
}

void gd_read_descriptions(struct gd_finds *finds, const struct gd_pg_rows *rows)
{
    for (size_t row = 0; row < gd_pg_rows_count(rows); row++) {
        struct cells cells = {.arena = finds->arena, .rows = rows, .row = row};
        struct gd_described *one = gd_list_push(&finds->descriptions, finds->arena);
        one->address.class_oid = next_oid(&cells);
        one->address.oid = next_oid(&cells);
        one->address.column = (int32_t)next_int(&cells);
        one->kind = next_word(&cells);
        one->identity = next_word(&cells);
        one->relation_oid = next_oid(&cells);
    }
}
