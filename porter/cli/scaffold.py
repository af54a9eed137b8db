"""Create an app from the template, completely or not at all."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from pathlib import Path

import porter
from porter import toolchain
from porter.errors import PorterError

PIPELINES = {"github": ".github/workflows/deploy.yml", "gocd": "deploy.gocd.yaml"}
"""The path of the pipeline in a repository, by CI system."""

_STACK_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}")
_LEFTOVERS = shutil.ignore_patterns(
    "__pycache__", ".*_cache", ".venv", "cdk.out", "cdk.context.json"
)
_TEMPLATE_NAME = '"Hello"'
_REQUIREMENT = "porter-cdk[rehearse]"
_PYTEST = re.compile(r"^pytest==\S+", re.MULTILINE)


def create_app(folder: Path, *, name: str | None = None, ci: str | None = None) -> str:
    """Create an app in the new or empty `folder`; return the name of its stack.

    `name` is the stack's name (default: from the folder's name), `ci` a key of `PIPELINES`. Raises
    `PorterError`, and creates nothing, if `folder` is not empty or cannot be written, or if
    CloudFormation refuses the name.
    """
    stack = check_stack_name(name) if name else stack_name(folder.absolute().name)
    _check_free(folder)
    try:
        _create(folder, stack, ci)
    except OSError as error:
        raise PorterError(
            f"cannot create the app: {error.strerror or error}",
            where=str(folder),
            cure="name a folder in one that you may write",
        ) from error
    return stack


def _create(folder: Path, stack: str, ci: str | None) -> None:
    """Make the app beside its place, or in the empty folder: the folder above may be read-only."""
    place = folder.absolute() if folder.exists() else folder.absolute().parent
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".porter-init-", dir=place) as stage:
        app = Path(stage) / "app"
        shutil.copytree(template_folder(), app, ignore=_LEFTOVERS)
        if ci:
            _add_pipeline(app, ci)
        _personalize(app, stack)
        _pin(app)
        _configure(app / "cdk.json")
        _move(app, folder)


def stack_name(text: str) -> str:
    """Return a valid stack name for `text`: `MyShop` for `my-shop`."""
    words = re.findall(r"[A-Za-z0-9]+", text)
    name = "".join(word[0].upper() + word[1:] for word in words)[:100]
    return name if name[:1].isalpha() else f"App{name}"


def check_stack_name(name: str) -> str:
    """Return `name`. Raises `PorterError` if CloudFormation refuses it as a stack name."""
    if not _STACK_NAME.fullmatch(name):
        raise PorterError(
            f"{name!r} is not a valid stack name",
            where="--name",
            cure="start with a letter; use at most 128 letters, digits and dashes",
        )
    return name


def template_folder() -> Path:
    """Return the template's folder: in the package of a wheel, beside it in a clone."""
    package = Path(porter.__file__).parent
    inside, beside = package / "app_template", package.parent / "app_template"
    return inside if inside.is_dir() else beside


def _check_free(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if folder.exists():
        problem = "the folder is not empty" if folder.is_dir() else "this is a file"
        raise PorterError(problem, where=str(folder), cure="name a new folder")


def _add_pipeline(app: Path, ci: str) -> None:
    target = app / PIPELINES[ci]
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(Path(__file__).parent / "pipelines" / f"{ci}.yaml", target)


def _personalize(app: Path, stack: str) -> None:
    """Replace the template's stack name."""
    for file in (path for path in app.rglob("*") if path.is_file()):
        file.write_text(file.read_text().replace(_TEMPLATE_NAME, f'"{stack}"'))


def _pin(app: Path) -> None:
    """Require this porter, and the pytest of the template's lock, as that was tested with porter.

    The lock has the hashes of everything but porter's own wheel, which nobody has published yet.
    """
    locked = _PYTEST.search((app / "requirements.lock").read_text())
    if locked is None:
        raise PorterError("has no pytest", where="requirements.lock", cure="run make lock")
    requirements = f"{_REQUIREMENT}=={porter.__version__}\n{locked[0]}\n"
    (app / "requirements.txt").write_text(requirements)


def _configure(settings: Path) -> None:
    """Add the CDK's recommended feature flags, as `cdk init` does."""
    context = {"context": toolchain.recommended_flags()}
    text = json.dumps({**json.loads(settings.read_text()), **context}, indent=2)
    settings.write_text(text + "\n")


def _move(app: Path, folder: Path) -> None:
    """Move `app` to `folder`. An empty folder is kept: it may be a shell's current folder."""
    if not folder.exists():
        app.rename(folder)
        return
    for path in app.iterdir():
        path.rename(folder / path.name)
