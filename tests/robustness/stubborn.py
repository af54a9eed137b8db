"""A service that is hard to end."""

from __future__ import annotations

STUBBORN = '''"""The template's service, made hard to end."""

import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from os import environ

signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen(["sleep", "600"], start_new_session=True)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(environ.get("NAME", "").encode())


ThreadingHTTPServer(("127.0.0.1", int(environ["PORT"])), Handler).serve_forever()
'''
"""A service that ignores SIGTERM, with a child in a session of its own."""
