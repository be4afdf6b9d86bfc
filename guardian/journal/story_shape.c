#include "guardian/journal/story_shape.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

/* --- words ------------------------------------------------------------------------------------ */

/* clang-format off */
static const char *const outcomes[] = {
#define X(name, text) text,
    GD_OUTCOMES(X)
#undef X
};
static const char *const proofs[] = {
#define X(name, text) text,
    GD_PROOFS(X)
#undef X
};
/* clang-format on */
static const char *const kinds[] = {"apply", "rollback", "run"};
static const char *const states[] = {"planned", "applying", "in", "not in", "unknown"};

const char *gd_outcome_name(enum gd_outcome_kind kind)
{
    return outcomes[kind];
}

const char *gd_story_kind_name(enum gd_story_kind kind)
{
    return kinds[kind];
}

const char *gd_step_state_name(enum gd_step_state state)
{
    return states[state];
}

static const char *outcome_word(unsigned value)
{
    return outcomes[value];
}

static const char *proof_word(unsigned value)
{
    return proofs[value];
}

static const char *kind_word(unsigned value)
{
    return kinds[value];
}

static const char *state_word(unsigned value)
{
    return states[value];
}

static const char *class_word(unsigned value)
{
    return gd_class_name((enum gd_class)value);
}

static const char *loss_word(unsigned value)
{
    return gd_loss_name((enum gd_loss)value);
}

/* What is not known counts as the worst, or as not settled. */
static const struct gd_words outcome_words = {outcome_word, COUNT(outcomes), GD_OUTCOME_OPEN};
static const struct gd_words proof_words = {proof_word, COUNT(proofs), GD_PROOF_NONE};
static const struct gd_words kind_words = {kind_word, COUNT(kinds), GD_STORY_APPLY};
static const struct gd_words state_words = {state_word, COUNT(states), GD_STEP_UNKNOWN};
static const struct gd_words class_words = {class_word, GD_CLASS_UNKNOWN + 1, GD_CLASS_UNKNOWN};
static const struct gd_words loss_words = {loss_word, GD_LOSES_OUTSIDE + 1, GD_LOSES_OUTSIDE};

/* --- fields ----------------------------------------------------------------------------------- */

#define IN(record) (1U << GD_RECORD_##record)
#define AT_RECEIVED (IN(RECEIVED) | IN(CLOSED))
#define AT_DECIDED (IN(DECIDED) | IN(CLOSED))
#define AT_SCHEMA (AT_DECIDED | IN(PROVEN)) /* it may be read beside the backup */
#define AT_BACKUP (IN(PROTECTING) | IN(PROTECTED) | IN(PROVEN) | IN(CLOSED))
#define AT_PROTECTED (IN(PROTECTED) | IN(PROVEN) | IN(CLOSED))
#define AT_PROVEN (IN(PROVEN) | IN(CLOSED))
#define AT_APPLY (IN(APPLYING) | IN(APPLIED) | IN(CHECKED) | IN(CLOSED))
#define AT_STEPS (IN(DECIDED) | AT_APPLY)
#define AT_ENDED (IN(APPLIED) | IN(CHECKED) | IN(CLOSED))
#define AT_CHECKED (IN(CHECKED) | IN(CLOSED))
#define AT_CLOSED IN(CLOSED)
#define EVER (~0U)

/* clang-format off */
#define TEXT(s, field, in) {#field, GD_TOLD_TEXT, offsetof(struct s, field), 0, in, NULL, NULL}
#define BOOL(s, field, in) {#field, GD_TOLD_BOOL, offsetof(struct s, field), 0, in, NULL, NULL}
#define NUMBER(s, field, in) {#field, GD_TOLD_NUMBER, offsetof(struct s, field), 0, in, NULL, NULL}
#define COUNTS(s, field, in) {#field, GD_TOLD_COUNT, offsetof(struct s, field), 0, in, NULL, NULL}
#define REAL(s, field, in) {#field, GD_TOLD_REAL, offsetof(struct s, field), 0, in, NULL, NULL}
#define TIME(s, key, field, in) {key, GD_TOLD_TIME, offsetof(struct s, field), 0, in, NULL, NULL}
#define WORD(s, field, words, in) {#field, GD_TOLD_WORD, offsetof(struct s, field), 0, in, &words, NULL}
#define TEXTS(s, field, in) {#field, GD_TOLD_TEXTS, offsetof(struct s, field), 0, in, NULL, NULL}
#define LIST(field, count, shape, in) {#field, GD_TOLD_LIST, offsetof(struct gd_story, field), offsetof(struct gd_story, count), in, NULL, &shape}

static const struct gd_told_field file_fields[] = {
    TEXT(gd_story_file, path, EVER),
    TEXT(gd_story_file, origin, EVER),
    TEXT(gd_story_file, sha256, EVER),
    TEXT(gd_story_file, known_as, EVER),
    WORD(gd_story_file, class, class_words, EVER),
    BOOL(gd_story_file, rerun_safe, EVER),
    TEXT(gd_story_file, text_key, EVER),
};
/* What was decided of a step is not said again until the end. */
static const struct gd_told_field step_fields[] = {
    COUNTS(gd_story_step, number, EVER),
    TEXT(gd_story_step, kind, AT_DECIDED),
    TEXT(gd_story_step, file, AT_DECIDED),
    COUNTS(gd_story_step, line, AT_DECIDED),
    COUNTS(gd_story_step, statements, AT_DECIDED),
    WORD(gd_story_step, class, class_words, AT_DECIDED),
    WORD(gd_story_step, loses, loss_words, AT_DECIDED),
    TEXT(gd_story_step, text, AT_DECIDED),
    TEXT(gd_story_step, hash, AT_DECIDED),
    TEXT(gd_story_step, sql, AT_DECIDED),
    TEXT(gd_story_step, search_path, EVER),
    BOOL(gd_story_step, rolled_back, AT_DECIDED),
    TEXT(gd_story_step, xid, EVER),
    TEXT(gd_story_step, nested, EVER),
    WORD(gd_story_step, state, state_words, EVER),
    REAL(gd_story_step, seconds, EVER),

};
static const struct gd_told_field loss_fields[] = {
    TEXT(gd_story_loss, rule, EVER),
    TEXT(gd_story_loss, object, EVER),
    WORD(gd_story_loss, loses, loss_words, EVER),
    TEXTS(gd_story_loss, tables, EVER),
    TEXTS(gd_story_loss, columns, EVER),
    COUNTS(gd_story_loss, step, EVER),
};
static const struct gd_told_field kept_fields[] = {
    TEXT(gd_story_kept, object, EVER),
    TEXT(gd_story_kept, owner, EVER),
    TEXT(gd_story_kept, wanted, EVER),
    TEXT(gd_story_kept, text, EVER),
};
static const struct gd_told_field drift_fields[] = {
    TEXT(gd_story_drift, table, EVER),
    NUMBER(gd_story_drift, rows_new, EVER),
    NUMBER(gd_story_drift, rows_gone, EVER),
};
static const struct gd_told_field point_fields[] = {
    TEXT(gd_story_point, mark, EVER),
    TEXT(gd_story_point, name, EVER),
    COUNTS(gd_story_point, timeline, EVER),
    TEXT(gd_story_point, lsn, EVER),
    TIME(gd_story_point, "time", time_us, EVER),
    TEXT(gd_story_point, base, EVER),
    WORD(gd_story_point, proof, proof_words, EVER),
    TIME(gd_story_point, "since", since_us, EVER),
    TEXT(gd_story_point, seen, EVER),
    BOOL(gd_story_point, database, EVER),
    TEXTS(gd_story_point, tables, EVER),
    COUNTS(gd_story_point, behind, EVER),
};
#define SHAPE(name) .fields = name##_fields, .count = COUNT(name##_fields), .size = sizeof(struct gd_story_##name)
static const struct gd_told_shape file_shape = {SHAPE(file)};
static const struct gd_told_shape step_shape = {SHAPE(step), .numbered = true};
static const struct gd_told_shape loss_shape = {SHAPE(loss)};
static const struct gd_told_shape kept_shape = {SHAPE(kept)};
static const struct gd_told_shape drift_shape = {SHAPE(drift)};
static const struct gd_told_shape point_shape = {SHAPE(point)};

static const struct gd_told_field story_fields[] = {
    TEXT(gd_story, cluster, AT_RECEIVED),
    TEXT(gd_story, database, AT_RECEIVED),
    WORD(gd_story, kind, kind_words, AT_RECEIVED),
    TEXT(gd_story, of, AT_RECEIVED),
    TIME(gd_story, "began", began_us, AT_RECEIVED),
    TEXT(gd_story, who, AT_RECEIVED),
    TEXT(gd_story, host, AT_RECEIVED),
    TEXT(gd_story, version, AT_RECEIVED),
    TEXT(gd_story, command, AT_RECEIVED),
    TEXT(gd_story, where, AT_RECEIVED),
    TEXT(gd_story, server_version, AT_RECEIVED),
    LIST(files, file_count, file_shape, AT_RECEIVED),
    TEXT(gd_story, text_sha256, AT_RECEIVED),
    TEXT(gd_story, place, AT_RECEIVED),
    TEXT(gd_story, repository, AT_RECEIVED),
    WORD(gd_story, class, class_words, AT_DECIDED),
    WORD(gd_story, loses, loss_words, AT_DECIDED),

    TEXT(gd_story, policy, AT_DECIDED),
    TEXT(gd_story, action, AT_DECIDED),
    TEXT(gd_story, because, AT_DECIDED),
    TEXT(gd_story, approved_by, AT_DECIDED),
    TEXTS(gd_story, waived, AT_DECIDED),
    LIST(losses, loss_count, loss_shape, AT_DECIDED),
    LIST(kept, kept_count, kept_shape, AT_DECIDED),
    TEXT(gd_story, stamp_before, AT_DECIDED),
    TEXT(gd_story, fingerprint_before, AT_SCHEMA),
    TEXT(gd_story, schema_key, AT_SCHEMA),
    LIST(steps, step_count, step_shape, AT_STEPS),
    TEXT(gd_story, snapshot, AT_BACKUP),
    TEXT(gd_story, schema_snapshot, AT_BACKUP),
    TEXTS(gd_story, snapshots, AT_BACKUP),
    LIST(points, point_count, point_shape, AT_PROTECTED),
    BOOL(gd_story, sealed, AT_BACKUP),
    BOOL(gd_story, covers, AT_PROTECTED),
    REAL(gd_story, backup_seconds, AT_PROTECTED),
    WORD(gd_story, proof, proof_words, AT_PROVEN),
    REAL(gd_story, proof_seconds, AT_PROVEN),
    NUMBER(gd_story, drift_rows, AT_APPLY),
    LIST(drifts, drift_count, drift_shape, AT_APPLY),
    TEXT(gd_story, backend_pid, AT_APPLY),
    BOOL(gd_story, rows_kept, AT_APPLY),
    REAL(gd_story, sealed_seconds, AT_ENDED),
    BOOL(gd_story, changed, AT_ENDED),
    BOOL(gd_story, unsettled, AT_ENDED),
    TEXT(gd_story, error, AT_ENDED),
    TEXT(gd_story, hint, AT_ENDED),
    TEXT(gd_story, fingerprint_after, AT_CHECKED),
    TEXT(gd_story, way, AT_ENDED),
    WORD(gd_story, outcome, outcome_words, AT_CLOSED),
    TIME(gd_story, "ended", ended_us, AT_CLOSED),
    TEXT(gd_story, git_commit, AT_CLOSED),
    TEXT(gd_story, git_path, AT_CLOSED),
};
/* clang-format on */

const struct gd_told_shape gd_story_shape = {
    .fields = story_fields, .count = COUNT(story_fields), .size = sizeof(struct gd_story)};
