/*
 * guardian explain: the rows that findings name, in words.
 *
 * An id is one rule, a letter a group, anything else words to look for in the titles.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "guardian/base/nearest.h"
#include "guardian/cli/cmd.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/report_rule.h"
#include "guardian/config/config.h"

/* What was asked for; in JSON a list, because a word can mean several. */
struct answer {
    const struct gd_screen *screen; /* NULL: JSON */
    struct gd_json *list;
    size_t told;
};

static void tell(struct answer *answer, const struct gd_rule *rule)
{
    if (answer->screen == NULL)
        gd_json_push(answer->list, gd_report_rule_json(rule));
    else {
        if (answer->told > 0)
            gd_screen_end_line(answer->screen);
        gd_report_rule(rule, answer->screen);
    }
    answer->told++;
}

static void tell_group(struct answer *answer, const struct gd_rule_group *group)
{
    if (answer->screen != NULL && gd_rule_group_rows(group) > 0) {
        if (answer->told > 0)
            gd_screen_end_line(answer->screen);
        gd_report_rule_group(group, answer->screen);
    }
    for (size_t i = 0; answer->screen == NULL && i < gd_rule_group_rows(group); i++)
        gd_json_push(answer->list, gd_report_rule_json(&group->rules[i]));
    answer->told += gd_rule_group_rows(group);
}

static const struct gd_rule *rule_of_any_case(const char *id)
{
    const struct gd_rule *rule;
    for (size_t i = 0; (rule = gd_rule_at(i)) != NULL; i++)
        if (strcasecmp(rule->id, id) == 0)
            return rule;
    return NULL;
}

static bool has_all(const char *title, int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (strcasestr(title, argv[i]) == NULL)
            return false;
    return true;
}

/* Every word must be in the title: "drop column" is not all that is dropped. */
static void tell_titles_with(struct answer *answer, int argc, char **argv)
{
    const struct gd_rule *rule;
    for (size_t i = 0; (rule = gd_rule_at(i)) != NULL; i++)
        if (has_all(rule->title, argc, argv))
            tell(answer, rule);
}

static struct gd_status unknown(const char *word, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    size_t count = 0;
    while (gd_rule_at(count) != NULL)
        count++;
    const char **ids = gd_arena_zalloc(arena, count, sizeof *ids);
    for (size_t i = 0; i < count; i++)
        ids[i] = gd_rule_at(i)->id;
    const char *meant = gd_nearest(word, ids, count);
    struct gd_status status =
        gd_fail(err, GD_USAGE, "there is no rule \"%s\", and none has it in its title", word);
    if (meant == NULL)
        return gd_hint(err, status, "\"guardian explain\" without a rule lists them all.");
    return gd_hint(err, status, "Did you mean %s, %s?", meant, gd_rule_find(meant)->title);
}

static struct gd_status explain(struct answer *answer, char *word, struct gd_error *err)
{
    const struct gd_rule *rule = rule_of_any_case(word);
    size_t before = answer->told;
    if (rule != NULL) {
        tell(answer, rule);
        return GD_DONE;
    }
    for (size_t i = 0; strlen(word) == 1 && i < gd_rule_group_count; i++)
        if (toupper((unsigned char)word[0]) == gd_rule_groups[i].letter)
            tell_group(answer, &gd_rule_groups[i]);
    if (answer->told == before && strlen(word) > 1)
        tell_titles_with(answer, 1, &word);
    return answer->told == before ? unknown(word, err) : GD_DONE;
}

static struct gd_status explain_words(struct answer *answer, int argc, char **argv,
                                      struct gd_error *err)
{
    tell_titles_with(answer, argc, argv);
    if (answer->told > 0)
        return GD_DONE;
    return gd_hint(err, gd_fail(err, GD_USAGE, "no rule has all of these words in its title"),
                   "\"guardian explain\" without a rule lists them all.");
}

static struct gd_status explain_all(struct answer *answer, int argc, char **argv,
                                    struct gd_error *err)
{
    for (size_t i = 0; argc == 0 && i < gd_rule_group_count; i++)
        tell_group(answer, &gd_rule_groups[i]);
    bool words = argc > 1 && strlen(argv[0]) > 1 && rule_of_any_case(argv[0]) == NULL;
    if (words)
        GD_TRY(explain_words(answer, argc, argv, err));
    for (int i = 0; !words && i < argc; i++)
        GD_TRY(explain(answer, argv[i], err));
    if (answer->screen == NULL)
        return gd_json_write(answer->list, stdout, 1, err);
    return GD_DONE;
}

int gd_cmd_explain(const struct gd_config *config, int argc, char **argv)
{
    struct gd_error err = {0};
    struct gd_screen screen =
        gd_screen_of(stdout, gd_config_use_color(config, STDOUT_FILENO), config->verbose);
    struct answer answer = {.screen = config->json ? NULL : &screen, .list = gd_json_list()};
    struct gd_status status = explain_all(&answer, argc, argv, &err);
    gd_json_free(answer.list);
    return status.code == GD_OK ? gd_cli_end(0) : gd_cli_fail(&err);
}
