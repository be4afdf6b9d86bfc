#!/usr/bin/env python3
"""Every header compiles alone: public ones as C99 and as C++, the others as this project's C."""
import subprocess

import common

STRICT = ["-Wall", "-Wextra", "-Werror", "-pedantic-errors", "-fsyntax-only", "-I", "include"]
PUBLIC = [["gcc", "-x", "c", "-std=c99", *STRICT], ["clang", "-x", "c++", "-std=c++11", *STRICT]]
FOREIGN = subprocess.run(["pkg-config", "--cflags-only-I", "libpq"], capture_output=True, text=True,
                         check=True).stdout.split()
OWN = [["gcc", "-x", "c", "-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror",
        "-fsyntax-only", "-I", "include", "-I", ".", *FOREIGN]]


def problems_of(commands, text, name):
    for command in commands:
        run = subprocess.run([*command, "-"], cwd=common.SOURCE, input=text, capture_output=True,
                             text=True)
        if run.returncode != 0:
            yield f"{name}: not with {' '.join(command[:4])}:\n{run.stderr}"


for tool in ("gcc", "clang"):
    common.need(tool)
assert list(problems_of(PUBLIC[:1], "int f(void) { for (;;) {} } // \n size_t x;", "itself"))
assert list(problems_of(PUBLIC[1:], "int *f(void *p) { return p; }", "itself"))
assert not list(problems_of(PUBLIC, "int f(int);\n", "itself"))

problems = []
for header in common.sources("include", "guardian"):
    if header.suffix == ".h":
        public = header.parts[0] == "include"
        name = header.relative_to("include") if public else header
        # Twice: the guard works. A declaration: a unit must not be empty.
        text = f'#include "{name}"\n#include "{name}"\nextern int not_empty;\n'
        problems += problems_of(PUBLIC if public else OWN, text, header)
common.end(problems, "headers")
