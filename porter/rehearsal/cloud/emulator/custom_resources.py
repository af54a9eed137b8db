"""Run the functions of custom resources, and answer for those that cannot run here."""

from __future__ import annotations

import functools
import io
import os
import re
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from porter.rehearsal.cloud.emulator import cross_region
from porter.rehearsal.cloud.emulator.asked import stand_ins
from porter.rehearsal.cloud.emulator.given import OUTSIDE
from porter.rehearsal.cloud.emulator.inert import Notes

POLL_SECONDS = 1.0
"""Between two questions to `isComplete`; the CDK's default is 5 s."""

_SHIM = Path(__file__).with_name("answer_locally.cjs")
_RUN_HERE = ("python", "nodejs")
_NEEDS_SDK = re.compile(rb"""(require|import|from) *\(?[ \t]*["']@aws-sdk/""")
_SCRIPTS = (".js", ".mjs", ".cjs")
_ON_EVENT, _IS_COMPLETE = "USER_ON_EVENT_FUNCTION_ARN", "USER_IS_COMPLETE_FUNCTION_ARN"
"""The environment of the CDK's provider framework (aws-cdk-lib, custom-resources/lib/
provider-framework/runtime/consts.ts)."""

Event = Mapping[str, Any]
Answer = dict[str, Any]


class FunctionError(Exception):
    """A function of a custom resource ended with an error, which it did not report."""


def run_custom_resources(modules: Mapping[str, ModuleType], notes: Notes) -> None:
    """Answer at once for functions that cannot run, and for those that end without an answer."""
    custom, functions = modules["custom"], modules["functions"]
    os.environ["NODE_OPTIONS"] = f'--require "{_SHIM}"'
    invoke, execute = custom.invoke_custom_resource, functions._execute_function_with_config_scope  # noqa: SLF001
    asked = functools.partial(stand_ins, modules)

    @functools.wraps(invoke)
    def invoke_or_answer(  # noqa: PLR0913, PLR0917 - ministack's own signature
        request: str,
        logical_id: str,
        properties: Event,
        stack: str,
        stack_id: str,
        type_name: str,
        physical_id: str | None = None,
        old_props: Event | None = None,
    ) -> tuple[str, Mapping[str, Any]]:
        played = cross_region.play(modules, request, type_name, properties, old_props)
        if played is not None:
            return physical_id or f"{stack}-{logical_id}", played
        if why := _cannot_run(functions, properties.get("ServiceToken", "")):
            notes.add(stack, logical_id, type_name, f"answered with SUCCESS, because {why}")
            return physical_id or f"{stack}-{logical_id}", asked(stack, logical_id, properties)
        result: tuple[str, Mapping[str, Any]] = invoke(
            request, logical_id, properties, stack, stack_id, type_name, physical_id, old_props
        )
        return result

    @functools.wraps(execute)
    def execute_and_answer(record: Event, event: Any) -> Any:  # noqa: ANN401 - ministack's own
        if not isinstance(event, Mapping) or "ResponseURL" not in event:
            return execute(record, event)
        token = event["ResponseURL"].rpartition("/")[2]
        environment = record["config"].get("Environment", {}).get("Variables", {})
        try:
            if _ON_EVENT in environment:
                call = functools.partial(_call, functions, execute)
                custom.deliver_response(token, _framework(call, environment, event))
                return {}
            return _run(execute, record, event, custom._pending[token]["event"].is_set)  # noqa: SLF001
        except FunctionError as error:
            custom.deliver_response(token, _verdict(str(error), event))
            return {}

    setattr(custom, "invoke_custom_resource", invoke_or_answer)  # noqa: B010 - untyped
    setattr(functions, "_execute_function_with_config_scope", execute_and_answer)  # noqa: B010


def _cannot_run(functions: ModuleType, service_token: str) -> str | None:
    """Return why the function of `service_token` cannot run here."""
    if service_token.split(":")[2:3] != ["lambda"]:
        return "its provider is not a Lambda function"
    record, config, _name = functions._get_func_record_for_ref(service_token)  # noqa: SLF001
    if config is None:
        return None  # as in AWS, the resource fails
    if users := config.get("Environment", {}).get("Variables", {}).get(_ON_EVENT):
        return _cannot_run(functions, users)
    runtime = config.get("Runtime") or config.get("PackageType", "")
    node = runtime.startswith("nodejs")
    reasons = {
        OUTSIDE: config.get("Description") == OUTSIDE,
        f"its function's runtime {runtime} does not run here": not runtime.startswith(_RUN_HERE),
        "its function has layers, which are not in /opt here": config.get("Layers"),
        "its function needs the AWS SDK for JavaScript": (
            node and _needs_sdk(record.get("code_zip") or b"")
        ),
    }
    return next((why for why, holds in reasons.items() if holds), None)


def _needs_sdk(code: bytes) -> bool:
    """Whether scripts import the SDK from Lambda's Node; ministack's is too small a part of it."""
    try:
        with zipfile.ZipFile(io.BytesIO(code)) as archive:
            names = archive.namelist()
            own = [name for name in names if "/" not in name and name.endswith(_SCRIPTS)]
            brought = any(name.startswith("node_modules/@aws-sdk/") for name in names)
            return not brought and any(_NEEDS_SDK.search(archive.read(name)) for name in own)
    except zipfile.BadZipFile:
        return False


def _verdict(error: str, event: Event) -> Answer:
    """Return the answer for a function that ended with `error` and reported nothing."""
    stack = event["StackId"].split("/")[1]
    return {
        "Status": "FAILED",
        "PhysicalResourceId": event.get(
            "PhysicalResourceId", f"{stack}-{event['LogicalResourceId']}"
        ),
        "Reason": f"its function failed and sent no answer, for which AWS waits an hour: {error}",
    }


def _framework(
    call: Callable[[str, Event], Event], environment: Mapping[str, str], event: Event
) -> Answer:
    """Play the CDK's provider framework: call the user's functions, and make their answer."""
    known = event.get("PhysicalResourceId", event["RequestId"])
    asked = {**event, "ResponseURL": "..."}  # as the framework does, which answers by itself
    done = call(environment[_ON_EVENT], asked)
    answer = {
        "Status": "SUCCESS",
        "PhysicalResourceId": done.get("PhysicalResourceId", known),
        "Data": done.get("Data", {}),
    }
    while complete := environment.get(_IS_COMPLETE):
        state = call(complete, {**asked, **done, **answer})
        answer["Data"] = {**answer["Data"], **state.get("Data", {})}
        if state.get("IsComplete"):
            break
        time.sleep(POLL_SECONDS)
    return answer


def _call(functions: ModuleType, execute: Callable[..., Any], arn: str, event: Event) -> Event:
    record, config, _name = functions._get_func_record_for_ref(arn)  # noqa: SLF001
    record = functions._execution_record_for_config(record, config)  # noqa: SLF001
    body = _run(execute, record, event, lambda: False).get("body") or {}
    if not isinstance(body, dict):
        raise FunctionError(f"it returned {body!r}, which is no object")
    return body


def _run(
    execute: Callable[..., Any], record: Event, event: Event, answered: Callable[[], bool]
) -> Mapping[str, Any]:
    """Run a function. Raises `FunctionError` if it ended with an error before it `answered`."""
    result: Mapping[str, Any] = execute(record, event)
    if result.get("error") and not answered():
        body = result.get("body")
        raise FunctionError(body.get("errorMessage", body) if isinstance(body, Mapping) else body)
    return result
