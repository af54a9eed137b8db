"""The pipelines of `porter init --ci` are valid, and their commands work as written."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from porter.cli.scaffold import PIPELINES, create_app

GOCD_KEYS = {
    "": {"format_version", "pipelines"},
    "pipeline": {
        "group", "label_template", "lock_behavior", "timer", "environment_variables", "parameters",
        "materials", "stages",
    },
    "material": {"git", "branch", "includes", "ignore", "shallow_clone"},
    "stage": {"fetch_materials", "clean_workspace", "approval", "jobs"},
    "job": {"timeout", "run_instances", "resources", "artifacts", "environment_variables", "tasks"},
    "exec": {"command", "arguments", "working_directory", "run_if"},
    "fetch": {"pipeline", "stage", "job", "source", "destination", "is_file"},
    "build": {"source", "destination"},
}  # fmt: skip
"""Keys that GoCD knows; it ignores misspelt keys. https://github.com/tomzo/gocd-yaml-config-plugin#format"""


def _pipeline(folder: Path, ci: str) -> Any:
    create_app(folder, ci=ci)
    return yaml.safe_load((folder / PIPELINES[ci]).read_text())


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An app with a GitHub pipeline."""
    folder = tmp_path_factory.mktemp("pipelines") / "hello"
    create_app(folder, ci="github")
    return folder


def _run_steps(app: Path, job: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the commands of a job of the GitHub pipeline as GitHub does, in one script each."""
    workflow = yaml.safe_load((app / PIPELINES["github"]).read_text())
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PIP_NO_INDEX": "1", **variables}
    for step in workflow["jobs"][job]["steps"]:
        if "run" in step:
            done = subprocess.run(
                ["bash", "-e", "-c", step["run"]],
                cwd=app,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=240,
                check=False,
            )
            if done.returncode:
                break
    return done


def test_the_github_workflow_is_valid(app: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    command += ["vendor.github-workflows", str(app / PIPELINES["github"])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_action_is_pinned_to_a_commit(app: Path) -> None:
    """A tag of a stolen action can move to another commit, and would run with the AWS role."""
    lines = (app / PIPELINES["github"]).read_text().splitlines()
    uses = [line.partition("uses: ")[2] for line in lines if "uses: " in line]
    assert len(uses) == 7
    for action in uses:
        assert re.fullmatch(r"[a-z-]+/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)


@pytest.fixture(scope="module")
def built(app: Path) -> subprocess.CompletedProcess[str]:
    """The result of the build job, whose assembly the deploy job uses."""
    return _run_steps(app, "build")


def test_the_build_job_builds_tests_and_rehearses(
    app: Path, built: subprocess.CompletedProcess[str]
) -> None:
    assert built.returncode == 0, built.stdout + built.stderr
    assert (app / "cdk.out" / "manifest.json").is_file()


IDENTITY = (
    b"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/test"
    b"</Arn><UserId>AIDATEST</UserId><Account>123456789012</Account></GetCallerIdentityResult>"
    b"</GetCallerIdentityResponse>"
)
REFUSAL = (
    b"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>"
    b"<Message>the test says no</Message></Error></ErrorResponse>"
)
JSON_REFUSAL = b'{"__type": "AccessDeniedException", "message": "the test says no"}'


class Refusing(BaseHTTPRequestHandler):
    """An AWS that answers GetCallerIdentity, refuses all other calls, and records the callers."""

    def do_POST(self) -> None:
        """Answer one call in the protocol of the caller, query or JSON."""
        request = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(self.headers["Authorization"])
        known = b"Action=GetCallerIdentity" in request
        body = IDENTITY if known else JSON_REFUSAL if "X-Amz-Target" in self.headers else REFUSAL
        self.send_response(200 if known else 403)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def refusing_aws() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.usefixtures("built")
def test_the_deploy_job_takes_the_assembly_to_aws(
    app: Path, refusing_aws: ThreadingHTTPServer
) -> None:
    """AWS refuses the call, so the command, the assembly and the keys were used."""
    done = _run_steps(
        app,
        "deploy",
        AWS_ENDPOINT_URL=f"http://127.0.0.1:{refusing_aws.server_port}",
        AWS_REGION="eu-west-1",
        AWS_ACCESS_KEY_ID="AKIDOFTHISTEST",
        AWS_SECRET_ACCESS_KEY="secret",  # noqa: S106 - a made-up one
    )
    assert done.returncode == 1
    assert "the test says no" in done.stdout + done.stderr
    assert any("eu-west-1/cloudformation/" in signature for signature in refusing_aws.asked)
    assert all("AKIDOFTHISTEST" in signature for signature in refusing_aws.asked)


def test_the_gocd_pipeline_uses_only_keys_that_gocd_knows(tmp_path: Path) -> None:
    config = _pipeline(tmp_path / "my-shop", "gocd")
    assert config.keys() == GOCD_KEYS[""]
    assert config["format_version"] == 10
    (pipeline,) = config["pipelines"].values()
    _allow("pipeline", pipeline)
    for material in pipeline["materials"].values():
        _allow("material", material)
    for stage in pipeline["stages"]:
        (body,) = stage.values()
        _allow("stage", body)
        for job in body["jobs"].values():
            _allow("job", job)
            for item in [*job["tasks"], *job.get("artifacts", [])]:
                ((kind, keys),) = item.items()
                _allow(kind, keys)


def _allow(kind: str, keys: dict[str, Any]) -> None:
    assert keys.keys() <= GOCD_KEYS[kind], kind


def test_the_gocd_pipeline_is_named_after_the_stack(tmp_path: Path) -> None:
    assert list(_pipeline(tmp_path / "my-shop", "gocd")["pipelines"]) == ["MyShop"]


def test_both_pipelines_run_the_same_commands(tmp_path: Path) -> None:
    """So every test of one pipeline is valid for the other."""
    github = _pipeline(tmp_path / "github", "github")
    gocd = _pipeline(tmp_path / "gocd", "gocd")
    (pipeline,) = gocd["pipelines"].values()
    for stage in pipeline["stages"]:
        ((job, body),) = stage.items()
        tasks = [task["exec"] for task in body["jobs"][job]["tasks"] if "exec" in task]
        commands = [" ".join([task["command"], *task["arguments"]]) for task in tasks]
        assert commands[0] == "python3 -m venv .venv"
        steps = [step["run"] for step in github["jobs"][job]["steps"] if "run" in step]
        assert [command.removeprefix(".venv/bin/") for command in commands[1:]] == steps
