"""The bundle's `boot.py`: the bootstrap starts it, and it runs `porter host apply`.

It runs in the bootstrap's interpreter, which may be Python 3.9 and has only the standard library.
The bootstrap reports what it raises to CloudFormation; `/var/log/porter/apply.log` keeps it, too.
"""

import collections
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

SECONDS = 43_200.0
"""How long `porter host apply` may take: the longest time-out of a wait condition. Each of its
steps has a deadline of its own, and a user's setup step may take an hour."""

WARM_UP = "import porter.daemon.__main__"
"""What porterd imports: root may write the bytecode beside it, porterd's own user may not."""

UNIT = "porterd-bootstrap.service"
"""Starts the bootstrap again after a reboot; cloud-init runs it only once."""

STOPPED_SECONDS = 10.0
"""When a host shuts down, this process ends within a few seconds of `porter host apply`."""

APPLIED, REPORTED = 0, 1
"""Exit codes after which `porter host apply` has reported to CloudFormation itself (ADR 0004)."""

LOGS = ("cloud-init.log", "cloud-init-output.log")
FAILED = r"(?:Failed to install|Failure when attempting to install) packages: \[(.*)\]"
"""cloud-init's line, as in `porter.host.core.cloud_init`, which this Python may be too old for."""


class BootError(Exception):
    """`porter host apply` did not start, or ended without a report to CloudFormation."""


def boot(bundle: Path) -> None:
    """Run `porter host apply` from the folder `bundle`. Raises `BootError`, or exits as it did."""
    root = bundle.parents[2]  # ROOT/opt/porter/bundle-HASH
    _resume_after_reboot(root)
    try:
        code = _apply(python(root), bundle)
    except BootError as error:
        _keep(root, str(error))
        raise
    if code == APPLIED:
        for path in reversed(_files(root)):
            path.unlink(missing_ok=True)
    sys.exit(code)


def _files(root: Path) -> "tuple[Path, Path, Path]":
    """Return the bootstrap's own copy, its unit, and the link that starts the unit at boot."""
    units = root / "etc/systemd/system"
    return (
        root / "var/lib/porter/bootstrap.py",
        units / UNIT,
        units / "multi-user.target.wants" / UNIT,
    )


def _resume_after_reboot(root: Path) -> None:
    """Let systemd start the bootstrap again at each boot until an apply has succeeded.

    The bootstrap is the program in cloud-init's command line, and so the same as now.
    """
    program, file, link = _files(root)
    argv = Path("/proc/self/cmdline").read_text().split("\0")
    if argv[1:2] != ["-c"] or link.is_symlink():
        return
    for path, text in ((program, argv[2] + "\n"), (file, unit(program))):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(Path("..") / UNIT)


def unit(program: Path) -> str:
    """Return the unit that starts the bootstrap in the file `program` at boot."""
    lines = (
        "[Unit]",
        "Description=The bootstrap of porter, until porter host apply has succeeded",
        "Wants=network-online.target",
        "After=network-online.target",
        "[Service]",
        "Type=exec",
        f"ExecStart={sys.executable} {program}",
        "[Install]",
        "WantedBy=multi-user.target",
    )
    return "\n".join(lines) + "\n"


def _apply(interpreter: str, bundle: Path) -> int:
    """Return the exit code of `porter host apply` if it has reported. Raises `BootError`."""
    warming = _warm_up(interpreter, bundle)
    process = subprocess.Popen([interpreter, str(bundle), "host", "apply"], stderr=subprocess.PIPE)
    last = collections.deque([b""], maxlen=1)
    reader = threading.Thread(target=_pass_on, args=(process, last), daemon=True)
    reader.start()
    try:
        code = process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise BootError(f"porter host apply was not done after {SECONDS:g} seconds") from None
    finally:
        warming.kill()
        warming.wait()
    reader.join(5)
    if code == -signal.SIGTERM:
        time.sleep(STOPPED_SECONDS)  # no failure: the next boot goes on
    if code in (APPLIED, REPORTED):
        return code
    end = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
    raise BootError(f"porter host apply {end}: {last[0].decode(errors='replace').strip()}")


def _warm_up(interpreter: str, bundle: Path) -> "subprocess.Popen[bytes]":
    """Compile what porterd imports while apply runs: porterd then starts 0.25 s sooner."""
    return subprocess.Popen(
        [interpreter, "-P", "-c", WARM_UP],
        env={**os.environ, "PYTHONPATH": str(bundle)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _keep(root: Path, reason: str) -> None:
    """Add `reason` to apply's log; continue if the log cannot be written."""
    log = root / "var/log/porter/apply.log"
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    try:
        log.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640), "a") as file:
            file.write(f"{now} boot: {reason}\n")
    except OSError as error:
        sys.stderr.write(f"{log}: {error}\n")


def python(root: Path) -> str:
    """Return this interpreter if it is new enough, else the newest found. Raises `BootError`."""
    if sys.version_info >= (3, 11):  # noqa: UP036 - the bootstrap's Python, not porter's
        return sys.executable
    for name in ("python3.14", "python3.13", "python3.12", "python3.11"):
        found = shutil.which(name)
        # Version managers leave programs on PATH that cannot start.
        if found and subprocess.call([found, "-c", ""], timeout=60) == 0:
            return found
    raise BootError(
        f"{_package_trouble(root)}this host has no Python from 3.11 to 3.14; "
        "is a package of it installed?"
    )


def _package_trouble(root: Path) -> str:
    """Say which packages cloud-init could not install in this boot, and why; else nothing."""
    log, output = (_of_this_boot(root / f"var/log/{name}") for name in LOGS)
    failed = re.search(FAILED, log)
    if not failed:
        return ""
    names = failed.group(1).replace("'", "")
    errors = dict.fromkeys(re.findall(r"^(?:E|Error): .+", output, re.MULTILINE))
    why = " ".join(errors)[:400] or "see its log"  # the bootstrap reports 900 characters
    return f"packages: cloud-init could not install {names}: {why} | "


def _of_this_boot(log: Path) -> str:
    try:
        return log.read_text(errors="replace").rpartition("running 'init-local'")[2]
    except OSError:
        return ""


def _pass_on(process: "subprocess.Popen[bytes]", last: "collections.deque[bytes]") -> None:
    """Copy standard error to the log as it comes, and remember its last line."""
    for line in process.stderr or ():
        sys.stderr.buffer.write(line)
        sys.stderr.flush()
        if line.strip():
            last.append(line)


if __name__ == "<run_path>":  # as `runpy.run_path` calls it
    boot(Path(__file__).resolve().parent)
