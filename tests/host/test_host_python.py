"""`python3` of a host's programs: porter's own Python, not the distribution's, which may be 3.9."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest

from porter.host.jobs.units import timer
from porter.spec import Job
from tests.host.fake_host import WEB, FakeHost, host_deployment, host_spec
from tests.host.goals import goal_of

PRINTS = "import sys; print(sys.version_info[:2] >= (3, 11))"
OLD = "#!/bin/sh\necho 'the distribution'\n"


def environment_of(fake_host: FakeHost, owner: str) -> dict[str, str]:
    """Return the environment that systemd reads for `owner`."""
    text = (fake_host.root / f"run/porter/environment/{owner}.env").read_text()
    return dict(line.replace('"', "").split("=", 1) for line in text.splitlines() if "=" in line)


def started(fake_host: FakeHost, unit: str) -> list[str]:
    """Return the words of the unit's `ExecStart=`."""
    text = (fake_host.root / f"etc/systemd/system/{unit}").read_text()
    line = next(line for line in text.splitlines() if line.startswith("ExecStart="))
    return shlex.split(line.removeprefix("ExecStart="))


@pytest.fixture
def old_python(fake_host: FakeHost) -> FakeHost:
    """A host whose own `python3` is another one, as on Amazon Linux 2023."""
    program = fake_host.root / "usr/bin/python3"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(OLD)
    program.chmod(0o755)
    return fake_host


@pytest.mark.parametrize(
    "command",
    [
        ("python3", "-c", PRINTS),
        ("sh", "-c", f"exec python3 -c '{PRINTS}'"),
        ("/usr/bin/env", "python3", "-c", PRINTS),
    ],
    ids=["directly", "in-a-shell", "by-env"],
)
def test_a_program_finds_porters_python_first(
    old_python: FakeHost, command: tuple[str, ...]
) -> None:
    """For a bare name, systemd searches its own folders, not PATH (systemd.service(5))."""
    web = replace(WEB, command=command)
    old_python.boot(host_spec(workloads=(web,)), host_deployment())
    old_python.apply()
    folders = f"{old_python.root}/usr/bin:/usr/bin:/bin"
    program, *arguments = started(old_python, "porter-web.service")
    done = subprocess.run(
        [str(shutil.which(program, path=folders)), *arguments],
        env={"PATH": folders, **environment_of(old_python, "web")},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("True\n", 0)


@pytest.mark.argument("PorterHost(python=...)", "`python3` of porter and programs is that one")
def test_the_chosen_python_is_porters_and_the_programs(fake_host: FakeHost) -> None:
    chosen = fake_host.root / "usr/bin/python3.12"
    chosen.parent.mkdir(parents=True, exist_ok=True)
    chosen.symlink_to(sys.executable)
    fake_host.boot(host_spec(python="3.12"), host_deployment())
    fake_host.apply()
    launchers = [fake_host.root / "opt/porter/bin/python3", fake_host.root / "usr/local/bin/porter"]
    assert all(f"exec {chosen} " in launcher.read_text() for launcher in launchers)
    assert started(fake_host, "porterd.service")[0] == str(chosen)


def test_a_host_without_the_chosen_python_fails_and_says_what_it_has(
    fake_host: FakeHost,
) -> None:
    """Debian and Ubuntu have one Python each; only Amazon Linux packages all of them."""
    program = fake_host.root / "usr/bin/python3.11"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.symlink_to(sys.executable)
    (fake_host.root / "etc/os-release").write_text('ID=debian\nVERSION_ID="12"\n')
    fake_host.boot(host_spec(python="3.12"), host_deployment())
    done = fake_host.porter("host", "apply", "--dry-run")
    assert done.returncode == 1
    assert done.stderr == (
        "porter: error: Debian 12 has no python3.12, but python3.11\n"
        "  where: python\n"
        "  cure: choose that one in PorterHost(python=...), or an image with the other\n"
    )


def test_an_own_path_of_the_user_stays(old_python: FakeHost) -> None:
    web = replace(WEB, environment={"PATH": "/opt/mine:/usr/bin"})
    old_python.boot(host_spec(workloads=(web,)), host_deployment())
    old_python.apply()
    assert environment_of(old_python, "web")["PATH"] == "/opt/mine:/usr/bin"


def test_a_job_finds_it_too() -> None:
    job = Job(name="report", command=("python3", "job.py"), schedule="hourly")
    goal = goal_of(host_spec(jobs=(job,), lease_table="Leases"))
    _, command, environment = timer(goal, job).reads
    assert b"\nExecStart=/opt/porter/bin/python3 job.py\n" in command.content
    assert b'PATH="/opt/porter/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"' in (
        environment.content
    )
