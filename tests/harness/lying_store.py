"""An S3 server that does on command what a real one will not: the worst answers, at the chosen moment.

It verifies signatures, payload digests, dates and regions as strictly as AWS, keeps objects in memory, and proves nothing about
S3 by itself: what a real server does is tested with radosgw and Swift. A lie is a dict

    {"op": "part", "do": "lost", "times": 1, "key": "data/", "after": 100000, …}

`op` names requests ("put get head list remove create part complete abort uploads", or "*"), `key` a part of the key, `times` how
often (-1: always), `skip` how many fitting requests are served honestly first. What it can `do`:

    status       answer `status` (503) with <Code>`code`</Code> (SlowDown), `headers`, `body`; the request is not carried out.
                 early=True answers before the body was read, and closes
    ok_error     answer 200 and an <Error> of `code` (InternalError), carried out or not (`done`)
    reset        carry nothing out: reset the connection after `after` bytes of the request's body
    lost         carry it out, then close without an answer
    cut          send the headers and `after` bytes of the answer's body, then reset ("close": close in good order)
    short_body   answer less than was stored, with a Content-Length that fits
    flip         change one bit of the answer's body at `after`
    store_flip   store another bit at `after` than was sent, and say that all is well
    store_short  store only `after` bytes of what was sent, and say that all is well
    wrong_etag   answer another ETag; no_etag: an empty one
    unconditional  overlook If-None-Match; unimplemented: answer 501 to it
    hang         do not answer for `seconds` (60), or until the client gives up
    slow         send the answer's body with `rate` bytes a second
    continue     send "100 Continue" that nobody asked for
    garbage      answer 200 with a body that is no XML
    omit, repeat leave out, or give twice, the key in the middle of a listing's page; stale: list what was there at freeze();
                 endless: a page that always says that another one follows, and is always the same
    elsewhere    answer `status` (307) and a Location at `url`

Settings of the server itself: `clock_offset_s`, `region`, `tokens` (session tokens that are valid), `page` (keys in a listing).
From another process: POST /_lie with a JSON lie, POST /_reset, GET /_seen; `lying_store.py` alone prints its variables and serves.
"""

import base64
import datetime
import hashlib
import http.server
import json
import pathlib
import re
import socket
import struct
import sys
import threading
import time
import urllib.parse
import xml.etree.ElementTree
import xml.sax.saxutils

if __package__:
    from . import s3
else:
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
    import s3

ACCESS, SECRET = "liarsaccess", "liars/secret+0123456789"
KEPT_HEADERS = ("x-amz-meta-", "x-amz-storage-class", "x-amz-tagging", "x-amz-server-side", "x-amz-object-lock", "content-type")


class Problem(Exception):
    def __init__(self, status, code, text="", headers=None, inner=""):
        super().__init__(code)
        self.status, self.code, self.text, self.headers, self.inner = status, code, text, headers or {}, inner

    def body(self):
        return (f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{self.code}</Code>'
                f"<Message>{xml.sax.saxutils.escape(self.text)}</Message>{self.inner}<RequestId>1</RequestId></Error>").encode()


class Gone(Exception):
    """The connection is closed already."""


class Stored:
    def __init__(self, body, headers, etag=None):
        self.body, self.headers, self.at = body, headers, time.time()
        self.etag = etag or hashlib.md5(body).hexdigest()


class Upload:
    def __init__(self, key, headers):
        self.key, self.headers, self.parts, self.at = key, headers, {}, time.time()


def stamp(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


class LyingStore:
    """Use as a context manager; `lie()` adds a lie, `objects` and `uploads` show what is stored, `seen` what was asked."""

    def __init__(self, bucket="guardian"):
        self.bucket = bucket
        self.lock = threading.RLock()
        self.reset()
        server = self

        class Handler(_Handler):
            store = server

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.block_on_close = False
        self.port = self.http.server_address[1]
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def reset(self):
        with self.lock:
            self.objects, self.uploads, self.lies, self.seen, self.frozen = {}, {}, [], [], None
            self.clock_offset_s, self.region, self.tokens, self.page = 0, "us-east-1", set(), 1000
            self.serial = 0
            self.keys = {ACCESS: SECRET}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.http.shutdown()
        self.http.server_close()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def variables(self):
        return {"AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_ENDPOINT_URL": self.endpoint,
                "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}

    def lie(self, op, do, times=1, **more):
        with self.lock:
            self.lies.append({"op": op, "do": do, "times": times, **more})

    def freeze(self):
        with self.lock:
            self.frozen = dict(self.objects)

    def take_lie(self, op, key):
        with self.lock:
            for lie in self.lies:
                if op not in lie["op"].split() and lie["op"] != "*":
                    continue
                if lie.get("key", "") not in key or lie["times"] == 0:
                    continue
                if lie.get("skip", 0) > 0:
                    lie["skip"] -= 1
                    continue
                lie["times"] -= 1
                return lie
        return None

    def count(self, op, status=None):
        """How many requests of a kind came."""
        with self.lock:
            return sum(1 for one in self.seen if one["op"] == op and status in (None, one["status"]))

    def now(self):
        return time.time() + self.clock_offset_s


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store = None
    timeout = 120

    def log_message(self, *_):
        pass

    def handle_expect_100(self):
        self.expected = True
        return super().handle_expect_100()

    def date_time_string(self, timestamp=None):
        return super().date_time_string(self.store.now() if timestamp is None else timestamp)

    def handle(self):
        try:
            super().handle()
        except (ConnectionError, Gone, TimeoutError):
            self.close_connection = True

    def _serve(self):
        self.note = {"method": self.command, "target": self.path, "status": 0, "op": "", "key": "", "access": "",
                     "expect": self.headers.get("expect"), "at": time.monotonic(), "token": self.headers.get("x-amz-security-token")}
        if self.path.startswith("/_"):
            return self._control()
        self.lie = {}
        self.body = None
        try:
            self._name_request()
            with self.store.lock:
                self.store.seen.append(self.note)
            self.lie = self.store.take_lie(self.op, self.key) or {}
            self._before()
            self._read_body()
            self._verify()
            if self.lie.get("do") == "ok_error" and not self.lie.get("done"):
                raise Problem(200, self.lie.get("code", "InternalError"))
            with self.store.lock:
                status, headers, body = getattr(self, "_" + self.op)()
            self._after(status, headers, body)
        except _Done:
            pass
        except Problem as problem:
            self.note["status"] = problem.status
            self._answer(problem.status, {"content-type": "application/xml", **problem.headers}, problem.body())

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve

    # -- what is asked

    def _name_request(self):
        path, _, query = self.path.partition("?")
        self.raw_path = path
        self.query = [(urllib.parse.unquote(name), urllib.parse.unquote(value))
                      for name, _, value in (pair.partition("=") for pair in query.split("&") if pair)]
        asked = dict(self.query)
        host = self.headers.get("host", "")
        plain = urllib.parse.unquote(path)
        if host.startswith(self.store.bucket + "."):
            bucket, self.key = self.store.bucket, plain[1:]
        else:
            bucket, _, self.key = plain[1:].partition("/")
        if bucket != self.store.bucket:
            self.op = self.note["op"] = "other"
            raise Problem(404, "NoSuchBucket")
        method = self.command
        if self.key == "":
            self.op = ("uploads" if "uploads" in asked else "versioning" if "versioning" in asked
                       else "lock" if "object-lock" in asked else "location" if "location" in asked
                       else "list" if method == "GET" else "bucket")
        elif method == "POST":
            self.op = "create" if "uploads" in asked else "complete"
        elif method == "DELETE":
            self.op = "abort" if "uploadId" in asked else "remove"
        elif method == "PUT":
            self.op = "part" if "uploadId" in asked else "put"
        else:
            self.op = {"GET": "parts" if "uploadId" in asked else "get", "HEAD": "head"}[method]
        self.asked = asked
        self.note.update(op=self.op, key=self.key)

    def _verify(self):
        """As AWS does it, and no laxer: 403 for anything that is not signed as it was sent."""
        found = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, ?SignedHeaders=([^,]+), ?"
                             r"Signature=([0-9a-f]{64})", self.headers.get("authorization", ""))
        if not found:
            raise Problem(403, "AccessDenied", "not signed")
        access, day, region, signed, given = found.groups()
        self.note.update(access=access, region=region)
        when = self.headers.get("x-amz-date", "")
        names = signed.split(";")
        sent = {name.lower(): value for name, value in self.headers.items()}
        must = ["host", "x-amz-content-sha256"] + [name for name in sent if name.startswith("x-amz-")]
        if region != self.store.region:
            raise Problem(301 if self.lie.get("do") == "permanent" else 400,
                          "PermanentRedirect" if self.lie.get("do") == "permanent" else "AuthorizationHeaderMalformed",
                          "the region is wrong", {"x-amz-bucket-region": self.store.region}, f"<Region>{self.store.region}</Region>")
        if access not in self.store.keys:
            raise Problem(403, "InvalidAccessKeyId")
        if not all(name in names for name in must) or not all(name in sent for name in names) or names != sorted(names):
            raise Problem(403, "SignatureDoesNotMatch", f"not signed: {[name for name in must if name not in names]}")
        wanted = s3.signature(self.store.keys[access], self.command, self.raw_path, self.query, sent, names,
                              sent["x-amz-content-sha256"], when, region, "s3")
        if self.raw_path != s3.encode(urllib.parse.unquote(self.raw_path)):
            raise Problem(403, "SignatureDoesNotMatch", "the path is not encoded as it must be")
        if wanted != given or day != when[:8]:
            raise Problem(403, "SignatureDoesNotMatch", "the signature differs")
        asked_at = datetime.datetime.strptime(when, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc).timestamp()
        if abs(asked_at - self.store.now()) > 900:
            raise Problem(403, "RequestTimeTooSkewed", "the difference is too large")
        token = sent.get("x-amz-security-token", "")
        if self.store.tokens and token not in self.store.tokens:
            raise Problem(400, "ExpiredToken", "the token has expired")

    def _read_body(self):
        if self.body is not None:
            return
        if self.command in ("PUT", "POST") and self.headers.get("content-length") is None:
            raise Problem(411, "MissingContentLength")
        size = int(self.headers.get("content-length") or 0)
        self.body = self.rfile.read(size)
        if len(self.body) < size:
            raise Gone
        payload = self.headers.get("x-amz-content-sha256", "")
        if payload != "UNSIGNED-PAYLOAD" and hashlib.sha256(self.body).hexdigest() != payload:
            raise Problem(400, "XAmzContentSHA256Mismatch")
        for name, kind in (("content-md5", "md5"), ("x-amz-checksum-sha256", "sha256")):
            digest = base64.b64encode(hashlib.new(kind, self.body).digest()).decode()
            if self.headers.get(name, digest) != digest:
                raise Problem(400, "BadDigest")

    # -- lies before and after the deed

    def _before(self):
        do = self.lie.get("do")
        if do == "reset":
            self.rfile.read(min(self.lie.get("after", 0), int(self.headers.get("content-length") or 0)))
            self._reset()
        elif do == "hang":
            self._hang()
        elif do == "status":
            if not self.lie.get("early"):
                self.rfile.read(int(self.headers.get("content-length") or 0))
            status = self.lie.get("status", 503)
            problem = Problem(status, self.lie.get("code", "SlowDown"), self.lie.get("text", ""), self.lie.get("headers"))
            self.note["status"] = status
            body = self.lie["body"].encode() if "body" in self.lie else problem.body()
            self._answer(status, {"content-type": "application/xml", **problem.headers}, body)
            if self.lie.get("early"):
                self._reset()
            raise Gone if self.lie.get("close") or self.lie.get("early") else _Done
        elif do == "elsewhere":
            raise Problem(self.lie.get("status", 307), "TemporaryRedirect", headers={"location": self.lie["url"] + self.path})
        elif do == "continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _after(self, status, headers, body):
        do, after = self.lie.get("do"), self.lie.get("after", 0)
        self.note["status"] = status
        if do == "lost":
            self._close()
        if do == "ok_error":
            raise Problem(200, self.lie.get("code", "InternalError"))
        if do in ("wrong_etag", "no_etag") and status < 300:
            wrong = '""' if do == "no_etag" else '"00000000000000000000000000000000"'
            headers = {**headers, **({"etag": wrong} if "etag" in headers else {})}
            body = re.sub(rb"<ETag>.*?</ETag>", b"<ETag>" + (b"" if do == "no_etag" else wrong.encode()) + b"</ETag>", body)
        if do == "flip" and body:
            body = self._flipped(body, after)
        if do == "garbage":
            body = b"<html>it works</html" + bytes(3)
        if do == "short_body":
            body = body[:after]
        self._answer(status, headers, body)

    @staticmethod
    def _flipped(body, at):
        at = min(at, len(body) - 1)
        return body[:at] + bytes([body[at] ^ 1]) + body[at + 1:]

    def _hang(self):
        end = time.monotonic() + self.lie.get("seconds", 60)
        self.connection.settimeout(0.2)
        while time.monotonic() < end:
            try:
                if self.connection.recv(1 << 20) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        self._close()

    def _reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        raise Gone

    def _close(self):
        self.connection.shutdown(socket.SHUT_RDWR)
        self.connection.close()
        raise Gone

    def _answer(self, status, headers, body=b""):
        self.send_response_only(status)
        self.send_header("date", self.date_time_string())
        self.send_header("x-amz-request-id", "1")
        for name, value in headers.items():
            self.send_header(name, value)
        if self.command == "HEAD":
            body = b""
        elif status != 204 and status != 304:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        do = self.lie.get("do")
        if do == "cut":
            self.wfile.write(body[:self.lie.get("after", 0)])
            self.wfile.flush()
            if not self.lie.get("close"):
                time.sleep(0.05)  # what is reset is thrown away, also by the receiver
                self._reset()
            self._close()
        if do == "slow":
            for at in range(0, len(body), self.lie["rate"]):
                self.wfile.write(body[at:at + self.lie["rate"]])
                time.sleep(1)
            return
        self.wfile.write(body)

    # -- the deeds; each answers (status, headers, body)

    @staticmethod
    def _xml(name, inner):
        return (f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{inner}'
                f"</{name}>").encode()

    def _kept_headers(self):
        return {name.lower(): value for name, value in self.headers.items() if name.lower().startswith(KEPT_HEADERS)}

    def _check_absent(self):
        wanted = self.headers.get("if-none-match")
        if wanted and self.lie.get("do") == "unimplemented":
            raise Problem(501, "NotImplemented")
        if wanted == "*" and self.key in self.store.objects and self.lie.get("do") != "unconditional":
            raise Problem(412, "PreconditionFailed")

    def _damaged(self, body):
        do, after = self.lie.get("do"), self.lie.get("after", 0)
        if do == "store_flip" and body:
            return self._flipped(body, after)
        return body[:after] if do == "store_short" else body

    def _put(self):
        self._check_absent()
        one = Stored(self._damaged(self.body), self._kept_headers())
        one.at = self.store.now()
        self.store.objects[self.key] = one
        told = hashlib.md5(self.body).hexdigest()
        return 200, {"etag": f'"{told}"', **self._checksum()}, b""

    def _checksum(self):
        given = self.headers.get("x-amz-checksum-sha256")
        return {"x-amz-checksum-sha256": given} if given else {}

    def _found(self):
        one = self.store.objects.get(self.key)
        if one is None:
            raise Problem(404, "NoSuchKey")
        wanted = self.headers.get("if-match")
        if wanted is not None and wanted.strip('"') != one.etag:
            raise Problem(412, "PreconditionFailed")
        return one, {"etag": f'"{one.etag}"', "accept-ranges": "bytes", "last-modified": self.date_time_string(one.at), **one.headers}

    def _head(self):
        one, headers = self._found()
        return 200, {**headers, "content-length": str(len(one.body))}, b""

    def _get(self):
        one, headers = self._found()
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("range", ""))
        if not asked:
            return 200, headers, one.body
        first, last = int(asked[1]), min(int(asked[2] or len(one.body)), len(one.body) - 1)
        if first >= len(one.body):
            raise Problem(416, "InvalidRange", headers={"content-range": f"bytes */{len(one.body)}"})
        return 206, {**headers, "content-range": f"bytes {first}-{last}/{len(one.body)}"}, one.body[first:last + 1]

    def _remove(self):
        self.store.objects.pop(self.key, None)
        return 204, {}, b""

    def _create(self):
        self.store.serial += 1
        upload = f"upload-{self.store.serial}"
        self.store.uploads[upload] = Upload(self.key, self._kept_headers())
        return 200, {}, self._xml("InitiateMultipartUploadResult", f"<Key>{xml.sax.saxutils.escape(self.key)}</Key><UploadId>{upload}</UploadId>")

    def _upload(self):
        upload = self.store.uploads.get(self.asked["uploadId"])
        if upload is None or upload.key != self.key:
            raise Problem(404, "NoSuchUpload")
        return upload

    def _part(self):
        number = int(self.asked["partNumber"])
        if not 1 <= number <= 10000:
            raise Problem(400, "InvalidArgument")
        self._upload().parts[number] = Stored(self._damaged(self.body), {})
        return 200, {"etag": f'"{hashlib.md5(self.body).hexdigest()}"', **self._checksum()}, b""

    def _complete(self):
        upload = self._upload()
        root = xml.etree.ElementTree.fromstring(self.body)
        named = [[next(inner.text for inner in part if inner.tag.endswith(tag)) for tag in ("PartNumber", "ETag")]
                 for part in root if part.tag.endswith("Part")]
        numbers = [int(number) for number, _ in named]
        if not named or numbers != sorted(set(numbers)):
            raise Problem(400, "InvalidPartOrder")
        for number, etag in named:
            part = upload.parts.get(int(number))
            if part is None or etag.strip('"') != part.etag:
                raise Problem(400, "InvalidPart")
        parts = [upload.parts[number] for number in numbers]
        if any(len(part.body) < 5 << 20 for part in parts[:-1]):
            raise Problem(400, "EntityTooSmall")
        self._check_absent()
        digest = hashlib.md5(b"".join(bytes.fromhex(part.etag) for part in parts)).hexdigest()
        body = self._damaged(b"".join(part.body for part in parts))
        one = Stored(body, upload.headers, f"{digest}-{len(parts)}")
        one.at = self.store.now()
        self.store.objects[self.key] = one
        del self.store.uploads[self.asked["uploadId"]]
        return 200, {}, self._xml("CompleteMultipartUploadResult",
                                  f"<Key>{xml.sax.saxutils.escape(self.key)}</Key><ETag>&quot;{digest}-{len(parts)}&quot;</ETag>")

    def _abort(self):
        self._upload()
        del self.store.uploads[self.asked["uploadId"]]
        return 204, {}, b""

    def _parts(self):
        inner = "".join(f"<Part><PartNumber>{number}</PartNumber><Size>{len(part.body)}</Size></Part>"
                        for number, part in sorted(self._upload().parts.items()))
        return 200, {}, self._xml("ListPartsResult", inner + "<IsTruncated>false</IsTruncated>")

    def _uploads(self):
        prefix = self.asked.get("prefix", "")
        inner = "".join(f"<Upload><Key>{xml.sax.saxutils.escape(one.key)}</Key><UploadId>{name}</UploadId>"
                        f"<Initiated>{stamp(one.at):%Y-%m-%dT%H:%M:%S.000Z}</Initiated></Upload>"
                        for name, one in sorted(self.store.uploads.items()) if one.key.startswith(prefix))
        return 200, {}, self._xml("ListMultipartUploadsResult", inner + "<IsTruncated>false</IsTruncated>")

    def _versioning(self):
        return 200, {}, self._xml("VersioningConfiguration", "")

    def _location(self):
        return 200, {}, self._xml("LocationConstraint", self.store.region)

    def _lock(self):
        raise Problem(404, "ObjectLockConfigurationNotFoundError")

    def _bucket(self):
        return 200, {"x-amz-bucket-region": self.store.region}, b""

    def _list(self):
        objects = self.store.frozen if self.lie.get("do") == "stale" and self.store.frozen is not None else self.store.objects
        prefix, delimiter = self.asked.get("prefix", ""), self.asked.get("delimiter", "")
        after = self.asked.get("continuation-token", "")
        after = base64.b64decode(after).decode() if after else self.asked.get("start-after", "")
        limit = min(int(self.asked.get("max-keys", self.store.page)), self.store.page)
        rows, folders = [], []
        for key in sorted(objects, key=lambda key: key.encode()):
            if not key.startswith(prefix):
                continue
            cut = key.find(delimiter, len(prefix)) if delimiter else -1
            name = key[:cut + 1] if cut >= 0 else key
            if name > after and not (cut >= 0 and name in folders):
                (folders if cut >= 0 else rows).append(name)
        names = sorted(rows + folders)
        more, names = len(names) > limit or self.lie.get("do") == "endless", names[:limit]
        if self.lie.get("do") == "endless":
            after = ""
        last = names[-1] if names else ""
        if names and self.lie.get("do") == "omit":
            names.pop(len(names) // 2)
        if names and self.lie.get("do") == "repeat":
            names.insert(len(names) // 2, names[len(names) // 2])
        show = (lambda text: s3.encode(text)) if self.asked.get("encoding-type") == "url" else xml.sax.saxutils.escape
        inner = f"<Name>{self.store.bucket}</Name><Prefix>{show(prefix)}</Prefix><IsTruncated>{'true' if more else 'false'}</IsTruncated>"
        for name in names:
            if name in folders:
                inner += f"<CommonPrefixes><Prefix>{show(name)}</Prefix></CommonPrefixes>"
            else:
                one = objects[name]
                inner += (f"<Contents><Key>{show(name)}</Key><LastModified>{stamp(one.at):%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
                          f"<ETag>&quot;{one.etag}&quot;</ETag><Size>{len(one.body)}</Size></Contents>")
        if more:
            inner += f"<NextContinuationToken>{base64.b64encode(last.encode()).decode()}</NextContinuationToken>"
        return 200, {"content-type": "application/xml"}, self._xml("ListBucketResult", inner)

    # -- from another process

    def _control(self):
        self.lie = {}
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path == "/_lie":
            lie = json.loads(body)
            self.store.lie(lie.pop("op"), lie.pop("do"), **lie)
        elif self.path == "/_reset":
            self.store.reset()
        with self.store.lock:
            state = {"seen": self.store.seen, "objects": {key: len(one.body) for key, one in self.store.objects.items()},
                     "uploads": {name: one.key for name, one in self.store.uploads.items()}}
        self._answer(200, {"content-type": "application/json"}, json.dumps(state).encode())


class _Done(Exception):
    """The answer was sent; the connection stays."""


def main():
    with LyingStore() as store:
        for name, value in store.variables().items():
            print(f"export {name}={value}")
        print(f"export GD_BUCKET={store.bucket}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
