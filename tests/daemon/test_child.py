"""A child that asks AWS gives an answer, or a problem that quotes nothing."""

import pytest

from porter.daemon.child import ask_in_a_child

UNREADABLE = {"problem": "cannot ask AWS; porterd's journal says why"}


def test_the_childs_json_is_the_answer() -> None:
    assert ask_in_a_child("json.tool", given=b'{"a": 1}', seconds=60) == {"a": 1}


def test_a_child_that_takes_too_long_is_ended() -> None:
    answer = ask_in_a_child("timeit", "import time; time.sleep(60)", seconds=0.5)
    assert answer == {"problem": "AWS did not answer within 0.5 s"}


@pytest.mark.parametrize(
    ("module", "argument"),
    [("no.such.module", ""), ("this", ""), ("json.tool", "too long for exec" * 10_000)],
    ids=["crashes", "prints no JSON", "cannot be started"],
)
def test_a_child_without_an_answer_is_a_problem(module: str, argument: str) -> None:
    assert ask_in_a_child(module, argument, seconds=60) == UNREADABLE
