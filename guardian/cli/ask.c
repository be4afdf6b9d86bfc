#include "guardian/cli/ask.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guardian/cli/report.h"
#include "guardian/cli/report_screen.h"
#include "guardian/config/config.h"
#include "guardian/guard/plan.h"

enum { ANSWER_SIZE = 16 };

struct gd_status gd_cli_ask(const struct gd_config *config, const char *what, struct gd_error *err)
{
    char answer[ANSWER_SIZE] = "";
    if (config->yes || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
        return GD_DONE;
    struct gd_screen screen = gd_screen_of(stderr, false, false);
    gd_screen_put(&screen, GD_INK_PLAIN, what);
    gd_screen_end_line(&screen);
    fputs("Type yes to go on: ", stderr);
    fflush(stderr);
    if (fgets(answer, sizeof answer, stdin) != NULL && strcmp(answer, "yes\n") == 0)
        return GD_DONE;
    return gd_fail(err, GD_REFUSED, "the answer was not yes");
}

struct gd_status gd_cli_ask_plan(const struct gd_config *config, const struct gd_plan *plan,
                                 struct gd_error *err)
{
    bool terminal = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
    if (config->yes)
        return GD_DONE;
    if (!terminal && plan->decision->ask == GD_ASK_ALWAYS)
        return gd_hint(err,
                       gd_fail(err, GD_REFUSED,
                               "the policy wants a person to say yes, and there is no terminal"),
                       "Read the plan with guardian plan, then run this again with --yes.");
    if (!terminal)
        return GD_DONE;
    struct gd_screen screen =
        gd_screen_of(stderr, gd_config_use_color(config, STDERR_FILENO), config->verbose);
    GD_TRY(gd_report_plan_text(plan, &screen, err));
    return gd_cli_ask(config, "This is what would be done.", err);
}
