"""Find an earlier version of an app: a folder, or a revision in the app's git repository."""

from __future__ import annotations

import subprocess
import tarfile
import tempfile
from pathlib import Path

from porter.errors import PorterError
from porter.unpack import unpack

GIT_SECONDS = 60.0


def folder_of(version: str, app: Path, workspace: Path) -> Path:
    """`version` if it is a folder, else the app's folder as of that revision, below `workspace`.

    Nothing in the repository changes. Raises `PorterError` if `version` is neither, or
    holds a link that leads out of the app's folder.
    """
    if version and Path(version).is_dir():
        return Path(version)
    archive = Path(tempfile.mkdtemp(prefix="from", dir=workspace)) / "app.tar"
    # In a folder of a repository, `git archive` takes that folder alone (git-archive(1)).
    _git(app, "archive", "--format=tar", f"--output={archive}", _commit(version, app))
    try:
        with tarfile.open(archive) as tar:
            unpack(tar, archive.parent / "app")
    except tarfile.TarError as error:
        raise PorterError(str(error), where=version, cure="give a folder instead") from error
    return archive.parent / "app"


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
