"""Containers on the shared host: strict by default, relaxed by arguments, from each source."""

from __future__ import annotations

import json
import time

import pytest

from tests.booted.tiny_image import GREETING, TinyImage
from tests.harness.conditions import boots
from tests.harness.staying import Staying
from tests.harness.traces import until

pytestmark = [
    pytest.mark.machines,
    boots,
    pytest.mark.timeout(1200),  # the first test of the folder waits until Docker is installed
]


def inside(there: Staying, name: str, line: str) -> str:
    """Return the output of `line` in the container `porter-NAME`, followed by the exit code."""
    return there.run("sh", "-c", f"docker exec porter-{name} sh -c '{line}; echo =$?' 2>&1")


def inspected(there: Staying, name: str, form: str) -> str:
    """Return Docker's description of `porter-NAME`, by a template."""
    return there.run("docker", "inspect", "--format", form, f"porter-{name}")


@pytest.mark.argument("Container.from_tarball(path=...)", "the image in the file runs")
@pytest.mark.argument("Container(command=...)", "the container runs the command, with `$PORT`")
@pytest.mark.argument(
    "Container(port=...)", "`$PORT` is the port, and HAProxy's requests arrive there"
)
@pytest.mark.argument("Container(host_port=...)", "the port on loopback leads to the container")
def test_the_page_comes_out_of_the_container(there: Staying) -> None:
    assert there.page() == GREETING
    assert there.run("curl", "-sS", "http://127.0.0.1:8010/") == GREETING.strip()
    assert "httpd -f -p 8081" in there.run("docker", "top", "porter-web")
    image = TinyImage.build()
    assert inspected(there, "web", "{{.Image}}") == image.id


@pytest.mark.argument("Container(environment=...)", "the container has the variable")
def test_a_container_has_its_environment_and_reaches_porterd(there: Staying) -> None:
    said = inside(there, "web", "env")
    assert 'COLOUR=it\'s "blue" $HOME\n' in said
    assert "PORTERD_URL=http://169.254.170.2:3001\n" in said
    assert "PORTERD_TCP_ADDR=169.254.170.2\n" in said
    assert "PORTERD_TCP_PORT=3001\n" in said
    assert "PORTER_ENVIRONMENT=Hello\n" in said
    assert "AWS_REGION=us-east-1\n" in said
    assert '"' in inside(there, "web", "wget -qO- $PORTERD_URL/v1/service")


@pytest.mark.argument("Container(user=...)", "the user id inside is 0, not 10000")
def test_a_container_runs_as_user_10000(there: Staying) -> None:
    assert inside(there, "web", "id").startswith("uid=10000 gid=10000")
    assert inside(there, "relaxed", "id").startswith("uid=0")


@pytest.mark.argument("Container(read_only=...)", "files can be created anywhere")
@pytest.mark.argument("Container(tmpfs=...)", "files can be created there")
def test_a_containers_files_are_read_only(there: Staying) -> None:
    assert "Read-only file system" in inside(there, "web", "touch /www/x")
    assert inside(there, "web", "touch /tmp/x") == "=0"
    assert inside(there, "relaxed", "touch /www/x") == "=0"
    assert " /scratch tmpfs " in inside(there, "relaxed", "cat /proc/mounts")
    assert " /tmp tmpfs " not in inside(there, "relaxed", "cat /proc/mounts")


@pytest.mark.argument("Container(capabilities=...)", "the process has only this capability")
@pytest.mark.argument(
    "Container(new_privileges=...)", "the process may gain privileges (NoNewPrivs is 0)"
)
def test_a_container_has_no_privileges_and_gains_none(there: Staying) -> None:
    strict = inside(there, "web", "cat /proc/1/status")
    assert "CapBnd:\t0000000000000000\n" in strict
    assert "NoNewPrivs:\t1\n" in strict
    relaxed = inside(there, "relaxed", "cat /proc/1/status")
    assert f"CapEff:\t{1 << 13:016x}\n" in relaxed  # CAP_NET_RAW
    assert "NoNewPrivs:\t0\n" in relaxed


@pytest.mark.argument("Container(pids_limit=...)", "the control group's limit")
@pytest.mark.argument("Container(open_files=...)", "the process's limit")
@pytest.mark.argument("Container(memory_mb=...)", "the control group's limit")
@pytest.mark.argument("Container(restarts=...)", "Docker's restart policy")
def test_a_containers_resources_are_limited(there: Staying) -> None:
    form = "{{.HostConfig.PidsLimit}} {{.HostConfig.RestartPolicy}} {{.HostConfig.Memory}}"
    assert inspected(there, "web", form) == "4096 {on-failure 5} 0"
    assert inspected(there, "relaxed", form) == f"99 {{on-failure 1}} {32 << 20}"
    assert "999 " in inside(there, "relaxed", "cat /proc/1/limits").split("Max open files")[1][:24]


@pytest.mark.argument("Container.from_ecr(repository=...)", "the host pulls from it with its role")
@pytest.mark.argument("Container.from_ecr(digest=...)", "the image with that digest runs")
@pytest.mark.argument("Container.from_registry(name=...)", "that image runs")
@pytest.mark.argument("Container.from_registry(allow_tag=...)", "a tag is resolved by the host")
@pytest.mark.argument(
    "Container.from_registry(credentials=...)", "the host pulls with these credentials"
)
def test_images_come_from_registries(there: Staying) -> None:
    image = TinyImage.build()
    for name in ("ecr", "registry"):
        assert inspected(there, name, "{{.Image}} {{.State.Status}}") == f"{image.id} running"
    assert inspected(there, "ecr", "{{.Config.Image}}").startswith("sha256:")
    assert "tick" in there.run("journalctl", "--unit=porter-ecr", "--output=cat")
    held = json.loads(there.run("cat", "/run/porter/secrets/held.json"))
    assert json.loads(held["registry"]["image/credentials"])["username"] == "porter"


def test_containers_reach_neither_each_other_nor_the_metadata(there: Staying) -> None:
    [address] = [inspected(there, "web", "{{.NetworkSettings.Networks.porter.IPAddress}}")]
    assert not inside(there, "relaxed", f"wget -T 2 -qO- http://{address}:8081/").endswith("=0")
    metadata = "busybox timeout 4 busybox nc 169.254.169.254 80"
    asked = f'printf "GET /latest/meta-data/ HTTP/1.0\\r\\n\\r\\n" | {metadata}'
    assert " 401 " in inside(there, "web", asked)  # it answers, but a container gets no token
    header = "X-aws-ec2-metadata-token-ttl-seconds: 60"
    asked = f'printf "PUT /latest/api/token HTTP/1.0\\r\\n{header}\\r\\n\\r\\n" | {metadata}'
    assert "HTTP/1" not in inside(there, "web", asked)
    token = there.run(
        "curl", "-sS", "-X", "PUT", "-H", header, "http://169.254.169.254/latest/api/token"
    )
    assert len(token) > 20


def test_an_attendant_is_small_and_exposed_little(there: Staying) -> None:
    pid = there.run("systemctl", "show", "--property=MainPID", "--value", "porter-web")
    rollup = there.run("cat", f"/proc/{pid}/smaps_rollup")
    [pss] = [line.split()[1] for line in rollup.splitlines() if line.startswith("Pss:")]
    assert int(pss) < 20_000  # kB
    said = there.run("systemd-analyze", "security", "--no-pager", "porter-web.service")
    assert float(said.rsplit("level for porter-web.service: ", 1)[1].split()[0]) <= 2.5


@pytest.mark.argument(
    "Container(stop_seconds=...)", "the container is killed that many seconds after SIGTERM"
)
def test_a_container_that_ignores_sigterm_is_killed_and_its_log_says_so(there: Staying) -> None:
    before = inspected(there, "relaxed", "{{.Id}}")
    began = time.monotonic()
    there.run("systemctl", "restart", "porter-relaxed")
    assert time.monotonic() - began < 30
    assert inspected(there, "relaxed", "{{.Id}} {{.State.Running}}") != before
    said = there.run("journalctl", "--unit=porter-relaxed", "--output=cat")
    assert "the container did not end within 2 s of being asked to: killed" in said


def test_an_image_that_went_missing_is_fetched_again(there: Staying) -> None:
    image = TinyImage.build()
    units = [f"porter-{name}" for name in ("web", "relaxed", "ecr", "registry", "reader")]
    there.run("systemctl", "stop", *units)
    there.run("docker", "rmi", "--force", image.id)
    assert image.id not in there.run("docker", "images", "--quiet", "--no-trunc")
    there.run("systemctl", "start", *units)
    assert inspected(there, "web", "{{.Image}} {{.State.Running}}") == f"{image.id} true"
    assert until(lambda: there.page() == GREETING, 20)
    assert "is missing, and is fetched again" in there.run("journalctl", "--unit=porter-web")


def test_docker_restarts_a_container_that_dies(there: Staying) -> None:
    there.run("docker", "kill", "--signal=SEGV", "porter-ecr")
    pid = there.run("docker", "inspect", "--format", "{{.State.Pid}}", "porter-web")
    there.run("kill", "-9", pid)
    assert until(lambda: there.page() == GREETING, 20)
    assert until(lambda: inspected(there, "web", "{{.RestartCount}}") == "1", 10)


def test_containers_survive_the_death_of_dockers_daemon(there: Staying) -> None:
    before = inspected(there, "web", "{{.Id}} {{.State.StartedAt}}")
    pid = there.run("systemctl", "show", "--property=MainPID", "--value", "docker")
    there.run("kill", "-9", pid)
    assert there.page() == GREETING
    assert until(lambda: there.attempt("docker", "ps").returncode == 0, 30)
    assert inspected(there, "web", "{{.Id}} {{.State.StartedAt}}") == before
    lines = there.run("journalctl", "--unit=porter-ecr", "--output=cat").count("tick")
    assert until(
        lambda: there.run("journalctl", "--unit=porter-ecr", "--output=cat").count("tick") > lines,
        30,
    )
    assert there.page() == GREETING


def test_an_attendant_that_restarts_finds_its_container_running(there: Staying) -> None:
    before = inspected(there, "web", "{{.Id}} {{.State.StartedAt}}")
    pid = there.run("systemctl", "show", "--property=MainPID", "--value", "porter-web")
    there.run("kill", "-9", pid)
    assert until(
        lambda: "finds the container running" in there.run("journalctl", "--unit=porter-web"), 20
    )
    assert inspected(there, "web", "{{.Id}} {{.State.StartedAt}}") == before
    assert there.page() == GREETING


def test_a_containers_output_survives_the_death_of_its_attendant(there: Staying) -> None:
    def ticks() -> list[int]:
        said = there.run("journalctl", "--unit=porter-ecr", "--output=cat").splitlines()
        numbers = [int(line.split()[1]) for line in said if line.startswith("tick ")]
        return numbers[max(index for index, number in enumerate(numbers) if number == 1) :]

    pid = there.run("systemctl", "show", "--property=MainPID", "--value", "porter-ecr")
    there.run("kill", "-9", pid)
    before = ticks()[-1]
    assert until(lambda: ticks()[-1] > before + 10, 20)
    numbers = ticks()
    assert numbers == list(range(1, len(numbers) + 1))
