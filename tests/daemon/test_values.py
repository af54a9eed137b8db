"""Values of secrets: which are given as they are, and which AWS is asked for again."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

from porter.aws.clock import now
from porter.daemon.events import Events
from porter.daemon.readings import Reading, keep_readings
from porter.daemon.values import Value, Values, declared
from porter.spec import ContainerWorkload, Encrypted, HostSpec, Image, Porterd, Secret

PASSWORD = Secret(store="secretsmanager", id="hello/password")
BUILT = Secret(
    store="command",
    id="KEY",
    encrypted=Encrypted(ciphertext="YQ==", data_key="YQ==", key="arn:key", stack="Hello"),
)
IMAGE = Image(source="registry", reference="hello:1")
HELD = {"mail": {"PASSWORD": "first"}}


def values_of(folder: Path, learned: list[str] | None = None) -> Values:
    """Return the values of `mail`, which has one secret."""
    learn = [] if learned is None else learned
    secrets = {"mail": {"PASSWORD": PASSWORD}}
    return Values(secrets, HELD, "eu-west-1", Events(folder), learn.append)


def test_a_container_has_only_secrets_in_files() -> None:
    web = ContainerWorkload(name="web", image=IMAGE, secret_files={"PASSWORD": PASSWORD})
    spec = HostSpec(
        schema=1, service="hello", timeout_seconds=60, workloads=(web,), porterd=Porterd()
    )
    assert declared(spec) == {"web": {"PASSWORD": PASSWORD}}


def test_aws_is_not_asked_for_what_a_command_printed_at_synthesis(tmp_path: Path) -> None:
    held = {"mail": {"KEY": "built"}}
    values = Values({"mail": {"KEY": BUILT}}, held, "eu-west-1", Events(tmp_path), print)
    assert values.of("mail", "KEY", 0) == Value(text="built")


def test_a_secret_that_is_not_declared_any_more_is_forgotten(tmp_path: Path) -> None:
    """The next one is kept, and redacted; an apply that fetched another value counts."""
    file = tmp_path / "read.json"
    gone = Reading(owner="sms", name="TOKEN", text="old-token", held="x", read_at=1.0)
    kept = Reading(owner="mail", name="PASSWORD", text="second", held="first", read_at=2.0)
    keep_readings(file, (gone, kept))
    learned: list[str] = []
    values = values_of(tmp_path, learned)
    assert values.open(tmp_path) == {"mail": {"PASSWORD": "second"}}
    assert learned == ["second"]
    assert values.of("mail", "PASSWORD", now()) == Value(text="second", read_at=2.0)
    assert [one["text"] for one in json.loads(file.read_text())] == ["second"]


def test_a_request_gets_what_another_one_has_just_read(tmp_path: Path) -> None:
    """AWS answered the other request after a quarter of a minute."""
    values = values_of(tmp_path)
    values._asked["mail", "PASSWORD"] = time.monotonic() - 15
    lock = values._locks["mail"]
    lock.acquire()
    read = Value(text="second", read_at=now())

    def answered() -> None:
        values._values["mail", "PASSWORD"] = read
        lock.release()

    threading.Timer(0.2, answered).start()
    assert values.of("mail", "PASSWORD", 60) == read
