"""Recognize a write that the sandbox refused, and say where a program may write."""

from __future__ import annotations

from porter.spec import ContainerWorkload, Workload

_READ_ONLY = (
    *("read-only file system", "erofs", "readonly database"),
    # SQLite's words where it cannot create the file.
    "unable to open database file",
)
"""In lower case: strerror(3), Node's and SQLite's words for a write that is refused."""


def refused_write(said: str) -> bool:
    """Return whether `said`, a program's last words, are about a write that was refused."""
    return any(one in said.lower() for one in _READ_ONLY)


def may_write(workload: Workload | None) -> str:
    """Return where `workload`, by default a process, may write; empty if it may anywhere."""
    if not isinstance(workload, ContainerWorkload):
        return "it may write only to /tmp, $HOME and, with state=True, $STATE_DIRECTORY"
    if not workload.read_only:
        return ""
    folders = ", ".join(workload.tmpfs)
    may = f"only to {folders}: name more" if folders else "nowhere: name"
    return f"its container may write {may} folders in tmpfs=, or set read_only=False"
