#include "guardian/cli/report_approval.h"

#include "guardian/cli/report_shelf.h"

/* clang-format off */
static const struct { enum gd_ink ink; const char *name, *title; } states[] = {
    [GD_APPROVAL_HOLDS]      = {GD_INK_GREEN,  "holds",      "APPROVED"},
    [GD_APPROVAL_EXPIRED]    = {GD_INK_YELLOW, "expired",    "EXPIRED"},
    [GD_APPROVAL_REVOKED]    = {GD_INK_YELLOW, "revoked",    "REVOKED"},
    [GD_APPROVAL_UNREADABLE] = {GD_INK_RED,    "unreadable", "UNREADABLE"},
};
/* clang-format on */

const char *gd_approval_state_name(enum gd_approval_state state)
{
    return states[state].name;
}

/* ---- for people ---- */

static void row(const struct gd_screen *screen, const char *label, const char *text)
{
    if (text != NULL && text[0] != '\0')
        gd_screen_row(screen, label, GD_INK_PLAIN, text);
}

static const char *somebody(const char *who, const char *host, int64_t time_us,
                            struct gd_arena *arena)
{
    if (time_us == 0)
        return "nobody knows whom: the record cannot be read";
    return gd_arena_printf(arena, "%s on %s, %s", who, host, gd_shelf_time(time_us, true, arena));
}

void gd_report_approval(const struct gd_approval *approval, const char *about,
                        const struct gd_screen *screen, struct gd_arena *arena)
{
    const char *path = approval->path[0] == '\0' ? "a statement" : approval->path;
    gd_screen_put(screen, states[approval->state].ink, states[approval->state].title);
    gd_screen_put(screen, GD_INK_PLAIN,
                  about == NULL ? gd_arena_printf(arena, "  %s", path)
                                : gd_arena_printf(arena, "  %s (%s)", path, about));
    gd_screen_end_line(screen);
    gd_screen_row(screen, "id", GD_INK_BOLD, approval->id);
    row(screen, "text", approval->sha256);
    if (approval->state == GD_APPROVAL_UNREADABLE) {
        row(screen, "problem", "this is no approval of that text, so it approves nothing");
        return;
    }
    row(screen, "by", somebody(approval->who, approval->host, approval->time_us, arena));
    row(screen, "why", approval->reason);
    row(screen, "until",
        approval->expires_us == 0 ? "the text changes"
                                  : gd_shelf_time(approval->expires_us, true, arena));
    if (approval->state != GD_APPROVAL_REVOKED)
        return;
    const struct gd_revocation *revocation = &approval->revocation;
    row(screen, "revoked",
        gd_arena_printf(arena, "by %s",
                        somebody(revocation->who, revocation->host, revocation->time_us, arena)));
    row(screen, "why", revocation->reason);
}

static size_t holding(const struct gd_approvals *approvals)
{
    size_t count = 0;
    for (size_t i = 0; i < approvals->count; i++)
        count += approvals->items[i].state == GD_APPROVAL_HOLDS;
    return count;
}

void gd_report_approvals(const struct gd_approvals *approvals, const char *store,
                         const struct gd_screen *screen, struct gd_arena *arena)
{
    size_t hold = holding(approvals), rest = approvals->count - hold;
    for (size_t i = 0; i < approvals->count; i++)
        if (screen->verbose || approvals->items[i].state == GD_APPROVAL_HOLDS)
            gd_report_approval(&approvals->items[i], NULL, screen, arena);
    if (hold == 0)
        gd_screen_paragraph(screen, GD_INK_PLAIN, 0, 0,
                            gd_arena_printf(arena, "No approval holds in %s.", store));
    if (rest > 0 && !screen->verbose)
        gd_screen_paragraph(screen, GD_INK_DIM, 0, 0,
                            gd_arena_printf(arena,
                                            "%zu more %s no longer, or cannot be read (--verbose "
                                            "shows %s).",
                                            rest, rest == 1 ? "holds" : "hold",
                                            rest == 1 ? "it" : "them"));
}

/* ---- for programs ---- */

static struct gd_json *revocation_of(const struct gd_approval *approval)
{
    const struct gd_revocation *revocation = &approval->revocation;
    if (approval->state != GD_APPROVAL_REVOKED)
        return gd_json_new_null();
    struct gd_json *object = gd_json_object();
    gd_json_put(object, "time", gd_json_new_time(revocation->time_us));
    gd_json_put_text(object, "who", revocation->who);
    gd_json_put_text(object, "host", revocation->host);
    gd_json_put_text(object, "reason", revocation->reason);
    return object;
}

struct gd_json *gd_report_approval_json(const struct gd_approval *approval)
{
    struct gd_json *object = gd_json_object();
    gd_json_put_text(object, "id", approval->id);
    gd_json_put_text(object, "path", approval->path);
    gd_json_put_text(object, "sha256", approval->sha256);
    gd_json_put_text(object, "state", gd_approval_state_name(approval->state));
    gd_json_put_text(object, "who", approval->who);
    gd_json_put_text(object, "host", approval->host);
    gd_json_put(object, "time", gd_json_new_time(approval->time_us));
    gd_json_put(object, "expires", gd_json_new_time(approval->expires_us));
    gd_json_put_text(object, "reason", approval->reason);
    gd_json_put(object, "revoked", revocation_of(approval));
    return object;
}
