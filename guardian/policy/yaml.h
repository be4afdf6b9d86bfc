/*
 * YAML, read strictly: every key and value is one that the schema knows, and has a place.
 *
 * The schema is libcyaml's, and libcyaml fills the struct. It keeps no places and stops at the
 * first trouble with words for programmers, so the text is read before by libyaml into a tree with
 * lines and columns, and the tree is held against the same schema. What passes there loads.
 *
 * Invariant  Reading is bounded whatever the text: 1 MiB, 16 levels, no anchors, aliases or tags.
 * Not here   what the values mean: see load.c.
 */
#ifndef GUARDIAN_POLICY_YAML_H
#define GUARDIAN_POLICY_YAML_H

#include <cyaml/cyaml.h>
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
 * Read `text` into the struct that `schema` describes.
 *
 * @param file     for messages
 * @param schema   CYAML_MAPPING with CYAML_FLAG_POINTER. Known: mapping, sequence, enum (with
 *                 CYAML_FLAG_STRICT), flags, string.
 * @param out_data the struct, all of it in `arena`
 * @param out_tree the places
 * @return GD_USAGE err->text begins with "file:line:column: "
 */
GD_MUST struct gd_status gd_yaml_load(const char *file, const char *text, size_t size,
                                      const struct cyaml_schema_value *schema,
                                      struct gd_arena *arena, void **out_data,
                                      const struct gd_yaml **out_tree, struct gd_error *err);

/** The value of `key`, or NULL. Both take NULL, so that a path may end early. */
const struct gd_yaml *gd_yaml_get(const struct gd_yaml *map, const char *key);
const struct gd_yaml *gd_yaml_at(const struct gd_yaml *list, size_t index);

/** Fail with GD_USAGE and "file:line:column: " in front. */
GD_MUST struct gd_status gd_yaml_fail(const char *file, const struct gd_yaml *at,
                                      struct gd_error *err, const char *format, ...)
    GD_PRINTF(4, 5);

/** Say which word was probably meant, and which there are. */
GD_MUST struct gd_status gd_yaml_hint_words(struct gd_status status, const char *word,
                                            const char *const *words, size_t count,
                                            struct gd_error *err);

#endif
