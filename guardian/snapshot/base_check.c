/*
 * The manifest of a base backup, checked: do its values agree with each other?
 *
 * Whether each of them has the right form is snapshot/manifest_read.c's question; whether the
 * objects are what the manifest says is prove/'s.
 */
#include <string.h>

#include "guardian/base/map.h"
#include "guardian/base/texts.h"
#include "guardian/snapshot/base.h"
#include "guardian/wal/name.h"

enum { TAR_BLOCK = 512, TAR_END = 2 * TAR_BLOCK };

struct sums {
    uint64_t bytes, stored_bytes;
    bool too_large;
};

static void add(struct sums *sums, const struct gd_stored *stored, bool own)
{
    if (stored->name == NULL)
        return;
    if (__builtin_add_overflow(sums->bytes, stored->bytes, &sums->bytes) || sums->bytes > INT64_MAX)
        sums->too_large = true;
    if (own &&
        (__builtin_add_overflow(sums->stored_bytes, stored->stored_bytes, &sums->stored_bytes) ||
         sums->stored_bytes > INT64_MAX))
        sums->too_large = true;
}

static struct gd_status check_head(const struct gd_base *base, struct gd_error *err)
{
    if (!gd_wal_segment_bytes_valid(base->segment_bytes))
        return gd_fail(err, GD_CORRUPT, "\"source.segment_bytes\" is %llu, which no segment has",
                       (unsigned long long)base->segment_bytes);
    if (base->stop_lsn < base->start_lsn)
        return gd_fail(err, GD_CORRUPT, "\"wal.stop\" is before \"wal.start\"");
    if (base->stop_timeline < base->timeline)
        return gd_fail(err, GD_CORRUPT, "\"wal.stop_timeline\" is below \"wal.timeline\"");
    if (base->stopped_us < base->started_us)
        return gd_fail(err, GD_CORRUPT, "\"time.stopped\" is before \"time.started\"");
    if (base->after[0] != '\0' && strcmp(base->after, base->id) >= 0)
        return gd_fail(err, GD_CORRUPT, "\"after\" is \"%s\", which is not older than \"%s\"",
                       base->after, base->id);
    return GD_DONE;
}

static struct gd_status check_tablespaces(const struct gd_base *base, struct gd_map *oids,
                                          struct gd_arena *arena, struct gd_error *err)
{
    for (size_t i = 0; i < base->tablespace_count; i++)
        if (!gd_map_add(oids, base->tablespaces[i].oid, (uint32_t)i, arena))
            return gd_fail(err, GD_CORRUPT,
                           "\"tablespaces[%zu].oid\" is %u, which stands there before", i,
                           base->tablespaces[i].oid);
    return GD_DONE;
}

static struct gd_status check_settings(const struct gd_base *base, struct gd_arena *arena,
                                       struct gd_error *err)
{
    struct gd_texts names = {0};
    bool any = false;
    for (size_t i = 0; i < base->setting_count; i++) {
        any |= base->settings[i].saved;
        if (!gd_texts_add(&names, base->settings[i].name, arena))
            return gd_fail(err, GD_CORRUPT,
                           "\"outside.files[%zu].name\" is \"%s\", which stands there before", i,
                           base->settings[i].name);
    }
    if (any != (base->config.name != NULL))
        return gd_fail(err, GD_CORRUPT, "\"outside.archive\" is %s, but %s of the files is saved",
                       any ? "null" : "there", any ? "one" : "none");
    if (any && strcmp(base->config.name, "config.tar.zst") != 0)
        return gd_fail(err, GD_CORRUPT, "\"outside.archive.object\" is not \"config.tar.zst\"");
    return GD_DONE;
}

/* Below the data directory, and nowhere else. */
static bool is_inside(const char *path)
{
    if (path[0] == '/')
        return false;
    for (const char *at = path;;) {
        size_t length = strcspn(at, "/");
        if (length == 0 || (length == 1 && at[0] == '.') ||
            (length == 2 && at[0] == '.' && at[1] == '.'))
            return false;
        if (at[length] == '\0')
            return true;
        at += length + 1;
    }
}

static struct gd_status check_owner(const struct gd_base *base, size_t at, struct gd_error *err)
{
    const struct gd_base_object *object = &base->objects[at];
    int order = strcmp(object->owner, base->id);
    if (order > 0)
        return gd_fail(err, GD_CORRUPT, "\"objects[%zu].owner\" is \"%s\", which is newer", at,
                       object->owner);
    if (order < 0 && object->file == NULL)
        return gd_fail(err, GD_CORRUPT,
                       "\"objects[%zu].owner\" is another backup, but \"file\" is null", at);
    if (object->file == NULL)
        return GD_DONE;
    if (object->files != 1)
        return gd_fail(err, GD_CORRUPT, "\"objects[%zu].files\" is %llu, but \"file\" names one",
                       at, (unsigned long long)object->files);
    if (!is_inside(object->file))
        return gd_fail(err, GD_CORRUPT,
                       "\"objects[%zu].file\" is not a path below the data directory", at);
    return GD_DONE;
}

static struct gd_status check_object(const struct gd_base *base, size_t at, struct gd_map *oids,
                                     struct gd_texts *names, struct gd_arena *arena,
                                     struct gd_error *err)
{
    const struct gd_base_object *object = &base->objects[at];
    const struct gd_stored *stored = &object->stored;
    if (strncmp(stored->name, "data/", 5) != 0)
        return gd_fail(err, GD_CORRUPT, "\"objects[%zu].object\" is not an object with files", at);
    if (stored->bytes < TAR_END || stored->bytes % TAR_BLOCK != 0)
        return gd_fail(err, GD_CORRUPT, "\"objects[%zu].bytes\" is %llu, which no archive has", at,
                       (unsigned long long)stored->bytes);
    if (object->files > (stored->bytes - TAR_END) / TAR_BLOCK)
        return gd_fail(err, GD_CORRUPT, "\"objects[%zu].files\" does not fit into %llu bytes", at,
                       (unsigned long long)stored->bytes);
    if (stored->stored_bytes == 0)
        return gd_fail(err, GD_CORRUPT, "\"objects[%zu].stored_bytes\" is 0", at);
    if (object->tablespace != 0 && gd_map_get(oids, object->tablespace) == GD_MAP_NONE)
        return gd_fail(err, GD_CORRUPT,
                       "\"objects[%zu].tablespace\" is %u, which is none of \"tablespaces\"", at,
                       object->tablespace);
    if (!gd_texts_add(names, gd_arena_printf(arena, "%s/%s", object->owner, stored->name), arena))
        return gd_fail(err, GD_CORRUPT,
                       "\"objects[%zu].object\" is \"%s\", which stands there before", at,
                       stored->name);
    return check_owner(base, at, err);
}

static struct gd_status check_objects(const struct gd_base *base, struct gd_map *oids,
                                      struct sums *sums, struct gd_arena *arena,
                                      struct gd_error *err)
{
    struct gd_texts names = {0};
    if (base->object_count == 0)
        return gd_fail(err, GD_CORRUPT, "\"objects\" is empty");
    for (size_t i = 0; i < base->object_count; i++) {
        GD_TRY(check_object(base, i, oids, &names, arena, err));
        add(sums, &base->objects[i].stored, strcmp(base->objects[i].owner, base->id) == 0);
    }
    const struct gd_base_object *last = &base->objects[base->object_count - 1];
    if (last->tablespace != 0 || strcmp(last->owner, base->id) != 0)
        return gd_fail(err, GD_CORRUPT,
                       "the last of \"objects\" cannot be the one with global/pg_control");
    return GD_DONE;
}

struct gd_status gd_base_check(const struct gd_base *base, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_map oids = {0};
    struct sums sums = {0};
    GD_TRY(check_head(base, err));
    GD_TRY(check_tablespaces(base, &oids, arena, err));
    GD_TRY(check_settings(base, arena, err));
    GD_TRY(check_objects(base, &oids, &sums, arena, err));
    if (strcmp(base->backup_manifest.name, "backup_manifest.zst") != 0)
        return gd_fail(err, GD_CORRUPT,
                       "\"backup_manifest.object\" is not \"backup_manifest.zst\"");
    add(&sums, &base->backup_manifest, true);
    add(&sums, &base->config, true);
    if (sums.too_large || sums.bytes != base->bytes)
        return gd_fail(err, GD_CORRUPT, "\"total.bytes\" is %llu, but the objects hold %llu",
                       (unsigned long long)base->bytes, (unsigned long long)sums.bytes);
    if (sums.stored_bytes != base->stored_bytes)
        return gd_fail(
            err, GD_CORRUPT, "\"total.stored_bytes\" is %llu, but its own objects take %llu",
            (unsigned long long)base->stored_bytes, (unsigned long long)sums.stored_bytes);
    return GD_DONE;
}
