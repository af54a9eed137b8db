"""A hello-world service: a front page and a health check, with the standard library alone."""

import html
import json
import os
import signal
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>It works</title>
<style>
  :root {{ color-scheme: light dark; font: 1.1rem/1.6 system-ui, sans-serif }}
  body {{ display: grid; place-content: center; min-height: 90vh; margin: 0 1.5rem }}
  dl {{ display: grid; grid-template-columns: auto 1fr; gap: .2rem 1.2rem }}
  dt {{ opacity: .65 }}
  dd {{ margin: 0; font-family: ui-monospace, monospace }}
</style>
<h1>It works</h1>
<p>This page came through HAProxy from a healthy host.</p>
<dl>
  <dt>Region</dt><dd>{region}</dd>
  <dt>Instance</dt><dd>{instance_id}</dd>
</dl>
</html>
"""


def identity() -> dict[str, str]:
    """Where this service runs, as porterd tells it: one plain HTTP GET and no AWS SDK."""
    try:
        url = os.environ["PORTERD_URL"] + "/v1/identity"
        with urllib.request.urlopen(url, timeout=2) as answer:
            known = json.load(answer)
    except (KeyError, OSError, ValueError):
        known = {}  # the page is worth showing without porterd, as on a developer's box
    return {key: str(known.get(key, "unknown")) for key in ("region", "instance_id")}


class Handler(BaseHTTPRequestHandler):
    """Answers the front page, the health check, and 404 to anything else."""

    timeout = 10

    def do_GET(self) -> None:
        """Route one request by its path."""
        path = self.path.partition("?")[0]
        if path == "/":
            known = {key: html.escape(value) for key, value in identity().items()}
            self.answer(200, "text/html; charset=utf-8", PAGE.format(**known))
        elif path == "/health":
            self.answer(200, "text/plain", "healthy\n")
        else:
            self.answer(404, "text/plain", "not found\n")

    def answer(self, status: int, content_type: str, text: str) -> None:
        """Send one whole response."""
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    """Finishes the requests it has begun before it ends."""

    daemon_threads = False


def main() -> None:
    """Serve on $PORT until SIGTERM."""
    server = Server(("127.0.0.1", int(os.environ.get("PORT", "8000"))), Handler)
    # shutdown() waits for the loop, which this thread runs: so it needs another.
    stop = threading.Thread(target=server.shutdown)
    signal.signal(signal.SIGTERM, lambda *_: stop.start())
    server.serve_forever(poll_interval=0.1)
    server.server_close()


if __name__ == "__main__":
    main()
