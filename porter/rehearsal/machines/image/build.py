"""Run mmdebstrap, so that nothing of it outlives this process, and keep what it said."""

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
"""Deadline: half a minute beside a mirror, minutes on a slow line."""

# Of its own: what mmdebstrap mounts in the tree, and whoever it starts, ends with it.
_NAMESPACES = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


def build(recipe: Recipe, folder: Path) -> None:
    """Make the tree `root` of `recipe` in `folder`, and `build.log` beside it.

    Raises `PorterError` with the last lines of the log. What it leaves then is the caller's.
    """
    tree, log = folder / "root", folder / "build.log"
    with orderly() as stack:
        # Its path is short, as those of gpg's sockets must be, and a next start removes it.
        temporary = stack.enter_context(locked_folder())
        with held_back(), log.open("wb") as output:
            process = subprocess.Popen(
                keeper.kept(*_NAMESPACES, *recipe.command(tree)),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env={**os.environ, "LC_ALL": "C.UTF-8", "TMPDIR": str(temporary)},
                start_new_session=True,
                umask=0o022,
            )
            stack.callback(keeper.end, process)
        try:
            code = process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            raise _failure(recipe, f"is not done after {SECONDS:.0f} s", log) from None
    if code:
        raise _failure(recipe, f"exited with {code}", log)
    _forget_the_host(tree)


def _forget_the_host(tree: Path) -> None:
    """Remove what mmdebstrap copies from the host so that the network works while it builds."""
    for name in ("etc/hostname", "etc/resolv.conf"):
        (tree / name).unlink(missing_ok=True)


def _failure(recipe: Recipe, what: str, log: Path) -> PorterError:
    said = log.read_text("utf-8", errors="replace").split("\n")
    last = "; ".join([line.strip() for line in said if line.strip()][-3:])
    return PorterError(
        f"mmdebstrap {what}: {last}",
        where=f"machine image {recipe.suite}",
        cure="see that the package mirror can be reached, and the disk is not full",
    )
