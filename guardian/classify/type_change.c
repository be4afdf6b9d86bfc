/*
 * Type change: see type_change.h.
 *
 * A pair of types is looked up in `facts`; what the new type's modifiers do to it is worked out
 * from the two `traits`.
 */
#include "guardian/classify/type_change.h"

#include <string.h>
#include <strings.h>

#include "guardian/sql/parse.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

/* What modifiers mean to a type. */
enum family { PLAIN, INTEGER, DECIMAL, FLOAT, TEXTUAL, BITS, TIMELIKE, SPAN };

struct trait {
    const char *name;
    enum family family;
    int digits;  /* before the point (INTEGER), or of seconds by default (TIMELIKE, SPAN) */
    bool styled; /* its text form follows DateStyle, extra_float_digits, lc_monetary … */
};

// clang-format off
static const struct trait traits[] = {
    {"bit",         BITS,      0, false},
    {"bpchar",      TEXTUAL,   0, false},
    {"bytea",       PLAIN,     0, true},
    {"citext",      TEXTUAL,   0, false},
    {"date",        TIMELIKE,  0, true},
    {"float4",      FLOAT,     0, true},
    {"float8",      FLOAT,     0, true},
    {"int2",        INTEGER,   5, false},
    {"int4",        INTEGER,  10, false},
    {"int8",        INTEGER,  19, false},
    {"interval",    SPAN,      6, true},
    {"money",       PLAIN,     0, true},
    {"name",        TEXTUAL,   0, false},
    {"numeric",     DECIMAL,   0, false},
    {"oid",         INTEGER,  10, false},
    {"text",        TEXTUAL,   0, false},
    {"time",        TIMELIKE,  6, true},
    {"timestamp",   TIMELIKE,  6, true},
    {"timestamptz", TIMELIKE,  6, true},
    {"timetz",      TIMELIKE,  6, true},
    {"varbit",      BITS,      0, false},
    {"varchar",     TEXTUAL,   0, false},
    {"xml",         PLAIN,     0, true},
};

/* What the cast does to a value that fits; `keeps`: the server leaves the file alone. */
static const struct fact {
    const char *from, *to;
    enum gd_change change;
    bool keeps;
} facts[] = {
    {"int2",        "int4",        GD_CHANGE_WIDEN,    false},
    {"int2",        "int8",        GD_CHANGE_WIDEN,    false},
    {"int2",        "numeric",     GD_CHANGE_WIDEN,    false},
    {"int2",        "float4",      GD_CHANGE_WIDEN,    false},
    {"int2",        "float8",      GD_CHANGE_WIDEN,    false},
    {"int4",        "int2",        GD_CHANGE_NARROW,   false},
    {"int4",        "int8",        GD_CHANGE_WIDEN,    false},
    {"int4",        "numeric",     GD_CHANGE_WIDEN,    false},
    {"int4",        "float4",      GD_CHANGE_ROUND,    false},
    {"int4",        "float8",      GD_CHANGE_WIDEN,    false},
    {"int4",        "oid",         GD_CHANGE_RELABEL,  true},
    {"int8",        "int2",        GD_CHANGE_NARROW,   false},
    {"int8",        "int4",        GD_CHANGE_NARROW,   false},
    {"int8",        "numeric",     GD_CHANGE_WIDEN,    false},
    {"int8",        "float4",      GD_CHANGE_ROUND,    false},
    {"int8",        "float8",      GD_CHANGE_ROUND,    false},
    {"int8",        "oid",         GD_CHANGE_NARROW,   false},
    {"oid",         "int4",        GD_CHANGE_RELABEL,  true},
    {"oid",         "int8",        GD_CHANGE_WIDEN,    false},
    {"numeric",     "int2",        GD_CHANGE_ROUND,    false},
    {"numeric",     "int4",        GD_CHANGE_ROUND,    false},
    {"numeric",     "int8",        GD_CHANGE_ROUND,    false},
    {"numeric",     "float4",      GD_CHANGE_ROUND,    false},
    {"numeric",     "float8",      GD_CHANGE_ROUND,    false},
    {"numeric",     "money",       GD_CHANGE_ROUND,    false},
    {"float4",      "float8",      GD_CHANGE_WIDEN,    false},
    {"float4",      "int2",        GD_CHANGE_ROUND,    false},
    {"float4",      "int4",        GD_CHANGE_ROUND,    false},
    {"float4",      "int8",        GD_CHANGE_ROUND,    false},
    {"float4",      "numeric",     GD_CHANGE_ROUND,    false},
    {"float8",      "float4",      GD_CHANGE_ROUND,    false},
    {"float8",      "int2",        GD_CHANGE_ROUND,    false},
    {"float8",      "int4",        GD_CHANGE_ROUND,    false},
    {"float8",      "int8",        GD_CHANGE_ROUND,    false},
    {"float8",      "numeric",     GD_CHANGE_ROUND,    false},
    {"bool",        "int4",        GD_CHANGE_WIDEN,    false},
    {"text",        "varchar",     GD_CHANGE_RELABEL,  true},
    {"varchar",     "text",        GD_CHANGE_RELABEL,  true},
    {"text",        "citext",      GD_CHANGE_CASELESS, true},
    {"varchar",     "citext",      GD_CHANGE_CASELESS, true},
    {"citext",      "text",        GD_CHANGE_CASELESS, true},
    {"citext",      "varchar",     GD_CHANGE_CASELESS, true},
    {"text",        "bpchar",      GD_CHANGE_BLANKS,   false},
    {"varchar",     "bpchar",      GD_CHANGE_BLANKS,   false},
    {"citext",      "bpchar",      GD_CHANGE_BLANKS,   false},
    {"bpchar",      "text",        GD_CHANGE_BLANKS,   false},
    {"bpchar",      "varchar",     GD_CHANGE_BLANKS,   false},
    {"bpchar",      "citext",      GD_CHANGE_BLANKS,   false},
    {"name",        "text",        GD_CHANGE_WIDEN,    false},
    {"name",        "varchar",     GD_CHANGE_WIDEN,    false},
    {"text",        "name",        GD_CHANGE_CUT,      false},
    {"varchar",     "name",        GD_CHANGE_CUT,      false},
    {"bpchar",      "name",        GD_CHANGE_CUT,      false},
    {"bit",         "varbit",      GD_CHANGE_RELABEL,  true},
    {"varbit",      "bit",         GD_CHANGE_RELABEL,  false},
    {"date",        "timestamp",   GD_CHANGE_WIDEN,    false},
    {"date",        "timestamptz", GD_CHANGE_ZONE,     false},
    {"timestamp",   "date",        GD_CHANGE_TIME,     false},
    {"timestamp",   "time",        GD_CHANGE_TIME,     false},
    {"timestamp",   "timestamptz", GD_CHANGE_ZONE,     true},
    {"timestamptz", "date",        GD_CHANGE_TIME,     false},
    {"timestamptz", "time",        GD_CHANGE_TIME,     false},
    {"timestamptz", "timetz",      GD_CHANGE_TIME,     false},
    {"timestamptz", "timestamp",   GD_CHANGE_ZONE,     true},
    {"time",        "timetz",      GD_CHANGE_ZONE,     false},
    {"time",        "interval",    GD_CHANGE_WIDEN,    false},
    {"timetz",      "time",        GD_CHANGE_TIME,     false},
    {"interval",    "time",        GD_CHANGE_TIME,     false},
    {"cidr",        "inet",        GD_CHANGE_RELABEL,  true},
    {"inet",        "cidr",        GD_CHANGE_NETWORK,  false},
    {"macaddr",     "macaddr8",    GD_CHANGE_WIDEN,    false},
    {"macaddr8",    "macaddr",     GD_CHANGE_NARROW,   false},
    {"json",        "jsonb",       GD_CHANGE_JSON,     false},
    {"jsonb",       "json",        GD_CHANGE_TEXT,     false},
};
// clang-format on

const char *gd_change_text(enum gd_change change)
{
    static const char *const texts[] = {
#define X(name, text) text,
        GD_CHANGES(X)
#undef X
    };
    return texts[change];
}

static const struct trait *trait_of(const char *name)
{
    static const struct trait plain = {"", PLAIN, 0, false};
    for (size_t i = 0; i < COUNT(traits); i++)
        if (strcmp(traits[i].name, name) == 0)
            return &traits[i];
    return &plain;
}

static const struct fact *fact_of(const char *from, const char *to)
{
    for (size_t i = 0; i < COUNT(facts); i++)
        if (strcmp(facts[i].from, from) == 0 && strcmp(facts[i].to, to) == 0)
            return &facts[i];
    return NULL;
}

/* ---- reading a type ---- */

/* citext has facts of its own, wherever its extension was put. */
static bool is_known(const char *schema, const char *name)
{
    return schema[0] == '\0' || strcmp(schema, "pg_catalog") == 0 || strcmp(name, "citext") == 0;
}

static int64_t constant_of(const struct gd_node *modifier)
{
    return gd_node_int(gd_node_child(modifier, GD_F_ival), GD_F_ival);
}

/* The grammar writes no length as one of these; a form has no modifier then. */
static void read_modifiers(const struct gd_node *type_name, struct gd_type_form *form)
{
    size_t count = gd_node_count(type_name, GD_F_typmods);
    form->modifier_count = count < COUNT(form->modifiers) ? count : COUNT(form->modifiers);
    for (size_t i = 0; i < form->modifier_count; i++)
        form->modifiers[i] = constant_of(gd_node_at(type_name, GD_F_typmods, i));
    if (strcmp(form->name, "numeric") == 0 && form->modifier_count == 1)
        form->modifier_count = 2; /* the scale is 0 when it is not given */
}

static const char *unalias(const char *name)
{
    // clang-format off
    static const char *const aliases[][2] = {
        {"decimal", "numeric"}, {"serial", "int4"}, {"serial4", "int4"}, {"bigserial", "int8"},
        {"serial8", "int8"}, {"smallserial", "int2"}, {"serial2", "int2"},
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(aliases); i++)
        if (strcmp(aliases[i][0], name) == 0)
            return aliases[i][1];
    return name;
}

struct gd_type_form gd_type_form_of(const struct gd_node *type_name)
{
    const char *schema = gd_node_name_schema(type_name, GD_F_names);
    const char *name = gd_node_name_last(type_name, GD_F_names);
    struct gd_type_form form = {
        .schema = is_known(schema, name) ? "" : schema,
        .name = is_known(schema, name) ? unalias(name) : name,
        .array = gd_node_count(type_name, GD_F_array_bounds) > 0,
    };
    read_modifiers(type_name, &form);
    return form;
}

bool gd_type_form_parse(const char *text, struct gd_arena *arena, struct gd_type_form *out_form)
{
    const char *cast = gd_arena_printf(arena, "CAST(NULL AS %s)", text);
    const struct gd_node *node = gd_parse_expression(cast, arena);
    if (gd_node_kind(node) != GD_KIND_TypeCast)
        return false;
    *out_form = gd_type_form_of(gd_node_child(node, GD_F_type_name));
    return true;
}

static bool same_name(const struct gd_type_form *left, const struct gd_type_form *right)
{
    bool schemas_agree = strcmp(left->schema, right->schema) == 0 || left->schema[0] == '\0' ||
                         right->schema[0] == '\0';
    return schemas_agree && strcmp(left->name, right->name) == 0;
}

static bool same_modifiers(const struct gd_type_form *left, const struct gd_type_form *right)
{
    if (left->modifier_count != right->modifier_count)
        return false;
    for (size_t i = 0; i < left->modifier_count; i++)
        if (left->modifiers[i] != right->modifiers[i])
            return false;
    return true;
}

bool gd_type_form_equal(const struct gd_type_form *left, const struct gd_type_form *right)
{
    return same_name(left, right) && same_modifiers(left, right) && left->array == right->array;
}

/* ---- reading USING ---- */

static bool is_column(const struct gd_node *node, const char *column)
{
    return gd_node_kind(node) == GD_KIND_ColumnRef &&
           strcmp(gd_node_name_last(node, GD_F_fields), column) == 0;
}

struct gd_using gd_using_read(const struct gd_node *expression, const char *column)
{
    struct gd_using using = {.given = expression != NULL && !is_column(expression, column)};
    const struct gd_node *outer[GD_CASTS_MAX];
    size_t count = 0;
    while (gd_node_kind(expression) == GD_KIND_TypeCast && count < GD_CASTS_MAX) {
        outer[count++] = gd_node_child(expression, GD_F_type_name);
        expression = gd_node_child(expression, GD_F_arg);
    }
    using.computed = using.given && !is_column(expression, column);
    if (using.computed)
        return using;
    using.cast_count = count;
    for (size_t i = 0; i < count; i++)
        using.casts[i] = outer[count - 1 - i];
    return using;
}

/* ---- one cast ---- */

static enum gd_change worse(enum gd_change left, enum gd_change right)
{
    return left > right ? left : right;
}

/* Characters or bits that a value of the type can have at most; -1 without a limit. */
static int64_t length_of(const struct gd_type_form *form)
{
    if (form->modifier_count > 0)
        return form->modifiers[0];
    return strcmp(form->name, "name") == 0 ? 63 : -1;
}

static enum gd_change fit_length(const struct gd_type_form *from, const struct gd_type_form *to,
                                 bool explicit)
{
    int64_t limit = length_of(to);
    int64_t longest = length_of(from);
    bool known = trait_of(from->name)->family == trait_of(to->name)->family && longest >= 0;
    bool exact = strcmp(to->name, "bit") == 0; /* a shorter one does not fit either */
    bool fits = limit < 0 || (known && (exact ? longest == limit : longest <= limit));
    if (fits)
        return GD_CHANGE_SAME;
    return explicit ? GD_CHANGE_CUT : GD_CHANGE_NARROW;
}

static enum gd_change fit_decimal(const struct gd_type_form *from, const struct gd_type_form *to)
{
    const struct trait *trait = trait_of(from->name);
    if (to->modifier_count < 2)
        return GD_CHANGE_SAME;
    bool unlimited = trait->family == DECIMAL && from->modifier_count < 2;
    if (unlimited || trait->family == FLOAT || trait->family == PLAIN)
        return GD_CHANGE_ROUND;
    int64_t scale = trait->family == DECIMAL ? from->modifiers[1] : 0;
    int64_t digits = trait->family == DECIMAL ? from->modifiers[0] - scale : trait->digits;
    if (to->modifiers[1] < scale)
        return GD_CHANGE_ROUND;
    return to->modifiers[0] - to->modifiers[1] < digits ? GD_CHANGE_NARROW : GD_CHANGE_SAME;
}

/* Digits of a second. An interval's first modifier says which fields it keeps. */
static int64_t precision_of(const struct gd_type_form *form)
{
    const struct trait *trait = trait_of(form->name);
    size_t place = trait->family == SPAN ? 1 : 0;
    return form->modifier_count > place ? form->modifiers[place] : trait->digits;
}

enum { ALL_FIELDS = 0x7fff };

static int64_t fields_of(const struct gd_type_form *form)
{
    bool limited = trait_of(form->name)->family == SPAN && form->modifier_count > 0;
    return limited ? form->modifiers[0] : ALL_FIELDS;
}

static enum gd_change fit_time(const struct gd_type_form *from, const struct gd_type_form *to)
{
    bool fields_go = fields_of(to) != ALL_FIELDS && fields_of(to) != fields_of(from);
    return fields_go || precision_of(to) < precision_of(from) ? GD_CHANGE_TIME : GD_CHANGE_SAME;
}

/* What the new type's limits do to values of the old one. */
static enum gd_change fit(const struct gd_type_form *from, const struct gd_type_form *to,
                          bool explicit)
{
    switch (trait_of(to->name)->family) {
    case TEXTUAL:
    case BITS:
        return fit_length(from, to, explicit);
    case DECIMAL:
        return fit_decimal(from, to);
    case TIMELIKE:
    case SPAN:
        return fit_time(from, to);
    case PLAIN:
        return to->modifier_count == 0 ? GD_CHANGE_SAME : GD_CHANGE_OTHER;
    case INTEGER:
    case FLOAT:
        break;
    }
    return GD_CHANGE_SAME;
}

/* The same type with other modifiers: a wider limit keeps the file, except where values are padded
 * to their limit or carry their scale. */
static struct gd_change_answer change_limits(const struct gd_type_form *from,
                                             const struct gd_type_form *to, bool explicit)
{
    if (same_modifiers(from, to))
        return (struct gd_change_answer){GD_CHANGE_SAME, false};
    enum gd_change loss = fit(from, to, explicit);
    if (loss != GD_CHANGE_SAME)
        return (struct gd_change_answer){loss, true};
    bool padded = strcmp(to->name, "bpchar") == 0 || strcmp(to->name, "bit") == 0;
    bool scaled = to->modifier_count == 2 && trait_of(to->name)->family == DECIMAL &&
                  from->modifiers[1] != to->modifiers[1];
    bool rewrite = padded || scaled;
    return (struct gd_change_answer){rewrite ? GD_CHANGE_WIDEN : GD_CHANGE_RELABEL, rewrite};
}

static bool is_textual(const struct gd_type_form *form)
{
    return !form->array && trait_of(form->name)->family == TEXTUAL;
}

/* To and from text every type has a cast, through its own input and output. */
static struct gd_change_answer change_spelling(const struct gd_type_form *from,
                                               const struct gd_type_form *to, bool explicit)
{
    if (is_textual(from))
        return (struct gd_change_answer){to->is_enum ? GD_CHANGE_LABELS : GD_CHANGE_READ, true};
    if (!is_textual(to))
        return (struct gd_change_answer){GD_CHANGE_OTHER, true};
    bool styled = trait_of(from->name)->styled;
    enum gd_change form = styled ? GD_CHANGE_STYLED : GD_CHANGE_TEXT;
    return (struct gd_change_answer){worse(form, fit_length(from, to, explicit)), true};
}

static struct gd_change_answer change_name(const struct gd_type_form *from,
                                           const struct gd_type_form *to, bool explicit)
{
    const struct fact *fact = fact_of(from->name, to->name);
    if (fact == NULL || from->schema[0] != '\0' || to->schema[0] != '\0')
        return change_spelling(from, to, explicit);
    enum gd_change loss = fit(from, to, explicit);
    bool whole = strcmp(from->name, "numeric") == 0 && from->modifier_count == 2 &&
                 from->modifiers[1] == 0 && trait_of(to->name)->family == INTEGER;
    enum gd_change change = whole ? GD_CHANGE_NARROW : worse(fact->change, loss);
    return (struct gd_change_answer){change, !fact->keeps || to->modifier_count > 0};
}

/* One element says it for all; the server keeps the file only when a limit falls. */
static struct gd_change_answer change_elements(struct gd_type_form from, struct gd_type_form to,
                                               bool explicit)
{
    from.array = to.array = false;
    if (!same_name(&from, &to))
        return (struct gd_change_answer){change_name(&from, &to, explicit).change, true};
    struct gd_change_answer answer = change_limits(&from, &to, explicit);
    bool keeps = answer.change == GD_CHANGE_SAME || to.modifier_count == 0;
    return (struct gd_change_answer){answer.change, !keeps};
}

static struct gd_change_answer cast_once(const struct gd_type_form *from,
                                         const struct gd_type_form *to, bool explicit)
{
    if (from->array && to->array)
        return change_elements(*from, *to, explicit);
    if (from->array || to->array)
        return change_spelling(from, to, explicit);
    return same_name(from, to) ? change_limits(from, to, explicit)
                               : change_name(from, to, explicit);
}

/* ---- all of it ---- */

static bool goes_by_text(const struct gd_using *using)
{
    for (size_t i = 0; i + 1 < using->cast_count; i++) {
        struct gd_type_form form = gd_type_form_of(using->casts[i]);
        if (trait_of(form.name)->family == TEXTUAL) /* or text[] */
            return true;
    }
    return false;
}

static struct gd_change_answer cast_all(const struct gd_change_question *question)
{
    struct gd_type_form from = *question->old_form;
    struct gd_change_answer answer = {GD_CHANGE_SAME, false};
    for (size_t i = 0; i < question->using.cast_count; i++) {
        struct gd_type_form to = gd_type_form_of(question->using.casts[i]);
        if (same_name(&to, &question->new_form))
            to.is_enum = question->new_form.is_enum;
        struct gd_change_answer step = cast_once(&from, &to, true);
        answer.change = worse(answer.change, step.change);
        answer.rewrite = answer.rewrite || step.rewrite;
        from = to;
    }
    struct gd_change_answer last = cast_once(&from, &question->new_form, false);
    answer.change = worse(answer.change, last.change);
    answer.rewrite = answer.rewrite || last.rewrite;
    return answer;
}

/* The zone decides whether the bytes stay, the domain whether they may. */
static struct gd_change_answer finish(const struct gd_change_question *question,
                                      struct gd_change_answer answer)
{
    bool was_checked = question->old_form->checked;
    if (answer.change == GD_CHANGE_ZONE && !question->utc)
        answer.rewrite = true;
    if (question->new_form.checked && !(was_checked && answer.change == GD_CHANGE_SAME)) {
        answer.change = worse(answer.change, GD_CHANGE_DOMAIN);
        answer.rewrite = true;
    }
    return answer;
}

struct gd_change_answer gd_type_change(const struct gd_change_question *question)
{
    bool old_enum = question->old_form != NULL && question->old_form->is_enum;
    if (question->using.computed)
        return (struct gd_change_answer){GD_CHANGE_COMPUTED, true};
    bool swapped = question->new_form.is_enum && goes_by_text(&question->using) &&
                   (question->old_form == NULL || old_enum);
    if (swapped)
        return (struct gd_change_answer){GD_CHANGE_ENUM, true};
    if (question->old_form == NULL)
        return (struct gd_change_answer){GD_CHANGE_UNKNOWN, true};
    return finish(question, cast_all(question));
}

bool gd_zone_is_utc(const char *name)
{
    static const char *const zones[] = {"UTC",       "Etc/UTC",      "UCT", "Etc/UCT",
                                        "Zulu",      "Etc/Zulu",     "GMT", "Etc/GMT",
                                        "Universal", "Etc/Universal"};
    for (size_t i = 0; name != NULL && i < COUNT(zones); i++)
        if (strcasecmp(zones[i], name) == 0)
            return true;
    return false;
}
