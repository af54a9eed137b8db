"""The files that porter writes for Splunk contain only keys that Splunk knows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from porter.host.agents.splunk.configuration import configuration, user_seed
from porter.spec import Containers, ContainerWorkload, HaproxyLog, Image, Journal, Splunk
from tests.host.fake_host import host_spec
from tests.host.splunk_goal import SPLUNK, VALUE, goal
from tests.host.splunk_keys import complaints


def texts(splunk: Splunk = SPLUNK, **changes: Any) -> dict[str, str]:
    """Return Splunk's files by name."""
    made = goal(splunk, **changes)
    files = (*configuration(made, splunk), user_seed(made, VALUE))
    return {file.path.name: file.content.decode() for file in files}


@pytest.mark.parametrize(
    "splunk",
    [
        SPLUNK,
        replace(SPLUNK, tls=False, deployment_server="", inputs=(Journal(),)),
        replace(SPLUNK, receivers=(), inputs=(), index=""),
    ],
    ids=["all", "plain", "deployment server alone"],
)
def test_splunk_knows_every_key_in_its_files(splunk: Splunk) -> None:
    assert [complaints(name, text) for name, text in texts(splunk).items()] == [[]] * 5


def test_a_misspelt_key_would_be_found() -> None:
    text = texts()["outputs.conf"].replace("useSSL", "useSsl")
    assert complaints("outputs.conf", text) == ["[tcpout:porter] useSsl = true"]


def test_inputs_are_one_journal_for_all_units_and_a_monitor_for_each_file() -> None:
    assert texts()["inputs.conf"] == (
        "# Written by `porter host apply`, which overwrites edits.\n"
        "[default]\n"
        "host = $decideOnStartup\n"
        "index = web\n"
        "\n"
        "[journald://porter]\n"
        "journalctl-filter = _SYSTEMD_UNIT=porter-haproxy.service _SYSTEMD_UNIT=sshd.service\n"
        "journalctl-quiet = true\n"
        "\n"
        "[monitor:///var/log/app.log]\n"
        "disabled = false\n"
    )


def test_the_whole_journal_has_haproxys_lines_in_it_once() -> None:
    whole = replace(SPLUNK, inputs=(HaproxyLog(), Journal()))
    assert "journalctl-filter" not in texts(whole)["inputs.conf"]
    assert texts(whole)["inputs.conf"].count("journald://") == 1


def test_containers_are_the_units_of_containers() -> None:
    image = Image(source="registry", reference=f"example.com/a@sha256:{'a' * 64}")
    container = ContainerWorkload(name="cache", image=image)
    spec = host_spec()
    both = replace(spec, workloads=(*spec.workloads, container))
    text = texts(replace(SPLUNK, inputs=(Containers(),)), spec=both)["inputs.conf"]
    assert "journalctl-filter = _SYSTEMD_UNIT=porter-cache.service\n" in text


def test_without_a_container_there_is_no_journal_to_send() -> None:
    none = replace(SPLUNK, inputs=(Containers(),))
    assert "journald://" not in texts(none)["inputs.conf"]


@pytest.mark.argument("SplunkForwarder(tls=...)", effect="without TLS, nothing is encrypted")
def test_lines_go_encrypted_unless_asked_otherwise() -> None:
    assert "sslVerifyServerCert = true\nuseSSL = true" in texts()["outputs.conf"]
    assert "/etc/ssl/certs/ca-certificates.crt" in texts()["server.conf"]
    plain = texts(replace(SPLUNK, tls=False))
    assert "SSL" not in plain["outputs.conf"]
    assert plain["server.conf"].count("\n") == 1
