"""The bundle's `boot.py`: the bootstrap hands over to it, and it runs `porter host apply`.

It runs in the bootstrap's own interpreter, which may be Python 3.9 and has nothing but the standard
library. What it raises, the bootstrap tells CloudFormation.
"""

import collections
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

SECONDS = 900.0
"""How long `porter host apply` may take: package mirrors are slow at times."""

APPLIED, REPORTED = 0, 1
"""Exit codes with which `porter host apply` has spoken for itself (ADR 0004)."""


class BootError(Exception):
    """`porter host apply` could not be started, or ended without a word to CloudFormation."""


def boot(bundle: Path) -> None:
    """Run `porter host apply` from the folder `bundle`. Raises `BootError`, or exits as it did."""
    command = [python(), str(bundle), "host", "apply"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    last = collections.deque([b""], maxlen=1)
    reader = threading.Thread(target=_pass_on, args=(process, last), daemon=True)
    reader.start()
    try:
        code = process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise BootError(f"porter host apply was not done after {SECONDS:g} seconds") from None
    reader.join(5)
    if code in (APPLIED, REPORTED):
        sys.exit(code)
    end = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
    raise BootError(f"porter host apply {end}: {last[0].decode(errors='replace').strip()}")


def python() -> str:
    """This interpreter if it is new enough, else the newest there is. Raises `BootError`."""
    if sys.version_info >= (3, 11):  # noqa: UP036 - the bootstrap's Python, not porter's
        return sys.executable
    for name in ("python3.14", "python3.13", "python3.12", "python3.11"):
        found = shutil.which(name)
        # Version managers leave names on PATH that start nothing.
        if found and subprocess.call([found, "-c", ""], timeout=60) == 0:
            return found
    raise BootError("this host has no Python from 3.11 to 3.14; is a package of it installed?")


def _pass_on(process: "subprocess.Popen[bytes]", last: "collections.deque[bytes]") -> None:
    """Copy standard error to the log as it comes, and remember its last line."""
    for line in process.stderr or ():
        sys.stderr.buffer.write(line)
        sys.stderr.flush()
        if line.strip():
            last.append(line)


if __name__ == "<run_path>":  # as `runpy.run_path` calls it
    boot(Path(__file__).resolve().parent)
