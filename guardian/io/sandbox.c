/* Sandbox, see sandbox.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guardian/io/fd.h"
#include "guardian/io/sandbox.h"

#ifdef __x86_64__
#define OUR_MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_MACHINE AUDIT_ARCH_AARCH64
#endif

/* Newer than the headers of some systems; the kernel is asked what it knows. */
enum {
    RIGHTS_FIRST = 1 << 13, /* all 13 rights of the first version */
    RIGHT_READ = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
    RIGHT_REFER = 1 << 13,    /* version 2 */
    RIGHT_TRUNCATE = 1 << 14, /* version 3 */
    NET_ALL = 3,              /* version 4: bind and connect by TCP */
    SCOPE_ALL = 3,            /* version 6: abstract unix sockets, signals */
};

struct ruleset { /* struct landlock_ruleset_attr of version 6 */
    uint64_t files, net, scoped;
};

static long kernel_version(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static uint64_t file_rights(long version)
{
    uint64_t rights = RIGHTS_FIRST - 1;
    if (version >= 2)
        rights |= RIGHT_REFER;
    if (version >= 3)
        rights |= RIGHT_TRUNCATE;
    return rights;
}

/* A path that is not there needs no rule. */
static bool allow(int ruleset, const char *path, uint64_t rights)
{
    gd_auto_fd fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return true;
    struct landlock_path_beneath_attr rule = {.allowed_access = rights, .parent_fd = fd};
    return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

static bool allow_all(int ruleset, const struct gd_sandbox *sandbox, uint64_t rights)
{
    bool done = true;
    static const char *const folders[] = {"/usr", "/lib", "/lib64", "/bin"};
    static const char *const files[] = {"/etc/ld.so.cache", "/etc/localtime",     "/etc/passwd",
                                        "/etc/group",       "/etc/nsswitch.conf", "/dev/urandom",
                                        "/dev/random",      "/dev/zero"};
    const uint64_t programs = RIGHT_READ | LANDLOCK_ACCESS_FS_EXECUTE;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        done = done && allow(ruleset, folders[i], programs);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        done = done && allow(ruleset, files[i], LANDLOCK_ACCESS_FS_READ_FILE);
    return done &&
           allow(ruleset, "/dev/null",
                 LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE) &&
           allow(ruleset, sandbox->programs, programs) &&
           allow(ruleset, sandbox->writable, rights & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE);
}

static bool close_files(const struct gd_sandbox *sandbox)
{
    long version = kernel_version();
    struct ruleset wanted = {.files = file_rights(version),
                             .net = version >= 4 ? NET_ALL : 0,
                             .scoped = version >= 6 ? SCOPE_ALL : 0};
    size_t size = version >= 6 ? sizeof wanted : version >= 4 ? 16 : 8;
    gd_auto_fd ruleset = (int)syscall(SYS_landlock_create_ruleset, &wanted, size, 0);
    return ruleset >= 0 && allow_all(ruleset, sandbox, wanted.files) &&
           syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}

/* Refused with EPERM: sockets that are not unix sockets, every connection, io_uring (which would do
   both past this filter), looking into other programs. Calls of another machine's numbering kill.
 */
static bool close_calls(void)
{
#ifdef OUR_MACHINE
#define CALL offsetof(struct seccomp_data, nr)
#define MACHINE offsetof(struct seccomp_data, arch)
#define FIRST_ARGUMENT offsetof(struct seccomp_data, args[0])
#define LOAD(what) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, what)
#define IF_CALL_REFUSE(number)                                                                     \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),                                             \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
    struct sock_filter filter[] = {
        LOAD(MACHINE),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_MACHINE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        LOAD(CALL),
#ifdef __x86_64__
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), /* the x32 numbers */
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
#endif
        IF_CALL_REFUSE(SYS_connect),
        IF_CALL_REFUSE(SYS_io_uring_setup),
        IF_CALL_REFUSE(SYS_ptrace),
        IF_CALL_REFUSE(SYS_process_vm_readv),
        IF_CALL_REFUSE(SYS_process_vm_writev),
        IF_CALL_REFUSE(SYS_keyctl),
        IF_CALL_REFUSE(SYS_bpf),
        IF_CALL_REFUSE(SYS_unshare),
        IF_CALL_REFUSE(SYS_setns),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
        LOAD(FIRST_ARGUMENT),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof filter[0], .filter = filter};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
#else
    errno = ENOSYS;
    return false;
#endif
}

bool gd_sandbox_possible(void)
{
#ifdef OUR_MACHINE
    return kernel_version() >= 1 && prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0;
#else
    return false;
#endif
}

bool gd_sandbox_enter(const void *sandbox)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && close_files(sandbox) && close_calls();
}
