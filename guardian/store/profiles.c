#include "guardian/store/profiles.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/arena.h"
#include "guardian/base/memory.h"
#include "guardian/store/secret_file.h"

struct entry {
    enum gd_profile_kind kind;
    const char *section, *name, *value; /* views of the text; name may be in the arena */
};

struct file {
    const char *path;
    char *text;
    size_t size;
    struct entry *entries;
    size_t count, capacity;
};

struct gd_profiles {
    struct gd_arena *arena;
    struct file credentials, config; /* in the order in which they are asked */
};

/* Where a line of the file stands. */
struct reader {
    struct gd_arena *arena;
    struct file *file;
    bool is_config, in_section;
    enum gd_profile_kind kind;
    const char *section;
    const char *parent; /* "s3" below "s3 ="; NULL: indented lines say nothing */
};

static const char *home_folder(struct gd_arena *arena)
{
    const char *home = getenv("HOME");
    if (home != NULL && *home != '\0')
        return home;
    struct passwd entry, *found = NULL;
    char *buffer = gd_arena_alloc(arena, 16384);
    if (getpwuid_r(geteuid(), &entry, buffer, 16384, &found) == 0 && found != NULL)
        return found->pw_dir;
    return "/";
}

static const char *path_of(const char *variable, const char *usual, struct gd_arena *arena)
{
    const char *path = getenv(variable);
    const char *home = home_folder(arena);
    if (path == NULL || *path == '\0')
        return gd_arena_printf(arena, "%s/.aws/%s", home, usual);
    if (path[0] == '~' && path[1] == '/')
        return gd_arena_printf(arena, "%s%s", home, path + 1);
    return gd_arena_strdup(arena, path);
}

/* Cuts blanks at both ends, in place. */
static char *trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    text[length] = '\0';
    return text;
}

static char *unquote(char *text)
{
    size_t length = strlen(text);
    if (length >= 2 && (*text == '"' || *text == '\'') && text[length - 1] == *text) {
        text[length - 1] = '\0';
        return text + 1;
    }
    return text;
}

/* "profile x" with `word` "profile" gives "x"; NULL when it is something else. */
static char *after_word(char *text, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(text, word, length) != 0 || !isspace((unsigned char)text[length]))
        return NULL;
    return unquote(trim(text + length));
}

/* Sections that mean nothing to us ("sso-session x") are passed over. */
static void enter_section(struct reader *reader, char *name)
{
    reader->parent = NULL;
    reader->in_section = true;
    reader->kind = GD_PROFILE;
    char *profile = reader->is_config ? after_word(name, "profile") : NULL;
    char *services = reader->is_config ? after_word(name, "services") : NULL;
    if (services != NULL)
        reader->kind = GD_PROFILE_SERVICES;
    if (profile != NULL || services != NULL)
        reader->section = profile != NULL ? profile : services;
    else if (!reader->is_config || strcmp(name, "default") == 0)
        reader->section = unquote(name);
    else
        reader->section = "", reader->kind = GD_PROFILE_SERVICES;
}

static void add_entry(struct reader *reader, const char *name, const char *value)
{
    struct file *file = reader->file;
    if (file->count == file->capacity) {
        file->capacity = file->capacity == 0 ? 32 : 2 * file->capacity;
        file->entries = gd_memory_grow(file->entries, file->capacity * sizeof *file->entries);
    }
    file->entries[file->count++] = (struct entry){reader->kind, reader->section, name, value};
}

/* Behind a blank, "#" and ";" begin a comment; but not in a command line. */
static void cut_comment(char *value)
{
    for (char *at = value; *at != '\0'; at++)
        if ((*at == '#' || *at == ';') && at > value && isspace((unsigned char)at[-1])) {
            *at = '\0';
            return;
        }
}

static bool take_setting(struct reader *reader, char *line, bool indented)
{
    char *equals = strchr(line, '=');
    if (equals == NULL)
        return indented; /* a value that goes on: nothing that we read has such */
    *equals = '\0';
    char *name = trim(line), *value = equals + 1;
    if (strcasecmp(name, "credential_process") != 0)
        cut_comment(value);
    value = trim(value);
    if (!indented) {
        reader->parent = *value == '\0' ? name : NULL;
        add_entry(reader, name, value);
    } else if (reader->parent != NULL) {
        add_entry(reader, gd_arena_printf(reader->arena, "%s.%s", reader->parent, name), value);
    }
    return true;
}

static bool take_line(struct reader *reader, char *line)
{
    bool indented = *line == ' ' || *line == '\t';
    char *text = trim(line);
    if (*text == '\0' || *text == '#' || *text == ';')
        return true;
    if (*text == '[') {
        char *end = strchr(text, ']');
        if (end == NULL)
            return false;
        *end = '\0';
        enter_section(reader, trim(text + 1));
        return true;
    }
    return reader->in_section && take_setting(reader, text, indented);
}

GD_MUST static struct gd_status read_file(struct gd_profiles *profiles, struct file *file,
                                          bool is_config, struct gd_error *err)
{
    GD_TRY(gd_secret_file_read(file->path, true, &file->text, &file->size, err));
    struct reader reader = {.arena = profiles->arena, .file = file, .is_config = is_config};
    unsigned number = 1;
    char *next = NULL;
    for (char *line = file->text; line != NULL; line = next, number++) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        if (!take_line(&reader, line))
            return gd_fail(err, GD_USAGE,
                           "could not read \"%s\": line %u is neither \"[section]\" nor "
                           "\"name = value\" in one",
                           file->path, number);
    }
    return GD_DONE;
}

static void free_file(struct file *file)
{
    gd_secret_file_wipe(file->text, file->size);
    free(file->entries);
}

void gd_profiles_free(struct gd_profiles *profiles)
{
    if (profiles == NULL)
        return;
    free_file(&profiles->credentials);
    free_file(&profiles->config);
    gd_arena_free(profiles->arena);
    free(profiles);
}

struct gd_status gd_profiles_read(struct gd_profiles **out_profiles, struct gd_error *err)
{
    gd_auto_profiles profiles = gd_memory_new(sizeof *profiles);
    profiles->arena = gd_arena_new();
    profiles->config.path = path_of("AWS_CONFIG_FILE", "config", profiles->arena);
    profiles->credentials.path =
        path_of("AWS_SHARED_CREDENTIALS_FILE", "credentials", profiles->arena);
    GD_TRY(read_file(profiles, &profiles->credentials, false, err));
    GD_TRY(read_file(profiles, &profiles->config, true, err));
    *out_profiles = GD_MOVE(profiles);
    return GD_DONE;
}

/* The last one counts. */
static const struct entry *find(const struct file *file, enum gd_profile_kind kind,
                                const char *section, const char *name)
{
    for (size_t i = file->count; i-- > 0;) {
        const struct entry *entry = &file->entries[i];
        if (entry->kind == kind && strcmp(entry->section, section) == 0 &&
            (name == NULL || strcasecmp(entry->name, name) == 0))
            return entry;
    }
    return NULL;
}

const char *gd_profiles_get(const struct gd_profiles *profiles, enum gd_profile_kind kind,
                            const char *section, const char *name)
{
    const struct entry *entry = find(&profiles->credentials, kind, section, name);
    if (entry == NULL)
        entry = find(&profiles->config, kind, section, name);
    return entry == NULL || *entry->value == '\0' ? NULL : entry->value;
}

bool gd_profiles_has(const struct gd_profiles *profiles, const char *section)
{
    return find(&profiles->credentials, GD_PROFILE, section, NULL) != NULL ||
           find(&profiles->config, GD_PROFILE, section, NULL) != NULL;
}

const char *gd_profiles_config_path(const struct gd_profiles *profiles)
{
    return profiles->config.path;
}

const char *gd_profiles_credentials_path(const struct gd_profiles *profiles)
{
    return profiles->credentials.path;
}
