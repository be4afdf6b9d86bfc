/*
 * Drives journal/lease.h for tests/system/test_lease.py.
 *
 *   drive_lease TARGET|- STORE|- CHANGE WAIT_MS LEASE_MS [elsewhere]
 *
 * Takes the lease and says "taken", or "taken after waiting". Then does what the lines of stdin
 * say: check, release, discard (DISCARD ALL), lose (end its session). At the end of stdin it ends
 * without giving anything back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/journal/lease.h"
#include "guardian/pg/copy.h"

#define CLUSTER "7301234567890123456-shop"

static void tell(void *context, const struct gd_event *event)
{
    (void)context;
    fprintf(stderr, "note: %s\n", event->text);
}

static int say(struct gd_status status, const char *good, const struct gd_error *err)
{
    printf("%s%s\n", status.code == GD_OK ? good : gd_code_name(status.code),
           status.code == GD_OK ? "" : ": ");
    if (status.code != GD_OK)
        printf("%s\n", err->text);
    fflush(stdout);
    return gd_exit_status(status.code);
}

static void obey(struct gd_lease *lease, struct gd_pg **pg, const char *word)
{
    struct gd_error err = {0};
    if (strcmp(word, "check\n") == 0)
        say(gd_lease_check(lease, &err), "ours", &err);
    else if (strcmp(word, "release\n") == 0)
        say(gd_lease_release(lease, &err), "released", &err);
    else if (strcmp(word, "discard\n") == 0)
        say(gd_pg_command(*pg, "discard", "DISCARD ALL", &err), "discarded", &err);
    else if (strcmp(word, "lose\n") == 0)
        say(gd_pg_command(*pg, "end it", "SELECT pg_terminate_backend(pg_backend_pid())", &err),
            "still there", &err);
}

int main(int argc, char **argv)
{
    struct gd_error err = {0};
    struct gd_pg *pg = NULL;
    struct gd_store *store = NULL;
    struct gd_lease *lease = NULL;
    struct gd_events events = {.tell = tell};
    char application[100], line[100], who[60];
    if (argc < 6)
        return 2;
    snprintf(application, sizeof application, "guardian %s", argv[3]);
    snprintf(who, sizeof who, "test pid %d", (int)getpid());
    struct gd_pg_options target = {.target = argv[1], .application = application};
    struct gd_store_options place = {.url = argv[2]};
    if (strcmp(argv[1], "-") != 0 && gd_pg_connect(&target, &pg, &err).code != GD_OK)
        return say((struct gd_status){err.code}, "", &err);
    if (strcmp(argv[2], "-") != 0 && gd_store_open(&place, &store, &err).code != GD_OK)
        return say((struct gd_status){err.code}, "", &err);
    struct gd_lease_options options = {.pg = pg,
                                       .store = store,
                                       .cluster = CLUSTER,
                                       .change = argv[3],
                                       .who = who,
                                       .wait_ms = (uint32_t)strtoul(argv[4], NULL, 10),
                                       .lease_ms = (uint32_t)strtoul(argv[5], NULL, 10),
                                       .elsewhere = argc > 6,
                                       .events = &events};
    struct gd_status status = gd_lease_take(&options, &lease, &err);
    int code =
        say(status,
            status.code == GD_OK && gd_lease_waited(lease) ? "taken after waiting" : "taken", &err);
    while (status.code == GD_OK && fgets(line, sizeof line, stdin) != NULL)
        obey(lease, &pg, line);
    gd_lease_free(lease);
    gd_store_close(store);
    gd_pg_close(pg);
    return code;
}
