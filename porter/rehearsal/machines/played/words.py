"""systemd's quoting: text to words, and what `%` and `$` stand for (systemd.service(5))."""

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
    """The words of `text`: separated by white space, quotes removed, C escapes undone.

    Raises `PorterError` for an unknown escape, a quote without its end, and a `;` on its own (a
    second command, which porter never writes).
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
                raise PorterError(f"one command a line, got {text!r}")
            words.append(bytearray())
            inside = True
        if token["quote"] and quote in ("", token["quote"]):
            quote = "" if quote else token["quote"]
        else:
            words[-1] += _escaped(token["escape"]) if token["escape"] else token[0].encode()
    if quote:
        raise PorterError(f"a quotation mark is missing in {text!r}")
    return [word.decode(errors="surrogateescape") for word in words]


def _escaped(escape: str) -> bytes:
    """The bytes of one escape; `x` and octal ones are bytes, not characters."""
    if escape in _ESCAPES:
        return _ESCAPES[escape].encode()
    if escape[0] in "uU":
        return chr(int(escape[1:], 16)).encode()
    return bytes([int(escape[1:], 16) if escape[0] == "x" else int(escape, 8)])


def undo_specifiers(text: str) -> str:
    """`text` with `%%` as `%`. No other specifier is used by porter: raises `PorterError`."""

    def stands_for(found: re.Match[str]) -> str:
        if found[1] != "%":
            raise PorterError(f"the specifier {found[0]!r} is not known to the rehearsal")
        return "%"

    return _SPECIFIER.sub(stands_for, text)


def expand(words: Iterable[str], environment: Mapping[str, str]) -> list[str]:
    """Command words with variables filled in, as systemd does it when it executes them.

    `${NAME}` is replaced within a word; a word `$NAME` becomes as many words as the value has;
    `$$` is a dollar.
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
