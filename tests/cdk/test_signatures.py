"""Constructs show every argument, and refuse a misspelt one at synthesis."""

import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from porter.spec import SpecError
from porter_cdk import PorterHost, PorterService, Process
from porter_cdk.host_props import DEFAULTS, HostProps

ROOT = Path(__file__).parents[2]
PROGRAM = """\
import aws_cdk as cdk
from porter_cdk import Build, PorterHost, PorterService, Process

stack = cdk.Stack(cdk.App(), "Hello")
run = Process(["true"], source=".", port=8000)
PorterService(stack, "A", run=run, min_capacity=2, vpc=None)
PorterHost(stack, "B", min_capacity=2, vpc=None)
PorterService(stack, "C", run=run, min_capacty=2)
PorterHost(stack, "D", min_capacty=2)
PorterHost(stack, "E", min_capacity="2")
PorterHost(stack, "F", python="3.12")
PorterHost(stack, "G", pyton="3.12")
PorterHost(stack, "H", python="3.10")
Process(["true"], source=".", build=Build.from_requirements())
Process(["true"], source=".", build=Build.from_commands([["make", "dist"]], inputs=["*.c"]))
Process(["true"], source=".", build="make")
Process(["true"], source=".", build=Build.from_commands(["make", 3]))
Process(["true"], source=".", build=Build.from_package_lock("package-lock.json"))
"""
WRONG_LINES = [8, 9, 10, 12, 13, 16, 17, 18]

# Reading aws_cdk takes mypy a minute, and no argument's name depends on it; `make lint` reads it.
MYPY = f"""\
[mypy]
strict = true
mypy_path = {ROOT}:{ROOT / "constructs"}
follow_imports = silent
[mypy-aws_cdk.*,boto3.*,botocore.*,constructs.*,jsii.*]
follow_imports = skip
ignore_missing_imports = true
"""


@pytest.mark.parametrize("construct", [PorterHost, PorterService])
def test_a_signature_names_every_host_property_with_its_type_and_default(construct: type) -> None:
    parameters = inspect.signature(construct).parameters
    assert set(HostProps.__annotations__) < set(parameters)
    assert parameters["min_capacity"].default == DEFAULTS["min_capacity"] == 1
    assert parameters["min_capacity"].annotation is int
    assert parameters["vpc"].default is None
    assert parameters["vpc"].annotation == ec2.IVpc | None
    assert parameters["python"].default is None
    assert parameters["python"].annotation == Literal["3.11", "3.12", "3.13", "3.14"] | None
    assert all(one.kind is not inspect.Parameter.VAR_KEYWORD for one in parameters.values())


def test_a_services_signature_has_its_own_arguments_too() -> None:
    parameters = inspect.signature(PorterService).parameters
    assert parameters["run"].default is inspect.Parameter.empty
    assert parameters["drain_seconds"].default == 30


def test_a_subclass_shows_its_own_arguments() -> None:
    class Wrapped(PorterService):
        def __init__(self, scope: Construct, id: str, *, team: str) -> None:  # noqa: A002
            """Create a wrapped service."""

    assert list(inspect.signature(Wrapped).parameters) == ["scope", "id", "team"]


@pytest.mark.parametrize("construct", [PorterHost, PorterService])
def test_help_explains_every_argument(construct: type) -> None:
    lines = str(construct.__init__.__doc__).splitlines()  # type: ignore[misc]
    own = set(inspect.signature(construct).parameters) - {"scope", "id"}
    explained = {line.partition(":")[0] for line in lines if ": " in line}
    assert own <= explained


def test_every_host_property_has_a_text_that_an_ide_shows() -> None:
    """An IDE shows the string below a key of a `TypedDict`."""
    text = str(PorterHost.__init__.__doc__)
    assert [key for key in HostProps.__annotations__ if f"\n{key}: " not in text] == []


@pytest.mark.parametrize("construct", [PorterHost, PorterService])
def test_a_misspelt_argument_is_a_type_error_that_names_the_right_one(
    construct: Any, stack: cdk.Stack, run: Process
) -> None:
    given = {"run": run} if construct is PorterService else {}
    with pytest.raises(TypeError, match=r"'min_capacty'\. Did you mean 'min_capacity'\?"):
        construct(stack, "Service", min_capacty=2, **given)
    with pytest.raises(TypeError, match=r"unexpected keyword argument 'zzz'$"):
        construct(stack, "Service", zzz=2, **given)
    assert stack.node.children == []


def test_the_cdk_still_takes_a_host_where_it_wants_an_interface(stack: cdk.Stack) -> None:
    """The jsii runtime checks each argument against the interfaces that its class declares."""
    host = PorterHost(stack, "Host")
    key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    table = dynamodb.Table(stack, "Table", partition_key=key)
    assert table.grant_read_data(host).principal_statements
    host.connections.allow_to(host, ec2.Port.tcp(5432))
    with pytest.raises((TypeError, RuntimeError)):
        table.grant_read_data(Construct(stack, "Other"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            {"health_check": "/health"},
            r"health_check: must be HealthCheck or None, got '/health' \(pass HealthCheck\(\"/h",
        ),
        ({"run": ["main.py"]}, r"run: must be Process or Container, got \['main.py'\] \(pass Pr"),
        ({"tls": True}, "tls: must be Tls or None, got True"),
        ({"workers": {"mail": "m.py"}}, "workers/mail: must be Process or Container, got 'm.py'"),
        ({"vpc": "vpc-1"}, r"vpc: must be IVpc or None, got 'vpc-1' \(pass ec2.Vpc.from_lookup"),
        ({"machine_image": "ami-1"}, "machine_image: must be IMachineImage or None, got 'ami-1'"),
        (
            {"domain_name": "a.example.com", "domain_zone": "example.com"},
            "domain_zone: must be IHostedZone or None, got 'example.com'",
        ),
        ({"min_capacity": "2"}, "min_capacity: must be a whole number, got '2'"),
        ({"max_capacity": 2.5}, "max_capacity: must be a whole number, got 2.5"),
        ({"min_healthy": True}, "min_healthy: must be a whole number, got True"),
        ({"workers": ["mail.py"]}, r"workers: must be Mapping or None, got \['mail.py"),
        ({"packages": "nginx"}, "packages: must be Sequence or None, got 'nginx'"),
        ({"setup": ["make"]}, "setup/0: must be Setup, got 'make'"),
        ({"timeout": 900}, "timeout: must be Duration or None, got 900"),
    ],
)
def test_a_value_of_another_type_is_refused_where_it_was_written(
    stack: cdk.Stack, run: Process, given: dict[str, Any], told: str
) -> None:
    with pytest.raises(SpecError, match=told):
        PorterService(stack, "Service", **{"run": run, **given})


def test_mypy_refuses_a_misspelt_argument_and_names_the_right_one(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(PROGRAM)
    (tmp_path / "mypy.ini").write_text(MYPY)
    done = _run(tmp_path, "mypy", "--config-file=mypy.ini", "--cache-dir=cache", "app.py")
    errors = [line for line in done.stdout.splitlines() if ": error: " in line]
    assert [int(line.split(":")[1]) for line in errors] == WRONG_LINES, done.stdout
    assert all('did you mean "min_capacity"' in line for line in errors[:2])
    assert 'did you mean "python"' in errors[3]


def test_pyright_refuses_a_misspelt_argument(tmp_path: Path) -> None:
    """The error names the misspelt argument, without a suggestion."""
    (tmp_path / "app.py").write_text(PROGRAM)
    paths = {"extraPaths": [str(ROOT), str(ROOT / "constructs")]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(paths))
    python = f"--pythonpath={sys.executable}"
    done = _run(tmp_path, "basedpyright", python, "--outputjson", "--level=error", "app.py")
    errors = json.loads(done.stdout)["generalDiagnostics"]
    assert [error["range"]["start"]["line"] + 1 for error in errors] == WRONG_LINES, done.stdout
    assert all('No parameter named "min_capacty"' in error["message"] for error in errors[:2])
    assert 'No parameter named "pyton"' in errors[3]["message"]


def _run(folder: Path, tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", tool, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
    )
