"""Play EC2 Auto Scaling: run as many hosts as each group wants, and register them."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from porter.aws.clients import Clients
from porter.rehearsal.cloud.emulator.activities import ScalingActivity, launched, refused
from porter.rehearsal.faults.hosts import Sabotage
from porter.rehearsal.fleet import evidence
from porter.rehearsal.fleet.auto_scaling import AutoScalingGroup, read_auto_scaling_groups
from porter.rehearsal.fleet.failure import RehearsalFailed
from porter.rehearsal.fleet.host import Host
from porter.rehearsal.fleet.launcher import launcher
from porter.rehearsal.fleet.targets import Target, Targets
from porter.rehearsal.local import ports
from porter.rehearsal.local.claims import Claims
from porter.rehearsal.machines.api import Machines
from porter.rehearsal.machines.metadata import notices

Key = tuple[str, str, str]
"""Account, region and name of an Auto Scaling group."""

Record = Callable[[ScalingActivity], None]
"""Lets the embedded AWS list a launch of a group."""

MOST_REFUSED = 3
"""A rehearsal ends when EC2 has refused that many launches in a row; AWS tries longer."""

RELAUNCH_SECONDS = 2.0
"""Until a group tries again after a refused launch."""

MOST_LOST = 4
LOST_WITHIN = 60.0
"""More than `MOST_LOST` hosts that end by themselves within `LOST_WITHIN` seconds fail the
rehearsal."""

_LISTENER = 80
"""The load balancer's port in AWS; here it moves, like every privileged port."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Member:
    """A running host of an Auto Scaling group; `leaving` once the group no longer wants it."""

    scaling_group: Key
    host: Host
    leaving: bool = False


class Fleet:
    """The hosts of every Auto Scaling group in the watched environments, made of `machines`.

    With `keep_failed`, hosts that never became healthy run on after a rollback.
    """

    def __init__(
        self,
        folder: Path,
        machines: Machines,
        sabotage: Sabotage,
        record: Record,
        *,
        keep_failed: bool = False,
    ) -> None:
        self.machines = machines
        self._keep_failed = keep_failed
        self._folder = folder
        self._sabotage = sabotage
        self._record = record
        self._refusals: list[float] = []
        self._environments: dict[tuple[str, str], Clients] = {}
        self._endpoint = ""
        self._lost: list[float] = []
        self._taken: set[int] = set()
        self._claims = Claims()
        self._foreign: set[Key] = set()
        self._members: list[_Member] = []
        self.targets = Targets(folder, self._listener_port, machines.namespace)
        self.hosts: list[Host] = []  # every host ever launched, in order

    def open(self, endpoint: str) -> None:
        """Prepare to launch hosts; AWS is at `endpoint`. Raises `PorterError`."""
        if not self._endpoint:
            self._endpoint = endpoint
            self._sabotage.check(self.machines)
            self.machines.open(endpoint)

    def watch(self, environments: Iterable[tuple[str, Clients]]) -> None:
        """Also follow Auto Scaling groups in `environments`: account, and AWS as seen from it."""
        for account, aws in environments:
            self._environments.setdefault((account, aws.region), aws)

    def follow(self) -> None:
        """Launch the hosts that Auto Scaling groups want, and remove those that they do not want.

        A host that ended by itself is replaced. A group whose user data is not porter's is ignored.
        Raises `PorterError` if a host cannot be launched, and `RehearsalFailed` if hosts end one
        after the other.
        """
        for member in [one for one in self._members if not one.host.machine.alive]:
            self._lose(member)
        there = set()
        for (account, region), aws in self._environments.items():
            for scaling_group in read_auto_scaling_groups(aws):
                key = (account, region, scaling_group.name)
                there.add(key)
                if scaling_group.launch_template and key not in self._foreign:
                    self._resize(key, aws, scaling_group)
        for member in self._staying():
            if member.scaling_group not in there:
                self._drain(member)
        self.targets.look()
        self._stop_drained()

    def observe(self) -> None:
        """Ask every porterd for the state of its service."""
        for member in self._members:
            member.host.observe()

    def settled(self) -> bool:
        """Whether no host is leaving and every other host gets requests."""
        return all(not member.leaving for member in self._members) and self.targets.ready()

    def stop(self) -> None:
        """Stop everything, even if one part fails to stop."""
        with ExitStack() as stack:
            stack.callback(self._claims.close)
            stack.callback(self.machines.close)
            stack.callback(self.targets.stop)
            for host in self.hosts:
                stack.callback(host.machine.stop)

    def _staying(self) -> list[_Member]:
        return [member for member in self._members if not member.leaving]

    def _resize(self, key: Key, aws: Clients, scaling_group: AutoScalingGroup) -> None:
        here = [member for member in self._staying() if member.scaling_group == key]
        for member in here[: max(0, len(here) - scaling_group.desired_capacity)]:
            self._drain(member)  # the oldest first: they run the oldest template
        waits = self._refusals and time.monotonic() - self._refusals[-1] < RELAUNCH_SECONDS
        if len(here) < scaling_group.desired_capacity and not waits:
            self._launch(key, aws, scaling_group, range(len(here), scaling_group.desired_capacity))

    def _launch(
        self, key: Key, aws: Clients, scaling_group: AutoScalingGroup, numbers: range
    ) -> None:
        kind = launcher(
            scaling_group,
            account=key[0],
            aws=aws,
            endpoint=self._endpoint,
            choose_ports=self._choose_ports,
            sabotage=self._sabotage,
            machines=self.machines,
        )
        if kind is None:
            self._foreign.add(key)
            return
        for number in numbers:
            if message := self._sabotage.refusal():
                self._refuse(key, message)
                return
            self._refusals.clear()
            host = kind.host(self._folder / f"host{len(self.hosts)}", number)
            self.hosts.append(host)  # before it starts, so that `stop` stops it in any case
            self._members.append(_Member(scaling_group=key, host=host))
            host.machine.start()
            self._record(launched(*key, host.instance_id))
            if host.spec.proxy:
                target = Target(
                    instance_id=host.instance_id,
                    address=host.machine.address,
                    port=host.spec.proxy.port,
                    aws=aws,
                    target_group_arns=scaling_group.target_group_arns,
                )
                self.targets.register(target)

    def _refuse(self, key: Key, message: str) -> None:
        """Record that EC2 refused a launch; `follow` tries again, as Auto Scaling does."""
        self._record(refused(*key, message))
        self._refusals.append(time.monotonic())
        if len(self._refusals) >= MOST_REFUSED:
            raise RehearsalFailed(f"EC2 refused {MOST_REFUSED} launches in a row: {message}")

    def _drain(self, member: _Member) -> None:
        member.leaving = True
        if member.host.machine.notices:
            notices.give(member.host.machine.notices, "terminating")
        member.host.last_lines = evidence.last_lines(member.host)
        self.targets.drain(member.host.instance_id)

    def _lose(self, member: _Member) -> None:
        """Remove a host that ended by itself; `follow` launches another, as Auto Scaling does."""
        host = member.host
        host.lost = True
        host.last_lines = host.last_lines or evidence.last_lines(host)
        self._remove(member)
        now = time.monotonic()
        self._lost = [at for at in self._lost if now - at < LOST_WITHIN] + [now]
        if len(self._lost) > MOST_LOST:
            raise RehearsalFailed(
                f"{len(self._lost)} hosts ended by themselves within {LOST_WITHIN:g} s, "
                f"the last one was {host.instance_id}"
            )

    def _stop_drained(self) -> None:
        for member in [member for member in self._members if member.leaving]:
            if self.targets.drained(member.host.instance_id):
                self._remove(member)

    def _remove(self, member: _Member) -> None:
        host = member.host
        self.targets.deregister(host.instance_id)
        if host.lost or host.healthy_at is not None or not self._keep_failed:
            host.machine.stop()
        host.gone = True
        self._members.remove(member)

    def _choose_ports(self, wanted: Collection[int]) -> dict[int, int]:
        """Return where a new host's ports move: no other host or rehearsal uses them."""
        if not self.machines.moves_ports:
            return {}
        return self._free_ports(wanted)

    def _free_ports(self, wanted: Collection[int]) -> dict[int, int]:
        moved = ports.choose(wanted, self._taken | self._claims.refused(wanted))
        self._taken.update(moved.get(port, port) for port in wanted)
        return moved

    def _listener_port(self) -> int:
        return self._free_ports([_LISTENER])[_LISTENER]
