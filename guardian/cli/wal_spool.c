/* Where the background's notes lie, see wal.h. */
#include <stdlib.h>
#include <unistd.h>

#include "guardian/cli/wal.h"

enum { WORKERS_MAX = 8 };

static const char *variables[] = {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_PROFILE",
                                  "AWS_REGION", "AWS_DEFAULT_REGION"};

/* Whatever decides where an object goes and how it is sealed. It is kept as a digest alone. */
static const char *settings_of(const struct gd_config *config, struct gd_arena *arena)
{
    const char *text = gd_arena_printf(
        arena, "%s\n%s\n%s\n%s\n%s\n%d\n%s\n%s\n%d\n%s\n%d\n%s\n%s\n%s\n%d", config->store,
        config->store_region, config->store_endpoint, config->store_profile, config->store_class,
        (int)config->store_encryption, config->store_kms_key, config->store_tags,
        (int)config->store_lock, config->store_customer_key, (int)config->store_lock_days,
        config->key, config->key_file, config->key_command, (int)config->level);
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *value = getenv(variables[i]);
        text = gd_arena_printf(arena, "%s\n%s", text, value == NULL ? "" : value);
    }
    return text;
}

struct gd_status gd_cli_wal_spool(const struct gd_config *config, uint64_t system_identifier,
                                  const char *what, struct gd_arena *arena,
                                  struct gd_wal_spool *out_spool, struct gd_error *err)
{
    const char *base = config->spool[0] != '\0'
                           ? config->spool
                           : gd_arena_printf(arena, "%s/pg_wal/guardian", config->data_directory);
    return gd_wal_spool_open(base, system_identifier, settings_of(config, arena), what, arena,
                             out_spool, err);
}

unsigned gd_cli_wal_workers(const struct gd_config *config)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (config->workers > 0)
        return (unsigned)config->workers;
    return processors < 2 ? 2 : processors < WORKERS_MAX ? (unsigned)processors : WORKERS_MAX;
}
