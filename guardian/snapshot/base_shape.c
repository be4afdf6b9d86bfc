/* What a base backup's manifest.json holds, see manifest_shape.h. */
#include <string.h>

#include "guardian/snapshot/base.h"
#include "guardian/snapshot/manifest_shape.h"

/* clang-format off */
#define AT(type, member)      .offset = offsetof(struct type, member)
#define BESIDE(type, member)  .beside = offsetof(struct type, member)
#define SHAPE(fields_, type)  {fields_, sizeof fields_ / sizeof fields_[0], sizeof(struct type)}

#define STORED_FIELDS(type, path)                                          \
    {"object",        GD_FIELD_BASE_OBJECT, AT(type, path name)},          \
    {"bytes",         GD_FIELD_COUNT,       AT(type, path bytes)},         \
    {"stored_bytes",  GD_FIELD_COUNT,       AT(type, path stored_bytes)},  \
    {"sha256",        GD_FIELD_SHA256,      AT(type, path sha256)},        \
    {"stored_sha256", GD_FIELD_SHA256,      AT(type, path stored_sha256)}

static const struct gd_field stored_fields[] = {
    STORED_FIELDS(gd_stored, ),
};
static const struct gd_shape stored_shape = SHAPE(stored_fields, gd_stored);

static const struct gd_field object_fields[] = {
    {"owner",         GD_FIELD_ID_TEXT,     AT(gd_base_object, owner)},
    {"object",        GD_FIELD_BASE_OBJECT, AT(gd_base_object, stored.name)},
    {"bytes",         GD_FIELD_COUNT,       AT(gd_base_object, stored.bytes)},
    {"stored_bytes",  GD_FIELD_COUNT,       AT(gd_base_object, stored.stored_bytes)},
    {"stored_sha256", GD_FIELD_SHA256,      AT(gd_base_object, stored.stored_sha256)},
    {"tablespace",    GD_FIELD_OID_IF,      AT(gd_base_object, tablespace)},
    {"files",         GD_FIELD_COUNT,       AT(gd_base_object, files)},
    {"file",          GD_FIELD_NAME_IF,     AT(gd_base_object, file)},
    {"files_sha256",  GD_FIELD_SHA256,      AT(gd_base_object, files_sha256)},
};
static const struct gd_shape object_shape = SHAPE(object_fields, gd_base_object);

static const struct gd_field tablespace_fields[] = {
    {"oid",  GD_FIELD_OID,  AT(gd_base_tablespace, oid)},
    {"path", GD_FIELD_NAME, AT(gd_base_tablespace, path)},
};
static const struct gd_shape tablespace_shape = SHAPE(tablespace_fields, gd_base_tablespace);

static const struct gd_field setting_fields[] = {
    {"name",  GD_FIELD_NAME, AT(gd_base_setting, name)},
    {"path",  GD_FIELD_NAME, AT(gd_base_setting, path)},
    {"saved", GD_FIELD_BOOL, AT(gd_base_setting, saved)},
};
static const struct gd_shape setting_shape = SHAPE(setting_fields, gd_base_setting);

static const struct gd_field outside_fields[] = {
    {"archive", GD_FIELD_STORED_IF, AT(gd_base, config), .shape = &stored_shape},
    {"files",   GD_FIELD_LIST,      AT(gd_base, settings), BESIDE(gd_base, setting_count), &setting_shape},
};
static const struct gd_shape outside_shape = SHAPE(outside_fields, gd_base);

static const struct gd_field server_fields[] = {
    {"server_version", GD_FIELD_VERSION, AT(gd_base, server_version)},
    {"server",         GD_FIELD_TEXT,    AT(gd_base, server_text)},
    {"segment_bytes",  GD_FIELD_COUNT,   AT(gd_base, segment_bytes)},
    {"checksums",      GD_FIELD_BOOL,    AT(gd_base, checksums)},
};
static const struct gd_shape server_shape = SHAPE(server_fields, gd_base);

static const struct gd_field wal_fields[] = {
    {"timeline",      GD_FIELD_TIMELINE, AT(gd_base, timeline)},
    {"start",         GD_FIELD_POSITION, AT(gd_base, start_lsn)},
    {"stop_timeline", GD_FIELD_TIMELINE, AT(gd_base, stop_timeline)},
    {"stop",          GD_FIELD_POSITION, AT(gd_base, stop_lsn)},
};
static const struct gd_shape wal_shape = SHAPE(wal_fields, gd_base);

static const struct gd_field time_fields[] = {
    {"started", GD_FIELD_TIME, AT(gd_base, started_us)},
    {"stopped", GD_FIELD_TIME, AT(gd_base, stopped_us)},
};
static const struct gd_shape time_shape = SHAPE(time_fields, gd_base);

static const struct gd_field total_fields[] = {
    {"bytes",        GD_FIELD_COUNT, AT(gd_base, bytes)},
    {"stored_bytes", GD_FIELD_COUNT, AT(gd_base, stored_bytes)},
};
static const struct gd_shape total_shape = SHAPE(total_fields, gd_base);

static const struct gd_field base_fields[] = {
    {"format",            GD_FIELD_FORMAT, .beside = GD_BASE_FORMAT},
    {"id",                GD_FIELD_ID,     AT(gd_base, id)},
    {"system_identifier", GD_FIELD_SYSTEM, AT(gd_base, system_identifier)},
    {"label",             GD_FIELD_TEXT,   AT(gd_base, label)},
    {"guardian",          GD_FIELD_TEXT,   AT(gd_base, guardian_version)},
    {"encryption_key",    GD_FIELD_KEY_ID, AT(gd_base, key_id)},
    {"after",             GD_FIELD_ID_IF,  AT(gd_base, after)},
    {"source",            GD_FIELD_GROUP,  .shape = &server_shape},
    {"wal",               GD_FIELD_GROUP,  .shape = &wal_shape},
    {"time",              GD_FIELD_GROUP,  .shape = &time_shape},
    {"total",             GD_FIELD_GROUP,  .shape = &total_shape},
    {"tablespaces",       GD_FIELD_LIST,   AT(gd_base, tablespaces), BESIDE(gd_base, tablespace_count), &tablespace_shape},
    {"outside",           GD_FIELD_GROUP,  .shape = &outside_shape},
    {"backup_manifest",   GD_FIELD_GROUP,  AT(gd_base, backup_manifest), .shape = &stored_shape},
    {"objects",           GD_FIELD_LIST,   AT(gd_base, objects), BESIDE(gd_base, object_count), &object_shape},
};
const struct gd_shape gd_base_shape = SHAPE(base_fields, gd_base);
/* clang-format on */

bool gd_base_object_name_valid(const char *name)
{
    if (strcmp(name, "backup_manifest.zst") == 0 || strcmp(name, "config.tar.zst") == 0)
        return true;
    if (strncmp(name, "data/", 5) != 0)
        return false;
    size_t digits = strspn(name + 5, "0123456789");
    return digits >= 6 && digits <= 9 && strcmp(name + 5 + digits, ".tar.zst") == 0;
}

struct gd_status gd_base_format(const struct gd_base *base, char **out_text, size_t *out_size,
                                struct gd_error *err)
{
    return gd_shape_format(&gd_base_shape, base, out_text, out_size, err);
}

struct gd_status gd_base_parse(const char *text, size_t size, struct gd_arena *arena,
                               struct gd_base **out_base, struct gd_error *err)
{
    struct gd_base *base = gd_arena_zalloc(arena, 1, sizeof *base);
    GD_TRY(gd_shape_parse(&gd_base_shape, text, size, arena, base, err));
    GD_TRY(gd_base_check(base, err));
    *out_base = base;
    return GD_DONE;
}
