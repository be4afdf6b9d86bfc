#include "guardian/classify/builtins.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

struct builtin {
    const char *name;
    enum gd_builtin verdict;
};

static const struct builtin functions[] = {
#define GD_BUILTIN(name, verdict) {name, GD_BUILTIN_##verdict},
#include "guardian/classify/builtins.def"
#undef GD_BUILTIN
};

static const char *const operators[] = {
#define GD_BUILTIN_OPERATOR(name) name,
#include "guardian/classify/builtins.def"
#undef GD_BUILTIN_OPERATOR
};

static int compare_builtin(const void *key, const void *entry)
{
    return strcmp(key, ((const struct builtin *)entry)->name);
}

static int compare_operator(const void *key, const void *entry)
{
    return strcmp(key, *(const char *const *)entry);
}

enum gd_builtin gd_builtin_function(const char *name)
{
    const struct builtin *found =
        bsearch(name, functions, COUNT(functions), sizeof functions[0], compare_builtin);
    return found == NULL ? GD_BUILTIN_NONE : found->verdict;
}

bool gd_builtin_operator(const char *name)
{
    return bsearch(name, operators, COUNT(operators), sizeof operators[0], compare_operator) !=
           NULL;
}

const char *gd_builtin_function_at(size_t index)
{
    return index < COUNT(functions) ? functions[index].name : NULL;
}
