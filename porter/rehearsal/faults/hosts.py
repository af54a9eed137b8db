"""Inject faults into the AWS account and the hosts of a rehearsal."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from porter.aws.clients import Clients
from porter.errors import PorterError
from porter.rehearsal.cloud import account
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.user_data import DEPLOYMENT, read_deployment
from porter.rehearsal.faults import Fault
from porter.rehearsal.faults.user_data import Config, altered, cut_off, take_port, tamper
from porter.rehearsal.local.haproxy import find_haproxy
from porter.rehearsal.machines.api import Launch, Machine, Machines
from porter.spec import HTTP_PORT

_HAPROXY = """\
#!/usr/bin/env python3
import os, sys
program = next(filter(os.path.exists, {programs!r}))
os.execv(program, [program, *sys.argv[1:], "-f", __file__ + ".cfg"])
"""


_QUOTA = (
    "You have requested more vCPU capacity than your current vCPU limit of 0 allows for the "
    "instance bucket that the specified instance type belongs to. Please visit "
    "http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit."
)
_KILLED = frozenset({Fault.KILLED_WAITING, Fault.KILLED_CONFIRMING, Fault.KILLED_SIGNALLING})


class Sabotage:
    """Injects each of `faults` at its time."""

    def __init__(self, faults: Collection[Fault]) -> None:
        self._faults = frozenset(faults)
        self._listeners: list[socket.socket] = []
        self._port_taken = False
        self._refused = False
        self._offline = False
        self._corrupted: set[str] = set()
        self._killed: set[tuple[str, Fault]] = set()

    @property
    def installed(self) -> Sequence[str]:
        """The arguments for `Emulator` that let S3 and the wait handle fail."""
        return ["porter.rehearsal.faults.s3", *sorted(self._faults)] if self._faults else []

    def check(self, machines: Machines) -> None:
        """Raise `PorterError` for a fault that `machines` cannot have."""
        for fault in sorted(self._faults):
            if fault.booted and machines.name != "systemd":
                raise PorterError(
                    "needs a booted machine", where=f"--fault {fault}", cure="add --machine systemd"
                )

    def refusal(self) -> str:
        """Return EC2's words if it refuses the next launch, else nothing.

        The words are those that kops#15778 quotes from a scaling activity.
        """
        self._refused = Fault.LAUNCH_REFUSED in self._faults
        return _QUOTA if self._refused else ""

    def before(self, launch: Launch) -> Launch:
        """Inject what a host meets when it starts; return how to launch it."""
        if self._faults & {Fault.ASSET_MISSING, Fault.ASSET_CORRUPT}:
            self._break_bundle(launch)
        if Fault.ASSET_DENIED in self._faults:
            _deny(launch)
        if Fault.HAPROXY_PORT_TAKEN in self._faults:
            launch = self._take_port(launch)
        if Fault.BUNDLE_SCHEMA in self._faults:
            launch = altered(launch, _other_schema)
        if Fault.HAPROXY_REFUSES in self._faults:
            launch = altered(launch, _other_haproxy)
        if Fault.ONE_HOST_OFFLINE in self._faults and not self._offline:
            self._offline = True
            launch = altered(launch, cut_off)
        return tamper(launch, self._faults)

    def during(self, instance_id: str, service: Mapping[str, Any], machine: Machine) -> None:
        """Kill porterd if `service`, its answer about itself, shows a state that a fault names."""
        moment = _moment(service)
        if moment not in self._faults or (instance_id, moment) in self._killed:
            return
        for pid in (pids := _porterd(machine.root)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if pids:
            self._killed.add((instance_id, moment))

    def missed(self) -> str:
        """The fault that was not injected; empty if all were."""
        killed = {fault for _, fault in self._killed}
        due = self._faults & _KILLED - killed
        if not self._port_taken:
            due |= self._faults & {Fault.HAPROXY_PORT_TAKEN}
        if not self._offline:
            due |= self._faults & {Fault.ONE_HOST_OFFLINE}
        if not self._refused:
            due |= self._faults & {Fault.LAUNCH_REFUSED}
        return min(due, default="")

    def close(self) -> None:
        """Free the ports that were taken."""
        for listener in self._listeners:
            listener.close()

    def _take_port(self, launch: Launch) -> Launch:
        """Take HAProxy's port here; on a machine with ports of its own, take it there at boot."""
        port = launch.ports.get(HTTP_PORT)
        if port is None and launch.ports:
            return launch  # no HAProxy on it
        self._port_taken = True
        if port is None:
            return altered(launch, lambda config: take_port(config, HTTP_PORT))
        self._listeners.append(socket.create_server(("", port)))
        return launch

    def _break_bundle(self, launch: Launch) -> None:
        deployment = read_deployment(launch.user_data)
        if deployment is None:
            return
        bundle = {"Bucket": deployment.bundle.bucket, "Key": deployment.bundle.key}
        s3 = _aws(launch)["s3"]
        if Fault.ASSET_MISSING in self._faults:
            s3.delete_object(**bundle)
        elif deployment.bundle.key not in self._corrupted:
            self._corrupted.add(deployment.bundle.key)
            content = bytearray(s3.get_object(**bundle)["Body"].read())
            content[len(content) // 2] ^= 1
            s3.put_object(**bundle, Body=bytes(content))


def _aws(launch: Launch) -> Clients:
    environment = Environment(account=launch.account, region=launch.region)
    return account.clients(environment, launch.aws_endpoint)


def _deny(launch: Launch) -> None:
    statement = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    _aws(launch)["iam"].put_role_policy(
        RoleName=launch.role_name, PolicyName="fault", PolicyDocument=policy
    )


def _other_schema(config: Config) -> None:
    for file in config["write_files"]:
        if file["path"] == DEPLOYMENT:
            content = json.loads(file["content"])
            file["content"] = json.dumps(content | {"schema": content["schema"] + 1})


def _other_haproxy(config: Config) -> None:
    """Put a program before HAProxy that adds a configuration file with an unknown keyword."""
    program = "/usr/local/sbin/haproxy"
    # A booted machine installs HAProxy by cloud-init, before porter looks for it.
    text = _HAPROXY.format(programs=["/usr/sbin/haproxy", str(find_haproxy())])
    config["packages"] = [*config.get("packages", ()), "haproxy"]
    config["write_files"] += [
        {"path": program, "permissions": "0755", "content": text},
        {"path": f"{program}.cfg", "content": "global\n    keyword-of-another-version\n"},
    ]


def _moment(service: Mapping[str, Any]) -> Fault | None:
    """Return the fault that kills porterd in the state that `service` describes."""
    match service.get("gate", {}).get("state"), service.get("signal", {}).get("state"):
        case "waiting", _:
            return Fault.KILLED_WAITING
        case "confirming", _:
            return Fault.KILLED_CONFIRMING
        case "healthy" | "failed", "none" | "intended":
            return Fault.KILLED_SIGNALLING
        case _:
            return None


def _porterd(root: Path) -> list[int]:
    """Return the pids of the machine's porterd, found by STATE_DIRECTORY in their environment.

    A booted machine's root is that of its process 1 (proc(5)). All booted machines have the same
    paths, so their pid namespaces tell them apart.
    """
    booted = root.is_relative_to("/proc")
    state = Path("/" if booted else root, "var/lib/porterd")
    mark = b"STATE_DIRECTORY=" + os.fsencode(state)
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            here = not booted or (process / "ns/pid").samefile(root.parent / "ns/pid")
            if here and mark in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
    return found
