"""The client of Docker's Engine, and fetching images, with a scripted Engine on a socket."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from porter.errors import PorterError
from porter.host.core.layout import Layout
from porter.host.core.machine import Machine
from porter.host.core.view import View
from porter.host.docker.engine import Engine, EngineDownError, EngineError
from porter.host.docker.fetch import fetch
from porter.host.docker.inspection import images_of
from porter.host.docker.order import Order
from porter.host.docker.steps import RemoveOld
from porter.spec import ContainerWorkload, Image
from tests.daemon.loopback import Handler, Server, running
from tests.host.unix_engine import EngineHandler, playing

QUICK = (0.01, 0.01, 0.01)
REGISTRY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
SERVER_ERROR = "received unexpected HTTP status: 500 Internal Server Error"
REFUSED = "Get https://r.example/v2/: no basic auth credentials"
MISSING = "manifest for web@sha256:1 not found: manifest unknown: Requested image not found"
UNKNOWN = "the registry does not know this name"
DENIED = "pull access denied for web, repository does not exist or may require 'docker login'"
PROGRESS = {"status": "Pulling fs layer", "progressDetail": {}, "id": "1"}


@dataclass
class Scripted:
    """What the Engine does: each pull ends with the next of `pulls`, an error or the image.

    With `late`, errors come after the first progress; with `forgets`, no image stays. `accounts`
    are those that pulls brought.
    """

    pulls: list[str] = field(default_factory=list)
    late: bool = False
    forgets: bool = False
    images: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    accounts: list[Any] = field(default_factory=list)


@pytest.fixture
def scripted() -> Scripted:
    """An Engine without images, whose registry is empty."""
    return Scripted()


@pytest.fixture
def engine(tmp_path: Path, scripted: Scripted) -> Iterator[Engine]:
    """A client of the scripted Engine."""

    class Handler(EngineHandler):
        def get(self) -> None:
            name = self.path.removeprefix("/images/").removesuffix("/json")
            if not self.path.endswith("/json"):
                self.refuse(404, "page not found")
            elif name in scripted.images and not scripted.forgets:
                self.answer({"Id": "1"})
            else:
                self.refuse(404, f"No such image: {name}")

        def delete(self) -> None:
            scripted.asked.append(f"DELETE {self.path}")
            self.refuse(409, "image is being used by running container 1")

        def post(self) -> None:
            scripted.asked.append(self.path)
            scripted.accounts.append(account(self.headers.get("X-Registry-Auth")))
            error = scripted.pulls.pop(0)
            if error and not scripted.late:
                self.refuse(404 if error in (MISSING, DENIED, UNKNOWN) else 500, error)
            elif error:
                self.progress(PROGRESS, {"errorDetail": {"message": error}, "error": error})
            else:
                scripted.images.add(unquote(self.path.partition("=")[2]))
                self.progress(PROGRESS, {"status": "Download complete", "id": "1"})

    with playing(tmp_path, Handler) as engine:
        yield engine


def account(header: str | None) -> Any:
    """Return the account in `header`: base64url of JSON. For another header it is None.

    The Engine then asks the registry without an account ("Authentication" in its API).
    """
    if not header or re.search(r"[^A-Za-z0-9_=-]", header):
        return None
    found = json.loads(base64.urlsafe_b64decode(header))
    return found if {"username", "password"} <= set(found) else None


def order() -> Order:
    """Return an order for a container of the image `web@sha256:1`."""
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
    fetch(engine, order(), QUICK)  # the image is there, so the client sends no request
    assert len(scripted.asked) == 3


def test_a_registry_that_goes_on_failing_is_named(engine: Engine, scripted: Scripted) -> None:
    scripted.pulls = [SERVER_ERROR] * 4
    with pytest.raises(PorterError) as error:
        fetch(engine, order(), QUICK)
    assert str(error.value) == f"image web@sha256:1: cannot be fetched: {SERVER_ERROR}"
    assert scripted.pulls == []


@pytest.mark.parametrize(
    ("said", "late"),
    [(MISSING, False), (MISSING, True), (UNKNOWN, False), (DENIED, False), (REFUSED, False)],
)
def test_a_missing_image_is_asked_for_once(
    engine: Engine, scripted: Scripted, said: str, *, late: bool
) -> None:
    scripted.pulls, scripted.late = [said, ""], late
    with pytest.raises(PorterError, match="cannot be fetched"):
        fetch(engine, order(), QUICK)
    assert len(scripted.asked) == 1
    assert scripted.accounts == [None]


def test_a_pull_that_breaks_off_after_its_first_layer_is_tried_again(
    engine: Engine, scripted: Scripted
) -> None:
    scripted.pulls, scripted.late = [SERVER_ERROR, ""], True
    fetch(engine, order(), QUICK)
    assert len(scripted.asked) == 2


def test_an_account_reaches_the_engine_whatever_its_password(
    engine: Engine, scripted: Scripted
) -> None:
    """base64url encodes these bytes with other letters than base64."""
    given = {"username": "AWS", "password": "~~~~~?????"}
    assert set("+/") <= set(base64.b64encode(json.dumps(given).encode()).decode())
    scripted.pulls = [""]
    engine.pull("web@sha256:1", given, stalled=5)
    assert scripted.accounts == [given]


class Ecr(Handler):
    """ECR's GetAuthorizationToken: `user:password` in base64 (Amazon ECR API reference)."""

    def do_POST(self) -> None:  # noqa: N802 - the base's
        """Send the next token."""
        assert self.headers["X-Amz-Target"].endswith(".GetAuthorizationToken")
        self.rfile.read(int(self.headers["Content-Length"]))
        token = base64.b64encode(b"AWS:given").decode()
        said = {"authorizationData": [{"authorizationToken": token}]}
        self.answer(200, json.dumps(said).encode())


def test_ecr_may_deny_a_new_role_at_first(
    engine: Engine, scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Engine answers 404 to a denial as well."""
    server = Server(Ecr)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    image = Image(source="ecr", reference=f"{REGISTRY}/web@sha256:1")
    container = ContainerWorkload(name="web", image=image, port=8000)
    scripted.pulls = [DENIED, ""]
    with running(server):
        fetch(engine, replace(order(), container=container), QUICK)
    assert scripted.accounts == [{"username": "AWS", "password": "given"}] * 2


def test_what_docker_has_is_not_fetched_again(
    engine: Engine, scripted: Scripted, tmp_path: Path
) -> None:
    assert engine.is_there
    here, missing = (Image(source="registry", reference=f"web@sha256:{one}") for one in "12")
    scripted.images = {"web@sha256:1"}
    assert images_of(View(Layout(tmp_path)), (here, missing)) == {here}
    assert images_of(View(Layout(tmp_path / "no-docker")), (here, missing)) == set()


def test_the_engines_own_message_is_the_error(engine: Engine) -> None:
    with pytest.raises(EngineError, match=r"docker: No such image: nobody") as error:
        engine.ask("GET", "/images/nobody/json")
    assert error.value.status == 404
    assert engine.found("/images/nobody/json") is None


def test_an_engine_that_is_too_slow_is_named_too(tmp_path: Path) -> None:
    """The Engine may be busy with an image; that is not a bug of porter."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(0.6)

    late = r"docker\.sock: does not answer GET /images/web/json within 0\.2 s"
    with playing(tmp_path, Handler) as engine, pytest.raises(EngineDownError, match=late):
        engine.ask("GET", "/images/web/json", seconds=0.2)


def test_a_pull_after_which_the_image_is_still_missing_is_an_error(
    engine: Engine, scripted: Scripted
) -> None:
    scripted.pulls = [""]
    scripted.forgets = True
    with pytest.raises(PorterError, match="image web@sha256:1: Docker does not have it after"):
        fetch(engine, order(), QUICK)


@pytest.mark.usefixtures("engine")
def test_an_old_image_that_resists_is_no_failure_and_stays_on_record(
    scripted: Scripted, tmp_path: Path
) -> None:
    machine, record = Machine(Layout(tmp_path)), tmp_path / "record"
    record.touch()
    scripted.images = {"web@sha256:1"}
    RemoveOld("image", "web@sha256:1", record).perform(machine)
    assert scripted.asked == ["DELETE /images/web@sha256:1"]
    assert record.exists()
    RemoveOld("image", "gone@sha256:2", record).perform(machine)
    assert not record.exists()
