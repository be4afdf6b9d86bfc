#include "guardian/base/status.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#undef gd_fail /* what an analyzer sees in their place */
#undef gd_hint
#undef gd_wrap

static const struct {
    const char *name;
    int exit_status;
    const char *meaning;
} codes[] = {
#define X(name, exit_status, meaning) {#name, exit_status, meaning},
    GD_CODES(X)
#undef X
};

/* A text that was cut must not end inside a UTF-8 character. */
static void trim_to_character(char *text, size_t size)
{
    size_t length = strlen(text);
    if (length + 1 < size)
        return;
    size_t start = length;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start > 0 && (unsigned char)text[start - 1] >= 0xC0)
        text[start - 1] = '\0';
}

static void __attribute__((format(printf, 3, 0)))
fill(char *into, size_t size, const char *format, va_list arguments)
{
    int written = vsnprintf(into, size, format, arguments);
    if (written >= (int)size)
        trim_to_character(into, size);
}

struct gd_status gd_fail(struct gd_error *err, enum gd_code code, const char *format, ...)
{
    assert(err != NULL && code != GD_OK);
    va_list arguments;
    va_start(arguments, format);
    fill(err->text, sizeof err->text, format, arguments);
    va_end(arguments);
    err->hint[0] = '\0';
    err->code = code;
    return (struct gd_status){code};
}

struct gd_status gd_hint(struct gd_error *err, struct gd_status status, const char *format, ...)
{
    assert(err != NULL && status.code != GD_OK);
    va_list arguments;
    va_start(arguments, format);
    fill(err->hint, sizeof err->hint, format, arguments);
    va_end(arguments);
    return status;
}

struct gd_status gd_wrap(struct gd_error *err, struct gd_status status, const char *format, ...)
{
    assert(err != NULL && status.code != GD_OK);
    char below[GD_ERROR_TEXT_SIZE];
    memcpy(below, err->text, sizeof below);
    va_list arguments;
    va_start(arguments, format);
    fill(err->text, sizeof err->text, format, arguments);
    va_end(arguments);
    size_t used = strlen(err->text);
    if (snprintf(err->text + used, sizeof err->text - used, "%s", below) >=
        (int)(sizeof err->text - used))
        trim_to_character(err->text, sizeof err->text);
    return status;
}

int gd_exit_status(enum gd_code code)
{
    assert((size_t)code < sizeof codes / sizeof codes[0]);
    return codes[code].exit_status;
}

const char *gd_code_meaning(enum gd_code code)
{
    assert((size_t)code < sizeof codes / sizeof codes[0]);
    return codes[code].meaning;
}

const char *gd_code_name(enum gd_code code)
{
    assert((size_t)code < sizeof codes / sizeof codes[0]);
    return codes[code].name;
}
