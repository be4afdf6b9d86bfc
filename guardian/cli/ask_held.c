#include "guardian/cli/ask_held.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "guardian/cli/progress.h"
#include "guardian/cli/report_screen.h"
#include "guardian/config/config.h"
#include "guardian/io/fd.h"

enum {
    ANSWER_SIZE = 16,
    LOOK_MS = 100,
    INTERRUPT = 3,
    END = 4,
    BACKSPACE = 8,
    QUIT = 28,
    DELETE = 127
};

/* ---- the question ---- */

static const char *backup_text(enum gd_scope scope)
{
    switch (scope) {
    case GD_SCOPE_NONE:
        return "none is made";
    case GD_SCOPE_SCHEMA:
        return "of all definitions, made and proven before it runs";
    case GD_SCOPE_TABLES:
        return "of the tables that it touches, made and proven before it runs";
    case GD_SCOPE_DATABASE:
        return "of the whole database, made and proven before it runs";
    }
    return "";
}

static void show(const struct gd_config *config, const struct gd_run_question *question)
{
    struct gd_screen screen =
        gd_screen_of(stderr, gd_config_use_color(config, STDERR_FILENO), config->verbose);
    gd_screen_put(&screen, GD_INK_BOLD, "The command wants to run this, and waits:");
    gd_screen_end_line(&screen);
    gd_screen_row(&screen, "statement", GD_INK_PLAIN, question->text);
    gd_screen_row(&screen, "class", GD_INK_YELLOW, question->class);
    if (*question->losses != '\0')
        gd_screen_row(&screen, "loses", GD_INK_RED, question->losses);
    if (*question->ground != '\0')
        gd_screen_row(&screen, "policy", GD_INK_PLAIN, question->ground);
    gd_screen_row(&screen, "backup", GD_INK_PLAIN, backup_text(question->backup));
    fputs("Type yes to let it run, all for the rest of this run, too; anything else refuses it: ",
          stderr);
    fflush(stderr);
}

/* ---- the answer ---- */

static void echo(int terminal, const char *bytes, size_t size)
{
    struct gd_error ignored = {0};
    (void)gd_fd_write_all(terminal, "the terminal", bytes, size, &ignored).code;
}

struct typed {
    char text[ANSWER_SIZE];
    size_t size;
};

/* @return false: it is over, and `text` is what was typed; "" after ^C */
static bool take(int terminal, struct typed *typed, char byte)
{
    bool given_up = byte == INTERRUPT || byte == END || byte == QUIT;
    if (given_up)
        typed->size = 0;
    if (given_up || byte == '\r' || byte == '\n') {
        typed->text[typed->size] = '\0';
        echo(terminal, given_up ? "^C\r\n" : "\r\n", given_up ? 4 : 2);
        return false;
    }
    if ((byte == BACKSPACE || byte == DELETE) && typed->size > 0) {
        typed->size--;
        echo(terminal, "\b \b", 3);
    } else if (byte >= ' ' && byte < DELETE && typed->size + 1 < sizeof typed->text) {
        typed->text[typed->size++] = byte;
        echo(terminal, &byte, 1);
    }
    return true;
}

static void read_answer(int terminal, const struct gd_run_question *question, struct typed *typed)
{
    char byte;
    for (;;) {
        struct pollfd look = {.fd = terminal, .events = POLLIN};
        int ready = poll(&look, 1, LOOK_MS);
        if (question->gone != NULL && question->gone(question->gone_context)) {
            echo(terminal, "\r\n", 2);
            typed->size = 0;
            break;
        }
        if (ready <= 0)
            continue;
        if (read(terminal, &byte, 1) != 1) {
            typed->size = 0;
            break;
        }
        if (!take(terminal, typed, byte))
            return;
    }
    typed->text[0] = '\0';
}

static enum gd_run_answer answer_of(const char *text)
{
    return strcmp(text, "yes") == 0   ? GD_RUN_YES
           : strcmp(text, "all") == 0 ? GD_RUN_ALL
                                      : GD_RUN_NO;
}

enum gd_run_answer gd_cli_ask_held(const struct gd_config *config, struct gd_progress *progress,
                                   const struct gd_run_question *question)
{
    struct termios before, during;
    struct typed typed = {.text = ""};
    gd_auto_fd terminal =
        isatty(STDERR_FILENO) ? open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY) : -1;
    if (terminal < 0 || tcgetpgrp(terminal) != getpgrp() || tcgetattr(terminal, &before) != 0)
        return GD_RUN_NOBODY;
    gd_progress_end(progress, GD_DONE);
    during = before;
    during.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
    during.c_cc[VMIN] = 1;
    during.c_cc[VTIME] = 0;
    if (tcsetattr(terminal, TCSAFLUSH, &during) != 0) /* what was typed before is no answer */
        return GD_RUN_NOBODY;
    show(config, question);
    read_answer(terminal, question, &typed);
    (void)tcsetattr(terminal, TCSADRAIN, &before);
    return answer_of(typed.text);
}
