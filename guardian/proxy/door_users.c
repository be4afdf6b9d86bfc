/* Who may come in: one password for everybody, or a file of verifiers. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "guardian/io/hmac.h"
#include "guardian/proxy/door_own.h"
#include "guardian/store/secret_file.h"

/* "name" or 'plain': a doubled quote is one. @return behind it; NULL: it is not so */
static const char *take_quoted(const char *at, struct gd_arena *arena, const char **out_text)
{
    if (*at != '"')
        return NULL;
    char *text = gd_arena_alloc(arena, strlen(at));
    size_t used = 0;
    for (at++; *at != '\0'; at++) {
        if (*at == '"' && at[1] != '"') {
            text[used] = '\0';
            *out_text = text;
            return at + 1;
        }
        at += *at == '"' ? 1 : 0;
        text[used++] = *at;
    }
    return NULL;
}

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t\r");
}

GD_MUST static struct gd_status bad_line(const char *path, size_t line, const char *why,
                                         struct gd_error *err)
{
    return gd_hint(
        err,
        gd_fail(err, GD_USAGE, "could not read users from \"%s\", line %zu: %s", path, line, why),
        "A line is \"name\" \"SCRAM-SHA-256$...\": the second is what SELECT rolname, "
        "rolpassword FROM pg_authid shows.");
}

GD_MUST static struct gd_status take_user(struct gd_door *door, const char *text, const char *path,
                                          size_t line, struct gd_error *err)
{
    struct gd_door_user *user = &door->users[door->user_count];
    const char *verifier = NULL;
    const char *at = take_quoted(text, door->users_arena, &user->name);
    if (at != NULL)
        at = take_quoted(skip_blanks(at), door->users_arena, &verifier);
    if (at == NULL || *skip_blanks(at) != '\0')
        return bad_line(path, line, "it is not two texts in double quotes", err);
    if (*user->name == '\0')
        return bad_line(path, line, "the name is empty", err);
    if (!gd_scram_verifier_parse(verifier, &user->verifier))
        return bad_line(path, line, "the second text is no verifier of SCRAM-SHA-256", err);
    for (size_t i = 0; i < door->user_count; i++)
        if (strcmp(door->users[i].name, user->name) == 0)
            return bad_line(path, line, "that user was there before", err);
    door->user_count++;
    return GD_DONE;
}

GD_MUST static struct gd_status take_lines(struct gd_door *door, char *text, const char *path,
                                           struct gd_error *err)
{
    size_t lines = 1;
    for (const char *at = text; *at != '\0'; at++)
        lines += *at == '\n' ? 1 : 0;
    door->users = gd_arena_zalloc(door->users_arena, lines, sizeof *door->users);
    char *at = text;
    for (size_t line = 1; at != NULL; line++) {
        char *next = strchr(at, '\n');
        if (next != NULL)
            *next++ = '\0';
        const char *content = skip_blanks(at);
        if (*content != '\0' && *content != '#' && *content != ';')
            GD_TRY(take_user(door, content, path, line, err));
        at = next;
    }
    if (door->user_count == 0)
        return gd_fail(err, GD_USAGE, "could not read users from \"%s\": it names nobody", path);
    return GD_DONE;
}

/* Who reads it could try passwords against it; who writes to it comes in. */
GD_MUST static struct gd_status check_mode(const char *path, struct gd_error *err)
{
    struct stat about = {0};
    if (stat(path, &about) != 0)
        return gd_fail(err, GD_USAGE, "could not read users from \"%s\": %s", path,
                       strerror(errno));
    if ((about.st_mode & (S_IRWXO | S_IWGRP)) == 0)
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_USAGE,
                           "could not read users from \"%s\": its mode is %04o, and others can "
                           "read it or write to it",
                           path, (unsigned)(about.st_mode & 07777)),
                   "Close it with chmod 600, or 640 for a group.");
}

/* The salts of users that do not exist come from the file, so that they stay the same as long as it
 * does, also when we are started again. */
struct gd_status gd_door_read_users(struct gd_door *door, const char *path, struct gd_error *err)
{
    char *text = NULL;
    size_t size = 0;
    static const char purpose[] = "guardian door salts";
    GD_TRY(check_mode(path, err));
    GD_TRY(gd_secret_file_read(path, false, &text, &size, err));
    gd_hmac_sha256(purpose, strlen(purpose), text, size, door->secret);
    door->users_arena = gd_arena_new();
    struct gd_status status = take_lines(door, text, path, err);
    gd_secret_file_wipe(text, size);
    return status;
}

void gd_door_forget_users(struct gd_door *door)
{
    for (size_t i = 0; i < door->user_count; i++)
        gd_wipe(&door->users[i].verifier, sizeof door->users[i].verifier);
    door->user_count = 0;
    gd_arena_free(GD_MOVE(door->users_arena));
}

static bool find_user(const struct gd_door *door, const char *user,
                      struct gd_scram_verifier *out_verifier)
{
    for (size_t i = 0; i < door->user_count; i++) {
        if (strcmp(door->users[i].name, user) == 0) {
            *out_verifier = door->users[i].verifier;
            return true;
        }
    }
    gd_scram_verifier_doomed(door->secret, user, door->users[0].verifier.iterations, out_verifier);
    return false;
}

bool gd_door_verifier(struct gd_door *door, const char *user,
                      struct gd_scram_verifier *out_verifier)
{
    if (!door->has_list) {
        *out_verifier = door->verifier;
        return true;
    }
    pthread_mutex_lock(&door->lock);
    bool found = find_user(door, user, out_verifier);
    pthread_mutex_unlock(&door->lock);
    return found;
}
