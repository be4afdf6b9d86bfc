/*
 * Journal: what Guardian did to a database, in order, so that a crash never leaves a change in
 * doubt.
 *
 * One change has one folder, v1/<cluster>/changes/<change>/, and every record is an object of its
 * own below it: "000001-received", "000002-decided", … and last "closed-000009". A record is one
 * frame (docs/formats/journal.md): magic, length, CRC-32C, the chain, and a JSON document.
 *
 * Invariant 1  A record is in the store, and was read back, before the deed that it announces
 * begins. Invariant 2  chain = SHA-256 of the previous chain and the payload: an edit breaks all
 * that follows. Invariant 3  A record's number is taken once (conditional put): two writers of one
 * change cannot be. Invariant 4  Only a last record may be missing or torn; an earlier bad one is
 * GD_CORRUPT. Owner        guard/ is the only writer; anybody may read. Not here     what to do
 * after a crash: guard/recover.h.
 */
#ifndef GUARDIAN_JOURNAL_JOURNAL_H
#define GUARDIAN_JOURNAL_JOURNAL_H

#include "guardian/base/clock.h"
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
/** Go on writing where a change that is not closed stopped: recovery. */
GD_MUST struct gd_status gd_journal_resume(struct gd_store *store, const char *cluster,
                                           const char *change, struct gd_journal **out_journal,
                                           struct gd_error *err);
void gd_journal_free(struct gd_journal *journal);
const char *gd_journal_change(const struct gd_journal *journal);
const char *gd_journal_cluster(const struct gd_journal *journal);
bool gd_journal_begun(const struct gd_journal *journal); /* it holds a record */
bool gd_journal_closed(const struct gd_journal *journal);

/** Write a record and read it back. Keys "record", "number", "time", "change", "format" are put in
 *  front of the body's. @return GD_UNPROTECTED the store failed; GD_REFUSED somebody else writes
 * this change. After a failure it is not known whether the record is there: nothing more may be
 * written. */
GD_MUST struct gd_status gd_journal_write(struct gd_journal *journal, enum gd_record_kind kind,
                                          struct gd_json *take_body, struct gd_error *err);

/** All records of a change, chain and frames checked. @return GD_USAGE there is no such change;
 *  GD_CORRUPT an edited, damaged or missing record, named */
struct gd_records {
    const struct gd_record *items;
    size_t count;
    bool torn; /* the last object could not be read as a record, and is left out */
    struct gd_json **documents;
};
GD_MUST struct gd_status gd_journal_read(struct gd_store *store, const char *cluster,
                                         const char *change, struct gd_arena *arena,
                                         struct gd_records *out_records, struct gd_error *err);
void gd_records_done(struct gd_records *records);

/** Ids of the changes of a cluster, oldest first, and which are closed; one listing, no record
 * read. */
struct gd_change_entry {
    const char *cluster, *change;
    bool closed;
    uint32_t records;
    int64_t time_us;
};
GD_MUST struct gd_status gd_journal_list(struct gd_store *store, const char *cluster,
                                         struct gd_arena *arena,
                                         struct gd_change_entry **out_entries, size_t *out_count,
                                         struct gd_error *err);

/** The change that a person means: an id, the beginning of just one, or "last" (the newest that
 *  changed the database, or may have). `cluster` NULL: any. @return GD_USAGE none, or several */
GD_MUST struct gd_status gd_journal_resolve(struct gd_store *store, const char *cluster,
                                            const char *text, struct gd_arena *arena,
                                            const char **out_cluster, const char **out_change,
                                            struct gd_error *err);
#endif
