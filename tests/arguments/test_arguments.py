"""Every argument has an observed effect, and the page of arguments is current."""

from __future__ import annotations

import porter_cdk
from tests.arguments.amazons import AMAZONS
from tests.arguments.marks import every_test, marks
from tests.arguments.page import PAGE, page
from tests.arguments.public import arguments, meaning_of
from tests.arguments.reference import names


def test_the_page_is_current() -> None:
    """If this fails: python -m tests.arguments.page."""
    assert PAGE.read_text() == page(marks())


def test_every_exported_name_has_an_example_in_the_reference() -> None:
    """If this fails: add it to tests/arguments/constructs.md."""
    assert sorted(names()) == sorted(porter_cdk.__all__)


def test_every_argument_is_explained() -> None:
    """An entry `NAME: TEXT` in the docstring of its class, or of the method that makes one."""
    assert [one for one in arguments() if not (one.endswith("()") or meaning_of(one))] == []


def test_every_argument_has_a_test_that_observes_its_effect() -> None:
    known = {mark.argument for mark in marks()} | AMAZONS.keys()
    assert [argument for argument in arguments() if argument not in known] == []


def test_every_observed_argument_is_one_that_a_user_can_pass() -> None:
    there = set(arguments())
    assert [mark for mark in marks() if mark.argument not in there] == []
    assert [argument for argument in AMAZONS if argument not in there] == []


def test_the_tests_named_for_effects_in_aws_are_there() -> None:
    assert {test for _, test in AMAZONS.values()} <= every_test()
