"""A service whose requests take a while, and that counts those which its end cuts off."""

from __future__ import annotations

_PROGRAM = """
import os, signal, time, urllib.error, urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWER = 0.2
busy = 0

MORE
class Server(ThreadingHTTPServer):
    request_queue_size = 128

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        global busy
        counts = self.path != "/health"
        busy += counts
        try:
            time.sleep(ANSWER * counts)
            body = BODY
            self.send_response(200)
            self.send_header("X-Host", os.environ["PORT"])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        finally:
            busy -= counts

    def log_message(self, *_):
        pass

def stop(*_):
    print(f"SIGTERM with {busy} requests at hand", flush=True)
    os._exit(0)

signal.signal(signal.SIGTERM, stop)
Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


def busy_service(body: str, more: str = "") -> str:
    """Return the program. `body` is the expression of an answer's bytes; `more` defines names."""
    return _PROGRAM.replace("MORE", more).replace("BODY", body)
