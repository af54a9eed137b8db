"""Requests with random damage: each is answered or closed, none by a 5xx."""

from __future__ import annotations

import random

from tests.daemon.porterd_process import PorterdProcess
from tests.harness import seeds
from tests.harness.effort import repeats
from tests.interface.page import document
from tests.interface.requests_by_chance import damaged, exchange, sound

REQUESTS = repeats(ci=2000, all=100_000)


def test_no_damaged_request_gets_a_5xx_or_waits(porterd: PorterdProcess) -> None:
    choose = random.Random(seeds.seed())  # noqa: S311 - no cryptography
    operations = [(path, method) for path, item in document()["paths"].items() for method in item]
    answered = 0
    for _ in range(REQUESTS):
        path, method = choose.choice(operations)
        text = damaged(sound(path, method, choose), choose)
        answer = exchange(porterd.port, text)
        assert not answer or answer.startswith((b"HTTP/1.1 ", b"HTTP/1.0 ")), text
        assert answer[9:10] != b"5", (text, answer)
        answered += bool(answer)
    assert answered > REQUESTS / 2
    assert porterd.get("/health") == (200, {"status": "ok"})
