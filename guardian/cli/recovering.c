/* Recovering, see recovering.h. */
#include "guardian/cli/recovering.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/cli/stores.h"

/* --- the target --- */

unsigned gd_cli_target_count(const struct gd_config *config)
{
    return (unsigned)((config->point_before[0] != '\0') + (config->point_after[0] != '\0') +
                      (config->point_time[0] != '\0') + (config->point_lsn[0] != '\0') +
                      (config->point_xid != 0) + (config->point_name[0] != '\0') +
                      config->point_latest + config->point_immediate);
}

GD_MUST static struct gd_status read_lsn(const struct gd_config *config, struct gd_target *target,
                                         struct gd_error *err)
{
    target->kind = GD_TARGET_LSN;
    if (gd_lsn_read(config->point_lsn, &target->lsn))
        return GD_DONE;
    return gd_hint(err, gd_fail(err, GD_USAGE, "could not read the LSN \"%s\"", config->point_lsn),
                   "It looks like 16/B374D848.");
}

static void read_text(const struct gd_config *config, struct gd_target *target)
{
    const struct {
        const char *text;
        enum gd_target_kind kind;
    } texts[] = {{config->point_before, GD_TARGET_BEFORE},
                 {config->point_after, GD_TARGET_AFTER},
                 {config->point_name, GD_TARGET_NAME}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].text[0] != '\0') {
            target->kind = texts[i].kind;
            target->text = texts[i].text;
        }
}

struct gd_status gd_cli_target(const struct gd_config *config, struct gd_arena *arena,
                               struct gd_target *out_target, struct gd_error *err)
{
    (void)arena;
    *out_target = (struct gd_target){.kind = GD_TARGET_LATEST,
                                     .timeline = (uint32_t)config->point_timeline,
                                     .base = gd_text_or_null(config->point_base)};
    if (gd_cli_target_count(config) != 1)
        return gd_hint(err,
                       gd_fail(err, GD_USAGE, "%s",
                               gd_cli_target_count(config) == 0
                                   ? "no point in time was named"
                                   : "more than one point in time was named"),
                       "Name one: --before CHANGE, --after CHANGE, --time, --lsn, --xid, --name, "
                       "--latest or --immediate.");
    if (config->point_lsn[0] != '\0')
        return read_lsn(config, out_target, err);
    if (config->point_time[0] != '\0') {
        out_target->kind = GD_TARGET_TIME;
        return gd_recover_time(config->point_time, &out_target->time_us, err);
    }
    if (config->point_xid != 0) {
        out_target->kind = GD_TARGET_XID;
        out_target->xid = (uint64_t)config->point_xid;
    }
    if (config->point_immediate)
        out_target->kind = GD_TARGET_IMMEDIATE;
    read_text(config, out_target);
    return GD_DONE;
}

/* --- restore_command --- */

/* For a shell, and with % doubled, as the server wants it. */
static const char *quoted(const char *text, struct gd_arena *arena)
{
    char *out = gd_arena_alloc(arena, 4 * strlen(text) + 3), *at = out;
    *at++ = '\'';
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            memcpy(at, "'\\'", 3);
            at += 3;
        }
        if (*text == '%')
            *at++ = '%';
        *at++ = *text;
    }
    *at++ = '\'';
    *at = '\0';
    return out;
}

static const char *own_program(struct gd_arena *arena, struct gd_error *err)
{
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length <= 0) {
        (void)gd_fail(err, GD_SYSTEM, "could not find out the path of this program").code;
        return NULL;
    }
    return gd_arena_strndup(arena, path, (size_t)length);
}

/* The server starts the command in its data directory. */
static const char *absolute(const char *path, struct gd_arena *arena)
{
    char *real = realpath(path, NULL);
    const char *text = real == NULL ? path : gd_arena_strdup(arena, real);
    free(real);
    return text;
}

static bool is_path(const struct gd_option *option)
{
    return strcmp(option->name, "key-file") == 0 || strcmp(option->name, "store-ca-file") == 0 ||
           strcmp(option->name, "config") == 0;
}

static const char *choice_word(const struct gd_option *option, int index, struct gd_arena *arena)
{
    const char *word = option->choices;
    for (; index > 0 && *word != '\0'; index--)
        word += strcspn(word, " ") + 1;
    return gd_arena_strndup(arena, word, strcspn(word, " "));
}

/* As it would stand in the environment; NULL: nothing to say. */
static const char *value_of(const struct gd_config *config, const struct gd_option *option,
                            struct gd_arena *arena)
{
    const char *field = (const char *)config + option->offset;
    int64_t number = 0;
    switch (option->type) {
    case GD_TYPE_TEXT:
    case GD_TYPE_SECRET: {
        const char *text;
        memcpy(&text, field, sizeof text);
        return *text == '\0' ? NULL : is_path(option) ? absolute(text, arena) : text;
    }
    case GD_TYPE_FLAG:
        return *(const bool *)field ? "yes" : "no";
    case GD_TYPE_CHOICE: {
        int index;
        memcpy(&index, field, sizeof index);
        return choice_word(option, index, arena);
    }
    case GD_TYPE_INT:
    case GD_TYPE_SIZE:
        memcpy(&number, field, sizeof number);
        return gd_arena_printf(arena, "%" PRId64, number);
    case GD_TYPE_DURATION:
        memcpy(&number, field, sizeof number);
        return gd_arena_printf(arena, "%" PRId64 "ms", number);
    case GD_TYPE_LIST:
        break;
    }
    return NULL;
}

/* What `guardian wal fetch` has to know and cannot find again: it runs elsewhere, as somebody else.
   Secrets go by the environment only. */
static const char *const *environment_of(const struct gd_config *config, const char *url,
                                         struct gd_arena *arena)
{
    const char **list = gd_arena_zalloc(arena, gd_options_count + 3, sizeof *list);
    size_t count = 0;
    list[count++] = gd_arena_printf(arena, "GUARDIAN_STORE=%s", url);
    list[count++] = "GUARDIAN_QUIET"; /* what it has to say stands in the server's log */
    for (size_t i = 0; i < gd_options_count; i++) {
        const struct gd_option *option = &gd_options[i];
        char name[GD_OPTION_ENV_SIZE];
        enum gd_origin origin = config->origins[i].origin;
        bool passed =
            strncmp(option->name, "store-", 6) == 0 || strncmp(option->name, "key", 3) == 0;
        if (!passed || origin == GD_FROM_DEFAULT || !gd_option_is_for(option, "wal"))
            continue;
        const char *value = value_of(config, option, arena);
        gd_option_env(option, name);
        if (value != NULL)
            list[count++] = gd_arena_printf(arena, "%s=%s", name, value);
    }
    return list;
}

struct gd_status gd_cli_recover_options(const struct gd_config *config, struct gd_store *store,
                                        const struct gd_key *key, struct gd_arena *arena,
                                        const struct gd_events *events,
                                        struct gd_recover_options *out_options,
                                        struct gd_error *err)
{
    const char *program = own_program(arena, err), *url = NULL;
    char *end = NULL;
    uint64_t system = strtoull(config->system, &end, 10);
    if (program == NULL)
        return (struct gd_status){err->code};
    if (config->system[0] != '\0' && (*end != '\0' || system == 0))
        return gd_fail(err, GD_USAGE, "\"%s\" is not a system identifier", config->system);
    GD_TRY(gd_cli_store_url(config, arena, &url, err));
    *out_options = (struct gd_recover_options){
        .place = {.store = store, .key = key, .system_identifier = system},
        .pg_bin = gd_text_or_null(config->pg_bin),
        .user = gd_text_or_null(config->run_as),
        .fetch_command = gd_arena_printf(arena, "%s wal fetch %%f %%p --store %s",
                                         quoted(program, arena), quoted(url, arena)),
        .environment = environment_of(config, url, arena),
        .workers = (unsigned)config->workers,
        .check = !config->no_check,
        .events = events};
    return GD_DONE;
}
