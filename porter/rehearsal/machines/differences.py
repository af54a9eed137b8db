"""How machines of a rehearsal differ from EC2 instances: the one table for report and docs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

NOT_PLAYED = "not played"
_JUDGED = "their entries are judged, not enforced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How one `subject` differs on played (`process`) and booted (`systemd`) machines.

    An empty text means: as on EC2. `{suite}` is the image of booted machines.
    """

    subject: str
    process: str = NOT_PLAYED
    systemd: str = ""


DIFFERENCES = (
    Difference(
        subject="image",
        process="this computer's programs and libraries stand in for packages",
        systemd=(
            "every machine runs {suite}, not the AMI of the launch template; "
            "Debian's packages stand in for Amazon Linux's"
        ),
    ),
    Difference(
        subject="python3",
        process="this computer's, with its standard library and no other packages",
    ),
    Difference(
        subject="users",
        process="programs run as you, or as nobody if you are root",
    ),
    Difference(
        subject="sandbox",
        process=(
            "read-only files, private /tmp, no privileges; "
            "not limited: /home, system calls, addresses, secrets written after a program's start"
        ),
    ),
    Difference(
        subject="ports",
        process="hosts share this computer: privileged and taken ports move",
    ),
    Difference(
        subject="kernel and clock",
        process="this computer's",
        systemd="this computer's",
    ),
    Difference(subject="cloud-init"),
    Difference(subject="systemd itself"),
    Difference(subject="setup steps"),
    Difference(subject="jobs"),
    Difference(subject="agents"),
    Difference(subject="limits of memory and processes"),
    Difference(subject="security groups", systemd=NOT_PLAYED),
    Difference(subject="network ACLs", process=_JUDGED, systemd=_JUDGED),
    Difference(subject="volumes", systemd=NOT_PLAYED),
)

NO_SANDBOX = (
    "sandbox: this computer gives programs no namespaces ({reason}): file modes keep a service's "
    "folder read-only, the rest of this computer is writable"
)
"""Replaces the row `sandbox` of played machines where namespaces are refused."""

WHAT_COVERS_MORE = "to cover more, on Linux as root: porter rehearse --machine systemd"


def played(refusal: str = "") -> Iterator[str]:
    """Yield the report's lines for played machines; `refusal` is why there is no sandbox."""
    for difference in DIFFERENCES:
        if refusal and difference.subject == "sandbox":
            yield NO_SANDBOX.format(reason=refusal)
        elif difference.process not in ("", NOT_PLAYED):
            yield f"{difference.subject}: {difference.process}"
    yield f"not covered: {_not_played([one.process for one in DIFFERENCES])}"
    yield WHAT_COVERS_MORE


def booted(suite: str) -> Iterator[str]:
    """Yield the report's lines for booted machines of the image `suite`."""
    for difference in DIFFERENCES:
        if difference.systemd not in ("", NOT_PLAYED):
            yield f"{difference.subject}: {difference.systemd.format(suite=suite)}"
    yield f"not covered: {_not_played([one.systemd for one in DIFFERENCES])}"


def _not_played(texts: list[str]) -> str:
    pairs = zip(DIFFERENCES, texts, strict=True)
    return ", ".join(one.subject for one, text in pairs if text == NOT_PLAYED)
