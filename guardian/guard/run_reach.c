/*
 * Run, how far a statement reaches: out of its database, to what all databases of the server share,
 * or to the world outside.
 *
 * Invariant  What cannot be told for sure reaches out.
 */
#include <string.h>

#include "guardian/classify/rule.h"
#include "guardian/guard/run_own.h"

/* Roles, databases, tablespaces and settings of the server are everybody's; a subscription calls
 * another server, and machine code does what it likes. */
static bool is_shared_kind(enum gd_kind kind)
{
    static const enum gd_kind kinds[] = {
        GD_KIND_CreateRoleStmt,         GD_KIND_AlterRoleStmt,
        GD_KIND_AlterRoleSetStmt,       GD_KIND_DropRoleStmt,
        GD_KIND_GrantRoleStmt,          GD_KIND_AlterDatabaseStmt,
        GD_KIND_AlterDatabaseSetStmt,   GD_KIND_AlterSystemStmt,
        GD_KIND_CreateTableSpaceStmt,   GD_KIND_DropTableSpaceStmt,
        GD_KIND_CreateSubscriptionStmt, GD_KIND_AlterSubscriptionStmt,
        GD_KIND_DropSubscriptionStmt,   GD_KIND_LoadStmt,
        GD_KIND_DropOwnedStmt,          GD_KIND_ReassignOwnedStmt,
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i] == kind)
            return true;
    return false;
}

static bool is_shared_object(const char *object)
{
    static const char *const words[] = {"database ", "role ", "tablespace ", "parameter ",
                                        "object "}; /* what has no word of its own */
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strncmp(object, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

/* They add something, and lose nothing; but a slot keeps the whole server's WAL, and a job of cron
 * runs for ever. */
static bool stays_on_server(const struct gd_rule *rule)
{
    return strcmp(rule->id, "J006") == 0 || strcmp(rule->id, "J028") == 0;
}

static bool is_foreign(const struct gd_survey *survey, const struct gd_finding *finding)
{
    for (size_t t = 0; survey != NULL && t < finding->tables.count; t++)
        for (size_t i = 0; i < survey->relation_count; i++)
            if (survey->relations[i].kind == 'f' &&
                strcmp(survey->relations[i].qualified, finding->tables.items[t]) == 0)
                return true;
    return false;
}

const char *gd_run_reach(const struct gd_judged *judged, const struct gd_survey *survey)
{
    const struct gd_verdict *verdict = &judged->verdict;
    bool makes = judged->kind == GD_KIND_CreatedbStmt || judged->kind == GD_KIND_DropdbStmt;
    if (verdict->class == GD_CLASS_UNKNOWN)
        return "nobody can tell what it does";
    for (size_t i = 0; i < verdict->finding_count; i++) {
        const struct gd_finding *finding = verdict->findings[i];
        if (finding->loses == GD_LOSES_OUTSIDE && !makes)
            return "it reaches outside of the database";
        if (stays_on_server(finding->rule))
            return "what it makes belongs to the whole server, and stays there";
        if (is_foreign(survey, finding))
            return "a foreign table's rows are on another server";
        if (!makes && (finding->loses == GD_LOSES_CLUSTER || is_shared_kind(finding->rule->kind) ||
                       is_shared_object(finding->object)))
            return "all databases of the server share what it changes";
    }
    return NULL;
}

/* ---- in a database that the run has made ---- */

static const char *reach_from_own(const struct gd_run_look *look)
{
    const struct gd_report *report = look->change.report;
    const char *why = NULL;
    if (look->change.survey == NULL)
        return "it cannot be looked up here, behind others in one batch";
    for (size_t f = 0; f < report->file_count; f++)
        for (size_t e = 0; e < report->files[f]->entry_count && why == NULL; e++) {
            const struct gd_judged *judged = report->files[f]->entries[e];
            bool other = judged->kind == GD_KIND_CreatedbStmt || judged->kind == GD_KIND_DropdbStmt;
            why = other ? "it makes or drops another database"
                        : gd_run_reach(judged, look->change.survey);
        }
    return why;
}

struct gd_status gd_run_pass_own(struct gd_run *run, const struct gd_run_look *look,
                                 struct gd_gate_answer *answer, struct gd_error *err)
{
    const struct gd_gate_request *request = look->request;
    const char *why = reach_from_own(look);
    if (why != NULL)
        return gd_hint(err,
                       gd_fail(err, GD_REFUSED,
                               "this statement reaches out of \"%s\", which the run has made: %s",
                               request->session->database, why),
                       "Send it to the database that the run guards: there it is judged, and what "
                       "it would lose is backed up.");
    answer->verdict = GD_GATE_PASS;
    if (request->parse)
        return GD_DONE;
    request->session->asked_us = gd_clock_monotonic_us();
    atomic_store(&request->session->watched, true);
    answer->ticket = gd_run_ticket(run, request, 0);
    return GD_DONE;
}
