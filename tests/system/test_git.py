"""Git guidance, with real repositories: which commit is named, what its revert would do, and that no trace is left."""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import time

import pytest

from harness.lack import lack

DRIVE = pathlib.Path(os.environ.get("GD_BUILD", ""), "system", "drive_git")
CLEAN = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")} | {
    "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_DATE": "2026-11-20T10:00:00Z", "GIT_COMMITTER_DATE": "2026-11-20T10:00:00Z"}


@pytest.fixture(autouse=True)
def _driver():
    if not DRIVE.is_file():
        lack("GD_BUILD names no build with drive_git")


class Repo:
    def __init__(self, top, home, *options):
        self.top, self.env = pathlib.Path(top), CLEAN | {"HOME": str(home)}
        self.top.mkdir(parents=True, exist_ok=True)
        if not pathlib.Path(home, ".gitconfig").exists():
            pathlib.Path(home, ".gitconfig").write_text("[user]\n name = Ann\n email = ann@example.org\n[init]\n defaultBranch = main\n"
                                                        "[protocol \"file\"]\n allow = always\n")
        self.git("init", "-q", *options)

    def git(self, *words, **more):
        done = subprocess.run(["git", "-C", str(self.top), *words], env=self.env, capture_output=True, text=True, **more)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def put(self, name, text):
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return path

    def commit(self, subject, **files):
        """Files by name with `__` for a slash."""
        for name, text in files.items():
            self.put(name.replace("__", "/").replace("_dot_", "."), text)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", subject)
        return self.git("rev-parse", "HEAD")

    def files(self):
        """All that is below .git, and the work tree: content and time of change."""
        return {str(path): (hashlib.sha1(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
                for path in sorted(self.top.rglob("*")) if path.is_file()}


@pytest.fixture
def repo(tmp_path):
    return Repo(tmp_path / "app", tmp_path)


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def drive(repo, *words, cwd=None, env=None):
    return subprocess.run([str(DRIVE), *map(str, words)], env=env or repo.env, capture_output=True, text=True, timeout=60, cwd=cwd or repo.top)


def guide(repo, *pairs, repository="-", cwd=None, env=None):
    """The document for (path, applied text) pairs."""
    words = [word for path, text in pairs for word in (path, sha(text))]
    done = drive(repo, "guide", repository, *words, cwd=cwd, env=env)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    document["lines"] = done.stderr
    return document


DROP = "ALTER TABLE users DROP COLUMN age;\n"
ADD = "ALTER TABLE users ADD COLUMN age int;\n"


# --- the commit ----------------------------------------------------------------------------------

def test_the_commit_is_found_tried_and_explained_without_a_trace(repo, tmp_path):
    repo.commit("First", init_dot_sql=ADD, src__app_dot_ts="age\n")
    bad = repo.commit("Drop the age", init_dot_sql=DROP, src__app_dot_ts="no age\n")
    repo.commit("Later", README="x\n")
    before, left = repo.files(), set(tmp_path.iterdir())
    found = guide(repo, ("init.sql", DROP), env=repo.env | {"TMPDIR": str(tmp_path)})
    assert repo.files() == before and set(tmp_path.iterdir()) == left
    assert (found["commit"], found["path"], found["branch"], found["top"]) == (bad, "init.sql", "main", str(repo.top))
    assert found["tried"] and found["applies"] and not found["conflicts"] and not found["dirty"] and found["why_not"] is None
    assert found["others"] == ["src/app.ts"] and not found["dependents"]
    assert found["command"] == f"git revert --no-edit {bad[:7]}"
    assert f'init.sql came in with {bad[:7]} "Drop the age" (Ann, 2026-11-20)' in found["lines"]
    assert "src/app.ts" in found["lines"] and "the next start that runs init.sql runs this text again" in found["deploys"]
    repo.git(*found["command"].split()[1:])
    assert (repo.top / "init.sql").read_text() == ADD


def test_a_rename_is_followed_and_is_not_what_made_the_text(repo):
    repo.commit("First", README="x\n")
    bad = repo.commit("Bad", old_dot_sql=DROP)
    repo.git("mv", "old.sql", "new.sql")
    renamed = repo.commit("Rename")
    found = guide(repo, ("new.sql", DROP))
    assert found["commit"] == bad and found["path"] == "new.sql" and found["conflicts"] == ["new.sql"]  # as git revert would
    assert [one["commit"] for one in found["dependents"]] == [renamed]
    gone = guide(repo, ("old.sql", DROP))
    assert gone["commit"] == bad and gone["files"][0]["differs_now"]


def test_a_new_file_with_the_text_of_another_is_no_rename(repo):
    repo.commit("First", a_dot_sql=DROP, README="x\n")
    new = repo.commit("Again", b_dot_sql=DROP)
    found = guide(repo, ("b.sql", DROP))
    assert found["commit"] == new and found["applies"]


def test_the_version_that_was_applied_counts_not_the_newest(repo):
    bad = repo.commit("Bad", a_dot_sql=DROP)
    later = repo.commit("Also bad", a_dot_sql=DROP + "-- and more\n")
    found = guide(repo, ("a.sql", DROP))
    assert found["commit"] == bad and found["files"][0]["differs_now"] and not found["applies"]
    assert found["conflicts"] == ["a.sql"] and [one["commit"] for one in found["dependents"]] == [later]
    assert "conflicts in a.sql" in found["lines"] and "another text by now" in found["lines"]


def test_a_text_that_is_in_no_commit_is_said_to_be(repo):
    repo.commit("First", a_dot_sql=ADD)
    repo.put("a.sql", DROP)
    repo.put("b.sql", DROP)
    for name in ("a.sql", "b.sql"):
        found = guide(repo, (name, DROP))
        assert found["files"][0]["uncommitted"] and not found["commit"] and not found["command"]
        assert "is in no commit" in found["why_not"] and not found["files"][0]["differs_now"]


def test_a_file_that_is_gone_is_found_in_history(repo):
    bad = repo.commit("Bad", db__a_dot_sql=DROP)
    repo.commit("Next", README="x")
    shutil.rmtree(repo.top / "db")
    found = guide(repo, (repo.top / "db" / "a.sql", DROP))
    assert found["commit"] == bad and found["files"][0]["differs_now"] and found["dirty"] and found["applies"]


def test_the_work_of_a_merged_branch_is_its_own_commit(repo):
    repo.commit("First", README="x\n")
    repo.git("checkout", "-q", "-b", "feature")
    bad = repo.commit("Bad", a_dot_sql=DROP)
    repo.git("checkout", "-q", "main")
    repo.commit("Other", other="x\n")
    repo.git("merge", "-q", "--no-ff", "-m", "Merge feature", "feature")
    found = guide(repo, ("a.sql", DROP))
    assert found["commit"] == bad and found["applies"] and not found["commits"][0]["merge"]


def test_a_merge_that_made_the_text_itself_needs_a_mainline(repo):
    repo.commit("First", a_dot_sql=ADD)
    repo.git("checkout", "-q", "-b", "feature")
    repo.commit("Theirs", a_dot_sql="SELECT 1;\n")
    repo.git("checkout", "-q", "main")
    repo.commit("Ours", a_dot_sql="SELECT 2;\n")
    subprocess.run(["git", "-C", repo.top, "merge", "feature"], env=repo.env, capture_output=True)
    merge = repo.commit("Merge feature", a_dot_sql=DROP)
    found = guide(repo, ("a.sql", DROP))
    assert found["commit"] == merge and found["commits"][0]["merge"] and found["applies"]
    assert found["command"] == f"git revert --no-edit -m 1 {merge[:7]}"
    made = drive(repo, "revert", "undo", "-", "a.sql", sha(DROP)).stdout.strip()
    repo.git(*found["command"].split()[1:])
    assert (repo.top / "a.sql").read_text() == "SELECT 2;\n"
    assert repo.git("log", "-1", "--format=%T %B", made) == repo.git("log", "-1", "--format=%T %B")  # as git revert does


def test_a_commit_of_another_branch_is_named_but_not_to_be_reverted_here(repo):
    repo.commit("First", README="x\n")
    repo.git("checkout", "-q", "-b", "release")
    bad = repo.commit("Bad", a_dot_sql=DROP)
    repo.git("checkout", "-q", "main")
    found = guide(repo, ("a.sql", DROP))
    assert not found["commit"] and bad[:7] in found["why_not"] and "release" in found["why_not"]
    assert not found["files"][0]["uncommitted"]


def test_a_revert_that_was_made_is_seen(repo):
    repo.commit("First", README="x\n")
    bad = repo.commit("Bad", a_dot_sql=DROP)
    repo.git("revert", "--no-edit", bad)
    found = guide(repo, ("a.sql", DROP))
    assert found["commit"] == bad and found["reverted"] and not found["command"] and "reverted already" in found["lines"]


def test_the_first_commit_of_all_can_be_reverted(repo):
    bad = repo.commit("First", a_dot_sql=DROP)
    found = guide(repo, ("a.sql", DROP))
    assert found["commit"] == bad and found["applies"]


def test_several_files_give_each_commit_once_newest_first(repo):
    first = repo.commit("One", migrations__1_dot_sql=ADD, migrations__2_dot_sql="SELECT 2;\n")
    third = repo.commit("Three", migrations__3_dot_sql=DROP)
    pairs = [("migrations/1.sql", ADD), ("migrations/2.sql", "SELECT 2;\n"), ("migrations/3.sql", DROP)]
    found = guide(repo, *pairs)
    assert [one["commit"] for one in found["commits"]] == [third, first]
    assert found["applies"] and not found["others"] and found["command"] == f"git revert --no-edit {third[:7]} {first[:7]}"


def test_prismas_files_tell_what_the_next_boot_does(repo):
    repo.commit("First", prisma__schema_dot_prisma="model User { age Int }\n")
    repo.commit("Bad", prisma__schema_dot_prisma="model User { }\n", init_dot_sql=DROP, prisma__migrations__1_a__migration_dot_sql=DROP + " \n")
    assert "prisma db push asks for the change again, from prisma/schema.prisma" in guide(repo, ("init.sql", DROP))["deploys"]
    assert "prisma migrate deploy runs the migration again" in guide(repo, ("prisma/migrations/1_a/migration.sql", DROP + " \n"))["deploys"]


def test_line_ends_do_not_hide_a_text(repo):
    repo.put(".gitattributes", "*.sql text eol=crlf\n")
    bad = repo.commit("Bad", a_dot_sql=DROP.replace("\n", "\r\n"))
    assert repo.git("cat-file", "-p", "HEAD:a.sql") + "\n" == DROP
    found = guide(repo, ("a.sql", DROP.replace("\n", "\r\n")))
    assert found["commit"] == bad and not found["files"][0]["differs_now"]


@pytest.mark.parametrize("name", ["a b.sql", "new\nline.sql", 'quo"te.sql', "[a]*.sql", "-rf.sql", ":(top)x.sql", "ümlaut.sql", "back\\slash.sql"])
def test_odd_names_are_names(repo, name):
    repo.commit("First", README="x\n")
    repo.put(name, DROP)
    bad = repo.commit("Bad")
    found = guide(repo, (repo.top / name, DROP))
    assert found["commit"] == bad and found["path"] == name and found["applies"] and not found["others"]


# --- repositories --------------------------------------------------------------------------------

def test_outside_of_git_it_is_said(repo, tmp_path):
    (tmp_path / "x.sql").write_text(DROP)
    found = guide(repo, (tmp_path / "x.sql", DROP))
    assert "is in no git repository" in found["why_not"] and found["top"] == "" and not found["deploys"]


def test_a_file_that_was_applied_elsewhere_is_found_by_the_end_of_its_path(repo):
    repo.commit("First", README="x\n")
    bad = repo.commit("Bad", prisma__init_dot_sql=DROP)
    found = guide(repo, ("/srv/container/prisma/init.sql", DROP), repository=str(repo.top))
    assert found["commit"] == bad and found["path"] == "prisma/init.sql" and not found["files"][0]["differs_now"]


def test_from_another_folder_the_command_names_the_repository(repo, tmp_path):
    repo.commit("First", README="x\n")
    bad = repo.commit("Bad", a_dot_sql=DROP)
    found = guide(repo, (repo.top / "a.sql", DROP), cwd=tmp_path)
    assert found["command"] == f"git -C {repo.top} revert --no-edit {bad[:7]}"


def test_a_shallow_clone_does_not_blame_its_oldest_commit(repo, tmp_path):
    repo.commit("First", README="x\n")
    repo.commit("Bad", a_dot_sql=DROP)
    repo.commit("Next", README="y\n")
    new = repo.commit("Newest", b_dot_sql=DROP)
    repo.git("clone", "-q", "--depth", "2", f"file://{repo.top}", str(tmp_path / "shallow"))
    old = guide(repo, (tmp_path / "shallow" / "a.sql", DROP))
    assert old["shallow"] and not old["commit"] and "git fetch --unshallow" in old["why_not"] and not old["files"][0]["uncommitted"]
    assert guide(repo, (tmp_path / "shallow" / "b.sql", DROP))["commit"] == new


def test_a_linked_work_tree_and_a_detached_head(repo, tmp_path):
    repo.commit("First", README="x\n")
    bad = repo.commit("Bad", a_dot_sql=DROP)
    repo.git("worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    found = guide(repo, (tmp_path / "linked" / "a.sql", DROP))
    assert found["commit"] == bad and found["applies"] and found["branch"] == "" and found["top"] == str(tmp_path / "linked")


def test_a_submodule_is_its_own_repository(repo, tmp_path):
    inner = Repo(tmp_path / "inner", tmp_path)
    bad = inner.commit("Bad", a_dot_sql=DROP)
    inner.commit("Next", b="x")
    repo.commit("First", README="x\n")
    repo.git("submodule", "add", "-q", f"file://{inner.top}", "db")
    repo.commit("Submodule")
    found = guide(repo, (repo.top / "db" / "a.sql", DROP))
    assert found["commit"] == bad and found["top"] == str(repo.top / "db") and found["applies"]


def test_bare_and_empty_repositories_are_explained(repo, tmp_path):
    assert "no commit yet" in guide(repo, (repo.top / "a.sql", DROP))["why_not"]
    bare = Repo(tmp_path / "bare", tmp_path, "--bare")
    assert "no work tree" in guide(repo, ("a.sql", DROP), repository=str(bare.top))["why_not"]


def test_a_repository_of_another_user_is_explained(repo):
    if os.getuid() != 0:
        pytest.skip("only root can give files away")
    repo.commit("Bad", a_dot_sql=DROP)
    for path in (repo.top, repo.top / ".git"):
        os.chown(path, 65534, 65534)
    found = guide(repo, ("a.sql", DROP), env={key: value for key, value in repo.env.items() if key != "SUDO_UID"})
    assert "safe.directory" in found["why_not"] and not found["commit"]


def test_without_git_it_is_said(repo):
    repo.commit("Bad", a_dot_sql=DROP)
    assert guide(repo, ("a.sql", DROP), env=repo.env | {"PATH": "/nowhere"})["why_not"] == "git is not installed here"


def test_being_called_from_a_hook_of_another_repository_misleads_nobody(repo, tmp_path):
    bad = repo.commit("Bad", a_dot_sql=DROP)
    other = Repo(tmp_path / "other", tmp_path)
    env = repo.env | {"GIT_DIR": str(other.top / ".git"), "GIT_WORK_TREE": str(other.top), "GIT_INDEX_FILE": "/nowhere/index", "GIT_PREFIX": "x/"}
    assert guide(repo, ("a.sql", DROP), env=env)["commit"] == bad


def test_no_program_of_the_repositorys_configuration_runs(repo, tmp_path):
    repo.commit("First", README="x\n")
    repo.put(".gitattributes", "*.sql diff=own\n")
    repo.commit("Bad", a_dot_sql=DROP)
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\necho ran >>{tmp_path}/ran\n")
    trap.chmod(0o755)
    for name in ("reference-transaction", "post-checkout", "post-commit", "pre-commit", "post-index-change", "fsmonitor-watchman"):
        (repo.top / ".git" / "hooks").mkdir(exist_ok=True)
        shutil.copy(trap, repo.top / ".git" / "hooks" / name)
    for key in ("core.fsmonitor", "core.pager", "diff.external", "diff.own.textconv", "diff.own.command", "core.editor", "gpg.program", "core.askPass"):
        repo.git("config", key, str(trap))
    for key, value in (("commit.gpgSign", "true"), ("log.showSignature", "true"), ("core.hooksPath", str(repo.top / ".git" / "hooks"))):
        repo.git("config", key, value)
    (tmp_path / "ran").unlink(missing_ok=True)
    found = guide(repo, ("a.sql", DROP))
    assert found["applies"]
    done = drive(repo, "revert", "undo", "-", "a.sql", sha(DROP))
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "ran").exists()


def test_ten_thousand_commits_take_less_than_two_seconds(repo):
    stream, mark = [], 0
    for number in range(10000):
        text = DROP if number == 100 else None
        stream.append(f"commit refs/heads/main\ncommitter Ann <ann@example.org> {1700000000 + number} +0000\ndata 2\nc\n"
                      f"M 100644 inline src/f{number % 500}.ts\ndata {len(str(number))}\n{number}\n")
        if text:
            stream.append(f"M 100644 inline a.sql\ndata {len(text)}\n{text}\n")
    done = subprocess.run(["git", "-C", repo.top, "fast-import", "--quiet"], input="".join(stream), text=True, env=repo.env, capture_output=True)
    assert done.returncode == 0, done.stderr
    repo.git("reset", "-q", "--hard", "main")
    began = time.monotonic()
    found = guide(repo, ("a.sql", DROP))
    seconds = time.monotonic() - began
    assert found["commit"] and found["tried"]
    assert seconds < (2 if not os.environ.get("GD_SLOW") and "asan" not in str(DRIVE) else 10), seconds


# --- the revert ----------------------------------------------------------------------------------

def revert(repo, branch, *pairs, **more):
    return drive(repo, "revert", branch, "-", *[word for path, text in pairs for word in (path, sha(text))], **more)


def test_a_revert_is_a_branch_and_touches_nothing_else(repo):
    repo.commit("First", a_dot_sql=ADD, src="1\n")
    bad = repo.commit("Bad", a_dot_sql=DROP)
    head = repo.commit("Next", src="2\n")
    repo.put("untracked", "x")
    repo.put("src", "3\n")
    state = (repo.git("status", "--porcelain"), (repo.top / ".git" / "index").read_bytes(), (repo.top / ".git" / "HEAD").read_text())
    done = revert(repo, "guardian/undo", ("a.sql", DROP))
    assert done.returncode == 0, done.stderr
    made = done.stdout.strip()
    assert (repo.git("status", "--porcelain"), (repo.top / ".git" / "index").read_bytes(), (repo.top / ".git" / "HEAD").read_text()) == state
    assert repo.git("rev-parse", "main") == head and repo.git("rev-parse", "guardian/undo") == made
    assert repo.git("rev-parse", f"{made}^") == head and repo.git("show", f"{made}:a.sql") + "\n" == ADD
    repo.git("stash")
    repo.git("revert", "--no-edit", bad)
    assert repo.git("log", "-1", "--format=%T %an %B", made) == repo.git("log", "-1", "--format=%T %an %B")  # as git revert does
    assert repo.git("fsck", "--no-dangling") == ""


def test_a_revert_of_two_commits_is_two(repo):
    repo.commit("Zero", README="x\n")
    repo.commit("One", migrations__1_dot_sql=ADD)
    repo.commit("Two", migrations__2_dot_sql=DROP)
    assert revert(repo, "undo", ("migrations/1.sql", ADD), ("migrations/2.sql", DROP)).returncode == 0
    assert repo.git("log", "-3", "--format=%s", "undo").split("\n") == ['Revert "One"', 'Revert "Two"', "Two"]
    assert repo.git("ls-tree", "-r", "--name-only", "undo") == "README"


REFUSALS = [
    ("the file holds changes", lambda repo: repo.put("a.sql", DROP + "--\n"), "undo", "holds changes that are in no commit"),
    ("the branch is there", lambda repo: repo.git("branch", "undo"), "undo", "it is there"),
    ("no such name for a branch", lambda repo: None, "a..b", "takes no such name"),
    ("an option for a name", lambda repo: None, "-f", "takes no such name"),
    ("a later commit builds on it", lambda repo: repo.commit("Later", a_dot_sql=DROP + "SELECT 1;\n"), "undo", '"a.sql" conflicts'),
    ("it was made already", lambda repo: repo.git("revert", "--no-edit", "HEAD"), "undo", "nothing left to revert"),
    ("nobody is configured", lambda repo: repo.git("config", "user.useConfigOnly", "true") or repo.git("config", "--global", "--unset", "user.email"),
     "undo", "does not know who commits"),
]


@pytest.mark.parametrize("prepare,branch,words", [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS])
def test_a_revert_is_refused(repo, prepare, branch, words):
    repo.commit("First", a_dot_sql=ADD)
    repo.commit("Bad", a_dot_sql=DROP)
    prepare(repo)
    before = repo.git("for-each-ref")
    done = revert(repo, branch, ("a.sql", DROP))
    assert done.returncode == 3 and words in done.stderr, done.stderr
    assert repo.git("for-each-ref") == before
