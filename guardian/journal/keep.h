/*
 * Keep: what the files of the journal share. Only journal/ includes this.
 */
#ifndef GUARDIAN_JOURNAL_KEEP_H
#define GUARDIAN_JOURNAL_KEEP_H

#include "guardian/journal/frame.h"
#include "guardian/journal/journal.h"

enum { GD_JOURNAL_FORMAT = 1, GD_JOURNAL_OBJECTS_MAX = 999999 };

/** "v1/<cluster>/changes/<change>/" */
const char *gd_journal_folder(const char *cluster, const char *change, struct gd_arena *arena);

/** What a name in that folder is; number 0 where there is none. */
enum gd_journal_name { GD_NAME_OBJECT, GD_NAME_CLOSED, GD_NAME_ROLLED_BACK, GD_NAME_OTHER };
enum gd_journal_name gd_journal_name_of(const char *name, uint32_t *out_number);
extern const char gd_journal_rolled_back_prefix[];

/** The whole folder as it was read, and where the next object goes. */
struct gd_journal_state {
    struct gd_records records;
    struct gd_chain chain;
    uint32_t objects;
    uint32_t set_aside;  /* number of the last object when it is torn; 0 */
    const void *closing; /* frame of the closing record, in the arena; NULL */
    size_t closing_bytes;
};
GD_MUST struct gd_status gd_journal_load(struct gd_store *store, const char *cluster,
                                         const char *change, struct gd_arena *arena,
                                         struct gd_journal_state *out_state, struct gd_error *err);

/** The payload of the copy of the last record, checked; free() it. @return GD_CORRUPT, GD_USAGE */
GD_MUST struct gd_status gd_journal_closing(struct gd_store *store, const char *cluster,
                                            const char *change, uint32_t closed_number,
                                            struct gd_arena *arena, char **out_payload,
                                            size_t *out_size, struct gd_error *err);
/** The same, out of a summary. @return GD_CORRUPT it is not what it should be */
GD_MUST struct gd_status gd_journal_read_summary(const struct gd_change_entry *entry,
                                                 struct gd_arena *arena,
                                                 struct gd_records *out_records,
                                                 struct gd_error *err);

bool gd_record_kind_parse(const char *text, enum gd_record_kind *out_kind);

#endif
