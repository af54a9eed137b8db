"""Make a new app from the template, whole or not at all."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

import porter
from porter.errors import PorterError

PIPELINES = {"github": ".github/workflows/deploy.yml", "gocd": "deploy.gocd.yaml"}
"""Where each CI system looks for the pipeline in a repository."""

_STACK_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}")
_LEFTOVERS = shutil.ignore_patterns(
    "__pycache__", ".*_cache", ".venv", "cdk.out", "cdk.context.json"
)
_TEMPLATE_NAME = '"Hello"'
_REQUIREMENT = "porter-cdk[rehearse]"


def create_app(folder: Path, *, name: str | None = None, ci: str | None = None) -> str:
    """Fill the new or empty `folder` with an app; the name of its stack.

    `name` is the stack's (default: made of the folder's), `ci` a key of `PIPELINES`. Raises
    `PorterError` for a folder in use or a name that CloudFormation refuses; nothing is left then.
    """
    stack = check_stack_name(name) if name else stack_name(folder.absolute().name)
    _check_free(folder)
    folder.absolute().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".porter-init-", dir=folder.absolute().parent) as stage:
        app = Path(stage) / "app"
        shutil.copytree(template_folder(), app, ignore=_LEFTOVERS)
        if ci:
            _add_pipeline(app, ci)
        _personalize(app, stack)
        _move(app, folder)
    return stack


def stack_name(text: str) -> str:
    """A valid stack name made of `text`: `my-shop` becomes `MyShop`."""
    words = re.findall(r"[A-Za-z0-9]+", text)
    name = "".join(word[0].upper() + word[1:] for word in words)[:100]
    return name if name[:1].isalpha() else f"App{name}"


def check_stack_name(name: str) -> str:
    """`name`, if CloudFormation accepts it for a stack; raises `PorterError` otherwise."""
    if not _STACK_NAME.fullmatch(name):
        raise PorterError(
            f"{name!r} cannot name a stack",
            where="--name",
            cure="begin with a letter; use letters, digits and dashes, at most 128",
        )
    return name


def template_folder() -> Path:
    """The template: in an installed wheel inside the package, in a checkout beside it."""
    package = Path(porter.__file__).parent
    inside, beside = package / "app_template", package.parent / "app_template"
    return inside if inside.is_dir() else beside


def _check_free(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if folder.exists():
        raise PorterError("the folder is in use", where=str(folder), cure="name a new or empty one")


def _add_pipeline(app: Path, ci: str) -> None:
    target = app / PIPELINES[ci]
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(Path(__file__).parent / "pipelines" / f"{ci}.yaml", target)


def _personalize(app: Path, stack: str) -> None:
    """Put the stack's name, and this porter's version, where the template has its own."""
    changes = {_TEMPLATE_NAME: f'"{stack}"', _REQUIREMENT: f"{_REQUIREMENT}=={porter.__version__}"}
    for file in (path for path in app.rglob("*") if path.is_file()):
        text = file.read_text()
        for old, new in changes.items():
            text = text.replace(old, new)
        file.write_text(text)


def _move(app: Path, folder: Path) -> None:
    """Give `app` its place; an empty folder is kept, since a shell may stand in it."""
    if not folder.exists():
        app.rename(folder)
        return
    for path in app.iterdir():
        path.rename(folder / path.name)
