"""Turns the value of a directive into a typed one, or raises `PorterError`."""

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
    """One command of a unit; `arguments` follow the program's name, `$` not yet expanded."""

    program: str
    arguments: tuple[str, ...]
    ignore_failure: bool = False
    expand: bool = True


def command(text: str) -> Command:
    """An `Exec...=` line, with its prefixes: `-` (failure is fine), `:` (no `$` expansion).

    `+` (full privileges) changes nothing on a machine that has none.
    """
    first, *arguments = [undo_specifiers(word) for word in split(text)] or [""]
    program = first.lstrip(_PREFIXES)
    prefix = first.removesuffix(program)
    if not program or set(prefix) - set("-:+"):
        raise PorterError("must be a program's name, with no prefix but -, : and +")
    return Command(program, tuple(arguments), "-" in prefix, ":" not in prefix)


def seconds(text: str) -> float:
    """A time span: `5`, `1min 30s`, `500ms`, `infinity` (systemd.time(7))."""
    if text == "infinity":
        return math.inf
    total, at = 0.0, 0
    while at < len(text):
        part = _SPAN.match(text, at)
        if part is None or part[2] not in _UNITS:
            raise PorterError(f"{text!r} is no time span")
        total += float(part[1]) * _UNITS[part[2]]
        at = part.end()
    return total


def signal_number(text: str) -> signal.Signals:
    """A signal's name, with or without SIG."""
    try:
        return signal.Signals[text if text.startswith("SIG") else f"SIG{text}"]
    except KeyError:
        raise PorterError(f"{text!r} is no signal") from None


def mode(text: str) -> int:
    """File permissions in octal."""
    try:
        return int(text, 8)
    except ValueError:
        raise PorterError(f"{text!r} is no octal mode") from None


def limit(text: str) -> tuple[int, int]:
    """A resource limit, `SOFT:HARD` or both at once; `infinity` is none."""
    soft, _, hard = text.partition(":")

    def one(word: str) -> int:
        return resource.RLIM_INFINITY if word == "infinity" else int(word)

    try:
        return one(soft), one(hard or soft)
    except ValueError:
        raise PorterError(f"{text!r} is no limit") from None


def assignments(text: str) -> list[tuple[str, str]]:
    """The quoted `NAME=value` words of an `Environment=` line."""
    pairs = [undo_specifiers(word).partition("=") for word in split(text)]
    for name, equals, _ in pairs:
        if not equals or not name.isidentifier():
            raise PorterError(f"{name!r} is no NAME=value")
    return [(name, value) for name, _, value in pairs]


def names(text: str) -> list[str]:
    """Words, as `WantedBy=` and `StateDirectory=` list them."""
    return [undo_specifiers(word) for word in split(text)]


def optional_path(text: str) -> tuple[Path, bool]:
    """An `EnvironmentFile=`: an absolute path, and whether it may be missing (`-`)."""
    return absolute(text.removeprefix("-")), text.startswith("-")


def absolute(text: str) -> Path:
    """An absolute path."""
    path = Path(undo_specifiers(text))
    if not path.is_absolute():
        raise PorterError(f"{text!r} is not an absolute path")
    return path


def path_exists(text: str) -> tuple[Path, bool]:
    """A `ConditionPathExists=`: an absolute path, and whether it has to be there (else `!`)."""
    return absolute(text.removeprefix("!")), not text.startswith("!")


def credential(text: str) -> tuple[str, Path]:
    """A `LoadCredential=ID:PATH`."""
    name, _, path = text.partition(":")
    if not name or "/" in name:
        raise PorterError(f"{text!r} is not ID:PATH")
    return name, absolute(path)


def yes_or_no(text: str) -> bool:
    """A boolean (systemd.syntax(7))."""
    return one_of("yes", "no")(text) == "yes"


def one_of(*choices: str) -> Callable[[str], str]:
    """A converter that accepts these words alone."""

    def check(text: str) -> str:
        if text not in choices:
            raise PorterError(f"{text!r} is not known to the rehearsal: {', '.join(choices)}")
        return text

    return check
