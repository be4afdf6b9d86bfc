/*
 * Tree: see tree.h. The tables that map descriptors to our names are filled once, on first use.
 *
 * Invariant  `kind_of` and `place_of` are written under pthread_once and only read afterwards.
 */
#include "guardian/sql/tree.h"

#include <assert.h>
#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 1024, MESSAGES_MAX = 512, FIELDS_MAX = 127 };

struct message {
    const ProtobufCMessageDescriptor *descriptor;
    enum gd_kind kind;
    int8_t place_of[GD_FIELD_COUNT]; /* index into descriptor->fields, or -1 */
};

static const char *const kind_names[] = {
    "nothing",
#define GD_KIND(name) #name,
#include "guardian/sql/tree.def"
#undef GD_KIND
    "other",
};

static const char *const field_names[] = {
#define GD_FIELD(name) #name,
#include "guardian/sql/tree.def"
#undef GD_FIELD
};

static pthread_once_t tables_once = PTHREAD_ONCE_INIT;
static struct message *messages;
static size_t message_count;
static struct message *slots[SLOTS];

static size_t slot_of(const ProtobufCMessageDescriptor *descriptor)
{
    return ((uintptr_t)descriptor >> 4) * 2654435761u % SLOTS;
}

static struct message *find_message(const ProtobufCMessageDescriptor *descriptor)
{
    for (size_t slot = slot_of(descriptor);; slot = (slot + 1) % SLOTS)
        if (slots[slot] == NULL || slots[slot]->descriptor == descriptor)
            return slots[slot];
}

/* "A_Const" out of "pg_query.A_Const"; the descriptor's short name has lost the underscore. */
static const char *name_of(const ProtobufCMessageDescriptor *descriptor)
{
    const char *dot = strrchr(descriptor->name, '.');
    return dot == NULL ? descriptor->name : dot + 1;
}

static enum gd_kind kind_by_name(const char *name)
{
    for (int kind = GD_KIND_NONE + 1; kind < GD_KIND_OTHER; kind++)
        if (strcmp(kind_names[kind], name) == 0)
            return (enum gd_kind)kind;
    return GD_KIND_OTHER;
}

/* field_names is sorted as the shell's C locale sorts; see the unit test. */
static int compare_names(const void *key, const void *entry)
{
    return strcmp(key, *(const char *const *)entry);
}

static int field_by_name(const char *name)
{
    const char *const *found =
        bsearch(name, field_names, GD_FIELD_COUNT, sizeof field_names[0], compare_names);
    return found == NULL ? -1 : (int)(found - field_names);
}

static const ProtobufCMessageDescriptor *message_type(const ProtobufCFieldDescriptor *field)
{
    return field->type == PROTOBUF_C_TYPE_MESSAGE ? field->descriptor : NULL;
}

static void add_message(const ProtobufCMessageDescriptor *descriptor)
{
    if (find_message(descriptor) != NULL)
        return;
    assert(message_count < MESSAGES_MAX && descriptor->n_fields <= FIELDS_MAX * 3);
    struct message *message = &messages[message_count++];
    message->descriptor = descriptor;
    message->kind = kind_by_name(name_of(descriptor));
    memset(message->place_of, -1, sizeof message->place_of);
    size_t slot = slot_of(descriptor);
    while (slots[slot] != NULL)
        slot = (slot + 1) % SLOTS;
    slots[slot] = message;
    for (unsigned place = 0; place < descriptor->n_fields; place++) {
        int field = field_by_name(descriptor->fields[place].name);
        if (field >= 0 && place < FIELDS_MAX)
            message->place_of[field] = (int8_t)place;
        const ProtobufCMessageDescriptor *below = message_type(&descriptor->fields[place]);
        if (below != NULL)
            add_message(below);
    }
}

static void fill_tables(void)
{
    messages = calloc(MESSAGES_MAX, sizeof *messages);
    if (messages == NULL)
        abort();
    add_message(&pg_query__parse_result__descriptor);
}

static const struct message *message_of(const struct gd_node *node)
{
    pthread_once(&tables_once, fill_tables);
    const struct message *message = find_message(((const ProtobufCMessage *)node)->descriptor);
    assert(message != NULL);
    return message;
}

/* A "Node" is an envelope: its one set member is the node. */
static const struct gd_node *unwrap(const void *pointer)
{
    const ProtobufCMessage *inner = pointer;
    while (inner != NULL && inner->descriptor == &pg_query__node__descriptor) {
        const PgQuery__Node *envelope = (const PgQuery__Node *)(const void *)inner;
        inner = envelope->node_case == 0 ? NULL : (const void *)envelope->alias;
    }
    return (const struct gd_node *)inner;
}

static const ProtobufCFieldDescriptor *find_field(const struct gd_node *node, enum gd_field field)
{
    if (node == NULL)
        return NULL;
    const struct message *message = message_of(node);
    int place = message->place_of[field];
    return place < 0 ? NULL : &message->descriptor->fields[place];
}

static const void *member(const struct gd_node *node, const ProtobufCFieldDescriptor *field)
{
    return (const char *)node + field->offset;
}

/* Members of a oneof share their memory: only the one that the case names is there. */
static bool is_set(const struct gd_node *node, const ProtobufCFieldDescriptor *field)
{
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0)
        return true;
    uint32_t chosen;
    memcpy(&chosen, (const char *)node + field->quantifier_offset, sizeof chosen);
    return chosen == field->id;
}

static size_t repeated_count(const struct gd_node *node, const ProtobufCFieldDescriptor *field)
{
    size_t count;
    memcpy(&count, (const char *)node + field->quantifier_offset, sizeof count);
    return count;
}

static void *pointer_member(const struct gd_node *node, const ProtobufCFieldDescriptor *field)
{
    void *pointer;
    memcpy(&pointer, member(node, field), sizeof pointer);
    return pointer;
}

enum gd_kind gd_node_kind(const struct gd_node *node)
{
    return node == NULL ? GD_KIND_NONE : message_of(node)->kind;
}

const char *gd_kind_name(enum gd_kind kind)
{
    return kind_names[kind];
}

const char *gd_node_kind_name(const struct gd_node *node)
{
    return node == NULL ? kind_names[GD_KIND_NONE] : name_of(message_of(node)->descriptor);
}

static bool is_single(const ProtobufCFieldDescriptor *field, ProtobufCType type)
{
    return field != NULL && field->type == type && field->label != PROTOBUF_C_LABEL_REPEATED;
}

const char *gd_node_text(const struct gd_node *node, enum gd_field field)
{
    const ProtobufCFieldDescriptor *found = find_field(node, field);
    if (!is_single(found, PROTOBUF_C_TYPE_STRING) || !is_set(node, found))
        return "";
    const char *text = pointer_member(node, found);
    return text == NULL ? "" : text;
}

static int64_t read_number(const struct gd_node *node, const ProtobufCFieldDescriptor *field)
{
    const void *at = member(node, field);
    int32_t narrow;
    uint32_t positive;
    int64_t wide;
    switch (field->type) {
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_ENUM:
        memcpy(&narrow, at, sizeof narrow);
        return narrow;
    case PROTOBUF_C_TYPE_UINT32:
        memcpy(&positive, at, sizeof positive);
        return positive;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
        memcpy(&wide, at, sizeof wide);
        return wide;
    default:
        return 0;
    }
}

int64_t gd_node_int(const struct gd_node *node, enum gd_field field)
{
    const ProtobufCFieldDescriptor *found = find_field(node, field);
    if (found == NULL || found->label == PROTOBUF_C_LABEL_REPEATED || !is_set(node, found))
        return 0;
    return read_number(node, found);
}

const char *gd_node_enum(const struct gd_node *node, enum gd_field field)
{
    const ProtobufCFieldDescriptor *found = find_field(node, field);
    if (!is_single(found, PROTOBUF_C_TYPE_ENUM))
        return "";
    const ProtobufCEnumValue *value =
        protobuf_c_enum_descriptor_get_value(found->descriptor, (int)read_number(node, found));
    return value == NULL ? "" : value->name;
}

bool gd_node_enum_is(const struct gd_node *node, enum gd_field field, const char *name)
{
    return strcmp(gd_node_enum(node, field), name) == 0;
}

const struct gd_node *gd_node_child(const struct gd_node *node, enum gd_field field)
{
    const ProtobufCFieldDescriptor *found = find_field(node, field);
    if (!is_single(found, PROTOBUF_C_TYPE_MESSAGE) || !is_set(node, found))
        return NULL;
    return unwrap(pointer_member(node, found));
}

size_t gd_node_count(const struct gd_node *node, enum gd_field field)
{
    const ProtobufCFieldDescriptor *found = find_field(node, field);
    if (found == NULL || found->type != PROTOBUF_C_TYPE_MESSAGE)
        return 0;
    if (found->label == PROTOBUF_C_LABEL_REPEATED)
        return repeated_count(node, found);
    const struct gd_node *only = gd_node_child(node, field);
    return gd_node_kind(only) == GD_KIND_List ? gd_node_count(only, GD_F_items) : 0;
}

const struct gd_node *gd_node_at(const struct gd_node *node, enum gd_field field, size_t index)
{
    const ProtobufCFieldDescriptor *found = find_field(node, field);
    if (found == NULL || found->type != PROTOBUF_C_TYPE_MESSAGE)
        return NULL;
    if (found->label != PROTOBUF_C_LABEL_REPEATED) {
        const struct gd_node *only = gd_node_child(node, field);
        return gd_node_kind(only) == GD_KIND_List ? gd_node_at(only, GD_F_items, index) : NULL;
    }
    if (index >= repeated_count(node, found))
        return NULL;
    void *const *items = pointer_member(node, found);
    return unwrap(items[index]);
}

static enum gd_walk walk_below(const struct gd_node *node, gd_visit_fn *visit, void *context);

static enum gd_walk walk_one(const struct gd_node *node, const struct gd_node *parent,
                             gd_visit_fn *visit, void *context)
{
    if (node == NULL)
        return GD_WALK_PAST;
    enum gd_walk answer = visit(node, parent, context);
    return answer == GD_WALK_INTO ? walk_below(node, visit, context) : answer;
}

static enum gd_walk walk_field(const struct gd_node *node, const ProtobufCFieldDescriptor *field,
                               gd_visit_fn *visit, void *context)
{
    if (field->label != PROTOBUF_C_LABEL_REPEATED)
        return is_set(node, field)
                   ? walk_one(unwrap(pointer_member(node, field)), node, visit, context)
                   : GD_WALK_PAST;
    size_t count = repeated_count(node, field);
    void *const *items = pointer_member(node, field);
    for (size_t i = 0; i < count; i++)
        if (walk_one(unwrap(items[i]), node, visit, context) == GD_WALK_STOP)
            return GD_WALK_STOP;
    return GD_WALK_PAST;
}

static enum gd_walk walk_below(const struct gd_node *node, gd_visit_fn *visit, void *context)
{
    const ProtobufCMessageDescriptor *descriptor = message_of(node)->descriptor;
    for (unsigned i = 0; i < descriptor->n_fields; i++)
        if (descriptor->fields[i].type == PROTOBUF_C_TYPE_MESSAGE &&
            walk_field(node, &descriptor->fields[i], visit, context) == GD_WALK_STOP)
            return GD_WALK_STOP;
    return GD_WALK_PAST;
}

enum gd_walk gd_node_walk(const struct gd_node *node, gd_visit_fn *visit, void *context)
{
    return walk_one(node, NULL, visit, context);
}

void gd_node_texts(const struct gd_node *node, gd_text_fn *each, void *context)
{
    if (node == NULL)
        return;
    const ProtobufCMessageDescriptor *descriptor = message_of(node)->descriptor;
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        if (!is_single(field, PROTOBUF_C_TYPE_STRING) || !is_set(node, field))
            continue;
        const char *text = pointer_member(node, field);
        if (text != NULL && text[0] != '\0')
            each(text, context);
    }
}

static bool is_position(const ProtobufCFieldDescriptor *field)
{
    return strcmp(field->name, "location") == 0 || strcmp(field->name, "stmt_location") == 0 ||
           strcmp(field->name, "stmt_len") == 0 || strcmp(field->name, "name_location") == 0;
}

/* How two nodes are compared, and with what exceptions. */
struct comparer {
    gd_same_fn *same;
    void *context;
};

static bool equal_nodes(const struct gd_node *left, const struct gd_node *right,
                        const struct comparer *comparer);

static bool equal_messages(const struct gd_node *left, const struct gd_node *right,
                           const ProtobufCFieldDescriptor *field, const struct comparer *comparer)
{
    if (field->label != PROTOBUF_C_LABEL_REPEATED)
        return equal_nodes(unwrap(pointer_member(left, field)),
                           unwrap(pointer_member(right, field)), comparer);
    size_t count = repeated_count(left, field);
    if (count != repeated_count(right, field))
        return false;
    void *const *left_items = pointer_member(left, field);
    void *const *right_items = pointer_member(right, field);
    for (size_t i = 0; i < count; i++)
        if (!equal_nodes(unwrap(left_items[i]), unwrap(right_items[i]), comparer))
            return false;
    return true;
}

static bool equal_fields(const struct gd_node *left, const struct gd_node *right,
                         const ProtobufCFieldDescriptor *field, const struct comparer *comparer)
{
    if (is_set(left, field) != is_set(right, field))
        return false;
    if (!is_set(left, field) || is_position(field))
        return true;
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return equal_messages(left, right, field, comparer);
    if (field->type != PROTOBUF_C_TYPE_STRING)
        return read_number(left, field) == read_number(right, field);
    const char *left_text = pointer_member(left, field);
    const char *right_text = pointer_member(right, field);
    return strcmp(left_text == NULL ? "" : left_text, right_text == NULL ? "" : right_text) == 0;
}

static bool equal_nodes(const struct gd_node *left, const struct gd_node *right,
                        const struct comparer *comparer)
{
    enum gd_same answer =
        comparer->same == NULL ? GD_LOOK_INSIDE : comparer->same(left, right, comparer->context);
    if (answer != GD_LOOK_INSIDE)
        return answer == GD_SAME;
    if (left == NULL || right == NULL)
        return left == right;
    const ProtobufCMessageDescriptor *descriptor = message_of(left)->descriptor;
    if (descriptor != message_of(right)->descriptor)
        return false;
    for (unsigned i = 0; i < descriptor->n_fields; i++)
        if (!equal_fields(left, right, &descriptor->fields[i], comparer))
            return false;
    return true;
}

bool gd_node_equal(const struct gd_node *left, const struct gd_node *right)
{
    return equal_nodes(left, right, &(struct comparer){NULL, NULL});
}

bool gd_node_equal_but(const struct gd_node *left, const struct gd_node *right, gd_same_fn *same,
                       void *context)
{
    return equal_nodes(left, right, &(struct comparer){same, context});
}

static const char *string_at(const struct gd_node *node, enum gd_field field, size_t from_end)
{
    size_t count = gd_node_count(node, field);
    if (count <= from_end)
        return "";
    const char *text = gd_node_string(gd_node_at(node, field, count - 1 - from_end));
    return text == NULL ? "" : text;
}

const char *gd_node_name_last(const struct gd_node *node, enum gd_field field)
{
    return string_at(node, field, 0);
}

const char *gd_node_name_schema(const struct gd_node *node, enum gd_field field)
{
    return string_at(node, field, 1);
}

const char *gd_node_string(const struct gd_node *node)
{
    switch (gd_node_kind(node)) {
    case GD_KIND_String: /* the field was called "str" before version 15 */
        return gd_node_text(node, GD_F_sval);
    case GD_KIND_Float:
        return gd_node_text(node, GD_F_fval);
    case GD_KIND_A_Const: {
        const struct gd_node *value = gd_node_child(node, GD_F_sval);
        return value == NULL ? NULL : gd_node_string(value);
    }
    default:
        return NULL;
    }
}

static const ProtobufCEnumDescriptor *find_enum(const char *name)
{
    pthread_once(&tables_once, fill_tables);
    for (size_t m = 0; m < message_count; m++)
        for (unsigned f = 0; f < messages[m].descriptor->n_fields; f++) {
            const ProtobufCFieldDescriptor *field = &messages[m].descriptor->fields[f];
            if (field->type != PROTOBUF_C_TYPE_ENUM)
                continue;
            const ProtobufCEnumDescriptor *descriptor = field->descriptor;
            const char *dot = strrchr(descriptor->name, '.');
            if (strcmp(dot == NULL ? descriptor->name : dot + 1, name) == 0)
                return descriptor;
        }
    return NULL;
}

const char *gd_tree_enum_value(const char *enumeration, size_t index)
{
    const ProtobufCEnumDescriptor *found = find_enum(enumeration);
    return found == NULL || index >= found->n_values ? NULL : found->values[index].name;
}

const char *gd_tree_kind(size_t index)
{
    const ProtobufCMessageDescriptor *node = &pg_query__node__descriptor;
    if (index >= node->n_fields)
        return NULL;
    const ProtobufCMessageDescriptor *inner = message_type(&node->fields[index]);
    return inner == NULL ? "" : name_of(inner);
}

int gd_grammar_major(void)
{
    return PG_VERSION_NUM / 10000;
}

const char *gd_grammar_version(void)
{
    return PG_VERSION;
}
