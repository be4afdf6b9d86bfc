#include "guardian/cli/show_base.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/cli/report_screen.h"
#include "guardian/cli/report_shelf.h"
#include "guardian/cli/report_text.h"
#include "guardian/io/json.h"
#include "guardian/prove/base_digest.h"
#include "guardian/wal/name.h"

struct page {
    const struct gd_base *base;
    const char *store, *problem, *key; /* problem NULL: none */
    bool damaged;                      /* by what a proof has found */
    const struct gd_proof *proof;      /* or NULL */
    uint64_t files, shared_bytes;
    size_t shared;
    struct gd_arena *arena;
};

struct gd_status gd_cli_find_base(struct gd_store *store, const char *text, struct gd_arena *arena,
                                  uint64_t *out_system_identifier, const char **out_id,
                                  struct gd_error *err)
{
    struct gd_error none = {0};
    const char *cluster = NULL, *id = NULL;
    uint64_t system_identifier = 0;
    *out_system_identifier = 0;
    if (text[0] == '\0' || strcmp(text, "latest") == 0)
        return GD_DONE;
    struct gd_status status = gd_snapshot_find(store, NULL, text, arena, &cluster, &id, &none);
    if (status.code == GD_USAGE)
        status = gd_base_find(store, 0, text, arena, &system_identifier, &id, &none);
    if (status.code == GD_USAGE)
        return GD_DONE;
    if (status.code != GD_OK) {
        *err = none;
        return status;
    }
    *out_system_identifier = system_identifier;
    *out_id = id;
    return GD_DONE;
}

/* ---- what there is ---- */

/* An object that is missing, as the list of all of them sees it. */
static struct gd_status look(struct page *page, struct gd_store *store, struct gd_error *err)
{
    struct gd_base_listed *listed = NULL;
    size_t count = 0;
    GD_TRY(gd_base_list(store, page->base->system_identifier, page->arena, &listed, &count, err));
    for (size_t i = 0; i < count; i++)
        if (strcmp(listed[i].id, page->base->id) == 0)
            page->problem = listed[i].problem;
    return GD_DONE;
}

static struct gd_status read_state(struct page *page, struct gd_store *store, const char *sha256,
                                   struct gd_error *err)
{
    const struct gd_base *base = page->base;
    const char *cluster = gd_base_cluster(base->system_identifier, page->arena);
    for (size_t i = 0; i < base->object_count; i++) {
        bool shared = strcmp(base->objects[i].owner, base->id) != 0;
        page->files += base->objects[i].files;
        page->shared += shared;
        page->shared_bytes += shared ? base->objects[i].stored.bytes : 0;
    }
    GD_TRY(gd_prove_base_find(store, base, sha256, page->arena, &page->proof, err));
    if (page->proof == NULL)
        GD_TRY(gd_proof_withdrawn(store, cluster, base->id, &page->damaged, err));
    return look(page, store, err);
}

static const char *position(uint64_t lsn, struct gd_arena *arena)
{
    char text[GD_LSN_SIZE];
    gd_lsn_write(lsn, text);
    return gd_arena_strdup(arena, text);
}

/* ---- for people ---- */

static void print_contents(const struct page *page, const struct gd_screen *screen)
{
    const struct gd_base *base = page->base;
    struct gd_arena *arena = page->arena;
    gd_screen_row(screen, "of", GD_INK_PLAIN,
                  gd_arena_printf(arena, "server %llu, PostgreSQL %s",
                                  (unsigned long long)base->system_identifier, base->server_text));
    gd_screen_row(screen, "label", GD_INK_PLAIN, base->label);
    if (base->after[0] != '\0')
        gd_screen_row(screen, "after", GD_INK_PLAIN,
                      gd_arena_printf(arena, "%s: it is of no use without it", base->after));
    gd_screen_row(screen, "holds", GD_INK_PLAIN,
                  gd_arena_printf(arena, "%llu files in %zu objects; pages %s checksums",
                                  (unsigned long long)page->files, base->object_count,
                                  base->checksums ? "with" : "without"));
    gd_screen_row(screen, "size", GD_INK_PLAIN,
                  gd_arena_printf(arena, "%s, stored as %s%s", gd_size_text(base->bytes, arena),
                                  gd_size_text(base->stored_bytes, arena),
                                  base->key_id[0] == '\0' ? "" : ", encrypted"));
    if (page->shared > 0)
        gd_screen_row(screen, "shares", GD_INK_PLAIN,
                      gd_arena_printf(arena, "%zu objects, %s, with earlier backups", page->shared,
                                      gd_size_text(page->shared_bytes, arena)));
    for (size_t i = 0; i < base->tablespace_count; i++)
        gd_screen_row(screen, i == 0 ? "spaces" : "", GD_INK_PLAIN,
                      gd_arena_printf(arena, "%u in \"%s\"", base->tablespaces[i].oid,
                                      base->tablespaces[i].path));
}

static void print_settings(const struct page *page, const struct gd_screen *screen)
{
    for (size_t i = 0; i < page->base->setting_count; i++) {
        const struct gd_base_setting *setting = &page->base->settings[i];
        gd_screen_row(screen, i == 0 ? "outside" : "",
                      setting->saved ? GD_INK_PLAIN : GD_INK_YELLOW,
                      gd_arena_printf(page->arena, "\"%s\"%s%s", setting->path,
                                      setting->saved ? ", saved as " : ", NOT saved",
                                      setting->saved ? setting->name : ""));
    }
}

static void print_proof(const struct page *page, const struct gd_screen *screen)
{
    if (page->problem != NULL)
        gd_screen_row(screen, "DAMAGED", GD_INK_RED, page->problem);
    else if (page->damaged)
        gd_screen_row(screen, "DAMAGED", GD_INK_RED, "found when it was read last");
    if (page->proof == NULL)
        gd_screen_row(screen, "proof", GD_INK_YELLOW,
                      gd_arena_printf(page->arena, "none: \"guardian verify %s\" reads it back",
                                      page->base->id));
    else
        gd_screen_row(
            screen, "proof", GD_INK_GREEN,
            gd_arena_printf(page->arena, "%s %s",
                            gd_proof_kind(page->proof) == GD_PROOF_DRILL
                                ? "recovered somewhere else and checked"
                                : "every byte read back and compared",
                            gd_shelf_time(gd_proof_time_us(page->proof), true, page->arena)));
}

static void print_text(const struct page *page, const struct gd_config *config)
{
    const struct gd_base *base = page->base;
    struct gd_screen screen =
        gd_screen_of(stdout, gd_config_use_color(config, STDOUT_FILENO), config->verbose);
    gd_screen_put(&screen, GD_INK_BOLD, base->id);
    gd_screen_end_line(&screen);
    print_contents(page, &screen);
    gd_screen_row(&screen, "WAL", GD_INK_PLAIN,
                  gd_arena_printf(page->arena, "from %s of timeline %u to %s of timeline %u",
                                  position(base->start_lsn, page->arena), base->timeline,
                                  position(base->stop_lsn, page->arena), base->stop_timeline));
    gd_screen_row(&screen, "good", GD_INK_PLAIN,
                  gd_arena_printf(page->arena, "for targets from %s on",
                                  gd_shelf_time(base->stopped_us, true, page->arena)));
    print_settings(page, &screen);
    print_proof(page, &screen);
    gd_screen_row(&screen, "where", GD_INK_PLAIN,
                  gd_arena_printf(page->arena, "%s/%s", page->store, page->key));
}

/* ---- for programs ---- */

static struct gd_json *tablespaces_json(const struct gd_base *base)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < base->tablespace_count; i++) {
        struct gd_json *item = gd_json_object();
        gd_json_put(item, "oid", gd_json_new_int(base->tablespaces[i].oid));
        gd_json_put(item, "path", gd_json_new_text(base->tablespaces[i].path));
        gd_json_push(list, item);
    }
    return list;
}

static struct gd_json *settings_json(const struct gd_base *base)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < base->setting_count; i++) {
        struct gd_json *item = gd_json_object();
        gd_json_put(item, "name", gd_json_new_text(base->settings[i].name));
        gd_json_put(item, "path", gd_json_new_text(base->settings[i].path));
        gd_json_put(item, "saved", gd_json_new_bool(base->settings[i].saved));
        gd_json_push(list, item);
    }
    return list;
}

static void put_numbers(struct gd_json *document, const struct page *page)
{
    const struct gd_base *base = page->base;
    gd_json_put(document, "timeline", gd_json_new_int(base->timeline));
    gd_json_put(document, "start_lsn", gd_json_new_text(position(base->start_lsn, page->arena)));
    gd_json_put(document, "stop_timeline", gd_json_new_int(base->stop_timeline));
    gd_json_put(document, "stop_lsn", gd_json_new_text(position(base->stop_lsn, page->arena)));
    gd_json_put(document, "started", gd_json_new_time(base->started_us));
    gd_json_put(document, "stopped", gd_json_new_time(base->stopped_us));
    gd_json_put(document, "files", gd_json_new_int((int64_t)page->files));
    gd_json_put(document, "objects", gd_json_new_int((int64_t)base->object_count));
    gd_json_put(document, "shared_objects", gd_json_new_int((int64_t)page->shared));
    gd_json_put(document, "bytes", gd_json_new_int((int64_t)base->bytes));
    gd_json_put(document, "stored_bytes", gd_json_new_int((int64_t)base->stored_bytes));
    gd_json_put(document, "encrypted", gd_json_new_bool(base->key_id[0] != '\0'));
    gd_json_put(document, "checksums", gd_json_new_bool(base->checksums));
}

static struct gd_status print_json(const struct page *page, struct gd_json *take_warnings,
                                   struct gd_error *err)
{
    const struct gd_base *base = page->base;
    struct gd_json *document = gd_json_object();
    gd_json_put(document, "base", gd_json_new_text(base->id));
    gd_json_put(document, "store", gd_json_new_text(page->store));
    gd_json_put(document, "system_identifier",
                gd_json_new_text(gd_base_cluster(base->system_identifier, page->arena)));
    gd_json_put(document, "label", gd_json_new_text(base->label));
    gd_json_put(document, "server_version", gd_json_new_int(base->server_version));
    gd_json_put(document, "server", gd_json_new_text(base->server_text));
    gd_json_put_text(document, "after", base->after);
    put_numbers(document, page);
    gd_json_put(document, "tablespaces", tablespaces_json(base));
    gd_json_put(document, "outside", settings_json(base));
    gd_json_put(document, "proof",
                gd_json_new_text(gd_proof_name(page->proof == NULL ? GD_PROOF_NONE
                                                                   : gd_proof_kind(page->proof))));
    gd_json_put(document, "problem",
                gd_json_new_text(page->problem != NULL ? page->problem
                                 : page->damaged       ? "found damaged when it was read last"
                                                       : NULL));
    gd_json_put(document, "warnings", take_warnings);
    struct gd_status status = gd_json_write(document, stdout, 2, err);
    gd_json_free(document);
    return status;
}

struct gd_status gd_cli_show_base(const struct gd_config *config, struct gd_store *store,
                                  uint64_t system_identifier, const char *id,
                                  struct gd_progress *progress, struct gd_arena *arena,
                                  struct gd_error *err)
{
    struct gd_base *base = NULL;
    char sha256[GD_DIGEST_HEX_SIZE];
    GD_TRY(gd_base_load(store, system_identifier, id, arena, &base, sha256, err));
    struct page page = {.base = base,
                        .store = gd_store_url(store),
                        .key = gd_base_key(system_identifier, base->id, "", arena),
                        .arena = arena};
    GD_TRY(read_state(&page, store, sha256, err));
    gd_progress_end(progress, GD_DONE);
    if (config->json)
        return print_json(&page, gd_progress_warnings(progress), err);
    print_text(&page, config);
    return GD_DONE;
}
