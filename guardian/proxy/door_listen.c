/* Where the door listens: a loopback address, a unix socket, or any address behind TLS. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "guardian/io/fd.h"
#include "guardian/proxy/door_own.h"

enum { BACKLOG = 128 };

static const char default_port[] = "5432"; /* in the name of a unix socket */

/* --- unix sockets ------------------------------------------------------------------------------
 */

static bool is_folder(const char *path)
{
    struct stat about = {0};
    return path != NULL && *path == '/' && stat(path, &about) == 0 && S_ISDIR(about.st_mode) &&
           access(path, W_OK | X_OK) == 0;
}

/* Made by us alone: mkdtemp() takes 0700 and a name that is not there. */
GD_MUST static struct gd_status make_own_folder(struct gd_door *door, struct gd_error *err)
{
    static const char *const variables[] = {"XDG_RUNTIME_DIR", "TMPDIR"};
    const char *above = "/tmp";
    for (size_t i = 0; i < 2; i++) {
        if (is_folder(getenv(variables[i]))) {
            above = getenv(variables[i]);
            break;
        }
    }
    char *folder = gd_arena_printf(door->arena, "%s/guardian-XXXXXX", above);
    if (mkdtemp(folder) == NULL)
        return gd_fail(err, GD_SYSTEM, "could not make a folder for a socket in \"%s\": %s", above,
                       strerror(errno));
    door->host = door->made_folder = folder;
    return GD_DONE;
}

/* A folder that is ours and nobody else's; made when it is not there. */
GD_MUST static struct gd_status take_folder(struct gd_door *door, const char *folder,
                                            struct gd_error *err)
{
    struct stat about = {0};
    if (mkdir(folder, 0700) == 0)
        door->made_folder = gd_arena_strdup(door->arena, folder);
    else if (errno != EEXIST)
        return gd_fail(err, GD_USAGE, "could not make folder \"%s\": %s", folder, strerror(errno));
    if (stat(folder, &about) != 0)
        return gd_fail(err, GD_SYSTEM, "could not look at folder \"%s\": %s", folder,
                       strerror(errno));
    if (!S_ISDIR(about.st_mode) || about.st_uid != geteuid() || (about.st_mode & 077) != 0)
        return gd_hint(err,
                       gd_fail(err, GD_USAGE,
                               "could not listen in \"%s\": it is not a folder of this user that "
                               "is closed to all others",
                               folder),
                       "Its mode must be 0700; a folder that is not there is made so.");
    door->host = gd_arena_strdup(door->arena, folder);
    return GD_DONE;
}

/* One that nobody listens on any more was left by a process that was killed. */
GD_MUST static struct gd_status remove_dead(const struct sockaddr_un *address, struct gd_error *err)
{
    gd_auto_fd probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int connected = connect(probe, (const struct sockaddr *)address, sizeof *address);
    if (connected != 0 && errno == ENOENT)
        return GD_DONE;
    if (connected == 0 || errno != ECONNREFUSED)
        return gd_fail(err, GD_USAGE, "could not listen on \"%s\": another one does",
                       address->sun_path);
    if (unlink(address->sun_path) != 0)
        return gd_fail(err, GD_SYSTEM, "could not remove \"%s\": %s", address->sun_path,
                       strerror(errno));
    return GD_DONE;
}

GD_MUST static struct gd_status listen_at(struct gd_door *door, const struct sockaddr *address,
                                          socklen_t size, const char *called, struct gd_error *err)
{
    static const int on = 1;
    int family = address->sa_family;
    gd_fd_drop(&door->descriptor);
    door->descriptor = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (door->descriptor < 0)
        return gd_fail(err, GD_SYSTEM, "could not make a socket: %s", strerror(errno));
    if (family != AF_UNIX)
        (void)setsockopt(door->descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (family == AF_INET6)
        (void)setsockopt(door->descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(door->descriptor, address, size) != 0 || listen(door->descriptor, BACKLOG) != 0) {
        enum gd_code code =
            errno == EADDRINUSE || errno == EACCES || errno == EADDRNOTAVAIL ? GD_USAGE : GD_SYSTEM;
        return gd_fail(err, code, "could not listen on \"%s\": %s", called, strerror(errno));
    }
    return GD_DONE;
}

GD_MUST static struct gd_status listen_unix(struct gd_door *door, const char *folder,
                                            struct gd_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    door->local = true;
    door->port = default_port;
    GD_TRY(*folder == '\0' ? make_own_folder(door, err) : take_folder(door, folder, err));
    char *path = gd_arena_printf(door->arena, "%s/.s.PGSQL.%s", door->host, door->port);
    if (strlen(path) >= sizeof address.sun_path)
        return gd_hint(err,
                       gd_fail(err, GD_USAGE,
                               "could not listen on \"%s\": the name of a socket has at most %zu "
                               "bytes, and this one has %zu",
                               path, sizeof address.sun_path - 1, strlen(path)),
                       "Name a shorter folder, or set TMPDIR to one.");
    memcpy(address.sun_path, path, strlen(path) + 1);
    GD_TRY(remove_dead(&address, err));
    GD_TRY(listen_at(door, (const struct sockaddr *)&address, sizeof address, path, err));
    door->socket = path;
    door->where = gd_arena_printf(door->arena, "unix socket %s", path);
    return GD_DONE;
}

/* --- TCP ---------------------------------------------------------------------------------------
 */

GD_MUST static struct gd_status bad_address(const char *listen, const char *why,
                                            struct gd_error *err)
{
    return gd_hint(err, gd_fail(err, GD_USAGE, "could not listen on \"%s\": %s", listen, why),
                   "It is an address with or without a port (127.0.0.1, 127.0.0.1:6432, "
                   "[::1]:6432), \"unix:\" or \"unix:/folder\".");
}

/* "127.0.0.1", "127.0.0.1:0", "[::1]:0", "::1", "localhost:0" -> host and port, "0" when none */
GD_MUST static struct gd_status split_address(const char *listen, struct gd_arena *arena,
                                              const char **out_host, const char **out_port,
                                              struct gd_error *err)
{
    const char *colon = strrchr(listen, ':'), *close = strchr(listen, ']');
    bool bracket = *listen == '[';
    if (bracket && (close == NULL || (close[1] != '\0' && close[1] != ':')))
        return bad_address(listen, "the bracket is not closed", err);
    if (bracket)
        colon = close[1] == ':' ? close + 1 : NULL;
    else if (colon != NULL && strchr(listen, ':') != colon)
        colon = NULL; /* an IPv6 address alone */
    size_t length = colon == NULL ? strlen(listen) : (size_t)(colon - listen);
    *out_host = bracket ? gd_arena_strndup(arena, listen + 1, (size_t)(close - listen - 1))
                        : gd_arena_strndup(arena, listen, length);
    *out_port = colon == NULL ? "0" : gd_arena_strdup(arena, colon + 1);
    if (strcmp(*out_host, "localhost") == 0)
        *out_host = "127.0.0.1";
    size_t digits = strspn(*out_port, "0123456789");
    if (digits == 0 || digits > 5 || (*out_port)[digits] != '\0' ||
        strtol(*out_port, NULL, 10) > 65535)
        return bad_address(listen, "the port is no number from 0 to 65535", err);
    return GD_DONE;
}

static bool is_loopback(const struct sockaddr *address)
{
    const struct sockaddr_in *v4 = (const void *)address;
    const struct sockaddr_in6 *v6 = (const void *)address;
    if (address->sa_family == AF_INET)
        return (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
    return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

/* What the system chose: the port above all. */
GD_MUST static struct gd_status name_address(struct gd_door *door, struct gd_error *err)
{
    struct sockaddr_storage bound = {0};
    socklen_t size = sizeof bound;
    char host[INET6_ADDRSTRLEN], port[8];
    if (getsockname(door->descriptor, (struct sockaddr *)&bound, &size) != 0 ||
        getnameinfo((struct sockaddr *)&bound, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return gd_fail(err, GD_SYSTEM, "could not tell where the door listens: %s",
                       strerror(errno));
    bool v6 = bound.ss_family == AF_INET6;
    door->host = gd_arena_strdup(door->arena, host);
    door->port = gd_arena_strdup(door->arena, port);
    door->where = gd_arena_printf(door->arena, v6 ? "[%s]:%s" : "%s:%s", host, port);
    return GD_DONE;
}

GD_MUST static struct gd_status listen_tcp(struct gd_door *door, const char *listen, bool tls,
                                           struct gd_error *err)
{
    static const struct addrinfo wanted = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                                           .ai_socktype = SOCK_STREAM};
    const char *host = NULL, *port = NULL;
    struct addrinfo *found = NULL;
    GD_TRY(split_address(listen, door->arena, &host, &port, err));
    if (getaddrinfo(host, port, &wanted, &found) != 0)
        return bad_address(listen, "it is no address", err);
    struct gd_status status;
    if (!tls && !is_loopback(found->ai_addr))
        status = gd_hint(err,
                         gd_fail(err, GD_USAGE,
                                 "could not listen on \"%s\": others than this machine can reach "
                                 "it, and there is no certificate for TLS",
                                 listen),
                         "Give a certificate and its key, or listen on 127.0.0.1.");
    else
        status = listen_at(door, found->ai_addr, found->ai_addrlen, listen, err);
    freeaddrinfo(found);
    GD_TRY(status);
    return name_address(door, err);
}

struct gd_status gd_door_listen(struct gd_door *door, const char *listen, bool tls,
                                struct gd_error *err)
{
    static const char prefix[] = "unix:";
    if (listen == NULL || *listen == '\0') { /* a machine may have the one or the other */
        struct gd_error first = {0};
        return listen_tcp(door, "127.0.0.1:0", tls, &first).code == GD_OK
                   ? GD_DONE
                   : listen_tcp(door, "[::1]:0", tls, err);
    }
    if (strncmp(listen, prefix, strlen(prefix)) != 0)
        return listen_tcp(door, listen, tls, err);
    const char *folder = listen + strlen(prefix);
    if (*folder != '\0' && *folder != '/')
        return bad_address(listen, "the folder does not begin with a slash", err);
    return listen_unix(door, folder, err);
}
