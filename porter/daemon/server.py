"""Run porterd under gunicorn: one worker, eight threads, loopback only."""

from __future__ import annotations

import os
import socket
import time
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from porter.aws.metadata import Metadata
from porter.daemon.app import create_app
from porter.daemon.settings import Settings, SettingsError
from porter.daemon.watch import Watch

_PATIENCE_SECONDS = 3.0


def serve(settings: Settings) -> None:
    """Serve until SIGTERM. gunicorn tells systemd (`Type=notify`) once the port is bound.

    Raises `SettingsError` when another process has the port.
    """
    _await_port(settings.spec.porterd.port)
    metadata = Metadata()
    watch = Watch(settings, metadata)
    _Server(create_app(settings, metadata, watch), _options(settings, watch)).run()


def _await_port(port: int) -> None:
    """Wait until `port` is free: a predecessor may still be ending.

    gunicorn would wait too, but its complaints do not make one sentence.
    """
    expires = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError as error:
            if time.monotonic() >= expires:
                what = f"cannot listen on 127.0.0.1:{port}: {os.strerror(error.errno or 0)}"
                raise SettingsError(what, cure="stop what listens there") from None
            time.sleep(0.1)
        else:
            return


def _options(settings: Settings, watch: Watch) -> dict[str, Any]:
    return {
        "bind": f"127.0.0.1:{settings.spec.porterd.port}",
        "proc_name": "porterd",
        "worker_class": "gthread",
        # One worker, because it holds the gate.
        "workers": 1,
        "threads": 8,
        # Imported before the fork: memory is shared, and a fault shows before READY=1.
        "preload_app": True,
        # After the fork: a thread from before it would not be in the worker, but its locks might.
        "post_worker_init": lambda _worker: watch.start(),
        "graceful_timeout": 2,
        "worker_tmp_dir": str(settings.runtime_directory),
        "control_socket_disable": True,
    }


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn without its command line and configuration file."""

    def __init__(self, app: Flask, options: dict[str, Any]) -> None:
        self._app = app
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app
