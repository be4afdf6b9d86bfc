/*
 * schema.dump and blobs.dump, read back through pg_restore.
 *
 * schema.dump   pg_restore --list names every table that the manifest has rows of, under the same
 *               oid, schema and name. Tables of an extension have no entry of their own.
 * blobs.dump    pg_restore unpacks it whole; its script holds each large object, whose content is
 *               hashed again, so that count, bytes and content digest are compared.
 * Without pg_restore both are compared with their digests only, and the caller says so.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/map.h"
#include "guardian/prove/archive.h"
#include "guardian/prove/inspect.h"
#include "guardian/prove/large_objects.h"

static struct gd_status read_plainly(struct gd_inspector *inspector, struct gd_error *err)
{
    gd_auto_source source = NULL;
    GD_TRY(gd_object_source_new(&inspector->run->place, inspector->object->stored, &source, err));
    GD_TRY(gd_object_drain(source, err));
    return gd_inspector_went(inspector, inspector->object->stored->bytes, 0, err);
}

/* --- schema.dump --- */

struct contents {
    const struct gd_manifest *manifest;
    struct gd_arena *arena;
    struct gd_map tables; /* oid -> index into the manifest's */
    bool *listed;
};

/* "217; 1259 16388 TABLE public users owner": the words behind the two oids, or NULL. Comments
   begin with a semicolon. */
static const char *read_entry(const char *line, uint32_t *out_class, uint32_t *out_oid)
{
    char *end;
    (void)strtoul(line, &end, 10);
    if (end == line || *end != ';')
        return NULL;
    *out_class = (uint32_t)strtoul(end + 1, &end, 10);
    *out_oid = (uint32_t)strtoul(end, &end, 10);
    return *end == ' ' ? end + 1 : NULL;
}

/* pg_restore prints names as they are, line ends as blanks. */
static void print_name(char *out, const char *name)
{
    for (; *name != '\0'; name++, out++)
        *out = (char)(*name == '\n' || *name == '\r' ? ' ' : *name);
    *out = '\0';
}

static bool names_table(const char *words, const struct gd_table *table, struct gd_arena *arena)
{
    const char *kind = table->kind == 'f' ? "FOREIGN TABLE " : "TABLE ";
    if (strncmp(words, kind, strlen(kind)) != 0)
        return false;
    char *name = gd_arena_printf(arena, "%s %s ", table->schema, table->name);
    print_name(name, name);
    return strncmp(words + strlen(kind), name, strlen(name)) == 0;
}

static struct gd_status see_entry(void *context, const char *line, size_t size,
                                  struct gd_error *err)
{
    struct contents *contents = context;
    struct gd_arena_mark mark = gd_arena_mark(contents->arena);
    const char *words;
    uint32_t class_oid = 0, oid = 0;
    (void)err;
    words = read_entry(gd_arena_strndup(contents->arena, line, size), &class_oid, &oid);
    if (words != NULL && class_oid == 1259) { /* pg_class */
        uint32_t at = gd_map_get(&contents->tables, oid);
        if (at != GD_MAP_NONE &&
            names_table(words, &contents->manifest->tables[at], contents->arena))
            contents->listed[at] = true;
    }
    gd_arena_rewind(contents->arena, mark);
    return GD_DONE;
}

static struct gd_status all_listed(const struct contents *contents, struct gd_error *err)
{
    for (size_t i = 0; i < contents->manifest->table_count; i++) {
        const struct gd_table *table = &contents->manifest->tables[i];
        if (!contents->listed[i] && !table->config)
            return gd_fail(err, GD_CORRUPT,
                           "it does not define table \"%s.%s\" (oid %u), of which the manifest "
                           "has rows",
                           table->schema, table->name, table->oid);
    }
    return GD_DONE;
}

struct gd_status gd_inspect_schema(struct gd_inspector *inspector, struct gd_error *err)
{
    const struct gd_inspection *run = inspector->run;
    if (run->pg_restore == NULL)
        return read_plainly(inspector, err);
    gd_auto_arena arena = gd_arena_new();
    struct contents contents = {.manifest = run->manifest, .arena = arena};
    contents.listed = gd_arena_zalloc(arena, run->manifest->table_count + 1, sizeof(bool));
    for (size_t i = 0; i < run->manifest->table_count; i++)
        if (!gd_map_add(&contents.tables, run->manifest->tables[i].oid, (uint32_t)i, arena))
            return gd_fail(err, GD_CORRUPT, "the manifest has two tables with oid %u",
                           run->manifest->tables[i].oid);
    static const char *const arguments[] = {"--list", NULL};
    struct gd_archive archive = {&run->place, inspector->object->stored, run->pg_restore,
                                 arguments};
    GD_TRY(gd_archive_read(&archive, see_entry, &contents, err));
    GD_TRY(all_listed(&contents, err));
    return gd_inspector_went(inspector, inspector->object->stored->bytes, 0, err);
}

/* --- blobs.dump --- */

static struct gd_status see_large_object(void *context, const char *line, size_t size,
                                         struct gd_error *err)
{
    return gd_large_objects_line(context, line, size, err);
}

struct gd_status gd_inspect_blobs(struct gd_inspector *inspector, struct gd_error *err)
{
    const struct gd_inspection *run = inspector->run;
    if (run->pg_restore == NULL)
        return read_plainly(inspector, err);
    static const char *const arguments[] = {"--file=-", NULL};
    struct gd_archive archive = {&run->place, inspector->object->stored, run->pg_restore,
                                 arguments};
    struct gd_large_objects_reader *reader = gd_large_objects_reader_new();
    struct gd_status status = gd_archive_read(&archive, see_large_object, reader, err);
    if (status.code == GD_OK)
        status = gd_large_objects_compare(reader, &run->manifest->large_objects, err);
    gd_large_objects_reader_free(reader);
    GD_TRY(status);
    return gd_inspector_went(inspector, inspector->object->stored->bytes, 0, err);
}
