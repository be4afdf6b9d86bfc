/* Net key: see net_key.h. */
#include "guardian/journal/net_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/io/hmac.h"
#include "guardian/journal/journal.h"

enum { TEXT_SIZE = 2 * GD_NET_SECRET_SIZE, NAME_SIZE = 64 };

static void name_of(const char *id, bool sealed, char out_name[NAME_SIZE])
{
    (void)snprintf(out_name, NAME_SIZE, "v1/nets/%s.zst%s", id, sealed ? ".sealed" : "");
}

struct gd_status gd_net_key_put(struct gd_store *store, const struct gd_key *key,
                                const struct gd_net *net, struct gd_error *err)
{
    char name[NAME_SIZE], id[GD_NET_ID_SIZE], text[TEXT_SIZE + 1];
    gd_net_key_id(net, id);
    name_of(id, key != NULL, name);
    int size = snprintf(text, sizeof text, "%s\n%s\n", net->inside, net->outside);
    struct gd_status status = gd_journal_keep(store, name, text, (size_t)size, key, err);
    gd_wipe(text, sizeof text);
    return status;
}

static bool is_secret(const char *text)
{
    return strspn(text, "0123456789abcdef") == GD_NET_SECRET_SIZE - 1 &&
           text[GD_NET_SECRET_SIZE - 1] == '\n';
}

GD_MUST static struct gd_status read_one(struct gd_store *store, const char *name,
                                         const struct gd_key *key, struct gd_net *net,
                                         struct gd_error *err)
{
    char *text = NULL, id[GD_NET_ID_SIZE];
    size_t size = 0;
    GD_TRY(gd_journal_attachment(store, name, key, TEXT_SIZE, &text, &size, err));
    bool good = size == TEXT_SIZE && is_secret(text) && is_secret(text + GD_NET_SECRET_SIZE);
    if (good) {
        memcpy(net->inside, text, GD_NET_SECRET_SIZE - 1);
        memcpy(net->outside, text + GD_NET_SECRET_SIZE, GD_NET_SECRET_SIZE - 1);
        gd_net_key_id(net, id);
        good = strcmp(id, net->key_id) == 0;
    }
    gd_wipe(text, size);
    free(text);
    if (!good)
        return gd_fail(err, GD_CORRUPT, "\"%s\" is not the key of a net", name);
    net->keyed = true;
    return GD_DONE;
}

GD_MUST static struct gd_status find(struct gd_store *store, const struct gd_key *key,
                                     struct gd_net *net, struct gd_error *err)
{
    for (int sealed = 0; sealed < 2 && net->key_id[0] != '\0' && !net->keyed; sealed++) {
        char name[NAME_SIZE];
        bool there = false;
        name_of(net->key_id, sealed == 1, name);
        GD_TRY(gd_store_head(store, name, &there, NULL, err));
        if (there)
            GD_TRY(read_one(store, name, key, net, err));
    }
    return GD_DONE;
}

struct gd_status gd_net_open(struct gd_pg *pg, struct gd_store *store, const struct gd_key *key,
                             struct gd_arena *arena, struct gd_net *out_net, struct gd_error *err)
{
    GD_TRY(gd_net_look(pg, arena, out_net, err));
    if (out_net->triggers == 0 || out_net->keyed)
        return GD_DONE;
    GD_TRY(find(store, key, out_net, err));
    if (out_net->keyed)
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_UNPROTECTED,
                           "the second net of %s would refuse the change, and its key %s is "
                           "neither in %s nor to be read in the database",
                           gd_pg_where(pg), out_net->key_id, gd_store_url(store)),
                   "Use the store that guardian install was given, or let role \"%s\" run guardian "
                   "install again with this one.",
                   out_net->owner);
}
