"""`python -m benchmarks.haproxy [ROUNDS]`: CPU time of HAProxy for each request, by feature.

`plain` is porter's own haproxy.cfg without its optional features. The variants serve the same
requests in turn, round after round, so that all meet the same noise. The CPU time of the process is
compared, not requests a second, which would depend on the load generator.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from porter.rehearsal.local.haproxy import find_haproxy

GOLDEN = Path(__file__).parents[1] / "tests/host/golden/haproxy.cfg"
CLIENTS, REQUESTS = 16, 4000
BACKEND = """\
global

defaults
    mode http
    timeout client 9s
    timeout server 9s
    timeout connect 9s

frontend service
    bind 127.0.0.1:{port}
    http-request return status 200 content-type text/plain string ok
"""

FEATURES = {
    "log": r" *log (global|stdout.*)\n| *option httplog\n",
    "request id": r" *unique-id-format.*\n| *http-request (set-header X-Request-ID|capture).*\n",
    "silent checks": r" *http-response set-log-level.*\n",
    "forwardfor": r" *option forwardfor.*\n",
    "http-no-delay": r" *option http-no-delay\n",
}
"""The lines of each feature, as a regular expression."""


def variants() -> dict[str, str]:
    """Return the configuration of each variant."""
    whole = GOLDEN.read_text()
    made = {"porter's": whole}
    for name in FEATURES:
        others = "|".join(lines for other, lines in FEATURES.items() if other != name)
        made[f"plain and {name}"] = re.sub(others, "", whole)
    return made | {"plain": re.sub("|".join(FEATURES.values()), "", whole)}


def start(stack: ExitStack, text: str, port: int, backend: int) -> subprocess.Popen[bytes]:
    """Start HAProxy with `text` on `port`; it ends with `stack`."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    text = text.replace("bind :80", f"bind 127.0.0.1:{port}")
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{backend}")
    (folder / "haproxy.cfg").write_text(
        re.sub("^global$", "global\n    nbthread 1", text, flags=re.MULTILINE)
    )
    command = [str(find_haproxy()), "-db", "-f", "haproxy.cfg"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    stack.callback(process.wait)
    stack.callback(process.kill)
    return process


def cpu_seconds(process: subprocess.Popen[bytes]) -> float:
    """Return the CPU time that `process` has used."""
    fields = Path(f"/proc/{process.pid}/schedstat").read_text().split()
    return int(fields[0]) / 1e9


async def load(port: int) -> None:
    """Send all requests over kept connections."""

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(REQUESTS // CLIENTS):
            writer.write(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            assert b" 200 " in head, head
            await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n")[0]))
        writer.close()

    await asyncio.gather(*(client() for _ in range(CLIENTS)))


def main(rounds: int) -> None:
    """Measure, and print microseconds for each request and the ratio to `plain`."""
    used: dict[str, list[float]] = {name: [] for name in variants()}
    with ExitStack() as stack:
        backend = 21_000
        start(stack, BACKEND.format(port=backend), backend, 0)
        running = {
            name: (start(stack, text, backend + 1 + index, backend), backend + 1 + index)
            for index, (name, text) in enumerate(variants().items())
        }
        time.sleep(1)
        for _ in range(rounds):
            for name, (process, port) in running.items():
                before = cpu_seconds(process)
                asyncio.run(load(port))
                used[name].append((cpu_seconds(process) - before) / REQUESTS * 1e6)
    plain = used["plain"]
    for name, values in used.items():
        ratio = median(mine / its for mine, its in zip(values, plain, strict=True))
        print(f"{name:24} {median(values):6.1f} us  {ratio:5.2f}x of plain")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
