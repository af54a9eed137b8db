"""Replace known secrets in texts that people read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, unquote, urlsplit

_SHORTEST = 6
_REDACTED = "[redacted]"

_SAFE = ("", "/", "!'()*", "!'()*;,/?:@&=+$#")
"""Characters left unquoted in a URL: none; by Python; by JavaScript, in a part and in a whole."""

_PERCENT = re.compile("%[0-9A-F]{2}")

_TOLD = ("dbname", "engine", "host", "user", "username")
"""Fields that say whom a secret is for: error messages need them."""


class Redactor:
    """Replaces `secrets`, and each of their lines, anywhere in a text.

    It finds them as part of a URL, of JSON, and of Python's string notation. Of a secret that is a
    JSON object, it also replaces each text in it, except who and where the database is (`_TOLD`).
    Values shorter than six characters are not redacted: they occur in ordinary words.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {form for secret in secrets for form in _forms(secret)}
        # The longest first: one secret may contain another.
        long_enough = (secret for secret in known if len(secret) >= _SHORTEST)
        self._secrets = sorted(long_enough, key=len, reverse=True)

    def learn(self, secret: str) -> None:
        """Replace `secret` from now on, too; other threads may use the redactor meanwhile."""
        long_enough = (form for form in _forms(secret) if len(form) >= _SHORTEST)
        self._secrets = sorted({*self._secrets, *long_enough}, key=len, reverse=True)

    @classmethod
    def of_handle(cls, url: str, *secrets: str) -> Redactor:
        """A redactor of a wait handle's URL, the signature and tokens in it, and `secrets`."""
        try:
            query = urlsplit(url).query
        except ValueError:
            query = ""
        values = [pair.partition("=")[2] for pair in query.split("&")]
        return cls([url, query, *values, *map(unquote, values), *secrets])

    def __call__(self, text: str) -> str:
        """Return `text` with every secret replaced."""
        for secret in self._secrets:
            text = text.replace(secret, _REDACTED)
        return text


def _forms(secret: str) -> Iterator[str]:
    """Yield `secret` as programs print it: whole, by line, and the texts of a JSON object."""
    for part in (secret, *secret.splitlines(), *_texts(secret)):
        plain = part.strip()
        yield from (plain, json.dumps(plain)[1:-1], repr(plain)[1:-1])
        yield json.dumps(plain, ensure_ascii=False)[1:-1]
        for safe in _SAFE:
            upper = quote(plain, safe=safe, errors="replace")
            for quoted in (upper, _PERCENT.sub(lambda found: found[0].lower(), upper)):
                yield from (quoted, quoted.replace("%20", "+"))


def _texts(secret: str) -> Iterator[str]:
    """Yield the texts in `secret`, if it is a JSON object: a program prints the one it uses."""
    try:
        found = json.loads(secret)
    except (ValueError, RecursionError):
        return
    for name, value in found.items() if isinstance(found, dict) else ():
        if isinstance(value, str) and name not in _TOLD:
            yield from (value, *value.splitlines())
