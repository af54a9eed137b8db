"""porterd takes the sockets that systemd keeps for it, and systemd keeps them when it ends."""

from __future__ import annotations

import socket

import pytest

from tests.daemon.loopback import Service
from tests.daemon.porterd_process import PorterdProcess


def test_nobody_takes_the_port_while_porterd_is_down_and_requests_wait(
    porterd: PorterdProcess, service: Service
) -> None:
    porterd.watch_over(service.port)
    with socket.create_server(("127.0.0.1", porterd.port)) as kept:
        porterd.spawn_with(kept)
        porterd.until_signal("sent")
        porterd.kill_master()
        porterd.sweep()
        with (
            pytest.raises(OSError, match="in use"),
            socket.create_server(("127.0.0.1", porterd.port)),
        ):
            pass
        with socket.create_connection(("127.0.0.1", porterd.port), 60) as client:
            client.sendall(b"GET /aws/region HTTP/1.1\r\nHost: localhost\r\n\r\n")
            porterd.spawn_with(kept)
            assert client.recv(4096).endswith(b"eu-west-1")
