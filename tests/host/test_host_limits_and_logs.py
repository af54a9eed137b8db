"""Kernel settings and the journal's are written for the next boot, and set now if possible."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from tests.host.fake_host import WEB, FakeHost, host_deployment, host_spec

RESERVED = "net/ipv4/ip_local_reserved_ports"
OURS = "80,3001,8000-8050"
"""HAProxy, porterd, and both slots of a service on port 8000."""

SYSCTL = """\
#!/bin/sh
# Sets what it is asked to below {root}/proc/sys.
shift 2
echo "$*" >> {root}/sysctl-calls
for setting; do
    path=$(echo "${{setting%%=*}}" | tr . /)
    echo "${{setting#*=}}" > {root}/proc/sys/$path
done
"""


@pytest.fixture
def kernel_host(fake_host: FakeHost) -> FakeHost:
    """A host with the usual kernel settings, and a sysctl."""
    for key, value in ((RESERVED, ""), ("net/ipv4/tcp_slow_start_after_idle", "1")):
        path = fake_host.root / "proc/sys" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{value}\n")
    sysctl = fake_host.root / "usr/sbin/sysctl"
    sysctl.write_text(SYSCTL.format(root=fake_host.root))
    sysctl.chmod(0o755)
    return fake_host


def test_kernel_settings_are_set_once_and_written_for_the_next_boot(kernel_host: FakeHost) -> None:
    kernel_host.apply()
    written = (kernel_host.root / "etc/sysctl.d/60-porter.conf").read_text()
    assert f"\nnet.ipv4.ip_local_reserved_ports = {OURS}\n" in written
    asked = f"net.ipv4.ip_local_reserved_ports={OURS} net.ipv4.tcp_slow_start_after_idle=0\n"
    assert (kernel_host.root / "sysctl-calls").read_text() == asked
    assert kernel_host.apply() == "nothing to do\n"
    assert (kernel_host.root / "sysctl-calls").read_text() == asked


def test_the_kernels_range_of_local_ports_stays(kernel_host: FakeHost) -> None:
    """Network ACLs admit answers to the usual ports: AWS's example, to 32768-65535."""
    path = kernel_host.root / "proc/sys/net/ipv4/ip_local_port_range"
    path.write_text("32768\t60999\n")
    kernel_host.apply()
    assert path.read_text() == "32768\t60999\n"
    written = (kernel_host.root / "etc/sysctl.d/60-porter.conf").read_text()
    assert "ip_local_port_range" not in written


def test_a_setting_that_was_changed_since_is_set_again(kernel_host: FakeHost) -> None:
    kernel_host.apply()
    (kernel_host.root / "proc/sys/net/ipv4/tcp_slow_start_after_idle").write_text("1\n")
    kernel_host.apply()
    calls = (kernel_host.root / "sysctl-calls").read_text().splitlines()
    assert calls[1:] == ["net.ipv4.tcp_slow_start_after_idle=0"]


def test_ports_that_the_image_reserves_stay_reserved(kernel_host: FakeHost) -> None:
    (kernel_host.root / "proc/sys" / RESERVED).write_text("79,8049-8052,50000\n")
    kernel_host.apply()
    asked = (kernel_host.root / "sysctl-calls").read_text()
    assert "ports=79-80,3001,8000-8052,50000 " in asked
    assert kernel_host.apply() == "nothing to do\n"


def test_without_sysctl_the_settings_wait_for_the_next_boot_and_the_report_says_so(
    kernel_host: FakeHost,
) -> None:
    (kernel_host.root / "usr/sbin/sysctl").unlink()
    note = "limits: net.ipv4.tcp_slow_start_after_idle stays '1': it cannot be changed here"
    assert note in kernel_host.apply_json()["notes"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write what is read-only to others")
def test_a_read_only_setting_is_left_alone(kernel_host: FakeHost) -> None:
    (kernel_host.root / "proc/sys" / RESERVED).chmod(0o444)
    assert "ip_local_reserved_ports stays ''" in kernel_host.apply()


@pytest.mark.parametrize(
    ("port", "reserved"), [(40_000, "80,3001,40000-40050"), (65_535, "80,3001,65486-65535")]
)
def test_ports_of_both_slots_are_kept_from_connections(
    kernel_host: FakeHost, port: int, reserved: str
) -> None:
    kernel_host.boot(host_spec(workloads=(replace(WEB, port=port),)), host_deployment())
    kernel_host.apply()
    assert f"reserved_ports={reserved} " in (kernel_host.root / "sysctl-calls").read_text()


def test_the_journal_is_restarted_only_when_its_configuration_changes(fake_host: FakeHost) -> None:
    fake_host.install_unit("systemd-journald.service")
    fake_host.apply()
    assert fake_host.calls()[0] == "restart systemd-journald.service"
    assert fake_host.apply() == "nothing to do\n"
    configuration = fake_host.root / "etc/systemd/journald.conf.d/60-porter.conf"
    assert "Storage=persistent\n" in configuration.read_text()


def test_the_next_apply_repeats_an_interrupted_restart_of_the_journal(fake_host: FakeHost) -> None:
    fake_host.install_unit("systemd-journald.service")
    fake_host.apply()
    (fake_host.root / "var/lib/porter/started/systemd-journald.service").unlink()
    fake_host.calls()
    fake_host.apply()
    assert fake_host.calls() == ["restart systemd-journald.service"]


def test_a_log_that_has_grown_begins_anew_and_keeps_what_was_before(fake_host: FakeHost) -> None:
    log = fake_host.root / "var/log/porter/apply.log"
    log.parent.mkdir(parents=True)
    log.write_text("x" * 300_000)
    fake_host.apply()
    assert log.with_name("apply.log.1").stat().st_size == 300_000
    assert "porter host apply" in log.read_text()
    assert log.stat().st_size < 100_000


def test_a_log_that_cannot_be_written_fails_nothing(fake_host: FakeHost) -> None:
    (fake_host.root / "var/log").mkdir(parents=True)
    (fake_host.root / "var/log/porter").write_text("a file where a folder should be")
    assert "applied in" in fake_host.apply()
