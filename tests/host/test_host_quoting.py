"""systemd reads back what porter quotes."""

from __future__ import annotations

import os
import random
import re
import subprocess
from pathlib import Path

import pytest

from porter.host.core import quoting

GENERATOR = Path("/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator")
"""A program of systemd that parses environment files (systemd.environment-generator(7))."""

ODD = "ab /-\\\"'$`%;{}#=~!@:\t\n\r\x01\x7fé€\U0001f600"


def odd_strings(count: int, *, without: str = "") -> list[str]:
    """Return the same strings in every run, full of characters that systemd treats specially."""
    source = random.Random(2)  # noqa: S311 - reproducible, not secret
    letters = [letter for letter in ODD if letter not in without]
    return ["".join(source.choices(letters, k=source.randint(0, 12))) for _ in range(count)]


def read_words(line: str) -> list[str]:
    """Parse the words of a directive as systemd.syntax(7) and systemd.service(5) describe."""
    words = []
    for found in re.finditer(r'"((?:[^"\\]|\\.)*)"|([^\s"\'\\]+)', line):
        text = found[1] if found[2] is None else found[2]
        text = re.sub(r"\\(x[0-9a-f]{2}|.)", read_escape, text)
        assert not re.search(r"(?<!%)(%%)*%(?!%)", text), "a specifier"
        words.append(text.replace("%%", "%"))
    return words


def read_escape(found: re.Match[str]) -> str:
    """Return the character of one C-style escape."""
    return chr(int(found[1][1:], 16)) if found[1].startswith("x") else found[1]


def read_shown(text: str) -> str:
    """Return a value that the generator printed, quoted and escaped if necessary."""
    if not text.startswith('"'):
        return text
    short = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}

    def escape(found: re.Match[str]) -> str:
        code = found[1]
        return chr(int(code, 8)) if code.isdigit() else short.get(code, code)

    return re.sub(r"\\([0-7]{3}|.)", escape, text[1:-1])


def test_any_argument_survives_exec_start() -> None:
    for argument in odd_strings(2000):
        line = quoting.command_line(["/bin/program", argument])
        assert "\n" not in line
        program, read = read_words(line)
        assert program == "/bin/program"
        assert not re.search(r"(?<!\$)(\$\$)*\$(?!\$)", read), "a variable"
        assert read.replace("$$", "$") == argument


def test_a_separator_of_commands_is_an_argument_like_any_other() -> None:
    assert quoting.command_line(["echo", ";", "-x"]) == 'echo ";" -x'


def test_plain_arguments_stay_readable() -> None:
    line = "python3 -m http.server --bind=127.0.0.1 8000"
    assert quoting.command_line(line.split(" ")) == line


@pytest.mark.skipif(not GENERATOR.exists(), reason="systemd's parser is not on this machine")
def test_systemd_itself_reads_back_any_value_of_an_environment_file(tmp_path: Path) -> None:
    """Except `$`, which this program expands, and an empty value, which it refuses."""
    odd = filter(None, odd_strings(300, without="$"))
    values = {f"V{number}": text for number, text in enumerate(odd)}
    folder = tmp_path / "environment.d"
    folder.mkdir()
    (folder / "test.conf").write_bytes(quoting.environment_file(values))
    done = subprocess.run(
        [str(GENERATOR)],
        env={"XDG_CONFIG_HOME": str(tmp_path), "HOME": str(tmp_path), "PATH": os.defpath},
        capture_output=True,
        timeout=30,
        check=True,
    )
    shown = done.stdout.decode()
    for name, text in values.items():
        assert f"\n{name}=" in f"\n{shown}", f"{name} is lost: {done.stderr.decode()}"
        (line,) = re.findall(rf"^{name}=(.*)$", shown, flags=re.MULTILINE)
        assert read_shown(line) == text


def test_a_dollar_in_an_environment_file_is_escaped() -> None:
    assert quoting.environment_file({"A": "$HOME `x`"}) == b'A="\\$HOME \\`x\\`"\n'
