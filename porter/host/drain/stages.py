"""The drain as a pure state machine: when to ask Auto Scaling what, and when to stop programs.

Times are monotonic seconds. Nothing is kept on disk: after a crash the drain begins again, and Auto
Scaling's next answer says how far it had come.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

from porter.spec import DRAIN_HEARTBEAT_SECONDS

BEAT_SECONDS = 15.0, 20.0
"""Between heartbeats: one may fail, and one may be late, before the hook times out."""

AGAIN_SECONDS = 1.0, 3.0
"""Before the next question, when Auto Scaling denied the action or did not answer."""

LONGEST_PAUSE = 12.0
"""Between questions while waiting: many hosts share one limit of requests (Throttling)."""

LONGEST_WAIT = 3600.0 + 600.0
"""For the load balancers: the longest deregistration delay (Elastic Load Balancing), and spare."""

LONGEST_STOP = 1800.0
"""For programs and jobs; heartbeats end at 100 of the hook's time-outs (100 minutes)."""

LONGEST_COMPLETION = float(DRAIN_HEARTBEAT_SECONDS)
"""After the last heartbeat: then the hook has timed out, whatever Auto Scaling has answered."""

SETTLE_SECONDS = 30.0
"""For load balancers to learn of a deregistration, and to finish requests, if there is time. Users
of Application Load Balancers needed 25 s (aws-load-balancer-controller#1064) to 40 s (#2106)."""


class Stage(enum.StrEnum):
    """In the first three, load balancers may still send requests: everything runs on."""

    WAITING = "waiting"
    DEREGISTERING = "deregistering"
    SETTLING = "settling"
    STOPPING = "stopping"
    COMPLETING = "completing"
    DONE = "done"


class Question(enum.StrEnum):
    """What to ask AWS."""

    LEAVE = "leave"
    BEAT = "beat"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    """The drain at one instant; it asks next at `ask_at`. `since` is when its stage began.

    `why` says for people why this stage began. Auto Scaling holds a hook if it is `hooked`. EC2
    ends the host at `ends`, if it has said so, and `settle` seconds follow the deregistration.
    """

    since: float
    ask_at: float
    hooked: bool = True
    ends: float | None = None
    settle: float = SETTLE_SECONDS
    stage: Stage = Stage.WAITING
    why: str = "Auto Scaling terminates this host: waiting until the load balancers are done"


def begin(now: float) -> Drain:
    """Begin: ask at once whether the load balancers are done with this host."""
    return Drain(since=now, ask_at=now)


def told(drain: Drain, now: float, *, hooked: bool, ends: float | None) -> Drain:
    """Return the drain after a look at what AWS announces: a hook, an end or both.

    With an end, nobody else may have deregistered the host, and the time for it is short.
    """
    if (hooked, ends) == (drain.hooked, drain.ends):
        return drain
    after = replace(drain, hooked=hooked, ends=ends)
    if ends is None or drain.stage is not Stage.WAITING:
        return after
    left = max(0.0, ends - now)
    why = f"EC2 ends this host in {left:.0f} s: taking it out of its load balancers"
    settle = min(SETTLE_SECONDS, left / 4)
    return _enter(replace(after, settle=settle), Stage.DEREGISTERING, now, why)


def question(drain: Drain, now: float) -> Question | None:
    """Return what is due to be asked; None while nothing is."""
    if now < drain.ask_at:
        return None
    match drain.stage:
        case Stage.DEREGISTERING:
            return Question.LEAVE
        case Stage.COMPLETING:
            return Question.COMPLETE
        case Stage.WAITING | Stage.STOPPING if drain.hooked:
            return Question.BEAT
    return None


def answered(drain: Drain, now: float, *, waits: bool | None, chance: float) -> Drain:
    """Return the drain after an answer: whether AWS did what was asked, or None for no answer.

    "No" is no end: Auto Scaling has said so right after `Terminating:Wait`, wrongly
    (PrairieLearn#15586). `chance`, from 0 to 1, chooses the next pause within its bounds.
    """
    if drain.stage is Stage.COMPLETING and waits:
        return _enter(drain, Stage.DONE, now, "drained: Auto Scaling may terminate this host")
    if drain.stage is Stage.DEREGISTERING and waits:
        why = f"deregistered: load balancers finish their requests within {drain.settle:.0f} s"
        return _enter(drain, Stage.SETTLING, now, why)
    least, most = BEAT_SECONDS if waits else _again(drain, now)
    ask_at = now + least + chance * (most - least)
    if drain.stage is Stage.WAITING and waits:
        return replace(_enter(drain, Stage.STOPPING, now, _NO_REQUESTS), ask_at=ask_at)
    return replace(drain, ask_at=ask_at)


_NO_REQUESTS = "no load balancer sends requests any more: stopping what this host runs"


def looked(drain: Drain, now: float, *, stopped: bool) -> Drain:
    """Return the drain after a look at the programs, and at the time."""
    after = _hurried(drain, now)
    if after is not drain:
        return after
    seconds = now - drain.since
    match drain.stage:
        case Stage.WAITING if seconds >= LONGEST_WAIT:
            why = f"not drained: Auto Scaling has not waited for this host within {seconds:.0f} s"
            return _enter(drain, Stage.DONE, now, why)
        case Stage.STOPPING if stopped:
            return _stopped(drain, now, "stopped what this host ran")
        case Stage.STOPPING if seconds >= LONGEST_STOP:
            why = f"not everything has stopped within {seconds:.0f} s: leaving it to the shutdown"
            return _stopped(drain, now, why)
        case Stage.COMPLETING if seconds >= LONGEST_COMPLETION:
            why = f"Auto Scaling accepted no end of the wait within {seconds:.0f} s: it is over"
            return _enter(drain, Stage.DONE, now, why)
    return drain


def _hurried(drain: Drain, now: float) -> Drain:
    """Return what the end that EC2 has announced makes of the drain."""
    if drain.ends is None or drain.stage is Stage.DONE:
        return drain
    if now >= drain.ends:
        return _enter(drain, Stage.DONE, now, "not everything has stopped: EC2 ends this host")
    seconds = now - drain.since
    # Half of what was left when the host began to deregister.
    if drain.stage is Stage.DEREGISTERING and drain.ends - now <= seconds:
        why = "AWS did not deregister this host in time: stopping what it runs"
        return _enter(drain, Stage.STOPPING, now, why)
    if drain.stage is Stage.SETTLING and seconds >= drain.settle:
        return _enter(drain, Stage.STOPPING, now, _NO_REQUESTS)
    return drain


def _stopped(drain: Drain, now: float, why: str) -> Drain:
    """Return the drain after its programs: only a hook has to be completed."""
    if drain.hooked:
        return _enter(drain, Stage.COMPLETING, now, why)
    return _enter(drain, Stage.DONE, now, f"{why}: EC2 may end this host")


def _enter(drain: Drain, stage: Stage, now: float, why: str) -> Drain:
    return replace(drain, since=now, ask_at=now, stage=stage, why=why)


def _again(drain: Drain, now: float) -> tuple[float, float]:
    """The bounds of the next pause; while waiting, they grow with the time waited."""
    if drain.stage is not Stage.WAITING:
        return AGAIN_SECONDS
    most = min(LONGEST_PAUSE, max(4.0, now - drain.since))
    return most / 2, most
