/*
 * Approvals: that somebody has read exactly this text and found it good.
 *
 * v1/approvals/<sha256>/<id>.json (docs/formats/approval.md). An approval is for a text, whatever
 * database it is for. It is no signature: who can write to the store can approve, and revoke.
 *
 * Invariant  Nothing is removed or written over: an approval is revoked by a record beside it.
 */
#ifndef GUARDIAN_JOURNAL_APPROVAL_H
#define GUARDIAN_JOURNAL_APPROVAL_H

#include "guardian/base/texts.h"
#include "guardian/store/store.h"

enum gd_approval_state {
    GD_APPROVAL_HOLDS,
    GD_APPROVAL_EXPIRED,
    GD_APPROVAL_REVOKED,
    GD_APPROVAL_UNREADABLE, /* it approves nothing */
};

struct gd_revocation {
    const char *who, *host, *reason, *version;
    int64_t time_us; /* set by gd_approval_revoke(); 0: the record cannot be read */
};

struct gd_approval {
    const char *sha256;          /* of the file, or of the statement */
    const char *id, *who, *host; /* id: given by gd_approval_put() */
    const char *path, *reason, *version;
    int64_t time_us, expires_us; /* 0: never */
    enum gd_approval_state state;
    struct gd_revocation revocation; /* of GD_APPROVAL_REVOKED */
};

struct gd_approvals {
    struct gd_approval *items;
    size_t count, room;
};

/** Write one and read it back. Sets its id and time. @return GD_USAGE that is no SHA-256 */
GD_MUST struct gd_status gd_approval_put(struct gd_store *store, struct gd_approval *approval,
                                         struct gd_arena *arena, struct gd_error *err);

/** From now on it approves nothing. Written and read back. @return GD_REFUSED: it was revoked
 *  before */
GD_MUST struct gd_status gd_approval_revoke(struct gd_store *store, struct gd_approval *approval,
                                            const struct gd_revocation *revocation,
                                            struct gd_arena *arena, struct gd_error *err);

/** Those of some texts, oldest first for each, whatever their state at `now_us` is. One request for
 *  each text, and one for each approval. */
GD_MUST struct gd_status gd_approvals_read(struct gd_store *store, const struct gd_texts *hashes,
                                           int64_t now_us, struct gd_arena *arena,
                                           struct gd_approvals *out_approvals,
                                           struct gd_error *err);

/** All that there are, oldest first. */
GD_MUST struct gd_status gd_approvals_list(struct gd_store *store, int64_t now_us,
                                           struct gd_arena *arena,
                                           struct gd_approvals *out_approvals,
                                           struct gd_error *err);

/** The one whose id is `text` or begins with it. @return GD_USAGE: none, or several */
GD_MUST struct gd_status gd_approvals_find(struct gd_approvals *approvals, const char *text,
                                           struct gd_approval **out_approval, struct gd_error *err);

#endif
