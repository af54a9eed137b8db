"""Arguments and values as systemd reads them back: systemd.syntax(7), .service(5), .exec(5)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_PLAIN = re.compile(r"[A-Za-z0-9_./:=,@+-]+")
_ESCAPED = re.compile(r'[\x00-\x1f\x7f"\\]')
_ENVIRONMENT_ESCAPED = re.compile(r'(["\\$`])')
_ASSIGNMENT = re.compile(r'^(\w+)="((?:[^"\\]|\\.)*)"\n', re.MULTILINE | re.DOTALL)


def word(text: str) -> str:
    r"""`text` as one word of a unit's directive: in quotes unless plain, `%` doubled.

    Quoted words may hold anything: control characters become `\xNN`.
    """
    text = text.replace("%", "%%")
    if _PLAIN.fullmatch(text):
        return text
    return f'"{_ESCAPED.sub(_escape, text)}"'


def path(text: object) -> str:
    """A path for the directives that take the rest of the line as it stands, `%` doubled."""
    return str(text).replace("%", "%%")


def command_line(argv: Sequence[str]) -> str:
    """`argv` for `ExecStart=`, every argument literal: `$` doubled, but for the program's name.

    systemd expands variables in arguments only (systemd.service(5), "Command lines").
    """
    program, *arguments = argv
    return " ".join([word(program), *(word(text.replace("$", "$$")) for text in arguments)])


def environment_file(variables: Mapping[str, str]) -> bytes:
    """The lines of an `EnvironmentFile=`, sorted; within double quotes newlines are literal."""
    lines = (
        f'{name}="{_ENVIRONMENT_ESCAPED.sub(_backslash, value)}"\n'
        for name, value in sorted(variables.items())
    )
    return "".join(lines).encode()


def read_environment(content: bytes) -> dict[str, str]:
    """What `environment_file` wrote; systemd would read the same."""
    return {
        name: re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL)
        for name, value in _ASSIGNMENT.findall(content.decode())
    }


def _escape(found: re.Match[str]) -> str:
    character = found.group()
    return f"\\{character}" if character in '"\\' else f"\\x{ord(character):02x}"


def _backslash(found: re.Match[str]) -> str:
    return f"\\{found.group()}"
