"""Keep apart the strings known at synthesis from those only CloudFormation will know."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from aws_cdk import Fn, Token
from constructs import Construct

from porter.spec import DeployTime, SpecError, Text

_LIST_MARKER = "#{Token["
_PRINTED_NUMBER = re.compile(r"-1\.8881545\d+e\+?289")


class DeployTimeValues:
    """The deployed strings of one host, in the order in which they were first met.

    `scope` is the host; without one a specification is only checked, and nothing asked for it.
    """

    def __init__(self, scope: Construct | None = None) -> None:
        self.scope = scope
        self._fields: dict[str, str] = {}

    def text(self, field: str, value: object) -> Text:
        """`value`, or a pointer to it where it holds a CDK token.

        Raises `SpecError` naming `field` for tokens that are not strings. What is neither a string
        nor a token is passed on: the spec refuses it.
        """
        if not isinstance(value, str):
            _refuse_other_tokens(field, value)
            return value  # type: ignore[return-value]  # refused by the spec, with a path
        _refuse_disguised_tokens(field, value)
        if not Token.is_unresolved(value):
            return value
        self._fields.setdefault(value, field)
        return DeployTime(index=list(self._fields).index(value))

    def arguments(self, command: Sequence[str], below: str = "") -> tuple[Text, ...]:
        """`command`, token by token; `below` begins the names of the fields."""
        if isinstance(command, str):
            raise SpecError(
                f"must be a list of arguments, got {command!r}",
                where=f"{below}command",
                cure='write ["python3", "main.py"]',
            )
        return tuple(self.text(f"{below}command/{i}", text) for i, text in enumerate(command))

    def variables(self, environment: Mapping[str, str] | None, below: str = "") -> dict[str, Text]:
        """`environment`, likewise, in an order of its own: another order replaces no host."""
        return {
            name: self.text(f"{below}environment/{name}", text)
            for name, text in sorted((environment or {}).items())
        }

    def encoded(self) -> dict[str, str]:
        """Field to token, in the order of `Deployment.values`.

        CloudFormation pastes text into JSON without escaping it, hence Base64.
        """
        return {field: Fn.base64(token) for token, field in self._fields.items()}


def _refuse_other_tokens(field: str, value: object) -> None:
    if isinstance(value, float) and Token.is_unresolved(value):
        raise SpecError(
            "is a number only CloudFormation knows",
            where=field,
            cure="write cdk.Tokenization.stringify_number(...)",
        )
    # Of the class: jsii raises RuntimeError for the `creation_stack` of a token that has none.
    if hasattr(type(value), "resolve") and hasattr(type(value), "creation_stack"):
        raise SpecError("is a token, not a string", where=field, cure="write cdk.Token.as_string()")


def _refuse_disguised_tokens(field: str, value: str) -> None:
    """A list token's only item and a printed number token look like text and are not."""
    if _LIST_MARKER in value:
        raise SpecError(
            "is a list only CloudFormation knows", where=field, cure='write cdk.Fn.join(",", ...)'
        )
    if _PRINTED_NUMBER.search(value):
        raise SpecError(
            "holds a number only CloudFormation knows",
            where=field,
            cure="write cdk.Tokenization.stringify_number(...) instead of str(...)",
        )
