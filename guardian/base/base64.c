#include "guardian/base/base64.h"

#include <stdint.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void gd_base64_write(const void *data, size_t size, char *out_text)
{
    const unsigned char *bytes = data;
    for (size_t at = 0; at < size; at += 3) {
        size_t left = size - at;
        uint32_t group = (uint32_t)bytes[at] << 16;
        group |= left > 1 ? (uint32_t)bytes[at + 1] << 8 : 0;
        group |= left > 2 ? (uint32_t)bytes[at + 2] : 0;
        *out_text++ = digits[group >> 18];
        *out_text++ = digits[group >> 12 & 63];
        *out_text++ = left > 1 ? digits[group >> 6 & 63] : '=';
        *out_text++ = left > 2 ? digits[group & 63] : '=';
    }
    *out_text = '\0';
}

/* The bits of four characters; how many of them are padding. */
static bool read_group(const char *text, bool last, uint32_t *out_group, size_t *out_padding)
{
    size_t padding = !last || text[3] != '=' ? 0 : text[2] == '=' ? 2 : 1;
    uint32_t group = 0;
    for (size_t i = 0; i < 4; i++) {
        uint32_t bits = 0;
        if (i < 4 - padding) {
            const char *found = text[i] == '\0' ? NULL : strchr(digits, text[i]);
            if (found == NULL)
                return false;
            bits = (uint32_t)(found - digits);
        }
        group = group << 6 | bits;
    }
    *out_group = group;
    *out_padding = padding;
    return (group & ((1U << 8 * padding) - 1)) == 0;
}

bool gd_base64_read(const char *text, void *out_data, size_t capacity, size_t *out_size)
{
    unsigned char *bytes = out_data;
    size_t length = strlen(text), filled = 0;
    if (length % 4 != 0)
        return false;
    for (size_t at = 0; at < length; at += 4) {
        uint32_t group;
        size_t padding;
        if (!read_group(text + at, at + 4 == length, &group, &padding) ||
            capacity - filled < 3 - padding)
            return false;
        for (size_t i = 0; i < 3 - padding; i++)
            bytes[filled++] = (unsigned char)(group >> (16 - 8 * i));
    }
    *out_size = filled;
    return true;
}
