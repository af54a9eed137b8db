"""`porter rehearse open`: it finds a played machine's page, and forwards to a booted one's."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from porter.rehearsal.local.folder import locked_folder
from porter.rehearsal.story.forward import MOST, forwarded
from tests.daemon.loopback import Service, running
from tests.harness.free_port import free_port
from tests.harness.traces import until


@pytest.fixture
def service() -> Iterator[Service]:
    """A server in porterd's place."""
    server = Service()
    with running(server):
        yield server


def _open(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/visited\n')
    browser.chmod(0o755)
    return subprocess.run(
        [sys.executable, "-m", "porter", "rehearse", "open", *words],
        env={**os.environ, "TMPDIR": str(tmp_path), "BROWSER": str(browser)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _host(folder: Path, port: int) -> None:
    host = folder / "host1"
    (host / "root/etc/porter").mkdir(parents=True)
    (host / "instance.json").write_text(json.dumps({"instance_id": "i-01", "service": "shop"}))
    (host / "root/etc/porter/host.json").write_text(json.dumps({"porterd": {"port": port}}))


def test_open_prints_the_address_and_starts_the_browser(
    tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    url = f"http://127.0.0.1:{service.port}/"
    with locked_folder() as folder:
        _host(folder, service.port)
        done = _open(tmp_path, "shop", "--print")
        assert (done.returncode, done.stdout) == (0, f"{url}\n")
        assert not (tmp_path / "visited").exists()
        assert _open(tmp_path).returncode == 0
    assert until((tmp_path / "visited").exists, 10)
    assert (tmp_path / "visited").read_text() == f"{url}\n"


def test_a_host_without_porterd_is_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with locked_folder() as folder:
        _host(folder, free_port())
        done = _open(tmp_path, "i-01")
    assert done.returncode == 1
    assert "porterd does not listen yet\n  where: i-01" in done.stderr
    assert "porter rehearse logs i-01 --follow" in done.stderr


def test_a_forward_carries_requests_and_ends_with_its_block(service: Service) -> None:
    def connect() -> socket.socket:
        return socket.create_connection(("127.0.0.1", service.port), 5)

    before = threading.active_count()
    with forwarded(connect) as port:
        for _ in range(2 * MOST):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
                assert answer.read() == b"hi"
        idle = socket.create_connection(("127.0.0.1", port), 5)
    with idle, suppress(ConnectionResetError):
        assert idle.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 5)
    assert until(lambda: threading.active_count() <= before + 1, 10)


def test_a_forward_to_nobody_closes_the_connection() -> None:
    def connect() -> socket.socket:
        raise ConnectionRefusedError

    with forwarded(connect) as port, socket.create_connection(("127.0.0.1", port), 5) as client:
        assert client.recv(1) == b""
