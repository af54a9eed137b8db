"""A rehearsal builds a Dockerfile, pushes the image, and runs it on a booted machine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.booted.own_docker import NoDockerError, a_docker
from tests.booted.tiny_image import busybox
from tests.harness.conditions import boots
from tests.harness.sandbox import Sandbox

pytestmark = [
    pytest.mark.exhaustive,
    boots,
    pytest.mark.usefixtures("_fast_synthesis"),
    pytest.mark.timeout(600),  # the image of the machine may have to be built
]

MOST_SECONDS = 60.0
"""A limit from `porter rehearse` to its end, if the machine's image is in the cache."""

APP = """
import aws_cdk as cdk
from porter_cdk import Container, HealthCheck, PorterService

app = cdk.App()
stack = cdk.Stack(app, "Hello", env=cdk.Environment(account="123456789012", region="eu-west-1"))
PorterService(
    stack, "Service", run=Container.from_asset("image"), health_check=HealthCheck("/spot.txt")
)
app.synth()
"""
DOCKERFILE = """
FROM scratch
COPY busybox /bin/busybox
COPY www /www
EXPOSE 8080
ENTRYPOINT ["/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/www"]
"""


@pytest.fixture(scope="module")
def docker() -> Iterator[Mapping[str, str]]:
    """The environment of a user who has Docker."""
    try:
        with pytest.MonkeyPatch.context() as patch, a_docker() as environment:
            for name, value in environment.items():
                patch.setenv(name, value)
            yield environment
    except NoDockerError as error:
        pytest.skip(str(error))


def app_with_dockerfile(sandbox: Sandbox) -> Path:
    """Write the app; only its image has the pages."""
    app = sandbox.app("asset", app=APP)
    (app / "image" / "www").mkdir(parents=True)
    (app / "image" / "www" / "spot.txt").write_text("built on the spot\n")
    (app / "image" / "www" / "index.html").write_text("hello\n")
    (app / "image" / "busybox").write_bytes(busybox())
    (app / "image" / "busybox").chmod(0o755)
    (app / "image" / "Dockerfile").write_text(DOCKERFILE)
    return app


@pytest.mark.argument("Container.from_asset(directory=...)", "the image of the Dockerfile runs")
def test_a_dockerfile_is_built_pushed_and_run_within_a_minute(
    sandbox: Sandbox, docker: Mapping[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    ended = sandbox.rehearse(app_with_dockerfile(sandbox), "--json")
    assert ended.code == 0, ended.out + ended.err
    assert ended.report["response_status"] == 200
    with capsys.disabled():
        spans = {name: span for name, span in ended.report["seconds"].items() if span}
        sys.stderr.write(
            f"\nfrom a Dockerfile to a page and back: {ended.seconds:.1f} s, {spans}\n"
        )
    assert ended.seconds <= MOST_SECONDS * ended.slowness
    assert ended.left.nothing, ended.left
    assert docker["DOCKER_HOST"]
    names = ("docker", "images", "--format", "{{.Repository}}")
    left = subprocess.run(names, check=True, capture_output=True, text=True).stdout.split()
    assert [name for name in left if not name.startswith("porter-rehearsal-")] == []
    assert left, "the builder keeps what it built, for the next rehearsal alone"
