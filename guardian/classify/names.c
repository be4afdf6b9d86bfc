/*
 * Names: what a script could be talking about, so that the survey loads that and no more.
 *
 * Every text of the tree counts: a name that is collected in vain costs a row in a query, one that
 * is missed makes an object look absent.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/classify/classify.h"
#include "guardian/classify/input.h"
#include "guardian/sql/body.h"
#include "guardian/sql/parse.h"

enum { SLOTS = 8192, NAME_MAX_BYTES = 63, TEXT_MAX_BYTES = 512 };

struct name {
    const char *text;
    struct name *next_in_slot;
};

struct names {
    struct gd_arena *arena;
    struct name *slots[SLOTS];
    size_t count;
    struct gd_texts opened, granted;
    bool opens_current_user, visits_all, grants;
    const struct gd_mentioned *known; /* NULL: nothing is */
};

static size_t slot_of(const char *text, size_t size)
{
    size_t hash = 5381;
    for (size_t i = 0; i < size; i++)
        hash = hash * 33 + (unsigned char)text[i];
    return hash % SLOTS;
}

static void add_name(struct names *names, const char *text, size_t size)
{
    if (size == 0 || size > NAME_MAX_BYTES)
        return;
    struct name **slot = &names->slots[slot_of(text, size)];
    for (const struct name *name = *slot; name != NULL; name = name->next_in_slot)
        if (strlen(name->text) == size && memcmp(name->text, text, size) == 0)
            return;
    struct name *name = gd_arena_zalloc(names->arena, 1, sizeof *name);
    name->text = gd_arena_strndup(names->arena, text, size);
    name->next_in_slot = *slot;
    *slot = name;
    names->count++;
}

/* 'public.users' or 'a, b' in a string may be names: each word counts, with its case and without.
 */
static void add_words(struct names *names, const char *text)
{
    while (*text != '\0') {
        size_t size = strcspn(text, "., \t\n\"'();");
        add_name(names, text, size);
        char folded[NAME_MAX_BYTES + 1];
        if (size <= NAME_MAX_BYTES) {
            for (size_t i = 0; i < size; i++)
                folded[i] = (char)tolower((unsigned char)text[i]);
            add_name(names, folded, size);
        }
        text += size;
        text += *text != '\0';
    }
}

static void add_text(const char *text, void *context)
{
    struct names *names = context;
    size_t size = strlen(text);
    add_name(names, text, size);
    if (size <= TEXT_MAX_BYTES && strpbrk(text, "., (") != NULL)
        add_words(names, text);
}

/* A string that is an argument ('public.users_id_seq') may be a name; one that is a value of a row
 * is none, and there may be millions. */
static void add_argument(struct names *names, const struct gd_node *argument)
{
    while (gd_node_kind(argument) == GD_KIND_TypeCast)
        argument = gd_node_child(argument, GD_F_arg);
    const char *text = gd_node_kind(argument) == GD_KIND_A_Const ? gd_node_string(argument) : NULL;
    if (text != NULL)
        add_text(text, names);
}

/* DROP SCHEMA, DROP EXTENSION and DROP OWNED take along what is inside. */
static void add_opened(struct names *names, const struct gd_node *node)
{
    bool owned = gd_node_kind(node) == GD_KIND_DropOwnedStmt;
    if (!owned && !gd_node_enum_is(node, GD_F_remove_type, "OBJECT_SCHEMA") &&
        !gd_node_enum_is(node, GD_F_remove_type, "OBJECT_EXTENSION"))
        return;
    enum gd_field list = owned ? GD_F_roles : GD_F_objects;
    for (size_t i = 0; i < gd_node_count(node, list); i++) {
        const struct gd_node *item = gd_node_at(node, list, i);
        const char *name = owned ? gd_node_text(item, GD_F_rolename) : gd_node_string(item);
        if (name != NULL && name[0] != '\0')
            gd_texts_add(&names->opened, gd_arena_strdup(names->arena, name), names->arena);
        else if (owned)
            names->opens_current_user = true;
    }
}

/* GRANT … ON ALL TABLES IN SCHEMA */
static void add_granted(struct names *names, const struct gd_node *grant)
{
    if (!gd_node_enum_is(grant, GD_F_targtype, "ACL_TARGET_ALL_IN_SCHEMA"))
        return;
    names->grants = true;
    for (size_t i = 0; i < gd_node_count(grant, GD_F_objects); i++) {
        const char *schema = gd_node_string(gd_node_at(grant, GD_F_objects, i));
        if (schema != NULL)
            gd_texts_add(&names->granted, gd_arena_strdup(names->arena, schema), names->arena);
    }
}

static enum gd_walk visit(const struct gd_node *node, const struct gd_node *parent, void *context)
{
    (void)parent;
    switch (gd_node_kind(node)) {
    case GD_KIND_A_Const:
        return GD_WALK_PAST;
    case GD_KIND_TypeCast:
        if (strncmp(gd_node_name_last(gd_node_child(node, GD_F_type_name), GD_F_names), "reg", 3) ==
            0)
            add_argument(context, node);
        return GD_WALK_INTO;
    case GD_KIND_FuncCall:
        for (size_t i = 0; i < gd_node_count(node, GD_F_args); i++)
            add_argument(context, gd_node_at(node, GD_F_args, i));
        return GD_WALK_INTO;
    case GD_KIND_VariableSetStmt: /* SET search_path = a, b: the values are names */
        for (size_t i = 0; i < gd_node_count(node, GD_F_args); i++)
            add_argument(context, gd_node_at(node, GD_F_args, i));
        return GD_WALK_PAST;
    case GD_KIND_GrantStmt:
        add_granted(context, node);
        gd_node_texts(node, add_text, context);
        return GD_WALK_INTO;
    case GD_KIND_AlterDefaultPrivilegesStmt:
        ((struct names *)context)->grants = true;
        return GD_WALK_INTO;
    case GD_KIND_VacuumStmt:
    case GD_KIND_ClusterStmt:
    case GD_KIND_ReindexStmt:
        ((struct names *)context)->visits_all |=
            gd_node_count(node, GD_F_rels) == 0 && gd_node_child(node, GD_F_relation) == NULL;
        gd_node_texts(node, add_text, context);
        return GD_WALK_INTO;
    case GD_KIND_DropStmt:
    case GD_KIND_DropOwnedStmt:
        add_opened(context, node);
        return GD_WALK_INTO;
    default:
        gd_node_texts(node, add_text, context);
        return GD_WALK_INTO;
    }
}

/* Types of variables are in no fragment: every word of a DECLARE section may be one. */
static void add_declared(struct names *names, const char *source, struct gd_arena *scratch)
{
    for (const char *at = source; at != NULL && (at = strcasestr(at, "declare")) != NULL;) {
        const char *begin = strcasestr(at, "begin");
        size_t size = begin == NULL ? strlen(at) : (size_t)(begin - at);
        add_words(names, gd_arena_strndup(scratch, at, size));
        at += size;
    }
}

static void add_body(struct names *names, const struct gd_body *body)
{
    for (size_t i = 0; i < body->count; i++) {
        gd_node_walk(body->fragments[i].tree, visit, names);
        if (body->fragments[i].tree == NULL)
            add_words(names, body->fragments[i].text);
    }
}

static void add_statement(struct names *names, const struct gd_node *tree, const char *text,
                          struct gd_arena *scratch)
{
    gd_node_walk(tree, visit, names);
    enum gd_kind kind = gd_node_kind(tree);
    if (kind == GD_KIND_CreateFunctionStmt || kind == GD_KIND_DoStmt) {
        struct gd_body body = gd_body_of_statement(tree, text, scratch);
        add_body(names, &body);
        add_declared(names, gd_body_text(tree), scratch);
    }
}

static struct gd_status add_stmt(const struct gd_stmt *stmt, struct gd_arena *scratch,
                                 void *context, struct gd_error *err)
{
    (void)err;
    if (stmt->tree != NULL)
        add_statement(context, stmt->tree, stmt->text, scratch);
    else
        add_words(context, stmt->text);
    return GD_DONE;
}

static int compare(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static bool is_known(const struct names *names, const char *text)
{
    const struct gd_mentioned *known = names->known;
    return known != NULL && known->name_count > 0 &&
           bsearch(&text, known->names, known->name_count, sizeof known->names[0], compare) != NULL;
}

static const char *const *copy_texts(const struct gd_texts *texts, struct gd_arena *arena)
{
    const char **copy = gd_arena_zalloc(arena, texts->count + 1, sizeof *copy);
    for (size_t i = 0; i < texts->count; i++)
        copy[i] = gd_arena_strdup(arena, texts->items[i]);
    return copy;
}

static void give(const struct names *names, struct gd_arena *arena, struct gd_mentioned *out)
{
    const char **list = gd_arena_zalloc(arena, names->count + 1, sizeof *list);
    size_t count = 0;
    for (size_t slot = 0; slot < SLOTS; slot++)
        for (const struct name *name = names->slots[slot]; name != NULL; name = name->next_in_slot)
            if (!is_known(names, name->text))
                list[count++] = gd_arena_strdup(arena, name->text);
    if (count > 0)
        qsort(list, count, sizeof *list, compare);
    *out = (struct gd_mentioned){
        .names = list,
        .name_count = count,
        .opened = copy_texts(&names->opened, arena),
        .opened_count = names->opened.count,
        .opens_current_user = names->opens_current_user,
        .visits_all = names->visits_all,
        .grants = names->grants,
        .granted = copy_texts(&names->granted, arena),
        .granted_count = names->granted.count,
    };
}

struct names_call {
    struct names *names;
    const struct gd_input *inputs;
    size_t input_count;
    size_t statement_bytes_max;
    const struct gd_survey *survey;
};

static struct gd_status read_inputs(void *context, struct gd_error *err)
{
    struct names_call *call = context;
    for (size_t i = 0; i < call->input_count; i++)
        GD_TRY(gd_input_each(&call->inputs[i], call->statement_bytes_max, add_stmt, call->names,
                             NULL, NULL, err));
    return GD_DONE;
}

static void add_function(struct names *names, const struct gd_function *function,
                         struct gd_arena *scratch)
{
    if (function->builtin || function->source == NULL)
        return;
    struct gd_body_source source = {
        .language = function->language,
        .source = function->source,
        .arguments = function->arguments == NULL ? "" : function->arguments,
        .result = function->result == NULL ? "" : function->result,
        .procedure = function->kind == 'p',
    };
    struct gd_body body = {.problem = ""};
    if (!function->atomic_body)
        body = gd_body_read(&source, scratch);
    add_body(names, &body);
    if (strcmp(function->language, "plpgsql") == 0)
        add_declared(names, function->source, scratch);
    if (body.problem != NULL)
        add_words(names, function->source);
}

static void add_sql(struct names *names, const char *text, struct gd_arena *scratch)
{
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    if (text == NULL)
        return;
    if (!gd_parse(text, strlen(text), scratch, &parsed, &refusal)) {
        add_words(names, text);
        return;
    }
    for (size_t i = 0; i < parsed.count; i++)
        gd_node_walk(parsed.statements[i], visit, names);
}

static struct gd_status read_survey(void *context, struct gd_error *err)
{
    (void)err;
    struct names_call *call = context;
    gd_auto_arena scratch = gd_arena_new();
    for (size_t i = 0; i < call->survey->function_count; i++) {
        gd_arena_reset(scratch);
        add_function(call->names, &call->survey->functions[i], scratch);
    }
    for (size_t i = 0; i < call->survey->relation_count; i++) {
        const struct gd_relation *relation = &call->survey->relations[i];
        gd_arena_reset(scratch);
        add_sql(call->names, relation->view_sql, scratch);
        for (size_t r = 0; r < relation->rule_count; r++)
            add_sql(call->names, relation->rules[r].definition, scratch);
        for (size_t t = 0; t < relation->trigger_count; t++)
            if (strstr(relation->triggers[t].definition, " WHEN (") != NULL)
                add_sql(call->names, relation->triggers[t].definition, scratch);
    }
    return GD_DONE;
}

struct gd_status gd_classify_names(const struct gd_input *inputs, size_t input_count,
                                   const struct gd_classify_options *options,
                                   struct gd_arena *arena, struct gd_mentioned *out_mentioned,
                                   struct gd_error *err)
{
    gd_auto_arena own = gd_arena_new();
    struct names *names = gd_arena_zalloc(own, 1, sizeof *names);
    names->arena = own;
    struct names_call call = {names, inputs, input_count,
                              options == NULL ? 0 : options->statement_bytes_max, NULL};
    GD_TRY(gd_deep_call(read_inputs, &call, err));
    give(names, arena, out_mentioned);
    return GD_DONE;
}

struct gd_status gd_classify_names_of_survey(const struct gd_survey *survey,
                                             const struct gd_mentioned *known,
                                             struct gd_arena *arena,
                                             struct gd_mentioned *out_mentioned,
                                             struct gd_error *err)
{
    gd_auto_arena own = gd_arena_new();
    struct names *names = gd_arena_zalloc(own, 1, sizeof *names);
    names->arena = own;
    names->known = known;
    struct names_call call = {.names = names, .survey = survey};
    GD_TRY(gd_deep_call(read_survey, &call, err));
    give(names, arena, out_mentioned);
    return GD_DONE;
}
