"""The values of secrets, cached, and read from AWS again when they are too old."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from porter.aws.clock import now
from porter.daemon.child import ask_in_a_child
from porter.daemon.events import Events
from porter.daemon.happenings import SecretsRotated
from porter.daemon.readings import Reading, keep_readings, kept_readings
from porter.spec import HostSpec, ProcessWorkload, Secret, dumps, job_owner

_log = logging.getLogger(__name__)

PAUSE_SECONDS = 10.0
"""Between two reads of one secret, whatever its program asks for."""

_TURN_SECONDS = 1.0
"""A request's wait for another one of its program, which reads a secret."""

_CHILD_SECONDS = 20.0
"""A busy small host takes seconds to load an AWS SDK."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A secret's `text`, read from AWS at `read_at` (epoch), or at the last apply or boot (None).

    `problem` says why the last attempt to read it again failed.
    """

    text: str
    read_at: float | None = None
    problem: str = ""


def declared(spec: HostSpec) -> dict[str, dict[str, Secret]]:
    """Return the secrets of each program of `spec`, by its name among the tokens."""
    owners: dict[str, dict[str, Secret]] = {}
    for runs in spec.workloads:
        variables = runs.secrets if isinstance(runs, ProcessWorkload) else {}
        owners[runs.name] = {**variables, **runs.secret_files}
    for job in spec.jobs:
        owners[job_owner(job.name)] = {**job.secrets, **job.secret_files}
    return owners


class Values:
    """The values of `secrets`, which are `held` at first. `learn` is called with each new value.

    For each program one process at a time asks AWS, so a greedy program delays only itself.
    """

    def __init__(
        self,
        secrets: Mapping[str, Mapping[str, Secret]],
        held: Mapping[str, Mapping[str, str]],
        region: str,
        events: Events,
        learn: Callable[[str], None],
    ) -> None:
        self.secrets = secrets
        self._region = region
        self._events = events
        self._learn = learn
        self._file: Path | None = None
        self._lock = threading.Lock()
        self._held = held
        self._locks = {owner: threading.Lock() for owner in secrets}
        self._asked: dict[tuple[str, str], float] = {}
        self._values = {
            (owner, name): Value(text=text)
            for owner, names in held.items()
            for name, text in names.items()
        }

    def open(self, directory: Path) -> dict[str, dict[str, str]]:
        """Go on with the values that were read before porterd's restart; return them.

        They are kept below `directory`. The result is by owner and name. An apply may have fetched
        other values since.
        """
        self._file = directory / "read.json"
        told: dict[str, dict[str, str]] = {}
        for one in kept_readings(self._file):
            held = self._held.get(one.owner, {}).get(one.name)
            if held is None:  # it is not declared any more
                continue
            self._learn(one.text)
            told.setdefault(one.owner, {})[one.name] = one.text
            if held == one.held:
                self._values[one.owner, one.name] = Value(text=one.text, read_at=one.read_at)
        self._keep()
        return told

    @property
    def texts(self) -> dict[str, dict[str, str]]:
        """The present values by owner and name."""
        return {
            owner: {name: self._values[owner, name].text for name in names}
            for owner, names in self._held.items()
        }

    def _keep(self) -> None:
        if self._file is None:
            return
        with self._lock:
            values = dict(self._values)
            keep_readings(
                self._file,
                (
                    Reading(
                        owner=owner,
                        name=name,
                        text=value.text,
                        held=self._held[owner][name],
                        read_at=value.read_at,
                    )
                    for (owner, name), value in values.items()
                    if value.read_at is not None
                ),
            )

    def of(self, owner: str, name: str, max_age: float) -> Value:
        """Return the value of the secret `name` of `owner`, read at most `max_age` seconds ago.

        It may be older for three reasons: `PAUSE_SECONDS`, AWS gives no answer, and a request of
        the same `owner` is waiting for AWS (`problem`).
        Raises `KeyError` for a secret that is not held.
        """
        key, secret = (owner, name), self.secrets[owner][name]
        value = self._values[key]
        if secret.encrypted or _is_young(value, max_age):
            return value
        if not self._locks[owner].acquire(timeout=_TURN_SECONDS):
            return replace(value, problem=f"porterd is reading a secret of {owner}; ask again")
        try:
            early = time.monotonic() - self._asked.get(key, float("-inf")) < PAUSE_SECONDS
            before = self._values[key]
            if early or _is_young(before, max_age):
                return before
            self._asked[key] = time.monotonic()
            self._values[key] = self._read(owner, name, before)
            if self._values[key].text != before.text:
                self._events.append(SecretsRotated(program=owner, names=(name,)))
                self._keep()
            return self._values[key]
        finally:
            self._locks[owner].release()

    def _read(self, owner: str, name: str, value: Value) -> Value:
        """Return the present value after `value`; the same with `problem` if AWS gives none."""
        secret = dumps(self.secrets[owner][name]).encode()
        answer = ask_in_a_child(
            "porter.aws.read_now", self._region, given=secret, seconds=_CHILD_SECONDS
        )
        if "value" not in answer:
            value = replace(value, problem=str(answer.get("problem")))
            _log.warning("%s of %s: %s", name, owner, value.problem)
            return value
        self._learn(answer["value"])
        return Value(text=answer["value"], read_at=now())


def _is_young(value: Value, max_age: float) -> bool:
    return value.read_at is not None and now() - value.read_at <= max_age
