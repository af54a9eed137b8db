"""Every secret's value, fetched once, in this process's memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from porter.errors import PorterError
from porter.spec import Secret

if TYPE_CHECKING:
    from porter.aws.secrets import Patience


class Vault:
    """The values of secrets, asked for in `region` with the host's role, each at most once."""

    def __init__(self, region: str = "us-east-1") -> None:
        self._region = region
        self._values: dict[Secret, str] = {}
        self._patience: Patience | None = None

    def fetch(self, secret: Secret, where: str) -> str:
        """The value of `secret`, which the specification has at `where`.

        Raises `PorterError` naming the secret and AWS's error code, never a value. All refusals
        together are waited for as long as one would be.
        """
        _check_place(secret, where)
        # Only a host with secrets needs it.
        from porter.aws.secrets import Patience, read_secret  # noqa: PLC0415

        self._patience = self._patience or Patience()
        if secret not in self._values:
            try:
                self._values[secret] = read_secret(secret, self._region, self._patience)
            except PorterError as error:
                raise PorterError(error.what, where=where, cure=error.cure) from error
        return self._values[secret]


def _check_place(secret: Secret, where: str) -> None:
    """What was encrypted for one name is not handed over under another, whoever moved it."""
    if secret.encrypted and where.rpartition("/")[2] != secret.id:
        raise PorterError(f"was encrypted for {secret.id!r}", where=where, cure="synthesize again")
