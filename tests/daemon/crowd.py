"""Clients that open many connections to porterd and keep them."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from tests.daemon.porterd_process import PorterdProcess

_PROGRAM = """\
import encodings.idna, os, resource, socket, sys, time
port, count, text, user = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3].encode(), 65_534
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
os.setuid(user)
held = []
try:
    for _ in range(count):
        held.append(socket.create_connection(("127.0.0.1", port), 5))
        held[-1].send(text)
except OSError:
    pass
print("ready", flush=True)
time.sleep(600)
"""
_SERVICE = """\
import encodings.idna, http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_): pass
os.setuid(65_534)
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""
NOBODY = 65_534


def connect(porterd: PorterdProcess, clients: ExitStack, *texts: bytes) -> list[socket.socket]:
    """Open a connection for each text, and send it; `clients` closes the connections."""
    opened = []
    for text in texts:
        client = socket.create_connection(("127.0.0.1", porterd.port), 60)
        opened.append(clients.enter_context(closing(client)))
        client.sendall(text)
    return opened


@contextmanager
def another_user(porterd: PorterdProcess, count: int, text: str) -> Iterator[None]:
    """Run a program of the user `nobody` that opens connections and sends `text` on each."""
    program = subprocess.Popen(
        [sys.executable, "-I", "-c", _PROGRAM, str(porterd.port), str(count), text],
        stdout=subprocess.PIPE,
    )
    try:
        assert program.stdout
        assert program.stdout.readline() == b"ready\n"
        yield
    finally:
        program.kill()
        program.communicate()


@contextmanager
def served_by_nobody() -> Iterator[int]:
    """Run a healthy service of the user `nobody`; yield its port."""
    with subprocess.Popen([sys.executable, "-I", "-c", _SERVICE], stdout=subprocess.PIPE) as served:
        try:
            assert served.stdout
            yield int(served.stdout.readline())
        finally:
            served.kill()
