#include "guardian/snapshot/manifest_shape.h"

/* clang-format off */
#define AT(type, member)      .offset = offsetof(struct type, member)
#define BESIDE(type, member)  .beside = offsetof(struct type, member)
#define SHAPE(fields_, type)  {fields_, sizeof fields_ / sizeof fields_[0], sizeof(struct type)}

#define STORED_FIELDS(type, path)                                   \
    {"object",        GD_FIELD_OBJECT, AT(type, path name)},          \
    {"bytes",         GD_FIELD_COUNT,  AT(type, path bytes)},         \
    {"stored_bytes",  GD_FIELD_COUNT,  AT(type, path stored_bytes)},  \
    {"sha256",        GD_FIELD_SHA256, AT(type, path sha256)},        \
    {"stored_sha256", GD_FIELD_SHA256, AT(type, path stored_sha256)}

static const struct gd_field stored_fields[] = {
    STORED_FIELDS(gd_stored, ),
};
static const struct gd_shape stored_shape = SHAPE(stored_fields, gd_stored);

static const struct gd_field part_fields[] = {
    STORED_FIELDS(gd_part, stored.),
    {"rows",   GD_FIELD_COUNT, AT(gd_part, digest.rows)},
    {"digest", GD_FIELD_SUM,   AT(gd_part, digest)},
};
static const struct gd_shape part_shape = SHAPE(part_fields, gd_part);

static const struct gd_field root_fields[] = {
    {"schema", GD_FIELD_NAME, AT(gd_table, root_schema)},
    {"name",   GD_FIELD_NAME, AT(gd_table, root_name)},
};
static const struct gd_shape root_shape = SHAPE(root_fields, gd_table);

static const struct gd_field table_fields[] = {
    {"oid",      GD_FIELD_OID,       AT(gd_table, oid)},
    {"schema",   GD_FIELD_NAME,      AT(gd_table, schema)},
    {"name",     GD_FIELD_NAME,      AT(gd_table, name)},
    {"kind",     GD_FIELD_LETTER,    AT(gd_table, kind)},
    {"columns",  GD_FIELD_TEXTS,     AT(gd_table, columns), BESIDE(gd_table, column_count)},
    {"config",   GD_FIELD_CONDITION, AT(gd_table, condition), BESIDE(gd_table, config)},
    {"root",     GD_FIELD_GROUP_IF,  0, BESIDE(gd_table, by_root), &root_shape},
    {"left_out", GD_FIELD_BOOL,      AT(gd_table, left_out)},
    {"rows",     GD_FIELD_COUNT,     AT(gd_table, digest.rows)},
    {"digest",   GD_FIELD_SUM,       AT(gd_table, digest)},
    {"parts",    GD_FIELD_LIST,      AT(gd_table, parts), BESIDE(gd_table, part_count), &part_shape},
};
static const struct gd_shape table_shape = SHAPE(table_fields, gd_table);

static const struct gd_field sequence_fields[] = {
    {"schema",     GD_FIELD_NAME,   AT(gd_sequence, schema)},
    {"name",       GD_FIELD_NAME,   AT(gd_sequence, name)},
    {"last_value", GD_FIELD_NUMBER, AT(gd_sequence, last_value)},
    {"is_called",  GD_FIELD_BOOL,   AT(gd_sequence, is_called)},
};
static const struct gd_shape sequence_shape = SHAPE(sequence_fields, gd_sequence);

static const struct gd_field matview_fields[] = {
    {"schema",    GD_FIELD_NAME, AT(gd_matview, schema)},
    {"name",      GD_FIELD_NAME, AT(gd_matview, name)},
    {"populated", GD_FIELD_BOOL, AT(gd_matview, populated)},
};
static const struct gd_shape matview_shape = SHAPE(matview_fields, gd_matview);

static const struct gd_field extension_fields[] = {
    {"name",    GD_FIELD_NAME, AT(gd_extension, name)},
    {"version", GD_FIELD_NAME, AT(gd_extension, version)},
    {"schema",  GD_FIELD_NAME, AT(gd_extension, schema)},
};
static const struct gd_shape extension_shape = SHAPE(extension_fields, gd_extension);

static const struct gd_field source_fields[] = {
    {"system_identifier", GD_FIELD_NAME,    AT(gd_manifest, system_identifier)},
    {"database",          GD_FIELD_NAME,    AT(gd_manifest, database)},
    {"owner",             GD_FIELD_NAME,    AT(gd_manifest, database_owner)},
    {"server_version",    GD_FIELD_VERSION, AT(gd_manifest, server_version)},
    {"server",            GD_FIELD_TEXT,    AT(gd_manifest, server_text)},
    {"pg_dump",           GD_FIELD_TEXT,    AT(gd_manifest, pg_dump_text)},
    {"encoding",          GD_FIELD_NAME,    AT(gd_manifest, encoding)},
    {"collate",           GD_FIELD_TEXT,    AT(gd_manifest, collate)},
    {"ctype",             GD_FIELD_TEXT,    AT(gd_manifest, ctype)},
    {"provider",          GD_FIELD_TEXT,    AT(gd_manifest, provider)},
    {"icu_locale",        GD_FIELD_TEXT,    AT(gd_manifest, icu_locale)},
    {"collation_version", GD_FIELD_TEXT,    AT(gd_manifest, collation_version)},
    {"lsn",               GD_FIELD_LSN,     AT(gd_manifest, lsn)},
    {"snapshot",          GD_FIELD_TEXT,    AT(gd_manifest, pg_snapshot)},
};
static const struct gd_shape source_shape = SHAPE(source_fields, gd_manifest);

static const struct gd_field time_fields[] = {
    {"started",  GD_FIELD_TIME, AT(gd_manifest, started_us)},
    {"snapshot", GD_FIELD_TIME, AT(gd_manifest, snapshot_us)},
    {"finished", GD_FIELD_TIME, AT(gd_manifest, finished_us)},
};
static const struct gd_shape time_shape = SHAPE(time_fields, gd_manifest);

static const struct gd_field total_fields[] = {
    {"rows",         GD_FIELD_COUNT, AT(gd_manifest, rows)},
    {"bytes",        GD_FIELD_COUNT, AT(gd_manifest, bytes)},
    {"stored_bytes", GD_FIELD_COUNT, AT(gd_manifest, stored_bytes)},
};
static const struct gd_shape total_shape = SHAPE(total_fields, gd_manifest);

static const struct gd_field large_object_fields[] = {
    {"count",  GD_FIELD_COUNT,     AT(gd_manifest, large_objects.count)},
    {"bytes",  GD_FIELD_COUNT,     AT(gd_manifest, large_objects.bytes)},
    {"digest", GD_FIELD_SUM_TEXT,  AT(gd_manifest, large_objects.digest)},
    {"dump",   GD_FIELD_STORED_IF, AT(gd_manifest, blobs_dump), .shape = &stored_shape},
};
static const struct gd_shape large_object_shape = SHAPE(large_object_fields, gd_manifest);

#define LIST(name, member) \
    {name, GD_FIELD_LIST, AT(gd_manifest, member##s), BESIDE(gd_manifest, member##_count), &member##_shape}

static const struct gd_field manifest_fields[] = {
    {"format",             GD_FIELD_FORMAT,  .beside = GD_MANIFEST_FORMAT},
    {"id",                 GD_FIELD_ID,      AT(gd_manifest, id)},
    {"cluster",            GD_FIELD_NAME,    AT(gd_manifest, cluster)},
    {"change",             GD_FIELD_CHANGE,  AT(gd_manifest, change)},
    {"reason",             GD_FIELD_TEXT,    AT(gd_manifest, reason)},
    {"scope",              GD_FIELD_SCOPE,   AT(gd_manifest, scope)},
    {"wanted",             GD_FIELD_TEXTS,   AT(gd_manifest, wanted), BESIDE(gd_manifest, wanted_count)},
    {"sealed",             GD_FIELD_BOOL,    AT(gd_manifest, sealed)},
    {"guardian",           GD_FIELD_TEXT,    AT(gd_manifest, guardian_version)},
    {"encryption_key",     GD_FIELD_KEY_ID,  AT(gd_manifest, key_id)},
    {"source",             GD_FIELD_GROUP,   .shape = &source_shape},
    {"time",               GD_FIELD_GROUP,   .shape = &time_shape},
    {"total",              GD_FIELD_GROUP,   .shape = &total_shape},
    {"schema_dump",        GD_FIELD_GROUP,   AT(gd_manifest, schema_dump), .shape = &stored_shape},
    {"large_objects",      GD_FIELD_GROUP,   .shape = &large_object_shape},
    LIST("extensions",         extension),
    LIST("tables",             table),
    LIST("sequences",          sequence),
    LIST("materialized_views", matview),
    {"globals",            GD_FIELD_JSON,    AT(gd_manifest, globals_json)},
};
const struct gd_shape gd_manifest_shape = SHAPE(manifest_fields, gd_manifest);
/* clang-format on */
