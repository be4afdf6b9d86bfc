/*
 * Manifest, its head: who lists a thousand snapshots has no use for a thousand lists of tables.
 */
#include "guardian/snapshot/manifest_shape.h"

/* Which kinds are a text that stands elsewhere: those are what a copy must copy. */
static bool is_text_pointer(enum gd_field_kind kind)
{
    switch (kind) {
    case GD_FIELD_TEXT:
    case GD_FIELD_NAME:
    case GD_FIELD_KEY_ID:
    case GD_FIELD_LSN:
    case GD_FIELD_CHANGE:
    case GD_FIELD_OBJECT:
        return true;
    default:
        return false;
    }
}

static void copy_texts(const char *const **texts, size_t count, struct gd_arena *arena)
{
    const char **copy = gd_arena_zalloc(arena, count, sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = gd_arena_strdup(arena, (*texts)[i]);
    *texts = copy;
}

static void own(const struct gd_shape *shape, void *base, struct gd_arena *arena)
{
    for (size_t i = 0; i < shape->count; i++) {
        const struct gd_field *field = &shape->fields[i];
        void *member = gd_field_in(base, field->offset);
        size_t *beside = gd_field_in(base, field->beside);
        const char **text = member;
        if (is_text_pointer(field->kind) && *text != NULL) {
            *text = gd_arena_strdup(arena, *text);
        } else if (field->kind == GD_FIELD_TEXTS) {
            copy_texts(member, *beside, arena);
        } else if (field->kind == GD_FIELD_JSON) {
            *text = "";
        } else if (field->kind == GD_FIELD_LIST) {
            *(void **)member = NULL;
            *beside = 0;
        } else if (field->kind == GD_FIELD_GROUP || field->kind == GD_FIELD_STORED_IF) {
            own(field->shape, member, arena);
        }
    }
}

struct gd_manifest *gd_manifest_head(const struct gd_manifest *manifest, struct gd_arena *arena)
{
    struct gd_manifest *head = gd_arena_alloc(arena, sizeof *head);
    *head = *manifest;
    own(&gd_manifest_shape, head, arena);
    return head;
}
