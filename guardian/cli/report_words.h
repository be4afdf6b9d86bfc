/*
 * Words: findings put into short phrases, the same ones in every format.
 *
 * Invariant  Names of others stand in them as they are: who prints them neutralises them.
 * Owner      the arena that is passed.
 */
#ifndef GUARDIAN_CLI_REPORT_WORDS_H
#define GUARDIAN_CLI_REPORT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guardian/base/arena.h"
#include "guardian/classify/finding.h"
#include "guardian/policy/policy.h"

/** How far a statement deserves a reader's time. */
enum gd_attention {
    GD_ATTENTION_NONE,   /* additive or less, and nobody will notice */
    GD_ATTENTION_HAZARD, /* loses nothing, but rewrites, scans under a lock, or stands alone */
    GD_ATTENTION_FULL,   /* enum, destructive, unknown, fails on the data that is there, or the
                            policy does not simply let it pass */
};

/** @param ruling  what the policy says of it; NULL when none was asked */
enum gd_attention gd_words_attention(const struct gd_judged *entry, const struct gd_ruling *ruling);

/** A check that was run says that the statement fails on the data that is there. */
bool gd_words_blocked(const struct gd_judged *entry);

/** One statement of a report, to be sorted. */
struct gd_row {
    const struct gd_judged_file *file;
    const struct gd_judged *entry;
    const struct gd_ruling *ruling; /* NULL without a decision */
    bool told;                      /* free for the one who prints */
};

/** What the policy says of the `nth` statement of all files; NULL without a decision. */
const struct gd_ruling *gd_words_ruling(const struct gd_decision *decision, size_t nth,
                                        const struct gd_judged *entry);

/** The statements of all files with that attention, worst first: what the policy refuses, then by
 *  class, by what is lost, those that fail, by scope; then as they stand. @return how many */
size_t gd_words_rows(const struct gd_report *report, const struct gd_decision *decision,
                     enum gd_attention attention, struct gd_arena *arena, struct gd_row **out_rows);

/** Statements of a class in a file: folded neighbours count one by one. */
uint64_t gd_words_count(const struct gd_judged_file *file, enum gd_class class);

/** "1,204 rows", "1 row". */
const char *gd_words_number(struct gd_arena *arena, uint64_t number);
const char *gd_words_many(struct gd_arena *arena, uint64_t number, const char *one,
                          const char *many);

/** "a", "a and b", "a, b, c and 12 more". */
const char *gd_words_join(struct gd_arena *arena, const struct gd_texts *texts, size_t most);

/** Add every text of `from` that `to` does not have. */
void gd_words_add_all(struct gd_texts *to, const struct gd_texts *from, struct gd_arena *arena);

/** The statement in one line, "…" for each line comment: joined, it would comment the rest away.
 *  Where a comment cannot be told from a quoted text, the line ends. */
const char *gd_words_statement(struct gd_arena *arena, const struct gd_judged *entry);

/** "Data can be lost. A backup must hold the rows of public.users." */
const char *gd_words_verdict(struct gd_arena *arena, const struct gd_report *report);

/** What the findings of a statement lose, by kind: "data: column public.users.age"; "" if nothing.
 */
const char *gd_words_loses(struct gd_arena *arena, const struct gd_judged *entry);

/** "rows of public.users (columns age and email are enough)"; "" below GD_SCOPE_TABLES. */
const char *gd_words_backup(struct gd_arena *arena, const struct gd_judged *entry);

/** "ACCESS EXCLUSIVE on public.users: stops reads and writes; rewrites the table"; "" if harmless.
 */
const char *gd_words_lock(struct gd_arena *arena, const struct gd_judged *entry);

/** "a second run fails (42703)"; "" when it is the same or finds its work done. */
const char *gd_words_rerun(struct gd_arena *arena, const struct gd_judged *entry);

/** "12 duplicates in public.users(email)", whether the count is 0 or more; not for checks that were
 *  not run. */
const char *gd_words_check(struct gd_arena *arena, const struct gd_check *check);

/** One sentence for an annotation: what is lost, what goes along, what fails, why, what instead. */
const char *gd_words_message(struct gd_arena *arena, const struct gd_judged *entry,
                             const struct gd_finding *finding);

/** Id of the rule behind a finding; "unread" for a text that no rule could see. */
const char *gd_words_rule(const struct gd_finding *finding);

/** " 6 days ago" of a proof that is not of just now; "" */
const char *gd_words_proof_age(int64_t proven_us, struct gd_arena *arena);

#endif
