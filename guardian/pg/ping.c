#include "guardian/pg/ping.h"

#include "guardian/pg/connection.h"

/* libpq tells the server's refusals apart by their SQLSTATE, which it gives to nobody else. */
static enum gd_pg_answer ask(struct gd_pg *pg, uint32_t limit_ms)
{
    const char *seconds = gd_arena_printf(pg->arena, "%u", limit_ms < 2000 ? 2 : limit_ms / 1000);
    gd_pg_target_set(&pg->target, "connect_timeout", seconds);
    switch (PQpingParams(pg->target.keywords, pg->target.values, 0)) {
    case PQPING_REJECT:
        return GD_PG_NOT_YET;
    case PQPING_NO_RESPONSE:
        return GD_PG_SILENT;
    case PQPING_OK:
    case PQPING_NO_ATTEMPT: /* the target is wrong, and stays so */
        break;
    }
    return GD_PG_ANSWERS;
}

enum gd_pg_answer gd_pg_ping(const struct gd_pg_options *options, uint32_t limit_ms)
{
    gd_auto_pg pg = NULL;
    struct gd_error ignored = {0};
    if (gd_pg_new(options, &pg, &ignored).code != GD_OK ||
        gd_pg_read_target(pg, &ignored).code != GD_OK)
        return GD_PG_ANSWERS;
    return ask(pg, limit_ms);
}
