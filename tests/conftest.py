"""Fixtures of all tests: an embedded AWS, a clean environment, default signal handlers."""

import os
import signal
from collections.abc import Iterator

import pytest

from porter.rehearsal.cloud.emulator import Emulator
from tests.daemon.loopback import Imds, running
from tests.harness import seeds
from tests.harness.chromium import Tab, tab

pytest_plugins = ("tests.harness.record",)

_PLAIN = ("CI", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE")
for variable in [name for name in os.environ if name.startswith("AWS_") or name in _PLAIN]:
    del os.environ[variable]
os.environ["TERM"] = "xterm"  # CI has none; what a terminal shows is the same everywhere

# A shell starts background jobs with SIGINT ignored, nohup with SIGHUP; children would inherit it.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def seed() -> int:
    """The seed of this run's random choices."""
    return seeds.seed()


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One embedded AWS for the module, stopped even if its start failed."""
    emulator = Emulator(tmp_path_factory.mktemp("aws"))
    try:
        emulator.start()
        yield emulator
    finally:
        emulator.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Tab]:
    """One Chromium for the module."""
    with tab() as one:
        yield one


@pytest.fixture
def imds() -> Iterator[Imds]:
    """The metadata service of one instance."""
    with running(server := Imds()):
        yield server
