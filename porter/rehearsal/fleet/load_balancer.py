"""Play the load balancer of one target group with a real HAProxy."""

from __future__ import annotations

import csv
import shlex
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from porter.errors import PorterError
from porter.rehearsal.cloud.emulator.target_health import (
    DRAINING,
    HEALTHY,
    INITIAL,
    State,
    unhealthy,
)
from porter.rehearsal.fleet.haproxy import DEFAULTS, START_SECONDS, run
from porter.rehearsal.local import keeper
from porter.rehearsal.local.interruption import held_back

LOOPBACK = "127.0.0.1"
FASTER = 20
"""An interval of 5 s lasts 0.25 s here, because hosts boot in seconds, not minutes."""

_WHO = "the load balancer's HAProxy"
_ANSWER_SECONDS = 5.0
_CFG = """\
global
    stats socket {socket} mode 600 level admin
    maxconn 1000
    nbthread 1

{defaults}    option forwardfor

frontend listener
    bind fd@{listener}
    default_backend targets
    # Like access logs, of failed requests alone: each names its target.
    log stdout format raw daemon
    option httplog
    option dontlog-normal

backend targets
    balance roundrobin
    option httpchk
    # As AWS does: Host is the target's own address and port.
    http-check send meth GET uri {path} ver HTTP/1.1 {headers} hdr Connection close
    http-check expect status {codes}
    timeout check {timeout}s
"""

_HEADERS = "hdr Host %[bc_dst]:%[bc_dst_port] hdr User-Agent ELB-HealthChecker/2.0"
_CHECK = "check inter {interval}ms rise {rise} fall {fall}"


class LoadBalancer:
    """A listener on `port` for the targets of `target_group` (a dict of DescribeTargetGroups).

    A new target gets requests after its first passed check. A target that failed must first pass
    `HealthyThresholdCount` checks. Paths, codes and thresholds are the target group's; its
    intervals are divided by `FASTER`. Without a healthy target the answer is 503, whereas AWS would
    try all targets. Methods raise `PorterError` if HAProxy does not answer.

    With a `namespace` (ip-netns(8)), HAProxy runs and reaches targets there, and the listener stays
    here. HAProxy's own `namespace` keyword does not work for servers added at run time.
    """

    def __init__(
        self, folder: Path, target_group: Mapping[str, Any], port: int, namespace: str | None = None
    ) -> None:
        self.url = f"http://{LOOPBACK}:{port}/"
        self._folder = folder
        self._target_group = target_group
        self.port = port
        self._namespace = namespace
        self._socket = folder / "api.sock"
        self._codes: dict[tuple[str, str], str] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start HAProxy, and wait for its runtime API. Raises `PorterError`."""
        self._folder.mkdir()
        log = self._folder / "haproxy.log"
        with socket.create_server((LOOPBACK, self.port)) as listener:
            self._run(listener.fileno(), log)
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._ended() or time.monotonic() > end:
                said = log.read_text("utf-8", errors="replace").strip().splitlines()
                reason = said[-1] if said else f"no answer within {START_SECONDS:g} s"
                raise PorterError(f"did not start: {reason}", where=_WHO)
            time.sleep(0.02)

    def add(self, target: str, address: str, port: int) -> None:
        """Register `target`: it is checked from now on, and gets requests once a check passes."""
        check = _CHECK.format(
            interval=self._shortened(self._target_group.get("HealthCheckIntervalSeconds", 30)),
            rise=self._target_group.get("HealthyThresholdCount", 5),
            fall=self._target_group.get("UnhealthyThresholdCount", 2),
        )
        server = f"targets/{target}"
        # Like AWS, do not verify a target's certificate.
        tls = " ssl verify none check-ssl" if self._target_group.get("Protocol") == "HTTPS" else ""
        self._command(f"add server {server} {address}:{port}{tls} {check}")
        # HAProxy does not check a server in maintenance, the initial state, but a draining one.
        self._command(f"enable health {server}")
        self._command(f"set server {server} state drain")

    def forward_to(self, target_group: Mapping[str, Any]) -> None:
        """Add targets of `target_group` from now on. The check's path and codes stay."""
        self._target_group = target_group

    def look(self, leaving: set[str]) -> dict[str, State]:
        """Send requests to targets that became healthy, except those that are `leaving`.

        Return the health of each target, in AWS's words.
        """
        states = {}
        for name, row in self._targets().items():
            states[name] = DRAINING if name in leaving else _state(row)
            if name not in leaving and row["status"] == "DRAIN" and row["check_status"] == "L7OK":
                self._command(f"set server targets/{name} state ready")
        return states

    def healthy(self) -> set[str]:
        """Return the targets that get requests."""
        return {name for name, row in self._targets().items() if row["status"].startswith("UP")}

    def drain(self, target: str) -> None:
        """Send `target` no new requests."""
        self._command(f"set server targets/{target} state drain")

    def busy(self, target: str) -> bool:
        """Whether `target` is still answering a request."""
        row = self._targets().get(target)
        return row is not None and row["scur"] != "0"

    def remove(self, target: str) -> None:
        """Deregister `target`, and close its remaining connections."""
        server = f"targets/{target}"
        self._command(f"set server {server} state maint")
        self._command(f"shutdown sessions server {server}")
        self._command(f"del server {server}")

    def stop(self) -> None:
        """Stop HAProxy."""
        if self._process is not None:
            keeper.end(self._process)

    def _run(self, listener: int, log: Path) -> None:
        cfg = self._folder / "haproxy.cfg"
        cfg.write_text(self._configuration(listener), "utf-8")
        inside = ("nsenter", f"--net=/run/netns/{self._namespace}") if self._namespace else ()
        with held_back():
            self._process = run(cfg, log, listener, *inside)

    def _ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _configuration(self, listener: int) -> str:
        target_group = self._target_group
        return _CFG.format(
            defaults=DEFAULTS,
            socket=self._socket,
            listener=listener,
            # HAProxy quotes as a shell does (configuration manual, section 2.2).
            headers=_HEADERS,
            path=shlex.quote(target_group.get("HealthCheckPath", "/")),
            codes=target_group.get("Matcher", {}).get("HttpCode", "200"),
            timeout=target_group.get("HealthCheckTimeoutSeconds", 5),
        )

    def _shortened(self, seconds: int) -> int:
        return max(100, round(seconds * 1000 / FASTER))

    def _targets(self) -> dict[str, dict[str, str]]:
        table = self._command("show stat targets 4 -1").removeprefix("# ")
        rows = csv.DictReader(table.splitlines())
        found = {}
        for row in rows:
            name, status = row["svname"], row["check_status"]
            # During a check, HAProxy marks the last one's status (management guide, section 9.1),
            # and its code is 0.
            if status.startswith("* "):
                row = row | {"check_status": status[2:]}  # noqa: PLW2901 - as if between checks
                row["check_code"] = self._codes.get((name, status[2:]), row["check_code"])
            else:
                self._codes[name, status] = row["check_code"]
            found[name] = row
        return found

    def _answers(self) -> bool:
        try:
            self._ask("show info")
        except OSError:
            return False
        return True

    def _command(self, command: str) -> str:
        try:
            return self._ask(command)
        except OSError as error:
            raise PorterError(f"does not answer: {error}", where=_WHO) from error

    def _ask(self, command: str) -> str:
        """Send `command` to the runtime API and return its answer."""
        answer = b""
        with socket.socket(socket.AF_UNIX) as api:
            api.settimeout(_ANSWER_SECONDS)
            api.connect(str(self._socket))
            api.sendall(command.encode() + b"\n")
            while part := api.recv(65_536):
                answer += part
        return answer.decode(errors="replace")


def _state(row: Mapping[str, str]) -> State:
    """Return a target's state from HAProxy's statistics."""
    if row["status"].startswith("UP"):
        return HEALTHY
    if row["check_status"] in ("", "INI", "UNK", "L7OK"):
        return INITIAL
    return unhealthy(row["check_status"], row["check_code"])
