"""A failed `porter host apply` signals the reason to CloudFormation, exactly once."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.daemon.loopback import INSTANCE_ID, SECRET, Imds, WaitHandle, running
from tests.host.fake_host import WEB, FakeHost, host_deployment, host_spec


@pytest.fixture
def failing_host(fake_host: FakeHost, handle: WaitHandle) -> Iterator[FakeHost]:
    """A host whose workload cannot be started, with metadata and a wait handle of its own."""
    fake_host.boot(host_spec(), host_deployment(handle_url=handle.url))
    fake_host.fail("start", "porter-web.service")
    imds = Imds()
    fake_host.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = imds.url
    with running(imds):
        yield fake_host


def test_failure_is_signalled_once_with_phase_command_and_exit_code(
    failing_host: FakeHost, handle: WaitHandle
) -> None:
    done = failing_host.porter("host", "apply")
    assert done.returncode == 1
    (put,) = handle.puts
    assert put.signal["Status"] == "FAILURE"
    assert put.signal["UniqueId"] == INSTANCE_ID
    assert put.signal["Reason"] == (
        "porter host apply: phase workloads: "
        f"`{failing_host.root}/usr/bin/systemctl start porter-web.service` failed, exit code 1: "
        "Job for porter-web.service failed because the control process exited with error code."
    )
    assert "phase workloads" in done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_a_host_that_shuts_down_signals_no_failure_since_the_next_boot_goes_on(
    failing_host: FakeHost, handle: WaitHandle
) -> None:
    (failing_host.root / "systemd/system").write_text("stopping\n")
    assert failing_host.porter("host", "apply").returncode == 1
    assert not handle.puts


def test_the_apply_log_has_the_failure_as_cloudformation_got_it(
    failing_host: FakeHost, handle: WaitHandle
) -> None:
    journalctl = failing_host.root / "usr/bin/journalctl"
    journalctl.write_text(f"#!/bin/sh\necho 'cannot put {handle.url}'\n")
    journalctl.chmod(0o755)
    failing_host.porter("host", "apply")
    log = (failing_host.root / "var/log/porter/apply.log").read_text()
    *_, step, failure = [line.split(" ", 1)[1] for line in log.splitlines()]
    assert step == "workloads: start porter-web.service"
    assert failure == f"failed: {handle.puts[0].signal['Reason']}"
    assert SECRET not in log


CLOUD_INIT = """\
Cloud-init v. 22.4.2 running 'init-local' at Mon, 02 Nov 2026. Up 3 seconds.
util.py[WARNING]: Failed to install packages: ['of-the-image']
Cloud-init v. 22.4.2 running 'init-local' at Mon, 30 Nov 2026. Up 3 seconds.
"""


def test_a_package_that_could_not_be_installed_is_named_first(
    failing_host: FakeHost, handle: WaitHandle
) -> None:
    """The log names all packages; the package manager's output names the missing one."""
    logs = failing_host.root / "var/log"
    logs.mkdir(parents=True)
    warning = "util.py[WARNING]: Failed to install packages: ['python3.11', 'nodejs-lts']\n"
    (logs / "cloud-init.log").write_text(CLOUD_INIT + warning)
    said = "Reading package lists...\nE: Unable to locate package nodejs-lts\n"
    (logs / "cloud-init-output.log").write_text(CLOUD_INIT + said)
    failing_host.porter("host", "apply")
    assert (
        handle.puts[0]
        .signal["Reason"]
        .startswith(
            "packages: cloud-init could not install python3.11, nodejs-lts: "
            "E: Unable to locate package nodejs-lts | porter host apply: phase workloads: "
        )
    )


def test_a_failure_in_the_logs_of_the_image_is_not_this_hosts(
    failing_host: FakeHost, handle: WaitHandle
) -> None:
    logs = failing_host.root / "var/log"
    logs.mkdir(parents=True)
    (logs / "cloud-init.log").write_text(CLOUD_INIT)
    failing_host.porter("host", "apply")
    assert handle.puts[0].signal["Reason"].startswith("porter host apply: phase workloads: ")


def test_phases_after_the_failed_one_are_not_begun(failing_host: FakeHost) -> None:
    failing_host.porter("host", "apply")
    assert failing_host.calls()[-1] == "start porter-web.service"


def test_the_failure_contains_result_and_last_lines_of_the_unit(
    failing_host: FakeHost, handle: WaitHandle
) -> None:
    journalctl = failing_host.root / "usr/bin/journalctl"
    journalctl.write_text("#!/bin/sh\necho \033[1mfirst line\033[m\necho main.py: not found\n")
    journalctl.chmod(0o755)
    failing_host.porter("host", "apply")
    assert (
        handle.puts[0]
        .signal["Reason"]
        .endswith(
            "start porter-web.service` failed, exit code 1: "
            "result exit-code | first line | main.py: not found"
        )
    )


def test_no_failure_contains_the_wait_handles_url(
    failing_host: FakeHost, handle: WaitHandle
) -> None:
    journalctl = failing_host.root / "usr/bin/journalctl"
    journalctl.write_text(f"#!/bin/sh\necho 'cannot put {handle.url}'\n")
    journalctl.chmod(0o755)
    failing_host.porter("host", "apply")
    assert handle.puts[0].signal["Reason"].endswith("| cannot put [redacted]")


def test_endless_output_is_cut_to_its_last_whole_lines(
    failing_host: FakeHost, handle: WaitHandle
) -> None:
    journalctl = failing_host.root / "usr/bin/journalctl"
    journalctl.write_text("#!/bin/sh\nseq -f 'line %g of many' 1000\n")
    journalctl.chmod(0o755)
    failing_host.porter("host", "apply")
    reason = handle.puts[0].signal["Reason"]
    assert len(reason.encode()) <= 1024
    assert ": result exit-code | line " in reason
    assert reason.endswith("| line 1000 of many")


def test_a_dry_run_that_fails_signals_nothing(failing_host: FakeHost, handle: WaitHandle) -> None:
    (failing_host.root / "usr/sbin/haproxy").unlink()
    assert failing_host.porter("host", "apply", "--dry-run").returncode == 1
    assert handle.puts == []


def test_haproxys_own_words_are_the_reason_and_the_live_file_stays(
    failing_host: FakeHost, handle: WaitHandle
) -> None:
    failing_host.mend("start", "porter-web.service")
    failing_host.apply()
    cfg = failing_host.root / "etc/porter/haproxy.cfg"
    before = cfg.read_bytes()
    haproxy = failing_host.root / "usr/sbin/haproxy"
    haproxy.unlink()
    haproxy.write_text("#!/bin/sh\necho '[NOTICE] I am'\necho '[ALERT] cannot bind'\nexit 1\n")
    haproxy.chmod(0o755)
    moved = replace(WEB, port=8001)
    deployment = host_deployment(handle_url=handle.url)
    failing_host.boot(host_spec(workloads=(moved,)), deployment)
    (failing_host.root / "systemd/active-porterd.service").unlink()
    assert failing_host.porter("host", "apply").returncode == 1
    assert "phase haproxy" in handle.puts[0].signal["Reason"]
    assert handle.puts[0].signal["Reason"].endswith("exit code 1: [ALERT] cannot bind")
    assert cfg.read_bytes() == before


def test_while_porterd_serves_apply_signals_no_failure(
    failing_host: FakeHost, handle: WaitHandle
) -> None:
    failing_host.mend("start", "porter-web.service")
    failing_host.apply()
    (failing_host.root / "usr/sbin/haproxy").unlink()
    done = failing_host.porter("host", "apply")
    assert done.returncode == 1
    assert "phase haproxy" in done.stderr
    assert handle.puts == []


def test_apply_signals_the_failure_of_a_porterd_that_cannot_start(
    failing_host: FakeHost, handle: WaitHandle
) -> None:
    """The unit is in the pause between two starts."""
    failing_host.mend("start", "porter-web.service")
    failing_host.fail("restart", "porterd.service")
    (failing_host.root / "systemd/trying-porterd.service").touch()
    assert failing_host.porter("host", "apply").returncode == 1
    assert "phase porterd" in handle.puts[0].signal["Reason"]


def test_a_systemd_that_does_not_answer_fails_the_apply_and_no_unit_counts_as_started(
    failing_host: FakeHost, handle: WaitHandle
) -> None:
    """A running porterd must not count as stopped, or it would keep the old specification."""
    failing_host.mend("start", "porter-web.service")
    failing_host.apply()
    changed = replace(WEB, environment={"GREETING": "good evening"})
    failing_host.boot(host_spec(workloads=(changed,)), host_deployment(handle_url=handle.url))
    failing_host.fail("show", "porterd.service")
    assert failing_host.porter("host", "apply").returncode == 1
    where = "porter host apply: phase porterd: systemctl show"
    told = f"{where}: systemd does not answer: Failed to get properties"
    assert handle.puts[0].signal["Reason"].startswith(told)
    failing_host.mend("show", "porterd.service")
    failing_host.calls()
    failing_host.apply()
    assert failing_host.calls() == ["restart porterd.service"]


def test_a_payload_of_another_porter_is_signalled_too(
    failing_host: FakeHost, handle: WaitHandle
) -> None:
    (failing_host.root / "opt/porter/payload-aaaaaaaaaaaa/host.json").write_text('{"schema": 7}')
    assert failing_host.porter("host", "apply").returncode == 1
    assert "version 7, this porter speaks version 1" in handle.puts[0].signal["Reason"]


def test_an_apply_beside_a_running_one_signals_no_failure(
    failing_host: FakeHost, handle: WaitHandle
) -> None:
    lock = failing_host.root / "run/porter/apply.lock"
    lock.parent.mkdir(parents=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert failing_host.porter("host", "apply").returncode == 1
    assert handle.puts == []


def test_a_failure_before_the_first_phase_is_signalled_too(
    failing_host: FakeHost, handle: WaitHandle
) -> None:
    """Exit code 1 tells the bootstrap that the signal was sent."""
    lock = failing_host.root / "run/porter/apply.lock"
    lock.mkdir(parents=True)
    assert failing_host.porter("host", "apply").returncode == 1
    (put,) = handle.puts
    assert put.signal["Reason"] == f"porter host apply: {lock}: cannot write it: Is a directory"
