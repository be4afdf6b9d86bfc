#include "guardian/classify/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct file_input {
    int descriptor;
    const char *path;
};

static struct gd_status read_file(void *context, char *buffer, size_t size, size_t *out_got,
                                  struct gd_error *err)
{
    const struct file_input *file = context;
    ssize_t got;
    do {
        got = read(file->descriptor, buffer, size);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return gd_fail(err, errno == EISDIR ? GD_USAGE : GD_SYSTEM, "could not read \"%s\": %s",
                       file->path, strerror(errno));
    *out_got = (size_t)got;
    return GD_DONE;
}

static GD_MUST struct gd_status each_statement(struct gd_script *script, gd_each_stmt_fn *each,
                                               void *context, struct gd_error *err)
{
    gd_auto_arena scratch = gd_arena_new();
    for (;;) {
        const struct gd_stmt *stmt;
        gd_arena_reset(scratch);
        GD_TRY(gd_script_next(script, scratch, &stmt, err));
        if (stmt == NULL)
            return GD_DONE;
        GD_TRY(each(stmt, scratch, context, err));
    }
}

static GD_MUST struct gd_status run(const struct gd_input *input, gd_read_fn *read, void *from,
                                    size_t statement_bytes_max, gd_each_stmt_fn *each,
                                    void *context, char out_hash[65], uint64_t *out_bytes,
                                    struct gd_error *err)
{
    struct gd_script_options options = {.statement_bytes_max = statement_bytes_max,
                                        .by_wire = input->by_wire};
    struct gd_script *script = gd_script_new(input->path, read, from, &options);
    struct gd_status status = each_statement(script, each, context, err);
    if (out_hash != NULL)
        gd_script_hash(script, out_hash);
    if (out_bytes != NULL)
        *out_bytes = gd_script_bytes(script);
    gd_script_free(script);
    return status;
}

struct gd_status gd_input_each(const struct gd_input *input, size_t statement_bytes_max,
                               gd_each_stmt_fn *each, void *context, char out_hash[65],
                               uint64_t *out_bytes, struct gd_error *err)
{
    if (input->text != NULL) {
        struct gd_memory_input memory = {input->text, input->size};
        return run(input, gd_memory_read, &memory, statement_bytes_max, each, context, out_hash,
                   out_bytes, err);
    }
    struct file_input file = {open(input->path, O_RDONLY | O_CLOEXEC), input->path};
    if (file.descriptor < 0)
        return gd_fail(err, GD_USAGE, "could not open \"%s\": %s", input->path, strerror(errno));
    struct gd_status status =
        run(input, read_file, &file, statement_bytes_max, each, context, out_hash, out_bytes, err);
    close(file.descriptor);
    return status;
}
