"""Separate strings that are known at synthesis from CDK tokens, which CloudFormation fills in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from aws_cdk import Fn, Token
from constructs import Construct

from porter.spec import DeployTime, SpecError, Text

_LIST_MARKER = "#{Token["
_PRINTED_NUMBER = re.compile(r"-1\.8881545\d+e\+?289")


class DeployTimeValues:
    """The strings with CDK tokens of one host, in the order of their first use.

    `scope` is the host. Without a host the specification is only checked: no command runs.
    """

    def __init__(self, scope: Construct | None = None) -> None:
        self.scope = scope
        self._fields: dict[str, str] = {}

    def text(self, field: str, value: object) -> Text:
        """Return `value`, or its index if it contains a CDK token.

        Raises `SpecError`, which names `field`, for tokens that are not strings. Other values that
        are not strings are returned, because `porter.spec` refuses them.
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
        """Return the arguments of `command`; `below` is its path in error messages."""
        if isinstance(command, str):
            raise SpecError(
                f"must be a list of arguments, got {command!r}",
                where=f"{below}command",
                cure='write ["python3", "main.py"]',
            )
        return tuple(self.text(f"{below}command/{i}", text) for i, text in enumerate(command))

    def variables(self, environment: Mapping[str, str] | None, below: str = "") -> dict[str, Text]:
        """Return `environment`, sorted, so that another order replaces no host.

        Raises `SpecError` if it is no mapping, such as `["NAME=value"]`.
        """
        check_mapping(f"{below}environment", environment, '{"NAME": "value"}')
        return {
            name: self.text(f"{below}environment/{name}", text)
            for name, text in sorted((environment or {}).items())
        }

    def encoded(self) -> dict[str, str]:
        """Return the tokens by field, in the order of `Deployment.values`.

        They are Base64, because CloudFormation pastes text into JSON without escaping it.
        """
        return {field: Fn.base64(token) for token, field in self._fields.items()}


def _refuse_other_tokens(field: str, value: object) -> None:
    if isinstance(value, float) and Token.is_unresolved(value):
        raise SpecError(
            "is a number that only CloudFormation knows",
            where=field,
            cure="write cdk.Tokenization.stringify_number(...)",
        )
    # Of the class: jsii raises RuntimeError for the `creation_stack` of a token that has none.
    if hasattr(type(value), "resolve") and hasattr(type(value), "creation_stack"):
        raise SpecError("is a token, not a string", where=field, cure="write cdk.Token.as_string()")


def _refuse_disguised_tokens(field: str, value: str) -> None:
    """Refuse an item of a list token, and a number token in a string: both look like text."""
    if _LIST_MARKER in value:
        raise SpecError(
            "is a list that only CloudFormation knows",
            where=field,
            cure='write cdk.Fn.join(",", ...)',
        )
    if _PRINTED_NUMBER.search(value):
        raise SpecError(
            "contains a number that only CloudFormation knows",
            where=field,
            cure="write cdk.Tokenization.stringify_number(...) instead of str(...)",
        )


def check_mapping(field: str, value: object, example: str) -> None:
    """Raise `SpecError` unless `value` is None or a mapping, such as `example`."""
    if not (value is None or isinstance(value, Mapping)):
        raise SpecError(f"must be a mapping, got {value!r}", where=field, cure=f"write {example}")
