"""The programs that run on the shared host."""

SDK = """\
import json, os, pathlib, sys, urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.path.insert(0, "vendor")
pathlib.Path("/tmp/alive").write_text("yes")


def act():
    import boto3
    from botocore.exceptions import ClientError
    s3, sts = boto3.client("s3"), boto3.client("sts")
    said = {"arn": sts.get_caller_identity()["Arn"], "imds": imds(), "environment": {
        name: value for name, value in os.environ.items() if name.startswith(("AWS", "PORT"))
    }}
    for name in ("GRANTED", "REFUSED"):
        try:
            said[name] = s3.get_object(Bucket=os.environ[name], Key="a")["Body"].read().decode()
        except ClientError as error:
            said[name] = error.response["Error"]["Code"]
    return said


def imds():
    headers = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
    url = "http://169.254.169.254/latest/api/token"
    try:
        urllib.request.urlopen(urllib.request.Request(url, None, headers, method="PUT"), timeout=3)
    except OSError as error:
        return str(error)
    return "reached"


PATHS = {"/ill": pathlib.Path("/tmp/ill"), "/slow": pathlib.Path("/tmp/slow")}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        for path, mark in PATHS.items():
            if self.path == path:
                mark.touch()
            else:
                mark.unlink(missing_ok=True)
        body = json.dumps(act() if self.path == "/act" else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


listens_on = (sys.argv[2] if sys.argv[2:] else "127.0.0.1", int(sys.argv[1]))
ThreadingHTTPServer(listens_on, Handler).serve_forever()
"""
"""A program that listens at an address; `/act` answers what an AWS SDK could do."""

CHECK = """\
import os, pathlib, sys, time
# What the worker made, in its own /tmp, for itself alone.
assert pathlib.Path("/tmp/alive").stat().st_uid == os.getuid()
assert pathlib.Path("/tmp/alive").read_text() == "yes"
assert sys.argv[1] == os.environ["GRANTED"]
# A secret is the check's to read, too.
assert pathlib.Path(os.environ["KEY_FILE"]).read_text()
time.sleep(pathlib.Path("/tmp/slow").exists() * 600)
sys.exit("ill" if pathlib.Path("/tmp/ill").exists() else 0)
"""
"""The check of a worker that runs `SDK`: `/ill` makes it fail and `/slow` makes it hang."""

VAULT = """\
import hashlib, json, os, pathlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

names = ("PASSWORD", "DATABASE", "TOKEN", "CURRENT", "PRINTED", "PART")
values = {name: os.environ[name] for name in names}
for name in ("KEY", "FIRST_TOKEN", "PEM"):
    values[name] = pathlib.Path(os.environ[name + "_FILE"]).read_text()
digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in values.items()}


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(digests).encode())


ThreadingHTTPServer(("127.0.0.1", 9200), Handler).serve_forever()
"""
"""A program that answers the digests of its secrets."""

REPORT = """\
import hashlib, os, pathlib

for name, text in (
    ("TOKEN", os.environ["TOKEN"]),
    ("KEY", pathlib.Path(os.environ["KEY_FILE"]).read_text()),
):
    print(f"{hashlib.sha256(text.encode()).hexdigest()}  /{name}")
"""
"""A job that prints the digests of its secrets."""

PUSH = """\
import http.client, os

host, _, name = os.environ["REPOSITORY"].partition("/")

def ask(verb, path, content=b"", kind="application/octet-stream"):
    connection = http.client.HTTPSConnection(host, timeout=20)
    connection.request(verb, path, content, {"Content-Type": kind})
    answer = connection.getresponse()
    said = answer.read()
    assert answer.status < 300, (verb, path, answer.status, said)
    return answer.headers

for part, digest in (("layer", "LAYER"), ("config", "CONFIG")):
    place = ask("POST", f"/v2/{name}/blobs/uploads/")["Location"]
    ask("PUT", f"{place}?digest={digest}", open(part, "rb").read())
kind = "application/vnd.docker.distribution.manifest.v2+json"
ask("PUT", f"/v2/{name}/manifests/one", open("manifest", "rb").read(), kind)
"""
"""A program that pushes an image to ECR as Docker does."""
