/*
 * Load: a policy's file to a policy, whole or not at all.
 *
 * Invariant  Everything a file says is either understood or an error with its place: words, units,
 *            patterns, names of environments, rules that can never decide.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "guardian/base/nearest.h"
#include "guardian/policy/schema.h"
#include "guardian/policy/units.h"
#include "guardian/policy/waiver.h"

enum { EXTENDS_MAX = 8 };

/* ---- the built-in ones ---- */

/* clang-format off */
static const struct gd_builtin_policy builtins[] = {
    {"default",
#include "policies/default.yaml.inc"
    },
    {"strict",
#include "policies/strict.yaml.inc"
    },
    {"boot",
#include "policies/boot.yaml.inc"
    },
    {"development",
#include "policies/development.yaml.inc"
    },
};
/* clang-format on */
enum { BUILTINS = sizeof builtins / sizeof builtins[0] };

const struct gd_builtin_policy *gd_policy_builtin(size_t index)
{
    return index < BUILTINS ? &builtins[index] : NULL;
}

/* ---- one file being loaded ---- */

struct load {
    const char *file;
    const struct load *from; /* the file that extends this one, or NULL */
    struct gd_arena *arena;
    struct gd_policy_yaml *yaml;
    const struct gd_yaml *tree;
    struct gd_policy *policy;
};

static struct gd_status load_named(const char *name, const struct load *from,
                                   struct gd_arena *arena, const struct gd_policy **out_policy,
                                   struct gd_error *err);

static struct gd_ground ground_at(const struct load *load, const struct gd_yaml *at)
{
    return (struct gd_ground){
        .policy = load->policy->name,
        .file = load->file,
        .line = at == NULL ? 0 : at->line,
        .column = at == NULL ? 0 : at->column,
    };
}

/* ---- limits ---- */

struct limit_row {
    const char *name;
    enum gd_unit_kind kind;
    uint64_t value;
    size_t offset, yaml_offset;
};

static const struct limit_row limit_rows[] = {
#define X(field, kind, value, meaning)                                                             \
    {#field, GD_UNIT_##kind, value, offsetof(struct gd_limits, field),                             \
     offsetof(struct gd_limits_yaml, field)},
    GD_LIMITS(X)
#undef X
};

static const char *unit_text(enum gd_unit_kind kind, uint64_t value, struct gd_arena *arena)
{
    if (kind == GD_UNIT_SIZE)
        return gd_size_text(value, arena);
    if (kind == GD_UNIT_DURATION)
        return gd_duration_text(value, arena);
    return gd_arena_printf(arena, "%llu", (unsigned long long)value);
}

static struct gd_status load_limits(struct load *load, struct gd_error *err)
{
    const struct gd_yaml *section = gd_yaml_get(load->tree, "limits");
    for (size_t i = 0; i < sizeof limit_rows / sizeof limit_rows[0]; i++) {
        const struct limit_row *row = &limit_rows[i];
        struct gd_limit *limit =
            (struct gd_limit *)(void *)((char *)&load->policy->limits + row->offset);
        const struct gd_yaml *at = gd_yaml_get(section, row->name);
        if (at != NULL) {
            const char *wrong = gd_unit_parse(row->kind, at->text, load->arena, &limit->value);
            if (wrong != NULL)
                return gd_yaml_fail(load->file, at, err, "\"%s\": %s", row->name, wrong);
            limit->text = at->text;
            limit->ground = ground_at(load, at);
        } else if (load->policy->base == NULL) {
            limit->value = row->value;
            limit->text = unit_text(row->kind, row->value, load->arena);
            limit->ground = ground_at(load, NULL);
        }
    }
    return GD_DONE;
}

/* ---- lists of patterns and of words ---- */

static struct gd_status load_patterns(struct load *load, const struct gd_yaml *list,
                                      struct gd_patterns *out_patterns, struct gd_error *err)
{
    size_t count = 0;
    for (const struct gd_yaml *at = list == NULL ? NULL : list->first; at != NULL; at = at->next)
        count++;
    out_patterns->items = gd_arena_zalloc(load->arena, count, sizeof *out_patterns->items);
    out_patterns->places = gd_arena_zalloc(load->arena, count, sizeof *out_patterns->places);
    const struct gd_yaml *at = list == NULL ? NULL : list->first;
    for (size_t i = 0; i < count; i++, at = at->next) {
        const char *wrong = gd_pattern_parse(at->text, load->arena, &out_patterns->items[i]);
        if (wrong != NULL)
            return gd_yaml_fail(load->file, at, err, "pattern \"%.60s\": %s", at->text, wrong);
        out_patterns->places[i] = ground_at(load, at);
    }
    out_patterns->count = count;
    return GD_DONE;
}

static bool has_word(char **words, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

/* `word` at `at` must be one of the policy's environments. */
static struct gd_status check_environment(const struct load *load, const struct gd_yaml *at,
                                          struct gd_error *err)
{
    const struct gd_policy *policy = load->policy;
    if (has_word(policy->environments, policy->environment_count, at->text))
        return GD_DONE;
    struct gd_status status = gd_yaml_fail(
        load->file, at, err, "\"%.60s\" is none of the policy's environments", at->text);
    if (policy->environment_count == 0)
        return gd_hint(err, status,
                       "Name all that there are at the top, so that a name with a slip in it is "
                       "never taken for one without rules: environments: [%.60s, staging]",
                       at->text);
    const char *words[16];
    size_t count = policy->environment_count < 16 ? policy->environment_count : 16;
    for (size_t i = 0; i < count; i++)
        words[i] = policy->environments[i];
    return gd_yaml_hint_words(status, at->text, words, count, err);
}

/* ---- rules ---- */

/* Keys that say something about a backup, in a rule that makes none. */
static struct gd_status forbid_backup_keys(const struct load *load, const struct gd_yaml *at,
                                           const char *why, struct gd_error *err)
{
    static const char *const keys[] = {"scope", "sealed", "proof"};
    for (size_t i = 0; i < 3; i++) {
        const struct gd_yaml *key = gd_yaml_get(at, keys[i]);
        if (key != NULL)
            return gd_yaml_fail(load->file, key, err, "\"%s\" means nothing here: %s", keys[i],
                                why);
    }
    return GD_DONE;
}

static struct gd_status check_backup_keys(const struct load *load, const struct gd_yaml *at,
                                          const struct gd_policy_rule *rule, struct gd_error *err)
{
    if (rule->action == GD_ACTION_GO)
        return forbid_backup_keys(load, at, "action \"go\" makes no backup, \"back up\" does", err);
    if (rule->action == GD_ACTION_REFUSE)
        return forbid_backup_keys(load, at, "what is refused needs no backup", err);
    if (rule->yaml.scope == 0)
        return gd_hint(err,
                       gd_yaml_fail(load->file, gd_yaml_get(at, "action"), err,
                                    "action \"%s\" does not say what the backup must hold",
                                    gd_action_name(rule->action)),
                       "Add scope: schema (definitions), tables (and the rows at stake) or "
                       "database (everything).");
    if (rule->action == GD_ACTION_BACKUP && rule->scope == GD_SCOPE_NONE)
        return gd_hint(err,
                       gd_yaml_fail(load->file, gd_yaml_get(at, "scope"), err,
                                    "action \"back up\" with scope \"none\" makes no backup"),
                       "Write action: go, if that is what is meant.");
    if (rule->scope < GD_SCOPE_TABLES && rule->yaml.sealed != 0)
        return gd_yaml_fail(load->file, gd_yaml_get(at, "sealed"), err,
                            "\"sealed\" means nothing here: scope \"%s\" holds no rows",
                            gd_scope_name(rule->scope));
    return GD_DONE;
}

static struct gd_status check_conditions(const struct load *load, const struct gd_yaml *at,
                                         struct gd_error *err)
{
    const struct gd_yaml *list = gd_yaml_get(at, "rule");
    for (const struct gd_yaml *id = list == NULL ? NULL : list->first; id != NULL; id = id->next)
        if (!gd_is_rule_id(id->text))
            return gd_hint(
                err, gd_yaml_fail(load->file, id, err, "\"%.60s\" is no id of a rule", id->text),
                "Ids are a letter and three digits (A015); `guardian classify` shows "
                "them.");
    list = gd_yaml_get(at, "environment");
    for (const struct gd_yaml *name = list == NULL ? NULL : list->first; name != NULL;
         name = name->next)
        GD_TRY(check_environment(load, name, err));
    return GD_DONE;
}

static struct gd_status load_rule(struct load *load, struct gd_policy_rule *rule,
                                  const struct gd_yaml *at, struct gd_error *err)
{
    rule->ground = ground_at(load, at);
    rule->action = (enum gd_action)(rule->yaml.action - 1);
    rule->scope = rule->yaml.scope == 0 ? GD_SCOPE_NONE : (enum gd_scope)(rule->yaml.scope - 1);
    rule->seal = rule->yaml.sealed == 0 ? GD_SEAL_AUTO : (enum gd_seal)(rule->yaml.sealed - 1);
    rule->proof =
        rule->yaml.proof == 0 ? GD_PROOF_DIGEST : (enum gd_proof_kind)(rule->yaml.proof - 1);
    rule->ask = rule->yaml.ask == 0 ? GD_ASK_NEVER : (enum gd_ask)(rule->yaml.ask - 1);
    if (rule->scope == GD_SCOPE_NONE)
        rule->proof = GD_PROOF_NONE;
    load->policy->by_environment |= rule->yaml.environments_count > 0;
    GD_TRY(check_backup_keys(load, at, rule, err));
    GD_TRY(check_conditions(load, at, err));
    return load_patterns(load, gd_yaml_get(at, "objects"), &rule->objects, err);
}

static bool covers_bits(uint32_t outer, uint32_t inner)
{
    return outer == 0 || (inner != 0 && (inner & ~outer) == 0);
}

/* Does `first` decide all that `second` could? A refusal that a waiver lifts leaves the next one to
 * decide, so it hides nothing. */
static bool hides(const struct gd_policy_rule *first, const struct gd_policy_rule *second)
{
    return first->action != GD_ACTION_REFUSE && first->yaml.objects_count == 0 &&
           first->yaml.environments_count == 0 && first->yaml.rules_count == 0 &&
           (first->yaml.empty == 0 || first->yaml.empty == second->yaml.empty) &&
           covers_bits(first->yaml.classes, second->yaml.classes) &&
           covers_bits(first->yaml.losses, second->yaml.losses);
}

static struct gd_status check_hidden(const struct load *load, size_t index, struct gd_error *err)
{
    const struct gd_policy_rule *rules = load->yaml->rules;
    for (size_t i = 0; i < index; i++)
        if (hides(&rules[i], &rules[index]))
            return gd_hint(
                err,
                gd_yaml_fail(load->file, gd_yaml_at(gd_yaml_get(load->tree, "rules"), index), err,
                             "this rule can never decide: the one on line %u matches all "
                             "that it does, and comes first",
                             rules[i].ground.line),
                "The first rule that matches decides. Put the narrower one first.");
    return GD_DONE;
}

static struct gd_status load_rules(struct load *load, struct gd_error *err)
{
    const struct gd_policy *base = load->policy->base;
    size_t own = load->yaml->rules_count, inherited = base == NULL ? 0 : base->rule_count;
    if (own + inherited == 0)
        return gd_hint(err, gd_yaml_fail(load->file, NULL, err, "the policy has no rules"),
                       "Add rules:, or begin with one that is built in: extends: default");
    const struct gd_policy_rule **all = gd_arena_zalloc(load->arena, own + inherited, sizeof *all);
    const struct gd_yaml *list = gd_yaml_get(load->tree, "rules");
    for (size_t i = 0; i < own; i++) {
        GD_TRY(load_rule(load, &load->yaml->rules[i], gd_yaml_at(list, i), err));
        GD_TRY(check_hidden(load, i, err));
        load->yaml->rules[i].number = i;
        all[i] = &load->yaml->rules[i];
    }
    for (size_t i = 0; i < inherited; i++) {
        struct gd_policy_rule *copy = gd_arena_zalloc(load->arena, 1, sizeof *copy);
        *copy = *base->rules[i];
        copy->number = own + i;
        all[own + i] = copy;
    }
    load->policy->rules = all;
    load->policy->rule_count = own + inherited;
    return GD_DONE;
}

/* ---- the rest of the file ---- */

static struct gd_status load_protected(struct load *load, struct gd_error *err)
{
    const struct gd_policy *base = load->policy->base;
    size_t own = load->yaml->protected_count, inherited = base == NULL ? 0 : base->protected_count;
    const struct gd_policy_protected **all =
        gd_arena_zalloc(load->arena, own + inherited, sizeof *all);
    for (size_t i = 0; i < own; i++) {
        struct gd_policy_protected *entry = &load->yaml->protected[i];
        const struct gd_yaml *at = gd_yaml_at(gd_yaml_get(load->tree, "protected"), i);
        entry->against = entry->yaml.against == 0 ? GD_AGAINST_CHANGE
                                                  : (enum gd_against)(entry->yaml.against - 1);
        entry->because = entry->yaml.because;
        GD_TRY(load_patterns(load, gd_yaml_get(at, "objects"), &entry->objects, err));
        all[i] = entry;
    }
    for (size_t i = 0; i < inherited; i++)
        all[own + i] = base->protected[i];
    load->policy->protected = all;
    load->policy->protected_count = own + inherited;
    return GD_DONE;
}

/* What a file says of another file starts from its own directory. */
static const char *beside(const struct load *from, const char *path, struct gd_arena *arena)
{
    const char *slash = from == NULL || path[0] == '/' ? NULL : strrchr(from->file, '/');
    if (slash == NULL)
        return path;
    return gd_arena_printf(arena, "%.*s/%s", (int)(slash - from->file), from->file, path);
}

static struct gd_status load_kept(struct load *load, const struct gd_yaml *list, bool files,
                                  struct gd_keep_entry *entries, size_t *count,
                                  struct gd_error *err)
{
    for (const struct gd_yaml *at = list == NULL ? NULL : list->first; at != NULL; at = at->next) {
        struct gd_pattern pattern;
        const char *wrong = files ? NULL : gd_pattern_parse(at->text, load->arena, &pattern);
        if (wrong != NULL)
            return gd_yaml_fail(load->file, at, err, "pattern \"%.60s\": %s", at->text, wrong);
        if (at->text[0] == '\0')
            return gd_yaml_fail(load->file, at, err, "the name is empty");
        entries[(*count)++] = (struct gd_keep_entry){
            .text = files ? beside(load, at->text, load->arena) : at->text,
            .file = files,
            .ground = ground_at(load, at),
        };
    }
    return GD_DONE;
}

/* Files and objects add up; the nearest word about what happens counts. */
static struct gd_status load_keep(struct load *load, struct gd_error *err)
{
    struct gd_keep_rule *keep = &load->policy->keep;
    const struct gd_keep_rule *base = load->policy->base == NULL ? NULL : &load->policy->base->keep;
    const struct gd_yaml *section = gd_yaml_get(load->tree, "keep");
    const struct gd_yaml *action = gd_yaml_get(section, "action");
    size_t inherited = base == NULL ? 0 : base->entry_count, count = 0;
    struct gd_keep_entry *all = gd_arena_zalloc(
        load->arena, inherited + load->yaml->keep.files_count + load->yaml->keep.objects_count + 1,
        sizeof *all);
    if (action != NULL)
        keep->action = (enum gd_keep_action)(load->yaml->keep.action - 1);
    if (action != NULL || base == NULL)
        keep->ground = ground_at(load, action);
    GD_TRY(load_kept(load, gd_yaml_get(section, "files"), true, all, &count, err));
    GD_TRY(load_kept(load, gd_yaml_get(section, "objects"), false, all, &count, err));
    for (size_t i = 0; i < inherited; i++)
        all[count++] = base->entries[i];
    keep->entries = all;
    keep->entry_count = count;
    return GD_DONE;
}

static struct gd_status load_waivers(struct load *load, struct gd_error *err)
{
    struct gd_policy *policy = load->policy;
    const struct gd_yaml *at = gd_yaml_get(load->tree, "waivers");
    const struct gd_yaml *lift = gd_yaml_get(load->tree, "waivers_may_lift");
    if (at != NULL) {
        policy->honours_waivers = load->yaml->waivers == GD_GIVEN(1);
        policy->waivers = ground_at(load, at);
        if (!policy->honours_waivers)
            policy->lifts = 0;
    }
    if (lift == NULL)
        return GD_DONE;
    if (!policy->honours_waivers)
        return gd_hint(
            err,
            gd_yaml_fail(load->file, lift, err,
                         "\"waivers_may_lift\" has no effect while waivers do not count"),
            "Add: waivers: honour");
    policy->lifts = load->yaml->waivers_may_lift;
    return GD_DONE;
}

static struct gd_status load_environments(struct load *load, struct gd_error *err)
{
    const struct gd_yaml *list = gd_yaml_get(load->tree, "environments");
    if (list == NULL)
        return GD_DONE;
    for (const struct gd_yaml *at = list->first; at != NULL; at = at->next)
        for (const struct gd_yaml *before = list->first; before != at; before = before->next)
            if (strcmp(before->text, at->text) == 0)
                return gd_yaml_fail(load->file, at, err, "environment \"%.60s\" is named twice",
                                    at->text);
    load->policy->environments = load->yaml->environments;
    load->policy->environment_count = load->yaml->environments_count;
    return GD_DONE;
}

static struct gd_status load_size(struct load *load, const struct gd_yaml *at, uint64_t *out_bytes,
                                  struct gd_error *err)
{
    if (at == NULL)
        return GD_DONE;
    const char *wrong = gd_unit_parse(GD_UNIT_SIZE, at->text, load->arena, out_bytes);
    return wrong == NULL ? GD_DONE : gd_yaml_fail(load->file, at, err, "%s", wrong);
}

static struct gd_status load_examples(struct load *load, struct gd_error *err)
{
    const struct gd_yaml *list = gd_yaml_get(load->tree, "examples");
    load->policy->examples = load->yaml->examples;
    load->policy->example_count = load->yaml->examples_count;
    for (size_t i = 0; i < load->yaml->examples_count; i++) {
        struct gd_policy_example *example = &load->yaml->examples[i];
        const struct gd_yaml *at = gd_yaml_at(list, i);
        const struct gd_yaml *environment = gd_yaml_get(at, "environment");
        const struct gd_yaml *rule = gd_yaml_get(at, "rule");
        example->ground = ground_at(load, at);
        GD_TRY(load_size(load, gd_yaml_get(at, "database"), &example->database_bytes, err));
        GD_TRY(load_size(load, gd_yaml_get(at, "table"), &example->table_bytes, err));
        if (environment != NULL)
            GD_TRY(check_environment(load, environment, err));
        if (load->policy->by_environment && environment == NULL)
            return gd_yaml_fail(load->file, at, err,
                                "this example names no environment, and the policy decides by it");
        if (rule != NULL && !gd_is_rule_id(rule->text))
            return gd_yaml_fail(load->file, rule, err, "\"%.60s\" is no id of a rule", rule->text);
    }
    return GD_DONE;
}

static struct gd_status load_base(struct load *load, struct gd_error *err)
{
    struct gd_policy *policy = load->policy;
    const char *extends = load->yaml->extends;
    if (extends == NULL)
        return GD_DONE;
    const struct gd_policy *base = NULL;
    struct gd_status status = load_named(extends, load, load->arena, &base, err);
    if (status.code != GD_OK) {
        const struct gd_yaml *at = gd_yaml_get(load->tree, "extends");
        return gd_wrap(err, status, "%s:%u:%u: extends \"%.60s\": ", load->file, at->line,
                       at->column, extends);
    }
    *policy = *base;
    policy->base = base;
    return GD_DONE;
}

static struct gd_status load_all(struct load *load, struct gd_error *err)
{
    struct gd_policy *policy = load->policy;
    GD_TRY(load_base(load, err));
    policy->name = load->yaml->policy;
    policy->file = load->file;
    policy->about = load->yaml->about == NULL ? "" : load->yaml->about;
    if (policy->base == NULL)
        policy->waivers = ground_at(load, NULL);
    GD_TRY(load_environments(load, err));
    GD_TRY(load_waivers(load, err));
    if (gd_yaml_get(load->tree, "single_transaction") != NULL)
        policy->single_transaction = load->yaml->single_transaction == GD_GIVEN(1);
    if (load->yaml->point_in_time != 0)
        policy->point_in_time = (enum gd_point_use)(load->yaml->point_in_time - 1);
    else if (policy->base == NULL)
        policy->point_in_time = GD_POINT_USE;
    GD_TRY(load_limits(load, err));
    GD_TRY(load_keep(load, err));
    GD_TRY(load_protected(load, err));
    GD_TRY(load_rules(load, err));
    return load_examples(load, err);
}

static struct gd_status load_text(const char *file, const char *text, size_t size,
                                  const struct load *from, struct gd_arena *arena,
                                  const struct gd_policy **out_policy, struct gd_error *err)
{
    void *data = NULL;
    struct load load = {.file = gd_arena_strdup(arena, file), .from = from, .arena = arena};
    load.policy = gd_arena_zalloc(arena, 1, sizeof *load.policy);
    GD_TRY(gd_yaml_load(file, text, size, &gd_policy_schema, arena, &data, &load.tree, err));
    load.yaml = data;
    GD_TRY(load_all(&load, err));
    *out_policy = load.policy;
    return GD_DONE;
}

/* ---- names and files ---- */

static bool is_path(const char *name)
{
    size_t length = strlen(name);
    return strchr(name, '/') != NULL || (length > 5 && strcmp(name + length - 5, ".yaml") == 0) ||
           (length > 4 && strcmp(name + length - 4, ".yml") == 0);
}

static struct gd_status fail_unknown_name(const char *name, struct gd_error *err)
{
    const char *words[BUILTINS];
    for (size_t i = 0; i < BUILTINS; i++)
        words[i] = builtins[i].name;
    struct gd_status status = gd_fail(err, GD_USAGE, "there is no policy \"%.100s\"", name);
    struct stat info;
    if (stat(name, &info) == 0)
        return gd_hint(err, status, "For the file of that name write \"./%.100s\".", name);
    const char *meant = gd_nearest(name, words, BUILTINS);
    return gd_hint(err, status,
                   "%s%s%sBuilt in are default, strict, boot and development; a file's name has a "
                   "slash in it or ends in .yaml.",
                   meant == NULL ? "" : "Did you mean \"", meant == NULL ? "" : meant,
                   meant == NULL ? "" : "\"? ");
}

static struct gd_status read_stream(FILE *stream, const char *path, struct gd_arena *arena,
                                    char **out_text, size_t *out_size, struct gd_error *err)
{
    struct stat info;
    if (fstat(fileno(stream), &info) == 0 && S_ISDIR(info.st_mode))
        return gd_fail(err, GD_USAGE, "could not read policy \"%s\": it is a directory", path);
    if (S_ISREG(info.st_mode) && info.st_size > GD_YAML_BYTES_MAX)
        return gd_fail(err, GD_USAGE, "%s:1:1: the file is larger than %d KiB", path,
                       GD_YAML_BYTES_MAX / 1024);
    char *text = gd_arena_alloc(arena, GD_YAML_BYTES_MAX + 1); /* one more: too large is seen */
    size_t size = fread(text, 1, GD_YAML_BYTES_MAX + 1, stream);
    if (ferror(stream))
        return gd_fail(err, GD_SYSTEM, "could not read policy \"%s\": %s", path, strerror(errno));
    *out_text = text;
    *out_size = size;
    return GD_DONE;
}

static struct gd_status read_file(const char *path, struct gd_arena *arena, char **out_text,
                                  size_t *out_size, struct gd_error *err)
{
    FILE *stream = fopen(path, "rbe");
    if (stream == NULL)
        return gd_fail(err, errno == ENOENT ? GD_USAGE : GD_SYSTEM,
                       "could not open policy \"%s\": %s", path, strerror(errno));
    struct gd_status status = read_stream(stream, path, arena, out_text, out_size, err);
    fclose(stream);
    return status;
}

static struct gd_status load_file(const char *path, const struct load *from, struct gd_arena *arena,
                                  const struct gd_policy **out_policy, struct gd_error *err)
{
    char *text = NULL;
    size_t size = 0;
    GD_TRY(read_file(path, arena, &text, &size, err));
    return load_text(path, text, size, from, arena, out_policy, err);
}

static struct gd_status check_chain(const struct load *from, const char *file, struct gd_error *err)
{
    size_t depth = 0;
    for (const struct load *at = from; at != NULL; at = at->from) {
        if (strcmp(at->file, file) == 0)
            return gd_fail(err, GD_USAGE, "\"%.100s\" extends itself", file);
        if (++depth >= EXTENDS_MAX)
            return gd_fail(err, GD_USAGE, "more than %d policies extend each other", EXTENDS_MAX);
    }
    return GD_DONE;
}

static struct gd_status load_builtin(const struct gd_builtin_policy *builtin,
                                     const struct load *from, struct gd_arena *arena,
                                     const struct gd_policy **out_policy, struct gd_error *err)
{
    const char *file = gd_arena_printf(arena, "%s.yaml", builtin->name);
    return load_text(file, builtin->text, strlen(builtin->text), from, arena, out_policy, err);
}

static struct gd_status load_named(const char *name, const struct load *from,
                                   struct gd_arena *arena, const struct gd_policy **out_policy,
                                   struct gd_error *err)
{
    for (size_t i = 0; i < BUILTINS; i++)
        if (strcmp(name, builtins[i].name) == 0)
            return load_builtin(&builtins[i], from, arena, out_policy, err);
    if (!is_path(name))
        return fail_unknown_name(name, err);
    const char *path = beside(from, name, arena);
    GD_TRY(check_chain(from, path, err));
    return load_file(path, from, arena, out_policy, err);
}

struct gd_status gd_policy_load(const char *name, struct gd_arena *arena,
                                const struct gd_policy **out_policy, struct gd_error *err)
{
    return load_named(name, NULL, arena, out_policy, err);
}

struct gd_status gd_policy_load_text(const char *file, const char *text, size_t size,
                                     struct gd_arena *arena, const struct gd_policy **out_policy,
                                     struct gd_error *err)
{
    return load_text(file, text, size, NULL, arena, out_policy, err);
}

const char *gd_policy_name(const struct gd_policy *policy)
{
    return policy->name;
}

const char *gd_policy_file(const struct gd_policy *policy)
{
    return policy->file;
}

const char *gd_policy_about(const struct gd_policy *policy)
{
    return policy->about;
}

const struct gd_limits *gd_policy_limits(const struct gd_policy *policy)
{
    return &policy->limits;
}

enum gd_point_use gd_policy_point(const struct gd_policy *policy)
{
    return policy->point_in_time;
}

const struct gd_keep_rule *gd_policy_keep(const struct gd_policy *policy)
{
    return &policy->keep;
}
