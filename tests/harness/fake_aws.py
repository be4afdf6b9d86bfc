"""The services that hand out credentials, on loopback: instance metadata (version 2 only), a container's, and STS.

Each gives a new key with every answer (AK1, AK2, …), so that a test sees whether it was asked again. `seconds` is how long what is
given lives; `plan` is a list of HTTP statuses that the next requests get instead of an answer; `asked` is what came.
"""

import datetime
import http.server
import json
import re
import threading
import time
import urllib.parse

from . import s3

METADATA = "/latest/meta-data/iam/security-credentials/"


class FakeAws:
    """Use as a context manager."""

    def __init__(self):
        self.lock = threading.Lock()
        self.reset()
        server = self

        class Handler(_Handler):
            aws = server

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.block_on_close = False
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def reset(self):
        self.serial, self.seconds, self.plan, self.asked = 0, 3600, [], []
        self.role = "app-role"  # of the instance; "": none
        self.token_wanted = None  # of the container's request
        self.web_token = None  # that web identity must show
        self.sources = {}  # access key -> secret that may take on a role
        self.delay = 0
        self.garbage = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()

    def count(self, path):
        return sum(1 for one in self.asked if one["path"].startswith(path))

    def next_credential(self):
        with self.lock:
            self.serial += 1
            end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.seconds)
            return f"AK{self.serial}", f"secret{self.serial}", f"token{self.serial}", end.strftime("%Y-%m-%dT%H:%M:%SZ")


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    aws = None

    def log_message(self, *_):
        pass

    def _serve(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        with self.aws.lock:
            self.aws.asked.append({"method": self.command, "path": self.path, "body": body.decode(),
                                   "headers": {name.lower(): value for name, value in self.headers.items()}})
            planned = self.aws.plan.pop(0) if self.aws.plan else None
        time.sleep(self.aws.delay)
        if planned == "close":
            self.close_connection = True
            self.connection.close()
            return
        status, text = (planned, "not now") if planned else self._answer(body)
        data = text.encode()
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_PUT = do_POST = _serve

    def _answer(self, body):
        aws = self.aws
        if self.path == "/latest/api/token":
            if self.command != "PUT" or not self.headers.get("x-aws-ec2-metadata-token-ttl-seconds"):
                return 405, ""
            return 200, "metadata-session-token"
        if self.path.startswith(METADATA):
            if self.headers.get("x-aws-ec2-metadata-token") != "metadata-session-token":
                return 401, ""
            if not aws.role:
                return 404, ""
            return (200, aws.role) if self.path == METADATA else (200, self._document()) if self.path == METADATA + aws.role else (404, "")
        if self.path.startswith("/container"):
            if aws.token_wanted is not None and self.headers.get("authorization") != aws.token_wanted:
                return 403, ""
            return 200, self._document()
        if self.path == "/" and self.command == "POST":
            return self._sts(body)
        return 404, ""

    def _document(self):
        if self.aws.garbage is not None:
            return self.aws.garbage
        access, secret, token, end = self.aws.next_credential()
        return json.dumps({"Code": "Success", "AccessKeyId": access, "SecretAccessKey": secret, "Token": token, "Expiration": end})

    @staticmethod
    def _problem(status, code, message):
        return status, (f'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>{code}</Code>'
                        f"<Message>{message}</Message></Error><RequestId>1</RequestId></ErrorResponse>")

    def _signed_by(self, body):
        import hashlib
        found = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/sts/aws4_request, ?SignedHeaders=([^,]+), ?"
                             r"Signature=([0-9a-f]{64})", self.headers.get("authorization", ""))
        if not found or found[1] not in self.aws.sources:
            return None
        sent = {name.lower(): value for name, value in self.headers.items()}
        wanted = s3.signature(self.aws.sources[found[1]], "POST", "/", [], sent, found[4].split(";"),
                              hashlib.sha256(body).hexdigest(), self.headers["x-amz-date"], found[3], "sts")
        return found[1] if wanted == found[5] else None

    def _sts(self, body):
        form = dict(urllib.parse.parse_qsl(body.decode(), strict_parsing=True))
        action = form.get("Action")
        if action == "AssumeRoleWithWebIdentity":
            if "authorization" in {name.lower() for name in self.headers} or form.get("WebIdentityToken") != self.aws.web_token:
                return self._problem(400, "InvalidIdentityToken", "No OpenIDConnect provider found")
        elif action == "AssumeRole":
            if self._signed_by(body) is None:
                return self._problem(403, "AccessDenied", "User is not authorized to perform: sts:AssumeRole")
        else:
            return self._problem(400, "InvalidAction", "")
        if self.aws.garbage is not None:
            return 200, self.aws.garbage
        access, secret, token, end = self.aws.next_credential()
        return 200, (f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result><Credentials>'
                     f"<AccessKeyId>{access}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey><SessionToken>{token}</SessionToken>"
                     f"<Expiration>{end}</Expiration></Credentials></{action}Result></{action}Response>")
