/*
 * SARIF 2.1.0: one result for each risky finding, one for each other statement.
 *
 * Invariant 1  A result's fingerprint is made of the rule and the statement's text, so that it
 *              stays the same when lines move.
 * Invariant 2  columns count characters (columnKind unicodeCodePoints), as the script reader does.
 */
#include <stdlib.h>
#include <string.h>

#include "guardian/classify/rule.h"
#include "guardian/cli/report.h"
#include "guardian/cli/report_words.h"
#include "guardian/io/json.h"
#include "guardian/version.h"

#define SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"
#define MANUAL "https://www.postgresql.org/docs/current/"

/* clang-format off */
static const struct { const char *level, *kind; } levels[] = {
    [GD_CLASS_NONE]        = {"none",    "informational"}, /* only failures have another level */
    [GD_CLASS_ADDITIVE]    = {"note",    "fail"},
    [GD_CLASS_ENUM]        = {"warning", "fail"},
    [GD_CLASS_DESTRUCTIVE] = {"error",   "fail"},
    [GD_CLASS_UNKNOWN]     = {"error",   "fail"},
};
/* clang-format on */

/* The rules of one log, each once, sorted by id. */
struct rule_set {
    const struct gd_rule **rules;
    size_t count;
    bool unread; /* a statement that no rule could see */
};

static struct gd_json *message(const char *text)
{
    struct gd_json *object = gd_json_object();
    gd_json_put(object, "text", gd_json_new_text(text));
    return object;
}

/* --- rules --- */

static int compare_rules(const void *left, const void *right)
{
    const struct gd_rule *a = *(const struct gd_rule *const *)left;
    const struct gd_rule *b = *(const struct gd_rule *const *)right;
    return strcmp(a->id, b->id);
}

static const struct gd_rule *find_rule(const struct rule_set *set, const struct gd_rule *rule)
{
    if (set->count == 0)
        return NULL;
    const struct gd_rule **found =
        bsearch(&rule, set->rules, set->count, sizeof(struct gd_rule *), compare_rules);
    return found == NULL ? NULL : *found;
}

/* Rules are few and statements many: a new one is rare, so sorting then is cheap. */
static void add_rule(struct rule_set *set, const struct gd_finding *finding)
{
    if (finding == NULL || finding->rule == NULL) {
        set->unread = true;
        return;
    }
    if (find_rule(set, finding->rule) != NULL)
        return;
    const struct gd_rule **grown = realloc(set->rules, (set->count + 1) * sizeof(struct gd_rule *));
    if (grown == NULL)
        abort();
    set->rules = grown;
    set->rules[set->count++] = finding->rule;
    qsort(set->rules, set->count, sizeof(struct gd_rule *), compare_rules);
}

/* Does the finding get a result of its own? */
static bool counts(const struct gd_judged *entry, const struct gd_finding *finding)
{
    return finding == entry->verdict.lead || finding->class >= GD_CLASS_ENUM;
}

static void add_rules_of(struct rule_set *set, const struct gd_judged *entry)
{
    if (entry->verdict.lead == NULL)
        set->unread = true;
    for (size_t i = 0; i < entry->verdict.finding_count; i++)
        if (counts(entry, entry->verdict.findings[i]))
            add_rule(set, entry->verdict.findings[i]);
}

static struct gd_json *rule_of(const struct gd_rule *rule, struct gd_arena *arena)
{
    struct gd_json *object = gd_json_object();
    const char *instead = rule->instead == NULL ? "" : rule->instead;
    const char *help = gd_arena_printf(arena, "%s%s%s", rule->because,
                                       instead[0] == '\0' ? "" : " Instead: ", instead);
    gd_json_put(object, "id", gd_json_new_text(rule->id));
    gd_json_put(object, "name", gd_json_new_text(rule->title));
    gd_json_put(object, "shortDescription", message(rule->title));
    gd_json_put(object, "fullDescription", message(rule->because));
    gd_json_put(object, "help", message(help));
    if (rule->source != NULL && rule->source[0] != '\0') {
        const char *anchor = strchr(rule->source, '#');
        size_t page = anchor == NULL ? strlen(rule->source) : (size_t)(anchor - rule->source);
        gd_json_put(object, "helpUri",
                    gd_json_new_text(gd_arena_printf(arena, MANUAL "%.*s.html%s", (int)page,
                                                     rule->source, anchor == NULL ? "" : anchor)));
    }
    struct gd_json *preset = gd_json_object();
    gd_json_put(preset, "level", gd_json_new_text(levels[rule->class].level));
    gd_json_put(object, "defaultConfiguration", preset);
    return object;
}

static struct gd_json *unread_rule(void)
{
    struct gd_json *object = gd_json_object();
    gd_json_put(object, "id", gd_json_new_text(gd_words_rule(NULL)));
    gd_json_put(object, "shortDescription", message("A statement that could not be judged"));
    gd_json_put(object, "help",
                message("What cannot be read can do anything, so it is handled as destructive."));
    return object;
}

static void write_tool(struct gd_json_writer *writer, const struct rule_set *set,
                       struct gd_arena *arena)
{
    gd_json_begin_object(writer, "tool");
    gd_json_begin_object(writer, "driver");
    gd_json_add(writer, "name", gd_json_new_text("Guardian"));
    gd_json_add(writer, "version", gd_json_new_text(gd_version()));
    gd_json_add(writer, "semanticVersion", gd_json_new_text(gd_version()));
    gd_json_begin_list(writer, "rules");
    for (size_t i = 0; i < set->count; i++)
        gd_json_add(writer, NULL, rule_of(set->rules[i], arena));
    if (set->unread)
        gd_json_add(writer, NULL, unread_rule());
    gd_json_end(writer);
    gd_json_end(writer);
    gd_json_end(writer);
}

/* --- results --- */

/* A path as a URI reference: bytes that a URI cannot hold are written %XX. */
static const char *uri_of(struct gd_arena *arena, const char *path)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "-._~/";
    if (strcmp(path, "-") == 0)
        return "stdin";
    while (strncmp(path, "./", 2) == 0)
        path += 2;
    char *uri = gd_arena_alloc(arena, strlen(path) * 3 + sizeof "file://");
    size_t used = 0;
    if (path[0] == '/') {
        memcpy(uri, "file://", 7);
        used = 7;
    }
    for (; *path != '\0'; path++) {
        unsigned char byte = (unsigned char)*path;
        if (strchr(plain, byte) != NULL) {
            uri[used++] = (char)byte;
        } else {
            uri[used++] = '%';
            uri[used++] = "0123456789ABCDEF"[byte >> 4];
            uri[used++] = "0123456789ABCDEF"[byte & 15];
        }
    }
    uri[used] = '\0';
    return uri;
}

static struct gd_json *region_of(const struct gd_judged *entry, const struct gd_finding *finding)
{
    struct gd_json *region = gd_json_object();
    if (finding != NULL && finding->line > entry->line) {
        gd_json_put(region, "startLine", gd_json_new_int(finding->line));
        return region; /* nested: its text is not at hand */
    }
    gd_json_put(region, "startLine", gd_json_new_int(entry->line));
    gd_json_put(region, "startColumn", gd_json_new_int(entry->column == 0 ? 1 : entry->column));
    gd_json_put(region, "endLine",
                gd_json_new_int(entry->end_line < entry->line ? entry->line : entry->end_line));
    gd_json_put(region, "snippet", message(entry->text));
    return region;
}

static struct gd_json *location_of(const struct gd_judged_file *file, const struct gd_judged *entry,
                                   const struct gd_finding *finding, struct gd_arena *arena)
{
    struct gd_json *artifact = gd_json_object();
    gd_json_put(artifact, "uri", gd_json_new_text(uri_of(arena, file->path)));
    struct gd_json *physical = gd_json_object();
    gd_json_put(physical, "artifactLocation", artifact);
    gd_json_put(physical, "region", region_of(entry, finding));
    struct gd_json *location = gd_json_object();
    gd_json_put(location, "physicalLocation", physical);
    return location;
}

static struct gd_json *properties_of(const struct gd_judged *entry,
                                     const struct gd_finding *finding)
{
    const struct gd_verdict *verdict = &entry->verdict;
    struct gd_json *object = gd_json_object();
    gd_json_put(object, "class",
                gd_json_new_text(gd_class_name(finding == NULL ? verdict->class : finding->class)));
    gd_json_put(object, "loses",
                gd_json_new_text(gd_loss_name(finding == NULL ? verdict->loses : finding->loses)));
    gd_json_put(object, "scope",
                gd_json_new_text(gd_scope_name(finding == NULL ? verdict->scope : finding->scope)));
    gd_json_put(object, "lock", gd_json_new_text(gd_lock_name(verdict->lock)));
    gd_json_put(object, "rewrite", gd_json_new_bool(verdict->rewrite));
    gd_json_put(object, "transaction", gd_json_new_bool(verdict->transaction));
    gd_json_put(object, "rerun", gd_json_new_text(gd_rerun_name(verdict->rerun)));
    return object;
}

static struct gd_json *fingerprint_of(const struct gd_judged *entry,
                                      const struct gd_finding *finding, size_t nth,
                                      struct gd_arena *arena)
{
    struct gd_json *object = gd_json_object();
    gd_json_put(object, "guardian/v1",
                gd_json_new_text(
                    gd_arena_printf(arena, "%s:%s:%zu", gd_words_rule(finding), entry->hash, nth)));
    return object;
}

static struct gd_json *result_of(const struct gd_judged_file *file, const struct gd_judged *entry,
                                 const struct gd_finding *finding, size_t nth,
                                 struct gd_arena *arena)
{
    enum gd_class class = finding == NULL ? entry->verdict.class : finding->class;
    bool blocked = finding == entry->verdict.lead && gd_words_blocked(entry);
    struct gd_json *result = gd_json_object();
    gd_json_put(result, "ruleId", gd_json_new_text(gd_words_rule(finding)));
    gd_json_put(result, "level", gd_json_new_text(blocked ? "error" : levels[class].level));
    gd_json_put(result, "kind", gd_json_new_text(blocked ? "fail" : levels[class].kind));
    gd_json_put(result, "message", message(gd_words_message(arena, entry, finding)));
    struct gd_json *locations = gd_json_list();
    gd_json_push(locations, location_of(file, entry, finding, arena));
    gd_json_put(result, "locations", locations);
    gd_json_put(result, "fingerprints", fingerprint_of(entry, finding, nth, arena));
    gd_json_put(result, "partialFingerprints", fingerprint_of(entry, finding, nth, arena));
    gd_json_put(result, "properties", properties_of(entry, finding));
    return result;
}

static void write_results_of(struct gd_json_writer *writer, const struct gd_judged_file *file,
                             const struct gd_judged *entry, struct gd_arena *arena)
{
    if (entry->verdict.lead == NULL)
        gd_json_add(writer, NULL, result_of(file, entry, NULL, 0, arena));
    for (size_t i = 0; i < entry->verdict.finding_count; i++)
        if (counts(entry, entry->verdict.findings[i]))
            gd_json_add(writer, NULL, result_of(file, entry, entry->verdict.findings[i], i, arena));
    gd_arena_reset(arena);
}

static void write_artifacts(struct gd_json_writer *writer, const struct gd_report *report,
                            struct gd_arena *arena)
{
    gd_json_begin_list(writer, "artifacts");
    for (size_t i = 0; i < report->file_count; i++) {
        struct gd_json *location = gd_json_object();
        gd_json_put(location, "uri", gd_json_new_text(uri_of(arena, report->files[i]->path)));
        struct gd_json *hashes = gd_json_object();
        gd_json_put(hashes, "sha-256", gd_json_new_text(report->files[i]->hash));
        struct gd_json *artifact = gd_json_object();
        gd_json_put(artifact, "location", location);
        gd_json_put(artifact, "length", gd_json_new_int((int64_t)report->files[i]->bytes));
        gd_json_put(artifact, "sourceLanguage", gd_json_new_text("sql"));
        gd_json_put(artifact, "hashes", hashes);
        gd_json_add(writer, NULL, artifact);
        gd_arena_reset(arena);
    }
    gd_json_end(writer);
}

static void write_run(struct gd_json_writer *writer, const struct gd_report *report,
                      struct gd_arena *arena, const struct rule_set *set)
{
    gd_json_begin_object(writer, NULL);
    write_tool(writer, set, arena);
    gd_json_add(writer, "columnKind", gd_json_new_text("unicodeCodePoints"));
    write_artifacts(writer, report, arena);
    gd_json_begin_list(writer, "results");
    for (size_t f = 0; f < report->file_count; f++)
        for (size_t e = 0; e < report->files[f]->entry_count; e++)
            write_results_of(writer, report->files[f], report->files[f]->entries[e], arena);
    gd_json_end(writer);
    gd_json_end(writer);
}

struct gd_status gd_report_sarif(const struct gd_report *report, FILE *stream, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_json_writer writer = gd_json_writer_new(stream);
    struct rule_set set = {0};
    for (size_t f = 0; f < report->file_count; f++)
        for (size_t e = 0; e < report->files[f]->entry_count; e++)
            add_rules_of(&set, report->files[f]->entries[e]);

    gd_json_begin_object(writer, NULL);
    gd_json_add(writer, "$schema", gd_json_new_text(SCHEMA));
    gd_json_add(writer, "version", gd_json_new_text("2.1.0"));
    gd_json_begin_list(writer, "runs");
    write_run(writer, report, arena, &set);
    gd_json_end(writer);
    gd_json_end(writer);
    free(set.rules);
    return gd_json_writer_finish(writer, err);
}
