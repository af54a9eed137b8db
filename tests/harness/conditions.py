"""Skip tests that this machine cannot run, with the reason of `porter doctor`."""

import subprocess
from collections.abc import Collection
from functools import cache

import pytest

from porter.rehearsal.machines.image import missing

_NETWORK = {"root", "capabilities", "openssl", "dnsmasq", "ip", "unshare", "nsenter"}
"""The requirements of a private network; a booted machine needs everything the doctor checks."""


def _skip(what: str, needed: Collection[str] | None = None) -> pytest.MarkDecorator:
    lacking = [one.name for one in missing() if needed is None or one.name in needed]
    reason = f"{what}: this machine lacks {', '.join(lacking)} (porter doctor)"
    return pytest.mark.skipif(bool(lacking), reason=reason)


boots = _skip("boots machines")
makes_networks = _skip("makes a private network", _NETWORK)
mounts = _skip("mounts file systems", {"root", "capabilities", "mount"})
makes_certificates = _skip("makes certificates", {"openssl"})


@cache
def unshares_network(*command: str) -> str:
    """Return why `command`, which makes a network namespace, cannot run here; empty if it can."""
    try:
        done = subprocess.run(
            [*command, "true"], capture_output=True, text=True, timeout=30, check=False
        )
    except OSError as error:
        return str(error)
    return "" if done.returncode == 0 else done.stderr.strip()[-200:] or "it failed"
