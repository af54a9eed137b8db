"""Run the real cdk CLI as a child process, and end it with everything it started."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from porter import toolchain
from porter.rehearsal.cloud.workspace import App, Workspace
from porter.rehearsal.local import keeper

_HERE = Path(__file__).parent
_PRELOAD, _HELD = _HERE / "cli_preload.cjs", _HERE / "cli_held.cjs"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_BEHIND = 5
"""How much nicer (setpriority(2)) a run is that nothing waits for."""


class Cdk:
    """One run of `cdk ARGUMENTS` in `folder`, loaded at once, and held until `begin`.

    `log` gets its output.
    """

    def __init__(
        self, *arguments: str, folder: Path, environment: Mapping[str, str], log: Path
    ) -> None:
        self._log = log
        node, *rest = toolchain.cdk(*arguments)
        held, self._hold = os.pipe()
        with log.open("wb") as output:
            self._process = keeper.start(
                (node, "--require", str(_PRELOAD), str(_HELD), str(held), *rest),
                output,
                cwd=folder,
                env=environment,
                pass_fds=[held],
            )
        os.close(held)

    @property
    def group(self) -> int:
        """The process group of the CLI, the app and the app's node."""
        return self._process.pid

    def begin(self) -> None:
        """Run what was loaded."""
        if self._hold >= 0:
            with suppress(BrokenPipeError):  # it has ended already, and says why in its log
                os.write(self._hold, b".")
            self._release()

    def stand_back(self) -> None:
        """Let everything else on this computer run first, from now on."""
        with suppress(OSError):  # it has ended
            mine = os.getpriority(os.PRIO_PROCESS, 0)
            os.setpriority(os.PRIO_PGRP, self.group, mine + _BEHIND)

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
        self._release()

    def _release(self) -> None:
        if self._hold >= 0:
            os.close(self._hold)
            self._hold = -1

    def last_lines(self, count: int = 30) -> list[str]:
        """Return the last lines printed, without colours and blank lines."""
        text = _COLOUR.sub("", self._log.read_text("utf-8", errors="replace"))
        return [line.rstrip() for line in text.splitlines() if line.strip()][-count:]


def synth(workspace: Workspace, environment: Mapping[str, str], log: Path, *, lookups: bool) -> Cdk:
    """Load `cdk synth` of an app into its assembly; with `lookups`, the CLI asks AWS for values.

    Without them, the CLI fails if a value is missing, and the assembly is complete nevertheless.
    """
    context = [word for value in workspace.app.context for word in ("--context", value)]
    return Cdk(
        *("synth", *_selection(workspace.app), *context, "--quiet", "--no-notices"),
        *("--output", str(workspace.assembly), "--lookups", str(lookups).lower()),
        folder=workspace.folder,
        environment=environment,
        log=log,
    )


def deploy(workspace: Workspace, environment: Mapping[str, str], log: Path) -> Cdk:
    """Load `cdk deploy` of the selected stacks in `workspace.opened`."""
    return Cdk(
        *("deploy", *_selection(workspace.app), "--app", str(workspace.opened)),
        *("--no-notices", "--progress", "events", "--require-approval", "never"),
        *("--outputs-file", "outputs.json"),
        folder=workspace.folder,
        environment=environment,
        log=log,
    )


def _selection(app: App) -> list[str]:
    """Return the words that select; unlike `--all`, `**` includes the stacks of stages."""
    return [*(app.stacks or ("**",)), *(["--exclusively"] if app.exclusively else [])]
