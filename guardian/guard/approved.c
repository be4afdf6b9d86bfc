#include "guardian/guard/approved.h"

#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/journal/approval.h"

/* The texts that want one: the file as a whole, or the statement. */
static struct gd_texts wanted(const struct gd_decision *decision, struct gd_arena *arena)
{
    struct gd_texts hashes = {0};
    for (size_t i = 0; i < decision->ruling_count; i++) {
        const struct gd_ruling *ruling = decision->rulings[i];
        if (!ruling->approval_needed || ruling->approved_by != NULL)
            continue;
        gd_texts_add(&hashes, ruling->file->hash, arena);
        gd_texts_add(&hashes, ruling->judged->hash, arena);
    }
    return hashes;
}

static const char *time_of(int64_t time_us, struct gd_arena *arena)
{
    char time[GD_TIME_SIZE];
    gd_clock_text(time_us, time);
    return gd_arena_printf(arena, "%.10s %.5s UTC", time, time + 11);
}

/* What became of it since; "" while it holds. */
static const char *end_of(const struct gd_approval *approval, struct gd_arena *arena)
{
    const struct gd_revocation *revocation = &approval->revocation;
    if (approval->state == GD_APPROVAL_EXPIRED)
        return gd_arena_printf(arena, "; that ended on %s", time_of(approval->expires_us, arena));
    if (approval->state != GD_APPROVAL_REVOKED)
        return "";
    if (revocation->time_us == 0)
        return "; that was revoked";
    return gd_arena_printf(arena, "; that was revoked by %s on %s, %s%s%s", revocation->who,
                           revocation->host, time_of(revocation->time_us, arena),
                           revocation->reason[0] == '\0' ? "" : ": ", revocation->reason);
}

static const char *note_of(const struct gd_approval *approval, struct gd_arena *arena)
{
    if (approval->state == GD_APPROVAL_UNREADABLE)
        return gd_arena_printf(arena, "approval %s cannot be read, so it approves nothing",
                               approval->id);
    return gd_arena_printf(arena, "%s was approved by %s on %s, %s%s%s%s",
                           approval->path[0] == '\0' ? "a statement" : approval->path,
                           approval->who, approval->host, time_of(approval->time_us, arena),
                           approval->reason[0] == '\0' ? "" : ": ", approval->reason,
                           end_of(approval, arena));
}

struct gd_status gd_decide_approved(const struct gd_decide_input *input, struct gd_store *store,
                                    struct gd_texts *notes, struct gd_arena *arena,
                                    const struct gd_decision **out_decision, struct gd_error *err)
{
    struct gd_approvals approvals;
    struct gd_texts given = {0};
    GD_TRY(gd_decide(input, arena, out_decision, err));
    if (store == NULL || (*out_decision)->action != GD_ACTION_APPROVE)
        return GD_DONE;
    struct gd_texts hashes = wanted(*out_decision, arena);
    GD_TRY(gd_approvals_read(store, &hashes, gd_clock_now_us(), arena, &approvals, err));
    if (approvals.count == 0)
        return GD_DONE;
    for (size_t i = 0; i < input->approval_count; i++)
        gd_texts_add(&given, input->approvals[i], arena);
    for (size_t i = 0; i < approvals.count; i++) {
        if (approvals.items[i].state == GD_APPROVAL_HOLDS)
            gd_texts_add(&given, approvals.items[i].sha256, arena);
        gd_texts_add(notes, note_of(&approvals.items[i], arena), arena);
    }
    struct gd_decide_input again = *input;
    again.approvals = given.items;
    again.approval_count = given.count;
    return gd_decide(&again, arena, out_decision, err);
}
