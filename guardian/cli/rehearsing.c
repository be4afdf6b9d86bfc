#include "guardian/cli/rehearsing.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/texts.h"
#include "guardian/io/fd.h"
#include "guardian/prove/scratch_copy.h"
#include "guardian/proxy/behind_door.h"

/* ---- what the command reads ---- */

/* A file can be read from its beginning again, a pipe cannot. */
static int standard_input(const struct gd_events *events)
{
    struct stat about = {0};
    bool there = fstat(STDIN_FILENO, &about) == 0;
    if (there && isatty(STDIN_FILENO))
        return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    int again =
        there && S_ISREG(about.st_mode) ? open("/proc/self/fd/0", O_RDONLY | O_CLOEXEC) : -1;
    if (again >= 0) {
        (void)lseek(again, lseek(STDIN_FILENO, 0, SEEK_CUR), SEEK_SET);
        return again;
    }
    if (there && S_ISFIFO(about.st_mode))
        gd_tell_note(events, "standard input is a pipe, which can be read only once: in the "
                             "rehearsal there is nothing in it");
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* ---- on the copy ---- */

struct stage {
    const struct gd_rehearsing *rehearsing;
    struct gd_arena *arena;
    const struct gd_scratch_copy *copy;
    struct gd_rehearsal *rehearsal;
    struct gd_run *run;
};

GD_MUST static struct gd_status run_there(const struct stage *stage, struct gd_error *err)
{
    const struct gd_config *config = stage->rehearsing->config;
    const struct gd_events *events = stage->rehearsing->guard->events;
    struct gd_rehearsal *rehearsal = stage->rehearsal;
    gd_auto_fd input = standard_input(events);
    const int descriptors[] = {input, STDERR_FILENO, STDERR_FILENO};
    struct gd_behind_door_options options = {
        .argv = stage->rehearsing->argv,
        .pg = &stage->copy->pg,
        .target = stage->rehearsing->guard->pg->target,
        .user = gd_run_user(stage->run),
        .database = gd_run_database(stage->run),
        .live = stage->copy->live,
        .copy = stage->copy->database,
        .descriptors = descriptors,
        .variables = config->variables.items,
        .variable_count = config->variables.count,
        .listen = gd_text_or_null(config->listen),
        .gate = gd_run_gate(stage->run),
        .statement_bytes_max = (size_t)config->statement_size_max,
        .events = events,
    };
    int64_t began = gd_clock_monotonic_us();
    fflush(stdout);
    GD_TRY(gd_run_behind_door(&options, stage->arena, &rehearsal->exit_status, err));
    rehearsal->seconds = (double)(gd_clock_monotonic_us() - began) / 1e6;
    return GD_DONE;
}

GD_MUST static struct gd_status learn(struct stage *stage, struct gd_texts *out_databases,
                                      struct gd_error *err)
{
    struct gd_guard_options guard = *stage->rehearsing->guard;
    struct gd_run_options options = {
        .mode = GD_RUN_LEARN, .guard = &guard, .command = "", .rehearsal = stage->rehearsal};
    guard.pg = &stage->copy->pg;
    guard.store = NULL;
    GD_TRY(gd_run_begin(&options, stage->arena, &stage->run, err));
    struct gd_status status = run_there(stage, err);
    gd_run_learned(stage->run, out_databases);
    gd_run_free(stage->run);
    return status;
}

/* ---- the copy ---- */

struct gd_status gd_cli_rehearse(const struct gd_rehearsing *rehearsing, struct gd_arena *arena,
                                 struct gd_rehearsal **out_rehearsal, struct gd_error *err)
{
    const struct gd_guard_options *guard = rehearsing->guard;
    struct gd_texts records = {0}, databases = {0};
    struct gd_scratch_copy copy;
    struct gd_scratch_copy_options options = {
        .pg = guard->pg,
        .tables = &records,
        .scratch = guard->scratch,
        .pg_dump = guard->pg_dump,
        .pg_bin = guard->pg_bin,
        .events = guard->events,
    };
    GD_TRY(gd_run_record_tables(guard->pg, arena, &records, err));
    GD_TRY(gd_scratch_copy_make(&options, arena, &copy, err));
    struct stage stage = {.rehearsing = rehearsing, .arena = arena, .copy = &copy};
    stage.rehearsal = gd_rehearsal_new(copy.database, copy.live, arena);
    stage.rehearsal->beside_live = copy.beside_live;
    stage.rehearsal->where = copy.where;
    stage.rehearsal->copy_seconds = copy.seconds;
    gd_tell_note(guard->events, "rehearsing on %s, made in %.1f s", copy.where, copy.seconds);
    struct gd_status status = learn(&stage, &databases, err);
    gd_scratch_copy_drop(&copy, &databases);
    if (status.code != GD_OK)
        return status;
    gd_tell_note(guard->events, "rehearsed in %.1f s: %zu statement%s would change something",
                 stage.rehearsal->seconds, stage.rehearsal->changes,
                 stage.rehearsal->changes == 1 ? "" : "s");
    *out_rehearsal = stage.rehearsal;
    return GD_DONE;
}

const char *gd_rehearsal_failed(const struct gd_rehearsal *rehearsal, struct gd_arena *arena)
{
    if (rehearsal->refusal != NULL)
        return gd_arena_printf(arena, "the rehearsal did not come to its end: %s",
                               rehearsal->refusal);
    return rehearsal->exit_status == 0
               ? NULL
               : gd_arena_printf(arena, "the command ended with status %d in the rehearsal",
                                 rehearsal->exit_status);
}
