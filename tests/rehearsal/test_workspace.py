"""The folder in which the cdk CLI runs, and what the CLI leaves in the user's: nothing."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from porter import toolchain
from porter.errors import PorterError
from porter.rehearsal.cloud import cdk
from porter.rehearsal.cloud.assembly import Environment, missing
from porter.rehearsal.cloud.emulator import Emulator
from porter.rehearsal.cloud.environment import app_environment
from porter.rehearsal.cloud.workspace import App, Workspace

MONOREPO = """\
import sys
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from porter_cdk import PorterService, Process

app = cdk.App()
stack = cdk.Stack(app, app.node.get_context("name"))
run = Process(["node", "server.js"], source="../backend", port=8000)
PorterService(stack, "Service", run=run)
place = cdk.Environment(account="123456789012", region="eu-west-1")
existing = cdk.Stack(app, "Existing", env=place)
ec2.Vpc.from_lookup(existing, "Vpc", vpc_id="vpc-1")
Path(sys.argv[1]).write_text(f"{Path.cwd()} {app.node.try_get_context('color')}")
app.synth()
"""
DATA_KEY = "porter:data-key:account=1:stack=A"


def _made(folder: Path, **files: object) -> Path:
    folder.mkdir()
    for name, content in files.items():
        (folder / f"{name}.json".replace("_", ".")).write_text(json.dumps(content), "utf-8")
    return folder


def _read(path: Path) -> object:
    return json.loads(path.read_text("utf-8"))


def test_the_settings_keep_to_the_rehearsal_and_the_users_are_unchanged(tmp_path: Path) -> None:
    settings = {"app": "python3 app.py", "profile": "production", "context": {"a": 1}}
    app = _made(tmp_path / "my app", cdk=settings)
    Workspace(tmp_path / "workspace", App(folder=app))
    assert _read(tmp_path / "workspace/cdk.json") == {
        "app": f"cd '{app}' && python3 app.py",
        "context": {"a": 1},
    }
    assert _read(app / "cdk.json") == settings


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_cdk_json_that_is_no_object_is_named(tmp_path: Path, text: str) -> None:
    app = _made(tmp_path / "app")
    (app / "cdk.json").write_text(text, "utf-8")
    with pytest.raises(PorterError, match=r"cdk\.json: .*JSON"):
        Workspace(tmp_path / "workspace", App(folder=app))


def test_the_context_has_no_data_keys_of_the_real_kms_and_takes_answers(tmp_path: Path) -> None:
    context = {DATA_KEY: "YQ==", "availability-zones:x": ["a"]}
    app = _made(tmp_path / "app", cdk={}, cdk_context=context)
    workspace = Workspace(tmp_path / "workspace", App(folder=app))
    workspace.answer({"hosted-zone:y": {"Id": "Z1"}})
    assert _read(workspace.folder / "cdk.context.json") == {
        "availability-zones:x": ["a"],
        "hosted-zone:y": {"Id": "Z1"},
    }
    assert _read(app / "cdk.context.json") == context


def test_linked_settings_are_copied_and_the_users_are_unchanged(tmp_path: Path) -> None:
    shared = _made(tmp_path / "shared", cdk={"profile": "mine"}, cdk_context={DATA_KEY: "YQ=="})
    app = _made(tmp_path / "app")
    for name in ("cdk.json", "cdk.context.json"):
        (app / name).symlink_to(Path("../shared", name))
    Workspace(tmp_path / "workspace", App(folder=app))
    assert _read(tmp_path / "workspace/cdk.json") == {}
    assert _read(tmp_path / "workspace/cdk.context.json") == {}
    assert _read(shared / "cdk.context.json") == {DATA_KEY: "YQ=="}


def test_a_workspace_inside_the_apps_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PorterError, match="set TMPDIR to another folder"):
        Workspace(tmp_path / "t/workspace", App(folder=_made(tmp_path / "app").parent))


def test_a_folder_without_an_app_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PorterError, match=r"there is no cdk\.json"):
        Workspace(tmp_path / "workspace", App(folder=_made(tmp_path / "app")))
    app = App(folder=_made(tmp_path / "other", cdk={}), command=".")
    with pytest.raises(PorterError, match=r"not a cloud assembly.*porter build"):
        Workspace(tmp_path / "workspace", app)


@pytest.mark.parametrize("command", ["", "cdk.out"])
def test_a_ready_assembly_is_copied(tmp_path: Path, command: str) -> None:
    app = _made(tmp_path / "app")
    made = _made(app / command if command else tmp_path / "cdk.out", manifest={"artifacts": {}})
    folder = app if command else made
    workspace = Workspace(tmp_path / "workspace", App(folder=folder, command=command))
    assert workspace.ready
    assert _read(workspace.assembly / "manifest.json") == {"artifacts": {}}


def test_another_run_of_the_cli_finds_the_assembly_in_files_of_its_own(tmp_path: Path) -> None:
    """The CLI takes a link's size for the file's, and fails above 5 MB: "Expected 1 part(s)"."""
    made = _made(tmp_path / "cdk.out", manifest={"artifacts": {}})
    (made / "asset.1").mkdir()
    (made / "asset.1/file").touch()
    (made / "synth.lock").touch()
    workspace = Workspace(tmp_path / "workspace", App(folder=made))
    workspace.open()
    opened = workspace.opened
    assert not (opened / "manifest.json").is_symlink()
    assert sorted(path.name for path in opened.iterdir()) == ["asset.1", "manifest.json"]
    assert (opened / "asset.1/file").is_file()


def test_an_app_runs_where_it_stands_and_gives_the_assets_of_porter_synth(
    tmp_path: Path, emulator: Emulator
) -> None:
    repository, out = tmp_path / "repository", tmp_path / "out"
    infra, vendored = repository / "infra", repository / "backend/node_modules/tiny"
    infra.mkdir(parents=True)
    vendored.mkdir(parents=True)
    out.mkdir()
    (vendored / "index.js").write_text("module.exports = 1\n", "utf-8")
    (vendored.parents[1] / "server.js").write_text("require('tiny')\n", "utf-8")
    (infra / "python").symlink_to(sys.executable)
    (infra / "app.py").write_text(MONOREPO, "utf-8")
    command = f"./python app.py {shlex.quote(str(out / 'seen'))}"
    settings = {"app": command, "output": "mine", "context": {"color": "blue"}}
    (infra / "cdk.json").write_text(json.dumps(settings), "utf-8")
    before = _hashes(repository)

    folder = tmp_path / "rehearsal"
    folder.mkdir()
    app = App(folder=infra, context=("name=Hello",))
    workspace = Workspace(folder / "app", app)
    environment = app_environment(os.environ, folder, emulator.endpoint, Environment())
    environment |= {"CDK_VALIDATION": "false", "PYTHONPATH": os.pathsep.join(sys.path)}
    run = cdk.synth(workspace, environment, folder / "log", lookups=False)
    run.begin()
    code = run.wait(120)

    assert code == 1, run.last_lines()  # a lookup has no value
    assert [one["provider"] for one in missing(workspace.assembly)] == ["vpc-provider"]
    assert (out / "seen").read_text() == f"{infra} blue"
    assert _hashes(repository) == before

    options = ("-c", "name=Hello", "--lookups", "false", "--output", str(out / "cdk"))
    by_hand = toolchain.cdk("synth", "--quiet", "--no-notices", *options)
    subprocess.run(by_hand, cwd=infra, env=environment, check=False, timeout=120)
    assert _assets(workspace.assembly) == _assets(out / "cdk") != []


def _hashes(folder: Path) -> dict[str, str]:
    """Return every file below `folder` but Python's own, with its hash."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def _assets(assembly: Path) -> list[str]:
    manifest = json.loads((assembly / "Hello.assets.json").read_text("utf-8"))
    return sorted(manifest["files"])


def test_a_deployment_does_not_build_again(tmp_path: Path) -> None:
    """The CLI runs `build` before it looks whether --app is an assembly."""
    app = _made(tmp_path / "app", cdk={"app": "true", "build": "make", "requireApproval": "never"})
    workspace = Workspace(tmp_path / "workspace", App(folder=app))
    assert _read(workspace.folder / "cdk.json")["build"].endswith("&& make")
    workspace.assembly.mkdir()
    workspace.open()
    settings = _read(workspace.folder / "cdk.json")
    assert (settings["build"], settings["requireApproval"]) == ("", "never")
