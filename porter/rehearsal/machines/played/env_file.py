"""Parse an `EnvironmentFile` by systemd's rules (systemd.exec(5), systemd's env-file.c)."""

from __future__ import annotations

import re

from porter.errors import PorterError

_ASSIGNMENT = re.compile(r"[ \t]*([A-Za-z_][A-Za-z0-9_]*)[ \t]*=")
_COMMENT = re.compile(r"[ \t]*[#;](?:\\.|[^\\\n\r])*[\n\r]?", re.DOTALL)
_BLANK = re.compile(r"[ \t]*[\n\r]|[ \t]+\Z")
_PIECE = re.compile(
    r"""[ \t]*(?: '(?P<single>[^']*)' | "(?P<double>(?:\\.|[^"\\])*)"
    | (?P<bare>(?:\\.|[^\\\n\r"' \t])(?:\\.|[^\\\n\r])*))""",
    re.VERBOSE | re.DOTALL,
)
_END = re.compile(r"[ \t]*(?:[\n\r]|\Z)")


def parse(text: str) -> dict[str, str]:
    r"""Return the variables of `text`.

    Outside of quotes a line ends with `\n` or `\r`. Single quotes keep everything; within double
    quotes a backslash escapes `"`, `\`, `$`, a backtick and `\n`.

    Raises `PorterError` for lines that are no assignment, comment or blank; systemd ignores them.
    """
    variables = {}
    at = 0
    while at < len(text):
        skipped = _COMMENT.match(text, at) or _BLANK.match(text, at)
        if skipped:
            at = skipped.end()
            continue
        assignment = _ASSIGNMENT.match(text, at)
        if assignment is None:
            number = text.count("\n", 0, at) + 1
            raise PorterError("is not NAME=VALUE", where=f"line {number}")
        variables[assignment[1]], at = _value(text, assignment.end())
    return variables


def _value(text: str, at: int) -> tuple[str, int]:
    """Parse the value at `at`; return it and the start of the next line. Quoted pieces join."""
    value = ""
    while piece := _PIECE.match(text, at):
        at = piece.end()
        if piece["single"] is not None:
            value += piece["single"]
        elif piece["double"] is not None:
            value += re.sub(r'\\(["\\`$])|\\\n', r"\1", piece["double"])
        else:
            value += _bare(piece["bare"])
    end = _END.match(text, at)
    if end is None:
        number = text.count("\n", 0, at) + 1
        raise PorterError("a quotation mark is not closed", where=f"line {number}")
    return value, end.end()


def _bare(text: str) -> str:
    """Parse an unquoted piece: trailing white space and escaped line ends are removed."""
    kept = re.sub(r"(?<!\\)[ \t]+\Z", "", text)
    return re.sub(
        r"\\(.)", lambda found: "" if found[1] in "\n\r" else found[1], kept, flags=re.DOTALL
    )
