/*
 * The document of `classify --json`. Statements are written one by one, so that memory does not
 * grow with the document. What is said of a key here is a promise: keys are added, never changed.
 */
#include "guardian/classify/rule.h"
#include "guardian/cli/report.h"
#include "guardian/cli/report_words.h"
#include "guardian/io/json.h"

static struct gd_json *list_of(const struct gd_texts *texts)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < texts->count; i++)
        gd_json_push(list, gd_json_new_text(texts->items[i]));
    return list;
}

/* "" is how the structs say that there is nothing; the document says null. */
static struct gd_json *text_or_null(const char *text)
{
    return gd_json_new_text(text == NULL || text[0] == '\0' ? NULL : text);
}

static struct gd_json *scope_of(enum gd_scope kind, const struct gd_texts *tables,
                                const struct gd_texts *columns)
{
    struct gd_json *scope = gd_json_object();
    gd_json_put(scope, "kind", gd_json_new_text(gd_scope_name(kind)));
    gd_json_put(scope, "tables", list_of(tables));
    gd_json_put(scope, "columns", list_of(columns));
    return scope;
}

static struct gd_json *check_of(const struct gd_check *check)
{
    struct gd_json *object = gd_json_object();
    gd_json_put(object, "kind", gd_json_new_text(check->kind));
    gd_json_put(object, "object", gd_json_new_text(check->object));
    gd_json_put(object, "fails", gd_json_new_bool(check->fails));
    gd_json_put(object, "sqlstate", text_or_null(check->sqlstate));
    gd_json_put(object, "done", gd_json_new_bool(check->done));
    gd_json_put(object, "count",
                check->count < 0 ? gd_json_new_null() : gd_json_new_int(check->count));
    gd_json_put(object, "gave_up", text_or_null(check->gave_up));
    gd_json_put(object, "samples", list_of(&check->samples));
    gd_json_put(object, "sql", gd_json_new_text(check->count_sql));
    return object;
}

/* What a statement and each of its findings have in common. */
static void put_judgement(struct gd_json *object, const struct gd_finding *finding)
{
    gd_json_put(object, "class", gd_json_new_text(gd_class_name(finding->class)));
    gd_json_put(object, "loses", gd_json_new_text(gd_loss_name(finding->loses)));
    gd_json_put(object, "rule", gd_json_new_text(gd_words_rule(finding)));
    gd_json_put(object, "scope", scope_of(finding->scope, &finding->tables, &finding->columns));
    gd_json_put(object, "lock", gd_json_new_text(gd_lock_name(finding->lock)));
    gd_json_put(object, "lock_on", text_or_null(finding->lock_on));
    gd_json_put(object, "rewrite", gd_json_new_bool(finding->rewrite));
    gd_json_put(object, "scan", gd_json_new_bool(finding->scan));
    gd_json_put(object, "transaction", gd_json_new_bool(finding->transaction));
    gd_json_put(object, "rerun", gd_json_new_text(gd_rerun_name(finding->rerun)));
    gd_json_put(object, "object", text_or_null(finding->object));
    gd_json_put(object, "reason", gd_json_new_text(finding->reason));
    gd_json_put(object, "instead",
                gd_json_new_text(finding->instead == NULL ? "" : finding->instead));
    gd_json_put(object, "within", text_or_null(finding->within));
    gd_json_put(object, "takes", list_of(&finding->takes));
    gd_json_put(object, "notes", list_of(&finding->notes));
    gd_json_put(object, "fires", list_of(&finding->fires));
    gd_json_put(object, "empty", gd_json_new_bool(finding->empty));
    gd_json_put(object, "fresh", text_or_null(finding->fresh));
}

static struct gd_json *findings_of(const struct gd_verdict *verdict)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < verdict->finding_count; i++) {
        struct gd_json *object = gd_json_object();
        gd_json_put(object, "line", gd_json_new_int(verdict->findings[i]->line));
        put_judgement(object, verdict->findings[i]);
        gd_json_push(list, object);
    }
    return list;
}

static struct gd_json *checks_of(const struct gd_verdict *verdict)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < verdict->check_count; i++)
        gd_json_push(list, check_of(verdict->checks[i]));
    return list;
}

/* The statement's judgement: the words of the finding that led, the worst values of all. */
static struct gd_finding summed_up(const struct gd_verdict *verdict, struct gd_arena *arena)
{
    struct gd_finding sum = {.reason = ""};
    if (verdict->lead != NULL)
        sum = *verdict->lead;
    sum.class = verdict->class;
    sum.loses = verdict->loses;
    sum.scope = verdict->scope;
    sum.lock = verdict->lock;
    sum.rewrite = verdict->rewrite;
    sum.scan = verdict->scan;
    sum.transaction = verdict->transaction;
    sum.rerun = verdict->rerun;
    sum.tables = sum.columns = sum.takes = sum.notes = sum.fires = (struct gd_texts){0};
    for (size_t i = 0; i < verdict->finding_count; i++) {
        const struct gd_finding *finding = verdict->findings[i];
        gd_words_add_all(&sum.tables, &finding->tables, arena);
        gd_words_add_all(&sum.columns, &finding->columns, arena);
        gd_words_add_all(&sum.takes, &finding->takes, arena);
        gd_words_add_all(&sum.notes, &finding->notes, arena);
        gd_words_add_all(&sum.fires, &finding->fires, arena);
        if (finding->lock == verdict->lock && sum.lock_on == NULL)
            sum.lock_on = finding->lock_on;
    }
    return sum;
}

static struct gd_json *statement_of(const struct gd_judged *entry, struct gd_arena *arena)
{
    struct gd_finding sum = summed_up(&entry->verdict, arena);
    struct gd_json *object = gd_json_object();
    gd_json_put(object, "line", gd_json_new_int(entry->line));
    gd_json_put(object, "column", gd_json_new_int(entry->column));
    gd_json_put(object, "end_line", gd_json_new_int(entry->end_line));
    gd_json_put(object, "text", gd_json_new_text(entry->text));
    gd_json_put(object, "hash", gd_json_new_text(entry->hash));
    gd_json_put(object, "repeated",
                gd_json_new_int(entry->repeated == 0 ? 1 : (int64_t)entry->repeated));
    put_judgement(object, &sum);
    gd_json_put(object, "part_of", text_or_null(entry->part_of));
    gd_json_put(object, "in_block", gd_json_new_bool(entry->in_block));
    gd_json_put(object, "unread", gd_json_new_bool(entry->unread));
    gd_json_put(object, "findings", findings_of(&entry->verdict));
    gd_json_put(object, "checks", checks_of(&entry->verdict));
    return object;
}

static void write_file(struct gd_json_writer *writer, const struct gd_judged_file *file,
                       struct gd_arena *arena)
{
    gd_json_begin_object(writer, NULL);
    gd_json_add(writer, "path", gd_json_new_text(file->path));
    gd_json_add(writer, "class", gd_json_new_text(gd_class_name(file->class)));
    gd_json_add(writer, "loses", gd_json_new_text(gd_loss_name(file->loses)));
    gd_json_add(writer, "scope", scope_of(file->scope, &file->tables, &(struct gd_texts){0}));
    gd_json_add(writer, "hash", gd_json_new_text(file->hash));
    gd_json_add(writer, "bytes", gd_json_new_int((int64_t)file->bytes));
    gd_json_add(writer, "statement_count", gd_json_new_int((int64_t)file->statements));
    gd_json_add(writer, "transaction", gd_json_new_bool(file->transaction));
    gd_json_add(writer, "rerun_safe", gd_json_new_bool(file->rerun_safe));
    gd_json_add(writer, "split_needed", gd_json_new_bool(file->split_needed));
    gd_json_begin_list(writer, "statements");
    for (size_t i = 0; i < file->entry_count; i++) {
        gd_json_add(writer, NULL, statement_of(file->entries[i], arena));
        gd_arena_reset(arena);
    }
    gd_json_end(writer);
    gd_json_end(writer);
}

struct gd_status gd_report_json(const struct gd_report *report, FILE *stream, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_json_writer writer = gd_json_writer_new(stream);
    gd_json_begin_object(writer, NULL);
    gd_json_add(writer, "class", gd_json_new_text(gd_class_name(report->class)));
    gd_json_add(writer, "loses", gd_json_new_text(gd_loss_name(report->loses)));
    gd_json_add(writer, "scope", gd_json_new_text(gd_scope_name(report->scope)));
    gd_json_add(writer, "server", gd_json_new_text(report->server));
    gd_json_add(writer, "database", gd_json_new_text(report->database));
    gd_json_add(writer, "grammar", gd_json_new_text(report->grammar));
    gd_json_begin_list(writer, "files");
    for (size_t i = 0; i < report->file_count; i++)
        write_file(writer, report->files[i], arena);
    gd_json_end(writer);
    gd_json_end(writer);
    return gd_json_writer_finish(writer, err);
}
