#include "guardian/cli/report_change.h"

#include <string.h>

#include "guardian/cli/report_words.h"

enum { FILES_MOST = 3, COMMAND_MAX = 48 };

/* ---- for people ---- */

const char *gd_change_database(const struct gd_told *told)
{
    const char *dash = strchr(told->cluster, '-');
    if (told->story != NULL && told->story->database[0] != '\0')
        return told->story->database;
    return dash == NULL ? told->cluster : dash + 1;
}

/* A command of any length, for one line of a list. */
static const char *shortened(const char *command, struct gd_arena *arena)
{
    size_t size = COMMAND_MAX;
    if (strlen(command) <= size)
        return command;
    while (size > 0 && ((unsigned char)command[size] & 0xC0) == 0x80)
        size--; /* not in the middle of a letter */
    return gd_arena_printf(arena, "%.*s…", (int)size, command);
}

/* What was asked for: the files' names, the program, or the change that is taken back. */
static const char *what_of(const struct gd_story *story, struct gd_arena *arena)
{
    struct gd_texts names = {0};
    if (story->kind == GD_STORY_RUN)
        return shortened(story->command, arena);
    if (story->kind == GD_STORY_ROLLBACK)
        return story->of;
    for (size_t i = 0; i < story->file_count; i++) {
        const char *slash = strrchr(story->files[i].path, '/');
        gd_texts_add(&names, slash == NULL ? story->files[i].path : slash + 1, arena);
    }
    return gd_words_join(arena, &names, FILES_MOST);
}

static const char *how_of(const struct gd_told *told, struct gd_arena *arena)
{
    const struct gd_story *story = told->story;
    if (told->open)
        return gd_arena_printf(arena, "OPEN (last record: %s)", gd_record_name(story->last));
    if (story->outcome == GD_OUTCOME_ROLLED_BACK)
        return "rolled back";
    return gd_outcome_name(story->outcome);
}

const char *gd_change_words(const struct gd_told *told, struct gd_arena *arena)
{
    const struct gd_story *story = told->story;
    if (story == NULL)
        return "DAMAGED";
    const char *what = what_of(story, arena);
    const char *kind = story->kind == GD_STORY_ROLLBACK ? "rollback of"
                       : story->kind == GD_STORY_RUN    ? "run"
                                                        : gd_class_name(story->class);
    return gd_arena_printf(arena, "%s, %s%s%s%s%s", how_of(told, arena), kind,
                           story->kind == GD_STORY_ROLLBACK || what[0] == '\0' ? "" : ":",
                           what[0] == '\0' ? "" : " ", what,
                           story->rolled_back_by[0] == '\0' ? "" : "; rolled back since");
}

enum gd_ink gd_change_ink(const struct gd_told *told)
{
    if (told->story == NULL || told->story->unsettled)
        return GD_INK_RED;
    if (told->open)
        return GD_INK_YELLOW;
    switch (told->story->outcome) {
    case GD_OUTCOME_APPLIED:
    case GD_OUTCOME_NOTHING:
        return GD_INK_GREEN;
    case GD_OUTCOME_PARTIAL:
        return GD_INK_RED;
    case GD_OUTCOME_OPEN:
    case GD_OUTCOME_REFUSED:
    case GD_OUTCOME_FAILED:
        return GD_INK_YELLOW;
    case GD_OUTCOME_ROLLED_BACK:
        break;
    }
    return GD_INK_CYAN;
}

/* ---- for programs ---- */

static struct gd_json *files_of(const struct gd_story *story)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < story->file_count; i++)
        gd_json_push(list, gd_json_new_text(story->files[i].path));
    return list;
}

static void put_story(struct gd_json *object, const struct gd_story *story)
{
    gd_json_put_text(object, "kind", gd_story_kind_name(story->kind));
    gd_json_put_text(object, "of", story->of);
    gd_json_put_text(object, "database", story->database);
    gd_json_put_text(object, "outcome", gd_outcome_name(story->outcome));
    gd_json_put_text(object, "last_record", gd_record_name(story->last));
    gd_json_put_text(object, "class", gd_class_name(story->class));
    gd_json_put_text(object, "loses", gd_loss_name(story->loses));
    gd_json_put(object, "changed", gd_json_new_bool(story->changed));
    gd_json_put(object, "unsettled", gd_json_new_bool(story->unsettled));
    gd_json_put(object, "files", files_of(story));
    gd_json_put_text(object, "command", story->command);
    gd_json_put_text(object, "who", story->who);
    gd_json_put_text(object, "snapshot", story->snapshot);
    gd_json_put_text(object, "point",
                     story->point_count == 0 ? "" : story->points[story->point_count - 1].name);
    gd_json_put_text(object, "rolled_back_by", story->rolled_back_by);
    gd_json_put(object, "ended", gd_json_new_time(story->ended_us));
    gd_json_put_text(object, "error", story->error);
}

struct gd_json *gd_report_change_json(const struct gd_told *told)
{
    struct gd_json *object = gd_json_object();
    gd_json_put_text(object, "id", told->change);
    gd_json_put_text(object, "cluster", told->cluster);
    gd_json_put(object, "time", gd_json_new_time(told->time_us));
    gd_json_put(object, "open", gd_json_new_bool(told->open));
    gd_json_put_text(object, "problem", told->problem);
    gd_json_put(object, "left_on_timeline",
                told->left_timeline == 0 ? gd_json_new_null()
                                         : gd_json_new_int(told->left_timeline));
    if (told->story != NULL)
        put_story(object, told->story);
    return object;
}
