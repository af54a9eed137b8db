"""Build the command lines that boot an instance and run programs on it; run programs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from porter.rehearsal.machines.booted import hierarchies
from porter.rehearsal.machines.booted.control_groups import ControlGroups
from porter.rehearsal.machines.booted.hierarchies import Hierarchy

RUN_SECONDS = 20.0

_SHARED = "-sys_time,-sys_module,-sys_rawio"
_WITHOUT_KERNEL = ("setpriv", f"--bounding-set={_SHARED}", f"--inh-caps={_SHARED}")
"""Drop capabilities that would change this computer: its clock, its kernel modules."""

_UNSHARE = (
    *("unshare", "--mount", "--propagation", "private", "--pid", "--uts", "--ipc"),
    *("--fork", "--kill-child"),
)
_SYSTEMD = ("/lib/systemd/systemd", "--show-status=yes")

_BOOT = Path(__file__).with_name("boot.sh")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """What an instance boots with; `uuid` begins with `ec2`."""

    image: Path
    uuid: str
    namespace: str
    control_groups: ControlGroups
    hierarchies: tuple[Hierarchy, ...]


def boot(hardware: Hardware, console: str) -> list[str]:
    """Return the command that boots an instance in its folder; `console` is its /dev/console.

    The command ends as process 1 does: by SIGHUP for a reboot, by SIGINT for power off (reboot(2)).
    The keeper turns these into exit codes 129 and 130.
    """
    return [
        *("nsenter", f"--net=/run/netns/{hardware.namespace}", *_UNSHARE),
        *(sys.executable, "-P", "-m", "porter.rehearsal.machines.booted.join"),
        *(*map(str, hardware.control_groups.folders), "--", "unshare", "--cgroup"),
        *_script(hardware, console, _SYSTEMD),
    ]


def rescue(hardware: Hardware, program: Sequence[str]) -> list[str]:
    """Return the command that runs `program` on the disk of a machine that is off."""
    return [*_UNSHARE, "--net", "--cgroup", *_script(hardware, "/dev/null", program)]


def _script(hardware: Hardware, console: str, program: Sequence[str]) -> tuple[str, ...]:
    return (
        *("sh", str(_BOOT), str(hardware.image), hardware.uuid, console),
        *(hierarchies.mounts(hardware.hierarchies), *_WITHOUT_KERNEL, *program),
    )


def enter(init: int) -> list[str]:
    """Return the prefix of a command that runs on the instance whose process 1 is `init`.

    It enters all namespaces and the root folder, with an empty environment. Such processes end with
    the instance, and with the command line: `kill` it, for it ignores SIGTERM.
    """
    # If nsenter forks, it stops as soon as its child stops, and systemd stops every process before
    # it powers off. Nobody then waits for the child, and process 1 cannot end before that zombie.
    return [
        *("nsenter", f"--target={init}", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"),
        *("--root", "--wd", "--no-fork", "--"),
        *("/usr/bin/env", "-i", f"PATH={_PATH}", "HOME=/root", "USER=root"),
        *("LANG=C.UTF-8", "TERM=linux", "unshare", "--fork", "--kill-child", *_WITHOUT_KERNEL),
    ]


def run(
    init: int | None,
    hardware: Hardware,
    folder: Path,
    argv: Sequence[str],
    *,
    timeout: float = RUN_SECONDS,
) -> subprocess.CompletedProcess[str]:
    """Run `argv` on the instance of `folder`; without `init` it is off, and `argv` runs alone.

    Raises `subprocess.TimeoutExpired` after `timeout` seconds, `OSError` without nsenter(1).
    """
    line = rescue(hardware, argv) if init is None else [*enter(init), *argv]
    return subprocess.run(
        line,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout,
        check=False,
    )
