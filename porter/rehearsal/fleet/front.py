"""Play the rules of a listener with a HAProxy in front of those of its target groups."""

from __future__ import annotations

import itertools
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from porter.aws.clients import Clients
from porter.errors import PorterError
from porter.rehearsal.fleet.haproxy import DEFAULTS, START_SECONDS, run
from porter.rehearsal.fleet.load_balancer import LOOPBACK
from porter.rehearsal.fleet.rules import Rule, configuration, needs_front, unplayed
from porter.rehearsal.local import keeper
from porter.rehearsal.local.haproxy import find_haproxy
from porter.rehearsal.local.interruption import held_back

LEAVE_SECONDS = 60
"""How long an exchanged HAProxy may finish its requests: the idle time-out of a load balancer."""

_WHO = "the HAProxy of a listener"
_CFG = """\
global
    maxconn 1000
    nbthread 1
    hard-stop-after {leave}s

{defaults}
frontend listener
    bind fd@{listener}
{rules}
"""


class Front:
    """The listener `listener` (as DescribeListeners returns it) on `port`."""

    def __init__(self, folder: Path, listener: Mapping[str, Any], port: int) -> None:
        self.url = f"http://{LOOPBACK}:{port}/"
        self.listener = listener
        self._folder = folder
        self._port = port
        self._socket: socket.socket | None = None
        self._rules = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._leaving: list[subprocess.Popen[bytes]] = []

    def play(self, rules: Sequence[Rule], ports: Mapping[str, int]) -> None:
        """Serve `rules` from now on; a new process takes over the socket of the old one.

        The old one finishes its requests. Raises `PorterError`.
        """
        self.leaving()
        wanted = configuration(rules, ports, self.listener)
        if wanted == self._rules:
            return
        self._rules = wanted
        self._folder.mkdir(exist_ok=True)
        if self._socket is None:
            self._socket = socket.create_server((LOOPBACK, self._port))
        old = self._process
        self._run(self._socket.fileno())
        if old is not None:
            self._leaving.append(old)
            keeper.leave(old)

    def leaving(self) -> int:
        """Return how many HAProxies still finish requests under earlier rules."""
        self._leaving = [one for one in self._leaving if not _gone(one)]
        return len(self._leaving)

    def stop(self) -> None:
        """Stop HAProxy."""
        for process in (*self._leaving, self._process):
            if process is not None:
                keeper.end(process)
        if self._socket is not None:
            self._socket.close()

    def _run(self, listener: int) -> None:
        cfg, log = self._folder / "haproxy.cfg", self._folder / "haproxy.log"
        cfg.write_text(
            _CFG.format(
                defaults=DEFAULTS, listener=listener, rules=self._rules, leave=LEAVE_SECONDS
            ),
            "utf-8",
        )
        try:
            checked = subprocess.run(
                [str(find_haproxy()), "-c", "-f", str(cfg)],
                capture_output=True,
                text=True,
                check=False,
                timeout=START_SECONDS,
                pass_fds=(listener,),
            )
        except subprocess.TimeoutExpired:
            what = f"did not check its rules within {START_SECONDS:g} s"
            raise PorterError(
                what, where=_WHO, cure="rehearse while this computer is less busy"
            ) from None
        if checked.returncode:
            alert = next((line for line in checked.stderr.splitlines() if "ALERT" in line), "")
            raise PorterError(f"refuses its rules: {alert}", where=_WHO)
        with held_back():
            self._process = run(cfg, log, listener)


class Fronts:
    """The listeners of every load balancer that do more than forward to one target group."""

    LOOK_SECONDS = 1.0
    """Between two looks: rules change with deployments only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fronts: dict[str, Front] = {}
        self._number = itertools.count()
        self._unplayed: list[tuple[str, str, str]] = []
        self._due = 0.0

    @property
    def urls(self) -> dict[str, str]:
        """The URL of each of these listeners, by the names of load balancer and port."""
        return {
            f"{_name(arn)}:{front.listener['Port']}": front.url
            for arn, front in self._fronts.items()
        }

    @property
    def unplayed(self) -> list[tuple[str, str, str]]:
        """Rules that are not played: load balancer, priority and why."""
        return self._unplayed

    def look(
        self, clients: Sequence[Clients], ports: Mapping[str, int], choose_port: Callable[[], int]
    ) -> None:
        """Follow the rules. `ports` are those of the target groups' load balancers by ARN."""
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + self.LOOK_SECONDS
        there = {
            listener["ListenerArn"]: (listener, rules) for listener, rules in _listeners(clients)
        }
        for arn in self._fronts.keys() - there.keys():
            self._fronts.pop(arn).stop()
        self._unplayed = []
        for arn, (listener, rules) in there.items():
            if arn not in self._fronts:
                if not needs_front(rules):
                    continue
                folder = self._folder / f"listener{next(self._number)}"
                self._fronts[arn] = Front(folder, listener, choose_port())
            self._fronts[arn].play(rules, ports)
            self._unplayed += [
                (_name(arn), rule["Priority"], why) for rule in rules if (why := unplayed(rule))
            ]

    def stop(self) -> None:
        """Stop every listener."""
        for front in self._fronts.values():
            front.stop()


def _gone(process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is None:
        return False
    keeper.end(process)
    return True


def _listeners(clients: Sequence[Clients]) -> Iterator[tuple[Mapping[str, Any], Sequence[Rule]]]:
    for aws in clients:
        elbv2 = aws["elbv2"]
        for balancer in elbv2.describe_load_balancers()["LoadBalancers"]:
            arn = balancer["LoadBalancerArn"]
            for listener in elbv2.describe_listeners(LoadBalancerArn=arn)["Listeners"]:
                rules = elbv2.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
                yield listener, rules


def _name(listener_arn: str) -> str:
    return listener_arn.split("/")[2]
