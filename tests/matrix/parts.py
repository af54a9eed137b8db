"""Rows about the parts of a host beside its service: workers, jobs, secrets, TLS, agents."""

from typing import Any

from tests.matrix.app import App
from tests.matrix.edits import NEW, SAME, Change, Edit, put, service

import aws_cdk as cdk  # isort: skip  (after porter_cdk, which chooses the node)
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_ssm as ssm

from porter_cdk import (
    Check,
    CloudWatchAgent,
    Container,
    HaproxyLog,
    Http,
    Job,
    Journal,
    Package,
    Process,
    Secret,
    SplunkForwarder,
    Timeouts,
    Tls,
)

CERTIFICATE = acm.Certificate.from_certificate_arn(
    cdk.Stack(), "Certificate", "arn:aws:acm:eu-west-1:123456789012:certificate/0"
)
IMAGE = f"registry.example.org/team/web@sha256:{'0' * 64}"
NEXT_IMAGE = f"registry.example.org/team/web@sha256:{'1' * 64}"
PULL = Secret.from_secrets_manager("registry")


def worker(**values: Any) -> Edit:
    """Give the service one worker, with these values."""

    def edit(app: App) -> None:
        folder = app.folder.with_name(f"{app.folder.name}-worker")
        folder.mkdir(exist_ok=True)
        (folder / "work.py").write_text(values.pop("text", "print(1)\n"))
        options = {"command": ["python3", "work.py"], **values}
        app.service["workers"] = {"mail": Process(source=folder, **options)}

    return edit


def jobs(**schedules: str) -> Edit:
    """Give the service jobs, by name and schedule."""

    def edit(app: App) -> None:
        command, source = ["./install.sh"], app.agent
        app.service["jobs"] = {
            name: Job(command, schedule=schedule, source=source)
            for name, schedule in schedules.items()
        }

    return edit


def secrets(**found: Secret) -> Edit:
    return put(secrets=lambda _: found)


def made(value: str) -> Edit:
    """Give the service a secret from a parameter that the stack creates with this value."""

    def secret(stack: cdk.Stack) -> dict[str, Secret]:
        return {"KEY": Secret.from_parameter(ssm.StringParameter(stack, "K", string_value=value))}

    return put(secrets=secret)


def tls(**values: Any) -> Edit:
    options = {"certificate": Secret.from_secrets_manager("certificate"), **values}
    return service(tls=Tls(**options))


def package(digit: str) -> Package:
    return Package.from_url("https://example.org/agent.deb", sha256=digit * 64)


def splunk(digit: str = "0", **values: Any) -> Edit:
    options = {"receivers": ["logs.example.org:9997"], "inputs": [Journal()], **values}
    forwarder = SplunkForwarder(package(digit), accept_license=True, **options)
    return service(splunk=forwarder)


def cloudwatch(**values: Any) -> Edit:
    return service(cloudwatch=CloudWatchAgent(**values))


def agent_at(key: str) -> Edit:
    """Give the service the agent whose package is the object `key` in S3."""
    bucket = s3.Bucket.from_bucket_name(cdk.Stack(), "Packages", "packages")
    package = Package.from_s3(bucket, key, sha256="0" * 64)
    return cloudwatch(logs=[Journal()], package=package)


def without(name: str) -> Edit:
    """Remove this property of the service."""
    return lambda app: app.service.pop(name)


def container(**values: Any) -> Edit:
    return put(container={"name": IMAGE, "port": 80, **values})


A_WORKER, A_CONTAINER, A_JOB = worker(), container(), jobs(report="daily")
PASSWORD = Secret.from_secrets_manager("database", field="password")
TOKEN = Secret.from_parameter("/app/token", version=1)
A_SECRET, A_TOKEN, A_MADE_ONE = secrets(KEY=PASSWORD), secrets(KEY=TOKEN), made("one")
A_CERTIFICATE, A_FORWARDER = tls(), splunk()
AN_AGENT = cloudwatch(logs=[Journal()])
ON_HTTPS = service(certificate=CERTIFICATE)
PATHS = elbv2.ListenerCondition.path_patterns
ZONE = route53.HostedZone.from_hosted_zone_attributes(
    cdk.Stack(), "Zone", hosted_zone_id="Z0123456789ABC", zone_name="example.com"
)
LISTENER = elbv2.ApplicationListener.from_application_listener_attributes(
    cdk.Stack(),
    "Listener",
    listener_arn="arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/shared/0/1",
    security_group=ec2.SecurityGroup.from_security_group_id(cdk.Stack(), "Group", "sg-12345678"),
)
SHARED = service(listener=LISTENER, conditions=[PATHS(["/shop/*"])], priority=10)

Rows = dict[str, list[Change]]

PARTS: Rows = {
    "Workers": [
        Change("one worker more", NEW, A_WORKER),
        Change("one worker less", NEW, without("workers"), A_WORKER),
        Change("a worker's file", NEW, worker(text="print(2)\n"), A_WORKER),
        Change("a worker's argument", NEW, worker(command=["python3", "-u", "work.py"]), A_WORKER),
        Change("a worker's `check`", NEW, worker(check=Check(["true"])), A_WORKER),
        Change(
            "a container for a worker",
            NEW,
            service(workers={"mail": Container.from_registry(IMAGE)}),
            A_WORKER,
        ),
    ],
    "Containers": [
        Change("a container instead of the process", NEW, A_CONTAINER),
        Change("the image's digest", NEW, container(name=NEXT_IMAGE), A_CONTAINER),
        Change("`memory_mb`", NEW, container(memory_mb=512), A_CONTAINER),
        Change("the container's port", NEW, container(port=81), A_CONTAINER),
        Change("credentials for its registry", NEW, container(credentials=PULL), A_CONTAINER),
    ],
    "Jobs": [
        Change("the first job", NEW, A_JOB),
        Change("one job more", NEW, jobs(report="daily", mail="hourly"), A_JOB),
        Change("a job's `schedule`", NEW, jobs(report="weekly"), A_JOB),
        Change("no job any more", NEW, without("jobs"), A_JOB),
    ],
    "Secrets": [
        Change("the first secret", NEW, A_SECRET),
        Change("one secret less", NEW, secrets(), A_SECRET),
        Change("its variable", NEW, secrets(OTHER=PASSWORD), A_SECRET),
        Change(
            "its `field`",
            NEW,
            secrets(KEY=Secret.from_secrets_manager("database", field="user")),
            A_SECRET,
        ),
        Change(
            "its `version`",
            NEW,
            secrets(KEY=Secret.from_parameter("/app/token", version=2)),
            A_TOKEN,
        ),
        Change("the value of a parameter that the stack makes", SAME, made("two"), A_MADE_ONE),
    ],
    "HTTP and TLS": [
        Change("`Http.deny_paths`", NEW, service(http=Http(deny_paths=["/admin"]))),
        Change("`Http.timeouts`", NEW, service(http=Http(timeouts=Timeouts(server=20)))),
        Change(
            "`Http.redirect_to_https`", NEW, service(http=Http(redirect_to_https=True)), ON_HTTPS
        ),
        Change("`drain_seconds`", NEW, service(drain_seconds=60)),
        Change("`tls`", NEW, A_CERTIFICATE),
        Change("`Tls.min_version`", NEW, tls(min_version="1.3"), A_CERTIFICATE),
        Change("no `tls` any more", NEW, without("tls"), A_CERTIFICATE),
    ],
    "Agents": [
        Change("`splunk`", NEW, A_FORWARDER),
        Change("the digest of its `package`", NEW, splunk("1"), A_FORWARDER),
        Change("`SplunkForwarder.index`", NEW, splunk(index="web"), A_FORWARDER),
        Change(
            "a receiver on another port",
            NEW,
            splunk(receivers=["logs.example.org:9998"]),
            A_FORWARDER,
        ),
        Change("no `splunk` any more", NEW, without("splunk"), A_FORWARDER),
        Change("`cloudwatch`", NEW, AN_AGENT),
        Change("`CloudWatchAgent.logs`", NEW, cloudwatch(logs=[Journal(), HaproxyLog()]), AN_AGENT),
        Change("the S3 key of its `package`", NEW, agent_at("2.deb"), agent_at("1.deb")),
        Change("no `cloudwatch` any more", NEW, without("cloudwatch"), AN_AGENT),
    ],
}
