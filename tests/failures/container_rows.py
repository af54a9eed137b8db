"""Containers that cannot be: told by `porter host apply`, before it starts anything."""

from __future__ import annotations

from tests.failures.rows import Failure

_PROCESS = 'Process(["python3", "main.py"], source="service", port=8000)'
_DIGEST = '"sha256:" + 64 * "0"'


def instead(container: str, *more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """The template with this container in the place of its process."""
    imported = "PorterService, Process"
    return ((imported, "Container, PorterService"), (_PROCESS, container), *more)


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
