#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guardian/proxy/door_own.h"

static struct gd_door *open_door(const char *listen)
{
    struct gd_door *door = NULL;
    struct gd_error err = {0};
    struct gd_door_options options = {.listen = listen, .user = "me"};
    struct gd_status status = gd_door_open(&options, &door, &err);
    if (status.code != GD_OK)
        fail_msg("%s", err.text);
    return door;
}

/* --- where it listens --------------------------------------------------------------------------
 */

static int knock_tcp(const struct gd_door *door)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)strtoul(door->port, NULL, 10))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(descriptor, (struct sockaddr *)&address, sizeof address), 0);
    return descriptor;
}

static int knock_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0)
        return descriptor;
    close(descriptor);
    return -1;
}

static struct gd_stream *let_in(struct gd_door *door)
{
    struct pollfd one = {.fd = gd_door_descriptor(door), .events = POLLIN};
    assert_int_equal(poll(&one, 1, 5000), 1);
    return gd_door_accept(door);
}

static void by_default_it_is_a_free_port_of_this_machine(void **state)
{
    (void)state;
    gd_auto_door door = open_door(NULL);
    gd_auto_door other = open_door("localhost");
    assert_memory_equal(gd_door_where(door), "127.0.0.1:", 10);
    assert_string_not_equal(gd_door_where(door), gd_door_where(other));
    assert_string_not_equal(door->password, other->password);
    assert_int_equal(strlen(door->password), 64);
    assert_null(gd_door_accept(door));
    int client = knock_tcp(door);
    struct gd_stream *stream = let_in(door);
    assert_non_null(stream);
    assert_null(gd_door_accept(door));
    gd_stream_free(stream);
    gd_door_left(door);
    close(client);
}

static void a_unix_socket_lies_in_a_closed_folder_and_goes_with_the_door(void **state)
{
    (void)state;
    struct stat about = {0};
    struct gd_door *door = open_door("unix:");
    char folder[200], path[220];
    snprintf(folder, sizeof folder, "%s", door->host);
    snprintf(path, sizeof path, "%s/.s.PGSQL.5432", folder);
    assert_int_equal(stat(folder, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0700);
    int client = knock_unix(path);
    assert_true(client >= 0);
    struct gd_stream *stream = let_in(door);
    assert_non_null(stream);
    gd_stream_free(stream);
    close(client);
    gd_door_close(door);
    assert_int_not_equal(stat(folder, &about), 0);
}

/* Root may look anywhere, and a folder may have been opened by mistake: the process that asks is
 * looked at, too. */
static void another_users_process_does_not_come_in(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    gd_auto_door door = open_door("unix:");
    assert_int_equal(chmod(door->host, 0755), 0);
    assert_int_equal(chmod(door->socket, 0777), 0);
    pid_t child = fork();
    if (child == 0) {
        char byte = 0;
        if (setgid(65534) != 0 || setuid(65534) != 0)
            _exit(2);
        int client = knock_unix(door->socket);
        _exit(client >= 0 && read(client, &byte, 1) == 0 ? 0 : 1);
    }
    assert_null(let_in(door));
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(gd_door_turned_away(door), 1);
}

static void a_named_folder_is_made_or_must_be_closed(void **state)
{
    (void)state;
    char above[] = "/tmp/gd-door-XXXXXX", listen[100], path[100];
    struct gd_error err = {0};
    struct gd_door *second = NULL;
    assert_non_null(mkdtemp(above));
    snprintf(listen, sizeof listen, "unix:%s/door", above);
    snprintf(path, sizeof path, "%s/door", above);
    struct gd_door_options options = {.listen = listen};
    struct gd_door *door = open_door(listen);

    /* Two at one place. */
    assert_int_equal(gd_door_open(&options, &second, &err).code, GD_USAGE);
    assert_non_null(strstr(err.text, "another one does"));
    assert_true(knock_unix(door->socket) >= 0); /* the first is still there */
    gd_door_close(door);
    assert_int_equal(access(path, F_OK), -1);

    /* Left by one that was killed. */
    char dead[108];
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(dead, sizeof dead, "%.90s/.s.PGSQL.5432", path);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", dead);
    int left = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(left, (struct sockaddr *)&address, sizeof address), 0);
    close(left);
    door = open_door(listen);
    gd_door_close(door);
    assert_int_equal(access(path, F_OK), 0); /* it was there before us */
    assert_int_equal(access(dead, F_OK), -1);

    assert_int_equal(chmod(path, 0750), 0);
    assert_int_equal(gd_door_open(&options, &second, &err).code, GD_USAGE);
    assert_non_null(strstr(err.text, "closed to all others"));
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(above), 0);
}

static void what_cannot_be_listened_on_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *listen, *words;
    } cases[] = {
        {"0.0.0.0", "no certificate"},
        {"0.0.0.0:6432", "no certificate"},
        {"[::]:0", "no certificate"},
        {"192.0.2.1:0", "no certificate"},
        {"127.0.0.1:70000", "port"},
        {"127.0.0.1:", "port"},
        {"127.0.0.1:x", "port"},
        {"[::1:0", "bracket"},
        {"db.example.org:0", "no address"},
        {"unix:relative", "slash"},
        {"unix:/proc/nowhere", "could not make folder"},
        {"unix:/tmp", "closed to all others"},
        {"unix:/tmp/a-folder-with-a-name-that-is-far-too-long-for-what-the-kernel-takes-as-the-"
         "address-of-a-socket-of-its-own",
         "at most 107 bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gd_door *door = NULL;
        struct gd_error err = {0};
        struct gd_door_options options = {.listen = cases[i].listen};
        assert_int_equal(gd_door_open(&options, &door, &err).code, GD_USAGE);
        if (strstr(err.text, cases[i].words) == NULL)
            fail_msg("%s: %s", cases[i].listen, err.text);
    }
}

static void one_without_a_descriptor_to_spare_turns_clients_away(void **state)
{
    (void)state;
    struct rlimit before = {0}, few = {0};
    gd_auto_door door = open_door(NULL);
    int client = knock_tcp(door), taken[256];
    size_t count = 0;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = (struct rlimit){64, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    while (count < 256 && (taken[count] = dup(client)) >= 0)
        count++;
    assert_true(count < 64);
    assert_null(let_in(door));
    assert_null(gd_door_accept(door));
    while (count > 0)
        close(taken[--count]);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    char byte = 0;
    assert_true(read(client, &byte, 1) <= 0);
    close(client);
    assert_int_equal(gd_door_turned_away(door), 1);
}

/* --- who comes in ------------------------------------------------------------------------------
 */

#define VERIFIER                                                                                   \
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"    \
    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="

static struct gd_status open_with_users(const char *text, struct gd_door **out_door,
                                        struct gd_error *err)
{
    char path[] = "/tmp/gd-users-XXXXXX";
    int file = mkstemp(path);
    assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
    struct gd_door_options options = {.users = path};
    struct gd_status status = gd_door_open(&options, out_door, err);
    unlink(path);
    return status;
}

static void users_come_from_a_file(void **state)
{
    (void)state;
    gd_auto_door door = NULL;
    gd_auto_door again = NULL;
    struct gd_error err = {0};
    struct gd_scram_verifier known, nobody, same;
    static const char text[] = "# who may\n\n\"me\" \"" VERIFIER "\"\n"
                               "  \"a \"\"b\"\"\"\t\"" VERIFIER "\"  \n; end";
    assert_int_equal(open_with_users(text, &door, &err).code, GD_OK);
    assert_int_equal(open_with_users(text, &again, &err).code, GD_OK);
    assert_true(gd_door_verifier(door, "me", &known));
    assert_true(gd_door_verifier(door, "a \"b\"", &known));
    assert_false(gd_door_verifier(door, "a", &nobody));
    assert_false(gd_door_verifier(again, "a", &same));
    assert_memory_equal(nobody.salt, same.salt, GD_SCRAM_SALT_BYTES);
    assert_int_equal(nobody.iterations, 4096);
}

static void a_file_of_users_with_a_mistake_is_refused_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", "names nobody"},
        {"# nobody\n", "names nobody"},
        {"\nme " VERIFIER, "line 2: it is not two texts"},
        {"\"me\" \"" VERIFIER, "line 1: it is not two texts"},
        {"\"me\" \"" VERIFIER "\" x", "line 1: it is not two texts"},
        {"\"\" \"" VERIFIER "\"", "line 1: the name is empty"},
        {"\"me\" \"md5aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
         "line 1: the second text is no verifier"},
        {"\"me\" \"" VERIFIER "\"\n\"me\" \"" VERIFIER "\"", "line 2: that user was there before"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gd_door *door = NULL;
        struct gd_error err = {0};
        assert_int_equal(open_with_users(cases[i].text, &door, &err).code, GD_USAGE);
        if (strstr(err.text, cases[i].words) == NULL)
            fail_msg("%s", err.text);
        assert_null(strstr(err.text, "W22Za"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_default_it_is_a_free_port_of_this_machine),
        cmocka_unit_test(a_unix_socket_lies_in_a_closed_folder_and_goes_with_the_door),
        cmocka_unit_test(another_users_process_does_not_come_in),
        cmocka_unit_test(a_named_folder_is_made_or_must_be_closed),
        cmocka_unit_test(what_cannot_be_listened_on_is_said),
        cmocka_unit_test(one_without_a_descriptor_to_spare_turns_clients_away),
        cmocka_unit_test(users_come_from_a_file),
        cmocka_unit_test(a_file_of_users_with_a_mistake_is_refused_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
