#include "guardian/cli/stores.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/texts.h"

/* --- without a setting ------------------------------------------------------------------------ */

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value == NULL || value[0] != '/' ? NULL
                                            : value; /* XDG: a relative path counts as none */
}

static const char *folder_of_this_machine(struct gd_arena *arena)
{
    if (geteuid() == 0)
        return "/var/lib/guardian";
    const char *state = variable("XDG_STATE_HOME"), *home = variable("HOME");
    if (state != NULL)
        return gd_arena_printf(arena, "%s/guardian", state);
    return home == NULL ? NULL : gd_arena_printf(arena, "%s/.local/state/guardian", home);
}

/* What a file URL cannot hold as it is. */
static const char *url_of_folder(struct gd_arena *arena, const char *folder)
{
    const char *url = "file://";
    for (size_t length; *folder != '\0'; folder += length) {
        length = strcspn(folder, "%?#");
        url = length > 0 ? gd_arena_printf(arena, "%s%.*s", url, (int)length, folder)
                         : gd_arena_printf(arena, "%s%%%02X", url, (unsigned)*folder);
        length += length == 0;
    }
    return url;
}

struct gd_status gd_cli_store_url(const struct gd_config *config, struct gd_arena *arena,
                                  const char **out_url, struct gd_error *err)
{
    *out_url = gd_text_or_null(config->store);
    if (*out_url != NULL)
        return GD_DONE;
    const char *folder = folder_of_this_machine(arena);
    if (folder == NULL)
        return gd_hint(err,
                       gd_fail(err, GD_USAGE,
                               "no store is set, and there is no home folder for one on this "
                               "machine"),
                       "Name one with --store, GUARDIAN_STORE or in guardian.yaml.");
    *out_url = url_of_folder(arena, folder);
    return GD_DONE;
}

/* --- with its settings ------------------------------------------------------------------------ */

static const char *encryption_of(const struct gd_config *config)
{
    switch ((enum gd_store_encryption)config->store_encryption) {
    case GD_STORE_ENCRYPTION_BUCKET:
        return NULL;
    case GD_STORE_ENCRYPTION_AES256:
        return "AES256";
    case GD_STORE_ENCRYPTION_KMS:
        return "aws:kms";
    case GD_STORE_ENCRYPTION_CUSTOMER:
        return "customer";
    }
    __builtin_unreachable();
}

static const char *addressing_of(const struct gd_config *config)
{
    return config->store_addressing == GD_ADDRESSING_AUTO   ? NULL
           : config->store_addressing == GD_ADDRESSING_PATH ? "path"
                                                            : "virtual";
}

static const char *lock_of(const struct gd_config *config)
{
    return config->store_lock == GD_STORE_LOCK_NONE         ? NULL
           : config->store_lock == GD_STORE_LOCK_GOVERNANCE ? "GOVERNANCE"
                                                            : "COMPLIANCE";
}

/* Settings that mean nothing without another: silently not taken, they would be a wrong backup. */
static struct gd_status check_pairs(const struct gd_config *config, struct gd_error *err)
{
    bool customer = config->store_encryption == GD_STORE_ENCRYPTION_CUSTOMER;
    if (customer != (config->store_customer_key[0] != '\0'))
        return gd_fail(err, GD_USAGE,
                       "store-encryption customer and store-customer-key need each "
                       "other");
    if (config->store_kms_key[0] != '\0' && config->store_encryption != GD_STORE_ENCRYPTION_KMS)
        return gd_fail(err, GD_USAGE, "store-kms-key needs store-encryption kms");
    if ((config->store_lock == GD_STORE_LOCK_NONE) != (config->store_lock_days == 0))
        return gd_fail(err, GD_USAGE, "store-lock and store-lock-days need each other");
    return GD_DONE;
}

static struct gd_store_options options_of(const struct gd_config *config)
{
    return (struct gd_store_options){
        .region = gd_text_or_null(config->store_region),
        .endpoint = gd_text_or_null(config->store_endpoint),
        .addressing = addressing_of(config),
        .profile = gd_text_or_null(config->store_profile),
        .ca_file = gd_text_or_null(config->store_ca_file),
        .storage_class = gd_text_or_null(config->store_class),
        .encryption = encryption_of(config),
        .kms_key_id = gd_text_or_null(config->store_kms_key),
        .customer_key = gd_text_or_null(config->store_customer_key),
        .tags = gd_text_or_null(config->store_tags),
        .lock_mode = lock_of(config),
        .lock_days = (uint32_t)config->store_lock_days,
        .allow_http = config->store_allow_http,
        .part_bytes = config->store_part_size,
        .retry_ms = (uint32_t)config->store_retry_ms,
        .stall_ms = (uint32_t)config->store_stall_ms,
    };
}

static struct gd_status open_store(const struct gd_config *config, bool reads,
                                   struct gd_arena *arena, const struct gd_events *events,
                                   struct gd_store **out_store, struct gd_error *err)
{
    struct gd_store_options options = options_of(config);
    options.events = events;
    options.make_way = config->store[0] == '\0'; /* ours, below the home folder */
    options.must_exist = reads && !options.make_way;
    GD_TRY(check_pairs(config, err));
    GD_TRY(gd_cli_store_url(config, arena, &options.url, err));
    GD_TRY(gd_store_open(&options, out_store, err));
    if (config->store[0] == '\0')
        gd_tell_warning(events,
                        "Name another place with --store, GUARDIAN_STORE or in guardian.yaml.",
                        "no store is set: backups are in %s, and a backup on the same machine is "
                        "lost with it",
                        options.url);
    return GD_DONE;
}

struct gd_status gd_cli_store(const struct gd_config *config, struct gd_arena *arena,
                              const struct gd_events *events, struct gd_store **out_store,
                              struct gd_error *err)
{
    return open_store(config, false, arena, events, out_store, err);
}

struct gd_status gd_cli_store_to_read(const struct gd_config *config, struct gd_arena *arena,
                                      const struct gd_events *events, struct gd_store **out_store,
                                      struct gd_error *err)
{
    return open_store(config, true, arena, events, out_store, err);
}
