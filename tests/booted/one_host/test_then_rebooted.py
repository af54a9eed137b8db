"""The shared host after a reboot, a search for all of its secrets, and its end."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from pathlib import PurePath

import pytest

from tests.booted.from_within import reach_metadata, services_of_porter
from tests.booted.one_host.app import PRINTED
from tests.booted.one_host.known import Known
from tests.booted.one_host.workloads import PORTS, TOKEN, credentials, environment, works
from tests.booted.spilled import JOURNAL, CommandLines, spilled
from tests.booted.tiny_image import GREETING
from tests.harness.conditions import boots
from tests.harness.sandbox import Sandbox
from tests.harness.staying import BACK_SECONDS, Staying
from tests.harness.traces import until

pytestmark = [
    pytest.mark.machines,
    boots,
    pytest.mark.timeout(1200),  # the first test of the folder waits until Docker is installed
]

PLANTED = """\
folders=$(systemctl show --property=WorkingDirectory --value "porter*.service" | sed "s/^!//")
for folder in / /opt/porter/payload-*/*/*/ $folders; do
    echo "import os; os.geteuid() or open('/run/planted', 'w').close()" > $folder/porter.py
    echo $folder
done
"""
"""Put a module that only porter's own code would import where any unit starts, as root or not."""

HANGS = """set -e
cd /var/lib/porterd
systemctl stop porterd
mv signal.json /run/kept
mkfifo signal.new
chown --reference=. signal.new
systemctl start porterd
"""
"""Let the gate hang, and nothing else of porterd: a record that cannot be opened holds it up."""

GOES_ON = """set -e
cd /var/lib/porterd
systemctl stop porterd
rm signal.new
mv /run/kept signal.json
systemctl start porterd
"""
TOLD = ("sh", "-c", "curl --silent http://127.0.0.1:3001/v1/service || true")
WATCHDOG_SECONDS = 150.0
"""The gate's first step may take 30 s, and has 30 s of slack; porterd ends within 15 s."""

ROTATED = "token-after-its-rotation-twice"
RESTARTED = {
    "porter-vault.service",
    "porter-reader.service",
    "porter-job-report.timer",
    "porterd.service",  # it redacts every secret
}
DOCKERS = ("/disk/docker/", "/upper/var/lib/containerd/", "/upper/tmp/runc-process")
"""Docker's own files; runc writes the last one when it starts a check inside the container."""


@pytest.fixture(scope="module")
def before(known: Known) -> dict[str, dict[str, str]]:
    """The environment of each workload before the reboot, and after a rotation."""
    before = {name: environment(known.there, name) for name in PORTS}
    folders = known.there.run("sh", "-c", PLANTED).splitlines()
    assert {PurePath(one).parent.name for one in folders} >= {"workloads", "jobs", "setup"}
    known.rotate_token(ROTATED)
    known.there.reboot(lambda: known.there.page() == GREETING)
    return before


@pytest.mark.usefixtures("before")
def test_after_a_reboot_secrets_are_fetched_again(known: Known) -> None:
    key = known.value("key")
    assert until(lambda: known.has(TOKEN=ROTATED, KEY=key, **PRINTED), BACK_SECONDS)
    assert until(lambda: known.printed("porter-reader", TOKEN=ROTATED, KEY=key), BACK_SECONDS)
    assert until(lambda: known.printed("porter-job-report", TOKEN=ROTATED, KEY=key), BACK_SECONDS)


@pytest.mark.parametrize("name", PORTS)
def test_after_a_reboot_there_are_new_tokens_and_they_work(
    there: Staying, before: dict[str, dict[str, str]], name: str
) -> None:
    assert until(lambda: works(there, name), BACK_SECONDS)
    after = environment(there, name)
    assert after.pop(TOKEN) not in {each[TOKEN] for each in before.values()}
    assert after.items() <= before[name].items()


@pytest.mark.usefixtures("before")
def test_no_module_that_a_program_left_runs_as_root_when_every_unit_starts(known: Known) -> None:
    """The job's units start at its next run."""
    runs = ("journalctl", "--output=cat", "--unit=porter-lease-report")
    assert until(lambda: bool(known.there.run(*runs)), BACK_SECONDS)
    assert known.there.attempt("test", "-e", "/run/planted").returncode == 1


@pytest.mark.usefixtures("before")
def test_the_host_role_is_for_porters_own_code_alone(there: Staying) -> None:
    units = services_of_porter(there)
    names = ("web", "relaxed", "ecr", "registry", "box", "reader")
    attendants = {f"porter-{name}.service" for name in names}
    own = {"porterd.service", "porter-environment.service", "porter-lease-report.service"}
    own |= {f"porterd-{name}.service" for name in ("drain", "return", "shutdown")}
    assert {"porter-mail_check.service", "porter-haproxy.service", *own, *attendants} <= units
    assert reach_metadata(there, units) == {*own, *attendants}


@pytest.mark.usefixtures("before")
def test_systemds_watchdog_restarts_a_porterd_whose_gate_hangs(there: Staying) -> None:
    """Meanwhile porterd answers; its other threads are well."""
    health = ("curl", "--silent", "--output", "/dev/null", "http://127.0.0.1:3001/health")
    restarts = ("systemctl", "show", "--property=NRestarts", "--value", "porterd")
    there.run("sh", "-c", HANGS)
    try:
        assert until(lambda: there.attempt(*health).returncode == 0, BACK_SECONDS)
        assert until(lambda: there.run(*restarts) > "0", WATCHDOG_SECONDS * there.slowness)
    finally:
        there.run("sh", "-c", GOES_ON)
    assert "Watchdog timeout" in there.run("journalctl", "--output=cat", "--unit=porterd")
    assert until(lambda: '"ok":true' in there.run(*TOLD).replace(" ", ""), BACK_SECONDS)


@pytest.mark.usefixtures("before")
def test_after_a_reboot_an_apply_restarts_only_what_has_the_rotated_secret(there: Staying) -> None:
    said = there.run("porter", "host", "apply")
    assert set(re.findall(r"^  restart (\S+)$", said, re.MULTILINE)) <= RESTARTED, said
    assert there.run("porter", "host", "apply") == "nothing to do"


def test_no_secret_is_anywhere_else(known: Known, lines: CommandLines) -> None:
    """No place has a value, a registry's password, a token, or credentials for the token.

    Except a container's token, which Docker has on disk: SDKs look for it there (ADR 0011).
    """
    given = [credentials(known.there, name) for name in PORTS]
    tokens = {name: environment(known.there, name)[TOKEN] for name in PORTS}
    box = tokens.pop("box")
    values = {value for value in known.values if len(value) > len("unset")}
    assert len(values) >= 8
    values |= {one[name] for one in given for name in ("SecretAccessKey", "Token")}
    assert spilled(known.there, lines, [*values, *tokens.values()]) == set()
    found = spilled(known.there, lines, [box])
    assert [place for place in found if not any(one in place for one in DOCKERS)] == []


def test_the_search_finds_words_in_every_kind_of_place(known: Known, lines: CommandLines) -> None:
    """The search above proves something only if it finds words in every kind of place."""
    found = spilled(known.there, lines, ["porter", "Hello"])
    assert {JOURNAL, "what the rehearsal printed", "the template of Hello"} <= found
    assert {"the events of Hello", "app/app.py"} <= found
    for place in ("the user data of", "the command line", "/cdk.out/Hello.template.json"):
        assert any(place in one for one in found), place
    for place in ("/etc/porter/deployment.json", "/docker/", "/deploy.log", "/console.log"):
        assert any(place in one for one in found), place


def test_the_handles_signature_is_only_in_user_data_and_its_copies(
    known: Known, lines: CommandLines
) -> None:
    """Root and cloud-init have the signature; CloudFormation uses the whole URL as a name."""
    deployment = json.loads(known.there.run("cat", "/etc/porter/deployment.json"))
    signature = re.findall(r"Signature=(\w+)", deployment["handle_url"])
    found = spilled(known.there, lines, signature)
    mine = ("/upper/etc/porter/deployment.json", "/upper/var/lib/cloud/", "the user data of ")
    others = {place for place in found if not any(one in place for one in mine)}
    assert found > others
    assert others <= {"the events of Hello"}


def test_ctrl_c_ends_the_host_and_prints_no_secret(
    sandbox: Sandbox, process: subprocess.Popen[str], known: Known
) -> None:
    """This is the last test of the folder."""
    ended = sandbox.end(process, lambda: process.send_signal(signal.SIGINT))
    assert ended.code == 130
    told = ended.out + ended.err
    assert [value for value in known.values if len(value) > len("unset") and value in told] == []
    assert ended.left.nothing, ended.left
