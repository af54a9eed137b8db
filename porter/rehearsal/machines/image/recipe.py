"""What a machine image is made of: the packages, and the command that puts them into a tree."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

from porter.errors import PorterError

SUITES = {"debian-12": "bookworm", "debian-13": "trixie"}
"""Code name by the name that `--image` takes."""

FORMAT = 1
"""Raised when images change in another way than by what a `Recipe` holds."""

# HAProxy is not among them: that `porter host apply` can install it is part of what is rehearsed.
# Its download is not kept either (it would save 0.05 s beside a mirror): an installation that needs
# no mirror would hide that there is none.
PACKAGES = (
    *("systemd", "systemd-sysv", "dbus", "udev"),
    *("cloud-init", "python3", "openssh-client"),
    *("iproute2", "netbase", "procps", "curl", "ca-certificates"),
)
"""What an EC2 image of Debian has of what cloud-init, porter and a service may need."""

_OPTIONS = (
    "--variant=minbase",
    "--mode=root",
    "--dpkgopt=force-unsafe-io",
    # With the lists kept, the `apt-get update` of an instance takes 0.6 s and 0.2 MB, not 10 MB.
    "--skip=cleanup/apt/lists",
    '--aptopt=Acquire::Languages "none"',
    # What nobody reads on a machine that lives for minutes: 62 MB.
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    '--customize-hook=chroot "$1" systemctl enable systemd-networkd.service',
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides what is in an image."""

    suite: str
    sources: tuple[str, ...] = ()
    """Lines of a sources.list(5); with none, mmdebstrap's own for the release."""
    packages: tuple[str, ...] = PACKAGES
    options: tuple[str, ...] = _OPTIONS
    architecture: str = platform.machine()
    format: int = FORMAT

    @property
    def key(self) -> str:
        """The name of the image in the cache: another recipe, another image."""
        content = json.dumps(asdict(self), sort_keys=True)
        return f"{self.suite}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"

    def command(self, tree: Path) -> tuple[str, ...]:
        """The arguments, program first, that make `tree`."""
        include = f"--include={','.join(self.packages)}"
        return (
            "mmdebstrap",
            *self.options,
            include,
            codename(self.suite),
            str(tree),
            *self.sources,
        )


def codename(suite: str) -> str:
    """Debian's code name of `suite`. Raises `PorterError` if there is no such image."""
    try:
        return SUITES[suite]
    except KeyError:
        raise PorterError(
            f"there is no image {suite!r}", cure=f"choose one of {', '.join(SUITES)}"
        ) from None


def images() -> Path:
    """The folder of the cache: `porter/images` in XDG_CACHE_HOME, by default ~/.cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache.absolute() / "porter" / "images"
