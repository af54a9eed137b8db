"""Process 1 of a played machine: plays the user data, then manages services.

This is a child process of `ProcessMachine`. The first line of standard input is the configuration
(JSON). End of file, which comes even after SIGKILL of the rehearsal, means power off. Standard
output is a line of JSON per event: `ready`, `cloud-init`, `unit`.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from porter.rehearsal.machines.played import cloud_config, cloud_init, control, journal, sandbox
from porter.rehearsal.machines.played.children import Children, become_subreaper
from porter.rehearsal.machines.played.control import Control
from porter.rehearsal.machines.played.process_tree import sweep
from porter.rehearsal.machines.played.run import Surroundings
from porter.rehearsal.machines.played.units import Units

GRACE = 2.0
"""Seconds for services to stop at power off."""

_ROTATION = 5.0


class Init:
    """The machine, from power on to power off."""

    def __init__(self, configuration: dict[str, Any]) -> None:
        self._root = Path(configuration["root"])
        self._user_data = base64.b64decode(configuration["user_data"])
        self._for_cloud_init: dict[str, str] = configuration["cloud_init_environment"]
        self._around = Surroundings(self._root, Children(), configuration["unit_environment"])
        self._units = Units(
            self._around, lambda unit, active: _report("unit", name=unit, active=active)
        )
        self._off = asyncio.Event()

    async def run(self) -> None:
        """Run until power off."""
        self._watch_power()
        os.chdir(self._root / control.SOCKET.parent)
        server = await asyncio.start_unix_server(
            Control(self._units, self._root).serve, control.SOCKET.name
        )
        tasks = [asyncio.create_task(job) for job in (self._cloud_init(), self._rotate())]
        _report("ready", refusal=sandbox.refusal())
        await self._off.wait()
        for task in tasks:
            task.cancel()
        await self._units.stop_all(GRACE)
        server.close()

    async def _cloud_init(self) -> None:
        config = cloud_config.parse(self._user_data)
        code = 1
        try:
            code = await cloud_init.play(
                config, self._root, self._around.children, self._for_cloud_init
            )
        except OSError as error:
            journal.note(self._root, journal.CLOUD_INIT, f"failed: {error}")
        _report("cloud-init", exit=code)

    async def _rotate(self) -> None:
        while True:
            await asyncio.sleep(_ROTATION)
            journal.rotate(self._root)

    def _watch_power(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._off.set)
        loop.add_reader(sys.stdin.fileno(), self._lifeline)

    def _lifeline(self) -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
            self._off.set()


def _report(event: str, **fields: object) -> None:
    # A broken pipe means the rehearsal is gone; standard input then ends as well.
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
        sys.stdout.flush()


def main() -> int:
    """Run the machine, and always end all its processes."""
    configuration = json.loads(sys.stdin.buffer.readline())
    become_subreaper()
    sandbox.refusal()  # tried before there is more than one thread

    async def live() -> None:
        await Init(configuration).run()

    try:
        asyncio.run(live())
    finally:
        left = sweep()
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.close()
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
