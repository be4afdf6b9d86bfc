#include "guardian/classify/same.h"

#include <string.h>
#include <strings.h>

#include "guardian/classify/named.h"
#include "guardian/sql/body.h"
#include "guardian/sql/parse.h"

/* ---- expressions ---- */

static bool is_type_word(const char *text, size_t size)
{
    static const char *const words[] = {"varying", "precision", "with", "without", "time", "zone"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i]) == size && strncasecmp(words[i], text, size) == 0)
            return true;
    return false;
}

struct scan {
    const char *text;
    const struct gd_token *tokens;
    size_t count;
};

static bool is_sign(const struct scan *scan, size_t at, const char *sign)
{
    return at < scan->count && scan->tokens[at].size == strlen(sign) &&
           memcmp(scan->text + scan->tokens[at].offset, sign, strlen(sign)) == 0;
}

/* The token behind "::type", which begins at `at`: a name, perhaps qualified, perhaps of several
 * words, with a modifier and brackets. */
static size_t behind_cast(const struct scan *scan, size_t at)
{
    at += 2;
    while (is_sign(scan, at, "."))
        at += 2;
    while (at < scan->count &&
           is_type_word(scan->text + scan->tokens[at].offset, scan->tokens[at].size))
        at++;
    if (is_sign(scan, at, "(")) {
        while (at < scan->count && !is_sign(scan, at, ")"))
            at++;
        at++;
    }
    while (is_sign(scan, at, "[") && is_sign(scan, at + 1, "]"))
        at += 2;
    return at;
}

/* The server writes 'x'::text where the script said 'x'. @return the text without the casts of
 * string constants; NULL when it cannot be scanned */
static const char *without_casts(const char *text, struct gd_arena *arena)
{
    struct gd_token *tokens;
    struct gd_refusal refusal;
    struct scan scan = {.text = text};
    if (!gd_scan(text, arena, &scan.count, &tokens, &refusal))
        return NULL;
    scan.tokens = tokens;
    char *out = gd_arena_alloc(arena, strlen(text) + scan.count + 1), *into = out;
    for (size_t i = 0; i < scan.count;) {
        memcpy(into, text + tokens[i].offset, tokens[i].size);
        into += tokens[i].size;
        *into++ = ' ';
        bool cast = tokens[i].string && is_sign(&scan, i + 1, "::");
        i = cast ? behind_cast(&scan, i + 1) : i + 1;
    }
    *into = '\0';
    return out;
}

bool gd_same_expression(const struct gd_look *look, const struct gd_node *written,
                        const char *stored)
{
    if (written == NULL || stored == NULL)
        return written == NULL && stored == NULL;
    const char *bare = without_casts(stored, look->arena);
    return gd_node_equal(written, gd_parse_expression(stored, look->arena)) ||
           (bare != NULL && gd_node_equal(written, gd_parse_expression(bare, look->arena)));
}

/* ---- triggers ---- */

static bool same_name_list(const struct gd_node *left, const struct gd_node *right,
                           enum gd_field list)
{
    size_t count = gd_node_count(left, list);
    if (count != gd_node_count(right, list))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!gd_node_equal(gd_node_at(left, list, i), gd_node_at(right, list, i)))
            return false;
    return true;
}

/* An unqualified function is the one in front of the search_path; the catalogue always names the
 * schema unless it is pg_catalog. */
static bool same_function(const struct gd_look *look, const struct gd_node *written,
                          const struct gd_node *stored)
{
    struct gd_name new = gd_name_of_list(written, GD_F_funcname);
    struct gd_name old = gd_name_of_list(stored, GD_F_funcname);
    if (strcmp(new.name, old.name) != 0)
        return false;
    if (new.schema[0] != '\0' || old.schema[0] == '\0')
        return strcmp(new.schema, old.schema) == 0;
    for (size_t i = 0; i < look->survey->search_path_count; i++) {
        const char *schema = look->survey->search_path[i];
        for (size_t f = 0; f < look->survey->function_count; f++)
            if (strcmp(look->survey->functions[f].name, new.name) == 0 &&
                strcmp(look->survey->functions[f].schema, schema) == 0)
                return strcmp(schema, old.schema) == 0;
    }
    return false;
}

static const struct gd_node *parse_one(const char *text, struct gd_arena *arena)
{
    struct gd_parsed parsed = {0};
    struct gd_refusal refusal = {0};
    bool read = text != NULL && gd_parse(text, strlen(text), arena, &parsed, &refusal);
    return read && parsed.count == 1 ? parsed.statements[0] : NULL;
}

static bool same_flags(const struct gd_node *left, const struct gd_node *right)
{
    static const enum gd_field fields[] = {GD_F_isconstraint, GD_F_row,        GD_F_timing,
                                           GD_F_events,       GD_F_deferrable, GD_F_initdeferred};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (gd_node_int(left, fields[i]) != gd_node_int(right, fields[i]))
            return false;
    return true;
}

static bool same_definition(const struct gd_look *look, const struct gd_node *old)
{
    const struct gd_node *new = look->node;
    return gd_node_kind(old) == GD_KIND_CreateTrigStmt && same_flags(old, new) &&
           same_name_list(old, new, GD_F_columns) && same_name_list(old, new, GD_F_args) &&
           same_name_list(old, new, GD_F_transition_rels) &&
           gd_node_equal(gd_node_child(old, GD_F_when_clause),
                         gd_node_child(new, GD_F_when_clause)) &&
           gd_node_equal(gd_node_child(old, GD_F_constrrel), gd_node_child(new, GD_F_constrrel)) &&
           same_function(look, new, old);
}

static const struct gd_relation *table_in(const struct gd_look *look, enum gd_field field)
{
    struct gd_name name = gd_name_of_range(gd_node_child(look->node, field));
    return look->survey == NULL ? NULL : gd_look_relation(look, name).relation;
}

bool gd_same_trigger(const struct gd_look *look)
{
    const struct gd_relation *table = table_in(look, GD_F_relation);
    const char *name = gd_node_text(look->node, GD_F_trigname);
    for (size_t i = 0; table != NULL && i < table->trigger_count; i++) {
        const struct gd_trigger *old = &table->triggers[i];
        if (strcmp(old->name, name) != 0)
            continue;
        const char *bare = without_casts(old->definition, look->arena);
        return old->enabled == 'O' &&
               (same_definition(look, parse_one(old->definition, look->arena)) ||
                same_definition(look, parse_one(bare, look->arena)));
    }
    return false;
}

/* ---- policies ---- */

static char command_letter(const char *command)
{
    static const struct {
        const char *name;
        char letter;
    } letters[] = {
        {"all", '*'}, {"select", 'r'}, {"insert", 'a'}, {"update", 'w'}, {"delete", 'd'}};
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
        if (strcasecmp(letters[i].name, command) == 0)
            return letters[i].letter;
    return '\0';
}

/* The catalogue keeps a sorted list; PUBLIC is "public" or nothing there. More than one role is
 * compared one by one, since the script may name them in any order. */
static bool same_roles(const struct gd_look *look, const char *stored)
{
    size_t count = gd_node_count(look->node, GD_F_roles), commas = 0;
    for (const char *at = stored; *at != '\0'; at++)
        commas += *at == ',';
    for (size_t i = 0; i < count; i++) {
        const char *role = gd_role_name(look, gd_node_at(look->node, GD_F_roles, i));
        if (role == NULL)
            return false;
        if (strcmp(role, "PUBLIC") == 0)
            return count == 1 && (stored[0] == '\0' || strcasecmp(stored, "public") == 0);
        const char *at = strstr(stored, role);
        size_t size = strlen(role);
        if (at == NULL || (at > stored && at[-1] != ',' && at[-1] != ' ') ||
            (at[size] != '\0' && at[size] != ','))
            return false;
    }
    return count == commas + 1;
}

bool gd_same_policy(const struct gd_look *look)
{
    const struct gd_relation *table = table_in(look, GD_F_table);
    const char *name = gd_node_text(look->node, GD_F_policy_name);
    for (size_t i = 0; table != NULL && i < table->policy_count; i++) {
        const struct gd_policy_definition *old = &table->policies[i];
        if (strcmp(old->name, name) != 0)
            continue;
        return old->command == command_letter(gd_node_text(look->node, GD_F_cmd_name)) &&
               old->permissive == gd_node_flag(look->node, GD_F_permissive) &&
               same_roles(look, old->roles) &&
               gd_same_expression(look, gd_node_child(look->node, GD_F_qual), old->using_sql) &&
               gd_same_expression(look, gd_node_child(look->node, GD_F_with_check), old->check_sql);
    }
    return false;
}

/* ---- routines ---- */

/* The options of a CREATE FUNCTION as the catalogue would hold them. */
struct attributes {
    const char *language, *source, *settings, *cost, *rows;
    char volatility, parallel;
    bool strict, definer, leakproof;
    bool known; /* every option was understood */
};

static const char *setting_text(const struct gd_look *look, const struct gd_node *set)
{
    const char *text = "";
    for (size_t i = 0; i < gd_node_count(set, GD_F_args); i++) {
        const char *value = gd_node_string(gd_node_at(set, GD_F_args, i));
        if (value == NULL)
            return NULL;
        const char *shown = strcmp(gd_node_text(set, GD_F_name), "search_path") == 0
                                ? gd_quote_identifier(look->arena, value)
                                : value;
        text = gd_arena_printf(look->arena, "%s%s%s", text, i == 0 ? "" : ", ", shown);
    }
    return gd_arena_printf(look->arena, "%s=%s", gd_node_text(set, GD_F_name), text);
}

static void read_setting(const struct gd_look *look, const struct gd_node *set,
                         struct attributes *out)
{
    const char *text =
        gd_node_enum_is(set, GD_F_kind, "VAR_SET_VALUE") ? setting_text(look, set) : NULL;
    if (text == NULL) {
        out->known = false;
        return;
    }
    const char *between = out->settings[0] == '\0' ? "" : "\n";
    out->settings = gd_arena_printf(look->arena, "%s%s%s", out->settings, between, text);
}

static void read_option(const struct gd_look *look, const struct gd_node *option,
                        struct attributes *out)
{
    const char *name = gd_node_text(option, GD_F_defname);
    const char *text = gd_option_text(look->arena, option);
    if (strcmp(name, "language") == 0)
        out->language = text;
    else if (strcmp(name, "volatility") == 0)
        out->volatility = text[0];
    else if (strcmp(name, "parallel") == 0)
        out->parallel = text[0];
    else if (strcmp(name, "strict") == 0)
        out->strict = gd_option_on(option);
    else if (strcmp(name, "security") == 0)
        out->definer = gd_option_on(option);
    else if (strcmp(name, "leakproof") == 0)
        out->leakproof = gd_option_on(option);
    else if (strcmp(name, "set") == 0)
        read_setting(look, gd_node_child(option, GD_F_arg), out);
    else if (strcmp(name, "cost") == 0)
        out->cost = text;
    else if (strcmp(name, "rows") == 0)
        out->rows = text;
    else if (strcmp(name, "as") != 0)
        out->known = false;
}

static struct attributes attributes_of(const struct gd_look *look)
{
    struct attributes out = {.language = gd_body_language(look->node, look->arena),
                             .source = gd_body_text(look->node),
                             .settings = "",
                             .volatility = 'v',
                             .parallel = 'u',
                             .known = true};
    for (size_t i = 0; i < gd_node_count(look->node, GD_F_options); i++)
        read_option(look, gd_node_at(look->node, GD_F_options, i), &out);
    out.known = out.known && out.source != NULL;
    return out;
}

static const char *plain_type(const struct gd_look *look, const struct gd_node *type_name)
{
    if (type_name == NULL || gd_node_flag(type_name, GD_F_pct_type))
        return NULL;
    const char *name = gd_type_show(look, type_name);
    return gd_node_flag(type_name, GD_F_setof) ? gd_arena_printf(look->arena, "SETOF %s", name)
                                               : name;
}

static const char *mode_word(const struct gd_node *parameter)
{
    if (gd_node_enum_is(parameter, GD_F_mode, "FUNC_PARAM_OUT"))
        return "OUT ";
    if (gd_node_enum_is(parameter, GD_F_mode, "FUNC_PARAM_INOUT"))
        return "INOUT ";
    if (gd_node_enum_is(parameter, GD_F_mode, "FUNC_PARAM_VARIADIC"))
        return "VARIADIC ";
    return "";
}

static bool is_result_column(const struct gd_node *parameter)
{
    return gd_node_enum_is(parameter, GD_F_mode, "FUNC_PARAM_TABLE");
}

/* As pg_get_function_arguments() prints them, or as it prints TABLE(…). NULL: defaults are
 * expressions, which only the server deparses. */
static const char *parameters_show(const struct gd_look *look, bool result_columns)
{
    const char *text = "";
    for (size_t i = 0; i < gd_node_count(look->node, GD_F_parameters); i++) {
        const struct gd_node *parameter = gd_node_at(look->node, GD_F_parameters, i);
        if (is_result_column(parameter) != result_columns)
            continue;
        const char *type = plain_type(look, gd_node_child(parameter, GD_F_arg_type));
        if (type == NULL || gd_node_child(parameter, GD_F_defexpr) != NULL)
            return NULL;
        const char *name = gd_node_text(parameter, GD_F_name);
        text = gd_arena_printf(look->arena, "%s%s%s%s%s%s", text, text[0] == '\0' ? "" : ", ",
                               mode_word(parameter),
                               name[0] == '\0' ? "" : gd_quote_identifier(look->arena, name),
                               name[0] == '\0' ? "" : " ", type);
    }
    return text;
}

static const char *result_show(const struct gd_look *look)
{
    const char *columns = parameters_show(look, true);
    if (columns != NULL && columns[0] != '\0')
        return gd_arena_printf(look->arena, "TABLE(%s)", columns);
    return plain_type(look, gd_node_child(look->node, GD_F_return_type));
}

/* Defaults of arguments are the one thing that cannot be compared here: the catalogue holds them
 * deparsed. Then names and types are compared, and the number of defaults. */
static bool same_arguments(const struct gd_look *look, const struct gd_function *known)
{
    const char *written = parameters_show(look, false);
    return written != NULL && strcmp(written, known->arguments) == 0;
}

static bool same_result(const struct gd_look *look, const struct gd_function *known)
{
    if (known->kind == 'p')
        return true;
    const char *written = result_show(look);
    if (written == NULL) /* only OUT parameters say it: they are compared with the arguments */
        return gd_node_child(look->node, GD_F_return_type) == NULL;
    return strcmp(written, known->result) == 0;
}

static bool same_number(const char *written, const char *stored, const char *usual)
{
    return written == NULL ? strcmp(stored, usual) == 0 || strcmp(stored, "0") == 0
                           : strcmp(written, stored) == 0;
}

static bool same_attributes(const struct attributes *new, const struct gd_function *old)
{
    const char *rows = old->returns_set ? "1000" : "0";
    bool compiled = strcmp(old->language, "c") == 0 || strcmp(old->language, "internal") == 0;
    return new->known && !old->atomic_body &&strcmp(new->language, old->language) == 0 &&
           strcmp(new->source, old->source) == 0 &&
           new->volatility == old->volatility &&new->parallel == old->parallel &&new->strict ==
               old->strict &&new->definer == old->security_definer &&new->leakproof ==
               old->leakproof &&strcmp(new->settings, old->settings) == 0 &&
           same_number(new->cost, old->cost, compiled ? "1" : "100") &&
           same_number(new->rows, old->rows_estimate, rows);
}

bool gd_same_routine(const struct gd_look *look)
{
    enum gd_truth exists;
    const struct gd_function *known = gd_look_function(look, look->node, &exists);
    if (known == NULL)
        return false;
    struct attributes written = attributes_of(look);
    return same_attributes(&written, known) && same_arguments(look, known) &&
           same_result(look, known);
}
