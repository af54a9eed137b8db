"""Phase cloudwatch: the CloudWatch agent, from the distribution or a package of the user's own."""

from __future__ import annotations

from pathlib import PurePath

from porter.errors import PorterError
from porter.host.agents.cloudwatch.configuration import USER, configuration
from porter.host.agents.cloudwatch.version import CheckVersion
from porter.host.agents.log_units import check_groups
from porter.host.agents.package import package_record, plan_package
from porter.host.core.facts import Facts, look_at
from porter.host.core.goal import Goal
from porter.host.core.service import File, Service, plan_files, plan_removal
from porter.host.core.steps import ChangeUnit, InstallPackages, Run, Steps
from porter.host.core.systems import manager_of
from porter.host.core.view import View
from porter.spec import CloudWatch, Files

NAME = "amazon-cloudwatch-agent"
UNIT = f"{NAME}.service"


def look(goal: Goal, view: View) -> Facts:
    """Read the agent's control program, configuration and unit, and the members of groups."""
    layout, cloudwatch = goal.layout, goal.spec.cloudwatch
    files = [_json(goal), layout.started(UNIT), _control(goal), _group(goal)]
    if cloudwatch and cloudwatch.package:
        files.append(package_record(goal, NAME, cloudwatch.package).path)
    return look_at(view, files, (UNIT,))


def plan(goal: Goal, facts: Facts) -> Steps:
    """Install the agent, add it to groups, write its configuration; or stop an unwanted one."""
    layout, cloudwatch = goal.layout, goal.spec.cloudwatch
    if cloudwatch is None:
        ours = (_json(goal), layout.started(UNIT))
        return plan_removal(UNIT, ours, facts) if _json(goal) in facts.files else ()
    if not (goal.layout.is_machine and facts.systemd):
        return ()
    file = File(_json(goal), configuration(goal, cloudwatch))
    service = Service(UNIT, file)
    install = _install(goal, cloudwatch, facts)
    groups = _groups(goal, cloudwatch, facts)
    write = plan_files((file,), facts)
    record = plan_files((service.record(layout),), facts)
    started = _configure(goal, file) if install or groups or write or record else _started(facts)
    return (*install, *groups, *write, *started, *record)


def notes(goal: Goal, _facts: Facts) -> tuple[str, ...]:
    """Say that a played host gets no agent: it would be installed on the real machine."""
    if goal.layout.is_machine or goal.spec.cloudwatch is None:
        return ()
    return ("the CloudWatch agent is left out below a root other than /",)


def _install(goal: Goal, cloudwatch: CloudWatch, facts: Facts) -> Steps:
    if cloudwatch.package:
        return plan_package(goal, NAME, cloudwatch.package, facts)
    if _control(goal) in facts.files:
        return ()
    if not goal.system.cloudwatch_package:
        raise PorterError(
            f"{goal.system.name or 'this system'} has no package of the CloudWatch agent",
            where="cloudwatch",
            cure="set CloudWatchAgent(package=Package.from_s3(...))",
        )
    return (InstallPackages((goal.system.cloudwatch_package,), manager_of(goal.system)),)


def _groups(goal: Goal, cloudwatch: CloudWatch, facts: Facts) -> Steps:
    """Plan to add the agent's user to groups: the agent starts as root and then becomes it."""
    known = facts.content(_group(goal)) or b""
    named = {source.group for source in cloudwatch.logs if isinstance(source, Files)} - {""}
    check_groups(sorted(named), known, "cloudwatch/logs")
    if any(not isinstance(source, Files) for source in cloudwatch.logs):
        named.add(goal.system.journal_group)
    missing = sorted(group for group in named if USER not in _members(known, group))
    return tuple(Run(("systemd-sysusers", "--inline", f"m {USER} {group}")) for group in missing)


def _members(known: bytes, group: str) -> list[str]:
    """Return the members of `group` in /etc/group."""
    for line in known.decode(errors="replace").splitlines():
        name, _, rest = line.partition(":")
        if name == group:
            return rest.rpartition(":")[2].split(",")
    return []


def _configure(goal: Goal, file: File) -> Steps:
    """Plan to let the agent read its configuration; an old one refuses `journald` by its schema."""
    version = CheckVersion(_control(goal).with_name("CWAGENT_VERSION"))
    check: Steps = (version,) if b'"journald"' in file.content else ()
    return (*check, _fetch_config(goal))


def _fetch_config(goal: Goal) -> Run:
    """Return the command with which the agent checks and copies its configuration, and restarts."""
    config = f"file:{_json(goal)}"
    return Run((str(_control(goal)), "-a", "fetch-config", "-m", "ec2", "-s", "-c", config))


def _started(facts: Facts) -> Steps:
    state = facts.units[UNIT]
    enable: Steps = () if state.enabled else (ChangeUnit("enable", UNIT),)
    return enable if state.runs else (*enable, ChangeUnit("start", UNIT))


def _json(goal: Goal) -> PurePath:
    """The agent's configuration; the agent works with a copy of it."""
    return goal.layout.root / "etc/porter/cloudwatch-agent.json"


def _control(goal: Goal) -> PurePath:
    return goal.layout.root / "opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"


def _group(goal: Goal) -> PurePath:
    return goal.layout.root / "etc/group"
