/*
 * YAML: text to a tree in which every value has its place, line and column.
 *
 * Strict and plain: one document, UTF-8, no key twice, no anchors, aliases or tags, no control
 * characters. The door to libyaml; what a tree may hold is the business of whoever reads it.
 *
 * Invariant  Reading is bounded whatever the text: 1 MiB, 16 levels, 128 keys in a mapping.
 */
#ifndef GUARDIAN_IO_YAML_H
#define GUARDIAN_IO_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guardian/base/arena.h"
#include "guardian/base/status.h"

enum { GD_YAML_BYTES_MAX = 1 << 20 };

enum gd_yaml_kind { GD_YAML_SCALAR, GD_YAML_LIST, GD_YAML_MAP };

/** One value, and in a mapping its key. */
struct gd_yaml {
    enum gd_yaml_kind kind;
    uint32_t line, column; /* of the value, from 1 */
    const char *text;      /* of a scalar, else "" */
    bool plain;            /* a scalar without quotes */
    const char *key;       /* in a mapping, else NULL */
    uint32_t key_line, key_column;
    const struct gd_yaml *first, *next; /* members */
};

/**
 * Read `text` into a tree.
 *
 * @param file      for messages
 * @param out_tree  all of it in `arena`; an empty text is a scalar with no text
 * @return GD_USAGE err->text begins with "file:line:column: "
 */
GD_MUST struct gd_status gd_yaml_read(const char *file, const char *text, size_t size,
                                      struct gd_arena *arena, const struct gd_yaml **out_tree,
                                      struct gd_error *err);

/** The value of `key`, or NULL. Both take NULL, so that a path may end early. */
const struct gd_yaml *gd_yaml_get(const struct gd_yaml *map, const char *key);
const struct gd_yaml *gd_yaml_at(const struct gd_yaml *list, size_t index);

/** Fail with GD_USAGE and "file:line:column: " in front; the second at the key of `at`. */
GD_MUST struct gd_status gd_yaml_fail(const char *file, const struct gd_yaml *at,
                                      struct gd_error *err, const char *format, ...)
    GD_PRINTF(4, 5);
GD_MUST struct gd_status gd_yaml_fail_key(const char *file, const struct gd_yaml *at,
                                          struct gd_error *err, const char *format, ...)
    GD_PRINTF(4, 5);

/** Say which word was probably meant, and which there are. */
GD_MUST struct gd_status gd_yaml_hint_words(struct gd_status status, const char *word,
                                            const char *const *words, size_t count,
                                            struct gd_error *err);

#endif
