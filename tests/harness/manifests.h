/*
 * Manifests made by hand: one with something of everything, for whoever reads or writes one.
 */
#ifndef TESTS_HARNESS_MANIFESTS_H
#define TESTS_HARNESS_MANIFESTS_H

#include "guardian/snapshot/manifest.h"

#define TEST_SNAPSHOT_ID "20261122T214807Z-3f9c01d2aa"
#define TEST_CLUSTER "7301234567890123456-shop"

/** A snapshot of a whole database: a table in two parts, an empty one, one whose rows were left
 *  out, an extension's, a partition that is loaded through its root, odd names, sequences,
 *  materialized views, large objects, encrypted. What it names is stored nowhere. */
struct gd_manifest *test_manifest(struct gd_arena *arena);

/** The smallest there is: a definition alone, not encrypted. `id` NULL: TEST_SNAPSHOT_ID. */
struct gd_manifest *test_manifest_small(const char *id, struct gd_arena *arena);

#endif
