/*
 * guardian wal push PATH, guardian wal fetch NAME PATH: archive_command and restore_command.
 *
 * The server reads nothing but the status. Of fetch it takes 0 for a file that is in place, and
 * anything from 1 to 125 for the end of what there is: it then promotes itself and reports success.
 * So 1 is said only when the store said that the file is not there, and 255, at which the server
 * stops, of everything else.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "guardian/cli/cmd.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/keys.h"
#include "guardian/cli/progress.h"
#include "guardian/cli/stores.h"
#include "guardian/io/file.h"
#include "guardian/io/json.h"
#include "guardian/wal/stored.h"

enum { FETCHED = 0, ABSENT = 1, TROUBLE = 255 };

struct wal {
    const struct gd_config *config;
    const struct gd_events *events;
    struct gd_arena *arena;
    struct gd_wal_put put;
    bool there;
};

GD_MUST static struct gd_status read_name(const char *text, struct gd_wal_name *out_name,
                                          struct gd_error *err)
{
    const char *slash = strrchr(text, '/');
    const char *last = slash == NULL ? text : slash + 1;
    if (gd_wal_name_read(last, out_name))
        return GD_DONE;
    return gd_hint(err, gd_fail(err, GD_USAGE, "\"%s\" is not the name of a WAL file", last),
                   "In postgresql.conf: archive_command = 'guardian wal push %%p', "
                   "restore_command = 'guardian wal fetch %%f %%p'.");
}

/* ---- push ---- */

GD_MUST static struct gd_status open_place(struct wal *wal, bool to_put,
                                           struct gd_store **out_store, struct gd_key **out_key,
                                           struct gd_wal_place *out_place, struct gd_error *err)
{
    const struct gd_config *config = wal->config;
    GD_TRY(gd_wal_cluster_of(config->data_directory, &out_place->system_identifier, err));
    GD_TRY(to_put ? gd_cli_store(config, wal->arena, wal->events, out_store, err)
                  : gd_cli_store_to_read(config, wal->arena, wal->events, out_store, err));
    GD_TRY(gd_cli_key(config, wal->arena, wal->events, out_key, err));
    out_place->store = *out_store;
    out_place->key = *out_key;
    out_place->level = (int)config->level;
    return GD_DONE;
}

GD_MUST static struct gd_status push(struct wal *wal, const char *path, struct gd_error *err)
{
    gd_auto_store store = NULL;
    gd_auto_key key = NULL;
    struct gd_wal_place place = {0};
    struct gd_wal_name name;
    GD_TRY(read_name(path, &name, err));
    GD_TRY(open_place(wal, true, &store, &key, &place, err));
    return gd_wal_put(&place, &name, path, &wal->put, err);
}

GD_MUST static struct gd_status tell_push(const struct wal *wal, const char *path,
                                          struct gd_error *err)
{
    struct gd_json *answer;
    if (!wal->config->json)
        return GD_DONE;
    answer = gd_json_object();
    gd_json_put(answer, "path", gd_json_new_text(path));
    gd_json_put(answer, "bytes", gd_json_new_int((int64_t)wal->put.bytes));
    gd_json_put(answer, "there_before", gd_json_new_bool(wal->put.there_before));
    struct gd_status status = gd_json_write(answer, stdout, 2, err);
    gd_json_free(answer);
    return status;
}

/* ---- fetch ---- */

GD_MUST static struct gd_status fetch(struct wal *wal, const char *text, const char *path,
                                      struct gd_error *err)
{
    gd_auto_store store = NULL;
    gd_auto_key key = NULL;
    gd_auto_sink sink = NULL;
    struct gd_wal_place place = {0};
    struct gd_wal_name name;
    GD_TRY(read_name(text, &name, err));
    GD_TRY(open_place(wal, false, &store, &key, &place, err));
    GD_TRY(gd_file_sink_new(path, GD_FILE_REPLACE, &sink, err));
    GD_TRY(gd_wal_get(&place, &name, sink, &wal->there, err));
    return wal->there ? gd_sink_finish(sink, err) : GD_DONE;
}

static int end_fetch(const struct wal *wal, struct gd_status status, const struct gd_error *err)
{
    if (status.code == GD_OK)
        return wal->there ? FETCHED : ABSENT;
    int ignored =
        gd_cli_fail_with(err, "The server must not go on as if this were the end of the WAL.");
    (void)ignored;
    return TROUBLE;
}

/* ---- the command ---- */

enum { PUSH_COUNT = 2, FETCH_COUNT = 3 };

GD_MUST static struct gd_status refuse(const char *verb, struct gd_error *err)
{
    struct gd_status status;
    if (strcmp(verb, "push") == 0)
        status = gd_fail(err, GD_USAGE, "wal push takes one path");
    else if (strcmp(verb, "fetch") == 0)
        status = gd_fail(err, GD_USAGE, "wal fetch takes a name and a path");
    else
        status = gd_fail(err, GD_USAGE, "wal cannot \"%s\"", verb);
    return gd_hint(err, status, "It is push PATH, or fetch NAME PATH.");
}

int gd_cmd_wal(const struct gd_config *config, int argc, char **argv)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_progress progress = gd_progress_new(config);
    struct gd_error err = {0};
    struct wal wal = {.config = config, .events = gd_progress_events(progress), .arena = arena};
    const char *verb = argc > 0 ? argv[0] : "";
    bool fetches = strcmp(verb, "fetch") == 0;
    struct gd_status status;
    if (fetches && argc == FETCH_COUNT)
        status = fetch(&wal, argv[1], argv[2], &err);
    else if (strcmp(verb, "push") == 0 && argc == PUSH_COUNT)
        status = push(&wal, argv[1], &err);
    else
        status = refuse(verb, &err);
    gd_progress_end(progress, status);
    if (fetches)
        return end_fetch(&wal, status, &err);
    if (status.code == GD_OK)
        status = tell_push(&wal, argv[1], &err);
    return status.code == GD_OK ? gd_cli_end(0) : gd_cli_fail(&err);
}
