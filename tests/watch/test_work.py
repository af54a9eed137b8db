"""What `--watch` does with a save, played with a stage that synthesizes nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from porter.errors import PorterError
from porter.rehearsal.cloud.workspace import App
from porter.rehearsal.fleet.failure import RehearsalFailed
from porter.rehearsal.watch.change import Action, Change, Listener
from porter.rehearsal.watch.watch import Watch


class Done(Exception):  # noqa: N818 - it ends `run`
    """The test has seen enough."""


class Stage:
    """A stage whose assembly is one stack with `template`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "rehearsal"
        self.assembly = self.folder / "cdk.out"
        self.assembly.mkdir(parents=True)
        self.emulator = SimpleNamespace(endpoint="http://localhost:1")
        self.stacks: list[Any] = []
        self.calls: list[str] = []
        self.during: Callable[[], object] = lambda: None
        self.verdict: Callable[[], bool] = lambda: True
        self.write("one")

    def write(self, value: str) -> None:
        stack = {
            "type": "aws:cloudformation:stack",
            "environment": "aws://unknown-account/unknown-region",
            "properties": {"templateFile": "Hello.template.json"},
        }
        template = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Name": value}}}
        (self.assembly / "manifest.json").write_text(json.dumps({"artifacts": {"Hello": stack}}))
        (self.assembly / "Hello.template.json").write_text(json.dumps(template))

    def prepare(self, _app: App, _deadline: object) -> None:
        self.calls.append("prepare")

    def synthesize(self, waiting: Callable[[], object]) -> list[Any]:
        self.calls.append("synthesize")
        waiting()
        self.during()
        return []

    def validated(self) -> bool:
        self.calls.append("validated")
        return self.verdict()

    def unload(self) -> None:
        self.calls.append("unload")

    @contextmanager
    def asking(self) -> Iterator[None]:
        yield


class Played:
    """A watched app; `run` ends after `count` changes, or after some seconds without any."""

    def __init__(self, folder: Path) -> None:
        self.app = folder / "app"
        self.app.mkdir()
        for name in ("cdk.json", "notes.txt"):
            (self.app / name).write_text("{}")
        self.stage = Stage(folder)
        self.changes: list[Change] = []
        self.deployments: Callable[[], Any] = lambda: self.report(deployed=True)
        self.looks: Callable[[], object] = lambda: None
        self._count, self._end = 0, 0.0
        fleet = SimpleNamespace(
            serving=list, environments={}, machines=SimpleNamespace(moves_ports=True)
        )
        following = SimpleNamespace(look=self._look, catch_up=lambda: None)
        self.watch = Watch(
            App(folder=self.app),
            cast(Any, self.stage),
            cast(Any, fleet),
            cast(Any, following),
            0.5,
            self._deploy,
            Listener(lambda _line: None, lambda _line: None, self.changes.append),
        )

    def report(self, *, deployed: bool) -> Any:
        return SimpleNamespace(deployed=deployed, services=(), evidence={}, reason="")

    def run(self, count: int, *, deployed: bool = True, seconds: float = 3.0) -> list[Change]:
        self._count, self._end = count, time.monotonic() + seconds
        with pytest.raises(Done):
            self.watch.run(self.report(deployed=deployed))
        return self.changes

    def save(self, name: str, text: str) -> None:
        (self.app / name).write_text(text)

    def _look(self) -> None:
        self.looks()
        if len(self.changes) >= self._count or time.monotonic() > self._end:
            raise Done

    def _deploy(self, _app: App, _deadline: object, _stacks: Sequence[Any]) -> Any:
        self.stage.calls.append("deploy")
        return self.deployments()


@pytest.fixture
def played(tmp_path: Path) -> Played:
    return Played(tmp_path)


def test_a_file_saved_during_the_first_deployment_is_seen(played: Played) -> None:
    played.save("cdk.json", '{"a": 1}')
    [change] = played.run(1)
    assert (change.saved, change.action, change.ok) == (("cdk.json",), Action.NOTHING, True)
    assert played.stage.calls[-1] == "unload"


def test_the_templates_are_validated_before_they_are_deployed(played: Played) -> None:
    played.save("cdk.json", '{"a": 1}')
    played.stage.during = lambda: played.stage.write("two")
    [change] = played.run(1)
    assert (change.action, change.ok) == (Action.DEPLOYMENT, True)
    assert played.stage.calls.index("validated") < played.stage.calls.index("deploy")


def test_what_the_validator_refuses_is_not_deployed(played: Played) -> None:
    def refuses() -> bool:
        raise RehearsalFailed("cdk synth failed")

    played.save("cdk.json", '{"a": 1}')
    played.stage.during = lambda: played.stage.write("two")
    played.stage.verdict = refuses
    [change] = played.run(1)
    assert (change.action, change.reason) == (Action.SYNTHESIS, "cdk synth failed")
    assert "deploy" not in played.stage.calls


def test_a_validator_that_does_not_end_meets_the_deadline(played: Played) -> None:
    played.save("cdk.json", '{"a": 1}')
    played.stage.verdict = lambda: False
    [change] = played.run(1, seconds=20)
    assert "not finished after 0.5 s" in change.reason


def test_an_app_that_writes_a_file_and_fails_is_not_synthesized_for_ever(played: Played) -> None:
    numbers = iter(range(1000))

    def fails() -> None:
        played.save("notes.txt", str(next(numbers)))
        raise RehearsalFailed("cdk synth failed")

    played.save("cdk.json", '{"a": 1}')
    played.stage.during = fails
    played.run(10)
    assert played.stage.calls.count("synthesize") == 2


def test_an_error_of_this_computer_during_a_deployment_is_a_failed_deployment(
    played: Played,
) -> None:
    def broken() -> None:
        raise PorterError("no free port")

    played.save("cdk.json", '{"a": 1}')
    played.stage.during = lambda: played.stage.write("two")
    played.deployments = broken
    [change] = played.run(1)
    assert (change.action, change.ok) == (Action.DEPLOYMENT, False)
    assert "no free port" in change.reason


def test_after_a_failed_deployment_the_next_save_is_deployed(played: Played) -> None:
    """Even if it undoes the change: one of several stacks may have kept it."""
    reports = iter([played.report(deployed=False), played.report(deployed=True)])

    def deploys() -> object:
        played.save("cdk.json", '{"b": 1}')
        played.stage.during = lambda: played.stage.write("one")
        return next(reports)

    played.save("cdk.json", '{"a": 1}')
    played.stage.during = lambda: played.stage.write("two")
    played.deployments = deploys
    _, change = played.run(2)
    assert (change.action, change.why) == (Action.DEPLOYMENT, "the last deployment failed")
