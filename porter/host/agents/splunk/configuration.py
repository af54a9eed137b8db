"""Render the Splunk forwarder's files: stanzas of `key = value` lines.

Splunk ignores a misspelt key, and no published checker finds one. So porter writes few keys, and
`tests/host/splunk_keys.py` names the page that documents each.
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
"""The file of trusted certificate authorities, by package format."""

Stanza = tuple[str, dict[str, str]]


def folder(goal: Goal) -> PurePath:
    """The folder of the universal forwarder."""
    return goal.layout.root / "opt/splunkforwarder"


def configuration(goal: Goal, splunk: Splunk) -> tuple[File, ...]:
    """Return all files except the password's. An empty file takes back an earlier setting.

    `server.conf` goes into an app, because Splunk itself writes the one in `etc/system/local`.
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
    """Return the file that creates the first user; Splunk reads and removes it when it starts.

    A backslash at the end of a line would join it with the next line.
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
    """Return one stanza for all units: Splunk starts a journalctl for each stanza."""
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
