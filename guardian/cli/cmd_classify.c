#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guardian/cli/cmd.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/input.h"
#include "guardian/cli/report.h"
#include "guardian/config/config.h"
#include "guardian/guard/change.h"

static struct gd_change_options options_of(const struct gd_config *config)
{
    struct gd_database_choice database = gd_config_database(config, false);
    return (struct gd_change_options){
        .database = database.uri,
        .statement_bytes_max = (size_t)config->statement_size_max,
        .lock_ms = (uint32_t)config->lock_timeout_ms,
        .check_ms = (uint32_t)config->check_timeout_ms,
        .samples = (uint32_t)config->samples,
    };
}

static enum gd_format format_of(const struct gd_config *config)
{
    return config->json ? GD_FORMAT_JSON : (enum gd_format)config->format;
}

/* --fail-on CLASS: this class or a worse one ends with the status of a refusal. */
static bool is_too_bad(const struct gd_config *config, enum gd_class class)
{
    return config->fail_on != GD_FAIL_ON_NEVER && (int)class >= (int)config->fail_on;
}

/* --live asks for a database: an answer by the text alone would pass for one. */
static struct gd_status no_database(struct gd_error *err)
{
    return gd_hint(err, gd_fail(err, GD_USAGE, "--live was given, but no database is named"),
                   "Set DATABASE_URL or the PG* variables, or db in guardian.yaml; or name it "
                   "with --db URI.");
}

static GD_MUST struct gd_status classify(const struct gd_config *config, int argc, char **argv,
                                         struct gd_arena *arena, enum gd_class *out_class,
                                         struct gd_error *err)
{
    struct gd_input *inputs;
    size_t count;
    struct gd_change change;
    struct gd_change_options options = options_of(config);
    if (config->live && options.database == NULL)
        return no_database(err);
    GD_TRY(gd_inputs_of(argc, argv, arena, &inputs, &count, err));
    GD_TRY(gd_change_read(inputs, count, &options, arena, &change, err));
    struct gd_screen screen =
        gd_screen_of(stdout, gd_config_use_color(config, STDOUT_FILENO), config->verbose);
    *out_class = change.report->class;
    return gd_report_write(change.report, format_of(config), &screen, err);
}

int gd_cmd_classify(const struct gd_config *config, int argc, char **argv)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    enum gd_class class = GD_CLASS_NONE;
    if (classify(config, argc, argv, arena, &class, &err).code != GD_OK)
        return gd_cli_fail(&err);
    return gd_cli_end(is_too_bad(config, class) ? gd_exit_status(GD_REFUSED) : 0);
}
