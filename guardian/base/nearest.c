#include "guardian/base/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

enum { WORD_MAX = 63 };

static size_t least(size_t left, size_t right)
{
    return left < right ? left : right;
}

static bool same_letter(char left, char right)
{
    return tolower((unsigned char)left) == tolower((unsigned char)right);
}

size_t gd_edit_distance(const char *left, const char *right)
{
    size_t rows = strlen(left), columns = strlen(right);
    if (rows > WORD_MAX || columns > WORD_MAX)
        return SIZE_MAX;

    size_t cost[WORD_MAX + 1][WORD_MAX + 1]; /* cost[i][j]: first i of left into first j of right */
    for (size_t i = 0; i <= rows; i++)
        cost[i][0] = i;
    for (size_t j = 0; j <= columns; j++)
        cost[0][j] = j;
    for (size_t i = 1; i <= rows; i++) {
        for (size_t j = 1; j <= columns; j++) {
            size_t change = same_letter(left[i - 1], right[j - 1]) ? 0 : 1;
            cost[i][j] =
                least(least(cost[i - 1][j], cost[i][j - 1]) + 1, cost[i - 1][j - 1] + change);
            if (i > 1 && j > 1 && same_letter(left[i - 1], right[j - 2]) &&
                same_letter(left[i - 2], right[j - 1]))
                cost[i][j] = least(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    }
    return cost[rows][columns];
}

static const char *only_completion(const char *word, const char *const *candidates, size_t count)
{
    const char *found = NULL;
    for (size_t i = 0; i < count; i++) {
        if (word[0] == '\0' || strncasecmp(candidates[i], word, strlen(word)) != 0)
            continue;
        if (found != NULL)
            return NULL;
        found = candidates[i];
    }
    return found;
}

const char *gd_nearest(const char *word, const char *const *candidates, size_t count)
{
    const char *found = NULL;
    size_t found_distance = (strlen(word) + 2) / 3 + 1; /* the first distance that is too far */
    for (size_t i = 0; i < count; i++) {
        size_t distance = gd_edit_distance(word, candidates[i]);
        if (distance < found_distance && distance < strlen(candidates[i])) {
            found = candidates[i];
            found_distance = distance;
        }
    }
    return found != NULL ? found : only_completion(word, candidates, count);
}
