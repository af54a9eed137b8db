"""`--machine systemd --stay`: the template's service on one booted machine, after its report.

The machine is observed, rebooted, killed and replaced, and switched off, in this order.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from porter.rehearsal.cloud.account import clients
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.machines.booted import ceiling
from porter.rehearsal.machines.booted.command import enter
from tests.harness.conditions import boots
from tests.harness.prober import Prober
from tests.harness.sandbox import Sandbox
from tests.harness.staying import BACK_SECONDS, Staying
from tests.harness.traces import until

pytestmark = [
    boots,
    pytest.mark.usefixtures("_fast_synthesis"),
]

UNITS = (
    "porter-environment",
    "porter-web",
    "porter-haproxy",
    "porterd",
    "porterd-drain",
    "porterd-restart",
    "porterd-return",
    "porterd-shutdown",
)
ASK_FOR_A_RESTART = """set -e
cd /run/porterd/
printf '1.0\\nweb\\n' > restart.new
chown --reference=. restart.new
chmod 644 restart.new
mv restart.new restart
"""
MOST_EXPOSED = 2.5
FILES = 65_536
"""LimitNOFILE of porter's units."""

ADMIN = """\
import socket
admin = socket.socket(socket.AF_UNIX)
admin.connect("/run/porter-haproxy/admin.sock")
admin.sendall(b"show info\\n")
print(admin.makefile().read())
"""
REBALANCE = """\
base=http://169.254.169.254/latest
token=$(curl -s -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $base/api/token)
curl -s -H "X-aws-ec2-metadata-token: $token" $base/meta-data/events/recommendations/rebalance
"""
SERVICE_ENVIRONMENT = {
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:3001/v1/credentials",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "PORT": "8000",
    "PORTERD_TCP_ADDR": "127.0.0.1",
    "PORTERD_TCP_PORT": "3001",
    "PORTERD_URL": "http://127.0.0.1:3001",
    "PORTER_ENVIRONMENT": "Hello",
}
"""The variables that porter sets for a process, except its token."""


@pytest.fixture(scope="module")
def process(sandbox: Sandbox) -> subprocess.Popen[str]:
    """The rehearsal that all tests of this module observe."""
    return sandbox.start(sandbox.app(), "--stay", "--json", "--timeout", "240")


@pytest.fixture(scope="module")
def there(sandbox: Sandbox, process: subprocess.Popen[str]) -> Staying:
    """The rehearsal once it stays."""
    return sandbox.staying(process)


@pytest.fixture(scope="module")
def report(there: Staying, process: subprocess.Popen[str]) -> Any:
    """The JSON report of the rehearsal."""
    assert process.stdout, there.err
    return json.loads(process.stdout.readline())


def _stack_status(there: Staying) -> str:
    """Return CloudFormation's status of the only stack."""
    [stack] = clients(Environment(), there.endpoint)["cloudformation"].describe_stacks()["Stacks"]
    return str(stack["StackStatus"])


def test_it_completes_through_exactly_one_success_signal(report: Any) -> None:
    assert report["ok"], report
    assert report["machine"] == "systemd"
    assert report["stack_status"] == "CREATE_COMPLETE"
    assert [signal["status"] for signal in report["signals"]] == ["SUCCESS"]


def test_it_was_taken_into_service_before_its_signal(there: Staying) -> None:
    """From a unit's own sandbox, and with the host's role."""
    record = json.loads(there.run("cat", "/var/lib/porterd/signal.json"))
    assert (record["hook"], record["status"], record["state"]) == ("continued", "SUCCESS", "sent")
    said = there.run("journalctl", "--unit=porterd", "--output=cat")
    assert said.index("Auto Scaling takes this host into service") < said.index("signalled SUCCESS")
    aws = clients(Environment(), there.endpoint)
    [instance] = aws["autoscaling"].describe_auto_scaling_instances()["AutoScalingInstances"]
    assert instance["LifecycleState"] == "InService"


def test_the_page_is_answered_through_the_load_balancer(report: Any, there: Staying) -> None:
    assert report["response_status"] == 200
    assert there.instance() in there.hosts()


def test_porters_own_share_of_the_boot_is_reported(report: Any) -> None:
    """`test_repeated.py` bounds it: a single boot beside other tests is too noisy."""
    assert 0 < report["seconds"]["boot_share"] < report["seconds"]["boot"]


def test_a_shell_on_it_shows_that_no_unit_failed(there: Staying) -> None:
    done = there.porter("shell", there.instance(), "--", "systemctl", "is-system-running")
    assert done.stdout == "running\n"


def test_its_logs_are_cloud_inits_porters_own_and_the_journal(there: Staying) -> None:
    logs = there.porter("logs", there.instance()).stdout
    assert "--- cloud-init-output.log" in logs
    assert "--- apply.log" in logs
    assert "Started porter-web.service" in logs.partition("--- journal")[2]


def test_a_notice_reaches_it_through_its_metadata(there: Staying) -> None:
    there.porter("notice", there.instance(), "rebalance")
    assert "noticeTime" in json.loads(there.run("sh", "-c", REBALANCE))


def test_porter_host_show_finds_everything_as_it_should_be(there: Staying) -> None:
    shown = there.run("porter", "host", "show")
    phases = re.findall(r"^  phase (\w+) +(.*)$", shown, re.MULTILINE)
    assert "workloads" in dict(phases)
    assert {state for _, state in phases} == {"up to date"}


@pytest.mark.parametrize("options", [("--dry-run",), ()], ids=["dry run", "for real"])
def test_another_apply_finds_nothing_to_do(there: Staying, options: tuple[str, ...]) -> None:
    assert there.run("porter", "host", "apply", *options) == "nothing to do"


@pytest.mark.parametrize("unit", UNITS)
def test_every_unit_of_porter_is_exposed_little(there: Staying, unit: str) -> None:
    assert there.exposure(unit) <= MOST_EXPOSED


def test_root_restarts_the_programs_that_porterds_file_names(there: Staying) -> None:
    """Systemd starts the unit; without capabilities it reads what porterd's user may write."""

    def process() -> str:
        return there.run("systemctl", "show", "--property=MainPID", "--value", "porter-web")

    before = process()
    there.run("sh", "-c", ASK_FOR_A_RESTART)
    try:
        assert until(lambda: process() not in ("0", before), BACK_SECONDS)
        journal = ("journalctl", "--output=cat", "--unit=porterd-restart")
        said = "restarted web, which porterd found unhealthy"
        assert until(lambda: said in there.run(*journal), BACK_SECONDS)
    finally:
        there.run("rm", "/run/porterd/restart")
    state = ("systemctl", "show", "--property=ActiveState", "--value", "porterd-restart")
    assert until(lambda: there.run(*state) == "inactive", BACK_SECONDS)
    assert until(lambda: bool(there.page()), BACK_SECONDS)


def test_there_are_no_other_units_of_porter(there: Staying) -> None:
    listed = there.run("systemctl", "list-unit-files", "--no-legend", "porter*.service")
    assert {line.split(".")[0] for line in listed.splitlines()} == set(UNITS)


def test_the_environment_is_roots_alone_and_on_no_disk(there: Staying) -> None:
    file = "/run/porter/environment/web.env"
    assert there.run("stat", "--format=%a %U", file) == "600 root"
    assert there.run("stat", "--file-system", "--format=%T", file) == "tmpfs"


def test_the_service_finds_what_porter_sets(there: Staying) -> None:
    pid = there.run("systemctl", "show", "--property=MainPID", "--value", "porter-web")
    text = there.run("sh", "-c", f"tr '\\0' '\\n' < /proc/{pid}/environ")
    found = dict(line.split("=", 1) for line in text.splitlines())
    found = {name: value for name, value in found.items() if name.startswith(("AWS", "PORT"))}
    assert len(found.pop("AWS_CONTAINER_AUTHORIZATION_TOKEN")) == 64
    del found["AWS_CA_BUNDLE"]  # set by the rehearsal
    assert found == SERVICE_ENVIRONMENT


def test_haproxy_and_the_service_may_open_as_many_files_as_this_machine_allows(
    there: Staying,
) -> None:
    expected = min(FILES, ceiling.most_files() or FILES)
    for unit in ("porter-haproxy", "porter-web"):
        pid = there.run("systemctl", "show", "--property=MainPID", "--value", unit)
        limits = there.run("cat", f"/proc/{pid}/limits")
        assert re.search(rf"^Max open files +{expected} ", limits, re.MULTILINE), limits


def test_kernel_settings_are_in_effect(there: Staying) -> None:
    """The range of local ports is the kernel's own, which network ACLs expect."""
    keys = ("ip_local_port_range", "ip_local_reserved_ports", "tcp_slow_start_after_idle")
    values = there.run("sysctl", "--values", *(f"net.ipv4.{key}" for key in keys))
    assert values.split() == ["32768", "60999", "80,3001,8000-8050", "0"]


def test_var_log_porter_has_every_step(there: Staying) -> None:
    story = there.run("cat", "/var/log/porter/apply.log")
    assert "haproxy: install haproxy with apt-get" in story
    assert re.search(r"Z applied in \d+\.\d+ s: .*porterd \d", story)


def test_haproxys_admin_socket_answers(there: Staying) -> None:
    info = there.run("python3", "-c", ADMIN)
    most = re.search(r"^Maxconn: (\d+)$", info, re.MULTILINE)
    assert most, info
    assert int(most[1]) > 1000


def test_porterd_reads_haproxys_statistics_and_no_program_can(there: Staying) -> None:
    """Nor may porterd use the administrator's socket beside it."""
    folder = "/run/porter-haproxy"
    assert "porter_haproxy_up 1.0" in there.run("curl", "-sS", "http://127.0.0.1:3001/metrics")
    owners = there.run(
        "stat", "--format=%a %G", f"{folder}/stats", f"{folder}/stats/stats.sock"
    ).split("\n")
    assert owners == ["2710 porterd", "660 porterd"]
    for user, name, able in (
        ("porterd", "stats/stats", True),
        ("porterd", "admin", False),
        ("nobody", "stats/stats", False),
    ):
        dial = f"import socket; socket.socket(1).connect('{folder}/{name}.sock')"
        done = there.attempt("runuser", "-u", user, "--", "python3", "-c", dial)
        assert (done.returncode == 0) == able, (user, name, done)
        assert able or "PermissionError" in done.stderr


def test_open_forwards_to_the_page_until_it_is_interrupted(there: Staying) -> None:
    command = [sys.executable, "-m", "porter", "rehearse", "open", "--print"]
    environment = {**os.environ, "TMPDIR": str(there.temporary)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as opened:
        assert opened.stdout
        url = opened.stdout.readline().strip()
        with urllib.request.urlopen(url, timeout=30) as answer:
            page = answer.read().decode()
        opened.send_signal(signal.SIGINT)
    assert opened.returncode == 0
    assert "gets requests" in page
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(url, timeout=5)


def test_no_request_fails_while_haproxy_reloads(there: Staying) -> None:
    with Prober(there.page) as prober:
        there.run("systemctl", "reload", "porter-haproxy")
    assert prober.asked > 20
    assert prober.failed == 0


def test_after_a_reboot_everything_is_there_again_and_no_signal_is_sent_twice(
    there: Staying,
) -> None:
    first, signalled = there.instance(), there.service()["signal"]
    boot = there.run("cat", "/proc/sys/kernel/random/boot_id")
    story = there.run("cat", "/var/log/porter/apply.log")
    environment = there.run("cat", "/run/porter/environment/web.env")
    there.reboot(lambda: there.instance() == first)
    assert until(
        lambda: there.attempt("systemctl", "is-system-running").returncode == 0, BACK_SECONDS
    )
    assert there.run("cat", "/proc/sys/kernel/random/boot_id") != boot
    assert there.run("cat", "/run/porter/environment/web.env") == environment
    assert there.run("cat", "/var/log/porter/apply.log") == story
    assert there.service()["signal"] == signalled
    boots = there.run("journalctl", "--list-boots", "--no-pager")
    assert len(re.findall(r"^ *-?\d+ [0-9a-f]{32} ", boots, re.MULTILINE)) == 2, boots
    assert _stack_status(there) == "CREATE_COMPLETE"


def _answering(there: Staying) -> set[str]:
    """Return the hosts that answer the next requests."""
    return {there.instance() for _ in range(8)}


@pytest.mark.exhaustive
def test_no_request_fails_while_one_of_two_hosts_reboots_and_it_comes_back(there: Staying) -> None:
    assert there.porter("scale", "+1").returncode == 0
    assert until(lambda: len(_answering(there)) == 2, BACK_SECONDS)
    rebooted = next(iter(there.hosts()))
    with Prober(there.page) as prober:
        there.reboot(lambda: rebooted in _answering(there))
    assert prober.failed == 0, prober.failures[:3]
    assert prober.asked > 20
    journal = ("journalctl", "--output=cat", "--no-pager")
    left = there.run(*journal, "--boot=-1", "--unit=porterd-shutdown", host=rebooted)
    assert "out of its load balancers: this host shuts down" in left
    assert "no load balancer sends requests any more" in left
    back = there.run(*journal, "--boot=0", "--unit=porterd-return", host=rebooted)
    assert "back in its load balancers" in back
    there.run("test", "!", "-e", "/var/lib/porter/shutdown/left", host=rebooted)
    assert there.porter("scale", "-1").returncode == 0
    assert until(lambda: len(there.hosts()) == 1, BACK_SECONDS)


HOW_IT_ENDS = {
    "killed": lambda there: os.kill(there.init(), signal.SIGKILL),
    "off": lambda there: there.attempt("systemctl", "poweroff", "--force", "--force"),
}


@pytest.mark.exhaustive
@pytest.mark.parametrize("how", HOW_IT_ENDS)
def test_a_host_that_ended_is_replaced_by_one_that_finds_the_handle_used(
    there: Staying, how: str
) -> None:
    first = there.instance()
    HOW_IT_ENDS[how](there)
    assert until(lambda: there.instance() not in ("", first), BACK_SECONDS)
    # S3 accepts a PUT to a presigned URL even after CloudFormation has finished.
    assert until(
        lambda: there.service()["signal"]["state"] in ("sent", "finished"), BACK_SECONDS
    ), json.dumps(there.service())
    assert _stack_status(there) == "CREATE_COMPLETE"
    assert there.run("porter", "host", "apply") == "nothing to do"


def test_a_host_that_leaves_drains_and_completes_its_hook(there: Staying, tmp_path: Path) -> None:
    """As root without privileges, started by porterd's file, which systemd watches."""
    assert until(lambda: bool(there.instance()), BACK_SECONDS)  # it was rebooted
    running = there.hosts()[there.instance()]
    follow = ("journalctl", "--follow", "--output=cat", "--unit=porterd-drain")
    log = tmp_path / "journal"
    with log.open("w") as output:
        journal = subprocess.Popen(
            [*enter(running.init), *follow], stdout=output, stdin=subprocess.DEVNULL
        )
    try:
        assert there.porter("scale", "+1").returncode == 0
        assert until(lambda: len(_answering(there)) == 2, BACK_SECONDS)  # else the new one leaves
        assert there.porter("scale", "-1").returncode == 0
        assert until(lambda: running.instance_id not in there.hosts(), BACK_SECONDS), there.hosts()
    finally:
        journal.kill()
        journal.wait()
    said = log.read_text()
    stages = ("waiting until the load balancers", "stopping what this host runs", "drained: ")
    assert sorted(map(said.index, stages)) == list(map(said.index, stages)), said


def test_ctrl_c_ends_it_and_leaves_nothing(
    sandbox: Sandbox, there: Staying, process: subprocess.Popen[str]
) -> None:
    """This is the last test on this machine."""
    assert there.hosts()
    ended = sandbox.end(process, lambda: process.send_signal(signal.SIGINT))
    assert ended.code == 130
    assert ended.left.nothing, ended.left
