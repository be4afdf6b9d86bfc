/*
 * Run, the second net: what is passed is announced to it, in the words that the server will run.
 *
 * The lock that announces is held by the run's own session. It is given back when its client is at
 * rest again, or has left: until then the text may still wait in a pipeline.
 */
#include <string.h>

#include "guardian/classify/hidden.h"
#include "guardian/guard/run_own.h"

struct gd_status gd_run_net_open(struct gd_run *run, struct gd_error *err)
{
    const struct gd_guard_options *options = run->options->guard;
    if (run->net_known)
        return GD_DONE;
    GD_TRY(gd_net_open(run->pg, options->store, options->key, run->arena, &run->net, err));
    run->net_known = true;
    return GD_DONE;
}

/* A block was read as far as it goes, or it would not be harmless. */
bool gd_run_is_ddl(const struct gd_report *report)
{
    for (size_t f = 0; f < report->file_count; f++)
        for (size_t e = 0; e < report->files[f]->entry_count; e++) {
            enum gd_kind kind = report->files[f]->entries[e]->kind;
            if (kind == GD_KIND_DoStmt || gd_hidden_is_ddl_kind(kind))
                return true;
        }
    return false;
}

static void note(struct gd_run *run, struct gd_gate_session *session, int64_t token)
{
    if (run->announced_count == run->announced_capacity) {
        size_t capacity = run->announced_capacity == 0 ? 16 : 2 * run->announced_capacity;
        struct gd_run_announced *all = gd_arena_zalloc(run->arena, capacity, sizeof *all);
        if (run->announced_count > 0)
            memcpy(all, run->announced, run->announced_count * sizeof *all);
        run->announced = all;
        run->announced_capacity = capacity;
    }
    run->announced[run->announced_count++] =
        (struct gd_run_announced){.session = session, .token = token};
}

/* What is over: of this client, when it is at rest, and of those that have left. */
GD_MUST static struct gd_status withdraw(struct gd_run *run, const struct gd_gate_request *request,
                                         struct gd_error *err)
{
    size_t kept = 0;
    struct gd_status status = GD_DONE;
    for (size_t i = 0; i < run->announced_count; i++) {
        const struct gd_run_announced *one = &run->announced[i];
        bool over = atomic_load(&one->session->left) ||
                    (one->session == request->session && request->pg != NULL);
        if (over && status.code == GD_OK)
            status = gd_net_withdraw(run->pg, one->token, err);
        if (!over)
            run->announced[kept++] = *one;
    }
    run->announced_count = kept;
    return status;
}

struct gd_status gd_run_net_announce(struct gd_run *run, const struct gd_gate_request *request,
                                     int backend, const char *text, struct gd_error *err)
{
    int64_t token;
    GD_TRY(gd_run_net_open(run, err));
    if (run->net.triggers == 0 || (request != NULL && request->session->elsewhere))
        return GD_DONE;
    if (request == NULL) /* between two tries: used up, or refused by the server, at once */
        return gd_net_announce(&run->net, run->pg, backend, text, strlen(text), &token, err);
    GD_TRY(withdraw(run, request, err));
    GD_TRY(gd_net_announce(&run->net, run->pg, backend, text, strlen(text), &token, err));
    note(run, request->session, token);
    return GD_DONE;
}
