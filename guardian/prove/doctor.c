#include "guardian/prove/doctor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "guardian/policy/policy.h"
#include "guardian/prove/doctor_own.h"
#include "guardian/snapshot/programs.h"

/* --- lines ------------------------------------------------------------------------------------ */

const char *gd_health_text(enum gd_health health)
{
    static const char *const texts[] = {[GD_HEALTH_OK] = "ok",
                                        [GD_HEALTH_INFO] = "info",
                                        [GD_HEALTH_WARNING] = "warning",
                                        [GD_HEALTH_PROBLEM] = "problem"};
    return texts[health];
}

static struct gd_checkup *new_line(struct gd_doctor *doctor)
{
    struct gd_diagnosis *diagnosis = doctor->diagnosis;
    if (diagnosis->count == doctor->capacity) {
        size_t capacity = doctor->capacity == 0 ? 32 : 2 * doctor->capacity;
        struct gd_checkup *lines = gd_arena_zalloc(doctor->arena, capacity, sizeof *lines);
        if (diagnosis->count > 0)
            memcpy(lines, diagnosis->checkups, diagnosis->count * sizeof *lines);
        diagnosis->checkups = lines;
        doctor->capacity = capacity;
    }
    return &diagnosis->checkups[diagnosis->count++];
}

static void add_line(struct gd_doctor *doctor, const char *name, enum gd_health health,
                     const char *text, const char *advice)
{
    *new_line(doctor) = (struct gd_checkup){name, health, text, advice == NULL ? "" : advice};
    doctor->diagnosis->problems += health == GD_HEALTH_PROBLEM;
    doctor->diagnosis->warnings += health == GD_HEALTH_WARNING;
}

void gd_doctor_say(struct gd_doctor *doctor, const char *name, enum gd_health health,
                   const char *advice, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = gd_arena_vprintf(doctor->arena, format, arguments);
    va_end(arguments);
    add_line(doctor, name, health, text, advice);
}

void gd_doctor_say_error(struct gd_doctor *doctor, const char *name, enum gd_health health,
                         const struct gd_error *err)
{
    add_line(doctor, name, health, gd_arena_strdup(doctor->arena, err->text),
             gd_arena_strdup(doctor->arena, err->hint));
}

const char *gd_doctor_many(struct gd_doctor *doctor, int64_t number, const char *one,
                           const char *many)
{
    return gd_arena_printf(doctor->arena, "%" PRId64 " %s", number, number == 1 ? one : many);
}

const char *gd_doctor_size(struct gd_doctor *doctor, uint64_t bytes)
{
    return gd_size_text(bytes, doctor->arena);
}

/* --- programs and room ------------------------------------------------------------------------ */

static void look_at_program(struct gd_doctor *doctor, const char *name, const char *asked,
                            enum gd_health when_missing)
{
    struct gd_error err = {0};
    struct gd_program program = {0};
    if (gd_program_find(name, asked, doctor->server_version, doctor->arena, &program, &err).code !=
        GD_OK)
        gd_doctor_say_error(doctor, name, when_missing, &err);
    else
        gd_doctor_say(doctor, name, GD_HEALTH_OK, NULL, "%s, %s", program.text, program.path);
}

static void look_at_programs(struct gd_doctor *doctor)
{
    look_at_program(doctor, "pg_dump", doctor->options->pg_dump, GD_HEALTH_PROBLEM);
    look_at_program(doctor, "pg_restore", NULL, GD_HEALTH_WARNING);
}

/* A drill without another server runs one of its own here, of the same major version. */
static void look_at_drills(struct gd_doctor *doctor)
{
    struct gd_error ignored = {0};
    struct gd_program program = {0};
    int major = doctor->server_version / 10000;
    if (major == 0)
        return;
    bool found = gd_program_find("postgres", doctor->options->pg_bin, doctor->server_version,
                                 doctor->arena, &program, &ignored)
                     .code == GD_OK;
    if (found && program.version / 10000 == major)
        gd_doctor_say(doctor, "drill", GD_HEALTH_OK, NULL,
                      "a trial restore can run on this machine: %s", program.path);
    else
        gd_doctor_say(doctor, "drill", GD_HEALTH_INFO,
                      "Install the server of that version here, or name another one with guardian "
                      "verify --drill --scratch.",
                      "the programs of a server of PostgreSQL %d are not on this machine: a trial "
                      "restore needs a server elsewhere",
                      major);
}

static const char *work_folder(const struct gd_doctor *doctor)
{
    const char *temporary = getenv("TMPDIR");
    if (doctor->options->work_folder != NULL)
        return doctor->options->work_folder;
    return temporary == NULL || temporary[0] == '\0' ? "/tmp" : temporary;
}

/* A drill lays the whole database down a second time; its indexes and log come on top. */
static void look_at_room(struct gd_doctor *doctor)
{
    struct statvfs about;
    const char *folder = work_folder(doctor);
    if (doctor->server_version == 0)
        return; /* nobody knows how much it would take */
    if (statvfs(folder, &about) != 0) {
        gd_doctor_say(doctor, "room", GD_HEALTH_WARNING, "Set TMPDIR to a folder that is there.",
                      "could not look at \"%s\": %s", folder, strerror(errno));
        return;
    }
    uint64_t room = (uint64_t)about.f_bavail * about.f_frsize;
    uint64_t wanted = doctor->database_bytes + doctor->database_bytes / 2;
    const char *text = gd_doctor_size(doctor, room);
    if (room >= wanted)
        gd_doctor_say(doctor, "room", GD_HEALTH_OK, NULL,
                      "\"%s\" has %s free, enough for a trial restore on this machine", folder,
                      text);
    else
        gd_doctor_say(doctor, "room", GD_HEALTH_WARNING,
                      "Set TMPDIR to a larger disk before a drill on this machine. Snapshots and "
                      "restores need no local disk.",
                      "\"%s\" has %s free, and a trial restore on this machine takes about %s",
                      folder, text, gd_doctor_size(doctor, wanted));
}

void gd_doctor_run(const struct gd_doctor_options *options, struct gd_arena *arena,
                   struct gd_diagnosis *out_diagnosis)
{
    *out_diagnosis = (struct gd_diagnosis){0};
    struct gd_doctor doctor = {.options = options, .arena = arena, .diagnosis = out_diagnosis};
    gd_tell_stage(options->events, "looking at the database", 0);
    gd_doctor_look_at_database(&doctor);
    look_at_programs(&doctor);
    gd_tell_stage(options->events, "trying the store", 0);
    gd_doctor_look_at_store(&doctor);
    gd_doctor_look_at_snapshots(&doctor);
    gd_doctor_look_at_times(&doctor);
    look_at_drills(&doctor);
    look_at_room(&doctor);
}
