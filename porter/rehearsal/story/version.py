"""Find an earlier version of an app: a folder, or a revision in the app's git repository."""

from __future__ import annotations

import subprocess
import tarfile
import tempfile
from pathlib import Path

from porter.errors import PorterError
from porter.unpack import unpack

GIT_SECONDS = 60.0
_VENV = ".venv"


def folder_of(version: str, app: Path, workspace: Path) -> Path:
    """Return `version` if it is a folder, else the app's folder at that git revision.

    The whole repository is exported below `workspace`, because an app may use files beside its
    folder; the repository stays as it is. The revision uses today's virtual environment, which no
    repository holds. Raises `PorterError` if `version` is neither, has a link
    out of the repository, or lacks the app's folder.
    """
    if version and Path(version).is_dir():
        return Path(version)
    commit = _commit(version, app)
    archive = Path(tempfile.mkdtemp(prefix="from", dir=workspace)) / "repository.tar"
    # Run in a folder of a repository, `git archive` exports that folder alone (git-archive(1)).
    top = Path(_git(app, "rev-parse", "--show-toplevel"))
    _git(top, "archive", "--format=tar", f"--output={archive}", commit)
    exported = archive.parent / top.name
    try:
        with tarfile.open(archive) as tar:
            unpack(tar, exported)
    except tarfile.TarError as error:
        raise PorterError(str(error), where=version, cure="give a folder instead") from error
    archive.unlink()
    folder = exported / _git(app, "rev-parse", "--show-prefix")
    if not folder.is_dir():
        raise PorterError(
            "the app's folder does not exist at this revision",
            where=f"{version}:{folder.relative_to(exported)}",
            cure="give a folder instead",
        )
    for here, there in ((app, folder), (top, exported)):
        if (here / _VENV).is_dir() and not (there / _VENV).exists():
            (there / _VENV).symlink_to((here / _VENV).resolve())
    return folder


def _commit(version: str, app: Path) -> str:
    revision = f"{version}^{{commit}}"
    return _git(app, "rev-parse", "--verify", "--quiet", "--end-of-options", revision, of=version)


def _git(app: Path, *arguments: str, of: str = "") -> str:
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=app,
            capture_output=True,
            text=True,
            check=True,
            timeout=GIT_SECONDS,
        )
    except FileNotFoundError:
        raise PorterError("git is not installed", where=of, cure="give a folder instead") from None
    except subprocess.CalledProcessError as error:
        reason = error.stderr.strip() or "is neither a folder nor a git revision"
        raise PorterError(reason, where=of or "git archive") from None
    except subprocess.TimeoutExpired:
        raise PorterError(f"took longer than {GIT_SECONDS:g} s", where="git") from None
    return done.stdout.strip()
