"""A network starts and stops, and does not change the host."""

from __future__ import annotations

import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from porter.errors import PorterError
from porter.rehearsal.machines.vpc import Vpc, leftovers
from porter.rehearsal.machines.vpc.namespace import NAMESPACES, connect, listen
from tests.harness.conditions import makes_networks

from .conftest import Make, absent, attached, eventually, launch, processes

pytestmark = makes_networks

KILLED = """\
import sys, time
from pathlib import Path
from porter.rehearsal.machines.vpc import Vpc
sys.path.insert(0, sys.argv[3])
from vpc.conftest import launch
vpc = Vpc(Path(sys.argv[1]), sys.argv[2], ())
vpc.start("http://localhost:1")
vpc.attach(launch("i-1"))
print("attached", flush=True)
time.sleep(60)
"""


def of_the_host() -> list[str]:
    """Return the host's links, addresses and routes."""
    asked = (["-br", "link"], ["-br", "address"], ["-4", "route", "show", "table", "all"])
    return [
        subprocess.run(["ip", *arguments], capture_output=True, text=True, check=True).stdout
        for arguments in asked
    ]


def test_the_hosts_own_network_does_not_change(make: Make) -> None:
    before = of_the_host()
    vpc = make()
    attached(vpc, launch("i-1"))
    assert of_the_host() == before
    vpc.stop()
    assert of_the_host() == before


def test_stop_leaves_nothing_and_can_be_called_twice(make: Make) -> None:
    vpc = make()
    name = vpc.namespace.removeprefix("porter-")
    vpc.attach(launch("i-1"))
    assert len(processes(name)) >= 2
    vpc.stop()
    absent(name)
    vpc.stop()


def test_a_network_that_never_started_can_be_stopped(tmp_path: Path) -> None:
    Vpc(tmp_path, secrets.token_hex(4), ()).stop()


def test_a_detached_interface_is_removed_and_its_number_is_reused_last(make: Make) -> None:
    vpc = make()
    first, second = vpc.attach(launch("i-1")), vpc.attach(launch("i-2"))
    vpc.detach(first)
    vpc.detach(first)
    assert not (NAMESPACES / first.namespace).exists()
    assert (NAMESPACES / second.namespace).exists()
    assert vpc.attach(launch("i-3")).number == 4


def test_two_networks_are_separate(make: Make) -> None:
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


def test_what_a_killed_rehearsal_leaves_is_removed_by_its_name(tmp_path: Path) -> None:
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


def test_clean_up_does_not_touch_a_rehearsal_with_a_longer_name(make: Make) -> None:
    vpc = make()
    leftovers.remove(vpc.namespace.removeprefix("porter-")[:-1])
    assert (NAMESPACES / vpc.namespace).exists()


def test_a_name_in_use_is_an_error(make: Make, tmp_path: Path) -> None:
    vpc = make()
    second = Vpc(tmp_path, vpc.namespace.removeprefix("porter-"), ())
    with pytest.raises(PorterError, match="File exists"):
        second.start("http://localhost:1")


def test_a_program_that_does_not_start_is_an_error_with_its_reason(make: Make) -> None:
    with pytest.raises(PorterError, match=r"haproxy: did not start: .*'\{' is not permitted"):
        make("{")


def test_creating_a_socket_inside_does_not_move_the_thread(make: Make) -> None:
    vpc = make()
    here = Path("/proc/thread-self/ns/net").stat().st_ino
    connect(vpc.namespace, ("10.77.0.1", 443), 2).close()
    with pytest.raises(ConnectionRefusedError):
        connect(vpc.namespace, ("10.77.0.1", 1), 2)
    with pytest.raises(FileNotFoundError):
        connect("porter-nowhere", ("10.77.0.1", 1), 2)
    assert Path("/proc/thread-self/ns/net").stat().st_ino == here
