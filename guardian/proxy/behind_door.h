/*
 * Behind the door: a command that finds its database at a door of ours, and nowhere else.
 *
 * One try: door, relay, command; when the command has ended, its sessions are let go, and the door
 * is closed. Nothing is left of it.
 */
#ifndef GUARDIAN_PROXY_BEHIND_DOOR_H
#define GUARDIAN_PROXY_BEHIND_DOOR_H

#include "guardian/base/events.h"
#include "guardian/proxy/gate.h"

struct gd_behind_door_options {
    const char *const *argv; /* ends with NULL; not for gd_behind_door_open() */
    const struct gd_pg_options *pg;
    const char *target;           /* the one whose URLs lead to the door; NULL: that of `pg` */
    const char *user, *database;  /* of the target */
    const char *live, *copy;      /* as gd_relay_options */
    const int *descriptors;       /* the command's 0, 1 and 2; NULL: ours */
    const char *const *variables; /* further ones that are given the door's URL */
    size_t variable_count;
    const char *listen; /* as gd_door_options; NULL */
    const struct gd_gate *gate;
    size_t statement_bytes_max;
    uint32_t grace_ms;
    const struct gd_events *events;
};

struct gd_behind_door;

/**
 * Door and relay alone, for somebody who runs the command himself.
 *
 * @param out_environment  what goes into its environment; in `arena`
 * @return GD_SYSTEM  no door, or the relay failed
 */
GD_MUST struct gd_status gd_behind_door_open(const struct gd_behind_door_options *options,
                                             struct gd_arena *arena,
                                             struct gd_behind_door **out_behind,
                                             struct gd_texts *out_environment,
                                             struct gd_error *err);
GD_MUST struct gd_status gd_behind_door_close(struct gd_behind_door *take_behind,
                                              struct gd_error *err);

/**
 * Run it, and wait for its end. Signals are the command's meanwhile.
 *
 * @param out_exit  its status, or 128 + signal, as a shell gives it
 * @return GD_USAGE  there is no such program; GD_SYSTEM no door, or the relay failed
 */
GD_MUST struct gd_status gd_run_behind_door(const struct gd_behind_door_options *options,
                                            struct gd_arena *arena, int *out_exit,
                                            struct gd_error *err);

#endif
