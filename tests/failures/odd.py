"""Everything slow or odd that must succeed all the same."""

from __future__ import annotations

from porter.rehearsal.faults import Fault
from tests.failures import services
from tests.failures.rows import Success

ODD = (
    Success(name="late", main=services.LATE, within=25),
    Success(name="warms-up", main=services.WARMS_UP, within=20),
    Success(name="second-start-works", main=services.SECOND_START_WORKS),
    Success(name="chatters", main=services.CHATTERS),
    Success(name="large-headers", main=services.LARGE_HEADERS),
    Success(name="head-differs", main=services.HEAD_DIFFERS),
    Success(name="http-1.0", main=services.HTTP_1_0),
    Success(name="asset-slow", faults=(Fault.ASSET_SLOW,), within=40),
    Success(name="handle-error", faults=(Fault.HANDLE_ERROR,)),
    Success(name="handle-reset", faults=(Fault.HANDLE_RESET,)),
    Success(name="handle-slow", faults=(Fault.HANDLE_SLOW,)),
    Success(
        name="porterd-killed",
        main=services.SLOW_START,
        faults=(Fault.KILLED_WAITING, Fault.KILLED_CONFIRMING),
        within=25,
    ),
    Success(
        name="porterd-killed-signalling",
        main=services.SLOW_START,
        faults=(Fault.KILLED_SIGNALLING, Fault.HANDLE_SLOW),
        within=25,
    ),
)

ODD_MACHINES = (
    Success(
        name="metadata-slow",
        machine="systemd",
        faults=(Fault.METADATA_SLOW,),
        timeout=150,
        within=140,
    ),
)
