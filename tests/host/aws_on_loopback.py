"""The environment of a host's own programs, beside an AWS on loopback."""

from __future__ import annotations

import os

from tests.daemon.loopback import Imds, Server
from tests.host.fake_host import FakeHost


def on_loopback(host: FakeHost, imds: Imds, aws: Server) -> dict[str, str]:
    """Return the variables that lead a program of `host` to its root, `imds` and `aws`."""
    return {
        **os.environ,
        "PATH": f"{host.root / 'usr/bin'}:{os.environ['PATH']}",
        "PORTER_ROOT": str(host.root),
        "PYTHONUNBUFFERED": "1",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": imds.url,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{aws.port}",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
