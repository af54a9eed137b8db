"""Synthesis refuses a process that no host could run, with a traceback into the user's code."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from porter.spec import DeployTime, SpecError
from porter_cdk import Build, PorterService, Process
from porter_cdk.naming import service_name
from porter_cdk.tokens import DeployTimeValues

GOOD: dict[str, Any] = {"command": ["python3", "main.py"], "port": 8000}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"command": "python3 main.py"}, "command: must be a list of arguments"),
        ({"command": []}, "command: must be a non-empty list"),
        ({"command": ["python3", 3]}, r"command/1: must be a string, got 3 \(write str"),
        ({"port": 99999}, "port: must be 1-65535, got 99999"),
        ({"port": "8000"}, "port: must be a whole number"),
        ({"environment": {"PORT": "1"}}, "environment/PORT: is set by porter"),
        ({"environment": {"A B": "1"}}, "environment/A B: is not a name"),
        ({"environment": {"DEBUG": True}}, r"environment/DEBUG: must be a string, got True"),
        ({"check": []}, "check/command: must be a non-empty list"),
        ({"check": "./check"}, "check/command: must be a list of arguments"),
        ({"exclude": "*.log"}, r"exclude: must be a list, got '\*\.log'"),
        ({"source": "nowhere"}, r"source: '/.*/nowhere' is not a folder"),
        ({"environment": ["A=1"]}, r"environment: must be a mapping, got \['A=1'\] \(write \{"),
        (
            {"environment": ["A=1"], "build": Build.from_requirements()},
            "environment: must be a mapping",
        ),
        ({"secrets": ["A"]}, r"secrets: must be a mapping, got \['A'\]"),
    ],
)
def test_nonsense_is_refused_with_its_place(
    change: dict[str, Any], message: str, source: Path
) -> None:
    with pytest.raises(SpecError, match=message):
        Process(**{**GOOD, "source": source, **change})


def test_number_and_list_tokens_are_refused_with_a_cure(source: Path) -> None:
    number = cdk.Token.as_number(cdk.Aws.REGION)
    several = cdk.Token.as_list(cdk.Fn.get_azs())
    tokens = {"A": number, "B": str(number), "C": several[0], "D": cdk.Fn.get_azs()}
    for name, value in list(tokens.items())[:3]:
        with pytest.raises(SpecError, match=f"environment/{name}: .*CloudFormation knows") as error:
            Process(["./main"], source=source, port=1, environment={name: value})
        assert error.value.cure


def test_a_source_is_found_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "service").mkdir()
    monkeypatch.chdir(tmp_path)
    process = Process(["./main"], source="service", port=8000)
    monkeypatch.chdir("/")
    assert process.folder == tmp_path / "service"


def test_the_same_token_travels_once() -> None:
    values = DeployTimeValues()
    region = cdk.Aws.REGION
    assert [values.text("a", region), values.text("b", "x"), values.text("c", region)] == [
        DeployTime(index=0),
        "x",
        DeployTime(index=0),
    ]
    assert list(values.encoded()) == ["a"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("Hello/Service", "hello-service"),
        ("My App/Über_Service", "my-app-ber-service"),
        ("9to5/Web", "s-9to5-web"),
        ("A" * 30 + "/" + "B" * 30, "s8bfe7c-a-" + "b" * 30),
    ],
)
def test_a_service_is_named_after_its_path(path: str, name: str) -> None:
    assert service_name(path) == name


@pytest.mark.parametrize(
    "argument", ["8000", "--port=8000", "0.0.0.0:8000", "exec uvicorn main:app --port 8000"]
)
def test_a_port_in_the_command_is_noted_at_synthesis(
    argument: str, stack: cdk.Stack, source: Path
) -> None:
    """With that port, the first hot apply fails: the old program still has it."""
    run = Process(["uvicorn", argument], source=source, port=8000)
    (note,) = infos(PorterService(stack, "Service", run=run))
    assert f"command: {argument!r} names port 8000." in note
    assert "listen on $PORT" in note


@pytest.mark.parametrize(
    "command",
    [["sh", "-c", "exec uvicorn --port ${PORT:-8000}"], ["limit", "18000"], ["limit", "80001"]],
)
def test_a_command_that_reads_its_port_is_not(
    command: list[str], stack: cdk.Stack, source: Path
) -> None:
    run = Process(command, source=source, port=8000)
    assert infos(PorterService(stack, "Service", run=run)) == []


def infos(service: PorterService) -> list[str]:
    """Return the notes of the synthesis at the service's host."""
    notes = service.host.node.metadata
    return [str(one.data) for one in notes if one.type == "aws:cdk:info"]
