"""A command that prints a secret where the app is synthesized, and what it printed, encrypted."""

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
"""What Secrets Manager takes at most."""

_CHUNK = 65_536


@dataclass(frozen=True, eq=False)
class Command:
    """`argv`, run without a shell; of what it prints, `field` if there is one.

    `key` is the KMS key that the hosts open it with.
    """

    argv: tuple[str, ...]
    key: str
    field: str

    @cached_property
    def value(self) -> str:
        """What it prints, without the end of the last line: asked once, for all who want it.

        Raises `SpecError`, which says nothing of it.
        """
        output = printed(self.argv)
        try:
            text = output.decode().removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError:
            raise self._refused("printed no UTF-8", "print it as Base64") from None
        try:
            value = field_of(text, self.field, f"what {self.argv[0]!r} printed")
        except PorterError as error:
            raise SpecError(error.what, where="command", cure=error.cure) from None
        if not value:
            raise self._refused("printed nothing", "")
        return value

    def encrypted(self, scope: Construct, name: str) -> Encrypted:
        """The value for `name` on the hosts of `scope`; the same value is the same text."""
        # Only an app with such a secret needs it.
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
    """`argv`, for a `key` that exists. Raises `SpecError` for what can be neither at synthesis."""
    if isinstance(argv, str) or not argv or not all(map(_is_known, argv)):
        raise SpecError(
            "must be a list of strings that are known at synthesis",
            where="command",
            cure='write ["vault", "kv", "get", "-field=token", "secret/hello"]',
        )
    name = key if isinstance(key, str) else getattr(key, "key_arn", None)
    if isinstance(name, str) and Token.is_unresolved(name):
        raise SpecError(
            "is known to CloudFormation alone, and the command runs before",
            where="key",
            cure='name a key that exists: key="alias/hello"',
        )
    if not isinstance(name, str) or not name.startswith(("alias/", "arn:")):
        raise SpecError(
            f"must be the ARN or the alias of a KMS key, got {key!r}",
            where="key",
            cure='write key="alias/hello"',
        )
    return Command(tuple(argv), name, field)


def printed(argv: Sequence[str], seconds: float = DEADLINE_SECONDS) -> bytes:
    """The standard output of `argv`, which has `seconds` and no standard input.

    What it says on standard error goes to ours. Raises `SpecError` if it fails.
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
            cure="it is run where the app is synthesized: is it installed there?",
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
        raise SpecError(f"{argv[0]!r} took longer than {seconds:g} s", where="command")
    if len(output) > MOST_BYTES:
        raise SpecError(f"{argv[0]!r} printed more than {MOST_BYTES} bytes", where="command")
    if code:
        said = f"exit code {code}" if code > 0 else f"signal {-code}"
        raise SpecError(
            f"{argv[0]!r} failed: {said}", where="command", cure="its messages above say why"
        )
    return output


def _read(stream: IO[bytes], deadline: float) -> bytes | None:
    """All of `stream`, or a byte too many, or None if that takes longer than to `deadline`."""
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
