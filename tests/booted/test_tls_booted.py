"""TLS up to one booted host, HAProxy's rules there, and security updates."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.booted import mirror
from tests.booted.spilled import CommandLines, spilled
from tests.booted.tls_app import app_with_tls, certificate, issued, rotated, shown, status
from tests.harness.conditions import boots
from tests.harness.prober import Prober
from tests.harness.sandbox import Sandbox
from tests.harness.slowness import slowness
from tests.harness.staying import Staying
from tests.harness.traces import until

pytestmark = [
    pytest.mark.machines,
    boots,
    pytest.mark.usefixtures("_fast_synthesis", "lines"),
]

FILE = "/run/porter/haproxy.pem"
RECORD = "/var/lib/porter/security-updates"
BOUND_SECONDS = 10
REST_SECONDS = 50
"""A limit for the rest of an apply, which takes long beside other tests."""
SOON = 30.0


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder outside the sandbox, for certificates and their keys."""
    return tmp_path_factory.mktemp("authorities")


@pytest.fixture(scope="module")
def pems(authorities: Path) -> list[str]:
    """Two certificates with their keys."""
    return [issued(authorities, name) for name in ("first", "second")]


@pytest.fixture(scope="module")
def there(sandbox: Sandbox, authorities: Path, pems: list[str]) -> Iterator[Staying]:
    """The rehearsal of this module, which must end cleanly."""
    assert pems  # the first of them is in the folder
    app = app_with_tls(sandbox, authorities / "first.pem")
    process = sandbox.start(app, "--stay", "--timeout", "240")
    yield sandbox.staying(process)
    ended = sandbox.end(process, lambda: process.send_signal(signal.SIGINT))
    assert ended.code == 130
    assert ended.left.nothing, ended.left


@pytest.mark.argument("PorterService(tls=...)", "the host is healthy, and HAProxy answers by TLS")
def test_the_page_comes_by_tls(there: Staying) -> None:
    assert there.instance()
    listening = there.run("ss", "-Hltn")
    ports = {
        int(port)
        for port in re.findall(r"\*:(\d+)|0\.0\.0\.0:(\d+)", listening)
        for port in port
        if port
    }
    assert {80, 443} <= ports
    checks = there.service()
    assert checks["last_check"]["ok"], json.dumps(checks)


@pytest.mark.argument(
    "PorterHost(packages=...)", "cloud-init installs the packages before porter runs"
)
def test_cloud_init_installs_the_packages_before_porter_runs(there: Staying) -> None:
    log = there.run("grep", "--no-filename", "tree", "/var/log/dpkg.log")
    installed = re.search(r"^(\S+ \S+) install tree:", log, re.MULTILINE)
    began = there.run("stat", "--format=%y", "/etc/porter/host.json")
    assert installed
    assert installed[1] < began
    assert there.run("tree", "-L", "1", "/opt/porter")
    # Amazon Linux's name; Debian's package is sqlite3.
    assert there.run("sqlite3", "--version")


def test_the_certificate_is_haproxys_alone_and_on_no_disk(there: Staying) -> None:
    owner = there.run("stat", "--format=%u", "/run/porter-haproxy/")
    assert there.run("stat", "--format=%a %u", FILE) == f"600 {owner}"
    assert owner != "0"
    assert there.run("stat", "--file-system", "--format=%T", FILE) == "tmpfs"


def test_another_apply_finds_nothing_to_do(there: Staying) -> None:
    assert there.run("porter", "host", "apply") == "nothing to do"


@pytest.mark.argument(
    "Http(redirect_to_https=...)", "requests without TLS get a 308, also on the host's port 80"
)
def test_plain_http_is_redirected_to_https(there: Staying) -> None:
    assert status(there, "/", X_Forwarded_Proto="http") == 308
    assert status(there, "/", X_Forwarded_Proto="https") == 200
    plain = there.run("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1/")
    assert plain == "308"


@pytest.mark.argument("Http(deny_paths=...)", "403 through the load balancer")
@pytest.mark.argument("PorterService(http=...)", "HAProxy on the host has these settings")
def test_a_denied_path_is_denied(there: Staying) -> None:
    assert status(there, "/admin/users") == 403


@pytest.mark.argument("Setup(exclude=...)", "files that match are not on the host")
def test_files_that_a_setup_step_excludes_are_not_on_the_host(there: Staying) -> None:
    assert there.run("cat", "/run/listed").split() == ["main.py"]


def test_a_rotated_certificate_is_served_after_the_next_apply_and_no_request_fails(
    there: Staying, pems: list[str]
) -> None:
    assert shown(there) == certificate(pems[0])
    rotated(there, pems[1])
    with Prober(there.page) as prober:
        told = there.run("porter", "host", "apply")
    assert "reload porter-haproxy.service" in told
    assert prober.asked > 20
    assert prober.failed == 0
    # systemd knows when the reload has started, but not when the new worker listens.
    assert until(lambda: shown(there) == certificate(pems[1]), SOON)
    assert there.run("porter", "host", "apply") == "nothing to do"


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("no PEM", "there is no certificate"),
        ("another's key", "key values mismatch"),
        ("no key", "there is no private key"),
    ],
)
def test_a_broken_certificate_fails_the_apply_and_the_last_one_is_served(
    there: Staying, pems: list[str], broken: str, reason: str
) -> None:
    own, _, key = pems[1].partition("-----BEGIN PRIVATE KEY-----")
    others = pems[0].partition("-----BEGIN PRIVATE KEY-----")[2]
    texts = {
        "no PEM": "not a certificate",
        "another's key": f"{own}-----BEGIN PRIVATE KEY-----{others}",
        "no key": own,
    }
    files = ("stat", "--format=%n %i %Y", FILE, "/run/porter/secrets/held.json")
    before = there.run(*files)
    rotated(there, texts[broken])
    done = there.apply()
    assert done.code == 1
    assert f"is no certificate with its private key: {reason}\n" in done.said
    assert "phase secrets: proxy/tls\n" in done.said
    assert key.strip().splitlines()[0] not in done.said
    assert shown(there) == certificate(pems[1])
    assert there.run(*files) == before
    assert there.page()
    rotated(there, pems[1])
    assert there.run("porter", "host", "apply") == "nothing to do"


def test_after_a_reboot_the_host_serves_by_tls_again(there: Staying, pems: list[str]) -> None:
    """The certificate was in memory only, so the host fetches it again."""
    instance = there.instance()
    rotated(there, pems[0])
    there.reboot(lambda: there.instance() == instance)
    assert shown(there) == certificate(pems[0])
    assert there.run("stat", "--file-system", "--format=%T", FILE) == "tmpfs"


def test_no_private_key_is_anywhere_else(
    there: Staying, lines: CommandLines, pems: list[str]
) -> None:
    keys = {pem.partition("-----BEGIN PRIVATE KEY-----")[2] for pem in pems}
    assert len(keys) == len(pems)
    assert spilled(there, lines, keys) == set()


def test_a_new_host_has_its_security_updates_before_anything_else(there: Staying) -> None:
    story = there.run("cat", "/var/log/porter/apply.log").splitlines()
    done = [line.partition(" ")[2] for line in story]
    update = done.index("updates: install security updates with apt-get")
    assert update < done.index("haproxy: install haproxy with apt-get")
    there.run("test", "-e", RECORD)


@pytest.mark.argument(
    "PorterHost(security_updates=...)", "a package of the security suite is newer, or it is not"
)
def test_only_packages_of_the_security_suite_are_updated(there: Staying) -> None:
    mirror.open_up(there)
    there.run("rm", RECORD)
    spec = there.spec()
    there.put({**spec, "security_updates": False})
    assert there.apply().code == 0
    assert set(mirror.installed(there).values()) == {"1"}
    there.put(spec)
    assert there.apply().code == 0
    assert mirror.installed(there) == {"hello-safe": "2", "hello-new": "1"}
    assert there.run("porter", "host", "apply") == "nothing to do"


@pytest.mark.exhaustive
@pytest.mark.parametrize("how", ["silent", "down"])
def test_a_mirror_that_does_not_answer_costs_a_bounded_time(there: Staying, how: str) -> None:
    """The apply reports the error and succeeds, and the next apply tries again."""
    mirror.open_up(there)
    spec, silent = there.spec(), how == "silent"
    there.run(*(("touch", mirror.HANGS) if silent else ("systemctl", "stop", "mirror")))
    there.run("rm", RECORD)
    there.put({**spec, "timeout_seconds": 3 * BOUND_SECONDS} if silent else spec)
    done = there.apply()
    assert (done.code, done.seconds < BOUND_SECONDS + REST_SECONDS * slowness()) == (0, True), done
    reason = f"did not end within {BOUND_SECONDS} s" if silent else "index files failed to download"
    found = re.search("security updates failed, the host goes on without: (.*)", done.said)
    assert found, done
    assert reason in found[1]
    assert there.attempt("pgrep", "apt-get").returncode == 1
    assert there.page()
    assert there.attempt("test", "-e", RECORD).returncode == 1
    there.run("rm", mirror.HANGS if silent else "/etc/apt/sources.list.d/local.list")
    there.put(spec)
    assert there.apply().code == 0
    there.run("test", "-e", RECORD)
