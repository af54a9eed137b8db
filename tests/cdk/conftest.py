"""Fixtures of the construct tests: one node process, and an imitation of CloudFormation."""

import base64
import hashlib
import io
import json
import os
import re
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from porter.spec import AssetLocation
from porter.spec.synthesis import REHEARSED_PROCESSOR

os.environ["CDK_VALIDATION"] = "false"  # 4 seconds per process; `cdk synth` itself has it on

import porter_cdk  # isort: skip  (first: it chooses the node that aws_cdk starts)
import aws_cdk as cdk
from aws_cdk.assertions import Template

from porter.packing import cache

HANDLE_URL = "https://cloudformation-waitcondition.invalid/a%3Ab?X-Amz-Signature=c%2Fd&Expires=1"
DEPLOYED = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/Hello/0",
    "AWS::URLSuffix": "amazonaws.com",
}


@dataclass(frozen=True)
class DeployedHost:
    """One host of a stack: its user data, and the uploaded assets."""

    user_data: str
    config: dict[str, Any]
    assets: dict[str, Path]
    """Object key to file, for everything that the stack uploads."""

    def deployment_json(self) -> str:
        """Return the deployment that cloud-init writes for the bootstrap and porter."""
        (file,) = self.config["write_files"]
        return str(file["content"])

    def fetch(self, location: AssetLocation) -> bytes:
        """Return the object at `location`, verified as the bootstrap verifies it."""
        content = self.assets[location.key].read_bytes()
        assert hashlib.sha256(content).hexdigest() == location.sha256
        return content


def evaluate(expression: Any, refs: dict[str, str]) -> Any:  # noqa: PLR0911 - one per function
    """Evaluate an intrinsic function as CloudFormation does; an unknown reference is its name."""
    match expression:
        case {"Ref": name}:
            return refs.get(name, DEPLOYED.get(name, f"<{name}>"))
        case {"Fn::GetAtt": [name, attribute]}:
            return refs.get(f"{name}.{attribute}", f'<"{name}.{attribute}">')
        case {"Fn::ImportValue": name}:
            return f"<{name}>"
        case {"Fn::Select": [int(number), [*parts]]}:
            return evaluate(parts[number], refs)
        case {"Fn::Join": [separator, parts]}:
            return separator.join(evaluate(part, refs) for part in parts)
        case {"Fn::Base64": inner}:
            return base64.b64encode(evaluate(inner, refs).encode()).decode()
        case {"Fn::Sub": text}:
            return re.sub(r"\$\{(.*?)\}", lambda found: DEPLOYED[found[1]], text)
        case _:
            assert isinstance(expression, str), expression
            return expression


def template_of(stack: cdk.Stack) -> dict[str, Any]:
    return Template.from_stack(stack).to_json()


def deployed_hosts(stack: cdk.Stack, **refs: str) -> list[DeployedHost]:
    """Return every launch template of `stack`, with its user data resolved and its assets."""
    resources = template_of(stack)["Resources"]
    handles = {
        name: HANDLE_URL
        for name, resource in resources.items()
        if resource["Type"] == "AWS::CloudFormation::WaitConditionHandle"
    }
    hosts = []
    for resource in resources.values():
        if resource["Type"] == "AWS::EC2::LaunchTemplate":
            data = resource["Properties"]["LaunchTemplateData"]["UserData"]
            text = base64.b64decode(evaluate(data, handles | refs)).decode()
            hosts.append(DeployedHost(text, json.loads(text.split("\n", 1)[1]), uploads(stack)))
    return hosts


def uploads(stack: cdk.Stack) -> dict[str, Path]:
    """Return object key to file, from the manifest that the cdk CLI uploads by."""
    folder = Path(cdk.Stage.of(stack).outdir)
    manifest = json.loads((folder / f"{stack.artifact_id}.assets.json").read_text())
    return {
        destination["objectKey"]: folder / file["source"]["path"]
        for file in manifest["files"].values()
        for destination in file["destinations"].values()
    }


def unpacked(archive: bytes) -> dict[str, bytes]:
    """Return name to content of every file in an archive."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        files = [member for member in tar if member.isfile()]
        return {member.name: tar.extractfile(member).read() for member in files}  # type: ignore[union-attr]


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service's folder."""
    folder = tmp_path_factory.mktemp("app") / "service"
    folder.mkdir()
    (folder / "main.py").write_text("print('hello')\n")
    return folder


@pytest.fixture
def run(source: Path) -> porter_cdk.Process:
    """The smallest process that a service can run."""
    return porter_cdk.Process(["python3", "main.py"], source=source, port=8000)


@pytest.fixture
def stack() -> cdk.Stack:
    """An empty stack."""
    return cdk.Stack(cdk.App(), "Hello")


@pytest.fixture(scope="session")
def hello(source: Path) -> cdk.Stack:
    """The stack of the README's ten lines."""
    stack = cdk.Stack(cdk.App(), "Hello")
    porter_cdk.PorterService(
        stack,
        "Service",
        run=porter_cdk.Process(["python3", "main.py"], source=source, port=8000),
        health_check=porter_cdk.HealthCheck("/health"),
    )
    return stack


@pytest.fixture(scope="session")
def template(hello: cdk.Stack) -> dict[str, Any]:
    return template_of(hello)


@pytest.fixture(scope="session", name="deployed_hosts")
def _deployed_hosts() -> Callable[..., list[DeployedHost]]:
    return deployed_hosts


@pytest.fixture(scope="session", name="template_of")
def _template_of() -> Callable[[cdk.Stack], dict[str, Any]]:
    return template_of


@pytest.fixture(scope="session", name="unpacked")
def _unpacked() -> Callable[[bytes], dict[str, bytes]]:
    return unpacked


@pytest.fixture
def build_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache of builds, which the test leaves unlocked; `$COUNT` counts commands."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COUNT", str(tmp_path / "count"))
    monkeypatch.delenv(REHEARSED_PROCESSOR, raising=False)
    before = dict(cache._held)
    yield tmp_path / "cache" / "porter" / "builds"
    for key in cache._held.keys() - before.keys():
        os.close(cache._held.pop(key))


@pytest.fixture
def buildable(tmp_path: Path) -> Path:
    """A folder with the files of a program."""
    folder = tmp_path / "service"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "main.txt").write_text("source")
    (folder / "list.txt").write_text("1")
    (folder / "readme").write_text("read me")
    return folder
