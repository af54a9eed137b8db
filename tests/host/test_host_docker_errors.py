"""What porter says when Docker's Engine answers oddly, slowly or not at all."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any

import pytest

from porter.errors import PorterError
from porter.host.core.layout import Layout
from porter.host.core.machine import Machine
from porter.host.docker.engine import Engine, EngineDownError, EngineError
from porter.host.docker.fetch import PAUSES, fetch
from porter.host.docker.order import Order
from porter.host.docker.steps import FetchImage, RemoveOld
from porter.spec import ContainerWorkload, Image, dumps
from tests.host.unix_engine import EngineHandler, playing

ID = f"sha256:{'1' * 64}"
TARBALL = Image(source="tarball", reference=ID)


def order(folder: Path, image: Image = TARBALL) -> Order:
    container = ContainerWorkload(name="web", image=image, port=8000)
    return Order(
        unit="porter-web.service",
        container=container,
        environments=(),
        folder=str(folder),
        region="",
    )


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (400, b'{"message": "invalid reference format"}', "invalid reference format"),
        (500, b'{"message": " layer\\n"}', "layer"),
        (502, b"  bad gateway \n", "bad gateway"),
        (500, b"na\xefve", "na\ufffdve"),
        (500, b"", "no reason given"),
        (500, b"[]", "[]"),
        (500, b"{}", "{}"),
    ],
)
def test_a_refusal_is_told_in_the_engines_words(
    tmp_path: Path, status: int, body: bytes, message: str
) -> None:
    class Handler(EngineHandler):
        def get(self) -> None:
            self._head(status, {"Content-Length": str(len(body))})
            self.wfile.write(body)

    with playing(tmp_path, Handler) as engine, pytest.raises(EngineError) as error:
        engine.found("/images/web/json")
    assert (error.value.where, error.value.what) == ("docker", message)
    assert error.value.status == status


@pytest.mark.parametrize("said", [b"SSH-2.0-OpenSSH\r\n\r\n", b""])
def test_what_is_not_the_engine_is_named_with_a_cure(tmp_path: Path, said: bytes) -> None:
    class Handler(EngineHandler):
        def get(self) -> None:
            self.wfile.write(said)
            self.close_connection = True

    with playing(tmp_path, Handler) as engine, pytest.raises(EngineDownError) as error:
        engine.ask("GET", "/version")
    assert error.value.what.startswith("does not answer: ")
    assert error.value.where == str(tmp_path / "run/docker.sock")
    assert error.value.cure


def test_an_engine_that_does_not_run_is_named_by_its_socket(tmp_path: Path) -> None:
    with pytest.raises(EngineDownError, match=r"docker\.sock: does not answer: .*No such file"):
        Engine(tmp_path).ask("GET", "/version")


def test_progress_that_is_not_json_is_no_bug_of_porter(tmp_path: Path) -> None:
    class Handler(EngineHandler):
        def post(self) -> None:
            self.stream([b'{"status": "Pulling"}\n', b"\n", b"<html>\n"])

    with playing(tmp_path, Handler) as engine, pytest.raises(EngineDownError):
        engine.pull("web:1", None, stalled=5)


def test_an_answer_without_a_body_is_none(tmp_path: Path) -> None:
    class Handler(EngineHandler):
        def post(self) -> None:
            self.answer()

    with playing(tmp_path, Handler) as engine:
        assert engine.ask("POST", "/containers/web/start") is None


class Impatient(Engine):
    """An Engine's client that waits for a fifth of a second only."""

    def pull(self, reference: str, account: Mapping[str, str] | None, *, stalled: float) -> None:
        """Pull with that patience."""
        assert stalled >= 30
        super().pull(reference, account, stalled=0.2)


def test_a_pull_without_progress_is_tried_again_after_a_pause(tmp_path: Path) -> None:
    asked: list[float] = []

    class Handler(EngineHandler):
        def post(self) -> None:
            asked.append(time.monotonic())
            self.stream(self.slow())

        @staticmethod
        def slow() -> Iterator[bytes]:
            yield b'{"status": "Pulling"}\n'
            time.sleep(1)

    image = Image(source="registry", reference="web@sha256:1")
    with playing(tmp_path, Handler), pytest.raises(PorterError) as error:
        fetch(Impatient(tmp_path), order(tmp_path, image), (2.0,))
    assert str(error.value) == "image web@sha256:1: cannot be fetched: no progress for a minute"
    first, second = asked
    assert second - first >= 1, "the pause is jittered by a half"


def test_an_outage_of_a_few_seconds_fails_no_pull() -> None:
    """A pause is jittered by a half."""
    assert 5 <= sum(PAUSES) / 2 < 30
    assert sorted(PAUSES) == list(PAUSES)


def test_an_image_in_the_payload_is_loaded(tmp_path: Path) -> None:
    loaded: list[tuple[str, str | None, bytes]] = []

    class Handler(EngineHandler):
        def get(self) -> None:
            self.answer({"Id": "1"}) if loaded else self.refuse(404, "No such image")

        def post(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            loaded.append((self.path, self.headers["Content-Type"], content))
            self.progress({"stream": "Loaded"})

    (tmp_path / "image.tar").write_bytes(b"layers")
    with playing(tmp_path, Handler):
        FetchImage(order(tmp_path)).perform(Machine(Layout(tmp_path)))
    assert loaded == [("/images/load?quiet=1", "application/x-tar", b"layers")]


def test_a_payload_without_its_image_is_an_error_with_the_file(tmp_path: Path) -> None:
    with playing(tmp_path, EngineHandler) as engine, pytest.raises(PorterError) as error:
        fetch(engine, order(tmp_path), ())
    assert str(error.value) == (
        f"image {ID}: cannot be fetched: cannot be read: No such file or directory"
    )


def test_an_attendant_gets_the_reason_in_one_line(tmp_path: Path) -> None:
    """It runs this program, because fetching takes more memory than attending."""
    file = tmp_path / "order.json"
    file.write_text(dumps(order(tmp_path)))
    done = subprocess.run(
        [sys.executable, "-m", "porter.host.docker.fetch", str(file)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    [reason] = done.stderr.splitlines()
    assert reason.startswith(("/run/docker.sock: does not answer: ", f"image {ID}: "))


def test_an_old_container_is_removed_with_its_volumes(tmp_path: Path) -> None:
    removed: list[str] = []

    class Handler(EngineHandler):
        def delete(self) -> None:
            removed.append(self.path)
            self.answer()

    record = tmp_path / "record"
    record.touch()
    with playing(tmp_path, Handler):
        RemoveOld("container", "web-1", record).perform(Machine(Layout(tmp_path)))
        RemoveOld("container", "web-2").perform(Machine(Layout(tmp_path)))
    assert removed == ["/containers/web-1?force=1&v=1", "/containers/web-2?force=1&v=1"]
    assert not record.exists()


@pytest.mark.parametrize(
    ("step", "title", "data"),
    [
        (
            FetchImage(order(Path("/p"))),
            f"fetch image {ID} (tarball)",
            {"step": "fetch-image", "image": ID, "source": "tarball"},
        ),
        (
            RemoveOld("image", "web:1", PurePath("/r")),
            "remove image web:1",
            {"step": "remove-image", "name": "web:1"},
        ),
        (
            RemoveOld("container", "web-1"),
            "remove container web-1",
            {"step": "remove-container", "name": "web-1"},
        ),
    ],
)
def test_a_step_with_docker_is_shown(
    step: FetchImage | RemoveOld, title: str, data: dict[str, Any]
) -> None:
    assert step.title == title
    assert step.as_json() == data
