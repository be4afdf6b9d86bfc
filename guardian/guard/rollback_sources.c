/*
 * Rollback, sources: the snapshots of the change. A run may have made several, each before the
 * first loss of what it holds: definitions, sequences and views are those of the first, and of
 * each table the rows in the first that has them.
 *
 * A later one shows a table as the run had left it by then: under the name and with the columns
 * that it had given it. Here it gets those of before.
 */
#include <string.h>

#include "guardian/guard/rollback_own.h"

static bool is(const char *left, const char *right)
{
    return strcmp(left, right) == 0;
}

/* --- reading ----------------------------------------------------------------------------------*/

GD_MUST static struct gd_status read_source(struct gd_back *back, const char *id,
                                            struct gd_back_source *out_source, struct gd_error *err)
{
    const struct gd_rollback_options *options = back->options;
    char sha256[GD_DIGEST_HEX_SIZE];
    struct gd_error damage = {0};
    struct gd_status status = gd_manifest_load(options->store, options->cluster, id, back->arena,
                                               &out_source->manifest, sha256, err);
    if (status.code == GD_USAGE || status.code == GD_CORRUPT)
        return gd_back_damaged(back->options, back->story, (struct gd_status){GD_CORRUPT}, err);
    GD_TRY(status);
    status = gd_manifest_look(options->store, out_source->manifest, &damage);
    if (status.code == GD_CORRUPT && back->damage == NULL) {
        back->damage = gd_arena_strdup(back->arena, damage.text);
        back->damaged = out_source->manifest->id;
    } else if (status.code != GD_OK && status.code != GD_CORRUPT) {
        *err = damage;
        return status;
    }
    out_source->place = (struct gd_place){.store = options->store,
                                          .key = options->key,
                                          .cluster = out_source->manifest->cluster,
                                          .id = out_source->manifest->id};
    return gd_place_fits(&out_source->place, out_source->manifest, err);
}

/* Until there were more than two, the journal named them one by one. */
static void list_ids(const struct gd_story *story, struct gd_texts *out_ids, struct gd_arena *arena)
{
    for (size_t i = 0; i < story->snapshots.count; i++)
        gd_texts_add(out_ids, story->snapshots.items[i], arena);
    if (out_ids->count == 0 && *story->schema_snapshot != '\0')
        gd_texts_add(out_ids, story->schema_snapshot, arena);
    if (*story->snapshot != '\0' && !gd_texts_has(out_ids, story->snapshot))
        gd_texts_add(out_ids, story->snapshot, arena);
}

/* --- one view of all --------------------------------------------------------------------------*/

static bool has_oid(const struct gd_manifest *manifest, uint32_t oid)
{
    for (size_t i = 0; i < manifest->table_count; i++)
        if (manifest->tables[i].oid == oid)
            return true;
    return false;
}

static void add_tables(struct gd_manifest *all, const struct gd_back_source *source,
                       const struct gd_back_source **of)
{
    size_t count = all->table_count;
    for (size_t i = 0; i < source->manifest->table_count; i++) {
        const struct gd_table *table = &source->manifest->tables[i];
        if (source->manifest->scope == GD_SNAPSHOT_SCHEMA || table->left_out ||
            has_oid(all, table->oid))
            continue;
        of[count] = source;
        all->tables[count++] = *table;
        all->table_count = count;
    }
}

static void merge(struct gd_back *back)
{
    struct gd_manifest *all = gd_arena_zalloc(back->arena, 1, sizeof *all);
    size_t most = 0;
    for (size_t i = 0; i < back->source_count; i++)
        most += back->sources[i].manifest->table_count;
    *all = *back->sources[0].manifest;
    all->tables = gd_arena_zalloc(back->arena, most + 1, sizeof *all->tables);
    all->table_count = 0;
    back->table_sources = gd_arena_zalloc(back->arena, most + 1, sizeof *back->table_sources);
    for (size_t i = 0; i < back->source_count; i++) {
        add_tables(all, &back->sources[i], back->table_sources);
        if (all->scope == GD_SNAPSHOT_SCHEMA &&
            back->sources[i].manifest->scope != GD_SNAPSHOT_SCHEMA)
            all->scope = GD_SNAPSHOT_TABLES;
    }
    back->manifest = all;
}

static void use_one(struct gd_back *back)
{
    struct gd_manifest *manifest = back->sources[0].manifest;
    back->manifest = manifest;
    back->table_sources =
        gd_arena_zalloc(back->arena, manifest->table_count + 1, sizeof *back->table_sources);
    for (size_t i = 0; i < manifest->table_count; i++)
        back->table_sources[i] = &back->sources[0];
}

struct gd_status gd_back_read_sources(struct gd_back *back, struct gd_error *err)
{
    struct gd_texts ids = {0};
    list_ids(back->story, &ids, back->arena);
    if (ids.count == 0)
        return GD_DONE;
    back->sources = gd_arena_zalloc(back->arena, ids.count, sizeof *back->sources);
    for (size_t i = 0; i < ids.count; i++) {
        GD_TRY(read_source(back, ids.items[i], &back->sources[i], err));
        if (back->whole == NULL && back->sources[i].manifest->scope == GD_SNAPSHOT_DATABASE)
            back->whole = &back->sources[i];
    }
    back->source_count = ids.count;
    if (ids.count == 1)
        use_one(back);
    else
        merge(back);
    return GD_DONE;
}

void gd_back_use_source(struct gd_back *back, const struct gd_back_source *source)
{
    back->restore.place = &source->place;
    back->restore.manifest = source->manifest;
}

/* --- as it was before -------------------------------------------------------------------------*/

void gd_back_name_sources(struct gd_back *back)
{
    for (size_t i = 0; back->source_count > 1 && i < back->manifest->table_count; i++) {
        struct gd_table *table = &back->manifest->tables[i];
        if (back->table_sources[i] != &back->sources[0])
            gd_back_name_before(&back->names, table->schema, table->name, &table->schema,
                                &table->name);
    }
}

static const struct gd_back_source *source_of(const struct gd_back *back,
                                              const struct gd_table *stored)
{
    return back->table_sources[stored - back->manifest->tables];
}

/* Columns as they were called before; in `known` without those that the run had added by then. */
static void name_columns(const struct gd_back *back, const struct gd_back_task *task,
                         struct gd_table *copied, struct gd_table *known)
{
    size_t count = copied->column_count;
    const char **all = gd_arena_zalloc(back->arena, count + 1, sizeof *all);
    const char **old = gd_arena_zalloc(back->arena, count + 1, sizeof *old);
    known->column_count = 0;
    for (size_t i = 0; i < count; i++) {
        const char *before =
            gd_back_column_before(&back->names, task->schema, task->table, copied->columns[i]);
        bool there = gd_back_column(task->columns, before) != NULL;
        all[i] = there ? before : copied->columns[i];
        if (there)
            old[known->column_count++] = before;
    }
    copied->columns = all;
    known->columns = old;
}

const struct gd_table *gd_back_stored(const struct gd_back *back, const char *schema,
                                      const char *table)
{
    for (size_t i = 0; back->manifest != NULL && i < back->manifest->table_count; i++) {
        const struct gd_table *one = &back->manifest->tables[i];
        if (is(one->schema, schema) && is(one->name, table) && !one->left_out && one->kind != 'f' &&
            back->manifest->scope != GD_SNAPSHOT_SCHEMA)
            return one;
    }
    return NULL;
}

void gd_back_find_stored(const struct gd_back *back, struct gd_back_task *task)
{
    const struct gd_table *one = gd_back_stored(back, task->schema, task->table);
    task->stored = task->copied = one;
    if (one == NULL)
        return;
    const struct gd_back_source *source = source_of(back, one);
    task->place = &source->place;
    task->backup = source->manifest->pg_snapshot;
    if (source == &back->sources[0] || task->columns == NULL)
        return;
    struct gd_table *tables = gd_arena_zalloc(back->arena, 2, sizeof *tables);
    tables[0] = tables[1] = *one;
    name_columns(back, task, &tables[0], &tables[1]);
    task->copied = &tables[0];
    task->stored = &tables[1];
}

const char *gd_back_snapshot_of(const struct gd_back *back, const char *plain)
{
    for (size_t i = 0; i < back->manifest->table_count; i++) {
        const struct gd_table *one = &back->manifest->tables[i];
        if (is(gd_back_plain(one->schema, one->name, back->arena), plain))
            return source_of(back, one)->manifest->id;
    }
    return back->manifest->id;
}
