/* Reading archives, see tar.h. */
#include <archive.h>
#include <archive_entry.h>
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"
#include "guardian/io/tar.h"

enum { BUFFER_SIZE = 128 * 1024, END_MARK_SIZE = 1024, TAR_PATH_MAX = 1023 };

struct gd_tar_reader {
    struct gd_source source; /* of the file that is being read */
    struct gd_source *below;
    struct archive *archive;
    uint64_t left;           /* of that file */
    uint64_t bytes, zeros;   /* read from below; how many at the end of them were zero */
    struct gd_status status; /* what the source below said last */
    struct gd_error *err;    /* of the call that is running: libarchive calls us back */
    char path[TAR_PATH_MAX + 1];
    char buffer[BUFFER_SIZE];
};

/* --- what is read from below -------------------------------------------------------------------
 */

static void count_zeros(struct gd_tar_reader *reader, const char *data, size_t size)
{
    size_t at_end = 0;
    while (at_end < size && data[size - 1 - at_end] == '\0')
        at_end++;
    reader->zeros = at_end == size ? reader->zeros + size : at_end;
    reader->bytes += size;
}

static struct gd_status read_below(struct gd_tar_reader *reader, size_t *out_size,
                                   struct gd_error *err)
{
    GD_TRY(gd_interrupt_check(err));
    GD_TRY(gd_source_read(reader->below, reader->buffer, BUFFER_SIZE, out_size, err));
    count_zeros(reader, reader->buffer, *out_size);
    return GD_DONE;
}

static la_ssize_t give(struct archive *archive, void *context, const void **out_data)
{
    struct gd_tar_reader *reader = context;
    size_t size = 0;
    reader->status = read_below(reader, &size, reader->err);
    *out_data = reader->buffer;
    if (reader->status.code == GD_OK)
        return (la_ssize_t)size;
    archive_set_error(archive, EIO, "the source failed");
    return ARCHIVE_FATAL;
}

static struct gd_status fail_archive(struct gd_tar_reader *reader, struct gd_error *err)
{
    if (reader->status.code != GD_OK)
        return reader->status;
    const char *why = archive_error_string(reader->archive);
    return gd_fail(err, archive_errno(reader->archive) == ENOMEM ? GD_SYSTEM : GD_CORRUPT,
                   "could not read the archive: %s", why == NULL ? "no reason is known" : why);
}

/* libarchive takes any end for the end. The true one is two blocks of zeros, and behind them there
 * are only more zeros (tar fills up to the block of a tape). */
static struct gd_status check_end(struct gd_tar_reader *reader, struct gd_error *err)
{
    uint64_t consumed = (uint64_t)archive_filter_bytes(reader->archive, -1);
    size_t size = 1;
    while (size > 0)
        GD_TRY(read_below(reader, &size, err));
    if (reader->zeros < END_MARK_SIZE || consumed < END_MARK_SIZE)
        return gd_fail(err, GD_CORRUPT, "the archive is cut short: it has no end mark");
    if (reader->bytes - reader->zeros > consumed - END_MARK_SIZE)
        return gd_fail(err, GD_CORRUPT, "there are bytes behind the end of the archive");
    return GD_DONE;
}

/* --- entries -----------------------------------------------------------------------------------
 */

static bool good_segment(const char *segment, size_t length)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~-";
    bool dots = (length == 1 && segment[0] == '.') ||
                (length == 2 && segment[0] == '.' && segment[1] == '.');
    return length > 0 && !dots && strspn(segment, letters) >= length;
}

static bool good_name(const char *name)
{
    if (strlen(name) > 900)
        return false;
    for (;;) {
        size_t length = strcspn(name, "/");
        if (!good_segment(name, length))
            return false;
        if (name[length] == '\0')
            return true;
        name += length + 1;
    }
}

/* The next header; `out_entry` NULL at the true end. */
static struct gd_status next_header(struct gd_tar_reader *reader, struct archive_entry **out_entry,
                                    struct gd_error *err)
{
    reader->err = err;
    int result = archive_read_next_header(reader->archive, out_entry);
    if (result == ARCHIVE_EOF) {
        *out_entry = NULL;
        return check_end(reader, err);
    }
    return result == ARCHIVE_OK ? GD_DONE : fail_archive(reader, err);
}

static bool is_plain_file(struct archive_entry *entry)
{
    return archive_entry_filetype(entry) == AE_IFREG && archive_entry_hardlink(entry) == NULL &&
           archive_entry_symlink(entry) == NULL && archive_entry_sparse_count(entry) == 0;
}

static struct gd_status check_entry(struct archive_entry *entry, const char **out_name,
                                    uint64_t *out_size, struct gd_error *err)
{
    const char *name = archive_entry_pathname(entry);
    if (name != NULL && strncmp(name, "./", 2) == 0)
        name += 2;
    if (name == NULL || !good_name(name))
        return gd_fail(err, GD_CORRUPT,
                       "the archive holds a file whose name cannot be used: \"%s\"",
                       name == NULL ? "" : name);
    if (!is_plain_file(entry))
        return gd_fail(err, GD_CORRUPT, "the archive holds \"%s\", which is not a plain file",
                       name);
    if (!archive_entry_size_is_set(entry) || archive_entry_size(entry) < 0)
        return gd_fail(err, GD_CORRUPT, "the archive does not say how large \"%s\" is", name);
    *out_name = name;
    *out_size = (uint64_t)archive_entry_size(entry);
    return GD_DONE;
}

struct gd_status gd_tar_reader_next(struct gd_tar_reader *reader, const char **out_name,
                                    uint64_t *out_size, struct gd_source **out_source,
                                    struct gd_error *err)
{
    struct archive_entry *entry = NULL;
    do {
        GD_TRY(next_header(reader, &entry, err));
    } while (entry != NULL && archive_entry_filetype(entry) == AE_IFDIR);
    if (entry == NULL) {
        *out_name = NULL;
        return GD_DONE;
    }
    GD_TRY(check_entry(entry, out_name, out_size, err));
    reader->left = *out_size;
    *out_source = &reader->source;
    return GD_DONE;
}

/* --- entries of any kind --- */

/* Its length without what may stand around a name; 0: it cannot be used, or is "." itself. */
static size_t path_length(const char *name)
{
    size_t length = 0;
    for (const char *at = name; *at != '\0';) {
        size_t part = strcspn(at, "/");
        bool dots = (part == 1 && at[0] == '.') || (part == 2 && at[0] == '.' && at[1] == '.');
        if (part == 0 || dots)
            return 0;
        length = (size_t)(at - name) + part;
        at += part + (at[part] == '/');
    }
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)name[i] < ' ' || name[i] == 127)
            return 0;
    return length <= TAR_PATH_MAX ? length : 0;
}

static struct gd_status fail_name(const char *name, struct gd_error *err)
{
    return gd_fail(err, GD_CORRUPT, "the archive holds a name that cannot be used: \"%s\"", name);
}

static struct gd_status read_kind(struct archive_entry *entry, struct gd_tar_entry *out_entry,
                                  struct gd_error *err)
{
    bool hard = archive_entry_hardlink(entry) != NULL;
    if (archive_entry_filetype(entry) == AE_IFDIR && !hard)
        out_entry->kind = GD_TAR_FOLDER;
    else if (archive_entry_filetype(entry) == AE_IFLNK && !hard)
        out_entry->kind = GD_TAR_LINK;
    else if (is_plain_file(entry) && archive_entry_size_is_set(entry) &&
             archive_entry_size(entry) >= 0)
        out_entry->kind = GD_TAR_FILE;
    else
        return gd_fail(err, GD_CORRUPT,
                       "the archive holds \"%s\", which is no plain file, folder or link",
                       out_entry->name);
    return GD_DONE;
}

struct gd_status gd_tar_reader_entry(struct gd_tar_reader *reader, struct gd_tar_entry *out_entry,
                                     struct gd_error *err)
{
    struct archive_entry *entry = NULL;
    const char *name;
    do {
        GD_TRY(next_header(reader, &entry, err));
        *out_entry = (struct gd_tar_entry){.kind = GD_TAR_FILE};
        if (entry == NULL)
            return GD_DONE;
        name = archive_entry_pathname(entry);
        if (name == NULL)
            return fail_name("", err);
        while (strncmp(name, "./", 2) == 0)
            name += 2;
    } while (*name == '\0' || strcmp(name, ".") == 0);
    size_t length = path_length(name);
    if (length == 0)
        return fail_name(name, err);
    memcpy(reader->path, name, length);
    reader->path[length] = '\0';
    out_entry->name = reader->path;
    GD_TRY(read_kind(entry, out_entry, err));
    out_entry->target = archive_entry_symlink(entry);
    out_entry->mode = (uint32_t)archive_entry_perm(entry);
    out_entry->source = &reader->source;
    reader->left = out_entry->kind == GD_TAR_FILE ? (uint64_t)archive_entry_size(entry) : 0;
    out_entry->size = reader->left;
    return GD_DONE;
}

static struct gd_status entry_read(struct gd_source *source, void *buffer, size_t size,
                                   size_t *out_size, struct gd_error *err)
{
    struct gd_tar_reader *reader = (struct gd_tar_reader *)source;
    reader->err = err;
    la_ssize_t got = archive_read_data(reader->archive, buffer, size);
    if (got < 0)
        return fail_archive(reader, err);
    if ((uint64_t)got > reader->left || (got == 0 && reader->left > 0))
        return gd_fail(err, GD_CORRUPT, "a file in the archive has another size than it says");
    reader->left -= (uint64_t)got;
    *out_size = (size_t)got;
    return GD_DONE;
}

static void entry_free(struct gd_source *source)
{
    (void)source; /* the reader's own */
}

struct gd_status gd_tar_reader_new(struct gd_source *take_below, struct gd_tar_reader **out_reader,
                                   struct gd_error *err)
{
    static const struct gd_source_ops ops = {entry_read, entry_free};
    gd_auto_tar_reader reader = gd_memory_new(sizeof *reader);
    reader->source.ops = &ops;
    reader->below = take_below;
    reader->err = err;
    reader->archive = archive_read_new();
    if (reader->archive == NULL)
        return gd_fail(err, GD_SYSTEM, "could not read the archive: out of memory");
    if (archive_read_support_format_tar(reader->archive) != ARCHIVE_OK ||
        archive_read_open(reader->archive, reader, NULL, give, NULL) != ARCHIVE_OK)
        return fail_archive(reader, err);
    *out_reader = GD_MOVE(reader);
    return GD_DONE;
}

void gd_tar_reader_free(struct gd_tar_reader *reader)
{
    if (reader == NULL)
        return;
    (void)archive_read_free(reader->archive);
    gd_source_free(reader->below);
    free(reader);
}
