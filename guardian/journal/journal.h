/*
 * Journal: what Guardian did to a database, in order, so that a crash never leaves a change in
 * doubt.
 *
 * One change has one folder, v1/<cluster>/changes/<change>/. Its objects "000001", "000002", … hold
 * one or more records each; a record is one frame (journal/frame.h, docs/formats/journal.md) with a
 * JSON document. Beside them lie "closed-<number>", a copy of the last record of a change that is
 * over, "rolled-back-<id>" once another change brought the state before it back, and attachments:
 * texts that are too big for a record.
 *
 * Invariant 1  A record is in the store, and was read back, before the deed that it announces
 *              begins.
 * Invariant 2  chain = SHA-256 of the previous chain and the payload: an edit breaks all that
 *              follows.
 * Invariant 3  An object's number is taken once (conditional put), whatever it holds: of two
 *              writers of one change one is turned away.
 * Invariant 4  Only a last object may be torn; an earlier bad one is GD_CORRUPT, unless the one
 *              behind it names it as set aside.
 * Owner        guard/ is the only writer; anybody may read.
 * Not here     what to do after a crash: guard/recover.h.
 */
#ifndef GUARDIAN_JOURNAL_JOURNAL_H
#define GUARDIAN_JOURNAL_JOURNAL_H

#include "guardian/base/clock.h"
#include "guardian/io/crypt.h"
#include "guardian/io/json.h"
#include "guardian/store/store.h"

/* kind, name in keys and documents, what is certain when it is the last one */
#define GD_RECORDS(X)                                                                              \
    X(RECEIVED, "received", "nothing was touched")                                                 \
    X(DECIDED, "decided", "nothing was touched")                                                   \
    X(PROTECTING, "protecting", "a backup was being made; nothing was touched")                    \
    X(PROTECTED, "protected", "a backup is in the store; nothing was touched")                     \
    X(PROVEN, "proven", "a proven backup is in the store; nothing was touched")                    \
    X(APPLYING, "applying", "the change had begun: what is in must be asked of the database")      \
    X(APPLIED, "applied", "the change is in; it was not checked")                                  \
    X(CHECKED, "checked", "the change is in")                                                      \
    X(CLOSED, "closed", "it is over")

enum gd_record_kind {
#define X(name, text, certain) GD_RECORD_##name,
    GD_RECORDS(X)
#undef X
};
const char *gd_record_name(enum gd_record_kind kind);
const char *gd_record_certain(enum gd_record_kind kind);

struct gd_record {
    uint32_t number; /* from 1, without gaps */
    enum gd_record_kind kind;
    int64_t time_us;
    const struct gd_json *body; /* an object; valid as long as the struct gd_records */
};

struct gd_journal;

/** A new change; makes no request. `change` is a new id. */
GD_MUST struct gd_status gd_journal_new(struct gd_store *store, const char *cluster,
                                        const char *change, struct gd_journal **out_journal,
                                        struct gd_error *err);
/** Go on writing where a change that is not closed stopped: recovery. One that is closed, but whose
 *  "closed-…" is missing, gets it here: ask gd_journal_closed(). @return as gd_journal_read() */
GD_MUST struct gd_status gd_journal_resume(struct gd_store *store, const char *cluster,
                                           const char *change, struct gd_journal **out_journal,
                                           struct gd_error *err);
void gd_journal_free(struct gd_journal *journal);
const char *gd_journal_change(const struct gd_journal *journal);
const char *gd_journal_cluster(const struct gd_journal *journal);
struct gd_store *gd_journal_store(const struct gd_journal *journal);
bool gd_journal_begun(const struct gd_journal *journal);  /* it holds a record */
bool gd_journal_broken(const struct gd_journal *journal); /* a record could not be written */
bool gd_journal_closed(const struct gd_journal *journal);

/** Write a record and read it back. Keys "record", "number", "time", "change", "format", "writer"
 * are put in front of the body's. CLOSED is the last one.
 * @return GD_UNPROTECTED the store failed; GD_REFUSED somebody else writes this change. After a
 * failure it is not known whether the record is there: nothing more may be written. */
GD_MUST struct gd_status gd_journal_write(struct gd_journal *journal, enum gd_record_kind kind,
                                          struct gd_json *take_body, struct gd_error *err);
/** A record that announces nothing yet: it goes out in one object with the next one written. Makes
 * no request; lost when nothing follows. */
GD_MUST struct gd_status gd_journal_hold(struct gd_journal *journal, enum gd_record_kind kind,
                                         struct gd_json *take_body, struct gd_error *err);

/**
 * Keep a text beside the records, compressed, and sealed when `key` is not NULL. The same name and
 * bytes again are one object. Read back before it counts.
 * @param name     letters, digits and "-"; begins with a letter: "text-1", "schema-before"
 * @param out_key  of the object, in `arena`: for the story
 * @return as gd_journal_write(), but the journal stays usable
 */
GD_MUST struct gd_status gd_journal_attach(struct gd_journal *journal, const char *name,
                                           const void *data, size_t size, const struct gd_key *key,
                                           struct gd_arena *arena, const char **out_key,
                                           struct gd_error *err);
/** A text under a key of its own, packed, and sealed when there is a key (then the name ends in
 *  ".zst.sealed", otherwise in ".zst"); read back. One that is there already must be the same. */
GD_MUST struct gd_status gd_journal_keep(struct gd_store *store, const char *object_key,
                                         const void *data, size_t size, const struct gd_key *key,
                                         struct gd_error *err);

/** Read one; free() the data, which has a NUL behind it. `key`: needed when it was sealed.
 *  @return GD_USAGE it is sealed and there is no key; GD_CORRUPT it is gone, damaged, too big, or
 *  sealed with another key */
GD_MUST struct gd_status gd_journal_attachment(struct gd_store *store, const char *object_key,
                                               const struct gd_key *key, size_t limit,
                                               char **out_data, size_t *out_size,
                                               struct gd_error *err);

/** All records of a change, chain and frames checked. @return GD_USAGE there is no such change, or
 *  a newer guardian wrote it; GD_CORRUPT an edited, damaged or missing record, named */
struct gd_records {
    const struct gd_record *items;
    size_t count;
    bool torn;   /* the last object could not be read as a record, and is left out */
    bool marked; /* "closed-…" is there, as it is for every change but one that died just then */
    const char *rolled_back_by; /* a change; "" */
    struct gd_json **documents;
};
GD_MUST struct gd_status gd_journal_read(struct gd_store *store, const char *cluster,
                                         const char *change, struct gd_arena *arena,
                                         struct gd_records *out_records, struct gd_error *err);
/** Only the copy of the last record of a change that is closed: one request, whatever is in it. */
GD_MUST struct gd_status gd_journal_read_closed(struct gd_store *store, const char *cluster,
                                                const char *change, uint32_t closed_number,
                                                struct gd_arena *arena,
                                                struct gd_records *out_records,
                                                struct gd_error *err);
void gd_records_done(struct gd_records *records);

/** Say beside a change's records that `by` brought the state before it back. Twice is no error. */
GD_MUST struct gd_status gd_journal_rolled_back(struct gd_store *store, const char *cluster,
                                                const char *change, const char *by,
                                                struct gd_error *err);

/** Ids of the changes of a cluster (NULL: of all), oldest first, and which are closed; one listing
 * of each, no record read. */
struct gd_change_entry {
    const char *cluster, *change;
    bool closed;
    uint32_t closed_number;     /* of its last record; 0 */
    uint32_t objects;           /* that hold records */
    const char *rolled_back_by; /* a change; "" */
    int64_t time_us;
    const char *summary; /* its last record, from a summary (journal/fold.h); NULL */
    size_t summary_bytes;
};
GD_MUST struct gd_status gd_journal_list(struct gd_store *store, const char *cluster,
                                         struct gd_arena *arena,
                                         struct gd_change_entry **out_entries, size_t *out_count,
                                         struct gd_error *err);

/** When a change was begun, by its id; and what stands before the ids of that second. */
int64_t gd_journal_time_of(const char *change);
void gd_journal_id_before(int64_t time_us, char out_text[GD_ID_SIZE]);
/** Those of a cluster whose id is greater than `after`, an id or what stands before some. */
GD_MUST struct gd_status gd_journal_list_after(struct gd_store *store, const char *cluster,
                                               const char *after, struct gd_arena *arena,
                                               struct gd_change_entry **out_entries,
                                               size_t *out_count, struct gd_error *err);
/** The clusters that the store knows. */
GD_MUST struct gd_status gd_journal_clusters(struct gd_store *store, struct gd_arena *arena,
                                             struct gd_texts *out_clusters, struct gd_error *err);

/** The change that a person means: an id, the beginning of just one, or "last" (the newest that
 *  changed the database, or may have). `cluster` NULL: any. @return GD_USAGE none, or several */
GD_MUST struct gd_status gd_journal_resolve(struct gd_store *store, const char *cluster,
                                            const char *text, struct gd_arena *arena,
                                            const char **out_cluster, const char **out_change,
                                            struct gd_error *err);
#endif
