"""The data key of a stack: made by KMS once, kept encrypted with the app, opened at synthesis."""

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
"""The cdk CLI sets it for the app, whose folder is then the current one."""

_OPENED: WeakKeyDictionary[IConstruct, dict[str, DataKey]] = WeakKeyDictionary()
"""By app: KMS is asked once for each."""


def data_key(scope: Construct, key: str) -> DataKey:
    """The data key under `key` (an ARN or alias) for the stack of `scope`.

    Raises `SpecError` if KMS refuses, or a new one cannot be kept.
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
    """Of the stack that `scope` is deployed with; that of a nested one is unknown."""
    stack = Stack.of(scope)
    while parent := stack.nested_stack_parent:
        stack = parent
    return stack.stack_name


def _asked(scope: Construct, key: str, region: str, kept: bytes | None) -> DataKey:
    # Only an app with such a secret asks AWS.
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
        f"KMS does not give a data key of {key!r}: {code}" + f": {said[:300]}" * bool(said),
        where="key",
        cure=_CURES.get(code) or (_NO_ANSWER if not answer else f"in {region or 'which region'}?"),
    )


_NO_ANSWER = "synthesis needs AWS credentials: set AWS_PROFILE (cdk keeps --profile to itself)"
_OTHER_KEY = f"it is kept in {_FILE}: delete it there, and the next synthesis makes a new one"
_CURES = {
    "AccessDeniedException": "allow kms:GenerateDataKey and kms:Decrypt to who synthesizes",
    "IncorrectKeyException": _OTHER_KEY,
    "InvalidCiphertextException": _OTHER_KEY,
    "NotFoundException": "it must be there before the app is synthesized, in the stack's region",
}


def _keep(scope: Construct, name: str, key: DataKey) -> None:
    """Write it into the app's context, if cdk runs the app, and ask for a commit.

    Not in a preview, which nobody sees: the deployment that follows makes the key, and says so.
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
            f"cannot keep a data key: {getattr(error, 'strerror', None) or error}",
            where=_FILE,
            cure="synthesize once where it can be written, and commit it",
        ) from None
    Annotations.of(scope).add_warning_v2(
        "porter-cdk:data-key",
        f"a new data key is kept in {_FILE}: commit it. It is encrypted; without it the next "
        "synthesis elsewhere makes another, and replaces the hosts.",
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
        raise SpecError("is no Base64", where=name, cure=_OTHER_KEY) from None
