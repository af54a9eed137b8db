"""Play EC2 Auto Scaling: run as many hosts as each group wants, and register them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from porter.aws.clients import Clients
from porter.rehearsal.cloud.emulator import Emulator
from porter.rehearsal.cloud.emulator.activities import launched, refused, taken_out
from porter.rehearsal.cloud.emulator.lifecycle import LAUNCHING, TERMINATING, Key
from porter.rehearsal.faults.hosts import Sabotage
from porter.rehearsal.fleet import evidence, group_note
from porter.rehearsal.fleet.auto_scaling import (
    AutoScalingGroup,
    read_auto_scaling_groups,
    read_hooks,
)
from porter.rehearsal.fleet.free_ports import FreePorts
from porter.rehearsal.fleet.group_note import GroupNote
from porter.rehearsal.fleet.host import Host
from porter.rehearsal.fleet.launcher import launcher
from porter.rehearsal.fleet.member import Member, State, ended
from porter.rehearsal.fleet.mishaps import Mishaps
from porter.rehearsal.fleet.sizing import Step, next_step
from porter.rehearsal.fleet.target import target_of
from porter.rehearsal.fleet.targets import Targets
from porter.rehearsal.fleet.victims import emptiest
from porter.rehearsal.machines.api import Machines
from porter.spec import ports_of


class Fleet:
    """The hosts of every Auto Scaling group in the watched environments, made of `machines`.

    With `keep_failed`, hosts that never became healthy run on after a rollback.
    """

    def __init__(
        self,
        folder: Path,
        machines: Machines,
        sabotage: Sabotage,
        emulator: Emulator,
        *,
        keep_failed: bool = False,
    ) -> None:
        self.machines = machines
        self._keep_failed = keep_failed
        self._folder = folder
        self._sabotage = sabotage
        self._emulator = emulator
        self._mishaps = Mishaps()
        self.environments: dict[tuple[str, str], Clients] = {}
        self._endpoint = ""
        self._ports = FreePorts(moves=machines.moves_ports)
        self._foreign: set[Key] = set()
        self._members: list[Member] = []
        self.targets = Targets(
            folder, self._ports.of_listener, machines.namespace, emulator.tell_health
        )
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
            self.environments.setdefault((account, aws.region), aws)

    def follow(self) -> None:
        """Launch the hosts that Auto Scaling groups want, and remove those that they do not want.

        A host that ended by itself is replaced. A group whose user data is not porter's is ignored.
        Raises `PorterError` if a host cannot be launched, and `RehearsalFailed` if hosts end one
        after the other.
        """
        for member in [one for one in self._members if one.interrupted or one.lost()]:
            self._lose(member)
        there = set()
        for (account, region), aws in self.environments.items():
            for scaling_group in read_auto_scaling_groups(aws):
                key = (account, region, scaling_group.name)
                there.add(key)
                if scaling_group.launch_template and key not in self._foreign:
                    self._resize(key, aws, scaling_group)
        for member in self._staying():
            if member.scaling_group not in there:
                self._terminate(member)
            elif member.state is State.PENDING and member.life.proceeds():
                self._enter(member)
        self.targets.look()
        for member in [member for member in self._members if member.leaving]:
            self._proceed(member)

    def observe(self) -> None:
        """Ask every porterd for the state of its service."""
        for member in self._members:
            member.host.observe()

    def states(self) -> dict[str, str]:
        """Return the state of each host in its group by the host's name; those that ended too."""
        now = {member.host.name: member.shown for member in self._members}
        return {host.name: now.get(host.name, ended(host)) for host in self.hosts}

    def settled(self) -> bool:
        """Whether no host is leaving and every other host gets requests."""
        states = {member.state for member in self._members}
        return states <= {State.IN_SERVICE} and self.targets.ready()

    def serving(self) -> list[Host]:
        """Return the hosts that their groups want."""
        return [member.host for member in self._staying()]

    def stop(self) -> None:
        """Stop everything, even if one part fails to stop."""
        with ExitStack() as stack:
            stack.callback(self._ports.close)
            stack.callback(self.machines.close)
            stack.callback(self.targets.stop)
            for host in self.hosts:
                stack.callback(host.machine.stop)

    def _staying(self) -> list[Member]:
        return [member for member in self._members if not member.leaving]

    def _resize(self, key: Key, aws: Clients, scaling_group: AutoScalingGroup) -> None:
        here = [member for member in self._staying() if member.scaling_group == key]
        step = next_step(scaling_group, here, self._serves)
        for leaving in step.unhealthy:
            leaving.host.unhealthy = True
            self._emulator.record(taken_out(*key, leaving.instance_id))
        for leaving in (*step.unhealthy, *step.leaving):
            self._terminate(leaving)
        if step.launches and not self._mishaps.pause:
            self._launch(key, aws, scaling_group, step)

    def _serves(self, member: Member) -> bool:
        """Whether it is in service, and gets requests, which AWS awaits only with ELB checks."""
        return member.state is State.IN_SERVICE and self.targets.healthy(member.instance_id)

    def _launch(
        self, key: Key, aws: Clients, scaling_group: AutoScalingGroup, step: Step[Member]
    ) -> None:
        """Launch the hosts of `step`."""
        kind = launcher(
            scaling_group,
            account=key[0],
            aws=aws,
            endpoint=self._endpoint,
            choose_ports=self._ports.of_host,
            sabotage=self._sabotage,
            machines=self.machines,
        )
        if kind is None:
            self._foreign.add(key)
            return
        launching = read_hooks(aws, scaling_group.name, LAUNCHING)
        hooks = read_hooks(aws, scaling_group.name, TERMINATING)
        here = step.there
        for number in range(step.launches):
            if message := self._sabotage.refusal():
                self._refuse(key, message)
                return
            self._mishaps.launched()
            zone = emptiest(kind.zones, here)
            folder = self._folder / f"host{len(self.hosts)}"
            host = kind.host(folder, zone, *scaling_group.purchases.next(here))
            self.hosts.append(host)  # before it starts, so that `stop` stops it in any case
            life = self._emulator.lifecycles.instance(key, host.instance_id)
            member = Member(
                scaling_group=key, host=host, folder=folder, zone=zone, life=life, hooks=hooks
            )
            member.launch(launching)
            here.append(member)
            self._members.append(member)
            host.machine.start()
            group_note.write(folder, GroupNote.of(self._endpoint, key))
            replaces = number < step.replacements
            self._emulator.record(launched(*key, host.instance_id, replaces=replaces))
            member.target = target_of(host, aws, scaling_group.target_group_arns)
            if member.target:
                self.targets.prepare(member.target)

    def _enter(self, member: Member) -> None:
        """Put a host into service, or end one that is abandoned; `follow` launches another.

        Amazon EC2 Auto Scaling User Guide, "How lifecycle hooks work": the host is registered with
        the load balancers before it is `InService`. "Complete a lifecycle action": a host that is
        abandoned is terminated and replaced.
        """
        if member.life.abandoned():
            self._terminate(member)
            return
        if member.target:
            self.targets.register(member.target)
        member.enter(State.IN_SERVICE)

    def _refuse(self, key: Key, message: str) -> None:
        """Record that EC2 refused a launch; `follow` tries again, as Auto Scaling does."""
        self._emulator.record(refused(*key, message))
        self._mishaps.refused(message)

    def _terminate(self, member: Member) -> None:
        member.terminate(inspected=self._kept(member.host))
        self.targets.drain(member.host.instance_id)

    def _proceed(self, member: Member) -> None:
        """Deregister a host that is drained, wait for its hook, and stop it.

        Amazon EC2 Auto Scaling User Guide, "How lifecycle hooks work": in this order.
        """
        if member.state is State.TERMINATING and self.targets.drained(member.host.instance_id):
            self.targets.deregister(member.host.instance_id)
            member.wait()
        if member.state is State.WAITING and member.life.proceeds():
            member.host.drained = member.completed
            self._remove(member)

    def _kept(self, host: Host) -> bool:
        """Whether the host runs on after its end, to be inspected."""
        return self._keep_failed and host.failed and not host.lost

    def _lose(self, member: Member) -> None:
        """Remove a host that ended; `follow` launches another, as Auto Scaling does."""
        host = member.host
        host.lost, host.interrupted = True, member.interrupted
        host.last_lines = host.last_lines or evidence.last_lines(host)
        self._remove(member)
        if not host.interrupted:
            self._mishaps.lost(host.instance_id)

    def _remove(self, member: Member) -> None:
        host = member.host
        self.targets.deregister(host.instance_id)
        if not self._kept(host):
            host.machine.stop()
            self._ports.release(ports_of(host.spec))
        host.gone = True
        group_note.remove(member.folder)
        member.life.end()
        member.state = State.TERMINATED
        self._members.remove(member)
