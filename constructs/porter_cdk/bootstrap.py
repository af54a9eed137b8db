"""What cloud-init runs on a new host: fetch the payload and the bundle, verify them, hand over.

Nothing imports this file: synthesis shortens and compresses it into the user data (ADR 0003), where
every byte counts. So it does only what must be done before porter's own code is there, and
leaves the rest to the bundle's `boot.py`. Standard library, Python 3.9 (Amazon Linux 2023), no
f-strings, no keyword arguments for its own functions (`shorten` says why). The order of functions
and a few odd spellings are those that compress best.

Whatever is raised, here or in `boot.py`, goes to CloudFormation as FAILURE, with this host's time:
no signature holds where the clock is wrong, and S3 only says 403. What a server answered does not:
S3 repeats credentials in some of its errors.
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
    """Put FAILURE on the wait handle: signed without a Content-Type, so urllib may not add one."""
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
    """The body of a successful answer, in bytes."""
    return urlopen(Request(url, body, headers, method=method), timeout=20).read()


def metadata(path: str) -> Any:
    """A text from the instance metadata service, version 2."""
    latest = ENV.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.254") + "/latest/"
    header = "X-aws-ec2-metadata-token"
    token = call(latest + "api/token", {header + "-ttl-seconds": "60"}, "PUT")
    return call(latest + "meta-data/" + path, {header: token.decode()}).decode()


def fetch(asset: dict[str, str]) -> Any:
    """The bytes of an asset in S3; the host role's signature (version 4) is in the query."""
    region = deployment["region"]
    path = "iam/security-credentials/"
    role = json.loads(metadata(path + metadata(path)))
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
    request = hashlib.sha256(request.encode()).hexdigest()
    signature = ("AWS4" + role["SecretAccessKey"]).encode()
    for text in scope.split("/") + ["AWS4-HMAC-SHA256\n%s\n%s\n%s" % (now, scope, request)]:
        signature = hmac.digest(signature, text.encode(), "sha256")
    return call(url + "?" + query + "&X-Amz-Signature=" + signature.hex(), {})


def unpack(name: str) -> str:
    """The folder with the asset in it: there as a whole or not at all, so a second run keeps it."""
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
            # Not every Python has the filter. Links are resolved, and none of ours is a hard link.
            if member.islnk() or os.path.realpath(os.path.join(part, member.name)).find(part):
                raise ValueError(member.name)
            archive.extract(member, part)
        os.rename(part, folder)
    return folder


def patiently(action: Callable[[Any], Any], argument: Any) -> Any:
    """What `action` returns within 60 s: a new role's permissions take a while to reach S3."""
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
