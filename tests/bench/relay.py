#!/usr/bin/python3
"""The relay beside pgbouncer and beside nothing, in one run, on one server. Prints ratios; passes no judgement on times.

    GD_BUILD=build /usr/bin/python3 tests/bench/relay.py [--seconds N] [--rounds N]

Clients come by TCP on the loopback in every case; both relays go on by the server's unix socket, one server connection for
each client. Ways take turns, medians count. pgbouncer (Debian's, session mode) is left out where it is not installed.
"""

import argparse
import contextlib
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from harness import server as servers  # noqa: E402
from harness.relay import Relay  # noqa: E402

BOUNCER = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def bouncer(server):
    folder = tempfile.mkdtemp(prefix="gd-bouncer.")
    port = free_port()
    pathlib.Path(folder, "users").write_text('"postgres" ""\n')
    pathlib.Path(folder, "ini").write_text(
        f"[databases]\n* = host={server.dir} port={server.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n"
        f"unix_socket_dir = {folder}\nauth_type = trust\nauth_file = {folder}/users\npool_mode = session\nmax_client_conn = 200\n"
        "default_pool_size = 100\nignore_startup_parameters = extra_float_digits\nserver_reset_query =\n")
    subprocess.run(["chown", "-R", "postgres", folder], check=True)
    process = subprocess.Popen(["runuser", "-u", "postgres", "--", BOUNCER, "-q", f"{folder}/ini"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1)
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PG") and k != "DATABASE_URL"}
    try:
        yield {**kept, "PGHOST": "127.0.0.1", "PGPORT": str(port), "PGUSER": "postgres", "PGDATABASE": "postgres"}
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def pgbench(env, seconds, mode, clients):
    ran = subprocess.run(["pgbench", "-n", "-S", "-M", mode, "-c", str(clients), "-T", str(seconds)], env=env, capture_output=True, text=True)
    if ran.returncode != 0:
        sys.exit(ran.stderr)
    figures = dict(line.split(" = ", 1) for line in ran.stdout.splitlines() if " = " in line)
    return float(figures["tps"].split()[0]), float(figures["latency average"].split()[0])


def copy_out(env):
    begin = time.monotonic()
    ran = subprocess.run(["psql", "-Xqc", "\\copy big TO /dev/null"], env=env, capture_output=True, text=True)
    if ran.returncode != 0:
        sys.exit(ran.stderr)
    return time.monotonic() - begin


def copy_in(env):
    begin = time.monotonic()
    ran = subprocess.run(["psql", "-Xq", "-c", "BEGIN", "-c", "CREATE TABLE copied (LIKE big)", "-c", "\\copy copied FROM PROGRAM 'head -c 150000000 /dev/zero | tr \"\\\\0\" x | fold -w 1000'",
                          "-c", "ROLLBACK"], env=env, capture_output=True, text=True)
    if ran.returncode != 0:
        sys.exit(ran.stderr)
    return time.monotonic() - begin


def start(env):
    begin = time.monotonic()
    subprocess.run(["psql", "-Xqtc", "SELECT 1"], env=env, capture_output=True, check=True)
    return time.monotonic() - begin


def row(name, *cells):
    print(f"  {name:<34}" + "".join(f"{cell:>16}" for cell in cells), flush=True)


def compare(title, ways, rounds, measure, unit, more_is_better):
    found = {name: [] for name in ways}
    for _ in range(rounds):
        for name, env in ways.items():
            found[name].append(measure(env))
    middle = {name: statistics.median(values) for name, values in found.items()}

    def share(other):
        if other not in middle or other == "guardian":
            return ""
        ratio = middle["guardian"] / middle[other] if more_is_better else middle[other] / middle["guardian"]
        return f"{ratio:.2f}"
    row(title, *[unit(middle[name]) if name in middle else "-" for name in ("direct", "pgbouncer", "guardian")], share("direct"), share("pgbouncer"))


def memory(relay):
    links, before = [], relay.memory()
    import psycopg2
    for _ in range(25):
        links.append(psycopg2.connect(host=relay.env["PGHOST"], port=relay.env["PGPORT"], user=relay.env["PGUSER"], password=relay.env["PGPASSWORD"], dbname="postgres"))
        with links[-1].cursor() as cursor:
            cursor.execute("SELECT repeat('x', 100000)")
    each = (relay.memory() - before) / len(links)
    for link in links:
        link.close()
    return each


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(servers.Server(tcp=True))
        here = server.env()
        subprocess.run(["pgbench", "-i", "-q"], env=here, check=True, capture_output=True)
        server.run("CREATE TABLE big AS SELECT repeat('x', 1000) AS text FROM generate_series(1, 300000)")
        server.run("VACUUM (FREEZE, ANALYZE) big")
        ways = {"direct": {**here, "PGHOST": "127.0.0.1"}}
        if os.path.exists(BOUNCER):
            ways["pgbouncer"] = stack.enter_context(bouncer(server))
        relay = stack.enter_context(Relay(here))
        ways["guardian"] = relay.env
        print("The relay with an open gate: pgbench -S, COPY, connecting")
        row("", "direct", "pgbouncer", "guardian", "of direct", "of pgbouncer")
        for mode in ("simple", "prepared"):
            for clients in (1, 16):
                compare(f"{mode}, {clients} client{'s' if clients > 1 else ''}", ways, given.rounds, lambda env, m=mode, c=clients: pgbench(env, given.seconds, m, c)[0],
                        lambda value: f"{value:.0f}/s", True)
        compare("COPY TO, 300 MB", ways, given.rounds, copy_out, lambda value: f"{value * 1000:.0f} ms", False)
        compare("COPY FROM, 150 MB", ways, given.rounds, copy_in, lambda value: f"{value * 1000:.0f} ms", False)
        compare("psql -c 'SELECT 1'", ways, 5 * given.rounds, start, lambda value: f"{value * 1000:.1f} ms", False)
        row("memory of a session", "", "", f"{memory(relay) / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
