"""The CloudWatch agent, as a user asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from aws_cdk import ArnFormat, Duration, Stack, aws_logs
from aws_cdk import aws_iam as iam
from constructs import Construct

from porter.spec import CloudWatch, LogSource, SpecError
from porter_cdk.package import Package
from porter_cdk.tokens import DeployTimeValues

_UNBOUND = "porter"
"""Stands for the log group that `bind` makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudWatchAgent:
    """The CloudWatch agent: a host's logs and metrics go to Amazon CloudWatch.

    `logs` are what is sent to `log_group`, each as a stream of its own: `Journal()`,
    `HaproxyLog()`, `Containers()`, `Files("/var/log/x")`. Default group: a new one, which keeps its
    lines for three months, also when the stack is deleted. `metrics` (`"mem_used_percent"`) go to
    `namespace`, measured every `interval` (default: a minute). `package` is needed where the
    distribution has none: anywhere but on Amazon Linux.

    Raises `SpecError`, naming the field, for what no host could run.
    """

    logs: Sequence[LogSource] = ()
    log_group: aws_logs.ILogGroup | None = None
    metrics: Sequence[str] = ()
    namespace: str = "CWAgent"
    interval: Duration = field(default_factory=lambda: Duration.minutes(1))
    package: Package | None = None

    def __post_init__(self) -> None:
        if isinstance(self.metrics, str):
            raise SpecError(
                f"must be a list, got {self.metrics!r}",
                where="metrics",
                cure=f'write ["{self.metrics}"]',
            )
        if self.log_group and not self.logs:
            raise SpecError("is for logs", where="log_group", cure="say which: logs=[Journal()]")
        self.cloudwatch(DeployTimeValues())

    def bind(self, scope: Construct, role: iam.IRole) -> Self:
        """The agent of the host `scope`, whose `role` may write to that group and namespace."""
        if self.package:
            self.package.grant(role)
        if self.metrics:
            role.add_to_principal_policy(
                iam.PolicyStatement(
                    actions=["cloudwatch:PutMetricData"],
                    resources=["*"],
                    conditions={"StringEquals": {"cloudwatch:namespace": self.namespace}},
                )
            )
        if not self.logs:
            return self
        group = self.log_group or aws_logs.LogGroup(
            scope, "Logs", retention=aws_logs.RetentionDays.THREE_MONTHS
        )
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                resources=_arns(scope, group.log_group_name),
            )
        )
        return replace(self, log_group=group)

    def cloudwatch(self, values: DeployTimeValues, below: str = "") -> CloudWatch:
        """This agent as the host will know it; its tokens are added to `values`."""
        group = self.log_group.log_group_name if self.log_group else _UNBOUND
        return CloudWatch(
            logs=tuple(self.logs),
            log_group=values.text(f"{below}log_group", group) if self.logs else "",
            metrics=tuple(self.metrics),
            namespace=self.namespace,
            interval_seconds=int(self.interval.to_seconds()),
            package=self.package.package(values, f"{below}package/") if self.package else None,
        )


def _arns(scope: Construct, name: str) -> list[str]:
    """The group and its streams (Service Authorization Reference, "Amazon CloudWatch Logs")."""
    group = Stack.of(scope).format_arn(
        service="logs",
        resource="log-group",
        resource_name=name,
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    return [group, f"{group}:*"]
