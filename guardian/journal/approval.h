/*
 * Approvals: that somebody has read exactly this text and found it good.
 *
 * v1/approvals/<sha256>/<id>.json (docs/formats/approval.md). An approval is for a text, whatever
 * database it is for. It is no signature: who can write to the store can approve.
 */
#ifndef GUARDIAN_JOURNAL_APPROVAL_H
#define GUARDIAN_JOURNAL_APPROVAL_H

#include "guardian/store/store.h"

struct gd_approval {
    const char *sha256;          /* of the file, or of the statement */
    const char *id, *who, *host; /* id: given by gd_approval_put() */
    const char *path, *reason, *version;
    int64_t time_us, expires_us; /* 0: never */
};

/** Write one and read it back. Sets its id and time. @return GD_USAGE that is no SHA-256 */
GD_MUST struct gd_status gd_approval_put(struct gd_store *store, struct gd_approval *approval,
                                         struct gd_arena *arena, struct gd_error *err);

/** Those of some texts that hold at `now_us`, oldest first for each text. What cannot be read
 *  approves nothing. One request for each text, and one for each approval. */
GD_MUST struct gd_status gd_approvals_read(struct gd_store *store, const char *const *hashes,
                                           size_t hash_count, int64_t now_us,
                                           struct gd_arena *arena,
                                           struct gd_approval **out_approvals, size_t *out_count,
                                           struct gd_error *err);

#endif
