/* The report, see report_recover.h. */
#include "guardian/cli/report_recover.h"

#include <inttypes.h>

#include "guardian/cli/progress.h"
#include "guardian/cli/report_shelf.h"
#include "guardian/policy/policy.h"

static const char *lsn_of(uint64_t lsn, struct gd_arena *arena)
{
    char *text = gd_arena_alloc(arena, GD_LSN_SIZE);
    gd_lsn_write(lsn, text);
    return text;
}

static const char *time_of(int64_t time_us, struct gd_arena *arena)
{
    return time_us == 0 ? "not known" : gd_shelf_time(time_us, true, arena);
}

static const char *target_text(const struct gd_recover_plan *plan, const struct gd_target *target,
                               struct gd_arena *arena)
{
    switch (target->kind) {
    case GD_TARGET_LATEST:
        return gd_arena_printf(arena, "the end of the WAL, stored %s",
                               time_of(plan->end_us, arena));
    case GD_TARGET_IMMEDIATE:
        return "the end of the base backup";
    case GD_TARGET_NAME:
        return gd_arena_printf(arena, "restore point \"%s\"", target->text);
    case GD_TARGET_TIME:
        return gd_arena_printf(arena, "what was committed until %s",
                               time_of(target->time_us, arena));
    case GD_TARGET_LSN:
        return gd_arena_printf(arena, "what was written before %s", lsn_of(target->lsn, arena));
    case GD_TARGET_XID:
        return gd_arena_printf(arena, "the end of transaction %" PRIu64, target->xid);
    case GD_TARGET_BEFORE:
    case GD_TARGET_AFTER:
        break;
    }
    return gd_arena_printf(arena, "%s change %s, %s",
                           target->kind == GD_TARGET_BEFORE ? "before" : "after",
                           plan->mark->change, time_of(plan->mark->time_us, arena));
}

/* --- for people --- */

static void put(const struct gd_screen *screen, const char *label, const char *text)
{
    gd_screen_row(screen, label, GD_INK_PLAIN, text);
}

static const char *lost_text(const struct gd_recover_plan *plan, struct gd_arena *arena)
{
    if (plan->lost_until_us <= plan->target_us && plan->lost_wal_bytes == 0)
        return "nothing that the store holds";
    const char *bytes =
        plan->target_lsn == 0
            ? ""
            : gd_arena_printf(arena, ", %s of WAL", gd_size_text(plan->lost_wal_bytes, arena));
    if (plan->target_us == 0)
        return gd_arena_printf(arena, "what was written behind the target, up to %s%s",
                               time_of(plan->lost_until_us, arena), bytes);
    return gd_arena_printf(arena, "what was written since, up to %s (%s%s)",
                           time_of(plan->lost_until_us, arena),
                           gd_shelf_age(plan->lost_until_us - plan->target_us, arena), bytes);
}

void gd_report_recover_plan(const struct gd_recover_plan *plan, const struct gd_target *target,
                            const struct gd_screen *screen, struct gd_arena *arena)
{
    const struct gd_base *base = plan->base->base;
    put(screen, "target", target_text(plan, target, arena));
    put(screen, "cluster",
        gd_arena_printf(arena, "%" PRIu64 ", %s", plan->system_identifier, base->server_text));
    put(screen, "base",
        gd_arena_printf(arena, "%s of %s, %s%s", plan->base->id, time_of(base->stopped_us, arena),
                        gd_size_text(plan->data_bytes, arena),
                        plan->chain_count > 1
                            ? gd_arena_printf(arena, ", with %zu others", plan->chain_count - 1)
                            : ""));
    put(screen, "WAL",
        gd_arena_printf(arena, "%s of it at most, from %s on timeline %u%s",
                        gd_size_text(plan->wal_bytes, arena), lsn_of(base->start_lsn, arena),
                        base->timeline,
                        plan->timeline == base->timeline
                            ? ""
                            : gd_arena_printf(arena, " to timeline %u", plan->timeline)));
    put(screen, "lost", lost_text(plan, arena));
    for (size_t i = 0; i < plan->note_count; i++)
        put(screen, "note", plan->notes[i]);
}

static const char *checked_text(const struct gd_recovered *recovered, struct gd_arena *arena)
{
    const char *text = recovered->checked && recovered->checksums ? "pg_amcheck, every checksum"
                       : recovered->checked                       ? "pg_amcheck"
                       : recovered->checksums                     ? "every checksum"
                                              : "only that it starts and gets to its target";
    for (size_t i = 0; i < recovered->left_out_count; i++)
        text = gd_arena_printf(arena, "%s; %s", text, recovered->left_out[i]);
    return text;
}

void gd_report_recovered(const struct gd_recover_plan *plan, const struct gd_recovered *recovered,
                         const struct gd_screen *screen, struct gd_arena *arena)
{
    (void)plan;
    gd_screen_put(screen, recovered->exact ? GD_INK_GREEN : GD_INK_YELLOW,
                  gd_arena_printf(arena, "Recovered \"%s\" to %s, now timeline %u.",
                                  recovered->folder, lsn_of(recovered->reached_lsn, arena),
                                  recovered->timeline));
    gd_screen_end_line(screen);
    put(screen, "stopped", recovered->said);
    put(screen, "commit",
        recovered->last_commit_us == 0
            ? "none was replayed"
            : gd_arena_printf(arena, "the last one of %s",
                              time_of(recovered->last_commit_us, arena)));
    put(screen, "files",
        gd_arena_printf(
            arena, "%s in %s (%s)%s", gd_size_text(recovered->bytes, arena),
            gd_text_seconds(arena, recovered->lay_seconds),
            gd_text_rate(arena, recovered->bytes - recovered->kept_bytes, recovered->lay_seconds),
            recovered->kept_bytes == 0
                ? ""
                : gd_arena_printf(arena, ", %s were there already",
                                  gd_size_text(recovered->kept_bytes, arena))));
    put(screen, "replay", gd_text_seconds(arena, recovered->replay_seconds));
    put(screen, "checked", checked_text(recovered, arena));
    for (size_t i = 0; i < recovered->setting_count; i++)
        put(screen, "settings", recovered->settings[i]);
    if (recovered->target != NULL)
        put(screen, "running", recovered->target);
    put(screen, "archive",
        "off, until ALTER SYSTEM RESET archive_mode and archive_command, and a restart");
}

/* --- for programs --- */

static void put_lsn(struct gd_json *object, const char *key, uint64_t lsn, struct gd_arena *arena)
{
    gd_json_put(object, key, lsn == 0 ? gd_json_new_null() : gd_json_new_text(lsn_of(lsn, arena)));
}

static struct gd_json *texts(const char *const *items, size_t count)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < count; i++)
        gd_json_push(list, gd_json_new_text(items[i]));
    return list;
}

static struct gd_json *recovered_json(const struct gd_recovered *recovered, struct gd_arena *arena)
{
    struct gd_json *json = gd_json_object();
    gd_json_put(json, "folder", gd_json_new_text(recovered->folder));
    gd_json_put(json, "timeline", gd_json_new_int(recovered->timeline));
    put_lsn(json, "reached_lsn", recovered->reached_lsn, arena);
    gd_json_put(json, "last_commit", gd_json_new_time(recovered->last_commit_us));
    gd_json_put(json, "exact", gd_json_new_bool(recovered->exact));
    gd_json_put(json, "said", gd_json_new_text(recovered->said));
    gd_json_put(json, "bytes", gd_json_new_int((int64_t)recovered->bytes));
    gd_json_put(json, "kept_bytes", gd_json_new_int((int64_t)recovered->kept_bytes));
    gd_json_put(json, "lay_seconds", gd_json_new_real(recovered->lay_seconds));
    gd_json_put(json, "replay_seconds", gd_json_new_real(recovered->replay_seconds));
    gd_json_put(json, "checked", gd_json_new_bool(recovered->checked));
    gd_json_put(json, "checksums", gd_json_new_bool(recovered->checksums));
    gd_json_put(json, "left_out", texts(recovered->left_out, recovered->left_out_count));
    gd_json_put(json, "settings", texts(recovered->settings, recovered->setting_count));
    gd_json_put(json, "running", gd_json_new_text(recovered->target));
    return json;
}

struct gd_json *gd_report_recover_json(const struct gd_recover_plan *plan,
                                       const struct gd_target *target,
                                       const struct gd_recovered *recovered_or_null,
                                       struct gd_arena *arena)
{
    struct gd_json *json = gd_json_object();
    gd_json_put(json, "target", gd_json_new_text(target_text(plan, target, arena)));
    gd_json_put(json, "system_identifier",
                gd_json_new_text(gd_arena_printf(arena, "%" PRIu64, plan->system_identifier)));
    gd_json_put(json, "base", gd_json_new_text(plan->base->id));
    gd_json_put(json, "bases", gd_json_new_int((int64_t)plan->chain_count));
    gd_json_put(json, "timeline", gd_json_new_int(plan->timeline));
    gd_json_put(json, "mark",
                plan->mark == NULL ? gd_json_new_null() : gd_json_new_text(plan->mark->name));
    put_lsn(json, "target_lsn", plan->target_lsn, arena);
    gd_json_put(json, "target_time", gd_json_new_time(plan->target_us));
    put_lsn(json, "end_lsn", plan->end_lsn, arena);
    gd_json_put(json, "end_time", gd_json_new_time(plan->end_us));
    gd_json_put(json, "data_bytes", gd_json_new_int((int64_t)plan->data_bytes));
    gd_json_put(json, "wal_bytes", gd_json_new_int((int64_t)plan->wal_bytes));
    gd_json_put(json, "lost_wal_bytes",
                plan->target_lsn == 0 ? gd_json_new_null()
                                      : gd_json_new_int((int64_t)plan->lost_wal_bytes));
    gd_json_put(json, "lost_until", gd_json_new_time(plan->lost_until_us));
    gd_json_put(json, "notes", texts(plan->notes, plan->note_count));
    gd_json_put(json, "recovered",
                recovered_or_null == NULL ? gd_json_new_null()
                                          : recovered_json(recovered_or_null, arena));
    return json;
}
