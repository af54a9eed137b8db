"""The data key of a stack: KMS makes it once, and `cdk.context.json` keeps it encrypted."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from aws_cdk import Annotations, Stack, Token
from constructs import Construct, IConstruct

from porter.aws.data_key import KEPT, DataKey, new_data_key, open_data_key
from porter.spec import SpecError
from porter.spec.synthesis import PREVIEW

_FILE = "cdk.context.json"
_RUN_BY_CDK = "CDK_OUTDIR"
"""Set by the cdk CLI when it runs the app in the app's folder."""

_OPENED: WeakKeyDictionary[IConstruct, dict[str, DataKey]] = WeakKeyDictionary()
"""Data keys by app, so that KMS answers once for each."""


def data_key(scope: Construct, key: str) -> DataKey:
    """Return the data key of the stack of `scope`, encrypted with the KMS key `key`.

    `key` is an ARN or an alias. Raises `SpecError` if KMS fails, or if the file of a new data key
    cannot be written.
    """
    stack = Stack.of(scope)
    region = _region(stack, key)
    account = _known(stack.account) or os.environ.get("CDK_DEFAULT_ACCOUNT", "")
    name = f"{KEPT}account={account}:region={region}:stack={stack_name(scope)}:key={key}"
    opened = _OPENED.setdefault(scope.node.root, {})
    if name not in opened:
        kept = scope.node.try_get_context(name)
        opened[name] = _asked(scope, key, region, _bytes(kept, name) if kept else None)
        if not kept:
            _keep(scope, name, opened[name])
    return opened[name]


def stack_name(scope: Construct) -> str:
    """Return the name of the outermost stack of `scope`: a nested stack's name is a CDK token."""
    return outermost_stack(scope).stack_name


def outermost_stack(scope: Construct) -> Stack:
    """Return the stack of `scope`; if it is nested, the one that the cdk CLI deploys."""
    stack = Stack.of(scope)
    while parent := stack.nested_stack_parent:
        stack = parent
    return stack


def _asked(scope: Construct, key: str, region: str, kept: bytes | None) -> DataKey:
    # Imported here, because only apps with such a secret need boto3.
    from porter.aws.clients import ERRORS, Clients  # noqa: PLC0415

    try:
        kms = Clients(region=region or None)["kms"]
        if kept:
            return open_data_key(kms, key, stack_name(scope), kept)
        return new_data_key(kms, key, stack_name(scope))
    except ERRORS as error:
        raise _refusal(error, key, region) from None


def _refusal(error: Any, key: str, region: str) -> SpecError:  # noqa: ANN401 - any of ERRORS
    answer = getattr(error, "response", {}).get("Error", {})
    code = answer.get("Code") or type(error).__name__
    said = " ".join(str(answer.get("Message") or "" if answer else error).split())
    return SpecError(
        f"cannot get a data key from KMS key {key!r}: {code}" + f": {said[:300]}" * bool(said),
        where="key",
        cure=_CURES.get(code)
        or (f"check the key and its region {region}" if answer else _NO_ANSWER),
    )


_NO_ANSWER = "set AWS_PROFILE: synthesis needs AWS credentials, and cdk does not pass on --profile"
_OTHER_KEY = f"delete it from {_FILE}; the next synthesis creates a new one"
_CURES = {
    "AccessDeniedException": "allow these credentials kms:GenerateDataKey and kms:Decrypt",
    "IncorrectKeyException": _OTHER_KEY,
    "InvalidCiphertextException": _OTHER_KEY,
    "NotFoundException": "create the KMS key in the stack's region before synthesis",
}


def _keep(scope: Construct, name: str, key: DataKey) -> None:
    """Write the data key to the app's context and ask for a commit, if the cdk CLI runs the app.

    A preview writes nothing, because nobody sees its warning. The deployment that follows does.
    """
    if _RUN_BY_CDK not in os.environ or PREVIEW in os.environ:
        return
    file = Path(_FILE)
    try:
        context = json.loads(file.read_text("utf-8")) if file.exists() else {}
        context[name] = base64.b64encode(key.encrypted).decode()
        new = file.with_suffix(".new")
        new.write_text(f"{json.dumps(context, indent=2, ensure_ascii=False)}\n", "utf-8")
        new.replace(file)
    except (OSError, ValueError, TypeError) as error:
        raise SpecError(
            f"cannot save a data key: {getattr(error, 'strerror', None) or error}",
            where=_FILE,
            cure="synthesize once where the file is writable, and commit the file",
        ) from None
    Annotations.of(scope).add_warning_v2(
        "porter-cdk:data-key",
        f"{_FILE} has a new encrypted data key: commit the file. Without it, the next synthesis "
        "on another machine creates another key and replaces the hosts.",
    )


def _region(stack: Stack, key: str) -> str:
    if key.startswith("arn:"):
        return key.split(":")[3]
    return _known(stack.region) or os.environ.get("CDK_DEFAULT_REGION", "")


def _known(value: str) -> str:
    return "" if Token.is_unresolved(value) else value


def _bytes(kept: object, name: str) -> bytes:
    try:
        return base64.b64decode(str(kept), validate=True)
    except ValueError:
        raise SpecError("is not Base64", where=name, cure=_OTHER_KEY) from None
