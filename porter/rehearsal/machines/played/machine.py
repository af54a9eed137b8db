"""One played machine: a folder, a metadata service, and init, a child process."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from porter.errors import PorterError
from porter.rehearsal.local.interruption import held_back
from porter.rehearsal.machines.api import NOTE, NOTICES, Launch
from porter.rehearsal.machines.metadata.imds import MetadataService
from porter.rehearsal.machines.metadata.tree import noticed, tree
from porter.rehearsal.machines.played import cloud_config, journal, process_tree
from porter.rehearsal.machines.played.root import environment, lay_out

LOOPBACK = "127.0.0.1"

_READY_SECONDS = 15
_STOP_SECONDS = 10


class ProcessMachine:
    """A played machine in `folder`, which its owner makes and removes."""

    def __init__(self, launch: Launch, folder: Path) -> None:
        self._launch = launch
        self._folder = folder.absolute()
        self._metadata: MetadataService | None = None
        self._init: subprocess.Popen[bytes] | None = None
        self._listener: threading.Thread | None = None
        self._ready = threading.Event()
        self._units: dict[str, str] = {}
        self._cloud_init_exit: int | None = None
        self.refusal = ""
        """Why this computer gives programs no sandbox, complete after `start`; else empty."""

    @property
    def root(self) -> Path:
        """The machine's `/`."""
        return self._folder / "root"

    @property
    def address(self) -> str:
        """The loopback that all played machines share."""
        return LOOPBACK

    @property
    def notices(self) -> Path:
        """The folder whose files its metadata shows."""
        return self._folder / NOTICES

    @property
    def alive(self) -> bool:
        """Whether the machine runs, or was ended by `stop`."""
        return self._init is None or self._init.poll() is None

    @property
    def cloud_init_exit(self) -> int | None:
        """The exit code of the user data; None while it runs, or if power off came first."""
        return self._cloud_init_exit

    def start(self) -> None:
        """Power on. Raises `PorterError` for user data that cannot be played, or if init fails."""
        cloud_config.parse(self._launch.user_data)
        lay_out(self.root, self._launch.python)
        note = {"instance_id": self._launch.instance_id, "service": self._launch.service}
        (self._folder / NOTE).write_text(json.dumps(note), "utf-8")
        self.notices.mkdir()
        content = tree(self._launch)
        self._metadata = MetadataService(lambda: noticed(content, self.notices))
        try:
            self._start_init(self._metadata.endpoint)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Power off: services have two seconds to stop, then all processes are killed."""
        if self._init is not None:
            self._power_off(self._init)
            self._init = None
        if self._metadata is not None:
            self._metadata.stop()
            self._metadata = None

    def kill(self) -> None:
        """End all processes at once; `stop` frees the rest."""
        if self._init is None or self._init.poll() is not None:
            return
        self._init.send_signal(signal.SIGSTOP)  # so that it starts nothing again
        below = process_tree.descendants(self._init.pid)
        self._init.kill()
        process_tree.send(below, signal.SIGKILL)

    def command(self, argv: Sequence[str]) -> list[str]:
        """Return the command line that runs `argv` in the environment of cloud-init."""
        variables = self._environment(self._metadata.endpoint if self._metadata else "")
        return [
            *("/usr/bin/env", "-i", f"--chdir={self.root}"),
            *(f"{name}={value}" for name, value in variables.items()),
            *argv,
        ]

    def connect(self, port: int, timeout: float) -> socket.socket:
        """Connect to `port`, the moved one. Raises `OSError`."""
        return socket.create_connection((LOOPBACK, port), timeout)

    def units(self) -> dict[str, str]:
        """Return the `ActiveState` of each started unit."""
        return dict(self._units)

    def log_tail(self, unit: str, lines: int) -> str:
        """Return the last lines of a unit's log, or of `cloud-init`; also after power off."""
        return journal.tail(self.root, unit, lines)

    def _start_init(self, metadata_endpoint: str) -> None:
        with held_back(), (self._folder / "init.log").open("ab") as log:
            self._init = init = subprocess.Popen(
                [sys.executable, "-P", "-m", "porter.rehearsal.machines.played.init"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=self._folder,
                env=_init_environment(),
                start_new_session=True,
            )
        if init.stdin is None or init.stdout is None:
            raise RuntimeError("both are pipes")
        self._listener = threading.Thread(target=self._listen, args=(init.stdout,), daemon=True)
        self._listener.start()
        with contextlib.suppress(BrokenPipeError):
            init.stdin.write(json.dumps(self._configuration(metadata_endpoint)).encode() + b"\n")
            init.stdin.flush()
        if not self._ready.wait(_READY_SECONDS) or init.poll() is not None:
            said = (self._folder / "init.log").read_text(errors="replace").strip().splitlines()
            raise PorterError(
                f"the machine did not start: {said[-1] if said else 'no reason given'}"
            )

    def _configuration(self, metadata_endpoint: str) -> dict[str, Any]:
        """Return init's configuration, sent through a pipe: user data holds a secret."""
        return {
            "root": str(self.root),
            "user_data": base64.b64encode(self._launch.user_data).decode(),
            "unit_environment": self._endpoints(metadata_endpoint),
            "cloud_init_environment": self._environment(metadata_endpoint),
        }

    def _endpoints(self, metadata_endpoint: str) -> dict[str, str]:
        return environment(self.root) | {
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata_endpoint,
            "AWS_ENDPOINT_URL": self._launch.aws_endpoint,
        }

    def _environment(self, metadata_endpoint: str) -> dict[str, str]:
        ports = " ".join(f"{port}={moved}" for port, moved in self._launch.ports.items())
        ours = {"PORTER_ROOT": str(self.root), "PORTER_PORTS": ports}
        return self._endpoints(metadata_endpoint) | ours

    def _listen(self, events: IO[bytes]) -> None:
        """Read init's events until it ends."""
        with events:
            for line in events:
                event = json.loads(line)
                if event["event"] == "ready":
                    self.refusal = event["refusal"]
                elif event["event"] == "unit":
                    self._units[event["name"]] = event["active"]
                elif event["event"] == "cloud-init":
                    self._cloud_init_exit = event["exit"]
                self._ready.set()
        # If init ended at once, `start` must not wait longer.
        self._ready.set()

    def _power_off(self, init: subprocess.Popen[bytes]) -> None:
        if init.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                init.stdin.close()
        try:
            init.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            # Init's children die with it (PR_SET_PDEATHSIG).
            init.kill()
            init.wait(_STOP_SECONDS)
        if self._listener is not None:
            self._listener.join(_STOP_SECONDS)


def _init_environment() -> dict[str, str]:
    """Return what init needs to find Python's modules; it passes none of it on."""
    kept = ("PATH", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"LANG": "C.UTF-8"}
