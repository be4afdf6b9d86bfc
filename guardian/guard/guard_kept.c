/*
 * Guard, kept objects: a script that would drop or change what another script owns.
 *
 * Whoever applies a script by hand can take the object out of the other one first; nothing is
 * answered here in place of being run.
 */
#include "guardian/guard/guard_own.h"
#include "guardian/guard/keep.h"

static void tell(struct gd_guard *guard, const char *path, const struct gd_keep_touch *touch)
{
    gd_texts_add(&guard->kept,
                 gd_arena_printf(guard->arena, "%s:%zu would %s %s, which belongs to %s", path,
                                 touch->statement, gd_keep_want_name(touch->want), touch->object,
                                 touch->owner),
                 guard->arena);
}

struct gd_status gd_guard_find_kept(struct gd_guard *guard, struct gd_error *err)
{
    const struct gd_survey *survey = guard->change.survey;
    struct gd_texts path = {0}, spared = {0};
    struct gd_keep_look look = {guard->options->keep, survey, &path, &spared, guard->arena};
    guard->kept = (struct gd_texts){0};
    if (guard->options->keep == NULL || survey == NULL)
        return GD_DONE;
    for (size_t i = 0; i < survey->search_path_count; i++)
        gd_texts_add(&path, survey->search_path[i], guard->arena);
    for (size_t i = 0; i < guard->todo.file_count; i++) {
        const struct gd_scripts_file *file = &guard->todo.files[i];
        struct gd_keep_found found = {0};
        GD_TRY(gd_keep_look_script(&look, file->path, file->text, file->size, &found, err));
        for (size_t t = 0; t < found.touch_count; t++)
            tell(guard, file->path, &found.touches[t]);
    }
    return GD_DONE;
}

struct gd_status gd_guard_check_kept(const struct gd_guard *guard, struct gd_error *err)
{
    const char *more = guard->kept.count < 2 ? ""
                                             : gd_arena_printf(guard->arena, " (and %zu more)",
                                                               guard->kept.count - 1);
    if (guard->kept.count == 0)
        return GD_DONE;
    return gd_hint(err, gd_fail(err, GD_REFUSED, "%s%s", guard->kept.items[0], more),
                   "Take it out of that script first, or name the script beside this one no more "
                   "(--keep, and keep: in the policy).");
}
