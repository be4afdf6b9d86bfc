#include "guardian/cli/portable.h"

#include <stdio.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/cli/report_screen.h"
#include "guardian/io/json.h"
#include "guardian/policy/policy.h"

static double seconds_of(const struct gd_portable_answer *answer)
{
    return (double)(gd_clock_monotonic_us() - answer->begun_us) / 1e6;
}

static struct gd_status answer_json(const struct gd_portable_answer *answer,
                                    struct gd_progress *progress, struct gd_error *err)
{
    const struct gd_portable *portable = &answer->portable;
    struct gd_json *object = gd_json_object();
    bool known = answer->sha256[0] != '\0';
    gd_json_put(object, "snapshot", gd_json_new_text(portable->id));
    gd_json_put(object, "cluster", gd_json_new_text(portable->cluster));
    gd_json_put(object, "path", gd_json_new_text(answer->path));
    gd_json_put(object, "objects", gd_json_new_int((int64_t)portable->objects));
    gd_json_put(object, "already", gd_json_new_int((int64_t)portable->already));
    gd_json_put(object, "bytes", gd_json_new_int((int64_t)portable->bytes));
    gd_json_put(object, "sha256", known ? gd_json_new_text(answer->sha256) : gd_json_new_null());
    gd_json_put(object, "seconds", gd_json_new_real(seconds_of(answer)));
    gd_json_put(object, "warnings", gd_progress_warnings(progress));
    struct gd_status status = gd_json_write(object, stdout, 2, err);
    gd_json_free(object);
    return status;
}

static void answer_text(const struct gd_portable_answer *answer, struct gd_arena *arena, FILE *to)
{
    const struct gd_portable *portable = &answer->portable;
    double seconds = seconds_of(answer);
    struct gd_screen screen = gd_screen_of(to, false, false);
    const char *line =
        gd_arena_printf(arena, "%s %s: %llu objects, %s in %s", answer->verb, portable->id,
                        (unsigned long long)portable->objects, gd_size_text(portable->bytes, arena),
                        gd_text_seconds(arena, seconds));
    gd_screen_put(&screen, GD_INK_PLAIN, line);
    if (portable->already > 0)
        gd_screen_put(&screen, GD_INK_PLAIN,
                      gd_arena_printf(arena, " (%llu of them were there already)",
                                      (unsigned long long)portable->already));
    gd_screen_end_line(&screen);
    if (answer->sha256[0] != '\0' && strcmp(answer->path, "-") != 0) {
        gd_screen_put(&screen, GD_INK_PLAIN,
                      gd_arena_printf(arena, "%s  %s", answer->sha256, answer->path));
        gd_screen_end_line(&screen);
    }
}

struct gd_status gd_portable_answer(const struct gd_config *config,
                                    const struct gd_portable_answer *answer,
                                    struct gd_progress *progress, struct gd_arena *arena,
                                    struct gd_error *err)
{
    if (config->json)
        return answer_json(answer, progress, err);
    bool taken = strcmp(answer->verb, "exported") == 0 && strcmp(answer->path, "-") == 0;
    if (!taken || !config->quiet)
        answer_text(answer, arena, taken ? stderr : stdout);
    return GD_DONE;
}
