/*
 * Permits: only a proof of the very snapshot that holds what the decision demands is one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants those four first */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/guard/permit.h"
#include "guardian/prove/proof.h"
#include "guardian/wal/mark.h"
#include "harness/manifests.h"

struct world {
    struct gd_arena *arena;
    struct gd_manifest *manifest;
    struct gd_proof proof;
    struct gd_decision decision;
};

static void prove(struct world *world)
{
    char *text = NULL;
    size_t size = 0;
    struct gd_error err = {0};
    assert_int_equal(gd_manifest_format(world->manifest, &text, &size, &err).code, GD_OK);
    gd_digest_of(text, size, world->proof.manifest_sha256);
    free(text);
    world->proof.snapshot = world->manifest->id;
}

/* A change that loses rows of two tables, a snapshot of both, read back. */
static struct world world_new(void)
{
    static const char *const wanted[] = {"public.a", "\"B\".c"};
    static const char *tables[] = {"public.a", "\"B\".c"};
    struct world world = {.arena = gd_arena_new()};
    world.manifest = test_manifest(world.arena);
    world.manifest->scope = GD_SNAPSHOT_TABLES;
    world.manifest->wanted = wanted;
    world.manifest->wanted_count = 2;
    for (size_t i = 0; i < world.manifest->table_count; i++)
        world.manifest->tables[i].left_out = false;
    world.proof.kind = GD_PROOF_DIGEST;
    world.decision =
        (struct gd_decision){.policy = "default",
                             .action = GD_ACTION_BACKUP,
                             .backup = {.scope = GD_SCOPE_TABLES,
                                        .proof = GD_PROOF_DIGEST,
                                        .tables = {.items = tables, .count = 2, .capacity = 2}}};
    prove(&world);
    return world;
}

static void as_it_is(struct world *world)
{
    (void)world;
}

static void other_bytes(struct world *world)
{
    world->proof.manifest_sha256[0] ^= 1;
}

static void other_snapshot(struct world *world)
{
    world->proof.snapshot = "20200101T000000Z-0000000000";
}

static void changed_after_the_proof(struct world *world)
{
    world->manifest->reason = "another";
}

static void no_proof_kind(struct world *world)
{
    world->proof.kind = GD_PROOF_NONE;
    world->decision.backup.proof = GD_PROOF_NONE;
}

static void drill_demanded(struct world *world)
{
    world->decision.backup.proof = GD_PROOF_DRILL;
}

static void drilled(struct world *world)
{
    world->proof.kind = GD_PROOF_DRILL;
}

static void a_table_more(struct world *world)
{
    static const char *tables[] = {"public.a", "\"B\".c", "public.d"};
    world->decision.backup.tables = (struct gd_texts){.items = tables, .count = 3, .capacity = 3};
}

static void schema_only(struct world *world)
{
    world->manifest->scope = GD_SNAPSHOT_SCHEMA;
    world->manifest->wanted_count = 0;
    world->manifest->table_count = 0;
    prove(world);
}

static void schema_demanded(struct world *world)
{
    schema_only(world);
    world->decision.backup.scope = GD_SCOPE_SCHEMA;
}

static void database_demanded(struct world *world)
{
    world->decision.backup.scope = GD_SCOPE_DATABASE;
}

static void database_taken(struct world *world)
{
    world->manifest->scope = GD_SNAPSHOT_DATABASE;
    world->manifest->wanted_count = 0;
    prove(world);
}

static void rows_left_out(struct world *world)
{
    database_taken(world);
    assert_true(world->manifest->table_count > 0);
    world->manifest->tables[0].left_out = true;
    prove(world);
}

static void refused(struct world *world)
{
    world->decision.action = GD_ACTION_REFUSE;
}

static void not_approved(struct world *world)
{
    world->decision.action = GD_ACTION_APPROVE;
}

static const struct {
    const char *name;
    void (*spoil)(struct world *world);
    enum gd_code code;
    const char *said;
} cases[] = {
    {"a proof of the snapshot that was demanded", as_it_is, GD_OK, ""},
    {"a stronger proof", drilled, GD_OK, ""},
    {"the whole database holds any table", database_taken, GD_OK, ""},
    {"a schema where no more is demanded", schema_demanded, GD_OK, ""},
    {"a proof of other bytes", other_bytes, GD_UNPROTECTED, "what was proven is not snapshot"},
    {"a proof of another snapshot", other_snapshot, GD_UNPROTECTED, "what was proven is not"},
    {"a manifest that changed", changed_after_the_proof, GD_UNPROTECTED, "what was proven is not"},
    {"a proof of nothing", no_proof_kind, GD_UNPROTECTED, "there is \"none\""},
    {"a weaker proof", drill_demanded, GD_UNPROTECTED, "demands the proof \"drill\""},
    {"a table that was not asked for", a_table_more, GD_UNPROTECTED, "table \"public.d\""},
    {"a schema where rows are demanded", schema_only, GD_UNPROTECTED, "is one of scope schema"},
    {"tables where the database is demanded", database_demanded, GD_UNPROTECTED, "scope database"},
    {"rows that were left out", rows_left_out, GD_UNPROTECTED, "has no rows of table"},
    {"a change that is refused", refused, GD_REFUSED, "says refuse"},
    {"a change that nobody approved", not_approved, GD_REFUSED, "says approve"},
};

static void a_permit_needs_the_proof_of_what_is_demanded(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world world = world_new();
        const struct gd_permit *permit = NULL;
        struct gd_error err = {0};
        cases[i].spoil(&world);
        struct gd_status status = gd_permit_proven(&world.decision, world.manifest, &world.proof,
                                                   world.arena, &permit, &err);
        if (status.code != cases[i].code || strstr(err.text, cases[i].said) == NULL)
            fail_msg("%s: %s \"%s\"", cases[i].name, gd_code_name(status.code), err.text);
        if (status.code == GD_OK) {
            assert_ptr_equal(gd_permit_proof(permit), &world.proof);
            assert_ptr_equal(gd_permit_decision(permit), &world.decision);
        } else {
            assert_null(permit);
        }
        gd_arena_free(world.arena);
    }
}

/* Each holds one of the two tables. */
static void two_that_hold_half_each(void **state)
{
    (void)state;
    static const char *const first[] = {"public.a"}, *const second[] = {"\"B\".c"};
    struct world worlds[2] = {world_new(), world_new()};
    struct gd_permit_ground grounds[2];
    const struct gd_permit *permit = NULL;
    struct gd_error err = {0};
    for (size_t i = 0; i < 2; i++) {
        worlds[i].manifest->wanted = i == 0 ? first : second;
        worlds[i].manifest->wanted_count = 1;
        prove(&worlds[i]);
        grounds[i] =
            (struct gd_permit_ground){.manifest = worlds[i].manifest, .proof = &worlds[i].proof};
    }
    struct gd_decision *decision = &worlds[0].decision;
    struct gd_arena *arena = worlds[0].arena;
    assert_int_equal(gd_permit_proven_by(decision, grounds, 2, arena, &permit, &err).code, GD_OK);
    assert_ptr_equal(gd_permit_decision(permit), decision);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(gd_permit_proven_by(decision, &grounds[i], 1, arena, &permit, &err).code,
                         GD_UNPROTECTED);
        worlds[i].proof.kind = GD_PROOF_NONE;
        assert_int_equal(gd_permit_proven_by(decision, grounds, 2, arena, &permit, &err).code,
                         GD_UNPROTECTED);
        worlds[i].proof.kind = GD_PROOF_DIGEST;
    }
    decision->action = GD_ACTION_REFUSE;
    assert_int_equal(gd_permit_proven_by(decision, grounds, 2, arena, &permit, &err).code,
                     GD_REFUSED);
    gd_arena_free(worlds[0].arena);
    gd_arena_free(worlds[1].arena);
}

/* A point in time holds everything, when its mark was seen and is this change's. */
static void a_point_in_time_needs_a_mark_of_the_change_that_was_seen(void **state)
{
    (void)state;
    static const char change[] = "20261122T214807Z-3f9c01d2aa";
    const struct gd_mark good = {.change = change, .seen = true};
    const struct gd_mark unseen = {.change = change};
    const struct gd_mark later = {.change = change, .seen = true, .after = true};
    const struct gd_mark others = {.change = "20261122T214807Z-3f9c01d2ab", .seen = true};
    static const enum gd_proof_kind kinds[] = {GD_PROOF_NONE, GD_PROOF_DIGEST, GD_PROOF_DRILL};
    const struct {
        const struct gd_mark *mark;
        enum gd_code code;
    } rows[] = {{&good, GD_OK},
                {NULL, GD_UNPROTECTED},
                {&unseen, GD_UNPROTECTED},
                {&later, GD_UNPROTECTED},
                {&others, GD_UNPROTECTED}};
    struct world world = world_new();
    struct gd_error err = {0};
    const struct gd_permit *permit = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        world.proof.mark = rows[i].mark;
        const struct gd_permit_ground ground = {.change = change, .proof = &world.proof};
        assert_int_equal(
            gd_permit_point(&world.decision, change, &world.proof, world.arena, &permit, &err).code,
            rows[i].code);
        assert_int_equal(
            gd_permit_proven_by(&world.decision, &ground, 1, world.arena, &permit, &err).code,
            rows[i].code);
    }
    world.proof.mark = &good;
    world.decision.backup.proof = GD_PROOF_DRILL;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        world.proof.kind = kinds[i];
        assert_int_equal(
            gd_permit_point(&world.decision, change, &world.proof, world.arena, &permit, &err).code,
            kinds[i] == GD_PROOF_DRILL ? GD_OK : GD_UNPROTECTED);
    }
    assert_int_equal(
        gd_permit_point(&world.decision, change, NULL, world.arena, &permit, &err).code,
        GD_UNPROTECTED);
    gd_arena_free(world.arena);
}

static void nothing_proves_nothing(void **state)
{
    (void)state;
    struct world world = world_new();
    const struct gd_permit *permit = NULL;
    struct gd_error err = {0};
    assert_int_equal(
        gd_permit_proven(&world.decision, NULL, &world.proof, world.arena, &permit, &err).code,
        GD_UNPROTECTED);
    assert_int_equal(
        gd_permit_proven(&world.decision, world.manifest, NULL, world.arena, &permit, &err).code,
        GD_UNPROTECTED);
    assert_null(permit);
    gd_arena_free(world.arena);
}

static void without_a_backup_only_where_none_is_demanded(void **state)
{
    (void)state;
    static const struct {
        enum gd_action action;
        enum gd_scope scope;
        enum gd_code code;
    } rows[] = {
        {GD_ACTION_GO, GD_SCOPE_NONE, GD_OK},
        {GD_ACTION_GO, GD_SCOPE_SCHEMA, GD_UNPROTECTED},
        {GD_ACTION_BACKUP, GD_SCOPE_TABLES, GD_UNPROTECTED},
        {GD_ACTION_BACKUP, GD_SCOPE_DATABASE, GD_UNPROTECTED},
        {GD_ACTION_APPROVE, GD_SCOPE_NONE, GD_REFUSED},
        {GD_ACTION_REFUSE, GD_SCOPE_NONE, GD_REFUSED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world world = world_new();
        const struct gd_permit *permit = NULL;
        struct gd_error err = {0};
        world.decision.action = rows[i].action;
        world.decision.backup.scope = rows[i].scope;
        assert_int_equal(gd_permit_without(&world.decision, world.arena, &permit, &err).code,
                         rows[i].code);
        assert_true((permit != NULL) == (rows[i].code == GD_OK));
        if (permit != NULL)
            assert_null(gd_permit_proof(permit));
        gd_arena_free(world.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_permit_needs_the_proof_of_what_is_demanded),
        cmocka_unit_test(two_that_hold_half_each),
        cmocka_unit_test(a_point_in_time_needs_a_mark_of_the_change_that_was_seen),
        cmocka_unit_test(nothing_proves_nothing),
        cmocka_unit_test(without_a_backup_only_where_none_is_demanded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
