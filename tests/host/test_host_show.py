"""`porter host show`."""

from __future__ import annotations

import json

from tests.host.fake_host import FakeHost


def test_show_prints_what_runs_and_no_secret(fake_host: FakeHost) -> None:
    fake_host.apply()
    shown = json.loads(fake_host.porter("host", "show", "--json").stdout)
    assert shown["service"] == "hello"
    assert shown["porterd"]["url"] == "http://127.0.0.1:3001"
    assert [workload["unit"]["state"]["active"] for workload in shown["workloads"]] == ["active"]
    text = fake_host.porter("host", "show").stdout
    assert "porter-web.service" in text
    assert "Signature" not in text + json.dumps(shown)
    assert "GREETING" not in text + json.dumps(shown)


def test_show_prints_what_another_apply_would_change(fake_host: FakeHost) -> None:
    fake_host.apply()
    lines = fake_host.porter("host", "show").stdout.splitlines()
    phases = [line for line in lines if line.startswith("  phase ")]
    assert phases
    assert all(line.endswith(" up to date") for line in phases)
    cfg = fake_host.root / "etc/porter/haproxy.cfg"
    cfg.write_text("mangled")
    shown = json.loads(fake_host.porter("host", "show", "--json").stdout)["phases"]
    assert [phase for phase, steps in shown.items() if steps] == ["haproxy"]
    assert shown["haproxy"][-1] == f"move {cfg}.new to {cfg}"
    assert cfg.read_text() == "mangled"


def test_show_on_a_host_that_was_never_configured_says_what_to_do(fake_host: FakeHost) -> None:
    done = fake_host.porter("host", "show")
    assert done.returncode == 1
    assert "run `porter host apply` first" in done.stderr
