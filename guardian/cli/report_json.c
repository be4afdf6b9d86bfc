/*
 * The documents of `classify --json` and `plan --json`: the second one has what the first has.
 * Statements are written one by one, so that memory does not grow with the document. What is said
 * of a key here is a promise: keys are added, never changed.
 */
#include "guardian/classify/rule.h"
#include "guardian/cli/report.h"
#include "guardian/cli/report_words.h"
#include "guardian/io/json.h"

static struct gd_json *scope_of(enum gd_scope kind, const struct gd_texts *tables,
                                const struct gd_texts *columns)
{
    struct gd_json *scope = gd_json_object();
    gd_json_put(scope, "kind", gd_json_new_text(gd_scope_name(kind)));
    gd_json_put(scope, "tables", gd_json_new_texts(tables));
    gd_json_put(scope, "columns", gd_json_new_texts(columns));
    return scope;
}

static struct gd_json *check_of(const struct gd_check *check)
{
    struct gd_json *object = gd_json_object();
    gd_json_put(object, "kind", gd_json_new_text(check->kind));
    gd_json_put(object, "object", gd_json_new_text(check->object));
    gd_json_put(object, "fails", gd_json_new_bool(check->fails));
    gd_json_put_text(object, "sqlstate", check->sqlstate);
    gd_json_put(object, "done", gd_json_new_bool(check->done));
    gd_json_put(object, "count",
                check->count < 0 ? gd_json_new_null() : gd_json_new_int(check->count));
    gd_json_put_text(object, "gave_up", check->gave_up);
    gd_json_put(object, "samples", gd_json_new_texts(&check->samples));
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
    gd_json_put_text(object, "lock_on", finding->lock_on);
    gd_json_put(object, "rewrite", gd_json_new_bool(finding->rewrite));
    gd_json_put(object, "scan", gd_json_new_bool(finding->scan));
    gd_json_put(object, "transaction", gd_json_new_bool(finding->transaction));
    gd_json_put(object, "rerun", gd_json_new_text(gd_rerun_name(finding->rerun)));
    gd_json_put_text(object, "object", finding->object);
    gd_json_put(object, "reason", gd_json_new_text(finding->reason));
    gd_json_put(object, "instead",
                gd_json_new_text(finding->instead == NULL ? "" : finding->instead));
    gd_json_put_text(object, "within", finding->within);
    gd_json_put(object, "takes", gd_json_new_texts(&finding->takes));
    gd_json_put(object, "notes", gd_json_new_texts(&finding->notes));
    gd_json_put(object, "fires", gd_json_new_texts(&finding->fires));
    gd_json_put(object, "empty", gd_json_new_bool(finding->empty));
    gd_json_put_text(object, "fresh", finding->fresh);
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
    gd_json_put_text(object, "part_of", entry->part_of);
    gd_json_put(object, "in_block", gd_json_new_bool(entry->in_block));
    gd_json_put(object, "unread", gd_json_new_bool(entry->unread));
    gd_json_put(object, "findings", findings_of(&entry->verdict));
    gd_json_put(object, "checks", checks_of(&entry->verdict));
    return object;
}

/* --- what a policy says of it --- */

static struct gd_json *ground_of(const struct gd_ground *ground)
{
    struct gd_json *object = gd_json_object();
    gd_json_put(object, "policy", gd_json_new_text(ground->policy));
    gd_json_put(object, "file", gd_json_new_text(ground->file));
    gd_json_put(object, "line",
                ground->line == 0 ? gd_json_new_null() : gd_json_new_int(ground->line));
    gd_json_put(object, "text", gd_json_new_text(ground->text));
    return object;
}

static struct gd_json *backup_of(const struct gd_backup *backup)
{
    struct gd_json *object = gd_json_object();
    gd_json_put(object, "kind", gd_json_new_text(gd_scope_name(backup->scope)));
    gd_json_put(object, "tables", gd_json_new_texts(&backup->tables));
    gd_json_put(object, "sealed", gd_json_new_bool(backup->sealed));
    gd_json_put(object, "proof", gd_json_new_text(gd_proof_name(backup->proof)));
    gd_json_put(object, "covers", gd_json_new_bool(backup->covers));
    gd_json_put(object, "bytes",
                backup->bytes == 0 ? gd_json_new_null() : gd_json_new_int((int64_t)backup->bytes));
    return object;
}

static struct gd_json *waivers_of(const struct gd_ruling *ruling)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < ruling->waiver_count; i++) {
        struct gd_json *object = gd_json_object();
        gd_json_put(object, "text", gd_json_new_text(ruling->waivers[i]->text));
        gd_json_put(object, "counts",
                    gd_json_new_bool(ruling->waivers[i]->state == GD_WAIVER_COUNTS));
        gd_json_put(object, "why", gd_json_new_text(ruling->waivers[i]->why));
        gd_json_push(list, object);
    }
    return list;
}

static struct gd_json *ruling_of(const struct gd_ruling *ruling)
{
    struct gd_json *object = gd_json_object();
    gd_json_put(object, "action", gd_json_new_text(gd_action_name(ruling->action)));
    gd_json_put(object, "ask", gd_json_new_text(gd_ask_name(ruling->ask)));
    gd_json_put(object, "backup", backup_of(&ruling->backup));
    gd_json_put(object, "tell", gd_json_new_texts(&ruling->tell));
    struct gd_json *grounds = gd_json_list();
    for (size_t i = 0; i < ruling->ground_count; i++)
        gd_json_push(grounds, ground_of(ruling->grounds[i]));
    gd_json_put(object, "grounds", grounds);
    gd_json_put(object, "waivers", waivers_of(ruling));
    gd_json_put(object, "approval_needed", gd_json_new_bool(ruling->approval_needed));
    gd_json_put(object, "approved_by", gd_json_new_text(ruling->approved_by));
    return object;
}

static struct gd_json *limits_of(const struct gd_limits *limits)
{
    struct gd_json *object = gd_json_object();
#define X(field, kind, value, meaning)                                                             \
    gd_json_put(object, #field, gd_json_new_text(limits->field.text));
    GD_LIMITS(X)
#undef X
    return object;
}

static struct gd_json *point_of(const struct gd_by_point *point)
{
    struct gd_json *object = gd_json_object();
    gd_json_put(object, "use", gd_json_new_text(gd_point_use_name(point->use)));
    gd_json_put_text(object, "base", point->base);
    gd_json_put(object, "covered_since", gd_json_new_time(point->since_us));
    gd_json_put_text(object, "why_not", point->why_not);
    return object;
}

static struct gd_json *decision_of(const struct gd_decision *decision)
{
    struct gd_json *object = gd_json_object();
    gd_json_put(object, "policy", gd_json_new_text(decision->policy));
    gd_json_put(object, "policy_file", gd_json_new_text(decision->policy_file));
    gd_json_put(object, "environment", gd_json_new_text(decision->environment));
    gd_json_put(object, "action", gd_json_new_text(gd_action_name(decision->action)));
    gd_json_put(object, "ask", gd_json_new_text(gd_ask_name(decision->ask)));
    gd_json_put(object, "backup", backup_of(&decision->backup));
    gd_json_put(object, "point_in_time", point_of(&decision->point));
    gd_json_put(object, "tell", gd_json_new_texts(&decision->tell));
    gd_json_put(object, "limits", limits_of(decision->limits));
    gd_json_put(object, "notes", gd_json_new_texts(&decision->notes));
    return object;
}

/* --- the document --- */

/* One document while it is written. */
struct document {
    struct gd_json_writer *writer;
    const struct gd_decision *decision; /* NULL: nobody asked a policy */
    struct gd_arena *arena;             /* of one statement */
    size_t nth;                         /* statements written */
};

static void write_statements(struct document *document, const struct gd_judged_file *file)
{
    gd_json_begin_list(document->writer, "statements");
    for (size_t i = 0; i < file->entry_count; i++) {
        const struct gd_judged *entry = file->entries[i];
        struct gd_json *object = statement_of(entry, document->arena);
        const struct gd_ruling *ruling =
            gd_words_ruling(document->decision, document->nth++, entry);
        if (ruling != NULL)
            gd_json_put(object, "policy", ruling_of(ruling));
        gd_json_add(document->writer, NULL, object);
        gd_arena_reset(document->arena);
    }
    gd_json_end(document->writer);
}

static void write_file(struct document *document, const struct gd_judged_file *file)
{
    struct gd_json_writer *writer = document->writer;
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
    write_statements(document, file);
    gd_json_end(writer);
}

static void write_report(struct document *document, const struct gd_report *report)
{
    struct gd_json_writer *writer = document->writer;
    gd_json_add(writer, "class", gd_json_new_text(gd_class_name(report->class)));
    gd_json_add(writer, "loses", gd_json_new_text(gd_loss_name(report->loses)));
    gd_json_add(writer, "scope", gd_json_new_text(gd_scope_name(report->scope)));
    gd_json_add(writer, "server", gd_json_new_text(report->server));
    gd_json_add(writer, "database", gd_json_new_text(report->database));
    gd_json_add(writer, "grammar", gd_json_new_text(report->grammar));
    if (document->decision != NULL)
        gd_json_add(writer, "decision", decision_of(document->decision));
    gd_json_begin_list(writer, "files");
    for (size_t i = 0; i < report->file_count; i++)
        write_file(document, report->files[i]);
    gd_json_end(writer);
}

struct gd_status gd_report_json(const struct gd_report *report, FILE *stream, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_json_writer writer = gd_json_writer_new(stream);
    struct document document = {.writer = writer, .arena = arena};
    gd_json_begin_object(writer, NULL);
    write_report(&document, report);
    gd_json_end(writer);
    return gd_json_writer_finish(writer, err);
}

/* --- the steps of a plan --- */

static struct gd_json *locks_of(const struct gd_step *step)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < step->lock_count; i++) {
        const struct gd_step_lock *lock = &step->locks[i];
        struct gd_json *object = gd_json_object();
        gd_json_put(object, "lock", gd_json_new_text(gd_lock_name(lock->lock)));
        gd_json_put(object, "stops", gd_json_new_text(gd_lock_stops(lock->lock)));
        gd_json_put(object, "relation", gd_json_new_text(lock->relation));
        gd_json_put(object, "bytes",
                    lock->bytes == 0 ? gd_json_new_null() : gd_json_new_int((int64_t)lock->bytes));
        gd_json_put(object, "rows",
                    lock->rows < 0 ? gd_json_new_null() : gd_json_new_int((int64_t)lock->rows));
        gd_json_put(object, "rewrite", gd_json_new_bool(lock->rewrite));
        gd_json_put(object, "scan", gd_json_new_bool(lock->scan));
        gd_json_push(list, object);
    }
    return list;
}

/* Statements are named by line and hash: what they say stands in "files". */
static struct gd_json *statements_of(const struct gd_step *step)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < step->statement_count; i++) {
        struct gd_json *object = gd_json_object();
        gd_json_put(object, "line", gd_json_new_int(step->statements[i]->line));
        gd_json_put(object, "hash", gd_json_new_text(step->statements[i]->hash));
        gd_json_push(list, object);
    }
    return list;
}

static struct gd_json *step_of(const struct gd_step *step)
{
    struct gd_json *object = gd_json_object();
    gd_json_put(object, "number", gd_json_new_int(step->number));
    gd_json_put(object, "kind", gd_json_new_text(gd_step_kind_name(step->kind)));
    gd_json_put(object, "path", gd_json_new_text(step->file == NULL ? NULL : step->file->path));
    gd_json_put(object, "statements", statements_of(step));
    gd_json_put(object, "own_block", gd_json_new_bool(step->own_block));
    gd_json_put(object, "moved", gd_json_new_bool(step->moved));
    gd_json_put(object, "left_open", gd_json_new_bool(step->left_open));
    gd_json_put(object, "rolled_back", gd_json_new_bool(step->rolled_back));
    gd_json_put(object, "locks", locks_of(step));
    gd_json_put(object, "rewrite_bytes", gd_json_new_int((int64_t)step->rewrite_bytes));
    gd_json_put(object, "if_it_fails", gd_json_new_text(step->if_it_fails));
    gd_json_put_text(object, "way_back", step->way_back);
    return object;
}

struct gd_status gd_report_plan_json(const struct gd_plan *plan, FILE *stream, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_json_writer writer = gd_json_writer_new(stream);
    struct document document = {.writer = writer, .arena = arena, .decision = plan->decision};
    gd_json_begin_object(writer, NULL);
    write_report(&document, plan->change->report);
    gd_json_begin_list(writer, "steps");
    for (size_t i = 0; i < plan->step_count; i++)
        gd_json_add(writer, NULL, step_of(plan->steps[i]));
    gd_json_end(writer);
    gd_json_add(writer, "notes", gd_json_new_texts(&plan->notes));
    gd_json_end(writer);
    return gd_json_writer_finish(writer, err);
}
