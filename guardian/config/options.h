/*
 * Options and commands: the rows of options.def and commands.def, as tables and as a struct.
 *
 * Invariant 1  A setting that is not a row does not exist: everything a user reads about options is
 *              an expansion of these tables.
 * Invariant 2  The numbers of GD_FROM_* are the order of precedence.
 */
#ifndef GUARDIAN_CONFIG_OPTIONS_H
#define GUARDIAN_CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guardian/base/status.h"
#include "guardian/base/texts.h"

enum gd_option_type {
    GD_TYPE_TEXT,
    GD_TYPE_SECRET, /* a text that is never printed */
    GD_TYPE_FLAG,
    GD_TYPE_INT,
    GD_TYPE_SIZE,
    GD_TYPE_DURATION,
    GD_TYPE_CHOICE,
    GD_TYPE_LIST,
};

enum gd_origin {
    GD_FROM_DEFAULT = 0,
    GD_FROM_FILE = 1,
    GD_FROM_ENV = 2,
    GD_FROM_ARGV = 4,
    GD_FROM_ANY = GD_FROM_FILE | GD_FROM_ENV | GD_FROM_ARGV,
};

#define GD_FIELD_TEXT const char *
#define GD_FIELD_SECRET const char *
#define GD_FIELD_FLAG bool
#define GD_FIELD_INT int64_t
#define GD_FIELD_SIZE uint64_t
#define GD_FIELD_DURATION uint64_t
#define GD_FIELD_CHOICE int
#define GD_FIELD_LIST struct gd_texts

/* The words of each CHOICE, and the enum that its field holds. */
#define GD_NO_CHOICES(X)
#define GD_FORMATS(X)                                                                              \
    X(FORMAT_TEXT, "text")                                                                         \
    X(FORMAT_JSON, "json") X(FORMAT_SARIF, "sarif") X(FORMAT_GITHUB, "github")
#define GD_FAIL_ONS(X)                                                                             \
    X(FAIL_ON_NEVER, "never")                                                                      \
    X(FAIL_ON_ADDITIVE, "additive")                                                                \
    X(FAIL_ON_ENUM, "enum") X(FAIL_ON_DESTRUCTIVE, "destructive") X(FAIL_ON_UNKNOWN, "unknown")
#define GD_POINT_WISHES(X)                                                                         \
    X(POINT_WISH_AUTO, "auto") X(POINT_WISH_NEVER, "never") X(POINT_WISH_REQUIRE, "require")
#define GD_WAIVERS(X) X(WAIVERS_ON, "on") X(WAIVERS_OFF, "off")
#define GD_ROLLS(X)                                                                                \
    X(ROLL_CHEAPEST, "cheapest")                                                                   \
    X(ROLL_NOTHING, "nothing")                                                                     \
    X(ROLL_INVERSE, "inverse")                                                                     \
    X(ROLL_COLUMNS, "columns")                                                                     \
    X(ROLL_TABLES, "tables")                                                                       \
    X(ROLL_DATABASE, "database")
#define GD_COLORS(X) X(COLOR_AUTO, "auto") X(COLOR_ALWAYS, "always") X(COLOR_NEVER, "never")

#define GD_ADDRESSINGS(X)                                                                          \
    X(ADDRESSING_AUTO, "auto") X(ADDRESSING_PATH, "path") X(ADDRESSING_VIRTUAL, "virtual")
#define GD_STORE_ENCRYPTIONS(X)                                                                    \
    X(STORE_ENCRYPTION_BUCKET, "bucket")                                                           \
    X(STORE_ENCRYPTION_AES256, "aes256")                                                           \
    X(STORE_ENCRYPTION_KMS, "kms") X(STORE_ENCRYPTION_CUSTOMER, "customer")
#define GD_STORE_LOCKS(X)                                                                          \
    X(STORE_LOCK_NONE, "none")                                                                     \
    X(STORE_LOCK_GOVERNANCE, "governance") X(STORE_LOCK_COMPLIANCE, "compliance")

#define GD_TAKE_SCOPES(X)                                                                          \
    X(TAKE_AUTO, "auto")                                                                           \
    X(TAKE_SCHEMA, "schema") X(TAKE_TABLES, "tables") X(TAKE_DATABASE, "database")
/* What stands for "nobody said": taken as a default, never offered. Always the first. */
#define GD_CHOICE_UNSET "unknown"
#define GD_ASES(X)                                                                                 \
    X(AS_UNSET, GD_CHOICE_UNSET)                                                                   \
    X(AS_APPLIED, "applied")                                                                       \
    X(AS_PARTIAL, "partial")                                                                       \
    X(AS_FAILED, "failed")
#define GD_CHECKPOINTS(X) X(CHECKPOINT_FAST, "fast") X(CHECKPOINT_SPREAD, "spread")
#define GD_PROVES(X) X(PROVE_NONE, "none") X(PROVE_DIGEST, "digest") X(PROVE_DRILL, "drill")

/* The commands that open a store: they take all of its options. */
/* clang-format off */
#define GD_STORE_VERBS "plan apply run proxy approve rollback snapshot base verify list show restore export import prune doctor settle wal recover install"
/* The commands that seal or open objects. */
#define GD_KEY_VERBS "plan apply run proxy rollback snapshot base verify restore doctor key install wal recover prune"
/* clang-format on */

#define X(name, word) GD_##name,
enum gd_format { GD_FORMATS(X) };
enum gd_fail_on { GD_FAIL_ONS(X) }; /* in the order of the classes: "this one or worse" is >= */
enum gd_point_wish { GD_POINT_WISHES(X) };
enum gd_waivers { GD_WAIVERS(X) };
enum gd_roll { GD_ROLLS(X) };
enum gd_color { GD_COLORS(X) };
enum gd_addressing { GD_ADDRESSINGS(X) };
enum gd_store_encryption { GD_STORE_ENCRYPTIONS(X) };
enum gd_store_lock { GD_STORE_LOCKS(X) };
enum gd_take_scope { GD_TAKE_SCOPES(X) };
enum gd_checkpoint { GD_CHECKPOINTS(X) };
enum gd_prove { GD_PROVES(X) };
enum gd_as { GD_ASES(X) };
#undef X

struct gd_option {
    const char *field;
    enum gd_option_type type;
    size_t offset; /* of the field, in the struct that is filled */
    const char *name, *value, *preset;
    int64_t min, max;
    const char *choices; /* each followed by a blank: "text json " */
    unsigned from;       /* enum gd_origin, or-ed */
    const char *also, *verbs, *help, *manual;
};

/* One row of a table of options: `owner` is the struct that has the field. */
#define GD_CHOICE_WORD(constant, word) word " "
#define GD_OPTION_ROW(owner, field, type, name, value, preset, min, max, choices, ...)             \
    {#field,                                                                                       \
     GD_TYPE_##type,                                                                               \
     offsetof(owner, field),                                                                       \
     name,                                                                                         \
     value,                                                                                        \
     preset,                                                                                       \
     min,                                                                                          \
     max,                                                                                          \
     "" choices(GD_CHOICE_WORD),                                                                   \
     __VA_ARGS__},

struct gd_command {
    const char *verb, *operands, *summary, *manual;
};

enum gd_command_id {
#define GD_COMMAND(verb, ...) GD_COMMAND_##verb,
#include "guardian/config/commands.def"
#undef GD_COMMAND
    GD_COMMAND_COUNT
};

extern const struct gd_option gd_options[];
extern const size_t gd_options_count;
extern const struct gd_command gd_commands[GD_COMMAND_COUNT];

/** The words that are offered for a choice, each followed by a blank. */
const char *gd_option_choices(const struct gd_option *option);

/** The row, or NULL. */
const struct gd_option *gd_option_find(const struct gd_option *options, size_t count,
                                       const char *name, size_t length);

/** The row of a command. @return GD_USAGE when there is none; err names the nearest. */
GD_MUST struct gd_status gd_command_find(const char *verb, const struct gd_command **out_command,
                                         struct gd_error *err);

/** A hidden command works, and stands in no list. */
bool gd_command_is_hidden(const struct gd_command *command);

/** Does `verb` take this option? NULL asks for options that every command takes. */
bool gd_option_is_for(const struct gd_option *option, const char *verb);

/** Steps through a text of words with single blanks between or after them; `*length` 0 at the end.
 *  Start with `*length` 0 and `word` at the beginning. */
const char *gd_word_next(const char *word, size_t *length);

/** GUARDIAN_LOCK_TIMEOUT for lock-timeout. `into` holds at least 64 bytes; so do all names. */
enum { GD_OPTION_ENV_SIZE = 64 };
void gd_option_env(const struct gd_option *option, char into[GD_OPTION_ENV_SIZE]);

#endif
