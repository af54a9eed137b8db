"""Make this Python look like one of macOS: `python -c "from tests.cli import macos; ..."`.

It lacks /proc, and what Python's documentation has for Linux or "not macOS" alone.
"""

from __future__ import annotations

import builtins
import os
import select
import signal
import socket
import sys
from types import ModuleType
from typing import Any

_ABSENT = {
    os: (
        "eventfd",
        "getrandom",
        "getxattr",
        "memfd_create",
        "pidfd_open",
        "pipe2",
        "posix_fadvise",
        "posix_fallocate",
        "prlimit",
        "sched_getaffinity",
        "sched_setaffinity",
        "setns",
        "splice",
        "unshare",
    ),
    select: ("epoll",),
    signal: ("pidfd_send_signal", "sigtimedwait", "sigwaitinfo"),
    socket: ("AF_NETLINK", "AF_PACKET", "AF_VSOCK", "SO_BINDTODEVICE"),
}


def become() -> None:
    """Change this process."""
    sys.platform = "darwin"
    proxies = ModuleType("_scproxy")
    proxies._get_proxy_settings = dict  # type: ignore[attr-defined]
    proxies._get_proxies = dict  # type: ignore[attr-defined]
    sys.modules["_scproxy"] = proxies
    for module, names in _ABSENT.items():
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    real = builtins.open

    def no_proc(file: Any, *arguments: Any, **options: Any) -> Any:
        if str(file).startswith("/proc/"):
            raise FileNotFoundError(2, "No such file or directory", file)
        return real(file, *arguments, **options)

    builtins.open = no_proc
