"""Run porterd under gunicorn: one worker, reachable from this host only."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from porter.aws.metadata import Metadata
from porter.daemon.app import create_app
from porter.daemon.changes import note_changes
from porter.daemon.credentials import hand_out, tokens_of
from porter.daemon.drains import Drains
from porter.daemon.events import Events
from porter.daemon.giving import serve_secrets
from porter.daemon.http_worker import HttpWorker
from porter.daemon.leaving import LoadBalancers, serve_drain
from porter.daemon.life import Life
from porter.daemon.outcomes import Outcomes
from porter.daemon.sessions import Sessions
from porter.daemon.settings import Settings, SettingsError
from porter.daemon.speaking import serve_verdict
from porter.daemon.values import Values, declared
from porter.daemon.verdict import Verdict
from porter.daemon.watch import Watch
from porter.spec import CONTAINERS_HOST, ContainerWorkload, HostSpec

_log = logging.getLogger(__name__)

_PATIENCE_SECONDS = 3.0
_BACKLOG = 4096
_FIRST_PASSED = 3
_IP_FREEBIND = 15
"""From ip(7): listen on an address before the host has it. Python has no name for it."""


def serve(settings: Settings) -> None:
    """Serve until SIGTERM. gunicorn notifies systemd (`Type=notify`) once the port is bound.

    Raises `SettingsError` when another process has the port.
    """
    sockets = listening(settings.spec)
    metadata = Metadata()
    events = Events(settings.runtime_directory, settings.redactor)
    verdict = Verdict(settings.runtime_directory)
    watch = Watch(settings, metadata, events, verdict)
    outcomes = Outcomes(events, settings.jobs_directory, [job.name for job in settings.spec.jobs])
    drains = Drains(events, settings.drain_steps, settings.runtime_directory)
    life = Life(metadata, settings.drain_file, events, drains)
    sessions = sessions_for(settings, metadata)
    app = create_app(settings, metadata, watch, events)
    tokens = tokens_of(sessions.names, settings.token_key)
    hand_out(app, sessions, tokens)
    secrets = declared(settings.spec)
    values = Values(secrets, settings.held, settings.region, events, settings.redactor.learn)
    serve_secrets(app, values, tokens)
    workloads = {one.name for one in settings.spec.workloads}
    of_workloads = {name: tokens[name] for name in workloads & tokens.keys()}
    leaving = settings.drain_file.exists
    serve_verdict(app, verdict, of_workloads, leaving)
    balancers = LoadBalancers(settings.target_groups, settings.region, metadata.instance_id)
    serve_drain(app, balancers, events, of_workloads, leaving)

    def start() -> None:
        threading.excepthook = _end
        events.open()
        verdict.open()
        told = values.open(settings.runtime_directory)
        note_changes(events, settings.runtime_directory, settings.payload, values.texts, told)
        life.look()  # before the gate signals: a host that leaves says nothing
        watch.start()
        life.start()
        outcomes.start()
        sessions.start()

    _Server(app, _options(settings, sockets, start)).run()


def _end(failed: threading.ExceptHookArgs) -> None:
    """End porterd, which cannot work without one of its threads; systemd starts it again.

    gunicorn starts no other worker after this exit code, and ends with it.
    """
    name = failed.thread.name if failed.thread else "?"
    _log.critical("porterd ends: its thread %s failed", name, exc_info=failed.exc_value)
    os._exit(Arbiter.WORKER_BOOT_ERROR)


def listening(spec: HostSpec) -> list[socket.socket]:
    """Return systemd's sockets; else listen on loopback and on the address for containers.

    The second address belongs to the loopback interface, but only once a host has containers, which
    a hot apply may add later. Raises `SettingsError`.
    """
    if passed := _passed():
        return passed
    port = spec.porterd.port
    sockets = [_listen("127.0.0.1", port)]
    containers = any(isinstance(workload, ContainerWorkload) for workload in spec.workloads)
    try:
        sockets.append(_listen(CONTAINERS_HOST, port))
    except SettingsError as error:
        if containers:
            raise
        _log.warning("containers cannot reach porterd: %s", error)
    return sockets


def sessions_for(settings: Settings, metadata: Metadata) -> Sessions:
    """The service role's sessions for all workloads; none on a host without the role."""
    spec = settings.spec
    names = spec.credential_names if spec.hands_out_credentials else ()
    return Sessions(str(spec.service_role), settings.region, names, metadata.instance_id)


def _passed() -> list[socket.socket]:
    """Take the sockets that systemd passes to this process (sd_listen_fds(3)).

    gunicorn would take them as well, beside those of its option `bind`.
    """
    process, count = (os.environ.pop(name, "") for name in ("LISTEN_PID", "LISTEN_FDS"))
    if process != str(os.getpid()):
        return []
    return [socket.socket(fileno=_FIRST_PASSED + at) for at in range(int(count))]


def _listen(address: str, port: int) -> socket.socket:
    """Listen there once the port is free: a predecessor may still be ending.

    gunicorn would wait too, but its messages take several lines.
    """
    expires = time.monotonic() + _PATIENCE_SECONDS
    while True:
        here = socket.socket()
        try:
            here.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            here.setsockopt(socket.IPPROTO_IP, _IP_FREEBIND, 1)
            here.bind((address, port))
            here.listen(_BACKLOG)
        except OSError as error:
            here.close()
            if time.monotonic() >= expires:
                what = f"cannot listen on {address}:{port}: {os.strerror(error.errno or 0)}"
                raise SettingsError(what, cure="stop what listens there") from None
            time.sleep(0.1)
        else:
            return here


def _options(
    settings: Settings, sockets: list[socket.socket], start: Callable[[], None]
) -> dict[str, Any]:
    return {
        "bind": [f"fd://{each.detach()}" for each in sockets],
        "proc_name": "porterd",
        "worker_class": HttpWorker,
        # No proxy is in front of porterd; gunicorn would obey a client's header SCRIPT_NAME.
        "forwarded_allow_ips": "",
        # One worker, because there is one gate.
        "workers": 1,
        # Imported before the fork: memory is shared, and an error shows before READY=1.
        "preload_app": True,
        # After the fork: a thread started before it would be missing in the worker, its locks not.
        "post_worker_init": lambda _worker: start(),
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
