"""Parse the values of directives; raise `PorterError` for invalid ones."""

from __future__ import annotations

import math
import re
import resource
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from porter.errors import PorterError
from porter.rehearsal.machines.played.words import split, undo_specifiers

_SPAN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)")
_UNITS = {
    unit: factor
    for factor, units in (
        (0.001, "ms msec"),
        (1, "s sec second seconds"),
        (60, "m min minute minutes"),
        (3600, "h hr hour hours"),
    )
    for unit in units.split()
} | {"": 1}
_PREFIXES = "-:@+!|"


@dataclass(frozen=True)
class Command:
    """One command of a unit; `arguments` follow the program's name, without `$` expansion."""

    program: str
    arguments: tuple[str, ...]
    ignore_failure: bool = False
    expand: bool = True


def command(text: str) -> Command:
    """Parse an `Exec...=` line and its prefixes: `-` (may fail), `:` (no `$` expansion).

    `+` (full privileges) has no effect on a machine without privileges.
    """
    first, *arguments = [undo_specifiers(word) for word in split(text)] or [""]
    program = first.lstrip(_PREFIXES)
    prefix = first.removesuffix(program)
    if not program or set(prefix) - set("-:+"):
        raise PorterError("must begin with a program, after prefixes -, : or + at most")
    return Command(program, tuple(arguments), "-" in prefix, ":" not in prefix)


def seconds(text: str) -> float:
    """Parse a time span: `5`, `1min 30s`, `500ms`, `infinity` (systemd.time(7))."""
    if text == "infinity":
        return math.inf
    total, at = 0.0, 0
    while at < len(text):
        part = _SPAN.match(text, at)
        if part is None or part[2] not in _UNITS:
            raise PorterError(f"{text!r} is not a time span")
        total += float(part[1]) * _UNITS[part[2]]
        at = part.end()
    return total


def signal_number(text: str) -> signal.Signals:
    """Parse a signal's name, with or without SIG."""
    try:
        return signal.Signals[text if text.startswith("SIG") else f"SIG{text}"]
    except KeyError:
        raise PorterError(f"{text!r} is not a signal") from None


def mode(text: str) -> int:
    """Parse octal file permissions."""
    try:
        return int(text, 8)
    except ValueError:
        raise PorterError(f"{text!r} is not an octal mode") from None


def limit(text: str) -> tuple[int, int]:
    """Parse a resource limit, `SOFT:HARD` or one value for both; `infinity` is none."""
    soft, _, hard = text.partition(":")

    def one(word: str) -> int:
        return resource.RLIM_INFINITY if word == "infinity" else int(word)

    try:
        return one(soft), one(hard or soft)
    except ValueError:
        raise PorterError(f"{text!r} is not a limit") from None


def assignments(text: str) -> list[tuple[str, str]]:
    """Parse the quoted `NAME=value` words of an `Environment=` line."""
    pairs = [undo_specifiers(word).partition("=") for word in split(text)]
    for name, equals, _ in pairs:
        if not equals or not name.isidentifier():
            raise PorterError(f"{name!r} is not NAME=value")
    return [(name, value) for name, _, value in pairs]


def names(text: str) -> list[str]:
    """Parse words, as in `WantedBy=` and `StateDirectory=`."""
    return [undo_specifiers(word) for word in split(text)]


def optional_path(text: str) -> tuple[Path, bool]:
    """Parse an `EnvironmentFile=`: an absolute path, and whether it may be missing (`-`)."""
    return absolute(text.removeprefix("-")), text.startswith("-")


def absolute(text: str) -> Path:
    """Parse an absolute path."""
    path = Path(undo_specifiers(text))
    if not path.is_absolute():
        raise PorterError(f"{text!r} is not an absolute path")
    return path


def path_exists(text: str) -> tuple[Path, bool]:
    """Parse a `ConditionPathExists=`: an absolute path, and whether it must exist (else `!`)."""
    return absolute(text.removeprefix("!")), not text.startswith("!")


def credential(text: str) -> tuple[str, Path]:
    """Parse a `LoadCredential=ID:PATH`."""
    name, _, path = text.partition(":")
    if not name or "/" in name:
        raise PorterError(f"{text!r} is not ID:PATH")
    return name, absolute(path)


def yes_or_no(text: str) -> bool:
    """Parse a boolean (systemd.syntax(7))."""
    return one_of("yes", "no")(text) == "yes"


def one_of(*choices: str) -> Callable[[str], str]:
    """Return a parser that accepts these words only."""

    def check(text: str) -> str:
        if text not in choices:
            raise PorterError(f"played machines do not support {text!r}: use {', '.join(choices)}")
        return text

    return check
