"""`python -m porter.host.environment`: restore after a boot what programs need to start.

`host.json` is the only file on disk with the values of environments; the files that systemd reads
are in memory. Secrets from AWS are on no disk, so they are fetched again: only then this needs the
network. If a boot interrupted a hot apply, this also decides which slot serves.
"""

from __future__ import annotations

import sys

from porter.errors import PorterError
from porter.host.core.goal import Goal, deployment_of, spec_of
from porter.host.core.machine import Machine
from porter.host.core.own_program import this_machine
from porter.host.core.systems import system
from porter.host.environment.credentials import credentials_files, credentials_key
from porter.host.environment.files import environment_file
from porter.host.environment.idle import idle_marker, idle_name
from porter.host.haproxy.cfg import redirected
from porter.host.secrets.certificate import certificate_file
from porter.host.secrets.files import held_file, secret_files
from porter.host.secrets.vault import fetch
from porter.spec import HostSpec, workload_unit


def restore(machine: Machine) -> None:
    """Write all tokens and environments again, as the last apply did, with secrets from AWS.

    Raises `PorterError` if a file of the last apply is missing, or a secret cannot be fetched.
    """
    layout = machine.layout
    spec = spec_of(machine)
    _settle_slots(machine, spec)
    goal = Goal(spec, deployment_of(machine), layout, sys.executable, {}, system(machine))
    for file in credentials_files(goal, credentials_key(machine)):
        machine.write(file.path, file.content, file.mode)
    goal = fetch(goal)
    files = [file for file in (held_file(goal), certificate_file(goal)) if file]
    for runs in (*spec.workloads, *spec.jobs):
        files += [environment_file(goal, runs), *secret_files(goal, runs)]
    for file in files:
        machine.write(file.path, file.content, file.mode)


def _settle_slots(machine: Machine, spec: HostSpec) -> None:
    """If the boot interrupted a swap, start only the live slot and send it the requests.

    If there are environments already, this is not the first run of this boot: a swap may be going
    on, so nothing is changed.
    """
    web, layout, idle = spec.web, machine.layout, idle_name(spec)
    if not web or machine.names(layout.environment(web.name).parent):
        return
    if machine.read(layout.unit(workload_unit(idle))):
        machine.write(idle_marker(layout, idle), b"", 0o644)
    cfg = machine.read(layout.haproxy_cfg)
    if cfg and cfg.content != redirected(cfg.content, spec):
        machine.write(layout.haproxy_cfg, redirected(cfg.content, spec), cfg.mode)


if __name__ == "__main__":
    try:
        restore(this_machine())
    except PorterError as error:
        sys.exit(f"porter.host.environment: {error}")
