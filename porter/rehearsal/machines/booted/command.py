"""The command lines that boot an instance, that enter a running one, and running them there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from porter.rehearsal.local.keeper import kept
from porter.rehearsal.machines.booted import hierarchies
from porter.rehearsal.machines.booted.control_groups import ControlGroups
from porter.rehearsal.machines.booted.hierarchies import Hierarchy

RUN_SECONDS = 20.0

_SHARED = "-sys_time,-sys_module,-sys_rawio"
_WITHOUT_KERNEL = ("setpriv", f"--bounding-set={_SHARED}", f"--inh-caps={_SHARED}")
"""Everything on an instance runs without what would change this machine: its clock, its kernel."""

_UNSHARE = (
    *("unshare", "--mount", "--propagation", "private", "--pid", "--uts", "--ipc"),
    *("--fork", "--kill-child"),
)
_SYSTEMD = ("/lib/systemd/systemd", "--show-status=yes")

_BOOT = Path(__file__).with_name("boot.sh")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """What an instance boots from and on; `uuid` begins with `ec2`."""

    image: Path
    uuid: str
    namespace: str
    control_groups: ControlGroups
    hierarchies: tuple[Hierarchy, ...]


def boot(hardware: Hardware, console: str) -> list[str]:
    """What boots it, in the instance's folder; `console` is the terminal that is its /dev/console.

    Ends as process 1 does: by SIGHUP for a reboot, by SIGINT for a power off (reboot(2)), which
    keeper makes exit codes 129 and 130.
    """
    return kept(
        *("nsenter", f"--net=/run/netns/{hardware.namespace}", *_UNSHARE),
        *(sys.executable, "-P", "-m", "porter.rehearsal.machines.booted.join"),
        *(*map(str, hardware.control_groups.folders), "--", "unshare", "--cgroup"),
        *_script(hardware, console, _SYSTEMD),
    )


def rescue(hardware: Hardware, program: Sequence[str]) -> list[str]:
    """What runs `program` alone on the disk of a machine that is off: no network, no services."""
    return [*_UNSHARE, "--net", "--cgroup", *_script(hardware, "/dev/null", program)]


def _script(hardware: Hardware, console: str, program: Sequence[str]) -> tuple[str, ...]:
    return (
        *("sh", str(_BOOT), str(hardware.image), hardware.uuid, console),
        *(hierarchies.mounts(hardware.hierarchies), *_WITHOUT_KERNEL, *program),
    )


def enter(init: int) -> list[str]:
    """What comes before a command line that is to run on the instance, beside its process `init`.

    All of its namespaces, its root folder, and none of the environment here. Processes so started
    die with the instance.
    """
    return [
        *("nsenter", f"--target={init}", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"),
        *("--root", "--wd", "--", "/usr/bin/env", "-i", f"PATH={_PATH}", "HOME=/root", "USER=root"),
        *("LANG=C.UTF-8", "TERM=linux", *_WITHOUT_KERNEL),
    ]


def run(
    init: int | None,
    hardware: Hardware,
    folder: Path,
    argv: Sequence[str],
    *,
    timeout: float = RUN_SECONDS,
) -> subprocess.CompletedProcess[str]:
    """`argv` on the instance of `folder`; with `init` None it is off, and `argv` all that runs.

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
