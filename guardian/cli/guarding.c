#include "guardian/cli/guarding.h"

#include "guardian/base/texts.h"
#include "guardian/guard/keep.h"
#include "guardian/policy/policy.h"
#include "guardian/proxy/ready.h"

struct gd_status gd_cli_need_database(const struct gd_config *config, const char **out_uri,
                                      struct gd_error *err)
{
    *out_uri = gd_config_database(config, true).uri;
    if (*out_uri != NULL)
        return GD_DONE;
    return gd_hint(err, gd_fail(err, GD_USAGE, "no database is named"),
                   "Name it with --db, DATABASE_URL, or the PG* variables of libpq.");
}

/* The connection is not kept: a change makes its own, with limits of its own. */
struct gd_status gd_cli_await_database(const struct gd_config *config,
                                       const struct gd_pg_options *pg,
                                       const struct gd_events *events, struct gd_error *err)
{
    struct gd_ready_options ready = {pg, (uint32_t)config->start_wait_ms, events};
    return config->start_wait_ms == 0 ? GD_DONE : gd_ready_wait(&ready, NULL, err);
}

/* A request may be stricter than the policy, and not laxer. */
GD_MUST static struct gd_status point_of(const struct gd_config *config,
                                         const struct gd_policy *policy, enum gd_point_use *out_use,
                                         struct gd_error *err)
{
    bool never = config->point_in_time == GD_POINT_WISH_NEVER;
    *out_use = gd_policy_point(policy);
    if (never && *out_use == GD_POINT_REQUIRE)
        return gd_hint(err,
                       gd_fail(err, GD_REFUSED,
                               "policy \"%s\" requires a point in time, and --point-in-time never "
                               "was asked for",
                               gd_policy_name(policy)),
                       "Leave it out, or change point_in_time in the policy.");
    if (never)
        *out_use = GD_POINT_NEVER;
    if (config->point_in_time == GD_POINT_WISH_REQUIRE)
        *out_use = GD_POINT_REQUIRE;
    return GD_DONE;
}

struct gd_status gd_cli_guard_options(const struct gd_config *config,
                                      const struct gd_pg_options *pg, int argc, char **argv,
                                      struct gd_arena *arena, struct gd_guard_options *out_options,
                                      struct gd_error *err)
{
    *out_options = (struct gd_guard_options){
        .pg = pg,
        .environment = config->environment,
        .approvals = config->approve.items,
        .approval_count = config->approve.count,
        .no_waivers = config->waivers == GD_WAIVERS_OFF,
        .paths = (const char *const *)argv,
        .path_count = (size_t)argc,
        .statement_bytes_max = (size_t)config->statement_size_max,
        .check_ms = (uint32_t)config->check_timeout_ms,
        .samples = (uint32_t)config->samples,
        .statement_ms = (uint32_t)config->statement_timeout_ms,
        .busy_ms = (uint32_t)config->busy_timeout_ms,
        .again = config->again,
        .whole = config->single_transaction,
        .reason = config->reason,
        .workers = (unsigned)config->workers,
        .level = (int)config->level,
        .pg_dump = gd_text_or_null(config->pg_dump),
        .pg_bin = gd_text_or_null(config->pg_bin),
    };
    GD_TRY(gd_policy_load(config->policy, arena, &out_options->policy, err));
    GD_TRY(point_of(config, out_options->policy, &out_options->point, err));
    struct gd_keep_options keep = {
        .items = config->keep.items,
        .item_count = config->keep.count,
        .policy = out_options->policy,
        .statement_bytes_max = (size_t)config->statement_size_max,
    };
    return gd_keep_load(&keep, arena, &out_options->keep, err);
}
