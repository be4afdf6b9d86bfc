/*
 * JSON: the one door to jansson. Values are read by name, built in memory, written in one piece; a
 * long document is written piece by piece with a writer.
 *
 * Invariant 1  Readers take NULL and a value of another type: the answer is NULL, 0 or "".
 * Invariant 2  What is written is harmless on a terminal, too: characters that would drive it or
 *              turn a text around are written as \uXXXX.
 * Owner      gd_json_free() frees a root; values reached from it are views. A value given to
 *            gd_json_put() or gd_json_push() belongs to that object or list from then on.
 */
#ifndef GUARDIAN_IO_JSON_H
#define GUARDIAN_IO_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "guardian/base/arena.h"
#include "guardian/base/status.h"
#include "guardian/base/texts.h"

struct gd_json;

/** Read a document of `size` bytes. @return GD_CORRUPT with line and column in err->text. */
GD_MUST struct gd_status gd_json_parse(const char *text, size_t size, struct gd_json **out_root,
                                       struct gd_error *err);
void gd_json_free(struct gd_json *root);

const struct gd_json *gd_json_get(const struct gd_json *object, const char *key);
size_t gd_json_count(const struct gd_json *list_or_object);
const struct gd_json *gd_json_at(const struct gd_json *list, size_t index);
const char *gd_json_text(const struct gd_json *value);
int64_t gd_json_int(const struct gd_json *value);
double gd_json_real(const struct gd_json *value); /* of a whole number, too */
bool gd_json_is_object(const struct gd_json *value);
bool gd_json_is_list(const struct gd_json *value);

/** For readers that take nothing on trust. GD_JSON_NONE: there is no value (NULL was given). */
enum gd_json_kind {
    GD_JSON_NONE,
    GD_JSON_NULL,
    GD_JSON_BOOL,
    GD_JSON_INT,
    GD_JSON_REAL,
    GD_JSON_TEXT,
    GD_JSON_LIST,
    GD_JSON_OBJECT
};
enum gd_json_kind gd_json_kind(const struct gd_json *value);
/** Bytes of a text; more than strlen() tells when it holds a NUL. */
size_t gd_json_text_size(const struct gd_json *value);

/** Call `each` for every member, in the order of the document, until it answers false. */
typedef bool gd_json_member_fn(const char *key, const struct gd_json *value, void *context);
void gd_json_members(const struct gd_json *object, gd_json_member_fn *each, void *context);

struct gd_json *gd_json_object(void);
struct gd_json *gd_json_list(void);
/** NULL makes null; each byte that is no UTF-8 becomes U+FFFD. */
struct gd_json *gd_json_new_text(const char *text);
struct gd_json *gd_json_new_int(int64_t number);
struct gd_json *gd_json_new_real(double number);
struct gd_json *gd_json_new_bool(bool truth);
struct gd_json *gd_json_new_null(void);
/** As the structs say "none": 0 makes null. Otherwise what gd_clock_text() writes. */
struct gd_json *gd_json_new_time(int64_t time_us);
struct gd_json *gd_json_new_texts(const struct gd_texts *texts);
void gd_json_put(struct gd_json *object, const char *key, struct gd_json *take_value);
/** "" is how many structs say that there is no text: null, as for NULL. */
void gd_json_put_text(struct gd_json *object, const char *key, const char *text_or_none);
void gd_json_push(struct gd_json *list, struct gd_json *take_value);

/** Write `value` to `stream`, with an indent of `indent` blanks (0: one line). Keys keep the order
 *  in which they were put. @return GD_SYSTEM when the stream could not take it. */
GD_MUST struct gd_status gd_json_write(const struct gd_json *value, FILE *stream, unsigned indent,
                                       struct gd_error *err);

/**
 * A document that is written while it is made, so that memory does not grow with it. Containers
 * that are begun here take a line for each member; values that are added are written in one line.
 *
 * Keys are NULL inside a list and for the root. A write that fails is remembered: the calls that
 * follow do nothing, and gd_json_writer_finish() says so. gd_json_writer_free() gives up.
 */
struct gd_json_writer;
struct gd_json_writer *gd_json_writer_new(FILE *stream);
void gd_json_begin_object(struct gd_json_writer *writer, const char *key);
void gd_json_begin_list(struct gd_json_writer *writer, const char *key);
void gd_json_add(struct gd_json_writer *writer, const char *key, struct gd_json *take_value);
void gd_json_end(struct gd_json_writer *writer); /* the container that was begun last */

/** All containers must have been ended. @return GD_SYSTEM when the stream did not take it all. */
GD_MUST struct gd_status gd_json_writer_finish(struct gd_json_writer *writer, struct gd_error *err);
void gd_json_writer_free(struct gd_json_writer *writer);

static inline void gd_json_writer_cleanup_(struct gd_json_writer **writer)
{
    gd_json_writer_free(*writer);
}
#define gd_auto_json_writer                                                                        \
    __attribute__((cleanup(gd_json_writer_cleanup_))) struct gd_json_writer *

#endif
