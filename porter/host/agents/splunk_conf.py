"""Renders the Splunk forwarder's own files: stanzas of `key = value`, one a line.

No checker that is published finds a misspelt key, and Splunk ignores one. So the keys are few, and
`tests/host/splunk_keys.py` holds each against the page that documents it.
"""

from __future__ import annotations

from pathlib import PurePath

from porter.errors import PorterError
from porter.host.agents.log_units import units_of
from porter.host.core.goal import Goal
from porter.host.core.service import File
from porter.host.core.unit_file import HEADER
from porter.spec import Files, HostSpec, Splunk

_AUTHORITIES = {
    "deb": "/etc/ssl/certs/ca-certificates.crt",
    "rpm": "/etc/pki/tls/certs/ca-bundle.crt",
}
"""Where each family of systems keeps the certificates of all authorities it trusts."""

Stanza = tuple[str, dict[str, str]]


def folder(goal: Goal) -> PurePath:
    """The universal forwarder's own folder."""
    return goal.layout.root / "opt/splunkforwarder"


def configuration(goal: Goal, splunk: Splunk) -> tuple[File, ...]:
    """All files but the password's. What nobody asked for is empty: it takes back what was there.

    `server.conf` is not in `etc/system/local`, where Splunk itself writes its own.
    """
    local = folder(goal) / "etc/system/local"
    app = folder(goal) / "etc/apps/porter/default"
    return (
        File(local / "inputs.conf", _text(*_inputs(splunk, goal.spec))),
        File(local / "outputs.conf", _text(*_outputs(splunk))),
        File(local / "deploymentclient.conf", _text(*_deployment_client(splunk))),
        File(app / "server.conf", _text(*_server(splunk))),
    )


def user_seed(goal: Goal, password: str) -> File:
    """The first user, which Splunk reads once and then removes.

    In Splunk's files a backslash at the end of a line joins it with the next.
    """
    if not password or password.endswith("\\") or any(one < " " for one in password):
        raise PorterError(
            "must be one line, not empty, and not end with a backslash",
            where="splunk/admin_password",
            cure="store another secret",
        )
    stanza = ("user_info", {"USERNAME": "admin", "PASSWORD": password})
    path = folder(goal) / "etc/system/local/user-seed.conf"
    return File(path, _text(stanza), 0o600)


def _inputs(splunk: Splunk, spec: HostSpec) -> list[Stanza]:
    """One journal stanza for all: Splunk starts a journalctl for each, which reads it all."""
    default = {"host": "$decideOnStartup"}
    if splunk.index:
        default["index"] = splunk.index
    found = [units_of(source, spec) for source in splunk.inputs]
    journal = [units for units in found if units is not None]
    stanzas: list[Stanza] = [("default", default)]
    named = sorted({unit for units in journal for unit in units})
    whole = any(source.kind == "journal" and not source.units for source in splunk.inputs)
    if whole:
        stanzas.append(("journald://porter", {"journalctl-quiet": "true"}))
    elif named:
        # Matches of one field are alternatives (journalctl(1)).
        matches = " ".join(f"_SYSTEMD_UNIT={unit}" for unit in named)
        stanzas.append(
            ("journald://porter", {"journalctl-filter": matches, "journalctl-quiet": "true"})
        )
    files = [source.path for source in splunk.inputs if isinstance(source, Files)]
    return [*stanzas, *((f"monitor://{path}", {"disabled": "false"}) for path in files)]


def _outputs(splunk: Splunk) -> list[Stanza]:
    if not splunk.receivers:
        return []
    group = {"server": ", ".join(str(receiver) for receiver in splunk.receivers)}
    if splunk.tls:
        group |= {"sslVerifyServerCert": "true", "useSSL": "true"}
    return [("tcpout", {"defaultGroup": "porter"}), ("tcpout:porter", group)]


def _deployment_client(splunk: Splunk) -> list[Stanza]:
    if not splunk.deployment_server:
        return []
    target = {"targetUri": str(splunk.deployment_server)}
    return [("target-broker:deploymentServer", target)]


def _server(splunk: Splunk) -> list[Stanza]:
    if not splunk.tls:
        return []
    authorities = splunk.ca_file or _AUTHORITIES[splunk.package.format]
    return [("sslConfig", {"sslRootCAPath": authorities})]


def _text(*stanzas: Stanza) -> bytes:
    blocks = [
        "".join((f"[{name}]\n", *(f"{key} = {value}\n" for key, value in sorted(keys.items()))))
        for name, keys in stanzas
    ]
    return "\n".join((HEADER.rstrip("\n"), *blocks)).rstrip("\n").encode() + b"\n"
