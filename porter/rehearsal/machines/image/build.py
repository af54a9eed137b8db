"""Run mmdebstrap, log its output, and let nothing of it outlive this process."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from porter.errors import PorterError
from porter.rehearsal.local import keeper
from porter.rehearsal.local.folder import locked_folder
from porter.rehearsal.local.interruption import held_back, orderly
from porter.rehearsal.machines.image.recipe import Recipe

SECONDS = 900.0
"""Deadline: half a minute near a mirror, minutes on a slow line."""

# In these namespaces mmdebstrap's mounts and children end with it.
_NAMESPACES = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


def build(recipe: Recipe, folder: Path) -> None:
    """Make the tree `root` of `recipe` in `folder`, and `build.log` beside it.

    Raises `PorterError` with the last lines of the log. The caller removes what a failure leaves.
    """
    tree, log = folder / "root", folder / "build.log"
    with orderly() as stack:
        # A short path, for gpg's sockets. After a kill, the next rehearsal removes the folder.
        temporary = stack.enter_context(locked_folder())
        with held_back(), log.open("wb") as output:
            process = keeper.start(
                (*_NAMESPACES, *recipe.command(tree)),
                output,
                env={**os.environ, "LC_ALL": "C.UTF-8", "TMPDIR": str(temporary)},
                umask=0o022,
            )
            stack.callback(keeper.end, process)
        try:
            code = process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            raise _failure(recipe, f"did not finish within {SECONDS:.0f} s", log) from None
    if code:
        raise _failure(recipe, f"exited with {code}", log)
    _forget_the_host(tree)


def _forget_the_host(tree: Path) -> None:
    """Remove files that mmdebstrap copies from the host to have a network."""
    for name in ("etc/hostname", "etc/resolv.conf"):
        (tree / name).unlink(missing_ok=True)


def _failure(recipe: Recipe, what: str, log: Path) -> PorterError:
    said = log.read_text("utf-8", errors="replace").split("\n")
    last = "; ".join([line.strip() for line in said if line.strip()][-3:])
    return PorterError(
        f"mmdebstrap {what}: {last}",
        where=f"machine image {recipe.suite}",
        cure="check that the package mirror is reachable and the disk is not full",
    )
