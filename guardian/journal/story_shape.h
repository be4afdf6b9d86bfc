/*
 * Story shape: every key of a record's body, once, for who writes it and for who reads it.
 *
 * A field says where its value stands in the C struct, what it may be, and which records carry it.
 * Only journal/ includes this.
 */
#ifndef GUARDIAN_JOURNAL_STORY_SHAPE_H
#define GUARDIAN_JOURNAL_STORY_SHAPE_H

#include "guardian/journal/story.h"

enum gd_told_kind {
    GD_TOLD_TEXT,   /* const char * */
    GD_TOLD_BOOL,   /* bool */
    GD_TOLD_NUMBER, /* int64_t */
    GD_TOLD_COUNT,  /* uint32_t */
    GD_TOLD_REAL,   /* double */
    GD_TOLD_TIME,   /* int64_t, microseconds; 0 is null */
    GD_TOLD_WORD,   /* an enum of `words` */
    GD_TOLD_TEXTS,  /* struct gd_texts */
    GD_TOLD_LIST,   /* pointer to structs of `shape`; the size_t at `beside` counts them */
};

/** An enum whose values are 0 to count - 1. */
struct gd_words {
    const char *(*name)(unsigned value);
    unsigned count;
    unsigned otherwise; /* what a word of a later version is read as */
};

struct gd_told_shape;
struct gd_told_field {
    const char *key;
    enum gd_told_kind kind;
    size_t offset, beside;
    unsigned records; /* bits: 1 << enum gd_record_kind */
    const struct gd_words *words;
    const struct gd_told_shape *shape;
};
struct gd_told_shape {
    const struct gd_told_field *fields;
    size_t count, size; /* size of the struct */
    bool numbered;      /* the first field is a number that tells items of a list apart */
};

extern const struct gd_told_shape gd_story_shape;

#endif
