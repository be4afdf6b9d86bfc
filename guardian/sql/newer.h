/*
 * Newer: constructs of later servers than the linked grammar, recognised by name.
 *
 * Two kinds: those that the grammar refuses (told from the scanner's tokens, so that the reader
 * learns which server would take them), and those that it takes without knowing what they do (told
 * from the tree). Neither makes a statement harmless: it stays unknown.
 */
#ifndef GUARDIAN_SQL_NEWER_H
#define GUARDIAN_SQL_NEWER_H

#include "guardian/sql/parse.h"

struct gd_newer {
    const char *feature; /* "SET EXPRESSION" */
    int since_pg;
};

/** What in a refused text belongs to a newer server; NULL when nothing does. */
const struct gd_newer *gd_newer_in_tokens(const char *text, const struct gd_token *tokens,
                                          size_t count);

/** What in a parsed statement an older grammar passed over; NULL when nothing does. */
const struct gd_newer *gd_newer_in_tree(const struct gd_node *statement);

#endif
