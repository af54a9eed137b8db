"""Quote arguments and values for systemd: systemd.syntax(7), .service(5), .exec(5)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_PLAIN = re.compile(r"[A-Za-z0-9_./:=,@+-]+")
_ESCAPED = re.compile(r'[\x00-\x1f\x7f"\\]')
_ENVIRONMENT_ESCAPED = re.compile(r'(["\\$`])')
_ASSIGNMENT = re.compile(r'^(\w+)="((?:[^"\\]|\\.)*)"\n', re.MULTILINE | re.DOTALL)


def word(text: str) -> str:
    r"""Return `text` as one word of a unit's directive: quoted unless plain, `%` doubled.

    A quoted word can hold any text: control characters become `\xNN`.
    """
    text = text.replace("%", "%%")
    if _PLAIN.fullmatch(text):
        return text
    return f'"{_ESCAPED.sub(_escape, text)}"'


def path(text: object) -> str:
    """Return a path for directives that take the rest of the line literally, `%` doubled."""
    return str(text).replace("%", "%%")


def command_line(argv: Sequence[str]) -> str:
    """Return `argv` for `ExecStart=`, with every `$` of an argument doubled to stay literal.

    systemd expands variables in arguments, not in the program's name (systemd.service(5),
    "Command lines").
    """
    program, *arguments = argv
    return " ".join([word(program), *(word(text.replace("$", "$$")) for text in arguments)])


def environment_file(variables: Mapping[str, str]) -> bytes:
    """Return an `EnvironmentFile=`, sorted; newlines are literal within its double quotes."""
    lines = (
        f'{name}="{_ENVIRONMENT_ESCAPED.sub(_backslash, value)}"\n'
        for name, value in sorted(variables.items())
    )
    return "".join(lines).encode()


def read_environment(content: bytes) -> dict[str, str]:
    """Parse what `environment_file` returned, as systemd does."""
    return {
        name: re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL)
        for name, value in _ASSIGNMENT.findall(content.decode())
    }


def _escape(found: re.Match[str]) -> str:
    character = found.group()
    return f"\\{character}" if character in '"\\' else f"\\x{ord(character):02x}"


def _backslash(found: re.Match[str]) -> str:
    return f"\\{found.group()}"
