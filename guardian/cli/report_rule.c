#include "guardian/cli/report_rule.h"

#include <ctype.h>
#include <string.h>

enum { FACTS_MAX = 16, SLUG_MAX = 80 };

#define MANUAL "https://www.postgresql.org/docs/current/"

/* clang-format off */
static const struct { enum gd_ink ink; const char *word; } classes[] = {
    [GD_CLASS_NONE]        = {GD_INK_DIM,     "changes nothing"},
    [GD_CLASS_ADDITIVE]    = {GD_INK_GREEN,   "adds, takes nothing away"},
    [GD_CLASS_ENUM]        = {GD_INK_YELLOW,  "changes the values of an enum"},
    [GD_CLASS_DESTRUCTIVE] = {GD_INK_RED,     "takes something away"},
    [GD_CLASS_UNKNOWN]     = {GD_INK_MAGENTA, "cannot be judged, so it is handled as destructive"},
};

static const char *const losses[] = {
    [GD_LOSES_NOTHING]    = "nothing",
    [GD_LOSES_DEFINITION] = "a definition; a schema dump brings it back",
    [GD_LOSES_SEQUENCE]   = "the value of a sequence",
    [GD_LOSES_DATA]       = "data: rows, values, their precision or their order",
    [GD_LOSES_CLUSTER]    = "settings or roles of the whole cluster",
    [GD_LOSES_OUTSIDE]    = "something outside the database; no backup brings it back",
};

static const char *const backups[] = {
    [GD_SCOPE_NONE]     = "",
    [GD_SCOPE_SCHEMA]   = "a schema dump",
    [GD_SCOPE_TABLES]   = "the rows of the tables, and a schema dump",
    [GD_SCOPE_DATABASE] = "the whole database",
};

static const char *const reruns[] = {
    [GD_RERUN_OK]      = "ends in the same state",
    [GD_RERUN_SKIPS]   = "finds its work done",
    [GD_RERUN_FAILS]   = "fails with an error, and changes nothing",
    [GD_RERUN_REPEATS] = "does it once more",
    [GD_RERUN_DEPENDS] = "depends on what it calls or writes",
};

static const char *const kinds[] = {
    [GD_KIND_NONE] = "",
#define GD_KIND(name) [GD_KIND_##name] = #name,
#include "guardian/sql/tree.def"
#undef GD_KIND
    [GD_KIND_OTHER] = "",
};
/* clang-format on */

struct fact {
    const char *label, *text; /* "" when there is nothing to say */
};

size_t gd_rule_group_rows(const struct gd_rule_group *group)
{
    return group->rules == NULL || group->count == NULL ? 0 : *group->count;
}

const struct gd_rule_group *gd_rule_group_of(const struct gd_rule *rule)
{
    for (size_t i = 0; i < gd_rule_group_count; i++)
        if (gd_rule_groups[i].letter == rule->id[0])
            return &gd_rule_groups[i];
    return &gd_rule_groups[0];
}

/* --- what a row says --- */

static const char *versions_of(struct gd_arena *arena, const struct gd_rule *rule)
{
    if (rule->since_pg == 0 && rule->until_pg == 0)
        return "";
    if (rule->until_pg == 0)
        return gd_arena_printf(arena, "PostgreSQL %d and later", rule->since_pg);
    if (rule->since_pg == 0)
        return gd_arena_printf(arena, "up to PostgreSQL %d", rule->until_pg);
    return gd_arena_printf(arena, "PostgreSQL %d to %d", rule->since_pg, rule->until_pg);
}

static const char *lock_of(struct gd_arena *arena, const struct gd_rule *rule)
{
    if (rule->lock == GD_LOCK_NONE)
        return "";
    const char *stops = gd_lock_stops(rule->lock);
    return gd_arena_printf(arena, "%s%s%s", gd_lock_name(rule->lock), stops[0] == '\0' ? "" : ": ",
                           stops);
}

static const char *work_of(const struct gd_rule *rule)
{
    if (rule->rewrite)
        return "the table is rewritten";
    return rule->scan ? "the whole table is read" : "";
}

static const char *rerun_of(struct gd_arena *arena, const struct gd_rule *rule)
{
    if (rule->sqlstate == NULL || rule->sqlstate[0] == '\0' || rule->rerun != GD_RERUN_FAILS)
        return reruns[rule->rerun];
    return gd_arena_printf(arena, "%s (%s)", reruns[rule->rerun], rule->sqlstate);
}

static const char *node_of(struct gd_arena *arena, const struct gd_rule *rule)
{
    const char *kind = (size_t)rule->kind < sizeof kinds / sizeof kinds[0] ? kinds[rule->kind] : "";
    if (rule->sub == NULL)
        return kind;
    return gd_arena_printf(arena, "%s, %s", kind, rule->sub);
}

static const char *url_of(struct gd_arena *arena, const struct gd_rule *rule)
{
    if (rule->source == NULL || rule->source[0] == '\0')
        return "";
    size_t page = strcspn(rule->source, "#");
    return gd_arena_printf(arena, MANUAL "%.*s.html%s", (int)page, rule->source,
                           rule->source + page);
}

static const char *source_of(struct gd_arena *arena, const struct gd_rule *rule)
{
    if (rule->source == NULL || rule->source[0] == '\0')
        return "";
    return gd_arena_printf(arena, "PostgreSQL manual, page %s", rule->source);
}

static const char *or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

/* The facts of a row in the order in which a reader wants them. */
static size_t facts_of(struct gd_arena *arena, const struct gd_rule *rule,
                       struct fact facts[FACTS_MAX])
{
    const struct fact all[] = {
        {"because", or_empty(rule->because)},
        {"instead", or_empty(rule->instead)},
        {"loses", losses[rule->loses]},
        {"backup", backups[rule->scope]},
        {"lock", lock_of(arena, rule)},
        {"work", work_of(rule)},
        {"alone", rule->alone ? "refuses to run inside a transaction block" : ""},
        {"again", gd_arena_printf(arena, "a second run %s", rerun_of(arena, rule))},
        {"versions", versions_of(arena, rule)},
        {"grammar", node_of(arena, rule)},
        {"source", source_of(arena, rule)},
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i].text[0] != '\0')
            facts[count++] = all[i];
    return count;
}

/* --- for people --- */

void gd_report_rule(const struct gd_rule *rule, const struct gd_screen *screen)
{
    gd_auto_arena arena = gd_arena_new();
    struct fact facts[FACTS_MAX];
    size_t count = facts_of(arena, rule, facts);
    gd_screen_put(screen, GD_INK_BOLD, gd_arena_printf(arena, "%s  %s", rule->id, rule->title));
    gd_screen_end_line(screen);
    gd_screen_put(screen, classes[rule->class].ink, gd_class_name(rule->class));
    gd_screen_put(screen, GD_INK_PLAIN, gd_arena_printf(arena, ": %s", classes[rule->class].word));
    gd_screen_end_line(screen);
    for (size_t i = 0; i < count; i++)
        gd_screen_row(screen, facts[i].label,
                      strcmp(facts[i].label, "instead") == 0 ? GD_INK_GREEN : GD_INK_PLAIN,
                      facts[i].text);
}

void gd_report_rule_group(const struct gd_rule_group *group, const struct gd_screen *screen)
{
    gd_auto_arena arena = gd_arena_new();
    gd_screen_put(screen, GD_INK_BOLD,
                  gd_arena_printf(arena, "%c  %s", group->letter, group->name));
    gd_screen_end_line(screen);
    for (size_t i = 0; i < gd_rule_group_rows(group); i++) {
        const struct gd_rule *rule = &group->rules[i];
        gd_screen_put(screen, GD_INK_PLAIN, gd_arena_printf(arena, "  %-5s ", rule->id));
        gd_screen_put(screen, classes[rule->class].ink,
                      gd_arena_printf(arena, "%-11s", gd_class_name(rule->class)));
        gd_screen_paragraph(screen, GD_INK_PLAIN, 19, 21, rule->title);
    }
}

/* --- for programs --- */

struct gd_json *gd_report_rule_json(const struct gd_rule *rule)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_json *object = gd_json_object();
    gd_json_put(object, "id", gd_json_new_text(rule->id));
    gd_json_put(object, "title", gd_json_new_text(rule->title));
    gd_json_put(object, "group", gd_json_new_text(gd_rule_group_of(rule)->name));
    gd_json_put(object, "class", gd_json_new_text(gd_class_name(rule->class)));
    gd_json_put(object, "loses", gd_json_new_text(gd_loss_name(rule->loses)));
    gd_json_put(object, "scope", gd_json_new_text(gd_scope_name(rule->scope)));
    gd_json_put(object, "lock", gd_json_new_text(gd_lock_name(rule->lock)));
    gd_json_put(object, "stops", gd_json_new_text(gd_lock_stops(rule->lock)));
    gd_json_put(object, "rewrite", gd_json_new_bool(rule->rewrite));
    gd_json_put(object, "scan", gd_json_new_bool(rule->scan));
    gd_json_put(object, "transaction", gd_json_new_bool(!rule->alone));
    gd_json_put(object, "rerun", gd_json_new_text(gd_rerun_name(rule->rerun)));
    gd_json_put(object, "sqlstate", gd_json_new_text(rule->sqlstate));
    gd_json_put(object, "since_pg",
                rule->since_pg == 0 ? gd_json_new_null() : gd_json_new_int(rule->since_pg));
    gd_json_put(object, "until_pg",
                rule->until_pg == 0 ? gd_json_new_null() : gd_json_new_int(rule->until_pg));
    gd_json_put(object, "reason", gd_json_new_text(or_empty(rule->because)));
    gd_json_put(object, "instead", gd_json_new_text(or_empty(rule->instead)));
    gd_json_put(object, "source", gd_json_new_text(url_of(arena, rule)));
    return object;
}

/* --- docs/rules/ --- */

/* Text in Markdown: what would be markup there is escaped. */
static void put_markdown(FILE *to, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("\\`*_[]<>|#", *text) != NULL)
            fputc('\\', to);
        fputc(*text, to);
    }
}

/* "a-changing-tables.md" */
static void page_name(const struct gd_rule_group *group, char into[SLUG_MAX])
{
    size_t used = 0;
    into[used++] = (char)tolower((unsigned char)group->letter);
    for (const char *name = group->name; *name != '\0' && used < SLUG_MAX - sizeof "-x.md";
         name++) {
        bool letter = isalnum((unsigned char)*name) != 0;
        if (letter && (used == 1 || name == group->name || !isalnum((unsigned char)name[-1])))
            into[used++] = '-';
        if (letter)
            into[used++] = (char)tolower((unsigned char)*name);
    }
    memcpy(into + used, ".md", sizeof ".md");
}

void gd_generate_rules_index(FILE *to)
{
    fputs("# Rules\n\n"
          "<!-- generated by \"guardian generate rules\": edit guardian/classify/rules_*.c -->\n\n"
          "Each rule is one fact about PostgreSQL. `guardian explain ID` prints the same text.\n\n"
          "| group | rules |\n| --- | ---: |\n",
          to);
    for (size_t i = 0; i < gd_rule_group_count; i++) {
        char page[SLUG_MAX];
        page_name(&gd_rule_groups[i], page);
        fprintf(to, "| [%c. %s](%s) | %zu |\n", gd_rule_groups[i].letter, gd_rule_groups[i].name,
                page, gd_rule_group_rows(&gd_rule_groups[i]));
    }
}

static void generate_summary(FILE *to, const struct gd_rule_group *group)
{
    fputs("| rule | statement | class | loses | lock |\n| --- | --- | --- | --- | --- |\n", to);
    for (size_t i = 0; i < gd_rule_group_rows(group); i++) {
        const struct gd_rule *rule = &group->rules[i];
        fprintf(to, "| [%s](#%c%s) | ", rule->id, tolower((unsigned char)rule->id[0]),
                rule->id + 1);
        put_markdown(to, rule->title);
        fprintf(to, " | %s | %s | %s |\n", gd_class_name(rule->class), gd_loss_name(rule->loses),
                rule->lock == GD_LOCK_NONE ? "" : gd_lock_name(rule->lock));
    }
}

static void generate_rule(FILE *to, const struct gd_rule *rule)
{
    gd_auto_arena arena = gd_arena_new();
    struct fact facts[FACTS_MAX];
    size_t count = facts_of(arena, rule, facts);
    fprintf(to, "\n## %s\n\n**", rule->id);
    put_markdown(to, rule->title);
    fprintf(to, "**: %s, %s\n\n", gd_class_name(rule->class), classes[rule->class].word);
    for (size_t i = 0; i < count; i++) {
        fprintf(to, "- *%s*: ", facts[i].label);
        if (strcmp(facts[i].label, "source") == 0)
            fprintf(to, "[PostgreSQL manual, %s](%s)", rule->source, url_of(arena, rule));
        else
            put_markdown(to, facts[i].text);
        fputc('\n', to);
    }
}

bool gd_generate_rules_group(FILE *to, char letter)
{
    for (size_t g = 0; g < gd_rule_group_count; g++) {
        const struct gd_rule_group *group = &gd_rule_groups[g];
        if (toupper((unsigned char)letter) != group->letter)
            continue;
        fprintf(to, "# %c. %s\n\n", group->letter, group->name);
        fprintf(to,
                "<!-- generated by \"guardian generate rules %c\": edit "
                "guardian/classify/rules_*.c -->\n\n",
                group->letter);
        generate_summary(to, group);
        for (size_t i = 0; i < gd_rule_group_rows(group); i++)
            generate_rule(to, &group->rules[i]);
        return true;
    }
    return false;
}
