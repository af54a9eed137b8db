"""Find out what a payload is built for: the processor and the Python of its hosts."""

from __future__ import annotations

import os
from collections.abc import Sequence

from aws_cdk import Annotations
from constructs import Construct

from porter.packing.target import Target
from porter.spec.synthesis import BUILT_HERE, REHEARSED_PROCESSOR
from porter_cdk.image import platform as image_platform

_PYTHON = "porter:python"
_PROCESSORS = {"linux/amd64": "x86_64", "linux/arm64": "aarch64"}


def note_python(host: Construct, python: str | None, packages: Sequence[str] | None) -> None:
    """Record the Python of programs in the context of `host`, which must not have children yet.

    Without `python` and `packages`, hosts install `python3.11`. Otherwise it depends on the image.
    """
    version = python or ("3.11" if packages is None else "")
    host.node.set_context(_PYTHON, version)


def target_of(scope: Construct) -> Target:
    """Return what the hosts of `scope` are.

    In a rehearsal, the processor is the rehearsing machine's, and a note says so.
    """
    processor = _PROCESSORS[image_platform(scope).platform]
    here = os.environ.get(REHEARSED_PROCESSOR) or processor
    if here != processor:
        Annotations.of(scope).add_info_v2(
            BUILT_HERE,
            f"build=: the payload is built for {here}, this machine's processor, in this rehearsal "
            f"only. Hosts have {processor}: their payload is not rehearsed.",
        )
    return Target(here, scope.node.try_get_context(_PYTHON) or "")
