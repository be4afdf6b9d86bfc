/*
 * Prepared statements and portals of a session, as the server knows them: what a name means is
 * settled when the server has said so, and what was sent after it is found before.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/memory.h"
#include "guardian/proxy/relay_own.h"

/* Portals go with every transaction, and are few: they have the first buckets to themselves. */
enum { PORTALS = 8 };

static size_t bucket_of(bool portal, const char *name)
{
    size_t hash = 5;
    for (size_t i = 0; i < GD_WIRE_NAME_MAX && name[i] != '\0'; i++)
        hash = hash * 31 + (unsigned char)name[i];
    return portal ? hash % PORTALS : PORTALS + hash % (GD_NAMES_BUCKETS - PORTALS);
}

static bool is(const struct gd_named *named, bool portal, const char *name)
{
    return named->portal == portal && strncmp(named->name, name, GD_WIRE_NAME_MAX) == 0;
}

struct gd_named *gd_names_find(const struct gd_names *names, bool portal, const char *name)
{
    struct gd_named *named = names->buckets[bucket_of(portal, name)];
    while (named != NULL && !is(named, portal, name))
        named = named->next;
    return named;
}

struct gd_named *gd_names_add(struct gd_names *names, bool portal, const char *name)
{
    struct gd_named **bucket = &names->buckets[bucket_of(portal, name)];
    struct gd_named *named = gd_memory_new(sizeof *named);
    memcpy(named->name, name, strnlen(name, GD_WIRE_NAME_MAX));
    named->portal = portal;
    named->pending = true;
    named->next = *bucket;
    *bucket = named;
    names->portals += portal;
    return named;
}

/* It was let through, and then nobody ran it: the gate shall know. */
static void note_unrun(struct gd_names *names, const struct gd_named *named)
{
    if (!named->portal || named->ticket == 0 || named->executed)
        return;
    if (names->unrun_count == names->unrun_capacity) {
        names->unrun_capacity = names->unrun_capacity * 2 + 4;
        names->unrun = gd_memory_grow(names->unrun, names->unrun_capacity * sizeof *names->unrun);
    }
    names->unrun[names->unrun_count++] = named->ticket;
}

static void remove_at(struct gd_names *names, struct gd_named **place)
{
    struct gd_named *named = *place;
    *place = named->next;
    note_unrun(names, named);
    names->bytes -= named->size;
    names->portals -= named->portal;
    free(named->text);
    free(named->types);
    free(named->tag);
    free(named);
}

void gd_names_settle(struct gd_names *names, struct gd_named *named)
{
    named->pending = false;
    for (struct gd_named **place = &named->next; *place != NULL;) {
        if (is(*place, named->portal, named->name))
            remove_at(names, place);
        else
            place = &(*place)->next;
    }
}

void gd_names_drop(struct gd_names *names, struct gd_named *named)
{
    struct gd_named **place = &names->buckets[bucket_of(named->portal, named->name)];
    while (*place != named)
        place = &(*place)->next;
    remove_at(names, place);
}

void gd_names_close(struct gd_names *names, bool portal, const char *name)
{
    for (struct gd_named **place = &names->buckets[bucket_of(portal, name)]; *place != NULL;) {
        if (is(*place, portal, name) && !(*place)->pending)
            remove_at(names, place);
        else
            place = &(*place)->next;
    }
}

static void clear(struct gd_names *names, bool portals_only)
{
    for (size_t i = 0; i < (portals_only ? (size_t)PORTALS : (size_t)GD_NAMES_BUCKETS); i++)
        for (struct gd_named **place = &names->buckets[i]; *place != NULL;) {
            if (!portals_only || ((*place)->portal && !(*place)->pending))
                remove_at(names, place);
            else
                place = &(*place)->next;
        }
}

void gd_names_end_transaction(struct gd_names *names)
{
    if (names->portals > 0)
        clear(names, true);
}

void gd_names_done(struct gd_names *names)
{
    clear(names, false);
    free(names->unrun);
}
