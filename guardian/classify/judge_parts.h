/*
 * Judge, parts: what the files judge*.c share, and nobody else includes.
 */
#ifndef GUARDIAN_CLASSIFY_JUDGE_PARTS_H
#define GUARDIAN_CLASSIFY_JUDGE_PARTS_H

#include "guardian/classify/judge.h"

struct gd_judge {
    struct gd_arena *arena;
    struct gd_state *state;
    const struct gd_survey *survey;
    const struct gd_node *statement; /* the innermost that is being judged */
    struct gd_finding **found;
    size_t found_count, found_capacity;
    struct gd_texts seen;    /* bodies and views of this statement that were judged */
    struct gd_texts missing; /* calls of this statement that were named already */
    struct gd_hook_memory hooks;
    const char *within;
    uint32_t line;
    unsigned depth;
    bool guarded;
};

struct gd_place {
    const char *within;
    uint32_t line;
    bool guarded;
    const struct gd_node *statement;
};

/* ---- rules and findings ---- */

size_t gd_judge_match(struct gd_judge *judge, const struct gd_node *node,
                      const struct gd_node *parent);
void gd_judge_must_match(struct gd_judge *judge, const struct gd_node *node,
                         const struct gd_node *parent);

/* ---- statements and bodies ---- */

bool gd_judge_is_too_deep(struct gd_judge *judge, const struct gd_node *node);
struct gd_place gd_judge_enter(struct gd_judge *judge, const char *within);
void gd_judge_body(struct gd_judge *judge, const struct gd_body *body, const char *within,
                   uint32_t line_of_body, bool changes_state);
void gd_judge_do(struct gd_judge *judge, const struct gd_node *node, const char *text);
void gd_judge_node(struct gd_judge *judge, const struct gd_node *node);
void gd_judge_leave(struct gd_judge *judge, struct gd_place before);

/* ---- views ---- */

void gd_judge_view(struct gd_judge *judge, struct gd_name name);

#endif
