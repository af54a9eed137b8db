"""Synthesis refuses a setup step that no host could run, with a traceback into the user's code."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from porter.spec import DeployTime, SetupStep, SpecError
from porter_cdk import PorterHost, Setup
from porter_cdk.tokens import DeployTimeValues


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "My Agent"}, "name: must be lower-case letters"),
        ({"name": "haproxy"}, "name: 'haproxy' is porter's own"),
        ({"command": "./install.sh --quiet"}, "command: must be a list of arguments"),
        ({"command": []}, "command: must be a non-empty list"),
        ({"command": ["./install.sh", 3]}, r"command/1: must be a string, got 3 \(write str"),
        ({"environment": {"PORT": "1"}}, "environment/PORT: is set by porter"),
        ({"environment": {"DEBUG": True}}, "environment/DEBUG: must be a string, got True"),
        ({"timeout_seconds": 0}, "timeout_seconds: must be 1-3600, got 0"),
        ({"timeout_seconds": 3601}, "timeout_seconds: must be 1-3600, got 3601"),
        ({"exclude": "*.log"}, r"exclude: must be a list, got '\*\.log'"),
        ({"source": "nowhere"}, r"source: '/.*/nowhere' is not a folder"),
    ],
)
def test_nonsense_is_refused_with_its_place(change: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        Setup(**{"name": "agent", "command": ["./install.sh"], **change})


def test_two_steps_of_one_name_are_refused() -> None:
    step = Setup("agent", command=["true"])
    with pytest.raises(SpecError, match="setup/1/name: 'agent' is taken by another setup step"):
        PorterHost(cdk.Stack(cdk.App(), "Hello"), "Host", setup=[step, step])


def test_a_source_is_found_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "agent").mkdir()
    monkeypatch.chdir(tmp_path)
    step = Setup("agent", command=["./install.sh"], source="agent")
    monkeypatch.chdir("/")
    assert step.folder == tmp_path / "agent"


def test_tokens_travel_as_deploy_time_values() -> None:
    values = DeployTimeValues()
    token = cdk.Aws.STACK_NAME
    step = Setup("agent", command=["./install.sh", token], environment={"B": "b", "A": token})
    assert step.step(values, "setup/agent/") == SetupStep(
        name="agent",
        command=("./install.sh", DeployTime(index=0)),
        timeout_seconds=300,
        environment={"A": DeployTime(index=0), "B": "b"},
    )
    assert list(values.encoded()) == ["setup/agent/command/1"]
