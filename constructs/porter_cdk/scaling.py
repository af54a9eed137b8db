"""The `scale_*` methods of a service: those of the CDK's `AutoScalingGroup`."""

from __future__ import annotations

import datetime as dt

from aws_cdk import Duration
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch

from porter.spec import SpecError
from porter_cdk import auto_scaling_group
from porter_cdk.host import PorterHost


class Scaling:
    """Methods of a construct that scale its `host`. Arguments and results are the CDK's.

    Every release makes them anew for its own group. A method raises `SpecError` if the group has a
    fixed size; a schedule may change the limits themselves.
    """

    host: PorterHost
    """The hosts."""

    def scale_on_cpu_utilization(
        self,
        id: str,  # noqa: A002 - the CDK's name
        *,
        target_utilization_percent: float,
        cooldown: Duration | None = None,
        disable_scale_in: bool | None = None,
        estimated_instance_warmup: Duration | None = None,
    ) -> autoscaling.TargetTrackingScalingPolicy:
        """Keep the hosts' average CPU utilization at the target, in percent."""
        return self._scaled("scale_on_cpu_utilization").scale_on_cpu_utilization(
            id,
            target_utilization_percent=target_utilization_percent,
            cooldown=cooldown,
            disable_scale_in=disable_scale_in,
            estimated_instance_warmup=estimated_instance_warmup,
        )

    def scale_on_request_count(
        self,
        id: str,  # noqa: A002 - the CDK's name
        *,
        target_requests_per_minute: float | None = None,
        cooldown: Duration | None = None,
        disable_scale_in: bool | None = None,
        estimated_instance_warmup: Duration | None = None,
    ) -> autoscaling.TargetTrackingScalingPolicy:
        """Keep the requests of each host in a minute, through `target_group`, at the target."""
        return self._scaled("scale_on_request_count").scale_on_request_count(
            id,
            target_requests_per_minute=target_requests_per_minute,
            cooldown=cooldown,
            disable_scale_in=disable_scale_in,
            estimated_instance_warmup=estimated_instance_warmup,
        )

    def scale_to_track_metric(  # noqa: PLR0913 - the CDK's arguments
        self,
        id: str,  # noqa: A002 - the CDK's name
        *,
        metric: cloudwatch.IMetric,
        target_value: float,
        cooldown: Duration | None = None,
        disable_scale_in: bool | None = None,
        estimated_instance_warmup: Duration | None = None,
    ) -> autoscaling.TargetTrackingScalingPolicy:
        """Keep `metric` at the target: above it the group gets more hosts, below it fewer."""
        return self._scaled("scale_to_track_metric").scale_to_track_metric(
            id,
            metric=metric,
            target_value=target_value,
            cooldown=cooldown,
            disable_scale_in=disable_scale_in,
            estimated_instance_warmup=estimated_instance_warmup,
        )

    def scale_on_schedule(  # noqa: PLR0913 - the CDK's arguments
        self,
        id: str,  # noqa: A002 - the CDK's name
        *,
        schedule: autoscaling.Schedule,
        desired_capacity: int | None = None,
        end_time: dt.datetime | None = None,
        max_capacity: int | None = None,
        min_capacity: int | None = None,
        start_time: dt.datetime | None = None,
        time_zone: str | None = None,
    ) -> autoscaling.ScheduledAction:
        """Change the group's size or limits whenever `schedule` says, until the next release."""
        return self.host.auto_scaling_group.scale_on_schedule(
            id,
            schedule=schedule,
            desired_capacity=desired_capacity,
            end_time=end_time,
            max_capacity=max_capacity,
            min_capacity=min_capacity,
            start_time=start_time,
            time_zone=time_zone,
        )

    def _scaled(self, method: str) -> autoscaling.AutoScalingGroup:
        """Return the group. Raises `SpecError` in the name of `method` for a fixed size."""
        group = self.host.auto_scaling_group
        made = auto_scaling_group.resource(group)
        if made.min_size == made.max_size:
            raise SpecError(
                f"has nothing to change: the group has {made.min_size} hosts at least and at most",
                where=method,
                cure="pass max_capacity=",
            )
        return group
