"""Whether an installed kernel waits for a reboot."""

from __future__ import annotations

import re

from porter.host.core.view import View


def waiting_kernel(view: View) -> str:
    """Return a note on a kernel that is newer than the running one; empty if there is none.

    Each installed kernel has its modules below `/usr/lib/modules`; those of a removed one have no
    `modules.dep`.
    """
    running, folder = view.kernel("kernel.osrelease"), view.layout.root / "usr/lib/modules"
    found = [name for name in view.names(folder) if "modules.dep" in view.names(folder / name)]
    newest = max(found, key=_numbers, default="")
    if running is None or not newest or _numbers(newest) <= _numbers(running.value):
        return ""
    return f"kernel {newest} is installed; {running.value} runs until this host reboots"


def _numbers(release: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", release)]
