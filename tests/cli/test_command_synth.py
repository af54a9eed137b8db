"""`porter synth` of an app with a secret from a command gives the same release each time."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from porter.rehearsal.cloud.emulator import Emulator
from porter.stacks import preview
from tests.cli.conftest import Run

APP = """\
import sys
import aws_cdk as cdk
from porter_cdk import PorterService, Process, Secret

stack = cdk.Stack(cdk.App(), "Hello")
command = [sys.executable, "-c", "print(open('value').read())"]
token = Secret.from_command(command, key="alias/hello")
run = Process(["python3", "main.py"], source="service", port=8000, secrets={"TOKEN": token})
PorterService(stack, "Service", run=run)
cdk.Stage.of(stack).synth()
"""
VALUE = "printed-by-a-command"
Synth = Callable[[Path], subprocess.CompletedProcess[str]]


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    (folder / "service").mkdir(parents=True)
    (folder / "service/main.py").write_text("print('hello')\n")
    (folder / "app.py").write_text(APP)
    (folder / "value").write_text(VALUE)
    (folder / "cdk.json").write_text(json.dumps({"app": f"{sys.executable} app.py"}))
    return folder


@pytest.fixture
def environment(emulator: Emulator, tmp_path: Path) -> dict[str, str]:
    """Return the environment of CI, with an account's credentials."""
    return {
        "AWS_ENDPOINT_URL": emulator.endpoint,
        "AWS_ACCESS_KEY_ID": "123456789012",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
        "CDK_VALIDATION": "false",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@pytest.fixture
def synth(run: Run, environment: dict[str, str]) -> Synth:
    return lambda folder: run("synth", "--quiet", "--no-notices", cwd=folder, env=environment)


def template(folder: Path) -> str:
    return (folder / "cdk.out/Hello.template.json").read_text()


def test_the_same_output_is_the_same_release_where_the_data_key_is_kept(
    synth: Synth, app: Path, tmp_path: Path
) -> None:
    context = app / "cdk.context.json"
    context.write_text('{\n  "mine": "é"\n}\n', "utf-8")
    first = synth(app)
    assert first.returncode == 0, first.stderr
    assert (
        "cdk.context.json has a new encrypted data key: commit the file"
        in first.stdout + first.stderr
    )
    kept = json.loads(context.read_text("utf-8"))
    assert kept.pop("mine") == "é"
    [name] = kept
    place = "account=123456789012:region=eu-west-1:stack=Hello:key=alias/hello"
    assert name == f"porter:data-key:{place}"

    checkout = shutil.copytree(app, tmp_path / "elsewhere", ignore=lambda *_: ["cdk.out"])
    (checkout / "cdk.context.json").chmod(0o444)
    second = synth(checkout)
    assert second.returncode == 0, second.stderr
    assert "data key" not in second.stdout + second.stderr
    assert template(checkout) == template(app)
    assert (checkout / "cdk.context.json").read_text() == context.read_text()

    (checkout / "value").write_text(f"{VALUE}-rotated")
    third = synth(checkout)
    assert template(checkout) != template(app)
    for done in (first, second, third):
        assert VALUE not in done.stdout + done.stderr
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "value"]
    assert len(written) > 10
    assert [path for path in written if VALUE.encode() in path.read_bytes()] == []


def test_an_assembly_with_such_a_secret_is_refused_by_a_rehearsal(
    run: Run, synth: Synth, app: Path
) -> None:
    assert synth(app).returncode == 0
    done = run("rehearse", "--app", "cdk.out", cwd=app)
    assert done.returncode == 1
    assert "the payload of Hello/Service/Host has a secret from a command" in done.stderr
    assert "rehearse the app instead: porter rehearse, without --app" in done.stderr


def test_the_preview_of_a_deployment_keeps_no_data_key(
    synth: Synth,
    app: Path,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """The preview's output is hidden, so nobody would see the request to commit the key."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(app)
    assert preview.synthesize([], tmp_path / "preview")
    assert not (app / "cdk.context.json").exists()
    deployed = synth(app)
    assert "commit the file" in deployed.stdout + deployed.stderr
    assert (app / "cdk.context.json").exists()
