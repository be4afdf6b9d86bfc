/*
 * Corpus: every file of tests/corpus/rules is judged as its first line says.
 *
 *   -- rule: A015 class=destructive loses=data scope=tables:public.users lock=ACCESS EXCLUSIVE
 *      rewrite=no scan=no transaction=yes rerun=fails      (one line) the rule fires, and the worst
 *                                                          statement of the file is this
 *   -- near: A015, -- miss: A015                           the rule does not fire
 *   -- then:                                               only what stands below is looked at
 *   live=yes in the first line                             only the catalogue shows it: not judged
 * here since=17 in the first line                             judged where the grammar is that new
 *
 * Judged by the text alone; tests/system/test_oracle_rules.py does it on a live server, and
 * compares with what the server does. Every rule needs a hit and a near miss.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guardian/classify/classify.h"
#include "guardian/classify/rule.h"
#include "guardian/sql/tree.h"

#define FOLDER GD_SOURCE_DIR "/tests/corpus/rules"

struct file {
    char path[512];
    char *text;
    size_t size;
    char head[1024]; /* the first line, after the kind and the rule */
    char rule[16];
    bool hit;
    uint32_t divider; /* line of "-- then:", 0 when absent */
};

static unsigned failures;

static void __attribute__((format(printf, 2, 3)))
complain(const struct file *file, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", file->path + sizeof FOLDER);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    failures++;
}

static void read_file(struct file *file)
{
    FILE *stream = fopen(file->path, "rb");
    assert_non_null(stream);
    file->text = calloc(1, 1 << 20);
    assert_non_null(file->text);
    file->size = fread(file->text, 1, (1 << 20) - 1, stream);
    fclose(stream);
}

static bool read_head(struct file *file)
{
    char kind[8];
    int after = 0;
    if (sscanf(file->text, "-- %7[a-z]: %15s%n", kind, file->rule, &after) != 2)
        return false;
    file->hit = strcmp(kind, "rule") == 0;
    snprintf(file->head, sizeof file->head, "%.*s ", (int)strcspn(file->text + after, "\n"),
             file->text + after);
    const char *then = strstr(file->text, "\n-- then:");
    for (const char *at = file->text; then != NULL && at <= then; at++)
        file->divider += *at == '\n';
    file->divider += then != NULL;
    return true;
}

/* The value of a key in the head: up to the next " key=". */
static bool value_of(const struct file *file, const char *key, char *out, size_t size)
{
    char pattern[32];
    snprintf(pattern, sizeof pattern, " %s=", key);
    const char *at = strstr(file->head, pattern);
    if (at == NULL)
        return false;
    at += strlen(pattern);
    const char *end = strchr(at, '=');
    if (end == NULL)
        end = at + strlen(at);
    else
        while (end > at && *end != ' ')
            end--;
    while (end > at && end[-1] == ' ')
        end--;
    snprintf(out, size, "%.*s", (int)(end - at), at);
    return true;
}

static void compare(const struct file *file, const char *key, const char *seen)
{
    char wanted[512];
    if (value_of(file, key, wanted, sizeof wanted) && strcmp(wanted, seen) != 0)
        complain(file, "%s is \"%s\", the file says \"%s\"", key, seen, wanted);
}

static const struct gd_judged *worst_of(const struct gd_judged_file *judged, uint32_t divider)
{
    const struct gd_judged *worst = NULL;
    for (size_t i = 0; i < judged->entry_count; i++) {
        const struct gd_judged *entry = judged->entries[i];
        if (entry->line > divider && (worst == NULL || entry->verdict.class > worst->verdict.class))
            worst = entry;
    }
    return worst;
}

static bool fires(const struct gd_judged_file *judged, const char *rule, uint32_t divider)
{
    for (size_t i = 0; i < judged->entry_count; i++) {
        const struct gd_verdict *verdict = &judged->entries[i]->verdict;
        for (size_t f = 0; judged->entries[i]->line > divider && f < verdict->finding_count; f++)
            if (strcmp(verdict->findings[f]->rule->id, rule) == 0)
                return true;
    }
    return false;
}

static const char *scope_text(const struct gd_verdict *verdict, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "%s", gd_scope_name(verdict->scope));
    if (verdict->scope != GD_SCOPE_TABLES)
        return out;
    char separator = ':';
    for (size_t f = 0; f < verdict->finding_count; f++)
        for (size_t t = 0; t < verdict->findings[f]->tables.count; t++) {
            const char *table = verdict->findings[f]->tables.items[t];
            if (strstr(out, table) == NULL && used < size)
                used += (size_t)snprintf(out + used, size - used, "%c%s", separator, table);
            separator = ',';
        }
    return out;
}

static const char *yes_no(bool truth)
{
    return truth ? "yes" : "no";
}

static void compare_verdict(const struct file *file, const struct gd_verdict *verdict)
{
    char scope[1024];
    compare(file, "class", gd_class_name(verdict->class));
    compare(file, "loses", gd_loss_name(verdict->loses));
    compare(file, "scope", scope_text(verdict, scope, sizeof scope));
    compare(file, "lock", gd_lock_name(verdict->lock));
    compare(file, "rewrite", yes_no(verdict->rewrite));
    compare(file, "scan", yes_no(verdict->scan));
    compare(file, "transaction", yes_no(verdict->transaction));
    compare(file, "rerun", gd_rerun_name(verdict->rerun));
}

/* Can the text alone show it to the grammar that is linked? */
static bool can_be_judged(const struct file *file)
{
    char value[16];
    if (value_of(file, "live", value, sizeof value) && strcmp(value, "yes") == 0)
        return false;
    return !value_of(file, "since", value, sizeof value) ||
           strtol(value, NULL, 10) <= gd_grammar_major();
}

static void check_file(struct file *file)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_input input = {.path = file->path, .text = file->text, .size = file->size};
    struct gd_report *report;
    struct gd_error err = {0};
    if (gd_rule_find(file->rule) == NULL) {
        complain(file, "there is no rule %s", file->rule);
        return;
    }
    if (gd_classify(&input, 1, NULL, arena, &report, &err).code != GD_OK) {
        complain(file, "%s", err.text);
        return;
    }
    if (!can_be_judged(file))
        return;
    const struct gd_judged_file *judged = report->files[0];
    if (fires(judged, file->rule, file->divider) != file->hit)
        complain(file, "%s %s", file->rule, file->hit ? "does not fire" : "fires");
    const struct gd_judged *worst = worst_of(judged, file->divider);
    if (file->hit && worst != NULL)
        compare_verdict(file, &worst->verdict);
}

struct seen {
    char rule[16];
    bool hit, miss;
};

static void note_seen(struct seen *seen, const struct file *file)
{
    const struct gd_rule *rule;
    for (size_t i = 0; (rule = gd_rule_at(i)) != NULL; i++)
        if (strcmp(rule->id, file->rule) == 0) {
            seen[i].hit = seen[i].hit || file->hit;
            seen[i].miss = seen[i].miss || !file->hit;
        }
}

static void every_file_is_judged_as_it_says(void **state)
{
    struct seen *seen = *state;
    DIR *folder = opendir(FOLDER);
    assert_non_null(folder);
    struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        struct file file = {0};
        if (strstr(entry->d_name, ".sql") == NULL)
            continue;
        snprintf(file.path, sizeof file.path, "%s/%s", FOLDER, entry->d_name);
        read_file(&file);
        if (!read_head(&file))
            complain(&file, "the first line does not say what is expected");
        else {
            check_file(&file);
            note_seen(seen, &file);
        }
        free(file.text);
    }
    closedir(folder);
    assert_int_equal(failures, 0);
}

static void every_rule_has_a_hit_and_a_near_miss(void **state)
{
    const struct seen *seen = *state;
    unsigned missing = 0;
    const struct gd_rule *rule;
    for (size_t i = 0; (rule = gd_rule_at(i)) != NULL; i++)
        /* Z003 stands for what has no rule; test_complete.c shows that there is no such thing.
         * What the title calls internal is never met: no parser makes it. */
        if (strcmp(rule->id, "Z003") != 0 && strstr(rule->title, "(internal)") == NULL &&
            (!seen[i].hit || !seen[i].miss)) {
            fprintf(stderr, "%s (%s) has no %s\n", rule->id, rule->title,
                    seen[i].hit ? "near miss" : "hit");
            missing++;
        }
    assert_int_equal(missing, 0);
}

static int make_seen(void **state)
{
    *state = calloc(4096, sizeof(struct seen));
    return *state == NULL;
}

static int free_seen(void **state)
{
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_is_judged_as_it_says),
        cmocka_unit_test(every_rule_has_a_hit_and_a_near_miss),
    };
    return cmocka_run_group_tests(tests, make_seen, free_seen);
}
