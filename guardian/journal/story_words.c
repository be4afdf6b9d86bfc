/*
 * Story, in words: what the name of an outcome does not say.
 */
#include <string.h>

#include "guardian/journal/story.h"

const char gd_story_lacks[] =
    "the backup holds less than what went, as the policy allows: where rows, values or definitions "
    "are missing, guardian rollback refuses";

/* A step that only sets something neither stays nor is it taken back. */
static bool is_work(const struct gd_story_step *step)
{
    return strcmp(step->kind, "session") != 0 && strcmp(step->kind, "backup") != 0;
}

bool gd_story_touched(const struct gd_story *story)
{
    bool touched = story->last >= GD_RECORD_APPLYING;
    for (size_t i = 0; i < story->step_count; i++)
        touched |= story->steps[i].state == GD_STEP_APPLYING ||
                   story->steps[i].state == GD_STEP_IN || story->steps[i].state == GD_STEP_UNKNOWN;
    return touched;
}

bool gd_story_stays(const struct gd_story *story, const struct gd_story_file *file)
{
    size_t taken_back = 0;
    for (size_t i = 0; i < story->step_count; i++) {
        const struct gd_story_step *step = &story->steps[i];
        if (!is_work(step) || (file != NULL && strcmp(step->file, file->path) != 0))
            continue;
        if (!step->rolled_back)
            return true;
        taken_back++;
    }
    return taken_back == 0;
}

/* The numbers of the steps that the files took back: "step 2", "steps 2, 4". */
static const char *taken_back(const struct gd_story *story, struct gd_arena *arena)
{
    const char *numbers = "";
    size_t count = 0;
    for (size_t i = 0; i < story->step_count; i++) {
        const struct gd_story_step *step = &story->steps[i];
        if (!step->rolled_back || step->state != GD_STEP_NOT_IN)
            continue;
        numbers = gd_arena_printf(arena, "%s%s%u", numbers, count == 0 ? "" : ", ", step->number);
        count++;
    }
    if (count == 0)
        return "";
    return gd_arena_printf(arena, "%s %s", count == 1 ? "step" : "steps", numbers);
}

const char *gd_story_because(const struct gd_story *story, struct gd_arena *arena)
{
    const char *back = taken_back(story, arena);
    if (*back == '\0')
        return "";
    const char *own = story->file_count == 1 ? "the file" : "the files";
    if (story->outcome == GD_OUTCOME_NOTHING)
        return gd_arena_printf(
            arena, "%s took back all that was done, with ROLLBACK: nothing of it is in", own);
    if (story->outcome != GD_OUTCOME_APPLIED)
        return "";
    return gd_arena_printf(arena, "%s took back %s, with ROLLBACK; all the rest is in", own, back);
}
