/*
 * Run, the person at the terminal: shown what is about to happen while the statement is held. And
 * the time that the policy gives a run.
 *
 * An answer is for one text, once. The next try of the command says the same again: what was
 * answered is not asked a second time then.
 */
#include <string.h>

#include "guardian/guard/run_own.h"

struct gd_run_yes {
    char text[GD_DIGEST_HEX_SIZE];
    bool spent; /* in this try */
};

static bool was_answered(struct gd_run *run, const char *text)
{
    for (size_t i = 0; i < run->yes_count; i++)
        if (!run->yes[i].spent && strcmp(run->yes[i].text, text) == 0) {
            run->yes[i].spent = true;
            return true;
        }
    return false;
}

static void note_answer(struct gd_run *run, const char *text)
{
    run->yes =
        gd_arena_more(run->arena, run->yes, run->yes_count, &run->yes_capacity, sizeof *run->yes);
    struct gd_run_yes *one = &run->yes[run->yes_count++];
    memcpy(one->text, text, sizeof one->text);
    one->spent = true;
}

void gd_run_ask_again(struct gd_run *run)
{
    for (size_t i = 0; i < run->yes_count; i++)
        run->yes[i].spent = false;
}

static enum gd_run_answer put_question(struct gd_run *run, const struct gd_run_look *look,
                                       const char *losses)
{
    const struct gd_gate_request *request = look->request;
    const struct gd_ruling *lead = look->decision->lead;
    struct gd_run_question question = {
        .text = request->text,
        .class = gd_class_name(look->change.report->class),
        .losses = losses,
        .ground = lead == NULL || lead->ground_count == 0
                      ? ""
                      : gd_ground_text(lead->grounds[0], look->arena),
        .backup = look->decision->backup.scope,
        .gone = request->gone,
        .gone_context = request->gone_context,
    };
    if (run->options->ask == NULL)
        return GD_RUN_NOBODY;
    return run->options->ask(run->options->ask_context, &question);
}

GD_MUST static struct gd_status answered(struct gd_run *run, const struct gd_run_look *look,
                                         enum gd_run_answer answer, const char *text,
                                         struct gd_error *err)
{
    switch (answer) {
    case GD_RUN_NOBODY:
        if (look->decision->ask < GD_ASK_ALWAYS)
            return GD_DONE;
        return gd_hint(err,
                       gd_fail(err, GD_REFUSED,
                               "policy %s wants a person to say yes to this statement",
                               look->decision->policy),
                       "Whoever has looked at it runs the command with --yes.");
    case GD_RUN_YES:
        note_answer(run, text);
        return GD_DONE;
    case GD_RUN_ALL:
        run->said_all = true;
        return GD_DONE;
    case GD_RUN_NO:
        break;
    }
    return gd_hint(err, gd_fail(err, GD_REFUSED, "the answer to this statement was not yes"),
                   "The statement did not run.");
}

struct gd_status gd_run_ask(struct gd_run *run, const struct gd_run_look *look, const char *losses,
                            struct gd_error *err)
{
    char text[GD_DIGEST_HEX_SIZE];
    bool prepares = look->request->parse; /* it is asked about when it is executed */
    if (look->decision->ask == GD_ASK_NEVER || run->options->yes || run->said_all ||
        (prepares && run->options->ask != NULL))
        return GD_DONE;
    gd_digest_of(look->request->text, look->request->size, text);
    if (was_answered(run, text))
        return GD_DONE;
    return answered(run, look, put_question(run, look, losses), text, err);
}

/* ---- time ---- */

/* What Guardian itself has taken, and the statements that it has passed; not the command's own
 * work, nor the time in which somebody thinks. Milliseconds; UINT64_MAX: there is no limit. */
static uint64_t time_left(const struct gd_run *run, const struct gd_run_look *look)
{
    const double *seconds = run->outcome->seconds;
    uint64_t limit = look->decision->limits->duration_max.value;
    uint64_t spent =
        (uint64_t)((seconds[GD_PHASE_BACKUP] + seconds[GD_PHASE_PROOF] + seconds[GD_PHASE_APPLY]) *
                   1000);
    return limit == UINT64_MAX ? limit : limit > spent ? limit - spent : 0;
}

struct gd_status gd_run_check_time(const struct gd_run *run, const struct gd_run_look *look,
                                   struct gd_error *err)
{
    const double *seconds = run->outcome->seconds;
    if (time_left(run, look) > 0)
        return GD_DONE;
    return gd_hint(
        err,
        gd_fail(err, GD_REFUSED,
                "backup and proof of this run took %.1f s and its statements %.1f s, and the "
                "policy allows %s for all of it",
                seconds[GD_PHASE_BACKUP] + seconds[GD_PHASE_PROOF], seconds[GD_PHASE_APPLY],
                look->decision->limits->duration_max.text),
        "Raise duration_max in the policy, or back up less with a policy that names tables.");
}

struct gd_status gd_run_limit_time(const struct gd_run *run, const struct gd_run_look *look,
                                   struct gd_error *err)
{
    uint64_t left = time_left(run, look);
    const char *values[] = {gd_arena_printf(look->arena, "%u", (unsigned)left)};
    struct gd_pg_call call = {
        .what = "set a limit",
        .sql = "SELECT pg_catalog.set_config('statement_timeout', $1, true) FROM "
               "pg_catalog.pg_settings s WHERE s.name OPERATOR(pg_catalog.=) 'statement_timeout' "
               "AND (s.setting OPERATOR(pg_catalog.=) '0' OR s.setting::bigint "
               "OPERATOR(pg_catalog.>) $1::bigint)",
        .values = values,
        .value_count = 1,
    };
    if (!look->wrapped || left > INT32_MAX)
        return GD_DONE;
    return gd_pg_run(look->request->pg, &call, NULL, err);
}
