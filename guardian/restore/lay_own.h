/* What the files of lay.h share. */
#ifndef GUARDIAN_RESTORE_LAY_OWN_H
#define GUARDIAN_RESTORE_LAY_OWN_H

#include <stdatomic.h>
#include <stdint.h>

#include "guardian/io/digest.h"
#include "guardian/restore/lay.h"

#define GD_LAY_LATER ".later" /* global/pg_control, until everything else is there */
enum { GD_LAY_SHA_BYTES = 32 };
#define GD_LAY_NO_OBJECT SIZE_MAX

/** A file that backup_manifest names. */
struct gd_lay_file {
    const char *path;
    uint64_t size;
    unsigned char sha256[GD_LAY_SHA_BYTES];
    bool digest;   /* there is one */
    bool kept;     /* it was there already (delta) */
    size_t object; /* of several files, in which it should be */
    atomic_bool laid;
};

struct gd_lay_group { /* an object of several files */
    bool known;       /* it holds the files that say so, and nothing else: no folder */
    uint64_t wanted;  /* of its files: those that are not there already */
};

struct gd_lay_place { /* of a tablespace */
    uint32_t oid;
    const char *path; /* here; NULL: inside of pg_tblspc */
};

struct gd_lay {
    const struct gd_lay_options *options;
    struct gd_arena *arena;
    struct gd_lay_file *files; /* by path */
    size_t file_count;
    struct gd_lay_group *groups; /* by the number of the object */
    struct gd_lay_place *places;
    size_t place_count;
    _Atomic uint64_t bytes, stored_bytes;
    int64_t _Atomic told_us;
};

/** lay_files.c: read backup_manifest. */
GD_MUST struct gd_status gd_lay_read_files(struct gd_lay *lay, struct gd_error *err);
void gd_lay_hex(const struct gd_lay_file *file, char out_hex[GD_DIGEST_HEX_SIZE]);
struct gd_lay_file *gd_lay_find(const struct gd_lay *lay, const char *path);
/** Every file was laid. @return GD_CORRUPT the first that was not */
GD_MUST struct gd_status gd_lay_complete(const struct gd_lay *lay, struct gd_error *err);

/** lay_groups.c: which files stand in which object; in the order of backup_manifest. */
void gd_lay_group(struct gd_lay *lay);
/** When it is known what is there already. */
void gd_lay_count_wanted(struct gd_lay *lay);
/** Is there nothing in this object that is not there already? */
bool gd_lay_has_all_of(const struct gd_lay *lay, size_t object);

/** lay_folder.c: where everything goes. */
GD_MUST struct gd_status gd_lay_choose_places(struct gd_lay *lay, struct gd_error *err);
GD_MUST struct gd_status gd_lay_prepare(struct gd_lay *lay, struct gd_error *err);
/** `name` below `base`, in `arena`; its folders are made. */
GD_MUST struct gd_status gd_lay_path(const struct gd_lay *lay, uint32_t tablespace,
                                     const char *name, struct gd_arena *arena,
                                     const char **out_path, struct gd_error *err);
GD_MUST struct gd_status gd_lay_make_folder(const struct gd_lay *lay, const char *path,
                                            struct gd_error *err);
/** Does the folder's link of this tablespace lead to its place already? */
bool gd_lay_is_linked(const struct gd_lay *lay, const struct gd_lay_place *place);
GD_MUST struct gd_status gd_lay_link(const struct gd_lay *lay, struct gd_error *err);

/** lay_within.c. @return GD_USAGE `path` lies in a data directory that is not the one to be made */
GD_MUST struct gd_status gd_lay_check_within(const struct gd_lay *lay, const char *path,
                                             struct gd_error *err);

/** lay_delta.c: what is there and right stays, all else goes. */
GD_MUST struct gd_status gd_lay_keep(struct gd_lay *lay, struct gd_error *err);

#endif
