/*
 * guardian wal VERB: the table of verbs, and what they share.
 *
 * Invariant  What is no verb, or has the wrong operands, ends with 255 unless it is surely not a
 *            restore_command: a misspelt one must not look like the end of the WAL.
 */
#include <string.h>

#include "guardian/cli/cmd.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/keys.h"
#include "guardian/cli/wal.h"
#include "guardian/wal/fetch.h"

enum { ANY = 1 << 10 }; /* operands */

struct verb {
    const char *name;
    int operands_min, operands_max;
    const char *form; /* as a hint has it */
    gd_cli_wal_fn *run;
    int misuse; /* exit status for wrong operands */
};

/* clang-format off */
static const struct verb verbs[] = {
    {"push",  1, 1, "push PATH",       gd_cli_wal_push,  2},
    {"fetch", 2, 2, "fetch NAME PATH", gd_cli_wal_fetch, GD_WAL_TROUBLE},
    {"check", 0, 0, "check",           gd_cli_wal_check, 2},
    {"stream", 0, 0, "stream",         gd_cli_wal_stream, 2},
};
/* clang-format on */
enum { VERB_COUNT = sizeof verbs / sizeof verbs[0] };

static const struct verb *find(const char *name)
{
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

static const char *all_forms(struct gd_arena *arena)
{
    const char *text = "";
    for (size_t i = 0; i < VERB_COUNT; i++)
        text = gd_arena_printf(arena, "%s%s%s", text, i == 0 ? "" : ", ", verbs[i].form);
    return text;
}

static int refuse(const struct verb *verb, const char *name)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_status status;
    if (verb != NULL)
        status = gd_fail(&err, GD_USAGE, "wal %s takes other operands", name);
    else if (name[0] == '\0')
        status = gd_fail(&err, GD_USAGE, "wal was not told what to do");
    else
        status = gd_fail(&err, GD_USAGE, "wal cannot \"%s\"", name);
    status = gd_hint(&err, status, "It is: %s.", verb != NULL ? verb->form : all_forms(arena));
    int said = gd_cli_fail(&err);
    (void)status, (void)said;
    return verb != NULL ? verb->misuse : GD_WAL_TROUBLE;
}

int gd_cmd_wal(const struct gd_config *config, int argc, char **argv)
{
    const char *name = argc > 0 ? argv[0] : "";
    const struct verb *verb = find(name);
    int operands = argc - 1;
    if (verb == NULL || operands < verb->operands_min ||
        (operands > verb->operands_max && verb->operands_max != ANY))
        return refuse(verb, name);
    return verb->run(config, operands, argv + 1);
}

/* ---- what verbs share ---- */

struct gd_status gd_cli_wal_name(const char *path, struct gd_wal_name *out_name,
                                 struct gd_error *err)
{
    const char *slash = strrchr(path, '/');
    const char *last = slash == NULL ? path : slash + 1;
    if (gd_wal_name_read(last, out_name))
        return GD_DONE;
    return gd_hint(err, gd_fail(err, GD_USAGE, "\"%s\" is not the name of a WAL file", last),
                   "In postgresql.conf: archive_command = 'guardian wal push %%p', "
                   "restore_command = 'guardian wal fetch %%f %%p'.");
}

struct gd_status gd_cli_wal_open(const struct gd_config *config, bool to_put,
                                 struct gd_arena *arena, const struct gd_events *events,
                                 struct gd_cli_wal_place *open, struct gd_error *err)
{
    struct gd_wal_place *place = &open->place;
    GD_TRY(gd_wal_cluster_of(config->data_directory, &place->system_identifier, err));
    GD_TRY(to_put ? gd_cli_store(config, arena, events, &open->store, err)
                  : gd_cli_store_to_read(config, arena, events, &open->store, err));
    GD_TRY(gd_cli_key(config, arena, events, &open->key, err));
    place->store = open->store;
    place->key = open->key;
    place->level = (int)config->level;
    place->recovering = to_put && gd_wal_is_recovering(config->data_directory);
    return GD_DONE;
}

void gd_cli_wal_close(struct gd_cli_wal_place *open)
{
    gd_key_free(GD_MOVE(open->key));
    gd_store_close(GD_MOVE(open->store));
}
