/*
 * HTTP: what its parts share: connections that are kept and requests under way (http_transfer.c),
 * and moving bytes (http.c).
 */
#ifndef GUARDIAN_IO_HTTP_OWN_H
#define GUARDIAN_IO_HTTP_OWN_H

#include <curl/curl.h>
#include <pthread.h>

#include "guardian/io/http.h"

/* A multi handle has its own cache of connections: a line is one kept connection. */
struct gd_http_line {
    CURLM *multi;
    CURL *easy;
    curl_socket_t socket; /* the newest, maybe closed already */
    struct gd_http_line *next;
};

struct gd_http {
    struct gd_http_options options;
    char *ca_file;
    pthread_mutex_t lock; /* over what follows */
    struct gd_http_line *idle;
    unsigned busy;
};

/* One request under way. */
struct gd_http_transfer {
    struct gd_source source; /* of a body that is read as it comes */
    struct gd_http *http;
    struct gd_http_line *line;
    struct curl_slist *headers;
    const struct gd_http_request *request; /* only while run or open is in progress */
    const atomic_bool *stop;
    bool cleaning_up;
    int64_t begun_us, moved_us;
    curl_off_t moved;

    size_t sent; /* of the request's body */

    struct gd_arena *arena; /* of the answer's head */
    const char **head;
    size_t head_count;
    int status;
    bool head_done;

    bool streaming;
    char *body; /* whole; or, when streaming, what was not read yet */
    size_t body_begin, body_end, body_capacity;
    char *into; /* the reader's own buffer, filled first */
    size_t into_size, into_filled;

    bool done, paused, too_long;
    CURLcode result;
    char why[CURL_ERROR_SIZE];
    char where[160]; /* host and port */
};

/* Does its body go to a reader as it comes? What an error says is kept whole. */
static inline bool gd_http_is_streamed(const struct gd_http_transfer *transfer)
{
    return transfer->streaming && transfer->status <= 299;
}

/* Set up on a connection of its own, new or kept; not yet begun. */
struct gd_http_transfer *gd_http_transfer_new(struct gd_http *http,
                                              const struct gd_http_request *request,
                                              struct gd_arena *arena, bool streaming);
/* What ended early leaves its connection closed by libcurl; one whose upload failed or was refused
 * may hold bytes that nobody waits for, and is dropped. */
void gd_http_transfer_free(struct gd_http_transfer *transfer);

#endif
