#include "guardian/store/keys.h"

#include <string.h>

static bool is_letter_of_keys(char letter)
{
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || (letter != '\0' && strchr("._~-", letter) != NULL);
}

/* One segment; `rest` is where it ends. @return NULL, or why it is none. */
static const char *segment_problem(const char *segment, const char **out_rest)
{
    const char *at = segment;
    while (is_letter_of_keys(*at))
        at++;
    *out_rest = at;
    if (*at != '\0' && *at != '/')
        return "letters, digits and \"._~-\" between slashes are allowed";
    if (at == segment)
        return "a part between slashes is empty";
    if (segment[0] == '.')
        return "a part begins with a dot";
    return at - segment > GD_KEY_SEGMENT_MAX ? "a part between slashes is too long" : NULL;
}

/* `cut`: the last segment may be empty, because the text is only the beginning of a key. */
static const char *problem_of(const char *key, bool cut)
{
    if (strlen(key) > GD_KEY_BYTES_MAX)
        return "it is too long";
    const char *rest = key;
    do {
        const char *segment = rest + (rest != key);
        if (cut && *segment == '\0')
            return NULL;
        const char *problem = segment_problem(segment, &rest);
        if (problem != NULL)
            return problem;
    } while (*rest == '/');
    return NULL;
}

struct gd_status gd_store_key_check(const char *key, struct gd_error *err)
{
    const char *problem = problem_of(key, false);
    if (problem == NULL)
        return GD_DONE;
    return gd_fail(err, GD_USAGE, "\"%.200s\" cannot be the key of an object: %s", key, problem);
}

struct gd_status gd_store_prefix_check(const char *prefix, bool folder, struct gd_error *err)
{
    size_t length = strlen(prefix);
    const char *problem = problem_of(prefix, true);
    if (problem == NULL && folder && length > 0 && prefix[length - 1] != '/')
        problem = "a folder ends with a slash";
    if (problem == NULL)
        return GD_DONE;
    return gd_fail(err, GD_USAGE, "\"%.200s\" cannot be the beginning of keys: %s", prefix,
                   problem);
}

bool gd_store_segment_valid(const char *name)
{
    const char *rest;
    return segment_problem(name, &rest) == NULL && *rest == '\0';
}
