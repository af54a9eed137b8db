"""The network comes and goes, and leaves the host as it was."""

from __future__ import annotations

import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from porter.errors import PorterError
from porter.rehearsal.vpc import Vpc, leftovers
from porter.rehearsal.vpc.namespace import NAMESPACES, connect, listen
from tests.harness.conditions import makes_networks

from .conftest import Make, absent, attached, eventually, launch, processes

pytestmark = makes_networks

KILLED = """\
import sys, time
from pathlib import Path
from porter.rehearsal.vpc import Vpc
sys.path.insert(0, sys.argv[3])
from vpc.conftest import launch
vpc = Vpc(Path(sys.argv[1]), sys.argv[2], ())
vpc.start("http://localhost:1")
vpc.attach(launch("i-1"))
print("attached", flush=True)
time.sleep(60)
"""


def of_the_host() -> list[str]:
    """The host's links, addresses and routes."""
    asked = (["-br", "link"], ["-br", "address"], ["-4", "route", "show", "table", "all"])
    return [
        subprocess.run(["ip", *arguments], capture_output=True, text=True, check=True).stdout
        for arguments in asked
    ]


def test_the_hosts_own_network_is_not_touched(make: Make) -> None:
    before = of_the_host()
    vpc = make()
    attached(vpc, launch("i-1"))
    assert of_the_host() == before
    vpc.stop()
    assert of_the_host() == before


def test_nothing_is_left_after_stop_which_may_be_called_twice(make: Make) -> None:
    vpc = make()
    name = vpc.namespace.removeprefix("porter-")
    vpc.attach(launch("i-1"))
    assert len(processes(name)) >= 2
    vpc.stop()
    absent(name)
    vpc.stop()


def test_one_that_never_started_stops_too(tmp_path: Path) -> None:
    Vpc(tmp_path, secrets.token_hex(4), ()).stop()


def test_a_detached_interface_is_gone_and_its_number_comes_last(make: Make) -> None:
    vpc = make()
    first, second = vpc.attach(launch("i-1")), vpc.attach(launch("i-2"))
    vpc.detach(first)
    vpc.detach(first)
    assert not (NAMESPACES / first.namespace).exists()
    assert (NAMESPACES / second.namespace).exists()
    assert vpc.attach(launch("i-3")).number == 4


def test_two_networks_know_nothing_of_each_other(make: Make) -> None:
    one, other = (attached(make(), launch(f"i-{number}")) for number in (1, 2))
    assert one.interface.address == other.interface.address
    assert one.metadata("/latest/meta-data/instance-id").body == b"i-1"
    assert other.metadata("/latest/meta-data/instance-id").body == b"i-2"


def test_instances_reach_each_other(make: Make) -> None:
    vpc = make()
    one, other = attached(vpc, launch("i-1")), attached(vpc, launch("i-2"))
    with listen(other.interface.namespace, (other.interface.address, 80)) as listener:
        connect(one.interface.namespace, (other.interface.address, 80), 2).close()
        accepted, peer = listener.accept()
        accepted.close()
    assert peer[0] == one.interface.address


def test_what_a_killed_one_leaves_is_removed_by_its_name(tmp_path: Path) -> None:
    name = secrets.token_hex(4)
    tests = str(Path(__file__).parents[1])
    killed = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path / name), name, tests],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with killed:
        assert killed.stdout
        assert killed.stdout.readline() == b"attached\n"
        killed.kill()
    eventually(lambda: not processes(name))
    assert {path.name for path in NAMESPACES.glob(f"porter-{name}*")} == {
        f"porter-{name}",
        f"porter-{name}-2",
    }
    leftovers.remove(name)
    absent(name)
    leftovers.remove(name)


def test_one_rehearsals_clean_up_spares_another_with_a_longer_name(make: Make) -> None:
    vpc = make()
    leftovers.remove(vpc.namespace.removeprefix("porter-")[:-1])
    assert (NAMESPACES / vpc.namespace).exists()


def test_a_name_that_is_taken_is_said_to_be(make: Make, tmp_path: Path) -> None:
    vpc = make()
    second = Vpc(tmp_path, vpc.namespace.removeprefix("porter-"), ())
    with pytest.raises(PorterError, match="File exists"):
        second.start("http://localhost:1")


def test_a_program_that_does_not_start_says_why(make: Make) -> None:
    with pytest.raises(PorterError, match=r"haproxy: did not start: .*'\{' is not permitted"):
        make("{")


def test_a_socket_made_inside_leaves_its_maker_outside(make: Make) -> None:
    vpc = make()
    here = Path("/proc/thread-self/ns/net").stat().st_ino
    connect(vpc.namespace, ("10.77.0.1", 443), 2).close()
    with pytest.raises(ConnectionRefusedError):
        connect(vpc.namespace, ("10.77.0.1", 1), 2)
    with pytest.raises(FileNotFoundError):
        connect("porter-nowhere", ("10.77.0.1", 1), 2)
    assert Path("/proc/thread-self/ns/net").stat().st_ino == here
