/* Recover, conf, see recover_conf.h. */
#include "guardian/restore/recover_conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { DEPTH_MAX = 10 };

static const char blank[] = " \t\r\f\v";

void gd_recover_conf_add(struct gd_recover_conf *conf, const char *name, const char *text)
{
    if (conf->saved_count == GD_RECOVER_CONF_MAX)
        return;
    conf->saved[conf->saved_count].name = name;
    conf->saved[conf->saved_count++].text = text;
}

const char *gd_recover_conf_saved(const struct gd_recover_conf *conf, const char *name)
{
    for (size_t i = 0; i < conf->saved_count; i++)
        if (strcmp(conf->saved[i].name, name) == 0)
            return conf->saved[i].text;
    return NULL;
}

/* --- a line: name = 'value' --- */

struct line {
    const char *name, *value; /* "": none */
};

static const char *quoted_value(const char *at, struct gd_arena *arena)
{
    char *out = gd_arena_alloc(arena, strlen(at) + 1), *end = out;
    for (at++; *at != '\0' && !(at[0] == '\'' && at[1] != '\''); at++) {
        if ((at[0] == '\'' || at[0] == '\\') && at[1] != '\0')
            at++;
        *end++ = *at;
    }
    *end = '\0';
    return out;
}

static struct line read_line(const char *text, struct gd_arena *arena)
{
    const char *name = text + strspn(text, blank);
    size_t length =
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.");
    const char *value = name + length + strspn(name + length, blank);
    if (*value == '=')
        value += 1 + strspn(value + 1, blank);
    return (struct line){gd_arena_strndup(arena, name, length),
                         *value == '\''
                             ? quoted_value(value, arena)
                             : gd_arena_strndup(arena, value, strcspn(value, " \t\r\f\v#"))};
}

static bool is_among(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    return false;
}

static bool is_gone(const char *path)
{
    return *path == '/' && strchr(path, ',') == NULL && access(path, F_OK) != 0;
}

/* Out of the data directory, as far as the text tells. */
static bool leads_out(const char *path)
{
    if (*path == '/')
        return true;
    for (const char *at = path; (at = strstr(at, "..")) != NULL; at += 2)
        if ((at == path || at[-1] == '/') && (at[2] == '/' || at[2] == '\0'))
            return true;
    return false;
}

/* The old server may run on beside this one: in its folder of logs one writes over the other's
 * files, and a server that starts (13, 14) empties its folder of statistics, whosever it is. What
 * these are without the line is within the data directory. Folders of sockets have a lock in them.
 */
static bool leads_away(const struct line *line)
{
    static const char *const always[] = {"data_directory", "config_file", "hba_file", "ident_file",
                                         "external_pid_file"};
    static const char *const written[] = {"log_directory", "stats_temp_directory"};
    static const char *const sockets[] = {"unix_socket_directories"};
    return is_among(line->name, always, sizeof always / sizeof *always) ||
           (is_among(line->name, written, sizeof written / sizeof *written) &&
            leads_out(line->value)) ||
           (is_among(line->name, sockets, sizeof sockets / sizeof *sockets) &&
            is_gone(line->value));
}

static bool is_missing(const struct line *line)
{
    static const char *const files[] = {"ssl_cert_file", "ssl_key_file", "ssl_ca_file",
                                        "ssl_crl_file", "ssl_dh_params_file"};
    return is_among(line->name, files, sizeof files / sizeof *files) && is_gone(line->value);
}

static bool is_include(const struct line *line)
{
    static const char *const names[] = {"include", "include_if_exists", "include_dir"};
    return is_among(line->name, names, sizeof names / sizeof *names);
}

/* --- what is included --- */

struct reading {
    struct gd_recover_conf *conf;
    FILE *to;
    const char *path; /* of the file that is read, on the old server */
    unsigned depth;
};

static void put_text(const struct reading *reading, const char *text);

/* "conf.d/" of "/etc/x/postgresql.conf": "/etc/x/conf.d" */
static const char *resolved(const struct reading *reading, const char *value)
{
    struct gd_arena *arena = reading->conf->arena;
    const char *slash = strrchr(reading->path, '/');
    size_t length;
    while (strncmp(value, "./", 2) == 0)
        value += 2;
    for (length = strlen(value); length > 1 && value[length - 1] == '/'; length--)
        ;
    value = gd_arena_strndup(arena, value, length);
    return *value == '/' || slash == NULL
               ? value
               : gd_arena_printf(arena, "%.*s/%s", (int)(slash - reading->path), reading->path,
                                 value);
}

static bool is_in(const char *path, const char *folder)
{
    size_t length = strlen(folder), whole = strlen(path);
    return strncmp(path, folder, length) == 0 && path[length] == '/' && path[length + 1] != '.' &&
           strchr(path + length + 1, '/') == NULL && whole > length + 6 &&
           strcmp(path + whole - 5, ".conf") == 0;
}

/* The first one behind `after`, by path: as the server takes them in. */
static const struct gd_base_setting *next_of(const struct reading *reading, bool folder,
                                             const char *path, const char *after)
{
    const struct gd_base *base = reading->conf->base;
    const struct gd_base_setting *next = NULL;
    for (size_t i = 0; i < base->setting_count; i++) {
        const struct gd_base_setting *one = &base->settings[i];
        bool meant = folder ? is_in(one->path, path) : strcmp(one->path, path) == 0;
        if (meant && strcmp(one->path, after) > 0 &&
            (next == NULL || strcmp(one->path, next->path) < 0))
            next = one;
    }
    return next;
}

static void put_included(const struct reading *reading, const struct line *line)
{
    struct gd_recover_conf *conf = reading->conf;
    bool folder = strcasecmp(line->name, "include_dir") == 0, whole = true;
    const char *path = resolved(reading, line->value), *after = "";
    const struct gd_base_setting *one = next_of(reading, folder, path, after);
    if (one == NULL || reading->depth == DEPTH_MAX)
        whole = false;
    for (; one != NULL && reading->depth < DEPTH_MAX;
         one = next_of(reading, folder, path, one->path)) {
        const char *text = one->saved ? gd_recover_conf_saved(conf, one->name) : NULL;
        const struct reading inner = {conf, reading->to, one->path, reading->depth + 1};
        whole = whole && text != NULL;
        fprintf(reading->to, "# %s:\n", one->path);
        if (text != NULL)
            put_text(&inner, text);
    }
    if (!whole)
        (void)gd_texts_add(&conf->left_out,
                           gd_arena_printf(conf->arena, "%s '%s' (nothing of it was saved)",
                                           line->name, line->value),
                           conf->arena);
}

/* --- all of it --- */

static void put_line(const struct reading *reading, const char *text)
{
    struct gd_recover_conf *conf = reading->conf;
    struct line line = read_line(text, conf->arena);
    bool include = is_include(&line);
    if (!include && !leads_away(&line)) {
        fprintf(reading->to, "%s\n", text);
        if (is_missing(&line))
            (void)gd_texts_add(&conf->missing,
                               gd_arena_printf(conf->arena, "%s '%s'", line.name, line.value),
                               conf->arena);
        return;
    }
    fprintf(reading->to, "# guardian recover: %s\n", text);
    if (include)
        put_included(reading, &line);
    else
        (void)gd_texts_add(&conf->left_out, line.name, conf->arena);
}

static void put_text(const struct reading *reading, const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        put_line(reading, gd_arena_strndup(reading->conf->arena, text, length));
        text += length + (text[length] == '\n');
    }
}

static const char *path_of(const struct gd_base *base, const char *name)
{
    for (size_t i = 0; i < base->setting_count; i++)
        if (strcmp(base->settings[i].name, name) == 0)
            return base->settings[i].path;
    return "";
}

const char *gd_recover_conf_text(struct gd_recover_conf *conf)
{
    const char *saved = gd_recover_conf_saved(conf, "config_file");
    char *text = NULL;
    size_t size = 0;
    if (saved == NULL)
        return NULL;
    FILE *to = open_memstream(&text, &size);
    if (to == NULL)
        abort();
    const struct reading reading = {conf, to, path_of(conf->base, "config_file"), 0};
    put_text(&reading, saved);
    if (fclose(to) != 0)
        abort();
    const char *kept = gd_arena_strdup(conf->arena, text);
    free(text);
    return kept;
}

/* "include…" at the beginning of a line, "@file" anywhere in it. */
static bool takes_in(const char *line)
{
    line += strspn(line, blank);
    if (strncasecmp(line, "include", 7) == 0)
        return true;
    for (const char *at = line; *at != '\0' && *at != '#'; at++)
        if (*at == '@' && (at == line || strchr(" \t,", at[-1]) != NULL))
            return true;
    return false;
}

bool gd_recover_conf_alone(const char *text)
{
    gd_auto_arena arena = gd_arena_new();
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        if (takes_in(gd_arena_strndup(arena, text, length)))
            return false;
        text += length + (text[length] == '\n');
    }
    return true;
}
