/*
 * Server, the settings: postgresql.auto.conf of a data directory that was laid down.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/io/fd.h"
#include "guardian/io/file.h"
#include "guardian/restore/server.h"

enum { SETTINGS_MAX = 4 << 20 };

const char *gd_server_quoted(const char *text, struct gd_arena *arena)
{
    char *out = gd_arena_alloc(arena, 2 * strlen(text) + 3), *at = out;
    *at++ = '\'';
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\')
            *at++ = *text;
        *at++ = *text;
    }
    *at++ = '\'';
    *at = '\0';
    return out;
}

/* About recovery, following and archiving: what held for the source would harm here. */
static bool is_taken_out(const char *name, size_t length)
{
    static const char *const names[] = {"restore_command",
                                        "archive_cleanup_command",
                                        "recovery_end_command",
                                        "recovery_target",
                                        "recovery_target_name",
                                        "recovery_target_time",
                                        "recovery_target_xid",
                                        "recovery_target_lsn",
                                        "recovery_target_inclusive",
                                        "recovery_target_timeline",
                                        "recovery_target_action",
                                        "recovery_min_apply_delay",
                                        "primary_conninfo",
                                        "primary_slot_name",
                                        "promote_trigger_file",
                                        "archive_mode",
                                        "archive_command",
                                        "archive_library",
                                        "hot_standby",
                                        "sync_replication_slots"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i]) == length && strncasecmp(names[i], name, length) == 0)
            return true;
    return false;
}

/* What of the old text stays, a line at a time. */
static char *cleaned(const char *text, const char *more, struct gd_arena *arena)
{
    char *out = gd_arena_alloc(arena, strlen(text) + strlen(more) + 2), *at = out;
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        const char *name = text + strspn(text, " \t");
        size_t name_length = strcspn(name, " \t=\n");
        if (length > 0 && !is_taken_out(name, name_length) &&
            strncmp(text, "# guardian", 10) != 0) {
            memcpy(at, text, length);
            at += length;
            *at++ = '\n';
        }
        text += length + (text[length] == '\n');
    }
    memcpy(at, more, strlen(more) + 1);
    return out;
}

static struct gd_status read_settings(const char *path, struct gd_arena *arena,
                                      const char **out_text, struct gd_error *err)
{
    gd_auto_source source = NULL;
    char *text = NULL;
    size_t size = 0;
    *out_text = "";
    if (access(path, F_OK) != 0)
        return GD_DONE;
    GD_TRY(gd_file_source_new(path, 0, 0, &source, err));
    GD_TRY(gd_source_all(source, SETTINGS_MAX, &text, &size, err));
    *out_text = gd_arena_strdup(arena, text);
    free(text);
    return GD_DONE;
}

static struct gd_status give(const char *path, uid_t uid, gid_t gid, struct gd_error *err)
{
    if (chmod(path, 0600) != 0 || (uid != 0 && lchown(path, uid, gid) != 0))
        return gd_fail(err, GD_SYSTEM, "could not give \"%s\" to the server's user: %s", path,
                       strerror(errno));
    return GD_DONE;
}

struct gd_status gd_server_settings(const char *folder, const char *lines, uid_t uid, gid_t gid,
                                    struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_sink sink = NULL;
    const char *path = gd_arena_printf(arena, "%s/postgresql.auto.conf", folder), *old;
    GD_TRY(read_settings(path, arena, &old, err));
    const char *text = cleaned(old, lines, arena);
    GD_TRY(gd_file_sink_new(path, GD_FILE_REPLACE, &sink, err));
    GD_TRY(gd_sink_write(sink, text, strlen(text), err));
    GD_TRY(gd_sink_finish(sink, err));
    return give(path, uid, gid, err);
}

struct gd_status gd_server_touch(const char *folder, const char *name, uid_t uid, gid_t gid,
                                 struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    const char *path = gd_arena_printf(arena, "%s/%s", folder, name);
    gd_auto_fd fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || fsync(fd) != 0)
        return gd_fail(err, GD_SYSTEM, "could not write \"%s\": %s", path, strerror(errno));
    return give(path, uid, gid, err);
}
