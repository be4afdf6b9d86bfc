/*
 * Snapshots as JSON, see docs/formats/snapshots.md.
 */
#include "guardian/cli/report_change.h"
#include "guardian/cli/report_shelf.h"

static void put_text(struct gd_json *object, const char *key, const char *text)
{
    gd_json_put(object, key, gd_json_new_text(text));
}

static void put_int(struct gd_json *object, const char *key, uint64_t number)
{
    gd_json_put(object, key, gd_json_new_int((int64_t)number));
}

static struct gd_json *proof_of(const struct gd_shelved *item)
{
    if (item->proof == GD_PROOF_NONE)
        return gd_json_new_null();
    struct gd_json *proof = gd_json_object();
    put_text(proof, "kind", gd_shelf_proof(item->proof));
    gd_json_put(proof, "time", gd_json_new_time(item->proven_us));
    return proof;
}

static void put_manifest(struct gd_json *object, const struct gd_shelved *item)
{
    const struct gd_manifest *manifest = item->listed.manifest;
    put_text(object, "database", manifest->database);
    put_text(object, "scope", gd_snapshot_scope_name(manifest->scope));
    put_text(object, "change", manifest->change[0] == '\0' ? NULL : manifest->change);
    put_text(object, "reason", manifest->reason[0] == '\0' ? NULL : manifest->reason);
    gd_json_put(object, "sealed", gd_json_new_bool(manifest->sealed));
    gd_json_put(object, "encrypted", gd_json_new_bool(manifest->key_id[0] != '\0'));
    put_int(object, "server_version", (uint64_t)manifest->server_version);
    put_int(object, "tables", item->listed.tables);
    put_int(object, "rows", manifest->rows);
    put_int(object, "bytes", manifest->bytes);
    put_int(object, "stored_bytes", manifest->stored_bytes);
    put_text(object, "manifest_sha256", item->listed.manifest_sha256);
}

struct gd_json *gd_report_shelved_json(const struct gd_shelved *item)
{
    struct gd_json *object = gd_json_object();
    put_text(object, "id", item->listed.id);
    put_text(object, "cluster", item->listed.cluster);
    gd_json_put(object, "time", gd_json_new_time(item->listed.time_us));
    put_text(object, "problem", item->listed.problem);
    gd_json_put(object, "unfinished", gd_json_new_bool(item->listed.unfinished));
    gd_json_put(object, "held", gd_json_new_bool(item->listed.held));
    gd_json_put(object, "open_change", gd_json_new_bool(item->open_change));
    gd_json_put(object, "proof", proof_of(item));
    if (item->listed.manifest != NULL)
        put_manifest(object, item);
    else
        put_int(object, "stored_bytes", item->listed.litter_bytes);
    return object;
}

struct gd_json *gd_report_list_json(const struct gd_shelf_view *view)
{
    struct gd_json *document = gd_json_object(), *list = gd_json_list();
    put_text(document, "store", view->store);
    put_text(document, "cluster", view->cluster);
    gd_json_put(document, "others", gd_json_new_bool(view->others));
    for (size_t i = 0; i < view->count; i++)
        gd_json_push(list, gd_report_shelved_json(&view->items[i]));
    gd_json_put(document, "snapshots", list);
    list = gd_json_list();
    for (size_t i = 0; i < view->changes.count; i++)
        gd_json_push(list, gd_report_change_json(&view->changes.items[i]));
    gd_json_put(document, "changes", list);
    return document;
}

/* ---- prune ---- */

static const char *const keeps[] = {
    [GD_KEEP_NOT] = NULL,
    [GD_KEEP_RULE] = "rule",
    [GD_KEEP_HELD] = "held",
    [GD_KEEP_LAST_PROVEN] = "last_proven",
    [GD_KEEP_OPEN_CHANGE] = "open_change",
    [GD_KEEP_UNREADABLE] = "damaged",
    [GD_KEEP_YOUNG] = "young",
};

static struct gd_json *rules_of(const struct gd_keep_rules *rules)
{
    struct gd_json *object = gd_json_object();
    put_int(object, "last", rules->last);
    put_int(object, "hourly", rules->hourly);
    put_int(object, "daily", rules->daily);
    put_int(object, "weekly", rules->weekly);
    put_int(object, "monthly", rules->monthly);
    return object;
}

struct gd_json *gd_report_prune_json(const struct gd_prune_view *view)
{
    struct gd_json *document = gd_json_object(), *list = gd_json_list();
    uint64_t removed = 0;
    for (size_t i = 0; i < view->count; i++) {
        struct gd_json *item = gd_report_shelved_json(view->items[i].shelved);
        put_text(item, "keep", keeps[view->items[i].keep]);
        put_text(item, "because", view->items[i].because);
        gd_json_put(item, "removed", gd_json_new_bool(view->items[i].removed));
        gd_json_push(list, item);
        removed += view->items[i].removed;
    }
    put_text(document, "store", view->store);
    gd_json_put(document, "applied", gd_json_new_bool(view->apply));
    gd_json_put(document, "rules", rules_of(view->rules));
    put_int(document, "removed", removed);
    put_int(document, "uploads_given_up", view->uploads_left);
    gd_json_put(document, "snapshots", list);
    return document;
}
