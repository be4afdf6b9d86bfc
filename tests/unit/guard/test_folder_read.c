/* Which files of a folder are migrations, in which order, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "guardian/guard/folder.h"

static char root[64];

static void put(const char *name, const char *text)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", root, name);
    for (char *slash = strchr(path + strlen(root) + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void clear(void)
{
    char command[128];
    (void)snprintf(command, sizeof command, "find '%s' -mindepth 1 -delete", root);
    assert_int_equal(system(command), 0);
}

/* Files, and what is made of them: kind, and "name" or "name<down" of each migration. */
static const struct {
    const char *says;
    const char *files[8];
    const char *kind, *list;
} good[] = {
    {"plain files in the order of their numbers",
     {"10_b.sql", "2_a.sql", "README.md", ".hidden.sql"},
     "plain",
     "2_a.sql 10_b.sql"},
    {"leading zeros do not count",
     {"0010_b.sql", "002_a.sql", "3_c.sql"},
     "plain",
     "002_a.sql 3_c.sql 0010_b.sql"},
    {"names without numbers", {"init.sql", "constraints.sql"}, "plain", "constraints.sql init.sql"},
    {"Flyway's names: repeatable last, undo never",
     {"V1.10__b.sql", "V1.9__a.sql", "R__view.sql", "U1.9__a.sql"},
     "plain",
     "V1.9__a.sql<U1.9__a.sql V1.10__b.sql R__view.sql"},
    {"golang-migrate",
     {"1_a.up.sql", "1_a.down.sql", "12_b.up.sql"},
     "pairs",
     "1_a.up.sql<1_a.down.sql 12_b.up.sql"},
    {"two folders",
     {"up/2.sql", "up/10.sql", "down/2.sql"},
     "pairs",
     "up/2.sql<down/2.sql up/10.sql"},
    {"diesel",
     {"2024-01-01_b/up.sql", "2024-01-01_b/down.sql", "00000000000000_setup/up.sql"},
     "pairs",
     "00000000000000_setup/up.sql 2024-01-01_b/up.sql<2024-01-01_b/down.sql"},
    {"Prisma, whose names count byte by byte",
     {"10_b/migration.sql", "2_a/migration.sql", "2_a/down.sql"},
     "prisma",
     "10_b 2_a<2_a/down.sql"},
};

static void folders_are_understood(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        clear();
        for (size_t f = 0; f < 8 && good[i].files[f] != NULL; f++)
            put(good[i].files[f], "SELECT 1;\n");
        gd_auto_arena arena = gd_arena_new();
        struct gd_folder *folder = NULL;
        struct gd_error err = {0};
        struct gd_status status = gd_folder_read(root, arena, &folder, &err);
        if (status.code != GD_OK)
            fail_msg("%s: %s", good[i].says, err.text);
        const char *list = "";
        for (size_t m = 0; m < folder->count; m++) {
            const struct gd_migration *one = &folder->migrations[m];
            list = gd_arena_printf(arena, "%s%s%s%s%s", list, m == 0 ? "" : " ", one->name,
                                   one->down == NULL ? "" : "<",
                                   one->down == NULL ? "" : one->down + strlen(root) + 1);
            assert_string_equal(one->text, "SELECT 1;\n");
            assert_int_equal(one->size, 10);
            assert_string_equal(one->sha256,
                                "b4e0497804e46e0a0b0b8c31975b062152d551bac49c3c2e80932567b4085dcd");
        }
        assert_string_equal(gd_folder_kind_name(folder->kind), good[i].kind);
        assert_string_equal(list, good[i].list);
        assert_int_equal(folder->pending, folder->count);
    }
}

static const struct {
    const char *says;
    const char *files[4], *text, *error;
} bad[] = {
    {"an empty folder", {"README.md"}, "", "could not find migrations in folder"},
    {"the folder above", {"migrations/1.sql"}, "", "could not find migrations in folder"},
    {"a number that is there twice",
     {"1_a.up.sql", "01_b.up.sql"},
     "",
     "they have the same number"},
    {"a file that goes neither way", {"1_a.up.sql", "dump.sql"}, "", "which way \"dump.sql\" goes"},
    {"goose's up and down in one",
     {"1_a.sql"},
     "-- +goose Up\nSELECT 1;\n-- +goose Down\nDROP TABLE a;\n",
     "its undoing in one text (goose)"},
    {"dbmate's at the very beginning", {"1_a.sql"}, "-- migrate:down\n", "(dbmate)"},
    {"a folder of Prisma without its script",
     {"1_a/migration.sql", "2_b/notes.txt"},
     "",
     "migration \"2_b\": there is no migration.sql"},
    {"Prisma for another database",
     {"migration_lock.toml", "1_a/migration.sql"},
     "# comment\nprovider = \"mysql\"\n",
     "its migrations are for \"mysql\""},
    {"Prisma for no database",
     {"migration_lock.toml"},
     "provider_of = \"postgresql\"\n",
     "it names no provider"},
};

static void what_is_not_understood_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        clear();
        for (size_t f = 0; f < 4 && bad[i].files[f] != NULL; f++)
            put(bad[i].files[f], bad[i].text);
        gd_auto_arena arena = gd_arena_new();
        struct gd_folder *folder = NULL;
        struct gd_error err = {0};
        assert_int_equal(gd_folder_read(root, arena, &folder, &err).code, GD_USAGE);
        if (strstr(err.text, bad[i].error) == NULL)
            fail_msg("%s: %s", bad[i].says, err.text);
        assert_null(folder);
    }
}

static void a_prisma_folder_without_migrations_is_no_error(void **state)
{
    (void)state;
    clear();
    put("migration_lock.toml",
        "# Please do not edit this file manually\nprovider = \"postgresql\"\n");
    put("loose.sql", "SELECT 1;");
    gd_auto_arena arena = gd_arena_new();
    struct gd_folder *folder = NULL;
    struct gd_error err = {0};
    assert_int_equal(gd_folder_read(root, arena, &folder, &err).code, GD_OK);
    assert_int_equal(folder->count, 0);
    assert_int_equal(folder->notes.count, 1);
    assert_non_null(strstr(folder->notes.items[0], "loose.sql lies beside the migrations"));
}

static void a_folder_that_is_not_there_is_named(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_folder *folder = NULL;
    struct gd_error err = {0};
    assert_int_equal(gd_folder_read("/no/such/folder", arena, &folder, &err).code, GD_USAGE);
    assert_string_equal(err.text,
                        "could not read folder \"/no/such/folder\": No such file or directory");
}

static int make_root(void **state)
{
    (void)state;
    (void)snprintf(root, sizeof root, "/tmp/guardian-folder-XXXXXX");
    return mkdtemp(root) == NULL;
}

static int remove_root(void **state)
{
    (void)state;
    clear();
    return rmdir(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folders_are_understood),
        cmocka_unit_test(what_is_not_understood_is_refused),
        cmocka_unit_test(a_prisma_folder_without_migrations_is_no_error),
        cmocka_unit_test(a_folder_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
