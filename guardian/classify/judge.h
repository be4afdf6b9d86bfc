/*
 * Judge: one statement against the rules, with all that it runs.
 *
 * For the other files of classify/ only: the library's user calls gd_classify().
 */
#ifndef GUARDIAN_CLASSIFY_JUDGE_H
#define GUARDIAN_CLASSIFY_JUDGE_H

#include "guardian/classify/look.h"
#include "guardian/classify/state.h"
#include "guardian/sql/body.h"

struct gd_judge;

struct gd_judge *gd_judge_new(struct gd_arena *arena, struct gd_state *state,
                              const struct gd_survey *survey);
void gd_judge_free(struct gd_judge *judge);

/** Judge one statement of a script and apply it to the state. */
struct gd_verdict gd_judge_script_statement(struct gd_judge *judge, const struct gd_stmt *stmt);

/** The statement that is being judged (an AlterTableStmt while its commands are). */
const struct gd_node *gd_judge_statement(const struct gd_judge *judge);

/** Judge what a catalogue function does when it is called, once per statement. `why` says what
 *  calls it: "trigger audit on public.users". */
void gd_judge_catalogue_function(struct gd_judge *judge, const struct gd_function *function,
                                 const char *why);

/** The same for functions of that bare name that the script made. @return false: there are none */
bool gd_judge_script_function(struct gd_judge *judge, const char *name, const char *why);

/** Judge the actions of a CREATE RULE text, or a view's query, when they are reached. */
void gd_judge_text(struct gd_judge *judge, const char *text, const char *within);

/** Judge SQL that a function is given as a text: it runs now, or `later` by itself, and then its
 *  locks and its need of a transaction are not this statement's. */
void gd_judge_statements(struct gd_judge *judge, const char *text, const char *within, bool later);

/** Judge the calls and operators in an expression or a query that runs now. */
void gd_judge_calls(struct gd_judge *judge, const struct gd_node *node);

/** Remember that `what` was judged for this statement. @return false when it was before */
bool gd_judge_first_time(struct gd_judge *judge, const char *what);

/* A body that is read only to see whether it does anything. */
struct gd_aside {
    size_t found_count;
    struct gd_texts seen;
};

struct gd_running {
    const char *key;
    struct gd_aside aside;
    const struct gd_running *outer;
};

/** What has been found out about hooks (hooks.h) so far. */
struct gd_hook_memory {
    struct gd_texts harmless;         /* functions that were read and do nothing */
    uint32_t harmless_at;             /* gd_state_changes() then: the script may change it */
    const struct gd_running *running; /* functions that are being read */
};

struct gd_hook_memory *gd_judge_hook_memory(struct gd_judge *judge);

/** What is judged from here on is kept only where it does something: everything is read anew. */
struct gd_aside gd_judge_step_aside(struct gd_judge *judge);
/** @return the worst class that was found since */
enum gd_class gd_judge_step_back(struct gd_judge *judge, struct gd_aside aside);

/** A finding of rule `id`, for what the engine itself finds. */
struct gd_finding *gd_judge_add(struct gd_judge *judge, const char *id, const struct gd_node *node);

/** The look that effects get, for helpers that have only the judge. */
struct gd_look gd_judge_look(struct gd_judge *judge, const struct gd_node *node,
                             const struct gd_node *parent);

#endif
