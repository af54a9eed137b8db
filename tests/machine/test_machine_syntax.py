"""Unit files are parsed as systemd parses them, and as porter.host means them."""

from __future__ import annotations

import random
import re
import string
from pathlib import Path

import pytest

from porter.errors import PorterError
from porter.host.core import quoting
from porter.rehearsal.machines.played import directives, env_file, unit, unit_file, values, words

GOLDEN = Path(__file__).parents[1] / "host/golden"
NASTY = string.ascii_letters + string.digits + " \t\n\r\"'\\$%{}`;#=-@:!+|~*?&<>()[]é☃\x01\x7f"


def _texts(count: int = 400) -> list[str]:
    """Return random strings that are hard to quote, with a fixed seed."""
    chance = random.Random(1)  # noqa: S311 - not a secret
    texts = ["".join(chance.choices(NASTY, k=chance.randrange(12))) for _ in range(count)]
    return [*texts, "", ";", "$", "$$", "${A}", "%", "%%", "a b", "\\", "\\n", "'", '"', "#", " x "]


def test_every_argument_that_porter_host_writes_is_parsed_back() -> None:
    for text in _texts():
        command = values.command(quoting.command_line(["program", text, "end"]))
        arguments = words.expand(command.arguments, {"A": "not this"})
        assert [command.program, *arguments] == ["program", text, "end"], repr(text)


def test_every_variable_that_porter_host_writes_is_parsed_back() -> None:
    variables = {f"V{number}": text for number, text in enumerate(_texts())}
    assert env_file.parse(quoting.environment_file(variables).decode()) == variables


def test_every_environment_word_that_porter_host_writes_is_parsed_back() -> None:
    for text in _texts():
        assert values.assignments(quoting.word(f"NAME={text}")) == [("NAME", text)], repr(text)


# Without the units of jobs: played machines have no timers.
UNITS = [path for path in sorted(GOLDEN.glob("*.service")) if "-report." not in path.name]
ONLY_IN_SHUTDOWNS = "porterd-shutdown.service"
"""Active without a process, and started by another unit."""


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_every_unit_that_porter_host_writes_is_parsed(path: Path) -> None:
    # A socket unit needs users, so a played machine has none.
    read = unit.parse(path.name, re.sub(r"Requires=.*\.socket\n", "", path.read_text()))
    if path.name == ONLY_IN_SHUTDOWNS:
        return
    assert read.restart == ("on-failure" if read.type == "oneshot" else "always")
    assert read.wanted_by == ("multi-user.target",)


def test_porter_host_writes_several_units() -> None:
    assert len(UNITS) >= 3


def test_no_directive_is_both_followed_and_ignored() -> None:
    for section in directives.FOLLOWED.values():
        assert not set(section) & set(directives.IGNORED)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a  b\tc", ["a", "b", "c"]),
        (r'"a b" c"d e"f', ["a b", "cd ef"]),
        (r"'it''s' '\x41\102\u00e9\s'", ["its", "ABé "]),
        (r'"" \"', ["", '"']),
    ],
)
def test_words_are_split_as_in_systemd(text: str, expected: list[str]) -> None:
    assert words.split(text) == expected


@pytest.mark.parametrize("text", [r"\q", '"open', "one ; two", "trailing \\"])
def test_words_that_systemd_rejects_are_rejected(text: str) -> None:
    with pytest.raises(PorterError):
        words.split(text)


def test_variables_are_expanded_as_in_systemd() -> None:
    environment = {"ONE": "1", "TWO": "a 'b c'"}
    line = ["x${ONE}y", "$TWO", "${TWO}", "$$ONE", "a$ONE", "$NONE", "${NONE}"]
    expected = ["x1y", "a", "b c", "a 'b c'", "$ONE", "a$ONE", ""]
    assert words.expand(line, environment) == expected


def test_an_environment_file_is_parsed_as_in_systemd() -> None:
    text = (
        "# comment\n; another \\\n continued\n\n"
        "BARE = plain value  \n"
        "ESCAPED=a\\ b\\\nc\n"
        "SINGLE='it\\n $x'\n"
        'DOUBLE="a\\"b\\n\\$\nsecond line"\n'
        "JOINED='a'\"b\" c\n"
        "MIDDLE=don't\n"
        "EMPTY=\nLAST=x"
    )
    assert env_file.parse(text) == {
        "BARE": "plain value",
        "ESCAPED": "a bc",
        "SINGLE": "it\\n $x",
        "DOUBLE": 'a"b\\n$\nsecond line',
        "JOINED": "abc",
        "MIDDLE": "don't",
        "EMPTY": "",
        "LAST": "x",
    }


def test_a_carriage_return_in_an_environment_file_is_what_it_is_to_systemd() -> None:
    """In env-file.c it ends a line (NEWLINE), but is an ordinary character in quotes."""
    text = "BARE=a\r\nTWO=b\rTHREE=c\\\rd\r#e\r\nSINGLE='f\r\n'\nDOUBLE=\"g\r\\\r\n\"\n"
    assert env_file.parse(text) == {
        "BARE": "a",
        "TWO": "b",
        "THREE": "cd",
        "SINGLE": "f\r\n",
        "DOUBLE": "g\r\\\r\n",
    }


@pytest.mark.parametrize("text", ["no assignment\n", "A='open\n"])
def test_an_invalid_environment_file_is_an_error_with_its_line(text: str) -> None:
    with pytest.raises(PorterError, match="line 2"):
        env_file.parse("GOOD=1\n" + text)


def test_lines_are_joined_and_comments_removed_as_in_systemd() -> None:
    text = "[Service]\nExecStart=a \\\n# not this\n  b\\\n\nA=ends with two \\\\\n;B=c\n"
    found = [(one.name, one.value, one.line) for one in unit_file.parse(text)]
    assert found == [("ExecStart", "a  b", 2), ("A", "ends with two \\\\", 6)]


def test_an_empty_assignment_clears_a_list() -> None:
    text = "[Service]\nExecStart=a\nExecStart=\nExecStart=b\nEnvironment=A=1\nEnvironment=\n"
    read = unit.parse("x.service", text)
    assert (read.exec_start.program, read.environment) == ("b", ())


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Type=forking", "do not support 'forking': use simple, exec, notify"),
        ("ExecStartPre=!/bin/x", "after prefixes -, : or \\+"),
        ("ExecStartPre=x %n", "specifier '%n'"),
        ("RestartSec=soon", "'soon' is not a time span"),
        ("WorkingDirectory=here", "'here' is not an absolute path"),
        ("KillSignal=SIGNOT", "'SIGNOT' is not a signal"),
        ("ExecStart=second", "needs exactly one ExecStart"),
    ],
)
def test_an_unsupported_value_is_an_error(line: str, reason: str) -> None:
    with pytest.raises(PorterError, match=reason):
        unit.parse("x.service", f"[Service]\nExecStart=a\n{line}\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("5", 5), ("500ms", 0.5), ("1min 30s", 90), ("1h30m", 5400), ("infinity", float("inf"))],
)
def test_time_spans_are_parsed_as_in_systemd(text: str, expected: float) -> None:
    assert values.seconds(text) == expected
