#include "guardian/cli/previewing.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/memory.h"
#include "guardian/guard/run.h"
#include "guardian/guard/secret_text.h"
#include "guardian/io/process.h"
#include "guardian/proxy/behind_door.h"

enum { PRINTED_MAX = 64 << 20, NOT_EXECUTABLE = 126, NOT_FOUND = 127, DIFFERS = 2 };

/* ---- words ---- */

const char *gd_cli_in_words(const char *command, struct gd_arena *arena)
{
    const char *text = "", *at = command;
    while (*at != '\0') {
        size_t blank = strspn(at, " \t\n"), size = strcspn(at + blank, " \t\n");
        const char *word = gd_arena_strndup(arena, at + blank, size);
        text = gd_arena_printf(arena, "%s%s%s", text, blank > 0 && *text != '\0' ? " " : "",
                               strstr(word, "://") != NULL ? "…" : word);
        at += blank + size;
    }
    return gd_first_words(text, arena);
}

const char *gd_cli_argv_in_words(const char *const *argv, struct gd_arena *arena)
{
    const char *text = "";
    for (size_t i = 0; argv[i] != NULL; i++)
        text = gd_arena_printf(arena, "%s%s%s", text, i == 0 ? "" : " ", argv[i]);
    return gd_cli_in_words(text, arena);
}

const char *const *gd_cli_words(int argc, char **argv, struct gd_arena *arena)
{
    const char **words = gd_arena_zalloc(arena, (size_t)argc + 1, sizeof *words);
    for (int i = 0; i < argc; i++)
        words[i] = argv[i];
    return words;
}

/* ---- the command ---- */

/* Prisma's migrate diff: 2 says that there is a difference, where it was asked to say so. */
static bool says_differs(const char *command, int exit_status)
{
    const char *found = strstr(command, "--exit-code");
    return exit_status == DIFFERS && found != NULL &&
           (found[11] == '\0' || isspace((unsigned char)found[11]));
}

GD_MUST static struct gd_status failed(const char *command, int exit_status, const char *said,
                                       struct gd_arena *arena, struct gd_error *err)
{
    enum gd_code code =
        exit_status == NOT_FOUND || exit_status == NOT_EXECUTABLE ? GD_USAGE : GD_SYSTEM;
    size_t size = strlen(said);
    while (size > 0 && isspace((unsigned char)said[size - 1]))
        size--;
    return gd_hint(err,
                   gd_fail(err, code,
                           "could not plan what \"%s\" prints: it ended with status %d%s%.*s",
                           gd_cli_in_words(command, arena), exit_status,
                           size == 0 ? "" : ", and said: ", (int)size, said),
                   "Run it by hand until it prints SQL on stdout and ends with status 0.");
}

GD_MUST static struct gd_status read_printed(const char *command,
                                             const struct gd_texts *environment,
                                             struct gd_arena *arena, struct gd_input *out_input,
                                             struct gd_error *err)
{
    const char *argv[] = {"/bin/sh", "-c", command, NULL};
    const char **changes = gd_arena_zalloc(arena, environment->count + 1, sizeof *changes);
    for (size_t i = 0; i < environment->count; i++)
        changes[i] = environment->items[i];
    struct gd_process_options options = {.argv = argv, .environment = changes, .read_output = true};
    gd_auto_process process = NULL;
    struct gd_error why = {0};
    char *printed = NULL;
    size_t size = 0;
    int exit_status = 0;
    GD_TRY(gd_process_start(&options, &process, err));
    GD_TRY(gd_source_all(gd_process_output(process), PRINTED_MAX, &printed, &size, err));
    const char *text = gd_arena_strndup(arena, printed, size);
    free(printed);
    struct gd_status status = gd_process_finish(process, &exit_status, &why);
    if (status.code != GD_OK && !says_differs(command, exit_status))
        return failed(command, exit_status, gd_process_said(process), arena, err);
    *out_input =
        (struct gd_input){.path = gd_cli_in_words(command, arena), .text = text, .size = size};
    return GD_DONE;
}

/* ---- the door ---- */

GD_MUST static struct gd_status behind_door(const struct gd_config *config, struct gd_run *run,
                                            const struct gd_pg_options *pg, struct gd_arena *arena,
                                            struct gd_input *out_input, struct gd_error *err)
{
    struct gd_behind_door_options options = {
        .pg = pg,
        .user = gd_run_user(run),
        .database = gd_run_database(run),
        .variables = config->variables.items,
        .variable_count = config->variables.count,
        .gate = gd_run_gate(run),
        .statement_bytes_max = (size_t)config->statement_size_max,
    };
    struct gd_behind_door *behind = NULL;
    struct gd_texts environment = {0};
    struct gd_error late = {0};
    GD_TRY(gd_behind_door_open(&options, arena, &behind, &environment, err));
    struct gd_status status = read_printed(config->from, &environment, arena, out_input, err);
    struct gd_status ended = gd_behind_door_close(behind, &late);
    if (status.code == GD_OK && ended.code != GD_OK)
        *err = late;
    return status.code == GD_OK ? ended : status;
}

struct gd_status gd_cli_preview(const struct gd_config *config, const char *uri,
                                struct gd_arena *arena, struct gd_input *out_input,
                                struct gd_error *err)
{
    struct gd_pg_options pg = {.target = uri == NULL ? NULL : gd_text_or_null(uri),
                               .lock_ms = (uint32_t)config->lock_timeout_ms};
    struct gd_guard_options guard = {.pg = &pg,
                                     .statement_bytes_max = (size_t)config->statement_size_max};
    struct gd_run_options options = {
        .mode = GD_RUN_READ, .guard = &guard, .command = gd_cli_in_words(config->from, arena)};
    struct gd_texts nothing = {0};
    struct gd_run *run = NULL;
    if (uri == NULL)
        return read_printed(config->from, &nothing, arena, out_input, err);
    GD_TRY(gd_run_begin(&options, arena, &run, err));
    struct gd_status status = behind_door(config, run, &pg, arena, out_input, err);
    gd_run_free(run);
    return status;
}
