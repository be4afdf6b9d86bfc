#!/usr/bin/env python3
"""What no C file may say: calls that cannot be used safely, and printing from the library."""
import re

import common

FORBIDDEN = re.compile(
    r"\b(goto)\b|\b(v?sprintf|strcpy|strcat|stpcpy|strtok|atoi|atol|atoll|atof|gets|setjmp|longjmp"
    r"|sigsetjmp|siglongjmp|alloca|mktemp|tmpnam|rand)\s*\(")
# The library returns errors and never logs them; it only says why it ends the process at once.
PRINTING = re.compile(r"\b(stdout|stderr)\b|\b(printf|puts|putchar|perror)\s*\(")
MAY_PRINT = ("guardian/cli/", "guardian/proxy/")
ENDING = re.compile(r"\babort\s*\(\)")


def problems_of(path, text):
    library = str(path).startswith(("guardian/", "include/"))
    lines = common.code_only(text).split("\n")
    for number, line in enumerate(lines, 1):
        for found in FORBIDDEN.finditer(line):
            yield f"{path}:{number}: {found.group(1) or found.group(2)} is not used here"
        if library and not str(path).startswith(MAY_PRINT) and PRINTING.search(line) and \
                not ENDING.search("".join(lines[number:number + 2])):
            yield f"{path}:{number}: the library does not print"


def check_myself():
    def found(path, text):
        return len(list(problems_of(path, text)))
    assert found("guardian/io/x.c", "goto end;") == 1
    assert found("guardian/io/x.c", "strcpy (a, b); snprintf(a, 1, b);") == 1
    assert found("guardian/io/x.c", '/* goto */ "sprintf(" // atoi(') == 0
    assert found("guardian/io/x.c", "int my_atoi(int rand_state);") == 0
    assert found("guardian/io/x.c", 'fputs("x", stderr);') == 1
    assert found("guardian/io/x.c", 'fputs("x", stderr);\nabort();') == 0
    assert found("guardian/cli/x.c", 'fputs("x", stderr);') == 0
    assert found("tests/unit/x.c", 'printf("x"); sprintf(a, "x");') == 1


check_myself()
found_problems = []
for source in common.sources("guardian", "include", "tests"):
    found_problems += problems_of(source, common.read(source))
common.end(found_problems, "words")
