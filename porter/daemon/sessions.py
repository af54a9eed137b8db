"""Sessions of the service role, one for each workload, renewed long before they expire."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from porter.aws.backoff import pauses
from porter.aws.metadata import MetadataError
from porter.daemon.child import ask_in_a_child
from porter.errors import PorterError

_log = logging.getLogger(__name__)

Session = Mapping[str, str]
"""`AccessKeyId`, `SecretAccessKey`, `Token`, `Expiration` (ISO 8601), `RoleArn`."""

PATIENCE_SECONDS = 1.5
"""How long a request waits for the first sessions: SDKs wait 2 s and retry, three times."""

_CHILD_SECONDS = 60.0
_LONGEST_PAUSE = 60.0
"""Between attempts, and between looks at the clock: it may be corrected, or the host may sleep."""


class SessionError(PorterError):
    """porterd has no valid credentials."""


class Sessions:
    """Keeps sessions of `role` for the workloads `names`, in a thread that `start` begins.

    They are renewed when half of their life is over, by one process at a time. While a renewal
    fails, the old sessions are handed out until they expire. SDKs ask again when a quarter of an
    hour is left, so they get new ones.
    """

    def __init__(
        self, role: str, region: str, names: Sequence[str], instance_id: Callable[[], str]
    ) -> None:
        self._role = role
        self._region = region
        self.names = tuple(names)
        self._instance_id = instance_id
        self._changed = threading.Condition()
        self._sessions: dict[str, Session] = {}
        self._expires_at = 0.0
        self._problem = ""

    def start(self) -> None:
        """Start, in the process that hands the sessions out; without workloads do nothing."""
        if self.names:
            threading.Thread(target=self._run, name="sessions", daemon=True).start()

    def of(self, name: str, patience: float = PATIENCE_SECONDS) -> Session:
        """Return the session of the workload `name`, valid now.

        Raises `SessionError` with the reason if AWS has given none within `patience` seconds.
        """
        with self._changed:
            if self._changed.wait_for(lambda: self._valid, patience):
                return self._sessions[name]
            raise SessionError(self._problem or f"{self._role}: AWS has not answered yet")

    @property
    def _valid(self) -> bool:
        return time.time() < self._expires_at  # AWS counts by the time of day

    def _run(self) -> None:
        while True:
            for pause in pauses(longest=_LONGEST_PAUSE):
                try:
                    self._renew()
                    break
                except (SessionError, MetadataError) as error:
                    self._keep_problem(str(error))
                    time.sleep(pause)
            _sleep_until((time.time() + self._expires_at) / 2)

    def _renew(self) -> None:
        sessions = self._assume()
        expires_at = min(_epoch(one["Expiration"]) for one in sessions.values())
        if expires_at <= time.time():
            raise SessionError("AWS's credentials have expired", cure="correct the host's clock")
        with self._changed:
            self._sessions, self._expires_at, self._problem = sessions, expires_at, ""
            self._changed.notify_all()
        _log.info("assumed %s for %s", self._role, ", ".join(self.names))

    def _keep_problem(self, problem: str) -> None:
        _log.warning("cannot renew the workloads' credentials: %s", problem)
        with self._changed:
            self._problem = problem

    def _assume(self) -> dict[str, Session]:
        instance = self._instance_id()
        # CloudTrail shows this name: at most 44 characters, an @, and 19 more: its limit is 64.
        told = {f"{name}@{instance}": name for name in self.names}
        answer = _sessions(self._region, self._role, tuple(told))
        return {told[session]: credentials for session, credentials in answer.items()}


def _sessions(region: str, role: str, sessions: Sequence[str]) -> dict[str, Session]:
    """Run `porter.aws.assume_role` and return its sessions. Raises `SessionError`."""
    answer = ask_in_a_child(
        "porter.aws.assume_role", region, role, *sessions, seconds=_CHILD_SECONDS
    )
    if problem := answer.get("problem"):
        raise SessionError(problem, where=role)
    sessions_by_name: dict[str, Session] = answer["sessions"]
    return sessions_by_name


def _sleep_until(instant: float) -> None:
    while (left := instant - time.time()) > 0:
        time.sleep(min(left, _LONGEST_PAUSE))


def _epoch(time_text: str) -> float:
    return datetime.fromisoformat(time_text).timestamp()
