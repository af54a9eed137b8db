"""One booted host under attack by its own programs; its first apply is cut by a reboot."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from typing import Any

import pytest

from tests.booted.attacked import APP, ASK, MAIN, PLANTED, SQUATTER
from tests.booted.from_within import reach_metadata, services_of_porter
from tests.harness.conditions import boots
from tests.harness.sandbox import Sandbox
from tests.harness.staying import BACK_SECONDS, Staying
from tests.harness.traces import until

pytestmark = [pytest.mark.machines, boots, pytest.mark.usefixtures("_fast_synthesis")]

IMDS = "http://169.254.169.254/latest/api/token"
TTL = "X-aws-ec2-metadata-token-ttl-seconds: 60"
INSIDE = """\
tree=$(grep --max-count=1 ' cgroup2 ' /proc/mounts | cut --delimiter=' ' --fields=2)
group=$(systemctl show --property=ControlGroup --value $0)
echo $$ > $tree$group/cgroup.procs || exit 1
exec curl -sS --max-time 5 --request PUT --header '{}' {}
"""
"""A script that asks for metadata from within the control group of the unit $0."""
ASKS_ITSELF = {"porter-mail_check", "porter-job-tick"}
DRAINS = {"porterd-drain", "porterd-return", "porterd-shutdown"}
HAS_THE_HOSTS_ROLE = {"porterd", "porter-lease-tick", *DRAINS}
ENDED = {"porter-environment"}
"""No process is left in it; without secrets it has no network."""
DENIED = {"porter-web", "porter-mail", "porter-haproxy"}
ASLEEP = {"porterd-restart"}
"""It runs only while porterd asks for a restart; it has no network."""


@pytest.fixture(scope="module")
def process(sandbox: Sandbox) -> subprocess.Popen[str]:
    """The rehearsal of this module."""
    app = sandbox.app(app=APP, service__main=MAIN, service__ask=ASK)
    return sandbox.start(app, "--stay", "--timeout", "400")


@pytest.fixture(scope="module")
def there(sandbox: Sandbox, process: subprocess.Popen[str]) -> Staying:
    """The rehearsal once it stays."""
    there = sandbox.staying(process)
    assert there.url, there.err
    return there


def page(there: Staying) -> Any:
    """Return the service's answer, once there is one."""
    assert until(lambda: there.page().startswith("{"), BACK_SECONDS)
    return json.loads(there.page())


def printed(there: Staying, unit: str) -> list[Any]:
    """Return what the program of `unit` printed so far."""
    said = there.run("journalctl", "--output=cat", f"--unit={unit}")
    return [json.loads(line) for line in re.findall(r"^found (.*)$", said, re.MULTILINE)]


def units_of(there: Staying) -> set[str]:
    """Return every service of porter on the host."""
    listed = there.run("systemctl", "list-unit-files", "porter*.service", "--plain", "--no-legend")
    return {line.split(".")[0] for line in listed.splitlines()}


def test_a_reboot_during_the_first_apply_is_resumed_and_the_host_signals_success(
    there: Staying,
) -> None:
    assert "bootstrap" in there.run("journalctl", "--unit=porterd-bootstrap.service")
    assert there.attempt("systemctl", "cat", "porterd-bootstrap.service").returncode != 0
    assert there.run("porter", "host", "apply") == "nothing to do"


def test_programs_and_jobs_have_a_home_and_see_the_network_interfaces(there: Staying) -> None:
    assert until(lambda: bool(printed(there, "porter-job-tick")), BACK_SECONDS)
    assert until(lambda: bool(printed(there, "porter-mail_check")), BACK_SECONDS)
    job, check = (printed(there, unit)[-1] for unit in ("porter-job-tick", "porter-mail_check"))
    found = {"web": page(there), "job-tick": job, "mail": check}
    for owner, one in found.items():
        assert one["home"] == f"/var/cache/porter-{owner}"
        assert "lo" in one["interfaces"]


def squatted(there: Staying, port: int) -> bool:
    """Whether an unprivileged program gets `port` while the unit that listens on it is killed."""
    squat = "for at in $(seq 30); do python3 -c 'import socket; socket.create_server({})' && exit 0"
    squat = squat.format(f'("127.0.0.1", {port})') + "; sleep 0.05; done; exit 9"
    tried = there.attempt("runuser", "--user", "nobody", "--", "sh", "-c", squat)
    assert tried.returncode in (0, 9), tried
    return tried.returncode == 0


def test_no_program_takes_porterds_port_while_porterd_is_down(there: Staying) -> None:
    there.run("systemctl", "kill", "--signal=SIGKILL", "porterd")
    assert not squatted(there, 3001)
    assert until(lambda: "ok" in there.run("curl", "-s", "127.0.0.1:3001/health"), BACK_SECONDS)


def test_no_program_takes_haproxys_port_while_haproxy_is_down(there: Staying) -> None:
    """Ports below 1024 need a privilege; here, as an image may have it, this one needs none."""
    setting = "net.ipv4.ip_unprivileged_port_start"
    there.run("sysctl", "--write", f"{setting}=80")
    there.run("systemctl", "kill", "--signal=SIGKILL", "porter-haproxy")
    assert not squatted(there, 80)
    there.run("sysctl", "--write", f"{setting}=1024")
    assert until(lambda: there.page().startswith("{"), BACK_SECONDS)
    assert there.run("systemctl", "show", "--property=NRestarts", "--value", "porter-haproxy") > "0"


def test_a_request_waits_while_haproxy_is_down(there: Staying) -> None:
    kill = "systemctl kill --signal=SIGKILL porter-haproxy"
    ask = "curl --silent --show-error --max-time 60 http://127.0.0.1/health"
    assert there.run("sh", "-c", f"{kill}; {ask}") == "{}"


def test_a_program_on_the_services_port_is_named(there: Staying) -> None:
    """It takes the port while the service is down, and answers 200."""
    squatter = ("systemd-run", "--unit=squatter", "--uid=nobody", "python3", "-c", SQUATTER)
    there.run(*squatter)
    said = ("journalctl", "--output=cat", "--unit=squatter")
    assert until(lambda: "waits" in there.run(*said), BACK_SECONDS)
    there.run("systemctl", "kill", "--signal=SIGKILL", "porter-web")
    named = "the user nobody (squatter.service)"
    told = ("curl", "-s", "127.0.0.1:3001/v1/service")
    try:
        assert until(lambda: named in there.run(*told), BACK_SECONDS), there.run(*told)
    finally:
        there.run("systemctl", "stop", "squatter")
    assert until(lambda: there.page().startswith("{"), BACK_SECONDS)
    assert until(lambda: json.loads(there.run(*told))["last_check"]["ok"], BACK_SECONDS)


@pytest.mark.argument("Process(state=...)", "a file outlives restarts, a hot apply and a reboot")
def test_state_outlives_restarts_hot_applies_and_reboots(there: Staying) -> None:
    before = page(there)
    there.run("systemctl", "restart", "porter-web")
    assert page(there)["starts"] == before["starts"] + 1
    spec = there.spec()
    spec["workloads"][0]["environment"]["VERSION"] = "2"
    there.put(spec)
    assert there.apply().code == 0
    after = page(there)
    assert (after["starts"], after["uid"]) == (before["starts"] + 2, before["uid"])
    assert there.run("systemctl", "is-active", "porter-web_b") == "active"
    there.reboot(there.page)
    assert page(there)["starts"] == before["starts"] + 3


def test_every_unit_but_porters_own_is_denied_instance_metadata(there: Staying) -> None:
    units = units_of(there)
    web = next(one for one in units if one.startswith("porter-web"))
    assert units - {web} | {"porter-web"} == (
        ASKS_ITSELF | HAS_THE_HOSTS_ROLE | ENDED | DENIED | ASLEEP
    )
    for unit in ASKS_ITSELF:
        assert until(lambda unit=unit: bool(printed(there, unit)), BACK_SECONDS)
        assert {one["metadata"] == "reached" for one in printed(there, unit)} == {False}
    script = INSIDE.format(TTL, IMDS)
    for unit in (*DENIED - {"porter-web"}, web):
        asked = there.attempt("sh", "-c", script, f"{unit}.service")
        assert (asked.returncode, asked.stdout) in [(7, ""), (28, "")], (unit, asked)
    asked = there.attempt("sh", "-c", script, "porterd.service")
    assert asked.returncode == 0, asked
    assert asked.stdout
    services = services_of_porter(there)
    assert {f"{unit}.service" for unit in units} <= services
    reached = reach_metadata(there, services)
    assert reached == {f"{unit}.service" for unit in HAS_THE_HOSTS_ROLE}
    assert there.run("cat", "/var/lib/porter/confirmed/IPAddressDeny") == "confirmed"


def test_no_module_in_a_programs_folder_runs_as_root(there: Staying) -> None:
    folders = there.run("sh", "-c", "echo /opt/porter/payload-*/*/*/ /").split()
    assert len(folders) == 5  # two workloads, a job, a setup step, the root
    for folder in folders:
        there.run("sh", "-c", f"cat > {folder}/porter.py <<'END'\n{PLANTED}\nEND")
    job = next(one for one in folders if "/jobs/" in one)
    there.attempt("sh", "-c", f"cd {job} && python3 -m porter.host.jobs.ended")
    assert there.run("cat", "/run/planted").startswith(job), "the attack works without -P"
    there.run("rm", "/run/planted")
    runs = len(printed(there, "porter-job-tick"))
    restarted = units_of(there) - {"porter-job-tick", "porter-lease-tick", "porterd-drain"}
    there.run("systemctl", "restart", *restarted)
    assert until(lambda: len(printed(there, "porter-job-tick")) > runs + 1, BACK_SECONDS)
    assert page(there)
    # The drain is the last: it stops the timers of jobs, and waits for the host's end.
    there.run("systemctl", "start", "--no-block", "porterd-drain")
    journal = ("journalctl", "--output=cat", "--unit=porterd-drain")
    assert until(lambda: "waiting until" in there.run(*journal), BACK_SECONDS), there.run(*journal)
    there.run("systemctl", "stop", "porterd-drain")
    assert there.attempt("cat", "/run/planted").returncode != 0


def test_ctrl_c_ends_the_host(sandbox: Sandbox, process: subprocess.Popen[str]) -> None:
    """This is the last test of the module."""
    ended = sandbox.end(process, lambda: process.send_signal(signal.SIGINT))
    assert ended.code == 130
    assert ended.left.nothing, ended.left
