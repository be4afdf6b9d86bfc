/* Open descriptors as sinks and sources, see file.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/fault.h"
#include "guardian/base/memory.h"
#include "guardian/io/fd.h"
#include "guardian/io/file.h"

struct fd_sink {
    struct gd_sink sink;
    int fd;
    char *called;
};

static struct gd_status sink_write(struct gd_sink *sink, const void *data, size_t size,
                                   struct gd_error *err)
{
    struct fd_sink *to = (struct fd_sink *)sink;
    GD_TRY(gd_fault("descriptor: before write", err));
    return gd_fd_write_all(to->fd, to->called, data, size, err);
}

/* A pipe or a terminal says EINVAL (EROFS for some devices): there is no disk behind it. */
static struct gd_status sink_finish(struct gd_sink *sink, struct gd_error *err)
{
    struct fd_sink *to = (struct fd_sink *)sink;
    if (fsync(to->fd) != 0 && errno != EINVAL && errno != EROFS)
        return gd_fail(err, GD_SYSTEM, "could not write %s to disk: %s", to->called,
                       strerror(errno));
    return GD_DONE;
}

static void sink_free(struct gd_sink *sink)
{
    free(((struct fd_sink *)sink)->called);
    free(sink);
}

struct gd_sink *gd_fd_sink_new(int fd, const char *called)
{
    static const struct gd_sink_ops ops = {sink_write, sink_finish, sink_free};
    struct fd_sink *to = gd_memory_new(sizeof *to);
    to->sink.ops = &ops;
    to->fd = fd;
    to->called = gd_memory_strdup(called);
    return &to->sink;
}

struct fd_source {
    struct gd_source source;
    int fd;
    char *called;
};

static struct gd_status source_read(struct gd_source *source, void *buffer, size_t size,
                                    size_t *out_size, struct gd_error *err)
{
    struct fd_source *from = (struct fd_source *)source;
    GD_TRY(gd_fault("descriptor: before read", err));
    return gd_fd_read(from->fd, from->called, buffer, size, out_size, err);
}

static void source_free(struct gd_source *source)
{
    free(((struct fd_source *)source)->called);
    free(source);
}

struct gd_source *gd_fd_source_new(int fd, const char *called)
{
    static const struct gd_source_ops ops = {source_read, source_free};
    struct fd_source *from = gd_memory_new(sizeof *from);
    from->source.ops = &ops;
    from->fd = fd;
    from->called = gd_memory_strdup(called);
    return &from->source;
}
