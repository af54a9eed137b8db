"""The content of a machine image, and the command that builds it."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

from porter.errors import PorterError

SUITES = {"debian-12": "bookworm", "debian-13": "trixie"}
"""Debian's code names, by the name that `--image` takes."""

FORMAT = 1
"""Raise this when images change for another reason than a field of `Recipe`."""

# Without HAProxy: its installation by `porter host apply` is part of the rehearsal. Its package is
# not cached either, because a cache would hide a missing mirror (and save only 0.05 s).
PACKAGES = (
    *("systemd", "systemd-sysv", "dbus", "udev"),
    *("cloud-init", "python3", "openssh-client"),
    *("iproute2", "netbase", "procps", "curl", "ca-certificates"),
)
"""What Debian's EC2 image has and cloud-init, porter or a service may need."""

_OPTIONS = (
    "--variant=minbase",
    "--mode=root",
    "--dpkgopt=force-unsafe-io",
    # With these lists, `apt-get update` on a machine takes 0.6 s and 0.2 MB instead of 10 MB.
    "--skip=cleanup/apt/lists",
    '--aptopt=Acquire::Languages "none"',
    # Documentation and locales, 62 MB that machines do not need.
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    '--customize-hook=chroot "$1" systemctl enable systemd-networkd.service',
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that determines the content of an image."""

    suite: str
    sources: tuple[str, ...] = ()
    """Lines of a sources.list(5); without any, mmdebstrap's defaults for the release."""
    packages: tuple[str, ...] = PACKAGES
    options: tuple[str, ...] = _OPTIONS
    architecture: str = platform.machine()
    format: int = FORMAT

    @property
    def key(self) -> str:
        """The image's name in the cache, different for each recipe."""
        content = json.dumps(asdict(self), sort_keys=True)
        return f"{self.suite}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"

    def command(self, tree: Path) -> tuple[str, ...]:
        """Return the command that makes `tree`."""
        include = f"--include={','.join(self.packages)}"
        target = (codename(self.suite), str(tree), *self.sources)
        return ("mmdebstrap", *self.options, include, *target)


def codename(suite: str) -> str:
    """Return Debian's code name of `suite`. Raises `PorterError` for an unknown suite."""
    try:
        return SUITES[suite]
    except KeyError:
        raise PorterError(
            f"there is no image {suite!r}", cure=f"choose one of {', '.join(SUITES)}"
        ) from None


def images() -> Path:
    """Return the cache's folder: `porter/images` in XDG_CACHE_HOME, by default ~/.cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache.absolute() / "porter" / "images"
