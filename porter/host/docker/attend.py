"""A container's attendant, its unit's main process: `python -m porter.host.docker.attend ORDER`.

It creates the container, or finds it running if the Engine or the attendant was restarted. It
prints the container's output and ends with the same exit code or signal.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from porter.errors import PorterError
from porter.host.core import quoting
from porter.host.core.own_code import run_module
from porter.host.docker.creation import AUTHORITIES, LABEL, creation
from porter.host.docker.engine import Engine, EngineDownError, EngineError
from porter.host.docker.fetch import found
from porter.host.docker.order import NETWORK, Order
from porter.host.docker.output import NOTE, Output, passed_on
from porter.host.docker.process import Terminated, end_like, raise_on_sigterm, tell_systemd
from porter.host.docker.secret_files import copy_secrets
from porter.spec import loads

PATIENCE = 30.0
"""Seconds to wait for a Docker daemon that died; systemd restarts it after two."""

_FETCH_SECONDS = 75.0
_PAUSE = 0.1
"""Seconds before the output is read again: it may end at once, many times."""

_UNSTEADY_SECONDS = 1.5
"""Seconds for which the unit is `reloading` after Docker restarted the container. porterd looks
twice a second.
"""

_BRIDGE = {
    "com.docker.network.bridge.name": "porter0",
    "com.docker.network.bridge.enable_icc": "false",
}


class Attendant:
    """The attendant of the container in `order`, which was read from `file`."""

    def __init__(self, engine: Engine, order: Order, file: str) -> None:
        self._engine = engine
        self._order = order
        self._file = file
        self._name = order.unit.removesuffix(".service")
        self._place = f"/containers/{self._name}"
        self._restarts = 0
        self._steady: threading.Timer | None = None
        self._folder = os.environ.get("RUNTIME_DIRECTORY", "")
        self._note = Path(self._folder, NOTE) if self._folder else None

    def run(self) -> int:
        """Run the container to its end; return its exit code, above 128 for a signal."""
        try:
            since = self._bring_up()
            tell_systemd("READY=1")
            return self._stay(Output(self._engine, self._name, since, self._note))
        except Terminated:
            self._stop()
            return 0

    def _bring_up(self) -> str:
        """Start the container or find it running; return the time after which its output is new."""
        self._await_engine()
        body = self._creation()
        there = self._engine.found(f"{self._place}/json")
        same = there and there["Config"]["Labels"].get(LABEL) == body["Labels"][LABEL]
        if same and there["State"]["Running"]:
            self._restarts = int(there["RestartCount"])
            _say("finds the container running")
            return passed_on(self._note)
        if there:
            self._remove()
        self._ensure_network()
        try:
            self._engine.ask("POST", "/containers/create", body, query={"name": self._name})
            self._engine.ask("POST", f"{self._place}/start")
        except EngineError as error:
            raise PorterError(f"the container cannot be started: {error.what}") from error
        return ""

    def _creation(self) -> dict[str, Any]:
        environment: dict[str, str] = {}
        for file in self._order.environments:
            environment |= quoting.read_environment(Path(file).read_bytes())
        image = found(self._engine, self._order.container.image)
        if image is None:
            self._fetch()
            image = found(self._engine, self._order.container.image)
        _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
        authorities = os.environ.get(AUTHORITIES, "")
        return creation(
            self._order,
            image,
            environment,
            most_files,
            secrets=copy_secrets(self._order.secret_files, self._folder),
            authorities=Path(authorities) if authorities else None,
        )

    def _fetch(self) -> None:
        """Fetch the image in a process of its own, whose imports do not stay in memory."""
        _say(f"the image {self._order.container.image.reference} is missing, and is fetched again")
        argv = run_module(sys.executable, "porter.host.docker.fetch", self._file)
        try:
            subprocess.run(argv, check=True, timeout=_FETCH_SECONDS)
        except subprocess.TimeoutExpired:
            raise PorterError(f"the image was not fetched within {_FETCH_SECONDS:g} s") from None
        except subprocess.CalledProcessError:
            raise PorterError("the image is missing and cannot be fetched") from None

    def _ensure_network(self) -> None:
        if self._engine.found(f"/networks/{NETWORK}") is None:
            body = {"Name": NETWORK, "Driver": "bridge", "Options": _BRIDGE, "CheckDuplicate": True}
            try:
                self._engine.ask("POST", "/networks/create", body)
            except EngineError:  # another attendant was faster
                if self._engine.found(f"/networks/{NETWORK}") is None:
                    raise

    def _stay(self, output: Output) -> int:
        """Wait until the container ends for good: the Engine restarts one that failed."""
        while True:
            try:
                output.follow()
                there = self._engine.found(f"{self._place}/json")
            except EngineDownError as error:
                _say(f"{error}")
                self._await_engine()
                time.sleep(_PAUSE)
                continue
            if there is None:
                raise PorterError("another program removed the container")
            state = there["State"]
            self._notice(int(there["RestartCount"]))
            if not (state["Running"] or state["Restarting"]):
                self._hear_last(output)
                return self._ending(state, int(there["RestartCount"]))
            time.sleep(_PAUSE)

    def _notice(self, restarts: int) -> None:
        """Report a restart of the container to systemd, where porterd sees it."""
        if restarts == self._restarts:
            return
        self._restarts = restarts
        if self._steady:
            self._steady.cancel()
        tell_systemd("RELOADING=1")
        self._steady = threading.Timer(_UNSTEADY_SECONDS, tell_systemd, ("READY=1",))
        self._steady.daemon = True
        self._steady.start()

    def _hear_last(self, output: Output) -> None:
        """Print the container's last lines: reading stops at a pause in the output."""
        try:
            output.follow()
        except PorterError as error:
            _say(f"its last lines are lost: {error}")

    def _ending(self, state: dict[str, Any], restarts: int) -> int:
        code = int(state["ExitCode"])
        memory = ", out of memory" if state["OOMKilled"] else ""
        times = "1 restart" if restarts == 1 else f"{restarts} restarts"
        again = f", after {times}" if restarts else ""
        if code or memory:
            _say(f"the container ended with exit code {code}{memory}{again}")
        return code

    def _await_engine(self) -> None:
        """Wait for the Engine. Raises `EngineDownError` if it does not answer in time."""
        expires = time.monotonic() + PATIENCE
        while True:
            try:
                self._engine.ask("GET", "/version", seconds=5)
            except (EngineDownError, EngineError):
                if time.monotonic() > expires:
                    raise
                time.sleep(0.3)
            else:
                return

    def _stop(self) -> None:
        """Stop and remove the container, before systemd would kill this process."""
        seconds = self._order.container.stop_seconds
        try:
            began = time.monotonic()
            self._engine.ask(
                "POST", f"{self._place}/stop", query={"t": seconds}, seconds=seconds + 10
            )
            if time.monotonic() - began >= seconds:
                _say(f"the container did not end within {seconds} s of being asked to: killed")
        except PorterError as error:
            _say(f"the container could not be stopped: {error}")
        self._remove()

    def _remove(self) -> None:
        try:
            self._engine.ask("DELETE", self._place, query={"force": 1, "v": 1})
        except PorterError as error:
            _say(f"the container could not be removed: {error}")


def _say(what: str) -> None:
    sys.stdout.write(f"porter: {what}\n")
    sys.stdout.flush()


def main(file: str) -> None:
    """Run the container of the order in `file`."""
    raise_on_sigterm()
    try:
        order = loads(Order, Path(file).read_bytes())
        code = Attendant(Engine(), order, file).run()
    except PorterError as error:
        sys.exit(f"porter: {error}")
    end_like(code)


if __name__ == "__main__":
    main(sys.argv[1])
