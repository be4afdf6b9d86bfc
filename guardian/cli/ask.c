#include "guardian/cli/ask.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guardian/cli/report_screen.h"
#include "guardian/config/config.h"

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
