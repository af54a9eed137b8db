"""Unit files are loaded, enabled and rejected as by systemd."""

from __future__ import annotations

from .conftest import Boot, service


def test_enabling_links_the_unit_into_its_target(boot: Boot) -> None:
    there = boot()
    there.add("web.service", service("ExecStart=sleep 1\n[Install]\nWantedBy=multi-user.target"))
    assert there.systemctl("is-enabled", "web").stdout == "disabled\n"
    assert there.systemctl("enable", "web").returncode == 0
    assert there.systemctl("is-enabled", "web").returncode == 0
    assert there.systemctl("disable", "web").returncode == 0
    assert there.systemctl("is-enabled", "web").returncode == 1


def test_a_changed_unit_file_takes_effect_after_daemon_reload(boot: Boot) -> None:
    there = boot()
    there.add("web.service", service("Type=exec", "ExecStart=sleep 1000"))
    there.systemctl("start", "web")
    unit = there.root / "etc/systemd/system/web.service"
    unit.write_text(service("Type=exec", "ExecStart=/does/not/exist"))
    assert there.systemctl("restart", "web").returncode == 0
    there.systemctl("daemon-reload")
    assert there.systemctl("restart", "web").returncode == 1


def test_an_unknown_directive_is_an_error(boot: Boot) -> None:
    there = boot()
    unit = there.root / "etc/systemd/system/web.service"
    unit.write_text(service("ExecStrat=sleep 1000"))
    refused = there.systemctl("daemon-reload")
    assert refused.returncode == 1
    assert "web.service, line 4: ExecStrat=sleep 1000: played machines do not" in refused.stderr


def test_a_missing_unit_and_an_unsupported_call_are_errors(boot: Boot) -> None:
    there = boot()
    assert there.systemctl("start", "none").returncode == 5
    assert there.systemctl("is-active", "none").returncode == 3
    assert there.show("none", "LoadState") == "not-found"
    assert there.systemctl("reboot").returncode == 1
