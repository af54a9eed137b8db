"""The alarms of a service that are worth a notification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import Annotations, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from constructs import Construct

from porter.spec import SpecError
from porter.spec.job import EVENT_SOURCE, JOB_FAILED
from porter_cdk.late import ITopic
from porter_cdk.metrics import Metrics
from porter_cdk.naming import service_name

if TYPE_CHECKING:
    from aws_cdk import aws_events as events

_SHORT = Duration.minutes(1)
_LONG = Duration.minutes(5)
_FEWEST_ERRORS = 5
"""In five minutes: one failed request of ten is no reason to wake anybody."""


@dataclass(frozen=True, slots=True)
class Alarms:
    """What a service notifies an SNS topic of: too few healthy hosts, errors, failed jobs.

    topic: the SNS topic. It is notified when an alarm begins, when an alarm ends, and of each
        failed job.
    error_percentage: the share of requests in five minutes that may end with a status of 500 or
        above, from the service or from its load balancer. Default: 5.
    target_response_time: the time in which 99 of 100 requests in five minutes are answered.
        Default: no such alarm, because only you know the service.

    Raises `SpecError`, which names the field.
    """

    topic: ITopic
    error_percentage: float = 5
    target_response_time: Duration | None = None

    def __post_init__(self) -> None:
        if isinstance(self.topic, str):
            raise SpecError(
                f"must be an SNS topic, got {self.topic!r}",
                where="alarms/topic",
                cure='pass sns.Topic.from_topic_arn(self, "Topic", "arn:...")',
            )
        limit = self.target_response_time
        if limit is not None and not isinstance(limit, Duration):
            raise SpecError(
                f"must be a Duration, got {limit!r}",
                where="alarms/target_response_time",
                cure="pass Duration.seconds(1)",
            )
        share = self.error_percentage
        if not isinstance(share, int | float) or not 0 <= share < 100:  # noqa: PLR2004 - percent
            raise SpecError(
                f"must be 0 or more, and below 100, got {self.error_percentage!r}",
                where="alarms/error_percentage",
            )

    def make(
        self, service: Metrics, scope: Construct, balancer: elbv2.ApplicationLoadBalancer | None
    ) -> dict[str, cloudwatch.Alarm]:
        """Make the alarms of `service` below `scope`.

        `balancer` is the service's own load balancer; None if services share one, whose errors
        cannot be told apart.
        """
        hosts = service.host.wait_condition.count or 1
        made = {
            "HealthyHosts": service.metric_healthy_host_count(
                period=_SHORT, statistic="Minimum"
            ).create_alarm(
                scope,
                "HealthyHostsAlarm",
                alarm_description=f"Fewer than {hosts:g} healthy hosts for five minutes",
                comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
                threshold=hosts,
                evaluation_periods=5,
                # Without any host there is no metric, and the alarm's data are insufficient. With
                # BREACHING, an alarm would begin before the first hosts' first minute is measured.
                treat_missing_data=cloudwatch.TreatMissingData.MISSING,
            ),
            "Errors": _above(
                self.error_percentage,
                _errors(service, balancer),
                scope,
                "ErrorsAlarm",
                f"More than {self.error_percentage:g} % of requests failed",
            ),
        }
        if self.target_response_time:
            seconds = self.target_response_time.to_milliseconds() / 1000
            made["TargetResponseTime"] = _above(
                seconds,
                service.metric_target_response_time(period=_LONG, statistic="p99"),
                scope,
                "TargetResponseTimeAlarm",
                f"Of 100 requests one took more than {seconds:g} s",
            )
        self._notify(scope, made)
        for alarm in made.values():
            # Else the first deployment would begin with an alarm: its hosts boot.
            alarm.node.add_dependency(service.host.wait_condition)
        return made

    def failed_jobs(self, service: Construct) -> events.Rule:
        """Make the rule that sends the failed jobs of `service` to the topic."""
        from aws_cdk import aws_events as events  # noqa: PLC0415 - the CDK's modules take long
        from aws_cdk import aws_events_targets as targets  # noqa: PLC0415

        name = service_name(service.node.path)
        self._let_encrypt("events.amazonaws.com")
        return events.Rule(
            service,
            "FailedJobs",
            event_pattern=events.EventPattern(
                source=[EVENT_SOURCE],
                detail_type=[JOB_FAILED],
                detail={"stack": [Stack.of(service).stack_id], "service": [name]},
            ),
            targets=[targets.SnsTopic(self.topic)],
        )

    def _let_encrypt(self, service: str) -> None:
        """Let `service` publish to an encrypted topic (SNS Developer Guide, "Key management")."""
        if key := self.topic.master_key:
            key.grant(iam.ServicePrincipal(service), "kms:Decrypt", "kms:GenerateDataKey*")

    def _notify(self, scope: Construct, made: Mapping[str, cloudwatch.Alarm]) -> None:
        from aws_cdk import aws_cloudwatch_actions as actions  # noqa: PLC0415 - as above

        # A topic with any policy of its own has lost SNS's default one, which lets alarms publish.
        added = self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(scope).account}},
            )
        )
        if not added.statement_added:
            Annotations.of(scope).add_warning_v2(
                "porter:imported-topic",
                "The topic of alarms= is imported, so its policy stays as it is: let "
                "cloudwatch.amazonaws.com and events.amazonaws.com publish to it",
            )
        self._let_encrypt("cloudwatch.amazonaws.com")
        action = actions.SnsAction(self.topic)
        for alarm in made.values():
            alarm.add_alarm_action(action)
            alarm.add_ok_action(action)
        made["HealthyHosts"].add_insufficient_data_action(action)


def _above(
    limit: float, metric: cloudwatch.IMetric, scope: Construct, name: str, why: str
) -> cloudwatch.Alarm:
    """Return the alarm that begins when `metric` is above `limit`; no requests are no reason."""
    return cloudwatch.Alarm(
        scope,
        name,
        metric=metric,
        alarm_description=why,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        threshold=limit,
        evaluation_periods=1,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )


def _errors(
    service: Metrics, balancer: elbv2.ApplicationLoadBalancer | None
) -> cloudwatch.MathExpression:
    """Return the percentage of requests that failed.

    A load balancer counts a request only if it found a host for it (Elastic Load Balancing,
    "CloudWatch metrics for your Application Load Balancer": `RequestCount`), so that errors may
    outnumber requests. A metric without errors has no data.
    """
    target = service.metric_http_code_target(elbv2.HttpCodeTarget.TARGET_5XX_COUNT)
    answers, sum_ = {"target": target}, "FILL(target, 0)"
    if balancer:
        answers["elb"] = balancer.metrics.http_code_elb(elbv2.HttpCodeElb.ELB_5XX_COUNT)
        sum_ += " + FILL(elb, 0)"
    failed = cloudwatch.MathExpression(expression=sum_, using_metrics=answers, period=_LONG)
    share = "100 * failed / MAX([FILL(requests, 0), failed])"
    return cloudwatch.MathExpression(
        expression=f"IF(failed < {_FEWEST_ERRORS}, 0, {share})",
        using_metrics={"failed": failed, "requests": service.metric_request_count()},
        label="failed requests in percent",
        period=_LONG,
    )
