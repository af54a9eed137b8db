"""A service has the CDK's metrics, and alarms that notify a topic."""

from __future__ import annotations

import inspect
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Annotations, Match

from porter.spec.job import JOB_FAILED
from porter_cdk import Alarms, Job, PorterService, Process, SpecError
from porter_cdk.metrics import MetricOptions, Metrics

METHODS = [name for name in vars(Metrics) if name.startswith("metric_")]


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {name: one for name, one in template["Resources"].items() if one["Type"] == kind}


def alarms_of(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the properties of the alarms, by their names in porter's code."""
    found = of_type(template, "AWS::CloudWatch::Alarm").items()
    return {
        name.removeprefix("Service")[: -len("Alarm01234567")]: one["Properties"]
        for name, one in found
    }


@pytest.mark.parametrize("method", METHODS)
def test_every_metric_of_a_service_takes_the_cdks_options(
    stack: cdk.Stack, run: Process, method: str
) -> None:
    service = PorterService(stack, "Service", run=run)
    code = [elbv2.HttpCodeTarget.TARGET_4XX_COUNT] if "http_code" in method else []
    metric = getattr(service, method)(*code, statistic="p50", period=cdk.Duration.minutes(10))
    assert isinstance(metric, cloudwatch.Metric)
    assert (metric.statistic, metric.period.to_minutes()) == ("p50", 10)


def test_the_options_are_those_of_the_cdk() -> None:
    theirs = inspect.signature(cloudwatch.MetricOptions.__init__).parameters
    assert set(MetricOptions.__annotations__) == set(theirs) - {"self"}


@pytest.mark.argument("PorterService(alarms=...)", effect="an alarm of hosts and one of errors")
@pytest.mark.argument("Alarms(topic=...)", effect="alarms notify it, when they begin and end")
@pytest.mark.argument("Alarms(error_percentage=...)", effect="the threshold of failed requests")
@pytest.mark.argument(
    "Alarms(target_response_time=...)", effect="an alarm on the slowest hundredth of the answers"
)
def test_alarms_notify_the_topic(stack: cdk.Stack, run: Process, template_of: Any) -> None:
    topic = sns.Topic(stack, "Topic")
    service = PorterService(
        stack,
        "Service",
        run=run,
        min_capacity=3,
        min_healthy=2,
        alarms=Alarms(topic, error_percentage=2, target_response_time=cdk.Duration.millis(1500)),
    )
    assert list(service.alarms) == ["HealthyHosts", "Errors", "TargetResponseTime"]
    template = template_of(stack)
    (reference,) = of_type(template, "AWS::SNS::Topic")
    alarms = alarms_of(template)
    assert {name: one["Threshold"] for name, one in alarms.items()} == {
        "HealthyHosts": 2,
        "Errors": 2,
        "TargetResponseTime": 1.5,
    }
    for alarm in alarms.values():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": reference}]
    hosts = alarms["HealthyHosts"]
    assert (hosts["MetricName"], hosts["Statistic"]) == ("HealthyHostCount", "Minimum")
    assert hosts["TreatMissingData"] == "missing"
    assert hosts["InsufficientDataActions"] == hosts["AlarmActions"]
    assert {one["Name"] for one in hosts["Dimensions"]} == {"LoadBalancer", "TargetGroup"}
    expressions = {one.get("Expression") for one in alarms["Errors"]["Metrics"]} - {None}
    assert expressions == {
        "FILL(target, 0) + FILL(elb, 0)",
        "IF(failed < 5, 0, 100 * failed / MAX([FILL(requests, 0), failed]))",
    }
    [policy] = of_type(template, "AWS::SNS::TopicPolicy").values()
    [statement] = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    }


def test_an_alarm_begins_when_the_first_hosts_are_healthy(
    stack: cdk.Stack, run: Process, template_of: Any
) -> None:
    PorterService(stack, "Service", run=run, alarms=Alarms(sns.Topic(stack, "Topic")))
    template = template_of(stack)
    (waits,) = of_type(template, "AWS::CloudFormation::WaitCondition")
    found = of_type(template, "AWS::CloudWatch::Alarm").values()
    assert [one["DependsOn"] for one in found] == [[waits]] * 2


def test_alarms_do_not_replace_hosts(run: Process) -> None:
    names = set()
    for alarms in (False, True):
        app = cdk.App()
        stack = cdk.Stack(app, "Hello")
        topic = sns.Topic(stack, "Topic")
        service = PorterService(stack, "Service", run=run, alarms=Alarms(topic) if alarms else None)
        app.synth()
        names.add(service.host.release.value)
    assert len(names) == 1


def test_behind_a_shared_listener_only_the_services_own_errors_count(
    stack: cdk.Stack, run: Process, template_of: Any
) -> None:
    arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/shared/1/2"
    listener = elbv2.ApplicationListener.from_application_listener_attributes(
        stack,
        "Shared",
        listener_arn=arn,
        security_group=ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-12345678"),
    )
    PorterService(
        stack,
        "Service",
        run=run,
        vpc=ec2.Vpc(stack, "Vpc", nat_gateways=0),
        listener=listener,
        conditions=[elbv2.ListenerCondition.path_patterns(["/*"])],
        priority=1,
        alarms=Alarms(sns.Topic(stack, "Topic")),
    )
    metrics = alarms_of(template_of(stack))["Errors"]["Metrics"]
    assert {one["Id"] for one in metrics if "MetricStat" in one} == {"requests", "target"}


def test_a_failed_job_is_a_notification(stack: cdk.Stack, run: Process, template_of: Any) -> None:
    service = PorterService(
        stack,
        "Service",
        run=run,
        jobs={"report": Job(["true"], source=run.source, schedule="daily")},
        alarms=Alarms(sns.Topic(stack, "Topic")),
    )
    template = template_of(stack)
    [rule] = of_type(template, "AWS::Events::Rule").values()
    assert service.failed_jobs is not None
    pattern = rule["Properties"]["EventPattern"]
    assert (pattern["source"], pattern["detail-type"]) == (["porter"], [JOB_FAILED])
    assert pattern["detail"]["stack"] == [{"Ref": "AWS::StackId"}]
    assert pattern["detail"]["service"] == ["hello-service"]
    (reference,) = of_type(template, "AWS::SNS::Topic")
    assert [one["Arn"] for one in rule["Properties"]["Targets"]] == [{"Ref": reference}]


def test_services_may_publish_to_an_encrypted_topic(
    stack: cdk.Stack, run: Process, template_of: Any
) -> None:
    topic = sns.Topic(stack, "Topic", master_key=kms.Key(stack, "Key"))
    jobs = {"report": Job(["true"], source=run.source, schedule="daily")}
    PorterService(stack, "Service", run=run, jobs=jobs, alarms=Alarms(topic))
    keys = of_type(template_of(stack), "AWS::KMS::Key").items()
    [statements] = [
        one["Properties"]["KeyPolicy"]["Statement"] for name, one in keys if name.startswith("Key")
    ]
    allowed = {one["Principal"].get("Service"): one["Action"] for one in statements}
    for service in ("cloudwatch.amazonaws.com", "events.amazonaws.com"):
        assert allowed[service] == ["kms:Decrypt", "kms:GenerateDataKey*"]


def test_the_policy_of_an_imported_topic_is_the_users_affair(
    stack: cdk.Stack, run: Process
) -> None:
    arn = "arn:aws:sns:eu-west-1:123456789012:alarms"
    topic = sns.Topic.from_topic_arn(stack, "Topic", arn)
    PorterService(stack, "Service", run=run, alarms=Alarms(topic))
    warnings = Annotations.from_stack(stack).find_warning("*", Match.any_value())
    assert any("is imported" in str(one.entry.data) for one in warnings)


@pytest.mark.parametrize("share", [-1, 100])
def test_a_share_of_errors_that_never_alarms_is_refused(stack: cdk.Stack, share: float) -> None:
    with pytest.raises(SpecError, match=r"alarms/error_percentage: must be 0 or more, and below"):
        Alarms(sns.Topic(stack, "Topic"), error_percentage=share)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"topic": "arn:aws:sns:eu-west-1:1:alarms"}, "alarms/topic: must be an SNS topic"),
        ({"error_percentage": "5"}, "alarms/error_percentage: must be 0 or more, and below 100"),
        ({"target_response_time": 1}, "alarms/target_response_time: must be a Duration, got 1"),
    ],
)
def test_a_value_of_another_type_is_refused(
    stack: cdk.Stack, arguments: dict[str, Any], message: str
) -> None:
    topic = sns.Topic(stack, "Topic")
    with pytest.raises(SpecError) as error:
        Alarms(**{"topic": topic, **arguments})
    assert str(error.value).startswith(message)
