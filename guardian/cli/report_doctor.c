#include "guardian/cli/report_doctor.h"

#include <string.h>

enum { HEALTH_WIDTH = 9, NAME_WIDTH = 17, TEXT_COLUMN = HEALTH_WIDTH + NAME_WIDTH };

static enum gd_ink ink_of(enum gd_health health)
{
    static const enum gd_ink inks[] = {[GD_HEALTH_OK] = GD_INK_GREEN,
                                       [GD_HEALTH_INFO] = GD_INK_DIM,
                                       [GD_HEALTH_WARNING] = GD_INK_YELLOW,
                                       [GD_HEALTH_PROBLEM] = GD_INK_RED};
    return inks[health];
}

static void put_padded(const struct gd_screen *screen, enum gd_ink ink, const char *text, int width)
{
    gd_screen_put(screen, ink, text);
    fprintf(screen->stream, "%*s", width - (int)strlen(text), "");
}

static void print_checkup(const struct gd_screen *screen, const struct gd_checkup *checkup)
{
    put_padded(screen, ink_of(checkup->health), gd_health_text(checkup->health), HEALTH_WIDTH);
    put_padded(screen, GD_INK_BOLD, checkup->name, NAME_WIDTH);
    gd_screen_paragraph(screen, GD_INK_PLAIN, TEXT_COLUMN, TEXT_COLUMN, checkup->text);
    if (checkup->advice[0] == '\0')
        return;
    fprintf(screen->stream, "%*s", TEXT_COLUMN, "");
    gd_screen_paragraph(screen, GD_INK_DIM, TEXT_COLUMN, TEXT_COLUMN, checkup->advice);
}

static void print_count(const struct gd_screen *screen, size_t count, const char *what)
{
    fprintf(screen->stream, "%zu %s%s", count, what, count == 1 ? "" : "s");
}

void gd_report_doctor_text(const struct gd_diagnosis *diagnosis, const struct gd_screen *screen)
{
    for (size_t i = 0; i < diagnosis->count; i++)
        print_checkup(screen, &diagnosis->checkups[i]);
    bool good = diagnosis->problems == 0;
    gd_screen_end_line(screen);
    gd_screen_put(screen, good ? GD_INK_GREEN : GD_INK_RED,
                  good ? "This database can be protected from here"
                       : "This database cannot be protected from here");
    fputs(": ", screen->stream);
    print_count(screen, diagnosis->problems, "problem");
    fputs(", ", screen->stream);
    print_count(screen, diagnosis->warnings, "warning");
    fputs(".\n", screen->stream);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static struct gd_json *store_of(const struct gd_diagnosis *diagnosis)
{
    const struct gd_store_capabilities *can = &diagnosis->can;
    if (!diagnosis->store_works)
        return gd_json_new_null();
    struct gd_json *store = gd_json_object();
    gd_json_put(store, "conditional", gd_json_new_bool(can->conditional));
    gd_json_put(store, "conditional_large", gd_json_new_bool(can->conditional_large));
    gd_json_put(store, "checksums", gd_json_new_bool(can->checksums));
    gd_json_put(store, "versioning", gd_json_new_bool(can->versioning));
    gd_json_put(store, "object_lock", gd_json_new_bool(can->object_lock));
    gd_json_put(store, "durable", gd_json_new_bool(can->durable));
    gd_json_put(store, "same_machine", gd_json_new_bool(can->same_machine));
    gd_json_put(store, "removes", gd_json_new_bool(can->removes));
    gd_json_put(store, "seconds", gd_json_new_real(diagnosis->store_seconds));
    return store;
}

struct gd_status gd_report_doctor_json(const struct gd_diagnosis *diagnosis,
                                       struct gd_json *take_warnings, FILE *stream,
                                       struct gd_error *err)
{
    gd_auto_json_writer writer = gd_json_writer_new(stream);
    gd_json_begin_object(writer, NULL);
    gd_json_add(writer, "usable", gd_json_new_bool(diagnosis->problems == 0));
    gd_json_add(writer, "problems", gd_json_new_int((int64_t)diagnosis->problems));
    gd_json_add(writer, "warnings", gd_json_new_int((int64_t)diagnosis->warnings));
    gd_json_begin_list(writer, "checks");
    for (size_t i = 0; i < diagnosis->count; i++) {
        const struct gd_checkup *checkup = &diagnosis->checkups[i];
        bool advice = checkup->advice[0] != '\0';
        struct gd_json *object = gd_json_object();
        gd_json_put(object, "name", gd_json_new_text(checkup->name));
        gd_json_put(object, "health", gd_json_new_text(gd_health_text(checkup->health)));
        gd_json_put(object, "text", gd_json_new_text(checkup->text));
        gd_json_put(object, "advice",
                    advice ? gd_json_new_text(checkup->advice) : gd_json_new_null());
        gd_json_add(writer, NULL, object);
    }
    gd_json_end(writer);
    gd_json_add(writer, "store", store_of(diagnosis));
    gd_json_add(writer, "told", take_warnings);
    gd_json_end(writer);
    return gd_json_writer_finish(writer, err);
}
