"""The home of a program: a folder of its own, the same on every kind of machine."""

from __future__ import annotations

from porter.host.core.layout import Layout


def home_name(owner: str) -> str:
    """Return the name of the home of `owner` (a running name or a job's) below /var/cache."""
    return f"porter-{owner}"


def home_variables(layout: Layout, owner: str) -> dict[str, str]:
    """Return `HOME`, which systemd sets to `/` for a dynamic user, or leaves out."""
    return {"HOME": str(layout.root / "var/cache" / home_name(owner))}
