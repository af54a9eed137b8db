"""The user's setup steps, in an apply to `/` below overlays."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from porter.spec import SetupStep
from tests.daemon.loopback import Imds, WaitHandle, running
from tests.harness.conditions import mounts as needs_root
from tests.harness.traces import until
from tests.host.fake_host import FakeHost, host_deployment, host_spec
from tests.host.root_host import RootHost

VALUE = "swordfish-17"
AGENT = SetupStep(
    name="agent",
    command=("./install.sh", "--quiet"),
    timeout_seconds=20,
    environment={"KEY": VALUE},
)
SWAP = SetupStep(name="swap", command=("sh", "run.sh"), timeout_seconds=20)


@pytest.fixture
def root_host() -> Iterator[RootHost]:
    """A host on a tmpfs, because overlays cannot be stacked."""
    scratch = Path(tempfile.mkdtemp(prefix="porter-test-", dir="/dev/shm"))
    yield RootHost(scratch)
    shutil.rmtree(scratch)


@pytest.fixture
def handle(root_host: RootHost) -> Iterator[WaitHandle]:
    """The wait handle of `root_host`; the host also gets instance metadata."""
    server, imds = WaitHandle(), Imds()
    root_host.deployment = host_deployment(handle_url=server.url)
    root_host.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = imds.url
    with running(server), running(imds):
        yield server


def gone(pid: int) -> bool:
    """Return whether the process ends within 5 seconds; a zombie has ended."""

    def ended() -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except (FileNotFoundError, ProcessLookupError):
            return True

    return until(ended, 5)


@pytest.mark.argument("PorterHost(setup=...)", "the steps run in this order")
@pytest.mark.argument("Setup(command=...)", "the host runs the command")
@pytest.mark.argument("Setup(source=...)", "the folder's files are in the step's working directory")
@needs_root
def test_steps_run_in_order_each_in_its_folder(root_host: RootHost) -> None:
    root_host.boot(AGENT, SWAP)
    root_host.script("agent", 'echo "agent $* in $PWD" >> /var/trace')
    root_host.script("swap", 'echo "swap in $PWD" >> /var/trace')
    root_host.apply()
    payload = f"/opt/porter/payload-{'a' * 12}"
    assert root_host.trace == [
        f"agent --quiet in {payload}/setup/agent",
        f"swap in {payload}/setup/swap",
    ]


@pytest.mark.argument("Setup(environment=...)", "the step has the variables")
@needs_root
def test_a_step_is_root_and_has_its_environment_a_home_and_a_region(root_host: RootHost) -> None:
    root_host.boot(AGENT)
    root_host.script("agent", 'echo "$(id -u) $KEY $HOME $AWS_REGION"')
    root_host.apply()
    assert root_host.log("agent") == f"0 {VALUE} /root eu-central-1\n"
    assert (root_host.files / "var/log/porter/setup-agent.log").stat().st_mode & 0o777 == 0o640


@needs_root
def test_a_second_apply_does_nothing_and_a_changed_step_runs_again(root_host: RootHost) -> None:
    root_host.boot(AGENT, SWAP)
    root_host.script("agent", 'echo "agent $KEY" >> /var/trace')
    root_host.script("swap", "echo swap >> /var/trace")
    root_host.apply()
    before = root_host.trace
    assert "set up" not in root_host.apply()
    assert root_host.trace == before
    root_host.boot(replace(AGENT, environment={"KEY": "another"}), SWAP)
    root_host.apply()
    assert root_host.trace == [*before, "agent another"]


@needs_root
def test_a_dry_run_prints_the_steps_and_runs_none(root_host: RootHost) -> None:
    root_host.boot(AGENT)
    root_host.script("agent", "echo agent >> /var/trace")
    assert (
        "setup\n"
        "  run setup step agent: ./install.sh --quiet (output: /var/log/porter/setup-agent.log)"
        "\n  write /var/lib/porter/setup/agent (0600, 65 bytes)\n"
    ) in root_host.apply("--dry-run")
    assert root_host.trace == []


@needs_root
def test_no_output_contains_a_setup_steps_environment(root_host: RootHost) -> None:
    root_host.boot(AGENT)
    root_host.script("agent", "ps -o args= -p $$ >> /var/trace")
    planned = root_host.apply("--dry-run", "--json")
    (phase,) = [p for p in json.loads(planned)["phases"] if p["phase"] == "setup"]
    assert phase["steps"][0]["environment"] == ["AWS_REGION", "KEY", "PATH"]
    done = root_host.apply()
    story = (root_host.files / "var/log/porter/apply.log").read_text()
    assert VALUE not in planned + done + story + "".join(root_host.trace)


@pytest.mark.argument("Setup(name=...)", "the reason names the step that failed")
@needs_root
def test_a_failure_is_told_with_exit_code_and_last_lines(
    root_host: RootHost, handle: WaitHandle
) -> None:
    """The steps after the failed one do not run; the next apply runs the failed one again."""
    root_host.boot(AGENT, SWAP)
    root_host.script("agent", "echo fetching", f"echo 'no licence at {handle.url}' >&2", "exit 3")
    root_host.script("swap", "echo swap >> /var/trace")
    assert root_host.porter().returncode == 1
    (put,) = handle.puts
    assert put.signal["Status"] == "FAILURE"
    assert put.signal["Reason"] == (
        "porter host apply: phase setup: agent: `./install.sh --quiet` failed, exit code 3: "
        "fetching | no licence at [redacted]"
    )
    assert not (root_host.files / "etc/systemd/system/porterd.service").exists()
    root_host.script("agent", "echo agent >> /var/trace")
    root_host.apply()
    assert root_host.trace == ["agent", "swap"]


@pytest.mark.argument("Setup(timeout_seconds=...)", "the step and its child processes are killed")
@needs_root
def test_a_step_that_takes_too_long_is_killed_with_what_it_started(
    root_host: RootHost, handle: WaitHandle
) -> None:
    root_host.boot(replace(AGENT, timeout_seconds=1))
    root_host.script("agent", "sleep 60 &", "echo $! >> /var/trace", "echo waiting", "wait")
    assert root_host.porter().returncode == 1
    assert handle.puts[0].signal["Reason"] == (
        "porter host apply: phase setup: agent: "
        "`./install.sh --quiet` did not end within 1 s: waiting"
    )
    (child,) = root_host.trace
    assert gone(int(child))


@needs_root
def test_apply_does_not_wait_for_a_daemon_that_a_step_started(root_host: RootHost) -> None:
    root_host.boot(AGENT)
    root_host.script("agent", "sleep 60 &", "echo $! >> /var/trace")
    started = time.monotonic()
    root_host.apply()
    (daemon,) = map(int, root_host.trace)
    assert time.monotonic() - started < 30
    os.kill(daemon, 9)
    assert gone(daemon)


@needs_root
def test_a_missing_program_is_named(root_host: RootHost, handle: WaitHandle) -> None:
    root_host.boot(replace(AGENT, command=("./instal.sh",)))
    root_host.script("agent", "true")
    assert root_host.porter().returncode == 1
    assert handle.puts[0].signal["Reason"] == (
        "porter host apply: phase setup: agent: "
        "`./instal.sh` cannot be run: No such file or directory"
    )


def test_below_another_root_setup_steps_are_left_out_and_a_note_says_so(
    fake_host: FakeHost,
) -> None:
    """Setup steps would change this machine as root."""
    fake_host.boot(host_spec(setup=(AGENT, SWAP)), host_deployment())
    report = fake_host.apply_json()
    assert report["notes"] == [
        "setup: setup steps are left out below a root other than /: agent, swap"
    ]
    assert [p["steps"] for p in report["phases"] if p["phase"] == "setup"] == [[]]
