/*
 * Named: any object that a statement names, in words and, with a database, in the catalogue.
 *
 * COMMENT, DROP, ALTER … RENAME, OWNER and SET SCHEMA name objects of fifty types in a dozen forms.
 * This is the one place that reads those forms.
 */
#ifndef GUARDIAN_CLASSIFY_NAMED_H
#define GUARDIAN_CLASSIFY_NAMED_H

#include "guardian/classify/look.h"

struct gd_named {
    const char *kind;       /* "trigger", "text search configuration" */
    struct gd_name name;    /* its own name; schema "" where it has none */
    struct gd_target table; /* of a trigger, rule, policy, constraint or column: what it is on */
    bool on_table;
    const char *shown; /* "trigger users_touch on public.users" */
    enum gd_truth exists;
    bool fresh;   /* made by this script */
    bool dropped; /* by this script, so that its CREATE works a second time, too */
    uint32_t fresh_line;
    struct gd_address address; /* oid 0: not known */
    bool described;            /* owner and comment are what the catalogue holds */
    const char *owner;         /* NULL: it has none */
    const char *comment;       /* NULL: it has none */
};

/** `object_type` is the library's word ("OBJECT_TRIGGER"); `object` the node that names it, which
 *  may be NULL when `relation` (a RangeVar) and `subname` do, as in RenameStmt. */
struct gd_named gd_named_find(const struct gd_look *look, const char *object_type,
                              const struct gd_node *object, const struct gd_node *relation,
                              const char *subname);

/** One that is known by its kind and plain name only: a role, a database, an event trigger. */
struct gd_named gd_named_other(const struct gd_look *look, const char *kind, const char *name);

/** The word for an object type: "text search configuration". */
const char *gd_named_word(const char *object_type);

/** Is `name` one of a NULL-terminated list? */
bool gd_is_among(const char *name, const char *const *list);

/** The role that a RoleSpec means: its name, the session's own with a database, "PUBLIC"; NULL when
 *  that is not known. */
const char *gd_role_name(const struct gd_look *look, const struct gd_node *role_spec);

/** "a, b and c" of the roles in a list field. */
const char *gd_role_list(const struct gd_look *look, const struct gd_node *node,
                         enum gd_field list);

/** A TypeName as people write it: "integer", "app.mood[]"; "none" for NULL. */
const char *gd_type_show(const struct gd_look *look, const struct gd_node *type_name);

/** "app.f(integer)" of an ObjectWithArgs or a CreateFunctionStmt. */
const char *gd_routine_show(const struct gd_look *look, const struct gd_node *node,
                            const struct gd_function *known);

/** Say of a finding what it is about, and that nothing of value is lost where the object is made by
 *  this script. */
void gd_finding_names(struct gd_look *look, struct gd_finding *finding,
                      const struct gd_named *named);

/** For OWNER TO: done when `named` belongs to that role already. */
void gd_finding_new_owner(struct gd_look *look, struct gd_finding *finding,
                          const struct gd_named *named, const struct gd_node *role_spec);

/** A DROP, object by object: names them, finds those that are not there or are fresh, and adds
 *  what goes along. */
void gd_finding_drops(struct gd_look *look, struct gd_finding *finding);

/** The same with CASCADE, judged by what the catalogue says goes along: nothing, definitions, or
 *  rows. Without a database the row's own loss and scope stand. */
void gd_finding_cascades(struct gd_look *look, struct gd_finding *finding);

/** An IF NOT EXISTS, or a plain CREATE: done when it is there and the statement skips, a note of
 *  the failure when it does not. `skips` says which. */
void gd_finding_creates(struct gd_look *look, struct gd_finding *finding,
                        const struct gd_named *named, bool skips);

#endif
