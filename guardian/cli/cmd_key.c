/*
 * guardian key: make a key, or say which one is in use.
 *
 * A new key is on disk before anything is said about it, and never in the place of another one.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guardian/cli/cmd.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/keys.h"
#include "guardian/cli/progress.h"
#include "guardian/io/file.h"
#include "guardian/io/hmac.h"
#include "guardian/io/json.h"

static struct gd_status write_text(const char *path, const char *text, struct gd_error *err)
{
    gd_auto_sink sink = NULL;
    if (strcmp(path, "-") == 0)
        sink = gd_fd_sink_new(STDOUT_FILENO, "standard output");
    else
        GD_TRY(gd_file_sink_new(path, GD_FILE_NEW, &sink, err));
    GD_TRY(gd_sink_write(sink, text, strlen(text), err));
    GD_TRY(gd_sink_write(sink, "\n", 1, err));
    return gd_sink_finish(sink, err);
}

static struct gd_status make(const char *path, char out_id[GD_KEY_ID_SIZE], struct gd_error *err)
{
    char text[65];
    gd_auto_key key = NULL;
    gd_key_generate(text);
    struct gd_status status = gd_key_parse(text, &key, err);
    if (status.code == GD_OK)
        status = write_text(path, text, err);
    gd_wipe(text, sizeof text);
    if (status.code == GD_REFUSED) /* not by policy: the wrong file was named */
        return gd_hint(err, gd_fail(err, GD_USAGE, "\"%s\" is there already", path),
                       "A key that is in use must not be lost: choose another name.");
    GD_TRY(status);
    (void)snprintf(out_id, GD_KEY_ID_SIZE, "%s", gd_key_id(key));
    return GD_DONE;
}

static void tell_made(FILE *to, const char *path, const char *id)
{
    if (strcmp(path, "-") == 0)
        fprintf(to, "made the key %s\n", id);
    else
        fprintf(to,
                "made the key %s: %s\n\nUse it with --key-file, GUARDIAN_KEY_FILE, or key-file in "
                "guardian.yaml.\n",
                id, path);
    fputs("A lost key is a lost backup: keep a copy where neither this machine nor the store can "
          "take it\n"
          "down with them.\n",
          to);
}

static struct gd_status print_json(struct gd_json *take_value, struct gd_error *err)
{
    struct gd_status status = gd_json_write(take_value, stdout, 2, err);
    gd_json_free(take_value);
    return status;
}

static struct gd_status make_and_tell(const struct gd_config *config, const char *path,
                                      struct gd_error *err)
{
    char id[GD_KEY_ID_SIZE];
    bool to_stdout = strcmp(path, "-") == 0;
    GD_TRY(make(path, id, err));
    if (config->json && !to_stdout) {
        struct gd_json *answer = gd_json_object();
        gd_json_put(answer, "id", gd_json_new_text(id));
        gd_json_put(answer, "path", gd_json_new_text(path));
        return print_json(answer, err);
    }
    if (!to_stdout || !config->quiet)
        tell_made(to_stdout ? stderr : stdout, path, id);
    return GD_DONE;
}

static struct gd_status list_json(const struct gd_key *key, struct gd_error *err)
{
    struct gd_json *answer = gd_json_object(), *keys = gd_json_list();
    for (size_t i = 0; key != NULL && i < gd_key_count(key); i++) {
        struct gd_json *row = gd_json_object();
        gd_json_put(row, "id", gd_json_new_text(gd_key_id_at(key, i)));
        gd_json_put(row, "seals", gd_json_new_bool(i == 0));
        gd_json_push(keys, row);
    }
    gd_json_put(answer, "keys", keys);
    return print_json(answer, err);
}

static struct gd_status list(const struct gd_config *config, struct gd_arena *arena,
                             struct gd_error *err)
{
    gd_auto_progress progress = gd_progress_new(config);
    gd_auto_key key = NULL;
    GD_TRY(gd_cli_key(config, arena, gd_progress_events(progress), &key, err));
    gd_progress_end(progress, GD_DONE);
    if (config->json)
        return list_json(key, err);
    if (key == NULL) {
        puts("No key is set: snapshots are stored without encryption.");
        return GD_DONE;
    }
    for (size_t i = 0; i < gd_key_count(key); i++)
        printf("%s  %s\n", gd_key_id_at(key, i), i == 0 ? "seals and opens" : "opens");
    return GD_DONE;
}

int gd_cmd_key(const struct gd_config *config, int argc, char **argv)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_status status;
    if (argc > 1)
        status = gd_fail(&err, GD_USAGE, "key takes one file");
    else
        status = argc == 1 ? make_and_tell(config, argv[0], &err) : list(config, arena, &err);
    return status.code == GD_OK ? gd_cli_end(0) : gd_cli_fail(&err);
}
