/*
 * Drives pg/replication.c for tests/system/test_replication.py: prints one JSON document.
 *
 *   drive_replication TARGET open
 *   drive_replication TARGET run COMMAND          its first rows
 *   drive_replication TARGET history TIMELINE
 *   drive_replication TARGET slot create|temporary|read|drop NAME
 *   drive_replication TARGET copy BYTES COMMAND   a COPY: read about that much, then end it
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/io/json.h"
#include "guardian/pg/replication.h"

static struct gd_json *answer;

static void put_number(const char *name, uint64_t value)
{
    gd_json_put(answer, name, gd_json_new_int((int64_t)value));
}

GD_MUST static struct gd_status run(struct gd_replication *session, const char *text,
                                    struct gd_error *err)
{
    struct gd_replication_command command = {.what = "run a command", .text = text};
    gd_auto_pg_rows rows = NULL;
    struct gd_status status = gd_replication_run(session, &command, &rows, err);
    gd_json_put(answer, "sqlstate", gd_json_new_text(command.sqlstate));
    put_number("rows", rows == NULL ? 0 : gd_pg_rows_count(rows));
    return status;
}

GD_MUST static struct gd_status read_copy(struct gd_replication *session,
                                          struct gd_replication_command *command, uint64_t wanted,
                                          bool both, struct gd_error *err)
{
    uint64_t bytes = 0, messages = 0;
    bool ended = false;
    for (;;) {
        struct gd_replication_piece piece;
        GD_TRY(gd_replication_read(session, command, 100, -1, &piece, err));
        if (piece.end)
            break;
        bytes += piece.size;
        messages += piece.data != NULL;
        if (both && bytes >= wanted && !ended) {
            GD_TRY(gd_replication_end_copy(session, command, err));
            ended = true;
        }
    }
    put_number("bytes", bytes);
    put_number("messages", messages);
    return GD_DONE;
}

GD_MUST static struct gd_status copy(struct gd_replication *session, const char *wanted,
                                     const char *text, struct gd_error *err)
{
    struct gd_replication_command command = {.what = "copy", .text = text};
    uint64_t copies = 0, rows = 0;
    GD_TRY(gd_replication_send(session, &command, err));
    for (;;) {
        enum gd_replication_next next;
        GD_TRY(gd_replication_next(session, &command, &next, NULL, err));
        if (next == GD_REPLICATION_END)
            break;
        bool both = next == GD_REPLICATION_COPY_BOTH;
        rows += next == GD_REPLICATION_ROWS;
        if (next == GD_REPLICATION_ROWS)
            continue;
        copies++;
        GD_TRY(read_copy(session, &command, strtoull(wanted, NULL, 10), both, err));
    }
    put_number("copies", copies);
    put_number("rows", rows);
    struct gd_replication_system system = {0};
    return gd_replication_identify(session, &system, err); /* the session is good for more */
}

GD_MUST static struct gd_status slot(struct gd_replication *session, const char *verb,
                                     const char *name, struct gd_error *err)
{
    uint64_t lsn = 0;
    if (strcmp(verb, "drop") == 0)
        return gd_replication_slot_drop(session, name, err);
    if (strcmp(verb, "read") == 0) {
        struct gd_replication_slot slot;
        GD_TRY(gd_replication_slot_read(session, name, &slot, err));
        gd_json_put(answer, "known", gd_json_new_bool(slot.known));
        gd_json_put(answer, "there", gd_json_new_bool(slot.there));
        put_number("lsn", slot.restart_lsn);
        return GD_DONE;
    }
    GD_TRY(gd_replication_slot_create(session, name, strcmp(verb, "temporary") == 0, &lsn, err));
    put_number("lsn", lsn);
    return GD_DONE;
}

GD_MUST static struct gd_status history(struct gd_replication *session, const char *timeline,
                                        struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    const char *text;
    size_t size;
    GD_TRY(gd_replication_history(session, (uint32_t)strtoul(timeline, NULL, 10), arena, &text,
                                  &size, err));
    gd_json_put(answer, "text", gd_json_new_text(text));
    put_number("size", size);
    return GD_DONE;
}

GD_MUST static struct gd_status drive(char **words, int count, struct gd_error *err)
{
    const struct gd_pg_options options = {.target = words[1], .connect_ms = 5000};
    gd_auto_replication session = NULL;
    struct gd_replication_system system;
    char identifier[24];
    GD_TRY(gd_replication_open(&options, &session, &system, err));
    (void)snprintf(identifier, sizeof identifier, "%" PRIu64, system.system_identifier);
    gd_json_put(answer, "system_identifier", gd_json_new_text(identifier));
    put_number("timeline", system.timeline);
    put_number("segment_bytes", system.segment_bytes);
    put_number("version", (uint64_t)system.version);
    put_number("server_lsn", system.lsn);
    if (count == 4 && strcmp(words[2], "run") == 0)
        return run(session, words[3], err);
    if (count == 4 && strcmp(words[2], "history") == 0)
        return history(session, words[3], err);
    if (count == 5 && strcmp(words[2], "slot") == 0)
        return slot(session, words[3], words[4], err);
    if (count == 5 && strcmp(words[2], "copy") == 0)
        return copy(session, words[3], words[4], err);
    return GD_DONE;
}

int main(int argc, char **argv)
{
    struct gd_error err = {0};
    if (argc < 3)
        return 2;
    answer = gd_json_object();
    struct gd_status status = drive(argv, argc, &err);
    gd_json_put(answer, "error", gd_json_new_text(err.text));
    gd_json_put(answer, "hint", gd_json_new_text(err.hint));
    struct gd_error ignored = {0};
    if (gd_json_write(answer, stdout, 0, &ignored).code != GD_OK)
        return 1;
    gd_json_free(answer);
    return gd_exit_status(status.code);
}
