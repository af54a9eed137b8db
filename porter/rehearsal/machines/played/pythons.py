"""The Python of a played machine: the one that its user data installs, or else this computer's."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

_BASE = "import sys; print(getattr(sys, '_base_executable', sys.executable), sys.version_info[1])"


def python(package: str) -> Path:
    """Return the program that plays `package`: this computer's of that version, or this Python.

    Not a virtual environment's, whose libraries an instance does not have.
    """
    own = Path(getattr(sys, "_base_executable", sys.executable))
    return own if package in ("", f"python3.{sys.version_info.minor}") else _found(package) or own


def difference(package: str) -> str:
    """Say for the report if another Python plays `package`; else nothing."""
    here = f"python3.{sys.version_info.minor}"
    if package in ("", here) or _found(package):
        return ""
    return f"python3 is {here} here, and {package} on the hosts: install that here to use it"


@cache
def _found(package: str) -> Path | None:
    """Find `package` on PATH; version managers leave programs there that cannot start."""
    found = shutil.which(package)
    if found is None:
        return None
    try:
        done = subprocess.run(
            [found, "-c", _BASE], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    path, _, minor = done.stdout.strip().rpartition(" ")
    return Path(path) if package == f"python3.{minor}" else None
