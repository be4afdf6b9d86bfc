/*
 * guardian wal fetch NAME PATH: restore_command.
 *
 * Of its status the server takes 0 for a file that is in place, and anything from 1 to 125 for the
 * end of what there is: it then promotes itself and reports success. So 1 is said only when the
 * store said that the file is not there, and 255, at which the server stops, of everything else.
 */
#include "guardian/cli/ending.h"
#include "guardian/cli/progress.h"
#include "guardian/cli/wal.h"
#include "guardian/wal/fetch.h"

enum { FETCHED = 0, ABSENT = 1 };

GD_MUST static struct gd_status fetch(const struct gd_config *config,
                                      const struct gd_events *events, char **argv,
                                      struct gd_wal_fetched *out_fetched, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_wal_place open = {0};
    struct gd_wal_name name;
    struct gd_wal_fetch_options options = {.asks_again = gd_wal_is_standby(config->data_directory),
                                           .hole_is_end = config->end_at_hole};
    GD_TRY(gd_cli_wal_name(argv[0], &name, err));
    GD_TRY(gd_cli_wal_open(config, false, arena, events, &open, err));
    GD_TRY(gd_wal_fetch(&open.place, &name, &options, argv[1], out_fetched, err));
    if (out_fetched->found == GD_WAL_BEGUN)
        gd_tell_note(events, "%s is not whole: %llu bytes of it are in the store", argv[0],
                     (unsigned long long)out_fetched->wal_bytes);
    return GD_DONE;
}

int gd_cli_wal_fetch(const struct gd_config *config, int argc, char **argv)
{
    (void)argc;
    gd_auto_progress progress = gd_progress_new(config);
    struct gd_error err = {0};
    struct gd_wal_fetched fetched = {0};
    struct gd_status status = fetch(config, gd_progress_events(progress), argv, &fetched, &err);
    gd_progress_end(progress, status);
    if (status.code == GD_OK)
        return fetched.found == GD_WAL_ABSENT ? ABSENT : FETCHED;
    int said =
        gd_cli_fail_with(&err, "The server must not go on as if this were the end of the WAL.");
    (void)said;
    return GD_WAL_TROUBLE;
}
