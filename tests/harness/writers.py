"""Clients that write all the time, and keep a log of what the server confirmed: what was committed must not be lost.

    with Writers(server, database, 4) as writers:
        ...                       # the change under test runs
        mark = writers.mark()     # everything that was confirmed up to here …
    lost = writers.lost(mark, found)   # … and is not among `found`, a set of (writer, serial)
"""

import threading
import time

import psycopg2

TABLE = """CREATE TABLE IF NOT EXISTS public.writes (
    writer int, serial int, at timestamptz DEFAULT clock_timestamp(), pad text DEFAULT repeat('w', 100), PRIMARY KEY (writer, serial))"""
INSERT = "INSERT INTO public.writes (writer, serial) VALUES (%s, %s)"


class Writers:
    """`count` connections; each inserts a row of its own and commits, again and again."""

    def __init__(self, server, database, count=4, table=TABLE, insert=INSERT, pause_s=0.0, timeout_s=60):
        self.server, self.database, self.insert, self.pause_s = server, database, insert, pause_s
        self.timeout_s = timeout_s
        self.log = []  # (writer, serial, when it was confirmed, when it was begun)
        self.doubtful = []  # (writer, serial): the connection was lost while it committed
        self.errors = []
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(writer,), daemon=True) for writer in range(count)]
        if table:
            server.run(table, database)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        self.wait_for(len(self._threads))
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(self.timeout_s)
        assert not any(thread.is_alive() for thread in self._threads), "a writer hangs"

    def _write(self, writer):
        serial, link = 0, None
        while not self._stop.is_set():
            committing, begun = False, time.monotonic()
            try:
                if link is None:
                    link = self.server.connect(self.database, autocommit=False, application_name=f"writer {writer}")
                with link.cursor() as cursor:
                    cursor.execute(self.insert, (writer, serial))
                committing = True
                link.commit()
                with self._lock:
                    self.log.append((writer, serial, time.monotonic(), begun))
            except psycopg2.OperationalError:  # the connection is lost: another one
                if committing:
                    self.doubtful.append((writer, serial))
                link = None
                time.sleep(0.05)
            except psycopg2.Error as error:  # the table is not there for a while, or has another shape
                self.errors.append(f"{error.pgcode} {error}".strip())
                link.rollback()
                time.sleep(0.01)
            serial += 1
            if self.pause_s:
                time.sleep(self.pause_s)
        if link is not None:
            link.close()

    def wait_for(self, more, timeout_s=20):
        """Until so many further writes were confirmed."""
        wanted, deadline = len(self.log) + more, time.monotonic() + timeout_s
        while len(self.log) < wanted:
            assert time.monotonic() < deadline, f"the writers do not get on: {self.errors[-3:]}"
            time.sleep(0.005)

    def mark(self):
        """How many were confirmed by now."""
        with self._lock:
            return len(self.log)

    def confirmed(self, until=None, since=0):
        """The writes that were confirmed between two marks."""
        with self._lock:
            return {(writer, serial) for writer, serial, *_ in self.log[since:until]}

    def lost(self, until, found):
        """What was confirmed up to the mark and is not among `found`."""
        return self.confirmed(until) - set(found)

    def longest_wait(self, since=0):
        """Seconds that the slowest write since a mark took: how long traffic was held up."""
        with self._lock:
            return max((confirmed - begun for _, _, confirmed, begun in self.log[since:]), default=0.0)


def rows(server, database, table="public.writes"):
    """What is there: a set of (writer, serial)."""
    return set(server.run(f"SELECT writer, serial FROM {table}", database))
