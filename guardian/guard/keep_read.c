/*
 * Keep, what is declared: files and names to a list of objects.
 *
 * A file is read in its order: what it drops again it does not own. In a DO block every branch
 * counts, for a guard that finds its work done is how such scripts are written.
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "guardian/classify/look.h"
#include "guardian/guard/keep_own.h"
#include "guardian/sql/body.h"
#include "guardian/sql/parse.h"
#include "guardian/sql/script.h"

struct reading {
    struct gd_keeping *keep;
    const char *file;
    FILE *stream;
    uint32_t line;
    const struct gd_texts *path; /* NULL: as the session has it */
};

/* ---- objects ---- */

static bool same(const char *left, const char *right)
{
    return strcmp(left, right) == 0;
}

/* Do two things that are written mean the same object? A schema that is not said may be any. */
static bool means(const struct gd_keep_object *left, const struct gd_keep_object *right)
{
    bool schema =
        left->schema[0] == '\0' || right->schema[0] == '\0' || same(left->schema, right->schema);
    bool table =
        left->table[0] == '\0' || right->table[0] == '\0' || same(left->table, right->table);
    return left->kind == right->kind && schema && table && same(left->name, right->name);
}

static void add_object(struct reading *reading, const struct gd_keep_object *object)
{
    struct gd_keeping *keep = reading->keep;
    if (keep->object_count == keep->object_capacity) {
        size_t capacity = keep->object_capacity == 0 ? 32 : 2 * keep->object_capacity;
        struct gd_keep_object *objects = gd_arena_zalloc(keep->arena, capacity, sizeof *objects);
        if (keep->object_count > 0)
            memcpy(objects, keep->objects, keep->object_count * sizeof *objects);
        keep->objects = objects;
        keep->object_capacity = capacity;
    }
    struct gd_keep_object *added = &keep->objects[keep->object_count++];
    *added = *object;
    added->owner = gd_arena_printf(keep->arena, "%s:%u", reading->file, reading->line);
    added->path = reading->path;
}

/* Of a table all that is on it goes, or moves, too. */
static bool is_part(const struct gd_keep_object *part, const struct gd_keep_object *whole)
{
    return whole->kind == GD_KEPT_TABLE && same(part->table, whole->name) &&
           (part->schema[0] == '\0' || whole->schema[0] == '\0' ||
            same(part->schema, whole->schema));
}

static void change_object(struct gd_keep_object *mine, const struct gd_keep_object *object,
                          enum gd_keep_deed deed, const char *newname)
{
    bool itself = means(mine, object);
    bool column = object->kind == GD_KEPT_COLUMN && same(mine->name, object->name) &&
                  (mine->kind == GD_KEPT_DEFAULT || mine->kind == GD_KEPT_NOT_NULL) &&
                  same(mine->table, object->table);
    if (!itself && !column && !is_part(mine, object))
        return;
    if (deed == GD_KEEP_DROPPED)
        mine->gone = true;
    else if (itself || column)
        mine->name = newname;
    else
        mine->table = newname;
}

static void each_deed(const struct gd_keep_object *object, enum gd_keep_deed deed,
                      const char *newname, void *context)
{
    struct reading *reading = context;
    if (deed == GD_KEEP_MADE) {
        add_object(reading, object);
        return;
    }
    for (size_t i = 0; i < reading->keep->object_count; i++)
        if (!reading->keep->objects[i].gone)
            change_object(&reading->keep->objects[i], object, deed, newname);
}

/* ---- statements ---- */

/* SET search_path: bare names are meant in another schema from here on. */
static void note_path(struct reading *reading, const struct gd_node *node)
{
    struct gd_arena *arena = reading->keep->arena;
    if (strcasecmp(gd_node_text(node, GD_F_name), "search_path") != 0)
        return;
    reading->path = NULL;
    size_t count = gd_node_count(node, GD_F_args);
    struct gd_texts *path = gd_arena_zalloc(arena, 1, sizeof *path);
    for (size_t i = 0; i < count; i++) {
        const char *schema = gd_node_string(gd_node_at(node, GD_F_args, i));
        if (schema != NULL)
            gd_texts_add(path, schema, arena);
    }
    if (count > 0)
        reading->path = path;
}

static void read_statement(struct reading *reading, const struct gd_node *tree, const char *text);

static void read_block(struct reading *reading, const struct gd_node *tree, const char *text)
{
    struct gd_arena *arena = reading->keep->arena;
    struct gd_body body = gd_body_of_statement(tree, text, arena);
    uint32_t line = reading->line;
    bool unread = body.problem != NULL;
    for (size_t i = 0; i < body.count; i++) {
        const struct gd_fragment *fragment = &body.fragments[i];
        unread |= fragment->kind == GD_FRAGMENT_DYNAMIC || fragment->kind == GD_FRAGMENT_UNREAD;
        reading->line = line + fragment->line - 1;
        if (fragment->kind == GD_FRAGMENT_STATEMENT)
            read_statement(reading, fragment->tree, fragment->text);
    }
    reading->line = line;
    if (unread)
        gd_texts_add(&reading->keep->notes,
                     gd_arena_printf(arena,
                                     "%s:%u: this DO block runs texts that it puts together; what "
                                     "they make is not kept, unless it is named",
                                     reading->file, line),
                     arena);
}

static void read_statement(struct reading *reading, const struct gd_node *tree, const char *text)
{
    if (gd_node_kind(tree) == GD_KIND_DoStmt)
        read_block(reading, tree, text);
    else if (gd_node_kind(tree) == GD_KIND_VariableSetStmt)
        note_path(reading, tree);
    else
        gd_keep_deeds(tree, each_deed, reading);
}

static void add_own(struct gd_keeping *keep, const struct gd_node *tree)
{
    if (keep->own_count == keep->own_capacity) {
        size_t capacity = keep->own_capacity == 0 ? 32 : 2 * keep->own_capacity;
        const struct gd_node **own = gd_arena_zalloc(keep->arena, capacity, sizeof *own);
        if (keep->own_count > 0)
            memcpy(own, keep->own, keep->own_count * sizeof *own);
        keep->own = own;
        keep->own_capacity = capacity;
    }
    keep->own[keep->own_count++] = tree;
}

GD_MUST static struct gd_status read_script(struct reading *reading, struct gd_script *script,
                                            struct gd_error *err)
{
    for (;;) {
        const struct gd_stmt *stmt;
        GD_TRY(gd_script_next(script, reading->keep->arena, &stmt, err));
        if (stmt == NULL)
            return GD_DONE;
        if (stmt->tree == NULL)
            return gd_hint(err,
                           gd_fail(err, GD_USAGE, "%s:%u:%u: could not read what it declares: %s",
                                   reading->file, stmt->unread->line, stmt->unread->column,
                                   stmt->unread->message),
                           "--keep names files of SQL; objects can be named one by one, too.");
        reading->line = stmt->line;
        add_own(reading->keep, stmt->tree);
        read_statement(reading, stmt->tree, stmt->text);
    }
}

static struct gd_status read_stream(void *context, char *buffer, size_t size, size_t *out_got,
                                    struct gd_error *err)
{
    const struct reading *reading = context;
    *out_got = fread(buffer, 1, size, reading->stream);
    if (*out_got == 0 && ferror(reading->stream))
        return gd_fail(err, GD_USAGE, "could not read \"%s\": %s", reading->file, strerror(errno));
    return GD_DONE;
}

static struct gd_status read_deep(void *context, struct gd_error *err)
{
    struct reading *reading = context;
    struct gd_script_options options = {.statement_bytes_max = reading->keep->statement_bytes_max,
                                        .skip_sayings = true};
    struct gd_script *script = gd_script_new(reading->file, read_stream, reading, &options);
    struct gd_status status = read_script(reading, script, err);
    gd_script_free(script);
    return status;
}

/* ---- files and names ---- */

GD_MUST static struct gd_status read_file(struct gd_keeping *keep, const char *path,
                                          struct gd_error *err)
{
    struct reading reading = {.keep = keep, .file = gd_arena_strdup(keep->arena, path)};
    if (!gd_texts_add(&keep->files, reading.file, keep->arena))
        return GD_DONE;
    reading.stream = fopen(path, "rbe");
    if (reading.stream == NULL)
        return gd_fail(err, GD_USAGE, "could not open \"%s\", which is to be kept: %s", path,
                       strerror(errno));
    struct gd_status status = gd_deep_call(read_deep, &reading, err);
    (void)fclose(reading.stream);
    return status;
}

GD_MUST static struct gd_status read_glob(struct gd_keeping *keep, const char *pattern,
                                          struct gd_error *err)
{
    glob_t found = {0};
    struct gd_status status = GD_DONE;
    if (glob(pattern, 0, NULL, &found) != 0) {
        globfree(&found);
        return gd_fail(err, GD_USAGE, "could not keep what \"%s\" declares: no file fits", pattern);
    }
    for (size_t i = 0; i < found.gl_pathc && status.code == GD_OK; i++)
        status = read_file(keep, found.gl_pathv[i], err);
    globfree(&found);
    return status;
}

static bool looks_like_file(const char *item)
{
    struct stat about;
    size_t length = strlen(item);
    return strchr(item, '/') != NULL || (length > 4 && same(item + length - 4, ".sql")) ||
           stat(item, &about) == 0;
}

GD_MUST static struct gd_status add_file(struct gd_keeping *keep, const char *path,
                                         struct gd_error *err)
{
    return strpbrk(path, "*?[") == NULL ? read_file(keep, path, err) : read_glob(keep, path, err);
}

GD_MUST static struct gd_status add_item(struct gd_keeping *keep, const char *item,
                                         struct gd_error *err)
{
    if (looks_like_file(item))
        return add_file(keep, item, err);
    const char *wrong = gd_keep_name_add(keep, item, "--keep");
    if (wrong == NULL)
        return GD_DONE;
    return gd_hint(
        err, gd_fail(err, GD_USAGE, "\"%s\" is no file, and no name of an object: %s", item, wrong),
        "--keep takes files (db/init.sql, or a pattern of files in quotes) and names "
        "(public.users_email_idx, public.users.age).");
}

GD_MUST static struct gd_status add_policy(struct gd_keeping *keep, const struct gd_keep_rule *rule,
                                           struct gd_error *err)
{
    for (size_t i = 0; i < rule->entry_count; i++) {
        const struct gd_keep_entry *entry = &rule->entries[i];
        struct gd_arena *arena = keep->arena;
        if (!entry->file) {
            const char *wrong = gd_keep_name_add(
                keep, entry->text,
                gd_arena_printf(arena, "%s:%u", entry->ground.file, entry->ground.line));
            if (wrong != NULL) /* it was checked when the policy was loaded */
                return gd_fail(err, GD_USAGE, "%s", wrong);
            continue;
        }
        struct gd_status status = add_file(keep, entry->text, err);
        if (status.code != GD_OK)
            return gd_wrap(err, status, "%s:%u:%u: keep: ", entry->ground.file, entry->ground.line,
                           entry->ground.column);
    }
    return GD_DONE;
}

struct gd_status gd_keep_load(const struct gd_keep_options *options, struct gd_arena *arena,
                              const struct gd_keeping **out_keep, struct gd_error *err)
{
    struct gd_keeping *keep = gd_arena_zalloc(arena, 1, sizeof *keep);
    const struct gd_keep_rule *rule =
        options->policy == NULL ? NULL : gd_policy_keep(options->policy);
    keep->arena = arena;
    keep->statement_bytes_max = options->statement_bytes_max;
    for (size_t i = 0; i < options->item_count; i++)
        GD_TRY(add_item(keep, options->items[i], err));
    if (rule != NULL)
        GD_TRY(add_policy(keep, rule, err));
    *out_keep = keep->files.count == 0 && keep->names == NULL ? NULL : keep;
    return GD_DONE;
}

const struct gd_texts *gd_keep_files(const struct gd_keeping *keep)
{
    return &keep->files;
}

const struct gd_texts *gd_keep_notes(const struct gd_keeping *keep)
{
    return &keep->notes;
}
