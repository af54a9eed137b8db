"""`Build` in a rehearsal: what its commands find, and which payloads a deployment builds anew."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from pathlib import Path

from porter.errors import PorterError
from porter.home import home
from porter.rehearsal.cloud.assembly import metadata
from porter.spec.synthesis import BUILT_HERE, REHEARSED_PROCESSOR


def environment(base: Mapping[str, str]) -> dict[str, str]:
    """Return this machine's processor, and the user's own settings of npm and uv.

    HOME is another folder in a rehearsal, and private package indexes need these files.
    """
    theirs = home(base)
    uv = Path(base.get("XDG_CONFIG_HOME") or theirs / ".config") / "uv" / "uv.toml"
    users = {
        "npm_config_userconfig": theirs / ".npmrc",
        "npm_config_cache": theirs / ".npm",
        "UV_CONFIG_FILE": uv,
        "NETRC": theirs / ".netrc",
    }
    found = {name: str(path) for name, path in users.items() if name not in base and path.exists()}
    return {REHEARSED_PROCESSOR: platform.machine(), **found}


def rebuilt(assembly: Path) -> list[str]:
    """Return a line for each host in `assembly` whose payload is built for this machine alone.

    None if the assembly is incomplete, which the cdk CLI reports.
    """
    try:
        stacks = list(metadata(assembly))
    except PorterError:
        return []
    lines = []
    for constructs in stacks:
        for path, entries in constructs.items():
            if any(BUILT_HERE in str(entry.get("data")) for entry in entries):
                host = path.removeprefix("/")
                lines.append(
                    f"the payload of {host}: its build= was for {platform.machine()}, this "
                    "machine's processor, and hosts have another one"
                )
    return lines
