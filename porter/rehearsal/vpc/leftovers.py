"""Delete the namespaces of a rehearsal by its name, whether it ended or was killed."""

from __future__ import annotations

from contextlib import ExitStack

from porter.rehearsal.vpc.command import run
from porter.rehearsal.vpc.interface import vpc_namespace
from porter.rehearsal.vpc.namespace import NAMESPACES


def remove(name: str) -> None:
    """Delete each namespace of the rehearsal called `name`, even if one of them resists.

    What ran inside must have ended: a process keeps its namespace, nameless, until it ends.
    Raises `PorterError` for the last one that could not be deleted.
    """
    own = vpc_namespace(name)
    with ExitStack() as stack:
        for path in NAMESPACES.glob(f"{own}*"):
            if path.name == own or path.name.startswith(f"{own}-"):
                stack.callback(run, "ip", "netns", "delete", path.name)
