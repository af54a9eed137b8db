"""The three units of a job: its timer, the one with the lease, and the one that runs it."""

from __future__ import annotations

from porter.host.core import quoting
from porter.host.core.goal import Goal
from porter.host.core.layout import ENVIRONMENT_UNIT, PORTERD_UNIT
from porter.host.core.own_code import own_environment, run_module
from porter.host.core.service import File, Service
from porter.host.core.unit_file import (
    HEADER,
    NETWORK,
    NO_CAPABILITIES,
    NO_CODE_AT_RUN_TIME,
    NO_METADATA,
    ONLINE,
    OWN_USER,
    SANDBOX,
    USERS_NETWORK,
    exec_start,
    load_credentials,
    unit_file,
    variable_lines,
)
from porter.host.environment.files import environment_file
from porter.host.environment.home import home_name
from porter.host.jobs import files
from porter.host.jobs.decision import MARGIN_SECONDS
from porter.host.secrets.files import secret_files
from porter.spec import Job, job_owner, job_timer, job_unit, lease_unit

STOP_SECONDS = 10
"""Seconds between SIGTERM and SIGKILL for a job that takes too long."""

CLAIM_SECONDS = 240
"""Seconds for a claim: its retries, and four attempts of the last call. Settling has two."""

CATCH_UP_SECONDS = 300
"""Seconds between two checks for missed runs."""


def timer(goal: Goal, job: Job) -> Service:
    """Return the timer of `job`; it reads the other two units, the environment and secrets."""
    lines = (
        "[Unit]",
        f"Description=When {job.name} is due, a job of {goal.spec.service}",
        "",
        "[Timer]",
        f"Unit={lease_unit(job.name)}",
        f"OnCalendar={job.calendar}",
        "AccuracySec=1s",
        *(_catching_up(job) if job.missed == "run" else ()),
        "",
        "[Install]",
        "WantedBy=timers.target",
    )
    layout, name = goal.layout, job_timer(job.name)
    environment, secrets = environment_file(goal, job), secret_files(goal, job)
    content = (HEADER + "\n".join(lines) + "\n").encode()
    return Service(
        name,
        File(layout.unit(name), content),
        (_lease(goal, job), _command(goal, job, secrets), environment, *secrets),
    )


def _catching_up(job: Job) -> tuple[str, ...]:
    """Return the timer's lines for missed runs; `Persistent=` would know only this host's."""
    return (
        "# Catch up on missed runs: the lease says which were missed.",
        "OnActiveSec=10s",
        f"OnUnitInactiveSec={max(CATCH_UP_SECONDS, job.timeout_seconds + MARGIN_SECONDS)}s",
    )


def _lease(goal: Goal, job: Job) -> File:
    environment = own_environment(goal)
    seconds = CLAIM_SECONDS + job.timeout_seconds + STOP_SECONDS

    def porter(verb: str) -> str:
        return quoting.command_line(run_module(goal.python, "porter.host.jobs", verb, job.name))

    unit = job_unit(job.name)
    lines = (
        "Type=oneshot",
        *variable_lines(environment),
        "# Before porterd serves, the job would have no credentials: leave it to another host.",
        f"ExecCondition=systemctl is-active --quiet {PORTERD_UNIT}",
        "# If another host has the lease, this ends here, without a failure.",
        f"ExecCondition={porter('claim')}",
        "# In a unit of its own, which cannot get this host's credentials.",
        f"ExecStart=-systemctl start {unit}",
        f"ExecStopPost=-systemctl stop {unit}",
        f"ExecStopPost={porter('settle')}",
        f"TimeoutStartSec={seconds}",
        f"TimeoutStopSec={2 * CLAIM_SECONDS}",
        "RuntimeDirectory=porter/jobs",
        "RuntimeDirectoryMode=0700",
        "RuntimeDirectoryPreserve=yes",
        "StateDirectory=porter/jobs",
        *SANDBOX,
        *NETWORK,
        *NO_CAPABILITIES,
        *NO_CODE_AT_RUN_TIME,
    )
    order = (*ONLINE, f"After={ENVIRONMENT_UNIT} {PORTERD_UNIT}")
    what = f"The lease of {job.name}, a job of {goal.spec.service}"
    content = unit_file(what, order=order, service=lines, at_boot=False)
    return File(goal.layout.unit(lease_unit(job.name)), content)


def _command(goal: Goal, job: Job, secrets: tuple[File, ...]) -> File:
    layout, name = goal.layout, job_unit(job.name)
    folder = layout.payload(goal.deployment.payload) / "jobs" / job.name
    bundle = layout.bundle(goal.deployment.bundle)
    ended = quoting.command_line(
        [
            *("/usr/bin/env", "-i", "-C", "/", f"PYTHONPATH={bundle}"),
            *run_module(goal.python, "porter.host.jobs.ended", str(files.ended(layout, job.name))),
        ]
    )
    owner = job_owner(job.name)
    tokens = (layout.token(owner),) if goal.spec.hands_out_credentials else ()
    variables = (layout.environment(owner), *tokens)
    lines = (
        "Type=oneshot",
        f"WorkingDirectory={quoting.path(folder)}",
        *(f"EnvironmentFile={quoting.path(path)}" for path in variables),
        "# This file exists only with a lease, so the unit cannot be started by hand.",
        f"EnvironmentFile={quoting.path(files.run_environment(layout, job.name))}",
        *load_credentials(file.path for file in secrets),
        exec_start(job.command, folder, layout),
        "# As root, outside the sandbox: without the job's environment, and not in its folder.",
        f"ExecStopPost=+{ended} ${{SERVICE_RESULT}} ${{EXIT_CODE}} ${{EXIT_STATUS}}",
        f"TimeoutStartSec={job.timeout_seconds}",
        f"TimeoutStopSec={STOP_SECONDS}",
        *OWN_USER,
        f"CacheDirectory={home_name(owner)}",
        *SANDBOX,
        *USERS_NETWORK,
        *NO_METADATA,
        *NO_CAPABILITIES,
    )
    order = (f"PartOf={lease_unit(job.name)}", f"After={ENVIRONMENT_UNIT}")
    what = f"{job.name}, a job of {goal.spec.service}"
    content = unit_file(what, order=order, service=lines, at_boot=False)
    return File(layout.unit(name), content)
