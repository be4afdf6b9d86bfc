#include "guardian/base/whoami.h"

#include <pwd.h>
#include <unistd.h>

enum { HOST_SIZE = 256, SPACE = 4096 };

const char *gd_whoami(struct gd_arena *arena)
{
    struct passwd buffer, *found = NULL;
    char space[SPACE];
    if (getpwuid_r(geteuid(), &buffer, space, sizeof space, &found) == 0 && found != NULL)
        return gd_arena_strdup(arena, found->pw_name);
    return gd_arena_printf(arena, "uid %u", (unsigned)geteuid());
}

const char *gd_hostname(struct gd_arena *arena)
{
    char name[HOST_SIZE] = "";
    if (gethostname(name, sizeof name - 1) != 0)
        return "";
    return gd_arena_strdup(arena, name);
}
