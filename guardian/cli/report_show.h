/*
 * One snapshot: the manifest for people, and as JSON (docs/formats/snapshots.md).
 */
#ifndef GUARDIAN_CLI_REPORT_SHOW_H
#define GUARDIAN_CLI_REPORT_SHOW_H

#include "guardian/cli/report_screen.h"
#include "guardian/io/json.h"
#include "guardian/prove/shelf.h"

struct gd_show_view {
    const char *store;
    const struct gd_manifest *manifest;
    char manifest_sha256[GD_DIGEST_HEX_SIZE];
    const char *problem; /* something is missing; NULL: nothing that can be seen */
    enum gd_proof_kind proof;
    int64_t proven_us, now_us;
    bool held;
};

void gd_report_show(const struct gd_show_view *view, const struct gd_screen *screen,
                    struct gd_arena *arena);
/** @param take_records  list of the proofs' records */
GD_MUST struct gd_status gd_report_show_json(const struct gd_show_view *view,
                                             struct gd_json *take_records,
                                             struct gd_json **out_document, struct gd_error *err);

#endif
