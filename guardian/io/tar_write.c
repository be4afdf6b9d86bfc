/* Writing archives, see tar.h. */
#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"
#include "guardian/io/tar.h"

enum { BUFFER_SIZE = 128 * 1024, SECOND_US = 1000000 };

struct gd_tar_writer {
    struct gd_sink *next;
    struct archive *archive;
    int64_t time_us;
    struct gd_status below; /* what the sink said last */
    bool given_up;
    struct gd_error *err; /* of the call that is running: libarchive calls us back */
    char buffer[BUFFER_SIZE];
};

/* A failure is kept aside and told by outcome(): an archive to which a write fails never frees its
 * buffers. After it, and once given up, what still comes goes nowhere. */
static la_ssize_t pass_on(struct archive *archive, void *context, const void *data, size_t size)
{
    (void)archive;
    struct gd_tar_writer *writer = context;
    if (writer->below.code == GD_OK && !writer->given_up)
        writer->below = gd_sink_write(writer->next, data, size, writer->err);
    return (la_ssize_t)size;
}

/* What came from below keeps its own words. */
static struct gd_status outcome(struct gd_tar_writer *writer, int result, const char *what,
                                struct gd_error *err)
{
    if (writer->below.code != GD_OK)
        return writer->below;
    if (result == ARCHIVE_OK)
        return GD_DONE;
    const char *why = archive_error_string(writer->archive);
    return gd_fail(err, GD_SYSTEM, "could not write \"%s\" into the archive: %s", what,
                   why == NULL ? "no reason is known" : why);
}

static int open_archive(struct gd_tar_writer *writer)
{
    int result = archive_write_set_format_pax_restricted(writer->archive);
    if (result == ARCHIVE_OK)
        result = archive_write_set_bytes_per_block(writer->archive, BUFFER_SIZE);
    if (result == ARCHIVE_OK) /* ends behind its end mark, not at a full block of a tape */
        result = archive_write_set_bytes_in_last_block(writer->archive, 1);
    if (result == ARCHIVE_OK)
        result = archive_write_open(writer->archive, writer, NULL, pass_on, NULL);
    return result;
}

struct gd_status gd_tar_writer_new(struct gd_sink *take_next, int64_t time_us,
                                   struct gd_tar_writer **out_writer, struct gd_error *err)
{
    gd_auto_tar_writer writer = gd_memory_new(sizeof *writer);
    writer->next = take_next;
    writer->time_us = time_us;
    writer->err = err;
    writer->archive = archive_write_new();
    if (writer->archive == NULL)
        return gd_fail(err, GD_SYSTEM, "could not make an archive: out of memory");
    GD_TRY(outcome(writer, open_archive(writer), "the beginning", err));
    *out_writer = GD_MOVE(writer);
    return GD_DONE;
}

static int write_head(struct gd_tar_writer *writer, const char *name, uint64_t size)
{
    struct archive_entry *entry = archive_entry_new();
    if (entry == NULL)
        return ARCHIVE_FATAL;
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    archive_entry_set_size(entry, (la_int64_t)size);
    archive_entry_set_mtime(entry, writer->time_us / SECOND_US, 0);
    int result = archive_write_header(writer->archive, entry);
    archive_entry_free(entry);
    return result;
}

/* One byte more than the size is asked for: a source that has it is not what was promised. */
static struct gd_status copy(struct gd_tar_writer *writer, const char *name, uint64_t size,
                             struct gd_source *source, struct gd_error *err)
{
    uint64_t done = 0;
    for (;;) {
        size_t got = 0;
        GD_TRY(gd_interrupt_check(err));
        GD_TRY(gd_source_read(source, writer->buffer, BUFFER_SIZE, &got, err));
        if (got > size - done || (got == 0 && done < size))
            return gd_fail(err, GD_CORRUPT, "\"%s\" has %s than the %llu bytes that it should have",
                           name, got == 0 ? "less" : "more", (unsigned long long)size);
        if (got == 0)
            return GD_DONE;
        la_ssize_t written = archive_write_data(writer->archive, writer->buffer, got);
        GD_TRY(outcome(writer, written == (la_ssize_t)got ? ARCHIVE_OK : ARCHIVE_FATAL, name, err));
        done += got;
    }
}

struct gd_status gd_tar_writer_add(struct gd_tar_writer *writer, const char *name, uint64_t size,
                                   struct gd_source *source, struct gd_error *err)
{
    writer->err = err;
    GD_TRY(outcome(writer, write_head(writer, name, size), name, err));
    GD_TRY(copy(writer, name, size, source, err));
    return outcome(writer, archive_write_finish_entry(writer->archive), name, err);
}

struct gd_status gd_tar_writer_finish(struct gd_tar_writer *writer, struct gd_error *err)
{
    writer->err = err;
    GD_TRY(outcome(writer, archive_write_close(writer->archive), "the end", err));
    return gd_sink_finish(writer->next, err);
}

void gd_tar_writer_free(struct gd_tar_writer *writer)
{
    if (writer == NULL)
        return;
    if (writer->archive != NULL) {
        writer->given_up = true;
        (void)archive_write_fail(
            writer->archive); /* or closing fills up a file that is not whole */
        (void)archive_write_close(writer->archive); /* or its buffers stay */
        (void)archive_write_free(writer->archive);
    }
    gd_sink_free(writer->next);
    free(writer);
}
