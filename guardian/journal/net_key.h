/*
 * Net key: the secrets of a database's second net (pg/net.h), in the store. Who may not read them
 * in the database, as the plain owner of its tables, has them from there.
 *
 *     v1/nets/<id of the key>.zst          two lines of 64 hex digits
 *     v1/nets/<id of the key>.zst.sealed   the same, encrypted with the key of the store
 */
#ifndef GUARDIAN_JOURNAL_NET_KEY_H
#define GUARDIAN_JOURNAL_NET_KEY_H

#include "guardian/io/crypt.h"
#include "guardian/pg/net.h"
#include "guardian/store/store.h"

/** Keep the secrets of a net that are here. */
GD_MUST struct gd_status gd_net_key_put(struct gd_store *store, const struct gd_key *key,
                                        const struct gd_net *net, struct gd_error *err);

/** Look for a net in the database, and make ready to announce.
 *  @return GD_UNPROTECTED  there is one, and its key is neither to be read there nor in the store
 */
GD_MUST struct gd_status gd_net_open(struct gd_pg *pg, struct gd_store *store,
                                     const struct gd_key *key, struct gd_arena *arena,
                                     struct gd_net *out_net, struct gd_error *err);

#endif
