"""HTTP clients on a socket: they post bytes, start late, or stop sending."""

from __future__ import annotations

import socket
import time

from h2 import connection, events


def post(port: int, framing: str, body: bytes) -> int:
    """Return the status of a POST, sent at once: HAProxy may answer before it has read the body."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(f"POST / HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n".encode() + body)
        return int(client.recv(4096).split(b" ")[1])


def h2_post(port: int, pause: float) -> str:
    """Return the status of an HTTP/2 POST without a length, with a body after `pause` seconds."""
    h2 = connection.H2Connection()
    h2.initiate_connection()
    head = {":method": "POST", ":scheme": "http", ":authority": "x", ":path": "/"}
    h2.send_headers(1, list(head.items()))
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(h2.data_to_send())
        time.sleep(pause)
        h2.send_data(1, b"x" * 2000)
        client.sendall(h2.data_to_send())
        while received := client.recv(65_536):
            for event in h2.receive_data(received):
                if isinstance(event, events.ResponseReceived):
                    return dict(event.headers)[b":status"].decode()
    return ""


def silence(port: int, sent: bytes) -> float:
    """Return how long HAProxy keeps a connection after `sent`."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(sent)
        started = time.monotonic()
        while client.recv(65_536):
            pass
        return time.monotonic() - started
