"""The phase cloudwatch with data: its steps, and the agent's configuration."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from porter.errors import PorterError
from porter.host.agents.cloudwatch import phase
from porter.host.agents.cloudwatch.configuration import configuration
from porter.host.agents.cloudwatch.version import CheckVersion
from porter.host.core.facts import Facts
from porter.host.core.goal import Goal
from porter.host.core.layout import Layout
from porter.host.core.machine import Machine
from porter.host.core.service import File
from porter.host.core.steps import Step, WriteFile
from porter.host.core.systems import SYSTEMS
from porter.host.core.unit_state import UnitState
from porter.host.core.view import FileState
from porter.spec import METRICS, CloudWatch, Containers, Files, HaproxyLog, Journal, Package
from tests.host.fake_host import FakeHost, host_deployment, host_spec

SCHEMA = json.loads(Path(__file__).with_name("cloudwatch_schema.json").read_text())
AGENT = CloudWatch(
    logs=(Journal(("sshd.service",)), HaproxyLog(), Files("/var/log/app/*.log", "adm")),
    log_group="hello-logs",
    metrics=("mem_used_percent", "disk_used_percent", "disk_inodes_free", "cpu_usage_active"),
    namespace="hello",
    interval_seconds=30,
)
CONTROL = File(Path("/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"), b"#!")
FETCH = (
    "run /opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 "
    "-s -c file:/etc/porter/cloudwatch-agent.json"
)
RUNS = UnitState(load="loaded", active="active", enabled=True)


def goal(agent: CloudWatch | None = AGENT, system: str = "Amazon Linux 2023") -> Goal:
    here = next(one for one in SYSTEMS if one.name == system)
    return Goal(host_spec(cloudwatch=agent), host_deployment(), Layout(), "/python", {}, here)


def facts(*files: File, groups: str = "", state: UnitState | None = None) -> Facts:
    there = {file.path: FileState(file.content, file.mode) for file in files}
    text = f"root:x:0:\nadm:x:4:{groups}\nsystemd-journal:x:101:{groups}\n"
    there[Path("/etc/group")] = FileState(text.encode(), 0o644)
    return Facts(there, {phase.UNIT: state or UnitState()}, systemd=True)


def after(steps: tuple[Step, ...], state: UnitState = RUNS) -> Facts:
    """Return the facts of the machine after `steps`."""
    written = [File(s.path, s.content, s.mode) for s in steps if isinstance(s, WriteFile)]
    return facts(*written, CONTROL, groups="cwagent", state=state)


def titles(steps: tuple[Step, ...]) -> list[str]:
    return [step.title.partition(" (0")[0] for step in steps]


def test_amazon_linux_installs_its_own_package_and_starts_it_configured() -> None:
    assert titles(phase.plan(goal(), facts())) == [
        "install amazon-cloudwatch-agent with dnf",
        "run systemd-sysusers --inline 'm cwagent adm'",
        "run systemd-sysusers --inline 'm cwagent systemd-journal'",
        "write /etc/porter/cloudwatch-agent.json",
        "check that the CloudWatch agent is at least 1.300070",
        FETCH,
        "write /var/lib/porter/started/amazon-cloudwatch-agent.service",
    ]


def test_a_second_apply_does_nothing() -> None:
    assert phase.plan(goal(), after(phase.plan(goal(), facts()))) == ()


def test_another_configuration_is_fetched_without_an_installation() -> None:
    before = after(phase.plan(goal(), facts()))
    steps = titles(phase.plan(goal(replace(AGENT, namespace="other")), before))
    assert steps[2] == FETCH
    assert len(steps) == 4


@pytest.mark.parametrize("version", ["1.300069.1", "1.247350.0b251780\n"])
def test_an_agent_that_cannot_read_the_journal_is_named_with_its_version(
    version: str, tmp_path: Path
) -> None:
    """Amazon Linux 2023 has 1.300069.1 up to release 2023.12.20260817."""
    file = tmp_path / "CWAGENT_VERSION"
    file.write_text(version)
    said = f"the agent is {version.strip()}, and reads the journal only since 1.300070"
    with pytest.raises(PorterError, match=re.escape(said)) as told:
        CheckVersion(file).perform(Machine(Layout(tmp_path)))
    assert "package=" in told.value.cure


@pytest.mark.parametrize("version", ["1.300070.0", "1.300071.0b2", "2.0.0", "Unknown", None])
def test_a_newer_agent_and_one_without_a_version_pass(version: str | None, tmp_path: Path) -> None:
    file = tmp_path / "CWAGENT_VERSION"
    if version:
        file.write_text(version)
    CheckVersion(file).perform(Machine(Layout(tmp_path)))


def test_an_agent_that_reads_files_alone_may_be_old() -> None:
    steps = phase.plan(goal(replace(AGENT, logs=(Files("/var/log/app.log"),))), facts())
    assert not any(isinstance(step, CheckVersion) for step in steps)


def test_an_agent_that_was_stopped_is_started() -> None:
    before = after(phase.plan(goal(), facts()), UnitState(load="loaded", enabled=True))
    assert titles(phase.plan(goal(), before)) == [f"start {phase.UNIT}"]


def test_without_it_the_agent_is_stopped_and_disabled() -> None:
    before = after(phase.plan(goal(), facts()))
    steps = titles(phase.plan(goal(None), before))
    assert steps[:2] == [f"stop {phase.UNIT}", f"disable {phase.UNIT}"]
    assert "remove /etc/porter/cloudwatch-agent.json" in steps


def test_an_agent_that_is_not_porters_is_left_alone() -> None:
    assert phase.plan(goal(None), facts(CONTROL, state=RUNS)) == ()


def test_debian_needs_a_package_of_the_users_own() -> None:
    with pytest.raises(PorterError, match="Debian 12 has no package of the CloudWatch") as told:
        phase.plan(goal(system="Debian 12"), facts())
    assert "package=" in told.value.cure
    package = Package(format="deb", sha256="c" * 64, url="https://example.com/agent.deb")
    steps = titles(phase.plan(goal(replace(AGENT, package=package), "Debian 12"), facts()))
    assert steps[0].startswith("download https://example.com/agent.deb")
    assert steps[1].startswith("install /var/cache/porter/amazon-cloudwatch-agent.deb")


def test_a_group_that_is_not_there_is_refused() -> None:
    nobody = replace(AGENT, logs=(Files("/var/log/x", "nosuch"),))
    with pytest.raises(PorterError, match="cloudwatch/logs: there is no group 'nosuch'"):
        phase.plan(goal(nobody), facts(CONTROL))


def test_metrics_alone_need_no_group() -> None:
    alone = replace(AGENT, logs=(), log_group="")
    assert not [one for one in titles(phase.plan(goal(alone), facts())) if "sysusers" in one]


def test_below_another_root_it_is_left_out_and_a_note_says_so(fake_host: FakeHost) -> None:
    fake_host.boot(host_spec(cloudwatch=AGENT), host_deployment())
    assert "the CloudWatch agent is left out below a root other than /" in fake_host.apply()
    assert not (fake_host.root / "etc/porter/cloudwatch-agent.json").exists()


def told(agent: CloudWatch = AGENT) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(configuration(goal(agent), agent))
    return made


@pytest.mark.parametrize(
    "agent",
    [
        AGENT,
        replace(AGENT, metrics=tuple(METRICS)),
        replace(AGENT, logs=(Journal(),), metrics=()),
        replace(AGENT, logs=(), log_group=""),
    ],
    ids=["all", "every metric", "journal alone", "metrics alone"],
)
def test_the_agent_knows_every_key(agent: CloudWatch) -> None:
    jsonschema.Draft4Validator(SCHEMA).validate(told(agent))


def test_a_misspelt_section_would_be_found() -> None:
    text = json.dumps(told()).replace("journald", "journal")
    with pytest.raises(jsonschema.ValidationError, match="'journal' was unexpected"):
        jsonschema.Draft4Validator(SCHEMA).validate(json.loads(text))


def test_the_whole_configuration() -> None:
    group = {"log_group_name": "hello-logs"}
    journal = {"log_stream_name": "{instance_id}/journal-sshd.service", "units": ["sshd.service"]}
    haproxy = {"log_stream_name": "{instance_id}/haproxy", "units": ["porter-haproxy.service"]}
    file = {"log_stream_name": "{instance_id}/var/log/app/_.log", "file_path": "/var/log/app/*.log"}
    assert told() == {
        "agent": {
            "metrics_collection_interval": 30,
            "region": "eu-central-1",
            "run_as_user": "cwagent",
        },
        "logs": {
            "logs_collected": {
                "journald": {"collect_list": [group | journal, group | haproxy]},
                "files": {"collect_list": [group | file]},
            }
        },
        "metrics": {
            "namespace": "hello",
            "append_dimensions": {"InstanceId": "${aws:InstanceId}"},
            "metrics_collected": {
                "mem": {"measurement": ["used_percent"]},
                "disk": {"measurement": ["used_percent", "inodes_free"], "resources": ["/"]},
                "cpu": {"measurement": ["usage_active"], "totalcpu": True},
            },
        },
    }


def test_containers_without_a_container_are_nothing_to_send() -> None:
    none = replace(AGENT, logs=(Containers(),), metrics=())
    with pytest.raises(PorterError, match="cloudwatch/logs: there is nothing to send"):
        told(none)
