"""`porter rehearse --fault`: what there is, and what there is not."""

from __future__ import annotations

import tempfile
from pathlib import Path

from click.testing import CliRunner

from porter.cli.rehearse import rehearse
from porter.rehearsal.faults import Fault
from tests.rehearsal.playground import Playground


def test_help_names_every_fault_with_a_sentence() -> None:
    result = CliRunner().invoke(rehearse, ["--fault", "help"])
    assert result.exit_code == 0
    told = dict(line.split(maxsplit=1) for line in result.output.splitlines())
    assert told == {fault.value: fault.sentence for fault in Fault}


def test_a_fault_that_does_not_exist_is_wrong_usage_and_names_those_that_do() -> None:
    result = CliRunner().invoke(rehearse, ["--fault", "earthquake"])
    assert result.exit_code == 2
    assert "earthquake" in result.output
    assert all(fault in result.output for fault in Fault)


def test_a_fault_of_booted_machines_is_refused_on_others_with_the_cure() -> None:
    with tempfile.TemporaryDirectory(prefix="pf") as folder:
        playground = Playground(Path(folder))
        ended = playground.rehearse(playground.app(), "--fault", Fault.DNS_DEAD)
    assert ended.code == 1
    assert "needs a booted machine\n  where: --fault dns-dead\n  cure: add --machine" in ended.err
    assert (ended.processes, ended.files) == ([], [])
