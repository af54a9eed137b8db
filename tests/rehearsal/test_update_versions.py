"""`porter rehearse --from OLD`, as a user calls it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from porter.errors import PorterError
from porter.rehearsal.story.version import folder_of
from tests.harness.sandbox import Sandbox


def _git(app: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Team", "-c", "user.email=team@example.com")
    command = ["git", *who, *arguments]
    return subprocess.run(
        command, cwd=app, check=True, capture_output=True, text=True, timeout=30
    ).stdout


def _commit(app: Path) -> None:
    _git(app, "init", "--quiet")
    _git(app, "add", ".")
    _git(app, "commit", "--quiet", "--message", "The first version", "--no-gpg-sign")


def test_a_changed_file_beside_the_app_updates_the_stack_of_a_git_revision(
    sandbox: Sandbox,
) -> None:
    repository = sandbox.app("repository")
    app = repository / "infra"
    app.mkdir()
    (repository / "service").rename(repository / "backend")
    (repository / "cdk.json").rename(app / "cdk.json")
    text = (repository / "app.py").read_text("utf-8").replace('"service"', '"../backend"')
    (repository / "app.py").unlink()
    address = 'cdk.CfnResource(stack, "Address", type="AWS::EC2::EIP")\n'
    (app / "app.py").write_text(text.replace("app.synth()", f"{address}app.synth()"), "utf-8")
    _commit(repository)
    (app / "app.py").write_text(text, "utf-8")
    main = repository / "backend/main.py"
    main.write_text(main.read_text("utf-8").replace("It works", "It still works"), "utf-8")

    ended = sandbox.rehearse(app, "--from", "HEAD", "--json")

    report = ended.report
    assert ended.code == 0, (report, ended.err)
    assert report["stack_status"] == "UPDATE_COMPLETE"
    assert [update["version"] for update in report["updates"]] == ["HEAD", "infra"]
    assert [update["stack_status"] for update in report["updates"]] == [
        *("CREATE_COMPLETE", "UPDATE_COMPLETE")
    ]
    assert report["requests"] > 0
    assert report["failed_requests"] == 0
    assert report["not_exercised"]["assets"] == []
    assert report["not_exercised"]["resources"] == []  # the first version's address is gone
    assert [line for line in ended.err.splitlines() if line.startswith("---")] == [
        *("--- HEAD", "--- infra")
    ]
    assert ended.left.nothing, ended.left
    assert _git(repository, "status", "--porcelain").splitlines() == [
        *(" M backend/main.py", " M infra/app.py")
    ]


def test_a_failed_old_version_ends_the_rehearsal_and_is_named(
    sandbox: Sandbox,
) -> None:
    old = sandbox.app("old", app="surely_not_defined\n")
    ended = sandbox.rehearse(sandbox.app("new"), "--from", str(old))
    assert ended.code == 1
    assert f"{old} failed to deploy: cdk synth failed" in ended.out
    assert f'File "{old}/app.py", line 1' in ended.out
    assert "NameError" in ended.out
    assert ended.left.nothing, ended.left


def test_a_revision_of_an_app_in_a_subfolder_has_what_lies_beside_the_folder(
    tmp_path: Path,
) -> None:
    app = tmp_path / "repository/infra"
    app.mkdir(parents=True)
    (app / "cdk.json").write_text("{}")
    (app.parent / "backend.py").write_text("the service")
    _commit(app.parent)
    (app / "cdk.json").write_text("changed")
    (app / ".venv").mkdir()
    workspace = tmp_path / "workspace"
    workspace.mkdir()

    folder = folder_of("HEAD", app, workspace)

    assert (folder / "cdk.json").read_text() == "{}"
    assert (folder / "../backend.py").read_text() == "the service"
    assert (folder / ".venv").readlink() == app / ".venv"
    assert (app / "cdk.json").read_text() == "changed"

    later = app.parent / "later"
    later.mkdir()
    with pytest.raises(PorterError, match="HEAD:later: the app's folder does not exist"):
        folder_of("HEAD", later, workspace)


@pytest.mark.parametrize("version", ["no-such-branch", "--output=/etc/passwd", ""])
def test_what_is_neither_a_folder_nor_a_revision_is_refused(tmp_path: Path, version: str) -> None:
    (tmp_path / "cdk.json").write_text("{}")
    _commit(tmp_path)
    with pytest.raises(PorterError, match="neither a folder nor a git revision"):
        folder_of(version, tmp_path, tmp_path)
