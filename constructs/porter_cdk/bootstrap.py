"""What cloud-init runs on a new host: fetch payload and bundle, verify them, run the bundle.

No module imports this file. Synthesis shortens and compresses it into the user data (ADR 0003),
where every byte counts: it does only what must precede porter's own code; the bundle's `boot.py`
does the rest. It uses the standard library of Python 3.9 (Amazon Linux 2023), no f-strings, and no
keyword arguments for its own functions (`shorten` says why).

An exception, here or in `boot.py`, is reported to CloudFormation as FAILURE, with this host's time:
if the clock is wrong, every signature is, and S3 answers only 403. A server's answer is not
reported, because S3 repeats credentials in some of its errors.
"""

import hashlib
import hmac
import io
import json
import os
import runpy
import tarfile
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus
from urllib.request import Request, urlopen

ENV = os.environ


def call(
    url: str, headers: dict[str, str], method: str = "GET", body: "bytes | None" = None
) -> Any:
    """Return the body of a successful answer, in bytes."""
    return urlopen(Request(url, body, headers, method=method), timeout=20).read()


def metadata(path: str) -> Any:
    """Read a text from the instance metadata service, version 2."""
    latest = ENV.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.254") + "/latest/"
    header = "X-aws-ec2-metadata-token"
    token = call(latest + "api/token", {header + "-ttl-seconds": "60"}, "PUT")
    return call(latest + "meta-data/" + path, {header: token.decode()}).decode()


def fetch(asset: dict[str, str]) -> Any:
    """Fetch an asset from S3; the signature (version 4) with the host's role is in the query."""
    path = "iam/security-credentials/"
    role = json.loads(metadata(path + metadata(path)))
    region = deployment["region"]
    # The bucket is in the path, as in the CDK's template URLs: one form for EC2 and for emulators.
    url = (
        ENV.get("AWS_ENDPOINT_URL_S3")
        or ENV.get("AWS_ENDPOINT_URL")
        or "https://s3." + region + ".amazonaws.com" + ".cn" * ("cn-" in region)
    ) + "/%(bucket)s/%(key)s" % asset
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    scope = now[:8] + "/" + region + "/s3/aws4_request"
    query = (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
        + quote_plus(role["AccessKeyId"] + "/" + scope)
        + "&X-Amz-Date="
        + now
        + "&X-Amz-Expires=60&X-Amz-Security-Token="
        + quote_plus(role["Token"])
        + "&X-Amz-SignedHeaders=host"
    )
    host, path = url.split("/", 3)[2:]
    request = "GET\n/%s\n%s\nhost:%s\n\nhost\nUNSIGNED-PAYLOAD" % (path, query, host)
    digest = hashlib.sha256(request.encode()).hexdigest()
    signature = ("AWS4" + role["SecretAccessKey"]).encode()
    for text in scope.split("/") + ["AWS4-HMAC-SHA256\n%s\n%s\n%s" % (now, scope, digest)]:
        signature = hmac.digest(signature, text.encode(), "sha256")
    return call(url + "?" + query + "&X-Amz-Signature=" + signature.hex(), {})


def report(reason: str) -> None:
    """Put FAILURE on the wait handle. It is signed without a Content-Type: urllib must add none."""
    body = {
        "Status": "FAILURE",
        "UniqueId": metadata("instance-id"),
        "Data": "",
        "Reason": reason,
    }
    call(deployment["handle_url"], {"Content-Type": ""}, "PUT", json.dumps(body).encode())


def patiently(action: Callable[[Any], Any], argument: Any) -> Any:
    """Return what `action` does, retrying for 60 s: a new role's permissions reach S3 late."""
    end = time.time() + 60
    while True:
        try:
            return action(argument)
        except Exception as error:
            print(error, flush=True)
            if time.time() > end:
                raise
            time.sleep(os.urandom(1)[0] / 99)


def unpack(asset: dict[str, str], name: str) -> str:
    """Return the asset's folder, which exists complete or not at all: a second run keeps it."""
    folder = ROOT + "/opt/porter/" + name + "-" + asset["sha256"][:12]
    if not os.path.exists(folder):
        content = patiently(fetch, asset)
        if hashlib.sha256(content).hexdigest() != asset["sha256"]:
            raise ValueError("wrong SHA-256")
        archive = tarfile.open(fileobj=io.BytesIO(content))
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(folder + ".part")
        os.rename(folder + ".part", folder)
    return folder


if __name__ == "__main__":
    ROOT = ENV.get("PORTER_ROOT", "")
    deployment = json.load(open(ROOT + "/etc/porter/deployment.json"))
    try:
        for name in "payload", "bundle":
            folder = unpack(deployment[name], name)
        runpy.run_path(folder + "/boot.py")
    except Exception as error:
        patiently(report, ("bootstrap: %s: %r, clock: %s" % (name, error, time.ctime()))[:900])
        raise
