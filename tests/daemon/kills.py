"""The ways in which porterd ends before its time."""

import os
import signal
from collections.abc import Callable

from tests.daemon.porterd_process import PorterdProcess


def kill_worker(porterd: PorterdProcess) -> None:
    """Kill the worker; gunicorn starts another."""
    os.kill(porterd.worker, signal.SIGKILL)


def kill_all(porterd: PorterdProcess) -> None:
    """Kill all processes, as a power failure does; then start porterd."""
    porterd.sweep()
    porterd.start()


def kill_master(porterd: PorterdProcess) -> None:
    """Kill the main process; the worker is still there when the next porterd starts."""
    porterd.kill_master()
    porterd.start()


def restart(porterd: PorterdProcess) -> None:
    """Restart porterd as `systemctl restart` does."""
    porterd.stop()
    porterd.start()


Kill = Callable[[PorterdProcess], None]
KILLS = [kill_worker, kill_master, kill_all, restart]
