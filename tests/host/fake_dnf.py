"""A dnf of Amazon Linux 2023: it knows releases, and works with the one that `releasever` names.

The order of the values is that of the AL2023 User Guide, "Using a deterministic upgraded system":
the option, the variable file, the installed system-release. The list of releases is that of
https://github.com/amazonlinux/amazon-linux-2023/issues/1062; with newer releases the command does
not exit 0, like `dnf check-update`.
"""

from __future__ import annotations

from pathlib import Path

INSTALLED = "2023.9.20251110"
RELEASES = ("2023.10.20260105", "2023.10.20260120", "2023.9.20251117", "2023.9.20251208")

DNF = """\
#!/bin/sh
release=$(cat {root}/etc/dnf/vars/releasever 2>/dev/null || echo {installed})
for word in "$@"; do
    case $word in
    --releasever=*) release=${{word#*=}} ;;
    esac
done
echo "$release: $*" >> {root}/ran
case $1 in
check-release-update)
    echo "Last metadata expiration check: 0:00:02 ago on Wed Feb  4 10:00:00 2026." >&2
    {releases}
    ;;
esac
"""


def install_dnf(root: Path, *releases: str, how: str = "exit 100") -> None:
    """Install dnf below `root`; `how` follows the list of newer `releases`."""
    listed = "\n    ".join([*(f"echo {release}" for release in releases), how])
    program = root / "usr/bin/dnf"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(DNF.format(root=root, installed=INSTALLED, releases=listed))
    program.chmod(0o755)


def ran(root: Path) -> list[str]:
    """Return each run: the release it worked with, a colon, the arguments."""
    return (root / "ran").read_text().splitlines()
