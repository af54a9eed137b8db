"""What can happen on a host: one class for each kind of event.

A field is a text, a number, a bool, None or a tuple of texts; `openapi/events.yaml` describes each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """The base of all kinds."""

    kind: ClassVar[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Health(Happening):
    """`program` became healthy, or stopped being so because of `problem`."""

    kind: ClassVar[str] = "health"
    program: str
    healthy: bool
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal(Happening):
    """The signal to CloudFormation is `intended`, `sent`, `finished` or `failed`."""

    kind: ClassVar[str] = "signal"
    state: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HotApply(Happening):
    """This host runs another payload; `payload` is the beginning of its SHA-256."""

    kind: ClassVar[str] = "hot-apply"
    payload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretsRotated(Happening):
    """The secrets `names` of `program` have other values than before."""

    kind: ClassVar[str] = "secrets-rotated"
    program: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEnded(Happening):
    """A run of `job` ended, as `porter host show` prints it; `exit_code` is None after a signal."""

    kind: ClassVar[str] = "job"
    job: str
    occurrence: str
    result: str
    exit_code: int | None
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Happening):
    """AWS announces the end of this host: `notice` is one of `porter.daemon.life.NOTICES`.

    `action` is AWS's word for what it will do, if it has one, and `due` when (epoch seconds).
    """

    kind: ClassVar[str] = "notice"
    notice: str
    action: str = ""
    due: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain(Happening):
    """A drain of this host reached `stage`: one of `porter.host.drain.stages`, or `out` or `in`."""

    kind: ClassVar[str] = "drain"
    stage: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart(Happening):
    """porterd has `program` restarted for the `attempt`-th time in a row, because of `reason`."""

    kind: ClassVar[str] = "restart"
    program: str
    attempt: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BeyondRestart(Happening):
    """`program` stays unhealthy after `restarts` restarts: porterd restarts it no more."""

    kind: ClassVar[str] = "beyond-restart"
    program: str
    restarts: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement(Happening):
    """Auto Scaling is `asked` to replace this host because of `reason`, or the host is `kept`.

    It is `waiting` while the host `holder` is being replaced.
    """

    kind: ClassVar[str] = "replacement"
    stage: str
    holder: str
    reason: str
