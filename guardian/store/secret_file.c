#include "guardian/store/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guardian/base/memory.h"
#include "guardian/io/hmac.h"

void gd_secret_file_wipe(char *text, size_t size)
{
    if (text != NULL)
        gd_wipe(text, size);
    free(text);
}

/* The size is not asked for beforehand: tokens are mounted files that change under the reader. */
GD_MUST static struct gd_status read_all(int fd, const char *path, char *buffer, size_t *out_size,
                                         struct gd_error *err)
{
    size_t filled = 0;
    while (filled <= GD_SECRET_FILE_MAX) {
        ssize_t got = read(fd, buffer + filled, GD_SECRET_FILE_MAX + 1 - filled);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return gd_fail(err, GD_SYSTEM, "could not read \"%s\": %s", path, strerror(errno));
        if (got == 0)
            break;
        filled += (size_t)got;
    }
    if (filled > GD_SECRET_FILE_MAX)
        return gd_fail(err, GD_SYSTEM, "could not read \"%s\": it is larger than %d bytes", path,
                       GD_SECRET_FILE_MAX);
    if (memchr(buffer, '\0', filled) != NULL)
        return gd_fail(err, GD_USAGE, "could not read \"%s\": it is not a text", path);
    *out_size = filled;
    return GD_DONE;
}

struct gd_status gd_secret_file_read(const char *path, bool may_miss, char **out_text,
                                     size_t *out_size, struct gd_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool missing = fd < 0 && (errno == ENOENT || errno == ENOTDIR);
    if (fd < 0 && !(missing && may_miss))
        return gd_fail(err, GD_SYSTEM, "could not read \"%s\": %s", path, strerror(errno));

    char *buffer = gd_memory_new(missing ? 1 : GD_SECRET_FILE_MAX + 2);
    size_t size = 0;
    struct gd_status status = missing ? GD_DONE : read_all(fd, path, buffer, &size, err);
    if (!missing)
        (void)close(fd); /* nothing was written */
    if (status.code != GD_OK) {
        gd_secret_file_wipe(buffer, GD_SECRET_FILE_MAX + 2);
        return status;
    }
    char *text = gd_memory_new(size + 1);
    memcpy(text, buffer, size);
    gd_secret_file_wipe(buffer, size);
    *out_text = text;
    *out_size = size;
    return GD_DONE;
}
