"""Show a construct's arguments to `inspect.signature` and `help`, which jsii's metaclass hides."""

from __future__ import annotations

import ast
import difflib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from types import NoneType, UnionType
from typing import Any, Literal, Union, Unpack, get_args, get_origin, get_type_hints

from porter.spec import SpecError
from porter_cdk.program import Program

_CALLED = {"internet_facing": "public_load_balancer", "certificates": "certificate"}
"""Names of the CDK's load balancer and listener for what a service calls otherwise."""

_CHECKED_WHERE_USED = (bool, int, str, Literal)

_NAMES = {NoneType: "None", Program: "Process or Container"}

_PLAIN = (str, bytes, int, float, Mapping, Sequence)
"""What is never an object of the CDK."""

_CURES = {
    "alarms": 'Alarms(sns.Topic(self, "Topic"))',
    "domain_zone": 'route53.HostedZone.from_lookup(self, "Zone", domain_name=...)',
    "health_check": 'HealthCheck("/health")',
    "instance_types": '[ec2.InstanceType("t3.small"), ec2.InstanceType("t3a.small")]',
    "instances_distribution": "autoscaling.InstancesDistribution("
    "on_demand_percentage_above_base_capacity=25)",
    "max_instance_lifetime": "Duration.days(30)",
    "instance_type": 'ec2.InstanceType("t3.small")',
    "machine_image": 'ec2.MachineImage.generic_linux({"eu-west-1": "ami-..."})',
    "run": 'Process(["python3", "main.py"], source="service", port=8000)',
    "timeout": "Duration.minutes(15)",
    "vpc": 'ec2.Vpc.from_lookup(self, "Vpc", vpc_id="vpc-...")',
    "workers": 'Process(["python3", "main.py"], source="worker")',
}
"""What to pass, by argument."""


class Arguments:
    """The `__signature__` of a construct class: the arguments of its constructor.

    jsii's metaclass has a `__call__(*args, **kwargs)`, which `inspect.signature` would report. A
    `TypedDict` in `**props: Unpack[...]` is shown key by key, with the values of `defaults`; the
    text below each key is added to the constructor's docstring.
    """

    def __init__(self, defaults: Mapping[str, Any]) -> None:
        self._defaults = defaults

    def __set_name__(self, construct: type, name: str) -> None:
        constructor = vars(construct)["__init__"]
        texts = [f"{k}: {text}" for bundle in _bundles(constructor) for k, text in _texts(bundle)]
        constructor.__doc__ = "\n".join([inspect.cleandoc(constructor.__doc__), "", *texts])

    def __get__(self, _: object, construct: type) -> inspect.Signature:
        """Return the signature of `construct`, which may be a subclass of the class it is in."""
        constructor = construct.__init__  # type: ignore[misc]  # a subclass may have its own
        _self, *parameters = inspect.signature(constructor).parameters.values()
        hints = get_type_hints(constructor)
        own = [
            one.replace(annotation=hints.get(one.name, one.annotation))
            for one in parameters
            if get_origin(hints.get(one.name)) is not Unpack
        ]
        keys = [
            inspect.Parameter(
                key, inspect.Parameter.KEYWORD_ONLY, default=self._defaults.get(key), annotation=of
            )
            for bundle in _bundles(constructor)
            for key, of in get_type_hints(bundle).items()
        ]
        return inspect.Signature([*own, *keys])


def check_keywords(construct: type, given: Mapping[str, object]) -> None:
    """Raise `TypeError`, as Python does, for a name in `given` that `construct` does not take."""
    known = inspect.signature(construct).parameters
    for name in given.keys() - known.keys():
        close = difflib.get_close_matches(_CALLED.get(name, name), known, 1)
        raise TypeError(
            f"{construct.__name__}() got an unexpected keyword argument {name!r}"
            + (f". Did you mean {close[0]!r}?" if close else "")
        )


def check_types(construct: type, given: Mapping[str, object]) -> None:
    """Raise `SpecError` for a value whose type is not what `construct` declares.

    mypy finds the same. Without either, the value would fail deep inside porter. Numbers and texts
    are checked where they are used, interfaces of the CDK (`ec2.IVpc`) by the CDK: only plain data
    is refused here, such as an id in place of a construct.
    """
    parameters = inspect.signature(construct).parameters
    for name, value in given.items():
        _check_type(name, value, parameters[name].annotation)


def _check_type(where: str, value: object, declared: Any) -> None:  # noqa: ANN401 - any type
    # `Literal[...] | None` is a Union of typing's own.
    choices = get_args(declared) if get_origin(declared) in (UnionType, Union) else (declared,)
    for one in choices:
        container = get_origin(one) or one
        interface = getattr(container, "_is_protocol", False) and container is not Program
        if container in _CHECKED_WHERE_USED or (interface and not isinstance(value, _PLAIN)):
            return
        if interface:
            continue
        if isinstance(value, container) and not (isinstance(value, str) and container is Sequence):
            if isinstance(value, Mapping) and get_args(one):
                for key, item in value.items():
                    _check_type(f"{where}/{key}", item, get_args(one)[1])
            elif isinstance(value, Sequence) and get_args(one):
                for index, item in enumerate(value):
                    _check_type(f"{where}/{index}", item, get_args(one)[0])
            return
    names = " or ".join(_NAMES.get(one, getattr(one, "__name__", str(one))) for one in choices)
    cure = _CURES.get(where.partition("/")[0], "")
    raise SpecError(f"must be {names}, got {value!r}", where=where, cure=cure and f"pass {cure}")


def _bundles(constructor: Any) -> list[type]:  # noqa: ANN401 - any function
    hints = get_type_hints(constructor).values()
    return [get_args(hint)[0] for hint in hints if get_origin(hint) is Unpack]


def _texts(bundle: type) -> Iterator[tuple[str, str]]:
    """Yield each key of `bundle` and the string below it, which Python itself does not keep."""
    body = ast.parse(inspect.getsource(bundle)).body[0].body  # type: ignore[attr-defined]
    for key, text in pairwise(body):
        if isinstance(key, ast.AnnAssign) and isinstance(text, ast.Expr):
            yield ast.unparse(key.target), " ".join(ast.literal_eval(text.value).split())
