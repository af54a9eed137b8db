"""The wheel, and an ordinary user who installs the wheel on a bare machine."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.harness.conditions import unshares_network
from tests.harness.slowness import slowness

REPOSITORY = Path(__file__).parents[2]
PYTHONS = (sys.executable, "/usr/local/bin/python3", "/usr/bin/python3")
"""Pythons to install with: first the tests' own, although the user may not enter its folder."""
MAKE_VENV = """\
import sys, venv
assert sys.version_info >= (3, 11)
venv.create("venv", clear=True, with_pip=True)
"""
LOOPBACK_UP = """\
import fcntl, os, socket, struct, sys
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
    fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
os.execvp(sys.argv[1], sys.argv[1:])
"""


@dataclass(frozen=True, slots=True)
class User:
    """A user without privileges, with a home folder and only `sh` on PATH."""

    home: Path

    def run(
        self, *argv: str | Path, cwd: Path | None = None, network: bool = True, timeout: float = 300
    ) -> subprocess.CompletedProcess[str]:
        """Run `argv` as this user; without `network` there is only a loopback interface.

        `timeout` is in seconds of a machine at rest.
        """
        command: list[str] = [] if network else _without_network()
        command += _as_nobody() if os.getuid() == 0 else []
        return subprocess.run(
            [*command, *map(str, argv)],
            cwd=cwd or self.home,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout * slowness(),
            check=False,
        )

    def environment(self) -> dict[str, str]:
        """The user's environment, with the package index of the tests.

        Without PIP_NO_COMPILE, pip would compile aws-cdk-lib for half a minute.
        """
        packages = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        packages["PIP_NO_COMPILE"] = "1"
        folders = {"HOME": str(self.home), "TMPDIR": str(self.home / "tmp")}
        return {**packages, **folders, "PATH": str(self.home / "bin"), "LANG": "C.UTF-8"}

    def processes(self) -> list[str]:
        """Return the command line of every process that names this home."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_text().replace("\0", " ")
                environment = (folder / "environ").read_text()
            except (OSError, UnicodeDecodeError):
                continue  # the process has ended, or belongs to another user
            if str(self.home) in command + environment:
                found.append(command)
        return found


def _ours(program: str) -> str:
    """Return the path of a program of this machine, since the user's PATH has none."""
    return shutil.which(program) or program


def _as_nobody() -> list[str]:
    nobody = pwd.getpwnam("nobody")
    return [
        _ours("setpriv"),
        f"--reuid={nobody.pw_uid}",
        f"--regid={nobody.pw_gid}",
        "--clear-groups",
    ]


def _without_network() -> list[str]:
    as_user = [] if os.getuid() == 0 else ["--user", "--map-root-user"]
    command = [_ours("unshare"), "--net", *as_user, "--"]
    refused = unshares_network(*command)
    if refused:
        pytest.skip(f"takes the network from a user: {refused}")
    return [*command, sys.executable, "-c", LOOPBACK_UP]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as `make wheel` builds it."""
    folder = tmp_path_factory.mktemp("dist")
    uv = Path(sys.executable).with_name("uv")
    command = [uv, "build", "--wheel", "--quiet", "--no-build-isolation", "--python"]
    subprocess.run(
        [*command, sys.executable, "--out-dir", folder], cwd=REPOSITORY, timeout=300, check=True
    )
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def user() -> Iterator[User]:
    """A user whose home is outside pytest's own folder, which the user cannot enter."""
    home = Path(tempfile.mkdtemp(prefix="porter-user-"))
    for folder in ("bin", "tmp"):
        (home / folder).mkdir()
    (home / "bin" / "sh").symlink_to("/bin/sh")
    if os.getuid() == 0:
        nobody = pwd.getpwnam("nobody")
        for path in (home, home / "bin", home / "tmp"):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
    yield User(home)
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def porter(user: User, wheel: Path) -> Path:
    """The `porter` of a new virtual environment, installed as the pipelines of a new app do."""
    made = (user.run(python, "-c", MAKE_VENV).returncode == 0 for python in PYTHONS)
    assert any(made), "no Python 3.11 or newer that an ordinary user may run"
    mine = user.home / wheel.name
    shutil.copyfile(wheel, mine)
    lock = user.home / "requirements.lock"
    shutil.copyfile(REPOSITORY / "app_template" / lock.name, lock)
    pip = user.home / "venv" / "bin" / "pip"
    for what in (("--require-hashes", "-r", lock), ("--no-deps", f"{mine}[rehearse]")):
        done = user.run(pip, "install", "--quiet", *what, timeout=600)
        assert done.returncode == 0, done.stderr
    complete = user.run(pip, "check")
    assert complete.returncode == 0, complete.stdout
    return user.home / "venv" / "bin" / "porter"


def files_below(folder: Path, *, but: Sequence[str] = ()) -> set[str]:
    """Return the files below `folder`, relative to it, except those in folders named in `but`."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in paths if not set(path.parts) & set(but)}
