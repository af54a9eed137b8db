"""The steps of the phase splunk, with data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from porter.errors import PorterError
from porter.host.agents.package import Download
from porter.host.agents.splunk import phase
from porter.host.agents.splunk.configuration import user_seed
from porter.host.core.facts import Facts
from porter.host.core.service import File
from porter.host.core.steps import RemoveFile, Step, WriteFile
from porter.host.core.unit_state import UnitState
from porter.host.core.view import FileState
from porter.spec import Files, Secret
from tests.host.fake_host import FakeHost, host_deployment, host_spec
from tests.host.splunk_goal import PACKAGE, SPLUNK, VALUE, goal

PASSWD, GROUP = Path("/etc/passwd"), Path("/etc/group")
OURS = Path("/opt/splunkforwarder/etc/system/local")
BOOT_START = (
    "/opt/splunkforwarder/bin/splunk enable boot-start -systemd-managed 1 -user splunkfwd "
    "--accept-license --answer-yes --no-prompt"
)
ADMIN = Secret(store="ssm", id="/splunk/admin")
WITH_PASSWORD = goal(replace(SPLUNK, admin_password=ADMIN), secrets={ADMIN: VALUE})


def state_of(**units: UnitState) -> dict[str, UnitState]:
    return {phase.UNIT: units.get("unit", UnitState())}


def facts(*files: File, **units: UnitState) -> Facts:
    """Return the facts of a machine with these files, and with the usual users and groups."""
    there = {file.path: FileState(file.content, file.mode) for file in files}
    there.setdefault(PASSWD, FileState(b"root:x:0:0\n", 0o644))
    there.setdefault(GROUP, FileState(b"root:x:0:\nadm:x:4:\n", 0o644))
    return Facts(there, state_of(**units), systemd=True)


def after(steps: tuple[Step, ...], *more: File) -> Facts:
    """Return the facts of the machine after `steps`, with the unit that Splunk writes."""
    written = [File(s.path, s.content, s.mode) for s in steps if isinstance(s, WriteFile)]
    made = [
        File(Path("/etc/systemd/system") / phase.UNIT, b"[Unit]\n"),
        File(PASSWD, b"root:x:0:0\nsplunkfwd:x:999:\n"),
    ]
    runs = UnitState(load="loaded", active="active", enabled=True)
    return facts(*written, *made, *more, unit=runs)


def titles(steps: tuple[Step, ...]) -> list[str]:
    return [step.title for step in steps]


def test_a_first_apply_installs_configures_accepts_and_starts() -> None:
    assert [title.partition(" (0644")[0] for title in titles(phase.plan(goal(), facts()))] == [
        "run systemd-sysusers --inline 'u splunkfwd - - /opt/splunkforwarder'",
        "download s3://packages/uf-9.4.deb to /var/cache/porter/splunkforwarder.deb",
        "install /var/cache/porter/splunkforwarder.deb with apt-get",
        "remove /var/cache/porter/splunkforwarder.deb",
        "write /var/lib/porter/packages/splunkforwarder",
        "write /etc/systemd/system/SplunkForwarder.service.d/60-porter.conf",
        f"write {OURS}/inputs.conf",
        f"write {OURS}/outputs.conf",
        f"write {OURS}/deploymentclient.conf",
        "write /opt/splunkforwarder/etc/apps/porter/default/server.conf",
        f"run {BOOT_START}",
        "reload systemd's units",
        "run chown -R splunkfwd:splunkfwd /opt/splunkforwarder",
        "enable SplunkForwarder.service",
        "start SplunkForwarder.service",
        "write /var/lib/porter/started/SplunkForwarder.service (0600, 141 bytes)",
    ]


def test_a_second_apply_does_nothing() -> None:
    assert phase.plan(goal(), after(phase.plan(goal(), facts()))) == ()


def test_other_inputs_are_a_restart_without_an_installation() -> None:
    before = after(phase.plan(goal(), facts()))
    steps = titles(phase.plan(goal(replace(SPLUNK, index="other")), before))
    assert steps[0].startswith(f"write {OURS}/inputs.conf")
    assert "restart SplunkForwarder.service" in steps
    assert not [title for title in steps if "download" in title or "boot-start" in title]


@pytest.mark.parametrize("unit", ["porter's", "the image's"])
def test_another_package_is_for_a_new_host(unit: str) -> None:
    """Its scripts, and its program, would run as root from a folder of the forwarder's user."""
    theirs = File(Path("/etc/systemd/system") / phase.UNIT, b"[Unit]\n")
    first = phase.plan(goal(), facts())
    before = after(first) if unit == "porter's" else facts(theirs)
    newer = replace(SPLUNK, package=replace(PACKAGE, sha256="d" * 64))
    with pytest.raises(PorterError, match="splunk/package: needs a new host") as told:
        phase.plan(goal(newer), before)
    assert told.value.cure == "deploy the app, which replaces the hosts"


def test_a_lost_unit_is_not_written_again_by_a_program_of_the_forwarders_user() -> None:
    first = phase.plan(goal(), facts())
    written = [File(s.path, s.content, s.mode) for s in first if isinstance(s, WriteFile)]
    with pytest.raises(PorterError, match="needs a new host"):
        phase.plan(goal(), facts(*written))


def test_an_apply_that_was_cut_off_before_the_first_start_goes_on() -> None:
    first = phase.plan(goal(), facts())
    written = [File(s.path, s.content, s.mode) for s in first[:-1] if isinstance(s, WriteFile)]
    steps = titles(phase.plan(goal(), facts(*written)))
    assert f"run {BOOT_START}" in steps
    assert "run chown -R splunkfwd:splunkfwd /opt/splunkforwarder" in steps


def test_the_forwarder_comes_back_without_a_program_of_its_user_as_root() -> None:
    before = after(phase.plan(goal(), facts()))
    gone = {step.path for step in phase.plan(goal(None), before) if isinstance(step, RemoveFile)}
    left = {path: found for path, found in before.files.items() if path not in gone}
    back = titles(phase.plan(goal(), Facts(left, state_of(), systemd=True)))
    assert not [title for title in back if "/bin/splunk" in title]
    assert "start SplunkForwarder.service" in back


def test_without_splunk_it_is_stopped_and_its_files_are_gone() -> None:
    before = after(phase.plan(goal(), facts()))
    steps = phase.plan(goal(None), before)
    assert titles(steps[:2]) == ["stop SplunkForwarder.service", "disable SplunkForwarder.service"]
    assert {OURS / "inputs.conf", OURS / "outputs.conf"} < {
        step.path for step in steps if isinstance(step, RemoveFile)
    }


def test_a_forwarder_that_is_not_porters_is_left_alone() -> None:
    theirs = File(Path("/etc/systemd/system") / phase.UNIT, b"[Unit]\n")
    assert phase.plan(goal(None), facts(theirs)) == ()


@pytest.mark.argument(
    "SplunkForwarder(admin_password=...)", effect="user-seed.conf has the password"
)
def test_the_password_is_in_a_file_for_root_alone_and_nowhere_else() -> None:
    steps = phase.plan(WITH_PASSWORD, facts())
    (seed,) = [step for step in steps if VALUE.encode() in getattr(step, "content", b"")]
    assert isinstance(seed, WriteFile)
    assert (seed.path, seed.mode) == (OURS / "user-seed.conf", 0o600)
    assert VALUE not in str([step.as_json() for step in steps]) + str(titles(steps))


def test_a_password_that_splunk_left_lying_is_removed() -> None:
    steps = phase.plan(WITH_PASSWORD, facts())
    user = File(Path("/opt/splunkforwarder/etc/passwd"), b":admin:\n")
    assert titles(phase.plan(goal(), after(steps, user))) == [f"remove {OURS}/user-seed.conf"]


@pytest.mark.parametrize("password", ["", "two\nlines", "two\\"])
def test_a_password_that_is_no_line_is_refused(password: str) -> None:
    with pytest.raises(PorterError, match="splunk/admin_password: must be one line") as told:
        user_seed(goal(), password)
    assert "two" not in str(told.value)


def test_a_package_of_another_family_is_refused() -> None:
    with pytest.raises(
        PorterError, match=r"uf-9.4.deb: is a deb, and Amazon Linux 2023 takes a rpm"
    ):
        phase.plan(goal(system="Amazon Linux 2023"), facts())


def test_a_group_that_is_not_there_is_refused_before_anything_is_done() -> None:
    nobody = replace(SPLUNK, inputs=(Files("/var/log/x", "nosuch"),))
    with pytest.raises(PorterError, match="splunk/inputs: there is no group 'nosuch'"):
        phase.plan(goal(nobody), facts())


def test_amazon_linux_installs_its_own_kind_of_package() -> None:
    rpm = replace(SPLUNK, package=replace(PACKAGE, format="rpm", key="uf-9.4.rpm"))
    steps = phase.plan(goal(rpm, "Amazon Linux 2023"), facts())
    download = next(step for step in steps if isinstance(step, Download))
    assert download.as_json() == {
        "step": "download",
        "from": "s3://packages/uf-9.4.rpm",
        "sha256": "c" * 64,
        "path": "/var/cache/porter/splunkforwarder.rpm",
    }
    assert "install /var/cache/porter/splunkforwarder.rpm with dnf" in titles(steps)


def test_below_another_root_it_is_left_out_and_a_note_says_so(fake_host: FakeHost) -> None:
    fake_host.boot(host_spec(splunk=SPLUNK), host_deployment())
    done = fake_host.apply()
    assert "the Splunk forwarder is left out below a root other than /" in done
    assert not (fake_host.root / "opt/splunkforwarder").exists()
    assert not [call for call in fake_host.calls() if "Splunk" in call]
