"""Each string that only CloudFormation knows has one index, in a stable order."""

from __future__ import annotations

import aws_cdk as cdk
import pytest

from porter.spec import DeployTime, SpecError
from porter_cdk.tokens import DeployTimeValues

ONE, TWO = cdk.Fn.ref("One"), cdk.Fn.ref("Two")


def test_the_order_of_environment_variables_replaces_no_host() -> None:
    """Equal dictionaries give equal user data."""
    found = []
    for environment in ({"A": ONE, "B": TWO, "C": "plain"}, {"C": "plain", "B": TWO, "A": ONE}):
        values = DeployTimeValues()
        variables = values.variables(environment, "workloads/0/")
        assert variables == {"A": DeployTime(index=0), "B": DeployTime(index=1), "C": "plain"}
        found.append(([*variables], [*values.encoded()]))
    assert found == [(["A", "B", "C"], [f"workloads/0/environment/{name}" for name in "AB"])] * 2


def test_a_token_that_is_met_again_keeps_its_place() -> None:
    values = DeployTimeValues()
    first, second, third = DeployTime(index=0), DeployTime(index=1), DeployTime(index=0)
    assert values.arguments([ONE, "plain", TWO, ONE]) == (first, "plain", second, third)
    assert [*values.encoded()] == ["command/0", "command/2"]


def test_no_environment_is_an_empty_one() -> None:
    assert DeployTimeValues().variables(None) == {}


LIST, TEXT = "Fn.join(", "Token.as_string()"
NUMBER = "Tokenization.stringify_number(...)"


@pytest.mark.parametrize(
    ("value", "problem", "cure"),
    [
        (cdk.Token.as_list(cdk.Fn.split(",", ONE))[0], "is a list that only CloudFormation", LIST),
        (cdk.Token.as_number(ONE), "is a number that only CloudFormation knows", NUMBER),
        (str(cdk.Token.as_number(ONE)), "contains a number that only CloudFormation", NUMBER),
        (cdk.Fn.get_att("R", "A"), "is a token, not a string", TEXT),
    ],
    ids=["list", "number", "text with a number", "attribute"],
)
def test_a_token_that_is_no_string_is_refused_with_its_field(
    value: object, problem: str, cure: str
) -> None:
    with pytest.raises(SpecError, match=problem) as error:
        DeployTimeValues().text("environment/X", value)
    assert error.value.where == "environment/X"
    assert error.value.cure.startswith("write cdk.")
    assert cure in error.value.cure


def test_a_command_line_in_one_string_is_refused() -> None:
    with pytest.raises(SpecError, match=r"must be a list of arguments, got 'run it'") as error:
        DeployTimeValues().arguments("run it", "workloads/0/")
    assert error.value.where == "workloads/0/command"
    assert error.value.cure == 'write ["python3", "main.py"]'
    with pytest.raises(SpecError) as error:
        DeployTimeValues().arguments(["run", cdk.Fn.get_att("R", "A")], "workloads/0/")  # type: ignore[list-item]
    assert error.value.where == "workloads/0/command/1"


def test_a_value_that_is_no_text_is_left_to_the_specification() -> None:
    """It refuses the value with a path; a number that is known is no token."""
    assert DeployTimeValues().text("environment/X", 1.5) == 1.5
    assert DeployTimeValues().text("environment/X", "-1.5e+289") == "-1.5e+289"
