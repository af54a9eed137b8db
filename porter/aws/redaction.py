"""Takes known secrets out of whatever is told to people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, unquote, urlsplit

_SHORTEST = 6
_REDACTED = "[redacted]"

_SAFE = ("", "/", "!'()*", "!'()*;,/?:@&=+$#")
"""What is not quoted in a URL: strictly; by Python; by JavaScript, in a part and in a whole."""

_PERCENT = re.compile("%[0-9A-F]{2}")

_TOLD = ("dbname", "engine", "host", "user", "username")
"""Fields of an object that tell whom it is for: without them few errors could be understood."""


class Redactor:
    """Knows `secrets` and replaces them, and each of their lines, wherever they stand in a text.

    Also as part of a URL, of JSON, or of Python's own notation for strings; of a secret that is a
    JSON object also each text in it, but for who and where the database is.
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
    """`secret` as programs print it: in whole, line by line, and the texts of a JSON object."""
    for part in (secret, *secret.splitlines(), *_texts(secret)):
        plain = part.strip()
        yield from (plain, json.dumps(plain)[1:-1], repr(plain)[1:-1])
        yield json.dumps(plain, ensure_ascii=False)[1:-1]
        for safe in _SAFE:
            upper = quote(plain, safe=safe, errors="replace")
            for quoted in (upper, _PERCENT.sub(lambda found: found[0].lower(), upper)):
                yield from (quoted, quoted.replace("%20", "+"))


def _texts(secret: str) -> Iterator[str]:
    """The texts in `secret`, if it is a JSON object: programs print the one that they use."""
    try:
        found = json.loads(secret)
    except (ValueError, RecursionError):
        return
    for name, value in found.items() if isinstance(found, dict) else ():
        if isinstance(value, str) and name not in _TOLD:
            yield from (value, *value.splitlines())
