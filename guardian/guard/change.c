#include "guardian/guard/change.h"

#include <string.h>
#include <time.h>

#include "guardian/classify/rule.h"
#include "guardian/pg/connect.h"
#include "guardian/pg/probe.h"
#include "guardian/pg/surveyor.h"

/* Functions call functions: how often names found in definitions are looked up in turn. What is
 * deeper stays unknown to the classifier, which says so. */
enum { LOOKS_MAX = 12 };

/* All checks together may take as long as this many that use up their own limit. */
enum { CHECKS_IN_A_ROW = 6 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Two sorted lists as one. */
static struct gd_mentioned join(const struct gd_mentioned *left, const struct gd_mentioned *right,
                                struct gd_arena *arena)
{
    struct gd_mentioned all = *left;
    const char **names =
        gd_arena_zalloc(arena, left->name_count + right->name_count + 1, sizeof *names);
    size_t l = 0, r = 0;
    all.name_count = 0;
    while (l < left->name_count || r < right->name_count) {
        bool from_left = r == right->name_count ||
                         (l < left->name_count && strcmp(left->names[l], right->names[r]) <= 0);
        names[all.name_count++] = from_left ? left->names[l++] : right->names[r++];
    }
    all.names = names;
    all.visits_all = left->visits_all || right->visits_all;
    return all;
}

static GD_MUST struct gd_status look(struct gd_surveyor *surveyor,
                                     const struct gd_mentioned *mentioned, const char *current_user,
                                     struct gd_arena *arena, const struct gd_survey **out_survey,
                                     struct gd_error *err)
{
    struct gd_survey_wants wants = {
        .names = mentioned->names,
        .name_count = mentioned->name_count,
        .opened = mentioned->opened,
        .opened_count = mentioned->opened_count,
        .visits_all = mentioned->visits_all,
        .grants = mentioned->grants,
        .granted = mentioned->granted,
        .granted_count = mentioned->granted_count,
    };
    if (mentioned->opens_current_user && current_user != NULL) {
        const char **opened = gd_arena_zalloc(arena, mentioned->opened_count + 1, sizeof *opened);
        for (size_t i = 0; i < mentioned->opened_count; i++)
            opened[i] = mentioned->opened[i];
        opened[mentioned->opened_count] = current_user;
        wants.opened = opened;
        wants.opened_count++;
    }
    return gd_surveyor_look(surveyor, &wants, out_survey, err);
}

/* Look, then look for what the definitions that were found mention, until nothing new is. */
static GD_MUST struct gd_status survey(struct gd_pg *pg, const struct gd_mentioned *first,
                                       struct gd_arena *arena, const struct gd_survey **out_survey,
                                       struct gd_error *err)
{
    gd_auto_surveyor surveyor = NULL;
    struct gd_mentioned known = *first, found = *first;
    GD_TRY(gd_surveyor_open(pg, arena, &surveyor, err));
    GD_TRY(look(surveyor, &found, NULL, arena, out_survey, err));
    if (first->opens_current_user)
        GD_TRY(look(surveyor, &found, (*out_survey)->user, arena, out_survey, err));
    for (int round = 0; round < LOOKS_MAX; round++) {
        GD_TRY(gd_classify_names_of_survey(*out_survey, &known, arena, &found, err));
        bool visits = found.visits_all && !known.visits_all;
        if (found.name_count == 0 && found.opened_count == 0 && !visits)
            break;
        GD_TRY(look(surveyor, &found, NULL, arena, out_survey, err));
        known = join(&known, &found, arena);
    }
    return GD_DONE;
}

static GD_MUST struct gd_status read_live(const struct gd_input *inputs, size_t input_count,
                                          const struct gd_change_options *options, struct gd_pg *pg,
                                          struct gd_arena *arena, struct gd_change *change,
                                          struct gd_error *err)
{
    struct gd_classify_options reading = {.statement_bytes_max = options->statement_bytes_max};
    struct gd_mentioned mentioned;
    GD_TRY(gd_classify_names(inputs, input_count, &reading, arena, &mentioned, err));
    change->where = gd_arena_strdup(arena, gd_pg_where(pg));
    double start = now();
    GD_TRY(survey(pg, &mentioned, arena, &change->survey, err));
    change->survey_seconds = now() - start;
    return GD_DONE;
}

static struct gd_check **checks_of(const struct gd_report *report, struct gd_arena *arena,
                                   size_t *out_count)
{
    size_t count = 0;
    for (size_t f = 0; f < report->file_count; f++)
        for (size_t e = 0; e < report->files[f]->entry_count; e++)
            count += report->files[f]->entries[e]->verdict.check_count;
    struct gd_check **checks = gd_arena_zalloc(arena, count + 1, sizeof *checks);
    *out_count = 0;
    for (size_t f = 0; f < report->file_count; f++)
        for (size_t e = 0; e < report->files[f]->entry_count; e++) {
            const struct gd_verdict *verdict = &report->files[f]->entries[e]->verdict;
            for (size_t c = 0; c < verdict->check_count; c++)
                checks[(*out_count)++] = verdict->checks[c];
        }
    return checks;
}

/* Does the statement lose the whole of what is counted (and not just the rows that it picks)? */
static bool loses_all(const struct gd_finding *finding)
{
    enum gd_kind kind = finding->rule->kind;
    return kind == GD_KIND_DropStmt || kind == GD_KIND_AlterTableCmd ||
           kind == GD_KIND_TruncateStmt;
}

/* A drop whose every count of what it loses came back 0 is still a drop, and says it is empty. */
static void note_empty(const struct gd_report *report)
{
    for (size_t f = 0; f < report->file_count; f++)
        for (size_t e = 0; e < report->files[f]->entry_count; e++) {
            const struct gd_verdict *verdict = &report->files[f]->entries[e]->verdict;
            for (size_t i = 0; i < verdict->finding_count; i++) {
                struct gd_finding *finding = verdict->findings[i];
                size_t losing = 0, empty = 0;
                for (size_t c = 0; c < finding->check_count; c++)
                    if (!finding->checks[c]->fails) {
                        losing++;
                        empty += finding->checks[c]->done && finding->checks[c]->count == 0;
                    }
                finding->empty =
                    finding->empty || (loses_all(finding) && losing > 0 && losing == empty);
            }
        }
}

static void run_checks(struct gd_pg *pg, const struct gd_change_options *options,
                       struct gd_arena *arena, struct gd_change *change)
{
    size_t count;
    struct gd_check **checks = checks_of(change->report, arena, &count);
    struct gd_probe_limits limits = {
        .check_ms = options->check_ms,
        .total_ms = options->check_ms > UINT32_MAX / CHECKS_IN_A_ROW
                        ? UINT32_MAX
                        : options->check_ms * CHECKS_IN_A_ROW,
        .samples = options->samples,
    };
    double start = now();
    gd_probe_run(pg, checks, count, &limits, arena);
    change->check_seconds = now() - start;
    note_empty(change->report);
}

struct gd_status gd_change_read(const struct gd_input *inputs, size_t input_count,
                                const struct gd_change_options *options, struct gd_arena *arena,
                                struct gd_change *out_change, struct gd_error *err)
{
    struct gd_change change = {0};
    gd_auto_pg own = NULL;
    if (options->pg == NULL && options->database != NULL) {
        struct gd_pg_options connection = {
            .target = options->database[0] == '\0' ? NULL : options->database,
            .lock_ms = options->lock_ms,
        };
        GD_TRY(gd_pg_connect(&connection, &own, err));
    }
    struct gd_pg *pg = options->pg != NULL ? options->pg : own;
    if (pg != NULL)
        GD_TRY(read_live(inputs, input_count, options, pg, arena, &change, err));
    struct gd_classify_options judging = {
        .survey = change.survey,
        .statement_bytes_max = options->statement_bytes_max,
    };
    GD_TRY(gd_classify(inputs, input_count, &judging, arena, &change.report, err));
    if (pg != NULL && options->check_ms > 0)
        run_checks(pg, options, arena, &change);
    *out_change = change;
    return GD_DONE;
}

void gd_change_forget_waivers(struct gd_report *report)
{
    for (size_t f = 0; f < report->file_count; f++)
        for (size_t e = 0; e < report->files[f]->entry_count; e++)
            report->files[f]->entries[e]->comment = NULL;
}
