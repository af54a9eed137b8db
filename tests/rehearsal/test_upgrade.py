"""A stack of an earlier porter is updated by this one.

The earlier porter is the commit OLD of this repository. Its constructs synthesize version 1, with
its own bundle; the rehearsal and version 2 are today's.
"""

from __future__ import annotations

import io
import json
import os
import shlex
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from porter.rehearsal.cloud import account
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.fleet.kinds import IMAGES, KINDS, kind_of
from porter.rehearsal.rehearse import Rehearsal, rehearsal
from tests.harness.conditions import boots
from tests.harness.prober import Prober
from tests.harness.sandbox import Sandbox
from tests.harness.slowness import slowness
from tests.rehearsal.updates import SERVICE, page, version

OLD = "5eef151404a640fbbc4a4b94f86f5942848f0aae"
REPOSITORY = Path(__file__).parents[2]

pytestmark = [pytest.mark.exhaustive, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def old_porter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of commit OLD, with its bundle."""
    found = subprocess.run(
        ["git", "archive", "--format=tar", OLD], cwd=REPOSITORY, capture_output=True, check=False
    )
    if found.returncode != 0 and (REPOSITORY / ".git/shallow").exists():
        pytest.skip(f"commit {OLD[:7]} is not in this clone (git fetch --unshallow)")
    assert found.returncode == 0, found.stderr
    folder = tmp_path_factory.mktemp("old")
    with tarfile.open(fileobj=io.BytesIO(found.stdout)) as archive:
        archive.extractall(folder, filter="data")
    bundle = folder / "porter/bundle/bundle.tar.xz"
    subprocess.run(
        [sys.executable, "-m", "porter.bundle.build", bundle],
        cwd=folder,
        env=_environment(folder),
        check=True,
    )
    return folder


@pytest.fixture(params=[KINDS[0], pytest.param(KINDS[1], marks=boots)])
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of machines."""
    return str(request.param)


@pytest.fixture
def stage(sandbox: Sandbox, kind: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rehearsal]:
    """An embedded AWS for several versions."""
    monkeypatch.setattr(tempfile, "tempdir", str(sandbox.temporary))
    with rehearsal(timeout=120 * slowness(), kind=kind_of(kind, IMAGES[0])) as stage:
        yield stage


def test_an_upgrade_of_porter_replaces_the_hosts_once_and_fails_no_request(
    sandbox: Sandbox, kind: str, stage: Rehearsal, old_porter: Path
) -> None:
    served = {"v1": SERVICE.format(version="v1"), "v2": SERVICE.format(version="v2")}
    before = version(sandbox, f"{kind}-v1", service=served["v1"])
    _synthesize_with(old_porter, before)
    first = stage.deploy(before)
    assert first.ok, (first.reason, first.evidence)
    assert page(first.url) == "v1"
    (old_group,) = _groups(stage)

    after = version(sandbox, f"{kind}-v2", service=served["v2"])
    with Prober(lambda: page(first.url), good=("v1", "v2").__contains__) as prober:
        update = stage.deploy(after)
    assert update.ok, (update.reason, update.evidence)
    assert (update.hosts_started, update.hosts_stopped) == (1, 1)
    assert page(update.url) == "v2"
    assert (prober.failures, update.failed_requests) == ([], 0)
    assert prober.asked > 30
    (new_group,) = _groups(stage)
    assert new_group.startswith(old_group), "the id of today carries the release"
    assert new_group != old_group

    again = stage.deploy(after)
    assert (again.ok, again.hosts_started, again.hosts_stopped) == (True, 0, 0)


def _groups(stage: Rehearsal) -> list[str]:
    """Return the logical ids of the stack's Auto Scaling groups."""
    aws = account.clients(Environment(), stage._stage.emulator.endpoint)
    found = aws["cloudformation"].describe_stack_resources(StackName="Versions")["StackResources"]
    kind = "AWS::AutoScaling::AutoScalingGroup"
    return [one["LogicalResourceId"] for one in found if one["ResourceType"] == kind]


def _synthesize_with(porter: Path, app: Path) -> None:
    """Let `app` run with the constructs of `porter`."""
    path = _environment(porter)["PYTHONPATH"]
    command = f"PYTHONPATH={shlex.quote(path)} {shlex.quote(sys.executable)} app.py"
    (app / "cdk.json").write_text(json.dumps({"app": command}), "utf-8")


def _environment(porter: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{porter}{os.pathsep}{porter / 'constructs'}"}
