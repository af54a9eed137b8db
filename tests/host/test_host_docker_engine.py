"""The client of Docker's Engine, and fetching images, with a scripted Engine on a socket."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from porter.errors import PorterError
from porter.host.core.machine import Machine
from porter.host.docker.engine import Engine, EngineDownError, EngineError
from porter.host.docker.fetch import fetch
from porter.host.docker.order import Order
from porter.host.docker.steps import RemoveOld, remove_old
from porter.spec import ContainerWorkload, Image
from tests.host.unix_engine import answer, playing

QUICK = (0.01, 0.01, 0.01)
SERVER_ERROR = "received unexpected HTTP status: 500 Internal Server Error"


@dataclass
class Scripted:
    """What the Engine does: each pull ends with the next of `pulls`, an error or the image."""

    pulls: list[str] = field(default_factory=list)
    images: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def scripted() -> Scripted:
    """An Engine without images, whose registry has none."""
    return Scripted()


@pytest.fixture
def engine(tmp_path: Path, scripted: Scripted) -> Iterator[Engine]:
    """A client of an Engine that does as it is scripted."""

    class Handler(BaseHTTPRequestHandler):
        def address_string(self) -> str:
            return "here"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's
            """Log nothing."""

        def do_GET(self) -> None:
            name = self.path.removeprefix("/images/").removesuffix("/json")
            there = name in scripted.images
            answer(self, 200 if there else 404, {"Id": "1"} if there else {"message": f"no {name}"})

        def do_DELETE(self) -> None:
            scripted.asked.append(f"DELETE {self.path}")
            answer(self, 409, {"message": "image is being used by running container 1"})

        def do_POST(self) -> None:
            scripted.asked.append(self.path)
            error = scripted.pulls.pop(0)
            if not error:
                scripted.images.add("web@sha256:1")
            answer(self, 200, {"error": error} if error else {"status": "Download complete"})

    with playing(tmp_path, Handler) as engine:
        yield engine


def order() -> Order:
    """For a container of the image `web@sha256:1`."""
    container = ContainerWorkload(
        name="web", image=Image(source="registry", reference="web@sha256:1"), port=8000
    )
    return Order(
        unit="porter-web.service", container=container, environments=(), folder="/", region=""
    )


def test_a_registry_that_fails_is_tried_again(
    engine: Engine, scripted: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    scripted.pulls = [SERVER_ERROR, SERVER_ERROR, ""]
    fetch(engine, order(), QUICK)
    assert caplog.text.count(f"image web@sha256:1: {SERVER_ERROR}; again in 0.0 s") == 2
    assert scripted.asked == ["/images/create?fromImage=web%40sha256%3A1"] * 3
    fetch(engine, order(), QUICK)  # it is there: nothing is asked
    assert len(scripted.asked) == 3


def test_a_registry_that_goes_on_failing_is_named(engine: Engine, scripted: Scripted) -> None:
    scripted.pulls = [SERVER_ERROR] * 4
    with pytest.raises(PorterError) as error:
        fetch(engine, order(), QUICK)
    assert str(error.value) == f"image web@sha256:1: cannot be fetched: {SERVER_ERROR}"
    assert scripted.pulls == []


@pytest.mark.parametrize(
    "said",
    [
        "manifest for web@sha256:1 not found: manifest unknown: Requested image not found",
        "pull access denied for web, repository does not exist or may require 'docker login'",
        "Get https://r.example/v2/: no basic auth credentials",
    ],
)
def test_a_missing_image_is_asked_for_once(engine: Engine, scripted: Scripted, said: str) -> None:
    scripted.pulls = [said, ""]
    with pytest.raises(PorterError, match="cannot be fetched"):
        fetch(engine, order(), QUICK)
    assert len(scripted.asked) == 1


def test_the_engines_own_message_is_the_error(engine: Engine) -> None:
    with pytest.raises(EngineError, match=r"docker: no nobody") as error:
        engine.ask("GET", "/images/nobody/json")
    assert error.value.status == 404
    assert engine.found("/images/nobody/json") is None


def test_an_engine_that_does_not_run_is_named_by_its_socket(tmp_path: Path) -> None:
    with pytest.raises(EngineDownError, match=r"docker\.sock: does not answer: .*No such file"):
        Engine(tmp_path / "docker.sock").ask("GET", "/version")


def test_an_engine_that_is_too_slow_is_named_too(tmp_path: Path) -> None:
    """It may be busy with an image: that is no bug of porter's."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(0.6)

    late = r"docker\.sock: does not answer GET /images/web/json within 0\.2 s"
    with playing(tmp_path, Handler) as engine, pytest.raises(EngineDownError, match=late):
        engine.ask("GET", "/images/web/json", seconds=0.2)


def test_an_old_image_that_resists_is_no_failure_and_stays_on_record(
    engine: Engine, scripted: Scripted, tmp_path: Path
) -> None:
    record = tmp_path / "record"
    record.touch()
    scripted.images = {"web@sha256:1"}
    remove_old(engine, RemoveOld("image", "web@sha256:1", record), Machine())
    assert scripted.asked == ["DELETE /images/web@sha256:1"]
    assert record.exists()
    remove_old(engine, RemoveOld("image", "gone@sha256:2", record), Machine())
    assert not record.exists()
