/*
 * Tree: the grammar's parse tree, read by name.
 *
 * A node is what the linked libpg_query made of the text; its kinds and fields are found in the
 * library's own descriptors, so the same source reads the trees of version 15, 16 and 17.
 *
 * Invariant 1  A wrapper that only says which kind follows ("Node") is never seen: accessors give
 *              the node inside.
 * Invariant 2  Every accessor takes NULL, and a field that the node does not have: the answer is
 *              NULL, 0, "" or an empty list. A reader that finds nothing must not conclude "safe".
 * Owner        the arena that the text was parsed into.
 * Not here     what a statement means: see classify/.
 */
#ifndef GUARDIAN_SQL_TREE_H
#define GUARDIAN_SQL_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gd_node;

/* GD_KIND_DropStmt, GD_KIND_FuncCall, …: the names are the library's. */
enum gd_kind {
    GD_KIND_NONE, /* NULL */
#define GD_KIND(name) GD_KIND_##name,
#include "guardian/sql/tree.def"
#undef GD_KIND
    GD_KIND_OTHER, /* the library knows it, tree.def does not */
    GD_KIND_COUNT
};

/* GD_F_relname, GD_F_args, …: the names are the library's. */
enum gd_field {
#define GD_FIELD(name) GD_F_##name,
#include "guardian/sql/tree.def"
#undef GD_FIELD
    GD_FIELD_COUNT
};

enum gd_kind gd_node_kind(const struct gd_node *node);

/** "AlterTableStmt"; "nothing" for NULL. */
const char *gd_node_kind_name(const struct gd_node *node);

const char *gd_kind_name(enum gd_kind kind);

/** A text field; "" when absent. */
const char *gd_node_text(const struct gd_node *node, enum gd_field field);

/** An integer or a boolean field; 0 when absent. */
int64_t gd_node_int(const struct gd_node *node, enum gd_field field);

static inline bool gd_node_flag(const struct gd_node *node, enum gd_field field)
{
    return gd_node_int(node, field) != 0;
}

/** The name of an enumeration field's value as the library spells it ("AT_DropColumn",
 *  "OBJECT_TABLE", "DROP_CASCADE"); "" when absent. The pointer is the same for the same value. */
const char *gd_node_enum(const struct gd_node *node, enum gd_field field);

bool gd_node_enum_is(const struct gd_node *node, enum gd_field field, const char *name);

/** The node in a field that holds one; NULL when empty. */
const struct gd_node *gd_node_child(const struct gd_node *node, enum gd_field field);

/** A field that holds a list. A field that holds a List node counts as that list. */
size_t gd_node_count(const struct gd_node *node, enum gd_field field);
const struct gd_node *gd_node_at(const struct gd_node *node, enum gd_field field, size_t index);

/** What a visitor answers. */
enum gd_walk { GD_WALK_INTO, GD_WALK_PAST, GD_WALK_STOP };
typedef enum gd_walk gd_visit_fn(const struct gd_node *node, const struct gd_node *parent,
                                 void *context);

/** Visit `node` and all below it, parents first, in the order of the text as far as the grammar
 *  keeps it. Fields that tree.def does not name are walked, too. Returns GD_WALK_STOP when the
 *  visitor stopped. */
enum gd_walk gd_node_walk(const struct gd_node *node, gd_visit_fn *visit, void *context);

/** Every text field of one node (not of those below): for collecting names. */
typedef void gd_text_fn(const char *text, void *context);
void gd_node_texts(const struct gd_node *node, gd_text_fn *each, void *context);

/** Structure and values equal; positions in the text do not count. */
bool gd_node_equal(const struct gd_node *left, const struct gd_node *right);

/** What a comparer answers for two nodes of any kind. */
enum gd_same { GD_SAME, GD_DIFFERENT, GD_LOOK_INSIDE };
typedef enum gd_same gd_same_fn(const struct gd_node *left, const struct gd_node *right,
                                void *context);

/** The same with exceptions: `same` is asked first of every pair, NULLs among them, and leaves
 *  what it has no opinion on to be looked at field by field. */
bool gd_node_equal_but(const struct gd_node *left, const struct gd_node *right, gd_same_fn *same,
                       void *context);

/** The last String of a name list, and the one before it ("" when there is none): the usual form
 *  of a qualified name in the tree (funcname, names, domainname …). */
const char *gd_node_name_last(const struct gd_node *node, enum gd_field field);
const char *gd_node_name_schema(const struct gd_node *node, enum gd_field field);

/** The value of a String, a Float, or an A_Const string, else NULL. Integers are not texts. */
const char *gd_node_string(const struct gd_node *node);

/** Values of the library's enumeration `name` ("AlterTableType"), NULL after the last: what the
 *  completeness test walks. */
const char *gd_tree_enum_value(const char *enumeration, size_t index);

/** Kinds that can stand in a tree, by name, NULL after the last. */
const char *gd_tree_kind(size_t index);

/** Major version of the grammar that is linked, and its text ("15.1"). */
int gd_grammar_major(void);
const char *gd_grammar_version(void);

#endif
