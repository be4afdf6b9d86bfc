#include "guardian/cli/door_user.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "guardian/base/arena.h"
#include "guardian/config/config.h"
#include "guardian/io/file.h"
#include "guardian/io/hmac.h"
#include "guardian/io/scram.h"
#include "guardian/store/secret_file.h"

enum { PASSWORD_SIZE = 1024, PASSWORD_MIN = 8 };

/* --- the password -------------------------------------------------------------------------------
 */

GD_MUST static struct gd_status read_line(char out_line[PASSWORD_SIZE], struct gd_error *err)
{
    if (fgets(out_line, PASSWORD_SIZE, stdin) == NULL)
        return gd_fail(err, GD_USAGE, "could not read a password: there is none");
    size_t length = strcspn(out_line, "\r\n");
    if (out_line[length] == '\0' && length == PASSWORD_SIZE - 1)
        return gd_fail(err, GD_USAGE, "could not read a password: it is too long");
    out_line[length] = '\0';
    return GD_DONE;
}

GD_MUST static struct gd_status ask_once(const char *prompt, char out_line[PASSWORD_SIZE],
                                         struct gd_error *err)
{
    struct termios before, silent;
    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return gd_fail(err, GD_SYSTEM, "could not ask for a password: %s", strerror(errno));
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    fputs(prompt, stderr);
    (void)fflush(stderr);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    struct gd_status status = read_line(out_line, err);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputs("\n", stderr);
    return status;
}

GD_MUST static struct gd_status ask(char out_line[PASSWORD_SIZE], struct gd_error *err)
{
    char again[PASSWORD_SIZE];
    if (!isatty(STDIN_FILENO))
        return read_line(out_line, err);
    GD_TRY(ask_once("Password: ", out_line, err));
    struct gd_status status = ask_once("Once more: ", again, err);
    bool same = status.code == GD_OK && strcmp(again, out_line) == 0;
    gd_wipe(again, sizeof again);
    GD_TRY(status);
    return same ? GD_DONE : gd_fail(err, GD_USAGE, "the two passwords are not the same");
}

/* What a client makes of other letters before it hashes them (RFC 4013) is not done here. */
GD_MUST static struct gd_status check(const char *password, struct gd_error *err)
{
    if (strlen(password) < PASSWORD_MIN)
        return gd_fail(err, GD_USAGE, "the password is too short: %d letters are the least",
                       PASSWORD_MIN);
    for (const char *at = password; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || (unsigned char)*at > '~')
            return gd_hint(err,
                           gd_fail(err, GD_USAGE, "the password has letters that are not ASCII"),
                           "Take another one, or let a server make the line: SELECT rolname, "
                           "rolpassword FROM pg_authid.");
    return GD_DONE;
}

/* --- the file -----------------------------------------------------------------------------------
 */

/* A quote in a name is doubled. */
static const char *quoted(const char *name, struct gd_arena *arena)
{
    char *text = gd_arena_alloc(arena, 2 * strlen(name) + 3), *at = text;
    *at++ = '"';
    for (; *name != '\0'; name++) {
        if (*name == '"')
            *at++ = '"';
        *at++ = *name;
    }
    *at++ = '"';
    *at = '\0';
    return text;
}

static const char *line_of(const char *name, const char *password, struct gd_arena *arena)
{
    struct gd_scram_verifier verifier;
    char text[GD_SCRAM_VERIFIER_SIZE];
    gd_scram_verifier_make(password, GD_SCRAM_ITERATIONS, &verifier);
    gd_scram_verifier_text(&verifier, text);
    gd_wipe(&verifier, sizeof verifier);
    return gd_arena_printf(arena, "%s \"%s\"\n", quoted(name, arena), text);
}

/* All lines but those of `start`. */
GD_MUST static struct gd_status copy_others(const char *text, const char *start,
                                            struct gd_sink *sink, struct gd_error *err)
{
    size_t length = strlen(start);
    while (*text != '\0') {
        const char *content = text + strspn(text, " \t");
        size_t size = strcspn(text, "\n") + (strchr(text, '\n') != NULL ? 1 : 0);
        bool same = strncmp(content, start, length) == 0 &&
                    (content[length] == ' ' || content[length] == '\t');
        if (!same)
            GD_TRY(gd_sink_write(sink, text, size, err));
        if (!same && text[size - 1] != '\n')
            GD_TRY(gd_sink_write(sink, "\n", 1, err));
        text += size;
    }
    return GD_DONE;
}

/* A file that a group may read stays so. */
static void keep_access(const char *path, const struct stat *before)
{
    if (chown(path, (uid_t)-1, before->st_gid) == 0)
        (void)chmod(path, before->st_mode & (S_IRUSR | S_IWUSR | S_IRGRP));
}

GD_MUST static struct gd_status put(const char *path, const char *name, const char *line,
                                    struct gd_arena *arena, struct gd_error *err)
{
    gd_auto_sink sink = NULL;
    char *text = NULL;
    size_t size = 0;
    struct stat before = {0};
    bool is_there = stat(path, &before) == 0;
    GD_TRY(gd_secret_file_read(path, true, &text, &size, err));
    struct gd_status status = gd_file_sink_new(path, GD_FILE_REPLACE, &sink, err);
    if (status.code == GD_OK)
        status = copy_others(text == NULL ? "" : text, quoted(name, arena), sink, err);
    gd_secret_file_wipe(text, size);
    GD_TRY(status);
    GD_TRY(gd_sink_write(sink, line, strlen(line), err));
    GD_TRY(gd_sink_finish(sink, err));
    if (is_there)
        keep_access(path, &before);
    return GD_DONE;
}

struct gd_status gd_cli_add_user(const struct gd_config *config, struct gd_error *err)
{
    char password[PASSWORD_SIZE];
    gd_auto_arena arena = gd_arena_new();
    const char *name = config->add_user, *line = "";
    if (strpbrk(name, "\r\n") != NULL)
        return gd_fail(err, GD_USAGE, "a user's name is one line");
    struct gd_status status = ask(password, err);
    if (status.code == GD_OK)
        status = check(password, err);
    if (status.code == GD_OK)
        line = line_of(name, password, arena);
    gd_wipe(password, sizeof password);
    GD_TRY(status);
    if (*config->users != '\0')
        return put(config->users, name, line, arena, err);
    fputs(line, stdout);
    return GD_DONE;
}
