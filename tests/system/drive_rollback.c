/*
 * Drives the generated way back for tests/system/test_rollback_script.py.
 *
 *   drive_rollback TARGET BEFORE.sql
 *       BEFORE.sql is what pg_dump --schema-only wrote before a change; prints the statements that
 *       make the schema of TARGET like it, "-- unknown: …" for what they cannot do, and
 *       "-- value: FATE table.column" for each column whose values they change or lose.
 */
#include <stdio.h>
#include <stdlib.h>

#include "guardian/guard/rollback_script.h"
#include "guardian/pg/copy.h"
#include "guardian/snapshot/manifest.h"

static char *read_file(const char *path, struct gd_arena *arena)
{
    FILE *file = fopen(path, "rb");
    size_t size = 0, capacity = 1 << 22;
    char *text = gd_arena_alloc(arena, capacity);
    if (file == NULL)
        return NULL;
    size = fread(text, 1, capacity - 1, file);
    fclose(file);
    text[size] = '\0';
    return text;
}

GD_MUST static struct gd_status run(const char *target, const char *path, struct gd_arena *arena,
                                    struct gd_back_script **out_script, struct gd_error *err)
{
    struct gd_manifest manifest = {.pg_dump_text = ""};
    struct gd_restore_options options = {.manifest = &manifest, .trust = true};
    struct gd_pg_options pg_options = {.target = target};
    struct gd_back_dump before, now;
    gd_auto_pg pg = NULL;
    GD_TRY(gd_pg_connect(&pg_options, &pg, err));
    GD_TRY(gd_pg_command(pg, "set the search path", "SET search_path = ''", err));
    GD_TRY(gd_back_read_text(&options, read_file(path, arena), arena, &before, err));
    GD_TRY(gd_back_read_now(&options, pg, NULL, 2000, arena, &now, err));
    return gd_back_script(&before, &now, pg, arena, out_script, err);
}

static void print(const struct gd_back_script *script)
{
    static const char *const fates[] = {"returns", "retyped", "leaves", "swapped"};
    for (int phase = 0; phase < GD_BACK_PHASES; phase++)
        for (size_t i = 0; i < script->count; i++)
            if ((int)script->statements[i].phase == phase)
                printf("%s;\n", script->statements[i].sql);
    for (size_t i = 0; i < script->unknown.count; i++)
        printf("-- unknown: %s\n", script->unknown.items[i]);
    for (size_t i = 0; i < script->value_count; i++)
        printf("-- value: %s %s.%s\n", fates[script->values[i].fate], script->values[i].table,
               script->values[i].column);
}

int main(int argc, char **argv)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_back_script *script;
    if (argc != 3)
        return 2;
    if (run(argv[1], argv[2], arena, &script, &err).code != GD_OK) {
        fprintf(stderr, "%s\n%s\n", err.text, err.hint);
        return gd_exit_status(err.code);
    }
    print(script);
    return 0;
}
