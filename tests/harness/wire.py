"""A client of PostgreSQL's protocol that says exactly what a test wants said, in pieces of any size."""

import base64
import hashlib
import hmac
import os
import socket
import struct


def message(kind, body=b""):
    return kind + struct.pack(">I", len(body) + 4) + body


def text(value):
    return value.encode() + b"\0"


def query(sql):
    return message(b"Q", text(sql))


def parse(sql, name="", types=()):
    return message(b"P", text(name) + text(sql) + struct.pack(f">H{len(types)}I", len(types), *types))


def bind(values=(), statement="", portal=""):
    body = text(portal) + text(statement) + struct.pack(">HH", 0, len(values))
    for value in values:
        body += struct.pack(">i", -1) if value is None else struct.pack(">I", len(value)) + value
    return message(b"B", body + struct.pack(">H", 0))


def execute(portal="", rows=0):
    return message(b"E", text(portal) + struct.pack(">I", rows))


def describe(kind, name=""):
    return message(b"D", kind + text(name))


def close(kind, name=""):
    return message(b"C", kind + text(name))


SYNC, FLUSH, TERMINATE = message(b"S"), message(b"H"), message(b"X")


class Ended(Exception):
    """The other side has closed the connection."""


class Client:
    def __init__(self, env, database=None, parameters=(), piece=None, limit=20):
        host, port = env["PGHOST"], int(env["PGPORT"])
        if host.startswith("/"):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(f"{host}/.s.PGSQL.{port}")
        else:
            self.socket = socket.create_connection((host, port))
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(limit)
        self.env, self.piece, self.heard, self.key, self.settings = env, piece, b"", None, {}
        pairs = {"user": env["PGUSER"], "database": database or env["PGDATABASE"], **dict(parameters)}
        body = struct.pack(">I", 3 << 16) + b"".join(text(k) + text(v) for k, v in pairs.items()) + b"\0"
        self.send(struct.pack(">I", len(body) + 4) + body)
        try:
            self._log_in()
        except BaseException:
            self.close()
            raise

    def _log_in(self):
        while True:
            kind, body = self.read()
            if kind == b"R" and struct.unpack(">I", body[:4])[0] == 10:
                self._scram()
            elif kind == b"S":
                name, value = body.split(b"\0")[:2]
                self.settings[name.decode()] = value.decode()
            elif kind == b"K":
                self.key = struct.unpack(">II", body)
            elif kind == b"Z":
                return
            elif kind == b"E":
                raise Refused(fields(body))

    def _scram(self):
        nonce = base64.b64encode(os.urandom(18)).decode()
        bare = f"n=,r={nonce}"
        first = ("n,," + bare).encode()
        self.send(message(b"p", text("SCRAM-SHA-256") + struct.pack(">I", len(first)) + first))
        kind, body = self.read()
        if kind == b"E":
            raise Refused(fields(body))
        server = body[4:].decode()
        said = dict(part.split("=", 1) for part in server.split(","))
        salted = hashlib.pbkdf2_hmac("sha256", self.env["PGPASSWORD"].encode(), base64.b64decode(said["s"]), int(said["i"]))
        without = f"c=biws,r={said['r']}"
        whole = f"{bare},{server},{without}".encode()
        key = hmac.digest(salted, b"Client Key", "sha256")
        signature = hmac.digest(hashlib.sha256(key).digest(), whole, "sha256")
        proof = base64.b64encode(bytes(a ^ b for a, b in zip(key, signature))).decode()
        self.send(message(b"p", f"{without},p={proof}".encode()))

    def send(self, *parts):
        data = b"".join(parts)
        step = self.piece or max(1, len(data))
        for at in range(0, len(data), step):
            self.socket.sendall(data[at:at + step])

    def read(self):
        while len(self.heard) < 5 or len(self.heard) < 1 + struct.unpack(">I", self.heard[1:5])[0]:
            got = self.socket.recv(65536)
            if not got:
                raise Ended(self.heard)
            self.heard += got
        size = 1 + struct.unpack(">I", self.heard[1:5])[0]
        kind, body, self.heard = self.heard[:1], self.heard[5:size], self.heard[size:]
        return kind, body

    def until(self, *kinds):
        """Messages up to and with the first of these kinds."""
        found = []
        while True:
            found.append(self.read())
            if found[-1][0] in kinds:
                return found

    def ask(self, *parts):
        """Send, and read up to ReadyForQuery."""
        self.send(*parts)
        return self.until(b"Z")

    def rest(self):
        """Everything up to the end of the connection."""
        found = []
        try:
            while True:
                found.append(self.read())
        except (Ended, ConnectionResetError):
            return found

    def cancel(self):
        with socket.create_connection((self.env["PGHOST"], int(self.env["PGPORT"]))) as other:
            other.sendall(struct.pack(">IIII", 16, 1234 << 16 | 5678, *self.key))
            other.settimeout(10)
            while other.recv(100):
                pass

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Refused(Exception):
    def __init__(self, words):
        super().__init__(words.get("M"))
        self.words = words


def fields(body):
    return {part[:1].decode(): part[1:].decode() for part in body.split(b"\0") if part}


def kinds(messages):
    return b"".join(kind for kind, _ in messages).decode()


def errors(messages):
    return [fields(body) for kind, body in messages if kind == b"E"]


def rows(messages):
    """The cells of DataRow messages, as texts."""
    found = []
    for kind, body in messages:
        if kind != b"D":
            continue
        at, cells = 2, []
        for _ in range(struct.unpack(">H", body[:2])[0]):
            size = struct.unpack(">i", body[at:at + 4])[0]
            cells.append(None if size < 0 else body[at + 4:at + 4 + size].decode())
            at += 4 + max(size, 0)
        found.append(cells)
    return found
