"""On a Mac, `build`, `diff` and `deploy` work; `rehearse` names the command that does it."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from porter.cli.scaffold import create_app
from porter.doctor import CONTAINER
from tests.harness.slowness import slowness

ROOT = Path(__file__).parents[2]
CODE = (
    f"import sys; sys.path.insert(0, {str(ROOT)!r}); from tests.cli import macos; macos.become(); "
    "from porter.cli import main; main(sys.argv[1:])"
)
Mac = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def app(tmp_path: Path) -> Path:
    create_app(tmp_path / "hello")
    return tmp_path / "hello"


@pytest.fixture
def mac(app: Path) -> Mac:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", CODE, *arguments],
            cwd=app,
            env=os.environ | {"CDK_VALIDATION": "false"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    return run


def test_an_app_synthesizes_on_a_mac(mac: Mac, app: Path) -> None:
    done = mac("build")
    assert done.returncode == 0, done.stderr
    assert (app / "cdk.out" / "manifest.json").is_file()


@pytest.mark.parametrize("command", ["deploy", "diff"])
def test_the_commands_for_aws_start_cdk_on_a_mac(mac: Mac, fake_node: Path, command: str) -> None:
    assert mac(command).returncode == 7, "cdk's exit code is porter's"
    assert fake_node.read_text().splitlines()[1:] == [command]


def test_a_signal_reaches_cdk_on_a_mac() -> None:
    """A Mac has no sigwaitinfo(2)."""
    code = "import sys; from tests.cli import macos; macos.become(); "
    code += "from porter.cli import supervise; "
    program = "trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done"
    code += f"sys.exit(supervise.run(['/bin/sh', '-c', {program!r}], {{}}))"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(30 * slowness()) == 5
    process.stdout.close()


def test_rehearse_on_a_mac_names_the_command_that_does_it(mac: Mac) -> None:
    done = mac("rehearse")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "porter: error: a rehearsal needs Linux",
        "  where: porter rehearse",
        "  cure: use a container:",
        CONTAINER,
    ]
    assert mac("rehearse", "--help").returncode == 0


def test_doctor_on_a_mac_finds_nothing_missing_for_synth(mac: Mac) -> None:
    done = mac("doctor")
    assert done.returncode == 1
    synth, _, rehearse = done.stdout.partition("porter rehearse\n")
    assert "missing" not in synth
    assert f"missing  linux                  this is darwin: {CONTAINER}\n" in rehearse


def test_the_named_command_is_one_of_docker() -> None:
    words = shlex.split(CONTAINER.replace("$PWD", "/home/me/hello"))
    assert words[:3] == ["docker", "run", "--rm"]
    assert words[-3:-1] == ["sh", "-c"]
    subprocess.run(["sh", "-n", "-c", words[-1]], check=True)
