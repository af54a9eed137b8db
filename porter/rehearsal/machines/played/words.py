"""Split text into words by systemd's quoting rules; expand `%` and `$` (systemd.service(5))."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from porter.errors import PorterError

_TOKEN = re.compile(
    r"""(?P<space>[ \t\n]+) | (?P<quote>["']) | (?P<lone>;(?!\S)) | [^\\]
    | \\(?P<escape>x[0-9a-fA-F]{2}|[0-7]{3}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[abfnrtvs\\"'])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = dict(zip("abfnrtvs\\\"'", "\a\b\f\n\r\t\v \\\"'", strict=True))
_VARIABLE = re.compile(r"\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SPECIFIER = re.compile(r"%(.?)", re.DOTALL)


def split(text: str) -> list[str]:
    """Split `text` into words at white space, with quotes and C escapes undone.

    Raises `PorterError` for an unknown escape, an unclosed quote, and a `;` of its own (a second
    command, which porter never writes).
    """
    words: list[bytearray] = []
    inside, quote, at = False, "", 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise PorterError(f"unknown escape {text[at : at + 2]!r} in {text!r}")
        at = token.end()
        if token["space"] and not quote:
            inside = False
            continue
        if not inside:
            if token["lone"]:
                raise PorterError(f"a line can hold only one command, got {text!r}")
            words.append(bytearray())
            inside = True
        if token["quote"] and quote in ("", token["quote"]):
            quote = "" if quote else token["quote"]
        else:
            words[-1] += _escaped(token["escape"]) if token["escape"] else token[0].encode()
    if quote:
        raise PorterError(f"a quotation mark is not closed in {text!r}")
    return [word.decode(errors="surrogateescape") for word in words]


def _escaped(escape: str) -> bytes:
    """Return the bytes of one escape; `x` and octal escapes are bytes, not characters."""
    if escape in _ESCAPES:
        return _ESCAPES[escape].encode()
    if escape[0] in "uU":
        return chr(int(escape[1:], 16)).encode()
    return bytes([int(escape[1:], 16) if escape[0] == "x" else int(escape, 8)])


def undo_specifiers(text: str) -> str:
    """Replace `%%` by `%`. Raises `PorterError` for other specifiers, which porter never uses."""

    def stands_for(found: re.Match[str]) -> str:
        if found[1] != "%":
            raise PorterError(f"played machines do not support the specifier {found[0]!r}")
        return "%"

    return _SPECIFIER.sub(stands_for, text)


def expand(words: Iterable[str], environment: Mapping[str, str]) -> list[str]:
    """Expand variables in command words, as systemd does when it executes them.

    `${NAME}` is replaced within a word; a word `$NAME` becomes as many words as the value has; `$$`
    is a dollar.
    """

    def stands_for(found: re.Match[str]) -> str:
        return environment.get(found[1], "") if found[1] else "$"

    expanded: list[str] = []
    for word in words:
        if word.startswith("$") and word[1:2] not in ("$", "{"):
            expanded += split(environment.get(word[1:], ""))
        else:
            expanded.append(_VARIABLE.sub(stands_for, word))
    return expanded
