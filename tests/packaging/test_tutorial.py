"""The tutorial works word for word, in a fresh folder, with nothing but what it installs.

Its `pip install` is satisfied by the tests' environment, without downloads: see `tutorial_pip`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.packaging import tutorial_pip

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
SECTIONS = re.split(r"^## \d\. ", PAGE.read_text(), flags=re.MULTILINE)[1:]
COMMANDS = ("python3", "pip", "porter", "pytest")
AWS = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_PROFILE": ""}


class Shell:
    """One bash in which the tutorial's commands run, one block after the other."""

    def __init__(self, folder: Path) -> None:
        path = os.pathsep.join([str(folder / "bin"), "/usr/bin", "/bin"])
        (folder / "bin").mkdir()
        (folder / "bin" / "python3").symlink_to(sys.executable)
        home = {"HOME": str(folder / "home"), "XDG_CACHE_HOME": str(Path.home() / ".cache")}
        self._environment = {"PATH": path, "LANG": "C.UTF-8", **home, **AWS}
        (folder / "home").mkdir()
        (folder / "work").mkdir()
        self.folder = folder / "work"

    def run(self, commands: str) -> str:
        """Run `commands` where the last ones ended; return what they print. They succeed."""
        code, output = self.end(commands)
        assert code == 0, f"{commands}\n{output}"
        return output

    def end(self, commands: str) -> tuple[int, str]:
        """Run `commands`; return the exit code and the output."""
        stand_in = f"{sys.executable} {tutorial_pip.__file__}"
        pip = f'pip() {{ {stand_in} "$VIRTUAL_ENV" "$@"; }}'
        activate = self.folder.parent / "activate"
        before = f". {activate}; " if activate.exists() else ""
        keep = f'printf "cd %q; . %q/bin/activate" "$PWD" "$VIRTUAL_ENV" > {activate}'
        script = f"{before}{pip}\nset -e\n{commands}\n{keep}"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=280,
            check=False,
        )
        return done.returncode, done.stdout


def blocks(section: str) -> list[str]:
    """Return the indented blocks of a section."""
    found = re.findall(r"(?:^    .*\n)+", section, re.MULTILINE)
    return [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in found]


def commands(section: str) -> Iterator[str]:
    """Return the blocks that a reader types; the others show output."""
    return (block for block in blocks(section) if block.split()[0] in COMMANDS)


def examples(section: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", section, re.DOTALL)


@pytest.mark.machines
def test_the_tutorial_works_word_for_word(tmp_path: Path) -> None:
    make, rehearse, break_it, test, deploy = SECTIONS
    shell = Shell(tmp_path)
    for block in commands(make):
        shell.run(block)
    app = shell.folder / "hello"
    assert examples(make)[0] in (app / "app.py").read_text()

    [block] = commands(rehearse)
    assert "CREATE_COMPLETE\nsignal SUCCESS from " in shell.run(block)

    unhealthy, minute = examples(break_it)
    changed = {app / "service/main.py": unhealthy, app / "app.py": minute}
    kept = {path: path.read_text() for path in changed}
    for path, example in changed.items():
        path.write_text(edited(kept[path], example))
    [block] = commands(break_it)
    code, output = shell.end(block)
    assert code == 1
    [sample] = (block for block in blocks(break_it) if "did not become healthy" in block)
    reason = re.escape(sample.strip()).replace(
        re.escape(re.search(r"port (\d+)", sample)[1]), r"\d+"
    )  # type: ignore[index]
    assert re.search(reason, output), output
    for path, text in kept.items():
        path.write_text(text)

    [block] = commands(test)
    assert " passed" in shell.run(block)

    for block in commands(deploy):
        for line in block.splitlines():
            code, output = shell.end(line)
            assert code == 1
            assert output.startswith("porter: error: there are no AWS credentials\n"), output


def edited(text: str, example: str) -> str:
    """Return `text` as a reader edits it to look like `example`, in which `...` stays as it is."""
    first, *rest = example.splitlines()
    lines = text.splitlines()
    [at] = [number for number, line in enumerate(lines) if line.strip() == first.strip()]
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    if "    ..." in rest:
        added = rest[rest.index("    ...") + 1 : -1]
        end = next(n for n in range(at, len(lines)) if lines[n] == f"{indent})")
        return "\n".join([*lines[:end], *added, *lines[end:], ""])
    return "\n".join([*lines[: at + 1], *(indent + line for line in rest), *lines[at + 2 :], ""])
