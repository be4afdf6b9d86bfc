/*
 * Folder, its reading: which files are migrations, and in which order. Touches no database.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "guardian/guard/folder.h"
#include "guardian/io/digest.h"
#include "guardian/io/file.h"

static const size_t file_bytes_max = (size_t)1024 * 1024 * 1024;

const char *gd_folder_kind_name(enum gd_folder_kind kind)
{
    static const char *const names[] = {
        [GD_FOLDER_PLAIN] = "plain", [GD_FOLDER_PAIRS] = "pairs", [GD_FOLDER_PRISMA] = "prisma"};
    return names[kind];
}

/* --- names --------------------------------------------------------------------------------------
 */

static const char *after_zeros(const char *digits)
{
    while (*digits == '0')
        digits++;
    return digits;
}

/* Two runs of digits as numbers of any length. */
static int compare_numbers(const char **left, const char **right)
{
    const char *l = after_zeros(*left), *r = after_zeros(*right);
    size_t l_digits = strspn(l, "0123456789"), r_digits = strspn(r, "0123456789");
    *left = l + l_digits;
    *right = r + r_digits;
    if (l_digits != r_digits)
        return l_digits < r_digits ? -1 : 1;
    return memcmp(l, r, l_digits);
}

static int compare_names(const char *left, const char *right)
{
    const char *l = left, *r = right;
    while (*l != '\0' && *r != '\0') {
        int order = 0;
        if (isdigit((unsigned char)*l) && isdigit((unsigned char)*r))
            order = compare_numbers(&l, &r);
        else
            order = (unsigned char)*l++ - (unsigned char)*r++;
        if (order != 0)
            return order;
    }
    if (*l != *r)
        return *l == '\0' ? -1 : 1;
    return strcmp(left, right);
}

/* Flyway runs R__ files after all that have a version. */
static bool is_repeatable(const char *name)
{
    return strncmp(name, "R__", 3) == 0;
}

static int by_name(const void *left, const void *right)
{
    const char *l = ((const struct gd_migration *)left)->name;
    const char *r = ((const struct gd_migration *)right)->name;
    if (is_repeatable(l) != is_repeatable(r))
        return is_repeatable(l) ? 1 : -1;
    return compare_names(l, r);
}

static int by_bytes(const void *left, const void *right)
{
    return strcmp(((const struct gd_migration *)left)->name,
                  ((const struct gd_migration *)right)->name);
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);
    return size > end_size && strcmp(text + size - end_size, end) == 0;
}

/* --- what is there ------------------------------------------------------------------------------
 */

static const char *below(const char *folder, const char *name, struct gd_arena *arena)
{
    return gd_arena_printf(arena, "%s%s%s", folder, ends_with(folder, "/") ? "" : "/", name);
}

static bool is_kind(const char *path, mode_t kind)
{
    struct stat file;
    return stat(path, &file) == 0 && (file.st_mode & S_IFMT) == kind;
}

static const char *file_below(const char *folder, const char *name, struct gd_arena *arena)
{
    const char *path = below(folder, name, arena);
    return is_kind(path, S_IFREG) ? path : NULL;
}

/* The names in a folder, but for hidden ones. */
static GD_MUST struct gd_status list(const char *path, struct gd_arena *arena,
                                     struct gd_texts *out_names, struct gd_error *err)
{
    struct dirent **found = NULL;
    int count = scandir(path, &found, NULL, alphasort);
    if (count < 0)
        return gd_fail(err, GD_USAGE, "could not read folder \"%s\": %s", path, strerror(errno));
    for (int i = 0; i < count; i++) {
        if (found[i]->d_name[0] != '.')
            (void)gd_texts_add(out_names, gd_arena_strdup(arena, found[i]->d_name), arena);
        free(found[i]);
    }
    free(found);
    return GD_DONE;
}

static void note(struct gd_folder *folder, const char *text, struct gd_arena *arena)
{
    (void)gd_texts_add(&folder->notes, text, arena);
}

static struct gd_migration *add(struct gd_folder *folder, const char *name, const char *path)
{
    struct gd_migration *migration = &folder->migrations[folder->count++];
    *migration = (struct gd_migration){.name = name, .path = path};
    return migration;
}

/* --- texts --------------------------------------------------------------------------------------
 */

/* A line that begins the part of a file that takes its own change back: to run the whole file would
 * be to do and to undo. */
static const struct {
    const char *line, *tool;
} undo_marks[] = {
    {"-- +goose Down", "goose"},         {"-- migrate:down", "dbmate"},
    {"-- +migrate Down", "sql-migrate"}, {"-- +micrate Down", "micrate"},
    {"-- //@UNDO", "MyBatis"},           {"--//@UNDO", "MyBatis"},
};

static GD_MUST struct gd_status refuse_both_ways(const struct gd_migration *migration,
                                                 struct gd_error *err)
{
    for (size_t i = 0; i < sizeof undo_marks / sizeof *undo_marks; i++) {
        const char *mark = undo_marks[i].line;
        const char *end = migration->text + migration->size;
        for (const char *at = migration->text; at < end; at++) {
            at = memmem(at, (size_t)(end - at), mark, strlen(mark));
            if (at == NULL)
                break;
            if (at == migration->text || at[-1] == '\n')
                return gd_hint(err,
                               gd_fail(err, GD_USAGE,
                                       "could not use \"%s\": it holds the change and its undoing "
                                       "in one text (%s)",
                                       migration->path, undo_marks[i].tool),
                               "Split it into NAME.up.sql and NAME.down.sql.");
        }
    }
    return GD_DONE;
}

static GD_MUST struct gd_status read_text(struct gd_migration *migration, struct gd_arena *arena,
                                          struct gd_error *err)
{
    gd_auto_source source = NULL;
    char *text = NULL;
    struct gd_status status = gd_file_source_new(migration->path, 0, 0, &source, err);
    if (status.code == GD_OK)
        status = gd_source_all(source, file_bytes_max, &text, &migration->size, err);
    if (status.code != GD_OK) {
        struct gd_error why = *err;
        return gd_fail(err, GD_USAGE, "%s", why.text);
    }
    char *kept = gd_arena_alloc(arena, migration->size + 1);
    memcpy(kept, text, migration->size + 1);
    free(text);
    migration->text = kept;
    gd_digest_of(kept, migration->size, migration->sha256);
    return refuse_both_ways(migration, err);
}

/* --- Prisma -------------------------------------------------------------------------------------
 */

/* The value of the first `key = "value"` of a TOML text; NULL: none. */
static const char *toml_value(const char *text, const char *key, struct gd_arena *arena)
{
    size_t key_size = strlen(key);
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += strspn(line, "\r\n \t");
        if (strncmp(line, key, key_size) != 0)
            continue;
        const char *at = line + key_size;
        at += strspn(at, " \t");
        if (*at != '=')
            continue;
        at++;
        at += strspn(at, " \t");
        if (*at == '"' || *at == '\'')
            return gd_arena_strndup(arena, at + 1, strcspn(at + 1, *at == '"' ? "\"\n" : "'\n"));
    }
    return NULL;
}

static GD_MUST struct gd_status check_provider(const char *lock, struct gd_arena *arena,
                                               struct gd_error *err)
{
    struct gd_migration file = {.path = lock};
    GD_TRY(read_text(&file, arena, err));
    const char *provider = toml_value(file.text, "provider", arena);
    if (provider == NULL)
        return gd_fail(err, GD_USAGE, "could not use \"%s\": it names no provider", lock);
    if (strcmp(provider, "postgresql") == 0 || strcmp(provider, "postgres") == 0)
        return GD_DONE;
    return gd_fail(err, GD_USAGE, "could not use \"%s\": its migrations are for \"%s\"", lock,
                   provider);
}

static GD_MUST struct gd_status read_prisma(struct gd_folder *folder, const struct gd_texts *names,
                                            struct gd_arena *arena, struct gd_error *err)
{
    folder->kind = GD_FOLDER_PRISMA;
    const char *lock = file_below(folder->path, "migration_lock.toml", arena);
    if (lock != NULL)
        GD_TRY(check_provider(lock, arena, err));
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->items[i], *path = below(folder->path, name, arena);
        if (!is_kind(path, S_IFDIR)) {
            if (ends_with(name, ".sql"))
                note(folder,
                     gd_arena_printf(arena, "%s lies beside the migrations: Prisma does not run it",
                                     path),
                     arena);
            continue;
        }
        const char *script = file_below(path, "migration.sql", arena);
        if (script == NULL)
            return gd_hint(err,
                           gd_fail(err, GD_USAGE,
                                   "could not read migration \"%s\": there is no migration.sql",
                                   name),
                           "Put the file back, or remove the folder (Prisma's P3015).");
        struct gd_migration *migration = add(folder, name, script);
        migration->down = file_below(path, "down.sql", arena);
    }
    qsort(folder->migrations, folder->count, sizeof *folder->migrations, by_bytes);
    return GD_DONE;
}

/* --- pairs --------------------------------------------------------------------------------------
 */

static const char *in_its_folder(const char *name)
{
    return strncmp(name, "up/", 3) == 0 ? name + 3 : name;
}

static GD_MUST struct gd_status refuse_same_number(const struct gd_folder *folder,
                                                   struct gd_error *err)
{
    for (size_t i = 1; i < folder->count; i++) {
        const char *left = in_its_folder(folder->migrations[i - 1].name);
        const char *right = in_its_folder(folder->migrations[i].name);
        if (isdigit((unsigned char)*left) && isdigit((unsigned char)*right) &&
            compare_numbers(&left, &right) == 0)
            return gd_hint(err,
                           gd_fail(err, GD_USAGE,
                                   "could not order \"%s\" and \"%s\": they have the same number",
                                   folder->migrations[i - 1].name, folder->migrations[i].name),
                           "Give one of them the next free number.");
    }
    return GD_DONE;
}

/* 001_name.up.sql, 001_name.down.sql */
static GD_MUST struct gd_status read_suffixes(struct gd_folder *folder,
                                              const struct gd_texts *names, struct gd_arena *arena,
                                              struct gd_error *err)
{
    static const char up[] = ".up.sql", down[] = ".down.sql";
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->items[i];
        if (!ends_with(name, ".sql") || ends_with(name, down))
            continue;
        if (!ends_with(name, up))
            return gd_hint(
                err,
                gd_fail(err, GD_USAGE,
                        "could not tell which way \"%s\" goes: others in \"%s\" end with "
                        ".up.sql",
                        name, folder->path),
                "Rename it, or keep it in another folder.");
        int stem = (int)(strlen(name) - strlen(up));
        const char *other = gd_arena_printf(arena, "%.*s%s", stem, name, down);
        struct gd_migration *migration = add(folder, name, below(folder->path, name, arena));
        migration->down = file_below(folder->path, other, arena);
    }
    return GD_DONE;
}

/* up/001.sql, down/001.sql */
static GD_MUST struct gd_status read_two_folders(struct gd_folder *folder, struct gd_arena *arena,
                                                 struct gd_error *err)
{
    struct gd_texts names = {0};
    GD_TRY(list(below(folder->path, "up", arena), arena, &names, err));
    folder->migrations = gd_arena_zalloc(arena, names.count + 1, sizeof *folder->migrations);
    for (size_t i = 0; i < names.count; i++) {
        if (!ends_with(names.items[i], ".sql"))
            continue;
        const char *name = gd_arena_printf(arena, "up/%s", names.items[i]);
        struct gd_migration *migration = add(folder, name, below(folder->path, name, arena));
        const char *other = gd_arena_printf(arena, "down/%s", names.items[i]);
        migration->down = file_below(folder->path, other, arena);
    }
    return GD_DONE;
}

/* 001_name/up.sql, 001_name/down.sql */
static void read_folders(struct gd_folder *folder, const struct gd_texts *names,
                         struct gd_arena *arena)
{
    for (size_t i = 0; i < names->count; i++) {
        const char *path = below(folder->path, names->items[i], arena);
        const char *up = file_below(path, "up.sql", arena);
        if (up == NULL)
            continue;
        const char *name = gd_arena_printf(arena, "%s/up.sql", names->items[i]);
        add(folder, name, up)->down = file_below(path, "down.sql", arena);
    }
}

/* --- plain --------------------------------------------------------------------------------------
 */

/* Flyway's undoing of V1__a.sql is U1__a.sql. */
static bool is_undo(const char *name)
{
    return name[0] == 'U' && isdigit((unsigned char)name[1]) && strstr(name, "__") != NULL;
}

static const char *undo_of(const struct gd_texts *names, const char *name)
{
    if (name[0] != 'V' || strstr(name, "__") == NULL)
        return NULL;
    size_t version = (size_t)(strstr(name, "__") - name) + 2;
    for (size_t i = 0; i < names->count; i++)
        if (is_undo(names->items[i]) && strncmp(names->items[i] + 1, name + 1, version - 1) == 0)
            return names->items[i];
    return NULL;
}

static void read_plain(struct gd_folder *folder, const struct gd_texts *names,
                       struct gd_arena *arena)
{
    folder->kind = GD_FOLDER_PLAIN;
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->items[i];
        if (!ends_with(name, ".sql") || is_undo(name))
            continue;
        struct gd_migration *migration = add(folder, name, below(folder->path, name, arena));
        const char *undo = undo_of(names, name);
        migration->down = undo == NULL ? NULL : below(folder->path, undo, arena);
    }
}

/* --- which kind ---------------------------------------------------------------------------------
 */

/* Something named `name` in one of the folders below? */
static bool some_hold(const struct gd_folder *folder, const struct gd_texts *names,
                      const char *name, struct gd_arena *arena)
{
    for (size_t i = 0; i < names->count; i++)
        if (file_below(below(folder->path, names->items[i], arena), name, arena) != NULL)
            return true;
    return false;
}

static bool some_end(const struct gd_texts *names, const char *end)
{
    for (size_t i = 0; i < names->count; i++)
        if (ends_with(names->items[i], end))
            return true;
    return false;
}

static bool is_prisma(const struct gd_folder *folder, const struct gd_texts *names,
                      struct gd_arena *arena)
{
    return file_below(folder->path, "migration_lock.toml", arena) != NULL ||
           some_hold(folder, names, "migration.sql", arena);
}

static GD_MUST struct gd_status read_pairs_or_plain(struct gd_folder *folder,
                                                    const struct gd_texts *names,
                                                    struct gd_arena *arena, struct gd_error *err)
{
    folder->kind = GD_FOLDER_PAIRS;
    if (some_end(names, ".up.sql"))
        GD_TRY(read_suffixes(folder, names, arena, err));
    else if (some_end(names, ".sql"))
        read_plain(folder, names, arena);
    else if (some_hold(folder, names, "up.sql", arena))
        read_folders(folder, names, arena);
    else if (is_kind(below(folder->path, "up", arena), S_IFDIR))
        GD_TRY(read_two_folders(folder, arena, err));
    qsort(folder->migrations, folder->count, sizeof *folder->migrations, by_name);
    return folder->kind == GD_FOLDER_PAIRS ? refuse_same_number(folder, err) : GD_DONE;
}

static GD_MUST struct gd_status nothing_in_it(const struct gd_folder *folder,
                                              struct gd_arena *arena, struct gd_error *err)
{
    struct gd_status status =
        gd_fail(err, GD_USAGE, "could not find migrations in folder \"%s\"", folder->path);
    if (is_kind(below(folder->path, "migrations", arena), S_IFDIR))
        return gd_hint(err, status, "Name the folder that holds them: %s",
                       below(folder->path, "migrations", arena));
    return gd_hint(err, status,
                   "It should hold *.sql, NAME.up.sql, NAME/up.sql or NAME/migration.sql.");
}

struct gd_status gd_folder_read(const char *path, struct gd_arena *arena,
                                struct gd_folder **out_folder, struct gd_error *err)
{
    struct gd_folder *folder = gd_arena_zalloc(arena, 1, sizeof *folder);
    struct gd_texts names = {0};
    folder->path = gd_arena_strdup(arena, path);
    GD_TRY(list(path, arena, &names, err));
    folder->migrations = gd_arena_zalloc(arena, names.count + 1, sizeof *folder->migrations);
    bool prisma = is_prisma(folder, &names, arena);
    if (prisma)
        GD_TRY(read_prisma(folder, &names, arena, err));
    else
        GD_TRY(read_pairs_or_plain(folder, &names, arena, err));
    if (folder->count == 0 && !prisma)
        return nothing_in_it(folder, arena, err);
    for (size_t i = 0; i < folder->count; i++)
        GD_TRY(read_text(&folder->migrations[i], arena, err));
    folder->pending = folder->count;
    *out_folder = folder;
    return GD_DONE;
}
