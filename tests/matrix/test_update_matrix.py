"""A change replaces hosts if, and only if, a new condition waits for them."""

import pytest

from tests.arguments import reference
from tests.matrix import create_only, update_matrix
from tests.matrix.changes import TABLE, Change
from tests.matrix.cloudformation import Action
from tests.matrix.update_matrix import CONDITION, GROUP, PAGE, Effect, page

ROWS = [change for changes in TABLE.values() for change in changes]


@pytest.fixture(scope="module")
def effects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Effect]:
    found = update_matrix.effects(tmp_path_factory.mktemp("matrix"))
    assert len(found) == len(ROWS), "two rows have one name"
    return found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_hosts_are_replaced_as_the_table_says(row: Change, effects: dict[str, Effect]) -> None:
    assert effects[row.name].new(GROUP) == row.replaces, effects[row.name].sentence()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_new_condition_waits_exactly_for_new_hosts(
    row: Change, effects: dict[str, Effect]
) -> None:
    found = effects[row.name]
    assert found.new(CONDITION) == found.new(GROUP), found.sentence()
    assert Action.REFUSE not in found.actions.values()


def test_tls_switched_on_or_off_is_an_outage_and_a_release_is_none(
    effects: dict[str, Effect],
) -> None:
    outages = {name for name, effect in effects.items() if "an outage" in effect.sentence()}
    assert outages == {
        "`tls`",
        "no `tls` any more",
        "`ProtocolVersion` of the target group",
        "the VPC's address range",
    }


def test_aws_refuses_what_replaces_the_load_balancer_alone(effects: dict[str, Effect]) -> None:
    refused = {name for name, effect in effects.items() if "AWS refuses it" in effect.sentence()}
    assert refused == {"`public_load_balancer`"}


def test_the_page_is_current(effects: dict[str, Effect]) -> None:
    """If this fails: python -m tests.matrix.update_matrix."""
    assert PAGE.read_text() == page(effects)


def test_the_construct_reference_is_current(effects: dict[str, Effect]) -> None:
    """If this fails: python -m tests.arguments.reference."""
    assert reference.PAGE.read_text() == reference.page(effects)


def test_create_only_properties_match_cloudformations() -> None:
    """If this fails: python -m tests.matrix.create_only."""
    assert create_only.FILE.read_text() == create_only.render()
