"""Run the real cdk CLI as a child process, and end it with everything it started."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from porter import toolchain
from porter.rehearsal.local import keeper

_PRELOAD = Path(__file__).with_name("cli_preload.cjs")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Cdk:
    """One run of `cdk ARGUMENTS` in `folder`; `log` gets its output."""

    def __init__(
        self, *arguments: str, folder: Path, environment: Mapping[str, str], log: Path
    ) -> None:
        node, *rest = toolchain.cdk(*arguments)
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                keeper.kept(node, "--require", str(_PRELOAD), *rest),
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def exit_code(self) -> int | None:
        """The exit code; `None` while it runs."""
        return self._process.poll()

    def wait(self, seconds: float) -> int | None:
        """Wait up to `seconds`; return the exit code, or `None` while it runs."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.returncode

    def stop(self) -> None:
        """Kill the CLI, the app and the app's node; does nothing after they ended."""
        keeper.end(self._process)

    def last_lines(self, count: int = 30) -> list[str]:
        """Return the last lines printed, without colours and blank lines."""
        text = _COLOUR.sub("", self._log.read_text("utf-8", errors="replace"))
        return [line.rstrip() for line in text.splitlines() if line.strip()][-count:]


def synth(folder: Path, environment: Mapping[str, str], log: Path) -> Cdk:
    """Start `cdk synth` into `cdk.out` below `folder`."""
    return Cdk(
        *("synth", "--quiet", "--no-notices", "--output", "cdk.out"),
        folder=folder,
        environment=environment,
        log=log,
    )


def deploy(folder: Path, environment: Mapping[str, str], log: Path) -> Cdk:
    """Start `cdk deploy` of every synthesized stack; unlike `--all`, `**` includes stages."""
    return Cdk(
        *("deploy", "**", "--app", "cdk.out", "--no-notices", "--progress", "events"),
        *("--require-approval", "never", "--outputs-file", "outputs.json"),
        folder=folder,
        environment=environment,
        log=log,
    )
