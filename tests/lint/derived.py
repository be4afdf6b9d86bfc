#!/usr/bin/env python3
"""The tables of options and commands are sound, and all that is derived from them says the same."""
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import common

BINARY = os.environ["GD_BINARY"]
REFERENCE = {"options": "options.md", "commands": "commands.md", "sample": "guardian.yaml"}
problems = []


LITERAL = r'"(?:[^"\\]|\\.)*"'
MACROS = dict(re.findall(rf"^#define (GD_\w+_VERBS) ({LITERAL})$", common.read("guardian/config/options.h"), re.M))


def strings(text):
    """The strings of a row; neighbours are one, and so are lists of verbs that have a name."""
    for name, value in MACROS.items():
        text = text.replace(name, value)
    return ["".join(piece[1:-1] for piece in re.findall(LITERAL, run))
            for run in re.findall(rf"{LITERAL}(?:\s*{LITERAL})*", text)]


def rows(file, macro):
    """The rows of a .def file, as their source text."""
    text = re.sub(r"/\*.*?\*/", "", common.read(file), flags=re.S)
    return re.findall(macro + r"\((.*?)\)\s*(?=" + macro + r"|\Z)", text.strip(), flags=re.S)


def parse_option(row):
    field, kind = [word.strip() for word in row.split(",")[:2]]
    words = strings(row)
    name, value, preset, also, verbs, text = words[:6]
    return {"field": field, "kind": kind, "name": name, "value": value, "preset": preset,
            "also": also, "verbs": verbs.split(), "help": text, "manual": "".join(words[6:]),
            "from": set(re.findall(r"GD_FROM_(\w+)", row))}


def parse_command(row):
    verb = row.split(",")[0].strip()
    words = strings(row)
    return {"verb": verb, "operands": words[0], "summary": words[1], "manual": "".join(words[2:])}


OPTIONS = [parse_option(row) for row in rows("guardian/config/options.def", "GD_OPTION")]
COMMANDS = [parse_command(row) for row in rows("guardian/config/commands.def", "GD_COMMAND")]
SHOWN = [command for command in COMMANDS if command["summary"]]
assert len(OPTIONS) > 10 and len(SHOWN) > 0


def check(good, problem):
    if not good:
        problems.append(problem)


def run(*words, status=0):
    """A run of the binary, without settings of its surroundings."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {"PATH": os.environ["PATH"], "ASAN_OPTIONS": "detect_leaks=1"}
        done = subprocess.run([BINARY, *words], cwd=folder, env=environment, capture_output=True,
                              text=True, stdin=subprocess.DEVNULL)
    check(done.returncode == status, f"guardian {' '.join(words)} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def from_where(option, where):
    return "ANY" in option["from"] or where in option["from"]


def takes(option, verb):
    return not option["verbs"] or verb in option["verbs"]


def check_rows():
    names = [option["name"] for option in OPTIONS]
    verbs = {command["verb"] for command in COMMANDS}
    check(len(set(names)) == len(names), "two options have one name")
    for option in OPTIONS:
        own = f"option {option['name']}: "
        check(re.fullmatch(r"[a-z]+(-[a-z]+)*", option["name"]), own + "not lower case with hyphens")
        check(len(option["name"]) < 50, own + "too long for its variable")
        check(option["help"] and not option["help"].endswith("."), own + "help is no phrase")
        check(len(option["help"]) <= 60, own + "help is too long for a line")
        check(option["manual"].endswith("."), own + "manual is no sentence")
        check((option["value"] == "") == (option["kind"] == "FLAG"), own + "only flags have no value")
        check(option["kind"] != "SECRET" or not option["preset"], own + "a secret has no default")
        check(set(option["verbs"]) <= verbs, own + f"no such command among {option['verbs']}")
    for command in SHOWN:
        own = f"command {command['verb']}: "
        check(not command["summary"].endswith("."), own + "summary is no phrase")
        check(command["manual"].endswith("."), own + "manual is no sentence")
        check((common.SOURCE / f"guardian/cli/cmd_{command['verb']}.c").exists(), own + "no file")


def check_help():
    everywhere = run("--help")
    check(run("help") == everywhere, "guardian help differs from guardian --help")
    for command in SHOWN:
        verb = command["verb"]
        check(re.search(rf"^  {verb} ", everywhere, re.M), f"--help lacks {verb}")
        own = run(verb, "--help")
        check(run("help", verb) == own, f"guardian help {verb} differs from guardian {verb} --help")
        for option in OPTIONS:
            shown = re.search(rf"^  --{option['name']}( |$)", own, re.M) is not None
            check(shown == (takes(option, verb) and from_where(option, "ARGV")),
                  f"guardian {verb} --help and --{option['name']}")
    too_wide = [line for line in everywhere.split("\n") if len(line) > 100]
    check(not too_wide, f"--help is too wide: {too_wide}")


def check_texts():
    texts = {what: run("generate", what) for what in
             ("man", "bash", "zsh", "fish", "sample", "options", "commands")}
    for option in OPTIONS:
        name, typed = option["name"], from_where(option, "ARGV")
        escaped = name.replace("-", r"\-")
        marks = {"man": rf"\fB\-\-{escaped}\fR" if typed else escaped,
                 "options": f"## {name}\n"}
        if typed:
            marks.update(bash=f" --{name}", zsh=f"'--{name}", fish=f" -l {name} ")
        if from_where(option, "FILE"):
            marks["sample"] = f"\n#{name}: "
        if from_where(option, "ENV"):
            variable = "GUARDIAN_" + name.upper().replace("-", "_")
            check(variable in texts["options"] and variable in texts["man"], f"{variable} is nowhere explained")
        for what, mark in marks.items():
            check(mark in texts[what], f"{what} lacks {name}")
        check(option["also"] in texts["man"], f"man lacks {option['also']}")
    for command in SHOWN:
        verb = command["verb"]
        for what, mark in {"man": rf"\fB{verb}\fR", "commands": f"\n## {verb}\n", "bash": f"    {verb})",
                           "zsh": f"'{verb}:", "fish": f"-a {verb} "}.items():
            check(mark in texts[what], f"{what} lacks {verb}")
    for what, name in REFERENCE.items():
        path = common.SOURCE / "docs" / "reference" / name
        check(path.exists() and path.read_text() == texts[what],
              f"docs/reference/{name} is not current; write it anew with: ninja -C BUILD reference")
    return texts


def check_sample_is_accepted(sample):
    """Each line of the sample, uncommented, is taken."""
    lines = re.findall(r"^#([a-z][a-z-]*: .*)$", sample, re.M)
    check(len(lines) == sum(from_where(option, "FILE") for option in OPTIONS), "sample: lines are missing")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "guardian.yaml"
        file.write_text("\n".join(lines) + "\n")
        run("help", "--config", str(file))
        file.write_text("polcy: strict\n")
        run("help", "--config", str(file), status=2)


def complete(script, *words):
    """What bash offers for the last word."""
    program = (f"source {script}; COMP_WORDS=({' '.join(repr(word) for word in words)}); "
               f"COMP_CWORD={len(words) - 1}; compopt() {{ :; }}; _guardian; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def check_shells(texts):
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for shell in ("bash", "zsh", "fish"):
            paths[shell] = Path(folder) / shell
            paths[shell].write_text(texts[shell])
            if shutil.which(shell):
                done = subprocess.run([shell, "-n", str(paths[shell])], capture_output=True, text=True)
                check(done.returncode == 0, f"{shell} does not read its completion: {done.stderr}")
        bash = paths["bash"]
        check({command["verb"] for command in SHOWN} <= complete(bash, "guardian", ""), "bash: no commands")
        check(complete(bash, "guardian", "--color", "al") == {"always"}, "bash: no choices")
        for command in SHOWN:
            wanted = {f"--{option['name']}" for option in OPTIONS
                      if takes(option, command["verb"]) and from_where(option, "ARGV")}
            if command["verb"] != "help":
                check(complete(bash, "guardian", command["verb"], "--") == wanted,
                      f"bash offers other options for {command['verb']}")


def check_man(man):
    if shutil.which("groff"):
        done = subprocess.run(["groff", "-man", "-Kutf8", "-Tutf8", "-ww", "-z"], input=man, capture_output=True, text=True)
        check(done.returncode == 0 and not done.stderr, f"groff: {done.stderr}")


check_rows()
check_help()
made = check_texts()
check_sample_is_accepted(made["sample"])
check_shells(made)
check_man(made["man"])
common.end(problems, "what is derived from the tables")
