"""A small S3 client of the tests' own: signs by itself and hides nothing of what the server answers.

It shares no code with Guardian, so that what one of them stores can be checked by the other. As a program, with the
variables of rgw.sh or swift.sh in the environment:

    s3.py make-bucket NAME [--lock]    s3.py assume-role ARN    s3.py get|head|list|uploads BUCKET [KEY|PREFIX]
    s3.py free-ports N
"""

import argparse
import datetime
import hashlib
import hmac
import http.client
import os
import random
import socket
import ssl
import sys
import urllib.parse
import xml.etree.ElementTree

EMPTY = hashlib.sha256(b"").hexdigest()


def encode(text, keep="/"):
    return urllib.parse.quote(text, safe="-_.~" + keep)


def hmac_sha256(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def signature(secret, method, path, query, headers, signed, payload, when, region, service):
    """The hex signature over a request. `path` is encoded, `query` a list of pairs, `headers` has names in lower case."""
    pairs = "&".join(sorted(f"{encode(name, '')}={encode(value, '')}" for name, value in query))
    lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in signed)
    canonical = "\n".join([method, path, pairs, lines, ";".join(signed), payload])
    scope = f"{when[:8]}/{region}/{service}/aws4_request"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", when, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + secret).encode()
    for word in (when[:8], region, service, "aws4_request"):
        key = hmac_sha256(key, word)
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


def free_ports(count):
    """The first of `count` ports in a row on which nobody listens."""
    while True:
        first = random.randrange(20000, 32000)
        held = []
        try:
            for port in range(first, first + count):
                held.append(socket.socket())
                held[-1].bind(("127.0.0.1", port))
            return first
        except OSError:
            continue
        finally:
            for one in held:
                one.close()


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, {name.lower(): value for name, value in headers}, body

    def texts(self, name):
        """The texts of all elements called `name`, whatever their namespace."""
        if not self.body:
            return []
        root = xml.etree.ElementTree.fromstring(self.body)
        return [one.text or "" for one in root.iter() if one.tag.rsplit("}", 1)[-1] == name]

    @property
    def code(self):
        return next(iter(self.texts("Code")), "") if self.status >= 300 and self.body else ""

    def expect(self, *statuses):
        if self.status not in (statuses or (200, 204, 206)):
            raise RuntimeError(f"the server answered {self.status}: {self.body[:400]!r}")
        return self


class Client:
    def __init__(self, endpoint, access, secret, token="", region="us-east-1", ca=None):
        self.url = urllib.parse.urlsplit(endpoint)
        self.access, self.secret, self.token, self.region, self.ca = access, secret, token, region, ca

    @classmethod
    def of(cls, environment, endpoint=None, ca=None):
        return cls(endpoint or environment["AWS_ENDPOINT_URL"], environment["AWS_ACCESS_KEY_ID"],
                   environment["AWS_SECRET_ACCESS_KEY"], environment.get("AWS_SESSION_TOKEN", ""),
                   environment.get("AWS_REGION", "us-east-1"), ca)

    def _connection(self):
        if self.url.scheme == "https":
            context = ssl.create_default_context(cafile=self.ca)
            return http.client.HTTPSConnection(self.url.hostname, self.url.port, timeout=60, context=context)
        return http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=60)

    def request(self, method, path, query=(), headers=None, body=b"", service="s3"):
        """`path` is plain ("/bucket/key"), `query` a list of pairs."""
        when = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        payload = hashlib.sha256(body).hexdigest()
        sent.update({"host": self.url.netloc, "x-amz-date": when, "x-amz-content-sha256": payload})
        if self.token:
            sent["x-amz-security-token"] = self.token
        signed = sorted(sent)
        proof = signature(self.secret, method, encode(path), list(query), sent, signed, payload, when, self.region, service)
        sent["authorization"] = (f"AWS4-HMAC-SHA256 Credential={self.access}/{when[:8]}/{self.region}/{service}/aws4_request, "
                                 f"SignedHeaders={';'.join(signed)}, Signature={proof}")
        if body or method in ("PUT", "POST"):
            sent["content-length"] = str(len(body))
        pairs = "&".join(f"{encode(name, '')}={encode(value, '')}" for name, value in query)
        link = self._connection()
        try:
            link.request(method, encode(path) + ("?" + pairs if pairs else ""), body=body or None, headers=sent)
            got = link.getresponse()
            return Answer(got.status, got.getheaders(), got.read())
        finally:
            link.close()

    def make_bucket(self, bucket, lock=False):
        headers = {"x-amz-bucket-object-lock-enabled": "true"} if lock else {}
        self.request("PUT", f"/{bucket}", headers=headers).expect()

    def put(self, bucket, key, body, headers=None):
        return self.request("PUT", f"/{bucket}/{key}", headers=headers, body=body).expect()

    def get(self, bucket, key, headers=None, query=()):
        return self.request("GET", f"/{bucket}/{key}", query, headers).expect().body

    def head(self, bucket, key, headers=None):
        return self.request("HEAD", f"/{bucket}/{key}", headers=headers)

    def remove(self, bucket, key):
        self.request("DELETE", f"/{bucket}/{key}").expect()

    def list(self, bucket, prefix=""):
        """All keys below `prefix`, in order."""
        keys, token = [], None
        while True:
            query = [("list-type", "2"), ("prefix", prefix)] + ([("continuation-token", token)] if token else [])
            page = self.request("GET", f"/{bucket}", query).expect()
            keys += page.texts("Key")
            token = next(iter(page.texts("NextContinuationToken")), None)
            if not token:
                return keys

    def uploads(self, bucket):
        """Multipart uploads that were neither completed nor aborted: (key, id) pairs."""
        page = self.request("GET", f"/{bucket}", [("uploads", "")]).expect()
        return list(zip(page.texts("Key"), page.texts("UploadId")))

    def assume_role(self, arn, seconds=900):
        form = urllib.parse.urlencode({"Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": arn,
                                       "RoleSessionName": "guardian-test", "DurationSeconds": str(seconds)}).encode()
        answer = self.request("POST", "/", headers={"content-type": "application/x-www-form-urlencoded"}, body=form,
                              service="sts").expect()
        return tuple(answer.texts(name)[0] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("verb", choices=["make-bucket", "assume-role", "get", "head", "list", "uploads", "free-ports"])
    parser.add_argument("what")
    parser.add_argument("key", nargs="?", default="")
    parser.add_argument("--lock", action="store_true")
    asked = parser.parse_args()
    if asked.verb == "free-ports":
        print(free_ports(int(asked.what)))
        return
    client = Client.of(os.environ)
    if asked.verb == "make-bucket":
        client.make_bucket(asked.what, asked.lock)
    elif asked.verb == "assume-role":
        print(*client.assume_role(asked.what))
    elif asked.verb == "get":
        sys.stdout.buffer.write(client.get(asked.what, asked.key))
    elif asked.verb == "head":
        for name, value in client.head(asked.what, asked.key).expect().headers.items():
            print(f"{name}: {value}")
    elif asked.verb == "list":
        print(*client.list(asked.what, asked.key), sep="\n")
    else:
        for key, upload in client.uploads(asked.what):
            print(key, upload)


if __name__ == "__main__":
    main()
