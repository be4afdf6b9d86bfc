/*
 * Annotations: one workflow command a statement, worst first, because a pull request shows only the
 * first ten of each kind. What loses nothing and disturbs nobody is not annotated, only counted.
 *
 * Format     ::LEVEL file=F,line=N,endLine=N,col=N,title=T::MESSAGE
 * Invariant  In a message "%", CR and LF are written %25, %0D and %0A, in a property ":" and ","
 *            %3A and %2C, too: a statement cannot begin a command of its own.
 */
#include <errno.h>
#include <string.h>

#include "guardian/base/utf8.h"
#include "guardian/classify/rule.h"
#include "guardian/cli/report.h"
#include "guardian/cli/report_words.h"

enum { MESSAGE_MAX = 2000 };

static void put_code(FILE *stream, uint32_t code, const char *bytes, size_t size)
{
    if (code == GD_UTF8_BAD)
        fprintf(stream, "\\x%02x", (unsigned char)bytes[0]);
    else if (gd_utf8_deceives(code))
        fprintf(stream, code < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)code);
    else
        fwrite(bytes, 1, size, stream);
}

static void put_escaped(FILE *stream, const char *text, const char *escaped)
{
    const char *end = text + strlen(text);
    for (size_t used = 0, done = 0; text < end && done < MESSAGE_MAX; text += used, done += used) {
        uint32_t code;
        used = gd_utf8_decode(text, (size_t)(end - text), &code);
        if (used == 1 && strchr(escaped, text[0]) != NULL)
            fprintf(stream, "%%%02X", (unsigned char)text[0]);
        else
            put_code(stream, code, text, used);
    }
}

static const char *level_of(const struct gd_judged *entry)
{
    if (entry->verdict.class >= GD_CLASS_DESTRUCTIVE || gd_words_blocked(entry))
        return "error";
    return entry->verdict.class == GD_CLASS_ENUM ? "warning" : "notice";
}

/* Annotations hang on paths as the repository has them. */
static const char *path_of(const struct gd_judged_file *file)
{
    const char *path = file->path;
    while (strncmp(path, "./", 2) == 0)
        path += 2;
    return path;
}

static void annotate(FILE *stream, struct gd_arena *arena, const struct gd_row *row)
{
    const struct gd_judged *entry = row->entry;
    const struct gd_finding *lead = entry->verdict.lead;
    const char *title = gd_arena_printf(
        arena, "%s: %s (%s)", gd_class_name(entry->verdict.class),
        lead == NULL || lead->rule == NULL ? "not read" : lead->rule->title, gd_words_rule(lead));
    fprintf(stream, "::%s ", level_of(entry));
    if (strcmp(row->file->path, "-") != 0) {
        fputs("file=", stream);
        put_escaped(stream, path_of(row->file), "%\r\n:,");
        fputc(',', stream);
    }
    fprintf(stream, "line=%u,endLine=%u,title=", entry->line, entry->end_line);
    put_escaped(stream, title, "%\r\n:,");
    fputs("::", stream);
    put_escaped(stream, gd_words_message(arena, entry, lead), "%\r\n");
    fputc('\n', stream);
}

static void annotate_all(const struct gd_report *report, enum gd_attention attention, FILE *stream)
{
    gd_auto_arena rows_arena = gd_arena_new();
    gd_auto_arena arena = gd_arena_new();
    struct gd_row *rows = NULL;
    size_t count = gd_words_rows(report, NULL, attention, rows_arena, &rows);
    for (size_t i = 0; i < count; i++) {
        annotate(stream, arena, &rows[i]);
        gd_arena_reset(arena);
    }
}

static void sum_up(const struct gd_report *report, FILE *stream)
{
    gd_auto_arena arena = gd_arena_new();
    const char *level = report->class >= GD_CLASS_DESTRUCTIVE ? "error"
                        : report->class == GD_CLASS_ENUM      ? "warning"
                                                              : "notice";
    fprintf(stream, "::%s title=", level);
    put_escaped(stream, gd_arena_printf(arena, "Guardian: %s", gd_class_name(report->class)),
                "%\r\n:,");
    fputs("::", stream);
    put_escaped(stream, gd_words_verdict(arena, report), "%\r\n");
    fputc('\n', stream);
}

struct gd_status gd_report_github(const struct gd_report *report, FILE *stream,
                                  struct gd_error *err)
{
    annotate_all(report, GD_ATTENTION_FULL, stream);
    annotate_all(report, GD_ATTENTION_HAZARD, stream);
    sum_up(report, stream);
    if (fflush(stream) != 0 || ferror(stream))
        return gd_fail(err, GD_SYSTEM, "could not write the annotations: %s", strerror(errno));
    return GD_DONE;
}
