#!/usr/bin/env python3
"""What is installed is there, runs, and shows only names of its own."""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import common

BUILD = Path(os.environ["GD_BUILD"])
ZSH = "vendor-completions" if Path("/etc/debian_version").exists() else "site-functions"
problems = []


def check(good, problem):
    if not good:
        problems.append(problem)


def call(*words, **more):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, **more)


def cached(name):
    for line in (BUILD / "CMakeCache.txt").read_text().split("\n"):
        if line.startswith(name + ":"):
            return line.partition("=")[2]
    return ""


def expected(prefix):
    libraries = prefix / cached("CMAKE_INSTALL_LIBDIR") if cached("CMAKE_INSTALL_LIBDIR") else prefix / "lib"
    share = prefix / "share"
    yield prefix / "bin/guardian"
    yield libraries / "libguardian.a"
    yield libraries / "libguardian.so"
    yield libraries / "pkgconfig/guardian.pc"
    yield share / "man/man1/guardian.1"
    yield share / "bash-completion/completions/guardian"
    yield share / "zsh" / ZSH / "_guardian"
    yield share / "fish/vendor_completions.d/guardian.fish"
    yield share / "doc/guardian/copyright"
    yield share / "doc/guardian/examples/guardian.yaml"
    for header in common.sources("include"):
        yield prefix / header
    for policy in common.files(".yaml"):
        if policy.parts[0] == "policies":
            yield share / "guardian" / policy


def exported(library):
    """Names that the shared library defines for others."""
    listing = call("nm", "-D", "--defined-only", library).stdout
    return {line.split()[-1].split("@")[0] for line in listing.split("\n") if line}


def defined(archive):
    """Names that any object of the static library shows."""
    listing = call("nm", "-g", "--defined-only", archive).stdout
    return {line.split()[-1] for line in listing.split("\n") if re.match(r"[0-9a-f]+ [A-Z] ", line)}


def promised():
    """Functions that the public headers mark for export."""
    return {name for header in common.sources("include")
            for name in re.findall(r"^GD_EXPORT\b[^;(]*?\b(\w+)\s*\(", common.code_only(common.read(header)), re.M)}


def of_the_compiler(name):
    return re.match(r"__(asan|odr_asan|ubsan|sanitizer|gcov|llvm|start|stop|emutls|sancov)|mangle_path$|_init$|_fini$|\.L", name)


def check_names(prefix_files):
    shared = exported(next(path for path in prefix_files if path.name == "libguardian.so"))
    extra = {name for name in shared - promised() if not of_the_compiler(name)}
    check(not extra, f"the shared library shows {sorted(extra)}, which no public header marks")
    check(not promised() - shared, f"the shared library hides {sorted(promised() - shared)}")
    archive = defined(next(path for path in prefix_files if path.name == "libguardian.a"))
    foreign = {name for name in archive if not name.startswith("gd_") and not of_the_compiler(name)}
    check(not foreign, f"names without gd_ in the static library: {sorted(foreign)}")


def check_library_user(prefix_files, folder):
    """A program of somebody else, built against what was installed."""
    description = next(path for path in prefix_files if path.name == "guardian.pc")
    flags = call("pkg-config", "--cflags", "--libs", "guardian",
                 env={**os.environ, "PKG_CONFIG_PATH": str(description.parent),
                      "PKG_CONFIG_SYSROOT_DIR": folder}).stdout.split()
    source = Path(folder) / "user.c"
    source.write_text('#include <guardian/version.h>\n#include <stdio.h>\n'
                      'int main(void) { return puts(gd_version()) < 0; }\n')
    sanitize = ["-fsanitize=address,undefined"] if cached("GUARDIAN_PRESET") in ("asan", "fuzz") else []
    built = call(cached("CMAKE_C_COMPILER"), "-std=c99", source, *flags, *sanitize,
                 f"-Wl,-rpath,{description.parents[1]}", "-o", Path(folder) / "user")
    check(built.returncode == 0, f"a user of the library does not build: {built.stderr}")
    done = call(Path(folder) / "user", env={"ASAN_OPTIONS": "verify_asan_link_order=0"})
    check(re.fullmatch(r"\d+\.\d+\.\d+\n", done.stdout), f"a user of the library does not run: {done.stderr}")


def main():
    assert of_the_compiler("__asan_init") and not of_the_compiler("gd_version")
    assert "gd_version" in promised()
    with tempfile.TemporaryDirectory() as folder:
        done = call("cmake", "--install", BUILD, env={**os.environ, "DESTDIR": folder})
        if done.returncode != 0:
            sys.exit(done.stdout + done.stderr)
        prefix = Path(folder) / cached("CMAKE_INSTALL_PREFIX").lstrip("/")
        files = list(expected(prefix))
        for path in files:
            check(path.is_file() and path.stat().st_size > 0, f"{path.relative_to(folder)} was not installed")
        if not problems:
            run = call(prefix / "bin/guardian", "--version")
            check(run.returncode == 0 and run.stdout.startswith("guardian "), f"guardian --version: {run.stderr}")
            check(call(prefix / "bin/guardian", "--help").returncode == 0, "guardian --help fails")
            check_names(files)
            check_library_user(files, folder)
    common.end(problems, "what is installed")


main()
