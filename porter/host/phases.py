"""The phases of `porter host apply`, in order. A new phase is a row here and a folder of its own.

porterd is last, because it reports for the host from then on. Its unit contains the path of the
bundle, and a workload's unit that of the payload. The path changes with the content, so a changed
bundle or payload restarts the unit.
"""

from __future__ import annotations

from typing import Any

from porter.host.agents.cloudwatch import phase as cloudwatch
from porter.host.agents.splunk import phase as splunk
from porter.host.core.phase import Phase
from porter.host.docker import phase as docker
from porter.host.drain import phase as drain
from porter.host.haproxy import phase as haproxy
from porter.host.jobs import phase as jobs
from porter.host.programs import phase as programs
from porter.host.release import slots, swap, tidy
from porter.host.restart import phase as restart
from porter.host.secrets import phase as secrets
from porter.host.secrets import vault
from porter.host.system import firewall, install, limits, logs, porterd, record, setup, updates

PHASES: tuple[Phase[Any], ...] = (
    Phase("limits", limits.look, limits.plan, limits.notes),
    Phase("firewall", firewall.look, firewall.plan),
    Phase("logs", logs.look, logs.plan),
    Phase("secrets", secrets.look, secrets.plan, fetch=vault.fetch),
    Phase("updates", updates.look, updates.plan),
    Phase("install", install.look, install.plan),
    Phase("setup", setup.look, setup.plan, setup.notes),
    Phase("docker", docker.look, docker.plan),
    Phase("swap", swap.look, swap.plan, repair=swap.repair, settle=slots.placed),
    Phase("record", record.look, record.plan),
    Phase("workloads", programs.look, programs.plan),
    Phase("jobs", jobs.look, jobs.plan, jobs.notes),
    Phase("haproxy", haproxy.look, haproxy.plan),
    Phase("splunk", splunk.look, splunk.plan, splunk.notes),
    Phase("cloudwatch", cloudwatch.look, cloudwatch.plan, cloudwatch.notes),
    Phase("tidy", tidy.look, tidy.plan),
    Phase("drain", drain.look, drain.plan),
    Phase("restart", restart.look, restart.plan),
    Phase("porterd", porterd.look, porterd.plan),
)
