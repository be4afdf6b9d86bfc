/*
 * Tokens: what can be told of a statement by its words alone, where no grammar helps.
 */
#ifndef GUARDIAN_SQL_TOKENS_H
#define GUARDIAN_SQL_TOKENS_H

#include "guardian/sql/parse.h"
#include "guardian/sql/script.h"

bool gd_token_is(const char *text, const struct gd_token *token, const char *word);

/** The verb and the object of a statement that the grammar refused. "ALTER TABLE IF EXISTS ONLY
 *  app.users SET …": verb "ALTER TABLE", object "app.users". "" where there is none. */
void gd_unread_name(const char *text, const struct gd_token *tokens, size_t count,
                    struct gd_arena *arena, struct gd_unread *unread);

/** CREATE [OR REPLACE] FUNCTION or PROCEDURE? */
bool gd_tokens_begin_routine(const char *text, const struct gd_token *tokens, size_t count);

/** The place of the semicolon that ends a routine with an SQL-standard body: inside BEGIN ATOMIC …
 *  END, where CASE … END nests, semicolons belong to the body. SIZE_MAX when it is not in sight. */
size_t gd_tokens_atomic_end(const char *text, const struct gd_token *tokens, size_t count);

#endif
