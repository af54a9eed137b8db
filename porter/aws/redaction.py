"""Takes known secrets out of whatever is told to people."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

_SHORTEST = 6
_REDACTED = "[redacted]"


class Redactor:
    """Knows `secrets` and replaces them, and each of their lines, wherever they stand in a text.

    Values of less than six characters are let be: they would be found in every other word.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {part.strip() for secret in secrets for part in (secret, *secret.splitlines())}
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
