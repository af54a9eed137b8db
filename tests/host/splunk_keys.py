"""The keys that porter writes into Splunk's files, as Splunk documents them.

From the `.spec` files of the Splunk Admin Manual 9.x (inputs.conf, outputs.conf, server.conf,
deploymentclient.conf, user-seed.conf), and from `etc/apps/journald_input/README/inputs.conf.spec`,
which the forwarder ships ("Get data with the Journald input", Getting Data In).
"""

from __future__ import annotations

import re
from configparser import ConfigParser

ANY = r".+"
FLAG = r"true|false"
ADDRESS = r"[^ :]+:[0-9]+"

KEYS: dict[str, dict[str, dict[str, str]]] = {
    "inputs.conf": {
        "default": {"host": ANY, "index": r"[a-z0-9_][a-z0-9_-]*"},
        r"journald://\w+": {"journalctl-filter": r"\w+=\S+( \w+=\S+)*", "journalctl-quiet": FLAG},
        r"monitor:///\S+": {"disabled": FLAG},
    },
    "outputs.conf": {
        "tcpout": {"defaultGroup": r"\w+"},
        r"tcpout:\w+": {
            "server": f"{ADDRESS}(, {ADDRESS})*",
            "sslVerifyServerCert": FLAG,
            "useSSL": "true|false|legacy",
        },
    },
    "deploymentclient.conf": {"target-broker:deploymentServer": {"targetUri": ADDRESS}},
    "server.conf": {"sslConfig": {"sslRootCAPath": r"/\S+"}},
    "user-seed.conf": {"user_info": {"USERNAME": r"\w+", "PASSWORD": ANY}},
}
"""File to stanza to key to value; stanzas and values are regular expressions."""


def complaints(file: str, text: str) -> list[str]:
    """Return the stanzas, keys and values in `text` that Splunk would silently ignore."""
    parser = ConfigParser(interpolation=None, default_section="", delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # as its documentation says
    parser.read_string(text)
    found = []
    for stanza in parser.sections():
        keys = next((k for name, k in KEYS[file].items() if re.fullmatch(name, stanza)), None)
        if keys is None:
            found.append(f"[{stanza}]")
            continue
        for key, value in parser[stanza].items():
            if key not in keys or not re.fullmatch(keys[key], value):
                found.append(f"[{stanza}] {key} = {value}")
    return found
