"""Containers that cannot be, and containers that do not stay up."""

from __future__ import annotations

from tests.failures.rows import Failure

_PROCESS = 'Process(["python3", "main.py"], source="service", port=8000)'
_LONG = 190
"""Seconds until time is up: on a busy machine Docker takes seconds for each start."""

_DIGEST = '"sha256:" + 64 * "0"'


def instead(container: str, *more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """The template with this container in the place of its process."""
    imported = "PorterService, Process"
    return ((imported, "Container, PorterService"), (_PROCESS, container), *more)


def ends(line: str, more: str = "") -> tuple[tuple[str, str], ...]:
    """The template with a container that runs this line of a shell's."""
    command = f'command=["/bin/sh", "-c", "{line}"]'
    return instead(f'Container.from_tarball("image.tar", {command}{more})')


CONTAINERS = (
    Failure(
        name="container-played",
        booted_too=False,
        edits=instead(f'Container.from_registry("example.org/web@" + {_DIGEST}, port=8000)'),
        seen="porter host apply: phase docker: …containers cannot run on a machine that is only "
        "played (web is one) (rehearse it with --machine systemd)",
        why="Docker is the machine's own, and a rehearsal without machines installs nothing.",
        cure="Rehearse it with `--machine systemd`.",
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
        why="No image with this digest is in the repository.",
        cure="Push it before the deployment; does a life-cycle rule of the repository delete it?",
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
        why="The container ends as soon as it is started. Docker starts it again (`restarts`), "
        "then systemd does, and the third end of that kind is told at once.",
        cure="Read its last lines. Is something in its environment or on the network missing?",
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
        why="It answers, and ends again and again. `restarts` says how often Docker starts it "
        "again before that counts as its end.",
        cure="Read its last lines. Let the health check answer 200 only once all is ready.",
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
        why="The container wants more than its `memory_mb`; without swap it is killed.",
        cure="Give it more, or find what the memory is for.",
    ),
)
