"""A clock that is wrong: a library to be loaded before a program's own, which shifts its time of day and nothing else."""

import os
import subprocess

SOURCE = """#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t which, struct timespec *out)
{
    int status = (int)syscall(SYS_clock_gettime, which, out);
    if (which == CLOCK_REALTIME) out->tv_sec += atoi(getenv("SKEW"));
    return status;
}
"""


def skewed(folder, seconds):
    """The variables under which a program's clock is `seconds` ahead; needs a compiler."""
    library = folder / "skew.so"
    if not library.exists():
        (folder / "skew.c").write_text(SOURCE)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, folder / "skew.c"], check=True)
    asan = os.environ.get("ASAN_OPTIONS", "")
    return {"LD_PRELOAD": str(library), "SKEW": str(seconds), "ASAN_OPTIONS": (asan + ":" if asan else "") + "verify_asan_link_order=0"}
