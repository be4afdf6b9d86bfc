/* drive_crypt seal|open KEY NAME: standard input to standard output through one filter of
 * io/crypt.h, so that another implementation can be held against it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guardian/io/crypt.h"
#include "guardian/io/file.h"

static struct gd_status seal(const struct gd_key *key, const char *name, struct gd_error *err)
{
    gd_auto_source source = gd_fd_source_new(STDIN_FILENO, "standard input");
    gd_auto_sink sink = NULL;
    GD_TRY(
        gd_seal_sink_new(gd_fd_sink_new(STDOUT_FILENO, "standard output"), key, name, &sink, err));
    GD_TRY(gd_pump(source, sink, NULL, err));
    return gd_sink_finish(sink, err);
}

static struct gd_status open_it(const struct gd_key *key, const char *name, struct gd_error *err)
{
    gd_auto_sink sink = gd_fd_sink_new(STDOUT_FILENO, "standard output");
    gd_auto_source source = NULL;
    GD_TRY(gd_open_source_new(gd_fd_source_new(STDIN_FILENO, "standard input"), key, name, &source,
                              err));
    GD_TRY(gd_pump(source, sink, NULL, err));
    return gd_sink_finish(sink, err);
}

int main(int argc, char **argv)
{
    struct gd_error err = {0};
    gd_auto_key key = NULL;
    if (argc != 4)
        return 2;
    struct gd_status status = gd_key_parse(argv[2], &key, &err);
    if (status.code == GD_OK)
        status =
            strcmp(argv[1], "seal") == 0 ? seal(key, argv[3], &err) : open_it(key, argv[3], &err);
    if (status.code != GD_OK)
        fprintf(stderr, "%s\n", err.text);
    return gd_exit_status(status.code);
}
