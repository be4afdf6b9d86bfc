/*
 * Holders: who is in the way of a lock, and looking again when somebody was.
 *
 * Asked in pg_locks by the session itself, between its own waits: whoever was in the way in a long
 * transaction still is. That needs no second connection, and a role without rights sees who it is.
 */
#ifndef GUARDIAN_GUARD_HOLDERS_H
#define GUARDIAN_GUARD_HOLDERS_H

#include "guardian/base/events.h"
#include "guardian/base/texts.h"
#include "guardian/pg/connect.h"

struct gd_holders_query {
    const char *tables; /* an SQL array of oids; NULL: those who hold any relation for themselves */
    bool readers;       /* those who only read; else those who write or do more */
    uint32_t older_ms;  /* in a transaction that is older; one whose age may not be seen counts */
    const struct gd_texts *among; /* virtual transactions: no others; NULL: all */
};
struct gd_holders {
    size_t count;
    struct gd_texts transactions; /* their virtual transactions */
    const char *text;             /* the oldest of them, in words; "" when there is nobody */
};
/** As it is now, also inside of a transaction. */
GD_MUST struct gd_status gd_holders_find(struct gd_pg *pg, const struct gd_holders_query *query,
                                         struct gd_arena *arena, struct gd_holders *out_holders,
                                         struct gd_error *err);

struct gd_patience {
    uint32_t retries; /* tries after the first */
    const struct gd_events *events;
};
typedef struct gd_status gd_look_fn(void *context, struct gd_error *err);

/** `look` changes nothing and may be repeated: it is, after a while, when it says GD_BUSY.
 *  @return as `look`; GD_BUSY says who holds a lock that definitions are read under */
GD_MUST struct gd_status gd_look_patiently(struct gd_pg *pg, const struct gd_patience *patience,
                                           gd_look_fn *look, void *context, struct gd_arena *arena,
                                           struct gd_error *err);
#endif
