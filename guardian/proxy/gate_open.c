/*
 * A gate that lets everything through at once.
 */
#include <stddef.h>

#include "guardian/proxy/gate.h"

static struct gd_status enter(void *context, const struct gd_gate_client *client, struct gd_pg *pg,
                              struct gd_gate_session **out_session, struct gd_error *err)
{
    (void)context;
    (void)client;
    (void)pg;
    (void)err;
    *out_session = NULL;
    return GD_DONE;
}

static void leave(void *context, struct gd_gate_session *session)
{
    (void)context;
    (void)session;
}

static bool glance(void *context, struct gd_gate_session *session, const char *text, size_t size,
                   bool parse)
{
    (void)context;
    (void)session;
    (void)text;
    (void)size;
    (void)parse;
    return true;
}

/* Never asked; were it asked, it would do as it says. */
static void judge(void *context, const struct gd_gate_request *request,
                  struct gd_gate_answer *out_answer)
{
    (void)context;
    (void)request;
    *out_answer = (struct gd_gate_answer){.verdict = GD_GATE_PASS};
}

static bool still(void *context, struct gd_gate_session *session, const char *text, size_t size)
{
    (void)context;
    (void)session;
    (void)text;
    (void)size;
    return true;
}

static void passed(void *context, struct gd_gate_session *session, uint64_t ticket,
                   const struct gd_gate_result *result)
{
    (void)context;
    (void)session;
    (void)ticket;
    (void)result;
}

const struct gd_gate gd_gate_open = {
    .enter = enter,
    .leave = leave,
    .glance = glance,
    .judge = judge,
    .still = still,
    .passed = passed,
};
