#include "guardian/version.h"

const char *gd_version(void)
{
    return GD_BUILD_VERSION;
}
