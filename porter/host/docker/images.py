"""The containers of a specification, and the records of images that were fetched."""

from __future__ import annotations

import hashlib
from pathlib import PurePath

from porter.host.core.goal import Goal
from porter.host.core.service import File
from porter.spec import ContainerWorkload, HostSpec, Image


def containers(spec: HostSpec) -> tuple[ContainerWorkload, ...]:
    """Return the workloads of `spec` that are containers."""
    return tuple(one for one in spec.workloads if isinstance(one, ContainerWorkload))


def images(goal: Goal) -> PurePath:
    """The folder with a record of each fetched image, named by a digest of its reference."""
    return goal.layout.root / "var/lib/porter/images"


def record(goal: Goal, image: Image) -> File:
    """Return the record of a fetched image, by which `tidy` removes the image later."""
    reference = str(image.reference)
    name = hashlib.sha256(reference.encode()).hexdigest()[:32]
    return File(images(goal) / name, f"{reference}\n".encode())
