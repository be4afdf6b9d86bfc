/* Any bytes as an answer of a server: read or refused with words, and what is read is a tree. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "guardian/store/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count(const struct gd_xml *element)
{
    size_t found = 0;
    for (; element != NULL; element = element->next) {
        assert(element->name[0] != '\0' && element->text != NULL);
        found += 1 + count(element->child);
    }
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    const struct gd_xml *root = NULL;
    struct gd_status status = gd_xml_parse((const char *)data, size, arena, &root, &err);
    if (status.code == GD_OK) {
        assert(root->next == NULL && count(root) <= size);
        return 0;
    }
    assert(status.code == GD_CORRUPT && err.text[0] != '\0');
    return 0;
}
