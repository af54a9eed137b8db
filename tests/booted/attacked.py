"""The app of the attacked host: its first apply is interrupted by a reboot."""

from __future__ import annotations

APP = """\
import aws_cdk as cdk
from porter_cdk import Check, HealthCheck, Job, PorterService, Process, Setup

app = cdk.App()
stack = cdk.Stack(app, "Hello")
PorterService(
    stack, "Service",
    run=Process(["python3", "main.py"], source="service", port=8000, state=True),
    workers={"mail": Process(
        ["sleep", "infinity"], source="service",
        check=Check(["python3", "ask.py"], interval_seconds=2),
    )},
    jobs={"tick": Job(["python3", "ask.py"], source="service", schedule="*:*:0/10")},
    setup=[Setup("once", source="service", command=[
        "sh", "-c", "[ -e /var/once ] || { touch /var/once; systemctl reboot; sleep 300; }",
    ])],
    health_check=HealthCheck("/health"),
)
app.synth()
"""

ASK = """\
import json, os, pathlib, socket, urllib.request

TTL = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
URL = "http://169.254.169.254/latest/api/token"


def metadata():
    try:
        urllib.request.urlopen(urllib.request.Request(URL, None, TTL, method="PUT"), timeout=3)
    except OSError as error:
        return str(error)
    return "reached"


def found():
    home = pathlib.Path.home()
    (home / "written").write_text("yes")
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW):
        names = [name for _, name in socket.if_nameindex()]
    return {"home": str(home), "interfaces": names, "metadata": metadata()}


if __name__ == "__main__":
    print("found", json.dumps(found()), flush=True)
"""
"""A program that prints what it may do."""

MAIN = """\
import json, os, pathlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ask import found

starts = pathlib.Path(os.environ["STATE_DIRECTORY"]) / "starts"
with starts.open("a") as file:
    file.write("x")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        answer = {}
        if self.path != "/health":
            answer = {**found(), "starts": len(starts.read_text()), "uid": os.getuid()}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
"""A service that counts its starts in its state, and answers what it may do."""

PLANTED = """\
import os
if os.geteuid() == 0:
    open("/run/planted", "a").write(__file__)
"""
"""A module that only porter's own code would import, as root."""

SQUATTER = """\
import http.server, time

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

print("waits", flush=True)
while True:
    try:
        http.server.ThreadingHTTPServer(("127.0.0.1", 8000), Handler).serve_forever()
    except OSError:
        time.sleep(0.001)
"""
"""A program that waits for the service's port to be free."""
