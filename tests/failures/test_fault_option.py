"""`porter rehearse --fault`: the known faults, and the refused ones."""

from __future__ import annotations

from click.testing import CliRunner

from porter.cli.rehearse import rehearse
from porter.rehearsal.faults import Fault
from tests.harness.sandbox import a_sandbox


def test_help_names_every_fault_with_a_sentence() -> None:
    result = CliRunner().invoke(rehearse, ["--fault", "help"])
    assert result.exit_code == 0
    listed = dict(line.split(maxsplit=1) for line in result.output.splitlines())
    assert listed == {fault.value: fault.sentence for fault in Fault}


def test_an_unknown_fault_is_a_usage_error_that_lists_the_known_ones() -> None:
    result = CliRunner().invoke(rehearse, ["--fault", "earthquake"])
    assert result.exit_code == 2
    assert "earthquake" in result.output
    assert all(fault in result.output for fault in Fault)


def test_a_fault_of_booted_machines_is_refused_on_others_with_the_cure() -> None:
    with a_sandbox() as sandbox:
        ended = sandbox.rehearse(sandbox.app(), "--fault", Fault.DNS_DEAD)
    assert ended.code == 1
    assert "needs a booted machine\n  where: --fault dns-dead\n  cure: add --machine" in ended.err
    assert ended.left.nothing, ended.left
