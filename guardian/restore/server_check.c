/*
 * Server, the check: PostgreSQL's own programs look at the recovered files.
 */
#include <stdio.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/texts.h"
#include "guardian/restore/server.h"
#include "guardian/snapshot/programs.h"

enum { FOUND_DAMAGE = 2 /* pg_amcheck's status */, SAID_MAX = 600 };

static bool find(const struct gd_server *server, const char *name, const char *pg_bin,
                 struct gd_program *out_program)
{
    struct gd_error err = {0};
    int major = server->version / 10000;
    return gd_program_find(name, pg_bin, major * 10000, server->arena, out_program, &err).code ==
               GD_OK &&
           out_program->version / 10000 == major;
}

static const char *beginning(const struct gd_server *server, const char *said)
{
    char *text = gd_arena_strndup(server->arena, said, strnlen(said, SAID_MAX));
    for (char *at = text; *at != '\0'; at++)
        if (*at == '\n')
            *at = ' ';
    return text;
}

static void leave_out(const struct gd_server *server, struct gd_texts *left_out, const char *text)
{
    gd_texts_add(left_out, text, server->arena);
}

static struct gd_status judge_amcheck(const struct gd_server *server, struct gd_status status,
                                      int exit_status, const char *said, bool *out_done,
                                      struct gd_texts *left_out, struct gd_error *err)
{
    bool lacks = strstr(said, "amcheck is not installed") != NULL;
    bool nothing = strstr(said, "no relations to check") != NULL;
    if (lacks)
        leave_out(server, left_out, "databases without the extension amcheck were not looked at");
    if (status.code == GD_OK) {
        *out_done = !nothing;
        return status;
    }
    if (exit_status == FOUND_DAMAGE)
        return gd_fail(err, GD_CORRUPT, "pg_amcheck found damage: %s", beginning(server, said));
    if (gd_interrupt_check(err).code != GD_OK)
        return (struct gd_status){err->code};
    if (lacks && nothing) /* all of them: that is no failure of it */
        return GD_DONE;
    leave_out(
        server, left_out,
        gd_arena_printf(server->arena, "pg_amcheck could not look: %s", beginning(server, said)));
    return GD_DONE;
}

struct gd_status gd_server_amcheck(struct gd_server *server, const char *pg_bin, unsigned jobs,
                                   bool *out_done, struct gd_texts *left_out, struct gd_error *err)
{
    struct gd_program program;
    char count[12];
    int exit_status = 0;
    const char *said = "";
    *out_done = false;
    if (!find(server, "pg_amcheck", pg_bin, &program)) {
        leave_out(server, left_out, "there is no pg_amcheck of this major version here");
        return GD_DONE;
    }
    (void)snprintf(count, sizeof count, "%u", jobs);
    const char *argv[] = {program.path, "--all", "--heapallindexed", "--no-strict-names", "--jobs",
                          count, "--host", server->home, "--port", "5432", "--username",
                          server->superuser, "--maintenance-db", server->database,
                          /* of a throwaway nothing is kept: there it may be added */
                          server->throwaway ? "--install-missing" : NULL, NULL};
    struct gd_status status =
        gd_server_run(server, argv, server->home, 0, &exit_status, &said, err);
    return judge_amcheck(server, status, exit_status, said, out_done, left_out, err);
}

struct gd_status gd_server_checksums(struct gd_server *server, const char *pg_bin, bool *out_done,
                                     struct gd_texts *left_out, struct gd_error *err)
{
    struct gd_program program;
    int exit_status = 0;
    const char *said = "";
    *out_done = false;
    if (!server->control.checksums) {
        leave_out(server, left_out, "the cluster has no checksums of its pages");
        return GD_DONE;
    }
    if (!find(server, "pg_checksums", pg_bin, &program)) {
        leave_out(server, left_out, "there is no pg_checksums of this major version here");
        return GD_DONE;
    }
    const char *argv[] = {program.path, "--check", "-D", server->data, NULL};
    struct gd_status status =
        gd_server_run(server, argv, server->home, 0, &exit_status, &said, err);
    *out_done = status.code == GD_OK;
    if (status.code != GD_OK && strstr(said, "checksum verification failed") != NULL)
        return gd_fail(err, GD_CORRUPT, "pg_checksums found damage: %s", beginning(server, said));
    return status;
}
