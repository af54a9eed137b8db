"""Compare porterd with bare Flask in one run: `python -m benchmarks.bare_flask`.

Bare Flask has `/health` and `/v1/identity` alone. It runs under porterd's own server, and under
gunicorn's `gthread` worker with as many threads. Prints medians of interleaved rounds, with the
bounds of porterd's figures.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from flask import Flask
from gunicorn.app.base import BaseApplication

from benchmarks.porterd import ROUNDS, Measured, measure, requests
from porter.daemon.events import Events
from porter.daemon.http_worker import HttpWorker
from porter.daemon.lane import THREADS
from porter.daemon.polls import EVENTS

ROOT = Path(__file__).parents[1]
OWN, GTHREAD = "bare, porterd's server", "bare, gthread"
IDENTITY = {
    "account_id": "123456789012",
    "availability_zone": "eu-west-1a",
    "image_id": "ami-1",
    "instance_id": "i-0123456789abcdef0",
    "instance_type": "t3.micro",
    "private_ip": "10.0.0.9",
    "region": "eu-west-1",
}


class Bare(Measured):
    """A bare Flask application on the port of a porterd."""

    kind = OWN

    def spawn(self, _: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        """Start it in a process of its own."""
        self.tree = ROOT
        return super().spawn(["-m", "benchmarks.bare_flask", self.kind, str(self.port)])


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn with the options that porterd has."""

    def __init__(self, app: Flask, **options: object) -> None:
        self._app, self._options = app, options
        super().__init__()

    def load_config(self) -> None:
        """Set the options."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Return the application."""
        return self._app


def serve(kind: str, port: int) -> None:
    """Serve bare Flask until a signal."""
    app = Flask("bare", static_folder=None)
    app.get("/health")(lambda: {"status": "ok"})
    app.get("/v1/identity")(lambda: IDENTITY)
    app.extensions[EVENTS] = Events(Path("/nowhere"))
    worker = {"worker_class": HttpWorker} if kind == OWN else {"threads": THREADS}
    common = {"bind": f"127.0.0.1:{port}", "preload_app": True, "control_socket_disable": True}
    Server(app, **common, **worker).run()


def measure_bare(kind: str) -> dict[str, float]:
    """Return one round's figures of bare Flask."""
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bare = Bare(root, handle_url="http://127.0.0.1:1/", imds_url="http://127.0.0.1:1")
        bare.kind = kind
        stack.callback(bare.sweep)
        seconds = bare.timed_start()
        figures = {"first answer, s": seconds, "CPU of the start, s": bare.cpu}
        figures["idle, MB"] = bare.pss
        return figures | requests(bare)


def main() -> None:
    """Print each figure of the three, and whether porterd keeps its bound."""
    kinds: dict[str, Callable[[], dict[str, float]]] = {
        "porterd": lambda: measure(ROOT),
        OWN: lambda: measure_bare(OWN),
        GTHREAD: lambda: measure_bare(GTHREAD),
    }
    rounds = [{name: make() for name, make in kinds.items()} for _ in range(ROUNDS)]
    medians = {
        kind: {
            name: statistics.median(one[kind][name] for one in rounds) for name in rounds[0][kind]
        }
        for kind in kinds
    }
    print(f"{'':<22}" + "".join(f"{kind:>24}" for kind in kinds))
    for name in medians["porterd"]:
        found = (medians[kind].get(name) for kind in kinds)
        row = "".join(f"{'' if one is None else f'{one:.2f}':>24}" for one in found)
        print(f"{name:<22}{row}")
    ours, bare = medians["porterd"], medians[OWN]
    for text, value, bound in (
        ("CPU per request, of bare", ours["CPU per request, us"] / bare["CPU per request, us"], 1),
        ("idle, MB above bare", ours["idle, MB"] - bare["idle, MB"], 6),
        ("500 polls, MB above idle", ours["500 polls, MB more"], 10),
        ("first answer, s", ours["first answer, s"], 0.3),
        ("p99, ms", ours["p99, ms"], 20),
        ("idle, % of a core", ours["idle, % of a core"], 0.1),
    ):
        print(f"{text:<26}{value:8.2f}, at most {bound:g}: {'kept' if value <= bound else 'NOT'}")


if __name__ == "__main__":
    if sys.argv[1:]:
        serve(sys.argv[1], int(sys.argv[2]))
    else:
        main()
