"""boto3 for a service of the tests, with the models of two AWS services only."""

from __future__ import annotations

import shutil
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path

_PACKAGES = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
_MODELS = ("s3", "sts")


def bring_boto3(folder: Path) -> None:
    """Copy the installed boto3 and its dependencies into `folder`."""
    folder.mkdir(parents=True)
    for package in _PACKAGES:
        spec = find_spec(package)
        assert spec, f"{distribution('boto3').name} needs {package}"
        assert spec.origin
        origin = Path(spec.origin)
        if origin.name == "__init__.py":
            shutil.copytree(origin.parent, folder / package, ignore=_left_out)
        else:
            shutil.copy(origin, folder)


def _left_out(folder: str, names: list[str]) -> set[str]:
    """Return the compiled files and the models of other services."""
    left = {name for name in names if name == "__pycache__" or name.endswith(".so")}
    if folder.endswith("botocore/data"):
        left |= {name for name in names if (Path(folder) / name).is_dir() and name not in _MODELS}
    return left
