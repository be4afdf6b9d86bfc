/*
 * Policy files: every key and value is one that the schema knows.
 *
 * The schema is libcyaml's, and libcyaml fills the struct. It keeps no places and stops at the
 * first trouble with words for programmers, so the text is read before into a tree with lines and
 * columns (io/yaml.h), and the tree is held against the same schema. What passes there loads.
 *
 * Not here   what the values mean: see load.c.
 */
#ifndef GUARDIAN_POLICY_YAML_H
#define GUARDIAN_POLICY_YAML_H

#include <cyaml/cyaml.h>

#include "guardian/io/yaml.h"

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

#endif
