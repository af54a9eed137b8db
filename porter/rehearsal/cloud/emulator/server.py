"""Start the embedded AWS in a child process, check that it runs, and kill it."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

from porter import toolchain
from porter.errors import PorterError
from porter.home import home
from porter.rehearsal.cloud.emulator.activities import ACTIVITIES, ScalingActivity
from porter.rehearsal.cloud.emulator.given import PATH
from porter.rehearsal.cloud.emulator.inert import INERT, Inert, read_inert
from porter.rehearsal.cloud.emulator.lifecycle import LIFECYCLE, Lifecycles
from porter.rehearsal.cloud.emulator.target_health import TARGETS, Health
from porter.rehearsal.cloud.existing import Existing
from porter.rehearsal.local import ports
from porter.rehearsal.local.claims import Claims
from porter.rehearsal.local.interruption import held_back

REAL_NAMES = "--real-names"
START_SECONDS = 60.0
LOOPBACK = "127.0.0.1"
_HTTP = 80
_PYTHONS = ("LD_LIBRARY_PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH")
_CHILD = (sys.executable, "-m", "porter.rehearsal.cloud.emulator")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedSignal:
    """One signal that a wait handle received; `at` in seconds since the epoch."""

    at: float
    status: str
    unique_id: str
    reason: str


class Emulator:
    """An AWS in `folder` on one loopback port; it ends with this process.

    `installed` is a module and words: the child calls the module's `install(words)` before it
    serves. With `real_names` it returns AWS's own URLs, and must be reachable by them.
    """

    def __init__(
        self, folder: Path, installed: Sequence[str] = (), *, real_names: bool = False
    ) -> None:
        self._folder = folder
        self._options = [*([REAL_NAMES] if real_names else []), *installed]
        self._signals = folder / "signals.jsonl"
        self.log = folder / "emulator.log"
        self._port = 0
        self._claims = Claims()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        """The value of AWS_ENDPOINT_URL.

        A name, because the cdk CLI uses path-style template URLs only for names.
        """
        return f"http://localhost:{self._port}"

    def start(self) -> None:
        """Start it, and wait until it answers. Raises `PorterError`."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Start it, for `wait`. Raises `PorterError` if it is not installed."""
        if find_spec("ministack") is None:
            raise PorterError(
                "the embedded AWS is not installed",
                where="porter rehearse",
                cure="pip install 'porter-cdk[rehearse]'",
            )
        (self._folder / "tmp").mkdir(parents=True)
        (self._folder / "home").mkdir()
        self._port = ports.choose([_HTTP], set(), self._claims)[_HTTP]
        with held_back(), self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [*_CHILD, str(self._signals), *self._options],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=self._environment(os.environ),
                cwd=self._folder,
                start_new_session=True,  # Ctrl-C must reach the rehearsal alone
            )

    def wait(self) -> None:
        """Wait until it answers. Raises `PorterError`."""
        deadline = time.monotonic() + START_SECONDS
        while not _answers(self._port):
            if not self.alive() or time.monotonic() > deadline:
                raise PorterError(f"did not start: {self._last_line()}", where="the embedded AWS")
            time.sleep(0.02)

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process is not None and self._process.poll() is None

    def signals(self) -> list[ReceivedSignal]:
        """Return every signal that wait handles received, in order, without repetitions."""
        if not self._signals.exists():
            return []
        received = [json.loads(line) for line in self._signals.read_text("utf-8").splitlines()]
        return [
            ReceivedSignal(
                at=one["at"],
                status=one["Status"],
                unique_id=one["UniqueId"],
                reason=one.get("Reason", ""),
            )
            for one in received
        ]

    def inert(self) -> list[Inert]:
        """Return every resource so far that is not exercised here, in the order of creation."""
        return read_inert(self._folder / INERT)

    def make(self, existing: Sequence[Existing]) -> None:
        """Make resources with their ids, unless they exist. Raises `PorterError`."""
        wanted = [
            {"kind": one.kind, "id": one.id, "fields": dict(one.fields), **asdict(one.environment)}
            for one in existing
        ]
        connection = http.client.HTTPConnection(LOOPBACK, self._port, timeout=START_SECONDS)
        try:
            connection.request("PUT", PATH, json.dumps(wanted))
            status = connection.getresponse().status
        except OSError as error:
            raise PorterError(f"does not answer: {error}", where="the embedded AWS") from error
        finally:
            connection.close()
        if status != http.client.OK:
            raise PorterError(f"answers {status}: {self._last_line()}", where="the embedded AWS")

    @property
    def lifecycles(self) -> Lifecycles:
        """The instances of Auto Scaling groups, which the fleet launches and ends."""
        return Lifecycles(self._folder / LIFECYCLE)

    def tell_health(self, health: Health) -> None:
        """Let DescribeTargetHealth tell `health`."""
        path = self._folder / TARGETS
        new = path.with_name(f".{TARGETS}")
        new.write_text(json.dumps(health), "utf-8")
        new.replace(path)  # atomic: the embedded AWS may be reading

    def record(self, activity: ScalingActivity) -> None:
        """Let DescribeScalingActivities list `activity`."""
        with (self._folder / ACTIVITIES).open("a", encoding="utf-8") as activities:
            activities.write(json.dumps(asdict(activity)) + "\n")

    def stop(self) -> None:
        """Kill it: its state is disposable, and it ignores other signals while a stack waits."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdin:
                self._process.stdin.close()
        self._claims.close()

    def _environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """Return the variables of the child, and so of the functions of custom resources.

        On AWS functions have no variable of the user's shell, so none is kept but those with which
        Python finds its packages.
        """
        kept = {name: base[name] for name in _PYTHONS if name in base}
        return kept | {
            "AUTH": "true",
            "HOME": str(self._folder / "home"),
            "LANG": "C.UTF-8",
            "PATH": toolchain.environment(base)["PATH"],
            "PYTHONUSERBASE": base.get("PYTHONUSERBASE") or str(home(base) / ".local"),
            "AWS_CONFIG_FILE": str(self._folder / "no-config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self._folder / "no-credentials"),
            "BIND_HOST": LOOPBACK,
            "GATEWAY_PORT": str(self._port),
            "LOG_LEVEL": "WARNING",
            "PERSIST_STATE": "0",
            "STATE_DIR": str(self._folder / "state"),
            "S3_DATA_DIR": str(self._folder / "s3"),
            "TMPDIR": str(self._folder / "tmp"),
        }

    def _last_line(self) -> str:
        lines = self.log.read_text("utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else f"no answer within {START_SECONDS:g} s"


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()
