/*
 * Closed: a database that lets no session in, because a restore that was killed left it so.
 *
 * "restore --replace" closes the old database before the swap, and first writes into the comment of
 * the new one which database that is, and in which server process it works (restore/replace.c). A
 * note is believed when its writer's role is one of ours; a process that still runs may be at it.
 *
 * Owner        connect.c, for a connection that was refused.
 */
#ifndef GUARDIAN_PG_CLOSED_H
#define GUARDIAN_PG_CLOSED_H

#include "guardian/pg/connection.h"

/** Is this libpq's text of such a refusal? */
bool gd_pg_closed(const char *why);

/** Add the hint that helps: asks another database of the server for the note. Gives back `status`.
 */
GD_MUST struct gd_status gd_pg_closed_hint(const struct gd_pg *pg, struct gd_status status,
                                           struct gd_error *err);

/** Open it where the note is ours and who wrote it is gone. @return false: it is as it was */
bool gd_pg_closed_open(const struct gd_pg *pg);

#endif
