"""Takes known secrets out of whatever is told to people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from urllib.parse import quote, unquote, urlsplit

_SHORTEST = 6
_REDACTED = "[redacted]"


class Redactor:
    """Knows `secrets` and replaces them, and each of their lines, wherever they stand in a text.

    Also as part of a URL, of JSON, or of Python's own notation for strings.
    Values of less than six characters are let be: they would be found in every other word.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {form for secret in secrets for form in _forms(secret)}
        # The longest first: a secret may hold another one.
        long_enough = (secret for secret in known if len(secret) >= _SHORTEST)
        self._secrets = sorted(long_enough, key=len, reverse=True)

    @classmethod
    def of_handle(cls, url: str, *secrets: str) -> Redactor:
        """One that knows a wait handle's URL, the signature and tokens in it, and `secrets`."""
        try:
            query = urlsplit(url).query
        except ValueError:
            query = ""
        values = [pair.partition("=")[2] for pair in query.split("&")]
        return cls([url, query, *values, *map(unquote, values), *secrets])

    def __call__(self, text: str) -> str:
        """`text` without any secret."""
        for secret in self._secrets:
            text = text.replace(secret, _REDACTED)
        return text


def _forms(secret: str) -> Iterator[str]:
    """`secret` as programs print it, in whole and line by line."""
    for part in (secret, *secret.splitlines()):
        plain = part.strip()
        yield from (plain, quote(plain, safe=""), json.dumps(plain)[1:-1], repr(plain)[1:-1])
