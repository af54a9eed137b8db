"""The process that completes the launching hook and watches the targets, beside porterd."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict

from porter.aws.entry import Answer, Order, parse

_log = logging.getLogger(__name__)

MODULE = "porter.aws.entering"


class Entrant:
    """One `porter.aws.entering`, which loads an AWS SDK now and gets its order later.

    `news` is called, in another thread, after each answer and at the end.
    """

    def __init__(self, arguments: list[str], news: Callable[[], object]) -> None:
        self._news = news
        self.answer = Answer()
        self.ordered = False
        self.ended = False
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", MODULE, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,  # standard error goes to porterd's journal
        )
        threading.Thread(target=self._listen, name="entrant", daemon=True).start()

    def order(self, order: Order) -> None:
        """Have the order carried out, once."""
        self.ordered = True
        assert self._process.stdin  # noqa: S101 - for mypy
        with suppress(OSError):  # it has ended: `ended` says so
            self._process.stdin.write(json.dumps(asdict(order)).encode() + b"\n")
            self._process.stdin.flush()

    def stop(self) -> None:
        """End it."""
        self._process.kill()

    def _listen(self) -> None:
        assert self._process.stdout  # noqa: S101 - for mypy
        for line in self._process.stdout:
            try:
                self.answer = parse(line)
            except (ValueError, TypeError, KeyError):
                _log.warning("%s: says what is not valid", MODULE)
            self._news()
        self._process.wait()
        self.ended = True
        self._news()
