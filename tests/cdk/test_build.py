"""A build's commands run at synthesis, once, and the payload has what they leave."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from porter.rehearsal.cloud import builds
from porter.spec import SpecError
from porter.spec.synthesis import REHEARSED_PROCESSOR
from porter_cdk import Build, Job, PorterHost, Process
from tests.cdk.built import archive_of, payload_of, runs, service, shell
from tests.cdk.conftest import deployed_hosts, unpacked

pytestmark = pytest.mark.usefixtures("build_cache")


@pytest.mark.argument("Process(build=...)", effect="the payload has what the commands leave")
@pytest.mark.argument(
    "Build.from_commands(commands=...)", effect="they run in a copy, one after the other"
)
def test_the_payload_is_what_the_commands_leave_in_a_copy_of_the_source(buildable: Path) -> None:
    build = Build.from_commands([["mv", "src/main.txt", "main"], ["rm", "-r", "src", "readme"]])
    assert payload_of(service(buildable, build)) == {"main": b"source", "list.txt": b"1"}
    assert (buildable / "src" / "main.txt").read_text() == "source"


@pytest.mark.argument(
    "Build.from_commands(inputs=...)",
    effect="the commands find nothing else, and only a change of these files runs them again",
)
def test_commands_with_inputs_get_only_these_and_run_again_only_for_these(
    buildable: Path, tmp_path: Path
) -> None:
    build = shell("mkdir made; ls > made/files", ["*.txt"])
    files = {"list.txt", "readme", "src/main.txt", "made/files"}
    found = payload_of(service(buildable, build))
    assert set(found) == files
    assert found["made/files"] == b"list.txt\nmade\nsrc\n"
    (buildable / "readme").write_text("changed")
    assert payload_of(service(buildable, build))["readme"] == b"changed"
    assert runs(tmp_path) == 1
    (buildable / "list.txt").write_text("2")
    assert payload_of(service(buildable, build))["list.txt"] == b"2"
    assert runs(tmp_path) == 2


def test_a_file_that_becomes_executable_is_another_input(buildable: Path, tmp_path: Path) -> None:
    service(buildable, shell("true"))
    (buildable / "readme").chmod(0o755)
    service(buildable, shell("true"))
    assert runs(tmp_path) == 2


def test_a_touched_file_is_the_same_input(buildable: Path, tmp_path: Path) -> None:
    service(buildable, shell("true"))
    os.utime(buildable / "readme", (1, 1))
    (buildable / "readme").chmod(0o600)
    service(buildable, shell("true"))
    assert runs(tmp_path) == 1


def test_a_folder_that_the_commands_make_replaces_the_developers(buildable: Path) -> None:
    (buildable / "node_modules" / "old").mkdir(parents=True)
    (buildable / "node_modules" / "old" / "index.js").write_text("old")
    build = shell("mkdir node_modules; echo new > node_modules/new.js", ["list.txt"])
    found = payload_of(service(buildable, build))
    assert {one for one in found if one.startswith("node_modules")} == {"node_modules/new.js"}


def test_an_input_that_the_commands_remove_is_not_in_the_payload(buildable: Path) -> None:
    assert "list.txt" not in payload_of(service(buildable, shell("rm list.txt", ["list.txt"])))


def test_what_is_excluded_can_be_read_by_the_commands(buildable: Path) -> None:
    found = payload_of(service(buildable, shell("cp -r src made"), exclude=["src"]))
    assert found["made/main.txt"] == b"source"
    assert "src/main.txt" not in found


def test_commands_learn_the_hosts_processor_and_python(buildable: Path) -> None:
    build = shell('echo "$PORTER_PROCESSOR $PORTER_PYTHON" > target')
    arm = ec2.InstanceType("t4g.small")
    assert payload_of(service(buildable, build))["target"] == b"x86_64 3.11\n"
    changed = service(buildable, build, instance_type=arm, python="3.13")
    assert payload_of(changed)["target"] == b"aarch64 3.13\n"


def test_a_rehearsal_builds_for_its_own_machine_and_says_so(
    buildable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(REHEARSED_PROCESSOR, "x86_64")
    stack = service(buildable, shell('echo "$PORTER_PROCESSOR" > target'))
    assert not _notes(stack)
    arm = service(
        buildable,
        shell('echo "$PORTER_PROCESSOR" > target'),
        instance_type=ec2.InstanceType("t4g.nano"),
    )
    assert payload_of(arm)["target"] == b"x86_64\n"
    [note] = _notes(arm)
    assert "Hosts have aarch64" in note
    assembly = Path(cdk.Stage.of(arm).node.root.synth().directory)
    [line] = builds.rebuilt(assembly)
    assert line.startswith("the payload of Hello/Service/Host: its build= was for ")


def _notes(stack: cdk.Stack) -> list[str]:
    found = cdk.assertions.Annotations.from_stack(stack).find_info(
        "*", cdk.assertions.Match.string_like_regexp("payload is built for")
    )
    return [str(one.entry.data) for one in found]


@pytest.mark.argument("Job(build=...)", effect="the payload has what the commands leave")
def test_jobs_and_workers_have_builds_too(buildable: Path, tmp_path: Path) -> None:
    stack = cdk.Stack(cdk.App(), "Hello")
    worker = Process(["./main"], source=buildable, build=shell("echo w > made"))
    job = Job(["./main"], schedule="daily", source=buildable, build=shell("echo w > made"))
    PorterHost(stack, "Host", workers={"ticker": worker}, jobs={"nightly": job})
    [host] = deployed_hosts(stack)
    files = unpacked(archive_of(host))
    assert files["workloads/ticker/made"] == files["jobs/nightly/made"] == b"w\n"
    assert runs(tmp_path) == 1, "the same build of the same files"


def test_a_command_that_fails_is_reported_with_its_place_and_its_last_lines(
    buildable: Path,
) -> None:
    build = shell("seq 1 100; echo no compiler >&2; exit 3")
    with pytest.raises(SpecError) as error:
        service(buildable, build)
    assert error.value.where == "workloads/0/build"
    lines = error.value.what.splitlines()
    assert lines[0].endswith("failed: exit code 3")
    assert [line.strip() for line in lines[1:]] == [*map(str, range(82, 101)), "no compiler"]


def test_a_failure_of_a_worker_or_a_job_names_it(buildable: Path) -> None:
    stack = cdk.Stack(cdk.App(), "Hello")
    worker = Process(["./main"], source=buildable, build=shell("exit 1"))
    with pytest.raises(SpecError, match=r"workers/ticker/build: .*exit code 1"):
        PorterHost(stack, "A", workers={"ticker": worker})
    job = Job(["./main"], schedule="daily", source=buildable, build=shell("kill -9 $$"))
    with pytest.raises(SpecError, match=r"jobs/nightly/build: .*signal 9"):
        PorterHost(stack, "B", jobs={"nightly": job})


def test_a_program_that_is_not_installed_is_named(buildable: Path) -> None:
    with pytest.raises(SpecError, match="workloads/0/build: cannot run 'no-such-program'"):
        service(buildable, Build.from_commands([["no-such-program"]]))


def test_a_failed_build_runs_again(buildable: Path, tmp_path: Path, build_cache: Path) -> None:
    for _ in range(2):
        with pytest.raises(SpecError):
            service(buildable, shell("exit 1"))
    assert runs(tmp_path) == 2
    assert [one.name for one in build_cache.iterdir() if one.is_dir()] == []


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda _: Build.from_commands([]), "commands: must be a list"),
        (lambda _: Build.from_commands("make"), "commands: must be a list"),
        (lambda _: Build.from_commands(["make"]), "commands: must be a list of argument lists"),
        (lambda _: Build.from_commands([["echo", cdk.Aws.REGION]]), "without CDK tokens"),
        (lambda _: Build.from_commands([["true"]], inputs="a"), "inputs: must be a list, got 'a'"),
        (
            lambda one: Process(["a"], source=one, build="make"),
            "build: must be a Build, got 'make'",
        ),
    ],
)
def test_nonsense_is_refused_with_its_place(
    make: Callable[[Path], object], message: str, buildable: Path
) -> None:
    with pytest.raises(SpecError, match=message):
        make(buildable)


def test_a_pipe_in_the_source_is_refused_and_not_read(buildable: Path) -> None:
    os.mkfifo(buildable / "pipe")
    with pytest.raises(SpecError, match=r"build/.*/pipe: is not a file, folder or link"):
        service(buildable, shell("true"))


def test_an_input_that_matches_nothing_is_refused(buildable: Path) -> None:
    with pytest.raises(SpecError, match=r"workloads/0/build/inputs: 'lost.txt' matches no file"):
        service(buildable, shell("true", ["lost.txt"]))


def test_the_same_inputs_give_the_same_bytes_from_any_cache(
    buildable: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = set()
    for name in ("a", "b"):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / name))
        [host] = deployed_hosts(service(buildable, shell("mkdir made; echo x > made/x")))
        digests.add(hashlib.sha256(archive_of(host)).hexdigest())
    assert len(digests) == 1
    assert runs(tmp_path) == 2
