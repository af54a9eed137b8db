"""Find the page of an instance's porterd, and make it reachable from this computer."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from porter.errors import PorterError
from porter.rehearsal.machines.booted import state
from porter.rehearsal.machines.vpc.namespace import connect
from porter.rehearsal.story.forward import LOOPBACK, forwarded
from porter.rehearsal.story.running import Found
from porter.rehearsal.story.visiting import root

_SECONDS = 5.0


@contextmanager
def opened(found: Found) -> Iterator[str]:
    """Yield the URL of the page of `found`; a booted machine's ends with the block.

    porterd of a played machine listens on this computer's own loopback interface. Raises
    `PorterError` if porterd does not listen yet.
    """
    port = _porterd_port(found)
    if found.booted is None:
        _reach(found, partial(socket.create_connection, (LOOPBACK, port), _SECONDS)).close()
        yield f"http://{LOOPBACK}:{port}/"
        return
    inside = partial(connect, found.booted.control_group, (LOOPBACK, port), _SECONDS)
    _reach(found, inside).close()
    with forwarded(inside) as here:
        yield f"http://{LOOPBACK}:{here}/"


def runs(found: Found) -> bool:
    """Return whether the booted machine still runs."""
    now = state.read(found.folder)
    return now is not None and found.booted is not None and now.init == found.booted.init


def _porterd_port(found: Found) -> int:
    try:
        spec = json.loads((root(found) / "etc/porter/host.json").read_text("utf-8"))
        return int(spec["porterd"]["port"])
    except (OSError, ValueError, KeyError, TypeError):
        raise _not_yet(found) from None


def _reach(found: Found, there: partial[socket.socket]) -> socket.socket:
    try:
        return there()
    except OSError:
        raise _not_yet(found) from None


def _not_yet(found: Found) -> PorterError:
    cure = f"wait until the host serves: porter rehearse logs {found.instance_id} --follow"
    return PorterError("porterd does not listen yet", where=found.instance_id, cure=cure)
