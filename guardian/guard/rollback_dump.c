/* Rollback, definitions: reading and pairing two dumps. See rollback_dump.h. */
#include "guardian/guard/rollback_dump.h"

#include <inttypes.h>
#include <string.h>

#include "guardian/base/lookup.h"
#include "guardian/io/process.h"
#include "guardian/pg/copy.h"
#include "guardian/restore/qualified.h"
#include "guardian/snapshot/programs.h"
#include "guardian/sql/parse.h"

/* --- our own records --------------------------------------------------------------------------*/

static const char own_schema[] = "guardian";

struct looking {
    const char *schema, *name; /* name NULL: any */
    bool first_only, seen, found;
};

static void look_at_pair(const struct gd_pair *pair, bool literal, void *context)
{
    struct looking *looking = context;
    (void)literal;
    if (looking->first_only && looking->seen)
        return;
    looking->seen = true;
    looking->found |= strcmp(pair->schema, looking->schema) == 0 &&
                      (looking->name == NULL || strcmp(pair->name, looking->name) == 0);
}

static bool begins(const char *sql, const char *words)
{
    size_t size = strlen(words);
    return strncmp(sql, words, size) == 0 && (sql[size] == '\0' || strchr(" ;\n", sql[size]));
}

/* The schema itself, what is in it, and what is said of both. */
static bool is_own(const struct gd_dump_item *item, struct gd_arena *arena)
{
    struct looking looking = {.schema = own_schema, .first_only = true};
    if (begins(item->sql, "CREATE SCHEMA guardian") || begins(item->sql, "ALTER SCHEMA guardian") ||
        begins(item->sql, "COMMENT ON SCHEMA guardian"))
        return true;
    if (strncmp(item->sql, "CREATE EVENT TRIGGER guardian_net_", 34) == 0 ||
        strncmp(item->sql, "ALTER EVENT TRIGGER guardian_net_", 33) == 0)
        return true;
    if (item->kind == GD_DUMP_GRANT && strstr(item->sql, " ON SCHEMA guardian ") != NULL)
        return true;
    gd_each_pair(item->sql, arena, look_at_pair, &looking);
    return looking.found;
}

/* --- reading ----------------------------------------------------------------------------------*/

struct describing {
    const struct gd_dump *dump;
    struct gd_back_dump *out;
    struct gd_arena *arena;
    bool post, mixed; /* mixed: one text of all sections */
};

static bool is_behind_data(const struct gd_back_item *item)
{
    static const char *const classes[] = {"index",  "constraint",    "trigger",     "rule",
                                          "policy", "event trigger", "publication", "statistics"};
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strcmp(item->class, classes[i]) == 0)
            return true;
    return false;
}

static void take_first(const struct gd_pair *pair, bool literal, void *context)
{
    struct gd_back_item *item = context;
    if (literal || *item->about != '\0')
        return;
    item->about_schema = pair->schema;
    item->about = pair->name;
}

static void find_subject(struct gd_back_item *item, struct gd_arena *arena)
{
    item->about_schema = item->about = "";
    gd_each_pair(item->sql, arena, take_first, item);
}

static void retell(struct gd_back_item *item, struct gd_arena *arena)
{
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    bool read = item->node != GD_KIND_NONE &&
                gd_parse(item->sql, strlen(item->sql), arena, &parsed, &refusal) &&
                parsed.count == 1;
    if (!read)
        item->node = GD_KIND_NONE;
    gd_back_describe(item, read ? parsed.statements[0] : NULL, arena);
    find_subject(item, arena);
}

static void describe_one(struct describing *describing, const struct gd_dump_item *from)
{
    struct gd_back_item item = {.sql = from->sql,
                                .node = from->node,
                                .kind = from->kind,
                                .post = describing->post,
                                .superuser = from->superuser,
                                .tablespace = from->tablespace};
    retell(&item, describing->arena);
    if (describing->mixed && is_behind_data(&item))
        describing->post = true; /* and all that follows */
    item.post = describing->post;
    describing->out->items[describing->out->count++] = item;
}

struct retelling {
    struct gd_back_item *item;
    struct gd_arena *arena;
};

static struct gd_status retell_deep(void *context, struct gd_error *err)
{
    struct retelling *retelling = context;
    (void)err;
    retell(retelling->item, retelling->arena);
    return GD_DONE;
}

struct gd_status gd_back_retell(struct gd_back_item *item, const char *sql, struct gd_arena *arena,
                                struct gd_error *err)
{
    struct gd_back_item fresh = {.sql = sql,
                                 .node = item->node,
                                 .kind = item->kind,
                                 .post = item->post,
                                 .superuser = item->superuser,
                                 .tablespace = item->tablespace,
                                 .attached = item->attached};
    struct retelling retelling = {&fresh, arena};
    bool partition = item->columns != NULL && item->columns->partition;
    GD_TRY(gd_deep_call(retell_deep, &retelling, err));
    if (fresh.columns != NULL)
        fresh.columns->partition = partition;
    *item = fresh;
    return GD_DONE;
}

static bool is_left_out(const struct gd_dump_item *item, struct gd_arena *arena)
{
    return item->kind == GD_DUMP_DATABASE || item->kind == GD_DUMP_LARGE_OBJECT ||
           is_own(item, arena);
}

GD_MUST static struct gd_status describe_all(void *context, struct gd_error *err)
{
    struct describing *describing = context;
    (void)err;
    for (size_t i = 0; i < describing->dump->count; i++)
        if (!is_left_out(&describing->dump->items[i], describing->arena))
            describe_one(describing, &describing->dump->items[i]);
    return GD_DONE;
}

static void mark_attached(struct gd_back_dump *dump, const struct gd_back_item *part)
{
    for (size_t i = 0; i < dump->count; i++) {
        struct gd_back_item *item = &dump->items[i];
        if ((strcmp(item->class, "index") == 0 || strcmp(item->class, "constraint") == 0) &&
            strcmp(item->schema, part->schema) == 0 && strcmp(item->name, part->name) == 0)
            item->attached = true;
    }
}

/* A partition has the columns of its parent, and its parts of an index come and go with the whole.
 */
static void mark_partitions(struct gd_back_dump *dump)
{
    for (size_t i = 0; i < dump->count; i++) {
        const struct gd_back_item *item = &dump->items[i];
        if (strcmp(item->class, "part of an index") == 0) {
            mark_attached(dump, item);
            continue;
        }
        if (strcmp(item->class, "partition") != 0)
            continue;
        struct gd_back_item *part = gd_back_find(dump, "table", item->schema, item->name, NULL);
        if (part != NULL)
            part->columns->partition = true;
    }
}

GD_MUST static struct gd_status describe(struct describing *describing, struct gd_error *err)
{
    struct gd_back_dump *out = describing->out;
    struct gd_back_item *items =
        gd_arena_zalloc(describing->arena, out->count + describing->dump->count + 1, sizeof *items);
    if (out->count > 0)
        memcpy(items, out->items, out->count * sizeof *items);
    out->items = items;
    GD_TRY(gd_deep_call(describe_all, describing, err));
    mark_partitions(out);
    return GD_DONE;
}

struct gd_status gd_back_read_snapshot(const struct gd_restore_options *options,
                                       struct gd_arena *arena, struct gd_back_dump *out_dump,
                                       struct gd_error *err)
{
    struct gd_dump before = {0}, after = {0};
    const struct gd_stored *stored = &options->manifest->schema_dump;
    *out_dump = (struct gd_back_dump){0};
    GD_TRY(gd_dump_read(options, stored, GD_DUMP_PRE_DATA, arena, &before, err));
    GD_TRY(gd_dump_read(options, stored, GD_DUMP_POST_DATA, arena, &after, err));
    struct describing first = {.dump = &before, .out = out_dump, .arena = arena};
    struct describing second = {.dump = &after, .out = out_dump, .arena = arena, .post = true};
    GD_TRY(describe(&first, err));
    return describe(&second, err);
}

static struct gd_status read_source(void *source, char *buffer, size_t size, size_t *out_got,
                                    struct gd_error *err)
{
    return gd_source_read(source, buffer, size, out_got, err);
}

GD_MUST static struct gd_status cut_text(const struct gd_restore_options *options, gd_read_fn *read,
                                         void *context, struct gd_arena *arena,
                                         struct gd_back_dump *out_dump, struct gd_error *err)
{
    struct gd_dump dump = {0};
    *out_dump = (struct gd_back_dump){0};
    GD_TRY(gd_dump_cut(options, read, context, arena, &dump, err));
    struct describing all = {.dump = &dump, .out = out_dump, .arena = arena, .mixed = true};
    return describe(&all, err);
}

struct gd_status gd_back_read_text(const struct gd_restore_options *options, const char *text,
                                   struct gd_arena *arena, struct gd_back_dump *out_dump,
                                   struct gd_error *err)
{
    struct gd_memory_input input = {text, strlen(text)};
    return cut_text(options, gd_memory_read, &input, arena, out_dump, err);
}

static struct gd_status dump_failed(struct gd_process *process, struct gd_status status,
                                    struct gd_error *err)
{
    const char *said = gd_process_said(process);
    if (strstr(said, "LOCK TABLE") == NULL)
        return gd_wrap(err, status, "could not read the schema as it is now: ");
    err->code = GD_BUSY;
    return gd_hint(err, (struct gd_status){GD_BUSY},
                   "Another session holds an exclusive lock on a table: try again later.");
}

struct gd_status gd_back_read_now(const struct gd_restore_options *options, struct gd_pg *pg,
                                  const char *pg_dump, uint32_t lock_ms, struct gd_arena *arena,
                                  struct gd_back_dump *out_dump, struct gd_error *err)
{
    struct gd_program program;
    GD_TRY(gd_program_find("pg_dump", pg_dump, gd_pg_version(pg), arena, &program, err));
    const char *argv[] = {program.path,
                          "--schema-only",
                          "--no-password",
                          "--encoding=UTF8",
                          gd_arena_printf(arena, "--lock-wait-timeout=%" PRIu32, lock_ms),
                          NULL};
    struct gd_process_options start = {
        .argv = argv, .environment = gd_pg_environment(pg, NULL, arena), .read_output = true};
    gd_auto_process process = NULL;
    struct gd_error cut_err = {0};
    int ended = 0;
    GD_TRY(gd_process_start(&start, &process, err));
    struct gd_status status =
        cut_text(options, read_source, gd_process_output(process), arena, out_dump, &cut_err);
    struct gd_status finished = gd_process_finish(process, &ended, err);
    if (finished.code != GD_OK)
        return dump_failed(process, finished, err);
    if (status.code != GD_OK)
        *err = cut_err;
    return status;
}

/* --- pairing ----------------------------------------------------------------------------------*/

/* Statements can stand twice in a dump (grants): each counts once. */
static void index_by(const struct gd_back_dump *dump, bool text, struct gd_lookup *index,
                     struct gd_arena *arena)
{
    for (size_t i = 0; i < dump->count; i++) {
        struct gd_back_item *item = &dump->items[i];
        gd_lookup_set(index, "", "", text ? item->sql : item->key, item, arena);
    }
}

static void set_alone(struct gd_back_dump *dump, const struct gd_lookup *other_texts)
{
    for (size_t i = 0; i < dump->count; i++)
        dump->items[i].alone = gd_lookup_get(other_texts, "", "", dump->items[i].sql) == NULL;
}

/* Two tables without a difference but the order of their columns are the same. */
void gd_back_pair(struct gd_back_dump *before, struct gd_back_dump *now, struct gd_arena *arena)
{
    struct gd_lookup before_texts = {0}, now_texts = {0}, now_keys = {0};
    index_by(before, true, &before_texts, arena);
    index_by(now, true, &now_texts, arena);
    index_by(now, false, &now_keys, arena);
    set_alone(before, &now_texts);
    set_alone(now, &before_texts);
    for (size_t i = 0; i < before->count; i++) {
        struct gd_back_item *item = &before->items[i];
        struct gd_back_item *other = gd_lookup_get(&now_keys, "", "", item->key);
        if (!item->alone || other == NULL || !other->alone)
            continue;
        item->other = other;
        other->other = item;
    }
}

struct gd_back_item *gd_back_find(const struct gd_back_dump *dump, const char *class,
                                  const char *schema, const char *name, const char *table)
{
    for (size_t i = 0; i < dump->count; i++) {
        struct gd_back_item *item = &dump->items[i];
        if (strcmp(item->class, class) == 0 && strcmp(item->schema, schema) == 0 &&
            strcmp(item->name, name) == 0 && (table == NULL || strcmp(item->table, table) == 0))
            return item;
    }
    return NULL;
}
