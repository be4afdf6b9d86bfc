#!/usr/bin/env python3
"""Includes point down the layers only, and each foreign library has one door."""
import re

import common

# header -> the folder or file (without suffix) that may include it
DOORS = [
    (r"libpq-fe\.h|libpq/|postgres_ext\.h|pg_config", ["guardian/pg/"]),
    (r"pg_query|protobuf-c/", ["guardian/sql/"]),
    (r"jansson\.h", ["guardian/io/json"]),
    (r"cyaml/", ["guardian/policy/"]),
    (r"yaml\.h", ["guardian/io/yaml"]),
    (r"openssl/", ["guardian/io/"]),
    (r"zstd\.h", ["guardian/io/zstd"]),
    (r"archive", ["guardian/io/tar"]),
    (r"curl/", ["guardian/io/http"]),
    (r"microhttpd", ["guardian/io/http_server"]),
    (r"xxhash", ["guardian/pg/copy", "guardian/pg/rows_digest"]),
    (r"cmocka\.h|guardian/config/.*_test", ["tests/"]),
]
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)


def layer_of(path):
    """guardian/<layer>/… -> its height; None for anything else (public headers, tests)."""
    parts = str(path).split("/")
    if len(parts) < 3 or parts[0] != "guardian":
        return None
    return common.LAYERS.index(parts[1]) if parts[1] in common.LAYERS else -1


def problems_of(path, text):
    own = layer_of(path)
    if own == -1:
        yield f"{path}: \"{str(path).split('/')[1]}\" is not a layer"
        return
    for header in INCLUDE.findall(text):
        below = layer_of(header)
        if own is not None and below is not None and (below == -1 or below > own):
            yield f"{path}: includes {header}, which is not below it"
        if str(path).startswith("include/") and header.startswith("guardian/") and header.count("/") > 1:
            yield f"{path}: a public header includes {header}, which is not installed"
        for pattern, doors in DOORS:
            if re.match(pattern, header) and not str(path).startswith(tuple(doors)):
                yield f"{path}: includes {header}, whose door is {' or '.join(doors)}"


def check_myself():
    def found(path, text):
        return len(list(problems_of(path, text)))
    assert found("guardian/io/x.c", '#include "guardian/base/status.h"\n#include "guardian/io/y.h"') == 0
    assert found("guardian/io/x.c", '#include "guardian/sql/tree.h"') == 1
    assert found("guardian/base/x.h", '  # include "guardian/cli/cmd.h"') == 1
    assert found("guardian/odd/x.c", "") == 1
    assert found("guardian/base/x.c", '#include "guardian/odd/x.h"') == 1
    assert found("guardian/cli/x.c", "#include <libpq-fe.h>") == 1
    assert found("guardian/pg/x.c", "#include <libpq-fe.h>\n#include <jansson.h>") == 1
    assert found("guardian/sql/x.c", "#include <pg_query/pg_query.pb-c.h>") == 0
    assert found("include/guardian/x.h", '#include "guardian/version.h"') == 0
    assert found("include/guardian/x.h", '#include "guardian/base/status.h"') == 1


check_myself()
found_problems = []
for source in common.sources("guardian", "include"):
    found_problems += problems_of(source, common.read(source))
common.end(found_problems, "layers and doors")
