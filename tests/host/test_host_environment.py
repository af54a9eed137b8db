"""Environments are in memory only, and each boot writes them again."""

from __future__ import annotations

import shutil

from tests.host.fake_host import FakeHost
from tests.host.restored import restore


def test_environments_are_written_again_after_a_reboot(fake_host: FakeHost) -> None:
    fake_host.environment["PORTER_PORTS"] = "8000=8001"
    fake_host.apply()
    environment = fake_host.root / "run/porter/environment/web.env"
    before = environment.read_bytes()
    assert b'PORT="8001"' in before
    shutil.rmtree(fake_host.root / "run")
    assert restore(fake_host).returncode == 0
    assert environment.read_bytes() == before
    assert environment.stat().st_mode & 0o777 == 0o600
    assert fake_host.apply() == "nothing to do\n"


def test_beside_the_spec_only_memory_holds_an_environment(fake_host: FakeHost) -> None:
    fake_host.apply()
    held = {name for name, content in fake_host.files().items() if b"GREETING" in content}
    payload = "opt/porter/payload-aaaaaaaaaaaa/host.json"
    assert held == {payload, "etc/porter/host.json", "run/porter/environment/web.env"}


def test_a_host_that_was_never_applied_says_so(fake_host: FakeHost) -> None:
    done = restore(fake_host)
    assert done.returncode == 1
    assert "host.json: is missing (`porter host apply` writes it)" in done.stderr
