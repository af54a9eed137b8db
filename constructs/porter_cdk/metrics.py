"""The `metric_*` methods of a service: those of the CDK's target group, and the hosts' CPU."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict, Unpack

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from porter_cdk.host import PorterHost


class MetricOptions(TypedDict, total=False):
    """The CDK's `aws_cloudwatch.MetricOptions`."""

    account: str
    color: str
    dimensions_map: Mapping[str, str]
    id: str
    label: str
    period: Duration
    region: str
    stack_account: str
    stack_region: str
    statistic: str
    unit: cloudwatch.Unit
    visible: bool


class Metrics:
    """Methods of a construct with `host` and `target_group`. Options and results are the CDK's.

    A metric of the target group covers the requests of this service alone, also behind a shared
    listener. That of the hosts follows the group, which is another one after each release.
    """

    host: PorterHost
    """The hosts."""
    target_group: elbv2.ApplicationTargetGroup
    """The hosts' target group."""

    def metric_request_count(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the number of requests for which the load balancer found a host."""
        return self.target_group.metrics.request_count(**options)

    def metric_target_response_time(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the seconds from a request's last byte to the answer's first header."""
        return self.target_group.metrics.target_response_time(**options)

    def metric_http_code_target(
        self, code: elbv2.HttpCodeTarget, **options: Unpack[MetricOptions]
    ) -> cloudwatch.Metric:
        """Return the number of the hosts' answers with `code`; the balancer's own do not count."""
        return self.target_group.metrics.http_code_target(code, **options)

    def metric_healthy_host_count(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the number of hosts that the load balancer sends requests to."""
        return self.target_group.metrics.healthy_host_count(**options)

    def metric_unhealthy_host_count(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the number of hosts in the target group whose checks fail."""
        return self.target_group.metrics.unhealthy_host_count(**options)

    def metric_cpu_utilization(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return the hosts' average CPU utilization in percent, which EC2 measures every 5 min."""
        group = {"AutoScalingGroupName": self.host.auto_scaling_group.auto_scaling_group_name}
        return cloudwatch.Metric(
            namespace="AWS/EC2",
            metric_name="CPUUtilization",
            **MetricOptions(dimensions_map=group, statistic="Average") | options,
        )
