"""porterd's OpenAPI document: valid, current, and as porterd serves it."""

import json

import pytest
import schemathesis

from porter.daemon.happenings import Happening
from tests.interface.answers import check_answer
from tests.interface.page import DOCUMENT, PAGE, as_json, document, render


def test_the_document_is_current() -> None:
    assert DOCUMENT.read_text("utf-8") == as_json(), "run: python -m tests.interface.page"


def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == render(), "run: python -m tests.interface.page"


def test_the_document_is_valid_openapi() -> None:
    schemathesis.openapi.from_dict(document()).validate()


def test_every_operation_has_a_name_and_a_text() -> None:
    operations = [one for item in document()["paths"].values() for one in item.values()]
    assert all(one["description"].endswith(".\n") for one in operations)
    assert len({one["operationId"] for one in operations}) == len(operations)


def test_every_kind_of_event_can_be_asked_for() -> None:
    [kind] = [
        one
        for one in document()["paths"]["/v1/events"]["get"]["parameters"]
        if one.get("name") == "kind"
    ]
    assert set(kind["schema"]["enum"]) == {one.kind for one in Happening.__subclasses__()}


@pytest.mark.parametrize(
    ("method", "path", "status", "body", "problem"),
    [
        ("GET", "/health", 200, {"status": "fine"}, "'ok' was expected"),
        ("GET", "/health", 200, {"status": "ok", "more": 1}, "Additional properties"),
        ("GET", "/health", 500, {"error": "x"}, "500 is not in the document"),
        ("GET", "/v1/identity", 200, {"region": "x"}, "is a required property"),
        ("GET", "/v1/nothing", 200, {}, "200 is unknown"),
        ("POST", "/health", 405, {}, "'error' is a required property"),
    ],
)
def test_an_answer_that_the_document_does_not_describe_fails_a_test(
    method: str, path: str, status: int, body: object, problem: str
) -> None:
    headers = {"Content-Type": "application/json"}
    with pytest.raises(AssertionError, match=problem):
        check_answer(method, path, status, headers, json.dumps(body).encode())
