"""Rehearsals on one machine at the same time do not disturb each other."""

from __future__ import annotations

import json
import signal
import urllib.request
from contextlib import ExitStack
from typing import Any

import pytest

from tests.harness.sandbox import a_sandbox
from tests.harness.synthesis import synthesize_once


def _page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        text: str = answer.read().decode()
        return text


COUNT = 3


@pytest.mark.exhaustive
def test_all_succeed_and_each_answers_with_its_own_service() -> None:
    with ExitStack() as stack:
        sandboxes = [stack.enter_context(a_sandbox()) for _ in range(COUNT)]
        processes = [one.start(synthesize_once(one.app()), "--stay", "--json") for one in sandboxes]
        # Each rehearsal has printed its report, and all of them stay.
        reports: list[Any] = [json.loads(process.stdout.readline()) for process in processes]
        pages = [_page(report["url"]) for report in reports]
        instances = [report["signals"][0]["unique_id"] for report in reports]
        assert [report["ok"] for report in reports] == [True] * COUNT, reports
        assert len({report["url"] for report in reports}) == COUNT
        assert [instance in page for instance, page in zip(instances, pages, strict=True)] == [
            True
        ] * COUNT
        for one, process in zip(sandboxes, processes, strict=True):
            ended = one.end(process, lambda asked=process: asked.send_signal(signal.SIGINT))
            assert ended.code == 130
            assert ended.left.nothing, ended.left
