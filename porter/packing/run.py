"""Run one command of a build."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from porter import toolchain
from porter.packing.target import Target
from porter.spec import SpecError

SECONDS = 1800
"""The longest time of one command: as long as `porter build` gives to all of synthesis."""

LINES = 20
_LINE = 300
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class Failed(SpecError):  # noqa: N818 - it reads like the others
    """A command that failed; `lines` are its last."""

    def __init__(self, what: str, lines: Sequence[str] = (), cure: str = "") -> None:
        said = "".join(f"\n    {line}" for line in lines)
        super().__init__(what + said, cure=cure)
        self.lines = tuple(lines)


def run(argv: Sequence[str], folder: Path, target: Target, *, lock: int) -> None:
    """Run `argv` in `folder`. Raises `Failed` with its last lines.

    The command stays in our process group: whatever ends the synthesis, Ctrl-C or the end of a
    rehearsal, ends it as well. It inherits `lock`, so that nobody takes it for dead while it runs.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryDirectory() as programs:
        try:
            process = subprocess.Popen(
                argv,
                cwd=folder,
                env=environment(os.environ, target, Path(programs)),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(lock,),
            )
        except OSError as error:
            raise Failed(
                f"cannot run {argv[0]!r}: {error.strerror}",
                cure="install the program on the machine that synthesizes",
            ) from None
        with process:
            try:
                code = process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                what = f"{_shown(argv)} did not exit within {SECONDS} s"
                raise Failed(what, _last_lines(output.fileno())) from None
            finally:
                process.kill()
        if code:
            said = f"exit code {code}" if code > 0 else f"signal {-code}"
            raise Failed(f"{_shown(argv)} failed: {said}", _last_lines(output.fileno()))


def environment(base: Mapping[str, str], target: Target, programs: Path) -> dict[str, str]:
    """Return `base` with the hosts' processor and Python, and with porter's programs on PATH.

    The empty folder `programs` gets npm and npx, unless PATH has them.
    """
    made = toolchain.environment(base)
    for name in ("npm", "npx"):
        if shutil.which(name, path=made["PATH"]) is None:
            script = programs / name
            script.write_text(f'#!/bin/sh\nexec {shlex.join(toolchain.npm(name))} "$@"\n')
            script.chmod(0o755)
    made["PATH"] = f"{programs}{os.pathsep}{made['PATH']}"
    made |= {"PORTER_PROCESSOR": target.processor, "NO_COLOR": "1"}
    return made | ({"PORTER_PYTHON": target.python} if target.python else {})


def _shown(argv: Sequence[str]) -> str:
    text = " ".join(argv)
    return repr(text if len(text) <= _LINE else text[:_LINE] + "...")


def _last_lines(descriptor: int) -> list[str]:
    end = os.lseek(descriptor, 0, os.SEEK_END)
    text = os.pread(descriptor, 65_536, max(0, end - 65_536)).decode(errors="replace")
    lines = [line.rstrip()[:_LINE] for line in _COLOUR.sub("", text).splitlines()]
    return [line for line in lines if line][-LINES:]
