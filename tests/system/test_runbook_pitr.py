"""The runbook's own commands: without Guardian a server is recovered, and it holds what was committed."""

import json
import os
import re
import subprocess

from harness import pitr
from harness import server as servers
from harness.recoveries import end, folder_of

RUNBOOK = servers.ROOT / "docs" / "runbooks" / "point-in-time.md"


def _cut(stored):
    """A segment as pieces, of which some were put together and stayed; three in a row, and the one that the second and third make."""
    segment = subprocess.run(["zstd", "-dcq", stored], check=True, capture_output=True).stdout
    size = len(segment.rstrip(b"\0"))
    folder = stored.with_name(stored.name[:-4] + ".part")
    folder.mkdir()
    ends = (0, size // 3, size // 2, size)
    pieces = []
    for start, end in [*zip(ends, ends[1:]), (ends[0], ends[2])]:
        pieces.append(folder / f"{start:08X}-{end:08X}.zst")
        subprocess.run(["zstd", "-q", "-o", pieces[-1]], input=segment[start:end], check=True)
    stored.unlink()
    folder.chmod(0o755)
    return pieces


def test_the_shell_commands_recover_a_server():
    blocks = re.findall(r"```sh\n(.*?)```", RUNBOOK.read_text().split("## Without Guardian", 1)[1], re.S)
    assert len(blocks) == 5 and not any("guardian" in block for block in blocks)
    with pitr.Archive() as world:
        world.server.run("CREATE TABLE t AS SELECT generate_series(1, 1000) AS n")
        base = json.loads(world.guardian("base", "--json", as_server=True).stdout)["base"]
        world.server.run("INSERT INTO t VALUES (2000)")
        pieces = _cut(world.stored(world.switch()))
        folder = folder_of(world)
        blocks[0] = f"cluster={next(world.store.glob('v1/*/base')).parent}\nbackup={base}\ndata={folder}\n"
        env = {**world.server.env(), "PATH": f"{world.tools}:{os.environ['PATH']}"}
        script = "\n".join(blocks).replace("-c listen_addresses=", f"-c listen_addresses= -p {world.server.port}")
        try:
            ran = subprocess.run([*pitr.AS_SERVER, "bash", "-e", "-o", "pipefail", "-c", script], cwd=world.place, env=env, capture_output=True, text=True, timeout=100)
            assert ran.returncode == 0, ran.stdout + ran.stderr
            assert world.ask(folder, "SELECT count(*), max(n) FROM t") == "1001|2000"
            fetch = [folder / "fetch", pieces[0].parent.name[:-5], folder / "fetched"]
            assert subprocess.run(fetch).returncode == 0 and (folder / "fetched").stat().st_size == 16 << 20
            (folder / "fetched").unlink()
            pieces[-1].unlink()
            pieces[1].unlink()
            assert subprocess.run(fetch).returncode == 255  # a hole
            assert subprocess.run([fetch[0], "0000000100000000000000FF", fetch[2]]).returncode == 1
        finally:
            end(world, folder)
