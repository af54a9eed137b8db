"""Phase splunk: the universal forwarder, from the user's own package, as its own system user."""

from __future__ import annotations

from pathlib import PurePath

from porter.errors import PorterError
from porter.host.agents.log_units import check_groups
from porter.host.agents.package import package_record, plan_package
from porter.host.agents.splunk.configuration import configuration, folder, user_seed
from porter.host.core.facts import Facts, look_at
from porter.host.core.goal import Goal
from porter.host.core.service import File, Service, plan_files, plan_removal, plan_unit
from porter.host.core.steps import DaemonReload, RemoveFile, Run, Steps
from porter.host.core.unit_file import HEADER
from porter.host.core.view import View
from porter.spec import Files, Splunk

NAME = "splunkforwarder"
UNIT = "SplunkForwarder.service"
USER = "splunkfwd"
"""Splunk's own names ("Install a *nix universal forwarder", Forwarder Manual 9.1)."""

_NO_METADATA = "IPAddressDeny=169.254.169.254 fd00:ec2::254"


def look(goal: Goal, view: View) -> Facts:
    """Read the forwarder's files and unit."""
    layout, splunk = goal.layout, goal.spec.splunk
    files = [*_ours(goal), *_system(goal), _passwd(goal), _seed(goal), layout.unit(UNIT)]
    if splunk is None:
        return look_at(view, files, (UNIT,))
    service = splunk_service(goal, splunk)
    files += [*service.files(layout), package_record(goal, NAME, splunk.package).path]
    return look_at(view, files, (UNIT,))


def plan(goal: Goal, facts: Facts) -> Steps:
    """Install the forwarder, accept its licence, write its files and start it; or undo all that.

    Raises `PorterError` for another package on a host that has the forwarder.
    """
    splunk = goal.spec.splunk
    if splunk is None:
        drop_in = _drop_in(goal)
        return plan_removal(UNIT, _ours(goal), facts) if drop_in in facts.files else ()
    if not (goal.layout.is_machine and facts.systemd):
        return ()
    groups = [source.group for source in splunk.inputs if isinstance(source, Files)]
    check_groups(filter(None, groups), facts.content(_system(goal)[1]) or b"", "splunk/inputs")
    service = splunk_service(goal, splunk)
    package = plan_package(goal, NAME, splunk.package, facts)
    files = plan_files((service.unit, *service.reads, *_seed_of(goal, splunk, facts)), facts)
    there = goal.layout.unit(UNIT) in facts.files
    started = service.record(goal.layout).path in facts.files
    if (package and there) or (started and not there):
        raise _not_twice()
    enable = () if there else _boot_start(goal)
    own: Steps = (Run(("chown", "-R", f"{USER}:{USER}", str(folder(goal)))),)
    return (
        *_plan_user(goal, facts),
        *package,
        *files,
        *enable,
        *(own if files or not started else ()),
        *_used_seed(goal, facts),
        *plan_unit(service, facts, goal.layout),
    )


def notes(goal: Goal, _facts: Facts) -> tuple[str, ...]:
    """Say that a played host gets no forwarder: it would be installed on the real machine."""
    if goal.layout.is_machine or goal.spec.splunk is None:
        return ()
    return ("the Splunk forwarder is left out below a root other than /",)


def splunk_service(goal: Goal, splunk: Splunk) -> Service:
    """Return Splunk's own unit with porter's drop-in, and the files that the forwarder reads.

    The drop-in contains the package's SHA-256, so another package restarts the forwarder.
    """
    named = {source.group for source in splunk.inputs if isinstance(source, Files)} - {""}
    groups = sorted({goal.system.journal_group, *named})
    lines = (
        f"# {NAME} {splunk.package.sha256}",
        "[Unit]",
        "StartLimitIntervalSec=0",
        "",
        "[Service]",
        "# Splunk would let it read every file; it may read what its groups may read.",
        "AmbientCapabilities=",
        "NoNewPrivileges=yes",
        f"SupplementaryGroups={' '.join(groups)}",
        "# It must not use the host's role.",
        _NO_METADATA,
    )
    drop_in = (HEADER + "\n".join(lines) + "\n").encode()
    return Service(UNIT, File(_drop_in(goal), drop_in), configuration(goal, splunk))


def _plan_user(goal: Goal, facts: Facts) -> Steps:
    """Plan to create the user; packages before version 9.1 do not."""
    if f"\n{USER}:".encode() in (facts.content(_system(goal)[0]) or b""):
        return ()
    return (Run(("systemd-sysusers", "--inline", f"u {USER} - - {folder(goal)}")),)


def _not_twice() -> PorterError:
    """Return the refusal to install or run Splunk again.

    The package's scripts and `bin/splunk` would run as root, from a folder that belongs to the
    forwarder's user.
    """
    return PorterError(
        f"needs a new host: here root would run programs that the user {USER} may have changed",
        where="splunk/package",
        cure="deploy the app, which replaces the hosts",
    )


def _boot_start(goal: Goal) -> Steps:
    """Plan to have Splunk write its unit, before anything ran as its user."""
    words = ("enable", "boot-start", "-systemd-managed", "1", "-user", USER)
    agreed = ("--accept-license", "--answer-yes", "--no-prompt")
    return (Run((str(folder(goal) / "bin/splunk"), *words, *agreed)), DaemonReload())


def _seed_of(goal: Goal, splunk: Splunk, facts: Facts) -> tuple[File, ...]:
    """Return the file with the first user's password, as long as Splunk has no users."""
    if splunk.admin_password is None or _passwd(goal) in facts.files:
        return ()
    return (user_seed(goal, goal.secrets[splunk.admin_password]),)


def _used_seed(goal: Goal, facts: Facts) -> Steps:
    """Plan to remove the password's file as soon as Splunk has users."""
    used = _passwd(goal) in facts.files and _seed(goal) in facts.files
    return (RemoveFile(_seed(goal)),) if used else ()


def _passwd(goal: Goal) -> PurePath:
    """The file of Splunk's own users, which Splunk writes when it first runs."""
    return folder(goal) / "etc/passwd"


def _seed(goal: Goal) -> PurePath:
    return folder(goal) / "etc/system/local/user-seed.conf"


def _drop_in(goal: Goal) -> PurePath:
    """Porter's drop-in of the unit."""
    return goal.layout.units / f"{UNIT}.d" / "60-porter.conf"


def _system(goal: Goal) -> tuple[PurePath, PurePath]:
    return goal.layout.root / "etc/passwd", goal.layout.root / "etc/group"


def _ours(goal: Goal) -> tuple[PurePath, ...]:
    """Return the files that porter writes, which are removed with the forwarder.

    The record of its start stays: root must never run its programs again.
    """
    local = folder(goal) / "etc/system/local"
    names = ("inputs.conf", "outputs.conf", "deploymentclient.conf", "user-seed.conf")
    server = folder(goal) / "etc/apps/porter/default/server.conf"
    return (_drop_in(goal), *(local / name for name in names), server)
