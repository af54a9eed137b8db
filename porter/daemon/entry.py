"""Take a healthy host into service, and give up one that failed (ADR 0039)."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace

from porter.aws.backoff import pauses
from porter.aws.clock import now
from porter.aws.entry import Answer, Order, Result
from porter.aws.metadata import Metadata, MetadataError
from porter.daemon.entrant import Entrant
from porter.daemon.gate import Gate, Phase, refused
from porter.daemon.settings import Settings
from porter.daemon.signaller import Signaller

_log = logging.getLogger(__name__)

ABANDON_SECONDS = 300.0
"""A failed host stays so long after its launch: a broken release launches no hosts in a loop."""

_BEFORE_TIME_OUT = 0.75
"""Of the hook's time-out, if that is less: a living porterd leaves no hook to its time-out."""

PATIENCE_SECONDS = 30.0
"""How long a load balancer may call a new target unhealthy: who waits longer learns nothing."""


class Entry:
    """Completes the hook, and waits for the target groups. Only the gate's thread calls `look`.

    `news` is set when there is something to look at.
    """

    def __init__(self, settings: Settings, metadata: Metadata, signaller: Signaller) -> None:
        self._settings = settings
        self._metadata = metadata
        self._signaller = signaller
        self.news = threading.Event()
        self._entrant: Entrant | None = None
        self._again = pauses(1.0, 10.0)
        self._start_at = 0.0
        self._said = self._problem = ""
        self._continued_at: float | None = None
        self._done = False

    def pending(self, gate: Gate) -> bool:
        """Whether a healthy host has to wait with its signal."""
        return (
            gate.phase is Phase.HEALTHY
            and self._signaller.record.state == "none"
            and not self._done
        )

    def look(self, gate: Gate, *, leaving: bool) -> Gate:
        """Do what is due, and return the gate: failed if nobody takes the host into service."""
        self.news.clear()
        settings, record = self._settings, self._signaller.record
        if not (settings.hook_seconds or settings.target_groups):
            self._done = True
            return gate
        if leaving or self._done:
            self._stop()
            return gate
        if gate.phase is Phase.FAILED and record.state == "finished" and record.healthy_at:
            # Nobody waited for the verdict on this healthy host: it serves, and is watched.
            return replace(gate, phase=Phase.HEALTHY, outside="")
        if gate.phase is Phase.FAILED:
            self._abandon()
        elif record.state != "none":
            self._stop()
        elif gate.phase is Phase.CONFIRMING:
            self._start()  # loading an AWS SDK takes seconds on a busy small host
        elif gate.phase is Phase.HEALTHY:
            self._enter()
            if not self._done and (why := self._too_late(gate)):
                _log.error("%s", why)
                self._stop()
                return refused(gate, why)
            return replace(gate, outside="" if self._done else self._said)
        return gate

    def _enter(self) -> None:
        """Complete the hook, and see whether the targets are healthy."""
        continued = self._signaller.record.hook == "continued" or not self._settings.hook_seconds
        if continued and self._continued_at is None:
            self._continued_at = time.monotonic()
        if continued and not self._settings.target_groups:
            self._finish()
            return
        if (entrant := self._ordered(None if continued else "CONTINUE")) is None:
            return
        answer = entrant.answer
        if answer.completed and not continued:
            self._signaller.keep_hook("continued")
            _log.info("Auto Scaling takes this host into service")
            self._enter()
        elif answer.healthy:
            self._finish()
        elif str(answer) != self._said:
            self._said = self._settings.redactor(str(answer))
            _log.info("not in service yet: %s", self._said)

    def _finish(self) -> None:
        self._done = True
        self._stop()

    def _too_late(self, gate: Gate) -> str:
        """Return why this host gets no requests, once there is no time left, or no hope."""
        settings, answer = self._settings, self._entrant and self._entrant.answer
        began = self._signaller.record.started_at
        # Half of the margin in which the signal has to arrive.
        late = now() >= (gate.deadline + began + settings.spec.timeout_seconds) / 2
        if self._continued_at is None:
            problem = (answer and answer.problem) or self._problem or "AWS does not answer"
            return f"cannot complete its launching hook: {problem}" if late else ""
        waited = time.monotonic() - self._continued_at
        # Without a hook the target is as old as the host, and was unhealthy while the host started.
        hopeless = settings.hook_seconds and answer and answer.unhealthy
        if not late and not (hopeless and waited >= PATIENCE_SECONDS):
            return ""
        seen = str(answer or "") or self._problem or "AWS does not answer"
        return f"gets no requests from its load balancer within {waited:.0f} s: {seen}"

    def _abandon(self) -> None:
        """Have a failed host replaced, if its hook still waits."""
        settings, record = self._settings, self._signaller.record
        if not settings.hook_seconds or record.hook in ("continued", "abandoned"):
            self._finish()
            return
        stays = min(ABANDON_SECONDS, _BEFORE_TIME_OUT * settings.hook_seconds)
        if not record.settled or now() < record.started_at + stays:
            self._stop()
            return
        entrant = self._ordered("ABANDON")
        if entrant and entrant.answer.completed:
            self._signaller.keep_hook("abandoned")
            _log.warning("Auto Scaling replaces this host")
            self._finish()

    def _ordered(self, result: Result | None) -> Entrant | None:
        """Return the process that carries out `result`; start it, or another one, if needed."""
        self._start()
        if (entrant := self._entrant) is None or entrant.ordered:
            return entrant
        if result:
            self._signaller.keep_hook(_INTENDED[result])
        entrant.order(Order(result=result))
        return entrant

    def _start(self) -> None:
        """Start the process unless it runs; after one that failed, not at once."""
        if self._entrant and self._entrant.ended and not self._has_news(self._entrant.answer):
            self._problem = str(self._entrant.answer) or "cannot ask AWS; porterd's log says why"
            self._stop()
            self._start_at = time.monotonic() + next(self._again)
        if self._entrant or time.monotonic() < self._start_at:
            return
        settings = self._settings
        try:
            group = self._metadata.scaling_group() if settings.hook_seconds else ""
            instance = self._metadata.instance_id()
            arguments = [settings.region, instance, group, *settings.target_groups]
            self._entrant = Entrant(arguments, self.news.set)
        except (MetadataError, OSError) as error:
            self._problem = str(error)
            self._start_at = time.monotonic() + next(self._again)
            _log.warning("cannot enter the service: %s", error)

    def _has_news(self, answer: Answer) -> bool:
        """Whether an answer says what is not recorded yet: its process may have ended since."""
        return answer.healthy or (
            answer.completed and self._signaller.record.hook in _INTENDED.values()
        )

    def _stop(self) -> None:
        if self._entrant:
            self._entrant.stop()
            self._entrant = None


_INTENDED: dict[Result | None, str] = {"CONTINUE": "continuing", "ABANDON": "abandoning"}
