"""Odd answers to an HTTP request: valid ones, broken in one to three places."""

import random
from collections.abc import Iterator

_STATUS = (
    *(b"HTTP/1.1 200 OK", b"HTTP/1.0 200 OK", b"HTTP/1.1 503 No", b"HTTP/1.1 100 Continue"),
    *(b"HTTP/1.1 101 Switching Protocols", b"HTTP/1.1 302 Found", b"HTTP/1.1 204 No Content"),
    *(b"HTTP/1.1 -1 OK", b"HTTP/1.1 999 OK", b"HTTP/9.9 200", b"HTTP/1.1", b"ICY 200 OK", b""),
    b"HTTP/1.1 " + b"2" * 5000 + b" OK",
)
_HEADERS = (
    *(b"Content-Length: 5", b"Content-Length: -5", b"Content-Length: 99", b"Content-Length: x"),
    b"Content-Length: " + b"9" * 5000,
    *(b"Transfer-Encoding: chunked", b"Transfer-Encoding: CHUNKED", b"Transfer-Encoding: gzip"),
    *(b"Content-Type: text/plain", b"Content-Type: application/json", b"Content-Type: ;;=\xff"),
    b"Content-Type: text/plain; charset*0=x; charset*1*=%%",
    *(b"Location: \xff\x00\r", b"Location: /", b"Connection: keep-alive", b"Connection: \x00"),
    *(b": nameless", b"no colon", b" folded", b"X: " + b"x" * 70_000, b"\x00", b"Keep-Alive: x"),
)
_SIZES = (b"5", b"-5", b"-1", b"0", b"+5", b"5_0", b"0x5", b"5;a=b", b"f" * 40, b"", b" ", b"\xff")
_PAGE = b"<html><body><h1>502 Bad Gateway</h1>"
_HAPROXYS = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 36\r\n\r\n" + _PAGE


def odd_answers(seed: int, number: int) -> Iterator[bytes]:
    """Yield `number` answers, the same ones for the same `seed`."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    for _ in range(number):
        yield _broken(chance, _answer(chance))


def _answer(chance: random.Random) -> bytes:
    if chance.random() < 0.1:
        return _HAPROXYS
    head = [chance.choice(_STATUS[:7] if chance.random() < 0.8 else _STATUS)]
    head += chance.sample(_HEADERS, chance.randrange(5))
    head *= chance.choice((1, 1, 1, 1, 200))
    return b"\r\n".join(head) + b"\r\n\r\n" + _body(chance)


def _body(chance: random.Random) -> bytes:
    if chance.random() < 0.3:
        return chance.randbytes(chance.choice((0, 5, 5000)))
    sizes = [chance.choice(_SIZES) for _ in range(chance.randrange(4))]
    chunks = (size + b"\r\nhello\r\n" for size in sizes)
    return b"".join(chunks) + chance.choice((b"0\r\n\r\n", b"", b"0\r\nX: y\r\n"))


def _broken(chance: random.Random, answer: bytes) -> bytes:
    broken = bytearray(answer)
    for _ in range(chance.choice((0, 0, 1, 3))):
        at = chance.randrange(len(broken) + 1)
        match chance.randrange(3):
            case 0:
                del broken[at:]
            case 1:
                broken[at : at + 1] = chance.randbytes(1)
            case _:
                broken[at:at] = chance.choice((b"\r\n", b"\n", b"\x00", b"-", b":"))
    return bytes(broken)
