#!/usr/bin/env python3
"""What forgets the backup does not compile: a change runs with a permit, and nobody makes a permit or a proof by hand."""
import subprocess

import common

FLAGS = ["-std=gnu17", "-D_GNU_SOURCE", "-O1", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-c", "-o", "/dev/null", "-x", "c",
         "-I", ".", "-I", "include"]
HEAD = """
#include "guardian/guard/apply.h"
struct gd_status run(struct gd_applier *applier, const struct gd_permit *permit, const struct gd_proof *proof,
                     const struct gd_decision *decision, struct gd_arena *arena, struct gd_error *err);
struct gd_status run(struct gd_applier *applier, const struct gd_permit *permit, const struct gd_proof *proof,
                     const struct gd_decision *decision, struct gd_arena *arena, struct gd_error *err)
{
    (void)applier, (void)permit, (void)proof, (void)decision, (void)arena, (void)err;
    %s
}
"""
# A body, and what the compiler says of it; None: it is right.
CASES = {
    "with a permit": ("return gd_apply_run(applier, permit, err);", None),
    "a permit that was asked for": (
        "const struct gd_permit *made = NULL; GD_TRY(gd_permit_without(decision, arena, &made, err));"
        "return gd_apply_run(applier, made, err);", None),
    "no permit at all": ("return gd_apply_run(applier, err);", "too few arguments"),
    "no permit, said so": ("return gd_apply_run(applier, NULL, err);", "null"),
    "a proof instead": ("return gd_apply_run(applier, proof, err);", "incompatible"),
    "a decision instead": ("return gd_apply_run(applier, decision, err);", "incompatible"),
    "a permit made by hand": ("struct gd_permit made = {0}; return gd_apply_run(applier, &made, err);", "incomplete type|isn't known"),
    "a permit of some memory": (
        "struct gd_permit *made = gd_arena_zalloc(arena, 1, sizeof *made); return gd_apply_run(applier, made, err);", "incomplete type"),
    "a proof made by hand": ("struct gd_proof made = {0}; (void)made; return gd_apply_run(applier, permit, err);", "incomplete type|isn't known"),
    "what came of it is not looked at": ("gd_apply_run(applier, permit, err); return GD_DONE;", "unused-result|warn_unused_result"),
}



def said(compiler, body):
    """What the compiler says of it; None when it compiles."""
    ran = subprocess.run([compiler, *FLAGS, "-"], cwd=common.SOURCE, input=HEAD % body, capture_output=True, text=True)
    return None if ran.returncode == 0 else ran.stderr.replace("\u2019", "'")


problems = []
for compiler in ("gcc", "clang"):
    common.need(compiler)
    for name, (body, expected) in CASES.items():
        words = said(compiler, body)
        if (words is None) != (expected is None):
            problems.append(f"{name}: {compiler} {'takes it' if words is None else 'does not take it: ' + words[:300]}")
        elif words is not None and not any(word in words for word in expected.split("|")):
            problems.append(f"{name}: {compiler} does not take it, for another reason: {words[:300]}")
common.end(problems, "permits")
