"""The Splunk universal forwarder on a host."""

from __future__ import annotations

import re
from dataclasses import dataclass

from porter.spec.check import check_one_line, refuse
from porter.spec.deployment import DeployTime, Text, check_text
from porter.spec.log_source import LogSource, check_sources
from porter.spec.package import Package
from porter.spec.secret import Secret

_ADDRESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*:[0-9]{1,5}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Splunk:
    """A forwarder, from `package`, that sends `inputs` to `receivers` (each `host:port`).

    `deployment_server` (`host:port`) gives it further configuration. Lines go to `index`, else to
    the receivers' default. `admin_password` is that of the forwarder's user `admin`; without a
    password it has no such user. With `tls` it connects to receivers whose certificate is signed by
    the system's authorities, or by those in `ca_file`. `accept_license` must be true.
    """

    package: Package
    accept_license: bool
    receivers: tuple[Text, ...] = ()
    deployment_server: Text = ""
    inputs: tuple[LogSource, ...] = ()
    index: str = ""
    admin_password: Secret | None = None
    tls: bool = True
    ca_file: str = ""

    def __post_init__(self) -> None:
        if self.accept_license is not True:
            raise refuse(
                "accept_license",
                "Splunk's licence has not been accepted",
                cure="read it, then write accept_license=True",
            )
        for index, receiver in enumerate(self.receivers):
            _check_address(f"receivers/{index}", receiver)
        if self.deployment_server:
            _check_address("deployment_server", self.deployment_server)
        check_sources("inputs", self.inputs)
        self._check_sense()
        for name in ("index", "ca_file"):
            if getattr(self, name):
                check_one_line(name, getattr(self, name))
        if self.ca_file and not self.ca_file.startswith("/"):
            raise refuse("ca_file", f"must be an absolute path, got {self.ca_file!r}")

    def _check_sense(self) -> None:
        if not self.receivers and not self.deployment_server:
            cure = 'write receivers=["splunk.example.com:9997"]'
            raise refuse("receivers", "is empty, and there is no deployment_server", cure=cure)
        if self.receivers and not self.inputs and not self.deployment_server:
            raise refuse("inputs", "is needed: there is nothing to send", cure="write [Journal()]")
        if self.ca_file and not self.tls:
            raise refuse("ca_file", "has no effect without tls", cure="write tls=True")


def _check_address(field: str, value: object) -> None:
    check_text(field, value)
    if not isinstance(value, DeployTime) and not _ADDRESS.fullmatch(str(value)):
        raise refuse(field, f"must be HOST:PORT, got {value!r}")
