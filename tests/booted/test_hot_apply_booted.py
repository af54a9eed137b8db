"""Hot applies on a booted machine: newer payloads replace the service under requests."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.booted.releases import APPLY_SECONDS, Releases
from tests.booted.tiny_image import TinyImage
from tests.harness.conditions import boots
from tests.harness.effort import repeats
from tests.harness.prober import Prober
from tests.harness.sandbox import Sandbox
from tests.harness.slowness import slowness
from tests.harness.staying import Staying
from tests.harness.synthesis import synthesize_once
from tests.harness.traces import until

pytestmark = [
    pytest.mark.machines,
    boots,
]

APP = """\
import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from porter_cdk import HealthCheck, PorterService, Process

app = cdk.App()
stack = cdk.Stack(app, "Hot")
service = PorterService(
    stack, "Service",
    run=Process(["python3", "main.py"], source="service", port=8000),
    health_check=HealthCheck("/health"),
)
s3.Bucket(stack, "Releases").grant_read(service.host.role)
app.synth()
"""

AFTER_PORTERD = "until wget -qO- $PORTERD_URL/health; do sleep 0.2; done; exec httpd -f -p $PORT"
"""A program that waits for porterd, like a service that needs AWS to be healthy."""

REASON_SECONDS = 30.0
"""A limit from the moment when a reason is certain to its report."""

REMOVED_SECONDS = 20.0
"""A limit from the end of an apply that refused a container to its removal."""


@pytest.fixture(scope="module")
def folder(sandbox: Sandbox) -> Path:
    """The folder of the app."""
    return synthesize_once(sandbox.app(app=APP))


@pytest.fixture(scope="module")
def there(sandbox: Sandbox, folder: Path) -> Iterator[Staying]:
    """The rehearsal of this module, which must end cleanly."""
    process = sandbox.start(folder, "--stay", "--timeout", "240")
    yield sandbox.staying(process)
    ended = sandbox.end(process, lambda: process.send_signal(signal.SIGINT))
    assert ended.code == 130
    assert ended.left.nothing, ended.left


@pytest.fixture(scope="module")
def releases(there: Staying) -> Releases:
    """Newer payloads for the host."""
    return Releases(there)


def service(folder: Path, title: str) -> dict[str, bytes]:
    """Return the service's files, with another title on its page."""
    text = (folder / "service/main.py").read_text()
    return {"main.py": text.replace("It works</h1>", f"{title}</h1>").encode()}


def units(there: Staying) -> list[str]:
    """Return the service's units."""
    return there.run("sh", "-c", "cd /etc/systemd/system; ls porter-web*").split()


def docker_has(there: Staying) -> tuple[list[str], list[str]]:
    """Return the names of all containers and the ids of all images."""
    names = there.run("docker", "ps", "--all", "--format", "{{.Names}}").split()
    images = there.run("docker", "images", "--all", "--quiet", "--no-trunc").split()
    return names, images


def test_a_newer_payload_replaces_the_service_and_no_request_fails(
    there: Staying, releases: Releases, folder: Path
) -> None:
    with Prober(there.page) as prober:
        done = releases.taken_up(releases.process(service(folder, "It works, anew")))
    assert "set server web/web state drain" in done
    assert prober.asked > 20
    assert prober.failed == 0
    assert "anew</h1>" in there.page()
    assert there.run("systemctl", "is-active", "porter-web_b") == "active"
    assert units(there) == ["porter-web_b.service"]
    assert there.run("porter", "host", "apply") == "nothing to do"


def test_porterd_watches_the_newer_process(there: Staying) -> None:
    assert there.service()["gate"]["state"] == "healthy"
    assert there.service()["last_check"]["ok"]


def test_a_container_takes_over_from_a_process_and_finds_porterd(
    there: Staying, releases: Releases
) -> None:
    image = TinyImage.build("one\n")
    command = ["/bin/sh", "-c", f"{AFTER_PORTERD} -h /www"]
    with Prober(there.page) as prober:
        releases.taken_up(releases.container(image, command=command))
    assert prober.failed == 0
    assert there.page() == "one\n"
    assert units(there) == ["porter-web.service"]
    assert docker_has(there) == (["porter-web"], [image.id])


@pytest.mark.argument("Container(port=...)", "the default is the port that the image exposes")
def test_a_container_is_exchanged_for_one_of_a_newer_image(
    there: Staying, releases: Releases
) -> None:
    image = TinyImage.build("two\n")
    with Prober(there.page, clients=4) as prober:
        releases.taken_up(releases.container(image))
    told = f"a container exchanged: {prober.asked} requests, {prober.failed} failed\n"
    sys.stderr.write(told)
    assert prober.failed == 0
    assert prober.asked > 100
    assert there.page() == "two\n"
    assert units(there) == ["porter-web_b.service"]
    assert docker_has(there) == (["porter-web_b"], [image.id])
    assert there.run("porter", "host", "apply") == "nothing to do"


NO_PORT = "web: which port the container listens on is unknown: its image exposes none"
FAULTS = {
    "no-port": (
        {"exposes": ""},
        f"porter: {NO_PORT} (say Container(port=...), or EXPOSE one port in the image)",
        1,
    ),
    "exits": (
        {"command": ["/bin/sh", "-c", "echo no such table; exit 3"]},
        "porter: the container ended with exit code 3, after 5 restarts",
        3,
    ),
    "out-of-memory": (
        {"command": ["/bin/sh", "-c", "echo hoarding; tail /dev/zero"], "memory_mb": 16},
        "porter: the container ended with exit code 137, out of memory, after 5 restarts",
        3,
    ),
}
"""Faults of a container: the error, and the number of exits of its unit before it."""


@pytest.fixture
def _two(there: Staying, releases: Releases) -> None:
    """A container of version two in slot b: the tests above leave it, or nothing did yet."""
    if there.page() != "two\n":
        releases.taken_up(releases.container(TinyImage.build("two\n")))


@pytest.mark.usefixtures("_two")
@pytest.mark.parametrize(
    "fault",
    [pytest.param(one, marks=pytest.mark.exhaustive) if one == "exits" else one for one in FAULTS],
)
def test_a_container_that_does_not_stay_up_is_refused_in_time_and_the_old_one_serves(
    there: Staying, releases: Releases, fault: str
) -> None:
    changes, reason, ends = FAULTS[fault]
    given = dict(changes)
    image = TinyImage.build("three\n", exposes=str(given.pop("exposes", "8080/tcp")))
    with Prober(there.page) as prober:
        done = releases.refused(releases.container(image, **given))
    assert reason in done.stderr, done.stderr
    assert prober.failed == 0
    assert there.page() == "two\n"
    assert units(there) == ["porter-web_b.service"]
    # On a busy machine Docker removes the refused container a moment later.
    assert until(lambda: docker_has(there)[0] == ["porter-web_b"], REMOVED_SECONDS * slowness())
    # Docker does not always notice in time that memory was the cause.
    certain = times(there, reason.partition(",")[0])
    seconds = float(done.stdout.split()[-1]) - certain[ends - 1]
    sys.stderr.write(f"{fault}: {ends} ends, told {seconds:.1f} s after it was certain\n")
    assert len(certain) == ends
    assert seconds <= REASON_SECONDS * slowness()


def times(there: Staying, line: str) -> list[float]:
    """Return when slot a's workload logged `line`, in epoch seconds."""
    said = there.run("journalctl", "--unit=porter-web", "--output=short-unix")
    return [float(one.split()[0]) for one in said.splitlines() if line in one]


KILLED = """
import subprocess, sys
steps, *options = sys.argv[1:]
argv = ["porter", "host", "apply", *options]
with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as apply:
    for line in apply.stdout:
        steps = int(steps) - line.startswith("  ")
        if steps < 0:
            apply.kill()
            break
print(apply.returncode)
"""
"""A program that kills an apply when it prints the step of that number, from 0."""

EACH = 30 // repeats(ci=3, all=7)
"""An interval: every EACH-th step is tested. The seed chooses the first one."""


@pytest.mark.exhaustive
@pytest.mark.timeout(900)  # each of these steps needs two applies
def test_after_a_kill_in_any_step_the_next_apply_completes_the_exchange_of_a_container(
    there: Staying, releases: Releases, seed: int
) -> None:
    killed = []
    with Prober(there.page) as prober:
        for step in range(seed % EACH, 60, EACH):
            image = TinyImage.build(f"killed in step {step}\n")
            release = releases.container(image)
            said = there.run("python3", "-c", KILLED, str(step), *release, seconds=APPLY_SECONDS)
            if said != "-9":
                break
            killed.append(step)
            releases.taken_up(release)
            assert prober.failed == 0, step
            assert there.page() == f"killed in step {step}\n"
            (unit,) = units(there)
            assert docker_has(there) == ([unit.removesuffix(".service")], [image.id]), step
            assert there.run("porter", "host", "apply") == "nothing to do"
    sys.stderr.write(f"killed in its steps {killed}: {prober.asked} requests, 0 failed\n")
    assert said == "0"
    assert len(killed) >= 20 // EACH, "an exchange has more steps than that"
    assert prober.failed == 0


def test_a_process_takes_over_from_a_container_of_which_nothing_stays(
    there: Staying, releases: Releases, folder: Path
) -> None:
    with Prober(there.page) as prober:
        releases.taken_up(releases.process(service(folder, "A process again")))
    assert prober.failed == 0
    assert "A process again</h1>" in there.page()
    assert until(lambda: docker_has(there) == ([], []), 10)
    assert there.run("sh", "-c", "ls /etc/porter/containers /var/lib/porter/images") == (
        "/etc/porter/containers:\n\n/var/lib/porter/images:"
    )
    assert len(there.run("sh", "-c", "ls -d /opt/porter/payload-*").split()) == 1
