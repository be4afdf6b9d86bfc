/*
 * Status: the one way in which a call says that it failed.
 *
 * Invariant 1  A struct, so that it cannot be mistaken for a length and cannot be dropped unseen.
 * Invariant 2  The words are in struct gd_error, passed last and never NULL; nothing is kept aside.
 * Invariant 3  The exit status of the program is a column of GD_CODES, and stands nowhere else.
 */
#ifndef GUARDIAN_BASE_STATUS_H
#define GUARDIAN_BASE_STATUS_H

#include <stddef.h>

#define GD_CODES(X)                                                                                \
    X(OK, 0, "done, or nothing to do")                                                             \
    X(USAGE, 2, "the request itself is wrong")                                                     \
    X(REFUSED, 3, "refused by policy")                                                             \
    X(UNPROTECTED, 4, "could not protect: backup, upload or proof failed")                         \
    X(FAILED, 5, "the change failed and was rolled back")                                          \
    X(PARTIAL, 6, "the change failed half way, or its outcome could not be settled")               \
    X(BUSY, 7, "another guardian holds this database, or a lock did not come in time")             \
    X(CORRUPT, 8, "stored bytes are missing or differ from what was recorded")                     \
    X(SYSTEM, 10, "the system or the network failed")                                              \
    X(INJECTED, 99, "a test asked for this failure")

enum gd_code {
#define X(name, exit_status, meaning) GD_##name,
    GD_CODES(X)
#undef X
};

struct gd_status {
    enum gd_code code;
};

enum { GD_ERROR_TEXT_SIZE = 1024, GD_ERROR_HINT_SIZE = 512 };

/** What went wrong, in words. Zero-initialise it; a call that fails fills it, one that succeeds
 *  leaves it alone. */
struct gd_error {
    enum gd_code code;
    char text[GD_ERROR_TEXT_SIZE]; /* what could not be done, to what, why; no full stop */
    char hint[GD_ERROR_HINT_SIZE]; /* what to do about it, a full sentence; may be empty */
};

#define GD_DONE ((struct gd_status){GD_OK})
#define GD_MUST __attribute__((warn_unused_result))
#define GD_PRINTF(format_at, first_at) __attribute__((format(printf, format_at, first_at)))
#define GD_TRY(call)                                                                               \
    do {                                                                                           \
        struct gd_status try_status_ = (call);                                                     \
        if (try_status_.code != GD_OK)                                                             \
            return try_status_;                                                                    \
    } while (0)

/** Hand over ownership: the value of `pointer`, which is NULL afterwards. */
#define GD_MOVE(pointer)                                                                           \
    __extension__({                                                                                \
        __typeof__(pointer) moved_ = (pointer);                                                    \
        (pointer) = NULL;                                                                          \
        moved_;                                                                                    \
    })

/** Fill `err` and return `code`, so that `return gd_fail(…)` is the whole failure path. The text
 *  is cut at GD_ERROR_TEXT_SIZE - 1 bytes, at a character boundary. */
GD_MUST struct gd_status gd_fail(struct gd_error *err, enum gd_code code, const char *format, ...)
    GD_PRINTF(3, 4);

/** Add advice to an error that was just made: `return gd_hint(err, gd_fail(…), "…")`. */
GD_MUST struct gd_status gd_hint(struct gd_error *err, struct gd_status status, const char *format,
                                 ...) GD_PRINTF(3, 4);

/** Put words in front of an error from below ("could not read policy \"x\": " …). */
GD_MUST struct gd_status gd_wrap(struct gd_error *err, struct gd_status status, const char *format,
                                 ...) GD_PRINTF(3, 4);

/* What a static analyzer cannot see across files: these never turn a failure into GD_OK. */
#ifdef __clang_analyzer__
#define gd_fail(err, code_, ...)                                                                   \
    __extension__({                                                                                \
        (void)(gd_fail)(err, code_, __VA_ARGS__).code;                                             \
        (struct gd_status){code_};                                                                 \
    })
#define gd_hint(err, status, ...)                                                                  \
    __extension__({                                                                                \
        struct gd_status hinted_ = (status);                                                       \
        (void)(gd_hint)(err, hinted_, __VA_ARGS__).code;                                           \
        hinted_;                                                                                   \
    })
#define gd_wrap(err, status, ...)                                                                  \
    __extension__({                                                                                \
        struct gd_status wrapped_ = (status);                                                      \
        (void)(gd_wrap)(err, wrapped_, __VA_ARGS__).code;                                          \
        wrapped_;                                                                                  \
    })
#endif

/** The process exit status that stands for `code`. */
int gd_exit_status(enum gd_code code);

/** One lower-case phrase that says what `code` means. */
const char *gd_code_meaning(enum gd_code code);

/** The name of `code` as written in GD_CODES ("REFUSED"). */
const char *gd_code_name(enum gd_code code);

#endif
