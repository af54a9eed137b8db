"""`python -m tests.hot.load PORT`: send requests until standard input is closed.

Runs clients of four kinds. Prints a JSON line every half second: requests by kind, and failures. A
request fails unless the client gets a complete 200 with the right body.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter

CLIENTS = {"keep-alive": 12, "close": 4, "slow": 16, "upload": 6}
"""How many clients of each kind run side by side."""

PIECES = 8
PIECE = b"x" * 8192
BODY = str(PIECES * len(PIECE)).encode()
_PAUSE = 0.002


class Load:
    """The clients, and the number of their requests."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.done: Counter[str] = Counter()
        self.failures: list[str] = []

    async def client(self, kind: str) -> None:
        """Send requests of this kind until cancelled."""
        connection = None
        while True:
            try:
                if connection is None:
                    connection = await asyncio.open_connection("127.0.0.1", self.port)
                async with asyncio.timeout(20):
                    stays = await self._request(kind, *connection)
                self.done[kind] += 1
            except (OSError, ValueError, EOFError, TimeoutError) as error:
                self.done[kind] += 1
                self.failures.append(f"{kind}: {error!r}")
                stays = False
            if not stays and connection:
                connection[1].close()
                connection = None
            await asyncio.sleep(_PAUSE)

    async def _request(
        self, kind: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Send one request; return whether the connection stays open for the next."""
        if kind == "upload":
            writer.write(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + BODY + b"\r\n\r\n")
            for _ in range(PIECES):
                writer.write(PIECE)
                await writer.drain()
                await asyncio.sleep(0.03)
        else:
            path = b"/slow" if kind == "slow" else b"/"
            last = b"Connection: close\r\n" if kind == "close" else b""
            writer.write(b"GET " + path + b" HTTP/1.1\r\nHost: h\r\n" + last + b"\r\n")
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        status = head.split(b" ", 2)[1]
        length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        body = await reader.readexactly(length)
        if status != b"200" or (body != BODY if kind == "upload" else not body.isdigit()):
            raise ValueError(f"{head!r} {body!r}")
        return b"connection: close" not in head and kind != "close"

    async def run(self) -> None:
        """Run all clients until standard input is closed."""
        tasks = [
            asyncio.create_task(self.client(kind)) for kind, n in CLIENTS.items() for _ in range(n)
        ]
        stdin = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        while not stdin.done():
            await asyncio.wait([stdin], timeout=0.5)
            counts = {"done": self.done, "failures": self.failures[:20]}
            sys.stdout.write(json.dumps({**counts, "failed": len(self.failures)}) + "\n")
            sys.stdout.flush()
        for task in tasks:
            task.cancel()


if __name__ == "__main__":
    asyncio.run(Load(int(sys.argv[1])).run())
