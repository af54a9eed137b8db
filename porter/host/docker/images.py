"""Which containers a host is to run, and the notes of the images that were fetched for them."""

from __future__ import annotations

import hashlib
from pathlib import PurePath

from porter.host.core.goal import Goal
from porter.host.core.service import File
from porter.spec import ContainerWorkload, HostSpec, Image


def containers(spec: HostSpec) -> tuple[ContainerWorkload, ...]:
    """The workloads of `spec` that are containers."""
    return tuple(one for one in spec.workloads if isinstance(one, ContainerWorkload))


def images(goal: Goal) -> PurePath:
    """The folder with a record of each image that was fetched, named by a digest."""
    return goal.layout.root / "var/lib/porter/images"


def record(goal: Goal, image: Image) -> File:
    """What is noted of an image that was fetched, so as to be removed one day."""
    reference = str(image.reference)
    name = hashlib.sha256(reference.encode()).hexdigest()[:32]
    return File(images(goal) / name, f"{reference}\n".encode())
