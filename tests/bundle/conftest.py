"""A bundle of this source tree, and the folder to which it is unpacked."""

import tarfile
from pathlib import Path

import pytest

from porter.bundle.build import build
from porter.unpack import unpack


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle built now: the bundle that `make` left may be older than the source."""
    return build(tmp_path_factory.mktemp("bundle") / "bundle.tar.xz")


@pytest.fixture(scope="session")
def unpacked(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked bundle, as a host has it below `/opt/porter`."""
    folder = tmp_path_factory.mktemp("opt") / "bundle-000000000000"
    with tarfile.open(bundle) as archive:
        unpack(archive, folder)
    return folder
