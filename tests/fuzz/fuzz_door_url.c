/*
 * Fuzz: the URL of a target, as the child finds it. Whatever stands in it, what the child gets
 * leads to the door, as the door's user, and keeps the schema.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/pg/target.h"
#include "guardian/proxy/door_own.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is(const struct gd_pg_target *target, const char *keyword, const char *value)
{
    const char *found = gd_pg_target_get(target, keyword);
    return value == NULL ? found == NULL : found != NULL && strcmp(found, value) == 0;
}

static void check_place(const struct gd_pg_target *target)
{
    static const char *const absent[] = {
        "hostaddr", "service", "passfile",        "sslrootcert", "sslcert",
        "sslkey",   "sslcrl",  "channel_binding", "requirepeer", "target_session_attrs"};
    assert(is(target, "host", "127.0.0.1") && is(target, "port", "40231"));
    assert(is(target, "user", "me") && is(target, "dbname", "shop"));
    assert(is(target, "password", "secret"));
    assert(is(target, "sslmode", "disable") || is(target, "sslmode", NULL)); /* of a driver */
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
        assert(is(target, absent[i], NULL));
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct gd_door door = {.host = "127.0.0.1", .port = "40231", .password = "secret"};
    gd_auto_arena arena = gd_arena_new();
    const char *text = gd_arena_strndup(arena, (const char *)data, size);
    struct gd_door_visitor visitor = {.user = "me", .database = "shop", .target = text};
    struct gd_pg_target before = {0}, after = {0};
    struct gd_texts lines = {0};
    struct gd_error err = {0};
    if (gd_pg_target_parse(text, arena, &before, &err).code != GD_OK)
        return 0;
    struct gd_status status = gd_door_environment(&door, &visitor, arena, &lines, &err);
    assert(status.code == GD_OK);
    static const char name[] = "DATABASE_URL=";
    assert(strncmp(lines.items[0], name, strlen(name)) == 0);
    status = gd_pg_target_parse(lines.items[0] + strlen(name), arena, &after, &err);
    assert(status.code == GD_OK);
    check_place(&after);
    if (strstr(text, "://") != NULL)
        assert(same_text(before.schema, after.schema));
    return 0;
}
