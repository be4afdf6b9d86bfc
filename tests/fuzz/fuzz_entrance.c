/*
 * Fuzz: a client before it is in. Whatever comes, in whatever pieces, the answer is bounded, what
 * was refused stays refused, and nobody gets in without the password.
 *
 * The first byte is the size of the pieces; bit 7: the door has users of its own.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/proxy/door_own.h"
#include "guardian/proxy/entrance.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Nobody listens there: an entrance asks its door only who may come in. */
static struct gd_door *make_door(bool users)
{
    static struct gd_door door, with_users;
    static struct gd_door_user user = {.name = "me"};
    if (door.client_max == 0) {
        door = (struct gd_door){.client_max = 10, .user = "me", .password = "secret"};
        gd_scram_verifier_make("secret", 1, &door.verifier);
        user.verifier = door.verifier;
        with_users = (struct gd_door){.client_max = 10, .users = &user, .user_count = 1};
    }
    return users ? &with_users : &door;
}

static void check_reply(const struct gd_entrance_reply *reply, size_t given, bool over)
{
    assert(reply->used <= given);
    assert(reply->size <= 16384);
    assert(!over || reply->size == 0); /* nothing is said behind the last word */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    gd_auto_arena arena = gd_arena_new();
    struct gd_entrance *entrance = NULL;
    struct gd_error err = {0};
    struct gd_door *door = make_door((data[0] & 0x80) != 0);
    size_t piece = (data[0] & 0x7F) + 1;
    enum gd_entrance_state state = GD_ENTRANCE_WAITS;
    struct gd_status status = gd_entrance_new(door, NULL, arena, &entrance, &err);
    assert(status.code == GD_OK);
    for (size_t at = 1; at < size;) {
        struct gd_entrance_reply reply;
        size_t given = size - at < piece ? size - at : piece;
        uint8_t *copy = malloc(given); /* so that a byte too far is seen */
        assert(copy != NULL);
        memcpy(copy, data + at, given);
        enum gd_entrance_state next = gd_entrance_feed(entrance, copy, given, &reply);
        free(copy);
        check_reply(&reply, given, state != GD_ENTRANCE_WAITS);
        assert(state == GD_ENTRANCE_WAITS || next == state);
        assert(next != GD_ENTRANCE_IN); /* the nonce of the server is new each time */
        assert(reply.used == given);
        state = next;
        at += given;
    }
    gd_entrance_done(entrance);
    return 0;
}
