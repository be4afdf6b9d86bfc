#include "guardian/classify/finding.h"

#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

/* clang-format off */
static const char *const class_names[] = {
#define X(name, text) text,
    GD_CLASSES(X)
#undef X
};
static const char *const loss_names[] = {
#define X(name, text) text,
    GD_LOSSES(X)
#undef X
};
static const char *const scope_names[] = {
#define X(name, text) text,
    GD_SCOPES(X)
#undef X
};
static const char *const rerun_names[] = {
#define X(name, text) text,
    GD_RERUNS(X)
#undef X
};
static const struct { const char *name, *stops; } locks[] = {
#define X(name, text, stops) {text, stops},
    GD_LOCKS(X)
#undef X
};
/* clang-format on */

const char *gd_class_name(enum gd_class value)
{
    return class_names[value];
}

const char *gd_loss_name(enum gd_loss value)
{
    return loss_names[value];
}

const char *gd_scope_name(enum gd_scope value)
{
    return scope_names[value];
}

const char *gd_lock_name(enum gd_lock value)
{
    return locks[value].name;
}

const char *gd_lock_stops(enum gd_lock value)
{
    return locks[value].stops;
}

const char *gd_rerun_name(enum gd_rerun value)
{
    return rerun_names[value];
}

/* The place of `text` in `names`, or `count`. */
static size_t place(const char *text, const char *const *names, size_t count)
{
    size_t at = 0;
    while (at < count && strcmp(text, names[at]) != 0)
        at++;
    return at;
}

bool gd_class_parse(const char *text, enum gd_class *out_value)
{
    size_t at = place(text, class_names, COUNT(class_names));
    if (at == COUNT(class_names))
        return false;
    *out_value = (enum gd_class)at;
    return true;
}

bool gd_loss_parse(const char *text, enum gd_loss *out_value)
{
    size_t at = place(text, loss_names, COUNT(loss_names));
    if (at == COUNT(loss_names))
        return false;
    *out_value = (enum gd_loss)at;
    return true;
}

bool gd_scope_parse(const char *text, enum gd_scope *out_value)
{
    size_t at = place(text, scope_names, COUNT(scope_names));
    if (at == COUNT(scope_names))
        return false;
    *out_value = (enum gd_scope)at;
    return true;
}
