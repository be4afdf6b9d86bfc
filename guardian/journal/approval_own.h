/*
 * Approvals: what its writer and its reader share.
 */
#ifndef GUARDIAN_JOURNAL_APPROVAL_OWN_H
#define GUARDIAN_JOURNAL_APPROVAL_OWN_H

#include "guardian/journal/approval.h"

enum { GD_APPROVAL_FORMAT = 1, GD_REVOCATION_FORMAT = 1 };

/* v1/approvals/<sha256>/<id>.json, and <id>.revoked.json beside it */
extern const char gd_approvals_prefix[], gd_approval_suffix[], gd_approval_revoked_suffix[];

bool gd_approval_is_hash(const char *text);

#endif
