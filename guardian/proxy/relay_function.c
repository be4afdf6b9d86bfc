/*
 * FunctionCall: a function by its OID, as libpq's large objects use it. The gate knows SQL, so a
 * call that means the same as a SELECT is shown to it as that; any other is refused.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "guardian/proxy/relay_own.h"

/* Fixed in every server since there were large objects (pg_proc.dat). */
static const struct {
    uint32_t oid;
    const char *name;
} known[] = {
    {952, "lo_open"},        {953, "lo_close"},     {954, "loread"},      {955, "lowrite"},
    {956, "lo_lseek"},       {957, "lo_creat"},     {958, "lo_tell"},     {964, "lo_unlink"},
    {715, "lo_create"},      {1004, "lo_truncate"}, {3170, "lo_lseek64"}, {3171, "lo_tell64"},
    {3172, "lo_truncate64"},
};

static const char *name_of(uint32_t oid)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].oid == oid)
            return known[i].name;
    return NULL;
}

/* Numbers as they are; of bytes, which are only ever written, that they are some. */
static bool print_argument(struct gd_wire_cursor *body, bool first, char *text, size_t size)
{
    const char *comma = first ? "" : ", ";
    uint32_t length = gd_wire_read_u32(body);
    if (length == 4) {
        snprintf(text, size, "%s%" PRId32, comma, (int32_t)gd_wire_read_u32(body));
    } else if (length == 8) {
        uint64_t high = gd_wire_read_u32(body);
        snprintf(text, size, "%s%" PRId64, comma, (int64_t)(high << 32 | gd_wire_read_u32(body)));
    } else {
        snprintf(text, size, "%s'\\x'", comma);
        size_t there = (size_t)(body->end - body->at);
        body->at += length < there ? length : there;
        return !first; /* the first of all of them is a number */
    }
    return !body->short_of;
}

bool gd_function_text(const struct gd_wire_message *message, char text[GD_FUNCTION_TEXT_SIZE])
{
    struct gd_wire_cursor body = gd_wire_body(message);
    const char *name = name_of(gd_wire_read_u32(&body));
    unsigned formats = gd_wire_read_u16(&body), format = gd_wire_read_u16(&body);
    bool binary = formats == 1 && format == 1;
    unsigned count = gd_wire_read_u16(&body);
    if (name == NULL || !binary || count > 3 || body.short_of)
        return false;
    char arguments[3][32] = {"", "", ""};
    for (unsigned i = 0; i < count; i++)
        if (!print_argument(&body, i == 0, arguments[i], sizeof arguments[i]))
            return false;
    snprintf(text, GD_FUNCTION_TEXT_SIZE, "SELECT pg_catalog.%s(%s%s%s)", name, arguments[0],
             arguments[1], arguments[2]);
    return true;
}
