"""`python -m tests.rehearsal.steady URL RATE`: send RATE requests a second until stdin closes.

A request begins when its time has come, whether or not earlier ones are answered. At the end,
prints JSON: `sent`, `late` (the most seconds by which a request began late), and `failed`, a list
of `{"number", "sent", "ended", "what"}` in epoch seconds. The path of request 7 is `/?request=7`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any
from urllib.parse import urlsplit

ANSWER_SECONDS = 20.0


async def run(url: str, rate: float) -> dict[str, Any]:
    """Send requests until standard input is closed; return the result."""
    to = urlsplit(url)
    failed: list[dict[str, Any]] = []
    stdin = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    tasks: set[asyncio.Task[None]] = set()
    began, sent, late = time.monotonic(), 0, 0.0

    async def request(number: int) -> None:
        at = time.time()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                what = await _status(str(to.hostname), int(to.port or 80), number)
        except (OSError, EOFError, TimeoutError) as error:
            what = repr(error)
        if what != "200":
            failed.append({"number": number, "sent": at, "ended": time.time(), "what": what})

    while not stdin.done():
        due = began + sent / rate
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        late = max(late, time.monotonic() - due)
        task = asyncio.create_task(request(sent))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        sent += 1
    await asyncio.gather(*tasks)
    return {"sent": sent, "late": late, "failed": failed}


async def _status(host: str, port: int, number: int) -> str:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        head = f"GET /?request={number} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
        writer.write(head.encode())
        answer = await reader.read()
    finally:
        writer.close()
    return answer.partition(b" ")[2][:3].decode(errors="replace") or "no answer"


if __name__ == "__main__":
    json.dump(asyncio.run(run(sys.argv[1], float(sys.argv[2]))), sys.stdout)
