"""Run a command that prints a secret during synthesis, and encrypt its output for the hosts."""

from __future__ import annotations

import base64
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import IO

from aws_cdk import Token
from aws_cdk import aws_kms as kms
from constructs import Construct

from porter.errors import PorterError
from porter.spec import Encrypted, SpecError, field_of
from porter_cdk.data_key import data_key, stack_name

DEADLINE_SECONDS = 60.0
MOST_BYTES = 65_536
"""The longest secret of Secrets Manager."""

_CHUNK = 65_536


@dataclass(frozen=True, eq=False)
class Command:
    """A command `argv`, run without a shell, whose output is a secret.

    `field` selects one field of JSON output; empty for all of it. `key` is the ARN or alias of the
    KMS key with which the hosts decrypt the output.
    """

    argv: tuple[str, ...]
    key: str
    field: str

    @cached_property
    def value(self) -> str:
        """The command's output without its last line break. The command runs once.

        Raises `SpecError`, whose text never contains the output.
        """
        output = printed(self.argv)
        try:
            text = output.decode().removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError:
            raise self._refused(
                "printed bytes that are not UTF-8", "print Base64 instead"
            ) from None
        try:
            value = field_of(text, self.field, f"the output of {self.argv[0]!r}")
        except PorterError as error:
            raise SpecError(error.what, where="command", cure=error.cure) from None
        if not value:
            raise self._refused("printed nothing", "correct the command")
        return value

    def encrypted(self, scope: Construct, name: str) -> Encrypted:
        """Return the value for `name` on the hosts of `scope`, encrypted deterministically."""
        # Imported here, because only apps with such a secret need it.
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV  # noqa: PLC0415

        key = data_key(scope, self.key)
        ciphertext = AESSIV(key.plain).encrypt(self.value.encode(), [name.encode()])
        return Encrypted(
            ciphertext=base64.b64encode(ciphertext).decode(),
            data_key=base64.b64encode(key.encrypted).decode(),
            key=key.key,
            stack=stack_name(scope),
        )

    def _refused(self, what: str, cure: str) -> SpecError:
        return SpecError(f"{self.argv[0]!r} {what}", where="command", cure=cure)


def command_of(argv: Sequence[str], key: kms.IKey | str, field: str) -> Command:
    """Return the command. Raises `SpecError` for arguments or a key unknown at synthesis."""
    if isinstance(argv, str) or not argv or not all(map(_is_known, argv)):
        raise SpecError(
            "must be a list of strings without CDK tokens",
            where="command",
            cure='write ["vault", "kv", "get", "-field=token", "secret/hello"]',
        )
    name = key if isinstance(key, str) else getattr(key, "key_arn", None)
    if isinstance(name, str) and Token.is_unresolved(name):
        raise SpecError(
            "is a CDK token, and synthesis needs the key's name",
            where="key",
            cure='name an existing key: key="alias/hello"',
        )
    if not isinstance(name, str) or not name.startswith(("alias/", "arn:")):
        raise SpecError(
            f"must be the ARN or the alias of a KMS key, got {key!r}",
            where="key",
            cure='write key="alias/hello"',
        )
    return Command(tuple(argv), name, field)


def printed(argv: Sequence[str], seconds: float = DEADLINE_SECONDS) -> bytes:
    """Return the standard output of `argv`, which has `seconds` and an empty standard input.

    The command shares our standard error. Raises `SpecError` if the command fails.
    """
    deadline = time.monotonic() + seconds
    try:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True
        )
    except OSError as error:
        raise SpecError(
            f"cannot run {argv[0]!r}: {error.strerror}",
            where="command",
            cure="install the program on the machine that synthesizes",
        ) from None
    code = None
    with process:
        try:
            assert process.stdout  # noqa: S101 - it is a pipe
            output = _read(process.stdout, deadline)
            if output is not None and len(output) <= MOST_BYTES:
                code = process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            output = None
        finally:
            if code is None:
                os.killpg(process.pid, signal.SIGKILL)
    if output is None:
        raise SpecError(f"{argv[0]!r} did not exit within {seconds:g} s", where="command")
    if len(output) > MOST_BYTES:
        raise SpecError(f"{argv[0]!r} printed more than {MOST_BYTES} bytes", where="command")
    if code:
        said = f"exit code {code}" if code > 0 else f"signal {-code}"
        raise SpecError(
            f"{argv[0]!r} failed: {said}", where="command", cure="read its messages above"
        )
    return output


def _read(stream: IO[bytes], deadline: float) -> bytes | None:
    """Return all of `stream`, or more than `MOST_BYTES` of it; None after `deadline`."""
    output = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while len(output) <= MOST_BYTES:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                return None
            chunk = os.read(stream.fileno(), _CHUNK)
            if not chunk:
                break
            output += chunk
    return output


def _is_known(argument: object) -> bool:
    text = isinstance(argument, str) and "\0" not in argument
    return text and not Token.is_unresolved(argument)
