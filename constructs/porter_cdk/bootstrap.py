"""Fetch the payload and the bundle on a new host, verify them, and run the bundle's `boot.py`.

cloud-init runs this script. Nothing imports it: synthesis shortens and compresses it into the user
data, where every byte counts (ADR 0003). It therefore does only what must precede porter's own
code. It uses the standard library of Python 3.9 (Amazon Linux 2023), no f-strings, and no keyword
arguments for its own functions (see `shorten`). The order of functions and a few odd spellings
compress best.

An exception here or in `boot.py` is sent to CloudFormation as FAILURE, with the host's time: a
wrong clock breaks signatures, and S3 then answers 403 without a reason. A server's answer is not
sent, because S3 repeats credentials in some of its errors.
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


def report(reason: str) -> None:
    """Send FAILURE to the wait handle, without the Content-Type that its signature excludes."""
    body = {
        "Status": "FAILURE",
        "UniqueId": metadata("instance-id"),
        "Data": "",
        "Reason": reason,
    }
    call(deployment["handle_url"], {"Content-Type": ""}, "PUT", json.dumps(body).encode())


def call(
    url: str, headers: dict[str, str], method: str = "GET", body: "bytes | None" = None
) -> Any:
    """Return the body of a successful response, in bytes."""
    return urlopen(Request(url, body, headers, method=method), timeout=20).read()


def metadata(path: str) -> Any:
    """Return a text of the instance metadata service, version 2."""
    latest = ENV.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.254") + "/latest/"
    header = "X-aws-ec2-metadata-token"
    token = call(latest + "api/token", {header + "-ttl-seconds": "60"}, "PUT")
    return call(latest + "meta-data/" + path, {header: token.decode()}).decode()


def fetch(asset: dict[str, str]) -> Any:
    """Return the bytes of an asset in S3, requested with a presigned URL of the host's role."""
    region = deployment["region"]
    path = "iam/security-credentials/"
    role = json.loads(metadata(path + metadata(path)))
    # The bucket is in the path, because emulators understand only this form.
    url = (
        ENV.get("AWS_ENDPOINT_URL_S3")
        or ENV.get("AWS_ENDPOINT_URL")
        or "https://s3." + region + "." + deployment["domain"]
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
    request = hashlib.sha256(request.encode()).hexdigest()
    signature = ("AWS4" + role["SecretAccessKey"]).encode()
    for text in scope.split("/") + ["AWS4-HMAC-SHA256\n%s\n%s\n%s" % (now, scope, request)]:
        signature = hmac.digest(signature, text.encode(), "sha256")
    return call(url + "?" + query + "&X-Amz-Signature=" + signature.hex(), {})


def unpack(name: str) -> str:
    """Return the asset's folder, unpacked whole or not at all. A second run keeps it."""
    asset = deployment[name]
    folder = ROOT + "/opt/porter/%s-%.12s" % (name, asset["sha256"])
    if not os.path.isdir(folder):
        content = patiently(fetch, asset)
        if hashlib.sha256(content).hexdigest() != asset["sha256"]:
            raise ValueError("wrong SHA-256")
        archive = tarfile.open(fileobj=io.BytesIO(content))
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        part = os.path.realpath(folder) + ".part/"
        for member in archive:
            # Older Pythons lack the filter. `realpath` follows links; porter writes no hard links.
            if member.islnk() or os.path.realpath(os.path.join(part, member.name)).find(part):
                raise ValueError(member.name)
            archive.extract(member, part)
        os.rename(part, folder)
    return folder


def patiently(action: Callable[[Any], Any], argument: Any) -> Any:
    """Repeat `action` for up to 60 s, because a new role's permissions reach S3 late."""
    end = time.time() + 60
    while 1:
        try:
            return action(argument)
        except Exception as error:
            print(error, flush=True)
            if time.time() > end:
                raise
            time.sleep(os.urandom(1)[0] / 99)


ROOT = ENV.get("PORTER_ROOT", "")
deployment = json.load(open(ROOT + "/etc/porter/deployment.json"))
try:
    for name in "payload", "bundle":
        folder = unpack(name)
    runpy.run_path(folder + "/boot.py")
except Exception as error:
    patiently(report, ("bootstrap: %s: %r, clock: %s" % (name, error, time.ctime()))[:900])
    raise
