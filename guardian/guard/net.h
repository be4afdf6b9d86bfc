/*
 * The second net (pg/net.h), put into a database and taken out again.
 */
#ifndef GUARDIAN_GUARD_NET_H
#define GUARDIAN_GUARD_NET_H

#include "guardian/io/crypt.h"
#include "guardian/pg/net.h"
#include "guardian/store/store.h"

struct gd_net_options {
    struct gd_store *store;
    const struct gd_key *key; /* of the store; NULL: none */
    bool all;                 /* refuse all DDL that is not announced */
};

/**
 * Put it there, or bring it up to date: in one transaction, and then its key into the store.
 *
 * @param out_before  what was there
 * @return GD_REFUSED  the role may not make event triggers, or the server takes no writes: nothing
 *                     was changed
 *         GD_USAGE    a newer version, or somebody else's schema "guardian", is there
 */
GD_MUST struct gd_status gd_net_install(struct gd_pg *pg, const struct gd_net_options *options,
                                        struct gd_arena *arena, struct gd_net *out_before,
                                        struct gd_net *out_now, struct gd_error *err);
/** @param out_before  what was there; without triggers nothing was done */
GD_MUST struct gd_status gd_net_uninstall(struct gd_pg *pg, struct gd_arena *arena,
                                          struct gd_net *out_before, struct gd_error *err);

#endif
