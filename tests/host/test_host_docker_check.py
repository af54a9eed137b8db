"""A container's check with a scripted Engine that runs the command as Docker does."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from porter.host.docker.check import ContainerCheck
from porter.host.docker.engine import Engine, EngineError
from tests.harness.traces import until
from tests.host.unix_engine import EngineHandler, frame, playing

CHECK = "from porter.host.docker import check, engine; import pathlib, sys; "
"""The start of a program that runs the check against the scripted Engine."""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An Engine that runs each command in a session of its own, as Docker does.

    Like Docker, it reports the command as running for a moment after its output ends.
    """
    run: list[subprocess.Popen[bytes]] = []
    asked: list[Any] = []
    late = iter(range(2))

    class Handler(EngineHandler):
        def get(self) -> None:
            process = run[0] if run else None
            code = process.poll() if process else None
            if code is not None and next(late, None) is not None:
                code = None
            if code is not None and code < 0:
                code = 128 - code
            running = bool(process) and code is None
            pid = process.pid if process and running else 0
            self.answer({"Running": running, "ExitCode": code, "Pid": pid})

        def post(self) -> None:
            body = self.body()
            if "gone" in self.path:
                self.refuse(404, "No such container: gone")
            elif self.path.startswith("/containers/box/exec"):
                asked.append(body)
                self.answer({"Id": "1"})
            else:
                assert body == {"Detach": False, "Tty": False}
                self.raw(output())

    def output() -> Iterator[bytes]:
        run.append(
            subprocess.Popen(asked[0]["Cmd"], stdout=subprocess.PIPE, start_new_session=True)
        )
        yield frame(run[0].communicate(timeout=30)[0])

    with playing(tmp_path, Handler) as engine:
        yield engine
    assert all("User" not in body and "Env" not in body for body in asked)  # the container's own


@pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 3", 3), ("kill -9 $$", 137)])
def test_a_check_exits_as_its_command_does_and_prints_its_output(
    engine: Engine, capfdbinary: pytest.CaptureFixture[bytes], script: str, code: int
) -> None:
    assert ContainerCheck(engine, "box", ["sh", "-c", f"echo looked; {script}"]).run() == code
    assert capfdbinary.readouterr().out == b"looked\n"


def test_a_missing_container_is_named(engine: Engine) -> None:
    with pytest.raises(EngineError, match="No such container: gone"):
        ContainerCheck(engine, "gone", ["true"])


@pytest.mark.usefixtures("engine")
def test_on_sigterm_a_check_kills_the_command_and_its_children(tmp_path: Path) -> None:
    script = f"sleep 60 & echo $! >{tmp_path}/child; sleep 60"
    program = f"{CHECK}check.Engine = lambda: engine.Engine(pathlib.Path({str(tmp_path)!r})); "
    program += f"check.main('box', ['sh', '-c', {script!r}])"
    process = subprocess.Popen([sys.executable, "-c", program])
    child = tmp_path / "child"
    _until(lambda: child.exists() and child.read_text().endswith("\n"))
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == -signal.SIGTERM
    _until(lambda: not Path(f"/proc/{child.read_text().strip()}/stat").exists() or _dead(child))


def _dead(child: Path) -> bool:
    """The process was killed; its new parent may not have reaped it yet."""
    stat = Path(f"/proc/{child.read_text().strip()}/stat").read_text()
    return stat.rpartition(")")[2].split()[0] == "Z"


def _until(condition: Any) -> None:
    assert until(condition, 20)
