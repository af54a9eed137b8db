"""Requests that schemathesis derives from the document, valid and not: no 5xx, no hang."""

from __future__ import annotations

import time

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode

from porter.spec import workload_token
from tests.daemon.handing import KEY
from tests.daemon.porterd_process import PorterdProcess
from tests.harness import seeds
from tests.harness.effort import repeats
from tests.harness.slowness import slowness
from tests.interface.answers import check_answer
from tests.interface.page import document

CASES = repeats(ci=200, all=2000)
LONGEST_SECONDS = 5.0


_SCHEMA = schemathesis.openapi.from_dict(document())
_OPERATIONS = {one.ok().label: one.ok() for one in _SCHEMA.get_all_operations()}


@pytest.mark.parametrize("label", _OPERATIONS)
def test_no_request_gets_a_5xx_or_waits(porterd: PorterdProcess, label: str) -> None:
    operation, limit = _OPERATIONS[label], LONGEST_SECONDS * slowness()
    needs_token = operation.definition.raw.get("security") and "credentials" not in label
    valid, invalid = (operation.as_strategy(generation_mode=mode) for mode in GenerationMode)

    @seed(seeds.seed())
    @settings(
        max_examples=CASES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=valid | invalid)
    def ask(case: schemathesis.Case) -> None:
        if str(case.query.get("wait", "")).isdigit():
            case.query["wait"] = 0  # a poll may well wait
        # For credentials porterd needs AWS, which is not there: a valid token gets 502.
        if needs_token and case.headers:
            case.headers["Authorization"] = workload_token(KEY, "mail")
        began = time.monotonic()
        answer = case.call(base_url=f"http://127.0.0.1:{porterd.port}", timeout=limit)
        assert time.monotonic() - began < limit
        assert answer.status_code < 500
        headers = {name.title(): values[0] for name, values in answer.headers.items()}
        check_answer(case.method, case.formatted_path, answer.status_code, headers, answer.content)

    ask()
