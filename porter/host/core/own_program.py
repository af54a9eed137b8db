"""What a program of porter's own needs that a unit runs: this machine, and a log in the journal."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from porter.host.core.layout import Layout
from porter.host.core.machine import Machine


def this_machine() -> Machine:
    """Return the machine that this process runs on; `PORTER_ROOT` replaces `/`."""
    return Machine(Layout(Path(os.environ.get("PORTER_ROOT", "/"))))


def log_to_journal() -> logging.Logger:
    """Return porter's logger, which prints each message as a line for the journal."""
    logging.basicConfig(stream=sys.stdout, format="%(message)s")
    log = logging.getLogger("porter")
    log.setLevel(logging.INFO)
    return log
