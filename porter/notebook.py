"""Rehearse from a notebook: `from porter.notebook import rehearse, rehearsing`.

The reports that both return display themselves, and hold typed fields for tables and plots.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from porter.rehearsal.cloud.workspace import App
from porter.rehearsal.faults import Fault
from porter.rehearsal.fleet.kinds import IMAGES, kind_of
from porter.rehearsal.rehearse import rehearse as _rehearse
from porter.rehearsal.story.progress import Progress
from porter.rehearsal.story.report import Report

__all__ = ["Report", "rehearse", "rehearsing"]


def rehearse(  # noqa: PLR0913 - the options of `porter rehearse`
    app: str | Path = ".",
    *,
    stacks: Sequence[str] = (),
    exclusively: bool = False,
    context: Mapping[str, str] = MappingProxyType({}),
    before: Sequence[str] = (),
    faults: Collection[str] = (),
    machine: str = "process",
    image: str = IMAGES[0],
    timeout: float = 300.0,
    quiet: bool = False,
) -> Report:
    """Rehearse the app in the folder `app`; return the report once everything is removed.

    `stacks` selects by names and patterns, as `cdk deploy` does; the stacks that they depend on
    come first, unless `exclusively`. `context` has values for the app's context.

    `before` are earlier versions, folders or git revisions, as `--from` takes them. `faults`,
    `machine` and `image` are those of `porter rehearse`; `timeout` is in seconds, for each version.
    Prints each phase when it ends, unless `quiet`. Raises `PorterError` for what is wrong with this
    computer; the report holds what is wrong with the app.
    """
    with rehearsing(
        app,
        stacks=stacks,
        exclusively=exclusively,
        context=context,
        before=before,
        faults=faults,
        machine=machine,
        image=image,
        timeout=timeout,
        quiet=quiet,
    ) as report:
        return report


@contextmanager
def rehearsing(  # noqa: PLR0913 - the options of `porter rehearse`
    app: str | Path = ".",
    *,
    stacks: Sequence[str] = (),
    exclusively: bool = False,
    context: Mapping[str, str] = MappingProxyType({}),
    before: Sequence[str] = (),
    faults: Collection[str] = (),
    machine: str = "process",
    image: str = IMAGES[0],
    timeout: float = 300.0,
    quiet: bool = False,
) -> Iterator[Report]:
    """Rehearse as `rehearse` does; the service runs until the block ends."""
    progress = Progress() if quiet else Progress(over=_ended, says=_says)
    chosen = App(
        folder=Path(app),
        context=tuple(f"{key}={value}" for key, value in context.items()),
        stacks=(stacks,) if isinstance(stacks, str) else tuple(stacks),
        exclusively=exclusively,
    )
    with _rehearse(
        chosen,
        before=before,
        timeout=timeout,
        progress=progress,
        faults=[Fault(name) for name in faults],
        kind=kind_of(machine, image),
    ) as report:
        yield report


def _ended(phase: str, seconds: float) -> None:
    _says(f"{phase:<9}{seconds:6.2f} s")


def _says(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the output of the cell
