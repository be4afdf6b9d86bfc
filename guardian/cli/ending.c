#include "guardian/cli/ending.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "guardian/cli/report_screen.h"

/* An error quotes what a file or a server says, and that must not drive the terminal. */
static void print_tamed(const char *label, const char *text)
{
    struct gd_screen screen = gd_screen_of(stderr, false, false);
    fputs(label, stderr);
    gd_screen_put(&screen, GD_INK_PLAIN, text);
    gd_screen_end_line(&screen);
}

int gd_cli_fail_with(const struct gd_error *err, const char *ending)
{
    fflush(stdout);
    print_tamed("guardian: ", err->text);
    if (err->hint[0] != '\0')
        print_tamed("hint: ", err->hint);
    if (ending != NULL || err->code != GD_PARTIAL)
        print_tamed("", ending == NULL ? "Nothing was changed." : ending);
    return gd_exit_status(err->code);
}

int gd_cli_fail(const struct gd_error *err)
{
    return gd_cli_fail_with(err, NULL);
}

int gd_cli_end(int exit_status)
{
    struct gd_error err = {0};
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return exit_status;
    (void)!gd_fail(&err, GD_SYSTEM, "could not write the answer: %s", strerror(errno)).code;
    int failed = gd_cli_fail(&err);
    return exit_status == gd_exit_status(GD_OK) ? failed : exit_status;
}
