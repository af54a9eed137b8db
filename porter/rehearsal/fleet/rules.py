"""A listener's rules as HAProxy's configuration.

Elastic Load Balancing User Guide, "Listener rules for your Application Load Balancer".
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Rule = Mapping[str, Any]
"""A rule as DescribeRules returns it."""

_MOST = 256
"""HAProxy's largest weight; that of a target group is 999."""

_UNPLAYED = "http-request return status 501 content-type text/plain string {text} if {this}"


def needs_front(rules: Sequence[Rule]) -> bool:
    """Whether a listener does something else than forward everything to one target group."""
    return len(rules) > 1 or any(len(_weights(rule)) != 1 for rule in rules)


def unplayed(rule: Rule) -> str | None:
    """Return why the rule is not played; such a rule answers 501."""
    for condition in rule["Conditions"]:
        if condition["Field"] not in CONDITIONS:
            return f"its condition {condition['Field']} is not played"
    if rule.get("Transforms"):
        return "its transforms are not played"
    for action in rule["Actions"]:
        if action["Type"] not in ("forward", "redirect", "fixed-response"):
            return f"its action {action['Type']} is not played"
    return None


def configuration(
    rules: Sequence[Rule], ports: Mapping[str, int], listener: Mapping[str, Any]
) -> str:
    """Return the frontend's lines and the backends.

    `ports` are the load balancers of target groups by ARN; a target group without one has no
    targets, and the answer is 503, as in AWS. `listener` has the Protocol and Port that redirects
    refer to.
    """
    ordered = sorted(rules, key=lambda rule: (rule["IsDefault"], _priority(rule)))
    choices: list[str] = []
    actions: list[str] = []
    backends: list[str] = []
    for number, rule in enumerate(ordered):
        # Else HAProxy would evaluate all redirects before all forwards.
        choices += _choice(number, rule)
        this = f"{{ var(txn.rule) -m int {number} }}"
        if why := unplayed(rule):
            text = shlex.quote(f"porter: rule {rule['Priority']} is not rehearsed: {why}")
            actions.append(_UNPLAYED.format(text=text, this=this))
        else:
            actions.append(_action(number, rule, listener, this))
            backends += _backend(number, rule, ports)
    indented = "".join(f"    {line}\n" for line in [*choices, *actions])
    return indented + "\n" + "\n".join(backends)


def _priority(rule: Rule) -> int:
    return 0 if rule["IsDefault"] else int(rule["Priority"])


def _choice(number: int, rule: Rule) -> Iterator[str]:
    """Yield ACLs, one for each condition, and the line that chooses the rule if all match."""
    names = ["!{ var(txn.rule) -m found }"]
    for index, condition in enumerate(rule["Conditions"]):
        if condition["Field"] in CONDITIONS:
            names.append(f"rule{number}_{index}")
            yield f"acl {names[-1]} {_match(condition)}"
    yield f"http-request set-var(txn.rule) int({number}) if {' '.join(names)}"


def _match(condition: Mapping[str, Any]) -> str:
    field = condition["Field"]
    header = condition.get("HttpHeaderConfig", {})
    values = header.get("Values") or condition.get("Values") or _nested(condition)
    sample = CONDITIONS[field].format(header=header.get("HttpHeaderName", ""))
    if field == "http-request-method":
        return f"{sample} {' '.join(map(shlex.quote, values))}"
    return f"{sample} {' '.join(shlex.quote(_pattern(value)) for value in values)}"


def _nested(condition: Mapping[str, Any]) -> list[str]:
    found = next((one for one in condition.values() if isinstance(one, dict)), {})
    return list(found.get("Values", ()))


def _pattern(value: str) -> str:
    """Return a pattern with `*` and `?` as a regular expression."""
    parts = {"*": ".*", "?": "."}
    return "^" + "".join(parts.get(sign) or re.escape(sign) for sign in value) + "$"


def _action(number: int, rule: Rule, listener: Mapping[str, Any], this: str) -> str:
    action = max(rule["Actions"], key=lambda one: int(one.get("Order", 1)))
    if answer := action.get("FixedResponseConfig"):
        body = answer.get("MessageBody") or ""
        kind = shlex.quote(answer.get("ContentType") or "text/plain")
        content = f" content-type {kind} string {_quoted(body)}" if body else ""
        return f"http-request return status {answer['StatusCode']}{content} if {this}"
    if target := action.get("RedirectConfig"):
        code = target["StatusCode"].removeprefix("HTTP_")
        return f"http-request redirect code {code} location {_location(target, listener)} if {this}"
    return f"use_backend rule{number} if {this}"


def _quoted(text: str) -> str:
    """Return `text` for one line of HAProxy's configuration."""
    return shlex.quote(text).replace("\r", "").replace("\n", "'\\n'")


def _location(target: Mapping[str, str], listener: Mapping[str, Any]) -> str:
    url = "{Protocol}://{Host}:{Port}{Path}?{Query}".format(
        **{
            "Host": "#{host}",
            "Port": "#{port}",
            "Path": "/#{path}",
            "Query": "#{query}",
            **{name: str(value).replace("%", "%%") for name, value in target.items()},
            "Protocol": target.get("Protocol", "#{protocol}").lower(),
        }
    )
    for name, value in (
        ("protocol", listener["Protocol"].lower()),
        ("host", "%[req.hdr(host),field(1,:)]"),
        ("port", str(listener["Port"])),
        ("path", "%[path,regsub(^/,)]"),
        ("query", "%[query]"),
    ):
        url = url.replace(f"#{{{name}}}", value)
    return shlex.quote(url)


def _backend(number: int, rule: Rule, ports: Mapping[str, int]) -> Iterator[str]:
    if weights := _weights(rule):
        yield f"backend rule{number}"
        most = max(weights.values()) or 1
        for index, (arn, weight) in enumerate(weights.items()):
            if arn in ports:
                scaled = weight and max(1, round(weight * min(_MOST, most) / most))
                yield f"    server target_group{index} 127.0.0.1:{ports[arn]} weight {scaled}"
        yield ""


def _weights(rule: Rule) -> dict[str, int]:
    """Return the target groups to which the rule forwards, with their weights."""
    for action in rule["Actions"]:
        several = action.get("ForwardConfig", {}).get("TargetGroups", ())
        if several:
            return {one["TargetGroupArn"]: int(one.get("Weight", 1)) for one in several}
        if arn := action.get("TargetGroupArn"):
            return {arn: 1}
    return {}


CONDITIONS = {
    "path-pattern": "path -m reg",
    "host-header": "req.hdr(host),field(1,:) -i -m reg",
    "http-header": "req.fhdr({header}) -i -m reg",
    "http-request-method": "method",
}
"""How HAProxy gets what a condition looks at. Clients here all come from one address, and
ministack loses the keys of query strings."""
