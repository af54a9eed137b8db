"""One rehearsal that stays: its machine is looked at, changed by nothing, rebooted, and killed."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator

import pytest

from porter.rehearsal.cloud.account import clients
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.machines.booted import ceiling
from tests.booted.prober import Prober
from tests.booted.stage import Stage, Staying
from tests.booted.traces import until

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="boots machines: needs root"),
    pytest.mark.usefixtures("_fast_synthesis"),
]

UNITS = ("porter-environment", "porter-web", "porter-haproxy", "porterd")
MOST_EXPOSED = 2.5
BACK_SECONDS = 120.0
"""A boot takes seconds; on a machine that is busy with other tests, many of them."""
FILES = 65_536
"""What porter's units ask for: LimitNOFILE."""

ADMIN = """\
import socket
admin = socket.socket(socket.AF_UNIX)
admin.connect("/run/porter-haproxy/admin.sock")
admin.sendall(b"show info\\n")
print(admin.makefile().read())
"""


@pytest.fixture(scope="module")
def there(stage: Stage) -> Iterator[Staying]:
    """The rehearsal, up, and ended in order."""
    process = stage.start(stage.playground.app(), "--stay", "--timeout", "240")
    yield stage.staying(process)
    ended = stage.end(process, lambda: process.send_signal(signal.SIGINT))
    assert ended.code == 130
    assert ended.left.nothing, ended.left


def _status(there: Staying) -> str:
    """The stack's, as CloudFormation tells."""
    [stack] = clients(Environment(), there.endpoint)["cloudformation"].describe_stacks()["Stacks"]
    status: str = stack["StackStatus"]
    return status


def test_porter_host_show_finds_everything_as_it_should_be(there: Staying) -> None:
    shown = there.run("porter", "host", "show")
    phases = re.findall(r"^  phase (\w+) +(.*)$", shown, re.MULTILINE)
    assert "workloads" in dict(phases)
    assert {state for _, state in phases} == {"as it should be"}


@pytest.mark.parametrize("options", [("--dry-run",), ()], ids=["dry run", "for real"])
def test_another_apply_finds_nothing_to_do(there: Staying, options: tuple[str, ...]) -> None:
    assert there.run("porter", "host", "apply", *options) == "nothing to do"


@pytest.mark.parametrize("unit", UNITS)
def test_every_unit_of_porter_is_exposed_little(there: Staying, unit: str) -> None:
    said = there.run("systemd-analyze", "security", "--no-pager", f"{unit}.service")
    exposure = re.search(r"Overall exposure level for \S+: (\d+\.\d+)", said)
    assert exposure, said
    assert float(exposure[1]) <= MOST_EXPOSED


def test_there_are_no_other_units_of_porter(there: Staying) -> None:
    listed = there.run("systemctl", "list-unit-files", "--no-legend", "porter*.service")
    assert {line.split(".")[0] for line in listed.splitlines()} == set(UNITS)


def test_the_environment_is_roots_alone_and_on_no_disk(there: Staying) -> None:
    file = "/run/porter/environment/web.env"
    assert there.run("stat", "--format=%a %U", file) == "600 root"
    assert there.run("stat", "--file-system", "--format=%T", file) == "tmpfs"


def test_haproxy_and_the_service_may_open_as_many_files_as_this_machine_allows(
    there: Staying,
) -> None:
    expected = min(FILES, ceiling.most_files() or FILES)
    for unit in ("porter-haproxy", "porter-web"):
        pid = there.run("systemctl", "show", "--property=MainPID", "--value", unit)
        limits = there.run("cat", f"/proc/{pid}/limits")
        assert re.search(rf"^Max open files +{expected} ", limits, re.MULTILINE), limits


def test_kernel_settings_are_in_effect(there: Staying) -> None:
    keys = ("net.ipv4.ip_local_port_range", "net.ipv4.tcp_slow_start_after_idle")
    assert there.run("sysctl", "--values", *keys).split() == ["16384", "65535", "0"]


def test_var_log_porter_has_the_story(there: Staying) -> None:
    story = there.run("cat", "/var/log/porter/apply.log")
    assert "haproxy: install haproxy with apt-get" in story
    assert re.search(r"Z applied in \d+\.\d+ s: .*porterd \d", story)


def test_haproxys_admin_socket_answers(there: Staying) -> None:
    info = there.run("python3", "-c", ADMIN)
    most = re.search(r"^Maxconn: (\d+)$", info, re.MULTILINE)
    assert most, info
    assert int(most[1]) > 1000


def test_no_request_fails_while_haproxy_reloads(there: Staying) -> None:
    with Prober(there) as prober:
        there.run("systemctl", "reload", "porter-haproxy")
    assert prober.asked > 20
    assert prober.failed == 0


def test_after_a_reboot_everything_is_there_again_and_nothing_is_told_twice(there: Staying) -> None:
    first, signalled = there.instance(), there.service()["signal"]
    boot = there.run("cat", "/proc/sys/kernel/random/boot_id")
    story = there.run("cat", "/var/log/porter/apply.log")
    init = there.init()
    environment = there.run("cat", "/run/porter/environment/web.env")
    there.porter("shell", "--", "systemctl", "reboot")
    assert until(lambda: there.init() != init, BACK_SECONDS)
    assert until(lambda: there.instance() == first, BACK_SECONDS)
    assert until(
        lambda: there.porter("shell", "--", "systemctl", "is-system-running").returncode == 0,
        BACK_SECONDS,
    )
    assert there.run("cat", "/proc/sys/kernel/random/boot_id") != boot
    assert there.run("cat", "/run/porter/environment/web.env") == environment
    assert there.run("cat", "/var/log/porter/apply.log") == story
    assert there.service()["signal"] == signalled
    boots = there.run("journalctl", "--list-boots", "--no-pager")
    assert len(re.findall(r"^ *-?\d+ [0-9a-f]{32} ", boots, re.MULTILINE)) == 2, boots
    assert _status(there) == "CREATE_COMPLETE"


def test_a_killed_machine_is_replaced_by_one_that_finds_the_handle_used(there: Staying) -> None:
    first = there.instance()
    os.kill(there.init(), signal.SIGKILL)
    assert until(lambda: there.instance() not in ("", first), BACK_SECONDS)
    # S3 takes what is put to a presigned URL, and CloudFormation has no more use for it.
    assert until(
        lambda: there.service()["signal"]["state"] in ("sent", "finished"), BACK_SECONDS
    ), json.dumps(there.service())
    assert _status(there) == "CREATE_COMPLETE"
    assert there.run("porter", "host", "apply") == "nothing to do"
