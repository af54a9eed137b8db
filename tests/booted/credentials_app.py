"""A service and workers, a process and a container, that use an AWS SDK; the workers' checks."""

APP = """
import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from porter_cdk import Check, Container, PorterService, Process, Secret

app = cdk.App()
stack = cdk.Stack(app, "Hello")
secret = secretsmanager.Secret(stack, "Secret", secret_name="key")
key = {"KEY": Secret.from_secrets_manager(secret, file=True)}
granted, refused = s3.Bucket(stack, "Granted"), s3.Bucket(stack, "Refused")
buckets = {"GRANTED": granted.bucket_name, "REFUSED": refused.bucket_name}


def process(listens_on, **more):
    command = ["python3", "main.py", listens_on]
    return Process(command, source="service", environment=buckets, **more)


service = PorterService(
    stack, "Service", run=process("8000", port=8000),
    workers={
        "mail": process("9000", secrets=key, check=Check(
            ["python3", "check.py", granted.bucket_name],
            interval_seconds=2, timeout_seconds=4, healthy_threshold=2,
        )),
        "box": Container.from_tarball(
            "image.tar", command=["python3", "main.py", "9100", "0.0.0.0"],
            environment=buckets, secrets=key,
            check=Check(
                ["python3", "check.py", granted.bucket_name],
                interval_seconds=2, timeout_seconds=9, healthy_threshold=2,
            ),
        ),
    },
)
granted.grant_read(service)
app.synth()
"""

SERVICE = """
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
CHECK = """
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
