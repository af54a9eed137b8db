"""The CloudWatch agent on hosts: what it sends, and the permissions that it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from aws_cdk import ArnFormat, Duration, RemovalPolicy, Stack, aws_logs
from aws_cdk import aws_iam as iam
from constructs import Construct

from porter.spec import CloudWatch, LogSource, SpecError
from porter_cdk.package import Package
from porter_cdk.program import check_list
from porter_cdk.tokens import DeployTimeValues

_UNBOUND = "porter"
"""A placeholder until `bind` makes the log group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudWatchAgent:
    """The CloudWatch agent, which sends a host's logs and metrics to Amazon CloudWatch.

    logs: the sources of log lines, one log stream each: `Journal()`, `HaproxyLog()`,
        `Containers()`, `Files("/var/log/x")`. Default: none.
    log_group: the log group of these streams. Default: a new one, which keeps lines for three
        months and outlives the stack.
    metrics: the agent's names of metrics, such as `"mem_used_percent"`. Default: none.
    namespace: the CloudWatch namespace of the metrics. Default: `CWAgent`.
    interval: the time between two measurements. Default: one minute.
    package: the agent's package. Default: Amazon Linux's own; other distributions have none.

    Raises `SpecError`, which names the field, for values that no host accepts.
    """

    logs: Sequence[LogSource] = ()
    log_group: aws_logs.ILogGroup | None = None
    metrics: Sequence[str] = ()
    namespace: str = "CWAgent"
    interval: Duration = field(default_factory=lambda: Duration.minutes(1))
    package: Package | None = None

    def __post_init__(self) -> None:
        check_list("metrics", self.metrics)
        if self.log_group and not self.logs:
            raise SpecError(
                "has no effect without logs", where="log_group", cure="write logs=[Journal()]"
            )
        self.cloudwatch(DeployTimeValues())

    def bind(self, scope: Construct, role: iam.IRole, reads: iam.PolicyDocument) -> Self:
        """Return the agent of the host `scope`; let `role` write its logs and metrics.

        `reads` is the policy of `role` for the release's objects in S3.
        """
        if self.package:
            self.package.grant(role, reads)
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
            scope,
            "Logs",
            retention=aws_logs.RetentionDays.THREE_MONTHS,
            # Kept, except by the rollback of the deployment that makes it.
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                resources=_arns(scope, group.log_group_name),
            )
        )
        return replace(self, log_group=group)

    def cloudwatch(self, values: DeployTimeValues, below: str = "") -> CloudWatch:
        """Return the host's form of this agent; add its CDK tokens to `values`."""
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
    # Service Authorization Reference, "Amazon CloudWatch Logs".
    group = Stack.of(scope).format_arn(
        service="logs",
        resource="log-group",
        resource_name=name,
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    return [group, f"{group}:*"]
