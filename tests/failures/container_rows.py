"""Containers that cannot start, and containers that exit."""

from __future__ import annotations

from tests.failures.rows import Failure

_PROCESS = 'Process(["python3", "main.py"], source="service", port=8000)'
_LONG = 190
"""The time-out in seconds: on a busy machine, Docker takes seconds for each start."""

_DIGEST = '"sha256:" + 64 * "0"'


def instead(container: str, *more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the template with this container instead of its process."""
    imported = "PorterService, Process"
    return ((imported, "Container, PorterService"), (_PROCESS, container), *more)


def ends(line: str, more: str = "") -> tuple[tuple[str, str], ...]:
    """Return the template with a container that runs this shell command."""
    command = f'command=["/bin/sh", "-c", "{line}"]'
    return instead(f'Container.from_tarball("image.tar", {command}{more})')


CONTAINERS = (
    Failure(
        name="container-played",
        booted_too=False,
        edits=instead(f'Container.from_registry("example.org/web@" + {_DIGEST}, port=8000)'),
        seen="porter host apply: phase docker: …containers cannot run on a machine that is only "
        "played (web is one) (rehearse it with --machine systemd)",
        why="A played machine has no Docker: the rehearsal installs nothing on your machine.",
        cure="Rehearse the app with `--machine systemd`.",
    ),
)

IMAGES = (
    Failure(
        name="image-missing",
        machine="systemd",
        edits=instead(
            f"Container.from_ecr(images, digest={_DIGEST}, port=8000)",
            ("import aws_cdk as cdk", "import aws_cdk as cdk\nfrom aws_cdk import aws_ecr"),
            ("PorterService(\n", 'images = aws_ecr.Repository(stack, "Images")\nPorterService(\n'),
        ),
        timeout=150,
        within=60,
        seen="porter host apply: phase docker: image …: cannot be fetched: manifest for …"
        "not found: manifest unknown…",
        why="The repository has no image with this digest.",
        cure="Push the image before the deployment. Check that no life-cycle rule of the "
        "repository deletes it.",
    ),
)

ENDS = (
    Failure(
        name="container-exits",
        machine="systemd",
        image=True,
        edits=ends("echo the database is not there; exit 3", ", restarts=1"),
        timeout=_LONG,
        within=80,
        seen="hello-service will not become healthy: web exited with code 3 (3 times). Last lines "
        "of web: …porter: the container ended with exit code 3, after 1 restart",
        why="The container exits as soon as it starts. Docker starts it again (`restarts`), then "
        "systemd does. porterd reports the third exit of the unit at once.",
        cure="Read its last lines. Check its environment, and what it needs from the network.",
    ),
    Failure(
        name="container-restarts-for-ever",
        machine="systemd",
        image=True,
        edits=ends("httpd -p $PORT -h /www; sleep 1; echo lost its lease; exit 4", ", restarts=1"),
        timeout=_LONG,
        within=80,
        seen="hello-service will not become healthy: web exited with code 4 (3 times)…"
        "Last lines of web: …porter: the container ended with exit code 4, after 1 restart",
        why="The container answers, and exits again and again. Docker starts it again `restarts` "
        "times before the unit ends.",
        cure="Read its last lines. Return 200 from the health check only when the service is "
        "ready.",
    ),
    Failure(
        name="container-out-of-memory",
        machine="systemd",
        image=True,
        edits=ends("echo reading it all; tail /dev/zero", ", memory_mb=16, restarts=1"),
        timeout=_LONG,
        within=80,
        seen="hello-service will not become healthy: web was killed by SIGKILL (out of memory…) "
        "(3 times). Last lines of web: …porter: the container ended with exit code 137, out of "
        "memory, after 1 restart",
        why="The container uses more than its `memory_mb`. It has no swap, so the kernel kills it.",
        cure="Raise `memory_mb`, or find out what uses the memory.",
    ),
)
