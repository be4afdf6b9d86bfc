/* What guardian verify found, see report_verify.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "guardian/cli/progress.h"
#include "guardian/cli/report_verify.h"
#include "guardian/policy/policy.h"

/* --- damages --- */

static void keep(struct gd_damages *damages, const struct gd_event *event)
{
    if (damages->count == damages->capacity) {
        size_t capacity = damages->capacity * 2 + 16;
        struct gd_damage *items = gd_arena_zalloc(damages->arena, capacity, sizeof *items);
        if (damages->count > 0)
            memcpy(items, damages->items, damages->count * sizeof *items);
        damages->items = items;
        damages->capacity = capacity;
    }
    damages->items[damages->count++] =
        (struct gd_damage){gd_arena_strdup(damages->arena, event->object),
                           gd_arena_strdup(damages->arena, event->text)};
}

static void tell(void *context, const struct gd_event *event)
{
    struct gd_damages *damages = context;
    if (event->kind != GD_EVENT_WARNING || event->object == NULL) {
        gd_tell(damages->next, event);
        return;
    }
    (void)pthread_mutex_lock(&damages->lock);
    keep(damages, event);
    (void)pthread_mutex_unlock(&damages->lock);
}

void gd_damages_init(struct gd_damages *damages, const struct gd_events *next,
                     struct gd_events *out_events)
{
    *damages = (struct gd_damages){.next = next, .arena = gd_arena_new()};
    (void)pthread_mutex_init(&damages->lock, NULL);
    *out_events = (struct gd_events){.tell = tell, .context = damages};
}

void gd_damages_begin(struct gd_damages *damages)
{
    gd_arena_reset(damages->arena);
    damages->items = NULL;
    damages->count = damages->capacity = 0;
}

void gd_damages_end(const struct gd_damages *damages, struct gd_verified *out_item,
                    struct gd_arena *arena)
{
    struct gd_damage *items = gd_arena_zalloc(arena, damages->count + 1, sizeof *items);
    for (size_t i = 0; i < damages->count; i++)
        items[i] = (struct gd_damage){gd_arena_strdup(arena, damages->items[i].object),
                                      gd_arena_strdup(arena, damages->items[i].text)};
    out_item->damages = items;
    out_item->damage_count = damages->count;
}

void gd_damages_done(struct gd_damages *damages)
{
    (void)pthread_mutex_destroy(&damages->lock);
    gd_arena_free(damages->arena);
}

/* --- for people --- */

static const char *checked(const struct gd_prove_outcome *outcome, struct gd_arena *arena)
{
    const char *remembered = "";
    if (outcome->parts_remembered > 0)
        remembered =
            gd_arena_printf(arena, "; %" PRIu64 " read before are there with their full length",
                            outcome->parts_remembered);
    return gd_arena_printf(arena, "every byte of %" PRIu64 " object%s was read back%s",
                           outcome->parts_read, outcome->parts_read == 1 ? "" : "s", remembered);
}

static void put_fine(const struct gd_verified *item, const struct gd_screen *screen,
                     struct gd_arena *arena)
{
    const struct gd_prove_outcome *outcome = &item->outcome;
    const char *rate = gd_text_rate(arena, outcome->bytes, outcome->seconds);
    gd_screen_row(screen, "proof", GD_INK_GREEN, checked(outcome, arena));
    if (outcome->place != NULL)
        gd_screen_row(screen, "drill", GD_INK_GREEN,
                      gd_arena_printf(arena,
                                      item->base != 0 ? "laid down and recovered on %s"
                                                      : "restored into %s, and the same",
                                      outcome->place));
    for (size_t i = 0; i < outcome->left_out_count; i++)
        gd_screen_row(screen, "but", GD_INK_YELLOW, outcome->left_out[i]);
    gd_screen_row(
        screen, "holds", GD_INK_PLAIN,
        gd_arena_printf(
            arena, "%s%s, stored as %s",
            item->base != 0 ? "" : gd_arena_printf(arena, "%" PRIu64 " rows, ", outcome->rows),
            gd_size_text(outcome->bytes, arena), gd_size_text(outcome->stored_bytes, arena)));
    gd_screen_row(screen, "took", GD_INK_PLAIN,
                  gd_arena_printf(arena, "%s%s%s", gd_text_seconds(arena, outcome->seconds),
                                  *rate == '\0' || outcome->parts_read == 0 ? "" : ", ",
                                  outcome->parts_read == 0 ? "" : rate));
    if (!item->recorded)
        gd_screen_row(screen, "note", GD_INK_PLAIN, "not noted in the store (--no-record)");
}

void gd_report_verify_text(const struct gd_verify_view *view, const struct gd_screen *screen,
                           struct gd_arena *arena)
{
    for (size_t i = 0; i < view->count; i++) {
        const struct gd_verified *item = &view->items[i];
        gd_screen_put(screen, GD_INK_BOLD, item->id);
        gd_screen_end_line(screen);
        if (item->status.code == GD_OK)
            put_fine(item, screen, arena);
        for (size_t d = 0; d < item->damage_count; d++)
            gd_screen_row(screen, "DAMAGED", GD_INK_RED, item->damages[d].text);
        if (item->status.code != GD_OK && item->damage_count == 0)
            gd_screen_row(screen, item->status.code == GD_CORRUPT ? "DAMAGED" : "FAILED",
                          GD_INK_RED, item->err->text);
    }
}

/* --- for programs --- */

static struct gd_json *texts_json(const char *const *texts, size_t count)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < count; i++)
        gd_json_push(list, gd_json_new_text(texts[i]));
    return list;
}

static struct gd_json *damages_json(const struct gd_verified *item)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < item->damage_count; i++) {
        struct gd_json *damage = gd_json_object();
        gd_json_put(damage, "object", gd_json_new_text(item->damages[i].object));
        gd_json_put(damage, "text", gd_json_new_text(item->damages[i].text));
        gd_json_push(list, damage);
    }
    return list;
}

static struct gd_json *error_json(const struct gd_error *err)
{
    if (err == NULL)
        return gd_json_new_null();
    struct gd_json *error = gd_json_object();
    gd_json_put(error, "text", gd_json_new_text(err->text));
    gd_json_put(error, "hint", gd_json_new_text(err->hint));
    return error;
}

static const char *outcome_word(const struct gd_verified *item)
{
    if (item->status.code == GD_OK)
        return "proven";
    return item->status.code == GD_CORRUPT ? "damaged" : "failed";
}

static struct gd_json *item_json(const struct gd_verified *item)
{
    const struct gd_prove_outcome *outcome = &item->outcome;
    struct gd_json *object = gd_json_object();
    gd_json_put(object, item->base == 0 ? "snapshot" : "base", gd_json_new_text(item->id));
    gd_json_put(object, "outcome", gd_json_new_text(outcome_word(item)));
    gd_json_put(object, "proof", gd_json_new_text(gd_proof_name(item->kind)));
    gd_json_put(object, "recorded", gd_json_new_bool(item->recorded));
    gd_json_put(object, "place", gd_json_new_text(outcome->place));
    gd_json_put(object, "objects", gd_json_new_int((int64_t)outcome->parts));
    gd_json_put(object, "read", gd_json_new_int((int64_t)outcome->parts_read));
    gd_json_put(object, "remembered", gd_json_new_int((int64_t)outcome->parts_remembered));
    gd_json_put(object, "rows", gd_json_new_int((int64_t)outcome->rows));
    gd_json_put(object, "bytes", gd_json_new_int((int64_t)outcome->bytes));
    gd_json_put(object, "stored_bytes", gd_json_new_int((int64_t)outcome->stored_bytes));
    gd_json_put(object, "seconds", gd_json_new_real(outcome->seconds));
    gd_json_put(object, "left_out", texts_json(outcome->left_out, outcome->left_out_count));
    gd_json_put(object, "damage", damages_json(item));
    gd_json_put(object, "error", error_json(item->err));
    return object;
}

struct gd_status gd_report_verify_json(const struct gd_verify_view *view,
                                       struct gd_json *take_warnings, struct gd_error *err)
{
    struct gd_json *document = gd_json_object(), *list = gd_json_list();
    gd_json_put(document, "store", gd_json_new_text(view->store));
    for (size_t i = 0; i < view->count; i++)
        gd_json_push(list, item_json(&view->items[i]));
    gd_json_put(document, "snapshots", list);
    gd_json_put(document, "warnings", take_warnings);
    struct gd_status status = gd_json_write(document, stdout, 2, err);
    gd_json_free(document);
    return status;
}
