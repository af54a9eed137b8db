"""The service of these tests: `python service.py` serves the version `$VERSION` on `$PORT`.

The service answers `/health` and `/` at once, `/slow` after half a second, counts the bytes of an
upload, and echoes over a WebSocket. It is a minimal server, fast enough for 300,000 requests.
"""

import asyncio
import os

VERSION = os.environ["VERSION"]


def answer(body: str, *, closing: bool) -> bytes:
    """Return a complete HTTP response."""
    last = "Connection: close\r\n" if closing else ""
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{last}\r\n"
    return (head + body).encode()


class Service(asyncio.Protocol):
    """One connection, which serves requests one after the other, without pipelining."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Prepare for the first request."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.buffer = b""
        self.socket = False

    def data_received(self, data: bytes) -> None:
        """Handle received bytes: one request, or a part of one."""
        if self.socket:
            self.transport.write(data)
            return
        self.buffer += data
        head, blank, body = self.buffer.partition(b"\r\n\r\n")
        if not blank:
            return
        fields = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")[1:])
        }
        length = int(fields.get(b"content-length", 0))
        if len(body) < length:
            return
        self.buffer = b""
        closing = fields.get(b"connection", b"").lower() == b"close"
        if b"upgrade" in fields:
            self.socket = True
            self.transport.write(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                b"Connection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
            )
        elif head.startswith(b"GET /slow"):
            asyncio.get_running_loop().call_later(0.5, self.tell, VERSION, closing)
        elif head.startswith(b"POST"):
            self.tell(str(length), closing)
        else:
            self.tell(VERSION, closing)

    def tell(self, body: str, closing: bool) -> None:  # noqa: FBT001 - `call_later` has no names
        """Send a response."""
        self.transport.write(answer(body, closing=closing))
        if closing:
            self.transport.close()


async def main() -> None:
    """Serve until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Service, "127.0.0.1", int(os.environ["PORT"]), backlog=1024)
    await server.serve_forever()


asyncio.run(main())
