"""Services that replace the template's in the table of failures; standard library only."""

from __future__ import annotations

from textwrap import dedent, indent

_SERVER = """\
import os, pathlib, socket, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

began = time.monotonic()
state = pathlib.Path(os.environ["HOME"], "starts")  # each start has a /tmp of its own
starts = int(state.read_text()) + 1 if state.exists() else 1
state.write_text(str(starts))
address = ("127.0.0.1", int(os.environ["PORT"]))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    checks = 0

    def log_message(self, *_):
        pass

    def answer(self, status, *headers):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self):
        Handler.checks += self.path == "/health"
{get}


class Server(ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # a client that disconnected: its traceback would displace better last lines


{before}
Server(address, Handler).serve_forever()
"""


def service(get: str = "self.answer(200)", *, before: str = "") -> str:
    """Return a server whose GET is `get`; `before` runs before it listens.

    Both can use `address`, `began` (monotonic) and `starts` (this one included); `get` also
    `Handler.checks`, the number of requests for `/health`.
    """
    return _SERVER.format(get=indent(dedent(get).strip(), " " * 8), before=dedent(before).strip())


EXITS_AT_ONCE = """\
import sys

print("connecting to the database")
print("the database is not there", file=sys.stderr)
sys.exit(3)
"""

EXITS_ONCE_HEALTHY = service(
    """
    self.answer(200)
    if self.path == "/health":
        print("out of licences", flush=True)
        threading.Timer(0.3, os._exit, [4]).start()
    """
)

CRASHES_LATER_EACH_TIME = service(
    before="""
    time.sleep(min(4, 0.5 * 2 ** (starts - 1)))
    print("start", starts, "came to nothing", flush=True)
    sys.exit(5)
    """
)

ANSWERS_500 = service("self.answer(500)")
CHECKS_ITS_HOST = service(
    """\
    allowed = self.headers["Host"] in ("shop.example.com", "localhost")
    self.answer(200 if allowed else 400)
    """
)
ANSWERS_404 = service("self.answer(404)")
REDIRECTS = service('self.answer(302, ("Location", "/login"))')
HANGS = service("time.sleep(3600)")
CLOSES = service("self.close_connection = True")
FLAPS = service("self.answer(200 if Handler.checks % 2 else 503)")
ALWAYS_503 = service("self.answer(503)")
OTHER_PORT = service(before="address = ('127.0.0.1', 0)")
OTHER_ADDRESS = service(before="address = ('127.0.0.2', address[1])")

LATE = service(before="time.sleep(12)")
LATER = service(before="time.sleep(40)")
WARMS_UP = service("self.answer(200 if time.monotonic() - began > 8 else 503)")
SECOND_START_WORKS = service(
    before="""
    if starts == 1:
        sys.exit("the first start fails")
    """
)
CHATTERS = service(
    before="""
    line = "\\x1b[3{}m\\N{SNOWMAN} \\u4f60\\u597d \\N{ROCKET}\\x1b[0m " * 20
    for number in range(20_000):
        print(line.replace("{}", str(number % 8)), file=sys.stdout if number % 2 else sys.stderr)
    """
)
LARGE_HEADERS = service('self.answer(200, *((f"X-Header-{i}", "x" * 1000) for i in range(6)))')
HEAD_DIFFERS = service("self.answer(200)\n\ndef do_HEAD(self):\n    self.answer(405)").replace(
    "        def do_HEAD(self):\n            self", "    def do_HEAD(self):\n        self"
)
HTTP_1_0 = service("self.protocol_version = 'HTTP/1.0'\nself.answer(200)")
SLOW_START = service(
    before="""
    # Count from the start of porterd: on a booted machine, it starts long after this service.
    porterd = (os.environ["PORTERD_TCP_ADDR"], int(os.environ["PORTERD_TCP_PORT"]))
    while time.monotonic() < began + 60:
        try:
            socket.create_connection(porterd, 1).close()
            break
        except OSError:
            time.sleep(0.05)
    time.sleep(2)
    """
)

WEB_SOCKET = service(
    """
    if self.path != "/socket":
        self.answer(200)
        return
    import base64, hashlib
    key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
    self.send_response(101)
    for name, value in (("Upgrade", "websocket"), ("Connection", "Upgrade")):
        self.send_header(name, value)
    self.send_header("Sec-WebSocket-Accept", accept)
    self.end_headers()
    while received := self.connection.recv(4096):
        self.connection.sendall(received)
    """
)

TAKES_ALL_MEMORY = """\
import time
print("reading it all into memory", flush=True)
time.sleep(1)
hoard = bytearray(b"x") * 1_000_000_000
"""
