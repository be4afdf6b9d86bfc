#include "guardian/guard/permit.h"

#include <stdlib.h>
#include <string.h>

#include "guardian/wal/mark.h"

struct gd_permit {
    const struct gd_decision *decision;
    const struct gd_proof *proof; /* NULL: none was needed */
};

static const struct gd_permit *permit_new(const struct gd_decision *decision,
                                          const struct gd_proof *proof, struct gd_arena *arena)
{
    struct gd_permit *permit = gd_arena_zalloc(arena, 1, sizeof *permit);
    permit->decision = decision;
    permit->proof = proof;
    return permit;
}

GD_MUST static struct gd_status check_decided(const struct gd_decision *decision,
                                              struct gd_error *err)
{
    if (decision->action <= GD_ACTION_BACKUP)
        return GD_DONE;
    return gd_fail(err, GD_REFUSED, "could not permit the change: policy \"%s\" says %s",
                   decision->policy, gd_action_name(decision->action));
}

/* --- does the snapshot hold it? -----------------------------------------------------------------
 */

static bool is_wanted(const struct gd_manifest *manifest, const char *table)
{
    for (size_t i = 0; i < manifest->wanted_count; i++)
        if (strcmp(manifest->wanted[i], table) == 0)
            return true;
    return false;
}

/* What was asked for by name is in it, or has no rows of its own: gd_snapshot_take() saw to that.
 */
GD_MUST static struct gd_status check_tables(const struct gd_backup *backup,
                                             const struct gd_manifest *manifest,
                                             struct gd_error *err)
{
    for (size_t i = 0; i < backup->tables.count; i++)
        if (!is_wanted(manifest, backup->tables.items[i]))
            return gd_fail(
                err, GD_UNPROTECTED,
                "could not permit the change: snapshot %s was not asked for table \"%s\"",
                manifest->id, backup->tables.items[i]);
    return GD_DONE;
}

GD_MUST static struct gd_status check_complete(const struct gd_manifest *manifest,
                                               struct gd_error *err)
{
    for (size_t i = 0; i < manifest->table_count; i++)
        if (manifest->tables[i].left_out)
            return gd_fail(
                err, GD_UNPROTECTED,
                "could not permit the change: snapshot %s has no rows of table \"%s.%s\"",
                manifest->id, manifest->tables[i].schema, manifest->tables[i].name);
    return GD_DONE;
}

GD_MUST static struct gd_status check_scope(const struct gd_backup *backup,
                                            const struct gd_manifest *manifest,
                                            struct gd_error *err)
{
    if (backup->scope == GD_SCOPE_NONE || backup->scope == GD_SCOPE_SCHEMA)
        return GD_DONE;
    GD_TRY(check_complete(manifest, err));
    if (manifest->scope == GD_SNAPSHOT_DATABASE)
        return GD_DONE;
    if (backup->scope == GD_SCOPE_TABLES && manifest->scope == GD_SNAPSHOT_TABLES)
        return check_tables(backup, manifest, err);
    return gd_fail(err, GD_UNPROTECTED,
                   "could not permit the change: it demands a backup of scope %s, and snapshot %s "
                   "is one of scope %s",
                   gd_scope_name(backup->scope), manifest->id,
                   gd_snapshot_scope_name(manifest->scope));
}

/* --- is it proven? ------------------------------------------------------------------------------
 */

GD_MUST static struct gd_status check_same(const struct gd_manifest *manifest,
                                           const struct gd_proof *proof, struct gd_error *err)
{
    char *text = NULL, sha256[GD_DIGEST_HEX_SIZE];
    size_t size = 0;
    GD_TRY(gd_manifest_format(manifest, &text, &size, err));
    gd_digest_of(text, size, sha256);
    free(text);
    if (strcmp(gd_proof_snapshot(proof), manifest->id) == 0 &&
        strcmp(gd_proof_manifest_sha256(proof), sha256) == 0)
        return GD_DONE;
    return gd_fail(
        err, GD_UNPROTECTED,
        "could not permit the change: what was proven is not snapshot %s as it was taken",
        manifest->id);
}

GD_MUST static struct gd_status check_kind(const struct gd_decision *decision,
                                           const struct gd_proof *proof, struct gd_error *err)
{
    if (gd_proof_kind(proof) != GD_PROOF_NONE && gd_proof_kind(proof) >= decision->backup.proof)
        return GD_DONE;
    return gd_fail(err, GD_UNPROTECTED,
                   "could not permit the change: policy \"%s\" demands the proof \"%s\", and there "
                   "is \"%s\"",
                   decision->policy, gd_proof_name(decision->backup.proof),
                   gd_proof_name(gd_proof_kind(proof)));
}

GD_MUST static struct gd_status check_mark(const char *change, const struct gd_proof *proof,
                                           struct gd_error *err)
{
    const struct gd_mark *mark = proof == NULL ? NULL : gd_proof_mark(proof);
    if (mark != NULL && mark->seen && !mark->after && strcmp(mark->change, change) == 0)
        return GD_DONE;
    return gd_fail(err, GD_UNPROTECTED,
                   "could not permit the change: no restore point of it was seen in the store");
}

/* --- permits ------------------------------------------------------------------------------------
 */

struct gd_status gd_permit_proven(const struct gd_decision *decision,
                                  const struct gd_manifest *manifest, const struct gd_proof *proof,
                                  struct gd_arena *arena, const struct gd_permit **out_permit,
                                  struct gd_error *err)
{
    GD_TRY(check_decided(decision, err));
    if (manifest == NULL || proof == NULL)
        return gd_fail(err, GD_UNPROTECTED,
                       "could not permit the change: there is no proven snapshot");
    GD_TRY(check_same(manifest, proof, err));
    GD_TRY(check_kind(decision, proof, err));
    GD_TRY(check_scope(&decision->backup, manifest, err));
    *out_permit = permit_new(decision, proof, arena);
    return GD_DONE;
}

struct gd_status gd_permit_point(const struct gd_decision *decision, const char *change,
                                 const struct gd_proof *proof, struct gd_arena *arena,
                                 const struct gd_permit **out_permit, struct gd_error *err)
{
    GD_TRY(check_decided(decision, err));
    GD_TRY(check_mark(change, proof, err));
    GD_TRY(check_kind(decision, proof, err));
    *out_permit = permit_new(decision, proof, arena);
    return GD_DONE;
}

/* --- by several -------------------------------------------------------------------------------*/

GD_MUST static struct gd_status check_ground(const struct gd_decision *decision,
                                             const struct gd_permit_ground *ground,
                                             struct gd_error *err)
{
    if (ground->manifest == NULL) {
        GD_TRY(check_mark(ground->change, ground->proof, err));
        return check_kind(decision, ground->proof, err);
    }
    GD_TRY(check_same(ground->manifest, ground->proof, err));
    GD_TRY(check_kind(decision, ground->proof, err));
    return check_complete(ground->manifest, err);
}

static bool has_table(const struct gd_permit_ground *ground, const char *table)
{
    return ground->manifest == NULL || ground->manifest->scope == GD_SNAPSHOT_DATABASE ||
           (ground->manifest->scope == GD_SNAPSHOT_TABLES && is_wanted(ground->manifest, table));
}

GD_MUST static struct gd_status check_each(const struct gd_decision *decision,
                                           const struct gd_permit_ground *grounds, size_t count,
                                           struct gd_error *err)
{
    for (size_t t = 0; t < decision->backup.tables.count; t++) {
        const char *table = decision->backup.tables.items[t];
        struct gd_status status = gd_fail(
            err, GD_UNPROTECTED,
            "could not permit the change: no snapshot of it was asked for table \"%s\"", table);
        for (size_t i = 0; i < count && status.code != GD_OK; i++)
            if (has_table(&grounds[i], table))
                status = check_ground(decision, &grounds[i], err);
        GD_TRY(status);
    }
    return GD_DONE;
}

struct gd_status gd_permit_proven_by(const struct gd_decision *decision,
                                     const struct gd_permit_ground *grounds, size_t count,
                                     struct gd_arena *arena, const struct gd_permit **out_permit,
                                     struct gd_error *err)
{
    const struct gd_backup *backup = &decision->backup;
    struct gd_status status = gd_permit_proven(decision, NULL, NULL, arena, out_permit, err);
    for (size_t i = 0; i < count && status.code != GD_OK; i++)
        status = grounds[i].manifest == NULL
                     ? gd_permit_point(decision, grounds[i].change, grounds[i].proof, arena,
                                       out_permit, err)
                     : gd_permit_proven(decision, grounds[i].manifest, grounds[i].proof, arena,
                                        out_permit, err);
    if (status.code == GD_OK || count < 2 || backup->scope != GD_SCOPE_TABLES ||
        backup->tables.count == 0)
        return status;
    GD_TRY(check_decided(decision, err));
    GD_TRY(check_each(decision, grounds, count, err));
    *out_permit = permit_new(decision, grounds[count - 1].proof, arena);
    return GD_DONE;
}

struct gd_status gd_permit_without(const struct gd_decision *decision, struct gd_arena *arena,
                                   const struct gd_permit **out_permit, struct gd_error *err)
{
    GD_TRY(check_decided(decision, err));
    if (decision->backup.scope != GD_SCOPE_NONE)
        return gd_fail(err, GD_UNPROTECTED,
                       "could not permit the change: policy \"%s\" demands a backup of scope %s",
                       decision->policy, gd_scope_name(decision->backup.scope));
    *out_permit = permit_new(decision, NULL, arena);
    return GD_DONE;
}

const struct gd_proof *gd_permit_proof(const struct gd_permit *permit)
{
    return permit->proof;
}

const struct gd_decision *gd_permit_decision(const struct gd_permit *permit)
{
    return permit->decision;
}
