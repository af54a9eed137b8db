"""pytest plugin: seed and effort in the header, durations at the end, and CI's budget of time."""

import os
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree as ET

import pytest

from tests.harness.effort import effort
from tests.harness.seeds import seed
from tests.harness.workers import Groups, longest_first

BUDGET_SECONDS = 60 * 60.0
"""The maximum for all of CI on a machine of slowness 1. The goal is 35 minutes (ADR 0018)."""

LIMIT_SECONDS = 85 * 60.0
"""The maximum on any machine: after 90 minutes the CI service ends the run without a reason."""

_SLOWEST = 20


def pytest_configure(config: pytest.Config) -> None:
    """Choose the seed before workers start; record durations in the one process that reports."""
    seed()
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Record(config), "porter-record")


def pytest_report_header() -> str:
    """Show the settings that repeat this run."""
    return f"PORTER_TEST_EFFORT={effort()} PORTER_TEST_SEED={seed()}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker waits for another at the end."""
    items.sort(key=lambda item: longest_first(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Give each worker whole modules."""
    return Groups(config, log)


class Record:
    """The duration of each test, with its fixtures."""

    def __init__(self, config: pytest.Config) -> None:
        self._seconds: dict[str, float] = defaultdict(float)
        self._junit = config.getoption("xmlpath", None)

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Keep the session, which can be stopped."""
        self._session = session

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add a phase of a test. Raises `Session.Failed` once CI has used up its time."""
        self._seconds[report.nodeid] += report.duration
        self._stop_if_late()

    def _stop_if_late(self) -> None:
        reason = late()
        if reason:
            self._session.shouldfail = reason  # pytest prints it
            raise self._session.Failed(reason)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the slowest tests and each folder's total, including CI's earlier runs."""
        if self._junit is None:
            return
        here = Path(self._junit)
        seconds = dict(self._seconds)
        for file in sorted(here.parent.glob("*.xml")):
            if file.name != here.name:
                seconds |= {f"{name} ({file.stem})": value for name, value in recorded(file)}
        write = terminalreporter.write_line
        terminalreporter.section(f"seconds: the slowest {_SLOWEST}, and each folder's total")
        for name, value in sorted(seconds.items(), key=lambda one: -one[1])[:_SLOWEST]:
            write(f"{value:7.1f}  {name}")
        folders: dict[str, float] = defaultdict(float)
        for name, value in seconds.items():
            folders[PurePosixPath(name.partition("::")[0]).parent.as_posix()] += value
        write("")
        for name, value in sorted(folders.items(), key=lambda one: -one[1]):
            write(f"{value:7.1f}  {name}")


def recorded(junit: Path) -> Iterator[tuple[str, float]]:
    """Return the seconds of each test in a JUnit file; a class counts to its module."""
    for case in ET.parse(junit).iter("testcase"):  # noqa: S314 - our own file
        module = case.get("classname", "").partition(".Test")[0].replace(".", "/")
        if module:  # empty for a module that pytest could not collect
            yield f"{module}.py::{case.get('name')}", float(case.get("time", 0))


def late() -> str:
    """Return why CI must stop, if it is past its budget; empty outside of CI.

    `.ci/run` sets PORTER_CI_STARTED, seconds since 1970, and PORTER_CI_SLOWNESS.
    """
    started = os.environ.get("PORTER_CI_STARTED")
    if not started:
        return ""
    slowness = float(os.environ["PORTER_CI_SLOWNESS"])
    allowed = min(BUDGET_SECONDS * slowness, LIMIT_SECONDS)
    if time.time() - float(started) <= allowed:
        return ""
    return (
        f"CI is over its budget: {allowed / 60:.0f} minutes on this machine, which is"
        f" {slowness:.2f} times slower than the reference. The slowest tests are listed above."
    )
