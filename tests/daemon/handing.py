"""Have a porterd hand out credentials, and ask for them as a workload does."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping

from porter.spec import HostSpec, Porterd, ProcessWorkload, dumps, workload_token
from tests.daemon.loopback import Imds
from tests.daemon.porterd_process import PorterdProcess

KEY = secrets.token_hex(32).encode()


def profile(imds: Imds, credentials: Mapping[str, str]) -> None:
    """Give the instance's role these `credentials`."""
    folder = "meta-data/iam/security-credentials/"
    document = {"Code": "Success", "Expiration": "2099-01-01T00:00:00Z", **credentials}
    imds.tree |= {folder: "Host", f"{folder}Host": json.dumps(document)}


def told(porterd: PorterdProcess, role: str) -> None:
    """Write the specification of a host whose workloads use `role`."""
    spec = HostSpec(
        schema=1,
        service="hello",
        timeout_seconds=60,
        workloads=tuple(ProcessWorkload(name=name, command=("true",)) for name in ("mail", "sms")),
        porterd=Porterd(port=porterd.port),
        service_role=role,
    )
    folder = porterd.folders["credentials"]
    (folder / "host.json").write_text(dumps(spec))
    (folder / "credentials.key").write_bytes(KEY)


def asked(porterd: PorterdProcess, name: str = "mail") -> tuple[int, dict[str, str]]:
    """Return status and body of porterd's answer to the workload `name`."""
    status, _, body = porterd.exchange(
        "GET", "/v1/credentials", Authorization=workload_token(KEY, name)
    )
    return status, json.loads(body)


def given(porterd: PorterdProcess, name: str = "mail") -> dict[str, str]:
    """Wait for the credentials of the workload `name`, and return them."""
    porterd.until(lambda: asked(porterd, name)[0] == 200, 20)
    return asked(porterd, name)[1]
