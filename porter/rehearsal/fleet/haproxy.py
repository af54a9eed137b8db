"""What every HAProxy that plays a part of a load balancer has in common."""

from __future__ import annotations

import subprocess
from pathlib import Path

from porter.rehearsal.local import keeper
from porter.rehearsal.local.haproxy import find_haproxy

START_SECONDS = 10.0

DEFAULTS = """\
defaults
    mode http
    # Like an Application Load Balancer: no retries, idle connections last 60 s.
    retries 0
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    timeout http-keep-alive 60s
    timeout tunnel 1h
    # Pass on each piece of an answer at once.
    option http-no-delay
"""


def run(cfg: Path, log: Path, listener: int, *inside: str) -> subprocess.Popen[bytes]:
    """Start HAProxy with the configuration `cfg` and the open socket `listener`.

    `inside` is a command line that runs another one, as nsenter(1). Call it within `held_back`, and
    keep the result there: an interruption in between would leave the process.
    """
    argv = (*inside, str(find_haproxy()), "-db", "-f", str(cfg))
    with log.open("wb") as output:
        return keeper.start(argv, output, pass_fds=[listener])
